/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/registrar/source-watch.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/address.h"
#include "netlink-socket.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(source_watch);

#define DEBOUNCE_MS 1000

struct source_watch {
    struct nl_sock *sock;       /* NULL: changes are not seen. */
    long long int look_ms;      /* When to ask; LLONG_MAX: nothing to ask. */
    char *peer_ip, *own_ip;
};

struct source_watch *
source_watch_create(void)
{
    static const unsigned int groups[] = {
        RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
        RTNLGRP_IPV6_ROUTE, RTNLGRP_LINK,
    };
    struct source_watch *watch = xzalloc(sizeof *watch);
    int error = nl_sock_create(NETLINK_ROUTE, &watch->sock);
    for (size_t i = 0; !error && i < ARRAY_SIZE(groups); i++) {
        error = nl_sock_join_mcgroup(watch->sock, groups[i]);
    }
    if (error) {
        VLOG_WARN("changes of this host's address are not seen (%s)",
                  ovs_strerror(error));
        nl_sock_destroy(watch->sock);
        watch->sock = NULL;
    }
    watch->look_ms = LLONG_MAX;
    return watch;
}

void
source_watch_destroy(struct source_watch *watch)
{
    if (watch) {
        nl_sock_destroy(watch->sock);
        free(watch->peer_ip);
        free(watch->own_ip);
        free(watch);
    }
}

void
source_watch_set(struct source_watch *watch, const char *peer_ip,
                 const char *own_ip)
{
    if (!watch->peer_ip || strcmp(watch->peer_ip, peer_ip)
        || strcmp(watch->own_ip, own_ip)) {
        free(watch->peer_ip);
        free(watch->own_ip);
        watch->peer_ip = xstrdup(peer_ip);
        watch->own_ip = xstrdup(own_ip);
    }
}

const char *
source_watch_ip(const struct source_watch *watch)
{
    return watch->own_ip;
}

/* Returns the address that a packet to 'peer_ip' would have now, or NULL.
 * Caller frees. */
static char *
ask_kernel(const char *peer_ip)
{
    struct in6_addr peer, own;
    if (!address_parse(peer_ip, &peer)) {
        return NULL;
    }
    /* A port of any number: nothing is sent. */
    struct sockaddr_in6 ss = {
        .sin6_family = AF_INET6, .sin6_port = htons(9), .sin6_addr = peer,
    };
    struct sockaddr_in ss4 = {
        .sin_family = AF_INET, .sin_port = htons(9),
        .sin_addr.s_addr = in6_addr_get_mapped_ipv4(&peer),
    };
    bool is_v6 = address_is_ipv6(&peer);
    socklen_t len = is_v6 ? sizeof ss : sizeof ss4;
    struct sockaddr *sa = (is_v6 ? (struct sockaddr *) &ss
                           : (struct sockaddr *) &ss4);
    int fd = socket(sa->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ok = (fd >= 0 && !connect(fd, sa, len)
               && !getsockname(fd, sa, &len));
    if (fd >= 0) {
        close(fd);
    }
    own = ss.sin6_addr;
    if (!is_v6) {
        in6_addr_set_mapped_ipv4(&own, ss4.sin_addr.s_addr);
    }
    return ok ? address_format(&own) : NULL;
}

bool
source_watch_run(struct source_watch *watch, bool *toldp)
{
    *toldp = false;
    if (watch->look_ms == LLONG_MAX && watch->sock) {
        uint64_t stub[512];
        struct ofpbuf buf;
        ofpbuf_use_stub(&buf, stub, sizeof stub);
        /* What it tells is not needed, nor how often. */
        if (nl_sock_recv(watch->sock, &buf, NULL, false) != EAGAIN) {
            watch->look_ms = time_msec() + DEBOUNCE_MS;
        }
        ofpbuf_uninit(&buf);
    }
    if (time_msec() < watch->look_ms) {
        return false;
    }
    *toldp = true;
    nl_sock_drain(watch->sock);
    watch->look_ms = LLONG_MAX;
    char *ip = watch->peer_ip ? ask_kernel(watch->peer_ip) : NULL;
    if (!ip || !strcmp(ip, watch->own_ip)) {
        free(ip);
        return false;
    }
    VLOG_INFO("this host is %s now for others, and not %s", ip,
              watch->own_ip);
    free(watch->own_ip);
    watch->own_ip = ip;
    return true;
}

void
source_watch_wait(const struct source_watch *watch)
{
    if (watch->look_ms != LLONG_MAX) {
        poll_timer_wait_until(watch->look_ms);
    } else if (watch->sock) {
        nl_sock_wait(watch->sock, POLLIN);
    }
}
