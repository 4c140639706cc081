#ifndef SDSA_XFRM_PRIVATE_H
#define SDSA_XFRM_PRIVATE_H 1

/* The parts of the kernel backend among themselves. */

#include "openvswitch/list.h"
#include "vnf-agent/backend/backend.h"
#include "vnf-agent/xfrm/hop-msg.h"
#include "vnf-agent/xfrm/nl-conn.h"
#include "vnf-agent/xfrm/records.h"
#include "vnf-agent/xfrm/xfrm-msg.h"

#define XFRM_MAX_EVENTS 64

/* Of /proc/net/xfrm_stat. */
struct xfrm_counters {
    uint64_t in_no_states;      /* ESP with an SPI that is not known. */
    uint64_t out_seq_error;     /* Sequence numbers are used up. */
};

struct backend_xfrm {
    struct backend up;
    char *name, *plain_port, *cipher_port;
    int netns_fd;
    int xfrm_stat_fd;           /* /proc/net/xfrm_stat of that namespace. */
    enum hop_kind kind;
    uint32_t suites;            /* Of the kernel: bit i is suites[i]. */
    struct hop_ports ports;     /* Indexes 0: not there. */
    struct backend_port plain, cipher;
    struct nl_conn *xfrm, *route;       /* Requests. */
    struct nl_conn *xfrm_events, *route_events;
    struct records *records;
    char *reason;               /* Why it is not up, or NULL. */

    bool resync;                /* SAs may be others than the records say. */
    bool audit;                 /* So may be hop ends or policies. */
    long long int ports_ms;     /* When to look at the ports again. */
    long long int audit_ms;     /* When to look at all of it again. */
    long long int resync_ms;    /* When to look at all SAs again. */
    long long int second_ms;    /* When to look at what only counters say. */

    struct xfrm_counters counters;      /* As they were then. */
    int udp_fd;                 /* udp-encap.c: -1, or for ESP in UDP. */
    int watch_fd;               /* counters.c: -1, or ESP that comes in. */
    long long int watch_end_ms;
    long long int bad_spi_ms[64];       /* By hash: when to tell again. */

    struct backend_event events[XFRM_MAX_EVENTS];
    size_t first_event, n_events;
};

static inline struct backend_xfrm *
backend_xfrm_cast(const struct backend *backend)
{
    return CONTAINER_OF(backend, struct backend_xfrm, up);
}

/* Messages in order, with what may be answered besides "done". */
struct xfrm_batch {
    struct nl_op *ops;
    size_t n, allocated;
};

/* Takes ownership of 'msg'. */
void xfrm_batch_add(struct xfrm_batch *, struct nl_msg *);
void xfrm_batch_add_all(struct xfrm_batch *, struct hop_msgs *);

/* Sends all.  Returns the first error that is none of the up to four in
 * 'fine' (0: no more), with a message in '*errorp' (caller frees) unless that
 * is NULL.  The batch is empty then, all of it wiped. */
int xfrm_batch_run(struct xfrm_batch *, struct nl_conn *, const int fine[4],
                   const char *what, char **errorp);

/* What the kernel says to a message that it refused: for people.  Caller
 * frees. */
char *xfrm_op_message(const struct nl_op *, const char *what);

/* Empties it, all of it wiped. */
void xfrm_batch_clear(struct xfrm_batch *);

extern const int xfrm_fine_none[4], xfrm_fine_add[4], xfrm_fine_delete[4];

/* apply.c. */
int backend_xfrm_apply(struct backend *, const struct ovs_list *edits,
                       char **errorp);

/* The SA that an outbound policy sends by, or NULL (changes.c). */
struct sa_record *xfrm_policy_sa(const struct records *,
                                 const struct policy *);

/* sync.c: the kernel against the records. */

/* SAs: what is ours and not in the records goes; if something of the records
 * is not there, it goes from them, and the boot id changes.  Returns 0, or a
 * positive errno and b->resync is set. */
int xfrm_sync_sas(struct backend_xfrm *);

/* Ports, hop ends, policies: made what they should be, and what is ours and
 * not wanted goes. */
int xfrm_sync_rest(struct backend_xfrm *, char **errorp);

/* Looks at the ports.  Returns 0, or ENODEV with a message. */
int xfrm_find_ports(struct backend_xfrm *, char **errorp);

/* Adds messages that make the kernel's policy what the record says. */
void xfrm_policy_to_kernel(struct backend_xfrm *, struct policy_record *,
                           struct xfrm_batch *);

/* Removes all that is ours. */
int xfrm_sync_flush(struct backend_xfrm *, char **errorp);

void xfrm_new_boot_id(struct backend_xfrm *);

/* events.c. */
void xfrm_events_run(struct backend_xfrm *);

/* Takes ownership of event->policy.  Returns false if there are too many: then
 * the newest is lost. */
bool xfrm_events_push(struct backend_xfrm *, const struct backend_event *);

/* A lifetime of an SA has passed: notes and tells it, once. */
void xfrm_events_expire(struct backend_xfrm *, struct sa_record *, bool hard,
                        const struct sa_stats *);

/* Tells of an SA whose sequence numbers will soon be used up. */
void xfrm_events_look_at_seq(struct backend_xfrm *, struct sa_record *,
                             uint64_t seq);
void xfrm_events_idle(struct backend_xfrm *);
bool backend_xfrm_next_event(struct backend *, struct backend_event *);
void xfrm_events_clear(struct backend_xfrm *);

/* counters.c. */
void xfrm_counters_run(struct backend_xfrm *);
void xfrm_counters_close(struct backend_xfrm *);

/* udp-encap.c: opens the socket for ESP in UDP if an SA needs it and it is not
 * open; closes it if none does.  Returns 0, or a positive errno with a
 * message. */
int xfrm_udp_update(struct backend_xfrm *, char **errorp);

/* The same where all else can go on without it: logs, and it is tried again. */
void xfrm_udp_try(struct backend_xfrm *);
void xfrm_udp_close(struct backend_xfrm *);

/* stats.c. */
int xfrm_counters_read(const struct backend_xfrm *, struct xfrm_counters *);
int backend_xfrm_dump(struct backend *, backend_dump_sa_cb *,
                      backend_dump_policy_cb *, void *aux);
int backend_xfrm_get_sa_stats(struct backend *, enum sa_direction,
                              uint32_t spi, struct sa_stats *);
int backend_xfrm_get_stats(struct backend *, struct backend_stats *);
void xfrm_info_to_stats(const struct xfrm_sa_info *,
                        const struct sa_record *, struct sa_stats *);

#endif /* vnf-agent/xfrm/private.h */
