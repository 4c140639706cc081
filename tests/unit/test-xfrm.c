/* SPDX-License-Identifier: Apache-2.0 */
/* Drives the kernel backend's messages, its batches and its records. */
#include <config.h>
#undef NDEBUG
#include "tests/unit/test-xfrm.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>     /* Before the kernel's own. */
#include <linux/xfrm.h>
#include <netlink/msg.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "command-line.h"
#include "lib/address.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "util.h"
#include "vnf-agent/backend/backend.h"
#include "vnf-agent/xfrm/xfrm-changes.h"
#include "vnf-agent/xfrm/hop-msg.h"
#include "vnf-agent/xfrm/nl-build.h"
#include "vnf-agent/xfrm/nl-conn.h"
#include "vnf-agent/xfrm/xfrm-probe.h"
#include "vnf-agent/xfrm/records.h"
#include "vnf-agent/xfrm/xfrm-msg.h"

static struct in6_addr
ip(const char *s)
{
    struct in6_addr address;

    assert(address_parse(s, &address));
    return address;
}

/* Prints and frees. */
static void
print_msg(const char *what, struct nl_msg *msg)
{
    const struct nlmsghdr *hdr = nlmsg_hdr(msg);
    const uint8_t *p = (const uint8_t *) hdr;

    printf("%s: type %d flags %#x", what, hdr->nlmsg_type, hdr->nlmsg_flags);
    for (size_t i = NLMSG_HDRLEN; i < hdr->nlmsg_len; i++) {
        printf("%s%02x", i % 32 == 16 ? "\n  " : i % 4 == 0 ? " " : "", p[i]);
    }
    printf("\n");
    nl_msg_wipe(msg);
}

static void
print_msgs(const char *what, struct nl_batch *batch)
{
    for (size_t i = 0; i < batch->n; i++) {
        char *title = xasprintf("%s %"PRIuSIZE, what, i);
        print_msg(title, batch->ops[i].msg);
        free(title);
    }
    batch->n = 0;
    nl_batch_clear(batch);
}

static struct sa
make_sa(const char *suite, enum sa_direction direction, bool ipv6)
{
    uint8_t octets[128];
    struct sa sa = {
        .name = CONST_CAST(char *, "sa"),
        .spi = 0x1001,
        .direction = direction,
        .vlan = 5,
        .reqid = 7,
        .tunnel_src = ip(ipv6 ? "2001:db8::1" : "192.0.2.1"),
        .tunnel_dst = ip(ipv6 ? "2001:db8::2" : "192.0.2.2"),
        .selector = SA_SELECTOR_ANY,
        .suite = suite_by_name(suite),
        .esn = true,
        .replay_window = 64,
        .soft.packets = 1000,
        .hard.time_s = 60,
    };

    for (size_t i = 0; i < sizeof octets; i++) {
        octets[i] = i;
    }
    sa.key = secret_create(octets, suite_keymat_size(sa.suite));
    return sa;
}

static struct sa_ports
ports(uint16_t min, uint16_t max)
{
    return (struct sa_ports) { .n = 1, .ranges = { { min, max } } };
}

static struct policy
make_policy(enum sa_direction direction, bool ipv6)
{
    struct policy policy = {
        .name = CONST_CAST(char *, "policy"),
        .direction = direction,
        .vlan = 5,
        .reqid = 7,
        .outbound_spi = 0x1001,
        .selector = SA_SELECTOR_ANY,
        .action = POLICY_PROTECT,
        .bypass_dscp = true,
    };

    policy.selector.family = ipv6 ? SA_FAMILY_IPV6 : SA_FAMILY_IPV4;
    policy.selector.src = ip(ipv6 ? "2001:db8:a::" : "10.1.0.0");
    policy.selector.dst = ip(ipv6 ? "::" : "0.0.0.0");
    policy.selector.src_mask = ipv6_create_mask(ipv6 ? 48 : 112);
    policy.selector.dst_mask = ipv6_create_mask(ipv6 ? 0 : 96);
    policy.selector.protocol = ipv6 ? -1 : IPPROTO_UDP;
    if (!ipv6) {
        policy.selector.dst_ports = ports(4096, 4099);
    }
    return policy;
}

