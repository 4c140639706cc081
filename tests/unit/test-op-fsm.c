/* SPDX-License-Identifier: Apache-2.0 */

/* Drives the coordinator.
 *
 *   test-op-fsm script < FILE      obeys a text script; prints each line, and
 *                                  below it, indented, the actions and states
 *                                  that followed
 *   test-op-fsm random SEED N      N random scripts against the invariants
 *   test-op-fsm transitions        prints "STATE EVENT STATE" of each
 *                                  transition, in the words of doc/model
 *   test-op-fsm participants TEXT...
 *                                  prints kind and name of each participant,
 *                                  and its text again
 *
 * A script: "participant NAME STEP,...", "timeouts PREPARE RETRY DRAIN
 * DRAIN-MAX RELEASE" (ms; PROVE's is 200), then events: "start",
 * "start-prepared", "resume-preparing REASON", "resume-committing", "journaled
 * ok", "journaled REASON", "ack NAME STEP", "refuse NAME STEP REASON", "lost
 * NAME REASON", "abort REASON", "unused", "hurry", "away NAME", "back NAME",
 * "tick MS", "tick" (to the deadline), "times".
 */

#include <config.h>

#include "ofctl-app/operation/op-fsm.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "ofctl-app/model/participant.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

static const enum op_fsm_step all_steps[] = {
    OP_FSM_STEP_INBOUND, OP_FSM_STEP_FLOWS, OP_FSM_STEP_OUTBOUND,
    OP_FSM_STEP_PROVE, OP_FSM_STEP_FLIP, OP_FSM_STEP_CLOSE,
    OP_FSM_STEP_DRAIN, OP_FSM_STEP_RELEASE, OP_FSM_STEP_UNDO,
};

/* Scripts. */

#define MAX_PARTICIPANTS 16
#define PROVE_MS 200

struct script {
    struct op_fsm_participant participants[MAX_PARTICIPANTS];
    size_t n;
    struct op_fsm_timeouts timeouts;
    struct op_fsm *fsm;
    enum op_fsm_state state;    /* State that was printed last. */
    long long int now;
};

static enum op_fsm_step
parse_step(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(all_steps); i++) {
        if (!strcmp(name, op_fsm_step_to_string(all_steps[i]))) {
            return all_steps[i];
        }
    }
    ovs_fatal(0, "%s: no such step", name);
}

static size_t
find_participant(const struct script *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++) {
        if (!strcmp(name, s->participants[i].name)) {
            return i;
        }
    }
    return s->n + 7;            /* Not an index: to be ignored. */
}

static void
print_actions(struct script *s)
{
    struct op_fsm_action a;
    while (op_fsm_next_action(s->fsm, &a)) {
        switch (a.type) {
        case OP_FSM_ACT_JOURNAL:
            printf("  journal %s\n",
                   op_fsm_state_to_string(op_fsm_get_state(s->fsm)));
            break;
        case OP_FSM_ACT_SEND:
            printf("  send %s to %s\n", op_fsm_step_to_string(a.step),
                   s->participants[a.participant].name);
            break;
        case OP_FSM_ACT_OWE:
            printf("  %s owes %s\n", s->participants[a.participant].name,
                   op_fsm_step_to_string(a.step));
            break;
        case OP_FSM_ACT_FINISH:
            printf("  finish after %u round trips%s%s\n",
                   op_fsm_round_trips(s->fsm),
                   op_fsm_reason(s->fsm)[0] ? ": " : "",
                   op_fsm_reason(s->fsm));
            break;
        }
    }
    if (s->state != op_fsm_get_state(s->fsm)) {
        s->state = op_fsm_get_state(s->fsm);
        printf("  %s%s\n", op_fsm_state_to_string(s->state),
               op_fsm_is_committed(s->fsm) ? ", committed" : "");
    }
    if (s->state == OP_FSM_FLIP && op_fsm_reason(s->fsm)[0]) {
        printf("  waits: %s\n", op_fsm_reason(s->fsm));
    }
}

