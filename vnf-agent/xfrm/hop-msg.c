/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/xfrm/hop-msg.h"

#include <linux/fib_rules.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/tc_act/tc_skbedit.h>
#include <linux/tc_act/tc_vlan.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

#include "lib/address.h"
#include "util.h"
#include "vnf-agent/xfrm/nl-build.h"

/* Next hops.  No host has these addresses; static neighbours lead to the
 * bridge. */
#define NEXT_HOP_IPV4 0xa9fe5d5au       /* 169.254.93.90. */
#define NEXT_HOP_IPV6 "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\x5d\x5a"

/* Makes something, or (the type behind 'new_type') takes it away. */
static struct nl_msg *
edit_msg(bool add, int new_type, int flags, const void *header, size_t size)
{
    return nl_msg_create(add ? new_type : new_type + 1,
                         NLM_F_ACK | (add ? NLM_F_CREATE | flags : 0),
                         header, size);
}

/* Devices. */

#define LO_IFINDEX 1            /* Always. */

static void
device_name(char name[IFNAMSIZ], const char *prefix, uint16_t vlan)
{
    snprintf(name, IFNAMSIZ, "%s%"PRIu16, prefix, vlan);
}

/* Sets the 'if_flags' of a device. */
static struct nl_msg *
link_msg(int type, int flags, int ifindex, unsigned int if_flags)
{
    struct ifinfomsg ifi = {
        .ifi_index = ifindex,
        .ifi_flags = if_flags,
        .ifi_change = if_flags,
    };
    return nl_msg_create(type, NLM_F_ACK | flags, &ifi, sizeof ifi);
}

/* No link-local address: no traffic of its own. */
static void
put_no_address(struct nl_msg *msg)
{
    struct nlattr *spec = nl_nest(msg, IFLA_AF_SPEC);
    struct nlattr *inet6 = nl_nest(msg, AF_INET6);
    uint8_t mode = IN6_ADDR_GEN_MODE_NONE;

    nl_put(msg, IFLA_INET6_ADDR_GEN_MODE, &mode, sizeof mode);
    nla_nest_end(msg, inet6);
    nla_nest_end(msg, spec);
}

static struct nl_msg *
new_device(const char *prefix, int base, uint16_t vlan, const char *kind,
           int attr1, uint32_t value1, int attr2, uint32_t value2)
{
    struct nl_msg *msg = link_msg(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
                                  base + vlan, 0);
    char name[IFNAMSIZ];

    device_name(name, prefix, vlan);
    nl_put_string(msg, IFLA_IFNAME, name);
    struct nlattr *info = nl_nest(msg, IFLA_LINKINFO);
    nl_put_string(msg, IFLA_INFO_KIND, kind);
    struct nlattr *data = nl_nest(msg, IFLA_INFO_DATA);
    nl_put_u32(msg, attr1, value1);
    if (attr2) {
        nl_put_u32(msg, attr2, value2);
    }
    nla_nest_end(msg, data);
    nla_nest_end(msg, info);
    return msg;
}

/* Up, and below 'master' unless that is 0. */
static struct nl_msg *
link_up(int ifindex, int master, bool no_address)
{
    struct nl_msg *msg = link_msg(RTM_NEWLINK, 0, ifindex, IFF_UP);

    if (master) {
        nl_put_u32(msg, IFLA_MASTER, master);
    }
    if (no_address) {
        put_no_address(msg);
    }
    return msg;
}

static struct nl_msg *
port_up(int ifindex)
{
    return link_msg(RTM_NEWLINK, 0, ifindex, IFF_UP | IFF_NOARP);
}

struct nl_msg *
hop_msg_link_get(const char *name)
{
    struct nl_msg *msg = link_msg(RTM_GETLINK, 0, 0, 0);

    nl_put_string(msg, IFLA_IFNAME, name);
    return msg;
}

struct nl_msg *
hop_msg_link_dump(void)
{
    struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
    return nl_msg_create(RTM_GETLINK, NLM_F_DUMP, &ifi, sizeof ifi);
}

