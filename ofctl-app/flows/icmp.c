/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/flows/icmp.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>

#include "csum.h"
#include "dp-packet.h"
#include "packets.h"
#include "util.h"

#define MAX_IPV4_ANSWER 576     /* Octets of IP packet. */
#define MAX_IPV6_ANSWER 1280
#define MIN_QUOTED_L4 8         /* Octets, of what is in the IP packet. */
#define HOP_LIMIT 64

/* IPv6 extension headers that are looked behind, at most. */
#define MAX_EXTENSIONS 8

/* Starts an answer to 'eth': its Ethernet header. */
static struct dp_packet *
start_answer(const struct eth_header *eth)
{
    struct dp_packet *answer = dp_packet_new(ETH_HEADER_LEN
                                             + MAX_IPV6_ANSWER);
    struct eth_header *h = dp_packet_put_zeros(answer, sizeof *h);
    h->eth_src = eth->eth_dst;
    h->eth_dst = eth->eth_src;
    h->eth_type = eth->eth_type;
    return answer;
}

/* IPv4. */

static bool
is_ipv4_unicast(ovs_be32 ip)
{
    uint32_t host = ntohl(ip);
    return host >> 24 && host < 0xe0000000;     /* Not 0/8, D, E, all ones. */
}

static bool
is_icmp_error(uint8_t type)
{
    return (type == ICMP_DEST_UNREACH || type == ICMP_SOURCE_QUENCH
            || type == ICMP_REDIRECT || type == ICMP_TIME_EXCEEDED
            || type == ICMP_PARAMETERPROB);
}

/* May the packet 'ip', of which 'size' octets are there, be answered? */
static bool
is_ipv4_answerable(const struct ip_header *ip, size_t size)
{
    if (size < IP_HEADER_LEN || IP_VER(ip->ip_ihl_ver) != 4) {
        return false;
    }
    size_t header_len = IP_IHL(ip->ip_ihl_ver) * 4;
    if (header_len < IP_HEADER_LEN || size < header_len + MIN_QUOTED_L4
        || ntohs(ip->ip_tot_len) < header_len + MIN_QUOTED_L4
        || ip->ip_frag_off & htons(IP_FRAG_OFF_MASK)) {
        return false;
    }
    const uint8_t *l4 = (const uint8_t *) ip + header_len;
    return (is_ipv4_unicast(get_16aligned_be32(&ip->ip_src))
            && is_ipv4_unicast(get_16aligned_be32(&ip->ip_dst))
            && !(ip->ip_proto == IPPROTO_ICMP && is_icmp_error(l4[0])));
}

static struct dp_packet *
answer_ipv4(const struct eth_header *eth, size_t size, int mtu)
{
    const struct ip_header *packet = (const struct ip_header *) (eth + 1);
    if (!is_ipv4_answerable(packet, size)) {
        return NULL;
    }
    size_t quoted = MIN(MIN(size, ntohs(packet->ip_tot_len)),
                        MAX_IPV4_ANSWER - IP_HEADER_LEN - ICMP_HEADER_LEN);
    struct dp_packet *answer = start_answer(eth);
    struct ip_header *ip = dp_packet_put_zeros(answer, sizeof *ip);
    ip->ip_ihl_ver = IP_IHL_VER(5, 4);
    ip->ip_tos = 0xc0;          /* Internetwork control, RFC 1812 s.4.3.2.5. */
    ip->ip_tot_len = htons(IP_HEADER_LEN + ICMP_HEADER_LEN + quoted);
    ip->ip_ttl = HOP_LIMIT;
    ip->ip_proto = IPPROTO_ICMP;
    ip->ip_src = packet->ip_dst;
    ip->ip_dst = packet->ip_src;
    ip->ip_csum = csum(ip, sizeof *ip);

    struct icmp_header *icmp = dp_packet_put_zeros(answer, sizeof *icmp);
    icmp->icmp_type = ICMP_DEST_UNREACH;
    icmp->icmp_code = ICMP_FRAG_NEEDED;
    icmp->icmp_fields.frag.mtu = htons(mtu);
    dp_packet_put(answer, packet, quoted);
    icmp->icmp_csum = csum(icmp, sizeof *icmp + quoted);
    return answer;
}

