/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_AGENT_STATE_H
#define SDSA_AGENT_STATE_H 1

/* The state of a gateway as its agent's answers to polls tell it.  Pure,
 * except for the log. */

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/hmap.h"
#include "openvswitch/shash.h"
#include "packets.h"

struct agent_port {
    struct eth_addr mac;        /* All zeros: not told yet. */
    int mtu;                    /* Octets of an IP packet; 0: not told. */
};

/* There are more than an agent can tell: one that knows RFC 9061 only. */
#define AGENT_PACKETS_UNKNOWN UINT64_MAX

/* Counters of an SA. */
struct agent_sa_stats {
    uint64_t age_s;
    uint64_t packets, bytes;    /* Protected or accepted.  'packets' may be
                                 * AGENT_PACKETS_UNKNOWN. */
    uint64_t seq;               /* Last sent, or highest received. */
    uint64_t replayed, failed;  /* Packets that the receiver dropped. */
};

/* Returns the packets lost on the hop of an inbound SA: the sequence numbers
 * up to the highest received one that were not received.  Packets lost after
 * that one show when the next packet comes.  0 if nobody knows. */
static inline uint64_t
agent_sa_lost(const struct agent_sa_stats *in)
{
    return in->seq > in->packets ? in->seq - in->packets : 0;
}

struct agent_state {
    char *vnf_id, *url;
    bool up;                    /* The agent answers, its data plane is up. */
    char *reason;               /* Why it is down, for the user; "" while it is
                                 * up. */

    /* As last told; "" and all zeros at first.  An agent that is starting does
     * not tell these for a while. */
    char *boot_id, *backend;
    struct agent_port plain, cipher;
    bool has_epoch;             /* 'epoch' is known. */
    uint64_t epoch;             /* The last one that has written there. */

    unsigned int seqno;         /* Changes with 'up', 'boot_id', the MAC or MTU
                                 * of a port. */
    struct shash drops;         /* Packets by reason (lib/counts.h). */
    struct hmap sas;            /* Private. */
};

/* Makes the state of a gateway that was not reached yet (free with
 * agent_state_destroy()). */
void agent_state_init(struct agent_state *, const char *vnf_id,
                      const char *url);

/* Frees what 'state' points to, not 'state' itself. */
void agent_state_destroy(struct agent_state *state);

/* Notes that the agent did not answer, for a reason in words. */
void agent_state_set_down(struct agent_state *, const char *reason);

/* Parses 'body', the agent's answer to a GET of sdsa-agent:sdsa-agent/state.
 * The agent is down if it is of another VNF-ID or says so. */
void agent_state_parse(struct agent_state *, const char *body);

/* Parses 'body', the agent's answer to a GET of the SAD. */
void agent_state_parse_sas(struct agent_state *, const char *body);

/* As agent_has_sa() in agents.h. */
bool agent_state_has_sa(const struct agent_state *, uint32_t spi);

/* As agent_get_sa() in agents.h. */
bool agent_state_get_sa(const struct agent_state *, uint32_t spi,
                        struct agent_sa_stats *stats);

#endif /* ofctl-app/southbound/agent-state.h */
