/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_ICMP_H
#define SDSA_ICMP_H 1

/* Answers to packets that are too big for a path: ICMP "fragmentation needed"
 * (RFC 792, RFC 1191) and ICMPv6 "packet too big" (RFC 4443 s.3.2).  Pure. */

#include <stddef.h>

struct dp_packet;

/* Makes the answer to Ethernet frame 'frame', of which 'size' octets are
 * there, on a path that carries IP packets of 'mtu' octets.
 *
 * The answer goes back where the frame came from, with the Ethernet addresses
 * swapped, and seems to come from the packet's destination: there is no router
 * on a chain whose address it could have, a host must accept it from anybody
 * (RFC 1122 s.3.2.2), and where firewalls check sources, the one that is
 * spoken to is the one that is let in.
 *
 * It quotes as much of the packet as is there, up to 576 octets in all (RFC
 * 1812 s.4.3.2.3) or 1,280 (RFC 4443 s.2.4).  An IPv4 packet without DF gets
 * the same answer as one with: nobody fragments here.
 *
 * Returns NULL, and there is to be no answer (RFC 1122 s.3.2.2, RFC 4443
 * s.2.4(e)), if the packet is an ICMP error itself, a fragment but the first,
 * of or for more than one (multicast, broadcast), not IP, or cut off before
 * its IP header and 8 octets more.  (ICMPv6 may answer packets to a multicast
 * address; here none goes through a chain.) Caller must free the answer with
 * dp_packet_delete(). */
struct dp_packet *icmp_too_big(const void *frame, size_t size, int mtu);

#endif /* ofctl-app/flows/icmp.h */
