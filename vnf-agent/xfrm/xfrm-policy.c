/* SPDX-License-Identifier: Apache-2.0 */
/* NETLINK_XFRM messages of policies. */
#include <config.h>
#include "vnf-agent/xfrm/xfrm-msg.h"

#include <arpa/inet.h>
#include <linux/xfrm.h>
#include <netlink/msg.h>
#include <string.h>

#include "packets.h"
#include "util.h"
#include "vnf-agent/xfrm/nl-build.h"
#include "vnf-agent/xfrm/xfrm-attr.h"

bool
xfrm_selector_has(const struct sa_selector *s, bool ipv6)
{
    return (s->family == SA_FAMILY_ANY
            || (s->family == SA_FAMILY_IPV6) == ipv6);
}

static int
policy_dir(const struct policy *policy)
{
    return (policy->direction == SA_OUTBOUND ? XFRM_POLICY_OUT
            : XFRM_POLICY_FWD);
}

static void
put_policy_id(struct nl_msg *msg, enum hop_kind kind,
              const struct policy *policy)
{
    if (kind == HOP_IF) {
        nl_put_u32(msg, XFRMA_IF_ID, HOP_IF_ID | policy->vlan);
    } else {
        uint32_t what = (policy->direction == SA_OUTBOUND ? HOP_MARK_PLAIN
                         : HOP_MARK_CLEAR);
        xfrm_put_mark(msg, what | policy->vlan, UINT32_MAX);
    }
}

static void
fill_policy(struct xfrm_userpolicy_info *info, int dir, uint32_t priority,
            bool allow)
{
    info->lft.soft_byte_limit = info->lft.hard_byte_limit = XFRM_INF;
    info->lft.soft_packet_limit = info->lft.hard_packet_limit = XFRM_INF;
    info->priority = priority;
    info->dir = dir;
    info->action = allow ? XFRM_POLICY_ALLOW : XFRM_POLICY_BLOCK;
}

bool
xfrm_policies_collide(const struct policy *a, const struct policy *b,
                      bool ipv6)
{
    struct xfrm_selector a_sel, b_sel;

    if (a->direction != b->direction || a->vlan != b->vlan
        || !xfrm_selector_has(&a->selector, ipv6)
        || !xfrm_selector_has(&b->selector, ipv6)) {
        return false;
    }
    xfrm_fill_selector(&a->selector, ipv6 ? AF_INET6 : AF_INET, &a_sel);
    xfrm_fill_selector(&b->selector, ipv6 ? AF_INET6 : AF_INET, &b_sel);
    return !memcmp(&a_sel, &b_sel, sizeof a_sel);
}

/* Without an SA the policy asks for one that can never be: packets are
 * dropped, and the kernel says so (ACQUIRE). */
static void
fill_outbound_template(struct xfrm_user_tmpl *tmpl, const struct sa *pinned)
{
    const struct in6_addr nobody
        = in6_addr_mapped_ipv4(htonl(INADDR_LOOPBACK));
    const struct in6_addr *src = pinned ? &pinned->tunnel_src : &nobody;
    const struct in6_addr *dst = pinned ? &pinned->tunnel_dst : &nobody;

    tmpl->id.daddr = xfrm_from_ip(dst);
    tmpl->id.spi = htonl(pinned ? pinned->spi : XFRM_NO_SPI);
    tmpl->saddr = xfrm_from_ip(src);
    tmpl->family = xfrm_family(dst);
    tmpl->reqid = pinned ? pinned->reqid : 0;
}

struct nl_msg *
xfrm_msg_policy_set(enum hop_kind kind, const struct policy *policy, bool ipv6,
                    uint32_t priority, const struct sa *pinned)
{
    bool protect = policy->action == POLICY_PROTECT;
    struct xfrm_userpolicy_info info;

    memset(&info, 0, sizeof info);
    xfrm_fill_selector(&policy->selector, ipv6 ? AF_INET6 : AF_INET,
                       &info.sel);
    fill_policy(&info, policy_dir(policy), priority, protect);
    struct nl_msg *msg = nl_msg_create(XFRM_MSG_UPDPOLICY, NLM_F_ACK, &info,
                                       sizeof info);
    if (protect) {
        struct xfrm_user_tmpl tmpl;

        memset(&tmpl, 0, sizeof tmpl);
        tmpl.id.proto = IPPROTO_ESP;
        tmpl.family = info.sel.family;
        if (policy->direction == SA_OUTBOUND) {
            fill_outbound_template(&tmpl, pinned);
        } else {
            tmpl.reqid = policy->reqid;
        }
        tmpl.mode = XFRM_MODE_TUNNEL;
        tmpl.aalgos = tmpl.ealgos = tmpl.calgos = UINT32_MAX;
        nl_put(msg, XFRMA_TMPL, &tmpl, sizeof tmpl);
    }
    put_policy_id(msg, kind, policy);
    return msg;
}

static struct nl_msg *
delete_msg(int dir, bool ipv6, const struct sa_selector *selector)
{
    struct xfrm_userpolicy_id id;

    memset(&id, 0, sizeof id);
    xfrm_fill_selector(selector, ipv6 ? AF_INET6 : AF_INET, &id.sel);
    id.dir = dir;
    return nl_msg_create(XFRM_MSG_DELPOLICY, NLM_F_ACK, &id, sizeof id);
}

