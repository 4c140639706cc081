/* SPDX-License-Identifier: Apache-2.0 */
/* Engine tests of frames: what is taken, passed and dropped. */
#include <config.h>
#undef NDEBUG
#include "tests/unit/test-esp.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "csum.h"
#include "lib/address.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "tests/unit/test-esp-rig.h"
#include "util.h"
#include "vnf-agent/esp/engine.h"
#include "vnf-agent/esp/esp.h"
#include "vnf-agent/esp/ip.h"

/* The own address changes while SAs have the one of before. */
static void
test_own_addresses(void)
{
    struct setup setup = SETUP_DEFAULT;
    struct rig rig;

    rig_init(&rig, &setup);
    struct own_ips *own = &rig.b->tables->own_ips;
    struct sa sa = make_sa(&setup, SA_INBOUND, OUT_SPI + 1);
    struct in6_addr before = sa.tunnel_dst, present = ip("192.0.2.77");

    assert(own_ips_replace(own, &present));
    printf("old SA: %s\n", send_through(&rig, 60));
    secret_destroy(sa.key);
    sa.key = make_key(setup.suite, 2);
    printf("new SA, address of before: %d\n",
           apply_sa(rig.b, BACKEND_SA_ADD, &sa, rig.now_ms));
    secret_destroy(sa.key);
    sa.key = make_key(setup.suite, 3);
    sa.spi++;
    sa.tunnel_dst = present;
    printf("new SA, present address: %d\n",
           apply_sa(rig.b, BACKEND_SA_ADD, &sa, rig.now_ms));
    sa.spi++;
    sa.tunnel_dst = ip("192.0.2.78");
    printf("new SA, another address: %d\n",
           apply_sa(rig.b, BACKEND_SA_ADD, &sa, rig.now_ms));
    secret_destroy(sa.key);
    own_ips_remove(own, &before);
    printf("address of before, gone: %s\n", send_through(&rig, 60));

    /* The set has room for so many, and knows each once. */
    char text[INET6_ADDRSTRLEN];
    struct in6_addr last = present;
    for (int i = 1; own->n < OWN_IPS_MAX; i++) {
        last = in6_addr_mapped_ipv4(htonl(0xc6336400 + i));
        assert(own_ips_replace(own, &last));
    }
    before = in6_addr_mapped_ipv4(htonl(0xc6336463));
    assert(!own_ips_replace(own, &before));
    assert(own_ips_replace(own, &present) && own->n == OWN_IPS_MAX);
    char *all = own_ips_format(own);
    struct own_ips parsed;
    printf("%s\nlast %s\n", all, ipv6_string_mapped(text, &last));
    assert(own_ips_parse(all, &parsed) && parsed.n == own->n
           && !memcmp(parsed.ips, own->ips, sizeof own->ips));
    assert(!own_ips_parse("", &parsed) && !own_ips_parse("1.2.3", &parsed)
           && !own_ips_parse("192.0.2.1,::1", &parsed));
    free(all);
    rig_destroy(&rig);
}

