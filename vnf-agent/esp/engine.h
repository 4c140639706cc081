/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_ESP_ENGINE_H
#define SDSA_ESP_ENGINE_H 1

/* The ESP engine: a frame in, a frame out or a drop that is counted.
 *
 * It has no sockets and no clock: frames are in the caller's buffers and the
 * time is passed in, so that tests and a fuzzer drive it.  What it decides
 * follows RFC 4301 s.5, RFC 4303 s.3.3 and s.3.4, RFC 4106, RFC 6040 (normal
 * mode).  There is no way from one port to the other but through an SA.
 *
 * Differences from a router or from the RFCs, on purpose: the inner TTL is
 * left alone (a gateway is no hop of the service chain); an outer packet that
 * came in fragments, or with IPv6 extension headers, is dropped, as the path's
 * MTU makes fragments unnecessary; ICMP about packets that are too big is the
 * controller's. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vnf-agent/backend/backend.h"
#include "vnf-agent/esp/esp-events.h"
#include "vnf-agent/esp/tables.h"

/* Room that the engine needs around a frame, in octets. */
#define ENGINE_HEADROOM 96  /* VLAN tag, IPv6, UDP and ESP headers, IV. */
#define ENGINE_TAILROOM 64  /* Padding, trailer and ICV. */

/* An Ethernet frame of 'size' octets at 'data', with ENGINE_HEADROOM octets
 * before it and ENGINE_TAILROOM after it to be written. */
struct engine_frame {
    uint8_t *data;
    size_t size;
    /* Only for a frame that came in: */
    uint16_t vlan;              /* VID that the kernel took off, or 0. */
    bool other_host;            /* The frame was not sent to us. */
    bool truncated;             /* The frame was longer than the buffer. */
    bool unfinished_checksum;   /* Its transport checksum is missing. */
};

enum engine_port { ENGINE_PLAIN, ENGINE_CIPHER };

struct engine {
    struct tables *tables;
    struct backend_port ports[2];       /* ENGINE_* is the index. */
    struct backend_stats stats;
    struct event_queue events;
    uint16_t ip_id;                     /* Of the next outer header. */
};

/* Makes an engine without SAs.  Caller frees with engine_destroy(). */
struct engine *engine_create(const struct own_ips *);

/* Wipes all keys and frees.  Accepts NULL. */
void engine_destroy(struct engine *);

/* Processes a frame that came in at 'from'.  Returns true if the frame, which
 * is changed in place ('data', 'size') and has its 802.1Q tag in it, must be
 * sent from the other port; false if it was dropped and counted.  'now_ms' is
 * of a clock that never goes back. */
bool engine_process(struct engine *, enum engine_port from,
                    struct engine_frame *, long long int now_ms);

/* Ends the SAs whose lifetime has passed. */
void engine_expire(struct engine *, long long int now_ms);

/* Counts the fate of a frame that came in at 'from': sent ('ok'), or dropped
 * by the other port. */
void engine_sent(struct engine *, enum engine_port from, bool ok);

/* Counts 'n' packets that came in at 'from' and that the kernel dropped
 * because its queue was full. */
void engine_lost(struct engine *, enum engine_port from, unsigned int n);

#endif /* vnf-agent/esp/engine.h */
