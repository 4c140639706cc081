/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/xfrm/xfrm-msg.h"

#include <arpa/inet.h>
#include <linux/xfrm.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <openssl/crypto.h>
#include <string.h>

#include "byte-order.h"
#include "lib/address.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "packets.h"
#include "util.h"
#include "vnf-agent/xfrm/nl-build.h"

#define MAX_KEYMAT 128          /* Octets. */
#define MAX_WINDOW 4096         /* XFRMA_REPLAY_ESN_MAX in bits. */
#define NO_DF_SET "the kernel clears or copies the DF bit and cannot set it"
#define MIN_ESN_WINDOW 32       /* The kernel wants one, also outbound. */

/* What the kernel calls the algorithms of IANA's numbers. */
struct algorithm {
    uint16_t encryption, integrity;
    const char *cipher;         /* An AEAD if 'auth' is NULL. */
    const char *auth;
};

static const struct algorithm algorithms[] = {
    { 20, 0, "rfc4106(gcm(aes))", NULL },
    { 28, 0, "rfc7539esp(chacha20,poly1305)", NULL },
    { 12, 12, "cbc(aes)", "hmac(sha256)" },
};

static const struct algorithm *
find_algorithm(const struct suite *suite)
{
    for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++) {
        if (suite->encryption == algorithms[i].encryption
            && suite->integrity == algorithms[i].integrity) {
            return &algorithms[i];
        }
    }
    return NULL;
}

/* Building. */

static void
put_mark(struct nl_msg *msg, uint32_t value, uint32_t mask)
{
    struct xfrm_mark mark = { .v = value, .m = mask };
    nl_put(msg, XFRMA_MARK, &mark, sizeof mark);
}

static int
family_of(const struct in6_addr *ip)
{
    return address_is_ipv6(ip) ? AF_INET6 : AF_INET;
}

static xfrm_address_t
to_xfrm_address(const struct in6_addr *ip)
{
    xfrm_address_t address;

    memset(&address, 0, sizeof address);
    if (address_is_ipv6(ip)) {
        memcpy(&address.a6, ip, sizeof address.a6);
    } else {
        address.a4 = ip->s6_addr32[3];
    }
    return address;
}

static struct in6_addr
from_xfrm_address(const xfrm_address_t *address, int family)
{
    struct in6_addr ip;

    if (family == AF_INET6) {
        memcpy(&ip, &address->a6, sizeof ip);
    } else {
        ip = in6_addr_mapped_ipv4(address->a4);
    }
    return ip;
}

/* Bits of a mask, without the 96 of an IPv4-mapped address. */
static int
prefix_length(const struct in6_addr *mask, int family)
{
    int bits = 0;

    for (int i = family == AF_INET ? 3 : 0; i < 4; i++) {
        bits += __builtin_popcount(mask->s6_addr32[i]);
    }
    return bits;
}

/* The kernel matches ports by a mask: all of them, one, or a block of 2^n. */
static bool
port_mask(uint16_t min, uint16_t max, uint16_t *mask)
{
    uint16_t differ = min ^ max;

    *mask = ~differ;
    return !(differ & (differ + 1)) && !(min & differ)
           && (max & differ) == differ;
}

/* Fills 'sel' for inner packets of 'family'. */
static void
fill_selector(const struct sa_selector *s, int family,
              struct xfrm_selector *sel)
{
    uint16_t mask;

    memset(sel, 0, sizeof *sel);
    sel->family = family;
    if (s->family != SA_FAMILY_ANY) {
        sel->saddr = to_xfrm_address(&s->src);
        sel->daddr = to_xfrm_address(&s->dst);
        sel->prefixlen_s = prefix_length(&s->src_mask, family);
        sel->prefixlen_d = prefix_length(&s->dst_mask, family);
    }
    sel->proto = s->protocol > 0 ? s->protocol : 0;
    if (s->src_ports.n) {
        const struct sa_port_range *range = &s->src_ports.ranges[0];

        port_mask(range->min, range->max, &mask);
        sel->sport = htons(range->min & mask);
        sel->sport_mask = htons(mask);
    }
    if (s->dst_ports.n) {
        const struct sa_port_range *range = &s->dst_ports.ranges[0];

        port_mask(range->min, range->max, &mask);
        sel->dport = htons(range->min & mask);
        sel->dport_mask = htons(mask);
    }
}