static void
parse_link_info(struct nlattr *attr, struct hop_link *link)
{
    struct nlattr *info[IFLA_INFO_MAX + 1];
    struct nlattr *data[MAX(IFLA_XFRM_MAX, IFLA_VRF_MAX) + 1];

    if (!attr || nla_parse_nested(info, IFLA_INFO_MAX, attr, NULL)
        || !info[IFLA_INFO_KIND]) {
        return;
    }
    nla_strlcpy(link->kind, info[IFLA_INFO_KIND], sizeof link->kind);
    if (!info[IFLA_INFO_DATA]
        || nla_parse_nested(data, ARRAY_SIZE(data) - 1, info[IFLA_INFO_DATA],
                            NULL)) {
        return;
    }
    if (!strcmp(link->kind, "vrf")) {
        link->table = (data[IFLA_VRF_TABLE] ? nla_get_u32(data[IFLA_VRF_TABLE])
                       : 0);
    } else if (!strcmp(link->kind, "xfrm")) {
        link->if_id = (data[IFLA_XFRM_IF_ID]
                       ? nla_get_u32(data[IFLA_XFRM_IF_ID]) : 0);
        link->lower_ifindex = (data[IFLA_XFRM_LINK]
                               ? nla_get_u32(data[IFLA_XFRM_LINK]) : 0);
    }
}

bool
hop_link_is_as_made(const struct hop_link *link, int cipher_ifindex)
{
    uint32_t id = HOP_IF_ID + hop_ifindex_vlan(link->ifindex);

    return (link->ifindex < HOP_IFINDEX_VRF
            ? (!strcmp(link->kind, "xfrm") && link->if_id == id
               && link->lower_ifindex == cipher_ifindex)
            : !strcmp(link->kind, "vrf") && link->table == id);
}

bool
hop_parse_link(const struct nlmsghdr *hdr_, struct hop_link *link)
{
    struct nlmsghdr *hdr = CONST_CAST(struct nlmsghdr *, hdr_);
    const struct ifinfomsg *ifi = nlmsg_data(hdr);
    struct nlattr *tb[IFLA_MAX + 1];

    memset(link, 0, sizeof *link);
    if (hdr->nlmsg_type != RTM_NEWLINK
        || nlmsg_parse(hdr, sizeof *ifi, tb, IFLA_MAX, NULL)
        || !tb[IFLA_IFNAME]) {
        return false;
    }
    link->ifindex = ifi->ifi_index;
    link->up = ifi->ifi_flags & IFF_UP;
    nla_strlcpy(link->name, tb[IFLA_IFNAME], sizeof link->name);
    if (tb[IFLA_ADDRESS] && nla_len(tb[IFLA_ADDRESS]) == ETH_ADDR_LEN) {
        memcpy(&link->mac, nla_data(tb[IFLA_ADDRESS]), ETH_ADDR_LEN);
    }
    link->mtu = tb[IFLA_MTU] ? nla_get_u32(tb[IFLA_MTU]) : 0;
    parse_link_info(tb[IFLA_LINKINFO], link);
    if (tb[IFLA_STATS64]) {
        struct rtnl_link_stats64 stats = { .rx_packets = 0 };

        memcpy(&stats, nla_data(tb[IFLA_STATS64]),
               MIN(sizeof stats, nla_len(tb[IFLA_STATS64])));
        link->rx_packets = stats.rx_packets;
        link->tx_packets = stats.tx_packets;
        link->tx_errors = stats.tx_errors;
    }
    return true;
}

uint16_t
hop_ifindex_vlan(int ifindex)
{
    int base = ifindex & ~0xfff, vlan = ifindex & 0xfff;

    return ((base == HOP_IFINDEX_XFRM || base == HOP_IFINDEX_VRF)
            && vlan <= HOP_MAX_VLAN ? vlan : 0);
}

uint16_t
hop_link_vlan(const struct hop_link *link)
{
    uint16_t vlan = hop_ifindex_vlan(link->ifindex);
    char name[IFNAMSIZ];

    device_name(name, link->ifindex < HOP_IFINDEX_VRF ? "sdx" : "sdv", vlan);
    return strcmp(name, link->name) ? 0 : vlan;
}

/* Routes, rules, neighbours. */

static void
put_next_hop(struct nl_msg *msg, int type, bool ipv6)
{
    if (ipv6) {
        nl_put(msg, type, NEXT_HOP_IPV6, 16);
    } else {
        nl_put_u32(msg, type, htonl(NEXT_HOP_IPV4));
    }
}

