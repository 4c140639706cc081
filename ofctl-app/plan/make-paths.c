/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/plan/make-paths.h"

#include <limits.h>

#include "ofctl-app/model/lifetime.h"
#include "ofctl-app/model/match.h"
#include "ofctl-app/model/numbers.h"
#include "ofctl-app/model/path-check.h"
#include "ofctl-app/model/path-find.h"
#include "ofctl-app/model/path-mtu.h"
#include "ofctl-app/model/untagged-sf.h"
#include "ofctl-app/plan/live-paths.h"
#include "ofctl-app/plan/path-health.h"
#include "ofctl-app/plan/plan-action.h"
#include "ofctl-app/plan/plan-facts.h"
#include "sset.h"
#include "util.h"

/* The chains at work. */
struct making {
    const struct make_context *ctx;
    const struct plan_facts *facts;
    const struct due_chain *const *dues;
    size_t n;
    struct plan_action *action; /* Holds what was made so far. */
    bool wait, split;           /* MAKE_WAIT, MAKE_SPLIT. */
    char *unmet;                /* What could not be used by the chain at work
                                 * because nobody has met it yet, or NULL. */
    long long int unmet_until_ms;       /* Wait for it so long. */
    long long int wake_ms;      /* See make_paths(). */
};

/* Notes that something is in the way until 'wake_ms' at most.  Takes ownership
 * of 'reason'. */
static void
note_obstacle(struct making *m, char *reason, long long int wake_ms)
{
    m->wait = true;
    free(m->action->reason);
    m->action->reason = reason;
    plan_wake_at(&m->wake_ms, wake_ms);
}

/* Takes note of 'name' if nobody has met it yet. */
static void
note_unmet(struct making *m, enum participant_kind kind, const char *name)
{
    long long int until_ms
        = (m->facts->unmet_until
           ? m->facts->unmet_until(m->facts->aux, kind, name) : 0);
    if (until_ms) {
        free(m->unmet);
        m->unmet = participant_format(&(struct participant) { kind, name });
        m->unmet_until_ms = until_ms;
    }
}

/* Waits for what note_unmet() has noted, if anything. */
static void
wait_for_unmet(struct making *m)
{
    if (m->unmet) {
        note_obstacle(m, xasprintf("%s has not been met yet", m->unmet),
                      m->unmet_until_ms);
    }
}

/* Conflicts with other chains. */

/* May a packet of 'chain', in this direction, be taken for one of path 'p' of
 * another chain? */
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

static const struct due_chain *
find_due(const struct making *m, const char *name)
{
    for (size_t i = 0; i < m->n; i++) {
        if (!strcmp(m->dues[i]->name, name)) {
            return m->dues[i];
        }
    }
    return NULL;
}

/* What sdsa-ctl checks too; but two of them might have been at it at once.
 * 'p' is a path of another chain; 'is_new' if it is one of those just made. */
static char *
check_conflict(struct making *m, const struct inv_chain *chain,
               const struct path *p, bool is_new)
{
    bool clashes = (ends_clash(chain, false, p)
                    || (chain->way_back != WAY_BACK_NONE
                        && ends_clash(chain, true, p)));
    const char *sf = untagged_sf_shared(chain, p);
    if (!clashes && !sf) {
        return NULL;
    } else if (!is_new && find_due(m, p->chain)) {
        /* The old path goes with this change.  But what is in the function
         * belongs to one chain or to the other. */
        m->split = m->split || sf;
        return NULL;
    } else if (m->ctx->is_leaving(m->ctx->aux, p->chain)) {
        note_obstacle(m, xasprintf("chain %s has to leave %s %s first",
                                   p->chain, sf ? "function" : "endpoint",
                                   sf ? sf : p->src), LLONG_MAX);
        return NULL;
    } else if (sf) {
        return untagged_sf_error(sf, p->chain);
    }
    return xasprintf("at endpoint %s its match overlaps that of chain %s, "
                     "which has the same priority %d: give one of them "
                     "another --priority", p->src, p->chain, p->priority);
}

