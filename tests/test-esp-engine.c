/* SPDX-License-Identifier: Apache-2.0 */
/* Two engines, one at each end of a hop, with frames carried between them by
 * the tests. */
#include <config.h>
#undef NDEBUG
#include "tests/test-esp.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "csum.h"
#include "lib/address.h"
#include "lib/sa.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "util.h"
#include "vnf-agent/esp/engine.h"
#include "vnf-agent/esp/esp.h"
#include "vnf-agent/esp/ip.h"

#define VLAN 101
#define OUT_SPI 0x1001          /* At 'a'; 'b' receives it. */
#define REQID 7

enum { BUFFER_SIZE = 4096 };

static const struct eth_addr mac_a[2] = {
    ETH_ADDR_C(02,00,00,00,00,01), ETH_ADDR_C(02,00,00,00,00,02)
};
static const struct eth_addr mac_b[2] = {
    ETH_ADDR_C(02,00,00,00,00,11), ETH_ADDR_C(02,00,00,00,00,12)
};

/* Outer addresses, IPv4 and IPv6. */
static const char *const address_a[] = { "192.0.2.1", "2001:db8::1" };
static const char *const address_b[] = { "192.0.2.2", "2001:db8::2" };

/* What a test may want otherwise. */
struct setup {
    const char *suite;
    bool esn;
    uint32_t window;
    struct sa_lifetime soft, hard;
    struct sa_selector sa_selector, policy_selector;
    enum sa_df df;
    bool bypass_dscp;
    bool unpinned;
    bool no_policy;             /* At 'b'. */
    bool outer_ipv6;
};

#define SETUP_DEFAULT                                               \
    { .suite = SUITE_DEFAULT, .window = 64,                         \
      .sa_selector = SA_SELECTOR_ANY, .policy_selector = SA_SELECTOR_ANY }

struct rig {
    struct engine *a, *b;
    long long int now_ms;
    uint8_t buffer[BUFFER_SIZE];
};

static struct in6_addr
ip(const char *s)
{
    struct in6_addr value;

    assert(address_parse(s, &value));
    return value;
}

static int
apply_sa(struct engine *engine, enum backend_edit_type type,
         const struct sa *sa, long long int now_ms)
{
    struct ovs_list edits = OVS_LIST_INITIALIZER(&edits);
    struct backend_edit edit = { .type = type, .sa = sa };
    char *error_s;

    ovs_list_push_back(&edits, &edit.node);
    int error = tables_apply(engine->tables, &edits, now_ms, &error_s);
    assert(!error == !error_s);
    free(error_s);
    return error;
}

static int
apply_policy(struct engine *engine, enum backend_edit_type type,
             const struct policy *policy)
{
    struct ovs_list edits = OVS_LIST_INITIALIZER(&edits);
    struct backend_edit edit = { .type = type, .policy = policy };
    char *error_s;

    ovs_list_push_back(&edits, &edit.node);
    int error = tables_apply(engine->tables, &edits, 0, &error_s);
    free(error_s);
    return error;
}

/* A key that is told from others by 'seed'. */
static struct secret *
make_key(const char *suite, int seed)
{
    uint8_t bytes[64];

    memset(bytes, seed, sizeof bytes);
    return secret_create(bytes, suite_keymat_size(suite_by_name(suite)));
}

static struct sa
make_sa(const struct setup *setup, enum sa_direction direction, uint32_t spi)
{
    return (struct sa) {
        .name = "test",
        .spi = spi,
        .direction = direction,
        .vlan = VLAN,
        .reqid = REQID,
        .tunnel_src = ip(address_a[setup->outer_ipv6]),
        .tunnel_dst = ip(address_b[setup->outer_ipv6]),
        .selector = setup->sa_selector,
        .suite = suite_by_name(setup->suite),
        .key = make_key(setup->suite, spi),
        .esn = setup->esn,
        .replay_window = setup->window,
        .soft = setup->soft,
        .hard = setup->hard,
    };
}

static void
rig_init(struct rig *rig, const struct setup *setup)
{
    struct sa sa = make_sa(setup, SA_OUTBOUND, OUT_SPI);
    struct policy policy = {
        .name = "p",
        .direction = SA_OUTBOUND,
        .vlan = VLAN,
        .reqid = REQID,
        .outbound_spi = setup->unpinned ? 0 : OUT_SPI,
        .selector = setup->policy_selector,
        .action = POLICY_PROTECT,
        .df = setup->df,
        .bypass_dscp = setup->bypass_dscp,
    };

    rig->now_ms = 1000000;
    rig->a = engine_create(&sa.tunnel_src);
    rig->b = engine_create(&sa.tunnel_dst);
    for (int i = 0; i < 2; i++) {
        rig->a->ports[i] = (struct backend_port) { mac_a[i], 1500 };
        rig->b->ports[i] = (struct backend_port) { mac_b[i], 1500 };
    }

    assert(!apply_sa(rig->a, BACKEND_SA_ADD, &sa, rig->now_ms));
    assert(!apply_policy(rig->a, BACKEND_POLICY_SET, &policy));
    sa.direction = SA_INBOUND;
    assert(!apply_sa(rig->b, BACKEND_SA_ADD, &sa, rig->now_ms));
    policy.direction = SA_INBOUND;
    if (!setup->no_policy) {
        assert(!apply_policy(rig->b, BACKEND_POLICY_SET, &policy));
    }
    secret_destroy(sa.key);
}

