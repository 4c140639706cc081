/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_ESP_IP_H
#define SDSA_ESP_IP_H 1

/* IPv4 and IPv6 headers, as far as the ESP engine reads and writes them.
 * Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/sa.h"

/* A parsed packet. */
struct ip_packet {
    struct sa_traffic traffic;  /* Family, addresses, protocol, ports. */
    size_t header_size;         /* Octets before the transport header, with
                                 * IPv4 options or extension headers. */
    size_t size;                /* Octets of the whole packet. */
    uint8_t tos;                /* Or traffic class: DSCP and ECN. */
    bool dont_fragment;         /* IPv4. */
    bool fragment;              /* Any fragment, also the first one. */
    bool routed;                /* IPv6, with a routing header. */
};

/* Parses the packet in the 'size' octets at 'data'.  Returns false if it is
 * of neither version, or longer than 'size'. */
bool ip_parse_packet(const uint8_t *data, size_t size, struct ip_packet *);

/* Returns true if the checksum of the header is right.  IPv6 has none. */
bool ip_checksum_ok(const uint8_t *data, const struct ip_packet *);

/* The header of an ESP tunnel; both addresses are of one family. */
struct ip_outer {
    struct in6_addr src, dst;
    uint8_t protocol;           /* ESP or UDP. */
    uint8_t tos;
    uint16_t id;                /* IPv4. */
    bool dont_fragment;         /* IPv4. */
    size_t size;                /* Octets, with the header. */
};

/* Returns the octets of an outer header. */
size_t ip_outer_header_size(bool ipv6);

/* Writes an outer header: TTL or hop limit 64; IPv4 with its checksum, IPv6
 * with flow label 0 (RFC 6437 s.3: not set). */
void ip_write_outer(uint8_t *, const struct ip_outer *);

#define IP_UDP_HEADER_LEN 8

/* Writes the UDP header of the packet whose outer header at 'outer' is there
 * and has 'header_size' octets: IPv4 without a checksum (RFC 3948 s.2.1), IPv6
 * with one (RFC 8200 s.8.1), so the payload must be there too. */
void ip_write_udp(uint8_t *outer, size_t header_size, size_t size,
                  uint16_t src_port, uint16_t dst_port);

/* Sets the protocol and the size (octets) in the header of the packet at
 * 'data', and the IPv4 checksum.  IPv6 must be without extension headers. */
void ip_set_payload(uint8_t *data, uint8_t protocol, size_t size);

/* Changes the TOS octet or traffic class, and the checksum with it. */
void ip_set_tos(uint8_t *data, uint8_t tos);

/* Computes the TCP, UDP, ICMPv6 or SCTP checksum that the sending kernel had
 * left to a network card (CHECKSUM_PARTIAL).  Other packets are left alone. */
void ip_finish_checksum(uint8_t *data, const struct ip_packet *);

/* Computes the TOS octet, with its ECN field, of a packet that leaves a
 * tunnel, RFC 6040 s.4.2.  Returns false if the packet must be dropped:
 * congestion was marked, and the sender cannot be told. */
bool ecn_decapsulate(uint8_t outer_tos, uint8_t inner_tos, uint8_t *tosp);

#endif /* vnf-agent/esp/ip.h */