static struct in6_addr
mask_of(int bits, int family)
{
    return ipv6_create_mask(family == AF_INET ? 96 + MIN(bits, 32)
                            : MIN(bits, 128));
}

static struct sa_ports
from_xfrm_ports(uint16_t port, uint16_t mask)
{
    struct sa_ports ports = { .n = mask ? 1 : 0 };

    if (mask) {
        ports.ranges[0] = (struct sa_port_range) {
            port & mask, port | (uint16_t) ~mask
        };
    }
    return ports;
}

static void
from_xfrm_selector(const struct xfrm_selector *sel, struct sa_selector *s)
{
    *s = (struct sa_selector) {
        .family = sel->family == AF_INET6 ? SA_FAMILY_IPV6 : SA_FAMILY_IPV4,
        .src = from_xfrm_address(&sel->saddr, sel->family),
        .dst = from_xfrm_address(&sel->daddr, sel->family),
        .src_mask = mask_of(sel->prefixlen_s, sel->family),
        .dst_mask = mask_of(sel->prefixlen_d, sel->family),
        .protocol = sel->proto ? sel->proto : -1,
        .src_ports = from_xfrm_ports(ntohs(sel->sport),
                                     ntohs(sel->sport_mask)),
        .dst_ports = from_xfrm_ports(ntohs(sel->dport),
                                     ntohs(sel->dport_mask)),
    };
}

/* What the kernel cannot do. */

static bool
can_match(const struct sa_ports *ports)
{
    uint16_t mask;

    return (!ports->n
            || (ports->n == 1 && port_mask(ports->ranges[0].min,
                                           ports->ranges[0].max, &mask)
                && mask));
}

static char *
check_selector(const struct sa_selector *s)
{
    if (!can_match(&s->src_ports) || !can_match(&s->dst_ports)) {
        return xstrdup("the kernel matches all ports, one, or an aligned "
                       "block of a power of two");
    } else if (!s->protocol) {
        return xstrdup("the kernel cannot match IP protocol 0");
    }
    return NULL;
}

static char *
check_hop_end(uint16_t vlan, uint64_t reqid)
{
    if (!vlan || vlan > HOP_MAX_VLAN) {
        return xasprintf("the kernel backend's hop ends are VLANs 1 to %d",
                         HOP_MAX_VLAN);
    } else if (reqid > UINT32_MAX) {
        return xstrdup("the kernel's reqid has 32 bits");
    }
    return NULL;
}

char *
xfrm_check_sa(const struct sa *sa)
{
    char *error = check_hop_end(sa->vlan, sa->reqid);

    if (!error) {
        error = check_selector(&sa->selector);
    }
    if (error) {
        return error;
    } else if (sa->mode != SA_TUNNEL || sa->udp) {
        return xstrdup("the kernel backend has tunnel mode only, without UDP");
    } else if (sa->df == SA_DF_SET) {
        return xstrdup(NO_DF_SET);
    } else if (sa->dscp == SA_DSCP_MAP || sa->inner_dscps) {
        return xstrdup("the kernel copies a DSCP or clears it, and takes "
                       "each");
    } else if (!sa->suite || !find_algorithm(sa->suite)) {
        return xasprintf("the kernel backend has no suite %s",
                         sa->suite ? sa->suite->name : "of that kind");
    } else if (!sa->key
               || secret_size(sa->key) != suite_keymat_size(sa->suite)) {
        return xasprintf("suite %s needs %"PRIuSIZE" octets of key",
                         sa->suite->name, suite_keymat_size(sa->suite));
    } else if (family_of(&sa->tunnel_src) != family_of(&sa->tunnel_dst)) {
        return xstrdup("the outer addresses are of two families");
    } else if (sa->replay_window > MAX_WINDOW) {
        return xasprintf("the kernel's replay window has at most %d packets",
                         MAX_WINDOW);
    } else if (sa->esn && sa->direction == SA_INBOUND && !sa->replay_window) {
        return xstrdup("the kernel has no extended sequence numbers without "
                       "a replay window");
    } else if (sa->spi < 256) {
        return xstrdup("SPIs below 256 are reserved");
    }
    return NULL;
}