static void
rig_destroy(struct rig *rig)
{
    engine_destroy(rig->a);
    engine_destroy(rig->b);
}

/* An inner UDP packet of 'size' octets (IP) in a frame to a's plain port. */
static struct engine_frame
make_frame(struct rig *rig, size_t size)
{
    uint8_t *p = rig->buffer + ENGINE_HEADROOM;
    struct engine_frame frame = {
        .data = p,
        .size = ETH_HEADER_LEN + size,
        .vlan = VLAN,
    };
    static const uint8_t header[20] = {
        0x45, 0, 0, 0, 0x12, 0x34, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2
    };

    memset(rig->buffer, 0xee, sizeof rig->buffer);
    memcpy(p, &mac_a[ENGINE_PLAIN], 6);
    memcpy(p + 6, "\2\0\0\0\0\x99\x08\0", 8);
    p += ETH_HEADER_LEN;
    for (size_t i = 0; i < size; i++) {
        p[i] = i;
    }
    memcpy(p, header, sizeof header);
    p[2] = size >> 8;
    p[3] = size;
    ovs_be16 sum = csum(p, 20);
    memcpy(p + 10, &sum, 2);
    memcpy(p + 20, "\x03\xe8\x00\x35", 4);      /* Ports 1000, 53. */
    return frame;
}

static void
set_inner_tos(struct engine_frame *frame, uint8_t tos)
{
    uint8_t *p = frame->data + ETH_HEADER_LEN;

    p[1] = tos;
    memset(p + 10, 0, 2);
    ovs_be16 sum = csum(p, 20);
    memcpy(p + 10, &sum, 2);
}

/* Makes the inner packet an IPv6 one, of the same size. */
static void
make_inner_ipv6(struct engine_frame *frame, uint8_t traffic_class)
{
    uint8_t *p = frame->data + ETH_HEADER_LEN;
    size_t payload = frame->size - ETH_HEADER_LEN - 40;
    struct in6_addr src = ip("fd00::1"), dst = ip("fd00::2");

    memcpy(frame->data + 12, "\x86\xdd", 2);
    p[0] = 0x60 | traffic_class >> 4;
    p[1] = traffic_class << 4;
    p[2] = p[3] = 0;
    p[4] = payload >> 8;
    p[5] = payload;
    p[6] = 17;
    p[7] = 64;
    memcpy(p + 8, &src, sizeof src);
    memcpy(p + 24, &dst, sizeof dst);
    memcpy(p + 40, "\x03\xe8\x00\x35", 4);      /* Ports 1000, 53. */
}

/* The outer header changed: its checksum too. */
static void
fix_outer(struct engine_frame *frame)
{
    uint8_t *p = frame->data + ETH_HEADER_LEN;

    memset(p + 10, 0, 2);
    ovs_be16 sum = csum(p, 20);
    memcpy(p + 10, &sum, 2);
}

/* What became of the frame: the drop whose counter moved, or "passed". */
static const char *
verdict(const struct backend_stats *before, const struct engine *engine,
        bool passed)
{
    for (int i = 0; i < BACKEND_N_DROPS; i++) {
        if (engine->stats.drops[i] != before->drops[i]) {
            assert(!passed);
            return backend_drop_to_string(i);
        }
    }
    return passed ? "passed" : "dropped silently";
}

static const char *
process(struct engine *engine, enum engine_port from,
        struct engine_frame *frame, long long int now_ms)
{
    struct backend_stats before = engine->stats;
    bool passed = engine_process(engine, from, frame, now_ms);

    return verdict(&before, engine, passed);
}

static const char *
at_a(struct rig *rig, struct engine_frame *frame)
{
    return process(rig->a, ENGINE_PLAIN, frame, rig->now_ms);
}

/* Carries what 'a' sent to 'b', as the bridges and kernels between them do:
 * the tag is taken out, the destination rewritten. */
