/* SPDX-License-Identifier: Apache-2.0 */

/* Drives the planner by a script on standard input.
 *
 *   test-plan script      obeys tests/unit/test-topology.h's lines and
 *
 *     want CHAIN INTENT [change=N] [protect] [bad]   what its row says
 *     become CHAIN OTHER     CHAIN is from now on what OTHER was
 *     bump CHAIN             its row is wanted once more
 *     replace CHAIN          its row is another one
 *     delete CHAIN [change=N]
 *     link-up BRIDGE PORT
 *     drain VNF-ID
 *     gateway-down VNF-ID    a port of it is down
 *     quarantine|unquarantine VNF-ID
 *     gone VNF-ID            it is not in the inventory any more
 *     address VNF-ID IP      it has another cipher address
 *     unmet NAME MS          nobody has met the gateway or bridge yet, which
 *                            is waited for so long
 *     met NAME
 *     broken|expiring|trouble CHAIN      its paths in use
 *     bad-backup CHAIN       the same of its backup paths
 *     topology               the topology has changed
 *     no-flip|flip           the bridges of backup paths are away, or back
 *     committed CHAIN        its operation is past the commit point
 *     flipped CHAIN          the same, and its new paths are in use
 *     undone CHAIN           its operation rolls back
 *     operations N           so many more are under way
 *     change-ms MS           a change takes so long at most (5000 at first)
 *     step MS                the time goes on
 *     wall S                 the wall clock is put forward, or back
 *     sleep S                the machine sleeps
 *     run                    does what the planner wants; prints that
 *     end CHAIN done|failed|aborted      the end of its operation
 *     end CHAIN unproven [VNF-ID]        it failed: no packet came through its
 *                            hops, or only not through those of that gateway
 *     counters CHAIN SENT RECEIVED       of all hops of its paths in use
 *     suspects               prints what is avoided
 *     resume CHAIN           a new controller finds an operation of it
 *     restart                a new controller takes over
 *     write [refused]        writes what is to be written; prints that
 *     show                   prints the states
 *     reset                  begins anew, without any network
 *
 *   test-plan table       obeys the same, prints nothing but how often each
 *                         transition was made; ends with 1 if one was never
 *                         made, or one was that is not listed */

#include <config.h>

#include "ofctl-app/plan/plan.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/address.h"
#include "ofctl-app/model/numbers.h"
#include "ofctl-app/plan/live-paths.h"
#include "ofctl-app/plan/path-health.h"
#include "ofctl-app/plan/suspects.h"
#include "simap.h"
#include "sset.h"
#include "tests/unit/test-topology.h"
#include "util.h"

