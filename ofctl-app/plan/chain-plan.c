/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/plan/chain-plan.h"

#include <limits.h>

#include "ofctl-app/model/inventory.h"
#include "ofctl-app/model/path-check.h"
#include "ofctl-app/plan/live-paths.h"
#include "ofctl-app/plan/path-health.h"
#include "ofctl-app/plan/plan-facts.h"
#include "util.h"

/* Pause after a failure: doubles with each one in a row, up to the maximum. */
#define CHAIN_RETRY_MS 1000
#define CHAIN_RETRY_MAX_MS 8000

/* The same where new paths lose packets as the old ones did. */
#define SILENT_RETRY_MS 10000
#define SILENT_RETRY_MAX_MS 160000

/* After so many pauses without such an attempt the next pause is the first. */
#define SILENT_FORGET 4

/* Rows. */

static void
row_destroy(struct plan_row *row)
{
    if (row) {
        free(row->applied_intent);
        free(row->intent);
        free(row->bad);
        free(row->protection);
        free(row->waits);
        free(row);
    }
}

static struct plan_row *
row_clone(const struct plan_row *row)
{
    struct plan_row *clone = xmemdup(row, sizeof *row);
    clone->applied_intent = xstrdup(row->applied_intent);
    clone->intent = xstrdup(row->intent);
    clone->bad = nullable_xstrdup(row->bad);
    clone->protection = xstrdup(row->protection);
    clone->waits = xstrdup(row->waits);
    return clone;
}

static bool
row_equals(const struct plan_row *a, const struct plan_row *b)
{
    return (uuid_equals(&a->uuid, &b->uuid) && a->wanted == b->wanted
            && a->applied == b->applied && a->failed == b->failed
            && a->change == b->change
            && !strcmp(a->applied_intent, b->applied_intent)
            && !strcmp(a->intent, b->intent)
            && nullable_string_is_equal(a->bad, b->bad)
            && !strcmp(a->protection, b->protection)
            && !strcmp(a->waits, b->waits)
            && a->protect == b->protect && a->has_reason == b->has_reason);
}

/* Chains. */

struct chain_plan *
chain_plan_create(const char *name)
{
    struct chain_plan *cp = xzalloc(sizeof *cp);
    cp->name = xstrdup(name);
    cp->wake_ms = LLONG_MAX;
    ovs_list_init(&cp->state_node);
    ovs_list_init(&cp->queue_node);
    ovs_list_init(&cp->writing_node);
    return cp;
}

/* Forgets what is known of the chain of an earlier row. */
static void
forget(struct chain_plan *cp)
{
    free(cp->failure.intent);
    free(cp->error);
    free(cp->backup.protection);
    cp->failure = (struct plan_failure) { .intent = NULL };
    cp->silence = (struct plan_silence) { .backoff_ms = 0 };
    cp->backup = (struct backup_memory) { .protection = NULL };
    cp->error = NULL;
    cp->rekey_ms = 0;
    cp->state = cp->is_busy ? PLAN_BUSY : PLAN_NEW;
}

void
chain_plan_destroy(struct chain_plan *cp)
{
    forget(cp);
    row_destroy(cp->row);
    free(cp->reason);
    free(cp->name);
    free(cp);
}

bool
chain_plan_set_row(struct chain_plan *cp, const struct plan_row *row)
{
    if (row && cp->row && row_equals(row, cp->row)) {
        return false;
    }
    if (!row || !cp->row || !uuid_equals(&row->uuid, &cp->row->uuid)) {
        forget(cp);
    }
    row_destroy(cp->row);
    cp->row = row ? row_clone(row) : NULL;
    return true;
}

void
chain_plan_set_state(struct chain_plan *cp, struct plan_versions *versions,
                     enum plan_state state)
{
    if (state != cp->state) {
        versions->n_transitions[cp->state][state]++;
        cp->state = state;
    }
}

/* Looks. */

