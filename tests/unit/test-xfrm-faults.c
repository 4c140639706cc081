/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of the kernel backend on a kernel with ESP, with each answer of the
 * kernel in turn lost, doubled or false: all or nothing. */
#include <config.h>
#undef NDEBUG
#include "tests/unit/test-xfrm.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>     /* Before the kernel's own. */
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "command-line.h"
#include "hash.h"
#include "lib/address.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "util.h"
#include "uuid.h"
#include "vnf-agent/xfrm/backend-xfrm.h"
#include "vnf-agent/xfrm/nl-build.h"
#include "vnf-agent/xfrm/xfrm-private.h"

#define ANSWER_MS 700           /* For how long to wait for one. */
#define SETTLE_MS 10000         /* For how long to wait for repairs. */

/* What the kernel holds, without what changes by itself and priorities: a sum
 * of hashes, so that the order is nothing. */

struct snapshot {
    uint64_t sum;
    int n;
};

static void
add_object(struct snapshot *s, const void *data, size_t size, uint32_t basis)
{
    s->sum += hash_bytes(data, size, basis);
    s->n++;
}

static void
add_sa(const struct nlmsghdr *hdr, void *s)
{
    struct xfrm_sa_info info;

    if ((xfrm_parse_sa(hdr, HOP_IF, &info)
         || xfrm_parse_sa(hdr, HOP_MARK, &info)) && !info.larval) {
        char *text = xasprintf("%d %u %u %s", info.direction, info.vlan,
                               info.spi, info.key_check);
        add_object(s, text, strlen(text), 1);
        free(text);
    }
}

static void
add_policy(const struct nlmsghdr *hdr_, void *s)
{
    struct nlmsghdr *hdr = CONST_CAST(struct nlmsghdr *, hdr_);
    struct xfrm_userpolicy_info policy;
    struct xfrm_policy_info info;
    uint32_t basis;

    if (!xfrm_parse_policy(hdr, &info)) {
        return;
    }
    memcpy(&policy, nlmsg_data(hdr), sizeof policy);
    struct nlattr *tmpl = nlmsg_find_attr(hdr, sizeof policy, XFRMA_TMPL);
    basis = tmpl ? hash_bytes(nla_data(tmpl), nla_len(tmpl), 0) : 0;
    basis = hash_3words(basis, info.if_id, info.mark.value);
    basis = hash_2words(basis, policy.action << 8 | policy.dir);
    add_object(s, &policy.sel, sizeof policy.sel, basis);
}

static void
add_link(const struct nlmsghdr *hdr, void *s)
{
    struct hop_link link;

    if (hop_parse_link(hdr, &link) && hop_link_vlan(&link)) {
        add_object(s, link.name, strlen(link.name), link.up);
    }
}

static void
add_filter(const struct nlmsghdr *hdr_, void *s)
{
    struct nlmsghdr *hdr = CONST_CAST(struct nlmsghdr *, hdr_);
    const struct tcmsg *tcm = nlmsg_data(hdr);

    if (hop_parse_filter(hdr, tcm->tcm_ifindex)) {
        add_object(s, tcm, sizeof *tcm, 3);
    }
}

static void
dump(struct nl_conn *conn, struct nl_msg *msg, nl_conn_cb *cb,
     struct snapshot *s)
{
    int error = nl_conn_get(conn, msg, cb, s);

    assert(!error || error == EINTR);
}

static struct snapshot
look(struct backend_xfrm *b)
{
    const int ports[] = { b->ports.plain_ifindex, b->ports.cipher_ifindex };
    struct snapshot s = { 0, 0 };

    dump(b->xfrm, xfrm_msg_sa_dump(), add_sa, &s);
    dump(b->xfrm, xfrm_msg_policy_dump(), add_policy, &s);
    dump(b->route, hop_msg_link_dump(), add_link, &s);
    for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
        dump(b->route, hop_msg_filter_dump(ports[i], true), add_filter, &s);
        dump(b->route, hop_msg_filter_dump(ports[i], false), add_filter, &s);
    }
    return s;
}

