/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/esp/engine.h"

#include <netinet/in.h>
#include <string.h>

#include "lib/address.h"
#include "lib/suite.h"
#include "openvswitch/vlog.h"
#include "util.h"
#include "vnf-agent/esp/esp.h"
#include "vnf-agent/esp/ip.h"

VLOG_DEFINE_THIS_MODULE(esp_engine);

#define NEXT_HEADER_IPV4 4      /* Tunnel mode, RFC 4303 s.2.6. */
#define NEXT_HEADER_IPV6 41
#define NEXT_HEADER_DUMMY 59    /* Traffic flow confidentiality, s.2.6. */

#define TOS_DSCP_MASK 0xfc
#define TOS_ECN_MASK 0x03

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

struct engine *
engine_create(const struct in6_addr *cipher_ip)
{
    struct engine *engine = xzalloc(sizeof *engine);

    engine->tables = tables_create(cipher_ip);
    return engine;
}

void
engine_destroy(struct engine *engine)
{
    if (engine) {
        tables_destroy(engine->tables);
        events_clear(&engine->events);
        free(engine);
    }
}

static bool
drop(struct engine *engine, enum backend_drop reason, uint16_t vlan)
{
    engine->stats.drops[reason]++;
    VLOG_DBG_RL(&rl, "vlan %"PRIu16": dropped a packet: %s", vlan,
                backend_drop_to_string(reason));
    return false;
}

static bool
drop_sa(struct engine *engine, enum backend_drop reason,
        const struct esp_sa *esp_sa)
{
    VLOG_INFO_RL(&rl, "%s SA 0x%08"PRIx32", vlan %"PRIu16": dropped a packet: "
                 "%s", sa_direction_to_string(esp_sa->sa->direction),
                 esp_sa->sa->spi, esp_sa->sa->vlan,
                 backend_drop_to_string(reason));
    engine->stats.drops[reason]++;
    return false;
}

/* Counts a packet that the SA takes. */
static void
count_packet(struct esp_sa *esp_sa, size_t inner_size, long long int now_ms)
{
    esp_sa->packets++;
    esp_sa->bytes += inner_size;
    esp_sa->used_ms = now_ms;
}

/* Returns true while packets may pass the SA. */
static bool
check_lifetime(struct engine *engine, struct esp_sa *esp_sa,
               long long int now_ms)
{
    bool alive = esp_sa_check_lifetime(esp_sa, now_ms);

    events_put_lifetime(&engine->events, esp_sa, now_ms);
    return alive;
}

void
engine_expire(struct engine *engine, long long int now_ms)
{
    struct esp_sa *esp_sa;

    LIST_FOR_EACH (esp_sa, all_node, &engine->tables->sa_list) {
        check_lifetime(engine, esp_sa, now_ms);
    }
}

/* The first policy of the hop end that takes the packet, or NULL.  Inbound,
 * those of other SAs' reqids are passed over. */
static struct esp_policy *
find_policy(const struct engine *engine, enum sa_direction direction,
            uint16_t vlan, uint64_t inbound_reqid, const struct ip_packet *ip)
{
    struct esp_policy *esp_policy;

    if (vlan > TABLES_MAX_VLAN) {
        return NULL;
    }
    LIST_FOR_EACH (esp_policy, hop_node,
                   &engine->tables->hop_ends[vlan].policies[direction]) {
        const struct policy *policy = esp_policy->policy;

        if (sa_selector_matches(&policy->selector, &ip->traffic)
            && (direction == SA_OUTBOUND
                || policy->action == POLICY_DISCARD
                || policy->reqid == inbound_reqid)) {
            return esp_policy;
        }
    }
    return NULL;
}

