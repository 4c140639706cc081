/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/model/match.h"

#include <ctype.h>
#include <netinet/in.h>

#include "flow.h"
#include "lib/address.h"
#include "openvswitch/match.h"
#include "openvswitch/meta-flow.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-protocol.h"
#include "packets.h"
#include "util.h"

/* Words of ovs-ofctl's flow syntax that are no match fields: the controller
 * chooses these itself. */
static const char *const not_match[] = {
    "actions", "action", "table", "priority", "cookie", "out_port",
    "out_group", "idle_timeout", "hard_timeout", "importance", "duration",
    "send_flow_rem", "check_overlap", "reset_counts", "no_packet_counts",
    "no_byte_counts", "strict", "packet_type",
};

#define IN_FRAME_FOR_MANY "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00"
#define FOR_MANY "it is for one host, in a frame for many (RFC 1122 s.3.3.6)"
#define NEIGHBOUR_DISCOVERY \
    "it is neighbour discovery, of one link (RFC 4861 s.4)"
#define PROBE "it looks like a probe of the controller's"

const struct match_guard match_guards[] = {
    { "ip,nw_dst=224.0.0.0/24",
      "its destination is multicast of one link (RFC 5771 s.4)", false },
    { "ip,nw_dst=255.255.255.255",
      "its destination is the limited broadcast (RFC 919 s.7)", false },
    { "ip,nw_dst=169.254.0.0/16",
      "its destination is of one link (RFC 3927 s.2.7)", false },
    { "ip,nw_dst=127.0.0.0/8",
      "its destination is of one host (RFC 1122 s.3.2.1.3)", false },
    { "ip,nw_dst=0.0.0.0/8",
      "its destination is of no host (RFC 1122 s.3.2.1.3)", false },
    { "ip,nw_src=224.0.0.0/4",
      "its source is a multicast address (RFC 1122 s.3.2.1.3)", false },
    { "ip,nw_src=255.255.255.255",
      "its source is the broadcast address (RFC 1122 s.3.2.1.3)", false },
    { "ip,nw_src=169.254.0.0/16",
      "its source is of one link (RFC 3927 s.2.7)", false },
    { "ip,nw_src=127.0.0.0/8",
      "its source is of one host (RFC 1122 s.3.2.1.3)", false },
    { "ip,nw_src=0.0.0.0/8",
      "its source is of no host (RFC 1122 s.3.2.1.3)", false },
    /* Not multicast: that may come in any frame for many (RFC 1812
     * s.5.3.4). */
    { "ip,"IN_FRAME_FOR_MANY",nw_dst=0.0.0.0/1", FOR_MANY, false },
    { "ip,"IN_FRAME_FOR_MANY",nw_dst=128.0.0.0/2", FOR_MANY, false },
    { "ip,"IN_FRAME_FOR_MANY",nw_dst=192.0.0.0/3", FOR_MANY, false },

    /* Multicast of the scopes 0 and 1, and 2, with any flags. */
    { "ipv6,ipv6_dst=ff00::/ff0e::",
      "its destination is multicast of one host (RFC 4291 s.2.7)", false },
    { "ipv6,ipv6_dst=ff02::/ff0f::",
      "its destination is multicast of one link (RFC 4291 s.2.7)", false },
    { "ipv6,ipv6_dst=fe80::/10",
      "its destination is of one link (RFC 4291 s.2.5.6)", false },
    { "ipv6,ipv6_dst=::/127",
      "its destination is of one host or none (RFC 4291 s.2.5.2, s.2.5.3)",
      false },
    { "ipv6,ipv6_src=fe80::/10",
      "its source is of one link (RFC 4291 s.2.5.6)", false },
    /* Also who asks whether an address is free, and must not be answered (RFC
     * 4862 s.5.4). */
    { "ipv6,ipv6_src=::/127",
      "its source is of one host or none (RFC 4291 s.2.5.2, s.2.5.3)", true },
    { "ipv6,ipv6_src=ff00::/8",
      "its source is a multicast address (RFC 4291 s.2.7)", true },
    /* Which unicast addresses there are (RFC 4291 s.2.4, RFC 4193). */
    { "ipv6,"IN_FRAME_FOR_MANY",ipv6_dst=::/1", FOR_MANY, false },
    { "ipv6,"IN_FRAME_FOR_MANY",ipv6_dst=fc00::/7", FOR_MANY, false },

    /* Their addresses may be those of a wider scope. */
    { "icmp6,icmp_type=133", NEIGHBOUR_DISCOVERY, false },
    { "icmp6,icmp_type=134", NEIGHBOUR_DISCOVERY, false },
    { "icmp6,icmp_type=135", NEIGHBOUR_DISCOVERY, false },
    { "icmp6,icmp_type=136", NEIGHBOUR_DISCOVERY, false },
    { "icmp6,icmp_type=137", NEIGHBOUR_DISCOVERY, false },

    { "ip,nw_src="ADDRESS_PROBE_IPV4",nw_dst="ADDRESS_PROBE_IPV4,
      PROBE, false },
    { "ipv6,ipv6_src="ADDRESS_PROBE_IPV6",ipv6_dst="ADDRESS_PROBE_IPV6,
      PROBE, false },
};
const size_t n_match_guards = ARRAY_SIZE(match_guards);

