/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/operation/op-fsm.h"

#include <limits.h>
#include <stdlib.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

#define N_STATES (OP_FSM_FAILED + 1)
#define MAX_NAMES 5             /* Participants that one reason names. */
#define PREPARE_STEPS (OP_FSM_STEP_INBOUND | OP_FSM_STEP_FLOWS \
                       | OP_FSM_STEP_OUTBOUND)

struct participant {
    char *name;
    /* Bitwise ORs of enum op_fsm_step. */
    unsigned int steps;         /* Steps that it takes part in. */
    unsigned int sent;          /* Steps that were sent to it. */
    unsigned int acked;         /* Steps that it acknowledged. */
    unsigned int refused;       /* RELEASE or UNDO, to be sent again. */
    bool is_culprit;            /* See op_fsm_is_culprit(). */
    bool is_away;               /* See op_fsm_set_away(). */
};

struct op_fsm {
    struct participant *participants;
    size_t n;
    unsigned int steps;         /* Of all participants. */
    struct op_fsm_timeouts timeouts;

    enum op_fsm_state state;
    bool committed;
    char *reason;
    char *give_up_reason;       /* JOURNAL_PREPARE: reason of the roll-back
                                 * that follows, or NULL. */
    unsigned int round_trips;

    long long int entered_ms;   /* When 'state' was entered. */
    long long int spent_ms[N_STATES];   /* In states that were left. */
    bool waited_in[N_STATES];   /* States that were not left at once. */
    long long int prepare_by_ms;        /* Deadline of PREPARE. */
    long long int closed_ms;    /* DRAIN: when nothing was put on the old paths
                                 * any more; LLONG_MAX: it still is. */
    bool is_unused;             /* See op_fsm_is_unused(). */
    bool is_hurried;            /* See op_fsm_hurry(). */
    long long int retry_ms;     /* When to repeat steps that were refused or
                                 * not acknowledged. */

    struct op_fsm_action *actions;      /* A queue: [first, last). */
    size_t first_action, last_action, allocated_actions;

    /* No state is entered twice. */
    struct op_fsm_transition transitions[N_STATES];
    size_t first_transition, last_transition;
};

/* Events, by what they bring about (op-fsm.h). */
#define STARTED "start"
#define RESUMED "resumed"
#define JOURNALED "journaled"
#define ACKNOWLEDGED "acknowledged"
#define REFUSED "refused"
#define TIMED_OUT "time-out"

const char *
op_fsm_state_to_string(enum op_fsm_state state)
{
    switch (state) {
#define OP_FSM_STATE(ENUM, TEXT) case OP_FSM_##ENUM: return TEXT;
        OP_FSM_STATES
#undef OP_FSM_STATE
    }
    OVS_NOT_REACHED();
}

const char *
op_fsm_step_to_string(enum op_fsm_step step)
{
    switch (step) {
    case OP_FSM_STEP_INBOUND: return "inbound";
    case OP_FSM_STEP_FLOWS: return "flows";
    case OP_FSM_STEP_OUTBOUND: return "outbound";
    case OP_FSM_STEP_FLIP: return "flip";
    case OP_FSM_STEP_RELEASE: return "release";
    case OP_FSM_STEP_UNDO: return "undo";
    case OP_FSM_STEP_PROVE: return "prove";
    case OP_FSM_STEP_DRAIN: return "drain";
    case OP_FSM_STEP_CLOSE: return "close";
    }
    OVS_NOT_REACHED();
}

struct op_fsm *
op_fsm_create(const struct op_fsm_participant *participants, size_t n,
              const struct op_fsm_timeouts *timeouts)
{
    struct op_fsm *fsm = xzalloc(sizeof *fsm);
    fsm->participants = xcalloc(n + 1, sizeof *fsm->participants);
    fsm->n = n;
    for (size_t i = 0; i < n; i++) {
        fsm->participants[i].name = xstrdup(participants[i].name);
        fsm->participants[i].steps = participants[i].steps;
        fsm->steps |= participants[i].steps;
    }
    fsm->timeouts = *timeouts;
    fsm->reason = xstrdup("");
    fsm->retry_ms = fsm->closed_ms = LLONG_MAX;
    return fsm;
}

void
op_fsm_destroy(struct op_fsm *fsm)
{
    if (fsm) {
        for (size_t i = 0; i < fsm->n; i++) {
            free(fsm->participants[i].name);
        }
        free(fsm->participants);
        free(fsm->reason);
        free(fsm->give_up_reason);
        free(fsm->actions);
        free(fsm);
    }
}

