/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "utilities/sdsa-ctl.h"

#include "lib/sdsa-idl.h"
#include "lib/suite.h"
#include "ofctl-app/flows/steering.h"
#include "ofctl-app/model/numbers.h"
#include "ofctl-app/model/path-check.h"
#include "ofctl-app/model/path-find.h"
#include "ofctl-app/model/path-mtu.h"
#include "ofctl-app/model/path.h"
#include "ofctl-app/view/inventory-idl.h"
#include "ofctl-app/view/path-idl.h"
#include "openvswitch/dynamic-string.h"
#include "ovsdb-idl.h"
#include "smap.h"
#include "sset.h"
#include "util.h"

/* What --dry-run prints: the paths that the controller would make and remove,
 * with their SAs and flows.  Computed as the controller does it, from the
 * database as the commands would leave it. */

struct plan {
    const struct ovsdb_idl *idl;
    struct inventory inv;
    struct shash bad_chains;
    struct numbers *numbers;
    struct ds *out;
    bool adds;                  /* Something comes. */
    bool ok;                    /* No chain would fail. */
};

/* Flows. */

static void
print_flows(struct plan *plan, char sign, const struct path *path,
            const struct path *twin)
{
    struct ovs_list flows = OVS_LIST_INITIALIZER(&flows);
    char *error = steering_path_flows(&plan->inv, path, twin, &flows);
    if (error) {
        ds_put_format(plan->out, "    no flows: %s\n", error);
        free(error);
    }
    const struct steering_flow *flow;
    LIST_FOR_EACH (flow, node, &flows) {
        ds_put_format(plan->out, "%c   flow %s %s\n", sign, flow->bridge,
                      flow->text);
    }
    steering_flows_destroy(&flows);
}

/* Paths. */

static void
print_path(struct plan *plan, char sign, const struct path *path,
           const struct path *twin)
{
    struct ds *out = plan->out;
    ds_put_format(out, "%c path of chain %s, %s: NSH SPI %"PRIu32", priority "
                  "%d, %s, MTU %d\n", sign, path->chain,
                  path->reverse ? "reverse" : "forward", path->nsh_spi,
                  path->priority, path->match, path_mtu(&plan->inv, path));
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
    print_flows(plan, sign, path, twin);
}

static struct path *
find_path(const struct plan *plan, int64_t nsh_spi)
{
    const struct sdsa_path *row;
    SDSA_PATH_FOR_EACH (row, plan->idl) {
        if (row->nsh_spi == nsh_spi) {
            return path_from_idl(row);
        }
    }
    return NULL;
}

/* Those that 'chain' has now. */
static void
remove_paths(struct plan *plan, const char *chain)
{
    const struct sdsa_path *row;
    SDSA_PATH_FOR_EACH (row, plan->idl) {
        struct path *path = (strcmp(row->chain, chain) ? NULL
                             : path_from_idl(row));
        if (path) {
            struct path *twin = find_path(plan, row->twin);
            print_path(plan, '-', path, twin);
            path_destroy(twin);
            path_destroy(path);
        }
    }
}

static bool
gateway_usable(void *plan_, const char *vnf_id)
{
    const struct plan *plan = plan_;
    const struct sdsa_gateway *row;
    SDSA_GATEWAY_FOR_EACH (row, plan->idl) {
        if (!strcmp(row->vnf_id, vnf_id)) {
            return !strcmp(smap_get_def(&row->status, "state", ""), "up");
        }
    }
    return false;
}

static bool
sf_free(void *plan_, const char *chain, const char *sf)
{
    const struct plan *plan = plan_;
    const struct sdsa_path *row;
    SDSA_PATH_FOR_EACH (row, plan->idl) {
        for (size_t i = 0; i < row->n_sfs; i++) {
            if (strcmp(row->chain, chain) && !strcmp(row->value_sfs[i], sf)) {
                return false;
            }
        }
    }
    return true;
}

/* Can packets change from the paths in use to this one? */
static char *
check_change(const struct plan *plan, const struct path *new)
{
    char *error = NULL;
    const struct sdsa_path *row;
    SDSA_PATH_FOR_EACH (row, plan->idl) {
        struct path *old = (error || strcmp(row->chain, new->chain) ? NULL
                            : path_from_idl(row));
        if (old && !old->backup && old->reverse == new->reverse) {
            error = path_check_change(&plan->inv, old, new);
        }
        path_destroy(old);
    }
    return error;
}