static void
test_messages(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    struct sa out = make_sa("aes-gcm-16-128", SA_OUTBOUND, false);
    struct sa in = make_sa("aes-cbc-128-hmac-sha2-256-128", SA_INBOUND, true);
    struct policy policy = make_policy(SA_OUTBOUND, false);
    struct policy in_policy = make_policy(SA_INBOUND, true);

    in.esn = false;
    print_msg("sa-add out if", xfrm_msg_sa_add(HOP_IF, &out, true, true));
    print_msg("sa-add in mark", xfrm_msg_sa_add(HOP_MARK, &in, false, false));
    out.udp = true;
    out.udp_src = 4501;
    out.udp_dst = 4502;
    print_msg("sa-add out if, in UDP", xfrm_msg_sa_add(HOP_IF, &out, true,
                                                       true));
    print_msg("sa-delete out if", xfrm_msg_sa_delete(HOP_IF, &out));
    print_msg("sa-delete out mark", xfrm_msg_sa_delete(HOP_MARK, &out));
    print_msg("sa-get in if", xfrm_msg_sa_get(HOP_IF, &in));
    print_msg("policy out if", xfrm_msg_policy_set(HOP_IF, &policy, false, 9,
                                                   &out));
    print_msg("policy out mark", xfrm_msg_policy_set(HOP_MARK, &policy, false,
                                                     9, NULL));
    print_msg("policy in mark", xfrm_msg_policy_set(HOP_MARK, &in_policy, true,
                                                    9, NULL));
    print_msg("policy-delete", xfrm_msg_policy_delete(HOP_IF, &policy, false));
    print_msg("allow", xfrm_msg_allow(XFRM_POLICY_FWD, false,
                                      HOP_MARK_PLAIN));
    print_msg("default", xfrm_msg_set_default(true));
    secret_destroy(out.key);
    secret_destroy(in.key);
}

static void
test_hop_messages(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    struct hop_ports ports = {
        .plain_ifindex = 2,
        .cipher_ifindex = 3,
        .plain_peer = ETH_ADDR_C(02,5d,5a,00,00,02),
        .cipher_peer = ETH_ADDR_C(02,5d,5a,00,00,01),
        .own_ips = OWN_IPS(ip("192.0.2.1")),
    };
    struct nl_batch batch = { .ops = NULL };

    hop_msgs_ports(&batch, HOP_MARK, &ports);
    print_msgs("ports", &batch);
    struct in6_addr before = ip("2001:db8::1");
    hop_msgs_ip_undo(&batch, &before);
    print_msgs("address of before", &batch);
    hop_msgs_hop_end(&batch, HOP_IF, &ports, 5);
    print_msgs("hop end", &batch);
    hop_msgs_hop_end_undo(&batch, &ports, 5);
    print_msgs("undo", &batch);
}

