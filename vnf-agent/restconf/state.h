/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_STATE_H
#define SDSA_STATE_H 1

/* The container "state" of sdsa-agent.yang: what the gateway is, and how. */

#include <jansson.h>

struct backend;
struct backend_config;

/* Caller owns the reference. */
json_t *agent_state_get(struct backend *, const struct backend_config *);

#endif /* vnf-agent/restconf/state.h */
