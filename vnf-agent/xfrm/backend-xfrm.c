/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/xfrm/backend-xfrm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"
#include "vnf-agent/xfrm/xfrm-private.h"
#include "vnf-agent/xfrm/xfrm-probe.h"

VLOG_DEFINE_THIS_MODULE(backend_xfrm);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

#define PORTS_INTERVAL_MS 1000
#define AUDIT_INTERVAL_MS 30000
#define SECOND_INTERVAL_MS 1000
#define ACQUIRE_EXPIRES_S "10"
#define EVENT_PAUSE_MS 50       /* Between an event and a look at it all. */

static const unsigned int xfrm_groups[] = {
    XFRMNLGRP_ACQUIRE, XFRMNLGRP_EXPIRE, XFRMNLGRP_SA, XFRMNLGRP_POLICY
};
static const unsigned int route_groups[] = {
    RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_TC, RTNLGRP_IPV4_ROUTE,
    RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE
};

/* The namespace. */

static int
open_netns(const char *name, char **errorp)
{
    char *path = xasprintf("/run/netns/%s", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        *errorp = xasprintf("no network namespace %s (%s: %s)", name, path,
                            ovs_strerror(errno));
    }
    free(path);
    return fd;
}

/* Sets a sysctl, for which netlink has no message.  One that the kernel does
 * not have needs no setting. */
static void
write_sysctl(const char *name, const char *value)
{
    char *path = xasprintf("/proc/sys/net/%s", name);
    size_t size = strlen(value);
    char old[16];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is_set = (fd < 0 || (read(fd, old, sizeof old) == size + 1
                              && !memcmp(old, value, size)));

    if (fd >= 0) {
        close(fd);
    }
    if (!is_set) {
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, value, size) < 0) {
            VLOG_WARN_RL(&rl, "%s cannot be set to %s (%s)", path, value,
                         ovs_strerror(errno));
        }
        if (fd >= 0) {
            close(fd);
        }
    }
    free(path);
}

static void
write_port_sysctl(const char *format, const char *port, const char *value)
{
    char *name = xasprintf(format, port);

    write_sysctl(name, value);
    free(name);
}

/* Sets up the namespace, within it: decrypted packets are forwarded although
 * there is no route back to their sources, and an ACQUIRE that was lost comes
 * again soon. */
static int
set_up_namespace(void *b_)
{
    struct backend_xfrm *b = b_;
    const char *ports[] = { b->plain_port, b->cipher_port };

    b->ports.ipv6 = !access("/proc/sys/net/ipv6", F_OK);
    write_sysctl("core/xfrm_acq_expires", ACQUIRE_EXPIRES_S);
    write_sysctl("core/xfrm_larval_drop", "1");
    write_sysctl("ipv4/ip_forward", "1");
    write_sysctl("ipv4/conf/all/rp_filter", "0");
    write_sysctl("ipv4/conf/all/disable_xfrm", "0");
    write_sysctl("ipv4/conf/all/disable_policy", "0");
    write_sysctl("ipv4/conf/default/rp_filter", "0");
    write_sysctl("ipv6/conf/default/disable_ipv6", "0");
    write_sysctl("ipv6/conf/lo/disable_ipv6", "0");
    for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
        write_port_sysctl("ipv4/conf/%s/rp_filter", ports[i], "0");
        write_port_sysctl("ipv4/conf/%s/disable_xfrm", ports[i], "0");
        write_port_sysctl("ipv4/conf/%s/disable_policy", ports[i], "0");
        write_port_sysctl("ipv6/conf/%s/addr_gen_mode", ports[i], "1");
        write_port_sysctl("ipv6/conf/%s/accept_ra", ports[i], "0");
        write_port_sysctl("ipv6/conf/%s/disable_ipv6", ports[i], "0");
    }
    write_sysctl("ipv6/conf/all/forwarding", "1");
    if (b->xfrm_stat_fd < 0) {
        b->xfrm_stat_fd = open("/proc/thread-self/net/xfrm_stat",
                               O_RDONLY | O_CLOEXEC);
    }
    return 0;
}

static int
tear_down_namespace(void *b_ OVS_UNUSED)
{
    write_sysctl("ipv4/ip_forward", "0");
    write_sysctl("ipv6/conf/all/forwarding", "0");
    return 0;
}

/* Returns a text that names the boot and the namespace: with another one no SA
 * is left.  Caller frees. */
static char *
describe_kernel(const struct backend_xfrm *b)
{
    char boot[64] = "";
    struct stat s;
    FILE *stream = fopen("/proc/sys/kernel/random/boot_id", "re");

    if (stream) {
        if (!fgets(boot, sizeof boot, stream)) {
            boot[0] = '\0';
        }
        fclose(stream);
        boot[strcspn(boot, "\n")] = '\0';
    }
    if (fstat(b->netns_fd, &s)) {
        s.st_ino = 0;
    }
    return xasprintf("%s %llu", boot, (unsigned long long int) s.st_ino);
}