/* May packets of a path that is gone still come out of 'sf'?  Then waits. */
static bool
is_sf_left(struct making *m, const char *sf)
{
    long long int until_ms = untagged_sf_left_until(m->ctx->left_sfs, sf,
                                                    m->facts->now_ms);
    if (until_ms) {
        note_obstacle(m, xasprintf("packets may still come out of function %s",
                                   sf), until_ms);
    }
    return until_ms != 0;
}

static char *
check_conflicts(struct making *m, const struct inv_chain *chain)
{
    const struct inv_sf *sf;
    for (size_t i = 0; (sf = inv_chain_sf(chain, i)); i++) {
        is_sf_left(m, sf->name);
    }
    char *error = NULL;
    LIVE_PATHS_FOR_EACH (live, m->facts->paths) {
        if (!error && strcmp(live->path->chain, chain->name)) {
            error = check_conflict(m, chain, live->path, false);
        }
    }
    for (size_t i = 0; i < m->action->n_new && !error; i++) {
        error = check_conflict(m, chain, m->action->new[i], true);
    }
    return error;
}

/* Callbacks of path_compute(). */

static bool
gateway_answers(void *m_, const char *vnf_id)
{
    struct making *m = m_;
    const struct inv_gateway *gw = inventory_gateway(m->facts->inv, vnf_id);
    if (!gw || gw->down || gw->is_quarantined) {
        return false;
    }
    bool answers = m->facts->gateway_answers(m->facts->aux, vnf_id);
    if (!answers) {
        note_unmet(m, PARTICIPANT_GATEWAY, vnf_id);
    }
    return answers;
}

static bool
gateway_usable(void *m_, const char *vnf_id)
{
    const struct making *m = m_;
    const struct inv_gateway *gw = inventory_gateway(m->facts->inv, vnf_id);
    return gw && !gw->is_draining && gateway_answers(m_, vnf_id);
}

static bool
untagged_is_free(void *m_, const char *chain, const char *sf)
{
    struct making *m = m_;
    if (is_sf_left(m, sf)) {
        return false;
    }
    LIVE_PATHS_FOR_EACH (live, m->facts->paths) {
        if (untagged_sf_is_taken(live->path, chain, sf)) {
            return false;
        }
    }
    for (size_t i = 0; i < m->action->n_new; i++) {
        if (untagged_sf_is_taken(m->action->new[i], chain, sf)) {
            return false;
        }
    }
    return true;
}

static void
get_allocator(struct making *m, bool draining_too,
              struct path_allocator *alloc)
{
    numbers_get_allocator(m->facts->numbers,
                          draining_too ? gateway_answers : gateway_usable,
                          untagged_is_free, m, alloc);
}

/* Paths of one chain. */

/* Makes new paths over the way of those in 'way', if that is as it was; if not
 * 'must', only if nothing speaks against staying there. */
static bool
renew_paths(struct making *m, const struct path_hints *way, bool must,
            struct path *paths[2])
{
    for (size_t i = 0; i < way->n_keep; i++) {
        char *error = path_check(way->keep[i], m->facts->inv);
        error = (error || must ? error
                 : path_check_lost(way->keep[i], m->facts->inv));
        error = (error || must ? error
                 : path_check_avoided(way->keep[i], m->facts->inv));
        if (error) {
            free(error);
            return false;
        }
    }
    struct path_allocator alloc;
    get_allocator(m, must, &alloc);
    char *error = path_renew(way->keep, way->n_keep, &alloc, paths);
    free(error);
    return !error;
}

/* Makes the new paths of chain 'due', which has the paths 'old', over the old
 * way or another one.  Where another one is needed and there is none,
 * new keys are not put off for that.  A way that only waits to be met is not
 * left. */
