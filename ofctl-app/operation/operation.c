/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/operation/operation.h"

#include <limits.h>
#include <stdlib.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

#define N_STATES (OPERATION_FAILED + 1)
#define MAX_NAMES 5             /* In a reason. */

struct participant {
    char *name;
    unsigned int steps;         /* That it takes part in. */
    unsigned int sent;          /* That were sent to it. */
    unsigned int acked;         /* That it acknowledged. */
    unsigned int refused;       /* RELEASE, UNDO: to be sent again. */
};

struct operation {
    unsigned int number;
    struct participant *participants;
    size_t n;
    struct operation_timeouts timeouts;

    enum operation_state state;
    bool committed;
    char *reason;
    char *doom;                 /* JOURNAL_PREPARE: why it will roll back. */
    unsigned int round_trips;

    long long int entered_ms;   /* When 'state' was entered. */
    long long int spent_ms[N_STATES];   /* In states that were left. */
    bool waited_in[N_STATES];   /* Not passed through at once. */
    long long int prepare_by_ms;        /* Deadline of PREPARE. */
    long long int retry_ms;     /* When to send again what was refused or
                                 * not acknowledged. */

    struct operation_action *actions;   /* A queue: [first, last). */
    size_t first_action, last_action, allocated_actions;

    /* No state is entered twice. */
    struct operation_transition transitions[N_STATES];
    size_t first_transition, last_transition;
};

/* Events, by what they bring about (operation.h). */
#define STARTED "start"
#define RESUMED "resumed"
#define JOURNALED "journaled"
#define ACKNOWLEDGED "acknowledged"
#define REFUSED "refused"
#define TIMED_OUT "time-out"

const char *
operation_state_to_string(enum operation_state state)
{
    switch (state) {
#define OPERATION_STATE(ENUM, TEXT) case OPERATION_##ENUM: return TEXT;
        OPERATION_STATES
#undef OPERATION_STATE
    }
    OVS_NOT_REACHED();
}

const char *
operation_step_to_string(enum operation_step step)
{
    switch (step) {
    case OPERATION_STEP_INBOUND: return "inbound";
    case OPERATION_STEP_FLOWS: return "flows";
    case OPERATION_STEP_OUTBOUND: return "outbound";
    case OPERATION_STEP_FLIP: return "flip";
    case OPERATION_STEP_RELEASE: return "release";
    case OPERATION_STEP_UNDO: return "undo";
    case OPERATION_STEP_PROVE: return "prove";
    case OPERATION_STEP_DRAIN: return "drain";
    }
    OVS_NOT_REACHED();
}

struct operation *
operation_create(unsigned int number,
                 const struct operation_participant *participants, size_t n,
                 const struct operation_timeouts *timeouts)
{
    struct operation *op = xzalloc(sizeof *op);
    op->number = number;
    op->participants = xcalloc(n + 1, sizeof *op->participants);
    op->n = n;
    for (size_t i = 0; i < n; i++) {
        op->participants[i].name = xstrdup(participants[i].name);
        op->participants[i].steps = participants[i].steps;
    }
    op->timeouts = *timeouts;
    op->reason = xstrdup("");
    op->retry_ms = LLONG_MAX;
    return op;
}

void
operation_destroy(struct operation *op)
{
    if (op) {
        for (size_t i = 0; i < op->n; i++) {
            free(op->participants[i].name);
        }
        free(op->participants);
        free(op->reason);
        free(op->doom);
        free(op->actions);
        free(op);
    }
}

/* Actions. */

static void
act(struct operation *op, struct operation_action action)
{
    if (op->last_action == op->allocated_actions) {
        op->actions = x2nrealloc(op->actions, &op->allocated_actions,
                                 sizeof *op->actions);
    }
    op->actions[op->last_action++] = action;
}

bool
operation_next_action(struct operation *op, struct operation_action *action)
{
    if (op->first_action == op->last_action) {
        op->first_action = op->last_action = 0;
        return false;
    }
    *action = op->actions[op->first_action++];
    return true;
}

static void
act_journal(struct operation *op, enum operation_state state)
{
    act(op, (struct operation_action) {
        .type = OPERATION_ACT_JOURNAL,
        .state = state,
    });
}

static void
act_send(struct operation *op, size_t i, enum operation_step step)
{
    op->participants[i].sent |= step;
    op->participants[i].refused &= ~step;
    act(op, (struct operation_action) {
        .type = OPERATION_ACT_SEND,
        .participant = i,
        .step = step,
    });
}

