/* SPDX-License-Identifier: Apache-2.0 */
/* What a switch says to the controller over OpenFlow: from its first octet to
 * the flows, ports, meters, packets, roles, errors and bundles of a bridge
 * that is in use, and the controller's side of that.  An input is a row of
 * records.  A record that begins with octet 0 is a command of 8 octets, with
 * the number of its kind in the next octet and its argument in the last four:
 * something that happens, or an answer as it should be.  Every other record is
 * a message of the switch, of the length that its header says.
 *
 * Whatever the switch has said, a switch that comes after it and behaves well
 * gets the flows that are wanted; every change has had one result; and what
 * the controller sends is OpenFlow. */
#include <config.h>

#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "dp-packet.h"
#include "flow.h"
#include "ofctl-app/flows/icmp.h"
#include "ofctl-app/flows/probe.h"
#include "ofctl-app/flows/steering.h"
#include "ofctl-app/southbound/bridges.h"
#include "ofctl-app/southbound/of-packet.h"
#include "simap.h"
#include "tests/fuzz/fuzz-switch.h"
#include "unicode.h"

#define RECORD_MIN 8
#define ID UINT64_C(0x5d5a)     /* The bridge's datapath id. */
#define N_TICKETS 256
#define LONG_NAME "a-name-that-is-cut-0"

#define COMMANDS                                                        \
    COMMAND(ANSWER)             /* Connection 'arg' answers. */         \
    COMMAND(CONNECT)            /* 'arg' even: and says hello. */       \
    COMMAND(SELECT)             /* Messages come by connection 'arg'. */ \
    COMMAND(LOSE)               /* Connection 'arg' ends. */            \
    COMMAND(PASS)               /* So many ms pass, up to a minute. */  \
    COMMAND(CHANGE)             /* By bits: cookies out, flows in. */   \
    COMMAND(COUNT)              /* Flows are counted again. */          \
    COMMAND(GENERATION)         /* The controller has this one now. */  \
    COMMAND(NAMES)              /* The switch's database tells names. */ \
    COMMAND(PACKET)             /* The controller sends a packet. */    \
    COMMAND(REPEAT)             /* The last message so often again. */
enum command {
#define COMMAND(NAME) DO_##NAME,
    COMMANDS
#undef COMMAND
    N_COMMANDS
};

/* Flows of each kind that steering makes. */
static const struct {
    unsigned int spi;
    const char *text;
} flows[] = {
    { 1, "table=0,priority=1000,in_port=1,dl_type=0x894f,nsh_spi=1,nsh_si=255,"
         "actions=decap(),decap(packet_type(ns=0,type=0)),output:2" },
    { 1, "table=0,priority=100,in_port=2,ip,nw_src=10.0.0.1,"
         "actions=encap(nsh(md_type=1)),set_field:1->nsh_spi,"
         "set_field:255->nsh_si,encap(ethernet),output:3" },
    { 2, "table=0,priority=100,in_port=2,ip,nw_src=10.0.0.1,"
         "actions=output:3" },
    { 2, "table=1,priority=7,ipv6,ipv6_src=2001:db8::1,"
         "actions=push_vlan:0x8100,set_field:4197->vlan_vid,output:1" },
    { 3, "table=0,priority=1500,in_port=3,udp,tp_dst=500,"
         "actions=meter:23130,controller(max_len=128,userdata=01.05.78)" },
    { 3, "table=0,priority=1,in_port=3,actions=drop" },
};

static struct bridges *bridges;
static struct bridge *bridge;
static size_t selected;         /* Connection of the messages. */
static uint64_t first_ticket;
static int n_results[N_TICKETS];
static uint64_t n_changes;

int
LLVMFuzzerInitialize(int *argc OVS_UNUSED, char ***argv OVS_UNUSED)
{
    fuzz_init();
    return bridges_create("ptcp:", &bridges);
}

static void
check_text(const char *text)
{
    size_t length;
    char *error = text ? utf8_validate(text, &length) : NULL;
    FUZZ_CHECK(!error);
}

