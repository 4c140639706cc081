/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/xfrm/xfrm-probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <unistd.h>

#include "lib/secret.h"
#include "lib/suite.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"
#include "vnf-agent/xfrm/hop-msg.h"
#include "vnf-agent/xfrm/nl-build.h"
#include "vnf-agent/xfrm/nl-conn.h"
#include "vnf-agent/xfrm/xfrm-msg.h"

/* The first VLAN of a hop end that is only tried. */
#define PROBE_VLAN 1

static int
try_messages(struct nl_conn *conn, struct nl_batch *batch, struct ds *words)
{
    int error = 0;

    for (size_t i = 0; i < batch->n && !error; i++) {
        struct nl_op *op = &batch->ops[i];

        error = nl_conn_transact(conn, op, 1);
        if (error) {
            ds_put_format(words, "%s%s%s", ovs_strerror(error),
                          op->text ? ": " : "", op->text ? op->text : "");
        }
    }
    nl_batch_clear(batch);
    return error;
}

/* Tries all suites.  Returns a bit for each that the kernel has. */
static uint32_t
try_suites(struct nl_conn *conn, struct ds *words)
{
    struct ds reason = DS_EMPTY_INITIALIZER;
    uint32_t found = 0;

    for (size_t i = 0; i < n_suites; i++) {
        struct sa sa = {
            .spi = 256 + i,
            .direction = SA_INBOUND,
            .vlan = PROBE_VLAN,
            .tunnel_src = in6_addr_mapped_ipv4(htonl(0xc0000201)),
            .tunnel_dst = in6_addr_mapped_ipv4(htonl(0xc0000202)),
            .selector = SA_SELECTOR_ANY,
            .suite = &suites[i],
            .esn = true,
            .replay_window = 1024,
        };
        sa.key = secret_create(NULL, suite_keymat_size(sa.suite));
        char *refusal = xfrm_check_sa(&sa);
        struct nl_batch batch = { .ops = NULL };

        ds_clear(&reason);
        if (!refusal) {
            nl_batch_add(&batch, xfrm_msg_sa_add(HOP_MARK, &sa, true, true));
            if (!try_messages(conn, &batch, &reason)) {
                ds_put_format(words, "%s%s", found ? ", " : "ESP with ",
                              sa.suite->name);
                found |= 1u << i;
            }
        }
        free(refusal);
        secret_destroy(sa.key);
    }
    if (!found) {
        ds_put_format(words, "no ESP (%s)", ds_cstr(&reason));
    }
    ds_destroy(&reason);
    return found;
}

/* Tries to make ports and a hop end of 'kind', on the loopback device. */
static int
try_kind(struct nl_conn *conn, enum hop_kind kind, struct ds *words)
{
    const struct hop_ports ports = {
        .plain_ifindex = 1,
        .cipher_ifindex = 1,
        .own_ips = OWN_IPS(in6_addr_mapped_ipv4(htonl(0xc0000202))),
    };
    struct nl_batch batch = { .ops = NULL };

    if (kind == HOP_MARK) {
        hop_msgs_ports(&batch, kind, &ports);
    }
    hop_msgs_hop_end(&batch, kind, &ports, PROBE_VLAN);
    return try_messages(conn, &batch, words);
}

struct sockets {
    struct nl_conn *xfrm, *route;
};

static int
open_sockets(void *sockets_)
{
    struct sockets *s = sockets_;

    if (unshare(CLONE_NEWNET)) {
        return errno;
    }
    int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    int error = nl_conn_open(NETLINK_XFRM, fd, &s->xfrm);
    error = error ? error : nl_conn_open(NETLINK_ROUTE, fd, &s->route);
    close(fd);
    return error;
}

void
xfrm_probe(struct xfrm_probe *probe)
{
    struct ds words = DS_EMPTY_INITIALIZER;
    struct sockets s = { .xfrm = NULL };
    int own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    int error = own < 0 ? errno : netns_call(own, open_sockets, &s);

    *probe = (struct xfrm_probe) { .works = false };
    if (error) {
        ds_put_format(&words, "cannot try the kernel (%s)",
                      ovs_strerror(error));
    } else if ((probe->suites = try_suites(s.xfrm, &words))) {
        ds_put_cstr(&words, "; hop ends: ");
        struct ds reason = DS_EMPTY_INITIALIZER;
        if (try_kind(s.route, HOP_MARK, &reason)) {
            ds_put_format(&words, "none (%s)", ds_cstr(&reason));
        } else if (try_kind(s.route, HOP_IF, &reason)) {
            probe->works = true;
            probe->kind = HOP_MARK;
            ds_put_format(&words, "by marks (no xfrm interfaces: %s)",
                          ds_cstr(&reason));
        } else {
            probe->works = true;
            probe->kind = HOP_IF;
            ds_put_cstr(&words, "by xfrm interfaces");
        }
        ds_destroy(&reason);
    }
    probe->reason = ds_steal_cstr(&words);
    nl_conn_close(s.xfrm);
    nl_conn_close(s.route);
    if (own >= 0) {
        close(own);
    }
}
