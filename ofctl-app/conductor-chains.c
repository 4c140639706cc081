/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/conductor-private.h"

#include <inttypes.h>
#include <limits.h>

#include "hash.h"
#include "lib/sdsa-idl.h"
#include "ofctl-app/journal.h"
#include "ofctl-app/match.h"
#include "ofctl-app/network.h"
#include "ofctl-app/numbers.h"
#include "ofctl-app/op.h"
#include "ofctl-app/path-check.h"
#include "ofctl-app/resync.h"
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
#define OPS_AT_ONCE 64
#define PROVE_MS 200            /* Before a probe that got lost is repeated. */

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
    free(m);
}

/* Changes when a participant does, or another chain has left something: then
 * what failed is worth another try. */
static uint64_t
world_seqno(const struct conductor *c)
{
    uint64_t sum = c->net->inv_seqno + c->net->n_removed;
    for (struct bridge *br = bridges_next(c->net->bridges, NULL); br;
         br = bridges_next(c->net->bridges, br)) {
        sum += bridge_seqno(br) + bridge_is_up(br);
    }
    for (struct agent *a = agents_next(c->net->agents, NULL); a;
         a = agents_next(c->net->agents, a)) {
        sum += agent_seqno(a)
               + resync_is_done(c->resync, c->net, agent_vnf_id(a));
    }
    return sum;
}

void
conductor_remember_failure(struct conductor *c, const char *chain,
                           int64_t wanted, const char *intent, bool certain,
                           bool aborted)
{
    struct chain_memory *m = conductor_get_memory(c, chain);
    bool again = m->failed_intent && !strcmp(m->failed_intent, intent)
                 && m->failed_wanted == wanted;
    m->backoff_ms = (again ? MIN(2 * m->backoff_ms, CHAIN_RETRY_MAX_MS)
                     : CHAIN_RETRY_MS);
    m->next_ms = time_msec() + m->backoff_ms;
    free(m->failed_intent);
    m->failed_intent = xstrdup(intent);
    m->failed_wanted = wanted;
    m->failed_certain = certain;
    m->aborted = aborted;
    m->failed_world = world_seqno(c);
}

/* Starting operations. */

static int
get_config_ms(const struct conductor *c, const char *key, int default_ms)
{
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(c->idl);
    int ms = global ? smap_get_int(&global->other_config, key, default_ms)
                    : default_ms;
    return MAX(ms, 1);
}

struct op *
conductor_add_op(struct conductor *c, unsigned int number, const char *chain,
                 const struct uuid *chain_uuid, const char *why,
                 int64_t wanted, const char *intent,
                 struct live_path **old, size_t n_old,
                 struct live_path **new, size_t n_new)
{
    int drain_ms = get_config_ms(c, "drain-ms", 1000);
    int drain_max_ms = get_config_ms(c, "drain-max-ms", 10000);
    const struct operation_timeouts timeouts = {
        .prepare_ms = get_config_ms(c, "prepare-timeout-ms", 5000),
        .retry_ms = get_config_ms(c, "retry-ms", 1000),
        .drain_ms = n_new && n_old ? drain_ms : 0,
        .drain_max_ms = MAX(drain_ms, drain_max_ms),
        .release_ms = get_config_ms(c, "release-timeout-ms", 5000),
        .prove_ms = PROVE_MS,
    };
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(c->idl);
    bool prove = (!global
                  || smap_get_bool(&global->other_config, "prove", true));
    struct op *op = op_create(c->net, number, chain, chain_uuid, why, wanted,
                              intent, old, n_old, new, n_new, prove,
                              &timeouts);
    ovs_list_push_back(&c->ops, &op->node);
    return op;
}

static bool
has_operation(const struct conductor *c, const char *chain)
{
    const struct op *op;
    LIST_FOR_EACH (op, node, &c->ops) {
        if (!strcmp(op->chain, chain)) {
            return true;
        }
    }
    return false;
}

/* The live paths of 'chain' (caller frees the array). */
static struct live_path **
chain_paths(const struct conductor *c, const char *chain, size_t *n)
{
    struct live_path **paths = xcalloc(hmap_count(&c->net->paths) + 1,
                                       sizeof *paths);
    struct live_path *live;
    *n = 0;
    HMAP_FOR_EACH (live, node, &c->net->paths) {
        if (!strcmp(live->path->chain, chain)) {
            paths[(*n)++] = live;
        }
    }
    return paths;
}

static size_t
chain_n_paths(const struct inv_chain *chain)
{
    return chain->way_back == WAY_BACK_NONE ? 1 : 2;
}

/* Two directions that a packet of one chain might be taken for another's. */
static bool
ends_clash(const struct inv_chain *chain, bool reverse, const struct path *p)
{
    const char *src = (reverse ? chain->dst : chain->src)->name;
    if (p->priority != chain->priority || strcmp(p->src, src)) {
        return false;
    }
    char *match = reverse ? match_mirror(chain->match)
                          : xstrdup(chain->match);
    bool overlap = match_overlap(match, p->match);
    free(match);
    return overlap;
}

/* Will what is at odds with 'chain', a path of the chain 'name', go by
 * itself? */