static char *
find_ways(struct making *m, const struct due_chain *due,
          const struct chain_paths *old, struct path *paths[2], size_t *n)
{
    size_t n_old = old->n_used;
    const struct path **ways = xcalloc(n_old + 1, sizeof *ways);
    for (size_t i = 0; i < n_old; i++) {
        ways[i] = old->used[i]->path;
    }
    const struct path_hints way = { .keep = ways, .n_keep = n_old };
    char *error = NULL;
    bool has_all = due->chain && n_old == path_health_n_wanted(due->chain);
    *n = n_old;
    if (due->rekey_only) {
        if (!renew_paths(m, &way, true, paths)) {
            error = xstrdup("its way cannot be kept");
        }
    } else if (!due->keep_way || !has_all
               || !renew_paths(m, &way, false, paths)) {
        if (m->unmet) {
            free(ways);
            return xstrdup(m->unmet);
        }
        struct path_allocator alloc;
        get_allocator(m, false, &alloc);
        error = path_compute(m->facts->inv, due->chain,
                             due->is_repair ? &way : NULL, &alloc, paths, n);
        if (error && due->keys_due && has_all
            && renew_paths(m, &way, true, paths)) {
            free(error);
            error = NULL;
            *n = n_old;
        }
    }
    free(ways);
    return error;
}

/* Can packets change from the paths in use to the new ones? */
static char *
check_changes(const struct making *m, const struct chain_paths *old,
              struct path *const paths[2], size_t n)
{
    char *error = NULL;
    for (size_t i = 0; i < old->n_used; i++) {
        const struct path *path = old->used[i]->path;
        for (size_t j = 0; j < n && !error; j++) {
            if (paths[j]->reverse == path->reverse) {
                error = path_check_change(m->facts->inv, path, paths[j]);
            }
        }
    }
    return error;
}

/* Are the lifetimes of the chain's keys long enough for its new paths? */
static char *
check_lifetimes(const struct making *m, const struct inv_chain *chain,
                struct path *const paths[2], size_t n)
{
    char *error = NULL;
    for (size_t i = 0; i < n && !error; i++) {
        error = lifetime_check(chain, path_mtu(m->facts->inv, paths[i]),
                               m->facts->change_ms);
    }
    return error;
}

/* Takes note of bridges of the 'n' new paths that nobody has met yet.  What
 * find_ways() did not use is of no interest any more. */
static void
note_unmet_bridges(struct making *m, struct path *const paths[2], size_t n)
{
    struct sset names = SSET_INITIALIZER(&names);
    const char *name;
    for (size_t i = 0; i < n; i++) {
        path_bridges(paths[i], m->facts->inv, &names);
    }
    free(m->unmet);
    m->unmet = NULL;
    SSET_FOR_EACH (name, &names) {
        note_unmet(m, PARTICIPANT_BRIDGE, name);
    }
    sset_destroy(&names);
}

/* Adds the new paths of chain 'due', and the old ones: a backup path is of use
 * still where what is wanted stays the same.  Returns NULL or an error. */