/* The transitions: from, to, why. */
#define PLAN_TRANSITIONS                                                    \
    PLAN_TRANSITION(NEW, SETTLED, "a controller finds all in order")        \
    PLAN_TRANSITION(NEW, DUE, "a chain was added")                          \
    PLAN_TRANSITION(NEW, BUSY, "an operation is resumed")                   \
    PLAN_TRANSITION(SETTLED, DUE, "changed, damaged, keys near their end")  \
    PLAN_TRANSITION(SETTLED, BUSY, "backup path, fail-over")                \
    PLAN_TRANSITION(SETTLED, RESTING, "packets are lost again")        \
    PLAN_TRANSITION(SETTLED, BACKOFF, "damaged again, time not over")       \
    PLAN_TRANSITION(DUE, WAITING, "something is in the way")                \
    PLAN_TRANSITION(DUE, BUSY, "started")                                   \
    PLAN_TRANSITION(DUE, RESTING, "refused")                                \
    PLAN_TRANSITION(DUE, BACKOFF, "refused, and keys are near their end")   \
    PLAN_TRANSITION(DUE, REKEY, "the same, of what is applied")             \
    PLAN_TRANSITION(WAITING, DUE, "any news")                               \
    PLAN_TRANSITION(WAITING, SETTLED, "what was applied is wanted again")   \
    PLAN_TRANSITION(WAITING, REKEY, "any news")                             \
    PLAN_TRANSITION(WAITING, BUSY, "fail-over")                             \
    PLAN_TRANSITION(BUSY, SETTLED, "the operation is done")                 \
    PLAN_TRANSITION(BUSY, DUE, "done, and something else is wanted")        \
    PLAN_TRANSITION(BUSY, BACKOFF, "failed")                                \
    PLAN_TRANSITION(BUSY, RESTING, "failed, and packets are lost")          \
    PLAN_TRANSITION(BUSY, ABORTED, "aborted by the operator")               \
    PLAN_TRANSITION(BUSY, REKEY, "failed, and keys are near their end")     \
    PLAN_TRANSITION(BACKOFF, DUE, "time over")                              \
    PLAN_TRANSITION(BACKOFF, SETTLED, "what was applied is wanted again")   \
    PLAN_TRANSITION(BACKOFF, BUSY, "fail-over")                             \
    PLAN_TRANSITION(BACKOFF, REKEY, "keys of what is applied near their end") \
    PLAN_TRANSITION(RESTING, DUE, "topology changed, something else wanted") \
    PLAN_TRANSITION(RESTING, SETTLED, "what was applied is wanted again")   \
    PLAN_TRANSITION(RESTING, BUSY, "fail-over")                             \
    PLAN_TRANSITION(RESTING, BACKOFF, "topology changed, time not over")    \
    PLAN_TRANSITION(RESTING, REKEY, "keys of what is applied near their end") \
    PLAN_TRANSITION(ABORTED, DUE, "something else is wanted")               \
    PLAN_TRANSITION(ABORTED, SETTLED, "what was applied is wanted again")   \
    PLAN_TRANSITION(ABORTED, REKEY, "keys of what is applied near their end") \
    PLAN_TRANSITION(REKEY, WAITING, "too many operations")                  \
    PLAN_TRANSITION(REKEY, BUSY, "started")                                 \
    PLAN_TRANSITION(REKEY, RESTING, "the way cannot be kept")               \
    PLAN_TRANSITION(REKEY, BACKOFF, "the way cannot be kept")               \
    PLAN_TRANSITION(REKEY, ABORTED, "the way cannot be kept")

static const char *const state_names[] = {
#define PLAN_STATE(NAME, TEXT) [PLAN_##NAME] = TEXT,
    PLAN_STATES
#undef PLAN_STATE
};

/* An operation under way. */
struct operation {
    struct ovs_list node;
    enum plan_what what;
    struct plan_target *targets;
    size_t n_targets;
    struct live_path **old, **new;
    size_t n_old, n_new;
    bool is_committed, is_ending, is_resumed;
};

static struct topology *topology;
static struct plan *plan;
static struct numbers *numbers;
static struct live_paths paths;
static struct suspects suspects;
static struct shash rows;       /* struct plan_row by chain. */
static struct ovs_list operations;      /* struct operation. */
static size_t more_operations;
static long long int change_ms; /* A change takes so long at most. */
static bool no_flip;
/* Until when those are waited for that nobody has met yet. */
static struct simap unmet = SIMAP_INITIALIZER(&unmet);
static long long int now_ms, wall_s, boot_s;
static bool is_quiet;           /* Only the table is printed. */
static struct plan_versions all;        /* Transitions of all plans. */

#define SAY(...) do { if (!is_quiet) { printf(__VA_ARGS__); } } while (0)

/* Facts. */

static struct operation *
find_operation(const char *chain)
{
    struct operation *op;
    LIST_FOR_EACH (op, node, &operations) {
        for (size_t i = 0; i < op->n_targets; i++) {
            if (!strcmp(op->targets[i].name, chain)) {
                return op;
            }
        }
    }
    return NULL;
}

static bool
gateway_answers(const void *aux OVS_UNUSED, const char *vnf_id)
{
    return (!sset_contains(&topology->down, vnf_id)
            && !simap_contains(&unmet, vnf_id));
}

static long long int
unmet_until(const void *aux OVS_UNUSED, enum participant_kind kind OVS_UNUSED,
            const char *name)
{
    long long int until_ms = simap_get(&unmet, name);
    return until_ms > now_ms ? until_ms : 0;
}

static bool
can_flip(const void *aux OVS_UNUSED, const struct live_path *live OVS_UNUSED)
{
    return !no_flip;
}

static bool
can_give_up(const void *aux OVS_UNUSED, const char *chain)
{
    const struct operation *op = find_operation(chain);
    return (op && op->n_targets == 1 && op->what != PLAN_FAIL_OVER
            && !op->is_committed && !op->is_resumed);
}

