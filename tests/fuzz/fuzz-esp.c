/* SPDX-License-Identifier: Apache-2.0 */
/* The ESP engine: two gateways, one at each end of a hop, and between them an
 * attacker.  An input says what the attacker and the sender's network do:
 *
 *     octet 0   the suite
 *     octet 1   bits 0: ESN; 1: outer IPv6; 2: lifetimes; 3 to 5: window;
 *               6 to 7: tunnel, tunnel, tunnel in UDP, transport mode
 *     then      steps, see run_step()
 *
 * With any steps: each packet that leaves the receiving gateway is, octet by
 * octet, one that the sending gateway sealed, and leaves once if there is a
 * window; the sending gateway sends only ESP; each packet passes or is counted
 * as dropped. */
#include <config.h>

#include "tests/fuzz/fuzz.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "csum.h"
#include "lib/address.h"
#include "lib/sa.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "vnf-agent/esp/engine.h"
#include "vnf-agent/esp/esp.h"
#include "vnf-agent/esp/ip.h"

#define VLAN 101
#define SPI 0x1001
#define REQID 7
#define START_MS 1000000
#define HARD_S 600
#define HARD_PACKETS 12
#define SOFT_PACKETS 4

#define MAX_MADE 16
#define MAX_PACKET 2048
#define MAX_STEPS 64
#define NEXT_HEADER_DUMMY 59
#define UDP_PORT 4500

static const struct eth_addr mac_a[2] = {
    ETH_ADDR_C(02,00,00,00,00,01), ETH_ADDR_C(02,00,00,00,00,02)
};
static const struct eth_addr mac_b[2] = {
    ETH_ADDR_C(02,00,00,00,00,11), ETH_ADDR_C(02,00,00,00,00,12)
};

/* Two gateways with an SA from 'a' to 'b'.  They live for ever; what happens
 * to them in one input is taken back before the next. */
struct rig {
    struct engine *a, *b;
    struct esp_sa *out, *in;
    struct sa sa;
};

/* A packet that 'a' has sealed. */
struct made {
    uint8_t esp[MAX_PACKET];
    size_t esp_size;
    uint8_t inner[MAX_PACKET];  /* What is sealed: a packet, or in transport */
    size_t inner_size;          /* mode what is in one. */
    uint8_t next_header;
    uint8_t frame[MAX_PACKET];  /* As it comes to 'b'. */
    size_t frame_size;
    bool delivered;
};

/* One input. */
struct run {
    struct rig *rig;
    const uint8_t *data;
    size_t size;
    long long int now_ms;
    struct made made[MAX_MADE];
    size_t n_made;
};

/* Setting up. */

static struct in6_addr
ip(const char *s)
{
    struct in6_addr value;
    FUZZ_CHECK(address_parse(s, &value));
    return value;
}

static void
apply(struct engine *engine, enum backend_edit_type type, const struct sa *sa,
      const struct policy *policy)
{
    struct ovs_list edits = OVS_LIST_INITIALIZER(&edits);
    struct backend_edit edit = { .type = type, .sa = sa, .policy = policy };
    char *error;

    ovs_list_push_back(&edits, &edit.node);
    FUZZ_CHECK(!tables_apply(engine->tables, &edits, START_MS, &error));
}

/* A prefix of 10.0.0.0/8 or fd00::/8 on both sides; in transport mode the two
 * gateways. */
static struct sa_selector
selector(const struct sa *sa, bool ipv6)
{
    struct sa_selector s = SA_SELECTOR_ANY;
    s.family = ipv6 ? SA_FAMILY_IPV6 : SA_FAMILY_IPV4;
    s.src = s.dst = ip(ipv6 ? "fd00::" : "10.0.0.0");
    memset(&s.src_mask, 0xff, ipv6 ? 1 : 13);
    if (sa->mode == SA_TRANSPORT && ipv6 == address_is_ipv6(&sa->tunnel_src)) {
        s.src = sa->tunnel_src;
        s.dst = sa->tunnel_dst;
        memset(&s.src_mask, 0xff, sizeof s.src_mask);
    }
    s.dst_mask = s.src_mask;
    return s;
}

