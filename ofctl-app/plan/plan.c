/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/plan/plan.h"

#include <limits.h>
#include <stdlib.h>

#include "hash.h"
#include "heap.h"
#include "ofctl-app/model/path.h"
#include "ofctl-app/model/untagged-sf.h"
#include "ofctl-app/plan/live-paths.h"
#include "openvswitch/shash.h"
#include "sset.h"
#include "util.h"

#define OPERATIONS_MAX 1000     /* Under way at once. */
#define CLOCK_STEP_MS 2000      /* So long a sleep of the machine is noted. */

/* Chains that are to start together. */
struct attempt {
    struct ovs_list node;       /* In 'attempts' of struct plan. */
    enum attempt_kind {
        ATTEMPT_FIRST,
        ATTEMPT_SPLIT,          /* Of a group that has to go one by one. */
        ATTEMPT_LAST,           /* The same: it was refused once. */
    } kind;
    struct chain_plan **chains;
    size_t n;
};

struct plan {
    struct shash chains;        /* struct chain_plan by name. */
    struct hmap groups;         /* The same by 'group', if that is set. */
    struct heap timers;         /* The same by 'wake_ms', the earliest on top,
                                 * if that is set. */
    struct ovs_list queue;      /* The same: to be looked at. */
    struct ovs_list by_state[PLAN_REKEY + 1];   /* The same by state. */
    struct ovs_list unwritten;  /* The same: something may be to be written. */
    struct ovs_list sent;       /* The same: it is being written. */
    struct ovs_list attempts;   /* struct attempt, in their order. */
    struct ovs_list singles;    /* The same, before these: parts of one that
                                 * was split. */
    struct make_context ctx;    /* 'facts' are of the last plan_next(). */
    struct shash left_sfs;      /* See struct make_context. */
    struct plan_versions versions;
    size_t n_unsettled;         /* Chains. */
    bool is_running;            /* plan_next() has not said "nothing" yet. */
    long long int clock_ms;     /* The facts' 'now_s' minus their 'now_ms'. */
};

/* See struct make_context. */
static bool
is_leaving(const void *plan_, const char *chain)
{
    const struct plan *plan = plan_;
    const struct chain_plan *cp = shash_find_data(&plan->chains, chain);
    return cp && (cp->is_busy || !cp->row);
}

struct plan *
plan_create(void)
{
    struct plan *plan = xzalloc(sizeof *plan);
    shash_init(&plan->chains);
    hmap_init(&plan->groups);
    heap_init(&plan->timers);
    ovs_list_init(&plan->queue);
    for (size_t i = 0; i < ARRAY_SIZE(plan->by_state); i++) {
        ovs_list_init(&plan->by_state[i]);
    }
    ovs_list_init(&plan->unwritten);
    ovs_list_init(&plan->sent);
    ovs_list_init(&plan->attempts);
    ovs_list_init(&plan->singles);
    shash_init(&plan->left_sfs);
    plan->versions.topology = 1;
    plan->ctx.left_sfs = &plan->left_sfs;
    plan->ctx.aux = plan;
    plan->ctx.is_leaving = is_leaving;
    return plan;
}

/* Chains. */

static void
leave_list(struct ovs_list *node)
{
    ovs_list_remove(node);
    ovs_list_init(node);
}

/* Takes the chain out of what is computed from its last look. */
static void
unindex(struct plan *plan, struct chain_plan *cp)
{
    leave_list(&cp->state_node);
    if (cp->group) {
        hmap_remove(&plan->groups, &cp->group_node);
    }
    if (cp->wake_ms != LLONG_MAX) {
        heap_remove(&plan->timers, &cp->timer);
    }
    plan->n_unsettled -= cp->is_unsettled;
}