/* A default route; 'next_hop' or straight out of the device. */
static struct nl_msg *
route_msg(bool add, bool ipv6, uint32_t table, int ifindex, bool next_hop)
{
    struct rtmsg rtm = {
        .rtm_family = ipv6 ? AF_INET6 : AF_INET,
        .rtm_table = RT_TABLE_UNSPEC,
        .rtm_protocol = HOP_PROTOCOL,
        .rtm_scope = next_hop || ipv6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
        .rtm_type = RTN_UNICAST,
        .rtm_flags = next_hop ? RTNH_F_ONLINK : 0,
    };
    struct nl_msg *msg = edit_msg(add, RTM_NEWROUTE, NLM_F_REPLACE, &rtm,
                                  sizeof rtm);

    nl_put_u32(msg, RTA_TABLE, table);
    nl_put_u32(msg, RTA_OIF, ifindex);
    if (next_hop) {
        put_next_hop(msg, RTA_GATEWAY, ipv6);
    }
    return msg;
}

/* An own outer address, without which the gateway takes no ESP. */
static struct nl_msg *
local_route_msg(bool add, const struct in6_addr *ip)
{
    bool ipv6 = address_is_ipv6(ip);
    struct rtmsg rtm = {
        .rtm_family = ipv6 ? AF_INET6 : AF_INET,
        .rtm_dst_len = ipv6 ? 128 : 32,
        .rtm_table = RT_TABLE_LOCAL,
        .rtm_protocol = HOP_PROTOCOL,
        .rtm_scope = RT_SCOPE_HOST,
        .rtm_type = RTN_LOCAL,
    };
    struct nl_msg *msg = edit_msg(add, RTM_NEWROUTE, NLM_F_REPLACE, &rtm,
                                  sizeof rtm);

    if (ipv6) {
        nl_put(msg, RTA_DST, ip, 16);
    } else {
        nl_put_u32(msg, RTA_DST, ip->s6_addr32[3]);
    }
    nl_put_u32(msg, RTA_OIF, LO_IFINDEX);
    return msg;
}

uint32_t
hop_parse_route(const struct nlmsghdr *hdr_, uint16_t *vlan)
{
    struct nlmsghdr *hdr = CONST_CAST(struct nlmsghdr *, hdr_);
    const struct rtmsg *rtm = nlmsg_data(hdr);
    struct nlattr *tb[RTA_MAX + 1];

    *vlan = 0;
    if (nlmsg_parse(hdr, sizeof *rtm, tb, RTA_MAX, NULL)
        || rtm->rtm_protocol != HOP_PROTOCOL) {
        return 0;
    }
    uint32_t table = (tb[RTA_TABLE] ? nla_get_u32(tb[RTA_TABLE])
                      : rtm->rtm_table);
    if ((table ^ HOP_IF_ID) <= HOP_MAX_VLAN) {
        *vlan = table ^ HOP_IF_ID;
    }
    return table;
}

/* Packets with a mark of 'what' go by 'table'; 0: nowhere. */
static struct nl_msg *
rule_msg(bool add, bool ipv6, uint32_t what, uint32_t table)
{
    struct fib_rule_hdr frh = {
        .family = ipv6 ? AF_INET6 : AF_INET,
        .action = table ? FR_ACT_TO_TBL : FR_ACT_UNREACHABLE,
    };
    uint8_t protocol = HOP_PROTOCOL;
    struct nl_msg *msg = edit_msg(add, RTM_NEWRULE, NLM_F_EXCL, &frh,
                                  sizeof frh);

    nl_put_u32(msg, FRA_PRIORITY, (table ? HOP_RULE_PRIORITY
                                   : HOP_GUARD_PRIORITY));
    nl_put_u32(msg, FRA_FWMARK, what);
    nl_put_u32(msg, FRA_FWMASK, HOP_MARK_WHAT);
    if (table) {
        nl_put_u32(msg, FRA_TABLE, table);
    }
    nl_put(msg, FRA_PROTOCOL, &protocol, sizeof protocol);
    return msg;
}

static struct nl_msg *
neigh_msg(bool add, bool ipv6, int ifindex, const struct eth_addr *mac)
{
    struct ndmsg ndm = {
        .ndm_family = ipv6 ? AF_INET6 : AF_INET,
        .ndm_ifindex = ifindex,
        .ndm_state = NUD_PERMANENT,
    };
    struct nl_msg *msg = edit_msg(add, RTM_NEWNEIGH, NLM_F_REPLACE, &ndm,
                                  sizeof ndm);

    put_next_hop(msg, NDA_DST, ipv6);
    if (add) {
        nl_put(msg, NDA_LLADDR, mac, sizeof *mac);
    }
    return msg;
}

