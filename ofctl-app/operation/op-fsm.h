/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_OP_FSM_H
#define SDSA_OP_FSM_H 1

/* The coordinator of one operation: a pure state machine (doc/architecture.md,
 * "One operation"; doc/decisions.md, 3 and 4).
 *
 * An operation replaces a chain's old paths (perhaps none) by new ones
 * (perhaps none): all of it happens, or nothing.  This module knows no path,
 * no flow and no key.  It knows the participants, in which of the nine steps
 * each takes part, and the order of the steps.  Events come in, actions go
 * out, time is passed in; no I/O.  The caller (op.c) does the actions and
 * reports results.
 *
 *                      journal    INBOUND, FLOWS       OUTBOUND
 *     op_fsm_start() ----------> [all acknowledged] ---------> [all ack.]
 *        |                             |                          |
 *        |                             |               PROVE: [all ack.]
 *        | refused, lost, timed out, aborted:                     | journal
 *        |         before the commit   |                          | COMMITTING
 *        v                             v                          v = commit
 *     FAILED <---[UNDO: all ack. or owed] <----------------+        point
 *                                                                 |
 *     DONE  <---[RELEASE: all ack. or owed] <- DRAIN <- [FLIP: all ack.] <
 *
 * PROVE shows that what was prepared carries packets.  Its participants are
 * the hops of the new paths; a packet that came through is an acknowledgement.
 * Packets get lost, so they are sent again until the time of PREPARE is over.
 *
 * DRAIN shows that the old paths are empty.  It begins with CLOSE, at bridges
 * that have nothing to flip to: they put no packet on the old paths any more.
 * Then come the hops of the old paths; a hop acknowledges when all that was
 * sent has come out.  A bridge that does not close, or a hop that never shows
 * that it is empty, delays RELEASE until 'drain_max_ms' at most.
 *
 * Before the journal has acknowledged COMMITTING an operation can only roll
 * back, and afterwards it only goes forward.  FLIP is repeated without limit,
 * since a bridge that did not answer may carry either path (IN DOUBT).
 *
 * One thread. */

#include <stdbool.h>
#include <stddef.h>

#define OP_FSM_STATES                                                       \
    /* The entry "preparing" is on its way into the journal.  Entered by    \
     * start; left when the database has answered. */                       \
    OP_FSM_STATE(JOURNAL_PREPARE, "journal-prepare")                        \
    /* Receivers get inbound SAs, bridges get transport flows.  Left when all\
     * inbound SAs are acknowledged. */                                     \
    OP_FSM_STATE(PREPARE_INBOUND, "prepare-inbound")                        \
    /* Senders get outbound SAs.  Left when these and all transport flows are\
     * acknowledged. */                                                     \
    OP_FSM_STATE(PREPARE_OUTBOUND, "prepare-outbound")                      \
    /* Probes pass the new hops.  Left at once if there is none.  Also      \
     * entered by start_prepared. */                                        \
    OP_FSM_STATE(PROVE, "prove")                                            \
    /* The entry "committing" is on its way into the journal.  Neither back \
     * nor forward until the database has answered. */                      \
    OP_FSM_STATE(JOURNAL_COMMIT, "journal-commit")                          \
    /* Classifiers flip.  Also entered by resume_committing. */             \
    OP_FSM_STATE(FLIP, "flip")                                              \
    /* The old path drains: for drain_ms at least, and until it is proven   \
     * empty.  Left at once if nobody flips or closes, or nobody            \
     * releases. */                                                         \
    OP_FSM_STATE(DRAIN, "drain")                                            \
    /* Old flows, SAs and VLANs are removed. */                             \
    OP_FSM_STATE(RELEASE, "release")                                        \
    /* What PREPARE did is removed.  Entered from every state between start \
     * and commit, and by resume_preparing. */                              \
    OP_FSM_STATE(UNDO, "undo")                                              \
    /* Final.  The caller writes the outcome and destroys the operation. */ \
    OP_FSM_STATE(DONE, "done")                                              \
    OP_FSM_STATE(FAILED, "failed")