char *
xfrm_check_policy(const struct policy *policy)
{
    char *error = check_hop_end(policy->vlan, policy->reqid);

    if (!error) {
        error = check_selector(&policy->selector);
    }
    if (error || policy->action != POLICY_PROTECT) {
        return error;
    } else if (policy->mode != SA_TUNNEL) {
        return xstrdup("the kernel backend has tunnel mode only, without UDP");
    } else if (policy->df == SA_DF_SET) {
        return xstrdup(NO_DF_SET);
    }
    for (size_t i = 0; !policy->bypass_dscp && i < SA_N_DSCPS; i++) {
        if (policy->dscp_map[i]) {
            return xstrdup("the kernel copies a DSCP or clears it, and takes "
                           "each");
        }
    }
    return NULL;
}

/* SAs. */

static uint64_t
limit(uint64_t value)
{
    return value ? value : XFRM_INF;
}

/* Of two limits, of which 0 is none. */
static uint64_t
earlier(uint64_t a, uint64_t b)
{
    return a && b ? MIN(a, b) : a | b;
}

/* The hard limits: the soft ones too if the SA ends with them. */
static struct sa_lifetime
hard_limits(const struct sa *sa)
{
    struct sa_lifetime hard = sa->hard;

    if (sa->soft_ends) {
        const struct sa_lifetime *soft = &sa->soft;

        hard.time_s = earlier(hard.time_s, soft->time_s);
        hard.bytes = earlier(hard.bytes, soft->bytes);
        hard.packets = earlier(hard.packets, soft->packets);
    }
    return hard;
}

static void
put_sa_mark(struct nl_msg *msg, enum hop_kind kind, const struct sa *sa)
{
    if (sa->direction == SA_INBOUND) {
        put_mark(msg, HOP_MARK_CIPHER | sa->vlan, UINT32_MAX);
    } else if (kind == HOP_MARK) {
        put_mark(msg, HOP_MARK_PLAIN | sa->vlan, UINT32_MAX);
    }
}

/* Room for an attribute; all of it is zeros. */
static void *
reserve(struct nl_msg *msg, int type, size_t size)
{
    struct nlattr *attr = nla_reserve(msg, type, size);

    ovs_assert(attr);
    return memset(nla_data(attr), 0, size);
}

static void
put_key(struct nl_msg *msg, const struct sa *sa)
{
    const struct algorithm *algorithm = find_algorithm(sa->suite);
    const uint8_t *key = secret_bytes(sa->key);
    size_t size = suite_encryption_key_size(sa->suite);
    size_t auth_size = sa->suite->integrity_key_size;

    if (!algorithm->auth) {
        struct xfrm_algo_aead *aead = reserve(msg, XFRMA_ALG_AEAD,
                                              sizeof *aead + size);
        ovs_strlcpy(aead->alg_name, algorithm->cipher,
                    sizeof aead->alg_name);
        aead->alg_key_len = size * 8;
        aead->alg_icv_len = sa->suite->icv_size * 8;
        memcpy(aead->alg_key, key, size);
        return;
    }

    struct xfrm_algo *crypt = reserve(msg, XFRMA_ALG_CRYPT,
                                      sizeof *crypt + size);
    ovs_strlcpy(crypt->alg_name, algorithm->cipher, sizeof crypt->alg_name);
    crypt->alg_key_len = size * 8;
    memcpy(crypt->alg_key, key, size);

    struct xfrm_algo_auth *auth = reserve(msg, XFRMA_ALG_AUTH_TRUNC,
                                          sizeof *auth + auth_size);
    ovs_strlcpy(auth->alg_name, algorithm->auth, sizeof auth->alg_name);
    auth->alg_key_len = auth_size * 8;
    auth->alg_trunc_len = sa->suite->icv_size * 8;
    memcpy(auth->alg_key, key + size, auth_size);
}

static void
put_replay(struct nl_msg *msg, const struct sa *sa)
{
    uint32_t window = sa->replay_window;

    if (sa->direction == SA_OUTBOUND) {
        window = sa->esn ? MIN_ESN_WINDOW : 0;
    }
    if (window) {
        uint32_t n_words = DIV_ROUND_UP(window, 32);
        struct xfrm_replay_state_esn *replay
            = reserve(msg, XFRMA_REPLAY_ESN_VAL,
                      sizeof *replay + n_words * 4);
        replay->bmp_len = n_words;
        replay->replay_window = window;
    }
}