static void
add_policies(struct engine *engine, const struct sa *sa,
             enum sa_direction direction)
{
    struct sa_selector discarded = selector(sa, false);
    discarded.protocol = IPPROTO_UDP;
    discarded.dst_ports.n = 1;
    discarded.dst_ports.ranges[0] = (struct sa_port_range) { 7, 9 };
    const struct policy policies[] = {
        { .name = "udp", .selector = discarded, .action = POLICY_DISCARD },
        { .name = "4", .selector = selector(sa, false), .df = SA_DF_COPY,
          .action = POLICY_PROTECT, .bypass_dscp = true },
        { .name = "6", .selector = selector(sa, true),
          .action = POLICY_PROTECT },
    };
    for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
        struct policy policy = policies[i];
        policy.direction = direction;
        policy.vlan = VLAN;
        policy.reqid = REQID;
        policy.mode = sa->mode;
        policy.esn = sa->esn;
        apply(engine, BACKEND_POLICY_SET, NULL, &policy);
    }
}

static void
add_sas(struct rig *rig)
{
    rig->sa.direction = SA_OUTBOUND;
    apply(rig->a, BACKEND_SA_ADD, &rig->sa, NULL);
    rig->sa.direction = SA_INBOUND;
    apply(rig->b, BACKEND_SA_ADD, &rig->sa, NULL);
    rig->out = tables_find_sa(rig->a->tables, SA_OUTBOUND, SPI);
    rig->in = tables_find_sa(rig->b->tables, SA_INBOUND, SPI);
}

enum rig_mode { RIG_TUNNEL, RIG_UDP, RIG_TRANSPORT };
#define N_RIG_MODES 3

static struct rig *
rig_create(const struct suite *suite, enum rig_mode mode, bool esn,
           bool outer_ipv6, bool lifetimes)
{
    struct rig *rig = xzalloc(sizeof *rig);
    struct sa_selector any = SA_SELECTOR_ANY;
    uint8_t key[64];

    memset(key, 0x5a, sizeof key);
    rig->sa = (struct sa) {
        .name = "test",
        .spi = SPI,
        .vlan = VLAN,
        .reqid = REQID,
        .tunnel_src = ip(outer_ipv6 ? "2001:db8::1" : "192.0.2.1"),
        .tunnel_dst = ip(outer_ipv6 ? "2001:db8::2" : "192.0.2.2"),
        .mode = mode == RIG_TRANSPORT ? SA_TRANSPORT : SA_TUNNEL,
        .udp = mode == RIG_UDP,
        .udp_src = UDP_PORT,
        .udp_dst = UDP_PORT,
        .selector = any,
        .suite = suite,
        .key = secret_create(key, suite_keymat_size(suite)),
        .esn = esn,
        .replay_window = 64,
    };
    if (lifetimes) {
        rig->sa.hard.packets = HARD_PACKETS;
        rig->sa.hard.time_s = HARD_S;
        rig->sa.soft.packets = SOFT_PACKETS;
    }
    rig->a = engine_create(&OWN_IPS(rig->sa.tunnel_src));
    rig->b = engine_create(&OWN_IPS(rig->sa.tunnel_dst));
    for (int i = 0; i < 2; i++) {
        rig->a->ports[i] = (struct backend_port) { mac_a[i], 1500 };
        rig->b->ports[i] = (struct backend_port) { mac_b[i], 1500 };
    }
    if (rig->sa.mode == SA_TRANSPORT) {
        rig->sa.selector = selector(&rig->sa, outer_ipv6);
    }
    add_policies(rig->a, &rig->sa, SA_OUTBOUND);
    add_policies(rig->b, &rig->sa, SA_INBOUND);
    add_sas(rig);
    return rig;
}

static void
clear_sa(struct esp_sa *esp_sa, const struct secret *keymat)
{
    if (esp_sa->hard_expired) {
        esp_sa->hard_expired = esp_sa->hard_told = false;
        esp_sa->key = esp_key_create(esp_sa->sa->suite, keymat,
                                     esp_sa->sa->direction == SA_OUTBOUND);
    }
    esp_sa->seq = 0;
    esp_sa->packets = esp_sa->bytes = 0;
    esp_sa->replayed = esp_sa->failed = 0;
    esp_sa->created_ms = esp_sa->used_ms = START_MS;
    esp_sa->soft_expired = esp_sa->soft_told = false;
    esp_sa->overflow_told = false;
}

static void
clear_events(struct engine *engine)
{
    struct backend_event event;
    while (event_queue_pop(&engine->events, &event)) {
        free(event.policy);
    }
}

/* Takes back what an input has done, and frees what that has allocated: else
 * libFuzzer looks for leaks. */