/* Filters. */

static struct nl_msg *
qdisc_msg(int ifindex)
{
    struct tcmsg tcm = {
        .tcm_family = AF_UNSPEC,
        .tcm_ifindex = ifindex,
        .tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0),
        .tcm_parent = TC_H_CLSACT,
    };
    /* Not NLM_F_EXCL: the answer to that does not tell clsact, which may be
     * there, from a qdisc "ingress", whose filters are all of the entry. */
    struct nl_msg *msg = nl_msg_create(RTM_NEWQDISC, NLM_F_ACK | NLM_F_CREATE,
                                       &tcm, sizeof tcm);

    nl_put_string(msg, TCA_KIND, "clsact");
    return msg;
}

static struct nl_msg *
any_filter_msg(bool add, int ifindex, bool ingress, uint32_t priority,
               uint16_t protocol, uint32_t handle, const char *kind)
{
    struct tcmsg tcm = {
        .tcm_family = AF_UNSPEC,
        .tcm_ifindex = ifindex,
        .tcm_handle = handle,
        .tcm_parent = TC_H_MAKE(TC_H_CLSACT, (ingress ? TC_H_MIN_INGRESS
                                              : TC_H_MIN_EGRESS)),
        .tcm_info = TC_H_MAKE(priority << 16, htons(protocol)),
    };
    struct nl_msg *msg = edit_msg(add, RTM_NEWTFILTER, 0, &tcm,
                                  sizeof tcm);

    nl_put_string(msg, TCA_KIND, kind);
    return msg;
}

static struct nl_msg *
filter_msg(bool add, int ifindex, bool ingress, uint16_t protocol,
           uint32_t handle, const char *kind)
{
    return any_filter_msg(add, ifindex, ingress, HOP_FILTER_PRIORITY,
                          protocol, handle, kind);
}

static struct nl_msg *
guard_msg(bool add, int ifindex)
{
    return any_filter_msg(add, ifindex, false, HOP_GUARD_PRIORITY, ETH_P_ALL,
                          HOP_GUARD_HANDLE, "matchall");
}

/* One action of a filter; 'parms' begins with tc_gen. */
static void
put_action(struct nl_msg *msg, int order, const char *kind, int parms_type,
           const void *parms, size_t parms_size, int extra_type,
           const void *extra, size_t extra_size)
{
    struct nlattr *action = nl_nest(msg, order);
    nl_put_string(msg, TCA_ACT_KIND, kind);
    struct nlattr *options = nl_nest(msg, TCA_ACT_OPTIONS);
    nl_put(msg, parms_type, parms, parms_size);
    if (extra_size) {
        nl_put(msg, extra_type, extra, extra_size);
    }
    nla_nest_end(msg, options);
    nla_nest_end(msg, action);
}

/* Filter at an entry: takes the tag 'vlan' off, and redirects to the device
 * 'redirect' or, if that is 0, sets 'mark'. */
static struct nl_msg *
ingress_filter(int ifindex, uint16_t vlan, int redirect, uint32_t mark)
{
    struct nl_msg *msg = filter_msg(true, ifindex, true, ETH_P_8021Q, vlan,
                                    "flower");
    struct nlattr *options = nl_nest(msg, TCA_OPTIONS);

    nl_put_u16(msg, TCA_FLOWER_KEY_ETH_TYPE, htons(ETH_P_8021Q));
    nl_put_u16(msg, TCA_FLOWER_KEY_VLAN_ID, vlan);
    struct nlattr *actions = nl_nest(msg, TCA_FLOWER_ACT);
    struct tc_vlan pop = {
        .action = TC_ACT_PIPE, .v_action = TCA_VLAN_ACT_POP
    };
    put_action(msg, 1, "vlan", TCA_VLAN_PARMS, &pop, sizeof pop, 0, NULL, 0);
    if (redirect) {
        struct tc_mirred mirred = {
            .action = TC_ACT_STOLEN,
            .eaction = TCA_EGRESS_REDIR,
            .ifindex = redirect,
        };
        put_action(msg, 2, "mirred", TCA_MIRRED_PARMS, &mirred, sizeof mirred,
                   0, NULL, 0);
    } else {
        struct tc_skbedit edit = { .action = TC_ACT_OK };
        put_action(msg, 2, "skbedit", TCA_SKBEDIT_PARMS, &edit, sizeof edit,
                   TCA_SKBEDIT_MARK, &mark, sizeof mark);
    }
    nla_nest_end(msg, actions);
    nla_nest_end(msg, options);
    return msg;
}

