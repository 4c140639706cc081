/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CONDUCTOR_PRIVATE_H
#define SDSA_CONDUCTOR_PRIVATE_H 1

/* What the parts of the conductor share.  conductor.c holds the lock and runs
 * all; conductor-facts.c tells the planner how things are; conductor-change.c
 * does what it wants; conductor-ops.c adds operations; conductor-results.c and
 * conductor-events.c hear bridges and agents; conductor-write.c writes the
 * database; conductor-show.c is for people. */

#include <stdbool.h>
#include <stdint.h>

#include "simap.h"

struct network_config;
struct ops;
struct plan;

#define N_HISTORY 64

enum conductor_state {
    STANDBY,                    /* No lock: another controller rules. */
    CLAIMING,                   /* Epoch being committed. */
    ACTIVE,
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
    unsigned int vswitches_seqno;       /* Sequence number of the declarations
                                         * that the inventory has. */
    struct ops *ops;            /* Under way. */
    struct plan *plan;          /* What the chains need. */
    struct simap topology;      /* As the planner knows it. */
    unsigned int idl_seqno;     /* Sequence number of the database contents
                                 * that the inventory has. */
    long long int statistics_ms;        /* When to write them next. */
    long long int counters_ms;  /* When to look at those of SAs next. */
    unsigned int next_operation;

    bool may_act;               /* We hold the lock, at the last look. */
    struct ovsdb_idl_txn *txn;  /* Being committed, or NULL. */
    long long int next_txn_ms;  /* None before. */

    char *history[N_HISTORY];   /* Ended operations, a ring. */
    unsigned int n_history;     /* Ever. */
};

#endif /* ofctl-app/conductor/conductor-private.h */