static void
test_cipher_side(void)
{
    struct setup setup = SETUP_DEFAULT;
    struct engine_frame frame;
    struct rig rig;

    rig_init(&rig, &setup);

    frame = sealed_frame(&rig, 60);
    frame.vlan = VLAN + 1;
    printf("other VLAN: %s\n", at_b(&rig, &frame));
    frame = sealed_frame(&rig, 60);
    frame.vlan = 0;
    printf("no VLAN: %s\n", at_b(&rig, &frame));
    frame = sealed_frame(&rig, 60);
    frame.vlan = 4095;
    printf("VLAN 4095: %s\n", at_b(&rig, &frame));
    frame = sealed_frame(&rig, 60);
    frame.data[14 + 15]++;
    fix_outer(&frame);
    printf("other source: %s\n", at_b(&rig, &frame));
    frame = sealed_frame(&rig, 60);
    frame.data[14 + 19]++;
    fix_outer(&frame);
    printf("other destination: %s\n", at_b(&rig, &frame));
    frame = sealed_frame(&rig, 60);
    frame.data[5]++;
    printf("other MAC: %s\n", at_b(&rig, &frame));
    frame = sealed_frame(&rig, 60);
    frame.other_host = true;
    printf("promiscuous: %s\n", at_b(&rig, &frame));
    frame = sealed_frame(&rig, 60);
    frame.data[14 + 9] = 17;
    fix_outer(&frame);
    printf("UDP: %s\n", at_b(&rig, &frame));
    frame = sealed_frame(&rig, 60);
    frame.data[12] = 0x86;
    frame.data[13] = 0xdd;
    printf("IPv4 in an IPv6 frame: %s\n", at_b(&rig, &frame));
    frame = sealed_frame(&rig, 60);
    frame.data[14 + 6] = 0x20;
    fix_outer(&frame);
    printf("fragment: %s\n", at_b(&rig, &frame));
    frame = sealed_frame(&rig, 60);
    frame.data[14 + 8]--;
    printf("wrong header checksum: %s\n", at_b(&rig, &frame));
    frame = sealed_frame(&rig, 60);
    frame.truncated = true;
    printf("truncated: %s\n", at_b(&rig, &frame));
    frame = sealed_frame(&rig, 60);
    memset(frame.data + frame.size, 0, 10);
    frame.size += 10;
    const char *why = at_b(&rig, &frame);
    printf("Ethernet padding: %s, inner size %d\n", why,
           (int) frame.size - 18);
    print_sa(&rig, rig.b);
    rig_destroy(&rig);

    setup.no_policy = true;
    rig_init(&rig, &setup);
    printf("no inbound policy: %s\n", send_through(&rig, 60));
    rig_destroy(&rig);
}

static void
test_plain_side(void)
{
    struct setup setup = SETUP_DEFAULT;
    struct engine_frame frame;
    struct rig rig;

    rig_init(&rig, &setup);

    frame = make_frame(&rig, 60);
    frame.data[5]++;
    printf("other MAC: %s\n", at_a(&rig, &frame));
    frame = make_frame(&rig, 60);
    memset(frame.data, 0xff, 6);
    printf("broadcast: %s\n", at_a(&rig, &frame));
    frame = make_frame(&rig, 60);
    frame.other_host = true;
    printf("promiscuous: %s\n", at_a(&rig, &frame));
    frame = make_frame(&rig, 60);
    frame.data[13] = 6;
    printf("ARP: %s\n", at_a(&rig, &frame));
    frame = make_frame(&rig, 60);
    frame.data[14] = 0x65;
    printf("IPv6 in an IPv4 frame: %s\n", at_a(&rig, &frame));
    frame = make_frame(&rig, 60);
    frame.data[14 + 3]++;
    printf("longer than its frame: %s\n", at_a(&rig, &frame));
    frame = make_frame(&rig, 60);
    frame.vlan = VLAN + 1;
    printf("VLAN without a hop end: %s\n", at_a(&rig, &frame));
    frame = make_frame(&rig, 60);
    frame.vlan = 4095;
    printf("VLAN 4095: %s\n", at_a(&rig, &frame));
    frame = make_frame(&rig, 60);
    frame.truncated = true;
    printf("truncated: %s\n", at_a(&rig, &frame));

    struct policy discard = {
        .name = "p",
        .direction = SA_OUTBOUND,
        .vlan = VLAN,
        .selector = SA_SELECTOR_ANY,
        .action = POLICY_DISCARD,
    };
    assert(!apply_policy(rig.a, BACKEND_POLICY_SET, &discard));
    printf("discard: %s\n", send_through(&rig, 60));
    assert(!apply_policy(rig.a, BACKEND_POLICY_DELETE, &discard));
    printf("policy deleted: %s\n", send_through(&rig, 60));
    assert(apply_policy(rig.a, BACKEND_POLICY_DELETE, &discard) == ENOENT);
    rig_destroy(&rig);

    rig_init(&rig, &setup);
    struct sa sa = make_sa(&setup, SA_OUTBOUND, OUT_SPI);
    assert(!apply_sa(rig.a, BACKEND_SA_DELETE, &sa, rig.now_ms));
    printf("SA deleted: %s\n", send_through(&rig, 60));
    secret_destroy(sa.key);
    rig_destroy(&rig);
}

