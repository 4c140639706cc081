/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_AGENT_STATE_H
#define SDSA_AGENT_STATE_H 1

/* What is known of a gateway from its agent's answers to polls.  Pure, but for
 * the log. */

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/hmap.h"
#include "packets.h"
#include "simap.h"

struct agent_port {
    struct eth_addr mac;        /* All zeros: not told yet. */
    int mtu;                    /* Octets, IP packet; 0: not told. */
};

/* Counters of an SA. */
struct agent_sa_stats {
    uint64_t packets, bytes;    /* Protected or accepted. */
    uint64_t seq;               /* Last sent, or highest received. */
    uint64_t replayed, failed;  /* Packets dropped by the receiver. */
};

/* Packets that were lost on the hop of an inbound SA: of the sequence numbers
 * up to the highest that came, those that did not.  What is lost behind that
 * shows as soon as another one comes. */
static inline uint64_t
agent_sa_lost(const struct agent_sa_stats *in)
{
    return in->seq > in->packets ? in->seq - in->packets : 0;
}

struct agent_state {
    char *vnf_id, *url;
    bool up;
    char *reason;               /* Why it is down; "" while it is up. */
    /* What was last told; a restarting agent does not tell it for a while. */
    char *boot_id, *backend;
    struct agent_port plain, cipher;
    unsigned int seqno;         /* Changes with 'up', 'boot_id', a port. */
    struct simap drops;         /* Packets by reason. */
    struct hmap sas;            /* Private. */
};

void agent_state_init(struct agent_state *, const char *vnf_id,
                      const char *url);
void agent_state_destroy(struct agent_state *);

/* The agent did not answer, for a reason in words. */
void agent_state_set_down(struct agent_state *, const char *reason);

/* It answered 'body' to a GET of sdsa-agent:sdsa-agent/state. */
void agent_state_parse(struct agent_state *, const char *body);

/* It answered 'body' to a GET of the SAD. */
void agent_state_parse_sas(struct agent_state *, const char *body);

/* As agent_get_sa() in agents.h. */
bool agent_state_get_sa(const struct agent_state *, uint32_t spi,
                        struct agent_sa_stats *);

#endif /* ofctl-app/southbound/agent-state.h */
