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

struct sa *
sa_clone_without_key(const struct sa *sa)
{
    char key_check[SECRET_CHECK_STRLEN];
    struct sa copy = *sa;

    secret_check(sa->key, sa->spi, key_check);
    copy.key = NULL;
    copy.key_check = key_check;
    return sa_clone(&copy);
}

const struct in6_addr *
sa_own_ip(const struct sa *sa)
{
    return sa->direction == SA_OUTBOUND ? &sa->tunnel_src : &sa->tunnel_dst;
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

#define EQUAL_UINT(A, B) (A) == (B)
#define EQUAL_ENUM(A, B) (A) == (B)
#define EQUAL_ADDRESS(A, B) ipv6_addr_equals(&(A), &(B))
#define EQUAL_STRING(A, B) nullable_string_is_equal(A, B)
#define EQUAL_PROTOCOL(A, B) (A) == (B)
#define EQUAL_PORTS(A, B) ports_equal(&(A), &(B))
#define EQUAL_SUITE(A, B) (A) == (B)
#define EQUAL_KEY(A, B) true            /* 'key_check' stands for it. */
#define EQUAL_DSCP_MAP(A, B) !memcmp(A, B, sizeof (sa_dscp_map))
#define EQUAL_SELECTOR(A, B) selector_equal(&(A), &(B))
#define EQUAL_LIFETIME(A, B) lifetime_equal(&(A), &(B))
#define FIELD(TYPE, NAME, KIND, ...) EQUAL_##KIND(a->NAME, b->NAME) &&

static bool
selector_equal(const struct sa_selector *a, const struct sa_selector *b)
{
    return SA_SELECTOR_FIELDS true;
}

static bool
lifetime_equal(const struct sa_lifetime *a, const struct sa_lifetime *b)
{
    return SA_LIFETIME_FIELDS true;
}

bool
sa_equal(const struct sa *a, const struct sa *b)
{
    return SA_FIELDS true;
}

bool
policy_equal(const struct policy *a, const struct policy *b)
{
    return POLICY_FIELDS true;
}

#undef FIELD

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

/* Returns true if 'ports' has 'port' (-1: the packet does not show one).  The
 * whole range has packets without ports too. */
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
