/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/esp/port.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(esp_port);

#define RECEIVE_BUFFER (16 * 1024 * 1024)       /* Octets in the kernel. */
#define SEND_BUFFER (4 * 1024 * 1024)

/* One receive buffer: not a power of 2, so that the buffers of a batch do not
 * fall on the same lines of the cache. */
#define FRAME_SIZE (ETH_HEADER_LEN + PORT_MAX_MTU)
#define BUFFER_SIZE \
    ROUND_UP(ENGINE_HEADROOM + FRAME_SIZE + ENGINE_TAILROOM, 64)

/* The inner packet starts 14 octets into the frame: this aligns it. */
#define FRAME_OFFSET (ENGINE_HEADROOM + 2)

struct port {
    char *name;
    int fd;                     /* -1: not open. */
    struct backend_port info;
    bool is_up;                 /* Administratively. */
    char *reason;
    uint8_t *buffers;           /* PORT_BATCH of BUFFER_SIZE. */
    struct mmsghdr msgs[PORT_BATCH];
    struct iovec iovs[PORT_BATCH];
    struct sockaddr_ll addrs[PORT_BATCH];
    union {
        struct cmsghdr align;
        char data[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    } controls[PORT_BATCH];
};

int
port_open(void)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int receive_buffer = RECEIVE_BUFFER;
    int send_buffer = SEND_BUFFER;
    int one = 1;

    if (fd < 0) {
        return -errno;
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer,
               sizeof receive_buffer);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &send_buffer,
               sizeof send_buffer);
    if (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof one)) {
        int error = errno;

        close(fd);
        return -error;
    }
    /* Frames that it does not keep out (Linux before 4.20) are known by their
     * type. */
    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one);
    return fd;
}

struct port *
port_create(const char *name, int fd)
{
    struct port *port = xzalloc(sizeof *port);

    port->name = xstrdup(name);
    port->fd = fd;
    port->buffers = xmalloc_cacheline(PORT_BATCH * BUFFER_SIZE);
    port_refresh(port);
    return port;
}

void
port_destroy(struct port *port)
{
    if (port) {
        if (port->fd >= 0) {
            close(port->fd);
        }
        free_cacheline(port->buffers);
        free(port->name);
        free(port->reason);
        free(port);
    }
}

/* Notes why no frame can pass, and logs it when it is news. */
static void
set_reason(struct port *port, const char *reason)
{
    if (nullable_string_is_equal(port->reason, reason)) {
        return;
    }
    free(port->reason);
    port->reason = nullable_xstrdup(reason);
    VLOG_INFO("port %s %s", port->name, reason ? reason : "is up");
}

/* Has the socket receive nothing more, and forgets what it has received: its
 * interface is not the port's any more.  port_bind() ends that. */
static void
port_deafen(struct port *port)
{
    struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = { .len = 1, .filter = &nothing };
    uint8_t octet;

    if (setsockopt(port->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
                   sizeof program)) {
        VLOG_ERR("port %s: cannot filter (%s)", port->name,
                 ovs_strerror(errno));
    }
    /* That the interface went down is told once. */
    while (recv(port->fd, &octet, sizeof octet, MSG_DONTWAIT) >= 0
           || errno == ENETDOWN || errno == EINTR) {
        continue;
    }
}

static int
port_bind(struct port *port, int ifindex)
{
    int unused = 0;

    struct sockaddr_ll sll = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETH_P_ALL),
        .sll_ifindex = ifindex,
    };

    if (bind(port->fd, (struct sockaddr *) &sll, sizeof sll)) {
        return errno;
    }
    setsockopt(port->fd, SOL_SOCKET, SO_DETACH_FILTER, &unused,
               sizeof unused);
    return 0;
}

/* Index of the interface that the socket is bound to; 0: none yet, -1: one
 * that is gone. */
static int
port_bound_to(const struct port *port)
{
    struct sockaddr_ll sll;
    socklen_t len = sizeof sll;

    memset(&sll, 0, sizeof sll);
    if (getsockname(port->fd, (struct sockaddr *) &sll, &len)) {
        return -1;
    }
    return sll.sll_ifindex;
}

/* Asks the kernel about the interface.  Returns NULL if it can be used, or a
 * reason. */
static const char *
port_query(struct port *port)
{
    struct ifreq ifr;

    port->is_up = false;
    if (strlen(port->name) >= sizeof ifr.ifr_name) {
        return "has a name that is too long";
    }
    if (port->fd < 0) {
        int fd = port_open();

        if (fd < 0) {
            return ovs_strerror(-fd);
        }
        port->fd = fd;
    }

    memset(&ifr, 0, sizeof ifr);
    ovs_strlcpy(ifr.ifr_name, port->name, sizeof ifr.ifr_name);
    int ifindex = ioctl(port->fd, SIOCGIFINDEX, &ifr) ? -1 : ifr.ifr_ifindex;
    int bound_to = port_bound_to(port);
    if (bound_to && (ifindex < 0 || bound_to != ifindex)) {
        port_deafen(port);
    }
    if (ifindex < 0) {
        return "does not exist";
    }
    if (bound_to != ifindex) {
        int error = port_bind(port, ifindex);
        if (error) {
            return ovs_strerror(error);
        }
    }

    if (ioctl(port->fd, SIOCGIFHWADDR, &ifr)
        || ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER) {
        return "is not an Ethernet interface";
    }
    memcpy(&port->info.mac, ifr.ifr_hwaddr.sa_data, sizeof port->info.mac);
    if (!ioctl(port->fd, SIOCGIFMTU, &ifr)) {
        port->info.mtu = MIN(ifr.ifr_mtu, PORT_MAX_MTU);
    }
    if (ioctl(port->fd, SIOCGIFFLAGS, &ifr) || !(ifr.ifr_flags & IFF_UP)) {
        return "is down";
    }
    port->is_up = true;
    return ifr.ifr_flags & IFF_RUNNING ? NULL : "has no carrier";
}