static void
test_outer_header(void)
{
    static const enum sa_df dfs[] = { SA_DF_CLEAR, SA_DF_SET, SA_DF_COPY };
    static const char *names[] = { "clear", "set", "copy" };

    for (int i = 0; i < 3; i++) {
        for (int inner_df = 0; inner_df < 2; inner_df++) {
            struct setup setup = SETUP_DEFAULT;
            struct rig rig;

            setup.df = dfs[i];
            rig_init(&rig, &setup);
            struct engine_frame frame = make_frame(&rig, 60);
            frame.data[14 + 6] = inner_df ? 0x40 : 0;
            at_a(&rig, &frame);
            printf("DF %s, inner %d: %d\n", names[i], inner_df,
                   frame.data[18 + 6] >> 6);
            rig_destroy(&rig);
        }
    }
    for (int bypass = 0; bypass < 2; bypass++) {
        struct setup setup = SETUP_DEFAULT;
        struct rig rig;

        setup.bypass_dscp = bypass;
        rig_init(&rig, &setup);
        struct engine_frame frame = make_frame(&rig, 60);
        set_inner_tos(&frame, 0xb8 | 2);
        at_a(&rig, &frame);
        printf("bypass_dscp %d: inner 0xba, outer %#x, TTL %d\n", bypass,
               frame.data[18 + 1], frame.data[18 + 8]);
        assert(!csum(frame.data + 18, 20));
        rig_destroy(&rig);
    }

    /* Congestion that was marked on the way. */
    for (int ecn = 0; ecn < 4; ecn++) {
        struct setup setup = SETUP_DEFAULT;
        struct rig rig;

        rig_init(&rig, &setup);
        struct engine_frame frame = make_frame(&rig, 60);
        set_inner_tos(&frame, 0xb8 | ecn);
        at_a(&rig, &frame);
        carry(&frame);
        frame.data[14 + 1] |= 3;
        fix_outer(&frame);
        const char *why = at_b(&rig, &frame);
        printf("inner ECN %d marked CE: %s", ecn, why);
        if (!strcmp(why, "passed")) {
            printf(", TOS %#x", frame.data[18 + 1]);
            assert(!csum(frame.data + 18, 20));
        }
        printf("\n");
        rig_destroy(&rig);
    }
}