static void
index_chain(struct plan *plan, struct chain_plan *cp)
{
    ovs_list_push_back(&plan->by_state[cp->state], &cp->state_node);
    if (cp->group) {
        hmap_insert(&plan->groups, &cp->group_node,
                    hash_uint64(cp->group));
    }
    if (cp->wake_ms != LLONG_MAX) {
        heap_insert(&plan->timers, &cp->timer,
                    UINT64_MAX - (uint64_t) MAX(cp->wake_ms, 0));
    }
    plan->n_unsettled += cp->is_unsettled;
}

static void
destroy_chain(struct plan *plan, struct chain_plan *cp)
{
    unindex(plan, cp);
    leave_list(&cp->queue_node);
    leave_list(&cp->writing_node);
    shash_find_and_delete(&plan->chains, cp->name);
    chain_plan_destroy(cp);
}

static void
destroy_attempt(struct attempt *attempt)
{
    ovs_list_remove(&attempt->node);
    free(attempt->chains);
    free(attempt);
}

void
plan_destroy(struct plan *plan)
{
    if (plan) {
        struct attempt *attempt;
        ovs_list_push_back_all(&plan->attempts, &plan->singles);
        LIST_FOR_EACH_SAFE (attempt, node, &plan->attempts) {
            destroy_attempt(attempt);
        }
        struct shash_node *node;
        SHASH_FOR_EACH_SAFE (node, &plan->chains) {
            destroy_chain(plan, node->data);
        }
        shash_destroy(&plan->chains);
        hmap_destroy(&plan->groups);
        heap_destroy(&plan->timers);
        shash_destroy_free_data(&plan->left_sfs);
        free(plan);
    }
}

static struct chain_plan *
find_chain(const struct plan *plan, const char *name)
{
    return shash_find_data(&plan->chains, name);
}

static struct chain_plan *
get_chain(struct plan *plan, const char *name)
{
    struct chain_plan *cp = find_chain(plan, name);
    if (!cp) {
        cp = chain_plan_create(name);
        shash_add(&plan->chains, name, cp);
        index_chain(plan, cp);
    }
    return cp;
}

static void
enqueue(struct plan *plan, struct chain_plan *cp)
{
    if (ovs_list_is_empty(&cp->queue_node)) {
        ovs_list_push_back(&plan->queue, &cp->queue_node);
    }
}

static void
enqueue_all(struct plan *plan)
{
    struct shash_node *node;
    SHASH_FOR_EACH (node, &plan->chains) {
        enqueue(plan, node->data);
    }
}

/* Queues those that are in 'state'. */
static void
enqueue_state(struct plan *plan, enum plan_state state)
{
    struct chain_plan *cp;
    LIST_FOR_EACH (cp, state_node, &plan->by_state[state]) {
        enqueue(plan, cp);
    }
}

/* News. */

void
plan_set_row(struct plan *plan, const char *chain, const struct plan_row *row)
{
    struct chain_plan *cp = row ? get_chain(plan, chain)
                                : find_chain(plan, chain);
    if (cp && chain_plan_set_row(cp, row)) {
        enqueue(plan, cp);
    }
}

void
plan_set_removal_group(struct plan *plan, const char *chain, int64_t group)
{
    struct chain_plan *cp = find_chain(plan, chain);
    if (cp && cp->removal_group != group) {
        cp->removal_group = group;
        enqueue(plan, cp);
    }
}

void
plan_get_rows(const struct plan *plan, struct sset *names)
{
    struct shash_node *node;
    SHASH_FOR_EACH (node, &plan->chains) {
        const struct chain_plan *cp = node->data;
        if (cp->row) {
            sset_add(names, cp->name);
        }
    }
}

void
plan_touch(struct plan *plan, const char *chain)
{
    enqueue(plan, get_chain(plan, chain));
}

void
plan_touch_all(struct plan *plan)
{
    plan->versions.topology++;
    enqueue_all(plan);
}

void
plan_paths_removed(struct plan *plan)
{
    plan->versions.removals++;
    enqueue_state(plan, PLAN_RESTING);
}