struct nl_msg *
xfrm_msg_sa_add(enum hop_kind kind, const struct sa *sa, bool clear_df,
                bool copy_dscp)
{
    struct sa_lifetime hard = hard_limits(sa);
    struct xfrm_usersa_info info;

    memset(&info, 0, sizeof info);
    if (sa->selector.family != SA_FAMILY_ANY) {
        fill_selector(&sa->selector,
                      sa->selector.family == SA_FAMILY_IPV6 ? AF_INET6
                      : AF_INET, &info.sel);
    }
    info.id.daddr = to_xfrm_address(&sa->tunnel_dst);
    info.id.spi = htonl(sa->spi);
    info.id.proto = IPPROTO_ESP;
    info.saddr = to_xfrm_address(&sa->tunnel_src);
    info.lft.soft_byte_limit = limit(sa->soft.bytes);
    info.lft.hard_byte_limit = limit(hard.bytes);
    info.lft.soft_packet_limit = limit(sa->soft.packets);
    info.lft.hard_packet_limit = limit(hard.packets);
    info.lft.soft_add_expires_seconds = sa->soft.time_s;
    info.lft.hard_add_expires_seconds = hard.time_s;
    info.reqid = sa->reqid;
    info.family = family_of(&sa->tunnel_src);
    info.mode = XFRM_MODE_TUNNEL;
    info.flags = (XFRM_STATE_AF_UNSPEC | (sa->esn ? XFRM_STATE_ESN : 0)
                  | (clear_df ? XFRM_STATE_NOPMTUDISC : 0));

    struct nl_msg *msg = nl_msg_create(XFRM_MSG_NEWSA,
                                    NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
                                    &info, sizeof info);
    put_key(msg, sa);
    put_replay(msg, sa);
    put_sa_mark(msg, kind, sa);
    nl_put_u32(msg, XFRMA_SET_MARK, (sa->direction == SA_INBOUND
                                  ? HOP_MARK_CLEAR : HOP_MARK_ESP) | sa->vlan);
    nl_put_u32(msg, XFRMA_SET_MARK_MASK, UINT32_MAX);
    if (kind == HOP_IF) {
        nl_put_u32(msg, XFRMA_IF_ID, HOP_IF_ID | sa->vlan);
    }
    if (!copy_dscp) {
        nl_put_u32(msg, XFRMA_SA_EXTRA_FLAGS, XFRM_SA_XFLAG_DONT_ENCAP_DSCP);
    }
    return msg;
}

static struct nl_msg *
sa_id_msg(int type, enum hop_kind kind, const struct sa *sa)
{
    struct xfrm_usersa_id id;

    memset(&id, 0, sizeof id);
    id.daddr = to_xfrm_address(&sa->tunnel_dst);
    id.spi = htonl(sa->spi);
    id.family = family_of(&sa->tunnel_dst);
    id.proto = IPPROTO_ESP;
    struct nl_msg *msg = nl_msg_create(type, NLM_F_ACK, &id, sizeof id);
    put_sa_mark(msg, kind, sa);
    return msg;
}

struct nl_msg *
xfrm_msg_sa_delete(enum hop_kind kind, const struct sa *sa)
{
    return sa_id_msg(XFRM_MSG_DELSA, kind, sa);
}

struct nl_msg *
xfrm_msg_sa_get(enum hop_kind kind, const struct sa *sa)
{
    return sa_id_msg(XFRM_MSG_GETSA, kind, sa);
}

struct nl_msg *
xfrm_msg_sa_dump(void)
{
    return nl_msg_create(XFRM_MSG_GETSA, NLM_F_DUMP, NULL, 0);
}

/* Policies. */

bool
xfrm_selector_has(const struct sa_selector *s, bool ipv6)
{
    return (s->family == SA_FAMILY_ANY
            || (s->family == SA_FAMILY_IPV6) == ipv6);
}

static int
policy_dir(const struct policy *policy)
{
    return (policy->direction == SA_OUTBOUND ? XFRM_POLICY_OUT
            : XFRM_POLICY_FWD);
}

static void
put_policy_id(struct nl_msg *msg, enum hop_kind kind,
              const struct policy *policy)
{
    if (kind == HOP_IF) {
        nl_put_u32(msg, XFRMA_IF_ID, HOP_IF_ID | policy->vlan);
    } else {
        put_mark(msg, (policy->direction == SA_OUTBOUND ? HOP_MARK_PLAIN
                       : HOP_MARK_CLEAR) | policy->vlan, UINT32_MAX);
    }
}

