/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

/* Backup paths.  A chain that is to be protected has, beside each path in use,
 * one for backup: with its SAs and its flows, proven, but nothing enters it.  When
 * the path in use fails the classifiers are flipped to the backup path, and that is
 * all; then the failed one goes and another backup path is made. */

#include "ofctl-app/conductor/conductor-ops.h"
#include "ofctl-app/conductor/conductor-private.h"

#include "hash.h"
#include "lib/sdsa-idl.h"
#include "ofctl-app/model/path-check.h"
#include "ofctl-app/network/desired-flows.h"
#include "ofctl-app/network/network.h"
#include "ofctl-app/operation/op.h"
#include "ofctl-app/operation/ops.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "sset.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(backup);

#define BACKUP_PAUSE_MS 1000    /* Between two looks for a better one... */
#define BACKUP_PAUSE_MAX_MS 8000        /* ...and longer after failures. */

void
conductor_set_protection(struct chain_memory *m, char *text)
{
    free(m->protection);
    m->protection = text;
}

/* Why the paths would not carry packets, or are not to: NULL, or a message
 * (caller frees). */
static char *
find_trouble(const struct conductor *c, struct live_path *const *paths,
             size_t n)
{
    const struct inventory *inv = network_inventory(c->net);
    char *trouble = NULL;
    for (size_t i = 0; i < n && !trouble; i++) {
        const struct live_path *live = paths[i];
        const struct smap_node *node;
        trouble = path_check(live->path, inv);
        trouble = trouble ? trouble : path_check_lost(live->path, inv);
        trouble = trouble ? trouble : nullable_xstrdup(live->broken);
        SMAP_FOR_EACH (node, &live->troubles) {
            trouble = trouble ? trouble : xstrdup(node->value);
        }
    }
    return trouble;
}

/* Failing over. */

static bool
has_expired(const struct path *path)
{
    for (size_t i = 0; path->lifetime_s && i <= path->n_sfs; i++) {
        const struct path_hop *hop = path->hops[i];
        if (hop && time_wall() >= hop->created_s + path->lifetime_s) {
            return true;
        }
    }
    return false;
}

static bool
do_gateways_answer(const struct conductor *c, const struct path *path)
{
    for (size_t i = 0; i <= path->n_sfs; i++) {
        const struct path_hop *hop = path->hops[i];
        if (hop && (!conductor_gateway_answers(c, hop->sender)
                    || !conductor_gateway_answers(c, hop->receiver))) {
            return false;
        }
    }
    return true;
}

/* Can the bridges that are to flip do so? */
static bool
can_flip(const struct conductor *c, const struct live_path *live)
{
    struct sset names = SSET_INITIALIZER(&names);
    const char *name;
    bool can = true;
    desired_flows_bridges(c->net, live,
                          PATH_FLOWS_CLASSIFIER | PATH_FLOWS_COMPANION,
                          &names);
    SSET_FOR_EACH (name, &names) {
        const struct bridge *br = network_bridge(c->net, name);
        can = can && br && bridge_is_up(br);
    }
    sset_destroy(&names);
    return can;
}

/* Would the backup paths do?  Where the paths in use lose packets it is enough
 * that nothing is known to be wrong with them. */
static bool
would_do(const struct conductor *c, const struct inv_chain *chain,
         struct live_path *const *backup, size_t n, bool interrupted)
{
    if (n != conductor_chain_n_paths(chain)) {
        return false;
    }
    char *trouble = find_trouble(c, backup, n);
    bool ok = !trouble;
    free(trouble);
    for (size_t i = 0; i < n && ok; i++) {
        const struct path *path = backup[i]->path;
        ok = (path->state == PATH_ACTIVE && !has_expired(path)
              && can_flip(c, backup[i])
              && (interrupted || do_gateways_answer(c, path)));
    }
    return ok;
}

bool
conductor_fail_over(struct conductor *c, const struct due_chain *due)
{
    size_t n, n_backup;
    struct live_path **paths = live_paths_of_chain(
        network_live_paths(c->net), due->name, &n, &n_backup);
    struct live_path **backup = &paths[n];
    bool ok = would_do(c, due->chain, backup, n_backup, due->is_interrupted);
    if (ok) {
        const struct op_chain chain = conductor_op_chain(due->row, due->chain);
        conductor_set_protection(conductor_get_memory(c, due->name),
                                 xstrdup("its backup path is in use"));
        op_start(conductor_add_op(c, &(struct op_spec) {
            .purpose = OP_FAILOVER,
            .cause = due->why,
            .chains = &chain,
            .n_chains = 1,
            .old = paths,
            .n_old = n,
            .new = backup,
            .n_new = n_backup,
            .prove = !due->is_interrupted,
        }));
    }
    free(paths);
    return ok;
}