/* What is made is what is read, for each suite, direction and kind. */
static void
test_round_trip(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    int n = 0;

    for (size_t i = 0; i < n_suites; i++) {
        for (int bits = 0; bits < 16; bits++) {
            enum hop_kind kind = bits & 1 ? HOP_MARK : HOP_IF;
            struct sa sa = make_sa(suites[i].name, (bits & 2 ? SA_INBOUND
                                                    : SA_OUTBOUND), bits & 4);
            struct xfrm_sa_info info;
            char check[SECRET_CHECK_STRLEN];

            sa.esn = bits & 8;
            secret_check(sa.key, sa.spi, check);
            sa.key_check = check;
            struct nl_msg *msg = xfrm_msg_sa_add(kind, &sa, true, true);
            assert(xfrm_parse_sa(nlmsg_hdr(msg), kind, &info));
            assert(xfrm_sa_info_matches(&info, &sa));
            assert(!xfrm_parse_sa(nlmsg_hdr(msg), (kind == HOP_IF ? HOP_MARK
                                                   : HOP_IF), &info));
            check[0] ^= 1;      /* Another key is another SA. */
            assert(xfrm_parse_sa(nlmsg_hdr(msg), kind, &info));
            assert(!xfrm_sa_info_matches(&info, &sa));
            nl_msg_wipe(msg);
            secret_destroy(sa.key);
            n++;
        }
    }
    for (int bits = 0; bits < 8; bits++) {
        enum hop_kind kind = bits & 1 ? HOP_MARK : HOP_IF;
        struct policy policy = make_policy((bits & 2 ? SA_INBOUND
                                            : SA_OUTBOUND), bits & 4);
        struct xfrm_policy_info info;
        struct nl_msg *msg = xfrm_msg_policy_set(kind, &policy, bits & 4, 1,
                                                 NULL);
        assert(xfrm_parse_policy(nlmsg_hdr(msg), &info));
        assert(info.vlan == 5);
        nl_msg_wipe(msg);
        struct nl_msg *a = xfrm_msg_policy_delete_info(&info);
        struct nl_msg *b = xfrm_msg_policy_delete(kind, &policy, bits & 4);
        size_t size = nlmsg_hdr(a)->nlmsg_len;
        assert(nlmsg_hdr(b)->nlmsg_len == size
               && !memcmp(nlmsg_hdr(a), nlmsg_hdr(b), size));
        nl_msg_wipe(a);
        nl_msg_wipe(b);
        n++;
    }
    printf("%d round trips\n", n);
}

/* Bits changed, messages cut: the parsers read nothing that is not there (the
 * sanitizers watch), and never take a foreign object for one of ours. */
static void
test_fuzz(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    int n_ours = 0;

    srand(3);
    for (int i = 0; i < 20000; i++) {
        struct sa sa = make_sa(suites[i % n_suites].name, SA_INBOUND, i & 1);
        struct nl_msg *msg = xfrm_msg_sa_add(HOP_IF, &sa, true, true);
        const struct nlmsghdr *hdr = nlmsg_hdr(msg);
        size_t size = hdr->nlmsg_len;
        /* Exactly as large as it says, so that reading on is seen. */
        size_t cut = rand() % 4 ? size : NLMSG_HDRLEN
                                         + rand() % (size - NLMSG_HDRLEN);
        struct nlmsghdr *copy = xmemdup(hdr, cut);
        uint16_t vlan;
        struct xfrm_sa_info info;
        struct xfrm_policy_info policy;
        struct sa_traffic traffic;
        struct hop_link link;

        copy->nlmsg_len = cut;
        for (int j = rand() % 4; j > 0 && cut > NLMSG_HDRLEN; j--) {
            ((uint8_t *) copy)[NLMSG_HDRLEN + rand() % (cut - NLMSG_HDRLEN)]
                = rand();
        }
        n_ours += xfrm_parse_sa(copy, HOP_IF, &info);
        xfrm_parse_sa(copy, HOP_MARK, &info);
        xfrm_parse_policy(copy, &policy);
        xfrm_parse_acquire(copy, &vlan, &traffic);
        copy->nlmsg_type = 16;  /* RTM_NEWLINK. */
        hop_parse_link(copy, &link);
        hop_parse_route(copy, &vlan);
        copy->nlmsg_type = 44;  /* RTM_NEWTFILTER. */
        hop_parse_filter(copy, 1);
        free(copy);
        nl_msg_wipe(msg);
        secret_destroy(sa.key);
    }
    printf("some taken for ours: %s\n", n_ours ? "yes" : "no");
}

static void
refused(const char *what, char *message)
{
    printf("%s: %s\n", what, message ? message : "can be done");
    free(message);
}

