/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CONDUCTOR_PRIVATE_H
#define SDSA_CONDUCTOR_PRIVATE_H 1

/* What the parts of the conductor share: conductor.c holds the lock, runs
 * operations and writes the database; conductor-chains.c decides which chains
 * need one, and which of them together; conductor-change.c starts it. */

#include <stdbool.h>
#include <stdint.h>

#include "ofctl-app/operation/op-spec.h"
#include "openvswitch/shash.h"
#include "openvswitch/uuid.h"

struct inv_chain;
struct live_path;
struct network_config;
struct op;
struct ops;
struct path;
struct sdsa_chain;

#define N_HISTORY 64

enum conductor_state {
    STANDBY,                    /* No lock: another controller rules. */
    CLAIMING,                   /* Epoch being committed. */
    ACTIVE,
};

/* What is remembered of a chain between operations. */
struct chain_memory {
    struct uuid row;            /* Another one of that name knows nothing. */
    bool aborted;               /* By the operator: until intent or 'wanted'
                                 * change. */
    char *failed_intent;        /* Not to be tried again before... */
    int64_t failed_wanted, failed_change;
    bool failed_certain;        /* It fails as long as nothing changes. */
    uint64_t failed_world;      /* ...one of these four changes. */
    char *reason;               /* Of a failure that is still to be written. */
    bool reason_sent;           /* In the open transaction. */
    bool healed;                /* Applied, undamaged, nothing under way. */
    int backoff_ms;
    long long int next_ms;      /* Not to be tried before... */
    long long int meanwhile_next_ms;    /* ...nor new keys for what is applied,
                                         * while that has failed. */

    /* Of its backup path. */
    char *protection;           /* Column "protection"; NULL: not known yet. */
    uint64_t backup_world;      /* A better one was looked for, or none was
                                 * found, with this. */
    bool backup_judged;         /* 'backup_world' counts. */
    int backup_backoff_ms;
    long long int backup_next_ms;       /* Not to be looked for before. */
};

struct conductor {
    struct ovsdb_idl *idl;
    const struct network_config *config;
    enum conductor_state state;
    uint64_t epoch;

    /* From here on: while ACTIVE only. */
    struct network *net;
    struct numbers *numbers;
    struct resync *resync;
    struct too_big *too_big;
    struct vswitches *vswitches;
    unsigned int vswitches_seqno;       /* That the inventory was made from. */
    struct ops *ops;            /* Under way. */
    struct shash chains;        /* struct chain_memory by chain name. */
    struct shash bad_chains;    /* Message by chain name. */
    struct shash left_sfs;      /* Functions without tags whose path went
                                 * without a drain: until when (long long int)
                                 * something may come out. */
    unsigned int idl_seqno;     /* That the inventory was made from. */
    long long int statistics_ms;        /* When to write them next. */
    long long int counters_ms;  /* When to look at those of SAs next. */
    unsigned int next_operation;

    bool may_act;               /* We hold the lock, at the last look. */
    struct ovsdb_idl_txn *txn;  /* Being committed, or NULL. */
    long long int next_txn_ms;  /* None before. */
    bool settled;               /* Nothing is left to do. */

    char *history[N_HISTORY];   /* Ended operations, a ring. */
    unsigned int n_history;     /* Ever. */
};

/* In conductor-chains.c. */

/* Starts the operations that are due; sets 'settled'. */
void conductor_start_operations(struct conductor *);

/* The memory of 'chain', made if there was none. */
struct chain_memory *conductor_get_memory(struct conductor *,
                                          const char *chain);
void conductor_destroy_memory(struct chain_memory *);
void conductor_remember_failure(struct conductor *, const struct op_chain *,
                                bool certain, bool aborted);

/* New keys for what is applied ('is_meanwhile') failed, which says nothing of
 * what is wanted. */
void conductor_pause_chain(struct conductor *, const char *chain);

