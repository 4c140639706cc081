/* SPDX-License-Identifier: Apache-2.0 */
/* Compares the kernel with the records: at start, when an event tells that
 * another program changed an object, and every 30 s. */
#include <config.h>
#include "vnf-agent/xfrm/xfrm-private.h"

#include <errno.h>
#include <linux/xfrm.h>

#include "bitmap.h"
#include "hmapx.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(xfrm_sync);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

#define MAX_TRIES 5             /* Of a dump while objects change. */

void
xfrm_new_boot_id(struct backend_xfrm *b)
{
    uuid_generate(&b->records->boot_id);
    char *error = records_save(b->records);
    if (error) {
        VLOG_ERR_RL(&rl, "%s", error);
        free(error);
    }
}

/* SAs. */

struct sa_dump {
    struct backend_xfrm *b;
    struct hmapx seen;          /* struct sa_record. */
    struct nl_batch removals;
};

static void
see_sa(const struct nlmsghdr *hdr, void *d_)
{
    struct sa_dump *d = d_;
    struct xfrm_sa_info info;
    enum hop_kind kind = HOP_IF;

    /* SAs of the other kind of hop end are ours, too. */
    if (!xfrm_parse_sa(hdr, kind, &info)) {
        kind = HOP_MARK;
        if (!xfrm_parse_sa(hdr, kind, &info)) {
            return;
        }
    }
    struct sa_record *record = records_find_sa(d->b->records, info.direction,
                                               info.spi);
    if (record && kind == d->b->kind && !record->hard_expired
        && xfrm_sa_info_matches(&info, record->sa)) {
        hmapx_add(&d->seen, record);
        xfrm_lifetime_check_seq(d->b, record, info.stats.seq);
    } else if (!info.larval) {
        struct sa sa = {
            .spi = info.spi,
            .direction = info.direction,
            .vlan = info.vlan,
            .tunnel_src = info.src,
            .tunnel_dst = info.dst,
        };
        if (info.key_print[0]) {
            records_note_used_key(d->b->records, info.direction,
                                  info.key_print);
        }
        nl_batch_add(&d->removals, xfrm_msg_sa_delete(kind, &sa));
    }
}

/* Returns true if the hard lifetime ended while no agent ran. */
static bool
is_over(const struct sa_record *record)
{
    uint32_t hard_s = xfrm_hard_limits(record->sa).time_s;
    return hard_s && time_wall() >= record->created_s + hard_s;
}

/* Takes the SAs that are not in the kernel out of the records.  Those whose
 * hard lifetime has passed stay. */
static size_t
drop_lost(struct sa_dump *d)
{
    struct records *records = d->b->records;
    struct sa_record *record;
    size_t n = 0;

    HMAP_FOR_EACH_SAFE (record, node, &records->sas) {
        if (record->hard_expired || hmapx_contains(&d->seen, record)) {
            continue;
        } else if (is_over(record)) {
            const struct sa_stats stats = {
                .age_s = time_wall() - record->created_s
            };
            xfrm_lifetime_end(d->b, record, true, &stats);
        } else {
            VLOG_WARN_RL(&rl, "%s: the kernel has lost %s SA 0x%08"PRIx32,
                         d->b->name,
                         sa_direction_to_string(record->sa->direction),
                         record->sa->spi);
            records_unlink_sa(records, record);
            records_destroy_sa(records, record);
            n++;
        }
    }
    return n;
}

int
xfrm_sync_sas(struct backend_xfrm *b)
{
    struct sa_dump d = { .b = b };
    int error = EINTR;

    b->resync = false;
    hmapx_init(&d.seen);
    for (int i = 0; i < MAX_TRIES && error == EINTR; i++) {
        hmapx_clear(&d.seen);
        nl_batch_run(&d.removals, b->xfrm, nl_fine_delete, "", NULL);
        error = nl_conn_get(b->xfrm, xfrm_msg_sa_dump(), see_sa, &d);
    }
    if (!error) {
        size_t n = d.removals.n;
        char *message = NULL;

        if (nl_batch_run(&d.removals, b->xfrm, nl_fine_delete,
                         "removal of an SA", &message)) {
            VLOG_WARN_RL(&rl, "%s: %s", b->name, message);
        } else if (n) {
            VLOG_INFO("%s: removed %"PRIuSIZE" SAs that are ours and not "
                      "wanted", b->name, n);
        }
        free(message);
        xfrm_events_run(b);     /* Some of them may only have expired. */
        size_t n_lost = drop_lost(&d);
        if (n_lost) {
            VLOG_WARN("%s: %"PRIuSIZE" SAs are lost", b->name, n_lost);
            b->audit = true;
            xfrm_new_boot_id(b);
        }
    } else {
        VLOG_WARN_RL(&rl, "%s: dump of SAs: %s", b->name, ovs_strerror(error));
        b->resync = true;
        nl_batch_run(&d.removals, b->xfrm, nl_fine_delete, "", NULL);
    }
    hmapx_destroy(&d.seen);
    return error;
}

/* Policies. */

struct policy_dump {
    struct backend_xfrm *b;
    bool all;                   /* Remove them all. */
    struct nl_batch removals;
};