/* Writes an Ethernet header for an IP packet of 'ip_size' octets at 'ip' into the room before it: 'frame' becomes what 'port' is to send. */
static void
finish_frame(const struct engine *engine, enum engine_port port, uint16_t vlan,
             uint8_t *ip, size_t ip_size, struct engine_frame *frame)
{
    static const struct eth_addr dst[2] = {
        [ENGINE_PLAIN] = ENGINE_PLAIN_DST,
        [ENGINE_CIPHER] = ENGINE_CIPHER_DST,
    };
    size_t header_size = ETH_HEADER_LEN + (vlan ? VLAN_HEADER_LEN : 0);
    uint8_t *p = ip - header_size;
    ovs_be16 type = htons(ip[0] >> 4 == 6 ? ETH_TYPE_IPV6 : ETH_TYPE_IP);

    frame->data = p;
    frame->size = header_size + ip_size;
    memcpy(p, &dst[port], ETH_ADDR_LEN);
    memcpy(p + ETH_ADDR_LEN, &engine->ports[port].mac, ETH_ADDR_LEN);
    p += 2 * ETH_ADDR_LEN;
    if (vlan) {
        ovs_be16 tag[2] = { htons(ETH_TYPE_VLAN), htons(vlan) };

        memcpy(p, tag, sizeof tag);
        p += sizeof tag;
    }
    memcpy(p, &type, sizeof type);
}

/* Was the frame sent to 'port' itself? */
static bool
is_ours(const struct engine *engine, enum engine_port port,
        const struct engine_frame *frame)
{
    return (!frame->other_host && frame->size >= ETH_HEADER_LEN
            && !memcmp(frame->data, &engine->ports[port].mac, ETH_ADDR_LEN));
}

/* Does the frame say that an IP packet of any version is in it? */
static bool
is_ip_frame(const struct engine_frame *frame, bool *ipv6)
{
    ovs_be16 type;

    memcpy(&type, frame->data + 2 * ETH_ADDR_LEN, sizeof type);
    *ipv6 = type == htons(ETH_TYPE_IPV6);
    return *ipv6 || type == htons(ETH_TYPE_IP);
}

static bool
parse_frame(const struct engine_frame *frame, bool ipv6, struct ip_packet *ip)
{
    return (ip_parse_packet(frame->data + ETH_HEADER_LEN,
                            frame->size - ETH_HEADER_LEN, ip)
            && ip->traffic.ipv6 == ipv6);
}

/* From the plain port. */

/* Seals the inner packet and puts the outer header before it.  Returns false
 * if that failed. */
static bool
encapsulate(struct engine *engine, const struct policy *policy,
            struct esp_sa *esp_sa, const struct ip_packet *inner,
            struct engine_frame *frame)
{
    const struct sa *sa = esp_sa->sa;
    uint8_t *esp = (frame->data + ETH_HEADER_LEN - sa->suite->iv_size
                    - ESP_HEADER_LEN);
    size_t esp_size = esp_sealed_size(sa->suite, inner->size);
    size_t header_size
        = ip_outer_header_size(address_is_ipv6(&sa->tunnel_src));
    uint8_t *outer = esp - header_size;
    bool df = false;

    /* The number is used up, whatever comes of the packet. */
    esp_sa->seq++;
    if (!esp_seal(esp_sa->key, sa->spi, esp_sa->seq, sa->esn,
                  NULL, esp, inner->size,
                  inner->traffic.ipv6 ? NEXT_HEADER_IPV6
                  : NEXT_HEADER_IPV4)) {
        return false;
    }

    switch (policy->df) {
    case SA_DF_CLEAR: df = false; break;
    case SA_DF_SET: df = true; break;
    case SA_DF_COPY: df = inner->dont_fragment; break;
    }
    struct ip_outer header = {
        .src = sa->tunnel_src,
        .dst = sa->tunnel_dst,
        .tos = ((policy->bypass_dscp ? inner->tos & TOS_DSCP_MASK : 0)
                | (inner->tos & TOS_ECN_MASK)),
        .id = engine->ip_id++,
        .dont_fragment = df,
        .size = header_size + esp_size,
    };
    ip_write_outer(outer, &header);
    finish_frame(engine, ENGINE_CIPHER, sa->vlan, outer, header.size, frame);
    return true;
}

