/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/conductor/conductor-ops.h"
#include "ofctl-app/conductor/conductor-private.h"

#include <inttypes.h>
#include <limits.h>

#include "hash.h"
#include "lib/sdsa-idl.h"
#include "ofctl-app/model/match.h"
#include "ofctl-app/model/numbers.h"
#include "ofctl-app/model/path-check.h"
#include "ofctl-app/network/network.h"
#include "ofctl-app/network/resync.h"
#include "ofctl-app/operation/journal.h"
#include "ofctl-app/operation/op.h"
#include "ofctl-app/operation/ops.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "smap.h"
#include "sset.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(chains);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(20, 60);

#define CHAIN_RETRY_MS 1000   /* Between two attempts at a chain; doubles... */
#define CHAIN_RETRY_MAX_MS 8000 /* ...up to this. */
#define OPS_AT_ONCE 1000

/* Chain memory. */

struct chain_memory *
conductor_get_memory(struct conductor *c, const char *name)
{
    struct chain_memory *m = shash_find_data(&c->chains, name);
    if (!m) {
        m = xzalloc(sizeof *m);
        shash_add(&c->chains, name, m);
    }
    return m;
}

void
conductor_destroy_memory(struct chain_memory *m)
{
    free(m->failed_intent);
    free(m->reason);
    free(m->protection);
    free(m);
}

/* Has it failed as it is wanted now, and with whom it is to change? */
static bool
has_failed(const struct chain_memory *m, const char *intent, int64_t wanted,
           int64_t change)
{
    return m->failed_intent && !strcmp(m->failed_intent, intent)
           && m->failed_wanted == wanted && m->failed_change == change;
}

uint64_t
conductor_topology_seqno(const struct conductor *c)
{
    uint64_t sum = network_inventory_seqno(c->net);
    struct shash_node *node;
    SHASH_FOR_EACH (node, &network_inventory(c->net)->sfs) {
        const struct inv_sf *sf = node->data;
        sum += hash_string(sf->group, hash_string(node->name,
                                                  inv_sf_is_up(sf)));
    }
    SHASH_FOR_EACH (node, &network_inventory(c->net)->gateways) {
        const struct inv_gateway *gw = node->data;
        sum += hash_string(node->name, gw->is_draining);
    }
    BRIDGES_FOR_EACH (br, network_bridges(c->net)) {
        sum += bridge_seqno(br) + bridge_is_up(br);
    }
    AGENTS_FOR_EACH (a, network_agents(c->net)) {
        sum += agent_seqno(a)
               + resync_is_done(c->resync, c->net, agent_vnf_id(a));
    }
    return sum;
}

/* Changes when a participant does, or another chain has left something: then
 * what failed is worth another try. */
static uint64_t
world_seqno(const struct conductor *c)
{
    return conductor_topology_seqno(c) + network_n_removed_paths(c->net);
}

void
conductor_pause_chain(struct conductor *c, const char *chain)
{
    conductor_get_memory(c, chain)->meanwhile_next_ms
        = time_msec() + CHAIN_RETRY_MAX_MS;
}

void
conductor_remember_failure(struct conductor *c, const struct op_chain *chain,
                           bool certain, bool aborted)
{
    struct chain_memory *m = conductor_get_memory(c, chain->name);
    bool again = has_failed(m, chain->intent, chain->wanted, chain->change);
    m->backoff_ms = (again ? MIN(2 * m->backoff_ms, CHAIN_RETRY_MAX_MS)
                     : CHAIN_RETRY_MS);
    m->next_ms = time_msec() + m->backoff_ms;
    free(m->failed_intent);
    m->failed_intent = xstrdup(chain->intent);
    m->failed_wanted = chain->wanted;
    m->failed_change = chain->change;
    m->failed_certain = certain;
    m->aborted = aborted;
    m->failed_world = world_seqno(c);
}

/* Starting operations. */

enum due_state { DUE_NOT, DUE_LATER, DUE_NOW };

/* When the keys of 'path' are due for renewal (seconds since the epoch): when
 * 70 to 80 per cent of their lifetime are over, each path at its own time, so
 * that what was made together is not renewed together.  LLONG_MAX: never. */