static bool
is_leaving(const struct conductor *c, const char *name)
{
    return (has_operation(c, name)
            || (!inventory_chain(&c->net->inv, name)
                && !shash_find(&c->bad_chains, name)));
}

/* What sdsa-ctl checks too; but two of them might have been at it at once.
 * Sets '*wait' instead if it is a matter of time. */
static char *
check_conflicts(const struct conductor *c, const struct inv_chain *chain,
                bool *wait)
{
    *wait = false;
    const struct live_path *live;
    HMAP_FOR_EACH (live, node, &c->net->paths) {
        const struct path *p = live->path;
        if (!strcmp(p->chain, chain->name)) {
            continue;
        }
        if (ends_clash(chain, false, p)
            || (chain->way_back != WAY_BACK_NONE
                && ends_clash(chain, true, p))) {
            if (is_leaving(c, p->chain)) {
                *wait = true;
                return NULL;
            }
            return xasprintf("at endpoint %s its match overlaps that of chain "
                             "%s, which has the same priority %d: give one of "
                             "them another --priority", p->src, p->chain,
                             p->priority);
        }
        for (size_t i = 0; i < p->n_sfs; i++) {
            for (size_t j = 0; j < chain->n_sfs; j++) {
                if (chain->sfs[j]->correlation == SF_NONE
                    && !strcmp(chain->sfs[j]->name, p->sfs[i])) {
                    if (is_leaving(c, p->chain)) {
                        *wait = true;
                        return NULL;
                    }
                    return xasprintf("function %s has correlation none and "
                                     "serves chain %s already", p->sfs[i],
                                     p->chain);
                }
            }
        }
    }
    return NULL;
}

static bool
gateway_usable(void *c_, const char *vnf_id)
{
    const struct conductor *c = c_;
    const struct agent *agent = agents_find(c->net->agents, vnf_id);
    const struct inv_gateway *gw = inventory_gateway(&c->net->inv, vnf_id);
    return agent && agent_is_up(agent) && gw && !gw->is_draining
           && resync_is_done(c->resync, c->net, vnf_id);
}

/* New paths for new keys over the way of the 'n' ones in 'old', if all is well
 * with that. */
static bool
renew_paths(const struct conductor *c, const struct inv_chain *chain,
            const struct path_allocator *alloc, struct live_path *const *old,
            size_t n, struct path *paths[2])
{
    const struct path *models[2];
    if (n != chain_n_paths(chain)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        models[i] = old[i]->path;
        char *trouble = path_check(models[i], &c->net->inv);
        trouble = trouble ? trouble : path_check_lost(models[i], &c->net->inv);
        if (trouble) {
            free(trouble);
            return false;
        }
    }
    char *error = path_renew(models, n, alloc, paths);
    free(error);
    return !error;
}

/* 'keep_way': only the keys are to be new, if nothing else has to. */
static char *
start_chain(struct conductor *c, const struct inv_chain *chain,
            const char *why, int64_t wanted, bool keep_way)
{
    bool wait;
    char *error = check_conflicts(c, chain, &wait);
    if (error || wait) {
        return error;
    }
    struct path_allocator alloc;
    numbers_get_allocator(c->numbers, gateway_usable, c, &alloc);
    size_t n_old;
    struct live_path **old = chain_paths(c, chain->name, &n_old);
    struct path *paths[2];
    size_t n_new = n_old;
    if (!keep_way || !renew_paths(c, chain, &alloc, old, n_old, paths)) {
        error = path_compute(&c->net->inv, chain, &alloc, paths, &n_new);
    }
    if (error) {
        free(old);
        return error;
    }

    struct live_path *new[2];
    for (size_t i = 0; i < n_new; i++) {
        numbers_claim(c->numbers, paths[i]);
        new[i] = network_add_path(c->net, paths[i],
                                  n_new == 2 ? paths[!i]->nsh_spi : 0, 0);
    }
    op_start(conductor_add_op(c, c->next_operation++, chain->name,
                              &chain->uuid, why, wanted, chain->intent,
                              old, n_old, new, n_new));
    free(old);
    return NULL;
}

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

/* Why the paths of 'chain' need to be replaced though the intent is applied,
 * or NULL.  Caller frees.  '*keep_way' is set if they only need new keys. */
static char *
find_damage(struct conductor *c, const struct inv_chain *chain,
            bool *keep_way)
{
    size_t n;
    struct live_path **paths = chain_paths(c, chain->name, &n);
    char *damage = (n == chain_n_paths(chain) ? NULL
                    : xstrdup("it has not all its paths"));
    for (size_t i = 0; i < n && !damage; i++) {
        const struct path *path = paths[i]->path;
        damage = path_check(path, &c->net->inv);
        damage = damage ? damage : path_check_lost(path, &c->net->inv);
    }
    *keep_way = !damage;
    for (size_t i = 0; i < n && !damage; i++) {
        damage = nullable_xstrdup(paths[i]->broken);
    }
    for (size_t i = 0; i < n && !damage; i++) {
        long long int renewal_s = renewal_time_s(paths[i]->path);
        if (time_wall() < renewal_s) {
            if (renewal_s != LLONG_MAX) {
                poll_timer_wait_until(time_msec()
                                      + 1000 * (renewal_s - time_wall()));
            }
        } else {
            damage = xstrdup("keys are near the end of their lifetime");
        }
    }
    free(paths);
    return damage;
}