/* Sends 'step' to all that take part in it.  Returns their number. */
static size_t
send_step(struct operation *op, enum operation_step step)
{
    size_t n = 0;
    for (size_t i = 0; i < op->n; i++) {
        if (op->participants[i].steps & step) {
            act_send(op, i, step);
            n++;
        }
    }
    return n;
}

/* Sends 'step' again to those who have not acknowledged it. */
static void
send_again(struct operation *op, enum operation_step step)
{
    for (size_t i = 0; i < op->n; i++) {
        const struct participant *p = &op->participants[i];
        if (p->steps & step & ~p->acked) {
            act_send(op, i, step);
        }
    }
}

static bool
has_participants(const struct operation *op, enum operation_step step)
{
    for (size_t i = 0; i < op->n; i++) {
        if (op->participants[i].steps & step) {
            return true;
        }
    }
    return false;
}

/* Has everyone who takes part in one of 'steps' acknowledged it? */
static bool
all_acked(const struct operation *op, unsigned int steps)
{
    for (size_t i = 0; i < op->n; i++) {
        const struct participant *p = &op->participants[i];
        if (p->steps & steps & ~p->acked) {
            return false;
        }
    }
    return true;
}

/* States. */

static void
set_reason(struct operation *op, const char *reason)
{
    free(op->reason);
    op->reason = xstrdup(reason);
}

static void
note(struct operation *op, const char *from, const char *event)
{
    ovs_assert(op->last_transition < N_STATES);
    op->transitions[op->last_transition++] = (struct operation_transition) {
        .from = from,
        .event = event,
        .to = operation_state_to_string(op->state),
    };
}

/* Enters the first state. */
static void
begin(struct operation *op, enum operation_state state, const char *event,
      long long int now)
{
    op->state = state;
    op->entered_ms = now;
    note(op, "idle", event);
}

static void
enter(struct operation *op, enum operation_state state, const char *event,
      long long int now)
{
    const char *from = operation_state_to_string(op->state);
    op->spent_ms[op->state] += now - op->entered_ms;
    op->state = state;
    op->entered_ms = now;
    note(op, from, event);
}

static void
finish(struct operation *op, enum operation_state state, const char *event,
       long long int now)
{
    enter(op, state, event, now);
    act(op, (struct operation_action) { .type = OPERATION_ACT_FINISH });
}

/* PROVE was entered. */
static void
send_prove(struct operation *op, long long int now)
{
    send_step(op, OPERATION_STEP_PROVE);
    op->retry_ms = now + op->timeouts.prove_ms;
}

static void
enter_release(struct operation *op, const char *event, long long int now)
{
    enter(op, OPERATION_RELEASE, event, now);
    op->retry_ms = LLONG_MAX;
    send_step(op, OPERATION_STEP_RELEASE);
}

/* FLIP was entered. */
static void
send_flip(struct operation *op, long long int now)
{
    op->committed = true;
    op->round_trips += send_step(op, OPERATION_STEP_FLIP) > 0;
    op->retry_ms = now + op->timeouts.retry_ms;
}

/* Goes on as far as acknowledgements allow. */
static void
advance(struct operation *op, long long int now)
{
    if (op->state == OPERATION_PREPARE_INBOUND
        && all_acked(op, OPERATION_STEP_INBOUND)) {
        enter(op, OPERATION_PREPARE_OUTBOUND, ACKNOWLEDGED, now);
        op->round_trips += send_step(op, OPERATION_STEP_OUTBOUND) > 0;
    }
    if (op->state == OPERATION_PREPARE_OUTBOUND
        && all_acked(op, OPERATION_STEP_OUTBOUND | OPERATION_STEP_FLOWS)) {
        enter(op, OPERATION_PROVE, ACKNOWLEDGED, now);
        send_prove(op, now);
    }
    if (op->state == OPERATION_PROVE && all_acked(op, OPERATION_STEP_PROVE)) {
        enter(op, OPERATION_JOURNAL_COMMIT, ACKNOWLEDGED, now);
        act_journal(op, OPERATION_JOURNAL_COMMIT);
    }
    if (op->state == OPERATION_FLIP && all_acked(op, OPERATION_STEP_FLIP)) {
        set_reason(op, "");
        enter(op, OPERATION_DRAIN, ACKNOWLEDGED, now);
        if (!op->timeouts.drain_ms
            || !has_participants(op, OPERATION_STEP_FLIP)
            || !has_participants(op, OPERATION_STEP_RELEASE)) {
            enter_release(op, ACKNOWLEDGED, now);
        } else {
            send_step(op, OPERATION_STEP_DRAIN);
        }
    }
    if (op->state == OPERATION_DRAIN
        && now >= op->entered_ms + op->timeouts.drain_ms
        && all_acked(op, OPERATION_STEP_DRAIN)) {
        enter_release(op, ACKNOWLEDGED, now);
    }
    if (op->state == OPERATION_RELEASE
        && all_acked(op, OPERATION_STEP_RELEASE)) {
        finish(op, OPERATION_DONE, ACKNOWLEDGED, now);
    }
    if (op->state == OPERATION_UNDO && all_acked(op, OPERATION_STEP_UNDO)) {
        finish(op, OPERATION_FAILED, ACKNOWLEDGED, now);
    }
    op->waited_in[op->state] = true;
}

