/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_XFRM_HOP_MSG_H
#define SDSA_XFRM_HOP_MSG_H 1

/* NETLINK_ROUTE messages: the devices, rules, routes and filters that carry
 * the packets of a hop end to its SAs and back.  Pure, as xfrm-msg is.
 *
 * On the plain port a filter takes the VLAN tag off and gives the packet to
 * the hop end's xfrm interface (HOP_IF), or marks it, so that a rule sends it
 * on to the cipher port where its policy waits (HOP_MARK).  On the cipher port
 * a filter takes the tag off and marks the packet; only an SA with that mark
 * takes it.  A packet that an SA made, in or out, bears another mark, which
 * chooses the way and, by a filter at the other port's exit, the tag.  There
 * are no VLAN devices, and no search goes from hop end to hop end.  A packet
 * that no filter at the cipher port's exit takes, a last one (the guard)
 * drops: only packets that an SA of a hop end made leave there, whatever else
 * in the kernel is set to send in clear (doc/decisions.md, 60 and 68).
 *
 *   plain, tag v -> pop, to sdx<v> ---- policy, SA ---> mark ESP|v  -> cipher
 *                   or mark PLAIN|v                     tag v
 *   plain, tag v <- mark CLEAR|v <----- SA, policy ---- mark CIPHER|v <- pop,
 *                                                       cipher, tag v
 */

#include <stdbool.h>
#include <stdint.h>

#include "packets.h"
#include "vnf-agent/backend/own-ips.h"
#include "vnf-agent/xfrm/hop-id.h"

struct nl_batch;
struct nl_msg;
struct nlmsghdr;

/* The two ports. */
struct hop_ports {
    int plain_ifindex, cipher_ifindex;
    struct eth_addr plain_peer, cipher_peer;    /* MACs to send to. */
    struct own_ips own_ips;
    bool ipv6;                  /* The namespace has IPv6. */
};

/* Appends messages that set up both ports.  They can be sent again: the kernel
 * then answers EEXIST to objects that are there. */
void hop_msgs_ports(struct nl_batch *, enum hop_kind,
                    const struct hop_ports *);

/* Appends a message that makes 'ip' no own address any more, with answers as
 * hop_msgs_ports_undo(). */
void hop_msgs_ip_undo(struct nl_batch *, const struct in6_addr *ip);

/* Appends messages that undo hop_msgs_ports().  They can be sent again: the
 * kernel then answers ENOENT, ENODEV, ESRCH or EADDRNOTAVAIL. */
void hop_msgs_ports_undo(struct nl_batch *, const struct hop_ports *);

/* Appends messages that make a hop end, with answers as hop_msgs_ports(). */
void hop_msgs_hop_end(struct nl_batch *, enum hop_kind,
                      const struct hop_ports *, uint16_t vlan);

/* Appends messages that remove a hop end of either kind, with answers as
 * hop_msgs_ports_undo(). */
void hop_msgs_hop_end_undo(struct nl_batch *, const struct hop_ports *,
                           uint16_t vlan);

/* Returns a request for the device 'name'.  Caller frees with
 * nl_msg_wipe(). */
struct nl_msg *hop_msg_link_get(const char *name);

/* Returns a request for all devices.  Caller frees with nl_msg_wipe(). */
struct nl_msg *hop_msg_link_dump(void);

struct hop_link {
    int ifindex;
    char name[16];
    struct eth_addr mac;
    int mtu;
    bool up;
    uint64_t rx_packets, tx_packets, tx_errors;

    char kind[8];               /* "xfrm", "vrf", or another's beginning. */
    uint32_t table;             /* "vrf": its table. */
    uint32_t if_id;             /* "xfrm": these two. */
    int lower_ifindex;
};

/* Parses a device.  Returns false if the message is of something else. */
bool hop_parse_link(const struct nlmsghdr *, struct hop_link *);

/* Returns the VLAN of an xfrm interface or VRF of ours by its index, or 0. */
uint16_t hop_ifindex_vlan(int ifindex);

/* Returns the VLAN of an xfrm interface or VRF of ours by its index and name,
 * or 0. */
uint16_t hop_link_vlan(const struct hop_link *);

/* Returns the table of a route of ours (RTM_NEWROUTE, RTM_DELROUTE), or 0.
 * '*vlan' becomes the VLAN if the table is that of a VRF of ours, else 0. */
uint32_t hop_parse_route(const struct nlmsghdr *, uint16_t *vlan);

/* Returns a request for the filters at the entry ('ingress') or exit of a
 * device.  Caller frees with nl_msg_wipe(). */
struct nl_msg *hop_msg_filter_dump(int ifindex, bool ingress);

/* Returns true if the device, an xfrm interface or VRF of ours for a port with
 * 'cipher_ifindex', is as hop_msgs_hop_end() makes it. */
bool hop_link_is_as_made(const struct hop_link *, int cipher_ifindex);

/* Returns true if the message is a filter with the guard's priority on
 * 'ifindex'; '*as_made' becomes true if it is the guard as hop_msgs_ports()
 * makes it. */
bool hop_parse_guard(const struct nlmsghdr *, int ifindex, bool *as_made);

/* Returns a message that removes all filters of the guard's priority at the
 * exit of 'ifindex'.  Caller frees with nl_msg_wipe(). */
struct nl_msg *hop_msg_guard_clear(int ifindex);

/* Returns the VLAN of a filter of ours on 'ifindex', or 0. */
uint16_t hop_parse_filter(const struct nlmsghdr *, int ifindex);

#endif /* vnf-agent/xfrm/hop-msg.h */
