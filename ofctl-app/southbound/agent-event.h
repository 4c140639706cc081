/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_AGENT_EVENT_H
#define SDSA_AGENT_EVENT_H 1

/* What an agent tells by itself: the notifications of RFC 9061 s.5.3.2 as they
 * come in an event stream (RFC 8040 s.6.4).  Pure. */

#include <stdbool.h>
#include <stdint.h>

enum agent_event_type {
    AGENT_EVENT_SOFT_EXPIRE,    /* An SA is to be replaced. */
    AGENT_EVENT_HARD_EXPIRE,    /* An SA is used no more. */
    AGENT_EVENT_SEQ_OVERFLOW,   /* An SA has no sequence numbers left. */
    AGENT_EVENT_ACQUIRE,        /* A policy has no SA. */
    AGENT_EVENT_BAD_SPI,        /* ESP came that no SA is for. */
};

struct agent_event {
    enum agent_event_type type;
    uint32_t esp_spi;           /* Of the SA, host order; 0: none of ours. */
    char policy[64];            /* Of ACQUIRE. */
};

/* Parses the data of an event.  Returns false if it is none of these. */
bool agent_event_parse(const char *json, struct agent_event *);

#endif /* ofctl-app/southbound/agent-event.h */
