/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CONDUCTOR_PRIVATE_H
#define SDSA_CONDUCTOR_PRIVATE_H 1

/* What the parts of the conductor share.  conductor.c holds the lock and runs
 * all; conductor-facts.c tells the planner how things are; conductor-change.c
 * does what it wants; conductor-results.c and conductor-events.c hear bridges
 * and agents; conductor-write.c writes the database; conductor-epoch.c
 * overrules epochs of other databases; conductor-show.c is for people. */

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/shash.h"
#include "simap.h"

struct agent;
struct network_config;
struct op;
struct op_spec;
struct ops;
struct plan;
struct plan_facts;

#define N_HISTORY 64

enum conductor_state {
    STANDBY,                    /* No lock: another controller rules. */
    CLAIMING,                   /* Epoch being committed. */
    DECLINING,                  /* Being committed: why it cannot act. */
    ACTIVE,
};

struct conductor {
    struct ovsdb_idl *idl;
    const struct db_watch *db_watch;
    const struct network_config *config;
    enum conductor_state state;
    uint64_t epoch;
    uint64_t raising;           /* Epoch in the transaction under way that is
                                 * to be ours, or 0. */
    char *behind;               /* Who refuses our epoch, for people, or
                                 * NULL. */
    long long int next_overrule_ms; /* When one of them may be overruled. */
    struct shash overruled;     /* Of struct overruled, by "bridge NAME" or
                                 * "gateway VNF-ID". */
    char *trouble;              /* Why it could not act when it last had the
                                 * lock, or NULL. */
    int declined_pause_ms;      /* From DECLINING to the next try. */
    struct network *net;        /* While CLAIMING or ACTIVE. */

    /* From here on: while ACTIVE only. */
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
    long long int keep_ms;      /* When to write them to disk next. */
    long long int counters_ms;  /* When to look at those of SAs next. */
    unsigned int next_operation;

    int64_t holder_seen;        /* SDSA_Global's "controller_seen", and when it
                                 * was that first: while STANDBY. */
    long long int holder_ms;
    const char *holder_fault;   /* Or NULL. */
    bool may_act;               /* We hold the lock, at the last look. */
    struct ovsdb_idl_txn *txn;  /* Being committed, or NULL. */
    long long int next_txn_ms;  /* None before. */

    char *history[N_HISTORY];   /* Ended operations, a ring. */
    unsigned int n_history;     /* Ever. */
};

/* conductor-epoch.c. */

/* Writes a later epoch into the open transaction if bridges or agents refuse
 * ours and the operator has nothing against it. */
void conductor_epoch_write(struct conductor *);

/* The transaction is over.  If it was committed ('ok') and had an epoch, that
 * is ours now, and bridges and agents are asked to take it. */
void conductor_epoch_written(struct conductor *, bool ok);

/* True if 'agent' refuses our epoch and is about to be overruled: an operation
 * that needs it waits so long. */
bool conductor_epoch_is_due(const struct conductor *, const struct agent *);

/* Wakes the poll loop when an epoch may be written again. */
void conductor_epoch_wait(const struct conductor *);

/* conductor-facts.c: what the planner decides from and writes. */

/* Returns the facts as they are now.  They are valid until something
 * changes. */
struct plan_facts conductor_facts(const struct conductor *);

/* Tells the planner if the topology is another one than it was the last
 * time. */
void conductor_facts_tell_topology(struct conductor *);

/* Writes what the planner wants to be written into the open transaction. */
void conductor_facts_write_rows(struct conductor *);

/* conductor-change.c: operations as the planner wants them and as the user
 * configured them. */

/* Adds an operation to those under way; the caller starts or resumes it.  Of
 * the spec, the timeouts are ignored: the user's configuration says them, and
 * whether anything is proven at all.  A 'number' of 0 stands for the next
 * one. */
struct op *conductor_add_op(struct conductor *, const struct op_spec *);

/* Starts the operations that are due, and gives up those that stand in the
 * way of a backup path. */
void conductor_start_operations(struct conductor *);

/* Tells the planner of the end of 'op', whose paths are what they are to
 * be. */
void conductor_end_chains(struct conductor *, const struct op *, bool done);

/* conductor-results.c. */

/* Hands results of bridges to operations; results of agents to the resync or
 * to operations; packets that bridges sent to operations (probes), or to
 * too-big.h. */
void conductor_results_run(struct conductor *);

/* conductor-events.c. */

/* Handles the events of agents, and every few seconds the counters of SAs,
 * which tell what an event told while nobody listened. */
void conductor_events_run(struct conductor *);

/* conductor-write.c. */

/* Begins a transaction, 'c->txn', with all that is to be written.  The caller
 * commits it. */
void conductor_write(struct conductor *);

/* The transaction is over.  'ok' says whether it was committed; if not,
 * 'refusal' is NULL or why the database surely refused it. */
void conductor_written(struct conductor *, bool ok, const char *refusal);

#endif /* ofctl-app/conductor/conductor-private.h */