static const struct plan_target *
get_ending(const void *aux OVS_UNUSED, const char *chain)
{
    const struct operation *op = find_operation(chain);
    for (size_t i = 0; op && op->is_ending && i < op->n_targets; i++) {
        if (!strcmp(op->targets[i].name, chain)) {
            return &op->targets[i];
        }
    }
    return NULL;
}

static struct plan_facts
get_facts(void)
{
    return (struct plan_facts) {
        .inv = &topology->inv,
        .paths = &paths,
        .numbers = numbers,
        .n_operations = ovs_list_size(&operations) + more_operations,
        .drain_ms = 1000,
        .change_ms = change_ms,
        .now_ms = now_ms,
        .now_s = boot_s,
        .gateway_answers = gateway_answers,
        .unmet_until = unmet_until,
        .can_flip = can_flip,
        .can_give_up = can_give_up,
        .get_ending = get_ending,
    };
}

/* Rows. */

static struct plan_row *
get_row(const char *chain)
{
    struct plan_row *row = shash_find_data(&rows, chain);
    if (!row) {
        row = xzalloc(sizeof *row);
        row->uuid = uuid_random();
        row->applied_intent = xstrdup("");
        row->intent = xstrdup("");
        row->protection = xstrdup("");
        row->waits = xstrdup("");
        shash_add(&rows, chain, row);
    }
    return row;
}

static void
destroy_row(struct plan_row *row)
{
    free(row->applied_intent);
    free(row->intent);
    free(row->bad);
    free(row->protection);
    free(row->waits);
    free(row);
}

static void
set_text(char **textp, const char *text)
{
    free(*textp);
    *textp = xstrdup(text);
}

/* Tells the planner of the row. */
static void
tell_row(const char *chain)
{
    plan_set_row(plan, chain, shash_find_data(&rows, chain));
}

static int64_t
get_change(char **words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!strncmp(words[i], "change=", 7)) {
            return atoll(words[i] + 7);
        }
    }
    return 0;
}

static bool
has_word(char **words, size_t n, const char *word)
{
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(words[i], word)) {
            return true;
        }
    }
    return false;
}

static void
want(char **words, size_t n)
{
    struct inv_chain *chain = shash_find_data(&topology->inv.chains, words[1]);
    struct plan_row *row = get_row(words[1]);
    bool bad = has_word(words, n, "bad");
    row->wanted++;
    row->change = get_change(words, n);
    row->protect = has_word(words, n, "protect");
    set_text(&row->intent, bad ? "" : words[2]);
    free(row->bad);
    row->bad = bad ? xstrdup("its match makes no sense") : NULL;
    if (!chain) {
        ovs_fatal(0, "no chain %s", words[1]);
    }
    chain->protect = row->protect;
    tell_row(words[1]);
}

/* Swaps what two chains are, but for their names. */
static void
become(const char *a, const char *b)
{
    struct shash_node *node_a = shash_find(&topology->inv.chains, a);
    struct shash_node *node_b = shash_find(&topology->inv.chains, b);
    struct inv_chain *chain_a = node_a->data, *chain_b = node_b->data;
    const char *name = chain_a->name;
    chain_a->name = chain_b->name;
    chain_b->name = name;
    node_a->data = chain_b;
    node_b->data = chain_a;
}

static void
delete(char **words, size_t n)
{
    destroy_row(shash_find_and_delete(&rows, words[1]));
    tell_row(words[1]);
    plan_set_removal_group(plan, words[1], get_change(words, n));
}

/* Paths. */

static void
mark_paths(const char *verb, const char *chain)
{
    bool is_backup = !strcmp(verb, "bad-backup");
    LIVE_PATHS_FOR_EACH (live, &paths) {
        if (strcmp(live->path->chain, chain)
            || live->path->backup != is_backup) {
            continue;
        } else if (!strcmp(verb, "expiring")) {
            live->expiring = true;
        } else if (!strcmp(verb, "trouble") || is_backup) {
            smap_replace(&live->errors, "br1", "bridge br1 has no port p");
        } else if (!live->broken) {
            live->broken = xstrdup("gateway gw1 lost its SAs");
        }
    }
    plan_touch(plan, chain);
}

