/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_OP_HOPS_H
#define SDSA_OP_HOPS_H 1

/* Hops of an operation: packets prove the new ones, and the old ones drain. */

#include "ofctl-app/operation/op-private.h"

struct probe;

extern const struct op_kind op_hop_kind;

/* A probe with the operation's token came to 'bridge'.  Acknowledges the proof
 * of the hop that ends there. */
void op_hops_probe_result(struct op *, const struct network *,
                          const char *bridge, const struct probe *);

/* Asks the gateways of old hops for counters, and acknowledges the drain of
 * the hops that are empty.  To be called in state DRAIN. */
void op_hops_drain(struct op *, const struct network *);

/* Wakes up poll_block() when op_hops_drain() has somebody to ask. */
void op_hops_wait(const struct op *);

#endif /* ofctl-app/operation/op-hops.h */
