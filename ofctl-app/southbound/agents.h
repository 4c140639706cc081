/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_AGENTS_H
#define SDSA_AGENTS_H 1

/* Sessions with the gateways' agents (lib/restconf/restconf-client.h), which must prove their
 * VNF-ID.  Each agent is polled: its state (sdsa-agent:sdsa-agent/state) every 2 s,
 * the counters of its SAs every 5 s.  One thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/restconf/restconf-client.h"
#include "ofctl-app/southbound/agent-state.h"

struct agents;
struct agent;

struct agents_config {
    const char *private_key, *certificate, *ca_cert;    /* PEM file names. */
    int poll_interval_ms;       /* 0: 2,000. */
    int request_timeout_ms;     /* 0: 4,000. */
};

/* Returns NULL if agents_create() could use 'config', or a message for the user
 * (caller frees). */
char *agents_check_config(const struct agents_config *config);

/* Returns NULL and the object in '*agentsp' (caller must free with
 * agents_destroy()), or a message for the user (caller frees). */
char *agents_create(const struct agents_config *, struct agents **agentsp);
void agents_destroy(struct agents *);
void agents_run(struct agents *);
void agents_wait(struct agents *);

struct agent *agents_add(struct agents *, const char *vnf_id, const char *url);
/* Requests in flight are cancelled. */
void agents_remove(struct agents *, struct agent *);
struct agent *agents_find(const struct agents *, const char *vnf_id);
struct agent *agents_next(const struct agents *, const struct agent *prev);

/* For each agent of AGENTS, as 'struct agent *AGENT'.  None may be added or
 * removed meanwhile. */
#define AGENTS_FOR_EACH(AGENT, AGENTS)                                  \
    for (struct agent *AGENT = agents_next(AGENTS, NULL); AGENT;        \
         AGENT = agents_next(AGENTS, AGENT))

const char *agent_vnf_id(const struct agent *);
const char *agent_url(const struct agent *);

/* What the last poll said.  Down: 'agent_reason()' says why, for the user. */
bool agent_is_up(const struct agent *);  /* Agent answers, data plane is up. */
const char *agent_reason(const struct agent *);
/* Since when it is down (time_msec(); since we know of it, at most); LLONG_MAX
 * while it is up. */
long long int agent_down_since_ms(const struct agent *);
const char *agent_boot_id(const struct agent *);     /* "" before the first. */
const char *agent_backend(const struct agent *);
/* All zeros before the first. */
const struct agent_port *agent_plain_port(const struct agent *);
const struct agent_port *agent_cipher_port(const struct agent *);
/* Changes when is_up, boot id or a port's MAC or MTU changes. */
unsigned int agent_seqno(const struct agent *);
/* Sum of the drop counters of the last poll, and one by its reason. */
uint64_t agent_drops(const struct agent *, const char *reason /* or NULL */);

/* Counters of an SA that this controller named ("sa-SPI"), as of the last poll
 * (every 5 s).  Returns false if the agent has none of that SPI. */
bool agent_get_sa(const struct agent *, uint32_t spi,
                  struct agent_sa_stats *);
/* Polls them anew, soon; and when the last poll was asked for that was answered
 * (time_msec(); LLONG_MIN: there is none). */
void agent_poll_sas(struct agent *);
long long int agent_polled_sas_ms(const struct agent *);

/* As restconf_client_request() and the others of restconf-client.h. */
uint64_t agent_request(struct agent *, const char *method, const char *path,
                       const char *content_type, char *body);

uint64_t agent_patch(struct agent *, struct restconf_patch *);

/* How many patches were queued so far, and in how many requests they were
 * sent. */
void agent_get_load(const struct agent *, unsigned long long int *n_patches,
                    unsigned long long int *n_transfers);

bool agent_has_ticket(const struct agent *, uint64_t ticket);

bool agent_next_result(struct agent *, struct restconf_result *);

/* Pops what the agent told by itself (see agent-event.h), or returns false.  What
 * it told while its event stream was not open is lost: polls are the truth. */
struct agent_event;
bool agent_next_event(struct agent *, struct agent_event *);
/* Is the stream open? */
bool agent_tells_events(const struct agent *);

#endif /* ofctl-app/southbound/agents.h */