static char *
make_chain(struct making *m, const struct due_chain *due)
{
    struct plan_action *action = m->action;
    struct path *paths[2];
    size_t n_new = 0;
    free(m->unmet);
    m->unmet = NULL;
    char *error = (due->rekey_only ? NULL
                   : due->chain ? check_conflicts(m, due->chain)
                   : nullable_xstrdup(due->bad));   /* Or it was deleted. */
    if (error || m->wait || m->split) {
        return error;
    }
    struct chain_paths old = live_paths_of_chain(m->facts->paths, due->name);
    if (due->chain || due->rekey_only) {
        error = find_ways(m, due, &old, paths, &n_new);
        m->wait = m->wait && error;     /* There was another one. */
        if (!error) {
            note_unmet_bridges(m, paths, n_new);
        }
        wait_for_unmet(m);
    }
    if (!error) {
        error = check_changes(m, &old, paths, n_new);
        if (!error && due->chain && !due->is_repair) {
            error = check_lifetimes(m, due->chain, paths, n_new);
        }
        for (size_t i = 0; i < n_new; i++) {
            path_set_ips(paths[i], m->facts->inv);
            numbers_claim(m->facts->numbers, paths[i]);
            action->new[action->n_new++] = paths[i];
        }
    } else if (m->wait) {
        free(error);
        error = NULL;
    }
    /* What goes through a gateway in quarantine goes, even if there is no
     * other way: then the chain stops. */
    bool stops = (error && !m->wait && due->is_repair && old.n_used
                  && path_health_is_quarantined(m->facts, old.used,
                                                old.n_used));
    if (stops) {
        free(error);
        error = NULL;
    }
    size_t n_old = old.n_used + (due->is_repair && !stops ? 0 : old.n_backup);
    action->old = xrealloc(action->old, ((action->n_old + n_old + 1)
                                         * sizeof *action->old));
    for (size_t i = 0; i < n_old; i++) {
        action->old[action->n_old++] = old.used[i];
    }
    free(old.used);
    return error;
}

enum make_result
make_paths(const struct make_context *ctx, const struct due_chain *const *dues,
           size_t n, struct plan_action *action, long long int *wake_ms)
{
    struct making m = {
        .ctx = ctx,
        .facts = ctx->facts,
        .dues = dues,
        .n = n,
        .action = action,
        .wake_ms = LLONG_MAX,
    };
    *action = (struct plan_action) {
        .new = xcalloc(2 * n, sizeof *action->new),
    };
    char *error = NULL;
    for (size_t i = 0; i < n && !error && !m.wait && !m.split; i++) {
        action->culprit = i;
        error = make_chain(&m, dues[i]);
    }
    *wake_ms = m.wake_ms;
    free(m.unmet);
    if (!error && !m.wait && !m.split) {
        return MAKE_DONE;
    }
    make_paths_drop(m.facts, action);
    if (error) {
        free(action->reason);
        action->reason = error;
        return MAKE_REFUSED;
    }
    return m.split ? MAKE_SPLIT : MAKE_WAIT;
}

char *
make_paths_backup(const struct make_context *ctx,
                  const struct inv_chain *chain,
                  struct live_path *const *used, size_t n,
                  struct live_path *const *renew, struct plan_action *action)
{
    struct making m = { .ctx = ctx, .facts = ctx->facts, .action = action };
    struct path_allocator alloc;
    const struct path *ways[2];
    struct path *paths[2];
    for (size_t i = 0; i < n; i++) {
        ways[i] = (renew ? renew : used)[i]->path;
    }
    struct sset avoid = SSET_INITIALIZER(&avoid);
    const struct path_hints hints = { .avoid = &avoid };
    path_elements(ways, n, &avoid);
    *action = (struct plan_action) { .new = NULL };
    get_allocator(&m, false, &alloc);
    char *error = (renew ? path_renew(ways, n, &alloc, paths)
                   : path_compute(m.facts->inv, chain, &hints, &alloc, paths,
                                  &n));
    if (!error) {
        action->new = xmemdup(paths, n * sizeof *paths);
        action->n_new = n;
    }
    for (size_t i = 0; i < action->n_new; i++) {
        paths[i]->backup = true;
        path_set_ips(paths[i], m.facts->inv);
        numbers_claim(m.facts->numbers, paths[i]);
    }
    sset_destroy(&avoid);
    free(m.unmet);
    free(action->reason);       /* That a function was left. */
    action->reason = NULL;
    return error;
}

void
make_paths_drop(const struct plan_facts *facts, struct plan_action *action)
{
    for (size_t i = 0; i < action->n_new; i++) {
        numbers_release(facts->numbers, action->new[i]);
        path_destroy(action->new[i]);
    }
    action->n_new = 0;
}