static void
carry(struct engine_frame *frame)
{
    assert(!memcmp(frame->data + 12, "\x81\x00\x00\x65", 4));
    assert(!memcmp(frame->data + 16, frame->data[18] >> 4 == 6 ? "\x86\xdd"
                   : "\x08\x00", 2));
    assert(!memcmp(frame->data, "\x02\x5d\x5a\x00\x00\x01", 6));
    assert(!memcmp(frame->data + 6, &mac_a[ENGINE_CIPHER], 6));
    memmove(frame->data + 4, frame->data, 12);
    frame->data += 4;
    frame->size -= 4;
    memcpy(frame->data, &mac_b[ENGINE_CIPHER], 6);
    frame->vlan = VLAN;
}

static const char *
at_b(struct rig *rig, struct engine_frame *frame)
{
    return process(rig->b, ENGINE_CIPHER, frame, rig->now_ms);
}

/* Through 'a', which must pass it, and over to 'b'. */
static struct engine_frame
sealed_frame(struct rig *rig, size_t size)
{
    struct engine_frame frame = make_frame(rig, size);

    assert(!strcmp(at_a(rig, &frame), "passed"));
    carry(&frame);
    return frame;
}

/* Sends a packet of 'size' octets through both. */
static const char *
send_through(struct rig *rig, size_t size)
{
    struct engine_frame frame = make_frame(rig, size);
    const char *at_sender = at_a(rig, &frame);

    if (strcmp(at_sender, "passed")) {
        return at_sender;
    }
    carry(&frame);
    return at_b(rig, &frame);
}

static void
print_sa(const struct rig *rig, const struct engine *engine)
{
    struct esp_sa *esp_sa = tables_find_sa(
        engine->tables, engine == rig->a ? SA_OUTBOUND : SA_INBOUND, OUT_SPI);
    struct sa_stats stats;

    esp_sa_get_stats(esp_sa, rig->now_ms, &stats);
    printf("%c: packets %"PRIu64", bytes %"PRIu64", seq %"PRIu64
           ", replayed %"PRIu64", failed %"PRIu64"%s%s%s\n",
           engine == rig->a ? 'a' : 'b', stats.packets, stats.bytes, stats.seq,
           stats.replayed, stats.failed, stats.soft_expired ? ", soft" : "",
           stats.hard_expired ? ", hard" : "", esp_sa->key ? "" : ", no key");
}

/* Tests. */

static void
test_sizes(void)
{
    for (int esn = 0; esn < 2; esn++) {
        for (size_t s = 0; s < n_suites; s++) {
            struct setup setup = SETUP_DEFAULT;
            size_t max = suite_max_inner(&suites[s], 1500, false);
            struct rig rig;

            setup.suite = suites[s].name;
            setup.esn = esn;
            rig_init(&rig, &setup);
            for (size_t size = 28; size <= max; size++) {
                struct engine_frame frame = make_frame(&rig, size);
                uint8_t copy[1500];

                memcpy(copy, frame.data + ETH_HEADER_LEN, size);
                assert(!strcmp(at_a(&rig, &frame), "passed"));
                assert(frame.size - 18 <= size
                       + suite_overhead(suite_by_name(setup.suite)));
                carry(&frame);
                assert(!strcmp(at_b(&rig, &frame), "passed"));
                assert(frame.size == 18 + size);
                assert(!memcmp(frame.data, "\x02\x5d\x5a\x00\x00\x02", 6));
                assert(!memcmp(frame.data + 6, &mac_b[ENGINE_PLAIN], 6));
                assert(!memcmp(frame.data + 12, "\x81\x00\x00\x65\x08\x00",
                               6));
                assert(!memcmp(frame.data + 18, copy, size));
            }
            printf("%s%s: all sizes pass; %"PRIuSIZE": %s\n", setup.suite,
                   esn ? " esn" : "", max + 1, send_through(&rig, max + 1));
            print_sa(&rig, rig.a);
            print_sa(&rig, rig.b);
            rig_destroy(&rig);
        }
    }
}

/* Flips each bit of what is on the wire, cuts it at each length, replays
 * it. */
