/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_PROBE_H
#define SDSA_PROBE_H 1

/* The packets by which an operation proves its hops: from the controller to
 * the plain port of the gateway that sends over the hop, and from the plain
 * port of the one that receives back to the controller.  steering.h has their
 * addresses; endpoints cannot send such packets.  Pure.  (doc/decisions.md,
 * 29.) */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ofctl-app/model/path-mtu.h"
#include "openvswitch/uuid.h"
#include "packets.h"

struct dp_packet;

struct probe {
    uint32_t nsh_spi;           /* Of the path. */
    uint8_t si;                 /* Of the hop. */
    struct uuid token;          /* Of the operation: 128 random bits. */
    size_t ip_size;             /* Octets of the IP packet. */
};

/* The smallest 'ip_size' that there is room in for what a probe says. */
#define PROBE_MIN_IP_SIZE PATH_MTU_PROBE

/* Makes the Ethernet frame: to 'eth_dst', tagged with 'vlan', an IPv4 packet
 * with DF or an IPv6 packet.  Caller must free with dp_packet_delete(). */
struct dp_packet *probe_create(const struct probe *, struct eth_addr eth_dst,
                               uint16_t vlan, bool ipv6);

/* Reads 'frame', of whose 'total_size' octets 'size' are there.  Returns false
 * if it is no probe or not as long as it was made. */
bool probe_parse(const void *frame, size_t size, size_t total_size,
                 struct probe *);

#endif /* ofctl-app/flows/probe.h */