static void
test_selectors(void)
{
    struct sa_selector dns = SA_SELECTOR_ANY;
    struct sa_selector other = SA_SELECTOR_ANY;
    struct setup setup = SETUP_DEFAULT;
    struct engine_frame frame;
    struct rig rig;

    dns.protocol = 17;
    dns.dst_ports = (struct sa_ports) { 1, { { 53, 53 } } };
    other.src = ip("10.0.0.0");
    other.src_mask = ip("255.255.255.0");
    other.dst = ip("10.0.0.3");
    other.dst_mask = ip("255.255.255.255");

    setup.policy_selector = dns;
    rig_init(&rig, &setup);
    printf("port 53: %s\n", send_through(&rig, 60));
    frame = make_frame(&rig, 60);
    frame.data[14 + 23] = 54;
    printf("port 54: %s\n", at_a(&rig, &frame));
    frame = make_frame(&rig, 60);
    frame.data[14 + 9] = 6;
    printf("TCP: %s\n", at_a(&rig, &frame));
    frame = make_frame(&rig, 60);
    frame.data[14 + 6] = 0x20;
    printf("first fragment: %s\n", at_a(&rig, &frame));
    frame = make_frame(&rig, 60);
    frame.data[14 + 7] = 1;
    printf("later fragment: %s\n", at_a(&rig, &frame));
    rig_destroy(&rig);

    setup.policy_selector = other;
    rig_init(&rig, &setup);
    printf("other destination: %s\n", send_through(&rig, 60));
    rig_destroy(&rig);

    setup.policy_selector = (struct sa_selector) SA_SELECTOR_ANY;
    setup.sa_selector = other;
    rig_init(&rig, &setup);
    printf("not of the SA at the sender: %s\n", send_through(&rig, 60));
    rig_destroy(&rig);

    /* A sender that does not look: same key, any selector at 'a'. */
    setup.sa_selector = (struct sa_selector) SA_SELECTOR_ANY;
    rig_init(&rig, &setup);
    struct sa sa = make_sa(&setup, SA_INBOUND, OUT_SPI);
    assert(!apply_sa(rig.b, BACKEND_SA_DELETE, &sa, rig.now_ms));
    struct engine *strict = engine_create(&OWN_IPS(sa.tunnel_dst));
    memcpy(strict->ports, rig.b->ports, sizeof strict->ports);
    sa.selector = other;
    assert(!apply_sa(strict, BACKEND_SA_ADD, &sa, rig.now_ms));
    engine_destroy(rig.b);
    rig.b = strict;
    printf("not of the SA at the receiver: %s\n", send_through(&rig, 60));
    secret_destroy(sa.key);
    rig_destroy(&rig);
}

/* IPv6 packets of every shape that the parser knows: what is said of each, and
 * that no cut of one is read beyond its end. */