static long long int
renewal_time_s(const struct path *path)
{
    for (size_t i = 0; path->lifetime_s && i <= path->n_sfs; i++) {
        const struct path_hop *hop = path->hops[i];
        if (hop) {
            uint64_t lifetime_s = path->lifetime_s;
            uint64_t share = hash_int(path->nsh_spi, 0);
            return (hop->created_s + MAX(1, lifetime_s * 7 / 10)
                    + (long long int) ((lifetime_s * share / 10) >> 32));
        }
    }
    return LLONG_MAX;
}

bool
conductor_are_keys_due(struct live_path *const *paths, size_t n)
{
    bool due = false;
    for (size_t i = 0; i < n; i++) {
        long long int renewal_s = renewal_time_s(paths[i]->path);
        if (time_wall() >= renewal_s || paths[i]->expiring) {
            due = true;
        } else if (renewal_s != LLONG_MAX) {
            poll_timer_wait_until(time_msec()
                                  + 1000 * (renewal_s - time_wall()));
        }
    }
    return due;
}

/* Why the paths in use of the chain need to be replaced though the intent is
 * applied, or NULL (caller frees).  Says more about that in 'due'. */
static char *
find_damage(struct conductor *c, struct due_chain *due)
{
    size_t n, n_backup;
    struct live_path **paths = live_paths_of_chain(
        network_live_paths(c->net), due->name, &n, &n_backup);
    char *damage = (n == conductor_chain_n_paths(due->chain) ? NULL
                    : xstrdup("it has not all its paths"));
    for (size_t i = 0; i < n && !damage; i++) {
        damage = path_check(paths[i]->path, network_inventory(c->net));
    }
    due->is_interrupted = damage != NULL;
    for (size_t i = 0; i < n && !damage; i++) {
        damage = path_check_lost(paths[i]->path, network_inventory(c->net));
    }
    due->keep_way = !damage;
    for (size_t i = 0; i < n && !damage; i++) {
        damage = nullable_xstrdup(paths[i]->broken);
        due->is_interrupted = damage != NULL;
    }
    due->keys_due = conductor_are_keys_due(paths, n);
    if (due->keys_due && !damage) {
        damage = xstrdup("keys are near the end of their lifetime");
    }
    free(paths);
    return damage;
}

/* Something else is wanted and has failed: do the paths in use need new keys
 * until it is tried again?  Then says so in 'due'; what was to change together
 * with the chain has to wait.  (Another way for them nobody knows: it is not
 * what is wanted.) */
static bool
wears_out(struct conductor *c, const struct chain_memory *m,
          struct due_chain *due)
{
    size_t n, n_backup;
    struct live_path **paths = live_paths_of_chain(
        network_live_paths(c->net), due->name, &n, &n_backup);
    bool keys_due = conductor_are_keys_due(paths, n);
    const char *broken = NULL;
    char *damage = NULL;
    for (size_t i = 0; i < n && !damage; i++) {
        damage = path_check(paths[i]->path, network_inventory(c->net));
        broken = broken ? broken : paths[i]->broken;
    }
    bool wears = (keys_due || broken) && n && !damage;
    if (wears && time_msec() < m->meanwhile_next_ms) {
        poll_timer_wait_until(m->meanwhile_next_ms);
        wears = false;
    }
    if (wears) {
        free(due->why);
        due->why = xstrdup(broken ? broken
                           : "keys are near the end of their lifetime");
        due->is_repair = due->is_meanwhile = true;
    }
    free(damage);
    free(paths);
    return wears;
}

/* Is an operation due for the chain of 'row'?  Then says so in 'due', of which
 * the caller frees 'why'. */