/* What is seen of the chain. */
struct look {
    struct chain_plan *cp;
    const struct make_context *ctx;
    const struct plan_facts *facts;
    const struct plan_versions *versions;
    const struct inv_chain *chain;
    struct chain_paths paths;
    bool is_interrupted;        /* The paths in use lose packets. */
    bool has_failed;            /* As it is wanted now, and in this group. */
};

/* Why the paths in use need to be replaced though the intent is applied, or
 * NULL (caller frees).  Says more about that in 'cp->due'. */
static char *
find_damage(struct look *look)
{
    struct due_chain *due = &look->cp->due;
    struct live_path *const *used = look->paths.used;
    size_t n = look->paths.n_used;
    char *damage = (n == path_health_n_wanted(look->chain)
                    ? path_health_check(look->facts, used, n, path_check)
                    : xstrdup("it has not all its paths"));
    look->is_interrupted = damage != NULL;
    damage = (damage ? damage : path_health_check(look->facts, used, n,
                                                  path_check_lost));
    due->is_silent = !damage && path_health_silent(used, n);
    damage = damage ? damage : nullable_xstrdup(path_health_silent(used, n));
    due->keep_way = !damage;
    if (!damage) {
        damage = nullable_xstrdup(path_health_broken(used, n));
        look->is_interrupted = damage != NULL;
    }
    due->keys_due = path_health_keys_due(look->facts, used, n,
                                         &look->cp->wake_ms);
    return (damage ? damage
            : due->keys_due
            ? xstrdup("keys are near the end of their lifetime") : NULL);
}

/* Is it this that has failed? */
static bool
is_failure_of(const struct plan_failure *failure, const char *intent,
              int64_t wanted, int64_t change)
{
    return (failure->intent && !strcmp(failure->intent, intent)
            && failure->wanted == wanted && failure->change == change);
}

/* Finds out what is due, and why. */
static void
see(struct look *look)
{
    struct chain_plan *cp = look->cp;
    const struct plan_row *row = cp->row;
    cp->due = (struct due_chain) { .name = cp->name };
    cp->group = cp->removal_group;
    if (!row) {
        cp->reason = xstrdup("deleted");
        return;
    }
    cp->due.chain = look->chain;
    cp->due.bad = row->bad;
    cp->due.is_repair = !strcmp(row->applied_intent, row->intent);
    cp->group = cp->due.is_repair ? 0 : row->change;
    look->has_failed = is_failure_of(&cp->failure, row->intent, row->wanted,
                                     row->change);
    if (!cp->is_busy && !row->bad) {
        cp->due.keep_way = inventory_is_rekey(row->applied_intent,
                                              row->intent);
        cp->due.keys_due = cp->due.keep_way;
        cp->reason = (!row->applied_intent[0] ? xstrdup("new")
                   : cp->due.keep_way ? xstrdup("new keys")
                   : !cp->due.is_repair ? xstrdup("changed")
                   : find_damage(look));
        if (cp->due.is_repair && cp->reason && !look->has_failed) {
            cp->group = path_health_together(look->facts, look->paths.used,
                                             look->paths.n_used);
        }
    }
}

/* Conditions of states. */

static bool
fails_over(struct look *look)
{
    const struct due_chain *due = &look->cp->due;
    return (!due->bad && due->is_repair
            && (!due->keep_way || look->is_interrupted)
            && backup_plan_would_do(look->facts, look->chain, &look->paths,
                                    look->is_interrupted));
}

static bool
is_aborted(struct look *look)
{
    return (look->has_failed && look->cp->failure.aborted
            && !look->cp->due.is_repair);
}

static uint64_t
version(const struct plan_versions *versions)
{
    return versions->topology + versions->removals;
}

static bool
rests(struct look *look)
{
    const struct due_chain *due = &look->cp->due;
    return (look->has_failed && look->cp->failure.refused
            && !(due->is_repair && due->keys_due)
            && look->cp->failure.version == version(look->versions));
}

/* Would other paths lose packets as well, as the last ones did? */
static bool
rests_silent(const struct look *look)
{
    const struct chain_plan *cp = look->cp;
    return (cp->due.is_silent && cp->silence.backoff_ms
            && cp->silence.topology == look->versions->topology
            && look->facts->now_ms < cp->silence.retry_ms);
}