/* Starts an operation for the chain of 'row' if one is due. */
static void
consider_chain(struct conductor *c, const struct sdsa_chain *row)
{
    const struct inv_chain *chain = inventory_chain(&c->net->inv, row->name);
    struct chain_memory *m = conductor_get_memory(c, row->name);
    if (!uuid_equals(&m->row, &row->header_.uuid)) {
        free(m->failed_intent);
        free(m->reason);
        *m = (struct chain_memory) { .row = row->header_.uuid };
    }
    const char *bad = shash_find_data(&c->bad_chains, row->name);
    const char *intent = chain ? chain->intent : "";
    m->healed = false;
    if (has_operation(c, row->name)) {
        c->settled = false;
        return;
    }

    char *why = NULL;
    bool keep_way = false;
    if (!bad) {
        keep_way = inventory_is_rekey(row->applied_intent, intent);
        why = (!row->applied_intent[0] ? xstrdup("new")
               : keep_way ? xstrdup("new keys")
               : strcmp(row->applied_intent, intent) ? xstrdup("changed")
               : find_damage(c, chain, &keep_way));
        m->healed = !why;
        if (!why) {
            c->settled = c->settled && row->applied >= row->wanted;
            return;
        }
    }
    bool again = m->failed_intent && !strcmp(m->failed_intent, intent)
                 && m->failed_wanted == row->wanted;
    bool is_repair = !strcmp(row->applied_intent, intent);
    if (again && ((m->aborted && !is_repair)
                  || (m->failed_certain
                      && m->failed_world == world_seqno(c)))) {
        free(why);
        return;
    }
    if (again && time_msec() < m->next_ms) {
        c->settled = c->settled && row->failed >= row->wanted;
        poll_timer_wait_until(m->next_ms);
        free(why);
        return;
    }
    c->settled = false;
    if (ovs_list_size(&c->ops) >= OPS_AT_ONCE) {
        free(why);
        return;
    }

    char *error = bad ? xstrdup(bad)
                      : start_chain(c, chain, why, row->wanted, keep_way);
    if (error) {
        conductor_remember_failure(c, row->name, row->wanted, intent, true,
                                   false);
        VLOG_WARN_RL(&rl, "chain %s: %s", row->name, error);
        free(m->reason);
        m->reason = error;
        m->reason_sent = false;
    }
    free(why);
}

/* Starts the deletion of paths whose chain is gone. */
static void
consider_orphans(struct conductor *c)
{
    struct sset gone = SSET_INITIALIZER(&gone);
    const struct live_path *live;
    HMAP_FOR_EACH (live, node, &c->net->paths) {
        const char *name = live->path->chain;
        if (!inventory_chain(&c->net->inv, name)
            && !shash_find(&c->bad_chains, name)) {
            c->settled = false;
            if (!has_operation(c, name)) {
                sset_add(&gone, name);
            }
        }
    }
    const char *name;
    SSET_FOR_EACH (name, &gone) {
        size_t n;
        struct live_path **paths = chain_paths(c, name, &n);
        op_start(conductor_add_op(c, c->next_operation++, name, &UUID_ZERO,
                                  "deleted", 0, "", paths, n, NULL, 0));
        free(paths);
    }
    sset_destroy(&gone);
}

void
conductor_start_operations(struct conductor *c)
{
    c->net->loss_ms = get_config_ms(c, "loss-ms", NETWORK_LOSS_MS);
    const struct sdsa_chain *row;
    c->settled = true;
    consider_orphans(c);
    SDSA_CHAIN_FOR_EACH (row, c->idl) {
        consider_chain(c, row);
    }
    c->settled = c->settled && ovs_list_is_empty(&c->ops);
}

/* Outcomes. */

void
conductor_write_outcomes(struct conductor *c)
{
    const struct sdsa_chain *row;
    SDSA_CHAIN_FOR_EACH (row, c->idl) {
        struct chain_memory *m = shash_find_data(&c->chains, row->name);
        const struct inv_chain *chain = inventory_chain(&c->net->inv,
                                                        row->name);
        if (m && m->reason) {
            journal_chain_failed(row, m->failed_wanted, m->reason);
            m->reason_sent = true;
        } else if (chain && row->applied < row->wanted
                   && row->failed < row->wanted
                   && !has_operation(c, row->name)
                   && !strcmp(row->applied_intent, chain->intent)) {
            /* Bumped, but it says what it said before. */
            sdsa_chain_set_applied(row, row->wanted);
        } else if (m && m->healed && row->reason[0]
                   && row->applied >= row->wanted) {
            sdsa_chain_set_reason(row, "");
        }
    }

    const struct op *op;
    LIST_FOR_EACH (op, node, &c->ops) {
        if (operation_get_state(op->fsm) == OPERATION_FLIP
            && operation_reason(op->fsm)[0]) {
            journal_chain_hangs(c->idl, op);
        }
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