/* What changes when bridges, gateways, functions or links do. */
uint64_t conductor_topology_seqno(const struct conductor *);

/* Are the keys of one of the paths due for renewal?  If not, wakes up when they
 * are. */
bool conductor_are_keys_due(struct live_path *const *, size_t n);

/* Writes failures that came before any operation, bumps that asked for nothing
 * new, and how chains are protected into the open transaction. */
void conductor_write_outcomes(struct conductor *);

/* That transaction has been committed, or ('ok' false) was not. */
void conductor_take_outcomes(struct conductor *, bool ok);

/* In conductor-change.c. */

/* 'path', of which nobody has waited until it is empty, goes. */
void conductor_leave_sfs(struct conductor *, const struct path *);

/* A chain for which an operation is due. */
struct due_chain {
    const char *name;
    const struct sdsa_chain *row;       /* NULL: it was deleted. */
    const struct inv_chain *chain;      /* NULL: that, or the row is bad... */
    const char *bad;                    /* ...for this reason. */
    char *why;                  /* NULL if it is bad. */
    bool keep_way;              /* Only the keys are to be new, if nothing
                                 * else has to. */
    bool is_repair;             /* What is wanted is what is applied. */
    bool is_interrupted;        /* The paths in use lose packets. */
    bool keys_due;              /* They are to be new in any case. */
    bool is_meanwhile;          /* The paths in use stay, with new keys: what
                                 * is wanted cannot be yet. */
    int64_t group;              /* Changes that go together; 0: alone. */
    bool taken;                 /* Private to conductor-chains.c. */
};

/* Starts one operation for 'n' chains together.  Returns NULL, or why chain
 * number '*culprit' cannot be so (caller frees); then nothing was started.
 * Nothing was either if something is in the way that goes by itself; or, then
 * '*split' is true, that goes with another one of these chains but not at the
 * same time. */
char *conductor_start_change(struct conductor *,
                             const struct due_chain *const *, size_t n,
                             size_t *culprit, bool *split);

/* How many paths of each kind, in use and for backup, a chain should have. */
size_t conductor_chain_n_paths(const struct inv_chain *);

/* Does the agent answer, and is it in line? */
bool conductor_gateway_answers(const struct conductor *, const char *vnf_id);

/* The operation's view of a chain as it is now. */
struct op_chain conductor_op_chain(const struct sdsa_chain *row,
                                   const struct inv_chain *);

/* Backup paths for 'chain', which has the 'n' paths 'used': as disjoint from
 * them as can be; or, if 'renew' is not NULL, over the way of these.  Returns
 * NULL and the paths with their numbers claimed, or why there are none (caller
 * frees). */
char *conductor_make_backup(struct conductor *, const struct inv_chain *,
                            struct live_path *const *used, size_t n,
                            struct live_path *const *renew,
                            struct path *paths[2]);
/* Gives the numbers of paths that came to nothing back, and destroys them. */
void conductor_drop_paths(struct conductor *, struct path *const *, size_t n);

/* In conductor-backup.c. */

/* Starts to use the backup path of the chain, whose path in use has failed.
 * Returns false if there is none that would do. */
bool conductor_fail_over(struct conductor *, const struct due_chain *);

/* An operation of the chain is under way: gives it up if the path in use has
 * failed meanwhile and the backup path would do. */
void conductor_hurry(struct conductor *, const struct sdsa_chain *,
                     const struct inv_chain *);

/* All is well with the chain: sees to its backup path.  Returns false if
 * something is to be done about that. */
bool conductor_keep_backup(struct conductor *, const struct sdsa_chain *,
                           const struct inv_chain *);

/* Says how the chain is protected.  Takes ownership of 'text'. */
void conductor_set_protection(struct chain_memory *, char *text);

/* An operation for, or with, its backup path has failed. */
void conductor_backup_failed(struct conductor *, const struct op *,
                             const char *chain);

#endif /* ofctl-app/conductor/conductor-private.h */