static void
add_paths(struct plan *plan, const struct inv_chain *chain)
{
    struct path_allocator alloc;
    struct path *paths[2];
    size_t n;
    numbers_get_allocator(plan->numbers, gateway_usable, sf_free, plan,
                          &alloc);
    char *error = path_compute(&plan->inv, chain, NULL, &alloc, paths, &n);
    n = error ? 0 : n;
    for (size_t i = 0; i < n && !error; i++) {
        error = check_change(plan, paths[i]);
    }
    if (error) {
        ds_put_format(plan->out, "chain %s would fail: %s\n", chain->name,
                      error);
        plan->ok = false;
    }
    for (size_t i = 0; i < n && !error; i++) {
        plan->adds = true;
        numbers_claim(plan->numbers, paths[i]);
        print_path(plan, '+', paths[i], n == 2 ? paths[!i] : NULL);
    }
    free(error);
    for (size_t i = 0; i < n; i++) {
        path_destroy(paths[i]);
    }
}

/* The whole. */

static void
plan_init(struct plan *plan, const struct ovsdb_idl *idl, struct ds *out)
{
    *plan = (struct plan) {
        .idl = idl,
        .numbers = numbers_create(),
        .out = out,
        .ok = true,
    };
    inventory_init(&plan->inv);
    shash_init(&plan->bad_chains);
    inventory_from_idl(&plan->inv, idl, &plan->bad_chains);
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(idl);
    numbers_set_next_nsh_spi(plan->numbers, global ? global->next_nsh_spi : 1);
    const struct sdsa_path *row;
    SDSA_PATH_FOR_EACH (row, idl) {
        struct path *path = path_from_idl(row);
        if (path) {
            numbers_claim(plan->numbers, path);
            path_destroy(path);
        }
    }
}

static void
plan_destroy(struct plan *plan)
{
    shash_destroy_free_data(&plan->bad_chains);
    numbers_destroy(plan->numbers);
    inventory_destroy(&plan->inv);
}

/* Chains that make no sense. */
static void
plan_failures(struct plan *plan)
{
    const struct shash_node **bad = shash_sort(&plan->bad_chains);
    for (size_t i = 0; i < shash_count(&plan->bad_chains); i++) {
        ds_put_format(plan->out, "chain %s would fail: %s\n", bad[i]->name,
                      (char *) bad[i]->data);
        plan->ok = false;
    }
    free(bad);
}

/* Chains whose rows are gone and whose paths are not. */
static void
plan_removals(struct plan *plan)
{
    struct sset gone = SSET_INITIALIZER(&gone);
    const struct sdsa_path *path;
    SDSA_PATH_FOR_EACH (path, plan->idl) {
        if (!inventory_chain(&plan->inv, path->chain)
            && !shash_find(&plan->bad_chains, path->chain)) {
            sset_add(&gone, path->chain);
        }
    }
    const char **names = sset_sort(&gone);
    for (size_t i = 0; i < sset_count(&gone); i++) {
        remove_paths(plan, names[i]);
    }
    free(names);
    sset_destroy(&gone);
}

static bool
is_applied(const struct plan *plan, const struct inv_chain *chain)
{
    const struct sdsa_chain *row
        = sdsa_chain_get_for_uuid(plan->idl, &chain->uuid);
    return row && !strcmp(row->applied_intent, chain->intent);
}

bool
sdsa_ctl_print_plan(const struct ovsdb_idl *idl, struct ds *out)
{
    struct plan plan;
    plan_init(&plan, idl, out);
    plan_failures(&plan);
    plan_removals(&plan);
    const struct shash_node **chains = shash_sort(&plan.inv.chains);
    for (size_t i = 0; i < shash_count(&plan.inv.chains); i++) {
        const struct inv_chain *chain = chains[i]->data;
        if (!is_applied(&plan, chain)) {
            remove_paths(&plan, chain->name);
            add_paths(&plan, chain);
        }
    }
    free(chains);
    if (plan.adds) {
        ds_put_cstr(out, "NSH SPIs, ESP SPIs and VLANs of what comes are "
                    "examples: they are chosen when it is done.\n");
    }
    bool ok = plan.ok;
    plan_destroy(&plan);
    return ok;
}
