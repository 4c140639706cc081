/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/plan/backup-plan.h"

#include "ofctl-app/model/path-check.h"
#include "ofctl-app/plan/live-paths.h"
#include "ofctl-app/plan/make-paths.h"
#include "ofctl-app/plan/path-health.h"
#include "ofctl-app/plan/plan-action.h"
#include "ofctl-app/plan/plan-facts.h"
#include "util.h"

/* Pause between two searches for a better backup path, and the longest pause
 * after failures. */
#define BACKUP_PAUSE_MS 1000
#define BACKUP_PAUSE_MAX_MS 8000

void
backup_plan_set_protection(struct backup_memory *m, char *text)
{
    free(m->protection);
    m->protection = text;
}

/* Failing over. */

static bool
do_gateways_answer(const struct plan_facts *facts, const struct path *path)
{
    PATH_FOR_EACH_HOP (hop, path) {
        if (!facts->gateway_answers(facts->aux, hop->sender)
            || !facts->gateway_answers(facts->aux, hop->receiver)) {
            return false;
        }
    }
    return true;
}

bool
backup_plan_would_do(const struct plan_facts *facts,
                     const struct inv_chain *chain,
                     const struct chain_paths *paths, bool interrupted)
{
    char *reason = path_health_reason(facts, paths->backup, paths->n_backup);
    bool ok = !reason && paths->n_backup == path_health_n_wanted(chain);
    free(reason);
    for (size_t i = 0; i < paths->n_backup && ok; i++) {
        const struct path *path = paths->backup[i]->path;
        ok = (path->state == PATH_ACTIVE
              && !path_health_has_expired(facts, path)
              && facts->can_flip(facts->aux, paths->backup[i])
              && (interrupted || do_gateways_answer(facts, path)));
    }
    return ok;
}

char *
backup_plan_reason_to_give_up(const struct plan_facts *facts,
                              const struct inv_chain *chain,
                              struct chain_paths *paths)
{
    paths->n_used = live_paths_keep_active(paths->used, paths->n_used);
    paths->n_backup = live_paths_keep_active(paths->backup, paths->n_backup);
    char *error = path_health_check(facts, paths->used, paths->n_used,
                                    path_check);
    char *reason = (error && backup_plan_would_do(facts, chain, paths, true)
                    ? xasprintf("given up to use the backup path: %s", error)
                    : NULL);
    free(error);
    return reason;
}

/* Keeping one. */

struct keeping {
    const struct make_context *ctx;
    struct backup_memory *m;
    const struct inv_chain *chain;
    const struct chain_paths *paths;
    char *reason;               /* Of the backup paths, or that there are
                                 * none. */
    struct plan_action *action;
};

/* Returns why the new paths are not worth an operation, or NULL (caller
 * frees). */
static char *
reject(const struct keeping *k)
{
    const struct chain_paths *paths = k->paths;
    size_t n = paths->n_used, n_own, n_ignored;
    const struct path *used[2], *backup[2], *new[2];
    for (size_t i = 0; i < n; i++) {
        used[i] = paths->used[i]->path;
        backup[i] = k->reason ? NULL : paths->backup[i]->path;
        new[i] = k->action->new[i];
    }
    size_t n_shared = path_n_shared(used, n, new, n, &n_own);
    return (!n_own
            ? xstrdup("there is no way that has not all links, bridges, "
                      "gateways and functions of the one in use")
            : !k->reason && n_shared >= path_n_shared(used, n, backup, n,
                                                      &n_ignored)
            ? xstrdup("there is none better") : NULL);
}

/* Wants an operation from the old backup paths to the new ones of the action,
 * which has no others. */
static void
want(struct keeping *k, const char *reason)
{
    k->action->what = PLAN_BACKUP;
    k->action->reason = xstrdup(reason);
    k->action->old = live_paths_dup(k->paths->backup, k->paths->n_backup);
    k->action->n_old = k->paths->n_backup;
}