static bool
process_plain(struct engine *engine, struct engine_frame *frame,
              long long int now_ms)
{
    uint16_t vlan = frame->vlan;
    struct ip_packet inner;
    bool ipv6;

    if (!is_ours(engine, ENGINE_PLAIN, frame)) {
        return drop(engine, BACKEND_DROP_PLAIN_NOT_OURS, vlan);
    }
    if (frame->truncated) {
        return drop(engine, BACKEND_DROP_PLAIN_TOO_BIG, vlan);
    }

    uint8_t *ip = frame->data + ETH_HEADER_LEN;
    if (!is_ip_frame(frame, &ipv6) || !parse_frame(frame, ipv6, &inner)) {
        return drop(engine, BACKEND_DROP_PLAIN_NOT_IP, vlan);
    }

    struct esp_policy *esp_policy = find_policy(engine, SA_OUTBOUND, vlan, 0,
                                                &inner);
    if (!esp_policy) {
        return drop(engine, BACKEND_DROP_PLAIN_NO_POLICY, vlan);
    }

    const struct policy *policy = esp_policy->policy;
    if (policy->action == POLICY_DISCARD) {
        return drop(engine, BACKEND_DROP_PLAIN_DISCARD, vlan);
    }

    struct esp_sa *esp_sa = tables_outbound_sa(engine->tables, policy);
    if (!esp_sa
        || !sa_selector_matches(&esp_sa->sa->selector, &inner.traffic)) {
        events_put_acquire(&engine->events, esp_policy, &inner.traffic,
                           now_ms);
        return drop(engine, BACKEND_DROP_PLAIN_NO_SA, vlan);
    }
    if (!check_lifetime(engine, esp_sa, now_ms)) {
        return drop_sa(engine, BACKEND_DROP_PLAIN_EXPIRED, esp_sa);
    }
    if (esp_sa->seq >= (esp_sa->sa->esn ? UINT64_MAX : UINT32_MAX)) {
        events_put_seq_overflow(&engine->events, esp_sa);
        return drop_sa(engine, BACKEND_DROP_PLAIN_SEQ, esp_sa);
    }
    if (ip_outer_header_size(address_is_ipv6(&esp_sa->sa->tunnel_src))
        + esp_sealed_size(esp_sa->sa->suite, inner.size)
        > engine->ports[ENGINE_CIPHER].mtu) {
        return drop_sa(engine, BACKEND_DROP_PLAIN_TOO_BIG, esp_sa);
    }

    if (frame->unfinished_checksum) {
        ip_finish_checksum(ip, &inner);
    }
    if (!encapsulate(engine, policy, esp_sa, &inner, frame)) {
        return drop_sa(engine, BACKEND_DROP_PLAIN_SEND, esp_sa);
    }
    count_packet(esp_sa, inner.size, now_ms);
    return true;
}

/* From the cipher port. */

/* Looks at the inner packet of 'size' octets at 'data', which is authentic.
 * Returns BACKEND_N_DROPS if it may pass, with its parts in '*inner'. */
static enum backend_drop
check_inner(const struct engine *engine, const struct sa *sa,
            const struct ip_packet *outer, uint8_t *data, size_t size,
            bool ipv6, struct ip_packet *inner)
{
    uint8_t tos;

    if (!ip_parse_packet(data, size, inner) || inner->traffic.ipv6 != ipv6
        || !ecn_decapsulate(outer->tos, inner->tos, &tos)) {
        return BACKEND_DROP_CIPHER_MALFORMED;
    }
    if (!sa_selector_matches(&sa->selector, &inner->traffic)) {
        return BACKEND_DROP_CIPHER_SELECTOR;
    }

    const struct esp_policy *esp_policy
        = find_policy(engine, SA_INBOUND, sa->vlan, sa->reqid, inner);
    if (!esp_policy || esp_policy->policy->action != POLICY_PROTECT) {
        return BACKEND_DROP_CIPHER_NO_POLICY;
    }
    if (tos != inner->tos) {
        ip_set_tos(data, tos);
    }
    return BACKEND_N_DROPS;
}

