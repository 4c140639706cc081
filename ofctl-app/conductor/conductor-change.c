/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

/* One change: from chains that are due to an operation with their old and new
 * paths. */

#include "ofctl-app/conductor/conductor-config.h"
#include "ofctl-app/conductor/conductor-ops.h"
#include "ofctl-app/conductor/conductor-private.h"

#include "hash.h"
#include "lib/sdsa-idl.h"
#include "ofctl-app/model/match.h"
#include "ofctl-app/model/numbers.h"
#include "ofctl-app/model/path-check.h"
#include "ofctl-app/model/path-find.h"
#include "ofctl-app/network/network.h"
#include "ofctl-app/network/resync.h"
#include "ofctl-app/operation/op.h"
#include "ofctl-app/operation/ops.h"
#include "openvswitch/poll-loop.h"
#include "ovsdb-idl.h"
#include "smap.h"
#include "timeval.h"
#include "util.h"

bool
conductor_gateway_answers(const struct conductor *c, const char *vnf_id)
{
    const struct agent *agent = network_agent(c->net, vnf_id);
    return (agent && agent_is_up(agent)
            && resync_is_done(c->resync, c->net, vnf_id));
}

struct op_chain
conductor_op_chain(const struct sdsa_chain *row,
                   const struct inv_chain *chain)
{
    return (struct op_chain) {
        .name = row->name,
        .uuid = row->header_.uuid,
        .wanted = row->wanted,
        .change = row->change,
        .intent = chain ? chain->intent : "",
    };
}

size_t
conductor_chain_n_paths(const struct inv_chain *chain)
{
    return chain->way_back == WAY_BACK_NONE ? 1 : 2;
}

/* The change at work. */
struct change {
    struct conductor *c;
    const struct due_chain *const *dues;
    size_t n;
    struct path **new;
    size_t *chain_of;           /* Index in 'dues' of each of 'new'. */
    size_t n_new;
    bool wait;                  /* For something that goes by itself. */
    bool split;                 /* For another one of 'dues'. */
};

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

static bool
has_sf(const struct inv_sf *const *sfs, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (sfs[i]->correlation == SF_NONE && !strcmp(sfs[i]->name, name)) {
            return true;
        }
    }
    return false;
}

/* A function of 'p' that only one chain can pass, and 'chain' wants, or
 * NULL. */
static const char *
find_sole_sf(const struct inv_chain *chain, const struct path *p)
{
    for (size_t i = 0; i < p->n_sfs; i++) {
        if (has_sf(chain->sfs, chain->n_sfs, p->sfs[i])
            || has_sf(chain->reverse_sfs, chain->n_reverse_sfs, p->sfs[i])) {
            return p->sfs[i];
        }
    }
    return NULL;
}

static bool
is_in_change(const struct change *change, const char *name)
{
    for (size_t i = 0; i < change->n; i++) {
        if (!strcmp(change->dues[i]->name, name)) {
            return true;
        }
    }
    return false;
}

/* Will the paths of the chain 'name' go by themselves? */
static bool
is_leaving(const struct conductor *c, const char *name)
{
    return (conductor_has_operation(c, name)
            || (!inventory_chain(network_inventory(c->net), name)
                && !shash_find(&c->bad_chains, name)));
}

/* What sdsa-ctl checks too; but two of them might have been at it at once.
 * 'p' is a path of another chain; 'is_new' if it is one of this change's. */
static char *
check_conflict(struct change *change, const struct inv_chain *chain,
               const struct path *p, bool is_new)
{
    bool clashes = (ends_clash(chain, false, p)
                    || (chain->way_back != WAY_BACK_NONE
                        && ends_clash(chain, true, p)));
    const char *sf = find_sole_sf(chain, p);
    if (!clashes && !sf) {
        return NULL;
    } else if (!is_new && is_in_change(change, p->chain)) {
        /* The old path goes with this change.  But what is in the function
         * belongs to one chain or to the other. */
        change->split = change->split || sf;
        return NULL;
    } else if (is_leaving(change->c, p->chain)) {
        change->wait = true;
        return NULL;
    } else if (sf) {
        return xasprintf("function %s has correlation none and serves chain "
                         "%s already", sf, p->chain);
    }
    return xasprintf("at endpoint %s its match overlaps that of chain %s, "
                     "which has the same priority %d: give one of them "
                     "another --priority", p->src, p->chain, p->priority);
}