/* A probe is read as it was made. */
static void
check_probe(const struct probe *probe)
{
    for (int ipv6 = 0; ipv6 < 2 && probe->ip_size < 9000; ipv6++) {
        const struct eth_addr mac = { .ea = { 2 } };
        struct dp_packet *made = probe_create(probe, mac, 5, ipv6);
        struct probe again;
        FUZZ_CHECK(probe_parse(dp_packet_data(made), dp_packet_size(made),
                               dp_packet_size(made), &again));
        FUZZ_CHECK(again.nsh_spi == probe->nsh_spi && again.si == probe->si
                   && uuid_equals(&again.token, &probe->token)
                   && again.ip_size == probe->ip_size);
        dp_packet_delete(made);
    }
}

static void
check_packet(const struct of_packet_in *packet)
{
    struct probe probe;
    if (probe_parse(packet->frame, packet->size, packet->total_size, &probe)) {
        FUZZ_CHECK(probe.ip_size >= PROBE_MIN_IP_SIZE);
        check_probe(&probe);
    }
    struct dp_packet *reply = icmp_too_big(packet->frame, packet->size, 1400);
    if (reply) {
        FUZZ_CHECK(dp_packet_size(reply) <= 1280 + 64);
        bridge_packet_out(bridge, dp_packet_data(reply),
                          dp_packet_size(reply), packet->in_port);
        dp_packet_delete(reply);
    }
}

/* Runs the controller and looks at all that it shows of the bridge. */
static void
run(void)
{
    struct of_packet_in packet;
    uint64_t ticket, other;
    char *error;

    bridges_run(bridges);
    bridges_wait(bridges);
    while (bridge_next_packet_in(bridge, &packet)) {
        check_packet(&packet);
        of_packet_in_uninit(&packet);
    }
    while (bridge_next_result(bridge, &ticket, &error)) {
        FUZZ_CHECK(ticket >= first_ticket
                   && ticket < first_ticket + n_changes);
        FUZZ_CHECK(++n_results[ticket - first_ticket] == 1);
        check_text(error);
        free(error);
    }
    char *reason = bridges_reason(bridges, bridge);
    check_text(reason);
    free(reason);
    check_text(bridge_doubt(bridge));
    static const char *const names[] = { "p1", "eth0", LONG_NAME };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char *untold = bridge_port_untold(bridge, names[i]);
        char *down = bridge_port_down(bridge, names[i]);
        ofp_port_t port = bridge_port(bridge, names[i]);
        FUZZ_CHECK(!bridge_is_connected(bridge) || port || down);
        free(untold);
        free(down);
    }
    bridge_is_overtaken(bridge, &other);
}