/* The policies that let packets pass: decrypted ones to the plain port, and
 * with marks those from there to the cipher port, where the other policies
 * await them. */
static bool
wants_allow(const struct backend_xfrm *b, const struct xfrm_policy_info *info)
{
    return (info->xfrm_dir == XFRM_POLICY_OUT
            ? info->mark.value == HOP_MARK_CLEAR
            : (info->xfrm_dir == XFRM_POLICY_FWD && b->kind == HOP_MARK
               && info->mark.value == HOP_MARK_PLAIN));
}

static bool
wants_policy(const struct backend_xfrm *b, const struct xfrm_policy_info *info)
{
    const struct policy policy = {
        .direction = (info->xfrm_dir == XFRM_POLICY_OUT ? SA_OUTBOUND
                      : SA_INBOUND),
        .vlan = info->vlan,
        .selector = info->selector,
    };

    if (!info->vlan) {
        return wants_allow(b, info);
    }
    return ((info->if_id != 0) == (b->kind == HOP_IF)
            && info->xfrm_dir != XFRM_POLICY_IN
            && records_find_alike(b->records, &policy, info->ipv6));
}

static void
see_policy(const struct nlmsghdr *hdr, void *d_)
{
    struct policy_dump *d = d_;
    struct xfrm_policy_info info;

    if (xfrm_parse_policy(hdr, &info)
        && (d->all || !wants_policy(d->b, &info))) {
        nl_batch_add(&d->removals, xfrm_msg_policy_delete_info(&info));
    }
}

static int
remove_policies(struct backend_xfrm *b, bool all, char **errorp)
{
    struct policy_dump d = { .b = b, .all = all };
    int error = EINTR;

    for (int i = 0; i < MAX_TRIES && error == EINTR; i++) {
        nl_batch_run(&d.removals, b->xfrm, nl_fine_delete, "", NULL);
        error = nl_conn_get(b->xfrm, xfrm_msg_policy_dump(), see_policy, &d);
    }
    if (error) {
        nl_batch_run(&d.removals, b->xfrm, nl_fine_delete, "", NULL);
        *errorp = xasprintf("kernel, dump of policies: %s",
                            ovs_strerror(error));
        return error;
    }
    if (d.removals.n) {
        VLOG_INFO("%s: removing %"PRIuSIZE" policies", b->name, d.removals.n);
    }
    return nl_batch_run(&d.removals, b->xfrm, nl_fine_delete,
                        "removal of a policy", errorp);
}

void
xfrm_policy_to_kernel(struct backend_xfrm *b, struct policy_record *record,
                      struct nl_batch *batch)
{
    const struct policy *policy = record->policy;
    const struct sa_record *sa = xfrm_policy_sa(b->records, policy);

    record->sent_spi = sa ? sa->sa->spi : 0;
    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        if (xfrm_selector_has(&policy->selector, ipv6)) {
            nl_batch_add(batch,
                         xfrm_msg_policy_set(b->kind, policy, ipv6,
                                               record->priority,
                                               sa ? sa->sa : NULL));
        }
    }
}

static int
set_policies(struct backend_xfrm *b, char **errorp)
{
    struct nl_batch batch = { .ops = NULL };
    struct policy_record *record;

    /* The default first: from the first moment nothing passes in clear. */
    nl_batch_add(&batch, xfrm_msg_set_default(true));
    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        nl_batch_add(&batch, xfrm_msg_allow(XFRM_POLICY_OUT, ipv6,
                                            HOP_MARK_CLEAR));
        if (b->kind == HOP_MARK) {
            nl_batch_add(&batch, xfrm_msg_allow(XFRM_POLICY_FWD, ipv6,
                                                HOP_MARK_PLAIN));
        }
    }
    HMAP_FOR_EACH (record, node, &b->records->policies) {
        xfrm_policy_to_kernel(b, record, &batch);
    }
    return nl_batch_run(&batch, b->xfrm, nl_fine_none, "policies",
                        errorp);
}

/* Hop ends. */

struct hop_dump {
    struct backend_xfrm *b;
    bool all;
    int ifindex;                /* Whose filters are being read. */
    unsigned long *stale;       /* VLANs. */
    bool bad_guard;             /* Another filter has the guard's place. */
};

static void
note_hop_end(struct hop_dump *d, uint16_t vlan)
{
    if (vlan && (d->all || !records_hop_in_use(d->b->records, vlan))) {
        bitmap_set1(d->stale, vlan);
    }
}

static void
see_link(const struct nlmsghdr *hdr, void *d_)
{
    struct hop_dump *d = d_;
    struct hop_link link;

    if (hop_parse_link(hdr, &link)) {
        uint16_t vlan = hop_link_vlan(&link);

        if (vlan && (d->b->kind == HOP_MARK
                     || !hop_link_is_as_made(&link,
                                             d->b->ports.cipher_ifindex))) {
            bitmap_set1(d->stale, vlan);
        }
        note_hop_end(d, vlan);
    }
}

