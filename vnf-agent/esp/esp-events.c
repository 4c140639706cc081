/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/esp/esp-events.h"

#include "util.h"
#include "vnf-agent/esp/tables.h"

static bool
push_expire(struct event_queue *events, const struct esp_sa *esp_sa, bool soft,
            long long int now_ms)
{
    struct backend_event event = {
        .type = BACKEND_EVENT_EXPIRE,
        .direction = esp_sa->sa->direction,
        .spi = esp_sa->sa->spi,
        .soft = soft,
    };

    esp_sa_get_stats(esp_sa, now_ms, &event.stats);
    return event_queue_push(events, &event);
}

void
esp_events_put_lifetime(struct event_queue *events, struct esp_sa *esp_sa,
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
esp_events_put_seq_overflow(struct event_queue *events, struct esp_sa *esp_sa)
{
    struct backend_event event = {
        .type = BACKEND_EVENT_SEQ_OVERFLOW,
        .direction = esp_sa->sa->direction,
        .spi = esp_sa->sa->spi,
    };

    if (!esp_sa->overflow_told) {
        esp_sa->overflow_told = event_queue_push(events, &event);
    }
}

void
esp_events_put_acquire(struct event_queue *events,
                       struct esp_policy *esp_policy,
                       const struct sa_traffic *traffic, long long int now_ms)
{
    struct backend_event event = {
        .type = BACKEND_EVENT_ACQUIRE,
        .direction = SA_OUTBOUND,
        .traffic = *traffic,
    };

    if (now_ms < esp_policy->next_acquire_ms
        || event_queue_is_full(events)) {
        return;
    }
    esp_policy->next_acquire_ms = now_ms + EVENT_QUEUE_INTERVAL_MS;
    event.policy = xstrdup(esp_policy->policy->name);
    event_queue_push(events, &event);
}
