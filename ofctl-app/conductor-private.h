/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CONDUCTOR_PRIVATE_H
#define SDSA_CONDUCTOR_PRIVATE_H 1

/* What the two halves of the conductor share: conductor.c holds the lock, runs
 * operations and writes the database; conductor-chains.c decides which chain
 * needs one. */

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/list.h"
#include "openvswitch/shash.h"
#include "openvswitch/uuid.h"

struct live_path;
struct network_config;
struct op;
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
    int64_t failed_wanted;
    bool failed_certain;        /* It fails as long as nothing changes. */
    uint64_t failed_world;      /* ...one of these three changes. */
    char *reason;               /* Of a failure that is still to be written. */
    bool reason_sent;           /* In the open transaction. */
    bool healed;                /* Applied, undamaged, nothing under way. */
    int backoff_ms;
    long long int next_ms;      /* Not to be tried before. */
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
    struct ovs_list ops;        /* struct op. */
    struct shash chains;        /* struct chain_memory by chain name. */
    struct shash bad_chains;    /* Message by chain name. */
    unsigned int idl_seqno;     /* That the inventory was made from. */
    long long int statistics_ms;        /* When to write them next. */
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

/* Adds an operation to those under way; the caller starts or resumes it.
 * Arguments as of op_create(). */
struct op *conductor_add_op(struct conductor *, unsigned int number,
                            const char *chain, const struct uuid *chain_uuid,
                            const char *why, int64_t wanted,
                            const char *intent,
                            struct live_path **old, size_t n_old,
                            struct live_path **new, size_t n_new);

/* The memory of 'chain', made if there was none. */
struct chain_memory *conductor_get_memory(struct conductor *,
                                          const char *chain);
void conductor_destroy_memory(struct chain_memory *);
void conductor_remember_failure(struct conductor *, const char *chain,
                                int64_t wanted, const char *intent,
                                bool certain, bool aborted);

/* Writes failures that came before any operation, and bumps that asked for
 * nothing new, into the open transaction. */
void conductor_write_outcomes(struct conductor *);

/* That transaction has been committed, or ('ok' false) was not. */
void conductor_take_outcomes(struct conductor *, bool ok);

#endif /* ofctl-app/conductor-private.h */