static void
change(uint32_t bits)
{
    uint64_t remove[3];
    struct steering_flow *add[ARRAY_SIZE(flows)];
    size_t n_remove = 0, n_add = 0;
    char *error;

    for (unsigned int spi = 1; spi <= 3; spi++) {
        if (bits & (1u << spi)) {
            remove[n_remove++] = steering_cookie(STEERING_TRANSPORT, spi);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(flows); i++) {
        if (bits & (16u << i)) {
            struct steering_flow *flow = xzalloc(sizeof *flow);
            flow->cookie = steering_cookie(STEERING_TRANSPORT, flows[i].spi);
            flow->text = CONST_CAST(char *, flows[i].text);
            add[n_add++] = flow;
        }
    }
    if (n_changes < N_TICKETS) {
        uint64_t ticket = bridge_change(
            bridge, NULL, remove, n_remove,
            (const struct steering_flow *const *) add, n_add, &error);
        FUZZ_CHECK(ticket);
        first_ticket = n_changes ? first_ticket : ticket;
        n_changes++;
    }
    while (n_add) {
        free(add[--n_add]);
    }
}

static void
tell_names(uint32_t arg)
{
    struct simap names = SIMAP_INITIALIZER(&names);
    bridge_need_names(bridge, arg & 1);
    if (arg & 2) {
        simap_put(&names, LONG_NAME, arg >> 16);
        bridge_tell_names(bridge, &names, 1 + (arg >> 8 & 0xff));
    } else {
        bridge_lose_names(bridge, "the database of its switch is away");
    }
    simap_destroy(&names);
}

static void
command(enum command kind, uint32_t arg)
{
    static const uint8_t frame[64];
    struct fuzz_conn *conn = fuzz_switch_get(arg);
    switch (kind) {
    case DO_ANSWER:
        if (conn) {
            fuzz_switch_answer(conn, ID);
        }
        break;
    case DO_CONNECT:
        fuzz_switch_connect(!(arg & 1));
        break;
    case DO_SELECT:
        selected = arg;
        break;
    case DO_LOSE:
        if (conn) {
            fuzz_switch_lose(conn);
        }
        break;
    case DO_PASS:
        fuzz_switch_ms += arg % 60000;
        break;
    case DO_CHANGE:
        change(arg);
        break;
    case DO_COUNT:
        bridge_count_again(bridge);
        break;
    case DO_GENERATION:
        bridges_set_generation(bridges, arg);
        break;
    case DO_NAMES:
        tell_names(arg);
        break;
    case DO_PACKET:
        bridge_packet_out(bridge, frame, sizeof frame, u16_to_ofp(arg));
        break;
    case DO_REPEAT:             /* See play(). */
    case N_COMMANDS:
        break;
    }
}

/* Returns the size of the record at 'p', of 'size' octets that are left, or 0
 * if there is none. */
static size_t
record_size(const uint8_t *p, size_t size)
{
    if (size < RECORD_MIN) {
        return 0;
    }
    size_t length = p[0] ? p[2] << 8 | p[3] : RECORD_MIN;
    return MIN(MAX(length, RECORD_MIN), size);
}

static uint32_t
record_arg(const uint8_t *p)
{
    return (uint32_t) p[4] << 24 | p[5] << 16 | p[6] << 8 | p[7];
}

static void
play_message(const uint8_t *p, size_t n)
{
    struct fuzz_conn *conn = fuzz_switch_get(selected);
    if (conn && p) {
        fuzz_switch_send(conn, p, n);
    }
}

static void
play(const uint8_t *data, size_t size)
{
    const uint8_t *message = NULL;
    size_t n, n_message = 0;
    for (; (n = record_size(data, size)); data += n, size -= n) {
        if (data[0]) {
            message = data;
            n_message = n;
            play_message(data, n);
        } else if (data[1] % N_COMMANDS == DO_REPEAT) {
            for (uint32_t i = record_arg(data) % 128; i; i--) {
                play_message(message, n_message);
            }
        } else {
            command(data[1] % N_COMMANDS, record_arg(data));
        }
        run();
    }
}

/* Ends all connections that there are. */
static void
lose_all(void)
{
    struct fuzz_conn *conn;
    for (int i = 0; (conn = fuzz_switch_get(0)); i++) {
        FUZZ_CHECK(i < 1000);
        for (size_t j = 0; j < 8; j++) {
            fuzz_switch_lose(fuzz_switch_get(j));
        }
        fuzz_switch_ms += 6000; /* Over any handshake. */
        run();
    }
}

/* Another switch comes, which behaves well. */
static void
check_end(void)
{
    unsigned long long int n_asked, n_bundles, n_now;
    struct fuzz_conn *conn = fuzz_switch_connect(true);
    bridge_need_names(bridge, false);
    for (int i = 0; !bridge_is_up(bridge) || bridge_has_pending(bridge); i++) {
        FUZZ_CHECK(i < 1000);
        run();
        fuzz_switch_answer(conn, ID);
        fuzz_switch_ms++;
    }
    run();
    for (uint64_t i = 0; i < n_changes; i++) {
        FUZZ_CHECK(n_results[i] == 1);
    }
    FUZZ_CHECK(fuzz_switch_n_flows(conn) == bridge_n_flows(bridge));

    /* It is found as it should be. */
    bridge_get_load(bridge, &n_asked, &n_bundles);
    FUZZ_CHECK(n_asked == n_changes);
    fuzz_switch_ms += 3000;
    for (int i = 0; bridge_counted_ms(bridge) == LLONG_MIN; i++) {
        FUZZ_CHECK(i < 1000);
        run();
        fuzz_switch_answer(conn, ID);
    }
    run();
    bridge_get_load(bridge, &n_asked, &n_now);
    FUZZ_CHECK(n_now == n_bundles && bridge_is_up(bridge));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    selected = 0;
    n_changes = 0;
    memset(n_results, 0, sizeof n_results);
    bridges_set_generation(bridges, 5);
    bridge = bridges_add(bridges, "br1", ID);
    bridge_allow_sync(bridge);
    play(data, size);
    lose_all();
    check_end();
    lose_all();
    bridges_remove(bridges, bridge);
    fuzz_switch_ms += 120000;   /* Nothing of it is remembered. */
    return 0;
}

/* Mutations of records: what is done to octets alone does not keep them
 * apart. */

#define MAX_RECORDS 128

/* The answers that the controller waits for: type and subtype of request and
 * reply. */
static const uint8_t answers[][4] = {
    { 5, 0, 6, 0 },             /* Features. */
    { 24, 0, 25, 0 },           /* Role. */
    { 20, 0, 21, 0 },           /* Barrier. */
    { 18, 13, 19, 13 },         /* Ports. */
    { 18, 1, 19, 1 },           /* Flows. */
    { 18, 10, 19, 10 },         /* Meters. */
    { 33, 0, 33, 1 },           /* Bundle: opened, committed, discarded. */
    { 33, 4, 33, 5 },
    { 33, 6, 33, 7 },
    { 34, 0, 1, 0 },            /* Errors about a flow of a bundle, */
    { 33, 4, 1, 0 },            /* its commit, */
    { 29, 0, 1, 0 },            /* a meter, */
    { 24, 0, 1, 0 },            /* the role. */
    { 2, 0, 3, 0 },             /* Echo. */
};

static unsigned int
pick(unsigned int *seed, size_t n)
{
    *seed = *seed * 1103515245 + 12345;
    return (*seed >> 8) % n;
}

/* Makes a record at 'p', where there is room for 24 octets; returns its
 * size. */
static size_t
new_record(uint8_t *p, unsigned int *seed)
{
    memset(p, 0, 24);
    if (pick(seed, 2)) {
        p[1] = pick(seed, N_COMMANDS);
        p[7] = pick(seed, 4);
        p[6] = p[1] == DO_PASS || p[1] == DO_CHANGE ? pick(seed, 40) : 0;
        return 8;
    }
    const uint8_t *a = answers[pick(seed, ARRAY_SIZE(answers))];
    p[0] = 6;
    p[1] = a[2];
    p[3] = 24;
    p[4] = 0xa5;
    p[5] = a[0];
    p[6] = a[1];
    p[7] = pick(seed, 8) ? 0 : pick(seed, 8);
    if (a[2] == 33) {
        p[13] = a[3];
    } else {
        p[9] = a[3];
    }
    return 24;
}

/* Replaces the 'n' octets at 'at' by the 'n_new' at 'new'. */
static size_t
splice(uint8_t *data, size_t size, size_t at, size_t n, const uint8_t *new,
       size_t n_new)
{
    memmove(data + at + n_new, data + at + n, size - at - n);
    memcpy(data + at, new, n_new);
    return size - n + n_new;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                        unsigned int seed)
{
    size_t at[MAX_RECORDS + 1], n_records = 0, n;
    static uint8_t new[65536];

    for (size_t i = 0; (n = record_size(data + i, size - i))
                       && n_records < MAX_RECORDS; i += n) {
        at[n_records++] = i;
        at[n_records] = i + n;
    }
    if (!n_records) {
        return max_size < 24 ? size : new_record(data, &seed);
    }
    size = at[n_records];
    size_t i = pick(&seed, n_records);
    size_t begin = at[i], old = at[i + 1] - begin;
    size_t room = MIN(max_size - size + old, 65535);
    switch (pick(&seed, 8)) {
    case 0:                     /* Take it out. */
        return n_records > 1 ? splice(data, size, begin, old, new, 0) : size;
    case 1:                     /* Double it, before any other. */
        if (room < 2 * old) {
            return size;
        }
        memcpy(new, data + begin, old);
        return splice(data, size, at[pick(&seed, n_records)], 0, new, old);
    case 2:                     /* Another one before it. */
    case 3:
        n = new_record(new, &seed);
        return room < old + n ? size : splice(data, size, begin, 0, new, n);
    case 4:                     /* Another argument, or xid. */
        LLVMFuzzerMutate(data + begin + 4, 4, 4);
        return size;
    default:                    /* Other octets behind the header. */
        if (!data[begin]) {
            LLVMFuzzerMutate(data + begin, RECORD_MIN, RECORD_MIN);
            data[begin] = 0;
            return size;
        }
        memcpy(new, data + begin, old);
        n = old - RECORD_MIN;
        n = LLVMFuzzerMutate(new + RECORD_MIN, n,
                             (pick(&seed, 2) ? MAX(n, 1)
                              : MIN(n + 256, room - RECORD_MIN)));
        n = MIN(n + RECORD_MIN, room);
        new[2] = n >> 8;
        new[3] = n;
        return splice(data, size, begin, old, new, n);
    }
}