/* What the kernel cannot do is said before it is asked. */
static void
test_checks(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    struct sa sa = make_sa("aes-gcm-16-256", SA_INBOUND, false);
    struct policy policy = make_policy(SA_OUTBOUND, false);

    refused("SA", xfrm_check_sa(&sa));
    sa.replay_window = 4097;
    refused("window", xfrm_check_sa(&sa));
    sa.replay_window = 0;
    refused("ESN without window", xfrm_check_sa(&sa));
    sa.esn = false;
    refused("no window", xfrm_check_sa(&sa));
    sa.vlan = 0;
    refused("untagged", xfrm_check_sa(&sa));
    sa.vlan = 4095;
    refused("VLAN", xfrm_check_sa(&sa));
    sa.vlan = 5;
    sa.reqid = UINT64_MAX;
    refused("reqid", xfrm_check_sa(&sa));
    sa.reqid = 1;
    sa.tunnel_src = ip("2001:db8::1");
    refused("families", xfrm_check_sa(&sa));
    sa.tunnel_src = ip("192.0.2.1");
    sa.mode = SA_TRANSPORT;
    refused("transport mode", xfrm_check_sa(&sa));
    sa.mode = SA_TUNNEL;
    sa.udp = true;
    sa.direction = SA_INBOUND;
    sa.udp_dst = 4501;
    refused("UDP", xfrm_check_sa(&sa));
    sa.udp = false;
    sa.dscp = SA_DSCP_MAP;
    refused("DSCP", xfrm_check_sa(&sa));
    sa.dscp = SA_DSCP_COPY;
    sa.inner_dscps = 1;
    refused("inner DSCPs", xfrm_check_sa(&sa));
    sa.inner_dscps = 0;
    sa.df = SA_DF_SET;
    refused("SA, DF", xfrm_check_sa(&sa));
    sa.df = SA_DF_COPY;
    sa.spi = 255;
    refused("reserved SPI", xfrm_check_sa(&sa));
    sa.spi = 256;
    sa.selector.dst_ports = ports(53, 53);
    refused("SA, ports of any protocol", xfrm_check_sa(&sa));
    sa.selector.protocol = IPPROTO_UDP;
    refused("SA, ports", xfrm_check_sa(&sa));
    secret_destroy(sa.key);

    static const uint16_t ranges[][2] = {
        { 53, 53 }, { 4096, 4099 }, { 4097, 4100 },
        { 1, 65535 }, { 1024, 65535 }, { 32768, 65535 },
        { 0, 1023 }, { 0, 65535 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
        char *what = xasprintf("ports %d to %d", ranges[i][0], ranges[i][1]);
        policy.selector.dst_ports = ports(ranges[i][0], ranges[i][1]);
        refused(what, xfrm_check_policy(&policy));
        free(what);
    }
    policy.selector.dst_ports = (struct sa_ports) {
        .n = 2, .ranges = { { 53, 53 }, { 5353, 5353 } }
    };
    refused("two ranges", xfrm_check_policy(&policy));
    policy.selector.dst_ports.ranges[1] = (struct sa_port_range) { 0, 65535 };
    refused("two ranges, one of all", xfrm_check_policy(&policy));
    policy.selector.src_ports = ports(53, 53);
    policy.selector.protocol = IPPROTO_ICMP;
    refused("ports of ICMP", xfrm_check_policy(&policy));
    policy.selector.protocol = -1;
    refused("ports of any protocol", xfrm_check_policy(&policy));
    policy.selector.src_ports.n = policy.selector.dst_ports.n = 0;
    policy.selector.protocol = 0;
    refused("protocol 0", xfrm_check_policy(&policy));
    policy.selector.protocol = -1;
    policy.df = SA_DF_SET;
    refused("DF", xfrm_check_policy(&policy));
    policy.df = SA_DF_COPY;
    policy.bypass_dscp = false;
    refused("DSCP 0", xfrm_check_policy(&policy));
    policy.dscp_map[7] = 1;
    refused("DSCP map", xfrm_check_policy(&policy));
    policy.bypass_dscp = true;
    policy.mode = SA_TRANSPORT;
    refused("policy of transport mode", xfrm_check_policy(&policy));
    policy.action = POLICY_DISCARD;
    refused("policy that discards", xfrm_check_policy(&policy));
}

static void
collide(const char *what, const struct policy *a, const struct policy *b)
{
    printf("%s:%s%s\n", what,
           xfrm_policies_collide(a, b, false) ? " IPv4" : "",
           xfrm_policies_collide(a, b, true) ? " IPv6" : "");
}

/* Which policies the kernel could not tell apart. */
static void
test_collisions(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    struct policy a = make_policy(SA_OUTBOUND, false);
    struct policy b = make_policy(SA_OUTBOUND, false);

    b.name = CONST_CAST(char *, "other");
    b.reqid = 9;
    b.suites = 1;
    b.mode = SA_TRANSPORT;
    b.tunnel_dst = ip("192.0.2.9");
    b.dscp_map[0] = 1;
    collide("what the kernel does not look at", &a, &b);
    b.selector.dst_ports = ports(4096, 4097);
    collide("ports", &a, &b);
    b = a;
    b.vlan = 6;
    collide("hop end", &a, &b);
    b = a;
    b.direction = SA_INBOUND;
    collide("direction", &a, &b);
    a.selector = b.selector = (struct sa_selector) SA_SELECTOR_ANY;
    b.direction = SA_OUTBOUND;
    collide("both families", &a, &b);
    b.selector.family = SA_FAMILY_IPV6;
    b.selector.src = b.selector.dst = ip("::");
    collide("both families and one", &a, &b);
    b.selector.dst_ports = ports(0, 65535);
    collide("all ports", &a, &b);
}

static void
print_limits(const char *what, const struct sa *sa)
{
    struct sa_lifetime hard = xfrm_hard_limits(sa);

    printf("%s: %"PRIu32" s, %"PRIu64" octets, %"PRIu64" packets, idle %"
           PRIu32" s\n", what, hard.time_s, hard.bytes, hard.packets,
           hard.idle_s);
}

static void
test_limits(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    struct sa sa = { .soft = { 10, 20, 0, 40 }, .hard = { 15, 0, 30, 35 } };

    print_limits("apart", &sa);
    sa.soft_ends = true;
    print_limits("the soft ones end it", &sa);
}

/* Batches, on this machine's kernel: it has policies also where it has no
 * ESP. */

struct fault {
    int lose, twice;            /* Which answer; -1: none. */
    int n;
};

static int
do_fault(const struct nlmsghdr *hdr OVS_UNUSED, void *fault_)
{
    struct fault *fault = fault_;
    int n = fault->n++;

    return n == fault->lose ? 0 : n == fault->twice ? 2 : 1;
}

static void
count_policy(const struct nlmsghdr *hdr, void *n_)
{
    struct xfrm_policy_info info;
    int *n = n_;

    *n += xfrm_parse_policy(hdr, &info);
}

static int
count_policies(struct nl_conn *conn)
{
    int n = 0;

    assert(!nl_conn_get(conn, xfrm_msg_policy_dump(), count_policy, &n));
    return n;
}

static struct nl_conn *
open_own_namespace(void)
{
    struct nl_conn *conn;

    if (unshare(CLONE_NEWNET)) {
        exit(77);
    }
    int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    assert(fd >= 0);
    if (nl_conn_open(NETLINK_XFRM, fd, &conn)) {
        exit(77);
    }
    close(fd);
    return conn;
}

static void
test_batches(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    struct nl_conn *conn = open_own_namespace();
    enum { N = 600 };
    struct nl_op ops[N];
    struct fault fault = { -1, -1, 0 };

    for (int i = 0; i < N; i++) {
        struct policy policy = make_policy(SA_INBOUND, false);
        policy.vlan = 1 + i;
        ops[i].msg = xfrm_msg_policy_set(HOP_MARK, &policy, false, 1, NULL);
    }
    nl_conn_set_timeout(conn, 300);
    nl_conn_set_fault(conn, do_fault, &fault);
    int error = nl_conn_transact(conn, ops, N);
    printf("all: %s, %d policies\n", error ? ovs_strerror(error) : "done",
           count_policies(conn));

    /* Answers that are lost or doubled. */
    fault = (struct fault) { 2, 4, 0 };
    error = nl_conn_transact(conn, ops, 8);
    printf("lost: %s\n", error == ETIMEDOUT ? "time-out" : "?");
    for (int i = 0; i < 8; i++) {
        printf("%d: %s\n", i, ops[i].error ? ovs_strerror(ops[i].error)
                                           : "done");
    }

    /* One that is refused, in the middle: the others are done, and each is
     * told apart. */
    fault = (struct fault) { -1, -1, 0 };
    struct xfrm_userpolicy_info *bad = nlmsg_data(nlmsg_hdr(ops[3].msg));
    bad->dir = 9;
    printf("refused: %s\n", ovs_strerror(nl_conn_transact(conn, ops, 8)));
    for (int i = 0; i < 8; i++) {
        printf("%d: %s\n", i, ops[i].error ? ovs_strerror(ops[i].error)
                                           : "done");
        free(ops[i].text);
    }
    for (int i = 0; i < N; i++) {
        nl_msg_wipe(ops[i].msg);
    }
    nl_conn_close(conn);
}

static void
ignore_event(const struct nlmsghdr *hdr OVS_UNUSED, void *aux OVS_UNUSED)
{
}

/* Events that found no room: whoever drains hears of it, and then again of
 * what comes. */
static void
test_lost_events(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    struct nl_conn *conn = open_own_namespace();
    struct policy policy = make_policy(SA_INBOUND, false);
    int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    const int size = 2048;
    struct nl_conn *events;

    assert(!nl_conn_open(NETLINK_XFRM, fd, &events));
    assert(!nl_conn_join(events, XFRMNLGRP_POLICY));
    assert(!setsockopt(nl_conn_fd(events), SOL_SOCKET, SO_RCVBUF, &size,
                       sizeof size));
    for (int n = 1; n <= 64; n += 63) {
        for (int i = 0; i < n; i++) {
            struct nl_op op = {
                .msg = xfrm_msg_policy_set(HOP_MARK, &policy, false, 1, NULL)
            };
            assert(!nl_conn_transact(conn, &op, 1));
            nl_msg_wipe(op.msg);
        }
        int error = nl_conn_drain(events, ignore_event, NULL);
        printf("%d: %s\n", n, error == ENOBUFS ? "some were lost"
               : error ? ovs_strerror(error) : "all came");
    }
    printf("then: %s\n", nl_conn_drain(events, ignore_event, NULL) ? "error"
           : "nothing");
    nl_conn_close(events);
    nl_conn_close(conn);
    close(fd);
}

/* Records. */

static struct sa_record *
add_record(struct records *records, uint32_t spi)
{
    struct sa sa = make_sa("aes-gcm-16-256", SA_OUTBOUND, false);
    struct sa_record *record = xzalloc(sizeof *record);
    char check[SECRET_CHECK_STRLEN];

    sa.spi = spi;
    snprintf(check, sizeof check, "%016"PRIx32, spi);
    record->used_key = used_keys_add(&records->used_keys, SA_OUTBOUND, check);
    assert(record->used_key);
    secret_destroy(sa.key);
    sa.key = NULL;
    sa.key_check = CONST_CAST(char *, "0123456789abcdef");
    record->sa = sa_clone(&sa);
    record->clear_df = true;
    records_link_sa(records, record);
    records_log_sa(records, record);
    return record;
}

static void
print_records(const char *what, const char *file_name)
{
    struct records *records = records_create();
    char *error = records_open(records, file_name);
    const struct sa_record *record;
    const struct used_key *key;

    printf("%s: %s; %"PRIuSIZE" SAs, %"PRIuSIZE" policies, kernel %s\n", what,
           error ? strrchr(error, '/') ? strrchr(error, '/') + 1 : error
           : "read", hmap_count(&records->sas), hmap_count(&records->policies),
           records->kernel ? records->kernel : "none");
    assert(hmap_count(&records->used_keys.keys)
           == hmap_count(&records->sas) + records->used_keys.n_retired);
    LIST_FOR_EACH (key, list_node, &records->used_keys.retired) {
        assert(!used_keys_add(&records->used_keys, key->direction,
                              key->check));
        printf("  %s used before, %s\n", key->check,
               sa_direction_to_string(key->direction));
    }
    LIST_FOR_EACH (record, hop_node, &records->hops[5].sas) {
        printf("  %#"PRIx32"%s%s\n", record->sa->spi,
               record->clear_df ? " clear-df" : "",
               record->hard_expired ? " hard-expired" : "");
    }
    free(error);
    records_destroy(records);
}

static void
test_records(struct ovs_cmdl_context *ctx)
{
    const char *file_name = ctx->argv[1];
    struct records *records = records_create();

    assert(!records_open(records, file_name));
    records->kernel = xstrdup("this");
    assert(!records_save(records));
    print_records("new", file_name);

    add_record(records, 0x1001);
    struct sa_record *second = add_record(records, 0x1002);
    struct policy_record *policy = xzalloc(sizeof *policy);
    struct policy p = make_policy(SA_OUTBOUND, false);
    policy->policy = policy_clone(&p);
    policy->priority = records->next_priority;
    records_link_policy(records, policy);
    records_log_policy(records, policy);
    print_records("added", file_name);

    /* What an undone batch puts back is not the newest then. */
    struct sa_record *first = records_find_sa(records, SA_OUTBOUND, 0x1001);
    records_unlink_sa(records, first);
    records_link_sa(records, first);
    assert(!records_save(records));
    print_records("put back", file_name);

    second->hard_expired = true;
    records_log_sa(records, second);
    records_log_policy_gone(records, "policy");
    records_note_used_key(records, SA_INBOUND, "00000000000000aa");
    records_note_used_key(records, SA_OUTBOUND, "0000000000001002");
    records_log_sa_gone(records, SA_OUTBOUND, 0x1001);
    print_records("changed", file_name);

    /* A last entry that is not whole: the agent was killed. */
    off_t size = lseek(records->fd, 0, SEEK_END);
    assert(!ftruncate(records->fd, size - 3));
    print_records("cut", file_name);

    /* Keys that were used are in it too when it is written anew. */
    records_unlink_policy(records, policy);
    policy_record_destroy(policy);
    records_unlink_sa(records, first);
    records_destroy_sa(records, first);
    assert(!records_save(records));
    print_records("written anew", file_name);
    assert(!ftruncate(records->fd, 5));
    print_records("damaged", file_name);
    records_destroy(records);
}

/* Keys that were used. */

/* Makes one edit of an SA with a key of that octet, in the records only, and
 * takes it back if 'undo'. */
static void
edit_sa(struct records *records, enum backend_edit_type type,
        enum sa_direction direction, uint32_t spi, uint8_t octet, bool undo)
{
    struct sa sa = make_sa("aes-gcm-16-256", direction, false);
    struct backend_edit edit = { .type = type, .sa = &sa };
    struct backend_xfrm b = { .records = records };
    struct transaction t = { .b = &b };
    uint8_t octets[36];
    char *error = NULL;

    memset(octets, octet, sizeof octets);
    secret_destroy(sa.key);
    sa.key = secret_create(octets, sizeof octets);
    sa.spi = spi;
    ovs_list_init(&t.changes);
    undo |= xfrm_changes_add(&t, &edit, &error) != 0;
    if (undo) {
        xfrm_changes_undo(&t);
    } else {
        xfrm_changes_log(&t);
    }
    xfrm_changes_free(&t, undo);
    printf("%s %s %#"PRIx32", key %02x: %s\n",
           type == BACKEND_SA_ADD ? "add" : "delete",
           sa_direction_to_string(direction), spi, octet,
           error ? error : undo ? "undone" : "done");
    free(error);
    secret_destroy(sa.key);
}

static void
test_keys(struct ovs_cmdl_context *ctx)
{
    struct records *records = records_create();

    assert(!records_open(records, ctx->argv[1]));
    records->kernel = xstrdup("this");
    assert(!records_save(records));
    edit_sa(records, BACKEND_SA_ADD, SA_OUTBOUND, 0x1001, 1, true);
    edit_sa(records, BACKEND_SA_ADD, SA_OUTBOUND, 0x1001, 1, false);
    edit_sa(records, BACKEND_SA_ADD, SA_OUTBOUND, 0x1002, 1, false);
    edit_sa(records, BACKEND_SA_ADD, SA_INBOUND, 0x1001, 1, false);
    edit_sa(records, BACKEND_SA_ADD, SA_INBOUND, 0x1002, 1, false);
    edit_sa(records, BACKEND_SA_DELETE, SA_INBOUND, 0x1001, 1, false);
    records->write_failed = true;     /* The file is written anew. */
    edit_sa(records, BACKEND_SA_DELETE, SA_OUTBOUND, 0x1001, 1, false);
    records_destroy(records);

    printf("another agent:\n");
    records = records_create();
    assert(!records_open(records, ctx->argv[1]));
    edit_sa(records, BACKEND_SA_ADD, SA_OUTBOUND, 0x1003, 1, false);
    edit_sa(records, BACKEND_SA_ADD, SA_INBOUND, 0x1001, 1, false);
    edit_sa(records, BACKEND_SA_ADD, SA_INBOUND, 0x1003, 1, false);
    edit_sa(records, BACKEND_SA_ADD, SA_OUTBOUND, 0x1001, 2, false);
    records_destroy(records);
}

static void
test_probe(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    struct xfrm_probe probe;

    xfrm_probe(&probe);
    printf("%s: %s\n", !probe.works ? "none" : probe.kind == HOP_IF ? "if"
           : "mark", probe.reason);
    free(probe.reason);
}

static const struct ovs_cmdl_command commands[] = {
    {"messages", NULL, 0, 0, test_messages, OVS_RO},
    {"hop-messages", NULL, 0, 0, test_hop_messages, OVS_RO},
    {"round-trip", NULL, 0, 0, test_round_trip, OVS_RO},
    {"fuzz", NULL, 0, 0, test_fuzz, OVS_RO},
    {"checks", NULL, 0, 0, test_checks, OVS_RO},
    {"collisions", NULL, 0, 0, test_collisions, OVS_RO},
    {"faults", "RUNDIR NETNS", 2, 2, test_xfrm_faults, OVS_RO},
    {"limits", NULL, 0, 0, test_limits, OVS_RO},
    {"lost-events", NULL, 0, 0, test_lost_events, OVS_RO},
    {"batches", NULL, 0, 0, test_batches, OVS_RO},
    {"records", "FILE", 1, 1, test_records, OVS_RO},
    {"keys", "FILE", 1, 1, test_keys, OVS_RO},
    {"probe", NULL, 0, 0, test_probe, OVS_RO},
    {NULL, NULL, 0, 0, NULL, OVS_RO},
};

int
main(int argc, char *argv[])
{
    struct ovs_cmdl_context ctx = { .argc = argc - 1, .argv = argv + 1 };

    set_program_name(argv[0]);
    ovs_cmdl_run_command(&ctx, commands);
    return 0;
}