static void
fill_policy(struct xfrm_userpolicy_info *info, int dir, uint32_t priority,
            bool allow)
{
    info->lft.soft_byte_limit = info->lft.hard_byte_limit = XFRM_INF;
    info->lft.soft_packet_limit = info->lft.hard_packet_limit = XFRM_INF;
    info->priority = priority;
    info->dir = dir;
    info->action = allow ? XFRM_POLICY_ALLOW : XFRM_POLICY_BLOCK;
}

struct nl_msg *
xfrm_msg_policy_set(enum hop_kind kind, const struct policy *policy, bool ipv6,
                    uint32_t priority, const struct sa *pinned)
{
    bool outbound = policy->direction == SA_OUTBOUND;
    bool protect = (policy->action == POLICY_PROTECT
                    && (pinned || !outbound));
    struct xfrm_userpolicy_info info;

    memset(&info, 0, sizeof info);
    fill_selector(&policy->selector, ipv6 ? AF_INET6 : AF_INET, &info.sel);
    fill_policy(&info, policy_dir(policy), priority, protect);
    struct nl_msg *msg = nl_msg_create(XFRM_MSG_UPDPOLICY, NLM_F_ACK, &info,
                                    sizeof info);
    if (protect) {
        struct xfrm_user_tmpl tmpl;

        memset(&tmpl, 0, sizeof tmpl);
        tmpl.id.proto = IPPROTO_ESP;
        tmpl.family = info.sel.family;
        if (outbound) {
            tmpl.id.daddr = to_xfrm_address(&pinned->tunnel_dst);
            tmpl.id.spi = htonl(pinned->spi);
            tmpl.saddr = to_xfrm_address(&pinned->tunnel_src);
            tmpl.family = family_of(&pinned->tunnel_dst);
            tmpl.reqid = pinned->reqid;
        } else {
            tmpl.reqid = policy->reqid;
        }
        tmpl.mode = XFRM_MODE_TUNNEL;
        tmpl.aalgos = tmpl.ealgos = tmpl.calgos = UINT32_MAX;
        nl_put(msg, XFRMA_TMPL, &tmpl, sizeof tmpl);
    }
    put_policy_id(msg, kind, policy);
    return msg;
}

struct nl_msg *
xfrm_msg_policy_delete(enum hop_kind kind, const struct policy *policy,
                       bool ipv6)
{
    struct xfrm_userpolicy_id id;

    memset(&id, 0, sizeof id);
    fill_selector(&policy->selector, ipv6 ? AF_INET6 : AF_INET, &id.sel);
    id.dir = policy_dir(policy);
    struct nl_msg *msg = nl_msg_create(XFRM_MSG_DELPOLICY, NLM_F_ACK, &id,
                                    sizeof id);
    put_policy_id(msg, kind, policy);
    return msg;
}

struct nl_msg *
xfrm_msg_policy_dump(void)
{
    return nl_msg_create(XFRM_MSG_GETPOLICY, NLM_F_DUMP, NULL, 0);
}

struct nl_msg *
xfrm_msg_allow(int dir, bool ipv6, uint32_t what)
{
    struct xfrm_userpolicy_info info;

    memset(&info, 0, sizeof info);
    info.sel.family = ipv6 ? AF_INET6 : AF_INET;
    fill_policy(&info, dir, 0, true);
    struct nl_msg *msg = nl_msg_create(XFRM_MSG_UPDPOLICY, NLM_F_ACK, &info,
                                    sizeof info);
    put_mark(msg, what, HOP_MARK_WHAT);
    return msg;
}

struct nl_msg *
xfrm_msg_allow_delete(int dir, bool ipv6, uint32_t what)
{
    struct xfrm_userpolicy_id id;

    memset(&id, 0, sizeof id);
    id.sel.family = ipv6 ? AF_INET6 : AF_INET;
    id.dir = dir;
    struct nl_msg *msg = nl_msg_create(XFRM_MSG_DELPOLICY, NLM_F_ACK, &id,
                                    sizeof id);
    put_mark(msg, what, HOP_MARK_WHAT);
    return msg;
}

struct nl_msg *
xfrm_msg_set_default(bool block)
{
    uint8_t action = block ? XFRM_USERPOLICY_BLOCK : XFRM_USERPOLICY_ACCEPT;
    struct xfrm_userpolicy_default def = {
        .in = action, .fwd = action, .out = action
    };
    return nl_msg_create(XFRM_MSG_SETDEFAULT, NLM_F_ACK, &def, sizeof def);
}