/* Is the operation in PREPARE or PROVE, before anything irrevocable? */
static bool
is_preparing(const struct operation *op)
{
    return (op->state == OPERATION_PREPARE_INBOUND
            || op->state == OPERATION_PREPARE_OUTBOUND
            || op->state == OPERATION_PROVE);
}

/* Takes back what PREPARE sent; UNDO was entered for 'reason'.
 * 'may_have_sent': a predecessor's sends are not known, so everyone is asked. */
static void
send_undo(struct operation *op, const char *reason, bool may_have_sent,
          long long int now)
{
    set_reason(op, reason);
    op->retry_ms = LLONG_MAX;
    for (size_t i = 0; i < op->n; i++) {
        struct participant *p = &op->participants[i];
        if (!(p->steps & OPERATION_STEP_UNDO)) {
            continue;
        }
        if (p->sent || may_have_sent) {
            act_send(op, i, OPERATION_STEP_UNDO);
        } else {
            p->acked |= OPERATION_STEP_UNDO;
        }
    }
    advance(op, now);
}

static void
roll_back(struct operation *op, const char *reason, long long int now)
{
    enter(op, OPERATION_UNDO, REFUSED, now);
    send_undo(op, reason, false, now);
}

void
operation_start(struct operation *op, long long int now)
{
    begin(op, OPERATION_JOURNAL_PREPARE, STARTED, now);
    act_journal(op, OPERATION_JOURNAL_PREPARE);
}

void
operation_start_prepared(struct operation *op, long long int now)
{
    begin(op, OPERATION_PROVE, STARTED, now);
    op->prepare_by_ms = now + op->timeouts.prepare_ms;
    send_prove(op, now);
    advance(op, now);
}

void
operation_resume_preparing(struct operation *op, long long int now,
                           const char *reason)
{
    begin(op, OPERATION_UNDO, RESUMED, now);
    send_undo(op, reason, true, now);
}

void
operation_resume_committing(struct operation *op, long long int now)
{
    begin(op, OPERATION_FLIP, RESUMED, now);
    send_flip(op, now);
    advance(op, now);
}

bool
operation_next_transition(struct operation *op,
                          struct operation_transition *transition)
{
    if (op->first_transition == op->last_transition) {
        return false;
    }
    *transition = op->transitions[op->first_transition++];
    return true;
}

/* Events. */

void
operation_journaled(struct operation *op, bool ok, const char *reason,
                    long long int now)
{
    if (op->state == OPERATION_JOURNAL_PREPARE) {
        if (!ok || op->doom) {
            roll_back(op, op->doom ? op->doom : reason, now);
            return;
        }
        enter(op, OPERATION_PREPARE_INBOUND, JOURNALED, now);
        op->prepare_by_ms = now + op->timeouts.prepare_ms;
        size_t n = send_step(op, OPERATION_STEP_INBOUND);
        n += send_step(op, OPERATION_STEP_FLOWS);
        op->round_trips += n > 0;
        advance(op, now);
    } else if (op->state == OPERATION_JOURNAL_COMMIT) {
        if (!ok) {
            roll_back(op, reason, now);
            return;
        }
        enter(op, OPERATION_FLIP, JOURNALED, now);
        send_flip(op, now);
        advance(op, now);
    }
}

void
operation_acknowledged(struct operation *op, size_t i,
                       enum operation_step step, long long int now)
{
    if (i < op->n && op->participants[i].sent & step) {
        op->participants[i].acked |= step;
        op->participants[i].refused &= ~step;
        advance(op, now);
    }
}