static bool
is_same(const struct snapshot *a, const struct snapshot *b)
{
    return a->sum == b->sum && a->n == b->n;
}

/* Lets the backend repair until the kernel holds 'want'. */
static bool
becomes(struct backend_xfrm *b, const struct snapshot *want)
{
    long long int deadline_ms = time_msec() + SETTLE_MS;

    for (;;) {
        struct snapshot now = look(b);

        if (is_same(&now, want)) {
            return true;
        } else if (time_msec() >= deadline_ms) {
            return false;
        }
        b->up.class->run(&b->up);
        b->up.class->wait(&b->up);
        poll_timer_wait(100);
        poll_block();
    }
}

/* Batches. */

static void
add_edit(struct ovs_list *edits, enum backend_edit_type type,
         const struct sa *sa, const struct policy *policy)
{
    struct backend_edit *edit = xzalloc(sizeof *edit);

    *edit = (struct backend_edit) { .type = type, .sa = sa, .policy = policy };
    ovs_list_push_back(edits, &edit->node);
}

enum { OUT_OLD, IN_OLD, OUT_NEW, IN_NEW, OUT_SIX, N_SAS };
enum { P_OUT, P_IN, P_OUT_NEW, P_SIX, N_POLICIES };

struct objects {
    struct sa sas[N_SAS];
    struct policy policies[N_POLICIES];
};

static uint8_t
key_octet(uint32_t spi, size_t i)
{
    return hash_2words(spi, i);
}

static struct sa
make_sa(uint32_t spi, enum sa_direction direction, uint16_t vlan)
{
    struct in6_addr here = in6_addr_mapped_ipv4(htonl(0xc0000201));
    struct in6_addr there = in6_addr_mapped_ipv4(htonl(0xc0000202));
    uint8_t octets[64];
    struct sa sa = {
        .name = CONST_CAST(char *, "sa"),
        .spi = spi,
        .direction = direction,
        .vlan = vlan,
        .reqid = 7,
        .tunnel_src = direction == SA_OUTBOUND ? here : there,
        .tunnel_dst = direction == SA_OUTBOUND ? there : here,
        .selector = SA_SELECTOR_ANY,
        .suite = suite_by_name(SUITE_DEFAULT),
        .esn = true,
        .replay_window = 64,
    };

    for (size_t i = 0; i < sizeof octets; i++) {
        octets[i] = key_octet(spi, i);
    }
    sa.key = secret_create(octets, suite_keymat_size(sa.suite));
    OPENSSL_cleanse(octets, sizeof octets);
    return sa;
}

static struct policy
make_policy(const char *name, enum sa_direction direction, uint16_t vlan,
            uint32_t spi)
{
    return (struct policy) {
        .name = CONST_CAST(char *, name),
        .direction = direction,
        .vlan = vlan,
        .reqid = 7,
        .outbound_spi = spi,
        .selector = SA_SELECTOR_ANY,
        .action = POLICY_PROTECT,
    };
}

static void
make_objects(struct objects *o)
{
    o->sas[OUT_OLD] = make_sa(0x1001, SA_OUTBOUND, 5);
    o->sas[IN_OLD] = make_sa(0x1002, SA_INBOUND, 5);
    o->sas[OUT_NEW] = make_sa(0x1003, SA_OUTBOUND, 5);
    o->sas[IN_NEW] = make_sa(0x1004, SA_INBOUND, 5);
    o->sas[OUT_SIX] = make_sa(0x1005, SA_OUTBOUND, 6);
    o->policies[P_OUT] = make_policy("out", SA_OUTBOUND, 5, 0x1001);
    o->policies[P_IN] = make_policy("in", SA_INBOUND, 5, 0);
    o->policies[P_OUT_NEW] = make_policy("out", SA_OUTBOUND, 5, 0x1003);
    o->policies[P_SIX] = make_policy("six", SA_OUTBOUND, 6, 0x1005);
}