enum op_fsm_state {
#define OP_FSM_STATE(ENUM, TEXT) OP_FSM_##ENUM,
    OP_FSM_STATES
#undef OP_FSM_STATE
};

/* The name of a state in the journal, in messages and in doc/model. */
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
    OP_FSM_STEP_CLOSE = 1 << 8,
};

/* The name of a single step: "inbound", "flows", ... */
const char *op_fsm_step_to_string(enum op_fsm_step);

struct op_fsm_participant {
    const char *name;           /* "gateway gw1", "bridge br2", "the hop gw1
                                 * => gw2".  Copied. */
    unsigned int steps;         /* Bitwise OR of enum op_fsm_step. */
};

enum op_fsm_action_type {
    OP_FSM_ACT_JOURNAL,         /* Write the state, JOURNAL_PREPARE or _COMMIT,
                                 * into the journal; then call
                                 * op_fsm_journaled(). */
    OP_FSM_ACT_SEND,            /* Send 'step' to 'participant'. */
    OP_FSM_ACT_OWE,             /* Write a debt: 'participant' never
                                 * acknowledged 'step' (RELEASE or UNDO). */
    OP_FSM_ACT_FINISH,          /* The operation is DONE or FAILED. */
};

struct op_fsm_action {
    enum op_fsm_action_type type;
    size_t participant;         /* SEND, OWE: index. */
    enum op_fsm_step step;      /* SEND, OWE. */
};

/* A state was entered.  The event is one of
 *
 *   "start"         op_fsm_start() or op_fsm_start_prepared().
 *   "resumed"       One of the functions to resume.
 *   "journaled"     The database has the entry.
 *   "acknowledged"  All participants of the step have acknowledged.
 *   "refused"       The operation rolls back: a participant refused or was
 *                   lost, it was too late, or the operation was aborted.
 *   "time-out"      The operation goes on without some participants.
 *
 * doc/model has the same names. */
struct op_fsm_transition {
    const char *from, *event, *to;      /* States as text; the first "idle". */
};

/* All in milliseconds. */
struct op_fsm_timeouts {
    int prepare_ms;             /* For PREPARE and PROVE together, from the
                                 * journal's acknowledgement on; then the
                                 * operation rolls back. */
    int retry_ms;               /* Between two sends of FLIP. */
    int drain_ms;               /* DRAIN takes so long at least, from FLIP and
                                 * CLOSE on, but for op_fsm_is_unused(); 0:
                                 * there is none. */
    int drain_max_ms;           /* DRAIN takes so long at most, but for
                                 * op_fsm_hurry(). */
    int release_ms;             /* For RELEASE or UNDO; then it is owed.  The
                                 * same. */
    int prove_ms;               /* Between two sends of PROVE. */
};

struct op_fsm;

/* Makes a state machine of which no event has come.  The participants are
 * copied; their order gives the indexes.  Caller must free with
 * op_fsm_destroy(). */
struct op_fsm *op_fsm_create(const struct op_fsm_participant *, size_t n,
                             const struct op_fsm_timeouts *);

/* Accepts NULL. */
void op_fsm_destroy(struct op_fsm *);

/* Begins.  Exactly one of this function and the next three is called, once.
 * 'now_ms' is of the same clock (time_msec()) in all functions. */
void op_fsm_start(struct op_fsm *, long long int now_ms);

/* Begins with new paths that are prepared and not in the journal: with PROVE.
 * JOURNAL_COMMIT is the first entry.  No participant may have UNDO. */
void op_fsm_start_prepared(struct op_fsm *, long long int now_ms);

/* Resumes an operation whose journal entry says "preparing": with UNDO.  The
 * text of 'reason' is copied. */
void op_fsm_resume_preparing(struct op_fsm *, long long int now_ms,
                             const char *reason);

/* Resumes an operation whose journal entry says "committing": with FLIP. */
void op_fsm_resume_committing(struct op_fsm *, long long int now_ms);