static void
tamper(const char *suite)
{
    struct setup setup = SETUP_DEFAULT;
    uint8_t saved[256];
    struct rig rig;

    setup.suite = suite;
    rig_init(&rig, &setup);
    sealed_frame(&rig, 60);     /* So that no flip makes it number 0. */
    struct engine_frame good = sealed_frame(&rig, 60);
    struct esp_sa *in = tables_find_sa(rig.b->tables, SA_INBOUND, OUT_SPI);
    assert(good.size <= sizeof saved);
    memcpy(saved, good.data, good.size);

    for (size_t bit = 0; bit < good.size * 8; bit++) {
        struct engine_frame frame = good;

        memcpy(frame.data, saved, good.size);
        frame.data[bit / 8] ^= 1 << (bit % 8);
        const char *why = at_b(&rig, &frame);
        if (bit / 8 >= 6 && bit / 8 < 12) {
            /* The source MAC is nobody's business; take the packet back. */
            assert(!strcmp(why, "passed"));
            replay_destroy(&in->replay);
            replay_init(&in->replay, setup.window, setup.esn);
            continue;
        }
        assert(strcmp(why, "passed"));
        if (bit % 8 == 0 && bit / 8 >= 34) {
            /* SPI, sequence number, IV, body, ICV. */
            const char *expected = (bit / 8 < 38 ? "cipher-bad-spi"
                                    : "cipher-auth-failed");
            assert(!strcmp(why, expected));
        }
    }
    for (size_t size = 0; size < good.size; size++) {
        struct engine_frame frame = good;

        memcpy(frame.data, saved, good.size);
        frame.size = size;
        assert(strcmp(at_b(&rig, &frame), "passed"));
    }
    /* Cut, with an outer header that says so. */
    for (size_t size = 20; size < good.size - 14; size++) {
        struct engine_frame frame = good;

        memcpy(frame.data, saved, good.size);
        frame.size = 14 + size;
        frame.data[14 + 2] = size >> 8;
        frame.data[14 + 3] = size;
        fix_outer(&frame);
        const char *why = at_b(&rig, &frame);
        assert(!strcmp(why, "cipher-truncated")
               || !strcmp(why, "cipher-auth-failed"));
    }
    struct engine_frame frame = good;
    memcpy(frame.data, saved, good.size);
    printf("%s: each flipped bit and each cut is dropped; untouched: %s",
           suite, at_b(&rig, &frame));
    frame = good;
    memcpy(frame.data, saved, good.size);
    printf("; replayed: %s\n", at_b(&rig, &frame));
    rig_destroy(&rig);
}

static void
test_tamper(void)
{
    for (size_t i = 0; i < n_suites; i++) {
        tamper(suites[i].name);
    }
}

/* A packet with number 'seq' from 'a', as it is on its way to 'b'. */
static struct engine_frame
numbered_frame(struct rig *rig, uint64_t seq)
{
    struct esp_sa *out = tables_find_sa(rig->a->tables, SA_OUTBOUND, OUT_SPI);

    out->seq = seq - 1;
    return sealed_frame(rig, 60);
}

/* Does 'b' take a packet of that number? */
static bool
takes(struct rig *rig, uint64_t seq)
{
    struct engine_frame frame = numbered_frame(rig, seq);
    const char *why = at_b(rig, &frame);

    assert(!strcmp(why, "passed") || !strcmp(why, "cipher-replay")
           || !strcmp(why, "cipher-auth-failed"));
    return !strcmp(why, "passed");
}

/* The replay window's edges and those of 32 and 64 bits. */
static void
check_boundaries(const struct setup *setup)
{
    const uint64_t two32 = UINT64_C(1) << 32;
    uint32_t w = setup->window;
    struct rig rig;

    rig_init(&rig, setup);
    /* Both edges of the window, and that each number is taken once. */
    assert(takes(&rig, 5000));
    assert(takes(&rig, 5000) == !w);
    if (w) {
        assert(w == 1 || (takes(&rig, 5001 - w) && !takes(&rig, 5001 - w)));
        assert(!takes(&rig, 5000 - w));
        assert(takes(&rig, 5000 + 3 * (uint64_t) w));
        assert(!takes(&rig, 5000 + 2 * (uint64_t) w));
    }
    /* The end of 32 bits. */
    assert(takes(&rig, two32 - 2));
    assert(takes(&rig, two32 - 1));
    if (setup->esn) {
        assert(takes(&rig, two32));
        assert(takes(&rig, two32 + 1));
        assert(w < 4 || !takes(&rig, two32 - 1));       /* Seen. */
        assert(w < 8 || takes(&rig, two32 - 3));        /* Late. */
        /* Further ahead than can be inferred: the ICV tells. */
        assert(!takes(&rig, 3 * two32));

        struct esp_sa *in = tables_find_sa(rig.b->tables, SA_INBOUND,
                                           OUT_SPI);
        in->replay.top = UINT64_MAX - 1;
        assert(takes(&rig, UINT64_MAX));
        assert(takes(&rig, UINT64_MAX) == !w);
    } else {
        assert(takes(&rig, two32 - 1) == !w);
    }

    struct engine_frame frame = make_frame(&rig, 60);
    struct esp_sa *out = tables_find_sa(rig.a->tables, SA_OUTBOUND, OUT_SPI);
    out->seq = setup->esn ? UINT64_MAX : UINT32_MAX;
    assert(!strcmp(at_a(&rig, &frame), "plain-seq-exhausted"));
    rig_destroy(&rig);
}

static void
test_boundaries(void)
{
    static const uint32_t windows[] = { 0, 1, 32, 64, 1024, 4096 };

    for (size_t s = 0; s < n_suites; s++) {
        for (int variant = 0; variant < 4; variant++) {
            struct setup setup = SETUP_DEFAULT;

            setup.suite = suites[s].name;
            setup.outer_ipv6 = variant & 1;
            setup.esn = variant & 2;
            for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
                setup.window = windows[i];
                check_boundaries(&setup);
            }
            printf("%s in IPv%d%s: replay windows and ends of sequence "
                   "numbers are right\n", setup.suite,
                   setup.outer_ipv6 ? 6 : 4, setup.esn ? ", ESN" : "");
        }
    }
}