void
port_refresh(struct port *port)
{
    set_reason(port, port_query(port));
}

const struct backend_port *
port_get(const struct port *port)
{
    return &port->info;
}

int
port_get_fd(const struct port *port)
{
    return port->fd;
}

const char *
port_down_reason(const struct port *port)
{
    return port->reason;
}

/* Reads the metadata of a frame.  Returns false if the frame must be ignored:
 * we sent it. */
static bool
read_auxdata(struct msghdr *msg, const struct sockaddr_ll *addr,
             struct engine_frame *frame)
{
    if (addr->sll_pkttype == PACKET_OUTGOING) {
        return false;
    }
    frame->other_host = addr->sll_pkttype == PACKET_OTHERHOST;
    frame->truncated = (msg->msg_flags & MSG_TRUNC) != 0;
    frame->vlan = 0;
    frame->unfinished_checksum = false;

    for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg;
         cmsg = CMSG_NXTHDR(msg, cmsg)) {
        struct tpacket_auxdata aux;

        if (cmsg->cmsg_level != SOL_PACKET
            || cmsg->cmsg_type != PACKET_AUXDATA
            || cmsg->cmsg_len < CMSG_LEN(sizeof aux)) {
            continue;
        }
        memcpy(&aux, CMSG_DATA(cmsg), sizeof aux);
        if (aux.tp_status & TP_STATUS_VLAN_VALID) {
            frame->vlan = aux.tp_vlan_tci & VLAN_VID_MASK;
            if (aux.tp_status & TP_STATUS_VLAN_TPID_VALID
                && aux.tp_vlan_tpid != ETH_TYPE_VLAN_8021Q) {
                frame->other_host = true;
            }
        }
        frame->unfinished_checksum
            = (aux.tp_status & TP_STATUS_CSUMNOTREADY) != 0;
    }
    return true;
}

size_t
port_receive(struct port *port, struct engine_frame frames[PORT_BATCH])
{
    size_t n_frames = 0;

    if (port->fd < 0) {
        return 0;
    }
    for (int i = 0; i < PORT_BATCH; i++) {
        port->iovs[i] = (struct iovec) {
            .iov_base = port->buffers + i * BUFFER_SIZE + FRAME_OFFSET,
            .iov_len = FRAME_SIZE,
        };
        port->msgs[i].msg_hdr = (struct msghdr) {
            .msg_name = &port->addrs[i],
            .msg_namelen = sizeof port->addrs[i],
            .msg_iov = &port->iovs[i],
            .msg_iovlen = 1,
            .msg_control = &port->controls[i],
            .msg_controllen = sizeof port->controls[i],
        };
    }

    /* An error (the interface went down) is one to wait out: port_refresh()
     * looks after it. */
    int n = recvmmsg(port->fd, port->msgs, PORT_BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++) {
        struct engine_frame *frame = &frames[n_frames];

        frame->data = port->iovs[i].iov_base;
        frame->size = port->msgs[i].msg_len;
        n_frames += read_auxdata(&port->msgs[i].msg_hdr, &port->addrs[i],
                                 frame);
    }
    return n_frames;
}

void
port_send(struct port *port, const struct engine_frame frames[], size_t n,
          bool sent[])
{
    memset(sent, false, n * sizeof *sent);
    if (port->fd < 0) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        port->iovs[i] = (struct iovec) {
            .iov_base = frames[i].data,
            .iov_len = frames[i].size,
        };
        port->msgs[i].msg_hdr = (struct msghdr) {
            .msg_iov = &port->iovs[i],
            .msg_iovlen = 1,
        };
    }

    /* sendmmsg() stops at the first frame that it cannot send: we go on behind
     * it. */
    for (size_t i = 0; i < n; ) {
        int n_sent = sendmmsg(port->fd, &port->msgs[i], n - i, MSG_DONTWAIT);

        if (n_sent > 0) {
            memset(&sent[i], true, n_sent * sizeof *sent);
            i += n_sent;
        } else if (errno != EINTR) {
            i++;
        }
    }
}

unsigned int
port_take_lost(struct port *port)
{
    struct tpacket_stats stats;
    socklen_t len = sizeof stats;

    /* Reading resets it. */
    return port->fd >= 0
           && !getsockopt(port->fd, SOL_PACKET, PACKET_STATISTICS, &stats,
                          &len)
           ? stats.tp_drops : 0;
}

void
port_wait(struct port *port)
{
    /* While the interface is down an error may stand in the socket: waiting
     * for it would spin.  (The kernel tells of a carrier up to a second late:
     * frames may come before.) */
    if (port->fd >= 0 && port->is_up) {
        poll_fd_wait(port->fd, POLLIN);
    }
}
