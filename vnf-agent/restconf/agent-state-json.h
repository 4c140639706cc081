/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_AGENT_STATE_JSON_H
#define SDSA_AGENT_STATE_JSON_H 1

/* The container "state" of sdsa-agent.yang: what the gateway is, and how it
 * is. */

#include <jansson.h>

struct backend;
struct backend_config;

/* Returns the container.  Caller owns the reference. */
json_t *agent_state_to_json(struct backend *, const struct backend_config *);

#endif /* vnf-agent/restconf/agent-state-json.h */
