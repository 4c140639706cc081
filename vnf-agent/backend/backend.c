/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/backend/backend.h"

#include <errno.h>
#include <string.h>

#include "hash.h"
#include "util.h"

int
backend_check_name(const char *name, char **errorp)
{
    if (name && strlen(name) > BACKEND_MAX_NAME) {
        *errorp = xasprintf("a name is longer than %d octets",
                            BACKEND_MAX_NAME);
        return EINVAL;
    }
    return 0;
}

void
backend_edit_add(struct ovs_list *batch, enum backend_edit_type type,
                 const struct sa *sa, const struct policy *policy)
{
    struct backend_edit *edit = xmalloc(sizeof *edit);

    *edit = (struct backend_edit) { .type = type, .sa = sa, .policy = policy };
    ovs_list_push_back(batch, &edit->node);
}

const char *
backend_drop_to_string(enum backend_drop drop)
{
    switch (drop) {
#define DROP(ENUM, TEXT) case BACKEND_DROP_##ENUM: return TEXT;
    BACKEND_DROPS
#undef DROP
    case BACKEND_N_DROPS:
        break;
    }
    OVS_NOT_REACHED();
}

static char *
acquire_to_string(const struct backend_event *event)
{
    const struct sa_traffic *t = &event->traffic;
    char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];

    return xasprintf("policy %s: no SA for a packet from %s to %s, protocol "
                     "%d, ports %d and %d", event->policy,
                     ipv6_string_mapped(src, &t->src),
                     ipv6_string_mapped(dst, &t->dst), t->protocol,
                     t->src_port, t->dst_port);
}

char *
backend_event_to_string(const struct backend_event *event)
{
    const char *direction = sa_direction_to_string(event->direction);

    switch (event->type) {
    case BACKEND_EVENT_EXPIRE:
        return xasprintf("%s SA 0x%08"PRIx32": %s lifetime has passed",
                         direction, event->spi, event->soft ? "soft" : "hard");
    case BACKEND_EVENT_ACQUIRE:
        return acquire_to_string(event);
    case BACKEND_EVENT_SEQ_OVERFLOW:
        return xasprintf("%s SA 0x%08"PRIx32": sequence numbers run out",
                         direction, event->spi);
    case BACKEND_EVENT_BAD_SPI:
        return xasprintf("no %s SA 0x%08"PRIx32, direction, event->spi);
    }
    OVS_NOT_REACHED();
}

/* The queue. */

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