static void
test_ipv6_headers(void)
{
    static const struct {
        const char *name;
        uint8_t next;           /* In the fixed header. */
        uint8_t extension[16];
        size_t size;
    } cases[] = {
        { "UDP", 17, "", 0 },
        { "hop-by-hop", 0, "\x11\0\1\4\0\0\0", 8 },
        { "routing", 43, "\x11\1\0\0\0\0\0\0", 16 },
        { "two options", 0, "\x3c\0\1\4\0\0\0\0\x11\0\1\4\0\0\0", 16 },
        { "first fragment", 44, "\x11\0\0\1\0\0\0\7", 8 },
        { "later fragment", 44, "\x11\0\0\x11\0\0\0\7", 8 },
        { "too long", 60, "\x11\x20", 8 },
        { "no next header", 59, "", 0 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ip_packet packet;
        size_t size = 40 + cases[i].size + 12;
        uint8_t *data = xzalloc(size);

        data[0] = 0x60;
        data[5] = size - 40;
        data[6] = cases[i].next;
        memcpy(data + 40, cases[i].extension, cases[i].size);
        memcpy(data + 40 + cases[i].size, "\x03\xe8\x00\x35", 4);
        if (ip_parse_packet(data, size, &packet)) {
            printf("%s: protocol %d at %"PRIuSIZE", ports %d %d%s%s\n",
                   cases[i].name, packet.traffic.protocol, packet.header_size,
                   packet.traffic.src_port, packet.traffic.dst_port,
                   packet.fragment ? ", fragment" : "",
                   packet.routed ? ", routed" : "");
        } else {
            printf("%s: refused\n", cases[i].name);
        }
        for (size_t cut = 0; cut < size; cut++) {
            uint8_t *copy = xmemdup(data, cut ? cut : 1);
            assert(!ip_parse_packet(copy, cut, &packet));
            if (cut >= 40) {
                copy[5] = cut - 40;     /* A shorter one, not a cut one. */
                ip_parse_packet(copy, cut, &packet);
            }
            free(copy);
        }
        free(data);
    }
}

/* What an authentic peer may send in an ESP packet beside a good IPv4
 * packet. */
static void
test_inner(void)
{
    struct setup setup = SETUP_DEFAULT;
    struct rig rig;

    rig_init(&rig, &setup);
    for (int i = 0; i < 5; i++) {
        static const char *names[] = {
            "dummy packet", "IPv6 inside", "TFC padding", "longer than said",
            "header too short"
        };
        struct setup raw_setup = SETUP_DEFAULT;
        struct secret *key = make_key(raw_setup.suite, OUT_SPI);
        struct esp_key *seal = esp_key_create(suite_by_name(raw_setup.suite),
                                              key, true);
        struct engine_frame frame = make_frame(&rig, 100);
        uint8_t *inner = frame.data + 14;
        size_t size = 100;
        uint8_t next_header = i == 0 ? 59 : i == 1 ? 41 : 4;

        if (i == 2) {
            inner[3] = 60;
        } else if (i == 3) {
            inner[3] = 104;
        } else if (i == 4) {
            inner[0] = 0x44;
        }
        uint8_t *esp = inner - 16;
        assert(esp_seal(seal, OUT_SPI, i + 1, false, NULL, esp, size,
                        next_header));
        struct ip_outer outer = {
            .src = ip("192.0.2.1"),
            .dst = ip("192.0.2.2"),
            .protocol = 50,
            .size = 20 + esp_sealed_size(suite_by_name(raw_setup.suite), size),
        };
        ip_write_outer(esp - 20, &outer);
        frame.data = esp - 20 - 14;
        frame.size = 14 + outer.size;
        memcpy(frame.data, &mac_b[ENGINE_CIPHER], 6);
        memcpy(frame.data + 12, "\x08\x00", 2);
        const char *why = at_b(&rig, &frame);
        printf("%s: %s", names[i], why);
        if (!strcmp(why, "passed")) {
            printf(", %d octets", (int) frame.size - 18);
        }
        printf("\n");
        esp_key_destroy(seal);
        secret_destroy(key);
    }
    rig_destroy(&rig);
}

/* Checksums that the sending kernel left to hardware. */
static void
test_checksum(void)
{
    static const uint8_t protocols[] = { 6, 17 };

    for (int i = 0; i < 2; i++) {
        struct setup setup = SETUP_DEFAULT;
        struct rig rig;

        rig_init(&rig, &setup);
        struct engine_frame frame = make_frame(&rig, 61);
        frame.data[14 + 9] = protocols[i];
        set_inner_tos(&frame, 0);
        frame.unfinished_checksum = true;
        assert(!strcmp(at_a(&rig, &frame), "passed"));
        carry(&frame);
        assert(!strcmp(at_b(&rig, &frame), "passed"));

        const uint8_t *p = frame.data + 18;
        uint32_t sum = csum_continue(0, p + 12, 8);
        sum = csum_add16(sum, htons(protocols[i]));
        sum = csum_add16(sum, htons(41));
        printf("protocol %d: checksum %s\n", protocols[i],
               csum_finish(csum_continue(sum, p + 20, 41)) ? "WRONG"
               : "right");
        rig_destroy(&rig);
    }
}

void
test_esp_engine(int argc, char *argv[])
{
    static const struct engine_test frame_tests[] = {
        { "cipher-side", test_cipher_side },
        { "own-addresses", test_own_addresses },
        { "plain-side", test_plain_side },
        { "outer-header", test_outer_header },
        { "selectors", test_selectors },
        { "inner", test_inner },
        { "ipv6-headers", test_ipv6_headers },
        { "checksum", test_checksum },
        { NULL, NULL },
    };
    const struct engine_test *all[] = {
        frame_tests, suite_tests, state_tests, mode_tests,
    };

    ovs_assert(argc == 2);
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        for (const struct engine_test *t = all[i]; t->name; t++) {
            if (!strcmp(argv[1], t->name)) {
                t->run();
                return;
            }
        }
    }
    ovs_fatal(0, "no engine test %s", argv[1]);
}

/* Packets a second through both engines, on one core: for ratios between
 * suites and between versions. */