static void
rig_reset(struct rig *rig)
{
    clear_events(rig->a);
    clear_events(rig->b);
    replay_destroy(&rig->in->replay);
    clear_sa(rig->out, rig->sa.key);
    clear_sa(rig->in, rig->sa.key);
}

/* What the input says. */

static uint8_t
take_u8(struct run *run)
{
    if (!run->size) {
        return 0;
    }
    run->size--;
    return *run->data++;
}

static uint16_t
take_u16(struct run *run)
{
    uint8_t high = take_u8(run);
    return high << 8 | take_u8(run);
}

/* Takes up to 'max' octets. */
static const uint8_t *
take(struct run *run, size_t max, size_t *sizep)
{
    const uint8_t *p = run->data;
    *sizep = MIN(max, run->size);
    run->data += *sizep;
    run->size -= *sizep;
    return p;
}

/* XORs octets of the input into the packet, at a place it says. */
static void
tamper(struct run *run, uint8_t *packet, size_t size)
{
    size_t offset = size ? take_u16(run) % size : 0;
    size_t wanted = take_u8(run);
    size_t n;
    const uint8_t *p = take(run, MIN(wanted, size - offset), &n);
    for (size_t i = 0; i < n; i++) {
        packet[offset + i] ^= p[i];
    }
}

/* Processing. */

static uint64_t
count_drops(const struct engine *engine)
{
    uint64_t n = 0;
    for (int i = 0; i < BACKEND_N_DROPS; i++) {
        n += engine->stats.drops[i];
    }
    return n;
}

/* A block with the frame in it and just the room that the engine may use.
 * Caller frees. */
static uint8_t *
make_buffer(const uint8_t *data, size_t size, struct engine_frame *frame)
{
    uint8_t *buffer = xzalloc(ENGINE_HEADROOM + size + ENGINE_TAILROOM);
    *frame = (struct engine_frame) {
        .data = buffer + ENGINE_HEADROOM,
        .size = size,
        .vlan = VLAN,
    };
    memcpy(frame->data, data, size);
    return buffer;
}

/* A packet taken apart that carries ESP, in UDP or not. */
struct outer {
    struct ip_packet ip;
    const uint8_t *esp;
    size_t esp_size;
};

/* Takes the frame of 'size' octets at 'data' apart, which is such a packet. */
static struct outer
parse_outer(const struct run *run, const uint8_t *data, size_t size)
{
    const struct sa *sa = &run->rig->sa;
    struct outer outer;

    data += ETH_HEADER_LEN;
    FUZZ_CHECK(ip_parse_packet(data, size - ETH_HEADER_LEN, &outer.ip));
    FUZZ_CHECK(outer.ip.traffic.protocol == (sa->udp ? IPPROTO_UDP
                                             : IPPROTO_ESP));
    FUZZ_CHECK(ipv6_addr_equals(&outer.ip.traffic.src, &sa->tunnel_src));
    FUZZ_CHECK(ipv6_addr_equals(&outer.ip.traffic.dst, &sa->tunnel_dst));
    outer.esp = data + outer.ip.header_size;
    outer.esp_size = outer.ip.size - outer.ip.header_size;
    if (sa->udp) {
        FUZZ_CHECK(outer.ip.traffic.src_port == UDP_PORT
                   && outer.ip.traffic.dst_port == UDP_PORT);
        FUZZ_CHECK(outer.esp_size >= IP_UDP_HEADER_LEN);
        size_t udp_size = outer.esp[4] << 8 | outer.esp[5];
        FUZZ_CHECK(udp_size >= IP_UDP_HEADER_LEN
                   && udp_size <= outer.esp_size);
        outer.esp += IP_UDP_HEADER_LEN;
        outer.esp_size = udp_size - IP_UDP_HEADER_LEN;
    }
    return outer;
}

/* 'frame' was sealed by 'a': keeps what of it is ESP, and how it comes to 'b'
 * when its tag is taken out. */
