/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CHAIN_PLAN_H
#define SDSA_CHAIN_PLAN_H 1

/* What one chain needs now.  Pure.
 *
 *            NEW
 *             |  the first look
 *             v
 *   +---> SETTLED --------------------------------+  backup path, fail-over
 *   |       |  changed, damaged, keys near their  |
 *   |       v  end, deleted                       v
 *   |      DUE --------- started -------------> BUSY
 *   |       |  ^                                 |
 *   |       |  | what is in the way has gone     |
 *   |       |  v                                 |
 *   |       | WAITING                            |
 *   |       |                          failed    |  aborted
 *   |       | refused              +-------------+------------+
 *   |       v                      v                          v
 *   |    RESTING --------------> BACKOFF                   ABORTED
 *   |       |  topology changed    |  time over               |
 *   |       +----------------------+--------------------------+
 *   |                   |         to DUE: another try, or something else is
 *   |                   |         wanted
 *   +-------------------+---- what was applied is wanted again
 *                       |
 *                       v  keys of what is applied near their end
 *                     REKEY ---- started ----> BUSY
 *
 * A look gives a chain its state by the first rule that holds (find_state() in
 * chain-plan.c).  plan.c makes a DUE or REKEY chain WAITING if its operation
 * cannot start yet. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap.h"
#include "ofctl-app/plan/backup-plan.h"
#include "ofctl-app/plan/make-paths.h"
#include "ofctl-app/plan/plan-action.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "openvswitch/uuid.h"

/* The states, their texts, how each is entered and left.  The transitions are
 * listed in tests/unit/test-plan.c, which checks that there are no others. */
#define PLAN_STATES                                                         \
    /* Nobody has looked at the chain.  Entered: the chain has become known,\
     * or its row is another one.  Left: with the first look. */            \
    PLAN_STATE(NEW, "new")                                                  \
                                                                            \
    /* The wanted change is applied, and nothing is wrong with the paths.   \
     * Entered: a look finds that.  Left: a look finds something else, or an\
     * operation for a backup path starts. */                               \
    PLAN_STATE(SETTLED, "settled")                                          \
                                                                            \
    /* An operation is due.  Entered: a look finds that.  Left: at once, by \
     * the attempt to start it. */                                          \
    PLAN_STATE(DUE, "due")                                                  \
                                                                            \
    /* An operation is due, and an obstacle that goes by itself is in the way\
     * (another operation, packets in a function, a chain of its group that \
     * is not due, too many operations).  Entered: by the attempt to start  \
     * the operation.  Left: by a look, which comes with any news. */       \
    PLAN_STATE(WAITING, "waiting")                                          \
                                                                            \
    /* An operation of the chain is under way.  Entered: it starts, or is   \
     * resumed.  Left: with the look after its end; if another one is due   \
     * by then, the operation is hurried. */                                \
    PLAN_STATE(BUSY, "busy")                                                \
                                                                            \
    /* The operation of the chain failed.  Entered: with its end.  Left:    \
     * after a pause, or if something else is wanted. */                    \
    PLAN_STATE(BACKOFF, "back-off")                                         \
                                                                            \
    /* The planner found no paths for the chain; or new paths for one that  \
     * loses packets lost them, too.  Entered: the attempt to start an      \
     * operation was refused, or a look finds that.  Left: the topology has \
     * changed, paths of another chain have gone, something else is wanted, \
     * or after a pause if packets are lost. */                             \
    PLAN_STATE(RESTING, "resting")                                          \
                                                                            \
    /* The operator gave the change up.  Entered: with the end of the       \
     * operation.  Left: if something else is wanted. */                    \
    PLAN_STATE(ABORTED, "aborted")                                          \
                                                                            \
    /* The wanted change has failed (one of the three states above), and the\
     * paths in use need new keys until it succeeds.  Entered: a look finds \
     * that.  Left: by the attempt to start an operation for the keys. */   \
    PLAN_STATE(REKEY, "rekey")

enum plan_state {
#define PLAN_STATE(NAME, TEXT) PLAN_##NAME,
    PLAN_STATES
#undef PLAN_STATE
};

/* The row of a chain. */
struct plan_row {
    struct uuid uuid;
    int64_t wanted, applied, failed;    /* Sequence numbers. */
    int64_t change;             /* Group that changes together; 0: alone. */
    char *applied_intent;       /* Digest. */
    char *intent;               /* Digest of what is wanted; "": the row is
                                 * bad, or the chain was deleted. */
    char *bad;                  /* Error in the row, or NULL. */
    char *protection;           /* Column. */
    char *waits;                /* Column. */
    bool protect;               /* Column. */
    bool has_reason;            /* Column "reason" is not empty. */
};

