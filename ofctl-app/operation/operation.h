#ifndef SDSA_OPERATION_H
#define SDSA_OPERATION_H 1

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
 *     operation_start() ---------> [all acknowledged] ---------> [all ack.]
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

#define OPERATION_STATES                                                    \
    /* Journal entry written, waiting for its commit.  Entered by start. */ \
    OPERATION_STATE(JOURNAL_PREPARE, "journal-prepare")                     \
    /* Inbound SAs at receivers; transport flows at bridges. */             \
    OPERATION_STATE(PREPARE_INBOUND, "prepare-inbound")                     \
    /* Outbound SAs at senders. */                                          \
    OPERATION_STATE(PREPARE_OUTBOUND, "prepare-outbound")                   \
    /* Probes through the hops.  Left at once when there is none.           \
     * Entered by start_prepared, too. */                                   \
    OPERATION_STATE(PROVE, "prove")                                         \
    /* Journal says COMMITTING, waiting for its commit.  Neither back nor   \
     * forward until the database has answered. */                          \
    OPERATION_STATE(JOURNAL_COMMIT, "journal-commit")                       \
    /* Classifiers flip. */                                                 \
    OPERATION_STATE(FLIP, "flip")                                           \
    /* A path was replaced: the old one drains, for drain_ms at least, and  \
     * until it is proven.  Passed through at once when nobody flips or     \
     * nobody releases. */                                                  \
    OPERATION_STATE(DRAIN, "drain")                                         \
    /* Old flows, SAs and VLANs go. */                                      \
    OPERATION_STATE(RELEASE, "release")                                     \
    /* What PREPARE did is taken back. */                                   \
    OPERATION_STATE(UNDO, "undo")                                           \
    /* Final.  The caller writes the outcome and destroys it. */            \
    OPERATION_STATE(DONE, "done")                                           \
    OPERATION_STATE(FAILED, "failed")

enum operation_state {
#define OPERATION_STATE(ENUM, TEXT) OPERATION_##ENUM,
    OPERATION_STATES
#undef OPERATION_STATE
};

const char *operation_state_to_string(enum operation_state);

enum operation_step {
    OPERATION_STEP_INBOUND = 1 << 0,
    OPERATION_STEP_FLOWS = 1 << 1,
    OPERATION_STEP_OUTBOUND = 1 << 2,
    OPERATION_STEP_FLIP = 1 << 3,
    OPERATION_STEP_RELEASE = 1 << 4,
    OPERATION_STEP_UNDO = 1 << 5,
    OPERATION_STEP_PROVE = 1 << 6,
    OPERATION_STEP_DRAIN = 1 << 7,
};

const char *operation_step_to_string(enum operation_step);

struct operation_participant {
    const char *name;           /* "gateway gw1", "bridge br2", "the hop gw1
                                 * => gw2".  Copied. */
    unsigned int steps;         /* Bitwise OR of enum operation_step. */
};

enum operation_action_type {
    OPERATION_ACT_JOURNAL,      /* Write 'state' into the journal; then call
                                 * operation_journaled(). */
    OPERATION_ACT_SEND,         /* Send 'step' to 'participant'. */
    OPERATION_ACT_OWE,        /* Participant never acknowledged 'step' (RELEASE
                                 * or UNDO): write a debt. */
    OPERATION_ACT_FINISH,       /* Reached DONE or FAILED. */
};

struct operation_action {
    enum operation_action_type type;
    enum operation_state state;      /* JOURNAL: JOURNAL_PREPARE or _COMMIT. */
    size_t participant;                 /* SEND, OWE: index. */
    enum operation_step step;           /* SEND, OWE. */
};

/* A state was entered.  An event is named by what it brings about, so that there
 * are few: "start"; "resumed" (another controller began it); "journaled";
 * "acknowledged" (of all who had to); "refused" (also: lost, aborted, too late:
 * the operation rolls back); "time-out" (it goes on without).  doc/model has the
 * same. */
struct operation_transition {
    const char *from, *event, *to;      /* Of states as text; first "idle". */
};

struct operation_timeouts {
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

struct operation;

/* 'participants' are copied; their order gives the indexes. */
struct operation *operation_create(unsigned int number,
                                   const struct operation_participant *,
                                   size_t n, const struct operation_timeouts *);
/* Accepts NULL. */
void operation_destroy(struct operation *);

/* Begins.  To resume from a journal call one of the other two instead:
 * preparing: undo; committing: forward. */
void operation_start(struct operation *, long long int now_ms);
/* The same of one whose new paths are prepared, and not in the journal: it begins
 * with PROVE, and JOURNAL_COMMIT is its first entry.  Nobody takes part in UNDO. */
void operation_start_prepared(struct operation *, long long int now_ms);
void operation_resume_preparing(struct operation *, long long int now_ms,
                                const char *reason);
void operation_resume_committing(struct operation *, long long int now_ms);

/* Events.  Late, repeated or unexpected ones are ignored.
 *
 * The database has answered about the entry of the last JOURNAL action.  'ok'
 * false, with a reason, only if it surely refused: then the operation rolls
 * back.  'reason' is ignored if 'ok'. */
void operation_journaled(struct operation *, bool ok, const char *reason,
                         long long int now_ms);
void operation_acknowledged(struct operation *, size_t participant,
                            enum operation_step, long long int now_ms);
void operation_refused(struct operation *, size_t participant,
                       enum operation_step, const char *reason,
                       long long int now_ms);
/* The participant's session or boot id changed, or it is gone: rolls back, in
 * JOURNAL_PREPARE once the database has answered.  From JOURNAL_COMMIT on it
 * is ignored. */
void operation_lost(struct operation *, size_t participant, const char *reason,
                    long long int now_ms);
/* The operator gave up.  Returns false if it is too late: JOURNAL_COMMIT (the
 * database may have it already) and after, or rolling back by itself. */
bool operation_abort(struct operation *, const char *reason,
                     long long int now_ms);
/* Time passed. */
void operation_run(struct operation *, long long int now_ms);
/* When operation_run() has something to do, or LLONG_MAX. */
long long int operation_deadline(const struct operation *);

/* Pops the next action.  Returns false if there is none. */
bool operation_next_action(struct operation *, struct operation_action *);

/* Pops the next transition that was made.  Returns false if there is none. */
bool operation_next_transition(struct operation *,
                               struct operation_transition *);

unsigned int operation_number(const struct operation *);
enum operation_state operation_get_state(const struct operation *);
bool operation_is_committed(const struct operation *);
/* Why it failed, what keeps FLIP from its end, or what was not seen to drain;
 * "" if nothing did. */
const char *operation_reason(const struct operation *);
/* Sequential rounds of requests so far (design: at most 3 until FLIP's
 * end).  PROVE's packets do not count: they ask nobody. */
unsigned int operation_round_trips(const struct operation *);
/* Did 'state' wait for anybody?  Without participants it is passed through. */
bool operation_waited_in(const struct operation *, enum operation_state);
/* Milliseconds spent in 'state' so far. */
long long int operation_time_in(const struct operation *, enum operation_state,
                                long long int now_ms);

#endif /* ofctl-app/operation/operation.h */