/* Hop end 5 as it is before. */
static void
list_first(const struct objects *o, struct ovs_list *edits)
{
    add_edit(edits, BACKEND_SA_ADD, &o->sas[OUT_OLD], NULL);
    add_edit(edits, BACKEND_SA_ADD, &o->sas[IN_OLD], NULL);
    add_edit(edits, BACKEND_POLICY_SET, NULL, &o->policies[P_OUT]);
    add_edit(edits, BACKEND_POLICY_SET, NULL, &o->policies[P_IN]);
}

/* The batch that is tried: new SAs, a policy that sends by another SA, one
 * that goes, SAs that go, a new hop end; or the way back. */
static void
list_change(const struct objects *o, bool back, struct ovs_list *edits)
{
    enum backend_edit_type add = back ? BACKEND_SA_DELETE : BACKEND_SA_ADD;
    enum backend_edit_type del = back ? BACKEND_SA_ADD : BACKEND_SA_DELETE;

    add_edit(edits, add, &o->sas[OUT_NEW], NULL);
    add_edit(edits, add, &o->sas[IN_NEW], NULL);
    add_edit(edits, add, &o->sas[OUT_SIX], NULL);
    add_edit(edits, BACKEND_POLICY_SET, NULL,
             &o->policies[back ? P_OUT : P_OUT_NEW]);
    add_edit(edits, back ? BACKEND_POLICY_DELETE : BACKEND_POLICY_SET, NULL,
             &o->policies[P_SIX]);
    add_edit(edits, back ? BACKEND_POLICY_SET : BACKEND_POLICY_DELETE, NULL,
             &o->policies[P_IN]);
    add_edit(edits, del, &o->sas[OUT_OLD], NULL);
    add_edit(edits, del, &o->sas[IN_OLD], NULL);
}

/* Applies and frees the edits. */
static int
apply(struct backend_xfrm *b, struct ovs_list *edits, char **errorp)
{
    int error = b->up.class->apply(&b->up, edits, errorp);
    struct backend_edit *edit;

    LIST_FOR_EACH_POP (edit, node, edits) {
        free(edit);
    }
    return error;
}

static int
apply_change(struct backend_xfrm *b, const struct objects *o, bool back,
             char **errorp)
{
    struct ovs_list edits = OVS_LIST_INITIALIZER(&edits);

    list_change(o, back, &edits);
    return apply(b, &edits, errorp);
}

/* Keys in this process's memory. */

#define PIECE 12                /* Octets of a key. */
#define VEIL 0x55               /* So that what is looked for is not found. */

/* How often is the piece in the 'n' octets at 'p'? */
__attribute__((no_sanitize_address)) static int
count_in(const volatile uint8_t *p, size_t n, const uint8_t veiled[PIECE])
{
    int count = 0;

    for (size_t i = 0; i + PIECE <= n; i++) {
        size_t j = 0;

        while (j < PIECE && (p[i + j] ^ VEIL) == veiled[j]) {
            j++;
        }
        count += j == PIECE;
    }
    return count;
}

/* How many pieces of the keys of 'o' are there? */
static int
count_keys(const struct objects *o)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    unsigned long int start, end;
    char mode[5], line[512];
    int count = 0;

    assert(maps);
    while (fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%lx-%lx %4s", &start, &end, mode) != 3
            || mode[0] != 'r' || mode[1] != 'w') {
            continue;
        }
        for (int i = 0; i < N_SAS; i++) {
            uint8_t veiled[PIECE];

            for (int j = 0; j < PIECE; j++) {
                veiled[j] = key_octet(o->sas[i].spi, j) ^ VEIL;
            }
            count += count_in((const uint8_t *) start, end - start, veiled);
        }
    }
    fclose(maps);
    return count;
}

/* Faults. */

enum fault_kind { FAULT_LOST, FAULT_TWICE, FAULT_FALSE, N_FAULTS };
static const char *const fault_names[] = { "lost", "doubled", "false" };

struct fault {
    enum fault_kind kind;
    int when;                   /* Which answer; -1: none. */
    int n;                      /* Answers so far. */
};