static void
remove_paths(struct live_path **removed, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        numbers_release(numbers, removed[i]->path);
        live_paths_remove(&paths, removed[i]);
    }
    if (n) {
        plan_paths_removed(plan);
    }
}

static void
print_path(char sign, const struct path *path)
{
    SAY("    %c %s%s%s", sign, path->chain, path->reverse ? " back" : "",
        path->backup ? " (backup)" : "");
    for (size_t i = 0; i <= path->n_sfs; i++) {
        if (path->hops[i]) {
            char *route = path_route_format(path->hops[i]);
            SAY(" %s => %s over %s", path->hops[i]->sender,
                path->hops[i]->receiver, route);
            free(route);
        }
        SAY(" %s", i < path->n_sfs ? path->sfs[i] : path->dst);
    }
    SAY("\n");
}

/* Operations. */

static struct live_path **
clone_paths(struct live_path *const *old, size_t n)
{
    return n ? xmemdup(old, n * sizeof *old) : NULL;
}

static int
compare_paths(const void *a_, const void *b_)
{
    const struct live_path *a = *(struct live_path *const *) a_;
    const struct live_path *b = *(struct live_path *const *) b_;
    return a->path->nsh_spi < b->path->nsh_spi ? -1 : 1;
}

static void
start(const struct plan_action *action)
{
    struct operation *op = xzalloc(sizeof *op);
    op->what = action->what;
    op->n_targets = action->n_targets;
    op->targets = xmemdup(action->targets,
                          action->n_targets * sizeof *action->targets);
    for (size_t i = 0; i < op->n_targets; i++) {
        op->targets[i].name = xstrdup(op->targets[i].name);
        op->targets[i].intent = xstrdup(op->targets[i].intent);
    }
    op->n_old = action->n_old;
    op->old = clone_paths(action->old, action->n_old);
    if (op->n_old) {
        qsort(op->old, op->n_old, sizeof *op->old, compare_paths);
    }
    for (size_t i = 0; i < op->n_old; i++) {
        print_path('-', op->old[i]->path);
    }
    op->n_new = action->n_new + action->n_standby;
    op->new = (action->n_new ? xcalloc(action->n_new, sizeof *op->new)
               : clone_paths(action->standby, action->n_standby));
    for (size_t i = 0; i < action->n_new; i++) {
        struct path *path = action->new[i];
        for (size_t j = 0; j <= path->n_sfs; j++) {
            if (path->hops[j]) {
                path->hops[j]->created_s = wall_s;
                path->hops[j]->made_s = boot_s;
            }
        }
        op->new[i] = live_paths_add(&paths, path, plan_action_twin(action, i),
                                    0);
    }
    for (size_t i = 0; i < op->n_new; i++) {
        print_path('+', op->new[i]->path);
    }
    ovs_list_push_back(&operations, &op->node);
}

static void
destroy_operation(struct operation *op)
{
    for (size_t i = 0; i < op->n_targets; i++) {
        free(CONST_CAST(char *, op->targets[i].name));
        free(CONST_CAST(char *, op->targets[i].intent));
    }
    free(op->targets);
    free(op->old);
    free(op->new);
    ovs_list_remove(&op->node);
    free(op);
}

/* What the journal writes of a chain at the end of an operation. */
static void
journal_chain(const struct operation *op, const struct plan_target *target,
              bool done)
{
    struct plan_row *row = shash_find_data(&rows, target->name);
    if (!row || op->what != PLAN_CHANGE || target->rekey_only
        || op->is_resumed) {
        return;
    } else if (done) {
        row->applied = target->wanted;
        set_text(&row->applied_intent, target->intent);
        row->has_reason = false;
    } else {
        row->failed = target->wanted;
        row->has_reason = true;
    }
    tell_row(target->name);
}

