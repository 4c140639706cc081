#ifndef SDSA_SA_H
#define SDSA_SA_H 1

/* The objects that a gateway's backend is given: an SA and a policy, as RFC
 * 9061's sad-entry and spd-entry say them, with the hop end (the VLAN) that
 * sdsa-agent.yang adds.
 *
 * An SA is immutable and an SPI is one key for ever: there is no "modify". */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
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

/* Ports: those of any of the ranges; without a range, each and none. */
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
 * remote-prefix is dst, also inbound (doc/decisions.md). */
struct sa_selector {
    enum sa_family family;
    struct in6_addr src, src_mask;      /* Prefixes of that family, IPv4 ones */
    struct in6_addr dst, dst_mask;      /* mapped (lib/address.h). */
    int protocol;               /* IP protocol number, or -1 for any. */
    struct sa_ports src_ports, dst_ports;
};

#define SA_SELECTOR_ANY { .protocol = -1 }

/* 0 is no limit, each. */
struct sa_lifetime {
    uint32_t time_s;
    uint64_t bytes;
    uint64_t packets;
    uint32_t idle_s;
};

/* RFC 4301 s.3.2.  In transport mode there is no other header: the tunnel
 * addresses are those of the packet, so the selector's, which are hosts. */
enum sa_mode { SA_TUNNEL, SA_TRANSPORT };

/* The outer header's Don't Fragment bit (IPv4) and DSCP, in tunnel mode.  What
 * an SA does not say its policy does. */
enum sa_df { SA_DF_AS_POLICY, SA_DF_CLEAR, SA_DF_SET, SA_DF_COPY };
enum sa_dscp { SA_DSCP_AS_POLICY, SA_DSCP_COPY, SA_DSCP_MAP };
#define SA_N_DSCPS 64

struct sa {
    char *name;                 /* Of the sad-entry. */
    uint32_t spi;               /* Host order, >= 256. */
    enum sa_direction direction;
    uint16_t vlan;             /* Hop end: VID 1 to 4094, or 0 for untagged. */
    uint64_t reqid;
    enum sa_mode mode;
    struct in6_addr tunnel_src, tunnel_dst; /* Outer addresses. */
    bool udp;                   /* In UDP (RFC 3948); tunnel mode only. */
    uint16_t udp_src, udp_dst;  /* Its ports. */
    struct sa_selector selector;
    const struct suite *suite;
    struct secret *key;      /* Key and salt.  NULL in what a backend dumps. */
    char *key_check;            /* Hex; see secret_check(). */
    bool esn;                  /* 64-bit sequence numbers, RFC 4303 s.2.2.1. */
    uint32_t replay_window;     /* Packets; 0 switches the check off. */
    struct sa_lifetime soft, hard;
    bool soft_ends;             /* It ends at the soft one already. */
    enum sa_df df;
    enum sa_dscp dscp;
    uint8_t dscp_map[SA_N_DSCPS];       /* SA_DSCP_MAP: outer by inner. */
    uint64_t inner_dscps;       /* Outbound: bit N takes DSCP N; 0: each. */
};

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

    /* PROTECT: what its SAs must be like. */
    enum sa_mode mode;
    struct in6_addr tunnel_src, tunnel_dst;     /* All zeros: any. */
    bool esn;                   /* Extended sequence numbers. */
    uint32_t suites;            /* Bit N: suites[N] is allowed; 0: each. */

    enum sa_df df;              /* SA_DF_AS_POLICY is SA_DF_CLEAR. */
    bool bypass_dscp;           /* Copy the inner DSCP to the outer header. */
    uint8_t dscp_map[SA_N_DSCPS];       /* Else outer by inner. */
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

/* Is 'sa' of the mode, the tunnel and the algorithms that 'policy' asks for? */
bool policy_takes_sa(const struct policy *, const struct sa *);

/* Is the inner packet of the selector?  A packet that does not show protocol or
 * ports matches "any" only. */
bool sa_selector_matches(const struct sa_selector *,
                         const struct sa_traffic *);

#endif /* lib/sa.h */
