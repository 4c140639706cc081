/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_SA_H
#define SDSA_SA_H 1

/* The objects that a gateway's backend is given: an SA and a policy, as RFC
 * 9061's sad-entry and spd-entry say them, with the hop end (the VLAN) that
 * sdsa-agent.yang adds.
 *
 * An SA is immutable and an SPI is one key for ever: there is no "modify".
 *
 * Each struct is made from a list of its members: FIELD(TYPE, NAME, KIND), or
 * FIELD(TYPE, NAME, ENUM, LAST VALUE).  Code that does the same with each
 * member is made from the same list: sa_equal() here, and what writes and
 * reads an SA in backend/wire.c.  So no member can be forgotten there. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct secret;
struct suite;

#define FIELD(TYPE, NAME, ...) TYPE NAME;

enum sa_direction { SA_OUTBOUND, SA_INBOUND };

/* Returns "outbound" or "inbound". */
const char *sa_direction_to_string(enum sa_direction);

enum sa_family { SA_FAMILY_ANY, SA_FAMILY_IPV4, SA_FAMILY_IPV6 };

/* Properties of a packet that selectors match. */
#define SA_TRAFFIC_FIELDS                                                     \
    FIELD(bool, ipv6, ENUM, true)                                             \
    FIELD(struct in6_addr, src, ADDRESS)   /* IPv4 ones are mapped. */        \
    FIELD(struct in6_addr, dst, ADDRESS)                                      \
    /* Each is -1 if the packet does not show it (a fragment). */             \
    FIELD(int, protocol, UINT)                                                \
    FIELD(int, src_port, UINT)                                                \
    FIELD(int, dst_port, UINT)
struct sa_traffic { SA_TRAFFIC_FIELDS };

/* A port matches if it is in one of the ranges.  Without a range each port
 * matches, and a packet without ports too. */
#define SA_MAX_PORT_RANGES 16
struct sa_port_range {
    uint16_t min, max;
};
struct sa_ports {
    size_t n;
    struct sa_port_range ranges[SA_MAX_PORT_RANGES];
};

/* Which inner packets.  As everywhere in sdsa "src" and "dst" are those of the
 * traffic itself, in both directions: RFC 9061's local-prefix is src and
 * remote-prefix is dst, also inbound (doc/decisions.md, 7). */
#define SA_SELECTOR_FIELDS                                                    \
    /* Prefixes of that family; IPv4 ones are mapped (lib/address.h). */      \
    FIELD(enum sa_family, family, ENUM, SA_FAMILY_IPV6)                       \
    FIELD(struct in6_addr, src, ADDRESS)                                      \
    FIELD(struct in6_addr, src_mask, ADDRESS)                                 \
    FIELD(struct in6_addr, dst, ADDRESS)                                      \
    FIELD(struct in6_addr, dst_mask, ADDRESS)                                 \
    FIELD(int, protocol, PROTOCOL)         /* -1: any. */                     \
    FIELD(struct sa_ports, src_ports, PORTS)                                  \
    FIELD(struct sa_ports, dst_ports, PORTS)
struct sa_selector { SA_SELECTOR_FIELDS };

#define SA_SELECTOR_ANY { .protocol = -1 }

/* Limits; 0 is no limit. */
#define SA_LIFETIME_FIELDS                                                    \
    FIELD(uint32_t, time_s, UINT)                                             \
    FIELD(uint64_t, bytes, UINT)                                              \
    FIELD(uint64_t, packets, UINT)                                            \
    FIELD(uint32_t, idle_s, UINT)
struct sa_lifetime { SA_LIFETIME_FIELDS };

/* RFC 4301 s.3.2.  In transport mode there is no other header: the tunnel
 * addresses are those of the packet, so the selector's, which are hosts. */
enum sa_mode { SA_TUNNEL, SA_TRANSPORT };

/* The outer header's Don't Fragment bit (IPv4) and DSCP, in tunnel mode. */
enum sa_df { SA_DF_AS_POLICY, SA_DF_CLEAR, SA_DF_SET, SA_DF_COPY };
enum sa_dscp { SA_DSCP_AS_POLICY, SA_DSCP_COPY, SA_DSCP_MAP };
#define SA_N_DSCPS 64
typedef uint8_t sa_dscp_map[SA_N_DSCPS];        /* Outer by inner DSCP. */

