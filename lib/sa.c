/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "lib/sa.h"

#include <string.h>

#include "lib/secret.h"
#include "lib/suite.h"
#include "packets.h"
#include "util.h"

const char *
sa_direction_to_string(enum sa_direction direction)
{
    switch (direction) {
    case SA_OUTBOUND: return "outbound";
    case SA_INBOUND: return "inbound";
    }
    OVS_NOT_REACHED();
}

struct sa *
sa_clone(const struct sa *sa)
{
    struct sa *copy = xmemdup(sa, sizeof *sa);

    copy->name = nullable_xstrdup(sa->name);
    copy->key = secret_clone(sa->key);
    copy->key_check = nullable_xstrdup(sa->key_check);
    return copy;
}

void
sa_destroy(struct sa *sa)
{
    if (sa) {
        free(sa->name);
        secret_destroy(sa->key);
        free(sa->key_check);
        free(sa);
    }
}

struct policy *
policy_clone(const struct policy *policy)
{
    struct policy *copy = xmemdup(policy, sizeof *policy);

    copy->name = nullable_xstrdup(policy->name);
    return copy;
}

void
policy_destroy(struct policy *policy)
{
    if (policy) {
        free(policy->name);
        free(policy);
    }
}

static bool
ports_equal(const struct sa_ports *a, const struct sa_ports *b)
{
    return (a->n == b->n
            && !memcmp(a->ranges, b->ranges, a->n * sizeof a->ranges[0]));
}

static bool
selector_equal(const struct sa_selector *a, const struct sa_selector *b)
{
    return (a->family == b->family
            && ipv6_addr_equals(&a->src, &b->src)
            && ipv6_addr_equals(&a->src_mask, &b->src_mask)
            && ipv6_addr_equals(&a->dst, &b->dst)
            && ipv6_addr_equals(&a->dst_mask, &b->dst_mask)
            && a->protocol == b->protocol
            && ports_equal(&a->src_ports, &b->src_ports)
            && ports_equal(&a->dst_ports, &b->dst_ports));
}

static bool
lifetime_equal(const struct sa_lifetime *a, const struct sa_lifetime *b)
{
    return (a->time_s == b->time_s && a->bytes == b->bytes
            && a->packets == b->packets && a->idle_s == b->idle_s);
}

bool
sa_equal(const struct sa *a, const struct sa *b)
{
    return (nullable_string_is_equal(a->name, b->name)
            && a->spi == b->spi
            && a->direction == b->direction
            && a->vlan == b->vlan
            && a->reqid == b->reqid
            && a->mode == b->mode
            && ipv6_addr_equals(&a->tunnel_src, &b->tunnel_src)
            && ipv6_addr_equals(&a->tunnel_dst, &b->tunnel_dst)
            && a->udp == b->udp
            && a->udp_src == b->udp_src
            && a->udp_dst == b->udp_dst
            && selector_equal(&a->selector, &b->selector)
            && a->suite == b->suite
            && nullable_string_is_equal(a->key_check, b->key_check)
            && a->esn == b->esn
            && a->replay_window == b->replay_window
            && lifetime_equal(&a->soft, &b->soft)
            && lifetime_equal(&a->hard, &b->hard)
            && a->soft_ends == b->soft_ends
            && a->df == b->df
            && a->dscp == b->dscp
            && !memcmp(a->dscp_map, b->dscp_map, sizeof a->dscp_map)
            && a->inner_dscps == b->inner_dscps);
}

bool
policy_equal(const struct policy *a, const struct policy *b)
{
    return (nullable_string_is_equal(a->name, b->name)
            && a->direction == b->direction
            && a->vlan == b->vlan
            && a->reqid == b->reqid
            && a->outbound_spi == b->outbound_spi
            && selector_equal(&a->selector, &b->selector)
            && a->action == b->action
            && a->mode == b->mode
            && ipv6_addr_equals(&a->tunnel_src, &b->tunnel_src)
            && ipv6_addr_equals(&a->tunnel_dst, &b->tunnel_dst)
            && a->esn == b->esn
            && a->suites == b->suites
            && a->df == b->df
            && a->bypass_dscp == b->bypass_dscp
            && !memcmp(a->dscp_map, b->dscp_map, sizeof a->dscp_map));
}

bool
policy_takes_sa(const struct policy *policy, const struct sa *sa)
{
    return (policy->mode == sa->mode
            && (!policy->esn || sa->esn)
            && (!policy->suites
                || policy->suites & (UINT32_C(1) << (sa->suite - suites)))
            && (!ipv6_addr_is_set(&policy->tunnel_dst)
                || (ipv6_addr_equals(&policy->tunnel_src, &sa->tunnel_src)
                    && ipv6_addr_equals(&policy->tunnel_dst,
                                        &sa->tunnel_dst))));
}

/* Is 'port' (-1 if the packet shows none) one of them?  The whole range also
 * takes packets without ports. */
static bool
port_matches(const struct sa_ports *ports, int port)
{
    for (size_t i = 0; i < ports->n; i++) {
        const struct sa_port_range *range = &ports->ranges[i];

        if ((!range->min && range->max == UINT16_MAX)
            || (port >= 0 && port >= range->min && port <= range->max)) {
            return true;
        }
    }
    return !ports->n;
}

static bool
prefix_matches(const struct in6_addr *a, const struct in6_addr *b,
               const struct in6_addr *mask)
{
    uint32_t differ = 0;
    for (int i = 0; i < 4; i++) {
        differ |= (a->s6_addr32[i] ^ b->s6_addr32[i]) & mask->s6_addr32[i];
    }
    return !differ;
}

bool
sa_selector_matches(const struct sa_selector *sel, const struct sa_traffic *t)
{
    return ((sel->family == SA_FAMILY_ANY
             || (sel->family == SA_FAMILY_IPV6) == t->ipv6)
            && prefix_matches(&t->src, &sel->src, &sel->src_mask)
            && prefix_matches(&t->dst, &sel->dst, &sel->dst_mask)
            && (sel->protocol < 0 || sel->protocol == t->protocol)
            && port_matches(&sel->src_ports, t->src_port)
            && port_matches(&sel->dst_ports, t->dst_port));
}