/* Fields that have a mirror image, or are their own. */
static const enum mf_field_id mirrored[] = {
    MFF_ETH_SRC, MFF_ETH_DST, MFF_ETH_TYPE, MFF_IPV4_SRC, MFF_IPV4_DST,
    MFF_IPV6_SRC, MFF_IPV6_DST, MFF_IP_PROTO, MFF_TCP_SRC, MFF_TCP_DST,
    MFF_UDP_SRC, MFF_UDP_DST, MFF_SCTP_SRC, MFF_SCTP_DST,
};

/* Fields of a packet without a mirror image: for one-way chains only. */
static const enum mf_field_id one_way_only[] = {
    MFF_IP_DSCP, MFF_IP_DSCP_SHIFTED, MFF_IP_ECN, MFF_IP_TTL, MFF_IP_FRAG,
    MFF_IPV6_LABEL, MFF_TCP_FLAGS, MFF_ICMPV4_TYPE, MFF_ICMPV4_CODE,
    MFF_ICMPV6_TYPE, MFF_ICMPV6_CODE,
};

static bool
contains(const enum mf_field_id *ids, size_t n, enum mf_field_id id)
{
    for (size_t i = 0; i < n; i++) {
        if (ids[i] == id) {
            return true;
        }
    }
    return false;
}

/* Refuses words that are no match.  Returns a message or NULL. */
static char *
check_words(const char *text)
{
    for (const char *p = text; *p; ) {
        p += strspn(p, ", \t\r\n");
        size_t n = strcspn(p, "=, \t\r\n:");
        for (size_t i = 0; i < ARRAY_SIZE(not_match); i++) {
            if (n == strlen(not_match[i]) && !strncmp(p, not_match[i], n)) {
                return xasprintf("match \"%s\": \"%s\" is not a match field; "
                                 "sdsa chooses tables, cookies and actions "
                                 "itself (see --priority of chain-add)",
                                 text, not_match[i]);
            }
        }
        p += strcspn(p, ", \t\r\n");
    }
    return NULL;
}

/* Refuses numbers above 255 in an IPv4 address: the parser takes them modulo
 * 256.  Returns a message or NULL. */
static char *
check_addresses(const char *text)
{
    for (const char *p = text; *p; ) {
        size_t n = strspn(p, "0123456789");
        bool in_address = p[n] == '.' || (p > text && p[-1] == '.');
        if (n && in_address && (n > 3 || atoi(p) > 255)) {
            return xasprintf("match \"%s\": \"%.*s\" is too big for an IPv4 "
                             "address", text, (int) n, p);
        }
        p += n ? n : 1;
    }
    return NULL;
}

char *
match_parse(const char *text, const struct ofputil_port_map *map,
            struct match *match)
{
    enum ofputil_protocol usable;
    struct ofputil_flow_mod fm;
    char *error = parse_ofp_str(&fm, OFPFC_DELETE, text, map, NULL, &usable);
    if (error) {
        char *message = xasprintf("\"%s\" does not parse: %s (ovs-ofctl(8), "
                                  "\"Flow Syntax\")", text, error);
        free(error);
        return message;
    }
    minimatch_expand(&fm.match, match);
    minimatch_destroy(&fm.match);
    free(CONST_CAST(struct ofpact *, fm.ofpacts));
    return NULL;
}

static char *
format(const struct match *match)
{
    return match_to_string(match, NULL, OFP_DEFAULT_PRIORITY);
}

/* Takes the known fields out of 'rest'.  Returns a message about one that the
 * chain may not have, or NULL. */
static char *
check_known_fields(const char *text, struct match *rest, bool one_way)
{
    const struct match match = *rest;
    for (enum mf_field_id id = 0; id < MFF_N_IDS; id++) {
        const struct mf_field *mf = mf_from_id(id);
        if (mf_is_all_wild(mf, &match.wc)
            || !mf_are_prereqs_ok(mf, &match.flow, NULL)) {
            continue;
        }
        if (contains(one_way_only, ARRAY_SIZE(one_way_only), id)) {
            if (!one_way) {
                return xasprintf("match \"%s\": field %s has no mirror image "
                                 "for the way back: leave it out, or make the "
                                 "chain --one-way", text, mf->name);
            }
        } else if (id != MFF_PACKET_TYPE
                   && !contains(mirrored, ARRAY_SIZE(mirrored), id)) {
            return xasprintf("match \"%s\": field %s may not be used in a "
                             "chain: match on dl_src, dl_dst, nw_src, nw_dst, "
                             "ipv6_src, ipv6_dst, nw_proto, tp_src and tp_dst",
                             text, mf->name);
        }
        mf_set_wild(mf, rest, NULL);
    }
    return NULL;
}

