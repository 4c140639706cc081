/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of the kernel, in the terms of backend.h: of each SA, and of all
 * packets. */
#include <config.h>
#include "vnf-agent/xfrm/xfrm-private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "timeval.h"
#include "util.h"

/* SAs. */

void
xfrm_info_to_stats(const struct xfrm_sa_info *info,
                   const struct sa_record *record, struct sa_stats *stats)
{
    uint64_t now_s = time_wall();
    uint64_t used_s = info->use_time_s ? info->use_time_s : info->add_time_s;

    *stats = info->stats;
    stats->age_s = MAX(now_s, info->add_time_s) - info->add_time_s;
    stats->idle_s = MAX(now_s, used_s) - used_s;
    stats->soft_expired = record->soft_expired;
    stats->hard_expired = record->hard_expired;
}

struct dump {
    struct backend_xfrm *b;
    backend_dump_sa_cb *cb;
    void *aux;
};

static void
dump_sa(const struct nlmsghdr *hdr, void *d_)
{
    const struct dump *d = d_;
    struct xfrm_sa_info info;
    struct sa_stats stats;

    if (!xfrm_parse_sa(hdr, d->b->kind, &info) || info.larval) {
        return;
    }
    const struct sa_record *record = records_find_sa(d->b->records,
                                                     info.direction, info.spi);
    if (record && !record->hard_expired) {
        xfrm_info_to_stats(&info, record, &stats);
        d->cb(record->sa, &stats, d->aux);
    }
}

int
xfrm_stats_dump(struct backend_xfrm *b, backend_dump_sa_cb *sa_cb,
                backend_dump_policy_cb *policy_cb, void *aux)
{
    struct dump d = { b, sa_cb, aux };
    int error = 0;

    for (size_t vlan = 0; policy_cb && vlan <= HOP_MAX_VLAN; vlan++) {
        const struct policy_record *record;

        LIST_FOR_EACH (record, hop_node, &b->records->hops[vlan].policies) {
            policy_cb(record->policy, aux);
        }
    }
    if (sa_cb) {
        const struct sa_record *record;

        HMAP_FOR_EACH (record, node, &b->records->sas) {
            if (record->hard_expired) {
                sa_cb(record->sa, &record->last, aux);
            }
        }
        error = nl_conn_get(b->xfrm, xfrm_msg_sa_dump(), dump_sa, &d);
    }
    return error == EINTR ? EAGAIN : error;
}

struct one {
    enum hop_kind kind;
    struct xfrm_sa_info info;
    bool found;                 /* 'info' is there. */
};

static void
parse_one(const struct nlmsghdr *hdr, void *one_)
{
    struct one *one = one_;
    one->found = xfrm_parse_sa(hdr, one->kind, &one->info);
}

int
backend_xfrm_get_sa_stats(struct backend *backend, enum sa_direction direction,
                          uint32_t spi, struct sa_stats *stats)
{
    struct backend_xfrm *b = backend_xfrm_cast(backend);
    struct one one = { .kind = b->kind };
    const struct sa_record *record = records_find_sa(b->records, direction,
                                                     spi);

    if (!record) {
        return ENOENT;
    } else if (record->hard_expired) {
        *stats = record->last;
        return 0;
    }
    int error = nl_conn_get(b->xfrm, xfrm_msg_sa_get(b->kind, record->sa),
                            parse_one, &one);
    if (one.found) {
        xfrm_info_to_stats(&one.info, record, stats);
    }
    return error == ESRCH || (!error && !one.found) ? ENOENT : error;
}

/* Counters. */