struct nl_msg *
xfrm_msg_policy_delete(enum hop_kind kind, const struct policy *policy,
                       bool ipv6)
{
    struct nl_msg *msg = delete_msg(policy_dir(policy), ipv6,
                                    &policy->selector);

    put_policy_id(msg, kind, policy);
    return msg;
}

struct nl_msg *
xfrm_msg_policy_dump(void)
{
    return nl_msg_create(XFRM_MSG_GETPOLICY, NLM_F_DUMP, NULL, 0);
}

struct nl_msg *
xfrm_msg_allow(int dir, bool ipv6, uint32_t what)
{
    struct xfrm_userpolicy_info info;

    memset(&info, 0, sizeof info);
    info.sel.family = ipv6 ? AF_INET6 : AF_INET;
    fill_policy(&info, dir, 0, true);
    struct nl_msg *msg = nl_msg_create(XFRM_MSG_UPDPOLICY, NLM_F_ACK, &info,
                                       sizeof info);
    xfrm_put_mark(msg, what, HOP_MARK_WHAT);
    return msg;
}

struct nl_msg *
xfrm_msg_set_default(bool block)
{
    uint8_t action = block ? XFRM_USERPOLICY_BLOCK : XFRM_USERPOLICY_ACCEPT;
    struct xfrm_userpolicy_default def = {
        .in = action, .fwd = action, .out = action
    };
    return nl_msg_create(XFRM_MSG_SETDEFAULT, NLM_F_ACK, &def, sizeof def);
}

/* Parsing. */

/* Of either kind, so that a kind that is no longer used can be cleared. */
static bool
identify_policy(struct nlattr *tb[], struct xfrm_policy_info *info)
{
    struct xfrm_mark mark = xfrm_get_mark(tb);

    info->mark.value = mark.v;
    info->mark.mask = mark.m;
    info->if_id = xfrm_get_u32(tb[XFRMA_IF_ID]);
    if (info->if_id) {
        info->vlan = mark.m ? 0 : xfrm_if_id_vlan(info->if_id);
        return info->vlan != 0;
    } else if (mark.m == HOP_MARK_WHAT) {
        return mark.v == HOP_MARK_PLAIN || mark.v == HOP_MARK_CLEAR;
    }
    info->vlan = xfrm_mark_vlan(&mark, (info->xfrm_dir == XFRM_POLICY_OUT
                                   ? HOP_MARK_PLAIN : HOP_MARK_CLEAR));
    return info->vlan != 0;
}

bool
xfrm_parse_policy(const struct nlmsghdr *hdr_, struct xfrm_policy_info *info)
{
    struct nlmsghdr *hdr = CONST_CAST(struct nlmsghdr *, hdr_);
    struct nlattr *tb[XFRMA_MAX + 1];
    struct xfrm_userpolicy_info policy_;
    const struct xfrm_userpolicy_info *policy = &policy_;

    memset(info, 0, sizeof *info);
    if (nlmsg_parse(hdr, sizeof *policy, tb, XFRMA_MAX, NULL)) {
        return false;
    }
    memcpy(&policy_, nlmsg_data(hdr), sizeof policy_);  /* Is not aligned. */
    if (policy->dir > XFRM_POLICY_FWD) {        /* Of a socket: not ours. */
        return false;
    }
    info->xfrm_dir = policy->dir;
    info->ipv6 = policy->sel.family == AF_INET6;
    xfrm_parse_selector(&policy->sel, &info->selector);
    return identify_policy(tb, info);
}

struct nl_msg *
xfrm_msg_policy_delete_info(const struct xfrm_policy_info *info)
{
    struct nl_msg *msg = delete_msg(info->xfrm_dir, info->ipv6,
                                    &info->selector);

    if (info->mark.mask) {
        xfrm_put_mark(msg, info->mark.value, info->mark.mask);
    }
    if (info->if_id) {
        nl_put_u32(msg, XFRMA_IF_ID, info->if_id);
    }
    return msg;
}

bool
xfrm_parse_acquire(const struct nlmsghdr *hdr_, uint16_t *vlan,
                   struct sa_traffic *traffic)
{
    struct nlmsghdr *hdr = CONST_CAST(struct nlmsghdr *, hdr_);
    struct nlattr *tb[XFRMA_MAX + 1];
    struct xfrm_user_acquire acquire;

    if (nlmsg_parse(hdr, sizeof acquire, tb, XFRMA_MAX, NULL)) {
        return false;
    }
    memcpy(&acquire, nlmsg_data(hdr), sizeof acquire);  /* Is not aligned. */
    struct xfrm_mark mark = xfrm_get_mark(tb);
    *vlan = xfrm_mark_vlan(&mark, HOP_MARK_PLAIN);
    if (!*vlan) {
        *vlan = xfrm_if_id_vlan(xfrm_get_u32(tb[XFRMA_IF_ID]));
    }
    const struct xfrm_selector *sel = &acquire.sel;
    bool ports = xfrm_has_ports(sel->proto);
    *traffic = (struct sa_traffic) {
        .ipv6 = sel->family == AF_INET6,
        .src = xfrm_to_ip(&sel->saddr, sel->family),
        .dst = xfrm_to_ip(&sel->daddr, sel->family),
        .protocol = sel->proto,
        .src_port = ports && sel->sport_mask ? ntohs(sel->sport) : -1,
        .dst_port = ports && sel->dport_mask ? ntohs(sel->dport) : -1,
    };
    return *vlan != 0;
}
