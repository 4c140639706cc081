/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_XFRM_PRIVATE_H
#define SDSA_XFRM_PRIVATE_H 1

/* The kernel backend's struct, and the functions that its files have for each
 * other.  Lower files first: no file uses a later one. */

#include "openvswitch/list.h"
#include "vnf-agent/backend/backend.h"
#include "vnf-agent/xfrm/hop-msg.h"
#include "vnf-agent/xfrm/nl-build.h"
#include "vnf-agent/xfrm/nl-conn.h"
#include "vnf-agent/xfrm/records.h"
#include "vnf-agent/xfrm/xfrm-msg.h"

#define XFRM_MAX_EVENTS 64      /* Events in the queue. */

struct backend_xfrm {
    struct backend up;
    char *name, *netns, *plain_port, *cipher_port;
    char *records_name;         /* File of 'records'. */
    bool is_open;               /* False: the namespace or a port has not been
                                 * there yet; sockets and records are NULL or
                                 * empty. */
    int netns_fd;               /* Namespace of the data ports. */
    int xfrm_stat_fd;           /* /proc/net/xfrm_stat of that namespace. */
    enum hop_kind kind;
    struct hop_ports ports;     /* Index 0: the port is not there. */
    struct nl_conn *xfrm, *route;       /* For requests. */
    struct nl_conn *xfrm_events, *route_events;
    struct records *records;

    /* SAs in the kernel may differ from 'records': dump and compare. */
    bool resync;
    /* Hop ends or policies in the kernel may differ from 'records'. */
    bool audit;
    /* The last look at the kernel failed: the next one may wait. */
    bool failed;

    /* Times of the monotonic clock: the next check of ports, of everything, of
     * all SAs, and of what only counters show. */
    long long int ports_ms;
    long long int audit_ms;
    long long int resync_ms;
    long long int second_ms;

    uint64_t drops[BACKEND_N_DROPS];    /* As of the last check. */
    int udp_fds[2];             /* xfrm-udp.c: ESP in UDP; [1]: over IPv6; -1:
                                 * none. */
    int watch_fd;               /* xfrm-counters.c: ESP that comes in; -1. */
    long long int watch_end_ms;

    struct event_queue events;  /* For the agent. */
};

static inline struct backend_xfrm *
backend_xfrm_cast(const struct backend *backend)
{
    return CONTAINER_OF(backend, struct backend_xfrm, up);
}

/* xfrm-stats.c: counters. */

/* Adds the counters of /proc/net/xfrm_stat to 'drops'.  Returns 0 or a
 * positive errno. */
int xfrm_add_drops(const struct backend_xfrm *,
                   uint64_t drops[BACKEND_N_DROPS]);

/* Fills in '*stats' from the kernel's 'info' and the record. */
void xfrm_info_to_stats(const struct xfrm_sa_info *info,
                        const struct sa_record *, struct sa_stats *stats);

/* Calls 'policy_cb' for each policy and 'sa_cb' for each SA that is in the
 * kernel or has expired.  Either may be NULL.  Returns 0 or a positive errno:
 * EAGAIN if the SAs changed meanwhile. */
int xfrm_stats_dump(struct backend_xfrm *, backend_dump_sa_cb *sa_cb,
                    backend_dump_policy_cb *policy_cb, void *aux);

/* Implementation of backend_class's 'get_sa_stats'. */
int backend_xfrm_get_sa_stats(struct backend *, enum sa_direction,
                              uint32_t spi, struct sa_stats *);

/* Implementation of backend_class's 'get_stats'. */
int backend_xfrm_get_stats(struct backend *, struct backend_stats *);

/* xfrm-lifetime.c: ends of SAs. */

/* Notes that the soft or 'hard' lifetime of an SA has passed, with its last
 * counters, and tells it.  Does so once. */
void xfrm_lifetime_end(struct backend_xfrm *, struct sa_record *, bool hard,
                       const struct sa_stats *);

/* Tells, once, of an outbound SA whose last sequence number is 'seq' and which
 * will soon have none left. */
void xfrm_lifetime_check_seq(struct backend_xfrm *, struct sa_record *,
                             uint64_t seq);

/* Ends the SAs whose idle lifetime has passed. */
void xfrm_lifetime_check_idle(struct backend_xfrm *);

/* xfrm-events.c: messages that the kernel sends by itself. */

/* Handles all that have come.  May set 'resync' and 'audit'. */
void xfrm_events_run(struct backend_xfrm *);

/* xfrm-counters.c: what the kernel only counts. */

/* Compares the counters with the last ones.  Tells of unknown SPIs; sets
 * 'resync' if an SA has no sequence numbers left. */
void xfrm_counters_run(struct backend_xfrm *);

/* Closes the packet socket. */
void xfrm_counters_close(struct backend_xfrm *);

/* xfrm-udp.c: the sockets for ESP in UDP. */

/* Opens the sockets if an SA needs them, else closes them.  Returns 0, or a
 * positive errno with an error in '*errorp' (caller frees). */
int xfrm_udp_update(struct backend_xfrm *, char **errorp);

/* Does as xfrm_udp_update().  Logs an error, and sets 'audit' to try again. */
void xfrm_udp_try(struct backend_xfrm *);

/* Closes the sockets. */
void xfrm_udp_close(struct backend_xfrm *);

/* xfrm-changes.c. */

/* Returns the SA that an outbound policy sends by, or NULL. */
struct sa_record *xfrm_policy_sa(const struct records *,
                                 const struct policy *);

/* xfrm-sync.c: the kernel is compared with the records. */

/* Compares SAs.  Removes those that are ours and not in the records.  Those
 * that the kernel has lost go from the records, and the boot id changes.
 * Returns 0, or a positive errno and 'resync' is set. */
int xfrm_sync_sas(struct backend_xfrm *);

/* Makes hop ends and policies what the records say, and removes those that are
 * ours and not wanted.  Returns 0, or a positive errno with an error in
 * '*errorp' (caller frees). */
int xfrm_sync_rest(struct backend_xfrm *, char **errorp);

/* Finds index, MAC and MTU of the ports.  Returns 0, or ENODEV with an error
 * in '*errorp' (caller frees). */
int xfrm_find_ports(struct backend_xfrm *, char **errorp);

/* Adds messages that make the kernel's policy what the record says. */
void xfrm_policy_to_kernel(struct backend_xfrm *, struct policy_record *,
                           struct nl_batch *);

/* Removes all that is ours from the kernel and from the records.  Returns as
 * xfrm_sync_rest(). */
int xfrm_sync_flush(struct backend_xfrm *, char **errorp);

/* Makes a new boot id and saves it. */
void xfrm_new_boot_id(struct backend_xfrm *);

/* xfrm-apply.c. */

/* Implementation of backend_class's 'apply'. */
int backend_xfrm_apply(struct backend *, const struct ovs_list *edits,
                       char **errorp);

#endif /* vnf-agent/xfrm/xfrm-private.h */
