#ifndef SDSA_ESP_IP_H
#define SDSA_ESP_IP_H 1

/* What the ESP engine needs to know about IPv4 packets. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"

#define IPV4_HEADER_LEN 20      /* Without options. */

/* An IPv4 packet taken apart. */
struct ipv4 {
    size_t header_size;         /* Octets, with options. */
    size_t size;                /* Octets, all; what follows is not of it. */
    ovs_be32 src, dst;
    uint8_t tos;
    uint8_t protocol;
    bool dont_fragment;
    bool fragment;              /* Any fragment, also the first one. */
    bool first;                 /* Has the transport header's start. */
    int src_port, dst_port;     /* -1: it does not show any. */
};

/* Parses the IPv4 packet in the 'size' octets at 'data'.  Returns false if it
 * is none, or if it is longer than 'size'. */
bool ipv4_parse(const uint8_t *data, size_t size, struct ipv4 *);

/* Is the header's checksum right? */
bool ipv4_checksum_ok(const uint8_t *data, const struct ipv4 *);

/* The header of an ESP tunnel. */
struct ipv4_outer {
    ovs_be32 src, dst;
    uint8_t tos;
    uint16_t id;
    bool dont_fragment;
    size_t size;                /* Octets, with the header. */
};

/* Writes the IPV4_HEADER_LEN octets of an outer header, TTL 64, with its
 * checksum. */
void ipv4_write_outer(uint8_t *, const struct ipv4_outer *);

/* Changes the TOS octet and the checksum along. */
void ipv4_set_tos(uint8_t *data, uint8_t tos);

/* Computes the TCP, UDP or SCTP checksum that the sending kernel had left to a
 * network card (CHECKSUM_PARTIAL).  Other packets are left alone. */
void ipv4_finish_checksum(uint8_t *data, const struct ipv4 *);

/* ECN field of what leaves a tunnel, RFC 6040 s.4.2.  Returns false if the
 * packet must be dropped: congestion was marked, and the sender could not be
 * told. */
bool ecn_decapsulate(uint8_t outer_tos, uint8_t inner_tos, uint8_t *tosp);

#endif /* vnf-agent/esp/ip.h */