/* Says which hops of the operation have carried packets. */
static void
tell_hops(const struct operation *op, const char *how, const char *gateway)
{
    struct suspicion suspicion;
    suspicion_init(&suspicion);
    for (size_t i = 0; i < op->n_new; i++) {
        PATH_FOR_EACH_HOP (hop, op->new[i]->path) {
            bool is_bad = (!gateway || !strcmp(hop->sender, gateway)
                           || !strcmp(hop->receiver, gateway));
            if (!strcmp(how, "unproven") && is_bad) {
                suspicion_of_hop(&suspicion, hop, "no packet came");
            } else if (strcmp(how, "failed") && strcmp(how, "aborted")) {
                suspects_clear(&suspects, hop);
            }
        }
    }
    suspects_tell(&suspects, &suspicion, 60000, now_ms);
}

static void
end(const char *chain, const char *how, const char *gateway)
{
    struct operation *op = find_operation(chain);
    enum plan_outcome outcome = (!strcmp(how, "done") ? PLAN_DONE
                                 : !strcmp(how, "aborted") ? PLAN_GIVEN_UP
                                 : PLAN_FAILED);
    if (!op) {
        ovs_fatal(0, "no operation of %s", chain);
    }
    tell_hops(op, how, gateway);
    if (outcome == PLAN_DONE) {
        const struct plan_facts facts = get_facts();
        for (size_t i = 0; i < op->n_new; i++) {
            op->new[i]->path->state = PATH_ACTIVE;
            op->new[i]->path->backup &= op->what != PLAN_FAIL_OVER;
        }
        for (size_t i = 0; i < op->n_old && !op->n_new; i++) {
            plan_leave_sfs(plan, &facts, op->old[i]->path);
        }
        remove_paths(op->old, op->n_old);
    } else if (op->what != PLAN_FAIL_OVER) {
        remove_paths(op->new, op->n_new);
    } else {
        for (size_t i = 0; i < op->n_new; i++) {
            set_text(&op->new[i]->broken, "no answer");
        }
    }
    for (size_t i = 0; i < op->n_targets; i++) {
        journal_chain(op, &op->targets[i], outcome == PLAN_DONE);
        plan_end(plan, &op->targets[i], outcome, "no answer", now_ms);
    }
    destroy_operation(op);
}

/* Nothing but paths to be removed is left of the operation. */
static void
touch_ending(struct operation *op)
{
    op->is_ending = true;
    for (size_t i = 0; i < op->n_targets; i++) {
        plan_touch(plan, op->targets[i].name);
    }
}

static void
flipped(const char *chain)
{
    struct operation *op = find_operation(chain);
    op->is_committed = true;
    for (size_t i = 0; i < op->n_old; i++) {
        op->old[i]->path->state = PATH_RELEASING;
    }
    for (size_t i = 0; i < op->n_new; i++) {
        op->new[i]->path->state = PATH_ACTIVE;
        op->new[i]->path->backup &= op->what != PLAN_FAIL_OVER;
    }
    touch_ending(op);
}

static void
resume(const char *chain)
{
    struct operation *op = xzalloc(sizeof *op);
    op->what = PLAN_CHANGE;
    op->n_targets = 1;
    op->targets = xzalloc(sizeof *op->targets);
    op->targets[0].name = xstrdup(chain);
    op->is_resumed = true;
    ovs_list_push_back(&operations, &op->node);
    plan_resume(plan, chain);
}

/* Running. */

static void
do_action(const struct plan_action *action)
{
    static const char *const names[] = {
        [PLAN_CHANGE] = "change",
        [PLAN_BACKUP] = "backup",
        [PLAN_FAIL_OVER] = "fail over",
        [PLAN_GIVE_UP] = "give up",
        [PLAN_HURRY] = "hurry",
        [PLAN_REFUSE] = "refuse",
    };
    SAY("  %s", names[action->what]);
    for (size_t i = 0; i < action->n_targets; i++) {
        const struct plan_target *target = &action->targets[i];
        SAY(" %s%s", target->name, target->rekey_only ? " (keys only)" : "");
    }
    SAY("%s: %s\n", action->unproven ? ", unproven" : "", action->reason);
    if (action->what == PLAN_GIVE_UP) {
        find_operation(action->targets[0].name)->is_committed = true;
    } else if (action->what != PLAN_REFUSE && action->what != PLAN_HURRY) {
        start(action);
    }
}