void
plan_resume(struct plan *plan, const char *chain)
{
    struct chain_plan *cp = get_chain(plan, chain);
    chain_plan_begin(cp, PLAN_CHANGE, true);
    enqueue(plan, cp);
}

void
plan_end(struct plan *plan, const struct plan_target *target,
         enum plan_outcome outcome, const char *reason, long long int now_ms)
{
    struct chain_plan *cp = get_chain(plan, target->name);
    chain_plan_end(cp, &plan->versions, target, outcome, reason, now_ms);
    enqueue(plan, cp);
}

void
plan_leave_sfs(struct plan *plan, const struct plan_facts *facts,
               const struct path *path)
{
    untagged_sf_leave(&plan->left_sfs, facts->inv, path,
                      facts->now_ms + facts->drain_ms);
}

/* Looks. */

/* Something may be to be written of the chain. */
static void
note_writing(struct plan *plan, struct chain_plan *cp)
{
    if (ovs_list_is_empty(&cp->writing_node)) {
        ovs_list_push_back(&plan->unwritten, &cp->writing_node);
    }
}

/* Makes the chains of the action busy with it. */
static void
begin(struct plan *plan, struct chain_plan *const *chains, size_t n,
      struct plan_action *action)
{
    action->targets = xcalloc(n, sizeof *action->targets);
    action->n_targets = n;
    for (size_t i = 0; i < n; i++) {
        struct chain_plan *cp = chains[i];
        action->targets[i] = chain_plan_target(cp);
        if (action->what != PLAN_GIVE_UP && action->what != PLAN_HURRY
            && action->what != PLAN_REFUSE) {
            unindex(plan, cp);
            chain_plan_begin(cp, action->what, false);
            chain_plan_set_state(cp, &plan->versions, PLAN_BUSY);
            cp->is_unsettled = true;
            index_chain(plan, cp);
            note_writing(plan, cp);
        }
    }
}

/* Looks at the chain.  Returns true if there is an action to be done. */
static bool
look_at(struct plan *plan, struct chain_plan *cp, struct plan_action *action)
{
    leave_list(&cp->queue_node);
    if (!cp->row && !cp->is_busy
        && !live_paths_has_chain(plan->ctx.facts->paths, cp->name)) {
        destroy_chain(plan, cp);
        return false;
    }
    unindex(plan, cp);
    bool acts = chain_plan_look(cp, &plan->ctx, &plan->versions, action);
    index_chain(plan, cp);
    note_writing(plan, cp);
    if (acts) {
        begin(plan, &cp, 1, action);
    }
    return acts;
}

/* Queues those whose time has come. */
static void
pop_timers(struct plan *plan, const struct plan_facts *facts)
{
    long long int clock_ms = facts->now_s * 1000 - facts->now_ms;
    if (llabs(clock_ms - plan->clock_ms) > CLOCK_STEP_MS) {
        plan->clock_ms = clock_ms;      /* The first time, too. */
        enqueue_all(plan);
    }
    while (!heap_is_empty(&plan->timers)) {
        struct chain_plan *cp = CONTAINER_OF(heap_max(&plan->timers),
                                             struct chain_plan, timer);
        if (cp->wake_ms > facts->now_ms) {
            break;
        }
        heap_remove(&plan->timers, &cp->timer);    /* Not heap_pop(). */
        cp->wake_ms = LLONG_MAX;
        enqueue(plan, cp);
    }
}

/* Attempts. */

static void
add_attempt(struct ovs_list *list, enum attempt_kind kind,
            struct chain_plan *const *chains, size_t n)
{
    struct attempt *attempt = xmalloc(sizeof *attempt);
    *attempt = (struct attempt) {
        .kind = kind,
        .chains = xmemdup(chains, n * sizeof *chains),
        .n = n,
    };
    ovs_list_push_back(list, &attempt->node);
}

