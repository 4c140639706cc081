/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_OP_BRIDGE_H
#define SDSA_OP_BRIDGE_H 1

/* Bridges of an operation: bundles of flows. */

#include "ofctl-app/operation/op-private.h"

extern const struct op_kind op_bridge_kind;

/* Sets which flows the paths of the operation are to have after 'step', on
 * every bridge: live_path->flows.  No bridge is told. */
void op_bridge_set_flows(struct op *, enum op_fsm_step step);

#endif /* ofctl-app/operation/op-bridge.h */