/* Checks replay and integrity of the ESP packet and opens it.  Returns true
 * with the inner packet's size and type, or counts a drop. */
static bool
decapsulate(struct engine *engine, struct esp_sa *esp_sa, uint8_t *esp,
            size_t esp_size, long long int now_ms, size_t *inner_sizep,
            uint8_t *next_headerp)
{
    const struct sa *sa = esp_sa->sa;
    ovs_be32 low;

    memcpy(&low, esp + 4, sizeof low);
    uint64_t seq = replay_infer(&esp_sa->replay, ntohl(low));
    if (!replay_check(&esp_sa->replay, seq)) {
        esp_sa->replayed++;
        return drop_sa(engine, BACKEND_DROP_CIPHER_REPLAY, esp_sa);
    }

    enum esp_result result = esp_open(esp_sa->key, seq, sa->esn, esp, esp_size,
                                      inner_sizep, next_headerp);
    switch (result) {
    case ESP_TRUNCATED:
        return drop_sa(engine, BACKEND_DROP_CIPHER_TRUNCATED, esp_sa);
    case ESP_BAD_ICV:
        esp_sa->failed++;
        return drop_sa(engine, BACKEND_DROP_CIPHER_AUTH, esp_sa);
    case ESP_BAD_PADDING:
    case ESP_OK:
        break;
    }

    replay_update(&esp_sa->replay, seq);
    esp_sa->used_ms = now_ms;
    if (result == ESP_BAD_PADDING) {
        return drop_sa(engine, BACKEND_DROP_CIPHER_MALFORMED, esp_sa);
    }
    return true;
}

/* Finds the SA of an ESP packet and checks all that can be checked without its
 * key.  Returns NULL if the packet was dropped. */
static struct esp_sa *
find_inbound_sa(struct engine *engine, const struct engine_frame *frame,
                const struct ip_packet *outer, const uint8_t *esp,
                long long int now_ms)
{
    ovs_be32 spi;

    if (outer->size < outer->header_size + ESP_HEADER_LEN) {
        drop(engine, BACKEND_DROP_CIPHER_TRUNCATED, frame->vlan);
        return NULL;
    }
    memcpy(&spi, esp, sizeof spi);

    struct esp_sa *esp_sa = tables_find_sa(engine->tables, SA_INBOUND,
                                           ntohl(spi));
    if (!esp_sa) {
        char src[INET6_ADDRSTRLEN];
        VLOG_INFO_RL(&rl, "vlan %"PRIu16": unknown SPI 0x%08"PRIx32" from %s",
                     frame->vlan, ntohl(spi),
                     ipv6_string_mapped(src, &outer->traffic.src));
        events_put_bad_spi(&engine->events, ntohl(spi), now_ms);
        drop(engine, BACKEND_DROP_CIPHER_BAD_SPI, frame->vlan);
        return NULL;
    }

    const struct sa *sa = esp_sa->sa;
    if (sa->vlan != frame->vlan) {
        drop_sa(engine, BACKEND_DROP_CIPHER_BAD_VLAN, esp_sa);
        return NULL;
    }
    if (!ipv6_addr_equals(&sa->tunnel_src, &outer->traffic.src)
        || !ipv6_addr_equals(&sa->tunnel_dst, &outer->traffic.dst)) {
        drop_sa(engine, BACKEND_DROP_CIPHER_BAD_ADDR, esp_sa);
        return NULL;
    }
    if (!check_lifetime(engine, esp_sa, now_ms)) {
        drop_sa(engine, BACKEND_DROP_CIPHER_EXPIRED, esp_sa);
        return NULL;
    }
    return esp_sa;
}