/* Lifecycle. */

/* Closes what open_namespace() and those after it have opened. */
static void
close_namespace(struct backend_xfrm *b)
{
    xfrm_counters_close(b);
    xfrm_udp_close(b);
    nl_conn_close(b->xfrm);
    nl_conn_close(b->route);
    nl_conn_close(b->xfrm_events);
    nl_conn_close(b->route_events);
    b->xfrm = b->route = b->xfrm_events = b->route_events = NULL;
    records_destroy(b->records);
    if (b->xfrm_stat_fd >= 0) {
        close(b->xfrm_stat_fd);
    }
    if (b->netns_fd >= 0) {
        close(b->netns_fd);
    }
    b->xfrm_stat_fd = b->netns_fd = -1;
}

static void
backend_xfrm_free(struct backend_xfrm *b)
{
    close_namespace(b);
    event_queue_clear(&b->events);
    free(b->name);
    free(b->netns);
    free(b->plain_port);
    free(b->cipher_port);
    free(b->records_name);
    free(b->up.reason);
    free(b);
}

static int
join(struct nl_conn *conn, const unsigned int groups[], size_t n)
{
    int error = 0;

    for (size_t i = 0; i < n && !error; i++) {
        error = nl_conn_join(conn, groups[i]);
    }
    return error;
}

static int
open_sockets(struct backend_xfrm *b)
{
    int fd = b->netns_fd;
    int error = nl_conn_open(NETLINK_XFRM, fd, &b->xfrm);

    error = error ? error : nl_conn_open(NETLINK_ROUTE, fd, &b->route);
    error = error ? error : nl_conn_open(NETLINK_XFRM, fd, &b->xfrm_events);
    error = error ? error : nl_conn_open(NETLINK_ROUTE, fd, &b->route_events);
    error = error ? error : join(b->xfrm_events, xfrm_groups,
                                 ARRAY_SIZE(xfrm_groups));
    return error ? error : join(b->route_events, route_groups,
                                ARRAY_SIZE(route_groups));
}

static void
make_records(struct backend_xfrm *b)
{
    b->records = records_create();
    b->up.boot_id = &b->records->boot_id;
}

static int
backend_xfrm_create(const struct backend_config *config,
                    struct backend_xfrm **bp, char **errorp)
{
    if (!config->netns) {
        *errorp = xstrdup("the kernel backend needs a network namespace of "
                          "the gateway's own (--netns): it drops there "
                          "whatever no policy names");
        return EINVAL;
    }

    struct backend_xfrm *b = xzalloc(sizeof *b);
    b->netns_fd = -1;
    b->xfrm_stat_fd = -1;
    b->watch_fd = -1;
    b->udp_fds[0] = b->udp_fds[1] = -1;
    b->name = xstrdup(config->name);
    b->netns = xstrdup(config->netns);
    b->plain_port = xstrdup(config->plain_port);
    b->cipher_port = xstrdup(config->cipher_port);
    b->records_name = xasprintf("%s/%s.xfrm.records", config->rundir,
                                config->name);
    b->ports.plain_peer = (struct eth_addr) BACKEND_PLAIN_PEER;
    b->ports.cipher_peer = (struct eth_addr) BACKEND_CIPHER_PEER;
    b->ports.own_ips = config->own_ips;
    event_queue_init(&b->events, XFRM_MAX_EVENTS);
    b->up = (struct backend) {
        .class = &backend_xfrm_class,
        .events = &b->events,
    };
    make_records(b);
    *bp = b;
    return 0;
}

static int
open_namespace(struct backend_xfrm *b, char **errorp)
{
    b->netns_fd = open_netns(b->netns, errorp);
    if (b->netns_fd < 0) {
        return ENOENT;
    }
    int error = open_sockets(b);
    if (error) {
        *errorp = xasprintf("netlink sockets: %s", ovs_strerror(error));
    }
    return error;
}

/* Adopts the SAs and policies in the kernel and in the file. */
static int
adopt(struct backend_xfrm *b, char **errorp)
{
    char *message = records_open(b->records, b->records_name);
    char *kernel = describe_kernel(b);
    struct records *records = b->records;

    if (message) {
        VLOG_WARN("%s; beginning with nothing", message);
        free(message);
    }
    bool same = (nullable_string_is_equal(records->kernel, kernel)
                 && records->kind == b->kind
                 && !uuid_is_zero(&records->boot_id));
    free(records->kernel);
    records->kernel = kernel;
    records->kind = b->kind;
    if (!same) {
        records_forget_sas(records);
        xfrm_new_boot_id(b);
    }

    int error = xfrm_sync_sas(b);
    if (error) {
        *errorp = xasprintf("kernel, dump of SAs: %s", ovs_strerror(error));
    } else {
        error = xfrm_sync_rest(b, errorp);
    }
    if (!error) {
        xfrm_udp_try(b);
        *errorp = records_save(records);
        error = *errorp ? EIO : 0;
    }
    return error;
}

