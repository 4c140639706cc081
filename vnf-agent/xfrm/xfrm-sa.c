/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/xfrm/xfrm-msg.h"

#include <arpa/inet.h>
#include <linux/udp.h>
#include <linux/xfrm.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <openssl/crypto.h>
#include <string.h>

#include "lib/secret.h"
#include "lib/suite.h"
#include "packets.h"
#include "util.h"
#include "vnf-agent/backend/used-keys.h"
#include "vnf-agent/xfrm/nl-build.h"
#include "vnf-agent/xfrm/xfrm-attr.h"

#define MAX_KEYMAT 128          /* Octets. */
#define MIN_ESN_WINDOW 32       /* The kernel wants one, also outbound. */

/* Names of the algorithms in the kernel, by IANA's numbers. */
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

bool
xfrm_names_suite(const struct suite *suite)
{
    return find_algorithm(suite) != NULL;
}

static uint64_t
limit(uint64_t value)
{
    return value ? value : XFRM_INF;
}

/* Returns the lower limit; 0 is no limit. */
static uint64_t
earlier(uint64_t a, uint64_t b)
{
    return a && b ? MIN(a, b) : a | b;
}

struct sa_lifetime
xfrm_hard_limits(const struct sa *sa)
{
    struct sa_lifetime hard = sa->hard;

    if (sa->soft_ends) {
        const struct sa_lifetime *soft = &sa->soft;

        hard.time_s = earlier(hard.time_s, soft->time_s);
        hard.bytes = earlier(hard.bytes, soft->bytes);
        hard.packets = earlier(hard.packets, soft->packets);
        hard.idle_s = earlier(hard.idle_s, soft->idle_s);
    }
    return hard;
}

/* Returns the mark of the packets that an SA makes. */
static uint32_t
output_mark(const struct sa *sa)
{
    return ((sa->direction == SA_INBOUND ? HOP_MARK_CLEAR : HOP_MARK_ESP)
            | sa->vlan);
}