static bool
process_cipher(struct engine *engine, struct engine_frame *frame,
               long long int now_ms)
{
    uint16_t vlan = frame->vlan;
    struct ip_packet outer, inner;
    bool ipv6;

    if (!is_ours(engine, ENGINE_CIPHER, frame)) {
        return drop(engine, BACKEND_DROP_CIPHER_NOT_OURS, vlan);
    }

    uint8_t *ip = frame->data + ETH_HEADER_LEN;
    if (!is_ip_frame(frame, &ipv6)) {
        return drop(engine, BACKEND_DROP_CIPHER_NOT_ESP, vlan);
    }
    if (frame->truncated || !parse_frame(frame, ipv6, &outer)) {
        return drop(engine, BACKEND_DROP_CIPHER_TRUNCATED, vlan);
    }
    if (!ipv6_addr_equals(&outer.traffic.dst, &engine->tables->cipher_ip)) {
        return drop(engine, BACKEND_DROP_CIPHER_NOT_OURS, vlan);
    }
    if (outer.traffic.protocol != IPPROTO_ESP) {
        return drop(engine, BACKEND_DROP_CIPHER_NOT_ESP, vlan);
    }
    if (outer.fragment || !ip_checksum_ok(ip, &outer)
        || (ipv6 && outer.header_size != ip_outer_header_size(true))) {
        return drop(engine, BACKEND_DROP_CIPHER_MALFORMED, vlan);
    }

    uint8_t *esp = ip + outer.header_size;
    struct esp_sa *esp_sa = find_inbound_sa(engine, frame, &outer, esp,
                                            now_ms);
    if (!esp_sa) {
        return false;
    }

    uint8_t next_header;
    size_t inner_size;
    if (!decapsulate(engine, esp_sa, esp, outer.size - outer.header_size,
                     now_ms, &inner_size, &next_header)) {
        return false;
    }

    if (next_header == NEXT_HEADER_DUMMY) {
        return false;           /* RFC 4303 s.2.6: without a trace. */
    }
    uint8_t *data = esp + ESP_HEADER_LEN + esp_sa->sa->suite->iv_size;
    enum backend_drop reason
        = (next_header == NEXT_HEADER_IPV4 || next_header == NEXT_HEADER_IPV6
           ? check_inner(engine, esp_sa->sa, &outer, data, inner_size,
                         next_header == NEXT_HEADER_IPV6, &inner)
           : BACKEND_DROP_CIPHER_MALFORMED);
    if (reason != BACKEND_N_DROPS) {
        return drop_sa(engine, reason, esp_sa);
    }

    count_packet(esp_sa, inner.size, now_ms);
    finish_frame(engine, ENGINE_PLAIN, vlan, data, inner.size, frame);
    return true;
}

bool
engine_process(struct engine *engine, enum engine_port from,
               struct engine_frame *frame, long long int now_ms)
{
    switch (from) {
    case ENGINE_PLAIN:
        engine->stats.plain_rx++;
        return process_plain(engine, frame, now_ms);
    case ENGINE_CIPHER:
        engine->stats.cipher_rx++;
        return process_cipher(engine, frame, now_ms);
    }
    OVS_NOT_REACHED();
}

void
engine_sent(struct engine *engine, enum engine_port from, bool ok)
{
    struct backend_stats *stats = &engine->stats;

    switch (from) {
    case ENGINE_PLAIN:
        if (ok) {
            stats->cipher_tx++;
        } else {
            stats->drops[BACKEND_DROP_PLAIN_SEND]++;
        }
        break;
    case ENGINE_CIPHER:
        if (ok) {
            stats->plain_tx++;
        } else {
            stats->drops[BACKEND_DROP_CIPHER_SEND]++;
        }
        break;
    }
}

void
engine_lost(struct engine *engine, enum engine_port from, unsigned int n)
{
    engine->stats.drops[from == ENGINE_PLAIN ? BACKEND_DROP_PLAIN_QUEUE
                        : BACKEND_DROP_CIPHER_QUEUE] += n;
}
