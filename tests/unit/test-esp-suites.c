/* SPDX-License-Identifier: Apache-2.0 */
/* Engine tests of what depends on the suite. */
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

const struct engine_test suite_tests[] = {
    { "sizes", test_sizes },
    { "tamper", test_tamper },
    { "boundaries", test_boundaries },
    { "ivs", test_ivs },
    { "families", test_families },
    { "sequence-end", test_sequence_end },
    { NULL, NULL },
};