static char *
check_fields(const char *text, const struct match *match, bool one_way)
{
    struct match rest = *match;
    char *error = check_known_fields(text, &rest, one_way);
    rest.wc.masks.nw_frag &= FLOW_NW_FRAG_MASK; /* "ip_frag" sets them all. */
    if (!error && (rest.wc.masks.tp_src || rest.wc.masks.tp_dst)) {
        error = xasprintf("match \"%s\": a port or an ICMP type needs its "
                          "protocol: write \"tcp\", \"udp\", \"sctp\" or "
                          "\"icmp\" instead of \"ip\" (\"tcp6\" and so on "
                          "instead of \"ipv6\")", text);
    } else if (!error && !flow_wildcards_is_catchall(&rest.wc)) {
        error = xasprintf("match \"%s\": it has a field that packets of this "
                          "protocol do not have", text);
    }
    return error;
}

char *
match_canonicalize(const char *text, bool one_way, char **canonicalp)
{
    struct match match;

    *canonicalp = NULL;
    char *error = check_words(text);
    error = error ? error : check_addresses(text);
    if (error) {
        return error;
    }
    error = match_parse(text, NULL, &match);
    if (error) {
        char *msg = xasprintf("match %s", error);
        free(error);
        return msg;
    }
    if (match.wc.masks.dl_type != OVS_BE16_MAX
        || (match.flow.dl_type != htons(ETH_TYPE_IP)
            && match.flow.dl_type != htons(ETH_TYPE_IPV6))) {
        return xasprintf("match \"%s\": a chain carries IPv4 or IPv6: begin "
                         "it with \"ip\", \"tcp\", \"udp\", \"icmp\" or "
                         "\"ipv6\", \"tcp6\", \"udp6\", \"icmp6\"", text);
    }
    error = check_fields(text, &match, one_way);
    if (!error) {
        *canonicalp = format(&match);
    }
    return error;
}

#define SWAP(TYPE, A, B)                        \
    do {                                        \
        TYPE swap__ = (A);                      \
        (A) = (B);                              \
        (B) = swap__;                           \
    } while (0)

static void
mirror_flow(struct flow *flow)
{
    SWAP(struct eth_addr, flow->dl_src, flow->dl_dst);
    SWAP(ovs_be32, flow->nw_src, flow->nw_dst);
    SWAP(struct in6_addr, flow->ipv6_src, flow->ipv6_dst);
    SWAP(ovs_be16, flow->tp_src, flow->tp_dst);
}

char *
match_mirror(const char *text)
{
    struct match match;
    char *error = match_parse(text, NULL, &match);
    if (error) {
        free(error);
        return xstrdup(text);
    }
    mirror_flow(&match.flow);
    mirror_flow(&match.wc.masks);
    return format(&match);
}

/* Returns the reason of a guard that drops all packets of 'match', or NULL. */
static const char *
why_dropped(const struct match *match)
{
    static struct match guards[ARRAY_SIZE(match_guards)];
    static bool parsed;

    for (size_t i = 0; i < n_match_guards && !parsed; i++) {
        char *error = match_parse(match_guards[i].match, NULL, &guards[i]);
        ovs_assert(!error);
    }
    parsed = true;
    for (size_t i = 0; i < n_match_guards; i++) {
        if (!flow_wildcards_has_extra(&match->wc, &guards[i].wc)
            && flow_equal_except(&match->flow, &guards[i].flow,
                                 &guards[i].wc)) {
            return match_guards[i].why;
        }
    }
    return NULL;
}

char *
match_check(const char *text, bool one_way, char **canonicalp)
{
    struct match match;
    char *error = match_canonicalize(text, one_way, canonicalp);

    if (error) {
        return error;
    }
    error = match_parse(*canonicalp, NULL, &match);
    ovs_assert(!error);
    const char *why = why_dropped(&match);
    if (why) {
        error = xasprintf("match \"%s\": no packet like that enters a chain: "
                          "%s", text, why);
    } else if (!one_way) {
        mirror_flow(&match.flow);
        mirror_flow(&match.wc.masks);
        why = why_dropped(&match);
        error = (why ? xasprintf("match \"%s\": no packet could come back: "
                                 "%s; make the chain --one-way", text, why)
                 : NULL);
    }
    if (error) {
        free(*canonicalp);
        *canonicalp = NULL;
    }
    return error;
}

bool
match_is_ipv6(const char *text)
{
    struct match match;
    char *error = match_parse(text, NULL, &match);
    free(error);
    return !error && match.flow.dl_type == htons(ETH_TYPE_IPV6);
}

bool
match_overlap(const char *a_text, const char *b_text)
{
    struct match a, b;
    char *error = match_parse(a_text, NULL, &a);
    if (!error) {
        error = match_parse(b_text, NULL, &b);
    }
    if (error) {
        free(error);
        return true;
    }
    struct flow_wildcards both;
    flow_wildcards_and(&both, &a.wc, &b.wc);
    return flow_equal_except(&a.flow, &b.flow, &both);
}
