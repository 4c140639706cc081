/* SPDX-License-Identifier: Apache-2.0 */
/* SAs, policies and events as the control socket and the records have them:
 * octet by octet. */
#include <config.h>
#undef NDEBUG
#include "tests/unit/test-esp.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/address.h"
#include "lib/sa.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "util.h"
#include "vnf-agent/backend/backend.h"
#include "vnf-agent/backend/wire.h"

static struct in6_addr
ip_address(const char *s)
{
    struct in6_addr ip;

    assert(address_parse(s, &ip));
    return ip;
}

/* Every member is told from every other one. */
static struct sa_selector
make_selector(void)
{
    return (struct sa_selector) {
        .family = SA_FAMILY_IPV6,
        .src = ip_address("2001:db8::1"),
        .src_mask = ip_address("ffff:ffff::"),
        .dst = ip_address("2001:db8::2"),
        .dst_mask = ip_address("ffff:fff0::"),
        .protocol = 17,
        .src_ports = { 1, { { 1000, 2000 } } },
        .dst_ports = { 2, { { 53, 53 }, { 3000, 4000 } } },
    };
}

static void
make_dscp_map(uint8_t map[SA_N_DSCPS])
{
    for (int i = 0; i < SA_N_DSCPS; i++) {
        map[i] = SA_N_DSCPS - 1 - i;
    }
}

static struct sa *
make_full_sa(void)
{
    struct sa *sa = xzalloc(sizeof *sa);

    sa->name = xstrdup("sa-name");
    sa->spi = 0x01020304;
    sa->direction = SA_INBOUND;
    sa->vlan = 0x0506;
    sa->reqid = UINT64_C(0x0708090a0b0c0d0e);
    sa->mode = SA_TRANSPORT;
    sa->tunnel_src = ip_address("192.0.2.1");
    sa->tunnel_dst = ip_address("2001:db8::3");
    sa->udp = true;
    sa->udp_src = 4500;
    sa->udp_dst = 4501;
    sa->selector = make_selector();
    sa->suite = suite_by_name("aes-gcm-16-128");
    sa->key = secret_create("KEYKEYKEYKEYKEYSALT4", 20);
    sa->key_check = xstrdup("0f1e2d3c");
    sa->esn = true;
    sa->replay_window = 0x0f101112;
    sa->soft = (struct sa_lifetime) { 1, 2, 3, 4 };
    sa->hard = (struct sa_lifetime) { 5, 6, 7, 8 };
    sa->soft_ends = true;
    sa->df = SA_DF_COPY;
    sa->dscp = SA_DSCP_MAP;
    make_dscp_map(sa->dscp_map);
    sa->inner_dscps = UINT64_C(0x131415161718191a);
    return sa;
}

static struct policy *
make_full_policy(void)
{
    struct policy *policy = xzalloc(sizeof *policy);

    policy->name = xstrdup("policy-name");
    policy->direction = SA_INBOUND;
    policy->vlan = 0x0102;
    policy->reqid = UINT64_C(0x030405060708090a);
    policy->outbound_spi = 0x0b0c0d0e;
    policy->selector = make_selector();
    policy->selector.protocol = -1;
    policy->action = POLICY_PROTECT;
    policy->mode = SA_TRANSPORT;
    policy->tunnel_src = ip_address("192.0.2.1");
    policy->tunnel_dst = ip_address("2001:db8::3");
    policy->esn = true;
    policy->suites = 0x0f101112;
    policy->df = SA_DF_COPY;
    policy->bypass_dscp = true;
    make_dscp_map(policy->dscp_map);
    return policy;
}

static const struct sa_stats full_stats = {
    .packets = 1, .bytes = 2, .seq = 3, .replayed = 4, .failed = 5,
    .age_s = 6, .idle_s = 7, .soft_expired = true, .hard_expired = true,
};

/* Written by wire_writer, 1 kB at most. */
struct octets {
    uint8_t buf[1024];
    struct wire_writer w;
};

static struct wire_writer *
begin(struct octets *octets)
{
    octets->w = (struct wire_writer) { .buf = octets->buf };
    return &octets->w;
}

static void
print_octets(const char *what, const struct octets *octets)
{
    printf("%s: %"PRIuSIZE" octets", what, octets->w.size);
    for (size_t i = 0; i < octets->w.size; i++) {
        printf("%s%02x", i % 32 ? i % 4 ? "" : " " : "\n  ",
               octets->buf[i]);
    }
    printf("\n");
}

/* What is read of the octets says the same, and fails without any last one. */
static void
check_sa_octets(const struct octets *octets, const struct sa *sa)
{
    for (size_t left = 0; left <= octets->w.size; left++) {
        struct wire_reader r = { .p = octets->buf, .left = left };
        struct sa *copy = wire_get_sa(&r);

        assert((copy != NULL) == (left == octets->w.size));
        assert(!copy || sa_equal(sa, copy));
        sa_destroy(copy);
    }
}

static void
check_policy_octets(const struct octets *octets, const struct policy *policy)
{
    for (size_t left = 0; left <= octets->w.size; left++) {
        struct wire_reader r = { .p = octets->buf, .left = left };
        struct policy *copy = wire_get_policy(&r);

        assert((copy != NULL) == (left == octets->w.size));
        assert(!copy || policy_equal(policy, copy));
        policy_destroy(copy);
    }
}

static void
print_event(void)
{
    struct backend_event event = {
        .type = BACKEND_EVENT_ACQUIRE,
        .direction = SA_INBOUND,
        .spi = 0x01020304,
        .soft = true,
        .stats = full_stats,
        .policy = CONST_CAST(char *, "policy-name"),
        .traffic = {
            .ipv6 = true,
            .src = ip_address("2001:db8::1"),
            .dst = ip_address("2001:db8::2"),
            .protocol = 17,
            .src_port = 53,
            .dst_port = -1,
        },
    };
    struct backend_event copy;
    struct octets octets;

    wire_put_event(begin(&octets), &event);
    print_octets("event", &octets);

    struct wire_reader r = { .p = octets.buf, .left = octets.w.size };
    wire_get_event(&r, &copy);
    assert(!r.failed && !r.left && copy.traffic.dst_port == -1);
    wire_put_event(begin(&octets), &copy);
    print_octets("event again", &octets);
    free(copy.policy);
}

void
test_esp_wire(int argc OVS_UNUSED, char *argv[] OVS_UNUSED)
{
    struct policy *policy = make_full_policy();
    struct sa *sa = make_full_sa();
    struct octets octets;

    wire_put_sa(begin(&octets), sa);
    print_octets("SA", &octets);
    check_sa_octets(&octets, sa);
    wire_put_policy(begin(&octets), policy);
    print_octets("policy", &octets);
    check_policy_octets(&octets, policy);
    wire_put_sa_stats(begin(&octets), &full_stats);
    print_octets("stats of an SA", &octets);
    print_event();

    struct backend_stats stats = { 1, 2, 3, 4, { 5, 6, 7 } };
    wire_put_stats(begin(&octets), &stats);
    print_octets("stats", &octets);
    sa_destroy(sa);
    policy_destroy(policy);
}