/* IPv6. */

static bool
is_ipv6_unicast(const ovs_be32 address[4])
{
    static const ovs_be32 unspecified[4];
    return (memcmp(address, unspecified, sizeof unspecified)
            && ntohl(address[0]) >> 24 != 0xff);
}

/* Is what is behind the header at 'data' the middle of a packet or an ICMPv6
 * error, or is too little there to tell? */
static bool
is_ipv6_taboo(const uint8_t *data, size_t size, uint8_t next)
{
    for (int i = 0; i < MAX_EXTENSIONS && size >= MIN_QUOTED_L4; i++) {
        size_t len;
        switch (next) {
        case IPPROTO_ICMPV6:
            return !(data[0] & ICMP6_INFOMSG_MASK);
        case IPPROTO_FRAGMENT:
            if ((data[2] << 8 | data[3]) & 0xfff8) {
                return true;
            }
            len = 8;
            break;
        case IPPROTO_HOPOPTS:
        case IPPROTO_ROUTING:
        case IPPROTO_DSTOPTS:
            len = (data[1] + 1) * 8;
            break;
        default:
            return false;
        }
        next = data[0];
        data += MIN(len, size);
        size -= MIN(len, size);
    }
    return true;
}

static struct dp_packet *
answer_ipv6(const struct eth_header *eth, size_t size, int mtu)
{
    const struct ovs_16aligned_ip6_hdr *packet
        = (const struct ovs_16aligned_ip6_hdr *) (eth + 1);
    if (size < IPV6_HEADER_LEN) {
        return NULL;
    }
    ovs_be32 src[4], dst[4];
    memcpy(src, &packet->ip6_src, sizeof src);
    memcpy(dst, &packet->ip6_dst, sizeof dst);
    size = MIN(size, IPV6_HEADER_LEN + ntohs(packet->ip6_plen));
    if ((packet->ip6_vfc >> 4) != 6 || !is_ipv6_unicast(src)
        || !is_ipv6_unicast(dst)
        || is_ipv6_taboo((const uint8_t *) (packet + 1),
                         size - IPV6_HEADER_LEN, packet->ip6_nxt)) {
        return NULL;
    }

    size_t quoted = MIN(size, (MAX_IPV6_ANSWER - IPV6_HEADER_LEN
                               - ICMP6_DATA_HEADER_LEN));
    struct dp_packet *answer = start_answer(eth);
    struct ovs_16aligned_ip6_hdr *ip = dp_packet_put_zeros(answer, sizeof *ip);
    ip->ip6_vfc = 6 << 4;
    ip->ip6_plen = htons(ICMP6_DATA_HEADER_LEN + quoted);
    ip->ip6_nxt = IPPROTO_ICMPV6;
    ip->ip6_hlim = HOP_LIMIT;
    ip->ip6_src = packet->ip6_dst;
    ip->ip6_dst = packet->ip6_src;

    struct icmp6_data_header *icmp = dp_packet_put_zeros(answer, sizeof *icmp);
    icmp->icmp6_base.icmp6_type = ICMP6_PACKET_TOO_BIG;
    put_16aligned_be32(&icmp->icmp6_data.be32[0], htonl(mtu));
    dp_packet_put(answer, packet, quoted);
    icmp->icmp6_base.icmp6_cksum = packet_csum_upperlayer6(
        ip, icmp, IPPROTO_ICMPV6, sizeof *icmp + quoted);
    return answer;
}

struct dp_packet *
icmp_too_big(const void *frame, size_t size, int mtu)
{
    const struct eth_header *eth = frame;
    if (size < sizeof *eth || eth_addr_is_multicast(eth->eth_dst)
        || eth_addr_is_multicast(eth->eth_src)) {
        return NULL;
    }
    size -= sizeof *eth;
    return (eth->eth_type == htons(ETH_TYPE_IP) ? answer_ipv4(eth, size, mtu)
            : eth->eth_type == htons(ETH_TYPE_IPV6)
            ? answer_ipv6(eth, size, mtu)
            : NULL);
}
