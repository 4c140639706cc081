/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "utilities/sdsa-ctl-private.h"

#include "lib/boot-clock.h"
#include "lib/sdsa-idl.h"
#include "lib/suite.h"
#include "ofctl-app/flows/steering.h"
#include "ofctl-app/model/numbers.h"
#include "ofctl-app/model/path-mtu.h"
#include "ofctl-app/model/path.h"
#include "ofctl-app/plan/live-paths.h"
#include "ofctl-app/plan/plan-idl.h"
#include "ofctl-app/plan/plan.h"
#include "ofctl-app/view/config-idl.h"
#include "ofctl-app/view/inventory-idl.h"
#include "ofctl-app/view/path-idl.h"
#include "openvswitch/dynamic-string.h"
#include "smap.h"
#include "sset.h"
#include "timeval.h"
#include "util.h"

/* What --dry-run prints: the paths that the controller would make and remove,
 * with their SAs and flows.  The controller's planner says which, from the
 * database as the commands would leave it; each operation is taken to succeed
 * at once. */

struct dry_run {
    const struct ovsdb_idl *idl;
    struct inventory inv;
    struct shash bad_chains;    /* Errors in rows by the chain's name. */
    struct live_paths paths;
    struct numbers *numbers;
    struct plan *plan;
    struct shash applied;       /* Intents by the chain's name. */
    struct sset waits;          /* What was printed of chains that wait. */
    struct sset refused;        /* Chains that would fail. */
    long long int now_ms;
    struct ds *out;
    bool adds;                  /* Something comes. */
};

/* Facts. */

static bool
gateway_answers(const void *dry_, const char *vnf_id)
{
    const struct dry_run *dry = dry_;
    const struct sdsa_gateway *row;
    SDSA_GATEWAY_FOR_EACH (row, dry->idl) {
        if (!strcmp(row->vnf_id, vnf_id)) {
            return !strcmp(smap_get_def(&row->status, "state", ""), "up");
        }
    }
    return false;
}

static bool
can_flip(const void *dry_, const struct live_path *live)
{
    const struct dry_run *dry = dry_;
    struct sset names = SSET_INITIALIZER(&names);
    const struct sdsa_bridge *row;
    bool can = true;
    path_bridges(live->path, &dry->inv, &names);
    SDSA_BRIDGE_FOR_EACH (row, dry->idl) {
        can = can && (!sset_contains(&names, row->name)
                      || smap_get_bool(&row->status, "connected", false));
    }
    sset_destroy(&names);
    return can;
}

static struct plan_facts
get_facts(const struct dry_run *dry)
{
    return (struct plan_facts) {
        .inv = &dry->inv,
        .paths = &dry->paths,
        .numbers = dry->numbers,
        .drain_ms = config_ms(dry->idl, "drain-ms"),
        .change_ms = config_change_ms(dry->idl),
        .now_ms = dry->now_ms,
        .now_s = boot_clock_s(),
        .aux = dry,
        .gateway_answers = gateway_answers,
        .can_flip = can_flip,
    };
}

/* Tells the planner of the rows as they are once the operations that were
 * begun have ended. */
static void
tell_rows(struct dry_run *dry)
{
    plan_tell_rows(dry->plan, dry->idl, &dry->inv, &dry->bad_chains,
                   &dry->applied);
}

/* Flows. */

static void
print_flows(struct dry_run *dry, char sign, const struct path *path,
            const struct path *twin)
{
    struct ovs_list flows = OVS_LIST_INITIALIZER(&flows);
    char *error = steering_path_flows(&dry->inv, path, twin, &flows);
    if (error) {
        ds_put_format(dry->out, "    no flows: %s\n", error);
        free(error);
    }
    const struct steering_flow *flow;
    LIST_FOR_EACH (flow, node, &flows) {
        if (path->backup
            && flow->cookie != steering_cookie(STEERING_TRANSPORT,
                                               path->nsh_spi)) {
            continue;           /* Nothing enters it. */
        }
        ds_put_format(dry->out, "%c   flow %s %s\n", sign, flow->bridge,
                      flow->text);
    }
    steering_flows_destroy(&flows);
}

/* Paths. */