static void
print_times(const struct script *s)
{
    for (int state = 0; state <= OP_FSM_FAILED; state++) {
        long long int ms = op_fsm_time_in(s->fsm, state, s->now);
        if (ms) {
            printf("  %lld ms in %s\n", ms, op_fsm_state_to_string(state));
        }
    }
}

static void
tick(struct script *s, const char *ms)
{
    if (ms) {
        s->now += atoll(ms);
    } else {
        long long int deadline = op_fsm_deadline(s->fsm);
        if (deadline == LLONG_MAX) {
            printf("  nothing to wait for\n");
            return;
        }
        printf("  %lld ms pass\n", deadline - s->now);
        s->now = deadline;
    }
    op_fsm_run(s->fsm, s->now);
}

static void
declare(struct script *s, char *words[6])
{
    if (!strcmp(words[0], "participant")) {
        struct op_fsm_participant *p = &s->participants[s->n++];
        ovs_assert(s->n <= MAX_PARTICIPANTS);
        p->name = xstrdup(words[1]);
        char *save_ptr = NULL;
        for (char *step = strtok_r(words[2], ",", &save_ptr); step;
             step = strtok_r(NULL, ",", &save_ptr)) {
            p->steps |= parse_step(step);
        }
    } else if (!strcmp(words[0], "timeouts")) {
        s->timeouts = (struct op_fsm_timeouts) {
            .prepare_ms = atoi(words[1]),
            .retry_ms = atoi(words[2]),
            .drain_ms = atoi(words[3]),
            .drain_max_ms = atoi(words[4]),
            .release_ms = atoi(words[5]),
            .prove_ms = PROVE_MS,
        };
    } else {
        s->fsm = op_fsm_create(s->participants, s->n, &s->timeouts);
        s->state = -1;
        s->now = 1000;
    }
}

static void
obey(struct script *s, char *words[6])
{
    const char *verb = words[0];
    if (!s->fsm) {
        declare(s, words);
        if (!s->fsm) {
            return;
        }
    }
    if (!strcmp(verb, "start")) {
        op_fsm_start(s->fsm, s->now);
    } else if (!strcmp(verb, "start-prepared")) {
        op_fsm_start_prepared(s->fsm, s->now);
    } else if (!strcmp(verb, "resume-preparing")) {
        op_fsm_resume_preparing(s->fsm, s->now, words[1]);
    } else if (!strcmp(verb, "resume-committing")) {
        op_fsm_resume_committing(s->fsm, s->now);
    } else if (!strcmp(verb, "journaled")) {
        bool ok = !strcmp(words[1], "ok");
        op_fsm_journaled(s->fsm, ok, ok ? NULL : words[1], s->now);
    } else if (!strcmp(verb, "ack")) {
        op_fsm_acknowledged(s->fsm, find_participant(s, words[1]),
                            parse_step(words[2]), s->now);
    } else if (!strcmp(verb, "refuse")) {
        op_fsm_refused(s->fsm, find_participant(s, words[1]),
                       parse_step(words[2]), words[3], s->now);
    } else if (!strcmp(verb, "lost")) {
        op_fsm_lost(s->fsm, find_participant(s, words[1]), words[2], s->now);
    } else if (!strcmp(verb, "abort")) {
        printf("  %s\n", (op_fsm_abort(s->fsm, words[1], s->now)
                          ? "aborts" : "too late"));
    } else if (!strcmp(verb, "unused")) {
        op_fsm_is_unused(s->fsm, s->now);
    } else if (!strcmp(verb, "hurry")) {
        op_fsm_hurry(s->fsm);
        op_fsm_run(s->fsm, s->now);
    } else if (!strcmp(verb, "away") || !strcmp(verb, "back")) {
        op_fsm_set_away(s->fsm, find_participant(s, words[1]),
                        !strcmp(verb, "away"));
        op_fsm_run(s->fsm, s->now);
    } else if (!strcmp(verb, "tick")) {
        tick(s, words[1]);
    } else if (!strcmp(verb, "times")) {
        print_times(s);
    } else {
        ovs_fatal(0, "%s: no such event", verb);
    }
    print_actions(s);
}

