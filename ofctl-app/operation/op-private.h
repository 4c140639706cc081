/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_OP_PRIVATE_H
#define SDSA_OP_PRIVATE_H 1

/* What the parts of an operation at work share: op.c has participants, keys and
 * requests; op-hops.c proves new hops and drains old ones. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ofctl-app/operation/op-fsm.h"

struct network;
struct op;
struct path;
struct path_hop;
struct secret;

struct op_key {
    const struct path_hop *hop; /* Of one of the new paths. */
    struct secret *key;
};

/* A request that was sent and is not answered yet. */
struct op_pending {
    uint64_t ticket;
    enum op_fsm_step step;
};

enum op_kind { OP_GATEWAY, OP_BRIDGE, OP_HOP };

struct op_participant {
    enum op_kind kind;
    char *name;                 /* VNF-ID, bridge name; "" of a hop. */
    char *title;                /* "gateway gw1". */
    unsigned int steps;
    char *boot_id;              /* Of a gateway, when the operation began. */

    /* Of a hop. */
    const struct path *path;
    const struct path_hop *hop;
    size_t probe_size;          /* New: octets of the packet that must come
                                 * through it, from the IP header on. */
    long long int asked_ms;     /* Old: when its gateways were asked what they
                                 * sent and got; 0: not now. */
    long long int next_ask_ms;
    uint64_t sent_seq;          /* As they said last. */
    bool was_level;             /* Then all that was sent had come. */
    bool has_lost;              /* 'lost' is known. */
    uint64_t lost;
    bool drained;
    struct op_pending pending[4];
    size_t n_pending;
};

/* In op-hops.c. */

/* Sends a packet through a new hop; what becomes of it is told by
 * op_probe_result().  Returns NULL, or why it cannot be sent (caller frees). */
char *op_hop_send_probe(const struct op *, const struct network *,
                        const struct op_participant *);

/* Asks the gateways of old hops, and acknowledges the drain of those that are
 * empty. */
void op_hops_drain(struct op *, const struct network *);

#endif /* ofctl-app/operation/op-private.h */
