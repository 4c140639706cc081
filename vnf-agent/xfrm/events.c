/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel tells by itself, and what it does not: idle lifetimes are
 * looked at every second. */
#include <config.h>
#include "vnf-agent/xfrm/private.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <linux/xfrm.h>
#include <string.h>

#include <netlink/msg.h>

#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"
#include "vnf-agent/xfrm/nl-build.h"

VLOG_DEFINE_THIS_MODULE(xfrm_events);

#define ACQUIRE_INTERVAL_MS 1000

/* Sequence numbers left when it is said: at 30 s between two looks enough for
 * 8 million packets a second. */
#define SEQ_RESERVE (UINT32_C(1) << 28)

void
xfrm_events_clear(struct backend_xfrm *b)
{
    struct backend_event event;

    while (backend_xfrm_next_event(&b->up, &event)) {
        free(event.policy);
    }
}

bool
backend_xfrm_next_event(struct backend *backend, struct backend_event *event)
{
    struct backend_xfrm *b = backend_xfrm_cast(backend);

    if (!b->n_events) {
        return false;
    }
    *event = b->events[b->first_event];
    b->first_event = (b->first_event + 1) % XFRM_MAX_EVENTS;
    b->n_events--;
    return true;
}

bool
xfrm_events_push(struct backend_xfrm *b, const struct backend_event *event)
{
    if (b->n_events >= XFRM_MAX_EVENTS) {
        free(event->policy);
        return false;
    }
    b->events[(b->first_event + b->n_events++) % XFRM_MAX_EVENTS] = *event;
    return true;
}

void
xfrm_events_look_at_seq(struct backend_xfrm *b, struct sa_record *record,
                        uint64_t seq)
{
    const struct backend_event event = {
        .type = BACKEND_EVENT_SEQ_OVERFLOW,
        .direction = record->sa->direction,
        .spi = record->sa->spi,
    };

    if (record->sa->direction == SA_OUTBOUND && !record->sa->esn
        && !record->overflow_told && seq >= UINT32_MAX - SEQ_RESERVE) {
        record->overflow_told = xfrm_events_push(b, &event);
    }
}

void
xfrm_events_expire(struct backend_xfrm *b, struct sa_record *record, bool hard,
                   const struct sa_stats *stats)
{
    if (record->hard_expired || (record->soft_expired && !hard)) {
        return;
    }
    if (hard && record->sa->soft_ends) {        /* The kernel says one. */
        xfrm_events_expire(b, record, false, stats);
    }
    record->soft_expired |= !hard;
    record->hard_expired |= hard;
    record->last = *stats;
    record->last.soft_expired = record->soft_expired;
    record->last.hard_expired = record->hard_expired;
    records_log_sa(b->records, record);
    records_commit(b->records);
    struct backend_event event = {
        .type = BACKEND_EVENT_EXPIRE,
        .direction = record->sa->direction,
        .spi = record->sa->spi,
        .soft = !hard,
        .stats = record->last,
    };
    xfrm_events_push(b, &event);
}

static void
take_expire(struct backend_xfrm *b, const struct nlmsghdr *hdr)
{
    struct xfrm_sa_info info;

    if (xfrm_parse_sa(hdr, b->kind, &info)) {
        struct sa_record *record = records_find_sa(b->records, info.direction,
                                                   info.spi);
        if (record) {
            struct sa_stats stats;

            xfrm_info_to_stats(&info, record, &stats);
            stats.seq = MAX(stats.seq, stats.packets);
            xfrm_events_expire(b, record, xfrm_parse_expire_is_hard(hdr),
                               &stats);
        }
    }
}

static void
take_acquire(struct backend_xfrm *b, const struct nlmsghdr *hdr)
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
                record->acquire_ms = time_msec() + ACQUIRE_INTERVAL_MS;
                xfrm_events_push(b, &event);
            }
            return;
        }
    }
}

static void
take_xfrm(const struct nlmsghdr *hdr, void *b_)
{
    struct backend_xfrm *b = b_;

    switch (hdr->nlmsg_type) {
    case XFRM_MSG_EXPIRE:
        take_expire(b, hdr);
        break;
    case XFRM_MSG_ACQUIRE:
        take_acquire(b, hdr);
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

/* The hop end of a device of ours, by its index, or 0. */
static uint16_t
ifindex_vlan(int ifindex)
{
    int base = ifindex & ~0xfff, vlan = ifindex & 0xfff;

    return ((base == HOP_IFINDEX_XFRM || base == HOP_IFINDEX_VRF)
            && vlan <= HOP_MAX_VLAN ? vlan : 0);
}

/* Has somebody taken down what is to be up?  We never do. */
static bool
was_set_down(const struct backend_xfrm *b, const struct ifinfomsg *ifi)
{
    uint16_t vlan = ifindex_vlan(ifi->ifi_index);

    return (!(ifi->ifi_flags & IFF_UP) && ifi->ifi_change & IFF_UP
            && ifi->ifi_change != UINT32_MAX    /* It is new. */
            && (vlan ? records_hop_in_use(b->records, vlan)
                : ifi->ifi_index == b->ports.plain_ifindex
                  || ifi->ifi_index == b->ports.cipher_ifindex));
}

/* Removals of whatever it may be, and devices that are changed, when it was
 * not us: then we look. */
static void
take_route(const struct nlmsghdr *hdr, void *b_)
{
    struct backend_xfrm *b = b_;
    bool own = hdr->nlmsg_pid == nl_conn_port(b->route);

    switch (hdr->nlmsg_type) {
    case RTM_DELLINK: {
        /* Events of devices do not say who did it: a hop end of ours that is
         * in no record is one that we removed. */
        const struct ifinfomsg *ifi = nlmsg_data(hdr);
        uint16_t vlan = ifindex_vlan(ifi->ifi_index);

        b->ports_ms = 0;
        b->audit |= vlan && records_hop_in_use(b->records, vlan);
        break;
    }
    case RTM_NEWLINK:
        b->ports_ms = 0;
        b->audit |= was_set_down(b, nlmsg_data(hdr));
        break;
    case RTM_DELROUTE: {
        /* Those of a device's table go with it. */
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
    if (nl_conn_drain(b->xfrm_events, take_xfrm, b)) {
        b->resync = b->audit = true;    /* Something was lost. */
    }
    if (nl_conn_drain(b->route_events, take_route, b)) {
        b->audit = true;
        b->ports_ms = 0;
    }
}

/* Idle lifetimes. */

struct idle {
    struct backend_xfrm *b;
    struct xfrm_batch removals;
};

static void
look_at_idle(const struct sa *sa, const struct sa_stats *stats, void *idle_)
{
    struct idle *idle = idle_;
    struct sa_record *record = records_find_sa(idle->b->records, sa->direction,
                                               sa->spi);

    if (record->hard_expired) {
        return;
    }
    uint32_t hard_s = xfrm_hard_limits(sa).idle_s;
    if (hard_s && stats->idle_s >= hard_s) {
        xfrm_batch_add(&idle->removals,
                       xfrm_msg_sa_delete(idle->b->kind, sa));
        xfrm_events_expire(idle->b, record, true, stats);
    } else if (sa->soft.idle_s && stats->idle_s >= sa->soft.idle_s) {
        xfrm_events_expire(idle->b, record, false, stats);
    }
}

void
xfrm_events_idle(struct backend_xfrm *b)
{
    struct idle idle = { .b = b };

    backend_xfrm_dump(&b->up, look_at_idle, NULL, &idle);
    xfrm_batch_run(&idle.removals, b->xfrm, xfrm_fine_delete, "idle SA",
                   NULL);
}