/* The last attempt that failed. */
struct plan_failure {
    char *intent;               /* Digest that was tried; NULL: none failed. */
    int64_t wanted, change;     /* Sequence number and group of the attempt. */
    bool refused, aborted;      /* Neither: it was tried. */
    uint64_t version;           /* Of topology and paths, at that time. */
    int backoff_ms;             /* Pause before the next attempt. */
    long long int retry_ms;     /* Earliest time of the next attempt. */
};

/* The last attempt to leave paths on which packets were lost though nothing
 * is down. */
struct plan_silence {
    bool is_tried;              /* The operation under way is one. */
    uint64_t topology;          /* Of its end. */
    int backoff_ms;             /* Pause before the next one; 0: none was
                                 * made. */
    long long int retry_ms;     /* Earliest time of the next one. */
};

/* A chain.  Members are written by chain-plan.c and plan.c only. */
struct chain_plan {
    char *name;
    struct plan_row *row;       /* NULL: it was deleted. */
    enum plan_state state;
    struct plan_failure failure;
    struct plan_silence silence;
    long long int rekey_ms;     /* Earliest time of new keys meanwhile. */
    char *error;                /* Of a refusal, to be written; or NULL. */
    bool is_error_sent;         /* In the transaction that is under way. */
    struct backup_memory backup;

    /* From the last look. */
    struct due_chain due;
    char *reason;               /* DUE, REKEY: what it is due for, or NULL.
                                 * WAITING: what it waits for, and RESTING if
                                 * it waits for time to pass. */
    int64_t group;              /* Changes with the others of this number; 0:
                                 * alone, or it does not change.  Below 0: it
                                 * leaves a gateway (path_health_together()),
                                 * and does not wait for the others. */
    int64_t removal_group;      /* The same if it was deleted. */

    /* BUSY. */
    bool is_busy;
    bool is_resumed;            /* An earlier controller began. */
    enum plan_what doing;

    /* For plan.c. */
    struct heap_node timer;     /* In the heap if 'wake_ms' is set. */
    long long int wake_ms;      /* When to look at it; LLONG_MAX: no need. */
    struct hmap_node group_node;        /* If 'group' is set. */
    struct ovs_list state_node; /* In the list of its state. */
    struct ovs_list queue_node; /* Empty: not in the queue. */
    struct ovs_list writing_node;       /* Empty: nothing is to be written. */
    bool is_tried;              /* DUE: there is an attempt of its group. */
    bool is_unsettled;          /* Something is left to be done. */
};

/* Versions of what failures and backup paths depend on. */
struct plan_versions {
    uint64_t topology;          /* Counts changes of the topology, from 1. */
    uint64_t removals;          /* Counts paths that went. */
    unsigned int n_transitions[PLAN_REKEY + 1][PLAN_REKEY + 1];
};

/* Makes a chain that has no row.  The caller frees it with
 * chain_plan_destroy(). */
struct chain_plan *chain_plan_create(const char *name);
void chain_plan_destroy(struct chain_plan *);

/* Sets the row (NULL: there is none), which is copied.  Returns true if it was
 * another one or had other contents. */
bool chain_plan_set_row(struct chain_plan *, const struct plan_row *);

/* Gives the chain another state. */
void chain_plan_set_state(struct chain_plan *, struct plan_versions *,
                          enum plan_state);

/* Looks at the chain: gives it its state, sets 'wake_ms' and 'is_unsettled',
 * and what is due.  Returns true if there is an action to be done at once
 * (fail over, give up, hurry, backup path), then in '*action'. */
bool chain_plan_look(struct chain_plan *, const struct make_context *,
                     struct plan_versions *, struct plan_action *action);

/* Returns the target that an operation of the chain has now. */
struct plan_target chain_plan_target(const struct chain_plan *);

/* Notes that an operation is under way; 'is_resumed' if an earlier controller
 * began it. */
void chain_plan_begin(struct chain_plan *, enum plan_what, bool is_resumed);

/* How an operation ended. */
enum plan_outcome { PLAN_DONE, PLAN_FAILED, PLAN_GIVEN_UP };

/* Notes that the operation of the chain, which was for the target, has ended
 * ('reason' says why if it is not done). */
void chain_plan_end(struct chain_plan *, const struct plan_versions *,
                    const struct plan_target *, enum plan_outcome,
                    const char *reason, long long int now_ms);

/* Notes that no operation could start: 'error', which is copied, says why. */
void chain_plan_refuse(struct chain_plan *, const struct plan_versions *,
                       const char *error, long long int now_ms);

#endif /* ofctl-app/plan/chain-plan.h */