/* Actions. */

/* Asks the caller for an action; without a participant both arguments are
 * 0. */
static void
act(struct op_fsm *fsm, enum op_fsm_action_type type, size_t participant,
    enum op_fsm_step step)
{
    if (fsm->last_action == fsm->allocated_actions) {
        fsm->actions = x2nrealloc(fsm->actions, &fsm->allocated_actions,
                                  sizeof *fsm->actions);
    }
    fsm->actions[fsm->last_action++] = (struct op_fsm_action) {
        type, participant, step,
    };
}

bool
op_fsm_next_action(struct op_fsm *fsm, struct op_fsm_action *action)
{
    if (fsm->first_action == fsm->last_action) {
        fsm->first_action = fsm->last_action = 0;
        return false;
    }
    *action = fsm->actions[fsm->first_action++];
    return true;
}

static void
act_send(struct op_fsm *fsm, size_t i, enum op_fsm_step step)
{
    fsm->participants[i].sent |= step;
    fsm->participants[i].refused &= ~step;
    act(fsm, OP_FSM_ACT_SEND, i, step);
}

/* Sends 'step' to the participants that have it and have not acknowledged it.
 * Returns their number. */
static size_t
send_step(struct op_fsm *fsm, enum op_fsm_step step)
{
    size_t n = 0;
    for (size_t i = 0; i < fsm->n; i++) {
        const struct participant *p = &fsm->participants[i];
        if (p->steps & step & ~p->acked) {
            act_send(fsm, i, step);
            n++;
        }
    }
    return n;
}

/* Have all participants of 'steps' acknowledged them? */
static bool
all_acked(const struct op_fsm *fsm, unsigned int steps)
{
    for (size_t i = 0; i < fsm->n; i++) {
        const struct participant *p = &fsm->participants[i];
        if (p->steps & steps & ~p->acked) {
            return false;
        }
    }
    return true;
}

/* States. */

/* Takes ownership of 'reason'. */
static void
set_reason(struct op_fsm *fsm, char *reason)
{
    free(fsm->reason);
    fsm->reason = reason;
}

static void
enter(struct op_fsm *fsm, enum op_fsm_state state, const char *event,
      long long int now)
{
    const char *from = "idle";
    if (fsm->last_transition) {
        from = op_fsm_state_to_string(fsm->state);
        fsm->spent_ms[fsm->state] += now - fsm->entered_ms;
    }
    fsm->state = state;
    fsm->entered_ms = now;
    ovs_assert(fsm->last_transition < N_STATES);
    fsm->transitions[fsm->last_transition++] = (struct op_fsm_transition) {
        from, event, op_fsm_state_to_string(state),
    };
}

static void
finish(struct op_fsm *fsm, enum op_fsm_state state, const char *event,
       long long int now)
{
    enter(fsm, state, event, now);
    act(fsm, OP_FSM_ACT_FINISH, 0, 0);
}

/* Sends PROVE, on entering it and again later. */
static void
send_prove(struct op_fsm *fsm, long long int now)
{
    fsm->retry_ms = now + fsm->timeouts.prove_ms;
    send_step(fsm, OP_FSM_STEP_PROVE);
}

static void
enter_release(struct op_fsm *fsm, const char *event, long long int now)
{
    enter(fsm, OP_FSM_RELEASE, event, now);
    fsm->retry_ms = LLONG_MAX;
    send_step(fsm, OP_FSM_STEP_RELEASE);
}

/* Sends FLIP, on entering it and again later. */
static void
send_flip(struct op_fsm *fsm, long long int now)
{
    fsm->retry_ms = now + fsm->timeouts.retry_ms;
    send_step(fsm, OP_FSM_STEP_FLIP);
}

/* Returns when DRAIN may be left if nothing is acknowledged any more. */
static long long int
drain_end_ms(const struct op_fsm *fsm)
{
    return (!all_acked(fsm, OP_FSM_STEP_CLOSE | OP_FSM_STEP_DRAIN)
            ? fsm->entered_ms + fsm->timeouts.drain_max_ms
            : fsm->closed_ms + (fsm->is_unused ? 0 : fsm->timeouts.drain_ms));
}