static void
keep_made(struct run *run, const struct engine_frame *frame,
          uint8_t next_header, const uint8_t *inner, size_t inner_size)
{
    struct made *made = &run->made[run->n_made++ % MAX_MADE];

    made->delivered = false;
    made->next_header = next_header;
    made->inner_size = inner_size;
    memcpy(made->inner, inner, inner_size);
    made->frame_size = frame->size - VLAN_HEADER_LEN;
    FUZZ_CHECK(made->frame_size <= sizeof made->frame);
    FUZZ_CHECK(!memcmp(frame->data + 12, "\x81\x00\x00\x65", 4));
    memcpy(made->frame, &mac_b[ENGINE_CIPHER], ETH_ADDR_LEN);
    memcpy(made->frame + 6, frame->data + 6, ETH_ADDR_LEN);
    memcpy(made->frame + 12, frame->data + 16, made->frame_size - 12);

    struct outer outer = parse_outer(run, made->frame, made->frame_size);
    FUZZ_CHECK(ip_checksum_ok(made->frame + ETH_HEADER_LEN, &outer.ip));
    FUZZ_CHECK(outer.ip.size == made->frame_size - ETH_HEADER_LEN);
    FUZZ_CHECK(outer.ip.size <= run->rig->a->ports[ENGINE_CIPHER].mtu);
    made->esp_size = outer.esp_size;
    memcpy(made->esp, outer.esp, outer.esp_size);
}

/* 'a' has passed the frame of 'size' octets at 'data' on as 'frame'. */
static void
keep_passed(struct run *run, const uint8_t *data, size_t size,
            bool unfinished_checksum, const struct engine_frame *frame)
{
    uint8_t expected[MAX_PACKET];
    struct ip_packet inner;

    size -= ETH_HEADER_LEN;
    FUZZ_CHECK(size <= sizeof expected);
    memcpy(expected, data + ETH_HEADER_LEN, size);
    FUZZ_CHECK(ip_parse_packet(expected, size, &inner));
    if (unfinished_checksum) {
        ip_finish_checksum(expected, &inner);
    }
    bool transport = run->rig->sa.mode == SA_TRANSPORT;
    size_t skip = transport ? inner.header_size : 0;
    keep_made(run, frame,
              (transport ? inner.traffic.protocol
               : inner.traffic.ipv6 ? IPPROTO_IPV6 : IPPROTO_IPIP),
              expected + skip, inner.size - skip);
}

/* Gives 'a' a frame from the network in clear. */
static void
process_plain(struct run *run, const uint8_t *data, size_t size,
              bool unfinished_checksum)
{
    struct engine *a = run->rig->a;
    struct engine_frame frame;
    uint8_t *buffer = make_buffer(data, size, &frame);
    uint64_t n_drops = count_drops(a);
    uint64_t seq = run->rig->out->seq;

    frame.unfinished_checksum = unfinished_checksum;
    bool passed = engine_process(a, ENGINE_PLAIN, &frame, run->now_ms);
    FUZZ_CHECK(count_drops(a) == n_drops + !passed);
    if (passed) {
        FUZZ_CHECK(run->rig->out->seq == seq + 1);
        keep_passed(run, data, size, unfinished_checksum, &frame);
    }
    free(buffer);
}

/* What of an IP packet may change in a tunnel: ECN, and the checksum along. */
static void
mask_ecn(uint8_t *p, size_t size)
{
    if (size >= 12 && p[0] >> 4 == 4) {
        p[1] &= 0xfc;
        p[10] = p[11] = 0;
    } else if (size >= 2) {
        p[1] &= 0xcf;
    }
}

/* In a tunnel the packet of 'size' octets at 'got' is what was sealed. */
static void
check_tunnelled(const struct made *made, const uint8_t *got_, size_t size)
{
    uint8_t got[MAX_PACKET], expected[MAX_PACKET];
    struct ip_packet inner;

    FUZZ_CHECK(ip_parse_packet(made->inner, made->inner_size, &inner));
    FUZZ_CHECK(size == inner.size);
    memcpy(got, got_, size);
    memcpy(expected, made->inner, size);
    mask_ecn(got, size);
    mask_ecn(expected, size);
    FUZZ_CHECK(!memcmp(got, expected, size));
}

/* In transport mode its payload is, and its addresses are those of the SA. */
static void
check_transported(const struct run *run, const struct made *made,
                  const struct ip_packet *outer, const uint8_t *got,
                  size_t size)
{
    const struct sa *sa = &run->rig->sa;
    struct ip_packet inner;

    FUZZ_CHECK(ip_parse_packet(got, size, &inner) && inner.size == size);
    FUZZ_CHECK(ip_checksum_ok(got, &inner));
    FUZZ_CHECK(ipv6_addr_equals(&inner.traffic.src, &sa->tunnel_src));
    FUZZ_CHECK(ipv6_addr_equals(&inner.traffic.dst, &sa->tunnel_dst));
    FUZZ_CHECK(got[inner.traffic.ipv6 ? 6 : 9] == made->next_header);
    FUZZ_CHECK(size == outer->header_size + made->inner_size);
    FUZZ_CHECK(!memcmp(got + outer->header_size, made->inner,
                       made->inner_size));
}