void
conductor_leave_sfs(struct conductor *c, const struct path *path)
{
    for (size_t i = 0; i < path->n_sfs; i++) {
        const struct inv_sf *sf = inventory_sf(network_inventory(c->net),
                                               path->sfs[i]);
        if (sf && sf->correlation == SF_NONE) {
            long long int *until_ms = xmalloc(sizeof *until_ms);
            *until_ms = time_msec() + conductor_config_drain_ms(c->idl);
            free(shash_replace(&c->left_sfs, sf->name, until_ms));
        }
    }
}

/* May packets of a path that is gone still come out of 'sf'?  If so, wakes up
 * when they do not. */
static bool
is_sf_left(struct conductor *c, const char *sf)
{
    const long long int *until_ms = shash_find_data(&c->left_sfs, sf);
    if (until_ms && time_msec() < *until_ms) {
        poll_timer_wait_until(*until_ms);
        return true;
    }
    free(shash_find_and_delete(&c->left_sfs, sf));
    return false;
}

static char *
check_conflicts(struct change *change, const struct inv_chain *chain)
{
    for (size_t i = 0; i < chain->n_sfs; i++) {
        change->wait |= is_sf_left(change->c, chain->sfs[i]->name);
    }
    for (size_t i = 0; i < chain->n_reverse_sfs; i++) {
        change->wait |= is_sf_left(change->c, chain->reverse_sfs[i]->name);
    }
    char *error = NULL;
    NETWORK_FOR_EACH_PATH (live, change->c->net) {
        const struct path *p = live->path;
        if (!error && strcmp(p->chain, chain->name)) {
            error = check_conflict(change, chain, p, false);
        }
    }
    for (size_t i = 0; i < change->n_new && !error; i++) {
        error = check_conflict(change, chain, change->new[i], true);
    }
    return error;
}

/* Callbacks of path_compute(). */

static bool
gateway_answers(void *change_, const char *vnf_id)
{
    const struct change *change = change_;
    return conductor_gateway_answers(change->c, vnf_id);
}

static bool
gateway_usable(void *change_, const char *vnf_id)
{
    const struct change *change = change_;
    const struct inv_gateway *gw
        = inventory_gateway(network_inventory(change->c->net), vnf_id);
    return gw && !gw->is_draining && gateway_answers(change_, vnf_id);
}

static bool
sf_free(void *change_, const char *chain, const char *sf)
{
    struct change *change = change_;
    if (is_sf_left(change->c, sf)) {
        change->wait = true;
        return false;
    }
    NETWORK_FOR_EACH_PATH (live, change->c->net) {
        if (strcmp(live->path->chain, chain)
            && path_passes_sf(live->path, sf)) {
            return false;
        }
    }
    for (size_t i = 0; i < change->n_new; i++) {
        if (strcmp(change->new[i]->chain, chain)
            && path_passes_sf(change->new[i], sf)) {
            return false;
        }
    }
    return true;
}

static void
get_allocator(struct change *change, bool draining_too,
              struct path_allocator *alloc)
{
    numbers_get_allocator(change->c->numbers,
                          draining_too ? gateway_answers : gateway_usable,
                          sf_free, change, alloc);
}

/* New paths over the way of those in 'way', if that is as it was; if not 'must',
 * only if nothing speaks against staying there. */
static bool
renew_paths(struct change *change, const struct path_hints *way, bool must,
            struct path *paths[2])
{
    const struct inventory *inv = network_inventory(change->c->net);
    for (size_t i = 0; i < way->n_keep; i++) {
        char *trouble = path_check(way->keep[i], inv);
        trouble = (trouble || must ? trouble
                   : path_check_lost(way->keep[i], inv));
        if (trouble) {
            free(trouble);
            return false;
        }
    }
    struct path_allocator alloc;
    get_allocator(change, must, &alloc);
    char *error = path_renew(way->keep, way->n_keep, &alloc, paths);
    free(error);
    return !error;
}