/* Goes on within DRAIN, and leaves it, as far as acknowledgements allow. */
static void
advance_drain(struct op_fsm *fsm, long long int now)
{
    if (fsm->closed_ms == LLONG_MAX && all_acked(fsm, OP_FSM_STEP_CLOSE)) {
        fsm->closed_ms = now;
        send_step(fsm, OP_FSM_STEP_DRAIN);
    }
    if (all_acked(fsm, OP_FSM_STEP_CLOSE | OP_FSM_STEP_DRAIN)
        && now >= drain_end_ms(fsm)) {
        enter_release(fsm, ACKNOWLEDGED, now);
    }
}

/* RELEASE and UNDO end; participants that have not acknowledged owe it. */
static void
owe(struct op_fsm *fsm, enum op_fsm_step step, enum op_fsm_state end,
    long long int now)
{
    for (size_t i = 0; i < fsm->n; i++) {
        const struct participant *p = &fsm->participants[i];
        if (p->steps & step & ~p->acked) {
            act(fsm, OP_FSM_ACT_OWE, i, step);
        }
    }
    finish(fsm, end, TIMED_OUT, now);
}

/* Leaves RELEASE or UNDO, if all have acknowledged, or it is in a hurry and
 * the others are away. */
static void
advance_cleaning(struct op_fsm *fsm, enum op_fsm_step step,
                 enum op_fsm_state end, long long int now)
{
    bool is_awaited = false;
    for (size_t i = 0; i < fsm->n; i++) {
        const struct participant *p = &fsm->participants[i];
        is_awaited |= (p->steps & step & ~p->acked
                       && !(fsm->is_hurried && p->is_away));
    }
    if (all_acked(fsm, step)) {
        finish(fsm, end, ACKNOWLEDGED, now);
    } else if (!is_awaited) {
        owe(fsm, step, end, now);
    }
}

/* Enters the next states as far as acknowledgements allow. */
static void
advance(struct op_fsm *fsm, long long int now)
{
    if (fsm->state == OP_FSM_PREPARE_INBOUND
        && all_acked(fsm, OP_FSM_STEP_INBOUND)) {
        enter(fsm, OP_FSM_PREPARE_OUTBOUND, ACKNOWLEDGED, now);
        fsm->round_trips += send_step(fsm, OP_FSM_STEP_OUTBOUND) > 0;
    }
    if (fsm->state == OP_FSM_PREPARE_OUTBOUND
        && all_acked(fsm, OP_FSM_STEP_OUTBOUND | OP_FSM_STEP_FLOWS)) {
        enter(fsm, OP_FSM_PROVE, ACKNOWLEDGED, now);
        send_prove(fsm, now);
    }
    if (fsm->state == OP_FSM_PROVE && all_acked(fsm, OP_FSM_STEP_PROVE)) {
        enter(fsm, OP_FSM_JOURNAL_COMMIT, ACKNOWLEDGED, now);
        act(fsm, OP_FSM_ACT_JOURNAL, 0, 0);
    }
    if (fsm->state == OP_FSM_FLIP && all_acked(fsm, OP_FSM_STEP_FLIP)) {
        set_reason(fsm, xstrdup(""));
        enter(fsm, OP_FSM_DRAIN, ACKNOWLEDGED, now);
        if (!fsm->timeouts.drain_ms
            || !(fsm->steps & (OP_FSM_STEP_FLIP | OP_FSM_STEP_CLOSE))
            || !(fsm->steps & OP_FSM_STEP_RELEASE)) {
            enter_release(fsm, ACKNOWLEDGED, now);
        } else {
            send_step(fsm, OP_FSM_STEP_CLOSE);
        }
    }
    if (fsm->state == OP_FSM_DRAIN) {
        advance_drain(fsm, now);
    }
    if (fsm->state == OP_FSM_RELEASE) {
        advance_cleaning(fsm, OP_FSM_STEP_RELEASE, OP_FSM_DONE, now);
    }
    if (fsm->state == OP_FSM_UNDO) {
        advance_cleaning(fsm, OP_FSM_STEP_UNDO, OP_FSM_FAILED, now);
    }
    fsm->waited_in[fsm->state] = true;
}

/* Enters FLIP, after 'event', and what follows. */
static void
commit(struct op_fsm *fsm, const char *event, long long int now)
{
    enter(fsm, OP_FSM_FLIP, event, now);
    fsm->committed = true;
    fsm->round_trips += (fsm->steps & OP_FSM_STEP_FLIP) > 0;
    send_flip(fsm, now);
    advance(fsm, now);
}