/* Begins to work in the namespace, if that and the ports are there.  Returns
 * 0, or a positive errno with an error in '*errorp' (caller frees): ENOENT or
 * ENODEV if they are not there. */
static int
begin(struct backend_xfrm *b, char **errorp)
{
    int error = open_namespace(b, errorp);

    error = error ? error : xfrm_find_ports(b, errorp);
    if (!error) {
        netns_call(b->netns_fd, set_up_namespace, b);
        memset(b->drops, 0, sizeof b->drops);
        xfrm_add_drops(b, b->drops);
        /* Which other things the kernel lacks does not come right. */
        error = adopt(b, errorp) ? EIO : 0;
    }
    if (error) {
        close_namespace(b);
        make_records(b);
        return error;
    }
    VLOG_INFO("%s: adopted %"PRIuSIZE" SAs and %"PRIuSIZE" policies",
              b->name, hmap_count(&b->records->sas),
              hmap_count(&b->records->policies));
    b->audit_ms = b->resync_ms = time_msec() + AUDIT_INTERVAL_MS;
    b->is_open = true;
    return 0;
}

static void
set_reason(struct backend_xfrm *b, char *reason)
{
    if (!nullable_string_is_equal(b->up.reason, reason)) {
        VLOG_INFO("%s: data plane: %s", b->name, reason ? reason : "up");
    }
    free(b->up.reason);
    b->up.reason = reason;
}

static int
backend_xfrm_open(const struct backend_config *config,
                  struct backend **backendp, char **errorp)
{
    struct backend_xfrm *b;
    struct xfrm_probe probe;

    *backendp = NULL;
    *errorp = NULL;
    xfrm_probe(&probe);
    VLOG_INFO("%s: kernel: %s", config->name, probe.reason);
    if (!probe.works) {
        *errorp = probe.reason;
        return ENOTSUP;
    }
    free(probe.reason);

    int error = backend_xfrm_create(config, &b, errorp);
    if (error) {
        return error;
    }
    b->kind = probe.kind;
    b->up.suites = probe.suites;
    error = begin(b, errorp);
    if (error == ENOENT || error == ENODEV) {
        set_reason(b, *errorp);
        *errorp = NULL;
        b->ports_ms = time_msec() + PORTS_INTERVAL_MS;
    } else if (error) {
        backend_xfrm_free(b);
        return error;
    }
    *backendp = &b->up;
    return 0;
}

static void
backend_xfrm_close(struct backend *backend, bool stop)
{
    struct backend_xfrm *b = backend_xfrm_cast(backend);

    if (stop && b->is_open) {
        char *error = NULL;

        if (xfrm_sync_flush(b, &error)) {
            VLOG_ERR("%s: %s", b->name, error);
        }
        netns_call(b->netns_fd, tear_down_namespace, b);
        free(error);
        if (b->records->file_name) {
            unlink(b->records->file_name);
        }
    }
    backend_xfrm_free(b);
}

char *
backend_xfrm_flush(const struct backend_config *config)
{
    struct backend_xfrm *b;
    char *error = NULL;

    if (backend_xfrm_create(config, &b, &error)) {
        return error;
    }
    if (open_namespace(b, &error)) {
        backend_xfrm_free(b);
        return error;
    }
    b->is_open = true;
    netns_call(b->netns_fd, set_up_namespace, b);
    char *no_port = NULL;
    if (xfrm_find_ports(b, &no_port)) {
        VLOG_WARN("%s; the rest is flushed", no_port);
    }
    free(no_port);
    b->records->file_name = xstrdup(b->records_name);
    if (xfrm_sync_flush(b, &error)) {
        backend_xfrm_free(b);
        return error;
    }
    backend_xfrm_close(&b->up, true);
    return NULL;
}

/* Running. */

/* Checks the ports, which may go and come back as other devices. */
static void
look_at_ports(struct backend_xfrm *b)
{
    struct hop_ports old = b->ports;
    char *reason;

    b->ports_ms = time_msec() + PORTS_INTERVAL_MS;
    xfrm_find_ports(b, &reason);
    if (!reason && (old.plain_ifindex != b->ports.plain_ifindex
                    || old.cipher_ifindex != b->ports.cipher_ifindex)) {
        netns_call(b->netns_fd, set_up_namespace, b);
        b->audit = true;
        b->audit_ms = 0;
    }
    set_reason(b, reason);
}