/* The new paths of chain 'due', over the old way or another.  Where another is
 * needed and there is none, new keys are not put off for that. */
static char *
make_paths(struct change *change, const struct due_chain *due,
           struct path *paths[2], size_t *n)
{
    struct path_allocator alloc;
    size_t n_old, n_backup;
    struct live_path **old = live_paths_of_chain(
        network_live_paths(change->c->net), due->name, &n_old, &n_backup);
    const struct path **ways = xcalloc(n_old + 1, sizeof *ways);
    for (size_t i = 0; i < n_old; i++) {
        ways[i] = old[i]->path;
    }
    const struct path_hints way = { .keep = ways, .n_keep = n_old };
    char *error = NULL;
    bool has_all = due->chain && n_old == conductor_chain_n_paths(due->chain);
    *n = n_old;
    if (due->is_meanwhile) {
        if (!renew_paths(change, &way, true, paths)) {
            error = xstrdup("its way cannot be kept");
        }
    } else if (!due->keep_way || !has_all
               || !renew_paths(change, &way, false, paths)) {
        get_allocator(change, false, &alloc);
        error = path_compute(network_inventory(change->c->net), due->chain,
                             due->is_repair ? &way : NULL, &alloc, paths, n);
        if (error && due->keys_due && has_all
            && renew_paths(change, &way, true, paths)) {
            free(error);
            error = NULL;
            *n = n_old;
        }
    }
    free(ways);
    free(old);
    return error;
}

/* Can packets change from the paths in use to these? */
static char *
check_changes(const struct change *change, const char *chain,
              struct path *const paths[2], size_t n)
{
    size_t n_old, n_backup;
    struct live_path **old = live_paths_of_chain(
        network_live_paths(change->c->net), chain, &n_old, &n_backup);
    char *error = NULL;
    for (size_t i = 0; i < n_old; i++) {
        for (size_t j = 0; j < n && !error; j++) {
            if (paths[j]->reverse == old[i]->path->reverse) {
                error = path_check_change(network_inventory(change->c->net),
                                          old[i]->path, paths[j]);
            }
        }
    }
    free(old);
    return error;
}

/* Adds the new paths of chain number 'i'. */
static char *
compute_chain(struct change *change, size_t i)
{
    struct conductor *c = change->c;
    const struct due_chain *due = change->dues[i];
    char *error = NULL;
    if (!due->is_meanwhile) {
        if (!due->chain) {
            return nullable_xstrdup(due->bad);  /* Or it was deleted. */
        }
        error = check_conflicts(change, due->chain);
        if (error || change->wait || change->split) {
            return error;
        }
    }
    struct path *paths[2];
    size_t n;
    error = make_paths(change, due, paths, &n);
    if (error && change->wait) {
        free(error);
        return NULL;
    } else if (error) {
        return error;
    }
    change->wait = false;       /* There was another one. */
    error = check_changes(change, due->name, paths, n);
    for (size_t j = 0; j < n; j++) {
        if (error) {
            path_destroy(paths[j]);
        } else {
            numbers_claim(c->numbers, paths[j]);
            change->chain_of[change->n_new] = i;
            change->new[change->n_new++] = paths[j];
        }
    }
    return error;
}

/* Does 'live' go with the change?  A backup path is of use still where what is
 * wanted stays the same. */
static bool
is_replaced(const struct change *change, const struct live_path *live)
{
    for (size_t i = 0; i < change->n; i++) {
        const struct due_chain *due = change->dues[i];
        if (!strcmp(due->name, live->path->chain)) {
            return !live->path->backup || !due->is_repair;
        }
    }
    return false;
}