static int
run_script(void)
{
    struct script s = {
        .timeouts = { 5000, 1000, 1000, 4000, 5000, PROVE_MS },
    };
    struct ds line = DS_EMPTY_INITIALIZER;
    while (!ds_get_line(&line, stdin)) {
        printf("%s\n", ds_cstr(&line));
        if (line.length && ds_cstr(&line)[0] != '#') {
            char *words[6] = { NULL };
            char *save_ptr = NULL;
            words[0] = strtok_r(ds_cstr(&line), " ", &save_ptr);
            for (int i = 1; i < 6 && words[i - 1]; i++) {
                words[i] = strtok_r(NULL, " ", &save_ptr);
            }
            obey(&s, words);
        }
    }
    ds_destroy(&line);
    op_fsm_destroy(s.fsm);
    for (size_t i = 0; i < s.n; i++) {
        free(CONST_CAST(char *, s.participants[i].name));
    }
    return 0;
}

/* Random events.
 *
 * 'struct model' knows only the events and actions, not the machine. */

struct model_participant {
    unsigned int steps, sent, acked, owed;
    bool is_away;
};

struct model {
    struct op_fsm *fsm;
    struct model_participant p[MAX_PARTICIPANTS];
    size_t n;
    struct op_fsm_timeouts timeouts;
    long long int start, now;
    bool resumed;               /* From either state of the journal. */
    bool aborted;               /* An abort was accepted. */
    bool hurried;
    int journal;                /* Entry not answered yet, or -1. */
    bool committed;
    int finished;
};

/* Repeatable everywhere. */
static uint64_t rng_state;

static unsigned int
rng(unsigned int n)
{
    rng_state = rng_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (rng_state >> 33) % n;
}

