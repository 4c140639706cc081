/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_BACKEND_EVENT_QUEUE_H
#define SDSA_BACKEND_EVENT_QUEUE_H 1

/* A bounded queue of `struct backend_event`.  Pure.  One thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/list.h"

struct backend_event;

struct event_queue {
    struct ovs_list events;     /* Oldest first. */
    size_t n;
    size_t max;                 /* When there are so many, more are lost. */
    long long int bad_spi_ms[64];       /* By hash of SPI: the next event. */
};

#define EVENT_QUEUE_INTERVAL_MS 1000    /* Between two of the same object. */

/* Makes an empty queue for up to 'max' events. */
void event_queue_init(struct event_queue *, size_t max);

/* Frees all events. */
void event_queue_clear(struct event_queue *);

/* Returns true if an event would be lost. */
bool event_queue_is_full(const struct event_queue *);

/* Appends a copy of 'event' and takes ownership of event->policy.  Returns
 * false, with event->policy freed, if the queue is full. */
bool event_queue_push(struct event_queue *, const struct backend_event *event);

/* Calls 'cb' with each event, the oldest first. */
void event_queue_for_each(const struct event_queue *,
                          void (*cb)(const struct backend_event *, void *aux),
                          void *aux);

/* Appends an event of ESP whose SPI (host order) no inbound SA has; but one in
 * EVENT_QUEUE_INTERVAL_MS for each SPI.  'now_ms' is of a clock that never
 * goes back. */
void event_queue_push_bad_spi(struct event_queue *, uint32_t spi,
                              long long int now_ms);

/* Pops the oldest event; caller frees event->policy.  Returns false if there
 * is none. */
bool event_queue_pop(struct event_queue *, struct backend_event *event);

#endif /* vnf-agent/backend/event-queue.h */