/* An operation that has not committed and was not asked for by the user: of this
 * chain alone. */
static struct op *
find_hasty(const struct conductor *c, const char *chain)
{
    struct op *op = ops_find_chain(c->ops, chain);
    return (op && op_get_spec(op)->n_chains == 1
            && op_get_spec(op)->purpose != OP_FAILOVER
            && !op_is_resumed(op) && !op_is_committed(op)
            ? op : NULL);
}

void
conductor_hurry(struct conductor *c, const struct sdsa_chain *row,
                const struct inv_chain *chain)
{
    struct op *op = chain->protect ? find_hasty(c, row->name) : NULL;
    if (!op) {
        return;
    }
    size_t n, n_backup, n_active = 0;
    struct live_path **paths = live_paths_of_chain(
        network_live_paths(c->net), row->name, &n, &n_backup);
    char *damage = NULL;
    for (size_t i = 0; i < n; i++) {
        if (paths[i]->path->state == PATH_ACTIVE && !damage) {
            damage = path_check(paths[i]->path, network_inventory(c->net));
        }
    }
    struct live_path **backup = &paths[n];
    for (size_t i = 0; i < n_backup; i++) {
        if (backup[i]->path->state == PATH_ACTIVE) {
            backup[n_active++] = backup[i];
        }
    }
    if (damage && would_do(c, chain, backup, n_active, true)) {
        char *why = xasprintf("given up to use the backup path: %s", damage);
        op_abort(op, why, false);
        free(why);
    }
    free(damage);
    free(paths);
}

/* Keeping one. */

/* A look for a backup path comes to the same as long as this does. */
static uint64_t
backup_world(const struct conductor *c, struct live_path *const *used,
             size_t n)
{
    uint64_t sum = conductor_topology_seqno(c);
    for (size_t i = 0; i < n; i++) {
        sum += hash_int(used[i]->path->nsh_spi, 1);
    }
    return sum;
}

/* How many things 'used' and 'other', of which there are 'n' each, have in common;
 * '*n_own': and how many 'used' has alone. */
static size_t
n_shared(struct live_path *const *used, const struct path *const *other,
         size_t n, size_t *n_own)
{
    const struct path *paths[2];
    for (size_t i = 0; i < n; i++) {
        paths[i] = used[i]->path;
    }
    return path_n_shared(paths, n, other, n, n_own);
}

/* Starts an operation from the old backup paths to 'new', which become live. */
static void
start_operation(struct conductor *c, const struct sdsa_chain *row,
                const struct inv_chain *chain, const char *why,
                struct live_path **old, size_t n_old,
                struct path *const *new, size_t n_new)
{
    struct live_path *live[2];
    for (size_t i = 0; i < n_new; i++) {
        live[i] = network_add_path(c->net, new[i],
                                   n_new == 2 ? new[!i]->nsh_spi : 0, 0);
    }
    const struct op_chain oc = conductor_op_chain(row, chain);
    op_start(conductor_add_op(c, &(struct op_spec) {
        .purpose = OP_BACKUP,
        .cause = why,
        .chains = &oc,
        .n_chains = 1,
        .old = old,
        .n_old = n_old,
        .new = live,
        .n_new = n_new,
        .prove = true,
    }));
}

/* The chain's memory, its paths in use, and its backup paths. */
struct backup {
    struct conductor *c;
    const struct sdsa_chain *row;
    const struct inv_chain *chain;
    struct chain_memory *m;
    struct live_path **used, **old;
    size_t n, n_old;
    char *trouble;              /* Of 'old', or that they are not there. */
    bool keys_due;
};

/* Are paths 'new' worth an operation?  If not, says why. */
static char *
judge(const struct backup *b, struct path *const *new)
{
    const struct path *other[2] = { new[0], new[1] };
    size_t n_own;
    size_t n_new_shared = n_shared(b->used, other, b->n, &n_own);
    if (!n_own) {
        return xstrdup("there is no way that has not all links, bridges, "
                       "gateways and functions of the one in use");
    }
    if (!b->trouble) {
        for (size_t i = 0; i < b->n; i++) {
            other[i] = b->old[i]->path;
        }
        if (n_new_shared >= n_shared(b->used, other, b->n, &n_own)) {
            return xstrdup("there is none better");
        }
    }
    return NULL;
}

