/* SPDX-License-Identifier: Apache-2.0 */
/* Engine tests of what RFC 9061 lets an SA and a policy say. */
#include <config.h>
#undef NDEBUG
#include "tests/unit/test-esp-rig.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "csum.h"
#include "lib/address.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "util.h"
#include "vnf-agent/esp/engine.h"
#include "vnf-agent/esp/esp.h"
#include "vnf-agent/esp/ip.h"


/* Transport mode. */

/* Sends a packet of 'size' octets through; it comes out as it went in, and is
 * ESP with the same header on the way. */
static const char *
send_host(struct rig *rig, size_t size, bool ipv6)
{
    struct engine_frame frame = make_host_frame(rig, size, ipv6);
    uint8_t copy[1500];

    memcpy(copy, frame.data + ETH_HEADER_LEN, size);
    const char *why = at_a(rig, &frame);
    if (strcmp(why, "passed")) {
        return why;
    }
    const uint8_t *outer = frame.data + 18;
    struct ip_packet packet;
    assert(ip_parse_packet(outer, frame.size - 18, &packet));
    assert(ip_checksum_ok(outer, &packet));
    assert(packet.traffic.protocol == 50 && packet.size == frame.size - 18);
    assert(packet.tos == 0xb8 && outer[ipv6 ? 7 : 8] == copy[ipv6 ? 7 : 8]);
    assert(!memcmp(outer + (ipv6 ? 8 : 12), copy + (ipv6 ? 8 : 12),
                   ipv6 ? 32 : 8));
    carry(&frame);
    why = at_b(rig, &frame);
    assert(strcmp(why, "passed")
           || (frame.size == 18 + size
               && !memcmp(frame.data + 18, copy, size)));
    return why;
}

static void
test_transport(void)
{
    for (size_t i = 0; i < 2 * n_suites; i++) {
        struct setup setup = SETUP_DEFAULT;
        struct rig rig;
        size_t max = 0;

        setup.suite = suites[i / 2].name;
        setup.outer_ipv6 = i & 1;
        setup.edit = edit_transport;
        rig_init(&rig, &setup);
        for (size_t size = 48; size <= 1500; size++) {
            const char *why = send_host(&rig, size, setup.outer_ipv6);

            if (!strcmp(why, "passed")) {
                assert(!max || max == size - 1);
                max = size;
            } else {
                assert(!strcmp(why, "plain-too-big"));
            }
        }
        printf("%s, IPv%d: at most %"PRIuSIZE"\n", setup.suite,
               setup.outer_ipv6 ? 6 : 4, max);
        rig_destroy(&rig);
    }
}

/* What transport mode does not take. */
static void
test_transport_refused(void)
{
    struct setup setup = SETUP_DEFAULT;
    struct engine_frame frame;
    struct rig rig;

    setup.edit = edit_transport;
    rig_init(&rig, &setup);
    frame = make_host_frame(&rig, 100, false);
    frame.data[14 + 6] = 0x20;
    fix_outer(&frame);
    printf("fragment: %s\n", at_a(&rig, &frame));
    frame = make_frame(&rig, 100);
    printf("of other hosts: %s\n", at_a(&rig, &frame));
    /* ESP with an option in the IP header, there and back. */
    frame = make_host_frame(&rig, 100, false);
    frame.data[14] = 0x46;
    memset(frame.data + 14 + 20, 1, 4);         /* No-operation. */
    memset(frame.data + 14 + 10, 0, 2);
    ovs_be16 sum = csum(frame.data + 14, 24);
    memcpy(frame.data + 14 + 10, &sum, 2);
    assert(!strcmp(at_a(&rig, &frame), "passed"));
    carry(&frame);
    printf("IPv4 option: %s\n", at_b(&rig, &frame));
    /* From another host than the SA's. */
    frame = make_host_frame(&rig, 100, false);
    assert(!strcmp(at_a(&rig, &frame), "passed"));
    carry(&frame);
    frame.data[14 + 15]++;
    fix_outer(&frame);
    printf("from elsewhere: %s\n", at_b(&rig, &frame));

    struct sa sa = make_sa(&setup, SA_OUTBOUND, 0x2002);
    struct policy policy = { .name = NULL };
    edit_transport(&sa, &policy);
    sa.udp = true;
    printf("in UDP: %s\n",
           ovs_strerror(apply_sa(rig.a, BACKEND_SA_ADD, &sa, 0)));
    sa.udp = false;
    sa.selector.dst_mask = in6addr_any;
    printf("not one host: %s\n",
           ovs_strerror(apply_sa(rig.a, BACKEND_SA_ADD, &sa, 0)));
    secret_destroy(sa.key);
    rig_destroy(&rig);

    setup.outer_ipv6 = true;
    rig_init(&rig, &setup);
    frame = make_host_frame(&rig, 100, true);
    frame.data[14 + 6] = 0;                     /* Hop-by-hop options. */
    memcpy(frame.data + 14 + 40, "\x11\0\1\4\0\0\0", 8);
    printf("IPv6 extension header: %s\n", at_a(&rig, &frame));
    rig_destroy(&rig);
}

