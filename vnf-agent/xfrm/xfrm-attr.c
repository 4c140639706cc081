/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/xfrm/xfrm-attr.h"

#include <arpa/inet.h>
#include <netlink/attr.h>
#include <string.h>

#include "lib/address.h"
#include "packets.h"
#include "util.h"
#include "vnf-agent/xfrm/hop-id.h"
#include "vnf-agent/xfrm/nl-build.h"

void
xfrm_put_mark(struct nl_msg *msg, uint32_t value, uint32_t mask)
{
    struct xfrm_mark mark = { .v = value, .m = mask };
    nl_put(msg, XFRMA_MARK, &mark, sizeof mark);
}

int
xfrm_family(const struct in6_addr *ip)
{
    return address_is_ipv6(ip) ? AF_INET6 : AF_INET;
}

xfrm_address_t
xfrm_from_ip(const struct in6_addr *ip)
{
    xfrm_address_t address;

    memset(&address, 0, sizeof address);
    if (address_is_ipv6(ip)) {
        memcpy(&address.a6, ip, sizeof address.a6);
    } else {
        address.a4 = ip->s6_addr32[3];
    }
    return address;
}

struct in6_addr
xfrm_to_ip(const xfrm_address_t *address, int family)
{
    struct in6_addr ip;

    if (family == AF_INET6) {
        memcpy(&ip, &address->a6, sizeof ip);
    } else {
        ip = in6_addr_mapped_ipv4(address->a4);
    }
    return ip;
}

/* Bits of a mask, without the 96 of an IPv4-mapped address. */
static int
prefix_length(const struct in6_addr *mask, int family)
{
    return ipv6_count_cidr_bits(mask) - (family == AF_INET ? 96 : 0);
}

bool
xfrm_has_ports(int protocol)
{
    return (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP
            || protocol == IPPROTO_SCTP || protocol == IPPROTO_UDPLITE);
}

bool
xfrm_ports_to_mask(const struct sa_ports *ports, uint16_t *port,
                   uint16_t *mask)
{
    *port = *mask = 0;
    for (size_t i = 0; i < ports->n; i++) {
        if (!ports->ranges[i].min && ports->ranges[i].max == UINT16_MAX) {
            return true;
        }
    }
    if (ports->n != 1) {
        return !ports->n;
    }
    uint16_t min = ports->ranges[0].min, max = ports->ranges[0].max;
    uint16_t differ = min ^ max;

    *port = min;
    *mask = ~differ;
    return min && !(differ & (differ + 1)) && !(min & differ)
           && (max & differ) == differ;
}

static void
fill_ports(const struct sa_ports *ports, __be16 *port, __be16 *mask)
{
    uint16_t port_, mask_;

    xfrm_ports_to_mask(ports, &port_, &mask_);
    *port = htons(port_);
    *mask = htons(mask_);
}

void
xfrm_fill_selector(const struct sa_selector *s, int family,
                   struct xfrm_selector *sel)
{
    memset(sel, 0, sizeof *sel);
    sel->family = family;
    if (s->family != SA_FAMILY_ANY) {
        sel->saddr = xfrm_from_ip(&s->src);
        sel->daddr = xfrm_from_ip(&s->dst);
        sel->prefixlen_s = prefix_length(&s->src_mask, family);
        sel->prefixlen_d = prefix_length(&s->dst_mask, family);
    }
    sel->proto = s->protocol > 0 ? s->protocol : 0;
    fill_ports(&s->src_ports, &sel->sport, &sel->sport_mask);
    fill_ports(&s->dst_ports, &sel->dport, &sel->dport_mask);
}

static struct in6_addr
mask_of(int bits, int family)
{
    return ipv6_create_mask(family == AF_INET ? 96 + MIN(bits, 32)
                            : MIN(bits, 128));
}

static struct sa_ports
from_xfrm_ports(uint16_t port, uint16_t mask)
{
    return (struct sa_ports) {
        .n = mask != 0,
        .ranges[0] = { port & mask, port | (uint16_t) ~mask },
    };
}

void
xfrm_parse_selector(const struct xfrm_selector *sel, struct sa_selector *s)
{
    *s = (struct sa_selector) {
        .family = sel->family == AF_INET6 ? SA_FAMILY_IPV6 : SA_FAMILY_IPV4,
        .src = xfrm_to_ip(&sel->saddr, sel->family),
        .dst = xfrm_to_ip(&sel->daddr, sel->family),
        .src_mask = mask_of(sel->prefixlen_s, sel->family),
        .dst_mask = mask_of(sel->prefixlen_d, sel->family),
        .protocol = sel->proto ? sel->proto : -1,
        .src_ports = from_xfrm_ports(ntohs(sel->sport),
                                     ntohs(sel->sport_mask)),
        .dst_ports = from_xfrm_ports(ntohs(sel->dport),
                                     ntohs(sel->dport_mask)),
    };
}

struct xfrm_mark
xfrm_get_mark(struct nlattr *tb[])
{
    struct xfrm_mark mark = { .m = 0 };

    if (tb[XFRMA_MARK] && nla_len(tb[XFRMA_MARK]) >= sizeof mark) {
        memcpy(&mark, nla_data(tb[XFRMA_MARK]), sizeof mark);
    }
    return mark;
}

uint32_t
xfrm_get_u32(struct nlattr *attr)
{
    return attr && nla_len(attr) >= 4 ? nla_get_u32(attr) : 0;
}

uint16_t
xfrm_if_id_vlan(uint32_t if_id)
{
    uint32_t vlan = if_id ^ HOP_IF_ID;
    return vlan <= HOP_MAX_VLAN ? vlan : 0;
}

uint16_t
xfrm_mark_vlan(const struct xfrm_mark *mark, uint32_t what)
{
    uint32_t vlan = mark->v ^ what;
    return mark->m == UINT32_MAX && vlan <= HOP_MAX_VLAN ? vlan : 0;
}
