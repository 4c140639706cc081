/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_OP_PRIVATE_H
#define SDSA_OP_PRIVATE_H 1

/* What the files of an operation at work share.  op.c runs the state machine;
 * op-participants.c finds out who takes part; op-gateway.c, op-bridge.c and
 * op-hops.c do what a participant of their kind has to; journal.c writes it
 * down; ops.c has all operations. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ofctl-app/model/participant.h"
#include "ofctl-app/operation/op-fsm.h"
#include "ofctl-app/operation/op-spec.h"
#include "ofctl-app/southbound/agent-state.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "openvswitch/uuid.h"

struct network;
struct op;
struct op_participant;
struct path_hop;
struct probe;
struct secret;
struct suspects;

/* What participants of one kind do. */
struct op_kind {
    /* Sends 'step' to a participant that exists.  Returns the ticket of the
     * answer; or 0 with '*errorp' set to the reason why it cannot be sent
     * (caller frees); or 0 with '*errorp' NULL if it was sent and no answer
     * has a ticket. */
    uint64_t (*send)(struct op *, struct network *, uint64_t epoch,
                     const struct op_participant *, enum op_fsm_step,
                     char **errorp);

    /* The others are NULL for a kind without sessions. */

    /* Is the participant in the database? */
    bool (*exists)(const struct network *, const char *name);

    /* May 'ticket' still have an answer?  Its session may be gone. */
    bool (*has_ticket)(const struct network *, const char *name,
                       uint64_t ticket);

    /* Returns the reason why the participant is not the one that the operation
     * began with, or NULL if it is. */
    const char *(*find_loss)(const struct network *,
                             const struct op_participant *);

    /* Is the participant, which is in the database, known not to answer? */
    bool (*is_away)(const struct network *, const char *name);
};

/* A request that was sent and is not answered yet. */
struct op_request {
    struct hmap_node node;      /* In op->requests, by ticket. */
    struct op *op;
    struct op_participant *participant;
    enum op_fsm_step step;      /* 0: this place is free. */
    uint64_t ticket;
};

/* A key of a new path.  'hop' is one of that path. */
struct op_key {
    const struct path_hop *hop;
    struct secret *key;
};

struct op_participant {
    struct participant id;      /* The name is owned. */
    char *title;                /* 'id' as text. */
    const struct op_kind *kind;
    unsigned int steps;         /* Bitwise OR of enum op_fsm_step. */
    struct op_request requests[5];

    /* Gateway: its boot id when the operation began. */
    char *boot_id;

    /* Hop. */
    const struct path *path;
    const struct path_hop *hop;

    /* New hop: octets of the packet that must come through it, from the IP
     * header on. */
    size_t probe_size;

    /* Old hop. */
    bool is_draining;           /* Its drain has begun. */
    long long int asked_ms;     /* When its gateways were asked for counters
                                 * that they have not told yet, or 0. */
    long long int next_ask_ms;  /* When they are asked next. */
    bool has_counts;            /* Both have told 'out' and 'in'. */
    struct agent_sa_stats out;  /* What the sender told last. */
    struct agent_sa_stats in;   /* What the receiver did. */
    bool was_level;             /* By these it had received all packets. */
    bool is_unused;             /* The sender had sent nothing but probes. */
    bool drained;
};

/* The journal entry that the operation waits for. */
enum op_journal {
    OP_JOURNAL_IDLE,            /* None. */
    OP_JOURNAL_NEEDED,          /* To be written into the next transaction. */
    OP_JOURNAL_SENT,            /* In the transaction that is under way. */
};

struct op {
    struct ovs_list node;       /* In struct ops. */
    struct hmap_node token_node;        /* In struct ops, by probe token. */
    struct hmap *requests;      /* Of all operations; struct ops owns it. */
    struct op_spec spec;        /* What it points to is owned, but for the
                                 * live paths, which the network owns. */
    struct op_fsm *fsm;
    long long int started_ms;   /* time_msec(). */
    long long int started_s;    /* time_wall(). */
    bool aborted;               /* By the operator. */
    bool hurried;               /* See op_hurry(). */
    bool is_ending;             /* op_run() has told so. */
    bool resumed;               /* Another controller began it: its failure
                                 * says nothing about the chains. */

    enum op_journal journal;
    enum op_fsm_state entry;    /* State that is written into the journal. */
    bool counts_written;        /* By journal_write_counts(). */
    struct op_debt *debts;
    size_t n_debts;

    struct op_participant *participants;
    size_t n_participants;
    struct op_key *keys;        /* Of the new paths. */
    size_t n_keys;
    struct uuid probe_token;    /* In all of its probes. */
};

/* What participants do, by enum participant_kind. */

extern const struct op_kind op_gateway_kind;
extern const struct op_kind op_bridge_kind;
extern const struct op_kind op_hop_kind;

/* op-participants.c: finds who takes part, and in which steps. */

/* Sets the participants of an operation whose spec is set.  They are not
 * changed any more until op_participants_destroy(). */
void op_participants_find(struct op *, const struct network *);

/* Frees the participants. */
void op_participants_destroy(struct op *);

/* op-gateway.c: keys, and edits of the gateways' SADs and SPDs. */

/* Makes the keys of the new paths and sets the check values and the creation
 * times of their hops. */
void op_gateway_make_keys(struct op *);

/* Wipes the keys. */
void op_gateway_wipe_keys(struct op *);

/* op-bridge.c: bundles of flows. */

/* Sets which flows the paths of the operation are to have after 'step', on
 * every bridge: live_path->flows.  No bridge is told. */
void op_bridge_set_flows(struct op *, enum op_fsm_step step);

/* op-hops.c: packets prove the new hops, and the old ones drain. */

/* A probe with the operation's token came to 'bridge'.  Acknowledges the proof
 * of the hop that ends there. */
void op_hops_probe_result(struct op *, const struct network *,
                          const char *bridge, const struct probe *);

/* As op_tell_suspects(). */
void op_hops_tell(const struct op *, struct suspects *, int avoid_ms);

/* Asks the gateways of old hops for counters, and acknowledges the drain of
 * the hops that are empty.  To be called in state DRAIN. */
void op_hops_drain(struct op *, const struct network *);

/* Returns the packets lost on an old hop whose counters are known. */
uint64_t op_hops_lost(const struct op_participant *);

/* Wakes up poll_block() when op_hops_drain() has somebody to ask. */
void op_hops_wait(const struct op *);

#endif /* ofctl-app/operation/op-private.h */