static enum due_state
consider_chain(struct conductor *c, const struct sdsa_chain *row,
               struct due_chain *due)
{
    const struct inv_chain *chain = inventory_chain(network_inventory(c->net),
                                                    row->name);
    struct chain_memory *m = conductor_get_memory(c, row->name);
    if (!uuid_equals(&m->row, &row->header_.uuid)) {
        free(m->failed_intent);
        free(m->reason);
        free(m->protection);
        *m = (struct chain_memory) { .row = row->header_.uuid };
    }
    const char *intent = chain ? chain->intent : "";
    bool is_repair = !strcmp(row->applied_intent, intent);
    *due = (struct due_chain) {
        .name = row->name,
        .row = row,
        .chain = chain,
        .bad = shash_find_data(&c->bad_chains, row->name),
        .group = is_repair ? 0 : row->change,
        .is_repair = is_repair,
    };
    m->healed = false;
    if (conductor_has_operation(c, row->name)) {
        if (chain && is_repair) {
            conductor_hurry(c, row, chain);
        }
        c->settled = false;
        return DUE_LATER;
    }
    if (!due->bad) {
        due->keep_way = inventory_is_rekey(row->applied_intent, intent);
        due->keys_due = due->keep_way;
        due->why = (!row->applied_intent[0] ? xstrdup("new")
                    : due->keep_way ? xstrdup("new keys")
                    : !is_repair ? xstrdup("changed")
                    : find_damage(c, due));
        m->healed = !due->why;
        if (!due->why) {
            bool kept = conductor_keep_backup(c, row, chain);
            c->settled = c->settled && kept && row->applied >= row->wanted;
            return DUE_NOT;
        }
        if (is_repair && (!due->keep_way || due->is_interrupted)
            && conductor_fail_over(c, due)) {
            c->settled = false;
            return DUE_LATER;
        }
    }
    bool again = has_failed(m, intent, row->wanted, row->change);
    bool rests = (again && ((m->aborted && !is_repair)
                            || (m->failed_certain
                                && !(is_repair && due->keys_due)
                                && m->failed_world == world_seqno(c))));
    bool pauses = again && !rests && time_msec() < m->next_ms;
    if ((rests || pauses) && !is_repair) {
        if (row->protect) {
            conductor_set_protection(m, xstrdup("its change has failed"));
        }
        if (wears_out(c, m, due)) {
            c->settled = false;
            return DUE_NOW;
        }
    }
    if (pauses) {
        c->settled = c->settled && row->failed >= row->wanted;
        poll_timer_wait_until(m->next_ms);
    }
    if (rests || pauses) {
        return DUE_LATER;
    }
    c->settled = false;
    return DUE_NOW;
}

/* Writes 'error' of the change of chain number 'culprit' of 'group' into the
 * memories of them all.  Takes ownership of it. */
static void
remember_error(struct conductor *c, const struct due_chain *const *group,
               size_t n, size_t culprit, char *error)
{
    VLOG_WARN_RL(&rl, "chain %s: %s", group[culprit]->name, error);
    for (size_t i = 0; i < n; i++) {
        const struct due_chain *due = group[i];
        if (due->is_meanwhile) {
            conductor_pause_chain(c, due->name);
            continue;
        } else if (!due->row) {
            continue;
        }
        struct chain_memory *m = conductor_get_memory(c, due->name);
        const struct op_chain failed = {
            .name = due->name,
            .wanted = due->row->wanted,
            .change = due->row->change,
            .intent = due->chain ? due->chain->intent : "",
        };
        conductor_remember_failure(c, &failed, true, false);
        free(m->reason);
        m->reason = (i == culprit ? xstrdup(error)
                     : xasprintf("it was changed together with chain %s, "
                                 "where %s", group[culprit]->name, error));
        m->reason_sent = false;
    }
    free(error);
}

/* All of them, or none.  (If they cannot go together, one after the other.) */
static void
start_group(struct conductor *c, const struct due_chain *const *group,
            size_t n)
{
    size_t culprit = 0;
    bool split = false;
    char *error = conductor_start_change(c, group, n, &culprit, &split);
    if (error) {
        remember_error(c, group, n, culprit, error);
    }
    if (!split) {
        return;
    }
    /* What one wants another one may be about to leave: as long as that has no
     * operation it is an error. */
    bool *again = xcalloc(n, sizeof *again);
    for (size_t i = 0; i < n; i++) {
        error = conductor_start_change(c, &group[i], 1, &culprit, &split);
        again[i] = error != NULL;
        free(error);
    }
    for (size_t i = 0; i < n; i++) {
        if (again[i]) {
            start_group(c, &group[i], 1);
        }
    }
    free(again);
}

struct due_list {
    struct due_chain *dues;
    size_t n;
    int64_t *held;              /* Groups of which a chain is not due yet. */
    size_t n_held;
};

static bool
is_held(const struct due_list *list, int64_t group)
{
    for (size_t i = 0; i < list->n_held; i++) {
        if (list->held[i] == group) {
            return true;
        }
    }
    return false;
}