void
operation_refused(struct operation *op, size_t i, enum operation_step step,
                  const char *reason, long long int now)
{
    if (i >= op->n || !(op->participants[i].sent & step)
        || op->participants[i].acked & step) {
        return;
    }
    struct participant *p = &op->participants[i];
    bool now_sending = ((step == OPERATION_STEP_RELEASE
                         && op->state == OPERATION_RELEASE)
                        || (step == OPERATION_STEP_UNDO
                            && op->state == OPERATION_UNDO));
    if (now_sending) {
        p->refused |= step;
        op->retry_ms = MIN(op->retry_ms, now + op->timeouts.retry_ms);
    } else if (op->state == OPERATION_FLIP && step == OPERATION_STEP_FLIP) {
        char *why = xasprintf("%s refused (flip), to be tried again: %s",
                              p->name, reason);
        set_reason(op, why);
        free(why);
    } else if (is_preparing(op)
               && step & (OPERATION_STEP_INBOUND | OPERATION_STEP_FLOWS
                          | OPERATION_STEP_OUTBOUND
                          | OPERATION_STEP_PROVE)) {
        char *why = xasprintf("%s refused (%s): %s", p->name,
                              operation_step_to_string(step), reason);
        roll_back(op, why, now);
        free(why);
    }
}

/* Rolls back for 'reason', unless it is too late.  What is in the journal's
 * hands does not come back: from JOURNAL_PREPARE when the database has
 * answered, from JOURNAL_COMMIT never.  Takes ownership of 'reason'. */
static bool
give_up(struct operation *op, char *reason, long long int now)
{
    if (op->state == OPERATION_JOURNAL_PREPARE) {
        if (!op->doom) {
            op->doom = reason;
            return true;
        }
    } else if (is_preparing(op)) {
        roll_back(op, reason, now);
    } else {
        free(reason);
        return false;
    }
    free(reason);
    return true;
}

void
operation_lost(struct operation *op, size_t i, const char *reason,
               long long int now)
{
    if (i < op->n
        && op->participants[i].steps & (OPERATION_STEP_INBOUND
                                        | OPERATION_STEP_FLOWS
                                        | OPERATION_STEP_OUTBOUND
                                        | OPERATION_STEP_PROVE
                                        | OPERATION_STEP_FLIP)) {
        give_up(op, xasprintf("%s was lost: %s", op->participants[i].name,
                              reason), now);
    }
}

bool
operation_abort(struct operation *op, const char *reason, long long int now)
{
    return give_up(op, xstrdup(reason), now);
}

/* Who did not acknowledge, for the reason of a time-out: the first of them by
 * name. */
static char *
missing(const struct operation *op, unsigned int steps)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    size_t n = 0;
    for (size_t i = 0; i < op->n; i++) {
        const struct participant *p = &op->participants[i];
        if (p->sent & p->steps & steps & ~p->acked && n++ < MAX_NAMES) {
            ds_put_format(&ds, "%s%s", ds.length ? ", " : "", p->name);
        }
    }
    if (n > MAX_NAMES) {
        ds_put_format(&ds, " and %"PRIuSIZE" others", n - MAX_NAMES);
    }
    return ds_steal_cstr(&ds);
}

/* Takes ownership of 'why'. */
static void
time_out(struct operation *op, char *why, long long int now)
{
    roll_back(op, why, now);
    free(why);
}

static void
run_prepare(struct operation *op, long long int now)
{
    if (now >= op->prepare_by_ms) {
        char *names = missing(op, (OPERATION_STEP_INBOUND
                                   | OPERATION_STEP_FLOWS
                                   | OPERATION_STEP_OUTBOUND));
        time_out(op, xasprintf("no answer within %d ms from %s",
                               op->timeouts.prepare_ms, names), now);
        free(names);
    }
}

static void
run_prove(struct operation *op, long long int now)
{
    if (now >= op->prepare_by_ms) {
        char *names = missing(op, OPERATION_STEP_PROVE);
        time_out(op, xasprintf("no packet came through %s in %lld ms: check "
                               "that its links are up, and the MTU of all "
                               "ports on the way", names,
                               now - op->entered_ms), now);
        free(names);
    } else if (now >= op->retry_ms) {
        op->retry_ms = now + op->timeouts.prove_ms;
        send_again(op, OPERATION_STEP_PROVE);
    }
}