static int
do_fault(const struct nlmsghdr *hdr, void *fault_)
{
    struct fault *fault = fault_;

    if (fault->n++ != fault->when) {
        return 1;
    } else if (fault->kind == FAULT_FALSE) {
        struct nlmsghdr *answer = CONST_CAST(struct nlmsghdr *, hdr);
        struct nlmsgerr *err = NLMSG_DATA(answer);

        err->error = -ENOMEM;
        answer->nlmsg_flags &= ~NLM_F_ACK_TLVS;
    }
    return fault->kind == FAULT_LOST ? 0 : fault->kind == FAULT_TWICE ? 2 : 1;
}

/* Tries the batch once.  What was refused has left nothing at once; what was
 * done may need a repair. */
static void
try_fault(struct backend_xfrm *b, const struct objects *o,
          struct nl_conn *conn, struct fault *fault,
          const struct snapshot *before, const struct snapshot *after)
{
    struct uuid boot_id = *b->up.boot_id;
    char *message = NULL;

    nl_conn_set_fault(conn, do_fault, fault);
    int error = apply_change(b, o, false, &message);
    nl_conn_set_fault(conn, NULL, NULL);
    struct snapshot now = look(b);
    if (error ? !is_same(&now, before) : !becomes(b, after)) {
        ovs_fatal(0, "answer %d of %s %s: %s (%s), and the kernel holds "
                  "something else", fault->when, conn == b->xfrm ? "xfrm"
                  : "route", fault_names[fault->kind],
                  error ? "refused" : "done", message ? message : "");
    }
    free(message);
    message = NULL;
    if (!error && apply_change(b, o, true, &message)) {
        ovs_fatal(0, "%s", message);
    }
    assert(becomes(b, before));
    assert(uuid_equals(&boot_id, b->up.boot_id));
}

static void
try_faults(struct backend_xfrm *b, const struct objects *o,
           struct nl_conn *conn, const char *name,
           const struct snapshot *before, const struct snapshot *after)
{
    struct fault none = { FAULT_TWICE, -1, 0 };

    try_fault(b, o, conn, &none, before, after);
    int n = none.n;
    assert(n >= 4);
    for (int kind = 0; kind < N_FAULTS; kind++) {
        for (int i = 0; i < n; i++) {
            struct fault fault = { kind, i, 0 };
            try_fault(b, o, conn, &fault, before, after);
        }
        printf("%s, each answer %s: all or nothing\n", name,
               fault_names[kind]);
        fflush(stdout);
    }
    fprintf(stderr, "%s: %d answers\n", name, n);
}

void
test_xfrm_faults(struct ovs_cmdl_context *ctx)
{
    struct backend_config config = {
        .rundir = ctx->argv[1],
        .name = "faults",
        .netns = ctx->argv[2],
        .plain_port = "plain",
        .cipher_port = "cipher",
        .own_ips = OWN_IPS(in6_addr_mapped_ipv4(htonl(0xc0000201))),
    };
    struct ovs_list edits = OVS_LIST_INITIALIZER(&edits);
    struct backend *backend;
    struct objects o;
    char *message;

    if (backend_xfrm_class.open(&config, &backend, &message)) {
        ovs_fatal(0, "%s", message);
    }
    struct backend_xfrm *b = backend_xfrm_cast(backend);

    /* The same keys come again and again. */
    b->records->used_keys.max_retired = 0;
    make_objects(&o);
    list_first(&o, &edits);
    assert(!apply(b, &edits, &message));
    struct snapshot before = look(b);
    assert(!apply_change(b, &o, false, &message));
    struct snapshot after = look(b);
    assert(!is_same(&before, &after));
    assert(!apply_change(b, &o, true, &message));
    assert(becomes(b, &before));

    nl_conn_set_timeout(b->xfrm, ANSWER_MS);
    nl_conn_set_timeout(b->route, ANSWER_MS);
    try_faults(b, &o, b->xfrm, "xfrm", &before, &after);
    try_faults(b, &o, b->route, "route", &before, &after);
    backend_xfrm_class.close(backend, true);

    /* None but ours is left of the keys that went to the kernel and came from
     * there. */
    int n_own = count_keys(&o);
    for (int i = 0; i < N_SAS; i++) {
        secret_destroy(o.sas[i].key);
    }
    printf("keys in memory: %d, then %d\n", n_own, count_keys(&o));
}