static int
compare_ivs(const void *a, const void *b)
{
    return memcmp(a, b, ESP_MAX_IV);
}

/* IVs: of CBC none comes twice; of an AEAD they differ, too, when the same SA
 * is set up once more. */
static void
test_ivs(void)
{
    enum { N = 2000 };
    static uint8_t ivs[2 * N][ESP_MAX_IV];

    for (size_t s = 0; s < n_suites; s++) {
        size_t iv_size = suites[s].iv_size;
        struct setup setup = SETUP_DEFAULT;

        for (int round = 0; round < 2; round++) {
            struct rig rig;

            setup.suite = suites[s].name;
            rig_init(&rig, &setup);
            for (int i = 0; i < N; i++) {
                struct engine_frame frame = sealed_frame(&rig, 60);

                memcpy(ivs[round * N + i],
                       frame.data + ETH_HEADER_LEN + 20 + ESP_HEADER_LEN,
                       iv_size);
            }
            rig_destroy(&rig);
        }
        qsort(ivs, 2 * N, sizeof ivs[0], compare_ivs);
        for (int i = 1; i < 2 * N; i++) {
            assert(memcmp(ivs[i - 1], ivs[i], iv_size));
        }
        printf("%s: all IVs differ\n", suites[s].name);
    }
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
    dns.dst_port_min = dns.dst_port_max = 53;
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
    struct engine *strict = engine_create(&sa.tunnel_dst);
    memcpy(strict->ports, rig.b->ports, sizeof strict->ports);
    sa.selector = other;
    assert(!apply_sa(strict, BACKEND_SA_ADD, &sa, rig.now_ms));
    engine_destroy(rig.b);
    rig.b = strict;
    printf("not of the SA at the receiver: %s\n", send_through(&rig, 60));
    secret_destroy(sa.key);
    rig_destroy(&rig);
}

/* What an authentic peer may send in an ESP packet beside a good IPv4
 * packet. */
/* Octets of the longest inner packet that passes 'a'. */
static size_t
longest(struct rig *rig, bool inner_ipv6)
{
    for (size_t size = 1500;; size--) {
        struct engine_frame frame = make_frame(rig, size);

        if (inner_ipv6) {
            make_inner_ipv6(&frame, 0);
        }
        if (!strcmp(at_a(rig, &frame), "passed")) {
            return size;
        }
    }
}

/* DSCP and ECN over an inner packet of 'tos', marked CE on the way if 'ce';
 * and that what comes out is what went in. */
static void
check_tos(struct rig *rig, bool inner_ipv6, uint8_t tos, bool ce)
{
    struct engine_frame frame = make_frame(rig, 200);
    uint8_t copy[200];

    if (inner_ipv6) {
        make_inner_ipv6(&frame, tos);
    } else {
        set_inner_tos(&frame, tos);
    }
    memcpy(copy, frame.data + ETH_HEADER_LEN, sizeof copy);
    assert(!strcmp(at_a(rig, &frame), "passed"));
    carry(&frame);

    uint8_t *outer = frame.data + ETH_HEADER_LEN;
    bool outer_ipv6 = outer[0] >> 4 == 6;
    uint8_t outer_tos = (outer_ipv6 ? outer[0] << 4 | outer[1] >> 4
                         : outer[1]);
    assert(outer_tos == tos);
    if (ce) {
        outer[1] |= outer_ipv6 ? 0x30 : 3;
        if (!outer_ipv6) {
            fix_outer(&frame);
        }
    }
    const char *why = at_b(rig, &frame);
    assert(!strcmp(why, ce && !(tos & 3) ? "cipher-malformed" : "passed"));
    if (!strcmp(why, "passed")) {
        uint8_t *inner = frame.data + 18;
        assert(!memcmp(frame.data + 16, inner_ipv6 ? "\x86\xdd" : "\x08\x00",
                       2));
        ip_set_tos(copy, ce ? tos | 3 : tos);
        assert(!memcmp(inner, copy, sizeof copy));
    }
}