/* ESP in UDP. */

static void
test_udp(void)
{
    for (size_t i = 0; i < 2 * n_suites; i++) {
        bool ipv6 = i & 1;
        size_t header_size = ipv6 ? 40 : 20;
        size_t max = suite_max_inner(&suites[i / 2], 1500 - 8, ipv6);
        struct setup setup = SETUP_DEFAULT;
        struct rig rig;

        setup.suite = suites[i / 2].name;
        setup.outer_ipv6 = ipv6;
        setup.edit = edit_udp;
        rig_init(&rig, &setup);
        for (size_t size = 28; size <= max; size++) {
            struct engine_frame frame = make_frame(&rig, size);
            struct ip_packet packet;
            uint8_t copy[1500];

            memcpy(copy, frame.data + ETH_HEADER_LEN, size);
            assert(!strcmp(at_a(&rig, &frame), "passed"));
            assert(ip_parse_packet(frame.data + 18, frame.size - 18,
                                   &packet));
            assert(packet.traffic.protocol == 17
                   && packet.traffic.src_port == 4500
                   && packet.traffic.dst_port == 4600
                   && packet.size == frame.size - 18);
            /* The checksum: 0 with IPv4, right with IPv6. */
            uint8_t *udp = frame.data + 18 + header_size;
            assert(!udp[6] && !udp[7] ? !ipv6 : ipv6);
            if (ipv6) {
                uint32_t sum = csum_continue(0, frame.data + 18 + 8, 32);
                size_t udp_size = packet.size - 40;
                sum = csum_add16(sum, htons(udp_size));
                sum = csum_add16(sum, htons(17));
                assert(!csum_finish(csum_continue(sum, udp, udp_size)));
            }
            carry(&frame);
            assert(!strcmp(at_b(&rig, &frame), "passed"));
            assert(frame.size == 18 + size
                   && !memcmp(frame.data + 18, copy, size));
        }
        printf("%s in UDP in IPv%d: at most %"PRIuSIZE"; one more: %s\n",
               setup.suite, ipv6 ? 6 : 4, max, send_through(&rig, max + 1));
        rig_destroy(&rig);
    }
}

