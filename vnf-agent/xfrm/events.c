/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel tells by itself, and what it does not: idle lifetimes are
 * looked at every second. */
#include <config.h>
#include "vnf-agent/xfrm/private.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <string.h>

#include <netlink/msg.h>

#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"
#include "vnf-agent/xfrm/nl-build.h"

VLOG_DEFINE_THIS_MODULE(xfrm_events);

#define ACQUIRE_INTERVAL_MS 1000

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

/* Takes ownership of event->policy.  The newest are lost if there are too
 * many. */
static void
push(struct backend_xfrm *b, const struct backend_event *event)
{
    if (b->n_events >= XFRM_MAX_EVENTS) {
        free(event->policy);
        return;
    }
    b->events[(b->first_event + b->n_events++) % XFRM_MAX_EVENTS] = *event;
}

/* A lifetime has passed. */
static void
expired(struct backend_xfrm *b, struct sa_record *record, bool hard,
        const struct sa_stats *stats)
{
    if (record->hard_expired || (record->soft_expired && !hard)) {
        return;
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
    push(b, &event);
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
            expired(b, record, xfrm_parse_expire_is_hard(hdr), &stats);
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
                push(b, &event);
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
        int vlan = (ifi->ifi_index & 0xfff);
        bool ours = (ifi->ifi_index & ~0xfff) == HOP_IFINDEX_XFRM
                    || (ifi->ifi_index & ~0xfff) == HOP_IFINDEX_VRF;

        b->ports_ms = 0;
        b->audit |= ours && vlan <= HOP_MAX_VLAN
                    && records_hop_in_use(b->records, vlan);
        break;
    }
    case RTM_NEWLINK:
        b->ports_ms = 0;
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
    if (sa->hard.idle_s && stats->idle_s >= sa->hard.idle_s) {
        xfrm_batch_add(&idle->removals,
                       xfrm_msg_sa_delete(idle->b->kind, sa));
        expired(idle->b, record, true, stats);
    } else if (sa->soft.idle_s && stats->idle_s >= sa->soft.idle_s) {
        expired(idle->b, record, false, stats);
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
