/* SPDX-License-Identifier: Apache-2.0 */
/* SAs, policies and events as the control socket has them, octet by octet; and
 * members that are changed one by one, to see that all that is made of an SA
 * or a policy sees the change. */
#include <config.h>
#undef NDEBUG
#include "tests/unit/test-esp.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/address.h"
#include "lib/sa.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"
#include "vnf-agent/backend/backend.h"
#include "vnf-agent/backend/wire.h"
#include "vnf-agent/esp/engine.h"
#include "vnf-agent/esp/show.h"
#include "vnf-agent/xfrm/records.h"

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

/* Written by wire_writer, 2 kB at most. */
struct octets {
    uint8_t buf[2048];
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

/* Changing of one member. */

/* Each changes member M if '*i' is 0, and counts '*i' down. */
#define CHANGE(NAME, STATEMENT)                                             \
    if (!(*i)--) {                                                          \
        STATEMENT;                                                          \
        return xstrdup(NAME);                                               \
    }
#define CHANGE_PART(NAME, PART)                                             \
    {                                                                       \
        char *part = PART;                                                  \
        if (part) {                                                         \
            char *name = xasprintf(NAME".%s", part);                        \
            free(part);                                                     \
            return name;                                                    \
        }                                                                   \
    }
#define CHANGE_UINT(M, NAME) CHANGE(NAME, M ^= 1)
#define CHANGE_ENUM(M, NAME) CHANGE(NAME, M = !M)
#define CHANGE_ADDRESS(M, NAME) CHANGE(NAME, (M).s6_addr[15] ^= 1)
#define CHANGE_STRING(M, NAME) CHANGE(NAME, free(M); M = xstrdup("changed"))
#define CHANGE_PROTOCOL(M, NAME) CHANGE(NAME, M = 18)
#define CHANGE_PORTS(M, NAME) CHANGE(NAME, (M).n = 0)
#define CHANGE_SUITE(M, NAME) \
    CHANGE(NAME, M = suite_by_name("chacha20-poly1305"))
#define CHANGE_KEY(M, NAME) \
    CHANGE(NAME, secret_destroy(M); M = secret_create("changed", 7))
#define CHANGE_DSCP_MAP(M, NAME) CHANGE(NAME, M[7] ^= 1)
#define CHANGE_SELECTOR(M, NAME) CHANGE_PART(NAME, change_selector(&M, i))
#define CHANGE_LIFETIME(M, NAME) CHANGE_PART(NAME, change_lifetime(&M, i))
#define FIELD(TYPE, NAME, KIND, ...) CHANGE_##KIND(o->NAME, #NAME)

/* Each changes member number '*i' of 'o' and returns its name (caller frees),
 * or NULL if 'o' has fewer members, with '*i' counted down by these. */
static char *
change_selector(struct sa_selector *o, int *i)
{
    SA_SELECTOR_FIELDS
    return NULL;
}

static char *
change_lifetime(struct sa_lifetime *o, int *i)
{
    SA_LIFETIME_FIELDS
    return NULL;
}

static char *
change_sa(struct sa *o, int *i)
{
    SA_FIELDS
    return NULL;
}

static char *
change_policy(struct policy *o, int *i)
{
    POLICY_FIELDS
    return NULL;
}

/* What is made of an SA or a policy, as text; the caller frees the lines. */

static char *
finish_show(const struct engine *engine)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    show_engine(engine, 0, &s);
    return ds_steal_cstr(&s);
}

static char *
show_sa(struct sa *sa)
{
    struct engine *engine = engine_create(&OWN_IPS(sa->tunnel_dst));
    struct esp_sa esp_sa = { .sa = sa };

    ovs_list_push_back(&engine->tables->sa_list, &esp_sa.all_node);
    char *text = finish_show(engine);
    ovs_list_init(&engine->tables->sa_list);
    engine_destroy(engine);
    return text;
}

static char *
show_policy(struct policy *policy)
{
    struct engine *engine = engine_create(&OWN_IPS(policy->tunnel_dst));
    struct esp_policy esp_policy = { .policy = policy };

    ovs_list_push_back(&engine->tables->policy_list, &esp_policy.all_node);
    char *text = finish_show(engine);
    ovs_list_init(&engine->tables->policy_list);
    engine_destroy(engine);
    return text;
}

static struct records *
open_records(void)
{
    struct records *records = records_create();

    assert(!records_open(records, "records"));
    return records;
}

/* Does the records' file give the SA or the policy back? */
static bool
records_keep(const struct sa *sa, const struct policy *policy)
{
    struct records *records = open_records();

    if (sa) {
        struct sa_record *record = xzalloc(sizeof *record);

        record->sa = sa_clone(sa);
        secret_destroy(record->sa->key);
        record->sa->key = NULL;
        record->used_key = used_keys_add(&records->used_keys, sa->direction,
                                         "0123456789abcdef");
        records_link_sa(records, record);
    } else {
        struct policy_record *record = xzalloc(sizeof *record);

        record->policy = policy_clone(policy);
        records_link_policy(records, record);
    }
    assert(!records_save(records));
    records_destroy(records);

    records = open_records();
    bool same;
    if (sa) {
        struct sa_record *record = records_find_sa(records, sa->direction,
                                                   sa->spi);
        same = record && sa_equal(record->sa, sa);
    } else {
        struct policy_record *record = records_find_policy(records,
                                                           policy->name);
        same = record && policy_equal(record->policy, policy);
    }
    records_destroy(records);
    assert(!unlink("records"));
    return same;
}

