/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel only counts: ESP with an SPI that is not known, and packets
 * for which an SA has no sequence number.
 *
 * The counters do not say which SPI.  While the first of them grows, a packet
 * socket shows the heads of the ESP packets that come in. */
#include <config.h>
#include "vnf-agent/xfrm/xfrm-private.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/address.h"
#include "openvswitch/vlog.h"
#include "socket-util.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(xfrm_counters);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

#define WATCH_MS 10000          /* After the last growth. */
#define MAX_READS 256           /* Packets looked at in one go. */
#define WATCH_BUFFER 65536      /* Octets of the kernel's. */
#define IPV6_HEADER 40
#define HEAD_SIZE 64            /* Octets of a packet: IPv4 options and SPI. */

/* Lets the socket receive ESP only.  Returns 0, or nonzero and errno is
 * set. */
static int
attach_filter(int fd, bool ipv6)
{
    const struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ipv6 ? 6 : 9),       /* Protocol. */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ESP, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, HEAD_SIZE),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    const struct sock_fprog filter = {
        .len = ARRAY_SIZE(program),
        .filter = CONST_CAST(struct sock_filter *, program),
    };
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
                      sizeof filter);
}

/* Opens the packet socket, within the namespace.  It receives nothing until it
 * is bound. */
static int
open_watch(void *b_)
{
    struct backend_xfrm *b = b_;
    bool ipv6 = address_is_ipv6(&b->ports.own_ips.ips[0]);
    const int size = WATCH_BUFFER;
    const struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ipv6 ? ETH_P_IPV6 : ETH_P_IP),
        .sll_ifindex = b->ports.cipher_ifindex,
    };
    int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0) {
        return errno;
    }
    if (attach_filter(fd, ipv6)
        || setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size)
        || bind(fd, (const struct sockaddr *) &address, sizeof address)) {
        int error = errno;

        close(fd);
        return error;
    }
    b->watch_fd = fd;
    return 0;
}

void
xfrm_counters_close(struct backend_xfrm *b)
{
    if (b->watch_fd >= 0) {
        close(b->watch_fd);
        b->watch_fd = -1;
    }
}

/* Returns the SPI of an ESP packet, of which 'head' has 'n' octets, or 0. */
static uint32_t
get_spi(const uint8_t *head, size_t n, bool ipv6)
{
    size_t offset = ipv6 ? IPV6_HEADER : n ? (head[0] & 15) * 4 : 0;
    ovs_be32 spi = 0;

    if (n >= offset + sizeof spi) {
        memcpy(&spi, head + offset, sizeof spi);
    }
    return ntohl(spi);
}

static void
read_watch(struct backend_xfrm *b)
{
    bool ipv6 = address_is_ipv6(&b->ports.own_ips.ips[0]);

    for (int i = 0; i < MAX_READS; i++) {
        uint8_t head[HEAD_SIZE];
        ssize_t n = recv(b->watch_fd, head, sizeof head, 0);

        if (n < 0 && errno != EINTR) {
            if (errno != EAGAIN) {      /* The port is gone. */
                xfrm_counters_close(b);
            }
            return;
        }
        uint32_t spi = n > 0 ? get_spi(head, n, ipv6) : 0;
        if (spi && !records_find_sa(b->records, SA_INBOUND, spi)) {
            event_queue_push_bad_spi(&b->events, spi, time_msec());
        }
    }
}

void
xfrm_counters_run(struct backend_xfrm *b)
{
    uint64_t drops[BACKEND_N_DROPS] = { 0 };

    if (xfrm_add_drops(b, drops)) {
        return;
    }
    if (drops[BACKEND_DROP_PLAIN_SEQ] != b->drops[BACKEND_DROP_PLAIN_SEQ]) {
        b->resync = true;       /* Sees which SA. */
    }
    if (drops[BACKEND_DROP_CIPHER_BAD_SPI]
        != b->drops[BACKEND_DROP_CIPHER_BAD_SPI]) {
        b->watch_end_ms = time_msec() + WATCH_MS;
        if (b->watch_fd < 0) {
            int error = netns_call(b->netns_fd, open_watch, b);

            if (error) {
                VLOG_WARN_RL(&rl, "%s: no events of unknown SPIs: %s", b->name,
                             ovs_strerror(error));
            }
        }
    }
    memcpy(b->drops, drops, sizeof drops);
    if (b->watch_fd >= 0) {
        read_watch(b);
        if (time_msec() >= b->watch_end_ms) {
            xfrm_counters_close(b);
        }
    }
}