static void
see_filter(const struct nlmsghdr *hdr, void *d_)
{
    struct hop_dump *d = d_;

    note_hop_end(d, hop_parse_filter(hdr, d->ifindex));
}

/* The kernel keeps a guard that is there when it is told to make one, whatever
 * that one does. */
static void
see_guard(const struct nlmsghdr *hdr, void *d_)
{
    struct hop_dump *d = d_;
    bool as_made;

    if (hop_parse_guard(hdr, d->ifindex, &as_made) && !as_made) {
        d->bad_guard = true;
    }
}

/* Removes hop ends that are ours and not wanted, or not as they were made, or
 * all; and a guard that is another one. */
static int
remove_hop_ends(struct backend_xfrm *b, bool all, char **errorp)
{
    unsigned long stale[BITMAP_N_LONGS(HOP_MAX_VLAN + 1)] = { 0 };
    struct hop_dump d = { .b = b, .all = all, .stale = stale };
    const int ports[] = { b->ports.plain_ifindex, b->ports.cipher_ifindex };
    struct nl_batch batch = { .ops = NULL };
    size_t vlan;

    nl_conn_get(b->route, hop_msg_link_dump(), see_link, &d);
    for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
        d.ifindex = ports[i];
        for (int ingress = 0; ingress < 2; ingress++) {
            nl_conn_get(b->route, hop_msg_filter_dump(ports[i], ingress),
                        see_filter, &d);
        }
    }
    d.ifindex = b->ports.cipher_ifindex;
    nl_conn_get(b->route, hop_msg_filter_dump(d.ifindex, false), see_guard,
                &d);
    if (d.bad_guard) {
        VLOG_WARN_RL(&rl, "%s: somebody changed the last filter at the exit "
                     "of %s: made anew", b->name, b->cipher_port);
        nl_batch_add(&batch, hop_msg_guard_clear(d.ifindex));
    }
    BITMAP_FOR_EACH_1 (vlan, HOP_MAX_VLAN + 1, stale) {
        hop_msgs_hop_end_undo(&batch, &b->ports, vlan);
    }
    return nl_batch_run(&batch, b->route, nl_fine_delete,
                        "removal of hop ends", errorp);
}

static int
set_hop_ends(struct backend_xfrm *b, char **errorp)
{
    struct nl_batch batch = { .ops = NULL };

    hop_msgs_ports(&batch, b->kind, &b->ports);
    for (uint16_t vlan = 1; vlan <= HOP_MAX_VLAN; vlan++) {
        if (records_hop_in_use(b->records, vlan)) {
            hop_msgs_hop_end(&batch, b->kind, &b->ports, vlan);
        }
    }
    return nl_batch_run(&batch, b->route, nl_fine_add, "hop ends",
                        errorp);
}

int
xfrm_sync_rest(struct backend_xfrm *b, char **errorp)
{
    *errorp = NULL;
    int error = remove_policies(b, false, errorp);
    error = error ? error : set_policies(b, errorp);
    error = error ? error : remove_hop_ends(b, false, errorp);
    error = error ? error : set_hop_ends(b, errorp);
    return error;
}

int
xfrm_sync_flush(struct backend_xfrm *b, char **errorp)
{
    struct nl_batch batch = { .ops = NULL };

    *errorp = NULL;
    records_forget_sas(b->records);
    records_forget_policies(b->records);
    int error = xfrm_sync_sas(b);
    if (error) {
        *errorp = xasprintf("kernel, SAs: %s", ovs_strerror(error));
        return error;
    }
    /* The ways before the locks: never a moment in clear. */
    error = remove_hop_ends(b, true, errorp);
    if (!error) {
        hop_msgs_ports_undo(&batch, &b->ports);
        error = nl_batch_run(&batch, b->route, nl_fine_delete,
                             "removal of rules and routes", errorp);
    }
    error = error ? error : remove_policies(b, true, errorp);
    if (!error) {
        nl_batch_add(&batch, xfrm_msg_set_default(false));
        error = nl_batch_run(&batch, b->xfrm, nl_fine_none, "default",
                             errorp);
    }
    return error;
}

/* Ports. */

static void
note_port(const struct nlmsghdr *hdr, void *link)
{
    hop_parse_link(hdr, link);
}

static int
find_port(struct backend_xfrm *b, const char *name, int *ifindex,
          struct backend_port *port, char **errorp)
{
    struct hop_link link = { .ifindex = 0 };
    int error = nl_conn_get(b->route, hop_msg_link_get(name), note_port,
                            &link);

    *ifindex = link.ifindex;
    if (error || !link.ifindex) {
        *errorp = xasprintf("port %s: %s", name,
                            ovs_strerror(error ? error : ENODEV));
        return ENODEV;
    }
    port->mac = link.mac;
    port->mtu = link.mtu;
    return 0;
}

int
xfrm_find_ports(struct backend_xfrm *b, char **errorp)
{
    *errorp = NULL;
    int error = find_port(b, b->plain_port, &b->ports.plain_ifindex,
                          &b->up.plain, errorp);
    return error ? error : find_port(b, b->cipher_port,
                                     &b->ports.cipher_ifindex, &b->up.cipher,
                                     errorp);
}
