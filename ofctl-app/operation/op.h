/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_OP_H
#define SDSA_OP_H 1

/* One operation at work: the coordinator's state machine (op-fsm.h)
 * together with what it moves: the old and new paths of one chain or several,
 * the keys of the new ones, and the participants with what was sent to each.
 *
 * Keys live from the operation's creation until both ends of every hop have
 * acknowledged, or the operation ends; they are nowhere else. */

#include <stdbool.h>
#include <stdint.h>

#include "ofctl-app/operation/op-fsm.h"
#include "openvswitch/list.h"
#include "openvswitch/uuid.h"

struct network;
struct live_path;
struct restconf_result;
struct probe;

/* Where the journal entry that the state machine asked for stands. */
enum op_journal {
    OP_JOURNAL_IDLE,
    OP_JOURNAL_NEEDED,          /* To be written into the next transaction. */
    OP_JOURNAL_SENT,          /* In the transaction that is being committed. */
};

/* What it is for. */
enum op_purpose {
    OP_CHANGE,                  /* To have chains as they are wanted. */
    OP_BACKUP,                  /* To have, or not to have, a backup path. */
    OP_FAILOVER,                /* To use the backup path: its new paths are
                                 * prepared already, and if it comes to nothing
                                 * they stay what they were. */
};

struct op_debt {
    char *participant;          /* "gateway gw1". */
    bool of_new;              /* Owes removal of the new paths, not the old. */
};

/* A chain that it changes. */
struct op_chain {
    char *name;
    struct uuid uuid;           /* Of its row; all zero for deletion. */
    int64_t wanted;             /* Its sequence number that is realised. */
    int64_t change;             /* What it goes together with; 0: not known. */
    char *intent;               /* Digest that is realised; "" for deletion. */
    bool is_meanwhile;          /* New keys for what is applied, while something
                                 * else is wanted that cannot be. */
};

struct op {
    struct ovs_list node;       /* In conductor's 'ops'. */
    enum op_purpose purpose;
    struct op_fsm *fsm;
    struct op_chain *chains;
    size_t n_chains;
    char *names;                /* Of the chains, for people: "a b". */
    char *why;                  /* For the log: "new", "deleted", ... */
    struct live_path **old, **new;      /* Owned by the network. */
    size_t n_old, n_new;
    long long int started_ms, started_wall_s;
    bool aborted;               /* By the operator. */
    bool resumed;               /* Another controller began it: if it comes to
                                 * nothing, that says nothing of the chain. */

    enum op_journal journal;
    enum op_fsm_state journal_state; /* JOURNAL_PREPARE, JOURNAL_COMMIT, or
                                         * DONE, FAILED: the end. */
    struct op_debt *debts;
    size_t n_debts;

    /* Private. */
    struct op_participant *participants;
    size_t n_participants;
    struct op_key *keys;
    size_t n_keys;
    struct uuid probe_token;
};

/* Makes an operation over paths that are live in 'net'.  'number' is from the
 * journal's counter.  'chains' are copied.  With 'prove' it sends packets through
 * the new hops before it commits.  The caller then starts or resumes it. */
struct op *op_create(struct network *, enum op_purpose, unsigned int number,
                     const struct op_chain *chains, size_t n_chains,
                     const char *why,
                     struct live_path **old, size_t n_old,
                     struct live_path **new, size_t n_new, bool prove,
                     const struct op_fsm_timeouts *);
/* Begins: makes the keys of the new paths (and sets their check values), unless
 * they are prepared. */
void op_start(struct op *);

/* Goes on where a controller that is gone left it: forward if it had
 * 'committed', else back.  Sets which flows the paths are to have. */
void op_resume(struct op *, bool committed);

/* Leaves the paths.  Wipes the keys.  Accepts NULL. */
void op_destroy(struct op *);

/* Does what the state machine wants done, notices participants that were lost,
 * and time.  'epoch' is this controller's. */
void op_run(struct op *, struct network *, uint64_t epoch);
void op_wait(const struct op *);

/* An answer came.  Returns true if the ticket was of this operation. */
bool op_bridge_result(struct op *, const char *bridge, uint64_t ticket,
                      const char *error);
bool op_agent_result(struct op *, const char *vnf_id,
                     const struct restconf_result *);

/* A probe came to the end of a hop, at 'bridge'.  Returns true if it was of
 * this operation. */
bool op_probe_result(struct op *, const struct network *, const char *bridge,
                     const struct probe *);

/* What to remember of an operation that came to its end: milliseconds by
 * phase; who took part; packets lost on each old hop, as far as both of its
 * gateways told.  Adds to the arguments, which the caller initialised. */
struct simap;
struct sset;
void op_report(const struct op *, struct simap *phases_ms,
               struct sset *participants, struct simap *lost);

/* One line for people: "12 web (new): release, 23 ms: ...". */
char *op_format(const struct op *);

#endif /* ofctl-app/operation/op.h */