/* All four pairs of inner and outer family. */
static void
test_families(void)
{
    for (size_t i = 0; i < 4 * n_suites; i++) {
        bool inner_ipv6 = i & 1;
        struct setup setup = SETUP_DEFAULT;
        struct rig rig;

        setup.suite = suites[i / 4].name;
        setup.outer_ipv6 = i & 2;
        setup.bypass_dscp = true;
        setup.policy_selector.family = (inner_ipv6 ? SA_FAMILY_IPV6
                                        : SA_FAMILY_IPV4);
        rig_init(&rig, &setup);
        for (int ecn = 0; ecn < 4; ecn++) {
            check_tos(&rig, inner_ipv6, 0xb8 | ecn, false);
            check_tos(&rig, inner_ipv6, 0x28 | ecn, true);
        }
        size_t max = longest(&rig, inner_ipv6);
        assert(max == suite_max_inner(suite_by_name(setup.suite), 1500,
                                      setup.outer_ipv6));

        struct engine_frame frame = make_frame(&rig, 100);
        if (!inner_ipv6) {
            make_inner_ipv6(&frame, 0);
        }
        printf("%s, IPv%d in IPv%d: at most %"PRIuSIZE"; the other family: "
               "%s\n", setup.suite, inner_ipv6 ? 6 : 4,
               setup.outer_ipv6 ? 6 : 4, max, at_a(&rig, &frame));
        rig_destroy(&rig);
    }
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

static void
test_sequence_end(void)
{
    for (int esn = 0; esn < 2; esn++) {
        struct setup setup = SETUP_DEFAULT;
        struct rig rig;

        setup.esn = esn;
        rig_init(&rig, &setup);
        struct esp_sa *out = tables_find_sa(rig.a->tables, SA_OUTBOUND,
                                            OUT_SPI);
        struct esp_sa *in = tables_find_sa(rig.b->tables, SA_INBOUND,
                                           OUT_SPI);
        if (esn) {
            /* Across the first end of 32 bits it goes on. */
            out->seq = UINT32_MAX - 2;
            in->replay.top = UINT32_MAX - 2;
            for (int i = 0; i < 5; i++) {
                assert(!strcmp(send_through(&rig, 60), "passed"));
            }
            assert(in->replay.top == (UINT64_C(1) << 32) + 2);
            in->replay.top = UINT64_MAX - 2;
        }
        out->seq = (esn ? UINT64_MAX : UINT32_MAX) - 2;
        for (int i = 0; i < 4; i++) {
            printf("%s: %s\n", esn ? "64 bits" : "32 bits",
                   send_through(&rig, 60));
        }
        assert(out->seq == (esn ? UINT64_MAX : UINT32_MAX));
        rig_destroy(&rig);
    }
}

static void
test_lifetimes(void)
{
    struct setup setup = SETUP_DEFAULT;
    struct rig rig;

    setup.soft.packets = 2;
    setup.hard.packets = 3;
    rig_init(&rig, &setup);
    for (int i = 0; i < 4; i++) {
        printf("packets: %s\n", send_through(&rig, 60));
    }
    print_sa(&rig, rig.a);
    print_sa(&rig, rig.b);
    rig_destroy(&rig);

    setup = (struct setup) SETUP_DEFAULT;
    setup.hard.bytes = 120;
    rig_init(&rig, &setup);
    for (int i = 0; i < 3; i++) {
        printf("bytes: %s\n", send_through(&rig, 60));
    }
    rig_destroy(&rig);

    setup = (struct setup) SETUP_DEFAULT;
    setup.soft.time_s = 5;
    setup.hard.time_s = 10;
    rig_init(&rig, &setup);
    struct engine_frame late = sealed_frame(&rig, 60);
    struct engine_frame frame = late;
    rig.now_ms += 5000;
    engine_expire(rig.a, rig.now_ms);
    print_sa(&rig, rig.a);
    rig.now_ms += 4999;
    uint8_t saved[256];
    memcpy(saved, late.data, late.size);
    printf("at 9.999 s: %s\n", at_b(&rig, &frame));
    rig.now_ms += 1;
    memcpy(late.data, saved, late.size);
    printf("at 10 s, received: %s\n", at_b(&rig, &late));
    printf("at 10 s, sent: %s\n", send_through(&rig, 60));
    print_sa(&rig, rig.a);
    rig_destroy(&rig);

    setup = (struct setup) SETUP_DEFAULT;
    setup.hard.idle_s = 2;
    rig_init(&rig, &setup);
    for (int i = 0; i < 3; i++) {
        rig.now_ms += 1999;
        printf("idle 1.999 s: %s\n", send_through(&rig, 60));
    }
    rig.now_ms += 2000;
    printf("idle 2 s: %s\n", send_through(&rig, 60));
    rig_destroy(&rig);
}

static void
print_events(struct engine *engine)
{
    struct backend_event event;

    while (events_pop(&engine->events, &event)) {
        char *text = backend_event_to_string(&event);

        printf("%s", text);
        if (event.type == BACKEND_EVENT_EXPIRE) {
            printf(": packets %"PRIu64", bytes %"PRIu64", age %"PRIu32" s, "
                   "idle %"PRIu32" s", event.stats.packets, event.stats.bytes,
                   event.stats.age_s, event.stats.idle_s);
        }
        printf("\n");
        free(text);
        free(event.policy);
    }
}

/* One event for each SA and kind of lifetime, whatever ends it. */
static void
test_events_expire(void)
{
    static const struct {
        const char *name;
        struct sa_lifetime soft, hard;
    } cases[] = {
        { "time", { .time_s = 3 }, { .time_s = 6 } },
        { "idle", { .idle_s = 3 }, { .idle_s = 6 } },
        { "bytes", { .bytes = 60 }, { .bytes = 120 } },
        { "packets", { .packets = 1 }, { .packets = 2 } },
        { "only soft", { .packets = 1 }, { .packets = 0 } },
        { "both at once", { .packets = 2 }, { .packets = 2 } },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct setup setup = SETUP_DEFAULT;
        struct rig rig;

        setup.soft = cases[i].soft;
        setup.hard = cases[i].hard;
        rig_init(&rig, &setup);
        send_through(&rig, 60);
        if (setup.soft.packets || setup.soft.bytes) {
            send_through(&rig, 60);
        }
        for (int second = 0; second < 10; second++) {
            engine_expire(rig.a, rig.now_ms);
            engine_expire(rig.b, rig.now_ms);
            rig.now_ms += 1000;
        }
        send_through(&rig, 60);
        printf("%s:\n", cases[i].name);
        print_events(rig.a);
        print_events(rig.b);
        rig_destroy(&rig);
    }
}

/* What traffic asks for is told once a second of each object. */
static void
test_events_rate(void)
{
    struct setup setup = SETUP_DEFAULT;
    struct engine_frame frame;
    struct rig rig;

    rig_init(&rig, &setup);
    struct esp_sa *out = tables_find_sa(rig.a->tables, SA_OUTBOUND, OUT_SPI);
    out->seq = UINT32_MAX - 1;
    for (int i = 0; i < 5; i++) {
        rig.now_ms += 300;
        send_through(&rig, 60);
    }
    print_events(rig.a);

    struct sa sa = make_sa(&setup, SA_OUTBOUND, OUT_SPI);
    assert(!apply_sa(rig.a, BACKEND_SA_DELETE, &sa, rig.now_ms));
    secret_destroy(sa.key);
    for (int i = 0; i < 7; i++) {
        send_through(&rig, 60);
        rig.now_ms += 300;
    }
    print_events(rig.a);
    rig_destroy(&rig);

    /* An SPI that nobody has, and then one of another. */
    rig_init(&rig, &setup);
    for (int i = 0; i < 8; i++) {
        frame = sealed_frame(&rig, 60);
        frame.data[14 + 20] = i < 7 ? 0xaa : 0xbb;
        at_b(&rig, &frame);
        rig.now_ms += i < 6 ? 300 : 0;
    }
    print_events(rig.b);

    /* All SPIs that there are: the queue stays bounded, and what an SA has to
     * tell waits for room. */
    for (int i = 0; i < 200000; i++) {
        if (i % 1000 == 0) {
            rig.now_ms += 1000;
        }
        events_put_bad_spi(&rig.b->events, i * 7919, rig.now_ms);
    }
    printf("%"PRIuSIZE" events wait\n", rig.b->events.n);
    struct esp_sa *in = tables_find_sa(rig.b->tables, SA_INBOUND, OUT_SPI);
    in->soft_expired = true;
    engine_expire(rig.b, rig.now_ms);
    assert(!in->soft_told);
    events_clear(&rig.b->events);
    engine_expire(rig.b, rig.now_ms);
    engine_expire(rig.b, rig.now_ms);
    print_events(rig.b);
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
               csum_finish(csum_continue(sum, p + 20, 41)) ? "WRONG" : "right");
        rig_destroy(&rig);
    }
}