/* Deleted chains first, then by name. */
static int
compare_chains(const void *a_, const void *b_)
{
    const struct chain_plan *a = *(struct chain_plan *const *) a_;
    const struct chain_plan *b = *(struct chain_plan *const *) b_;
    return !a->row != !b->row ? (a->row ? 1 : -1) : strcmp(a->name, b->name);
}

/* Is there a chain of the group that is not due? */
static bool
is_held(const struct plan *plan, int64_t group)
{
    const struct chain_plan *cp;
    HMAP_FOR_EACH_WITH_HASH (cp, group_node, hash_uint64(group),
                             &plan->groups) {
        if (cp->group == group && cp->state != PLAN_DUE) {
            return true;
        }
    }
    return false;
}

/* Adds an attempt for each group of which a chain is due. */
static void
find_attempts(struct plan *plan)
{
    size_t n_max = (ovs_list_size(&plan->by_state[PLAN_DUE])
                    + ovs_list_size(&plan->by_state[PLAN_REKEY]));
    struct chain_plan **due = xcalloc(n_max + 1, sizeof *due);
    struct chain_plan **group = xcalloc(n_max + 1, sizeof *group);
    struct chain_plan *cp;
    size_t n = 0;
    LIST_FOR_EACH (cp, state_node, &plan->by_state[PLAN_DUE]) {
        cp->is_tried = false;
        due[n++] = cp;
    }
    LIST_FOR_EACH (cp, state_node, &plan->by_state[PLAN_REKEY]) {
        due[n++] = cp;
    }
    qsort(due, n, sizeof *due, compare_chains);
    for (size_t i = 0; i < n; i++) {
        int64_t number = due[i]->group;
        size_t n_group = 0;
        if (due[i]->state == PLAN_REKEY || !number) {
            add_attempt(&plan->attempts, ATTEMPT_FIRST, &due[i], 1);
        } else if (!due[i]->is_tried) {
            HMAP_FOR_EACH_WITH_HASH (cp, group_node, hash_uint64(number),
                                     &plan->groups) {
                if (cp->group == number && cp->state == PLAN_DUE) {
                    cp->is_tried = true;
                    group[n_group++] = cp;
                }
            }
            qsort(group, n_group, sizeof *group, compare_chains);
            add_attempt(&plan->attempts, ATTEMPT_FIRST, group, n_group);
        }
    }
    free(due);
    free(group);
}

/* Writes the error of the action, which is of its chain 'culprit', into the
 * memories of all chains of the attempt, and wants it logged. */
static void
refuse(struct plan *plan, const struct attempt *attempt,
       struct plan_action *action)
{
    const char *error = action->reason;
    char *together = xasprintf("it was changed together with chain %s, where "
                               "%s", attempt->chains[action->culprit]->name,
                               error);
    action->what = PLAN_REFUSE;
    begin(plan, attempt->chains, attempt->n, action);
    for (size_t i = 0; i < attempt->n; i++) {
        struct chain_plan *cp = attempt->chains[i];
        chain_plan_refuse(cp, &plan->versions,
                          i == action->culprit ? error : together,
                          plan->ctx.facts->now_ms);
        enqueue(plan, cp);
    }
    free(together);
}

/* The chains of the attempt wait. */
static void
wait_for(struct plan *plan, const struct attempt *attempt, const char *reason,
         long long int wake_ms)
{
    for (size_t i = 0; i < attempt->n; i++) {
        struct chain_plan *cp = attempt->chains[i];
        unindex(plan, cp);
        free(cp->reason);
        cp->reason = xstrdup(reason);
        chain_plan_set_state(cp, &plan->versions, PLAN_WAITING);
        plan_wake_at(&cp->wake_ms, wake_ms);
        index_chain(plan, cp);
        note_writing(plan, cp);
    }
}

/* Splits the attempt into chain 'culprit' and the others, which do not wait
 * for it: they leave the same gateway, and have nothing else in common. */