/* RELEASE and UNDO: again for those that refused; at last what is owed. */
static void
run_cleaning(struct operation *op, enum operation_step step,
             enum operation_state end, long long int now)
{
    if (now >= op->entered_ms + op->timeouts.release_ms) {
        for (size_t i = 0; i < op->n; i++) {
            const struct participant *p = &op->participants[i];
            if (p->steps & step & ~p->acked) {
                act(op, (struct operation_action) {
                    .type = OPERATION_ACT_OWE,
                    .participant = i,
                    .step = step,
                });
            }
        }
        finish(op, end, TIMED_OUT, now);
    } else if (now >= op->retry_ms) {
        op->retry_ms = LLONG_MAX;
        for (size_t i = 0; i < op->n; i++) {
            if (op->participants[i].refused & step) {
                act_send(op, i, step);
            }
        }
    }
}

static void
run_flip(struct operation *op, long long int now)
{
    if (now >= op->retry_ms) {
        op->retry_ms = now + op->timeouts.retry_ms;
        send_again(op, OPERATION_STEP_FLIP);
    }
}

static void
run_drain(struct operation *op, long long int now)
{
    if (now >= op->entered_ms + op->timeouts.drain_max_ms
        && !all_acked(op, OPERATION_STEP_DRAIN)) {
        char *names = missing(op, OPERATION_STEP_DRAIN);
        char *why = xasprintf("not seen to drain in %d ms: %s",
                              op->timeouts.drain_max_ms, names);
        set_reason(op, why);
        free(why);
        free(names);
        enter_release(op, TIMED_OUT, now);
    }
    advance(op, now);
}

void
operation_run(struct operation *op, long long int now)
{
    switch (op->state) {
    case OPERATION_PREPARE_INBOUND:
    case OPERATION_PREPARE_OUTBOUND:
        run_prepare(op, now);
        break;
    case OPERATION_PROVE:
        run_prove(op, now);
        break;
    case OPERATION_FLIP:
        run_flip(op, now);
        break;
    case OPERATION_DRAIN:
        run_drain(op, now);
        break;
    case OPERATION_RELEASE:
        run_cleaning(op, OPERATION_STEP_RELEASE, OPERATION_DONE, now);
        break;
    case OPERATION_UNDO:
        run_cleaning(op, OPERATION_STEP_UNDO, OPERATION_FAILED, now);
        break;
    case OPERATION_JOURNAL_PREPARE:
    case OPERATION_JOURNAL_COMMIT:
    case OPERATION_DONE:
    case OPERATION_FAILED:
        break;
    }
}

long long int
operation_deadline(const struct operation *op)
{
    if (op->first_action != op->last_action) {
        return LLONG_MIN;
    }
    switch (op->state) {
    case OPERATION_PREPARE_INBOUND:
    case OPERATION_PREPARE_OUTBOUND:
        return op->prepare_by_ms;
    case OPERATION_PROVE:
        return MIN(op->retry_ms, op->prepare_by_ms);
    case OPERATION_FLIP:
        return op->retry_ms;
    case OPERATION_DRAIN:
        return op->entered_ms + (all_acked(op, OPERATION_STEP_DRAIN)
                                 ? op->timeouts.drain_ms
                                 : op->timeouts.drain_max_ms);
    case OPERATION_RELEASE:
    case OPERATION_UNDO:
        return MIN(op->retry_ms, op->entered_ms + op->timeouts.release_ms);
    case OPERATION_JOURNAL_PREPARE:
    case OPERATION_JOURNAL_COMMIT:
    case OPERATION_DONE:
    case OPERATION_FAILED:
        break;
    }
    return LLONG_MAX;
}

/* Asking. */

unsigned int
operation_number(const struct operation *op)
{
    return op->number;
}

enum operation_state
operation_get_state(const struct operation *op)
{
    return op->state;
}

bool
operation_is_committed(const struct operation *op)
{
    return op->committed;
}

const char *
operation_reason(const struct operation *op)
{
    return op->reason;
}

unsigned int
operation_round_trips(const struct operation *op)
{
    return op->round_trips;
}

bool
operation_waited_in(const struct operation *op, enum operation_state state)
{
    return op->waited_in[state];
}

long long int
operation_time_in(const struct operation *op, enum operation_state state,
                  long long int now)
{
    return (op->spent_ms[state]
            + (op->state == state && state < OPERATION_DONE
               ? now - op->entered_ms : 0));
}
