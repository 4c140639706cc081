/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/esp/ip.h"

#include <netinet/in.h>
#include <netinet/ip6.h>
#include <string.h>

#include "crc32c.h"
#include "csum.h"
#include "lib/address.h"
#include "packets.h"
#include "util.h"

#define OUTER_TTL 64

/* Octets of packets may stand at odd addresses: headers are copied. */

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

static struct ip_header
get_ipv4(const uint8_t *data)
{
    struct ip_header h;

    memcpy(&h, data, sizeof h);
    return h;
}

static struct ip6_hdr
get_ipv6(const uint8_t *data)
{
    struct ip6_hdr h;

    memcpy(&h, data, sizeof h);
    return h;
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
    if (size < IP_HEADER_LEN) {
        return false;
    }
    const struct ip_header h = get_ipv4(data);
    ip->header_size = 4 * IP_IHL(h.ip_ihl_ver);
    ip->size = ntohs(h.ip_tot_len);
    if (ip->header_size < IP_HEADER_LEN || ip->size < ip->header_size
        || ip->size > size) {
        return false;
    }
    ip->dont_fragment = h.ip_frag_off & htons(IP_DONT_FRAGMENT);
    ip->fragment = IP_IS_FRAGMENT(h.ip_frag_off);
    ip->tos = h.ip_tos;
    ip->traffic.protocol = h.ip_proto;
    ip->traffic.src = in6_addr_mapped_ipv4(get_16aligned_be32(&h.ip_src));
    ip->traffic.dst = in6_addr_mapped_ipv4(get_16aligned_be32(&h.ip_dst));
    parse_ports(data, !(h.ip_frag_off & htons(IP_FRAG_OFF_MASK)), ip);
    return true;
}

/* Goes over the extension headers (RFC 8200 s.4) to the transport header.
 * Returns false if one of them is longer than the packet.  What does not show
 * its protocol (a fragment but the first) has -1. */
static bool
parse_extensions(const uint8_t *data, struct ip_packet *ip, bool *first)
{
    uint8_t type = get_ipv6(data).ip6_nxt;

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
    const struct ip6_hdr h = get_ipv6(data);
    ip->header_size = IPV6_HEADER_LEN;
    ip->size = IPV6_HEADER_LEN + ntohs(h.ip6_plen);
    if (ip->size > size) {
        return false;
    }
    ip->tos = ntohl(h.ip6_flow) >> 20;
    ip->traffic.src = h.ip6_src;
    ip->traffic.dst = h.ip6_dst;
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
    return ipv6 ? IPV6_HEADER_LEN : IP_HEADER_LEN;
}

static void
write_ipv4(uint8_t *p, const struct ip_outer *outer)
{
    struct ip_header h = {
        .ip_ihl_ver = IP_IHL_VER(IP_HEADER_LEN / 4, IP_VERSION),
        .ip_tos = outer->tos,
        .ip_tot_len = htons(outer->size),
        .ip_id = htons(outer->id),
        .ip_frag_off = htons(outer->dont_fragment ? IP_DONT_FRAGMENT : 0),
        .ip_ttl = OUTER_TTL,
        .ip_proto = outer->protocol,
    };

    put_16aligned_be32(&h.ip_src, in6_addr_get_mapped_ipv4(&outer->src));
    put_16aligned_be32(&h.ip_dst, in6_addr_get_mapped_ipv4(&outer->dst));
    h.ip_csum = csum(&h, sizeof h);
    memcpy(p, &h, sizeof h);
}

static void
write_ipv6(uint8_t *p, const struct ip_outer *outer)
{
    struct ip6_hdr h = {
        .ip6_flow = htonl(6u << 28 | (uint32_t) outer->tos << 20),
        .ip6_plen = htons(outer->size - IPV6_HEADER_LEN),
        .ip6_nxt = outer->protocol,
        .ip6_hlim = OUTER_TTL,
        .ip6_src = outer->src,
        .ip6_dst = outer->dst,
    };

    memcpy(p, &h, sizeof h);
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

    struct ip_header h = get_ipv4(p);
    h.ip_csum = recalc_csum16(h.ip_csum, htons(h.ip_ihl_ver << 8 | h.ip_tos),
                              htons(h.ip_ihl_ver << 8 | tos));
    h.ip_tos = tos;
    memcpy(p, &h, sizeof h);
}

/* The checksum of the pseudo header of RFC 793, 768 and 8200 s.8.1, to be
 * continued. */
static uint32_t
pseudo_header_sum(const uint8_t *data, const struct ip_packet *ip, size_t size)
{
    /* The addresses are the end of the header without options. */
    size_t addresses_size = ip->traffic.ipv6 ? 32 : 8;
    uint32_t sum = csum_continue(0, (data + ip_outer_header_size(
                                         ip->traffic.ipv6) - addresses_size),
                                 addresses_size);

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
        struct ip6_hdr h = get_ipv6(p);
        h.ip6_nxt = protocol;
        h.ip6_plen = htons(size - IPV6_HEADER_LEN);
        memcpy(p, &h, sizeof h);
    } else {
        struct ip_header h = get_ipv4(p);
        h.ip_proto = protocol;
        h.ip_tot_len = htons(size);
        h.ip_csum = 0;
        memcpy(p, &h, sizeof h);
        h.ip_csum = csum(p, 4 * IP_IHL(h.ip_ihl_ver));
        memcpy(p, &h, sizeof h);
    }
}

bool
ecn_decapsulate(uint8_t outer_tos, uint8_t inner_tos, uint8_t *tosp)
{
    uint8_t outer = outer_tos & IP_ECN_MASK;
    uint8_t inner = inner_tos & IP_ECN_MASK;
    uint8_t result = inner;

    if (outer == IP_ECN_CE) {
        if (inner == IP_ECN_NOT_ECT) {
            return false;
        }
        result = IP_ECN_CE;
    } else if (outer == IP_ECN_ECT_1 && inner == IP_ECN_ECT_0) {
        result = IP_ECN_ECT_1;
    }
    *tosp = (inner_tos & IP_DSCP_MASK) | result;
    return true;
}