/* Batches: all or nothing, keys once only, newest SA. */
static void
test_batches(void)
{
    struct setup setup = SETUP_DEFAULT;
    struct rig rig;

    setup.unpinned = true;
    rig_init(&rig, &setup);
    struct sa first = make_sa(&setup, SA_OUTBOUND, OUT_SPI);
    struct sa second = make_sa(&setup, SA_OUTBOUND, 0x2002);
    struct sa missing = make_sa(&setup, SA_OUTBOUND, 0x3003);
    struct policy policy = {
        .name = "p", .direction = SA_OUTBOUND, .vlan = 5,
        .selector = SA_SELECTOR_ANY,
    };
    struct policy extra = {
        .name = "q", .direction = SA_OUTBOUND, .vlan = VLAN,
        .selector = SA_SELECTOR_ANY,
    };
    struct backend_edit edits[] = {
        { .type = BACKEND_SA_ADD, .sa = &second },
        { .type = BACKEND_SA_DELETE, .sa = &first },
        { .type = BACKEND_POLICY_SET, .policy = &policy },
        { .type = BACKEND_POLICY_SET, .policy = &extra },
        { .type = BACKEND_POLICY_SET, .policy = &policy },
        { .type = BACKEND_POLICY_DELETE, .policy = &policy },
        { .type = BACKEND_SA_DELETE, .sa = &missing },
    };
    struct ovs_list batch = OVS_LIST_INITIALIZER(&batch);
    for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
        ovs_list_push_back(&batch, &edits[i].node);
    }

    printf("before: %s\n", send_through(&rig, 60));
    char *message;
    int error = tables_apply(rig.a->tables, &batch, 0, &message);
    printf("batch: %s (%s)\n", ovs_strerror(error), message);
    free(message);
    printf("after: %s\n", send_through(&rig, 60));
    print_sa(&rig, rig.a);
    printf("%"PRIuSIZE" SA, %"PRIuSIZE" policy\n",
           hmap_count(&rig.a->tables->sas),
           hmap_count(&rig.a->tables->policies));

    ovs_list_pop_back(&batch);
    error = tables_apply(rig.a->tables, &batch, 0, &message);
    printf("good batch: %s\n", error ? message : "done");
    free(message);
    printf("%"PRIuSIZE" SA, %"PRIuSIZE" policy\n",
           hmap_count(&rig.a->tables->sas),
           hmap_count(&rig.a->tables->policies));

    printf("deleted SA again: %s\n",
           ovs_strerror(apply_sa(rig.a, BACKEND_SA_ADD, &first, 0)));
    first.spi = 0x4004;
    printf("its key with another SPI: %s\n",
           ovs_strerror(apply_sa(rig.a, BACKEND_SA_ADD, &first, 0)));
    printf("SPI in use: %s\n",
           ovs_strerror(apply_sa(rig.a, BACKEND_SA_ADD, &second, 0)));
    missing.tunnel_src = ip("192.0.2.9");
    printf("foreign tunnel source: %s\n",
           ovs_strerror(apply_sa(rig.a, BACKEND_SA_ADD, &missing, 0)));
    missing.tunnel_src = ip("192.0.2.1");
    missing.spi = 255;
    printf("reserved SPI: %s\n",
           ovs_strerror(apply_sa(rig.a, BACKEND_SA_ADD, &missing, 0)));
    missing.spi = 0x3003;
    missing.suite = suite_by_name("aes-gcm-16-128");
    printf("key of another suite: %s\n",
           ovs_strerror(apply_sa(rig.a, BACKEND_SA_ADD, &missing, 0)));
    missing.suite = suite_by_name(setup.suite);
    missing.replay_window = 4097;
    printf("window of 4097: %s\n",
           ovs_strerror(apply_sa(rig.a, BACKEND_SA_ADD, &missing, 0)));
    secret_destroy(first.key);
    secret_destroy(second.key);
    secret_destroy(missing.key);
    rig_destroy(&rig);

    /* The newest SA of the reqid is used; without it the older one again. */
    rig_init(&rig, &setup);
    second = make_sa(&setup, SA_OUTBOUND, 0x2002);
    for (int i = 0; i < 3; i++) {
        struct engine_frame frame = make_frame(&rig, 60);

        at_a(&rig, &frame);
        printf("SPI 0x%02x%02x\n", frame.data[18 + 22], frame.data[18 + 23]);
        if (i < 2) {
            assert(!apply_sa(rig.a, i ? BACKEND_SA_DELETE : BACKEND_SA_ADD,
                             &second, 0));
        }
    }
    secret_destroy(second.key);
    rig_destroy(&rig);
}