/* Drops that the counters of /proc/net/xfrm_stat stand for. */
static const struct {
    const char *name;
    enum backend_drop drop;
} xfrm_stats[] = {
    { "XfrmInError", BACKEND_DROP_CIPHER_MALFORMED },
    { "XfrmInBufferError", BACKEND_DROP_CIPHER_MALFORMED },
    { "XfrmInHdrError", BACKEND_DROP_CIPHER_MALFORMED },
    { "XfrmInNoStates", BACKEND_DROP_CIPHER_BAD_SPI },
    { "XfrmInStateProtoError", BACKEND_DROP_CIPHER_AUTH },
    { "XfrmInStateModeError", BACKEND_DROP_CIPHER_MALFORMED },
    { "XfrmInStateSeqError", BACKEND_DROP_CIPHER_REPLAY },
    { "XfrmInStateExpired", BACKEND_DROP_CIPHER_EXPIRED },
    { "XfrmInStateMismatch", BACKEND_DROP_CIPHER_SELECTOR },
    { "XfrmInStateInvalid", BACKEND_DROP_CIPHER_EXPIRED },
    { "XfrmInTmplMismatch", BACKEND_DROP_CIPHER_NO_POLICY },
    { "XfrmInNoPols", BACKEND_DROP_CIPHER_NO_POLICY },
    { "XfrmInPolBlock", BACKEND_DROP_CIPHER_NO_POLICY },
    { "XfrmInPolError", BACKEND_DROP_CIPHER_NO_POLICY },
    { "XfrmAcquireError", BACKEND_DROP_CIPHER_BAD_SPI },
    { "XfrmOutError", BACKEND_DROP_PLAIN_SEND },
    { "XfrmOutBundleGenError", BACKEND_DROP_PLAIN_SEND },
    { "XfrmOutBundleCheckError", BACKEND_DROP_PLAIN_SEND },
    { "XfrmOutNoStates", BACKEND_DROP_PLAIN_NO_SA },
    { "XfrmOutStateProtoError", BACKEND_DROP_PLAIN_SEND },
    { "XfrmOutStateModeError", BACKEND_DROP_PLAIN_TOO_BIG },
    { "XfrmOutStateSeqError", BACKEND_DROP_PLAIN_SEQ },
    { "XfrmOutStateExpired", BACKEND_DROP_PLAIN_EXPIRED },
    { "XfrmOutPolBlock", BACKEND_DROP_PLAIN_DISCARD },
    { "XfrmOutPolDead", BACKEND_DROP_PLAIN_NO_POLICY },
    { "XfrmOutPolError", BACKEND_DROP_PLAIN_NO_POLICY },
    { "XfrmFwdHdrError", BACKEND_DROP_PLAIN_NOT_IP },
    { "XfrmOutStateInvalid", BACKEND_DROP_PLAIN_EXPIRED },
};

static void
add_drops(const char *name, uint64_t value, uint64_t drops[BACKEND_N_DROPS])
{
    for (size_t i = 0; i < ARRAY_SIZE(xfrm_stats); i++) {
        if (!strcmp(xfrm_stats[i].name, name)) {
            drops[xfrm_stats[i].drop] += value;
        }
    }
}

int
xfrm_add_drops(const struct backend_xfrm *b, uint64_t drops[BACKEND_N_DROPS])
{
    char buf[8192];
    ssize_t n = pread(b->xfrm_stat_fd, buf, sizeof buf - 1, 0);
    char *save_ptr = NULL;

    if (n < 0) {
        return errno;
    }
    buf[n] = '\0';
    for (char *line = strtok_r(buf, "\n", &save_ptr); line;
         line = strtok_r(NULL, "\n", &save_ptr)) {
        char name[64];
        unsigned long long int value;

        if (sscanf(line, "%63s %llu", name, &value) == 2) {
            add_drops(name, value, drops);
        }
    }
    return 0;
}

struct links {
    struct backend_xfrm *b;
    struct backend_stats *stats;
    uint64_t tx_errors;         /* Of xfrm interfaces. */
};

static void
add_link(const struct nlmsghdr *hdr, void *l_)
{
    struct links *l = l_;
    struct backend_stats *stats = l->stats;
    struct hop_link link;

    if (!hop_parse_link(hdr, &link)) {
        return;
    }
    if (link.ifindex == l->b->ports.plain_ifindex) {
        stats->plain_rx = link.rx_packets;
        stats->plain_tx = link.tx_packets;
    } else if (link.ifindex == l->b->ports.cipher_ifindex) {
        stats->cipher_rx = link.rx_packets;
        stats->cipher_tx = link.tx_packets;
    } else if (hop_link_vlan(&link)) {
        l->tx_errors += link.tx_errors;
    }
}

/* Packets that no policy matches are counted by the kernel at the xfrm
 * interface only, together with other packets that are not sent. */
static void
add_no_policy(struct backend_stats *stats, uint64_t tx_errors)
{
    static const enum backend_drop others[] = {
        BACKEND_DROP_PLAIN_NO_SA, BACKEND_DROP_PLAIN_SEND,
        BACKEND_DROP_PLAIN_TOO_BIG, BACKEND_DROP_PLAIN_SEQ,
        BACKEND_DROP_PLAIN_EXPIRED, BACKEND_DROP_PLAIN_DISCARD,
        BACKEND_DROP_PLAIN_NO_POLICY,
    };

    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        tx_errors -= MIN(tx_errors, stats->drops[others[i]]);
    }
    stats->drops[BACKEND_DROP_PLAIN_NO_POLICY] += tx_errors;
}

int
backend_xfrm_get_stats(struct backend *backend, struct backend_stats *stats)
{
    struct backend_xfrm *b = backend_xfrm_cast(backend);
    struct links l = { b, stats, 0 };

    if (!b->is_open) {
        return ECONNRESET;
    }
    memset(stats, 0, sizeof *stats);
    int error = xfrm_add_drops(b, stats->drops);
    if (!error) {
        error = nl_conn_get(b->route, hop_msg_link_dump(), add_link, &l);
        add_no_policy(stats, l.tx_errors);
    }
    return error == EINTR ? 0 : error;
}