/* Where ESP in UDP is taken from, and from where not. */
static void
test_udp_refused(void)
{
    struct setup setup = SETUP_DEFAULT;
    struct engine_frame frame;
    struct rig rig;

    setup.edit = edit_udp;
    rig_init(&rig, &setup);
    uint8_t *udp;
#define OPEN(WHAT, ...)                                 \
    frame = sealed_frame(&rig, 60);                     \
    udp = frame.data + 34;                              \
    __VA_ARGS__;                                        \
    printf("%s: %s\n", WHAT, at_b(&rig, &frame));
    OPEN("as it is", (void) udp);
    OPEN("other source port", udp[1]++);
    OPEN("other destination port", udp[3]++);
    OPEN("unknown SPI, port 4600", udp[8]++);
    OPEN("unknown SPI, port 4500", (udp[8]++, memcpy(udp + 2, "\x11\x94", 2)));
    OPEN("IKE", (memset(udp + 8, 0, 4), memcpy(udp + 2, "\x11\x94", 2)));
    OPEN("too long", memcpy(udp + 4, "\xff\xff", 2));
    OPEN("too short", memcpy(udp + 4, "\0\7", 2));
    OPEN("keep-alive", (memcpy(udp + 4, "\0\x09", 2), udp[8] = 0xff));
    OPEN("as bare ESP", (frame.data[14 + 9] = 50, fix_outer(&frame)));
    /* The same without UDP. */
    OPEN("without UDP", (memmove(udp, udp + 8, frame.size - 42),
                         frame.size -= 8, frame.data[14 + 3] -= 8,
                         frame.data[14 + 9] = 50, fix_outer(&frame)));
    rig_destroy(&rig);

    setup.edit = NULL;
    rig_init(&rig, &setup);
    frame = sealed_frame(&rig, 60);
    size_t esp_size = frame.size - 34;
    memmove(frame.data + 42, frame.data + 34, esp_size);
    memcpy(frame.data + 34, "\x11\x94\x11\x94\0\0\0\0", 8);
    frame.data[34 + 5] = esp_size + 8;
    frame.data[14 + 3] += 8;
    frame.data[14 + 9] = 17;
    fix_outer(&frame);
    frame.size += 8;
    printf("UDP of an SA without: %s\n", at_b(&rig, &frame));
    rig_destroy(&rig);
}

/* The outer header. */

static uint8_t
outer_tos(struct rig *rig, uint8_t inner)
{
    struct engine_frame frame = make_frame(rig, 60);

    set_inner_tos(&frame, inner);
    assert(!strcmp(at_a(rig, &frame), "passed"));
    return frame.data[18 + 1];
}

static void
edit_policy_map(struct sa *sa OVS_UNUSED, struct policy *policy)
{
    policy->bypass_dscp = false;
    policy->dscp_map[46] = 10;
}

static void
edit_sa_map(struct sa *sa, struct policy *policy)
{
    edit_policy_map(sa, policy);
    sa->dscp = SA_DSCP_MAP;
    sa->dscp_map[46] = 12;
}

static void
edit_sa_copy(struct sa *sa, struct policy *policy)
{
    edit_policy_map(sa, policy);
    sa->dscp = SA_DSCP_COPY;
}

static void
edit_df(struct sa *sa, struct policy *policy)
{
    policy->df = SA_DF_SET;
    sa->df = SA_DF_CLEAR;
}

static void
test_dscp(void)
{
    static const struct {
        const char *name;
        void (*edit)(struct sa *, struct policy *);
    } cases[] = {
        { "policy maps", edit_policy_map },
        { "SA maps", edit_sa_map },
        { "SA copies", edit_sa_copy },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct setup setup = SETUP_DEFAULT;
        struct rig rig;

        setup.edit = cases[i].edit;
        rig_init(&rig, &setup);
        printf("%s: 46 becomes %d, 47 %d; ECN stays %d\n", cases[i].name,
               outer_tos(&rig, 46 << 2) >> 2, outer_tos(&rig, 47 << 2) >> 2,
               outer_tos(&rig, 46 << 2 | 1) & 3);
        rig_destroy(&rig);
    }

    struct setup setup = SETUP_DEFAULT;
    struct rig rig;
    setup.edit = edit_df;
    rig_init(&rig, &setup);
    struct engine_frame frame = make_frame(&rig, 60);
    at_a(&rig, &frame);
    printf("policy sets DF, SA clears it: %d\n", frame.data[18 + 6] >> 6);
    rig_destroy(&rig);

    /* An SA for some DSCPs, newer than one for all. */
    setup.edit = NULL;
    setup.unpinned = true;
    rig_init(&rig, &setup);
    struct sa sa = make_sa(&setup, SA_OUTBOUND, 0x2002);
    sa.inner_dscps = UINT64_C(1) << 46 | UINT64_C(1) << 63;
    assert(!apply_sa(rig.a, BACKEND_SA_ADD, &sa, 0));
    secret_destroy(sa.key);
    for (int dscp = 45; dscp < 48; dscp++) {
        frame = make_frame(&rig, 60);
        set_inner_tos(&frame, dscp << 2);
        at_a(&rig, &frame);
        printf("DSCP %d goes by SPI 0x%02x%02x\n", dscp, frame.data[18 + 22],
               frame.data[18 + 23]);
    }
    rig_destroy(&rig);
}