static void
leave_out(struct plan *plan, const struct attempt *attempt, size_t culprit)
{
    struct chain_plan **others = xmalloc(attempt->n * sizeof *others);
    size_t n = 0;
    for (size_t i = 0; i < attempt->n; i++) {
        if (i != culprit) {
            others[n++] = attempt->chains[i];
        }
    }
    add_attempt(&plan->singles, ATTEMPT_FIRST, others, n);
    add_attempt(&plan->singles, ATTEMPT_FIRST, &attempt->chains[culprit], 1);
    free(others);
}

static const char *
reason_together(const struct attempt *attempt)
{
    const char *reason = attempt->chains[0]->reason;
    for (size_t i = 1; i < attempt->n; i++) {
        if (strcmp(reason, attempt->chains[i]->reason)) {
            return "changed together";
        }
    }
    return reason;
}

/* Tries to start the chains of the attempt.  Returns true if there is an
 * action to be done. */
static bool
try_to_start(struct plan *plan, const struct attempt *attempt,
             struct plan_action *action)
{
    const struct chain_plan *first = attempt->chains[0];
    const char *obstacle
        = (attempt->kind != ATTEMPT_FIRST ? NULL
           : first->state == PLAN_DUE && first->group && !first->due.is_repair
             && is_held(plan, first->group)
           ? "another chain of its change is not due"
           : plan->ctx.facts->n_operations >= OPERATIONS_MAX
           ? "too many operations are under way" : NULL);
    if (obstacle) {
        wait_for(plan, attempt, obstacle, LLONG_MAX);
        return false;
    }

    const struct due_chain **dues = xcalloc(attempt->n, sizeof *dues);
    for (size_t i = 0; i < attempt->n; i++) {
        dues[i] = &attempt->chains[i]->due;
    }
    long long int wake_ms;
    enum make_result result = make_paths(&plan->ctx, dues, attempt->n, action,
                                         &wake_ms);
    free(dues);
    if (result == MAKE_DONE) {
        free(action->reason);
        action->reason = xstrdup(reason_together(attempt));
        action->what = PLAN_CHANGE;
        begin(plan, attempt->chains, attempt->n, action);
        return true;
    } else if (first->due.is_repair && attempt->n > 1
               && result != MAKE_SPLIT) {
        leave_out(plan, attempt, action->culprit);
    } else if (result == MAKE_REFUSED && attempt->kind != ATTEMPT_SPLIT) {
        refuse(plan, attempt, action);
        return true;
    } else if (result == MAKE_WAIT) {
        wait_for(plan, attempt, action->reason, wake_ms);
    } else {
        /* The chains go one by one.  What one wants another one may be about
         * to leave: as long as that has no operation it is an error.  So each
         * chain that is refused is tried once more behind the others. */
        for (size_t i = 0; i < attempt->n; i++) {
            add_attempt(&plan->singles, (result == MAKE_SPLIT ? ATTEMPT_SPLIT
                                         : ATTEMPT_LAST),
                        &attempt->chains[i], 1);
        }
    }
    plan_action_uninit(action);
    return false;
}

bool
plan_next(struct plan *plan, const struct plan_facts *facts,
          struct plan_action *action)
{
    plan->ctx.facts = facts;
    if (!plan->is_running) {
        pop_timers(plan, facts);
        if (!ovs_list_is_empty(&plan->queue)) {
            enqueue_state(plan, PLAN_WAITING);
        }
        plan->is_running = true;
    }
    for (;;) {
        while (!ovs_list_is_empty(&plan->queue)) {
            struct chain_plan *cp = CONTAINER_OF(ovs_list_front(&plan->queue),
                                                 struct chain_plan,
                                                 queue_node);
            if (look_at(plan, cp, action)) {
                return true;
            }
        }
        struct ovs_list *list = (ovs_list_is_empty(&plan->singles)
                                 ? &plan->attempts : &plan->singles);
        if (ovs_list_is_empty(list)) {
            find_attempts(plan);
        }
        if (ovs_list_is_empty(list)) {
            plan->is_running = false;
            return false;
        }
        struct attempt *attempt = CONTAINER_OF(ovs_list_front(list),
                                               struct attempt, node);
        bool acts = try_to_start(plan, attempt, action);
        destroy_attempt(attempt);
        if (acts) {
            return true;
        }
    }
}

