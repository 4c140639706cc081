/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_AGENTS_H
#define SDSA_AGENTS_H 1

/* Sessions with the agents of the gateways (lib/restconf/restconf-client.h),
 * which must prove their VNF-ID.  Each agent is polled: its state
 * (sdsa-agent:sdsa-agent/state) every 2 s, the counters of its SAs every 5 s.
 *
 * Results and events are polled, there are no callbacks.  One thread.
 * (doc/decisions.md, 42 and 52.) */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/restconf/restconf-client.h"
#include "ofctl-app/southbound/agent-state.h"

struct agent;
struct agent_event;
struct agents;

struct agents_config {
    struct restconf_config client;      /* Without 'server'. */
    int poll_interval_ms;       /* 0: 2,000. */
};

/* Returns NULL and the object in '*agentsp' (caller must free with
 * agents_destroy()), or an error for the user (caller frees) and NULL in
 * '*agentsp'.  Keeps no pointer to 'config'. */
char *agents_create(const struct agents_config *config,
                    struct agents **agentsp);

/* Ends all sessions and frees the object with its agents.  Accepts NULL. */
void agents_destroy(struct agents *);

/* Receives and sends what is due, and starts polls. */
void agents_run(struct agents *);

/* Makes poll_block() wake up when agents_run() or a result has work to do. */
void agents_wait(struct agents *);

/* Adds the agent of 'vnf_id', which must be new, at 'url' (https://HOST:PORT).
 * The object owns what is returned. */
struct agent *agents_add(struct agents *, const char *vnf_id, const char *url);

/* Has the agent prove one of the keys whose digests (lib/x509.h) 'keys' names,
 * a space between two; any key will do if it is NULL.  A session in which
 * another key was proven is closed now. */
void agent_set_keys(struct agent *, const char *keys);

/* Cancels the agent's requests in flight, cuts its connections and frees
 * it. */
void agents_remove(struct agents *, struct agent *);

/* Returns the agent of 'vnf_id', or NULL. */
struct agent *agents_find(const struct agents *, const char *vnf_id);

/* Returns the agent behind 'prev', in no particular order.  NULL gives the
 * first; NULL is returned after the last. */
struct agent *agents_next(const struct agents *, const struct agent *prev);

/* Iterates over each agent of AGENTS, as 'struct agent *AGENT'.  None may be
 * added or removed meanwhile. */
#define AGENTS_FOR_EACH(AGENT, AGENTS)                                  \
    for (struct agent *AGENT = agents_next(AGENTS, NULL); AGENT;        \
         AGENT = agents_next(AGENTS, AGENT))

/* Returns the VNF-ID given to agents_add(); it belongs to the agent. */
const char *agent_vnf_id(const struct agent *);

/* Returns the state of the gateway as of the last poll; it belongs to the
 * agent.  Its strings are valid until agents_run(). */
const struct agent_state *agent_get_state(const struct agent *);

/* True if, as of the last poll, the agent answers and its data plane is up. */
bool agent_is_up(const struct agent *);

/* Returns since when (time_msec()) the agent is down, or when it was added if
 * it never was up; LLONG_MAX while it is up. */
long long int agent_down_since_ms(const struct agent *);

/* Returns when (time_msec()) the agent was added if it was never up since,
 * else LLONG_MAX. */
long long int agent_unmet_since_ms(const struct agent *);

/* True if, as of the last poll and since agent_overrule(), the agent refuses
 * what we write in 'epoch' because a controller of '*other' wrote there. */
bool agent_is_overtaken(const struct agent *, uint64_t epoch,
                        uint64_t *other);

/* Makes the agent take 'epoch' if it is overtaken, in the way of
 * of_session_set_generation(), under the same condition. */
void agent_overrule(struct agent *, uint64_t epoch);

/* Returns the packets dropped for 'reason', or for any if it is NULL, as of
 * the last poll. */
uint64_t agent_drops(const struct agent *, const char *reason);

/* True if the agent has, as of the last poll, the SA that this controller
 * named "sa-SPI" ('spi' in host order). */
bool agent_has_sa(const struct agent *, uint32_t spi);

/* Gives the counters of that SA, as of the last poll.  Returns false, with
 * '*stats' untouched, if the agent has no such SA, or did not tell its
 * counters: its data plane did not answer it. */
bool agent_get_sa(const struct agent *, uint32_t spi,
                  struct agent_sa_stats *stats);

/* Polls the counters of the SAs once more as soon as possible. */
void agent_poll_sas(struct agent *);

/* Returns when (time_msec()) the last poll of the SAs that was answered was
 * asked for, or LLONG_MIN if there is none. */
long long int agent_polled_sas_ms(const struct agent *);

/* Returns when that poll was answered, by time_msec(): its counters are not of
 * a later time. */
long long int agent_answered_sas_ms(const struct agent *);

/* Returns the session, for requests and patches; it belongs to the agent.  Its
 * results come by agent_next_result(). */
struct restconf_client *agent_client(const struct agent *);

/* As restconf_client_next_result(), without the results of polls. */
bool agent_next_result(struct agent *, struct restconf_result *);

/* Pops the next event that the agent told (see agent-event.h).  Returns false,
 * with '*event' undefined, if there is none.  More events than lib/bounds.h
 * allows are left out.  Events are lost while the event
 * stream is not open, so the polls decide. */
bool agent_next_event(struct agent *, struct agent_event *event);

/* True if the agent's event stream is open. */
bool agent_tells_events(const struct agent *);

/* Returns true if keys may be renewed now on the word of this agent alone, and
 * counts it; false if that was often enough (lib/bounds.h). */
bool agent_may_renew(struct agent *);

/* Notes what makes the agent doubtful, for the operator; logs what was not
 * noted before.  'doubt' has the agent as its subject. */
void agent_note_doubt(struct agent *, const char *doubt);

/* Returns what was noted last, if that was in the last ten minutes, or
 * NULL. */
const char *agent_doubt(const struct agent *);

/* Returns that the certificate of the agent is near its end, as a predicate,
 * or NULL; caller frees. */
char *agent_cert_doubt(const struct agent *);

#endif /* ofctl-app/southbound/agents.h */