/* Parsing. */

static bool
get_mark(struct nlattr *tb[], struct xfrm_mark *mark)
{
    bool there = tb[XFRMA_MARK] && nla_len(tb[XFRMA_MARK]) >= sizeof *mark;

    memset(mark, 0, sizeof *mark);
    if (there) {
        memcpy(mark, nla_data(tb[XFRMA_MARK]), sizeof *mark);
    }
    return there && mark->m;
}

static uint32_t
get_u32(struct nlattr *attr)
{
    return attr && nla_len(attr) >= 4 ? nla_get_u32(attr) : 0;
}

/* The VLAN of an if_id of ours, or 0. */
static uint16_t
if_id_vlan(uint32_t if_id)
{
    uint32_t vlan = if_id ^ HOP_IF_ID;
    return vlan <= HOP_MAX_VLAN ? vlan : 0;
}

/* The VLAN of the exact mark of what 'what' says, or 0. */
static uint16_t
mark_vlan(const struct xfrm_mark *mark, uint32_t what)
{
    uint32_t vlan = mark->v ^ what;
    return mark->m == UINT32_MAX && vlan <= HOP_MAX_VLAN ? vlan : 0;
}

/* Direction and hop end of an SA.  Returns false if it is not ours. */
static bool
identify_sa(struct nlattr *tb[], enum hop_kind kind,
            struct xfrm_sa_info *info)
{
    uint32_t if_id = get_u32(tb[XFRMA_IF_ID]);
    struct xfrm_mark mark;

    get_mark(tb, &mark);
    info->direction = SA_INBOUND;
    info->vlan = mark_vlan(&mark, HOP_MARK_CIPHER);
    if (!info->vlan) {
        info->direction = SA_OUTBOUND;
        info->vlan = (kind == HOP_IF && !mark.m ? if_id_vlan(if_id)
                      : mark_vlan(&mark, HOP_MARK_PLAIN));
    }
    return info->vlan && (kind == HOP_IF ? if_id_vlan(if_id) == info->vlan
                          : !if_id);
}

/* The octets of key material of an attribute that begins with 'struct
 * xfrm_algo', after a head of 'head' octets; adds them to 'key', which has
 * room for 'room'.  Returns their number, or 0. */
static size_t
take_key(const struct nlattr *attr, size_t head, uint8_t *key, size_t room)
{
    const struct xfrm_algo *algo = attr ? nla_data(attr) : NULL;

    if (!attr || nla_len(attr) < head
        || !memchr(algo->alg_name, '\0', sizeof algo->alg_name)) {
        return 0;
    }
    size_t size = algo->alg_key_len / 8;
    if (size > nla_len(attr) - head || size > room) {
        return 0;
    }
    memcpy(key, (const uint8_t *) nla_data(attr) + head, size);
    return size;
}

static void
parse_key(struct nlattr *tb[], struct xfrm_sa_info *info)
{
    struct nlattr *aead = tb[XFRMA_ALG_AEAD], *crypt = tb[XFRMA_ALG_CRYPT];
    uint8_t octets[MAX_KEYMAT];
    size_t size, auth_size = 0;

    if (aead) {
        size = take_key(aead, sizeof(struct xfrm_algo_aead), octets,
                        sizeof octets);
    } else {
        size = take_key(crypt, sizeof(struct xfrm_algo), octets,
                        sizeof octets);
        auth_size = take_key(tb[XFRMA_ALG_AUTH_TRUNC],
                             sizeof(struct xfrm_algo_auth), octets + size,
                             sizeof octets - size);
    }
    if (size && (aead || auth_size)) {
        struct secret *key = secret_create(octets, size + auth_size);

        BUILD_ASSERT_DECL(sizeof info->key_check == SECRET_CHECK_STRLEN);
        info->algorithm = nla_data(aead ? aead : crypt);
        secret_check(key, info->spi, info->key_check);
        secret_destroy(key);
    }
    OPENSSL_cleanse(octets, sizeof octets);
}