static bool
backs_off(struct look *look)
{
    return (look->has_failed
            && look->facts->now_ms < look->cp->failure.retry_ms);
}

/* Something else is wanted and has failed: do the paths in use need new keys
 * until it is tried again?  (Their way stays: computing another one would need
 * what is wanted, and that is what failed.) */
static bool
needs_rekey(struct look *look)
{
    struct chain_plan *cp = look->cp;
    struct live_path *const *used = look->paths.used;
    size_t n = look->paths.n_used;
    if (cp->due.is_repair
        || !(is_aborted(look) || rests(look) || backs_off(look))) {
        return false;
    }
    bool keys_due = path_health_keys_due(look->facts, used, n, &cp->wake_ms);
    const char *broken = path_health_broken(used, n);
    char *damage = path_health_check(look->facts, used, n, path_check);
    bool needed = (keys_due || broken) && n && !damage;
    free(damage);
    if (needed && look->facts->now_ms < cp->rekey_ms) {
        plan_wake_at(&cp->wake_ms, cp->rekey_ms);
        return false;
    }
    return needed;
}

/* The first rule that holds gives the chain its state. */
static enum plan_state
find_state(struct look *look)
{
    const struct chain_plan *cp = look->cp;
    return (cp->is_busy ? PLAN_BUSY
            : !cp->row ? PLAN_DUE
            : !cp->row->bad && !cp->reason ? PLAN_SETTLED
            : fails_over(look) ? PLAN_BUSY
            : needs_rekey(look) ? PLAN_REKEY
            : is_aborted(look) ? PLAN_ABORTED
            : rests(look) || rests_silent(look) ? PLAN_RESTING
            : backs_off(look) ? PLAN_BACKOFF
            : PLAN_DUE);
}

/* Consequences of the state. */

/* An operation is under way.  Returns true if it is to be given up. */
static bool
give_up(struct look *look, struct plan_action *action)
{
    const struct chain_plan *cp = look->cp;
    char *reason = (look->chain && cp->due.is_repair && look->chain->protect
                 && look->facts->can_give_up
                 && look->facts->can_give_up(look->facts->aux, cp->name)
                 ? backup_plan_reason_to_give_up(look->facts, look->chain,
                                                 &look->paths) : NULL);
    *action = (struct plan_action) { .what = PLAN_GIVE_UP, .reason = reason };
    return reason != NULL;
}

/* Returns why another operation is due after the one that is for 'target' and
 * only removes paths any more, or NULL (caller frees). */
static char *
find_next(struct look *look, const struct plan_target *target)
{
    const struct chain_plan *cp = look->cp;
    const struct plan_row *row = cp->row;
    if (!row) {
        return target->intent[0] ? xstrdup("deleted") : NULL;
    } else if (!look->chain) {
        return NULL;
    } else if (strcmp(row->intent, target->intent) && !look->has_failed) {
        return xstrdup("changed");
    }
    look->paths.n_used = live_paths_keep_active(look->paths.used,
                                                look->paths.n_used);
    char *damage = find_damage(look);
    if (cp->due.is_silent && (cp->silence.is_tried || rests_silent(look))) {
        free(damage);
        return NULL;            /* The chain is going to rest. */
    }
    return damage;
}

/* An operation is under way.  Returns true if it is to end soon. */
static bool
hurry(struct look *look, struct plan_action *action)
{
    const struct plan_facts *facts = look->facts;
    const struct plan_target *target
        = (facts->get_ending
           ? facts->get_ending(facts->aux, look->cp->name) : NULL);
    char *reason = target ? find_next(look, target) : NULL;
    *action = (struct plan_action) { .what = PLAN_HURRY, .reason = reason };
    return reason != NULL;
}