long long int
plan_wake_ms(const struct plan *plan)
{
    return (!ovs_list_is_empty(&plan->queue) ? LLONG_MIN
            : heap_is_empty(&plan->timers) ? LLONG_MAX
            : CONTAINER_OF(heap_max(&plan->timers), struct chain_plan,
                           timer)->wake_ms);
}

/* Questions. */

bool
plan_is_settled(const struct plan *plan)
{
    return !plan->n_unsettled && ovs_list_is_empty(&plan->queue);
}

/* Returns what the chain waits for, or NULL. */
static const char *
waits_for(const struct chain_plan *cp)
{
    return (cp->state == PLAN_WAITING
            || (cp->state == PLAN_RESTING && cp->wake_ms != LLONG_MAX
                && cp->due.is_silent)
            ? cp->reason : NULL);
}

const char *
plan_waits_for(const struct plan *plan, const char *chain)
{
    const struct chain_plan *cp = find_chain(plan, chain);
    return cp ? waits_for(cp) : NULL;
}

enum plan_state
plan_get_state(const struct plan *plan, const char *chain)
{
    const struct chain_plan *cp = find_chain(plan, chain);
    return cp ? cp->state : PLAN_NEW;
}

const struct plan_versions *
plan_get_versions(const struct plan *plan)
{
    return &plan->versions;
}

/* Writing. */

/* Fills in what is to be written of the chain.  Returns false if nothing
 * is. */
static bool
get_writing(const struct chain_plan *cp, struct plan_writing *writing)
{
    const struct plan_row *row = cp->row;
    bool settled = cp->state == PLAN_SETTLED;
    if (!row) {
        return false;
    }
    *writing = (struct plan_writing) { .uuid = row->uuid };
    if (cp->error) {
        writing->error = cp->error;
        writing->failed_wanted = cp->failure.wanted;
    } else if (!row->bad && row->applied < row->wanted
               && (row->failed < row->wanted || settled) && !cp->is_busy
               && !strcmp(row->applied_intent, row->intent)) {
        /* Bumped, but it says what it said before; if it could not be then, it
         * can now. */
        writing->set_applied = true;
    } else if (settled && row->has_reason && row->applied >= row->wanted) {
        writing->clear_reason = true;
    }
    if (cp->backup.protection
        && strcmp(cp->backup.protection, row->protection)) {
        writing->protection = cp->backup.protection;
    }
    const char *waits = waits_for(cp) ? waits_for(cp) : "";
    if (strcmp(waits, row->waits)) {
        writing->waits = waits;
    }
    return (writing->error || writing->set_applied || writing->clear_reason
            || writing->protection || writing->waits);
}

bool
plan_next_writing(struct plan *plan, struct plan_writing *writing)
{
    while (!ovs_list_is_empty(&plan->unwritten)) {
        struct chain_plan *cp = CONTAINER_OF(ovs_list_front(&plan->unwritten),
                                             struct chain_plan, writing_node);
        leave_list(&cp->writing_node);
        if (get_writing(cp, writing)) {
            cp->is_error_sent = cp->error != NULL;
            ovs_list_push_back(&plan->sent, &cp->writing_node);
            return true;
        }
    }
    return false;
}

void
plan_written(struct plan *plan, bool ok)
{
    struct chain_plan *cp;
    LIST_FOR_EACH_SAFE (cp, writing_node, &plan->sent) {
        if (ok && cp->is_error_sent) {
            free(cp->error);
            cp->error = NULL;
            enqueue(plan, cp);
        }
        cp->is_error_sent = false;
        leave_list(&cp->writing_node);
        note_writing(plan, cp); /* It may have changed meanwhile. */
    }
}
