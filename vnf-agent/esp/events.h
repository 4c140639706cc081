#ifndef SDSA_ESP_EVENTS_H
#define SDSA_ESP_EVENTS_H 1

/* What the engine has to tell its agent: a bounded queue of
 * `struct backend_event`.
 *
 * Events wait here until somebody takes them, so an agent that is started
 * again is told what happened meanwhile.  They are hints, the counters are the
 * truth: a traffic that asks for the same thing again and again is told once
 * in EVENTS_INTERVAL_MS, of each policy and unknown SPI, and when the queue is
 * full nothing more is told.  An SA's lifetimes and the end of its sequence
 * numbers are each told once, as soon as there is room. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vnf-agent/backend/backend.h"

struct esp_policy;
struct esp_sa;

#define EVENTS_MAX 1024         /* In the queue. */
#define EVENTS_INTERVAL_MS 1000 /* Between two about the same object. */
#define EVENTS_SPI_SLOTS 64     /* Unknown SPIs share them by their hash. */

struct events {
    struct backend_event queue[EVENTS_MAX];     /* A ring. */
    size_t head, n;
    long long int next_bad_spi_ms[EVENTS_SPI_SLOTS];
};

/* To be zeroed before its first use. */
void events_clear(struct events *);

/* The SA's lifetimes were looked at (esp_sa_check_lifetime()). */
void events_put_lifetime(struct events *, struct esp_sa *,
                         long long int now_ms);

/* A packet found no sequence number left in the outbound SA. */
void events_put_seq_overflow(struct events *, struct esp_sa *);

/* A packet of the policy found no SA. */
void events_put_acquire(struct events *, struct esp_policy *,
                        const struct sa_traffic *, long long int now_ms);

/* A packet came whose SPI no inbound SA has. */
void events_put_bad_spi(struct events *, uint32_t spi, long long int now_ms);

/* Takes the oldest event out; the caller frees its 'policy'.  Returns false if
 * there is none. */
bool events_pop(struct events *, struct backend_event *);

#endif /* vnf-agent/esp/events.h */