/* Filter at an exit: packets with 'mark' get the tag 'vlan'. */
static struct nl_msg *
egress_filter(int ifindex, uint16_t vlan, uint32_t mark)
{
    struct nl_msg *msg = filter_msg(true, ifindex, false, ETH_P_ALL, mark,
                                    "fw");
    struct nlattr *options = nl_nest(msg, TCA_OPTIONS);

    nl_put_u32(msg, TCA_FW_MASK, UINT32_MAX);
    struct nlattr *actions = nl_nest(msg, TCA_FW_ACT);
    struct tc_vlan push = {
        .action = TC_ACT_OK, .v_action = TCA_VLAN_ACT_PUSH
    };
    put_action(msg, 1, "vlan", TCA_VLAN_PARMS, &push, sizeof push,
               TCA_VLAN_PUSH_VLAN_ID, &vlan, sizeof vlan);
    nla_nest_end(msg, actions);
    nla_nest_end(msg, options);
    return msg;
}

/* Last filter at an exit: drops the packets that no filter before it took. */
static struct nl_msg *
guard_filter(int ifindex)
{
    struct nl_msg *msg = guard_msg(true, ifindex);
    struct nlattr *options = nl_nest(msg, TCA_OPTIONS);
    struct nlattr *actions = nl_nest(msg, TCA_MATCHALL_ACT);
    struct tc_gact drop = { .action = TC_ACT_SHOT };

    put_action(msg, 1, "gact", TCA_GACT_PARMS, &drop, sizeof drop, 0, NULL,
               0);
    nla_nest_end(msg, actions);
    nla_nest_end(msg, options);
    return msg;
}

struct nl_msg *
hop_msg_filter_dump(int ifindex, bool ingress)
{
    struct tcmsg tcm = {
        .tcm_family = AF_UNSPEC,
        .tcm_ifindex = ifindex,
        .tcm_parent = TC_H_MAKE(TC_H_CLSACT, (ingress ? TC_H_MIN_INGRESS
                                              : TC_H_MIN_EGRESS)),
    };
    return nl_msg_create(RTM_GETTFILTER, NLM_F_DUMP, &tcm, sizeof tcm);
}

struct nl_msg *
hop_msg_guard_clear(int ifindex)
{
    struct tcmsg tcm = {
        .tcm_family = AF_UNSPEC,
        .tcm_ifindex = ifindex,
        .tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS),
        .tcm_info = TC_H_MAKE(HOP_GUARD_PRIORITY << 16, 0),
    };
    return nl_msg_create(RTM_DELTFILTER, NLM_F_ACK, &tcm, sizeof tcm);
}

/* True if the filter has one action, which drops. */
static bool
only_drops(struct nlattr *filter[])
{
    struct nlattr *options[TCA_MATCHALL_MAX + 1];
    struct nlattr *actions[TCA_ACT_MAX_PRIO + 1];
    struct nlattr *action[TCA_ACT_MAX + 1];
    struct nlattr *gact[TCA_GACT_MAX + 1];

    if (!filter[TCA_OPTIONS]
        || nla_parse_nested(options, TCA_MATCHALL_MAX, filter[TCA_OPTIONS],
                            NULL)
        || !options[TCA_MATCHALL_ACT]
        || nla_parse_nested(actions, TCA_ACT_MAX_PRIO,
                            options[TCA_MATCHALL_ACT], NULL)
        || !actions[1]
        || nla_parse_nested(action, TCA_ACT_MAX, actions[1], NULL)
        || !action[TCA_ACT_KIND] || !action[TCA_ACT_OPTIONS]
        || strcmp(nla_get_string(action[TCA_ACT_KIND]), "gact")
        || nla_parse_nested(gact, TCA_GACT_MAX, action[TCA_ACT_OPTIONS], NULL)
        || !gact[TCA_GACT_PARMS]
        || nla_len(gact[TCA_GACT_PARMS]) < sizeof(struct tc_gact)) {
        return false;
    }
    const struct tc_gact *parms = nla_data(gact[TCA_GACT_PARMS]);
    return parms->action == TC_ACT_SHOT && !gact[TCA_GACT_PROB];
}

