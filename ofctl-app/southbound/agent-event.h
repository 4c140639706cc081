/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_AGENT_EVENT_H
#define SDSA_AGENT_EVENT_H 1

/* Events that an agent tells by itself: the notifications of RFC 9061 s.5.3.2
 * as they come in an event stream (RFC 8040 s.6.4).  Pure. */

#include <stdbool.h>
#include <stdint.h>

enum agent_event_type {
    AGENT_EVENT_SOFT_EXPIRE,    /* An SA should be replaced. */
    AGENT_EVENT_HARD_EXPIRE,    /* An SA is not used any more. */
    AGENT_EVENT_SEQ_OVERFLOW,   /* An SA has no sequence numbers left. */
    AGENT_EVENT_ACQUIRE,        /* A policy has no SA. */
    AGENT_EVENT_BAD_SPI,        /* An ESP packet came that has no SA. */
};

struct agent_event {
    enum agent_event_type type;
    uint32_t esp_spi;           /* Of the SA, host order; 0: not one of ours.
                                 * With BAD_SPI, that of the packet. */
    char policy[64];            /* With ACQUIRE, the policy's name; else "". */
};

/* Parses 'json', the data of an event, into '*event'.  Returns false, with
 * '*event' undefined, if it is not one of these. */
bool agent_event_parse(const char *json, struct agent_event *event);

#endif /* ofctl-app/southbound/agent-event.h */