/* Is what came out of 'b' what 'a' sealed into 'made'? */
static void
check_delivered(const struct run *run, const struct engine_frame *frame,
                const struct ip_packet *outer, struct made *made)
{
    size_t header = ETH_HEADER_LEN + VLAN_HEADER_LEN;

    FUZZ_CHECK(made->next_header != NEXT_HEADER_DUMMY);
    FUZZ_CHECK(!made->delivered || !run->rig->in->replay.window);
    made->delivered = true;

    FUZZ_CHECK(frame->size >= header && frame->size <= MAX_PACKET);
    FUZZ_CHECK(!memcmp(frame->data + 12, "\x81\x00\x00\x65", 4));
    if (run->rig->sa.mode == SA_TRANSPORT) {
        check_transported(run, made, outer, frame->data + header,
                          frame->size - header);
    } else {
        check_tunnelled(made, frame->data + header, frame->size - header);
    }
}

/* Finds the packet of 'a' that has the same ESP. */
static struct made *
find_made(struct run *run, const struct outer *outer)
{
    for (size_t i = 0; i < MIN(run->n_made, MAX_MADE); i++) {
        struct made *made = &run->made[i];
        if (made->esp_size == outer->esp_size
            && !memcmp(made->esp, outer->esp, outer->esp_size)) {
            return made;
        }
    }
    return NULL;
}

/* Gives 'b' a frame from the network that carries ESP. */
static void
process_cipher(struct run *run, const uint8_t *data, size_t size,
               uint16_t vlan)
{
    struct engine *b = run->rig->b;
    struct engine_frame frame;
    uint8_t *buffer = make_buffer(data, size, &frame);
    uint64_t n_drops = count_drops(b);

    frame.vlan = vlan;
    bool passed = engine_process(b, ENGINE_CIPHER, &frame, run->now_ms);
    bool counted = count_drops(b) == n_drops + 1;
    FUZZ_CHECK(counted || count_drops(b) == n_drops);
    FUZZ_CHECK(!passed || !counted);
    if (!counted) {
        struct outer outer = parse_outer(run, data, size);
        struct made *made = find_made(run, &outer);
        FUZZ_CHECK(made && vlan == VLAN);
        if (passed) {
            check_delivered(run, &frame, &outer.ip, made);
        } else {
            FUZZ_CHECK(made->next_header == NEXT_HEADER_DUMMY);
        }
    }
    free(buffer);
}

/* Steps. */

/* Writes an inner packet with 'n' octets of payload; returns its size. */
static size_t
write_inner(const struct sa *sa, uint8_t *p, bool ipv6,
            const uint8_t *payload, size_t n)
{
    static const uint8_t header4[20] = {
        0x45, 0, 0, 0, 0x12, 0x34, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2
    };
    static const uint8_t header6[40] = {
        0x60, 0, 0, 0, 0, 0, 17, 64, 0xfd, [23] = 1, [24] = 0xfd, [39] = 2
    };
    size_t header_size = ipv6 ? sizeof header6 : sizeof header4;

    memcpy(p, ipv6 ? header6 : header4, header_size);
    memcpy(p + header_size, payload, n);
    if (sa->mode == SA_TRANSPORT) {
        struct ip_outer header = { .src = sa->tunnel_src,
                                   .dst = sa->tunnel_dst,
                                   .protocol = IPPROTO_UDP,
                                   .size = header_size + n };
        ip_write_outer(p, &header);
    } else if (ipv6) {
        p[4] = n >> 8;
        p[5] = n;
    } else {
        p[2] = (header_size + n) >> 8;
        p[3] = header_size + n;
        ovs_be16 sum = csum(p, header_size);
        memcpy(p + 10, &sum, sizeof sum);
    }
    return header_size + n;
}

