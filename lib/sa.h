#ifndef SDSA_SA_H
#define SDSA_SA_H 1

/* The objects that a gateway's backend is given: an SA and a policy, as RFC
 * 9061's sad-entry and spd-entry say them, with the hop end (the VLAN) that
 * sdsa-agent.yang adds.
 *
 * An SA is immutable and an SPI is one key for ever: there is no "modify". */

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct secret;
struct suite;

enum sa_direction { SA_OUTBOUND, SA_INBOUND };

const char *sa_direction_to_string(enum sa_direction);

enum sa_family { SA_FAMILY_ANY, SA_FAMILY_IPV4, SA_FAMILY_IPV6 };

/* What a packet shows of itself. */
struct sa_traffic {
    bool ipv6;
    struct in6_addr src, dst;   /* IPv4 ones mapped. */
    int protocol;               /* -1 or ports -1: it does not show them (a */
    int src_port, dst_port;     /* fragment). */
};

/* Which inner packets.  As everywhere in sdsa "src" and "dst" are those of the
 * traffic itself, in both directions: RFC 9061's local-prefix is src and
 * remote-prefix is dst, also inbound (doc/decisions.md). */
struct sa_selector {
    enum sa_family family;
    struct in6_addr src, src_mask;      /* Prefixes of that family, IPv4 ones */
    struct in6_addr dst, dst_mask;      /* mapped (lib/address.h). */
    int protocol;               /* IP protocol number, or -1 for any. */
    uint16_t src_port_min, src_port_max;    /* 0 to 65535 means any. */
    uint16_t dst_port_min, dst_port_max;
};

#define SA_SELECTOR_ANY \
    { .protocol = -1, .src_port_max = UINT16_MAX, .dst_port_max = UINT16_MAX }

/* 0 is no limit, each. */
struct sa_lifetime {
    uint32_t time_s;
    uint64_t bytes;
    uint64_t packets;
    uint32_t idle_s;
};

struct sa {
    char *name;                 /* Of the sad-entry. */
    uint32_t spi;               /* Host order, >= 256. */
    enum sa_direction direction;
    uint16_t vlan;             /* Hop end: VID 1 to 4094, or 0 for untagged. */
    uint64_t reqid;
    struct in6_addr tunnel_src, tunnel_dst; /* Outer addresses. */
    struct sa_selector selector;
    const struct suite *suite;
    struct secret *key;      /* Key and salt.  NULL in what a backend dumps. */
    char *key_check;            /* Hex; see secret_check(). */
    bool esn;                  /* 64-bit sequence numbers, RFC 4303 s.2.2.1. */
    uint32_t replay_window;     /* Packets; 0 switches the check off. */
    struct sa_lifetime soft, hard;
};

enum sa_df { SA_DF_CLEAR, SA_DF_SET, SA_DF_COPY };

enum policy_action { POLICY_DISCARD, POLICY_PROTECT };

/* Outbound: what to do with a packet that comes in on VLAN 'vlan' of the plain
 * port.  Inbound: which packets may leave on it after decryption. */
struct policy {
    char *name;                 /* Of the spd-entry. */
    enum sa_direction direction;
    uint16_t vlan;
    uint64_t reqid;             /* Ties it to SAs, RFC 9061 s.5.3.1. */
    uint32_t outbound_spi;   /* Outbound, PROTECT: the SA to use; 0: the newest
                                 * outbound SA of the same reqid and VLAN. */
    struct sa_selector selector;
    enum policy_action action;
    enum sa_df df;              /* Outer DF bit, of IPv4. */
    bool bypass_dscp;           /* Copy the inner DSCP to the outer header. */
};

struct sa_stats {
    uint64_t packets, bytes;    /* Protected (outbound), accepted (inbound). */
    uint64_t seq;               /* Last sent; or right edge of the window. */
    uint64_t replayed;          /* Dropped by the replay check. */
    uint64_t failed;            /* Dropped by the integrity check. */
    uint32_t age_s, idle_s;
    bool soft_expired, hard_expired;
};

/* Each clones or frees all of it, the key too (wiped).  NULL is accepted by
 * destroy. */
struct sa *sa_clone(const struct sa *);
void sa_destroy(struct sa *);
struct policy *policy_clone(const struct policy *);
void policy_destroy(struct policy *);

/* Two SAs that say the same thing: all but 'key', which key_check stands
 * for. */
bool sa_equal(const struct sa *, const struct sa *);
bool policy_equal(const struct policy *, const struct policy *);

/* Is the inner packet of the selector?  A packet that does not show protocol or
 * ports matches "any" only. */
bool sa_selector_matches(const struct sa_selector *,
                         const struct sa_traffic *);

#endif /* lib/sa.h */
