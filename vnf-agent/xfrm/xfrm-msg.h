/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_XFRM_MSG_H
#define SDSA_XFRM_MSG_H 1

/* NETLINK_XFRM messages, built and parsed, in xfrm-sa.c and xfrm-policy.c; and
 * limits of the kernel, in xfrm-check.c.  Pure: no I/O, no state.
 *
 * Each encoder returns a request with NLM_F_ACK and without a sequence number;
 * caller frees with nl_msg_wipe() of nl-build.h.  Objects that are beyond the
 * kernel's limits must be refused before, by xfrm_check_*(). */

#include <stdbool.h>
#include <stdint.h>

#include "lib/sa.h"
#include "vnf-agent/xfrm/hop-id.h"

struct nl_msg;
struct nlmsghdr;

/* Returns NULL if the kernel can do the SA, else an error (caller frees). */
char *xfrm_check_sa(const struct sa *);

/* Returns NULL if the kernel can do the policy, else an error (caller
 * frees). */
char *xfrm_check_policy(const struct policy *);

/* Returns the hard lifetime: sa->hard, or sa->soft where the SA ends with
 * that. 0 is no limit. */
struct sa_lifetime xfrm_hard_limits(const struct sa *);

/* Adds an SA; 'sa' has its key.  'clear_df': the outer header has no DF bit,
 * else the inner one's; 'copy_dscp': it has the inner DSCP, else 0. */
struct nl_msg *xfrm_msg_sa_add(enum hop_kind, const struct sa *,
                               bool clear_df, bool copy_dscp);

/* Deletes the SA of the direction, VLAN, SPI and outer addresses of 'sa'. */
struct nl_msg *xfrm_msg_sa_delete(enum hop_kind, const struct sa *sa);

/* Asks for the SA of the direction, VLAN, SPI and outer addresses of 'sa'. */
struct nl_msg *xfrm_msg_sa_get(enum hop_kind, const struct sa *sa);

/* Asks for all SAs. */
struct nl_msg *xfrm_msg_sa_dump(void);

#define XFRM_NO_SPI 1           /* Reserved by IANA: no SA has it. */

/* Sets the policy for inner packets of one family; outbound in direction
 * "out", inbound in "fwd".  A lower 'priority' counts first.  'pinned' is the
 * SA of an outbound policy that protects.  With NULL its SPI is XFRM_NO_SPI:
 * the kernel drops packets and tells ACQUIRE (doc/decisions.md, 64). */
struct nl_msg *xfrm_msg_policy_set(enum hop_kind, const struct policy *,
                                   bool ipv6, uint32_t priority,
                                   const struct sa *pinned);

/* Deletes the policy for inner packets of one family. */
struct nl_msg *xfrm_msg_policy_delete(enum hop_kind, const struct policy *,
                                      bool ipv6);

/* Asks for all policies. */
struct nl_msg *xfrm_msg_policy_dump(void);

/* Lets packets with a mark of 'what' (HOP_MARK_*) pass as they are. */
struct nl_msg *xfrm_msg_allow(int xfrm_dir, bool ipv6, uint32_t what);

/* Makes the kernel block packets that no policy matches, or pass them, in the
 * directions in, fwd and out. */
struct nl_msg *xfrm_msg_set_default(bool block);

/* Returns true if the kernel cannot tell the policies from each other, for
 * packets of that family. */
bool xfrm_policies_collide(const struct policy *, const struct policy *,
                           bool ipv6);

/* Returns true if the selector needs a policy for that family. */
bool xfrm_selector_has(const struct sa_selector *, bool ipv6);

#define XFRM_UDP_PORT 4500      /* ESP in UDP is received at it. */

/* An SA or its identity, from a dump, an event or the answer to a get. */
struct xfrm_sa_info {
    enum sa_direction direction;
    uint16_t vlan;
    uint32_t spi;
    uint64_t reqid;
    struct in6_addr src, dst;
    bool larval;                /* Made by an ACQUIRE, without a key. */
    const char *algorithm;      /* In the message, or NULL. */
    char key_check[17];         /* secret_check() of its key, or "". */
    char key_print[17];         /* used_keys_check() of its key, or "". */
    bool esn;
    bool udp;                   /* In UDP, and its ports. */
    uint16_t udp_src, udp_dst;
    uint32_t replay_window;
    uint32_t output_mark;       /* 0: none, or of some bits only. */
    struct sa_stats stats;      /* Without *_expired. */
    uint64_t add_time_s, use_time_s;    /* Wall clock; 0: never. */
    bool hard;                  /* EXPIRE: of the hard lifetime. */
};

/* Returns true if 'hdr' (NEWSA, UPDSA, EXPIRE) is of an SA of ours. */
bool xfrm_parse_sa(const struct nlmsghdr *, enum hop_kind,
                   struct xfrm_sa_info *);

/* Returns true if 'info' is of 'sa', with the key of sa->key_check. */
bool xfrm_sa_info_matches(const struct xfrm_sa_info *info,
                          const struct sa *sa);

/* A policy of ours, from a dump or an ACQUIRE. */
struct xfrm_policy_info {
    int xfrm_dir;
    uint16_t vlan;              /* 0: one of the "allow" policies. */
    bool ipv6;
    struct { uint32_t value, mask; } mark;      /* Mask 0: none. */
    uint32_t if_id;             /* 0: none. */
    struct sa_selector selector;
};

/* Returns true if 'hdr' (NEWPOLICY, UPDPOLICY) is of a policy of ours, of
 * either kind. */
bool xfrm_parse_policy(const struct nlmsghdr *, struct xfrm_policy_info *);

/* Deletes the policy of 'info' exactly. */
struct nl_msg *xfrm_msg_policy_delete_info(const struct xfrm_policy_info *);

/* Parses an ACQUIRE: the packet, and the hop end's VLAN.  Returns false if it
 * is not of a policy of ours. */
bool xfrm_parse_acquire(const struct nlmsghdr *, uint16_t *vlan,
                        struct sa_traffic *);

#endif /* vnf-agent/xfrm/xfrm-msg.h */