static void
put_sa_mark(struct nl_msg *msg, enum hop_kind kind, const struct sa *sa)
{
    if (sa->direction == SA_INBOUND) {
        xfrm_put_mark(msg, HOP_MARK_CIPHER | sa->vlan, UINT32_MAX);
    } else if (kind == HOP_MARK) {
        xfrm_put_mark(msg, HOP_MARK_PLAIN | sa->vlan, UINT32_MAX);
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

static void
put_udp(struct nl_msg *msg, const struct sa *sa)
{
    struct xfrm_encap_tmpl encap;

    if (sa->udp) {
        memset(&encap, 0, sizeof encap);
        encap.encap_type = UDP_ENCAP_ESPINUDP;
        encap.encap_sport = htons(sa->udp_src);
        encap.encap_dport = htons(sa->udp_dst);
        nl_put(msg, XFRMA_ENCAP, &encap, sizeof encap);
    }
}

struct nl_msg *
xfrm_msg_sa_add(enum hop_kind kind, const struct sa *sa, bool clear_df,
                bool copy_dscp)
{
    struct sa_lifetime hard = xfrm_hard_limits(sa);
    struct xfrm_usersa_info info;

    memset(&info, 0, sizeof info);
    if (sa->selector.family != SA_FAMILY_ANY) {
        xfrm_fill_selector(&sa->selector,
                           sa->selector.family == SA_FAMILY_IPV6 ? AF_INET6
                           : AF_INET, &info.sel);
    }
    info.id.daddr = xfrm_from_ip(&sa->tunnel_dst);
    info.id.spi = htonl(sa->spi);
    info.id.proto = IPPROTO_ESP;
    info.saddr = xfrm_from_ip(&sa->tunnel_src);
    info.lft.soft_byte_limit = limit(sa->soft.bytes);
    info.lft.hard_byte_limit = limit(hard.bytes);
    info.lft.soft_packet_limit = limit(sa->soft.packets);
    info.lft.hard_packet_limit = limit(hard.packets);
    info.lft.soft_add_expires_seconds = sa->soft.time_s;
    info.lft.hard_add_expires_seconds = hard.time_s;
    info.reqid = sa->reqid;
    info.family = xfrm_family(&sa->tunnel_src);
    info.mode = XFRM_MODE_TUNNEL;
    info.flags = (XFRM_STATE_AF_UNSPEC | (sa->esn ? XFRM_STATE_ESN : 0)
                  | (clear_df ? XFRM_STATE_NOPMTUDISC : 0));

    struct nl_msg *msg = nl_msg_create(XFRM_MSG_NEWSA,
                                       NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
                                       &info, sizeof info);
    put_key(msg, sa);
    put_replay(msg, sa);
    put_udp(msg, sa);
    put_sa_mark(msg, kind, sa);
    nl_put_u32(msg, XFRMA_SET_MARK, output_mark(sa));
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
    id.daddr = xfrm_from_ip(&sa->tunnel_dst);
    id.spi = htonl(sa->spi);
    id.family = xfrm_family(&sa->tunnel_dst);
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

/* Parsing. */

/* Direction and hop end of an SA.  Returns false if it is not ours. */
static bool
identify_sa(struct nlattr *tb[], enum hop_kind kind,
            struct xfrm_sa_info *info)
{
    uint32_t if_id = xfrm_get_u32(tb[XFRMA_IF_ID]);
    struct xfrm_mark mark = xfrm_get_mark(tb);

    info->direction = SA_INBOUND;
    info->vlan = xfrm_mark_vlan(&mark, HOP_MARK_CIPHER);
    if (!info->vlan) {
        info->direction = SA_OUTBOUND;
        info->vlan = (kind == HOP_IF && !mark.m ? xfrm_if_id_vlan(if_id)
                      : xfrm_mark_vlan(&mark, HOP_MARK_PLAIN));
    }
    return info->vlan && (kind == HOP_IF ? xfrm_if_id_vlan(if_id) == info->vlan
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
        BUILD_ASSERT_DECL(sizeof info->key_print == SECRET_CHECK_STRLEN);
        secret_check(key, info->spi, info->key_check);
        used_keys_check(info->direction, info->spi, key, info->key_print);
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

static void
parse_udp(struct nlattr *tb[], struct xfrm_sa_info *info)
{
    struct nlattr *attr = tb[XFRMA_ENCAP];

    if (attr && nla_len(attr) >= sizeof(struct xfrm_encap_tmpl)) {
        const struct xfrm_encap_tmpl *encap = nla_data(attr);

        info->udp = encap->encap_type == UDP_ENCAP_ESPINUDP;
        info->udp_src = ntohs(encap->encap_sport);
        info->udp_dst = ntohs(encap->encap_dport);
    }
}

bool
xfrm_parse_sa(const struct nlmsghdr *hdr_, enum hop_kind kind,
              struct xfrm_sa_info *info)
{
    struct nlmsghdr *hdr = CONST_CAST(struct nlmsghdr *, hdr_);
    bool is_expire = hdr->nlmsg_type == XFRM_MSG_EXPIRE;
    struct nlattr *tb[XFRMA_MAX + 1];
    struct xfrm_user_expire expire; /* Begins with the SA. */
    const struct xfrm_usersa_info *sa = &expire.state;
    size_t size = is_expire ? sizeof expire : sizeof *sa;

    memset(info, 0, sizeof *info);
    if (nlmsg_parse(hdr, size, tb, XFRMA_MAX, NULL)) {
        return false;
    }
    memcpy(&expire, nlmsg_data(hdr), size);     /* Is not aligned. */
    if (sa->id.proto != IPPROTO_ESP || !identify_sa(tb, kind, info)) {
        return false;
    }
    info->spi = ntohl(sa->id.spi);
    info->reqid = sa->reqid;
    info->src = xfrm_to_ip(&sa->saddr, sa->family);
    info->dst = xfrm_to_ip(&sa->id.daddr, sa->family);
    info->esn = sa->flags & XFRM_STATE_ESN;
    info->stats.packets = sa->curlft.packets;
    info->stats.bytes = sa->curlft.bytes;
    info->stats.replayed = sa->stats.replay + sa->stats.replay_window;
    info->stats.failed = sa->stats.integrity_failed;
    info->add_time_s = sa->curlft.add_time;
    info->use_time_s = sa->curlft.use_time;
    info->hard = is_expire && expire.hard;
    if (tb[XFRMA_LASTUSED] && nla_len(tb[XFRMA_LASTUSED]) >= 8) {
        info->use_time_s = nla_get_u64(tb[XFRMA_LASTUSED]);
    }
    if (xfrm_get_u32(tb[XFRMA_SET_MARK_MASK]) == UINT32_MAX) {
        info->output_mark = xfrm_get_u32(tb[XFRMA_SET_MARK]);
    }
    parse_key(tb, info);
    info->larval = !tb[XFRMA_ALG_AEAD] && !tb[XFRMA_ALG_CRYPT];
    parse_replay(tb, info);
    parse_udp(tb, info);
    return true;
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
            && info->output_mark == output_mark(sa)
            && info->esn == sa->esn
            && info->udp == sa->udp
            && (!sa->udp || (info->udp_src == sa->udp_src
                             && info->udp_dst == sa->udp_dst))
            && (sa->direction == SA_OUTBOUND
                || info->replay_window == sa->replay_window));
}