bool
hop_parse_guard(const struct nlmsghdr *hdr_, int ifindex, bool *as_made)
{
    struct nlmsghdr *hdr = CONST_CAST(struct nlmsghdr *, hdr_);
    const struct tcmsg *tcm = nlmsg_data(hdr);
    struct nlattr *tb[TCA_MAX + 1];

    if (hdr->nlmsg_type != RTM_NEWTFILTER
        || nlmsg_parse(hdr, sizeof *tcm, tb, TCA_MAX, NULL)
        || tcm->tcm_ifindex != ifindex
        || TC_H_MAJ(tcm->tcm_info) >> 16 != HOP_GUARD_PRIORITY) {
        return false;
    }
    /* A filter without a handle is the head of those of its priority. */
    *as_made = (tb[TCA_KIND]
                && !strcmp(nla_get_string(tb[TCA_KIND]), "matchall")
                && TC_H_MIN(tcm->tcm_info) == htons(ETH_P_ALL)
                && (!tcm->tcm_handle
                    || (tcm->tcm_handle == HOP_GUARD_HANDLE
                        && only_drops(tb))));
    return true;
}

uint16_t
hop_parse_filter(const struct nlmsghdr *hdr_, int ifindex)
{
    struct nlmsghdr *hdr = CONST_CAST(struct nlmsghdr *, hdr_);
    const struct tcmsg *tcm = nlmsg_data(hdr);

    if (hdr->nlmsg_type != RTM_NEWTFILTER
        || hdr->nlmsg_len < nlmsg_size(sizeof *tcm)
        || tcm->tcm_ifindex != ifindex
        || TC_H_MAJ(tcm->tcm_info) >> 16 != HOP_FILTER_PRIORITY) {
        return 0;
    }
    uint32_t what = tcm->tcm_handle & HOP_MARK_WHAT;
    uint32_t vlan = tcm->tcm_handle ^ what;
    bool ours = (!what || what == HOP_MARK_ESP || what == HOP_MARK_CLEAR);
    return ours && vlan <= HOP_MAX_VLAN ? vlan : 0;
}

/* All together. */

/* Makes, or takes away, the ways out of both ports for one family. */
static void
port_ways(struct nl_batch *list, bool add, enum hop_kind kind,
          const struct hop_ports *p, bool ipv6)
{
    nl_batch_add(list, neigh_msg(add, ipv6, p->cipher_ifindex,
                                 &p->cipher_peer));
    nl_batch_add(list, neigh_msg(add, ipv6, p->plain_ifindex, &p->plain_peer));
    nl_batch_add(list, route_msg(add, ipv6, HOP_TABLE_CIPHER,
                                 p->cipher_ifindex, true));
    nl_batch_add(list, route_msg(add, ipv6, HOP_TABLE_PLAIN, p->plain_ifindex,
                                 true));
    /* The guards first: no moment without one. */
    nl_batch_add(list, rule_msg(add, ipv6, HOP_MARK_PLAIN, 0));
    nl_batch_add(list, rule_msg(add, ipv6, HOP_MARK_CLEAR, 0));
    nl_batch_add(list, rule_msg(add, ipv6, HOP_MARK_CIPHER, 0));
    nl_batch_add(list, rule_msg(add, ipv6, HOP_MARK_ESP, 0));
    nl_batch_add(list, rule_msg(add, ipv6, HOP_MARK_ESP, HOP_TABLE_CIPHER));
    nl_batch_add(list, rule_msg(add, ipv6, HOP_MARK_CLEAR, HOP_TABLE_PLAIN));
    if (kind == HOP_MARK) {
        nl_batch_add(list, rule_msg(add, ipv6, HOP_MARK_PLAIN,
                                    HOP_TABLE_CIPHER));
    }
}

void
hop_msgs_ports(struct nl_batch *list, enum hop_kind kind,
               const struct hop_ports *p)
{
    nl_batch_add(list, port_up(p->plain_ifindex));
    nl_batch_add(list, port_up(p->cipher_ifindex));
    nl_batch_add(list, link_up(LO_IFINDEX, 0, false));
    for (size_t i = 0; i < p->own_ips.n; i++) {
        nl_batch_add(list, local_route_msg(true, &p->own_ips.ips[i]));
    }
    for (int ipv6 = 0; ipv6 <= p->ipv6; ipv6++) {
        port_ways(list, true, kind, p, ipv6);
    }
    nl_batch_add(list, qdisc_msg(p->cipher_ifindex));
    nl_batch_add(list, guard_filter(p->cipher_ifindex));
    nl_batch_add(list, qdisc_msg(p->plain_ifindex));
}

