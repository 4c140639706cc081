/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that the kernel sends by itself: they become events, or ask for a
 * comparison of the kernel with the records (xfrm-sync.c). */
#include <config.h>
#include "vnf-agent/xfrm/xfrm-private.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <linux/xfrm.h>

#include <netlink/msg.h>

#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(xfrm_events);

static void
handle_expire(struct backend_xfrm *b, const struct nlmsghdr *hdr)
{
    struct xfrm_sa_info info;

    if (xfrm_parse_sa(hdr, b->kind, &info)) {
        struct sa_record *record = records_find_sa(b->records, info.direction,
                                                   info.spi);
        if (record) {
            struct sa_stats stats;

            xfrm_info_to_stats(&info, record, &stats);
            stats.seq = MAX(stats.seq, stats.packets);
            xfrm_lifetime_end(b, record, info.hard, &stats);
        }
    }
}

static void
handle_acquire(struct backend_xfrm *b, const struct nlmsghdr *hdr)
{
    struct policy_record *record;
    struct sa_traffic traffic;
    uint16_t vlan;

    if (!xfrm_parse_acquire(hdr, &vlan, &traffic)) {
        return;
    }
    LIST_FOR_EACH (record, hop_node, &b->records->hops[vlan].policies) {
        if (record->policy->direction == SA_OUTBOUND
            && record->policy->action == POLICY_PROTECT
            && sa_selector_matches(&record->policy->selector, &traffic)) {
            if (time_msec() >= record->acquire_ms) {
                struct backend_event event = {
                    .type = BACKEND_EVENT_ACQUIRE,
                    .policy = xstrdup(record->policy->name),
                    .traffic = traffic,
                };
                record->acquire_ms = time_msec() + EVENT_QUEUE_INTERVAL_MS;
                event_queue_push(&b->events, &event);
            }
            return;
        }
    }
}

static void
handle_xfrm(const struct nlmsghdr *hdr, void *b_)
{
    struct backend_xfrm *b = b_;

    switch (hdr->nlmsg_type) {
    case XFRM_MSG_EXPIRE:
        handle_expire(b, hdr);
        break;
    case XFRM_MSG_ACQUIRE:
        handle_acquire(b, hdr);
        break;
    case XFRM_MSG_DELSA:
    case XFRM_MSG_FLUSHSA:
    case XFRM_MSG_UPDSA:
        b->resync |= hdr->nlmsg_pid != nl_conn_port(b->xfrm);
        break;
    case XFRM_MSG_DELPOLICY:
    case XFRM_MSG_FLUSHPOLICY:
    case XFRM_MSG_UPDPOLICY:
    case XFRM_MSG_NEWPOLICY:
    case XFRM_MSG_SETDEFAULT:
        b->audit |= hdr->nlmsg_pid != nl_conn_port(b->xfrm);
        break;
    }
}

/* Returns true if a device that must be up was set down.  We never do that. */
static bool
was_set_down(const struct backend_xfrm *b, const struct ifinfomsg *ifi)
{
    uint16_t vlan = hop_ifindex_vlan(ifi->ifi_index);

    return (!(ifi->ifi_flags & IFF_UP) && ifi->ifi_change & IFF_UP
            && ifi->ifi_change != UINT32_MAX    /* The device is new. */
            && (vlan ? records_hop_in_use(b->records, vlan)
                : ifi->ifi_index == b->ports.plain_ifindex
                  || ifi->ifi_index == b->ports.cipher_ifindex));
}

/* Returns true if a device of a hop end became another one. */
static bool
was_changed(const struct backend_xfrm *b, const struct nlmsghdr *hdr)
{
    struct hop_link link;
    uint16_t vlan = hop_parse_link(hdr, &link) ? hop_link_vlan(&link) : 0;

    return (vlan && records_hop_in_use(b->records, vlan)
            && !hop_link_is_as_made(&link, b->ports.cipher_ifindex));
}

/* Asks for an audit when another program has removed an object or changed a
 * device. */
static void
handle_route(const struct nlmsghdr *hdr, void *b_)
{
    struct backend_xfrm *b = b_;
    bool own = hdr->nlmsg_pid == nl_conn_port(b->route);

    switch (hdr->nlmsg_type) {
    case RTM_DELLINK: {
        /* Events of devices do not say who did it: a hop end of ours that is
         * in no record is one that we removed. */
        const struct ifinfomsg *ifi = nlmsg_data(hdr);
        uint16_t vlan = hop_ifindex_vlan(ifi->ifi_index);

        b->ports_ms = 0;
        b->audit |= vlan && records_hop_in_use(b->records, vlan);
        break;
    }
    case RTM_NEWLINK:
        b->ports_ms = 0;
        b->audit |= was_set_down(b, nlmsg_data(hdr)) || was_changed(b, hdr);
        break;
    case RTM_DELROUTE: {
        /* Routes of a device's table go with the device. */
        uint16_t vlan;
        uint32_t table = hop_parse_route(hdr, &vlan);

        b->audit |= (table && !own
                     && (!vlan || records_hop_in_use(b->records, vlan)));
        break;
    }
    case RTM_DELRULE:
    case RTM_DELNEIGH:
    case RTM_DELQDISC:
    case RTM_DELTFILTER:
    case RTM_NEWTFILTER:
        b->audit |= !own;
        break;
    }
}

void
xfrm_events_run(struct backend_xfrm *b)
{
    if (nl_conn_drain(b->xfrm_events, handle_xfrm, b)) {
        b->resync = b->audit = true;    /* Something was lost. */
    }
    if (nl_conn_drain(b->route_events, handle_route, b)) {
        b->audit = true;
        b->ports_ms = 0;
    }
}