#define CHECK(CONDITION) \
    do { \
        if (!(CONDITION)) { \
            ovs_fatal(0, "%s:%d: not so: %s", __FILE__, __LINE__, \
                      #CONDITION); \
        } \
    } while (0)

static bool
model_all_acked(const struct model *m, unsigned int steps)
{
    for (size_t i = 0; i < m->n; i++) {
        if (m->p[i].steps & steps & ~m->p[i].acked) {
            return false;
        }
    }
    return true;
}

/* May the old paths go, if there are any?  Not before DRAIN, if somebody
 * flips or closes; and not before they are proven empty, while there is
 * time. */
static bool
has_drained(const struct model *m)
{
    long long int ms = op_fsm_time_in(m->fsm, OP_FSM_DRAIN, m->now);
    unsigned int steps = 0;
    for (size_t i = 0; i < m->n; i++) {
        steps |= m->p[i].steps;
    }
    return (!(steps & (OP_FSM_STEP_FLIP | OP_FSM_STEP_CLOSE))
            || !(steps & OP_FSM_STEP_RELEASE) || !m->timeouts.drain_ms
            || ms >= m->timeouts.drain_max_ms
            || (ms >= m->timeouts.drain_ms
                && model_all_acked(m, OP_FSM_STEP_CLOSE
                                      | OP_FSM_STEP_DRAIN)));
}

static void
check_send(struct model *m, size_t i, enum op_fsm_step step)
{
    struct model_participant *p = &m->p[i];

    CHECK(i < m->n);
    CHECK(p->steps & step);
    CHECK(!m->finished);
    switch (step) {
    case OP_FSM_STEP_INBOUND:
    case OP_FSM_STEP_FLOWS:
    case OP_FSM_STEP_OUTBOUND:
        CHECK(!m->committed);
        CHECK(!m->resumed);
        CHECK(!(p->sent & step));
        CHECK(!(p->sent & OP_FSM_STEP_UNDO));
        CHECK(m->journal < 0);
        CHECK(step != OP_FSM_STEP_OUTBOUND
              || model_all_acked(m, OP_FSM_STEP_INBOUND));
        break;
    case OP_FSM_STEP_PROVE:
        CHECK(!m->committed);
        CHECK(!m->resumed);
        CHECK(!(p->acked & step));
        CHECK(!(p->sent & OP_FSM_STEP_UNDO));
        CHECK(m->journal < 0);
        CHECK(model_all_acked(m, (OP_FSM_STEP_INBOUND
                                  | OP_FSM_STEP_FLOWS
                                  | OP_FSM_STEP_OUTBOUND)));
        break;
    case OP_FSM_STEP_FLIP:
        CHECK(m->committed);
        CHECK(!(p->acked & step));
        break;
    case OP_FSM_STEP_CLOSE:
        CHECK(m->committed);
        CHECK(model_all_acked(m, OP_FSM_STEP_FLIP));
        CHECK(!(p->sent & (step | OP_FSM_STEP_RELEASE)));
        break;
    case OP_FSM_STEP_DRAIN:
        CHECK(m->committed);
        CHECK(model_all_acked(m, OP_FSM_STEP_FLIP | OP_FSM_STEP_CLOSE));
        CHECK(!(p->sent & (step | OP_FSM_STEP_RELEASE)));
        break;
    case OP_FSM_STEP_RELEASE:
        CHECK(m->committed);
        CHECK(model_all_acked(m, OP_FSM_STEP_FLIP));
        CHECK(!(p->acked & step));
        CHECK(has_drained(m));
        break;
    case OP_FSM_STEP_UNDO:
        CHECK(!m->committed);
        CHECK(p->sent || m->resumed);
        CHECK(!(p->acked & step));
        break;
    }
    p->sent |= step;
}

static void
check_journal(struct model *m, enum op_fsm_state state)
{
    CHECK(m->journal < 0);
    CHECK(!m->resumed);
    CHECK(!m->committed);
    CHECK(state == OP_FSM_JOURNAL_PREPARE
          || state == OP_FSM_JOURNAL_COMMIT);
    CHECK(state == OP_FSM_JOURNAL_PREPARE
          || model_all_acked(m, (OP_FSM_STEP_INBOUND
                                 | OP_FSM_STEP_FLOWS
                                 | OP_FSM_STEP_OUTBOUND
                                 | OP_FSM_STEP_PROVE)));
    m->journal = state;
}

static void
check_finish(struct model *m)
{
    enum op_fsm_step last = (m->committed ? OP_FSM_STEP_RELEASE
                             : OP_FSM_STEP_UNDO);
    CHECK(!m->finished);
    m->finished++;
    CHECK(op_fsm_get_state(m->fsm) == (m->committed ? OP_FSM_DONE
                                       : OP_FSM_FAILED));
    CHECK(m->committed ? has_drained(m)
          : op_fsm_reason(m->fsm)[0] != '\0');
    CHECK(!(m->committed && m->aborted));
    CHECK(!m->committed || model_all_acked(m, OP_FSM_STEP_FLIP));
    for (size_t i = 0; i < m->n; i++) {
        const struct model_participant *p = &m->p[i];
        bool touched = m->committed || m->resumed || p->sent;
        CHECK(!touched || !(p->steps & last & ~(p->acked | p->owed)));
    }
}

static void
check_actions(struct model *m)
{
    struct op_fsm_action a;
    while (op_fsm_next_action(m->fsm, &a)) {
        switch (a.type) {
        case OP_FSM_ACT_JOURNAL:
            check_journal(m, op_fsm_get_state(m->fsm));
            break;
        case OP_FSM_ACT_SEND:
            check_send(m, a.participant, a.step);
            break;
        case OP_FSM_ACT_OWE:
            CHECK(a.participant < m->n);
            CHECK(a.step == (m->committed ? OP_FSM_STEP_RELEASE
                             : OP_FSM_STEP_UNDO));
            CHECK(m->p[a.participant].sent & a.step);
            CHECK((m->hurried && m->p[a.participant].is_away)
                  || (op_fsm_time_in(m->fsm, (m->committed ? OP_FSM_RELEASE
                                              : OP_FSM_UNDO), m->now)
                      >= m->timeouts.release_ms));
            CHECK(!((m->p[a.participant].acked | m->p[a.participant].owed)
                    & a.step));
            m->p[a.participant].owed |= a.step;
            break;
        case OP_FSM_ACT_FINISH:
            check_finish(m);
            break;
        }
    }
    CHECK(op_fsm_is_committed(m->fsm) == m->committed);
    CHECK(op_fsm_round_trips(m->fsm) <= 3);
    CHECK((op_fsm_get_state(m->fsm) >= OP_FSM_DONE) == m->finished);

    long long int sum = 0;
    for (int state = 0; state <= OP_FSM_FAILED; state++) {
        sum += op_fsm_time_in(m->fsm, state, m->now);
    }
    CHECK(m->finished ? sum <= m->now - m->start : sum == m->now - m->start);
}

static void
model_ack(struct model *m, size_t i, enum op_fsm_step step)
{
    if (i < m->n) {
        m->p[i].acked |= m->p[i].sent & step;
    }
    op_fsm_acknowledged(m->fsm, i, step, m->now);
}

static void
model_journaled(struct model *m, bool ok)
{
    m->committed |= ok && m->journal == OP_FSM_JOURNAL_COMMIT;
    m->journal = -1;
    op_fsm_journaled(m->fsm, ok, ok ? NULL : "refused", m->now);
}

static void
model_tick(struct model *m, long long int ms)
{
    m->now += ms;
    op_fsm_run(m->fsm, m->now);
    check_actions(m);
    /* Nothing that is due stays due: no busy loop. */
    CHECK(op_fsm_deadline(m->fsm) > m->now);
}

static void
model_create(struct model *m)
{
    static const int ms[] = { 0, 1, 10, 100, 1000 };
    struct op_fsm_participant participants[MAX_PARTICIPANTS];

    *m = (struct model) {
        .n = rng(7),
        .timeouts = {
            .prepare_ms = 1 + ms[rng(ARRAY_SIZE(ms))],
            .retry_ms = 1 + ms[rng(ARRAY_SIZE(ms))],
            .drain_ms = ms[rng(ARRAY_SIZE(ms))],
            .drain_max_ms = 1 + ms[rng(ARRAY_SIZE(ms))],
            .release_ms = 1 + ms[rng(ARRAY_SIZE(ms))],
            .prove_ms = 1 + ms[rng(ARRAY_SIZE(ms))],
        },
        .start = 1000 + rng(1000),
        .journal = -1,
    };
    m->now = m->start;
    for (size_t i = 0; i < m->n; i++) {
        m->p[i].steps = rng(512);
        participants[i].name = "p";
        participants[i].steps = m->p[i].steps;
    }
    m->fsm = op_fsm_create(participants, m->n, &m->timeouts);
    switch (rng(8)) {
    case 0:
        m->resumed = true;
        op_fsm_resume_preparing(m->fsm, m->now, "restarted");
        break;
    case 1:
        m->resumed = m->committed = true;
        op_fsm_resume_committing(m->fsm, m->now);
        break;
    default:
        op_fsm_start(m->fsm, m->now);
        break;
    }
    check_actions(m);
}

/* Gives an acknowledgement that is due. */
static void
ack_something(struct model *m)
{
    for (size_t i = 0, first = rng(MAX_PARTICIPANTS); i < m->n; i++) {
        size_t j = (first + i) % m->n;
        for (size_t k = 0; k < ARRAY_SIZE(all_steps); k++) {
            if (m->p[j].sent & ~m->p[j].acked & all_steps[k]) {
                model_ack(m, j, all_steps[k]);
                return;
            }
        }
    }
}

static void
random_event(struct model *m)
{
    enum op_fsm_step step = all_steps[rng(ARRAY_SIZE(all_steps))];
    size_t i = rng(m->n + 1);           /* Perhaps nobody. */

    switch (rng(64)) {
    case 0:
        op_fsm_refused(m->fsm, i, step, "no", m->now);
        break;
    case 1:
        op_fsm_lost(m->fsm, i, "gone", m->now);
        break;
    case 2:
        model_ack(m, i, step);          /* Late, repeated or never asked. */
        break;
    case 3:
        model_journaled(m, rng(2));     /* Perhaps unasked. */
        break;
    case 4:
        if (!rng(4) && op_fsm_abort(m->fsm, "abort", m->now)) {
            CHECK(!m->committed);
            m->aborted = true;
        }
        break;
    case 5:
        if (!rng(4)) {
            op_fsm_hurry(m->fsm);
            m->hurried = true;
            m->timeouts.drain_max_ms = MIN(m->timeouts.drain_max_ms,
                                           m->timeouts.drain_ms);
        } else if (i < m->n) {
            m->p[i].is_away = rng(2);
            op_fsm_set_away(m->fsm, i, m->p[i].is_away);
        }
        model_tick(m, 0);
        break;
    case 6: case 7: case 8: case 9: case 10:
        model_tick(m, rng(2) ? 1 + rng(4) : 1 + rng(400));
        break;
    case 11: case 12: case 13: case 14: case 15: case 16: case 17:
        if (m->journal >= 0) {
            model_journaled(m, true);
        }
        break;
    default:
        ack_something(m);
        break;
    }
    check_actions(m);
}

/* Lets time pass while only the database and the bridges answer: that alone
 * must end the operation. */
static void
wind_down(struct model *m)
{
    for (int i = 0; !m->finished; i++) {
        CHECK(i < 4000);        /* 2 x 1,001 ms with retries each ms. */
        if (m->journal >= 0) {
            model_journaled(m, true);
        } else if (m->committed && !model_all_acked(m, OP_FSM_STEP_FLIP)) {
            for (size_t j = 0; j < m->n; j++) {
                model_ack(m, j, OP_FSM_STEP_FLIP);
            }
        } else {
            long long int deadline = op_fsm_deadline(m->fsm);
            CHECK(deadline < LLONG_MAX);
            model_tick(m, deadline - m->now);
        }
        check_actions(m);
    }
    /* Whatever comes now changes nothing. */
    for (int i = 0; i < 10; i++) {
        random_event(m);
        CHECK(op_fsm_deadline(m->fsm) == LLONG_MAX);
    }
}

static int
run_random(uint64_t seed, int n_sequences)
{
    int n_done = 0, n_failed = 0, n_owed = 0;

    rng_state = seed;
    for (int i = 0; i < n_sequences; i++) {
        struct model m;
        model_create(&m);
        for (int n = rng(60); n > 0; n--) {
            random_event(&m);
        }
        wind_down(&m);
        n_done += m.committed;
        n_failed += !m.committed;
        for (size_t j = 0; j < m.n; j++) {
            n_owed += m.p[j].owed != 0;
        }
        op_fsm_destroy(m.fsm);
    }
    /* Else it would have tested little. */
    CHECK(n_done > n_sequences / 10);
    CHECK(n_failed > n_sequences / 10);
    CHECK(n_owed > n_sequences / 10);
    printf("%d sequences hold\n", n_sequences);
    return 0;
}

/* Transitions. */

/* The participants of an operation with old and new paths. */
static const struct op_fsm_participant everybody[] = {
    { "gateway", (OP_FSM_STEP_INBOUND | OP_FSM_STEP_OUTBOUND
                  | OP_FSM_STEP_RELEASE | OP_FSM_STEP_UNDO) },
    { "bridge", (OP_FSM_STEP_FLOWS | OP_FSM_STEP_FLIP
                 | OP_FSM_STEP_RELEASE | OP_FSM_STEP_UNDO) },
    { "new hop", OP_FSM_STEP_PROVE },
    { "old hop", OP_FSM_STEP_DRAIN },
};

/* Gives one event at random. */
static void
any_event(struct op_fsm *fsm, long long int *now)
{
    size_t i = rng(ARRAY_SIZE(everybody));
    enum op_fsm_step step = all_steps[rng(ARRAY_SIZE(all_steps))];
    enum op_fsm_state state = op_fsm_get_state(fsm);
    switch (rng(24)) {
    case 0:
        op_fsm_refused(fsm, i, step, "no", *now);
        break;
    case 1:
        op_fsm_lost(fsm, i, "gone", *now);
        break;
    case 2:
        op_fsm_abort(fsm, "abort", *now);
        break;
    case 3: case 4:
        *now = MAX(*now, MIN(op_fsm_deadline(fsm), *now + 100000));
        op_fsm_run(fsm, *now);
        break;
    case 5: case 6: case 7:
        op_fsm_journaled(fsm, rng(4), "refused", *now);
        break;
    default:
        /* One participant has done all that it was asked to. */
        for (size_t j = 0; j < ARRAY_SIZE(all_steps); j++) {
            if (everybody[i].steps & all_steps[j]
                && op_fsm_get_state(fsm) == state) {
                op_fsm_acknowledged(fsm, i, all_steps[j], *now);
            }
        }
        break;
    }
}

static int
run_transitions(void)
{
    static const struct op_fsm_timeouts timeouts = {
        .prepare_ms = 1000, .retry_ms = 100, .drain_ms = 10,
        .drain_max_ms = 1000, .release_ms = 1000, .prove_ms = 100,
    };
    rng_state = 1;
    for (int i = 0; i < 20000; i++) {
        struct op_fsm *fsm = op_fsm_create(everybody,
                                           ARRAY_SIZE(everybody),
                                           &timeouts);
        struct op_fsm_action action;
        struct op_fsm_transition tr;
        long long int now = 1000;
        switch (rng(8)) {
        case 0: op_fsm_resume_preparing(fsm, now, "resumed"); break;
        case 1: op_fsm_resume_committing(fsm, now); break;
        case 2: op_fsm_start_prepared(fsm, now); break;
        default: op_fsm_start(fsm, now); break;
        }
        while (op_fsm_get_state(fsm) < OP_FSM_DONE) {
            while (op_fsm_next_action(fsm, &action)) {
                /* Nobody does it. */
            }
            any_event(fsm, &now);
        }
        while (op_fsm_next_transition(fsm, &tr)) {
            printf("%s %s %s\n", tr.from, tr.event, tr.to);
        }
        op_fsm_destroy(fsm);
    }
    return 0;
}

/* Participants. */

static int
run_participants(char *const *texts)
{
    static const char *const kinds[] = { "gateway", "bridge", "hop" };
    for (; *texts; texts++) {
        const struct participant p = participant_parse(*texts);
        char *text = participant_format(&p);
        printf("%s \"%s\": %s\n", kinds[p.kind], p.name, text);
        free(text);
    }
    return 0;
}

int
main(int argc, char *argv[])
{
    ovs_set_program_name(argv[0], SDSA_VERSION);
    if (argc == 2 && !strcmp(argv[1], "script")) {
        return run_script();
    } else if (argc == 4 && !strcmp(argv[1], "random")) {
        return run_random(strtoull(argv[2], NULL, 10), atoi(argv[3]));
    } else if (argc > 2 && !strcmp(argv[1], "participants")) {
        return run_participants(&argv[2]);
    }
    if (argc == 2 && !strcmp(argv[1], "transitions")) {
        return run_transitions();
    }
    ovs_fatal(0, "usage: %s script | random SEED N | transitions | "
              "participants TEXT...", argv[0]);
}