/* A packet comes to 'a'. */
static void
step_send(struct run *run)
{
    uint8_t frame[MAX_PACKET];
    const struct sa *sa = &run->rig->sa;
    uint8_t flags = take_u8(run);
    bool ipv6 = (sa->mode == SA_TRANSPORT ? address_is_ipv6(&sa->tunnel_src)
                 : flags & 1);
    size_t n;

    const uint8_t *payload = take(run, take_u8(run), &n);
    memcpy(frame, &mac_a[ENGINE_PLAIN], ETH_ADDR_LEN);
    memcpy(frame + 6, "\2\0\0\0\0\x99", ETH_ADDR_LEN);
    memcpy(frame + 12, ipv6 ? "\x86\xdd" : "\x08\x00", 2);
    size_t size = (ETH_HEADER_LEN
                   + write_inner(sa, frame + ETH_HEADER_LEN, ipv6, payload,
                                 n));
    if (flags & 2) {
        tamper(run, frame, size);
    }
    if (flags & 4) {            /* As long as may be, or longer. */
        size_t longer = ETH_HEADER_LEN + 1400 + (flags >> 1);
        memset(frame + size, 0xee, longer - size);
        size = longer;
        size_t inner = size - ETH_HEADER_LEN - (ipv6 ? 40 : 0);
        frame[ETH_HEADER_LEN + (ipv6 ? 4 : 2)] = inner >> 8;
        frame[ETH_HEADER_LEN + (ipv6 ? 5 : 3)] = inner;
    }
    process_plain(run, frame, size, flags & 8);
}

static const struct made *
choose_made(const struct run *run, uint8_t k)
{
    return (run->n_made ? &run->made[k % MIN(run->n_made, MAX_MADE)] : NULL);
}

/* A packet that was sealed comes to 'b', once more perhaps; or another one,
 * made from it. */
static void
step_deliver(struct run *run, bool tampered)
{
    const struct made *made = choose_made(run, take_u8(run));
    if (made) {
        uint8_t frame[MAX_PACKET];
        size_t size = made->frame_size;
        uint16_t vlan = VLAN;

        memcpy(frame, made->frame, size);
        if (tampered) {
            uint8_t flags = take_u8(run);
            tamper(run, frame, size);
            size_t cut = flags & 1 ? take_u8(run) : 0;
            size -= MIN(cut, size);
            vlan ^= flags & 2 ? take_u8(run) : 0;
            if (flags & 4 && size >= ETH_HEADER_LEN + 20) {
                /* With a checksum that is right. */
                uint8_t *p = frame + ETH_HEADER_LEN;
                memset(p + 10, 0, 2);
                ovs_be16 sum = csum(p, 20);
                memcpy(p + 10, &sum, sizeof sum);
            }
        }
        process_cipher(run, frame, size, vlan);
    }
}

/* Writes the headers of a frame to 'b' with 'size' octets of ESP, which stand
 * where they go; returns how many octets of headers there are. */
static size_t
write_headers(const struct sa *sa, uint8_t *frame, uint8_t tos, size_t size)
{
    bool ipv6 = address_is_ipv6(&sa->tunnel_src);
    size_t header_size = ip_outer_header_size(ipv6);
    size_t udp_size = sa->udp ? IP_UDP_HEADER_LEN : 0;
    struct ip_outer outer = {
        .src = sa->tunnel_src,
        .dst = sa->tunnel_dst,
        .protocol = sa->udp ? IPPROTO_UDP : IPPROTO_ESP,
        .tos = tos,
        .size = header_size + udp_size + size,
    };
    memcpy(frame, &mac_b[ENGINE_CIPHER], ETH_ADDR_LEN);
    memset(frame + 6, 2, ETH_ADDR_LEN);
    memcpy(frame + 12, ipv6 ? "\x86\xdd" : "\x08\x00", 2);
    ip_write_outer(frame + ETH_HEADER_LEN, &outer);
    if (sa->udp) {
        ip_write_udp(frame + ETH_HEADER_LEN, header_size, outer.size,
                     UDP_PORT, UDP_PORT);
    }
    return ETH_HEADER_LEN + header_size + udp_size;
}

static size_t
headers_size(const struct sa *sa)
{
    return (ETH_HEADER_LEN
            + ip_outer_header_size(address_is_ipv6(&sa->tunnel_src))
            + (sa->udp ? IP_UDP_HEADER_LEN : 0));
}

/* Octets that nobody has sealed, behind good headers or without. */
static void
step_forge(struct run *run, bool with_header)
{
    const struct sa *sa = &run->rig->sa;
    const ovs_be32 spi = htonl(SPI);
    size_t offset = with_header ? headers_size(sa) + sizeof spi : 0;
    uint8_t frame[MAX_PACKET];
    size_t n;

    const uint8_t *p = take(run, take_u8(run), &n);
    memcpy(frame + offset, p, n);
    if (with_header) {
        memcpy(frame + headers_size(sa), &spi, sizeof spi);
        write_headers(sa, frame, 0, sizeof spi + n);
    }
    process_cipher(run, frame, offset + n, VLAN);
}

