/* SPDX-License-Identifier: Apache-2.0 */
/* Engine tests of what becomes of SAs: lifetimes, events, batches. */
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

    while (event_queue_pop(&engine->events, &event)) {
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
        event_queue_push_bad_spi(&rig.b->events, i * 7919, rig.now_ms);
    }
    printf("%"PRIuSIZE" events wait\n", rig.b->events.n);
    struct esp_sa *in = tables_find_sa(rig.b->tables, SA_INBOUND, OUT_SPI);
    in->soft_expired = true;
    engine_expire(rig.b, rig.now_ms);
    assert(!in->soft_told);
    event_queue_clear(&rig.b->events);
    engine_expire(rig.b, rig.now_ms);
    engine_expire(rig.b, rig.now_ms);
    print_events(rig.b);
    rig_destroy(&rig);
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

const struct engine_test state_tests[] = {
    { "lifetimes", test_lifetimes },
    { "events-expire", test_events_expire },
    { "events-rate", test_events_rate },
    { "batches", test_batches },
    { NULL, NULL },
};