static void
add_due(struct due_list *list, enum due_state state,
        const struct due_chain *due)
{
    if (due->group && (state == DUE_LATER || due->is_meanwhile)) {
        list->held = xrealloc(list->held, (list->n_held + 1)
                              * sizeof *list->held);
        list->held[list->n_held++] = due->group;
    }
    if (state == DUE_NOW) {
        list->dues = xrealloc(list->dues, (list->n + 1) * sizeof *list->dues);
        list->dues[list->n++] = *due;
        if (due->is_meanwhile) {
            list->dues[list->n - 1].group = 0;
        }
    } else {
        free(due->why);
    }
}

/* Chains that are gone, and have paths still. */
static void
find_orphans(struct conductor *c, struct due_list *list)
{
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(c->idl);
    struct sset seen = SSET_INITIALIZER(&seen);
    NETWORK_FOR_EACH_PATH (live, c->net) {
        const char *name = live->path->chain;
        if (inventory_chain(network_inventory(c->net), name)
            || shash_find(&c->bad_chains, name) || !sset_add(&seen, name)) {
            continue;
        }
        c->settled = false;
        struct due_chain due = { .name = name, .why = xstrdup("deleted") };
        for (size_t i = 0; global && i < global->n_removals; i++) {
            if (!strcmp(global->key_removals[i], name)) {
                due.group = global->value_removals[i];
            }
        }
        add_due(list, (conductor_has_operation(c, name) ? DUE_LATER
                       : DUE_NOW), &due);
    }
    sset_destroy(&seen);
}

static void
start_due(struct conductor *c, struct due_list *list)
{
    const struct due_chain **group = xcalloc(list->n + 1, sizeof *group);
    for (size_t i = 0; i < list->n; i++) {
        size_t n = 0;
        if (list->dues[i].taken || is_held(list, list->dues[i].group)
            || ops_count(c->ops) >= OPS_AT_ONCE) {
            continue;
        }
        for (size_t j = i; j < list->n; j++) {
            struct due_chain *due = &list->dues[j];
            if (j == i || (due->group && due->group == list->dues[i].group)) {
                due->taken = true;
                group[n++] = due;
            }
        }
        start_group(c, group, n);
    }
    free(group);
}

void
conductor_start_operations(struct conductor *c)
{
    struct due_list list = { .n = 0 };
    const struct sdsa_chain *row;
    c->settled = true;
    find_orphans(c, &list);
    SDSA_CHAIN_FOR_EACH (row, c->idl) {
        struct due_chain due;
        enum due_state state = consider_chain(c, row, &due);
        add_due(&list, state, &due);
    }
    start_due(c, &list);
    for (size_t i = 0; i < list.n; i++) {
        free(list.dues[i].why);
    }
    free(list.dues);
    free(list.held);
    c->settled = c->settled && !ops_count(c->ops);
}

/* Outcomes. */

void
conductor_write_outcomes(struct conductor *c)
{
    const struct sdsa_chain *row;
    SDSA_CHAIN_FOR_EACH (row, c->idl) {
        struct chain_memory *m = shash_find_data(&c->chains, row->name);
        const struct inv_chain *chain
            = inventory_chain(network_inventory(c->net), row->name);
        if (m && m->reason) {
            journal_chain_failed(row, m->failed_wanted, m->reason);
            m->reason_sent = true;
        } else if (chain && row->applied < row->wanted
                   && (row->failed < row->wanted || (m && m->healed))
                   && !conductor_has_operation(c, row->name)
                   && !strcmp(row->applied_intent, chain->intent)) {
            /* Bumped, but it says what it said before; if it could not be
             * then, it can now. */
            sdsa_chain_set_applied(row, row->wanted);
        } else if (m && m->healed && row->reason[0]
                   && row->applied >= row->wanted) {
            sdsa_chain_set_reason(row, "");
        }
        if (m && m->protection && strcmp(m->protection, row->protection)) {
            sdsa_chain_set_protection(row, m->protection);
        }
    }

    OPS_FOR_EACH (op, c->ops) {
        journal_chain_hangs(c->idl, op);
    }
}

void
conductor_take_outcomes(struct conductor *c, bool ok)
{
    struct shash_node *node;
    SHASH_FOR_EACH (node, &c->chains) {
        struct chain_memory *m = node->data;
        if (m->reason_sent && ok) {
            free(m->reason);
            m->reason = NULL;
        }
        m->reason_sent = false;
    }
}