static void
parse_replay(struct nlattr *tb[], struct xfrm_sa_info *info)
{
    bool in = info->direction == SA_INBOUND;
    struct nlattr *attr = tb[XFRMA_REPLAY_ESN_VAL];

    if (attr && nla_len(attr) >= sizeof(struct xfrm_replay_state_esn)) {
        const struct xfrm_replay_state_esn *r = nla_data(attr);
        uint64_t hi = in ? r->seq_hi : r->oseq_hi;
        info->stats.seq = (info->esn ? hi << 32 : 0) | (in ? r->seq : r->oseq);
        info->replay_window = r->replay_window;
    } else if (tb[XFRMA_REPLAY_VAL] && nla_len(tb[XFRMA_REPLAY_VAL])
               >= sizeof(struct xfrm_replay_state)) {
        const struct xfrm_replay_state *r = nla_data(tb[XFRMA_REPLAY_VAL]);
        info->stats.seq = in ? r->seq : r->oseq;
    }
}

bool
xfrm_parse_sa(const struct nlmsghdr *hdr_, enum hop_kind kind,
              struct xfrm_sa_info *info)
{
    struct nlmsghdr *hdr = CONST_CAST(struct nlmsghdr *, hdr_);
    size_t size = (hdr->nlmsg_type == XFRM_MSG_EXPIRE
                   ? sizeof(struct xfrm_user_expire)
                   : sizeof(struct xfrm_usersa_info));
    struct nlattr *tb[XFRMA_MAX + 1];
    struct xfrm_usersa_info sa_;
    const struct xfrm_usersa_info *sa = &sa_;

    memset(info, 0, sizeof *info);
    if (nlmsg_parse(hdr, size, tb, XFRMA_MAX, NULL)) {
        return false;
    }
    memcpy(&sa_, nlmsg_data(hdr), sizeof sa_);  /* Is not aligned. */
    if (sa->id.proto != IPPROTO_ESP || !identify_sa(tb, kind, info)) {
        return false;
    }
    info->spi = ntohl(sa->id.spi);
    info->reqid = sa->reqid;
    info->src = from_xfrm_address(&sa->saddr, sa->family);
    info->dst = from_xfrm_address(&sa->id.daddr, sa->family);
    info->esn = sa->flags & XFRM_STATE_ESN;
    info->stats.packets = sa->curlft.packets;
    info->stats.bytes = sa->curlft.bytes;
    info->stats.replayed = sa->stats.replay + sa->stats.replay_window;
    info->stats.failed = sa->stats.integrity_failed;
    info->add_time_s = sa->curlft.add_time;
    info->use_time_s = sa->curlft.use_time;
    if (tb[XFRMA_LASTUSED] && nla_len(tb[XFRMA_LASTUSED]) >= 8) {
        info->use_time_s = nla_get_u64(tb[XFRMA_LASTUSED]);
    }
    parse_key(tb, info);
    info->larval = !tb[XFRMA_ALG_AEAD] && !tb[XFRMA_ALG_CRYPT];
    parse_replay(tb, info);
    return true;
}

bool
xfrm_sa_is_larval(const struct nlmsghdr *hdr_)
{
    struct nlmsghdr *hdr = CONST_CAST(struct nlmsghdr *, hdr_);
    struct nlattr *tb[XFRMA_MAX + 1];

    return (!nlmsg_parse(hdr, sizeof(struct xfrm_usersa_info), tb, XFRMA_MAX,
                         NULL)
            && !tb[XFRMA_ALG_AEAD] && !tb[XFRMA_ALG_CRYPT]
            && !tb[XFRMA_ALG_AUTH] && !tb[XFRMA_ALG_AUTH_TRUNC]
            && !tb[XFRMA_ALG_COMP]);
}

bool
xfrm_sa_info_matches(const struct xfrm_sa_info *info, const struct sa *sa)
{
    return (info->direction == sa->direction
            && info->vlan == sa->vlan
            && info->spi == sa->spi
            && info->reqid == sa->reqid
            && ipv6_addr_equals(&info->src, &sa->tunnel_src)
            && ipv6_addr_equals(&info->dst, &sa->tunnel_dst)
            && info->algorithm
            && sa->suite && find_algorithm(sa->suite)
            && !strcmp(info->algorithm, find_algorithm(sa->suite)->cipher)
            && nullable_string_is_equal(info->key_check, sa->key_check)
            && info->esn == sa->esn
            && (sa->direction == SA_OUTBOUND
                || info->replay_window == sa->replay_window));
}