static void
print_path(struct dry_run *dry, char sign, const struct path *path,
           const struct path *twin)
{
    struct ds *out = dry->out;
    ds_put_format(out, "%c %spath of chain %s, %s: NSH SPI %"PRIu32", "
                  "priority %d, %s, MTU %d\n", sign,
                  path->backup ? "backup " : "", path->chain,
                  path->reverse ? "reverse" : "forward", path->nsh_spi,
                  path->priority, path->match, path_mtu(&dry->inv, path));
    for (size_t i = 0; i <= path->n_sfs; i++) {
        const struct path_hop *hop = path->hops[i];
        if (hop) {
            char *route = path_route_format(hop);
            ds_put_format(out, "%c   SA %s (VLAN %d) => %s (VLAN %d), SPI "
                          "0x%08"PRIx32" %s, over %s\n", sign, hop->sender,
                          hop->sender_vlan, hop->receiver, hop->receiver_vlan,
                          hop->esp_spi, path->suite->name, route);
            free(route);
        }
        ds_put_format(out, "%c   %s %s\n", sign,
                      i < path->n_sfs ? "function" : "endpoint",
                      i < path->n_sfs ? path->sfs[i] : path->dst);
    }
    print_flows(dry, sign, path, twin);
}

/* Operations. */

/* Prints those of the 'n' paths that are of 'chain'. */
static void
print_paths(struct dry_run *dry, char sign, const char *chain,
            struct live_path *const *paths, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct live_path *twin = live_paths_find(&dry->paths,
                                                       paths[i]->twin);
        if (!strcmp(paths[i]->path->chain, chain)) {
            print_path(dry, sign, paths[i]->path, twin ? twin->path : NULL);
        }
    }
}

/* The operation of the action begins. */
static void
start(struct dry_run *dry, const struct plan_action *action)
{
    struct live_path **new = xcalloc(action->n_new + 1, sizeof *new);
    for (size_t i = 0; i < action->n_new; i++) {
        struct path *path = action->new[i];
        PATH_FOR_EACH_HOP (hop, path) {
            hop->made_s = boot_clock_s();
        }
        new[i] = live_paths_add(&dry->paths, path, plan_action_twin(action, i),
                                0);
        path->state = PATH_ACTIVE;
        dry->adds = true;
    }
    for (size_t i = 0; i < action->n_targets; i++) {
        const char *name = action->targets[i].name;
        if (action->what == PLAN_FAIL_OVER) {
            ds_put_format(dry->out, "chain %s would use its backup path: %s\n",
                          name, action->reason);
        }
        print_paths(dry, '-', name, action->old, action->n_old);
        print_paths(dry, '+', name, new, action->n_new);
    }
    free(new);
}

/* It ends: its old paths go. */
static void
end(struct dry_run *dry, const struct plan_action *action)
{
    const struct plan_facts facts = get_facts(dry);
    for (size_t i = 0; i < action->n_standby; i++) {
        action->standby[i]->path->backup = false;
    }
    for (size_t i = 0; i < action->n_old; i++) {
        struct live_path *live = action->old[i];
        if (!action->n_new && !live->path->backup) {
            plan_leave_sfs(dry->plan, &facts, live->path);
        }
        numbers_release(dry->numbers, live->path);
        live_paths_remove(&dry->paths, live);
    }
    if (action->n_old) {
        plan_paths_removed(dry->plan);
    }
    for (size_t i = 0; i < action->n_targets; i++) {
        const struct plan_target *target = &action->targets[i];
        free(shash_replace(&dry->applied, target->name,
                           xstrdup(target->intent)));
        plan_end(dry->plan, target, PLAN_DONE, "", dry->now_ms);
    }
}

/* A chain cannot be so.  (One that stays as it is says nothing new.) */
static void
refuse(struct dry_run *dry, const struct plan_action *action)
{
    const char *culprit = action->targets[action->culprit].name;
    for (size_t i = 0; i < action->n_targets; i++) {
        const struct plan_target *target = &action->targets[i];
        const struct sdsa_chain *row
            = sdsa_chain_get_for_uuid(dry->idl, &target->uuid);
        if (!row || target->rekey_only
            || (target->intent[0]
                && !strcmp(target->intent, row->applied_intent))
            || !sset_add(&dry->refused, target->name)) {
            continue;
        }
        ds_put_format(dry->out, "chain %s would fail: ", target->name);
        if (i != action->culprit) {
            ds_put_format(dry->out, "it was changed together with chain %s, "
                          "where ", culprit);
        }
        ds_put_format(dry->out, "%s\n", action->reason);
    }
}

/* Prints what chains wait for that it has not printed yet.  Returns true if
 * there was one. */
static bool
print_waits(struct dry_run *dry)
{
    const struct shash_node **chains = shash_sort(&dry->inv.chains);
    bool waits = false;
    for (size_t i = 0; i < shash_count(&dry->inv.chains); i++) {
        const char *reason = plan_waits_for(dry->plan, chains[i]->name);
        char *text = (reason ? xasprintf("chain %s waits: %s\n",
                                         chains[i]->name, reason) : NULL);
        if (text && sset_add(&dry->waits, text)) {
            ds_put_cstr(dry->out, text);
            waits = true;
        }
        free(text);
    }
    free(chains);
    return waits;
}

