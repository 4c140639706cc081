/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/esp/events.h"

#include <stdlib.h>

#include "hash.h"
#include "util.h"
#include "vnf-agent/esp/tables.h"

void
events_clear(struct events *events)
{
    struct backend_event event;

    while (events_pop(events, &event)) {
        free(event.policy);
    }
}

/* Appends 'event' and takes its 'policy' over.  Returns false, with nothing
 * changed, if the queue is full. */
static bool
push(struct events *events, const struct backend_event *event)
{
    if (events->n >= EVENTS_MAX) {
        return false;
    }
    events->queue[(events->head + events->n++) % EVENTS_MAX] = *event;
    return true;
}

bool
events_pop(struct events *events, struct backend_event *event)
{
    if (!events->n) {
        return false;
    }
    *event = events->queue[events->head];
    events->head = (events->head + 1) % EVENTS_MAX;
    events->n--;
    return true;
}

static bool
push_expire(struct events *events, const struct esp_sa *esp_sa, bool soft,
            long long int now_ms)
{
    struct backend_event event = {
        .type = BACKEND_EVENT_EXPIRE,
        .direction = esp_sa->sa->direction,
        .spi = esp_sa->sa->spi,
        .soft = soft,
    };

    esp_sa_get_stats(esp_sa, now_ms, &event.stats);
    return push(events, &event);
}

void
events_put_lifetime(struct events *events, struct esp_sa *esp_sa,
                    long long int now_ms)
{
    if (esp_sa->soft_expired && !esp_sa->soft_told) {
        esp_sa->soft_told = push_expire(events, esp_sa, true, now_ms);
    }
    if (esp_sa->hard_expired && !esp_sa->hard_told) {
        esp_sa->hard_told = push_expire(events, esp_sa, false, now_ms);
    }
}

void
events_put_seq_overflow(struct events *events, struct esp_sa *esp_sa)
{
    struct backend_event event = {
        .type = BACKEND_EVENT_SEQ_OVERFLOW,
        .direction = esp_sa->sa->direction,
        .spi = esp_sa->sa->spi,
    };

    if (!esp_sa->overflow_told) {
        esp_sa->overflow_told = push(events, &event);
    }
}

void
events_put_acquire(struct events *events, struct esp_policy *esp_policy,
                   const struct sa_traffic *traffic, long long int now_ms)
{
    struct backend_event event = {
        .type = BACKEND_EVENT_ACQUIRE,
        .direction = SA_OUTBOUND,
        .traffic = *traffic,
    };

    if (now_ms < esp_policy->next_acquire_ms || events->n >= EVENTS_MAX) {
        return;
    }
    esp_policy->next_acquire_ms = now_ms + EVENTS_INTERVAL_MS;
    event.policy = xstrdup(esp_policy->policy->name);
    push(events, &event);
}

void
events_put_bad_spi(struct events *events, uint32_t spi, long long int now_ms)
{
    long long int *next_ms
        = &events->next_bad_spi_ms[hash_int(spi, 0) % EVENTS_SPI_SLOTS];
    struct backend_event event = {
        .type = BACKEND_EVENT_BAD_SPI,
        .direction = SA_INBOUND,
        .spi = spi,
    };

    if (now_ms >= *next_ms && push(events, &event)) {
        *next_ms = now_ms + EVENTS_INTERVAL_MS;
    }
}