/* Is the operation in PREPARE or PROVE, before anything irrevocable? */
static bool
is_preparing(const struct op_fsm *fsm)
{
    return (fsm->state == OP_FSM_PREPARE_INBOUND
            || fsm->state == OP_FSM_PREPARE_OUTBOUND
            || fsm->state == OP_FSM_PROVE);
}

/* Takes back what PREPARE sent, after UNDO was entered for 'reason'.  With
 * 'may_have_sent' every participant is asked, since another controller may
 * have sent something to it.  Takes ownership of 'reason'. */
static void
send_undo(struct op_fsm *fsm, char *reason, bool may_have_sent,
          long long int now)
{
    set_reason(fsm, reason);
    fsm->retry_ms = LLONG_MAX;
    for (size_t i = 0; i < fsm->n; i++) {
        struct participant *p = &fsm->participants[i];
        if (!(p->steps & OP_FSM_STEP_UNDO)) {
            continue;
        }
        if (p->sent || may_have_sent) {
            act_send(fsm, i, OP_FSM_STEP_UNDO);
        } else {
            p->acked |= OP_FSM_STEP_UNDO;
        }
    }
    advance(fsm, now);
}

/* Takes ownership of 'reason'. */
static void
roll_back(struct op_fsm *fsm, char *reason, long long int now)
{
    enter(fsm, OP_FSM_UNDO, REFUSED, now);
    send_undo(fsm, reason, false, now);
}

void
op_fsm_start(struct op_fsm *fsm, long long int now)
{
    enter(fsm, OP_FSM_JOURNAL_PREPARE, STARTED, now);
    act(fsm, OP_FSM_ACT_JOURNAL, 0, 0);
}

void
op_fsm_start_prepared(struct op_fsm *fsm, long long int now)
{
    enter(fsm, OP_FSM_PROVE, STARTED, now);
    fsm->prepare_by_ms = now + fsm->timeouts.prepare_ms;
    send_prove(fsm, now);
    advance(fsm, now);
}

void
op_fsm_resume_preparing(struct op_fsm *fsm, long long int now,
                        const char *reason)
{
    enter(fsm, OP_FSM_UNDO, RESUMED, now);
    send_undo(fsm, xstrdup(reason), true, now);
}

void
op_fsm_resume_committing(struct op_fsm *fsm, long long int now)
{
    commit(fsm, RESUMED, now);
}

bool
op_fsm_next_transition(struct op_fsm *fsm,
                       struct op_fsm_transition *transition)
{
    if (fsm->first_transition == fsm->last_transition) {
        return false;
    }
    *transition = fsm->transitions[fsm->first_transition++];
    return true;
}

/* Events. */

void
op_fsm_journaled(struct op_fsm *fsm, bool ok, const char *reason,
                 long long int now)
{
    if (fsm->state != OP_FSM_JOURNAL_PREPARE
        && fsm->state != OP_FSM_JOURNAL_COMMIT) {
        return;
    }
    if (fsm->give_up_reason || !ok) {
        roll_back(fsm, xstrdup(fsm->give_up_reason ? fsm->give_up_reason
                               : reason), now);
    } else if (fsm->state == OP_FSM_JOURNAL_PREPARE) {
        enter(fsm, OP_FSM_PREPARE_INBOUND, JOURNALED, now);
        fsm->prepare_by_ms = now + fsm->timeouts.prepare_ms;
        size_t n = send_step(fsm, OP_FSM_STEP_INBOUND);
        n += send_step(fsm, OP_FSM_STEP_FLOWS);
        fsm->round_trips += n > 0;
        advance(fsm, now);
    } else {
        commit(fsm, JOURNALED, now);
    }
}

void
op_fsm_acknowledged(struct op_fsm *fsm, size_t i,
                    enum op_fsm_step step, long long int now)
{
    if (i < fsm->n && fsm->participants[i].sent & step) {
        fsm->participants[i].acked |= step;
        fsm->participants[i].refused &= ~step;
        advance(fsm, now);
    }
}

void
op_fsm_is_unused(struct op_fsm *fsm, long long int now)
{
    if (fsm->state == OP_FSM_DRAIN) {
        fsm->is_unused = true;
        advance(fsm, now);
    }
}

void
op_fsm_hurry(struct op_fsm *fsm)
{
    struct op_fsm_timeouts *timeouts = &fsm->timeouts;
    timeouts->drain_max_ms = MIN(timeouts->drain_max_ms, timeouts->drain_ms);
    fsm->is_hurried = true;
}

