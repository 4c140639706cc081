/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets by which the kernel takes ESP in UDP (RFC 3948): what comes
 * there it decrypts by itself, nothing is read.  Nothing is sent by them
 * either.  There is one for each family that own addresses have, of all of
 * these. */
#include <config.h>
#include "vnf-agent/xfrm/xfrm-private.h"

#include <errno.h>
#include <linux/udp.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "openvswitch/vlog.h"
#include "packets.h"
#include "util.h"
#include "vnf-agent/xfrm/xfrm-attr.h"

VLOG_DEFINE_THIS_MODULE(xfrm_udp_encap);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

/* The socket has a policy of its own, so it receives packets that the default
 * blocks. */
static int
set_options(int fd, int family)
{
    const int one = 1, encap = UDP_ENCAP_ESPINUDP;
    bool ipv6 = family == AF_INET6;
    int level = ipv6 ? IPPROTO_IPV6 : IPPROTO_IP;
    struct xfrm_userpolicy_info policy;

    memset(&policy, 0, sizeof policy);
    policy.sel.family = family;
    policy.lft.soft_byte_limit = policy.lft.hard_byte_limit = XFRM_INF;
    policy.lft.soft_packet_limit = policy.lft.hard_packet_limit = XFRM_INF;
    policy.dir = XFRM_POLICY_IN;
    policy.action = XFRM_POLICY_ALLOW;

    return ((ipv6 && setsockopt(fd, level, IPV6_V6ONLY, &one, sizeof one))
            || setsockopt(fd, level, ipv6 ? IPV6_XFRM_POLICY : IP_XFRM_POLICY,
                          &policy, sizeof policy)
            || setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &encap, sizeof encap)
            ? errno : 0);
}

static int
open_socket(int family, int *fdp)
{
    struct sockaddr_in6 sin6 = {
        .sin6_family = AF_INET6,
        .sin6_port = htons(XFRM_UDP_PORT),
    };
    struct sockaddr_in sin = {
        .sin_family = AF_INET,
        .sin_port = htons(XFRM_UDP_PORT),
    };
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return errno;
    }

    int error = set_options(fd, family);
    if (!error && (family == AF_INET6
                   ? bind(fd, (struct sockaddr *) &sin6, sizeof sin6)
                   : bind(fd, (struct sockaddr *) &sin, sizeof sin))) {
        error = errno;
    }
    if (error) {
        close(fd);
    } else {
        *fdp = fd;
    }
    return error;
}

/* Returns the family of a socket that is missing, or AF_UNSPEC. */
static int
missing_family(const struct backend_xfrm *b)
{
    const struct own_ips *own_ips = &b->ports.own_ips;

    for (size_t i = 0; i < own_ips->n; i++) {
        int family = xfrm_family(&own_ips->ips[i]);

        if (b->udp_fds[family == AF_INET6] < 0) {
            return family;
        }
    }
    return AF_UNSPEC;
}

/* Opens those that are missing, within the namespace. */
static int
open_sockets(void *b_)
{
    struct backend_xfrm *b = b_;
    int family, error = 0;

    while (!error && (family = missing_family(b)) != AF_UNSPEC) {
        error = open_socket(family, &b->udp_fds[family == AF_INET6]);
    }
    return error;
}

int
xfrm_udp_update(struct backend_xfrm *b, char **errorp)
{
    int error = 0;

    if (!b->records->n_udp) {
        xfrm_udp_close(b);
    } else if (missing_family(b) != AF_UNSPEC) {
        error = netns_call(b->netns_fd, open_sockets, b);
    }
    if (error) {
        *errorp = xasprintf("socket for ESP in UDP, port %d: %s",
                            XFRM_UDP_PORT, ovs_strerror(error));
    }
    return error;
}

void
xfrm_udp_try(struct backend_xfrm *b)
{
    char *error = NULL;

    if (xfrm_udp_update(b, &error)) {
        VLOG_WARN_RL(&rl, "%s: %s", b->name, error);
        b->audit = true;
    }
    free(error);
}

void
xfrm_udp_close(struct backend_xfrm *b)
{
    for (size_t i = 0; i < ARRAY_SIZE(b->udp_fds); i++) {
        if (b->udp_fds[i] >= 0) {
            close(b->udp_fds[i]);
            b->udp_fds[i] = -1;
        }
    }
}