static void
fail_over(struct look *look, struct plan_action *action)
{
    struct chain_plan *cp = look->cp;
    const struct chain_paths *paths = &look->paths;
    backup_plan_set_protection(&cp->backup,
                               xstrdup("its backup path is in use"));
    *action = (struct plan_action) {
        .what = PLAN_FAIL_OVER,
        .reason = xstrdup(cp->reason),
        .old = live_paths_dup(paths->used, paths->n_used),
        .n_old = paths->n_used,
        .standby = live_paths_dup(paths->backup, paths->n_backup),
        .n_standby = paths->n_backup,
        .unproven = look->is_interrupted,
    };
}

/* Something else is wanted and has failed. */
static void
note_failure(struct chain_plan *cp)
{
    if (!cp->due.is_repair && cp->row->protect) {
        backup_plan_set_protection(&cp->backup,
                                   xstrdup("its change has failed"));
    }
}

static void
prepare_rekey(struct look *look)
{
    struct chain_plan *cp = look->cp;
    const char *broken = path_health_broken(look->paths.used,
                                            look->paths.n_used);
    free(cp->reason);
    cp->reason = xstrdup(broken ? broken
                      : "keys are near the end of their lifetime");
    cp->due.is_repair = cp->due.rekey_only = true;
}

/* Does what the new state brings with it.  Returns true if there is an action
 * to be done. */
static bool
follow(struct look *look, struct plan_action *action)
{
    struct chain_plan *cp = look->cp;
    bool acts = false;
    cp->is_unsettled = true;
    switch (cp->state) {
    case PLAN_BUSY:
        if (cp->is_busy) {
            return give_up(look, action) || hurry(look, action);
        }
        fail_over(look, action);
        return true;
    case PLAN_SETTLED:
        acts = backup_plan_keep(look->ctx, &cp->backup, look->chain,
                                &look->paths, look->versions->topology,
                                action, &cp->wake_ms);
        cp->is_unsettled = acts || cp->row->applied < cp->row->wanted;
        break;
    case PLAN_REKEY:
        note_failure(cp);
        prepare_rekey(look);
        break;
    case PLAN_BACKOFF:
        note_failure(cp);
        plan_wake_at(&cp->wake_ms, cp->failure.retry_ms);
        cp->is_unsettled = cp->row->failed < cp->row->wanted;
        break;
    case PLAN_ABORTED:
    case PLAN_RESTING:
        if (rests_silent(look)) {
            free(cp->reason);
            cp->reason = xasprintf("the network to change, or %d s to pass: "
                                   "its last new paths lost packets as well",
                                   cp->silence.backoff_ms / 1000);
            plan_wake_at(&cp->wake_ms, cp->silence.retry_ms);
        }
        note_failure(cp);
        cp->is_unsettled = false;
        break;
    case PLAN_NEW:
    case PLAN_DUE:
    case PLAN_WAITING:
        break;
    }
    /* The refusal is to be written first. */
    cp->is_unsettled = cp->is_unsettled || cp->error;
    return acts;
}

bool
chain_plan_look(struct chain_plan *cp, const struct make_context *ctx,
                struct plan_versions *versions, struct plan_action *action)
{
    struct look look = {
        .cp = cp,
        .ctx = ctx,
        .facts = ctx->facts,
        .versions = versions,
        .chain = (cp->row && !cp->row->bad
                  ? inventory_chain(ctx->facts->inv, cp->name) : NULL),
        .paths = live_paths_of_chain(ctx->facts->paths, cp->name),
    };
    free(cp->reason);
    cp->reason = NULL;
    cp->wake_ms = LLONG_MAX;

    see(&look);
    chain_plan_set_state(cp, versions, find_state(&look));
    bool acts = follow(&look, action);
    free(look.paths.used);
    return acts;
}

/* Operations. */

struct plan_target
chain_plan_target(const struct chain_plan *cp)
{
    const struct plan_row *row = cp->row;
    return (!row ? (struct plan_target) { .name = cp->name, .intent = "" }
            : (struct plan_target) {
                .name = cp->name,
                .uuid = row->uuid,
                .wanted = cp->due.rekey_only ? row->applied : row->wanted,
                .change = cp->due.rekey_only ? 0 : row->change,
                .intent = (cp->due.rekey_only ? row->applied_intent
                           : row->intent),
                .rekey_only = cp->due.rekey_only,
            });
}