#define SA_FIELDS                                                             \
    FIELD(char *, name, STRING)            /* Of the sad-entry. */            \
    FIELD(uint32_t, spi, UINT)             /* Host order, >= 256. */          \
    FIELD(enum sa_direction, direction, ENUM, SA_INBOUND)                     \
    FIELD(uint16_t, vlan, UINT)            /* Hop end; 0: untagged. */        \
    FIELD(uint64_t, reqid, UINT)                                              \
    FIELD(enum sa_mode, mode, ENUM, SA_TRANSPORT)                             \
    FIELD(struct in6_addr, tunnel_src, ADDRESS) /* Outer addresses. */        \
    FIELD(struct in6_addr, tunnel_dst, ADDRESS)                               \
    FIELD(bool, udp, ENUM, true)           /* In UDP, RFC 3948; tunnel. */    \
    FIELD(uint16_t, udp_src, UINT)         /* Ports of UDP. */                \
    FIELD(uint16_t, udp_dst, UINT)                                            \
    FIELD(struct sa_selector, selector, SELECTOR)                             \
    FIELD(const struct suite *, suite, SUITE)                                 \
    FIELD(struct secret *, key, KEY)       /* Key and salt, or NULL. */       \
    FIELD(char *, key_check, STRING)       /* Hex; see secret_check(). */     \
    FIELD(bool, esn, ENUM, true)           /* 64-bit numbers, RFC 4303. */    \
    FIELD(uint32_t, replay_window, UINT)   /* Packets; 0: no check. */        \
    FIELD(struct sa_lifetime, soft, LIFETIME)                                 \
    FIELD(struct sa_lifetime, hard, LIFETIME)                                 \
    FIELD(bool, soft_ends, ENUM, true)     /* Ends at "soft" already. */      \
    FIELD(enum sa_df, df, ENUM, SA_DF_COPY)                                   \
    FIELD(enum sa_dscp, dscp, ENUM, SA_DSCP_MAP)                              \
    FIELD(sa_dscp_map, dscp_map, DSCP_MAP) /* For SA_DSCP_MAP. */             \
    /* Outbound: bit N takes packets with DSCP N; 0: each. */                 \
    FIELD(uint64_t, inner_dscps, UINT)
struct sa { SA_FIELDS };

enum policy_action { POLICY_DISCARD, POLICY_PROTECT };

/* Outbound: what to do with a packet that comes in on VLAN 'vlan' of the plain
 * port.  Inbound: which packets may leave on it after decryption. */
#define POLICY_FIELDS                                                         \
    FIELD(char *, name, STRING)            /* Of the spd-entry. */            \
    FIELD(enum sa_direction, direction, ENUM, SA_INBOUND)                     \
    FIELD(uint16_t, vlan, UINT)            /* Hop end. */                     \
    FIELD(uint64_t, reqid, UINT)           /* Ties it to SAs (RFC 9061). */   \
    /* Outbound, PROTECT: the SA to use; 0: the newest outbound SA of the     \
     * same reqid and VLAN. */                                                \
    FIELD(uint32_t, outbound_spi, UINT)                                       \
    FIELD(struct sa_selector, selector, SELECTOR)                             \
    FIELD(enum policy_action, action, ENUM, POLICY_PROTECT)                   \
    /* PROTECT: properties that the SAs must have. */                         \
    FIELD(enum sa_mode, mode, ENUM, SA_TRANSPORT)                             \
    FIELD(struct in6_addr, tunnel_src, ADDRESS) /* All zeros: any tunnel. */  \
    FIELD(struct in6_addr, tunnel_dst, ADDRESS)                               \
    FIELD(bool, esn, ENUM, true)                                              \
    FIELD(uint32_t, suites, UINT)          /* Bit N: suites[N]; 0: each. */   \
    /* PROTECT: the outer header, where the SA leaves it to the policy.       \
     * SA_DF_AS_POLICY is SA_DF_CLEAR here. */                                \
    FIELD(enum sa_df, df, ENUM, SA_DF_COPY)                                   \
    FIELD(bool, bypass_dscp, ENUM, true)   /* Copy the DSCP, or map it. */    \
    FIELD(sa_dscp_map, dscp_map, DSCP_MAP)
struct policy { POLICY_FIELDS };

#define SA_STATS_FIELDS                                                       \
    FIELD(uint64_t, packets, UINT)         /* Protected (outbound), */        \
    FIELD(uint64_t, bytes, UINT)           /* accepted (inbound). */          \
    FIELD(uint64_t, seq, UINT)             /* Last sent; highest received. */ \
    FIELD(uint64_t, replayed, UINT)        /* Drops: replay check. */         \
    FIELD(uint64_t, failed, UINT)          /* Drops: integrity check. */      \
    FIELD(uint32_t, age_s, UINT)                                              \
    FIELD(uint32_t, idle_s, UINT)                                             \
    FIELD(bool, soft_expired, ENUM, true)                                     \
    FIELD(bool, hard_expired, ENUM, true)
struct sa_stats { SA_STATS_FIELDS };

#undef FIELD

/* Returns a copy of the SA and its key.  Caller frees with sa_destroy(). */
struct sa *sa_clone(const struct sa *);

/* Returns a copy without the key, but with the 'key_check' of the key that
 * 'sa' must have.  Caller frees with sa_destroy(). */
struct sa *sa_clone_without_key(const struct sa *sa);

/* Returns the end of the tunnel that is the gateway which has this SA. */
const struct in6_addr *sa_own_ip(const struct sa *);

/* Frees the SA and wipes its key.  Accepts NULL. */
void sa_destroy(struct sa *);

/* Returns a copy of the policy.  Caller frees with policy_destroy(). */
struct policy *policy_clone(const struct policy *);

/* Frees the policy.  Accepts NULL. */
void policy_destroy(struct policy *);

/* Returns true if all members but 'key' are equal.  'key_check' stands for the
 * key. */
bool sa_equal(const struct sa *, const struct sa *);

/* Returns true if all members are equal. */
bool policy_equal(const struct policy *, const struct policy *);

/* Returns true if 'sa' has the mode, the tunnel and the algorithms that
 * 'policy' asks for. */
bool policy_takes_sa(const struct policy *policy, const struct sa *sa);

/* Returns true if the selector matches the inner packet.  A packet that does
 * not show its protocol or ports matches "any" only. */
bool sa_selector_matches(const struct sa_selector *,
                         const struct sa_traffic *);

#endif /* lib/sa.h */