static void
print_seen(const char *object, const char *name, bool equal, bool wire,
           bool records, bool show)
{
    printf("%s %s:%s%s%s%s\n", object, name, equal ? " equal" : "",
           wire ? " wire" : "", records ? " records" : "",
           show ? " show" : "");
}

static bool
octets_equal(const struct octets *a, const struct octets *b)
{
    return a->w.size == b->w.size && !memcmp(a->buf, b->buf, a->w.size);
}

static bool
try_sa(int i)
{
    struct sa *sa = make_full_sa();
    struct sa *changed = sa_clone(sa);
    char *name = change_sa(changed, &i);

    assert(changed->name != sa->name && changed->key != sa->key
           && changed->key_check != sa->key_check);
    if (name) {
        char *texts[] = { show_sa(sa), show_sa(changed) };
        struct octets octets[2];

        wire_put_sa(begin(&octets[0]), sa);
        wire_put_sa(begin(&octets[1]), changed);
        check_sa_octets(&octets[1], changed);
        print_seen("SA", name, !sa_equal(sa, changed),
                   !octets_equal(&octets[0], &octets[1]),
                   (records_keep(changed, NULL)
                    && !sa_equal(sa, changed)),
                   strcmp(texts[0], texts[1]));
        free(texts[0]);
        free(texts[1]);
    }
    sa_destroy(changed);
    sa_destroy(sa);
    free(name);
    return name != NULL;
}

static bool
try_policy(int i)
{
    struct policy *policy = make_full_policy();
    policy->bypass_dscp = false;        /* Else the map is not shown. */
    struct policy *changed = policy_clone(policy);
    char *name = change_policy(changed, &i);

    assert(changed->name != policy->name);
    if (name) {
        char *texts[] = { show_policy(policy), show_policy(changed) };
        struct octets octets[2];

        wire_put_policy(begin(&octets[0]), policy);
        wire_put_policy(begin(&octets[1]), changed);
        check_policy_octets(&octets[1], changed);
        print_seen("policy", name, !policy_equal(policy, changed),
                   !octets_equal(&octets[0], &octets[1]),
                   (records_keep(NULL, changed)
                    && !policy_equal(policy, changed)),
                   strcmp(texts[0], texts[1]));
        free(texts[0]);
        free(texts[1]);
    }
    policy_destroy(changed);
    policy_destroy(policy);
    free(name);
    return name != NULL;
}

void
test_esp_fields(int argc OVS_UNUSED, char *argv[] OVS_UNUSED)
{
    for (int i = 0; try_sa(i); i++) {
        continue;
    }
    for (int i = 0; try_policy(i); i++) {
        continue;
    }
}

/* Reads an SA and a policy of another version: members before theirs, all but
 * the last 'cut' octets. */
static void
try_members(const char *what, const char *name, uint64_t value, size_t cut)
{
    struct policy *policy = make_full_policy();
    struct sa *sa = make_full_sa();
    struct octets octets[2];
    struct wire_reader r[2];
    char *errors[2];

    begin(&octets[0]);
    begin(&octets[1]);
    for (int i = 0; name && i < 2; i++) {
        wire_put_member_u64(&octets[i].w, name, value);
    }
    wire_put_sa_members(&octets[0].w, sa);
    wire_put_policy_members(&octets[1].w, policy);
    for (int i = 0; i < 2; i++) {
        r[i] = (struct wire_reader) {
            .p = octets[i].buf, .left = octets[i].w.size - cut
        };
    }

    struct sa *sa_copy = wire_get_sa_members(&r[0], &errors[0]);
    struct policy *policy_copy = wire_get_policy_members(&r[1], &errors[1]);
    printf("%s: SA %s; policy %s\n", what,
           (errors[0] ? errors[0]
            : sa_equal(sa, sa_copy) ? "the same" : "another"),
           (errors[1] ? errors[1]
            : policy_equal(policy, policy_copy) ? "the same" : "another"));
    free(errors[0]);
    free(errors[1]);
    sa_destroy(sa_copy);
    sa_destroy(sa);
    policy_destroy(policy_copy);
    policy_destroy(policy);
}

void
test_esp_members(int argc OVS_UNUSED, char *argv[] OVS_UNUSED)
{
    const size_t header = 2 + 4;
    const size_t last_of_sa = header + strlen("inner_dscps") + 8;

    try_members("this version", NULL, 0, 0);
    try_members("a new member that says nothing", "flow_label", 0, 0);
    try_members("a new member", "flow_label", 7, 0);
    try_members("a member of another size", "udp", 1, 0);
    try_members("without the SA's last member", NULL, 0, last_of_sa);
    try_members("cut", NULL, 0, 1);
}