void
hop_msgs_ip_undo(struct nl_batch *list, const struct in6_addr *ip)
{
    nl_batch_add(list, local_route_msg(false, ip));
}

/* Both kinds' objects; leaves the clsact qdiscs, which may not be ours. */
void
hop_msgs_ports_undo(struct nl_batch *list, const struct hop_ports *p)
{
    struct nl_batch ways = { .ops = NULL };

    for (int ipv6 = 0; ipv6 <= p->ipv6; ipv6++) {
        port_ways(&ways, false, HOP_MARK, p, ipv6);
    }
    while (ways.n) {            /* Backwards: the guards last. */
        nl_batch_add(list, ways.ops[--ways.n].msg);
    }
    nl_batch_clear(&ways);
    for (size_t i = 0; i < p->own_ips.n; i++) {
        hop_msgs_ip_undo(list, &p->own_ips.ips[i]);
    }
    nl_batch_add(list, guard_msg(false, p->cipher_ifindex));
}

void
hop_msgs_hop_end(struct nl_batch *list, enum hop_kind kind,
                 const struct hop_ports *p, uint16_t vlan)
{
    int sdx = HOP_IFINDEX_XFRM + vlan, sdv = HOP_IFINDEX_VRF + vlan;

    if (kind == HOP_IF) {
        nl_batch_add(list, new_device("sdv", HOP_IFINDEX_VRF, vlan, "vrf",
                                      IFLA_VRF_TABLE, HOP_IF_ID + vlan, 0, 0));
        nl_batch_add(list, new_device("sdx", HOP_IFINDEX_XFRM, vlan, "xfrm",
                                      IFLA_XFRM_LINK, p->cipher_ifindex,
                                      IFLA_XFRM_IF_ID, HOP_IF_ID + vlan));
        nl_batch_add(list, link_up(sdv, 0, p->ipv6));
        nl_batch_add(list, link_up(sdx, sdv, p->ipv6));
        /* A packet that a filter gives to the device needs a route through
         * it. */
        nl_batch_add(list, route_msg(true, false, HOP_IF_ID + vlan, sdx,
                                     false));
        if (p->ipv6) {
            nl_batch_add(list, route_msg(true, true, HOP_IF_ID + vlan, sdx,
                                         false));
        }
    }
    nl_batch_add(list, egress_filter(p->cipher_ifindex, vlan,
                                     HOP_MARK_ESP | vlan));
    nl_batch_add(list, egress_filter(p->plain_ifindex, vlan,
                                     HOP_MARK_CLEAR | vlan));
    nl_batch_add(list, ingress_filter(p->cipher_ifindex, vlan, 0,
                                      HOP_MARK_CIPHER | vlan));
    nl_batch_add(list, ingress_filter(p->plain_ifindex, vlan,
                                      kind == HOP_IF ? sdx : 0,
                                      HOP_MARK_PLAIN | vlan));
}

void
hop_msgs_hop_end_undo(struct nl_batch *list, const struct hop_ports *p,
                      uint16_t vlan)
{
    nl_batch_add(list, filter_msg(false, p->plain_ifindex, true, ETH_P_8021Q,
                                  vlan, "flower"));
    nl_batch_add(list, filter_msg(false, p->cipher_ifindex, true, ETH_P_8021Q,
                                  vlan, "flower"));
    nl_batch_add(list, filter_msg(false, p->cipher_ifindex, false, ETH_P_ALL,
                                  HOP_MARK_ESP | vlan, "fw"));
    nl_batch_add(list, filter_msg(false, p->plain_ifindex, false, ETH_P_ALL,
                                  HOP_MARK_CLEAR | vlan, "fw"));
    nl_batch_add(list, link_msg(RTM_DELLINK, 0, HOP_IFINDEX_XFRM + vlan, 0));
    nl_batch_add(list, link_msg(RTM_DELLINK, 0, HOP_IFINDEX_VRF + vlan, 0));
}