/* Selectors with several ranges of ports. */
static void
test_ports(void)
{
    struct setup setup = SETUP_DEFAULT;
    struct sa_selector *sel = &setup.policy_selector;
    static const uint16_t ports[] = { 52, 53, 54, 79, 80, 90, 91, 65535 };
    struct rig rig;

    sel->dst_ports = (struct sa_ports) {
        3, { { 53, 53 }, { 80, 90 }, { 65535, 65535 } }
    };
    sel->src_ports = (struct sa_ports) { 2, { { 1, 2 }, { 1000, 1000 } } };
    rig_init(&rig, &setup);
    for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
        struct engine_frame frame = make_frame(&rig, 60);

        frame.data[14 + 22] = ports[i] >> 8;
        frame.data[14 + 23] = ports[i];
        printf("%d: %s\n", ports[i], at_a(&rig, &frame));
    }
    struct engine_frame frame = make_frame(&rig, 60);
    frame.data[14 + 20] = 0;
    printf("other source port: %s\n", at_a(&rig, &frame));
    rig_destroy(&rig);
}

/* What a policy asks of its SAs. */

static void
ask_esn(struct sa *sa OVS_UNUSED, struct policy *policy)
{
    policy->esn = true;
}

static void
ask_suites(struct sa *sa OVS_UNUSED, struct policy *policy)
{
    policy->suites = 2;         /* ChaCha20-Poly1305. */
}

static void
ask_transport(struct sa *sa OVS_UNUSED, struct policy *policy)
{
    policy->mode = SA_TRANSPORT;
}

static void
ask_peer(struct sa *sa, struct policy *policy)
{
    policy->tunnel_src = sa->tunnel_src;
    policy->tunnel_dst = ip("192.0.2.77");
}

static void
ask_right(struct sa *sa, struct policy *policy)
{
    policy->suites = 3;
    policy->tunnel_src = sa->tunnel_src;
    policy->tunnel_dst = sa->tunnel_dst;
}

static void
test_policy_asks(void)
{
    static const struct {
        const char *name;
        void (*edit)(struct sa *, struct policy *);
    } cases[] = {
        { "ESN", ask_esn },
        { "another suite", ask_suites },
        { "transport mode", ask_transport },
        { "another peer", ask_peer },
        { "what there is", ask_right },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct setup setup = SETUP_DEFAULT;
        struct backend_event event;
        struct rig rig;

        setup.edit = cases[i].edit;
        setup.unpinned = i & 1;
        rig_init(&rig, &setup);
        printf("%s: %s", cases[i].name, send_through(&rig, 60));
        bool told = event_queue_pop(&rig.a->events, &event);
        printf("%s\n", told && event.type == BACKEND_EVENT_ACQUIRE
               ? ", acquire" : "");
        if (told) {
            free(event.policy);
        }
        rig_destroy(&rig);
    }
}

/* "terminate-hold" at the soft lifetime. */
static void
end_softly(struct sa *sa, struct policy *policy OVS_UNUSED)
{
    sa->soft_ends = true;
}

static void
test_soft_ends(void)
{
    struct setup setup = SETUP_DEFAULT;
    struct rig rig;

    setup.soft.packets = 2;
    setup.hard.packets = 100;
    setup.edit = end_softly;
    rig_init(&rig, &setup);
    for (int i = 0; i < 3; i++) {
        printf("%s\n", send_through(&rig, 60));
    }
    print_sa(&rig, rig.a);
    rig_destroy(&rig);
}

const struct engine_test mode_tests[] = {
    { "transport", test_transport },
    { "transport-refused", test_transport_refused },
    { "udp", test_udp },
    { "udp-refused", test_udp_refused },
    { "dscp", test_dscp },
    { "ports", test_ports },
    { "policy-asks", test_policy_asks },
    { "soft-ends", test_soft_ends },
    { NULL, NULL },
};
