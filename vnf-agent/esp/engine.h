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

#include "packets.h"
#include "vnf-agent/backend/backend.h"
#include "vnf-agent/esp/esp-events.h"
#include "vnf-agent/esp/tables.h"

/* What the engine needs around a frame, for headers and trailer. */
#define ENGINE_HEADROOM 96  /* VLAN tag, IPv6, UDP and ESP headers, IV. */
#define ENGINE_TAILROOM 64

/* An Ethernet frame of 'size' octets at 'data', with ENGINE_HEADROOM octets
 * before it and ENGINE_TAILROOM after it to be written. */
struct engine_frame {
    uint8_t *data;
    size_t size;
    /* Only of a frame that came in: */
    uint16_t vlan;              /* VID that the kernel took off; 0: none. */
    bool other_host;            /* Seen, but not sent to us. */
    bool truncated;             /* Was longer than the buffer. */
    bool unfinished_checksum;   /* Transport checksum is not there yet. */
};

enum engine_port { ENGINE_PLAIN, ENGINE_CIPHER };

struct engine {
    struct tables *tables;
    struct backend_port ports[2];       /* ENGINE_* is the index. */
    struct backend_stats stats;
    struct esp_events events;
    uint16_t ip_id;                     /* Of the next outer header. */
};

struct engine *engine_create(const struct in6_addr *cipher_ip);
void engine_destroy(struct engine *);

/* Takes a frame that came in at 'from'.  Returns true if it is, changed in
 * place ('data', 'size'), to be sent from the other port, with the 802.1Q tag
 * in it; false if it was dropped (and counted). */
bool engine_process(struct engine *, enum engine_port from,
                    struct engine_frame *, long long int now_ms);

/* Checks the lifetimes of all SAs. */
void engine_expire(struct engine *, long long int now_ms);

/* The frame that came in at 'from' was sent, or could not be. */
void engine_sent(struct engine *, enum engine_port from, bool ok);

/* 'n' packets came in at 'from' when the queue before us was full. */
void engine_lost(struct engine *, enum engine_port from, unsigned int n);

#endif /* vnf-agent/esp/engine.h */
