/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_BACKEND_EVENT_QUEUE_H
#define SDSA_BACKEND_EVENT_QUEUE_H 1

/* A bounded queue of `struct backend_event`.  Pure.  One thread. */

#include <stdbool.h>
#include <stddef.h>

#include "openvswitch/list.h"

struct backend_event;

struct event_queue {
    struct ovs_list events;     /* Oldest first. */
    size_t n;
    size_t max;                 /* When there are so many, more are lost. */
};

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

/* Pops the oldest event; caller frees event->policy.  Returns false if there
 * is none. */
bool event_queue_pop(struct event_queue *, struct backend_event *event);

#endif /* vnf-agent/backend/event-queue.h */
