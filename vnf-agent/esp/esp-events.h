/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_ESP_EVENTS_H
#define SDSA_ESP_EVENTS_H 1

/* Events that the engine tells its agent, in a bounded queue.
 *
 * Events wait here until a client pops them, so an agent that is started again
 * is told what happened meanwhile.  They are hints, the counters are the
 * truth.  Traffic that causes the same event again and again causes one in
 * EVENT_QUEUE_INTERVAL_MS for each policy and each unknown SPI.  When the
 * queue is full, events are lost; but those of an SA (its lifetimes, the end
 * of its sequence numbers) are put once there is room, each once. */

#include "lib/sa.h"
#include "vnf-agent/backend/backend.h"

struct esp_policy;
struct esp_sa;

#define ESP_EVENTS_MAX 1024     /* Events in the queue. */

/* Puts an event for each lifetime of the SA that has ended, as
 * esp_sa_check_lifetime() has found it, and that has no event yet. */
void esp_events_put_lifetime(struct event_queue *, struct esp_sa *,
                             long long int now_ms);

/* Puts an event for an outbound SA without a sequence number left. */
void esp_events_put_seq_overflow(struct event_queue *, struct esp_sa *);

/* Puts an event for a packet of the policy that found no SA. */
void esp_events_put_acquire(struct event_queue *, struct esp_policy *,
                            const struct sa_traffic *, long long int now_ms);

#endif /* vnf-agent/esp/esp-events.h */