/* Who has the key seals what no gateway would: any octets, any next header. */
static void
step_seal(struct run *run)
{
    struct esp_sa *out = run->rig->out;
    const struct sa *sa = &run->rig->sa;
    uint8_t buffer[MAX_PACKET] = { 0 };
    uint8_t *frame = buffer + VLAN_HEADER_LEN;
    uint8_t *esp = frame + headers_size(sa);
    uint8_t next_header = take_u8(run);
    uint8_t tos = take_u8(run);
    size_t n;

    const uint8_t *p = take(run, take_u8(run), &n);
    if (!out->key || out->seq >= UINT32_MAX - 1) {
        return;
    }
    memcpy(esp + ESP_HEADER_LEN + sa->suite->iv_size, p, n);
    FUZZ_CHECK(esp_seal(out->key, SPI, ++out->seq, sa->esn, NULL, esp, n,
                        next_header));
    size_t size = write_headers(sa, frame, tos,
                                esp_sealed_size(sa->suite, n));
    size += esp_sealed_size(sa->suite, n);

    /* As an engine's frame, with its tag. */
    memmove(buffer, frame, 2 * ETH_ADDR_LEN);
    memcpy(buffer + 12, "\x81\x00\x00\x65", 4);
    const struct engine_frame sealed = {
        .data = buffer, .size = size + VLAN_HEADER_LEN
    };
    keep_made(run, &sealed, next_header, p, n);
}

/* Numbers are left out, or time passes. */
static void
step_skip(struct run *run)
{
    struct esp_sa *out = run->rig->out;
    uint8_t how = take_u8(run);
    uint64_t n = take_u16(run);

    switch (how % 4) {
    case 0: out->seq += n; break;
    case 1: out->seq += n << 16; break;
    case 2: out->seq = MAX(out->seq, UINT32_MAX - n % 256); break;
    case 3: run->now_ms += n * 100; break;
    }
    if (!run->rig->sa.esn) {
        out->seq = MIN(out->seq, UINT32_MAX);
    }
}

static void
run_step(struct run *run)
{
    switch (take_u8(run) % 8) {
    case 0: step_send(run); break;
    case 1: step_deliver(run, false); break;
    case 2: step_deliver(run, true); break;
    case 3: step_forge(run, true); break;
    case 4: step_forge(run, false); break;
    case 5: step_seal(run); break;
    case 6: step_skip(run); break;
    case 7: {
        size_t n;
        const uint8_t *p = take(run, take_u8(run), &n);
        process_plain(run, p, n, false);
        break;
    }
    }
}

static struct rig *rigs[16][N_RIG_MODES][8];

int
LLVMFuzzerInitialize(int *argc OVS_UNUSED, char ***argv OVS_UNUSED)
{
    fuzz_init();
    FUZZ_CHECK(n_suites <= ARRAY_SIZE(rigs));
    for (size_t i = 0; i < n_suites; i++) {
        for (size_t mode = 0; mode < N_RIG_MODES; mode++) {
            for (int flags = 0; flags < 8; flags++) {
                rigs[i][mode][flags] = rig_create(&suites[i], mode, flags & 1,
                                                  flags & 2, flags & 4);
            }
        }
    }
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t windows[8] = { 0, 1, 2, 32, 64, 100, 1024, 4096 };
    static const enum rig_mode modes[4] = {
        RIG_TUNNEL, RIG_TUNNEL, RIG_UDP, RIG_TRANSPORT
    };
    static struct run run;

    run.data = data;
    run.size = size;
    run.now_ms = START_MS;
    run.n_made = 0;
    uint8_t suite = take_u8(&run) % n_suites;
    uint8_t flags = take_u8(&run);
    run.rig = rigs[suite][modes[flags >> 6]][flags & 7];
    replay_destroy(&run.rig->in->replay);
    replay_init(&run.rig->in->replay, windows[flags >> 3 & 7],
                run.rig->sa.esn);
    for (int i = 0; i < MAX_STEPS && run.size; i++) {
        run_step(&run);
    }
    rig_reset(run.rig);
    return 0;
}