static void
look_at_all(struct backend_xfrm *b)
{
    char *error = NULL;

    if (b->resync || time_msec() >= b->resync_ms) {
        b->resync_ms = time_msec() + AUDIT_INTERVAL_MS;
        xfrm_sync_sas(b);
    }
    b->audit = false;
    netns_call(b->netns_fd, set_up_namespace, b);
    if (!b->up.reason && xfrm_sync_rest(b, &error)) {
        VLOG_WARN_RL(&rl, "%s: %s", b->name, error);
        b->audit = true;
    }
    free(error);
    xfrm_udp_try(b);
    records_commit(b->records);
    b->audit_ms = time_msec() + AUDIT_INTERVAL_MS;
    b->failed = b->audit || b->resync;
}

static void
backend_xfrm_run(struct backend *backend)
{
    struct backend_xfrm *b = backend_xfrm_cast(backend);

    if (!b->is_open && time_msec() >= b->ports_ms) {
        char *error = NULL;

        b->ports_ms = time_msec() + PORTS_INTERVAL_MS;
        begin(b, &error);
        set_reason(b, error);
    }
    if (!b->is_open) {
        return;
    }

    xfrm_events_run(b);
    if (b->audit || b->resync) {        /* One look for many events. */
        b->audit_ms = MIN(b->audit_ms,
                          time_msec() + (b->failed ? PORTS_INTERVAL_MS
                                         : EVENT_PAUSE_MS));
    }
    if (time_msec() >= b->ports_ms) {
        look_at_ports(b);
    }
    if (time_msec() >= b->audit_ms) {
        look_at_all(b);
    }
    if (time_msec() >= b->second_ms) {
        b->second_ms = time_msec() + SECOND_INTERVAL_MS;
        xfrm_counters_run(b);
        if (b->records->n_idle && (!b->resync || !xfrm_sync_sas(b))) {
            xfrm_lifetime_check_idle(b);
        }
    }
}

static void
backend_xfrm_wait(struct backend *backend)
{
    const struct backend_xfrm *b = backend_xfrm_cast(backend);

    if (!b->is_open) {
        poll_timer_wait_until(b->ports_ms);
        return;
    }
    poll_fd_wait(nl_conn_fd(b->xfrm_events), POLLIN);
    poll_fd_wait(nl_conn_fd(b->route_events), POLLIN);
    poll_timer_wait_until(MIN(b->ports_ms, MIN(b->audit_ms, b->second_ms)));
}

/* What is new comes into the kernel with the next look at all. */
static void
backend_xfrm_set_own_ips(struct backend *backend,
                         const struct own_ips *own_ips)
{
    struct backend_xfrm *b = backend_xfrm_cast(backend);
    struct nl_batch batch = { .ops = NULL };
    const struct own_ips old = b->ports.own_ips;
    char *error = NULL;

    b->ports.own_ips = *own_ips;
    if (!b->is_open) {
        return;
    }
    for (size_t i = 0; i < old.n; i++) {
        if (!own_ips_contains(own_ips, &old.ips[i])) {
            hop_msgs_ip_undo(&batch, &old.ips[i]);
        }
    }
    if (nl_batch_run(&batch, b->route, nl_fine_delete,
                     "removal of an own address", &error)) {
        VLOG_WARN_RL(&rl, "%s: %s", b->name, error);
        free(error);
    }
    xfrm_counters_close(b);     /* It may be of the other family. */
    b->audit = true;
    b->audit_ms = 0;
}

static int
backend_xfrm_dump(struct backend *backend, backend_dump_sa_cb *sa_cb,
                  backend_dump_policy_cb *policy_cb, void *aux)
{
    struct backend_xfrm *b = backend_xfrm_cast(backend);

    if (!b->is_open) {
        return ECONNRESET;
    }
    /* An SA that the kernel has lost must be missing. */
    int error = b->resync ? xfrm_sync_sas(b) : 0;
    int dump_error = xfrm_stats_dump(b, error ? NULL : sa_cb, policy_cb, aux);

    error = error ? error : dump_error;
    return error == EINTR ? EAGAIN : error;
}

const struct backend_class backend_xfrm_class = {
    .name = "xfrm",
    .open = backend_xfrm_open,
    .close = backend_xfrm_close,
    .run = backend_xfrm_run,
    .wait = backend_xfrm_wait,
    .set_own_ips = backend_xfrm_set_own_ips,
    .apply = backend_xfrm_apply,
    .dump = backend_xfrm_dump,
    .get_sa_stats = backend_xfrm_get_sa_stats,
    .get_stats = backend_xfrm_get_stats,
};