/* Looks for a better way than that of the old ones. */
static bool
find_better(struct keeping *k)
{
    char *error = make_paths_backup(k->ctx, k->chain, k->paths->used,
                                    k->paths->n_used, NULL, k->action);
    error = error ? error : reject(k);
    if (!error) {
        want(k, !k->paths->n_backup ? "backup path" : "another backup path");
        return true;
    }
    make_paths_drop(k->ctx->facts, k->action);
    plan_action_uninit(k->action);
    if (k->reason) {
        backup_plan_set_protection(k->m, error);
    } else {
        free(error);
    }
    return false;
}

/* The same way as that of the old ones, with new keys. */
static bool
renew(struct keeping *k)
{
    char *error = make_paths_backup(k->ctx, k->chain, k->paths->used,
                                    k->paths->n_used, k->paths->backup,
                                    k->action);
    if (error) {
        backup_plan_set_protection(k->m, error);
        return false;
    }
    want(k, "keys of the backup path are near the end of their lifetime");
    return true;
}

/* Removes backup paths that nobody needs, or that do harm. */
static bool
remove_old(struct keeping *k, const char *reason)
{
    if (k->paths->n_backup) {
        *k->action = (struct plan_action) { .new = NULL };
        want(k, reason);
    }
    return k->paths->n_backup > 0;
}

/* Returns true if there is something to be done. */
static bool
keep(struct keeping *k, uint64_t topology, bool keys_due,
     long long int *wake_ms)
{
    struct backup_memory *m = k->m;
    long long int now_ms = k->ctx->facts->now_ms;
    if (!k->chain->protect) {
        backup_plan_set_protection(m, xstrdup(""));
        m->checked = 0;
        return remove_old(k, "not to be protected");
    }
    if (!k->reason) {
        backup_plan_set_protection(m, xstrdup("ready"));
    } else if (k->paths->n_backup) {
        m->checked = 0;         /* It was good when it was checked. */
    }
    if (m->checked == topology && !keys_due) {
        m->backoff_ms = 0;
        return false;
    }
    if (now_ms < m->next_ms) {
        plan_wake_at(wake_ms, m->next_ms);
        return false;
    }
    m->next_ms = now_ms + BACKUP_PAUSE_MS;
    m->checked = topology;
    if (k->reason) {
        backup_plan_set_protection(m, xstrdup("its backup path is being "
                                              "prepared"));
    }
    if (find_better(k) || (keys_due && !k->reason && renew(k))) {
        return true;
    }
    if (keys_due && !k->reason) {
        plan_wake_at(wake_ms, m->next_ms);
    }
    /* What is there is of no use if something is wrong with it. */
    return k->reason && remove_old(k, k->reason);
}

bool
backup_plan_keep(const struct make_context *ctx, struct backup_memory *m,
                 const struct inv_chain *chain,
                 const struct chain_paths *paths, uint64_t topology,
                 struct plan_action *action, long long int *wake_ms)
{
    struct keeping k = {
        .ctx = ctx,
        .m = m,
        .chain = chain,
        .paths = paths,
        .reason = (paths->n_backup == paths->n_used
                   ? path_health_reason(ctx->facts, paths->backup,
                                        paths->n_backup)
                   : xstrdup("it has no backup path")),
        .action = action,
    };
    bool keys_due = path_health_keys_due(ctx->facts, paths->backup,
                                         paths->n_backup, wake_ms);
    bool wanted = keep(&k, topology, keys_due, wake_ms);
    free(k.reason);
    return wanted;
}

void
backup_plan_failed(struct backup_memory *m, bool is_fail_over,
                   const char *reason, long long int now_ms)
{
    if (!is_fail_over) {
        backup_plan_set_protection(m, xstrdup(reason));
    }
    m->checked = 0;
    m->backoff_ms = MIN(MAX(2 * m->backoff_ms, BACKUP_PAUSE_MS),
                        BACKUP_PAUSE_MAX_MS);
    m->next_ms = now_ms + m->backoff_ms;
}