/* Looks for a better way than the old one's. */
static bool
find_better(struct backup *b)
{
    struct path *new[2];
    char *error = conductor_make_backup(b->c, b->chain, b->used, b->n, NULL,
                                        new);
    if (!error) {
        error = judge(b, new);
        if (error) {
            conductor_drop_paths(b->c, new, b->n);
        }
    }
    if (!error) {
        start_operation(b->c, b->row, b->chain,
                        !b->n_old ? "backup path" : "another backup path",
                        b->old, b->n_old, new, b->n);
        return true;
    }
    if (b->trouble) {
        conductor_set_protection(b->m, error);
    } else {
        free(error);
    }
    return false;
}

/* The same way as the old one's, with new keys. */
static bool
renew(struct backup *b)
{
    struct path *new[2];
    char *error = conductor_make_backup(b->c, b->chain, b->used, b->n, b->old,
                                        new);
    if (error) {
        conductor_set_protection(b->m, error);
        return false;
    }
    start_operation(b->c, b->row, b->chain,
                    "keys of the backup path are near the end of their "
                    "lifetime", b->old, b->n_old, new, b->n);
    return true;
}

/* Removes backup paths of which nobody is in need, or that do harm. */
static bool
remove_old(struct backup *b, const char *why)
{
    if (b->n_old) {
        start_operation(b->c, b->row, b->chain, why, b->old, b->n_old, NULL,
                        0);
    }
    return b->n_old > 0;
}

/* Does what is to be done.  Returns true if there is nothing. */
static bool
keep(struct backup *b)
{
    struct chain_memory *m = b->m;
    uint64_t world = backup_world(b->c, b->used, b->n);
    bool judged = m->backup_judged && m->backup_world == world;
    if (!b->chain->protect) {
        conductor_set_protection(m, xstrdup(""));
        m->backup_judged = false;
        return !remove_old(b, "not to be protected");
    }
    if (!b->trouble) {
        conductor_set_protection(m, xstrdup("ready"));
    }
    if (judged && !b->keys_due) {
        m->backup_backoff_ms = 0;
        return true;
    }
    if (time_msec() < m->backup_next_ms) {
        poll_timer_wait_until(m->backup_next_ms);
        return true;
    }
    m->backup_next_ms = time_msec() + BACKUP_PAUSE_MS;
    m->backup_world = world;
    m->backup_judged = true;
    if (b->trouble) {
        conductor_set_protection(m, xstrdup("its backup path is being "
                                            "prepared"));
    }
    if (find_better(b) || (b->keys_due && !b->trouble && renew(b))) {
        return false;
    }
    /* What is there is of no use if something is wrong with it. */
    return !b->trouble || !remove_old(b, b->trouble);
}

bool
conductor_keep_backup(struct conductor *c, const struct sdsa_chain *row,
                      const struct inv_chain *chain)
{
    size_t n, n_old;
    struct live_path **paths = live_paths_of_chain(
        network_live_paths(c->net), row->name, &n, &n_old);
    struct backup b = {
        .c = c,
        .row = row,
        .chain = chain,
        .m = conductor_get_memory(c, row->name),
        .used = paths,
        .old = &paths[n],
        .n = n,
        .n_old = n_old,
        .trouble = (n_old == n ? find_trouble(c, &paths[n], n)
                    : xstrdup("it has no backup path")),
        .keys_due = conductor_are_keys_due(&paths[n], n_old),
    };
    if (chain->protect && b.trouble && n_old && b.m->backup_judged) {
        /* It was good when it was judged. */
        b.m->backup_judged = false;
    }
    bool kept = keep(&b);
    free(b.trouble);
    free(paths);
    return kept;
}

void
conductor_backup_failed(struct conductor *c, const struct op *op,
                        const char *chain)
{
    struct chain_memory *m = conductor_get_memory(c, chain);
    const char *reason = op_reason(op);
    VLOG_WARN("chain %s: operation %u for its backup path: %s", chain,
              op_get_spec(op)->number, reason);
    const struct op_spec *spec = op_get_spec(op);
    if (spec->purpose == OP_FAILOVER) {
        for (size_t i = 0; i < spec->n_new; i++) {
            if (!spec->new[i]->broken) {
                spec->new[i]->broken = xstrdup(reason);
            }
        }
    } else {
        conductor_set_protection(m, xstrdup(reason));
    }
    m->backup_judged = false;
    m->backup_backoff_ms = MIN(MAX(2 * m->backup_backoff_ms, BACKUP_PAUSE_MS),
                               BACKUP_PAUSE_MAX_MS);
    m->backup_next_ms = time_msec() + m->backup_backoff_ms;
}
