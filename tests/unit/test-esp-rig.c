/* SPDX-License-Identifier: Apache-2.0 */
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

const struct eth_addr mac_a[2] = {
    ETH_ADDR_C(02,00,00,00,00,01), ETH_ADDR_C(02,00,00,00,00,02)
};
const struct eth_addr mac_b[2] = {
    ETH_ADDR_C(02,00,00,00,00,11), ETH_ADDR_C(02,00,00,00,00,12)
};

/* Outer addresses, IPv4 and IPv6. */
static const char *const address_a[] = { "192.0.2.1", "2001:db8::1" };
static const char *const address_b[] = { "192.0.2.2", "2001:db8::2" };

struct in6_addr
ip(const char *s)
{
    struct in6_addr value;

    assert(address_parse(s, &value));
    return value;
}

int
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

int
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

struct secret *
make_key(const char *suite, int seed)
{
    uint8_t bytes[64];

    memset(bytes, seed, sizeof bytes);
    return secret_create(bytes, suite_keymat_size(suite_by_name(suite)));
}

struct sa
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

void
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

    if (setup->edit) {
        setup->edit(&sa, &policy);
    }
    rig->now_ms = 1000000;
    rig->a = engine_create(&OWN_IPS(sa.tunnel_src));
    rig->b = engine_create(&OWN_IPS(sa.tunnel_dst));
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

void
rig_destroy(struct rig *rig)
{
    engine_destroy(rig->a);
    engine_destroy(rig->b);
}

struct engine_frame
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

void
set_inner_tos(struct engine_frame *frame, uint8_t tos)
{
    uint8_t *p = frame->data + ETH_HEADER_LEN;

    p[1] = tos;
    memset(p + 10, 0, 2);
    ovs_be16 sum = csum(p, 20);
    memcpy(p + 10, &sum, 2);
}

void
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

void
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

const char *
at_a(struct rig *rig, struct engine_frame *frame)
{
    return process(rig->a, ENGINE_PLAIN, frame, rig->now_ms);
}

void
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

const char *
at_b(struct rig *rig, struct engine_frame *frame)
{
    return process(rig->b, ENGINE_CIPHER, frame, rig->now_ms);
}

struct engine_frame
sealed_frame(struct rig *rig, size_t size)
{
    struct engine_frame frame = make_frame(rig, size);

    assert(!strcmp(at_a(rig, &frame), "passed"));
    carry(&frame);
    return frame;
}

const char *
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

void
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

/* Addresses of the inner packet, which becomes one of the gateways'. */
static void
set_inner_hosts(struct engine_frame *frame, const char *src, const char *dst)
{
    uint8_t *p = frame->data + ETH_HEADER_LEN;
    struct in6_addr a = ip(src), b = ip(dst);

    if (p[0] >> 4 == 6) {
        memcpy(p + 8, &a, 16);
        memcpy(p + 24, &b, 16);
    } else {
        memcpy(p + 12, &a.s6_addr[12], 4);
        memcpy(p + 16, &b.s6_addr[12], 4);
        fix_outer(frame);
    }
}

struct engine_frame
make_host_frame(struct rig *rig, size_t size, bool ipv6)
{
    struct engine_frame frame = make_frame(rig, size);

    if (ipv6) {
        make_inner_ipv6(&frame, 0xb8);
        set_inner_hosts(&frame, "2001:db8::1", "2001:db8::2");
    } else {
        set_inner_tos(&frame, 0xb8);
        set_inner_hosts(&frame, "192.0.2.1", "192.0.2.2");
    }
    return frame;
}

void
edit_transport(struct sa *sa, struct policy *policy)
{
    sa->mode = policy->mode = SA_TRANSPORT;
    sa->selector = (struct sa_selector) {
        .family = (address_is_ipv6(&sa->tunnel_src) ? SA_FAMILY_IPV6
                   : SA_FAMILY_IPV4),
        .src = sa->tunnel_src,
        .src_mask = in6addr_exact,
        .dst = sa->tunnel_dst,
        .dst_mask = in6addr_exact,
        .protocol = -1,
    };
}

void
edit_udp(struct sa *sa, struct policy *policy OVS_UNUSED)
{
    sa->udp = true;
    sa->udp_src = 4500;
    sa->udp_dst = 4600;
}