void
op_fsm_set_away(struct op_fsm *fsm, size_t i, bool is_away)
{
    fsm->participants[i].is_away = is_away;
}

void
op_fsm_refused(struct op_fsm *fsm, size_t i, enum op_fsm_step step,
               const char *reason, long long int now)
{
    if (i >= fsm->n || !(fsm->participants[i].sent & step)
        || fsm->participants[i].acked & step) {
        return;
    }
    struct participant *p = &fsm->participants[i];
    if ((step == OP_FSM_STEP_RELEASE && fsm->state == OP_FSM_RELEASE)
        || (step == OP_FSM_STEP_UNDO && fsm->state == OP_FSM_UNDO)) {
        p->refused |= step;
        fsm->retry_ms = MIN(fsm->retry_ms, now + fsm->timeouts.retry_ms);
    } else if (fsm->state == OP_FSM_FLIP && step == OP_FSM_STEP_FLIP) {
        set_reason(fsm, xasprintf("%s refused (flip), to be tried again: %s",
                                  p->name, reason));
    } else if (is_preparing(fsm) && step & (PREPARE_STEPS
                                            | OP_FSM_STEP_PROVE)) {
        p->is_culprit = true;
        roll_back(fsm, xasprintf("%s refused (%s): %s", p->name,
                                 op_fsm_step_to_string(step), reason), now);
    }
}

/* Rolls back for 'reason'.  An entry that was sent to the journal cannot be
 * called back: in JOURNAL_PREPARE the roll-back waits for the database's
 * answer, and from JOURNAL_COMMIT on it is too late.  Takes ownership of
 * 'reason'.  Returns false if it is too late. */
static bool
give_up(struct op_fsm *fsm, char *reason, long long int now)
{
    if (fsm->state == OP_FSM_JOURNAL_PREPARE && !fsm->give_up_reason) {
        fsm->give_up_reason = reason;
        return true;
    } else if (is_preparing(fsm)) {
        roll_back(fsm, reason, now);
        return true;
    }
    free(reason);
    return fsm->state == OP_FSM_JOURNAL_PREPARE;
}

void
op_fsm_lost(struct op_fsm *fsm, size_t i, const char *reason,
            long long int now)
{
    if (i < fsm->n
        && fsm->participants[i].steps & (PREPARE_STEPS | OP_FSM_STEP_PROVE
                                         | OP_FSM_STEP_FLIP)) {
        give_up(fsm, xasprintf("%s was lost: %s", fsm->participants[i].name,
                               reason), now);
    }
}

bool
op_fsm_abort(struct op_fsm *fsm, const char *reason, long long int now)
{
    return give_up(fsm, xstrdup(reason), now);
}

/* The participants that did not acknowledge, for the reason of a time-out: the
 * names of the first ones (caller frees). */
static char *
missing(struct op_fsm *fsm, unsigned int steps)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    size_t n = 0;
    for (size_t i = 0; i < fsm->n; i++) {
        struct participant *p = &fsm->participants[i];
        p->is_culprit = (p->sent & p->steps & steps & ~p->acked) != 0;
        if (p->is_culprit && n++ < MAX_NAMES) {
            ds_put_format(&ds, "%s%s", ds.length ? ", " : "", p->name);
        }
    }
    if (n > MAX_NAMES) {
        ds_put_format(&ds, " and %"PRIuSIZE" others", n - MAX_NAMES);
    }
    return ds_steal_cstr(&ds);
}

static void
run_prepare(struct op_fsm *fsm, long long int now)
{
    if (now >= fsm->prepare_by_ms) {
        char *names = missing(fsm, PREPARE_STEPS);
        roll_back(fsm, xasprintf("no answer within %d ms from %s",
                                 fsm->timeouts.prepare_ms, names), now);
        free(names);
    }
}

static void
run_prove(struct op_fsm *fsm, long long int now)
{
    if (now >= fsm->prepare_by_ms) {
        char *names = missing(fsm, OP_FSM_STEP_PROVE);
        roll_back(fsm, xasprintf("no packet came through %s in %lld ms: check "
                                 "that its links are up, and the MTU of all "
                                 "ports on the way", names,
                                 now - fsm->entered_ms), now);
        free(names);
    } else if (now >= fsm->retry_ms) {
        send_prove(fsm, now);
    }
}

/* RELEASE and UNDO: sends the step again to participants that refused it; when
 * the time is over, the others owe it. */