/* Of either kind, so that a kind that is no longer used can be cleared. */
static bool
identify_policy(struct nlattr *tb[], struct xfrm_policy_info *info)
{
    struct xfrm_mark mark;

    info->has_mark = get_mark(tb, &mark);
    info->mark.value = mark.v;
    info->mark.mask = mark.m;
    info->if_id = get_u32(tb[XFRMA_IF_ID]);
    info->has_if_id = info->if_id != 0;
    if (info->has_if_id) {
        info->vlan = info->has_mark ? 0 : if_id_vlan(info->if_id);
        return info->vlan != 0;
    } else if (mark.m == HOP_MARK_WHAT) {
        return mark.v == HOP_MARK_PLAIN || mark.v == HOP_MARK_CLEAR;
    }
    info->vlan = mark_vlan(&mark, (info->xfrm_dir == XFRM_POLICY_OUT
                                   ? HOP_MARK_PLAIN : HOP_MARK_CLEAR));
    return info->vlan != 0;
}

bool
xfrm_parse_policy(const struct nlmsghdr *hdr_, struct xfrm_policy_info *info)
{
    struct nlmsghdr *hdr = CONST_CAST(struct nlmsghdr *, hdr_);
    struct nlattr *tb[XFRMA_MAX + 1];
    struct xfrm_userpolicy_info policy_;
    const struct xfrm_userpolicy_info *policy = &policy_;

    memset(info, 0, sizeof *info);
    if (nlmsg_parse(hdr, sizeof *policy, tb, XFRMA_MAX, NULL)) {
        return false;
    }
    memcpy(&policy_, nlmsg_data(hdr), sizeof policy_);  /* Is not aligned. */
    if (policy->dir > XFRM_POLICY_FWD) {        /* Of a socket: not ours. */
        return false;
    }
    info->xfrm_dir = policy->dir;
    info->ipv6 = policy->sel.family == AF_INET6;
    from_xfrm_selector(&policy->sel, &info->selector);
    return identify_policy(tb, info);
}

struct nl_msg *
xfrm_msg_policy_delete_info(const struct xfrm_policy_info *info)
{
    struct xfrm_userpolicy_id id;

    memset(&id, 0, sizeof id);
    fill_selector(&info->selector, info->ipv6 ? AF_INET6 : AF_INET, &id.sel);
    id.dir = info->xfrm_dir;
    struct nl_msg *msg = nl_msg_create(XFRM_MSG_DELPOLICY, NLM_F_ACK, &id,
                                    sizeof id);
    if (info->has_mark) {
        put_mark(msg, info->mark.value, info->mark.mask);
    }
    if (info->has_if_id) {
        nl_put_u32(msg, XFRMA_IF_ID, info->if_id);
    }
    return msg;
}

bool
xfrm_parse_acquire(const struct nlmsghdr *hdr_, uint16_t *vlan,
                   struct sa_traffic *traffic)
{
    struct nlmsghdr *hdr = CONST_CAST(struct nlmsghdr *, hdr_);
    struct nlattr *tb[XFRMA_MAX + 1];
    struct xfrm_user_acquire acquire;
    struct xfrm_mark mark;

    if (nlmsg_parse(hdr, sizeof acquire, tb, XFRMA_MAX, NULL)) {
        return false;
    }
    memcpy(&acquire, nlmsg_data(hdr), sizeof acquire);  /* Is not aligned. */
    get_mark(tb, &mark);
    *vlan = mark_vlan(&mark, HOP_MARK_PLAIN);
    if (!*vlan) {
        *vlan = if_id_vlan(get_u32(tb[XFRMA_IF_ID]));
    }
    const struct xfrm_selector *sel = &acquire.sel;
    *traffic = (struct sa_traffic) {
        .ipv6 = sel->family == AF_INET6,
        .src = from_xfrm_address(&sel->saddr, sel->family),
        .dst = from_xfrm_address(&sel->daddr, sel->family),
        .protocol = sel->proto,
        .src_port = sel->sport_mask ? ntohs(sel->sport) : -1,
        .dst_port = sel->dport_mask ? ntohs(sel->dport) : -1,
    };
    return *vlan != 0;
}

bool
xfrm_parse_expire_is_hard(const struct nlmsghdr *hdr)
{
    struct xfrm_user_expire expire;

    memcpy(&expire, nlmsg_data(hdr), sizeof expire);    /* Is not aligned. */
    return expire.hard;
}