static void
run(void)
{
    SAY("run\n");
    suspects_apply(&suspects, &topology->inv, false, now_ms);
    for (;;) {
        const struct plan_facts facts = get_facts();
        struct plan_action action;
        if (!plan_next(plan, &facts, &action)) {
            break;
        }
        do_action(&action);
        plan_action_uninit(&action);
    }
    long long int wake_ms = plan_wake_ms(plan);
    if (wake_ms == LLONG_MIN) {
        ovs_fatal(0, "the planner wants to run on and on");
    } else if (wake_ms != LLONG_MAX) {
        SAY("  again in %lld ms\n", wake_ms - now_ms);
    }
}

static void
write_rows(bool ok)
{
    struct plan_writing writing;
    SAY("write%s\n", ok ? "" : " refused");
    while (plan_next_writing(plan, &writing)) {
        struct shash_node *node;
        SHASH_FOR_EACH (node, &rows) {
            struct plan_row *row = node->data;
            if (!uuid_equals(&row->uuid, &writing.uuid)) {
                continue;
            }
            SAY("  %s:", node->name);
            if (writing.error) {
                SAY(" failed %"PRId64": %s", writing.failed_wanted,
                    writing.error);
                row->failed = ok ? writing.failed_wanted : row->failed;
                row->has_reason |= ok;
            }
            if (writing.set_applied) {
                SAY(" applied %"PRId64, row->wanted);
                row->applied = ok ? row->wanted : row->applied;
            }
            if (writing.clear_reason) {
                SAY(" no reason");
                row->has_reason &= !ok;
            }
            if (writing.protection) {
                SAY(" protection \"%s\"", writing.protection);
            }
            if (writing.waits) {
                SAY(" waits \"%s\"", writing.waits);
            }
            SAY("\n");
            if (writing.protection && ok) {
                set_text(&row->protection, writing.protection);
            }
            if (writing.waits && ok) {
                set_text(&row->waits, writing.waits);
            }
        }
    }
    plan_written(plan, ok);
    struct shash_node *node;
    SHASH_FOR_EACH (node, &rows) {
        tell_row(node->name);
    }
}

static void
show(void)
{
    const struct shash_node **sorted = shash_sort(&rows);
    SAY("show%s\n", plan_is_settled(plan) ? ": settled" : "");
    for (size_t i = 0; i < shash_count(&rows); i++) {
        const char *name = sorted[i]->name;
        const char *waits = plan_waits_for(plan, name);
        SAY("  %s: %s%s%s\n", name,
            state_names[plan_get_state(plan, name)],
            waits ? ": " : "", waits ? waits : "");
    }
    free(sorted);
}

/* Both ends of each hop were asked now. */
static void
set_counters(const char *chain, int sent, uint64_t received)
{
    LIVE_PATHS_FOR_EACH (live, &paths) {
        if (strcmp(live->path->chain, chain) || live->path->backup) {
            continue;
        }
        PATH_FOR_EACH_HOP (hop, live->path) {
            bool is_silent = path_health_is_silent(
                &live->watches[path_stage(hop->si)], sent, now_ms, received,
                now_ms);
            free(live->silent);
            live->silent = is_silent ? xstrdup("nothing comes") : NULL;
        }
    }
    plan_touch(plan, chain);
}

static void
show_suspects(void)
{
    const struct shash_node **sorted = shash_sort(&topology->inv.gateways);
    SAY("suspects");
    suspects_apply(&suspects, &topology->inv, false, now_ms);
    for (size_t i = 0; i < topology->inv.n_links; i += 2) {
        const struct inv_link *l = &topology->inv.links[i];
        if (l->avoided) {
            SAY(" %s:%u", l->out_port, l->doubt);
        }
    }
    for (size_t i = 0; i < shash_count(&topology->inv.gateways); i++) {
        const struct inv_gateway *gw = sorted[i]->data;
        if (gw->avoided) {
            SAY(" %s:%u", gw->vnf_id, gw->doubt);
        }
    }
    free(sorted);
    if (suspects_wake_ms(&suspects) != LLONG_MAX) {
        SAY(", again in %lld ms", suspects_wake_ms(&suspects) - now_ms);
    }
    SAY("\n");
}

/* The whole. */

