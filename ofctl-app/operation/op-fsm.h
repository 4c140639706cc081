/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_OP_FSM_H
#define SDSA_OP_FSM_H 1

/* The coordinator of one operation: a pure state machine (doc/architecture.md,
 * "One operation").
 *
 * An operation replaces a chain's old paths (perhaps none) by new ones
 * (perhaps none): all of it happens, or none.  This module knows no path, no
 * flow and no key: only participants, which of the eight steps each takes part
 * in, and the order.  Events in, actions out, time passed in; no I/O.  The
 * caller (conductor) does what actions say and reports what came of it.
 *
 *                        journal    INBOUND, FLOWS       OUTBOUND
 *       op_fsm_start() ----------> [all acknowledged] ---------> [all ack.]
 *          |                             |                          |
 *          |                             |               PROVE: [all ack.]
 *          | refused, lost, timed out, aborted:                     | journal
 *          |         before the commit   |                          | COMMITTING
 *          v                             v                          v = commit
 *       FAILED <---[UNDO: all ack. or owed] <----------------+        point
 *                                                                   |
 *       DONE  <---[RELEASE: all ack. or owed] <- DRAIN <- [FLIP: all ack.] <
 *
 * PROVE shows that what was prepared carries packets: its participants are
 * hops, and a packet that came through is an acknowledgement.  Packets get
 * lost, so it is sent again until PREPARE's time is over.
 *
 * DRAIN shows the same of what is left: its participants are the hops of the
 * old paths, and the acknowledgement is that all that was sent has come out.
 * A hop that never shows it does not keep RELEASE from coming for ever.
 *
 * Before the journal's acknowledgement of COMMITTING an operation only rolls
 * back, after it only forward: FLIP is repeated without limit, since the
 * bridge that did not answer may carry either path (IN DOUBT).
 *
 * One thread. */

#include <stdbool.h>
#include <stddef.h>

#define OP_FSM_STATES                                                       \
    /* Journal entry written, waiting for its commit.  Entered by start. */ \
    OP_FSM_STATE(JOURNAL_PREPARE, "journal-prepare")                        \
    /* Inbound SAs at receivers; transport flows at bridges. */             \
    OP_FSM_STATE(PREPARE_INBOUND, "prepare-inbound")                        \
    /* Outbound SAs at senders. */                                          \
    OP_FSM_STATE(PREPARE_OUTBOUND, "prepare-outbound")                      \
    /* Probes through the hops.  Left at once when there is none.           \
     * Entered by start_prepared, too. */                                   \
    OP_FSM_STATE(PROVE, "prove")                                            \
    /* Journal says COMMITTING, waiting for its commit.  Neither back nor   \
     * forward until the database has answered. */                          \
    OP_FSM_STATE(JOURNAL_COMMIT, "journal-commit")                          \
    /* Classifiers flip. */                                                 \
    OP_FSM_STATE(FLIP, "flip")                                              \
    /* A path was replaced: the old one drains, for drain_ms at least, and  \
     * until it is proven.  Passed through at once when nobody flips or     \
     * nobody releases. */                                                  \
    OP_FSM_STATE(DRAIN, "drain")                                            \
    /* Old flows, SAs and VLANs go. */                                      \
    OP_FSM_STATE(RELEASE, "release")                                        \
    /* What PREPARE did is taken back. */                                   \
    OP_FSM_STATE(UNDO, "undo")                                              \
    /* Final.  The caller writes the outcome and destroys it. */            \
    OP_FSM_STATE(DONE, "done")                                              \
    OP_FSM_STATE(FAILED, "failed")

enum op_fsm_state {
#define OP_FSM_STATE(ENUM, TEXT) OP_FSM_##ENUM,
    OP_FSM_STATES
#undef OP_FSM_STATE
};

const char *op_fsm_state_to_string(enum op_fsm_state);

enum op_fsm_step {
    OP_FSM_STEP_INBOUND = 1 << 0,
    OP_FSM_STEP_FLOWS = 1 << 1,
    OP_FSM_STEP_OUTBOUND = 1 << 2,
    OP_FSM_STEP_FLIP = 1 << 3,
    OP_FSM_STEP_RELEASE = 1 << 4,
    OP_FSM_STEP_UNDO = 1 << 5,
    OP_FSM_STEP_PROVE = 1 << 6,
    OP_FSM_STEP_DRAIN = 1 << 7,
};

const char *op_fsm_step_to_string(enum op_fsm_step);

struct op_fsm_participant {
    const char *name;           /* "gateway gw1", "bridge br2", "the hop gw1
                                 * => gw2".  Copied. */
    unsigned int steps;         /* Bitwise OR of enum op_fsm_step. */
};

enum op_fsm_action_type {
    OP_FSM_ACT_JOURNAL,         /* Write 'state' into the journal; then call
                                 * op_fsm_journaled(). */
    OP_FSM_ACT_SEND,            /* Send 'step' to 'participant'. */
    OP_FSM_ACT_OWE,             /* Participant never acknowledged 'step' (RELEASE
                                 * or UNDO): write a debt. */
    OP_FSM_ACT_FINISH,          /* Reached DONE or FAILED. */
};