static void
run_cleaning(struct op_fsm *fsm, enum op_fsm_step step,
             enum op_fsm_state end, long long int now)
{
    if (now >= fsm->entered_ms + fsm->timeouts.release_ms) {
        owe(fsm, step, end, now);
    } else if (now >= fsm->retry_ms) {
        fsm->retry_ms = LLONG_MAX;
        for (size_t i = 0; i < fsm->n; i++) {
            if (fsm->participants[i].refused & step) {
                act_send(fsm, i, step);
            }
        }
    }
    advance(fsm, now);
}

static void
run_drain(struct op_fsm *fsm, long long int now)
{
    if (now >= fsm->entered_ms + fsm->timeouts.drain_max_ms
        && !all_acked(fsm, OP_FSM_STEP_CLOSE | OP_FSM_STEP_DRAIN)) {
        char *names = missing(fsm, OP_FSM_STEP_CLOSE | OP_FSM_STEP_DRAIN);
        set_reason(fsm, xasprintf("not seen to drain in %lld ms: %s",
                                  now - fsm->entered_ms, names));
        free(names);
        enter_release(fsm, TIMED_OUT, now);
    }
    advance(fsm, now);
}

void
op_fsm_run(struct op_fsm *fsm, long long int now)
{
    switch (fsm->state) {
    case OP_FSM_PREPARE_INBOUND:
    case OP_FSM_PREPARE_OUTBOUND:
        run_prepare(fsm, now);
        break;
    case OP_FSM_PROVE:
        run_prove(fsm, now);
        break;
    case OP_FSM_FLIP:
        if (now >= fsm->retry_ms) {
            send_flip(fsm, now);
        }
        break;
    case OP_FSM_DRAIN:
        run_drain(fsm, now);
        break;
    case OP_FSM_RELEASE:
        run_cleaning(fsm, OP_FSM_STEP_RELEASE, OP_FSM_DONE, now);
        break;
    case OP_FSM_UNDO:
        run_cleaning(fsm, OP_FSM_STEP_UNDO, OP_FSM_FAILED, now);
        break;
    case OP_FSM_JOURNAL_PREPARE:
    case OP_FSM_JOURNAL_COMMIT:
    case OP_FSM_DONE:
    case OP_FSM_FAILED:
        break;
    }
}

long long int
op_fsm_deadline(const struct op_fsm *fsm)
{
    if (fsm->first_action != fsm->last_action) {
        return LLONG_MIN;
    }
    switch (fsm->state) {
    case OP_FSM_PREPARE_INBOUND:
    case OP_FSM_PREPARE_OUTBOUND:
        return fsm->prepare_by_ms;
    case OP_FSM_PROVE:
        return MIN(fsm->retry_ms, fsm->prepare_by_ms);
    case OP_FSM_FLIP:
        return fsm->retry_ms;
    case OP_FSM_DRAIN:
        return drain_end_ms(fsm);
    case OP_FSM_RELEASE:
    case OP_FSM_UNDO:
        return MIN(fsm->retry_ms, fsm->entered_ms + fsm->timeouts.release_ms);
    case OP_FSM_JOURNAL_PREPARE:
    case OP_FSM_JOURNAL_COMMIT:
    case OP_FSM_DONE:
    case OP_FSM_FAILED:
        break;
    }
    return LLONG_MAX;
}

/* Asking. */

enum op_fsm_state
op_fsm_get_state(const struct op_fsm *fsm)
{
    return fsm->state;
}

bool
op_fsm_is_committed(const struct op_fsm *fsm)
{
    return fsm->committed;
}

bool
op_fsm_is_culprit(const struct op_fsm *fsm, size_t i)
{
    return !fsm->committed && fsm->participants[i].is_culprit;
}

bool
op_fsm_has_done(const struct op_fsm *fsm, size_t i, enum op_fsm_step step)
{
    return (fsm->participants[i].acked & step) != 0;
}

const char *
op_fsm_reason(const struct op_fsm *fsm)
{
    return fsm->reason;
}

unsigned int
op_fsm_round_trips(const struct op_fsm *fsm)
{
    return fsm->round_trips;
}

bool
op_fsm_waited_in(const struct op_fsm *fsm, enum op_fsm_state state)
{
    return fsm->waited_in[state];
}

long long int
op_fsm_time_in(const struct op_fsm *fsm, enum op_fsm_state state,
               long long int now)
{
    return (fsm->spent_ms[state]
            + (fsm->state == state && state < OP_FSM_DONE
               ? now - fsm->entered_ms : 0));
}
