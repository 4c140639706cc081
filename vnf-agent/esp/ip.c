/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/esp/ip.h"

#include <netinet/in.h>
#include <string.h>

#include "crc32c.h"
#include "csum.h"
#include "lib/address.h"
#include "packets.h"
#include "util.h"

/* Offsets in the IPv4 header, and bits of the fragment word. */
enum {
    OFS_TOS = 1,
    OFS_LENGTH = 2,
    OFS_ID = 4,
    OFS_FRAGMENT = 6,
    OFS_TTL = 8,
    OFS_PROTOCOL = 9,
    OFS_CHECKSUM = 10,
    OFS_SRC = 12,
    OFS_DST = 16,
    IPV4_HEADER_LEN = 20,       /* Without options. */
};
#define FRAGMENT_DF 0x4000
#define FRAGMENT_MF 0x2000
#define FRAGMENT_OFFSET 0x1fff

/* Offsets in the IPv6 header. */
enum {
    OFS6_LENGTH = 4,
    OFS6_NEXT_HEADER = 6,
    OFS6_HOP_LIMIT = 7,
    OFS6_SRC = 8,
    OFS6_DST = 24,
};

#define OUTER_TTL 64

static uint16_t
get_u16(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

static void
put_u16(uint8_t *p, uint16_t value)
{
    p[0] = value >> 8;
    p[1] = value;
}

static struct in6_addr
get_mapped(const uint8_t *p)
{
    ovs_be32 ip;

    memcpy(&ip, p, sizeof ip);
    return in6_addr_mapped_ipv4(ip);
}

static bool
is_ipv6(const uint8_t *data)
{
    return data[0] >> 4 == 6;
}

static bool
has_ports(uint8_t protocol)
{
    return (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP
            || protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP
            || protocol == IPPROTO_UDPLITE);
}

/* Parsing. */

/* Reads the ports, if the packet has its transport header's start. */
static void
parse_ports(const uint8_t *data, bool first, struct ip_packet *ip)
{
    struct sa_traffic *t = &ip->traffic;

    t->src_port = t->dst_port = -1;
    if (first && t->protocol >= 0 && has_ports(t->protocol)
        && ip->size >= ip->header_size + 4) {
        t->src_port = get_u16(data + ip->header_size);
        t->dst_port = get_u16(data + ip->header_size + 2);
    }
}

static bool
parse_ipv4(const uint8_t *data, size_t size, struct ip_packet *ip)
{
    if (size < IPV4_HEADER_LEN) {
        return false;
    }
    ip->header_size = 4 * (data[0] & 0xf);
    ip->size = get_u16(data + OFS_LENGTH);
    if (ip->header_size < IPV4_HEADER_LEN || ip->size < ip->header_size
        || ip->size > size) {
        return false;
    }

    uint16_t fragment = get_u16(data + OFS_FRAGMENT);
    ip->dont_fragment = (fragment & FRAGMENT_DF) != 0;
    ip->fragment = (fragment & (FRAGMENT_MF | FRAGMENT_OFFSET)) != 0;
    ip->tos = data[OFS_TOS];
    ip->traffic.protocol = data[OFS_PROTOCOL];
    ip->traffic.src = get_mapped(data + OFS_SRC);
    ip->traffic.dst = get_mapped(data + OFS_DST);
    parse_ports(data, !(fragment & FRAGMENT_OFFSET), ip);
    return true;
}

/* Goes over the extension headers (RFC 8200 s.4) to the transport header.
 * Returns false if one of them is longer than the packet.  What does not show
 * its protocol (a fragment but the first) has -1. */
static bool
parse_extensions(const uint8_t *data, struct ip_packet *ip, bool *first)
{
    uint8_t type = data[OFS6_NEXT_HEADER];

    *first = true;
    for (;;) {
        const uint8_t *p = data + ip->header_size;
        size_t left = ip->size - ip->header_size;
        size_t length = 8;

        switch (type) {
        case IPPROTO_HOPOPTS:
        case IPPROTO_DSTOPTS:
        case IPPROTO_ROUTING:
            length = left >= 8 ? 8 * (p[1] + 1) : 8;
            ip->routed = ip->routed || type == IPPROTO_ROUTING;
            break;
        case IPPROTO_FRAGMENT:
            ip->fragment = true;
            *first = left >= 8 && !(get_u16(p + 2) & ~7);
            break;
        default:
            ip->traffic.protocol = type;
            return true;
        }
        if (left < length) {
            return false;
        }
        type = p[0];
        ip->header_size += length;
        if (!*first) {
            ip->traffic.protocol = -1;
            return true;
        }
    }
}

static bool
parse_ipv6(const uint8_t *data, size_t size, struct ip_packet *ip)
{
    bool first;

    if (size < IPV6_HEADER_LEN) {
        return false;
    }
    ip->header_size = IPV6_HEADER_LEN;
    ip->size = IPV6_HEADER_LEN + get_u16(data + OFS6_LENGTH);
    if (ip->size > size) {
        return false;
    }
    ip->tos = get_u16(data) >> 4;
    memcpy(&ip->traffic.src, data + OFS6_SRC, sizeof ip->traffic.src);
    memcpy(&ip->traffic.dst, data + OFS6_DST, sizeof ip->traffic.dst);
    if (!parse_extensions(data, ip, &first)) {
        return false;
    }
    parse_ports(data, first, ip);
    return true;
}

bool
ip_parse_packet(const uint8_t *data, size_t size, struct ip_packet *ip)
{
    *ip = (struct ip_packet) { .size = 0 };
    if (!size) {
        return false;
    }
    ip->traffic.ipv6 = is_ipv6(data);
    return (ip->traffic.ipv6 ? parse_ipv6(data, size, ip)
            : data[0] >> 4 == 4 && parse_ipv4(data, size, ip));
}

bool
ip_checksum_ok(const uint8_t *data, const struct ip_packet *ip)
{
    return ip->traffic.ipv6 || !csum(data, ip->header_size);
}

/* Writing. */

size_t
ip_outer_header_size(bool ipv6)
{
    return ipv6 ? IPV6_HEADER_LEN : IPV4_HEADER_LEN;
}

static void
write_ipv4(uint8_t *p, const struct ip_outer *outer)
{
    ovs_be32 src = in6_addr_get_mapped_ipv4(&outer->src);
    ovs_be32 dst = in6_addr_get_mapped_ipv4(&outer->dst);

    p[0] = 4 << 4 | IPV4_HEADER_LEN / 4;
    p[OFS_TOS] = outer->tos;
    put_u16(p + OFS_LENGTH, outer->size);
    put_u16(p + OFS_ID, outer->id);
    put_u16(p + OFS_FRAGMENT, outer->dont_fragment ? FRAGMENT_DF : 0);
    p[OFS_TTL] = OUTER_TTL;
    p[OFS_PROTOCOL] = outer->protocol;
    put_u16(p + OFS_CHECKSUM, 0);
    memcpy(p + OFS_SRC, &src, sizeof src);
    memcpy(p + OFS_DST, &dst, sizeof dst);

    ovs_be16 sum = csum(p, IPV4_HEADER_LEN);
    memcpy(p + OFS_CHECKSUM, &sum, sizeof sum);
}

static void
write_ipv6(uint8_t *p, const struct ip_outer *outer)
{
    put_u16(p, 6 << 12 | outer->tos << 4);
    put_u16(p + 2, 0);
    put_u16(p + OFS6_LENGTH, outer->size - IPV6_HEADER_LEN);
    p[OFS6_NEXT_HEADER] = outer->protocol;
    p[OFS6_HOP_LIMIT] = OUTER_TTL;
    memcpy(p + OFS6_SRC, &outer->src, sizeof outer->src);
    memcpy(p + OFS6_DST, &outer->dst, sizeof outer->dst);
}

void
ip_write_outer(uint8_t *p, const struct ip_outer *outer)
{
    if (address_is_ipv6(&outer->src)) {
        write_ipv6(p, outer);
    } else {
        write_ipv4(p, outer);
    }
}

void
ip_set_tos(uint8_t *p, uint8_t tos)
{
    if (is_ipv6(p)) {
        put_u16(p, (get_u16(p) & 0xf00f) | tos << 4);
        return;
    }

    ovs_be16 old_sum, new_sum;
    memcpy(&old_sum, p + OFS_CHECKSUM, sizeof old_sum);
    new_sum = recalc_csum16(old_sum, htons(p[0] << 8 | p[OFS_TOS]),
                            htons(p[0] << 8 | tos));
    memcpy(p + OFS_CHECKSUM, &new_sum, sizeof new_sum);
    p[OFS_TOS] = tos;
}

/* The checksum of the pseudo header of RFC 793, 768 and 8200 s.8.1, to be
 * continued. */
static uint32_t
pseudo_header_sum(const uint8_t *data, const struct ip_packet *ip, size_t size)
{
    bool ipv6 = ip->traffic.ipv6;
    uint32_t sum = csum_continue(0, data + (ipv6 ? OFS6_SRC : OFS_SRC),
                                 ipv6 ? 32 : 8);

    sum = csum_add16(sum, htons(ip->traffic.protocol));
    return csum_add16(sum, htons(size));
}

/* Returns the offset of the checksum in a transport header, or -1. */
static int
checksum_offset(int protocol, size_t size)
{
    return (protocol == IPPROTO_TCP && size >= 20 ? 16
            : protocol == IPPROTO_UDP && size >= 8 ? 6
            : protocol == IPPROTO_ICMPV6 && size >= 4 ? 2
            : -1);
}

void
ip_finish_checksum(uint8_t *data, const struct ip_packet *ip)
{
    int protocol = ip->traffic.protocol;
    uint8_t *l4 = data + ip->header_size;
    size_t size = ip->size - ip->header_size;
    int ofs = checksum_offset(protocol, size);

    /* A routing header hides the address that goes into the sum. */
    if (ip->fragment || ip->routed) {
        return;
    }
    if (ofs >= 0) {
        put_u16(l4 + ofs, 0);
        ovs_be16 value = csum_finish(
            csum_continue(pseudo_header_sum(data, ip, size), l4, size));
        if (protocol == IPPROTO_UDP && !value) {
            value = OVS_BE16_MAX;       /* 0 would say that there is none. */
        }
        memcpy(l4 + ofs, &value, sizeof value);
    } else if (protocol == IPPROTO_SCTP && size >= 12) {
        memset(l4 + 8, 0, 4);
        ovs_be32 value = crc32c(l4, size);
        memcpy(l4 + 8, &value, sizeof value);
    }
}

void
ip_write_udp(uint8_t *outer, size_t header_size, size_t size,
             uint16_t src_port, uint16_t dst_port)
{
    uint8_t *udp = outer + header_size;
    struct ip_packet packet;

    put_u16(udp, src_port);
    put_u16(udp + 2, dst_port);
    put_u16(udp + 4, size - header_size);
    put_u16(udp + 6, 0);
    if (is_ipv6(outer) && ip_parse_packet(outer, size, &packet)) {
        ip_finish_checksum(outer, &packet);
    }
}

void
ip_set_payload(uint8_t *p, uint8_t protocol, size_t size)
{
    if (is_ipv6(p)) {
        p[OFS6_NEXT_HEADER] = protocol;
        put_u16(p + OFS6_LENGTH, size - IPV6_HEADER_LEN);
    } else {
        p[OFS_PROTOCOL] = protocol;
        put_u16(p + OFS_LENGTH, size);
        put_u16(p + OFS_CHECKSUM, 0);

        ovs_be16 sum = csum(p, 4 * (p[0] & 0xf));
        memcpy(p + OFS_CHECKSUM, &sum, sizeof sum);
    }
}

/* ECN field values. */
enum { NOT_ECT = 0, ECT_1 = 1, ECT_0 = 2, CE = 3 };

bool
ecn_decapsulate(uint8_t outer_tos, uint8_t inner_tos, uint8_t *tosp)
{
    uint8_t outer = outer_tos & 3;
    uint8_t inner = inner_tos & 3;
    uint8_t result = inner;

    if (outer == CE) {
        if (inner == NOT_ECT) {
            return false;
        }
        result = CE;
    } else if (outer == ECT_1 && inner == ECT_0) {
        result = ECT_1;
    }
    *tosp = (inner_tos & ~3) | result;
    return true;
}