struct op_fsm_action {
    enum op_fsm_action_type type;
    enum op_fsm_state state;            /* JOURNAL: JOURNAL_PREPARE or _COMMIT. */
    size_t participant;                 /* SEND, OWE: index. */
    enum op_fsm_step step;              /* SEND, OWE. */
};

/* A state was entered.  An event is named by what it brings about, so that there
 * are few: "start"; "resumed" (another controller began it); "journaled";
 * "acknowledged" (of all who had to); "refused" (also: lost, aborted, too late:
 * the operation rolls back); "time-out" (it goes on without).  doc/model has the
 * same. */
struct op_fsm_transition {
    const char *from, *event, *to;      /* Of states as text; first "idle". */
};

struct op_fsm_timeouts {
    int prepare_ms;             /* For all of PREPARE and PROVE, from the
                                 * journal's acknowledgement on; then roll
                                 * back. */
    int retry_ms;               /* Between two sends of FLIP. */
    int drain_ms;               /* Between FLIP and RELEASE, if there are both:
                                 * at least; 0: none... */
    int drain_max_ms;           /* ...and at most, with proof or without. */
    int release_ms;             /* For RELEASE or UNDO; then it is owed. */
    int prove_ms;               /* Between two sends of PROVE. */
};

struct op_fsm;

/* 'participants' are copied; their order gives the indexes. */
struct op_fsm *op_fsm_create(const struct op_fsm_participant *, size_t n,
                             const struct op_fsm_timeouts *);
/* Accepts NULL. */
void op_fsm_destroy(struct op_fsm *);

/* Begins.  To resume from a journal call one of the other two instead:
 * preparing: undo; committing: forward. */
void op_fsm_start(struct op_fsm *, long long int now_ms);
/* The same of one whose new paths are prepared, and not in the journal: it begins
 * with PROVE, and JOURNAL_COMMIT is its first entry.  Nobody takes part in UNDO. */
void op_fsm_start_prepared(struct op_fsm *, long long int now_ms);
void op_fsm_resume_preparing(struct op_fsm *, long long int now_ms,
                             const char *reason);
void op_fsm_resume_committing(struct op_fsm *, long long int now_ms);

/* Events.  Late, repeated or unexpected ones are ignored.
 *
 * The database has answered about the entry of the last JOURNAL action.  'ok'
 * false, with a reason, only if it surely refused: then the operation rolls
 * back.  'reason' is ignored if 'ok'. */
void op_fsm_journaled(struct op_fsm *, bool ok, const char *reason,
                      long long int now_ms);
void op_fsm_acknowledged(struct op_fsm *, size_t participant,
                         enum op_fsm_step, long long int now_ms);
void op_fsm_refused(struct op_fsm *, size_t participant,
                    enum op_fsm_step, const char *reason,
                    long long int now_ms);
/* The participant's session or boot id changed, or it is gone: rolls back, in
 * JOURNAL_PREPARE once the database has answered.  From JOURNAL_COMMIT on it
 * is ignored. */
void op_fsm_lost(struct op_fsm *, size_t participant, const char *reason,
                 long long int now_ms);
/* The operator gave up.  Returns false if it is too late: JOURNAL_COMMIT (the
 * database may have it already) and after, or rolling back by itself. */
bool op_fsm_abort(struct op_fsm *, const char *reason,
                  long long int now_ms);
/* Time passed. */
void op_fsm_run(struct op_fsm *, long long int now_ms);
/* When op_fsm_run() has something to do, or LLONG_MAX. */
long long int op_fsm_deadline(const struct op_fsm *);

/* Pops the next action.  Returns false if there is none. */
bool op_fsm_next_action(struct op_fsm *, struct op_fsm_action *);

/* Pops the next transition that was made.  Returns false if there is none. */
bool op_fsm_next_transition(struct op_fsm *,
                            struct op_fsm_transition *);

enum op_fsm_state op_fsm_get_state(const struct op_fsm *);
bool op_fsm_is_committed(const struct op_fsm *);
/* Why it failed, what keeps FLIP from its end, or what was not seen to drain;
 * "" if nothing did. */
const char *op_fsm_reason(const struct op_fsm *);
/* Sequential rounds of requests so far (design: at most 3 until FLIP's
 * end).  PROVE's packets do not count: they ask nobody. */
unsigned int op_fsm_round_trips(const struct op_fsm *);
/* Did 'state' wait for anybody?  Without participants it is passed through. */
bool op_fsm_waited_in(const struct op_fsm *, enum op_fsm_state);
/* Milliseconds spent in 'state' so far. */
long long int op_fsm_time_in(const struct op_fsm *, enum op_fsm_state,
                             long long int now_ms);

#endif /* ofctl-app/operation/op-fsm.h */
