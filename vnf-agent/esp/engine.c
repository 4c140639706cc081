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

#define TOS_DSCP_SHIFT 2
#define TOS_ECN_MASK 0x03

/* Port at which ESP in UDP is received, RFC 3948 s.2.1. */
#define UDP_ENCAP_PORT 4500

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

struct engine *
engine_create(const struct own_ips *own_ips)
{
    struct engine *engine = xzalloc(sizeof *engine);

    engine->tables = tables_create(own_ips);
    event_queue_init(&engine->events, ESP_EVENTS_MAX);
    return engine;
}

void
engine_destroy(struct engine *engine)
{
    if (engine) {
        tables_destroy(engine->tables);
        event_queue_clear(&engine->events);
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

    if (esp_sa->soft_expired || !alive) {
        esp_events_put_lifetime(&engine->events, esp_sa, now_ms);
    }
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

/* Returns the first policy of the hop end that matches the packet, or NULL.
 * Inbound, policies with another reqid than the SA are ignored. */
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

/* Writes an Ethernet header for the IP packet of 'ip_size' octets at 'ip' into
 * the room before it, and sets '*frame' to the frame that 'port' is to
 * send. */
static void
finish_frame(const struct engine *engine, enum engine_port port, uint16_t vlan,
             uint8_t *ip, size_t ip_size, struct engine_frame *frame)
{
    static const struct eth_addr dst[2] = {
        [ENGINE_PLAIN] = BACKEND_PLAIN_PEER,
        [ENGINE_CIPHER] = BACKEND_CIPHER_PEER,
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

/* Returns true if the frame was sent to 'port' itself. */
static bool
is_ours(const struct engine *engine, enum engine_port port,
        const struct engine_frame *frame)
{
    return (!frame->other_host && frame->size >= ETH_HEADER_LEN
            && !memcmp(frame->data, &engine->ports[port].mac, ETH_ADDR_LEN));
}

/* Returns true if the type of the frame is IPv4 or IPv6. */
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

/* Returns the DSCP of the outer header for an inner packet with 'dscp'. */
static uint8_t
outer_dscp(const struct policy *policy, const struct sa *sa, uint8_t dscp)
{
    switch (sa->dscp) {
    case SA_DSCP_AS_POLICY:
        return policy->bypass_dscp ? dscp : policy->dscp_map[dscp];
    case SA_DSCP_COPY:
        return dscp;
    case SA_DSCP_MAP:
        return sa->dscp_map[dscp];
    }
    OVS_NOT_REACHED();
}

/* Returns the Don't Fragment bit of the outer header. */
static bool
outer_df(const struct policy *policy, const struct sa *sa, bool inner_df)
{
    switch (sa->df == SA_DF_AS_POLICY ? policy->df : sa->df) {
    case SA_DF_AS_POLICY:
    case SA_DF_CLEAR:
        return false;
    case SA_DF_SET:
        return true;
    case SA_DF_COPY:
        return inner_df;
    }
    OVS_NOT_REACHED();
}

/* Parts of the ESP packet that is made of an inner packet. */
struct envelope {
    size_t header_size;         /* Octets of the IP header outside. */
    size_t skip;                /* Octets of the packet that are not sealed. */
    uint8_t next_header;        /* Type of the sealed octets. */
};

static struct envelope
make_envelope(const struct sa *sa, const struct ip_packet *inner)
{
    switch (sa->mode) {
    case SA_TUNNEL:
        return (struct envelope) {
            ip_outer_header_size(address_is_ipv6(&sa->tunnel_src)), 0,
            inner->traffic.ipv6 ? NEXT_HEADER_IPV6 : NEXT_HEADER_IPV4
        };
    case SA_TRANSPORT:
        return (struct envelope) {
            inner->header_size, inner->header_size, inner->traffic.protocol
        };
    }
    OVS_NOT_REACHED();
}

/* Returns the octets of the ESP packet around 'inner', with its IP header. */
static size_t
enveloped_size(const struct sa *sa, const struct envelope *envelope,
               const struct ip_packet *inner)
{
    return (envelope->header_size + (sa->udp ? IP_UDP_HEADER_LEN : 0)
            + esp_sealed_size(sa->suite, inner->size - envelope->skip));
}

/* Writes the IP header of 'size' octets of packet, and the UDP header, at
 * 'outer'; the ESP packet is there. */
static void
write_tunnel(struct engine *engine, const struct policy *policy,
             const struct sa *sa, const struct ip_packet *inner,
             uint8_t *outer, size_t size)
{
    struct ip_outer header = {
        .src = sa->tunnel_src,
        .dst = sa->tunnel_dst,
        .protocol = sa->udp ? IPPROTO_UDP : IPPROTO_ESP,
        .tos = (outer_dscp(policy, sa, inner->tos >> TOS_DSCP_SHIFT)
                << TOS_DSCP_SHIFT | (inner->tos & TOS_ECN_MASK)),
        .id = engine->ip_id++,
        .dont_fragment = outer_df(policy, sa, inner->dont_fragment),
        .size = size,
    };

    ip_write_outer(outer, &header);
    if (sa->udp) {
        ip_write_udp(outer,
                     ip_outer_header_size(address_is_ipv6(&sa->tunnel_src)),
                     size, sa->udp_src, sa->udp_dst);
    }
}

/* Seals the inner packet or, in transport mode, its payload, and writes the
 * headers of the packet of 'size' octets before it.  Returns false on
 * failure. */
static bool
encapsulate(struct engine *engine, const struct policy *policy,
            struct esp_sa *esp_sa, const struct ip_packet *inner,
            const struct envelope *envelope, size_t size,
            struct engine_frame *frame)
{
    const struct sa *sa = esp_sa->sa;
    uint8_t *ip = frame->data + ETH_HEADER_LEN;
    uint8_t *esp = (ip + envelope->skip - sa->suite->iv_size
                    - ESP_HEADER_LEN);
    uint8_t *outer = (esp - (sa->udp ? IP_UDP_HEADER_LEN : 0)
                      - envelope->header_size);

    if (envelope->skip) {
        /* ESP goes where the header was. */
        memmove(outer, ip, envelope->skip);
    }

    /* The number is used up, also if sealing fails. */
    esp_sa->seq++;
    if (!esp_seal(esp_sa->key, sa->spi, esp_sa->seq, sa->esn, NULL, esp,
                  inner->size - envelope->skip, envelope->next_header)) {
        return false;
    }
    if (sa->mode == SA_TUNNEL) {
        write_tunnel(engine, policy, sa, inner, outer, size);
    } else {
        ip_set_payload(outer, IPPROTO_ESP, size);
    }
    finish_frame(engine, ENGINE_CIPHER, sa->vlan, outer, size, frame);
    return true;
}

/* Returns true if a packet can go in transport mode.  ESP would have to be put
 * between extension headers, and protects whole packets only (RFC 4303
 * s.3.1.1, s.3.3.4). */
static bool
fits_transport(const struct ip_packet *ip)
{
    return (!ip->fragment
            && (!ip->traffic.ipv6
                || ip->header_size == ip_outer_header_size(true)));
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

    struct esp_sa *esp_sa = tables_outbound_sa(engine->tables, policy,
                                               inner.tos >> TOS_DSCP_SHIFT);
    if (!esp_sa
        || !sa_selector_matches(&esp_sa->sa->selector, &inner.traffic)) {
        esp_events_put_acquire(&engine->events, esp_policy, &inner.traffic,
                               now_ms);
        return drop(engine, BACKEND_DROP_PLAIN_NO_SA, vlan);
    }
    if (!check_lifetime(engine, esp_sa, now_ms)) {
        return drop_sa(engine, BACKEND_DROP_PLAIN_EXPIRED, esp_sa);
    }
    if (esp_sa->seq >= (esp_sa->sa->esn ? UINT64_MAX : UINT32_MAX)) {
        esp_events_put_seq_overflow(&engine->events, esp_sa);
        return drop_sa(engine, BACKEND_DROP_PLAIN_SEQ, esp_sa);
    }
    if (esp_sa->sa->mode == SA_TRANSPORT && !fits_transport(&inner)) {
        return drop_sa(engine, BACKEND_DROP_PLAIN_TRANSPORT, esp_sa);
    }

    struct envelope envelope = make_envelope(esp_sa->sa, &inner);
    size_t size = enveloped_size(esp_sa->sa, &envelope, &inner);
    if (size > engine->ports[ENGINE_CIPHER].mtu) {
        return drop_sa(engine, BACKEND_DROP_PLAIN_TOO_BIG, esp_sa);
    }

    if (frame->unfinished_checksum) {
        ip_finish_checksum(ip, &inner);
    }
    if (!encapsulate(engine, policy, esp_sa, &inner, &envelope, size, frame)) {
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

    if (!ip_parse_packet(data, size, inner) || inner->traffic.ipv6 != ipv6) {
        return BACKEND_DROP_CIPHER_MALFORMED;
    }
    tos = inner->tos;
    if (sa->mode == SA_TUNNEL
        && !ecn_decapsulate(outer->tos, inner->tos, &tos)) {
        return BACKEND_DROP_CIPHER_MALFORMED;
    }
    if (!sa_selector_matches(&sa->selector, &inner->traffic)) {
        return BACKEND_DROP_CIPHER_SELECTOR;
    }

    const struct esp_policy *esp_policy
        = find_policy(engine, SA_INBOUND, sa->vlan, sa->reqid, inner);
    if (!esp_policy || esp_policy->policy->action != POLICY_PROTECT
        || !policy_takes_sa(esp_policy->policy, sa)) {
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

/* An ESP packet in an outer one. */
struct esp_packet {
    uint8_t *data;
    size_t size;                /* Octets. */
    bool udp;                   /* In UDP. */
};

/* Finds the ESP packet in the outer one at 'ip'.  Returns BACKEND_N_DROPS if
 * there is one, of at least ESP_HEADER_LEN octets. */
static enum backend_drop
find_esp(uint8_t *ip, const struct ip_packet *outer, struct esp_packet *esp)
{
    *esp = (struct esp_packet) {
        .data = ip + outer->header_size,
        .size = outer->size - outer->header_size,
        .udp = outer->traffic.protocol == IPPROTO_UDP,
    };
    if (esp->udp && esp->size >= IP_UDP_HEADER_LEN) {
        ovs_be16 udp_size;

        memcpy(&udp_size, esp->data + 4, sizeof udp_size);
        if (ntohs(udp_size) < IP_UDP_HEADER_LEN
            || ntohs(udp_size) > esp->size) {
            return BACKEND_DROP_CIPHER_NOT_ESP;
        }
        esp->data += IP_UDP_HEADER_LEN;
        esp->size = ntohs(udp_size) - IP_UDP_HEADER_LEN;
    } else if (esp->udp || outer->traffic.protocol != IPPROTO_ESP) {
        return BACKEND_DROP_CIPHER_NOT_ESP;
    }
    return (esp->size < ESP_HEADER_LEN
            ? BACKEND_DROP_CIPHER_TRUNCATED : BACKEND_N_DROPS);
}

/* Drops a packet with an SPI that no SA has. */
static void
drop_unknown(struct engine *engine, uint16_t vlan,
             const struct ip_packet *outer, const struct esp_packet *esp,
             uint32_t spi, long long int now_ms)
{
    if (esp->udp && (!spi || outer->traffic.dst_port != UDP_ENCAP_PORT)) {
        /* IKE, RFC 3948 s.2.2; or anything. */
        drop(engine, BACKEND_DROP_CIPHER_NOT_ESP, vlan);
        return;
    }

    char src[INET6_ADDRSTRLEN];
    VLOG_INFO_RL(&rl, "vlan %"PRIu16": unknown SPI 0x%08"PRIx32" from %s",
                 vlan, spi, ipv6_string_mapped(src, &outer->traffic.src));
    event_queue_push_bad_spi(&engine->events, spi, now_ms);
    drop(engine, BACKEND_DROP_CIPHER_BAD_SPI, vlan);
}

/* Returns true if the outer addresses, and UDP and its ports, are those of the
 * SA. */
static bool
comes_as_told(const struct sa *sa, const struct ip_packet *outer,
              const struct esp_packet *esp)
{
    return (ipv6_addr_equals(&sa->tunnel_src, &outer->traffic.src)
            && ipv6_addr_equals(&sa->tunnel_dst, &outer->traffic.dst)
            && sa->udp == esp->udp
            && (!sa->udp || (sa->udp_src == outer->traffic.src_port
                             && sa->udp_dst == outer->traffic.dst_port)));
}

/* Finds the SA of an ESP packet and checks all that can be checked without its
 * key.  Returns NULL if the packet was dropped. */
static struct esp_sa *
find_inbound_sa(struct engine *engine, const struct engine_frame *frame,
                const struct ip_packet *outer, const struct esp_packet *esp,
                long long int now_ms)
{
    ovs_be32 spi;

    memcpy(&spi, esp->data, sizeof spi);

    struct esp_sa *esp_sa = tables_find_sa(engine->tables, SA_INBOUND,
                                           ntohl(spi));
    if (!esp_sa) {
        drop_unknown(engine, frame->vlan, outer, esp, ntohl(spi), now_ms);
        return NULL;
    }

    const struct sa *sa = esp_sa->sa;
    if (sa->vlan != frame->vlan) {
        drop_sa(engine, BACKEND_DROP_CIPHER_BAD_VLAN, esp_sa);
        return NULL;
    }
    if (!comes_as_told(sa, outer, esp)) {
        drop_sa(engine, BACKEND_DROP_CIPHER_BAD_ADDR, esp_sa);
        return NULL;
    }
    if (!check_lifetime(engine, esp_sa, now_ms)) {
        drop_sa(engine, BACKEND_DROP_CIPHER_EXPIRED, esp_sa);
        return NULL;
    }
    return esp_sa;
}

/* Looks at the frame's outer header, with the IP packet at 'ip', and finds the
 * ESP packet in it.  Returns BACKEND_N_DROPS if there is one. */
static enum backend_drop
check_outer(const struct engine *engine, const struct engine_frame *frame,
            uint8_t *ip, struct ip_packet *outer, struct esp_packet *esp)
{
    bool ipv6;

    if (!is_ours(engine, ENGINE_CIPHER, frame)) {
        return BACKEND_DROP_CIPHER_NOT_OURS;
    }
    if (!is_ip_frame(frame, &ipv6)) {
        return BACKEND_DROP_CIPHER_NOT_ESP;
    }
    if (frame->truncated || !parse_frame(frame, ipv6, outer)) {
        return BACKEND_DROP_CIPHER_TRUNCATED;
    }
    if (!own_ips_contains(&engine->tables->own_ips, &outer->traffic.dst)) {
        return BACKEND_DROP_CIPHER_NOT_OURS;
    }
    if (outer->traffic.protocol != IPPROTO_ESP
        && outer->traffic.protocol != IPPROTO_UDP) {
        return BACKEND_DROP_CIPHER_NOT_ESP;
    }
    if (outer->fragment || !ip_checksum_ok(ip, outer)
        || (ipv6 && outer->header_size != ip_outer_header_size(true))) {
        return BACKEND_DROP_CIPHER_MALFORMED;
    }
    return find_esp(ip, outer, esp);
}

static bool
process_cipher(struct engine *engine, struct engine_frame *frame,
               long long int now_ms)
{
    uint8_t *ip = frame->data + ETH_HEADER_LEN;
    struct ip_packet outer, inner;
    uint16_t vlan = frame->vlan;
    struct esp_packet esp;

    enum backend_drop reason = check_outer(engine, frame, ip, &outer, &esp);
    if (reason != BACKEND_N_DROPS) {
        return drop(engine, reason, vlan);
    }
    struct esp_sa *esp_sa = find_inbound_sa(engine, frame, &outer, &esp,
                                            now_ms);
    if (!esp_sa) {
        return false;
    }

    uint8_t next_header;
    size_t size;
    if (!decapsulate(engine, esp_sa, esp.data, esp.size, now_ms, &size,
                     &next_header)) {
        return false;
    }
    if (next_header == NEXT_HEADER_DUMMY) {
        return false;           /* RFC 4303 s.2.6: without a trace. */
    }

    uint8_t *data = esp.data + ESP_HEADER_LEN + esp_sa->sa->suite->iv_size;
    if (esp_sa->sa->mode == SA_TRANSPORT) {
        data -= outer.header_size;
        size += outer.header_size;
        memmove(data, ip, outer.header_size);
        ip_set_payload(data, next_header, size);
        next_header = (outer.traffic.ipv6 ? NEXT_HEADER_IPV6
                       : NEXT_HEADER_IPV4);
    }
    reason = (next_header == NEXT_HEADER_IPV4
              || next_header == NEXT_HEADER_IPV6
              ? check_inner(engine, esp_sa->sa, &outer, data, size,
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
    bool plain = from == ENGINE_PLAIN;

    if (!ok) {
        stats->drops[plain ? BACKEND_DROP_PLAIN_SEND
                     : BACKEND_DROP_CIPHER_SEND]++;
    } else if (plain) {
        stats->cipher_tx++;
    } else {
        stats->plain_tx++;
    }
}

void
engine_lost(struct engine *engine, enum engine_port from, unsigned int n)
{
    engine->stats.drops[from == ENGINE_PLAIN ? BACKEND_DROP_PLAIN_QUEUE
                        : BACKEND_DROP_CIPHER_QUEUE] += n;
}
