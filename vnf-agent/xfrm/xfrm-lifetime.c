/* SPDX-License-Identifier: Apache-2.0 */
/* Ends of SAs: lifetimes that have passed, and sequence numbers that run out.
 * Each is noted in the record of the SA and told as an event, once.  The
 * kernel has no idle lifetimes; they are checked here. */
#include <config.h>
#include "vnf-agent/xfrm/xfrm-private.h"

/* Sequence numbers that are left when the event is told.  With 30 s between
 * two audits that is enough for 8 million packets a second. */
#define SEQ_RESERVE (UINT32_C(1) << 28)

void
xfrm_lifetime_check_seq(struct backend_xfrm *b, struct sa_record *record,
                        uint64_t seq)
{
    const struct backend_event event = {
        .type = BACKEND_EVENT_SEQ_OVERFLOW,
        .direction = record->sa->direction,
        .spi = record->sa->spi,
    };

    if (record->sa->direction == SA_OUTBOUND && !record->sa->esn
        && !record->overflow_told && seq >= UINT32_MAX - SEQ_RESERVE) {
        record->overflow_told = event_queue_push(&b->events, &event);
    }
}

void
xfrm_lifetime_end(struct backend_xfrm *b, struct sa_record *record, bool hard,
                  const struct sa_stats *stats)
{
    if (record->hard_expired || (record->soft_expired && !hard)) {
        return;
    }
    if (hard && record->sa->soft_ends) {        /* The kernel says one. */
        xfrm_lifetime_end(b, record, false, stats);
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
    event_queue_push(&b->events, &event);
}

/* Idle lifetimes. */

struct idle {
    struct backend_xfrm *b;
    struct nl_batch removals;
};

static void
check_idle(const struct sa *sa, const struct sa_stats *stats, void *idle_)
{
    struct idle *idle = idle_;
    struct sa_record *record = records_find_sa(idle->b->records, sa->direction,
                                               sa->spi);

    if (record->hard_expired) {
        return;
    }
    uint32_t hard_s = xfrm_hard_limits(sa).idle_s;
    if (hard_s && stats->idle_s >= hard_s) {
        nl_batch_add(&idle->removals,
                     xfrm_msg_sa_delete(idle->b->kind, sa));
        xfrm_lifetime_end(idle->b, record, true, stats);
    } else if (sa->soft.idle_s && stats->idle_s >= sa->soft.idle_s) {
        xfrm_lifetime_end(idle->b, record, false, stats);
    }
}

void
xfrm_lifetime_check_idle(struct backend_xfrm *b)
{
    struct idle idle = { .b = b };

    xfrm_stats_dump(b, check_idle, NULL, &idle);
    nl_batch_run(&idle.removals, b->xfrm, nl_fine_delete, "idle SA",
                 NULL);
}