/* Events.  Those that are late, repeated or unexpected are ignored. */

/* The database has answered about the entry of the last JOURNAL action.  'ok'
 * is false, with a reason, only if it surely refused: then the operation rolls
 * back.  'reason' is ignored if 'ok' is true, else copied. */
void op_fsm_journaled(struct op_fsm *, bool ok, const char *reason,
                      long long int now_ms);

/* The participant has done the step. */
void op_fsm_acknowledged(struct op_fsm *, size_t participant,
                         enum op_fsm_step, long long int now_ms);

/* No packet was on the old paths, so no cache leads there: once all hops are
 * drained DRAIN need not last for 'drain_ms'. */
void op_fsm_is_unused(struct op_fsm *, long long int now_ms);

/* Another operation waits for this one: DRAIN ends after 'drain_ms' at the
 * latest, and RELEASE and UNDO wait for no participant that is away: it owes
 * them.  op_fsm_run() is to be called next. */
void op_fsm_hurry(struct op_fsm *);

/* Is the participant away?  None is at first.  The same. */
void op_fsm_set_away(struct op_fsm *, size_t participant, bool is_away);

/* The participant will not do the step, for 'reason', which is copied.  Rolls
 * back, if that is still possible; else the step is sent again later. */
void op_fsm_refused(struct op_fsm *, size_t participant,
                    enum op_fsm_step, const char *reason,
                    long long int now_ms);

/* The participant's session or boot id changed, or the participant is gone.
 * Rolls back; in JOURNAL_PREPARE only once the database has answered; not at
 * all from JOURNAL_COMMIT on.  'reason' is copied. */
void op_fsm_lost(struct op_fsm *, size_t participant, const char *reason,
                 long long int now_ms);

/* Rolls back for 'reason', which is copied.  Returns false if it is too late:
 * in JOURNAL_COMMIT, since the database may have the entry already, and after;
 * and if the operation rolls back anyway. */
bool op_fsm_abort(struct op_fsm *, const char *reason,
                  long long int now_ms);

/* Time has passed. */
void op_fsm_run(struct op_fsm *, long long int now_ms);

/* Returns when op_fsm_run() or op_fsm_next_action() has something to do, or
 * LLONG_MAX. */
long long int op_fsm_deadline(const struct op_fsm *);

/* Pops the next action.  Returns false if there is none. */
bool op_fsm_next_action(struct op_fsm *, struct op_fsm_action *);

/* Pops the next transition that was made.  Returns false if there is none. */
bool op_fsm_next_transition(struct op_fsm *, struct op_fsm_transition *);

/* The state it is in. */
enum op_fsm_state op_fsm_get_state(const struct op_fsm *);

/* Returns true if the operation can only go forward. */
bool op_fsm_is_committed(const struct op_fsm *);

/* The reason of its failure, of its stay in FLIP, or why DRAIN was left
 * without proof; "" if there is none.  Valid until the next event. */
const char *op_fsm_reason(const struct op_fsm *);

/* Did the operation roll back since this participant refused, or did not
 * answer in time? */
bool op_fsm_is_culprit(const struct op_fsm *, size_t participant);

/* Has the participant acknowledged the step? */
bool op_fsm_has_done(const struct op_fsm *, size_t participant,
                     enum op_fsm_step);

/* The number of sequential rounds of requests so far: at most 3 until FLIP's
 * end.  Packets of PROVE do not count: they ask nobody. */
unsigned int op_fsm_round_trips(const struct op_fsm *);

/* Did the operation wait in 'state' for a participant?  Without participants a
 * state is left at once. */
bool op_fsm_waited_in(const struct op_fsm *, enum op_fsm_state);

/* Milliseconds spent in 'state' so far. */
long long int op_fsm_time_in(const struct op_fsm *, enum op_fsm_state,
                             long long int now_ms);

#endif /* ofctl-app/operation/op-fsm.h */