/* Does what the planner wants until it wants nothing more, and then ends the
 * operations that this began.  Returns false if there was nothing. */
static bool
run_round(struct dry_run *dry)
{
    struct plan_action *actions = NULL;
    size_t n = 0, allocated = 0;
    for (;;) {
        const struct plan_facts facts = get_facts(dry);
        struct plan_action action;
        if (!plan_next(dry->plan, &facts, &action)) {
            break;
        } else if (action.what == PLAN_REFUSE) {
            refuse(dry, &action);
            plan_action_uninit(&action);
            continue;
        }
        start(dry, &action);
        if (n == allocated) {
            actions = x2nrealloc(actions, &allocated, sizeof *actions);
        }
        actions[n++] = action;
    }
    bool waits = print_waits(dry);

    for (size_t i = 0; i < n; i++) {
        end(dry, &actions[i]);
        plan_action_uninit(&actions[i]);
    }
    free(actions);
    tell_rows(dry);
    return n || waits;
}

/* The whole. */

/* Is the operation past its commit point?  Then it ends as it was wanted. */
static bool
is_committed(const struct sdsa_operation *op)
{
    return !strcmp(op->state, "committing");
}

static void
dry_run_init(struct dry_run *dry, const struct ovsdb_idl *idl, struct ds *out)
{
    *dry = (struct dry_run) {
        .idl = idl,
        .numbers = numbers_create(),
        .plan = plan_create(),
        .now_ms = time_msec(),
        .out = out,
    };
    inventory_init(&dry->inv);
    live_paths_init(&dry->paths);
    shash_init(&dry->bad_chains);
    shash_init(&dry->applied);
    sset_init(&dry->waits);
    sset_init(&dry->refused);
    inventory_from_idl(&dry->inv, idl, &dry->bad_chains);

    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(idl);
    numbers_set_next_nsh_spi(dry->numbers, global ? global->next_nsh_spi : 1);
    tell_rows(dry);
    const struct sdsa_path *row;
    SDSA_PATH_FOR_EACH (row, idl) {
        struct path *path = path_from_idl(row);
        if (path && path->state == PATH_RELEASING) {
            path_destroy(path); /* It will be gone in a moment. */
        } else if (path) {
            numbers_claim(dry->numbers, path);
            live_paths_add(&dry->paths, path, row->twin, 0);
            plan_touch(dry->plan, path->chain);
        }
    }
    const struct sdsa_operation *op;
    SDSA_OPERATION_FOR_EACH (op, idl) {
        for (size_t i = 0; i < op->n_chains && !is_committed(op); i++) {
            plan_resume(dry->plan, op->chains[i]);
        }
    }
    plan_tell_removals(dry->plan, idl);
}

static void
dry_run_destroy(struct dry_run *dry)
{
    plan_destroy(dry->plan);
    live_paths_destroy(&dry->paths);
    numbers_destroy(dry->numbers);
    inventory_destroy(&dry->inv);
    shash_destroy_free_data(&dry->bad_chains);
    shash_destroy_free_data(&dry->applied);
    sset_destroy(&dry->waits);
    sset_destroy(&dry->refused);
}

/* Says which chains have to wait for the end of an operation of theirs. */
static void
print_operations(struct dry_run *dry)
{
    const struct sdsa_operation *op;
    SDSA_OPERATION_FOR_EACH (op, dry->idl) {
        for (size_t i = 0; i < op->n_chains && !is_committed(op); i++) {
            const struct inv_chain *chain = inventory_chain(&dry->inv,
                                                            op->chains[i]);
            const struct sdsa_chain *row
                = chain ? sdsa_chain_get_for_uuid(dry->idl, &chain->uuid)
                        : NULL;
            if (!row || strcmp(row->applied_intent, chain->intent)) {
                ds_put_format(dry->out, "chain %s waits: operation %"PRId64
                              " of it is under way\n", op->chains[i],
                              op->number);
            }
        }
    }
}

bool
sdsa_ctl_print_plan(const struct ovsdb_idl *idl, const struct shash *deleted,
                    int64_t number, struct ds *out)
{
    struct dry_run dry;
    dry_run_init(&dry, idl, out);
    const struct shash_node *node;
    SHASH_FOR_EACH (node, deleted) {
        plan_set_removal_group(dry.plan, node->name, number);
    }
    while (run_round(&dry)) {
        dry.now_ms += 1000;     /* Then functions that were left are empty. */
    }
    print_operations(&dry);
    if (dry.adds) {
        ds_put_cstr(out, "NSH SPIs, ESP SPIs and VLANs of what comes are "
                    "examples: they are chosen when it is done.\n");
    }
    bool ok = sset_is_empty(&dry.refused);
    dry_run_destroy(&dry);
    return ok;
}