/* The old paths of all its chains.  Caller frees the array. */
static struct live_path **
find_old(const struct change *change, size_t *n)
{
    struct network *net = change->c->net;
    struct live_path **old = xcalloc(network_n_paths(net) + 1, sizeof *old);
    *n = 0;
    NETWORK_FOR_EACH_PATH (live, net) {
        if (is_replaced(change, live)) {
            old[(*n)++] = live;
        }
    }
    return old;
}

static void
start(struct change *change)
{
    struct conductor *c = change->c;
    size_t n_old;
    struct live_path **old = find_old(change, &n_old);
    struct live_path **new = xcalloc(change->n_new + 1, sizeof *new);
    for (size_t i = 0; i < change->n_new; i++) {
        uint32_t twin = 0;
        for (size_t j = 0; j < change->n_new; j++) {
            if (j != i && change->chain_of[j] == change->chain_of[i]) {
                twin = change->new[j]->nsh_spi;
            }
        }
        new[i] = network_add_path(c->net, change->new[i], twin, 0);
    }

    struct op_chain *chains = xcalloc(change->n, sizeof *chains);
    const char *why = change->dues[0]->why;
    for (size_t i = 0; i < change->n; i++) {
        const struct due_chain *due = change->dues[i];
        if (due->is_meanwhile) {
            chains[i] = (struct op_chain) {
                .name = due->name,
                .uuid = due->row->header_.uuid,
                .wanted = due->row->applied,
                .intent = due->row->applied_intent,
                .rekey_while_failing = true,
            };
        } else if (due->row) {
            chains[i] = conductor_op_chain(due->row, due->chain);
            if (!due->is_repair && due->row->protect) {
                conductor_set_protection(conductor_get_memory(c, due->name),
                                         xstrdup("it is being changed"));
            }
        } else {
            chains[i] = (struct op_chain) {
                .name = due->name,
                .intent = "",
            };
        }
        why = strcmp(why, due->why) ? "changed together" : why;
    }
    op_start(conductor_add_op(c, &(struct op_spec) {
        .purpose = OP_CHANGE,
        .cause = why,
        .chains = chains,
        .n_chains = change->n,
        .old = old,
        .n_old = n_old,
        .new = new,
        .n_new = change->n_new,
        .prove = true,
    }));
    free(chains);
    free(old);
    free(new);
}

void
conductor_drop_paths(struct conductor *c, struct path *const *paths, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        numbers_release(c->numbers, paths[i]);
        path_destroy(paths[i]);
    }
}

char *
conductor_make_backup(struct conductor *c, const struct inv_chain *chain,
                      struct live_path *const *used, size_t n,
                      struct live_path *const *renew, struct path *paths[2])
{
    struct change change = { .c = c };
    struct path_allocator alloc;
    const struct path *ways[2];
    for (size_t i = 0; i < n; i++) {
        ways[i] = (renew ? renew : used)[i]->path;
    }
    const struct path_hints hints = { .avoid = ways, .n_avoid = n };
    size_t n_new = n;
    get_allocator(&change, false, &alloc);
    char *error = (renew ? path_renew(ways, n, &alloc, paths)
                   : path_compute(network_inventory(c->net), chain, &hints,
                                  &alloc, paths, &n_new));
    for (size_t i = 0; i < n_new && !error; i++) {
        paths[i]->backup = true;
        numbers_claim(c->numbers, paths[i]);
    }
    return error;
}

char *
conductor_start_change(struct conductor *c,
                       const struct due_chain *const *dues, size_t n,
                       size_t *culprit, bool *split)
{
    struct change change = {
        .c = c,
        .dues = dues,
        .n = n,
        .new = xcalloc(2 * n, sizeof *change.new),
        .chain_of = xcalloc(2 * n, sizeof *change.chain_of),
    };
    char *error = NULL;
    for (size_t i = 0; i < n && !error && !change.wait && !change.split;
         i++) {
        *culprit = i;
        error = compute_chain(&change, i);
    }
    if (!error && !change.wait && !change.split) {
        start(&change);
    } else {
        conductor_drop_paths(c, change.new, change.n_new);
    }
    *split = !error && change.split;
    free(change.new);
    free(change.chain_of);
    return error;
}