static void
forget_plan(void)
{
    const struct plan_versions *versions = plan_get_versions(plan);
    for (size_t i = 0; i <= PLAN_REKEY; i++) {
        for (size_t j = 0; j <= PLAN_REKEY; j++) {
            all.n_transitions[i][j] += versions->n_transitions[i][j];
        }
    }
    struct operation *op;
    LIST_FOR_EACH_SAFE (op, node, &operations) {
        destroy_operation(op);
    }
    plan_destroy(plan);
}

/* A new controller knows the rows and the paths. */
static void
restart(void)
{
    forget_plan();
    plan = plan_create();
    struct shash_node *node;
    SHASH_FOR_EACH (node, &rows) {
        tell_row(node->name);
    }
    LIVE_PATHS_FOR_EACH (live, &paths) {
        PATH_FOR_EACH_HOP (hop, live->path) {
            hop->made_s = path_made_s(hop->created_s, wall_s, boot_s);
        }
        plan_touch(plan, live->path->chain);
    }
}

static void
init(void)
{
    topology_init(topology);
    plan = plan_create();
    numbers = numbers_create();
    live_paths_init(&paths);
    shash_init(&rows);
    suspects_init(&suspects);
    ovs_list_init(&operations);
    more_operations = 0;
    change_ms = 5000;
    no_flip = false;
    simap_clear(&unmet);
    now_ms = 1000000;
    wall_s = 1000000000;
    boot_s = 1000;
}

static void
destroy(void)
{
    forget_plan();
    numbers_destroy(numbers);
    live_paths_destroy(&paths);
    struct shash_node *node;
    SHASH_FOR_EACH (node, &rows) {
        destroy_row(node->data);
    }
    shash_destroy(&rows);
    suspects_destroy(&suspects);
    topology_destroy(topology);
}

static void
set_link_up(char **words)
{
    for (size_t i = 0; i < topology->inv.n_links; i++) {
        struct inv_link *l = &topology->inv.links[i];
        if ((!strcmp(l->from->name, words[1])
             && !strcmp(l->out_port, words[2]))
            || (!strcmp(l->to->name, words[1])
                && !strcmp(l->in_port, words[2]))) {
            inventory_set_reason(&topology->inv, &l->down, NULL);
        }
    }
}

