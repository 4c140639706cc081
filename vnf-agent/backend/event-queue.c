/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/backend/event-queue.h"

#include <stdlib.h>

#include "hash.h"
#include "util.h"
#include "vnf-agent/backend/backend.h"

struct queued_event {
    struct ovs_list node;       /* In event_queue's 'events'. */
    struct backend_event event;
};

void
event_queue_init(struct event_queue *queue, size_t max)
{
    *queue = (struct event_queue) { .max = max };
    ovs_list_init(&queue->events);
}

void
event_queue_clear(struct event_queue *queue)
{
    struct backend_event event;

    while (event_queue_pop(queue, &event)) {
        free(event.policy);
    }
}

bool
event_queue_is_full(const struct event_queue *queue)
{
    return queue->n >= queue->max;
}

bool
event_queue_push(struct event_queue *queue, const struct backend_event *event)
{
    if (event_queue_is_full(queue)) {
        free(event->policy);
        return false;
    }

    struct queued_event *queued = xmalloc(sizeof *queued);
    queued->event = *event;
    ovs_list_push_back(&queue->events, &queued->node);
    queue->n++;
    return true;
}

void
event_queue_for_each(const struct event_queue *queue,
                     void (*cb)(const struct backend_event *, void *aux),
                     void *aux)
{
    const struct queued_event *queued;

    LIST_FOR_EACH (queued, node, &queue->events) {
        cb(&queued->event, aux);
    }
}

void
event_queue_push_bad_spi(struct event_queue *queue, uint32_t spi,
                         long long int now_ms)
{
    long long int *next_ms = &queue->bad_spi_ms[
        hash_int(spi, 0) % ARRAY_SIZE(queue->bad_spi_ms)];
    const struct backend_event event = {
        .type = BACKEND_EVENT_BAD_SPI,
        .direction = SA_INBOUND,
        .spi = spi,
    };

    if (now_ms >= *next_ms && event_queue_push(queue, &event)) {
        *next_ms = now_ms + EVENT_QUEUE_INTERVAL_MS;
    }
}

bool
event_queue_pop(struct event_queue *queue, struct backend_event *event)
{
    if (!queue->n) {
        return false;
    }

    struct queued_event *queued
        = CONTAINER_OF(ovs_list_pop_front(&queue->events),
                       struct queued_event, node);
    queue->n--;
    *event = queued->event;
    free(queued);
    return true;
}
