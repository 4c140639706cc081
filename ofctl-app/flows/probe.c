/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/flows/probe.h"

#include <arpa/inet.h>
#include <netinet/ip6.h>

#include "csum.h"
#include "dp-packet.h"
#include "ofctl-app/flows/steering.h"
#include "util.h"

#define PROBE_MAGIC 0x73647361  /* "sdsa" */
#define PROBE_TTL 64

/* What follows the IP header; behind it are zeros. */
struct probe_payload {
    ovs_16aligned_be32 magic;
    ovs_16aligned_be32 nsh_spi_si;      /* As in an NSH. */
    uint8_t token[16];
};
BUILD_ASSERT_DECL(PROBE_MIN_IP_SIZE
                  >= IPV6_HEADER_LEN + sizeof(struct probe_payload));

static void
put_ipv4(struct dp_packet *packet, size_t ip_size)
{
    struct ip_header *ip = dp_packet_put_zeros(packet, sizeof *ip);
    ovs_be32 address;
    inet_pton(AF_INET, STEERING_PROBE_IPV4, &address);
    ip->ip_ihl_ver = IP_IHL_VER(5, 4);
    ip->ip_tot_len = htons(ip_size);
    ip->ip_frag_off = htons(IP_DONT_FRAGMENT);
    ip->ip_ttl = PROBE_TTL;
    ip->ip_proto = STEERING_PROBE_PROTOCOL;
    put_16aligned_be32(&ip->ip_src, address);
    put_16aligned_be32(&ip->ip_dst, address);
    ip->ip_csum = csum(ip, sizeof *ip);
}

static void
put_ipv6(struct dp_packet *packet, size_t ip_size)
{
    struct ovs_16aligned_ip6_hdr *ip = dp_packet_put_zeros(packet, sizeof *ip);
    struct in6_addr address;
    inet_pton(AF_INET6, STEERING_PROBE_IPV6, &address);
    ip->ip6_vfc = 6 << 4;
    ip->ip6_plen = htons(ip_size - IPV6_HEADER_LEN);
    ip->ip6_nxt = STEERING_PROBE_PROTOCOL;
    ip->ip6_hlim = PROBE_TTL;
    memcpy(&ip->ip6_src, &address, sizeof address);
    memcpy(&ip->ip6_dst, &address, sizeof address);
}

struct dp_packet *
probe_create(const struct probe *probe, struct eth_addr eth_dst,
             uint16_t vlan, bool ipv6)
{
    size_t size = VLAN_ETH_HEADER_LEN + probe->ip_size;
    struct dp_packet *packet = dp_packet_new(size);
    struct vlan_eth_header *eth = dp_packet_put_zeros(packet, sizeof *eth);
    eth->veth_dst = eth_dst;
    eth->veth_src = (struct eth_addr) STEERING_NSH_SRC;
    eth->veth_type = htons(ETH_TYPE_VLAN);
    eth->veth_tci = htons(vlan);
    eth->veth_next_type = htons(ipv6 ? ETH_TYPE_IPV6 : ETH_TYPE_IP);
    (ipv6 ? put_ipv6 : put_ipv4)(packet, probe->ip_size);

    struct probe_payload *payload = dp_packet_put_zeros(packet,
                                                        sizeof *payload);
    put_16aligned_be32(&payload->magic, htonl(PROBE_MAGIC));
    put_16aligned_be32(&payload->nsh_spi_si,
                       htonl(probe->nsh_spi << 8 | probe->si));
    memcpy(payload->token, &probe->token, sizeof payload->token);
    dp_packet_put_zeros(packet, size - dp_packet_size(packet));
    return packet;
}

bool
probe_parse(const void *frame, size_t size, size_t total_size,
            struct probe *probe)
{
    const struct vlan_eth_header *eth = frame;
    if (size < sizeof *eth + IPV6_HEADER_LEN + sizeof(struct probe_payload)
        || total_size < size || eth->veth_type != htons(ETH_TYPE_VLAN)) {
        return false;
    }
    size_t header_len, ip_size;
    if (eth->veth_next_type == htons(ETH_TYPE_IP)) {
        const struct ip_header *ip = (const struct ip_header *) (eth + 1);
        header_len = sizeof *ip;
        ip_size = ntohs(ip->ip_tot_len);
    } else {
        const struct ovs_16aligned_ip6_hdr *ip
            = (const struct ovs_16aligned_ip6_hdr *) (eth + 1);
        header_len = sizeof *ip;
        ip_size = sizeof *ip + ntohs(ip->ip6_plen);
    }
    const struct probe_payload *payload
        = ALIGNED_CAST(const struct probe_payload *,
                       (const char *) (eth + 1) + header_len);
    uint32_t nsh_spi_si = ntohl(get_16aligned_be32(&payload->nsh_spi_si));
    probe->nsh_spi = nsh_spi_si >> 8;
    probe->si = nsh_spi_si;
    memcpy(&probe->token, payload->token, sizeof probe->token);
    probe->ip_size = ip_size;
    return (total_size == sizeof *eth + ip_size
            && get_16aligned_be32(&payload->magic) == htonl(PROBE_MAGIC));
}