void
chain_plan_begin(struct chain_plan *cp, enum plan_what what, bool is_resumed)
{
    cp->is_busy = true;
    cp->doing = what;
    cp->is_resumed = is_resumed;
    cp->silence.is_tried = what == PLAN_CHANGE && cp->due.is_silent;
    if (!is_resumed && what == PLAN_CHANGE && cp->row && !cp->due.is_repair
        && cp->row->protect) {
        backup_plan_set_protection(&cp->backup,
                                   xstrdup("it is being changed"));
    }
}

/* Notes that an attempt at what was wanted then has failed. */
static struct plan_failure *
remember_failure(struct chain_plan *cp, const struct plan_versions *versions,
                 const struct plan_target *target, long long int now_ms)
{
    struct plan_failure *failure = &cp->failure;
    int backoff_ms = (is_failure_of(failure, target->intent, target->wanted,
                                    target->change)
                      ? MIN(2 * failure->backoff_ms, CHAIN_RETRY_MAX_MS)
                      : CHAIN_RETRY_MS);
    free(failure->intent);
    *failure = (struct plan_failure) {
        .intent = xstrdup(target->intent),
        .wanted = target->wanted,
        .change = target->change,
        .version = version(versions),
        .backoff_ms = backoff_ms,
        .retry_ms = now_ms + backoff_ms,
    };
    return failure;
}

/* Notes that an attempt to leave paths that lose packets has ended: the next
 * one comes after a pause, unless the topology changes. */
static void
remember_silence(struct chain_plan *cp, const struct plan_versions *versions,
                 long long int now_ms)
{
    struct plan_silence *s = &cp->silence;
    bool is_first = (!s->backoff_ms || now_ms >= s->retry_ms
                     + SILENT_FORGET * (long long int) s->backoff_ms);
    s->backoff_ms = (is_first ? SILENT_RETRY_MS
                     : MIN(2 * s->backoff_ms, SILENT_RETRY_MAX_MS));
    s->retry_ms = now_ms + s->backoff_ms;
    s->topology = versions->topology;
    s->is_tried = false;
}

void
chain_plan_end(struct chain_plan *cp, const struct plan_versions *versions,
               const struct plan_target *target, enum plan_outcome outcome,
               const char *reason, long long int now_ms)
{
    cp->is_busy = false;
    if (cp->silence.is_tried) {
        remember_silence(cp, versions, now_ms);
    }
    if (outcome == PLAN_DONE && cp->doing != PLAN_BACKUP) {
        cp->backup.checked = 0; /* There are other paths in use. */
    }
    if (target->rekey_only) {
        if (outcome != PLAN_DONE) {
            cp->rekey_ms = now_ms + CHAIN_RETRY_MAX_MS;
        }
    } else if (!cp->row || cp->row->bad) {
        return;
    } else if (outcome == PLAN_DONE) {
        free(cp->failure.intent);
        cp->failure.intent = NULL;
    } else if (cp->is_resumed
               || !uuid_equals(&cp->row->uuid, &target->uuid)) {
        return;                 /* Another controller's, or another chain's. */
    } else if (cp->doing == PLAN_CHANGE) {
        remember_failure(cp, versions, target, now_ms)->aborted
            = outcome == PLAN_GIVEN_UP;
    } else {
        backup_plan_failed(&cp->backup, cp->doing == PLAN_FAIL_OVER, reason,
                           now_ms);
    }
}

void
chain_plan_refuse(struct chain_plan *cp, const struct plan_versions *versions,
                  const char *error, long long int now_ms)
{
    const struct plan_target target = chain_plan_target(cp);
    if (cp->due.rekey_only) {
        cp->rekey_ms = now_ms + CHAIN_RETRY_MAX_MS;
    } else if (cp->row) {
        remember_failure(cp, versions, &target, now_ms)->refused = true;
        free(cp->error);
        cp->error = xstrdup(error);
        cp->is_error_sent = false;
    }
}