void
test_esp_bench(int argc, char *argv[])
{
    enum { SIZE = 1400, N = 200000 };
    struct setup setup = SETUP_DEFAULT;
    struct timespec start, end;
    struct rig rig;

    if (argc > 1) {
        setup.suite = argv[1];
    }
    rig_init(&rig, &setup);
    struct engine_frame template = make_frame(&rig, SIZE);
    uint8_t copy[SIZE + ETH_HEADER_LEN];
    memcpy(copy, template.data, sizeof copy);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    for (int i = 0; i < N; i++) {
        struct engine_frame frame = template;

        memcpy(frame.data, copy, sizeof copy);
        engine_process(rig.a, ENGINE_PLAIN, &frame, rig.now_ms);
        carry(&frame);
        engine_process(rig.b, ENGINE_CIPHER, &frame, rig.now_ms);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    assert(rig.b->stats.drops[BACKEND_DROP_CIPHER_AUTH] == 0);
    assert(tables_find_sa(rig.b->tables, SA_INBOUND, OUT_SPI)->packets == N);
    double s = (end.tv_sec - start.tv_sec
                + (end.tv_nsec - start.tv_nsec) / 1e9);
    printf("%s %.0f\n", setup.suite, N / s);
    rig_destroy(&rig);
}

/* Fuzzing: bounded, and the same each time. */

void
test_esp_fuzz_engine(int argc, char *argv[])
{
    int n = argc > 1 ? atoi(argv[1]) : 200000;
    struct setup setup = SETUP_DEFAULT;
    int n_passed = 0;
    struct rig rig;

    if (argc > 2) {
        setup.suite = argv[2];
    }
    if (argc > 3) {
        setup.edit = !strcmp(argv[3], "udp") ? edit_udp : edit_transport;
    }
    rig_init(&rig, &setup);
    srand(1);
    for (int i = 0; i < n; i++) {
        size_t room = BUFFER_SIZE - ENGINE_HEADROOM - ENGINE_TAILROOM;
        struct engine_frame frame;
        bool from_cipher = rand() % 2;

        if (rand() % 4) {
            /* A good one with some octets changed. */
            size_t size = 28 + rand() % 200;
            frame = (setup.edit == edit_transport
                     ? make_host_frame(&rig, size, false)
                     : make_frame(&rig, size));
            if (from_cipher) {
                at_a(&rig, &frame);
                carry(&frame);
            }
            for (int j = rand() % 4; j > 0; j--) {
                frame.data[rand() % frame.size] = rand();
            }
            if (rand() % 8 == 0) {
                frame.size = rand() % (frame.size + 1);
            }
            if (from_cipher && frame.size >= 34 && rand() % 2) {
                fix_outer(&frame);
            }
        } else {
            frame = (struct engine_frame) {
                .data = rig.buffer + ENGINE_HEADROOM,
                .size = rand() % (rand() % 2 ? 80 : room),
                .vlan = rand() % 3 ? VLAN : rand() % 4096,
            };
            for (size_t j = 0; j < frame.size; j++) {
                frame.data[j] = rand();
            }
            if (frame.size >= 14) {
                memcpy(frame.data, from_cipher ? &mac_b[ENGINE_CIPHER]
                       : &mac_a[ENGINE_PLAIN], 6);
                memcpy(frame.data + 12, "\x08\x00", 2);
            }
        }
        frame.unfinished_checksum = rand() % 2;

        /* A block of just the size lets AddressSanitizer see the edges. */
        uint8_t *block = xmalloc(ENGINE_HEADROOM + frame.size
                                 + ENGINE_TAILROOM);
        memcpy(block + ENGINE_HEADROOM, frame.data, frame.size);
        frame.data = block + ENGINE_HEADROOM;
        n_passed += !strcmp(from_cipher ? at_b(&rig, &frame)
                            : at_a(&rig, &frame), "passed");
        free(block);
    }
    printf("%d frames, some passed: %s\n", n, n_passed ? "yes" : "no");
    rig_destroy(&rig);
}