static void
obey(struct topology *t OVS_UNUSED, char **words, size_t n)
{
    const char *verb = words[0];
    if (!strcmp(verb, "want") && n >= 3) {
        want(words, n);
    } else if (!strcmp(verb, "become") && n == 3) {
        become(words[1], words[2]);
    } else if (!strcmp(verb, "bump") && n == 2) {
        get_row(words[1])->wanted++;
        tell_row(words[1]);
    } else if (!strcmp(verb, "replace") && n == 2) {
        get_row(words[1])->uuid = uuid_random();
        tell_row(words[1]);
    } else if (!strcmp(verb, "delete") && n >= 2) {
        delete(words, n);
    } else if (!strcmp(verb, "link-up") && n == 3) {
        set_link_up(words);
    } else if ((!strcmp(verb, "drain") || !strcmp(verb, "gateway-down"))
               && n == 2) {
        struct inv_gateway *gw = shash_find_data(&topology->inv.gateways,
                                                 words[1]);
        if (verb[0] == 'd') {
            gw->is_draining = true;
        } else {
            inventory_set_reason(&topology->inv, &gw->down,
                                 "port p of bridge br1 is down");
        }
    } else if ((!strcmp(verb, "quarantine") || !strcmp(verb, "unquarantine"))
               && n == 2) {
        struct inv_gateway *gw = shash_find_data(&topology->inv.gateways,
                                                 words[1]);
        gw->is_quarantined = verb[0] == 'q';
        plan_touch_all(plan);
    } else if (!strcmp(verb, "gone") && n == 2) {
        free(shash_find_and_delete(&topology->inv.gateways, words[1]));
        plan_touch_all(plan);
    } else if (!strcmp(verb, "address") && n == 3) {
        struct inv_gateway *gw = shash_find_data(&topology->inv.gateways,
                                                 words[1]);
        address_parse(words[2], &gw->cipher_ip);
        plan_touch_all(plan);
    } else if (!strcmp(verb, "unmet") && n == 3) {
        simap_put(&unmet, words[1], now_ms + atoi(words[2]));
    } else if (!strcmp(verb, "met") && n == 2) {
        simap_find_and_delete(&unmet, words[1]);
        plan_touch_all(plan);
    } else if ((!strcmp(verb, "broken") || !strcmp(verb, "expiring")
                || !strcmp(verb, "trouble") || !strcmp(verb, "bad-backup"))
               && n == 2) {
        mark_paths(verb, words[1]);
    } else if (!strcmp(verb, "topology") && n == 1) {
        plan_touch_all(plan);
    } else if ((!strcmp(verb, "no-flip") || !strcmp(verb, "flip"))
               && n == 1) {
        no_flip = verb[0] == 'n';
        plan_touch_all(plan);
    } else if (!strcmp(verb, "committed") && n == 2) {
        find_operation(words[1])->is_committed = true;
    } else if (!strcmp(verb, "flipped") && n == 2) {
        flipped(words[1]);
    } else if (!strcmp(verb, "undone") && n == 2) {
        touch_ending(find_operation(words[1]));
    } else if (!strcmp(verb, "operations") && n == 2) {
        more_operations = atoi(words[1]);
    } else if (!strcmp(verb, "change-ms") && n == 2) {
        change_ms = atoi(words[1]);
    } else if (!strcmp(verb, "step") && n == 2) {
        now_ms += atoi(words[1]);
        wall_s += atoi(words[1]) / 1000;
        boot_s += atoi(words[1]) / 1000;
    } else if (!strcmp(verb, "wall") && n == 2) {
        wall_s += atoi(words[1]);
    } else if (!strcmp(verb, "sleep") && n == 2) {
        wall_s += atoi(words[1]);
        boot_s += atoi(words[1]);
    } else if (!strcmp(verb, "run") && n == 1) {
        run();
    } else if (!strcmp(verb, "end") && (n == 3 || n == 4)) {
        end(words[1], words[2], n > 3 ? words[3] : NULL);
    } else if (!strcmp(verb, "counters") && n == 4) {
        set_counters(words[1], atoi(words[2]), (!strcmp(words[3], "?")
                                                ? UINT64_MAX
                                                : strtoull(words[3], NULL,
                                                           10)));
    } else if (!strcmp(verb, "suspects") && n == 1) {
        show_suspects();
    } else if (!strcmp(verb, "resume") && n == 2) {
        resume(words[1]);
    } else if (!strcmp(verb, "restart") && n == 1) {
        restart();
    } else if (!strcmp(verb, "write") && n <= 2) {
        write_rows(n == 1);
    } else if (!strcmp(verb, "show") && n == 1) {
        show();
    } else if (!strcmp(verb, "reset") && n == 1) {
        destroy();
        init();
    } else {
        ovs_fatal(0, "%s: what?", verb);
    }
}

/* Prints how often each transition was made.  Returns false if one that is
 * listed never was, or one was that is not. */
static bool
print_table(void)
{
    bool ok = true;
#define PLAN_TRANSITION(FROM, TO, WHY)                                  \
    {                                                                   \
        unsigned int *n = &all.n_transitions[PLAN_##FROM][PLAN_##TO];   \
        printf("%-8s -> %-8s %s  (%s)\n",                               \
               state_names[PLAN_##FROM],                       \
               state_names[PLAN_##TO], *n ? "yes" : "NEVER",   \
               WHY);                                                    \
        ok = ok && *n;                                                  \
        *n = 0;                                                         \
    }
    PLAN_TRANSITIONS
#undef PLAN_TRANSITION
    for (size_t i = 0; i <= PLAN_REKEY; i++) {
        for (size_t j = 0; j <= PLAN_REKEY; j++) {
            if (all.n_transitions[i][j]) {
                printf("%s -> %s is not listed\n", state_names[i],
                       state_names[j]);
                ok = false;
            }
        }
    }
    return ok;
}

int
main(int argc, char *argv[])
{
    struct topology t;
    topology = &t;
    set_program_name(argv[0]);
    if (argc != 2 || (strcmp(argv[1], "script") && strcmp(argv[1], "table"))) {
        ovs_fatal(0, "usage: test-plan script|table < FILE");
    }
    is_quiet = !strcmp(argv[1], "table");
    init();
    topology_read(topology, obey);
    destroy();
    return !is_quiet || print_table() ? EXIT_SUCCESS : EXIT_FAILURE;
}
