/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/esp/ip.h"

#include <netinet/in.h>
#include <string.h>

#include "crc32c.h"
#include "csum.h"
#include "util.h"

/* Offsets in the header, and bits of the fragment word. */
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
};
#define FRAGMENT_DF 0x4000
#define FRAGMENT_MF 0x2000
#define FRAGMENT_OFFSET 0x1fff

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

static ovs_be32
get_be32(const uint8_t *p)
{
    ovs_be32 value;

    memcpy(&value, p, sizeof value);
    return value;
}

static bool
has_ports(uint8_t protocol)
{
    return (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP
            || protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP
            || protocol == IPPROTO_UDPLITE);
}

bool
ipv4_parse(const uint8_t *data, size_t size, struct ipv4 *ip)
{
    if (size < IPV4_HEADER_LEN || data[0] >> 4 != 4) {
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
    ip->first = !(fragment & FRAGMENT_OFFSET);
    ip->tos = data[OFS_TOS];
    ip->protocol = data[OFS_PROTOCOL];
    ip->src = get_be32(data + OFS_SRC);
    ip->dst = get_be32(data + OFS_DST);
    if (ip->first && has_ports(ip->protocol)
        && ip->size >= ip->header_size + 4) {
        ip->src_port = get_u16(data + ip->header_size);
        ip->dst_port = get_u16(data + ip->header_size + 2);
    } else {
        ip->src_port = ip->dst_port = -1;
    }
    return true;
}

bool
ipv4_checksum_ok(const uint8_t *data, const struct ipv4 *ip)
{
    return !csum(data, ip->header_size);
}

void
ipv4_write_outer(uint8_t *p, const struct ipv4_outer *outer)
{
    p[0] = 4 << 4 | IPV4_HEADER_LEN / 4;
    p[OFS_TOS] = outer->tos;
    put_u16(p + OFS_LENGTH, outer->size);
    put_u16(p + OFS_ID, outer->id);
    put_u16(p + OFS_FRAGMENT, outer->dont_fragment ? FRAGMENT_DF : 0);
    p[OFS_TTL] = OUTER_TTL;
    p[OFS_PROTOCOL] = IPPROTO_ESP;
    put_u16(p + OFS_CHECKSUM, 0);
    memcpy(p + OFS_SRC, &outer->src, sizeof outer->src);
    memcpy(p + OFS_DST, &outer->dst, sizeof outer->dst);

    ovs_be16 sum = csum(p, IPV4_HEADER_LEN);
    memcpy(p + OFS_CHECKSUM, &sum, sizeof sum);
}

void
ipv4_set_tos(uint8_t *p, uint8_t tos)
{
    ovs_be16 old_sum, new_sum;

    memcpy(&old_sum, p + OFS_CHECKSUM, sizeof old_sum);
    new_sum = recalc_csum16(old_sum, htons(p[0] << 8 | p[OFS_TOS]),
                            htons(p[0] << 8 | tos));
    memcpy(p + OFS_CHECKSUM, &new_sum, sizeof new_sum);
    p[OFS_TOS] = tos;
}

/* The checksum of the pseudo header of RFC 793 and 768, to be continued. */
static uint32_t
pseudo_header_sum(const struct ipv4 *ip, size_t size)
{
    uint32_t sum = 0;

    sum = csum_add32(sum, ip->src);
    sum = csum_add32(sum, ip->dst);
    sum = csum_add16(sum, htons(ip->protocol));
    return csum_add16(sum, htons(size));
}

void
ipv4_finish_checksum(uint8_t *data, const struct ipv4 *ip)
{
    uint8_t *l4 = data + ip->header_size;
    size_t size = ip->size - ip->header_size;

    if (ip->fragment) {
        return;
    }
    if (ip->protocol == IPPROTO_TCP || ip->protocol == IPPROTO_UDP) {
        bool tcp = ip->protocol == IPPROTO_TCP;
        uint8_t *sum = l4 + (tcp ? 16 : 6);

        if (size < (tcp ? 20 : 8)) {
            return;
        }
        put_u16(sum, 0);
        ovs_be16 value = csum_finish(
            csum_continue(pseudo_header_sum(ip, size), l4, size));
        if (!tcp && !value) {
            value = OVS_BE16_MAX;       /* 0 would say that there is none. */
        }
        memcpy(sum, &value, sizeof value);
    } else if (ip->protocol == IPPROTO_SCTP && size >= 12) {
        uint8_t *sum = l4 + 8;

        memset(sum, 0, 4);
        ovs_be32 value = crc32c(l4, size);
        memcpy(sum, &value, sizeof value);
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