void
test_esp_engine(int argc, char *argv[])
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        { "sizes", test_sizes },
        { "tamper", test_tamper },
        { "boundaries", test_boundaries },
        { "ivs", test_ivs },
        { "cipher-side", test_cipher_side },
        { "plain-side", test_plain_side },
        { "outer-header", test_outer_header },
        { "selectors", test_selectors },
        { "inner", test_inner },
        { "families", test_families },
        { "ipv6-headers", test_ipv6_headers },
        { "sequence-end", test_sequence_end },
        { "lifetimes", test_lifetimes },
        { "events-expire", test_events_expire },
        { "events-rate", test_events_rate },
        { "checksum", test_checksum },
        { "batches", test_batches },
    };

    ovs_assert(argc == 2);
    for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
        if (!strcmp(argv[1], tests[i].name)) {
            tests[i].run();
            return;
        }
    }
    ovs_fatal(0, "no engine test %s", argv[1]);
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
    rig_init(&rig, &setup);
    srand(1);
    for (int i = 0; i < n; i++) {
        size_t room = BUFFER_SIZE - ENGINE_HEADROOM - ENGINE_TAILROOM;
        struct engine_frame frame;
        bool from_cipher = rand() % 2;

        if (rand() % 4) {
            /* A good one with some octets changed. */
            frame = make_frame(&rig, 28 + rand() % 200);
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
