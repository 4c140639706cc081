/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_OP_GATEWAY_H
#define SDSA_OP_GATEWAY_H 1

/* Gateways of an operation: keys, and edits of their SADs and SPDs. */

#include "ofctl-app/operation/op-private.h"

extern const struct op_kind op_gateway_kind;

/* Makes the keys of the new paths and sets the check values and the creation
 * times of their hops. */
void op_gateway_make_keys(struct op *);

/* Wipes the keys. */
void op_gateway_wipe_keys(struct op *);

#endif /* ofctl-app/operation/op-gateway.h */
