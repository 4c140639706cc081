/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/xfrm/nl-conn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/process-util.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"
#include "vnf-agent/xfrm/nl-build.h"

VLOG_DEFINE_THIS_MODULE(nl_conn);

#define TIMEOUT_MS 2000
#define BUFFER_SIZE 65536       /* The kernel's messages are at most 32 kB. */
#define SOCKET_BUFFER (4 << 20)
#define MAX_BATCH 256           /* Messages in one sendmsg(). */

struct nl_conn {
    struct nl_sock *sock;
    int fd;
    uint32_t seq;               /* Of the last request. */
    int timeout_ms;
    nl_conn_fault *fault;
    void *fault_aux;
    uint8_t *buffer;
};

/* libnl's errors, in errno's numbers. */
static int
from_nl_error(int error)
{
    switch (-error) {
    case 0: return 0;
    case NLE_NOMEM: return ENOMEM;
    case NLE_NOACCESS: case NLE_PERM: return EPERM;
    case NLE_PROTO_MISMATCH: case NLE_OPNOTSUPP: return EPROTONOSUPPORT;
    default: return EIO;
    }
}

int
netns_call(int netns_fd, int (*cb)(void *aux), void *aux)
{
    int own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

    if (own < 0) {
        return errno;
    }
    int error = setns(netns_fd, CLONE_NEWNET) ? errno : 0;
    if (!error) {
        error = cb(aux);
        if (setns(own, CLONE_NEWNET)) {
            ovs_abort(errno, "cannot come back from a network namespace");
        }
    }
    close(own);
    return error;
}

struct open_args {
    struct nl_sock *sock;
    int protocol;
};

static int
open_socket(void *args_)
{
    struct open_args *args = args_;
    return from_nl_error(nl_connect(args->sock, args->protocol));
}

static void
set_option(int fd, int level, int option, int value)
{
    if (setsockopt(fd, level, option, &value, sizeof value)) {
        VLOG_DBG("socket option %d: %s", option, ovs_strerror(errno));
    }
}

int
nl_conn_open(int protocol, int netns_fd, struct nl_conn **connp)
{
    struct open_args args = { nl_socket_alloc(), protocol };

    *connp = NULL;
    if (!args.sock) {
        return ENOMEM;
    }
    int error = netns_call(netns_fd, open_socket, &args);
    if (error) {
        nl_socket_free(args.sock);
        return error;
    }

    struct nl_conn *conn = xzalloc(sizeof *conn);
    conn->sock = args.sock;
    conn->fd = nl_socket_get_fd(args.sock);
    conn->seq = time_msec();
    conn->timeout_ms = TIMEOUT_MS;
    conn->buffer = xmalloc(BUFFER_SIZE);
    nl_socket_set_nonblocking(conn->sock);
    set_option(conn->fd, SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BUFFER);
    set_option(conn->fd, SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER);
    set_option(conn->fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
    set_option(conn->fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
    *connp = conn;
    return 0;
}

void
nl_conn_close(struct nl_conn *conn)
{
    if (conn) {
        nl_socket_free(conn->sock);
        free(conn->buffer);
        free(conn);
    }
}

int
nl_conn_fd(const struct nl_conn *conn)
{
    return conn->fd;
}

int
nl_conn_join(struct nl_conn *conn, unsigned int group)
{
    return from_nl_error(nl_socket_add_membership(conn->sock, group));
}

uint32_t
nl_conn_port(const struct nl_conn *conn)
{
    return nl_socket_get_local_port(conn->sock);
}

void
nl_conn_set_fault(struct nl_conn *conn, nl_conn_fault *fault, void *aux)
{
    conn->fault = fault;
    conn->fault_aux = aux;
}

void
nl_conn_set_timeout(struct nl_conn *conn, int timeout_ms)
{
    conn->timeout_ms = timeout_ms;
}

/* Sending and receiving. */

static int
send_msgs(struct nl_conn *conn, struct nl_op *ops, size_t n,
          long long int deadline_ms)
{
    struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
    struct iovec iov[MAX_BATCH];
    struct msghdr mh = {
        .msg_name = &kernel,
        .msg_namelen = sizeof kernel,
        .msg_iov = iov,
        .msg_iovlen = n,
    };

    for (size_t i = 0; i < n; i++) {
        struct nlmsghdr *hdr = nlmsg_hdr(ops[i].msg);

        hdr->nlmsg_seq = ++conn->seq;
        hdr->nlmsg_pid = nl_conn_port(conn);
        iov[i] = (struct iovec) { hdr, hdr->nlmsg_len };
    }
    while (sendmsg(conn->fd, &mh, 0) < 0) {
        int error = errno;
        if (error == EAGAIN) {
            error = process_wait_fd(conn->fd, POLLOUT, deadline_ms);
        }
        if (error && error != EINTR) {
            return error;
        }
    }
    return 0;
}

/* Receives into the buffer.  Returns 0 with '*size', or an errno. */
static int
receive(struct nl_conn *conn, long long int deadline_ms, size_t *size)
{
    for (;;) {
        struct sockaddr_nl from;
        socklen_t from_len = sizeof from;
        ssize_t n = recvfrom(conn->fd, conn->buffer, BUFFER_SIZE, 0,
                             (struct sockaddr *) &from, &from_len);

        if (n >= 0) {
            if (from.nl_pid) {
                continue;       /* The sender is not the kernel. */
            }
            *size = n;
            return 0;
        } else if (errno == EAGAIN) {
            int error = (deadline_ms
                         ? process_wait_fd(conn->fd, POLLIN, deadline_ms)
                         : EAGAIN);
            if (error) {
                return error;
            }
        } else if (errno != EINTR) {
            return errno;
        }
    }
}

/* The kernel's words in an answer, or NULL. */
static char *
error_text(const struct nlmsghdr *hdr)
{
    const struct nlmsgerr *err = NLMSG_DATA(hdr);
    size_t skip = sizeof *err;

    if (!(hdr->nlmsg_flags & NLM_F_ACK_TLVS)) {
        return NULL;
    }
    if (!(hdr->nlmsg_flags & NLM_F_CAPPED)) {
        skip += err->msg.nlmsg_len - NLMSG_HDRLEN;
    }
    skip = NLMSG_ALIGN(skip);
    if (NLMSG_HDRLEN + skip >= hdr->nlmsg_len) {
        return NULL;
    }
    struct nlattr *attr = nla_find(
        ALIGNED_CAST(struct nlattr *, (uint8_t *) NLMSG_DATA(hdr) + skip),
        hdr->nlmsg_len - NLMSG_HDRLEN - skip, NLMSGERR_ATTR_MSG);
    return attr ? nla_strdup(attr) : NULL;
}

/* Takes one answer.  Returns true if it is the first one to one of 'ops',
 * whose sequence numbers begin at 'first'. */
static bool
take_answer(const struct nlmsghdr *hdr, uint32_t first, struct nl_op *ops,
            size_t n, bool *answered)
{
    const struct nlmsgerr *err = NLMSG_DATA(hdr);
    uint32_t i = hdr->nlmsg_seq - first;

    if (hdr->nlmsg_type != NLMSG_ERROR
        || hdr->nlmsg_len < NLMSG_LENGTH(sizeof *err)
        || i >= n || answered[i]) {
        return false;
    }
    answered[i] = true;
    ops[i].error = -err->error;
    ops[i].text = err->error ? error_text(hdr) : NULL;
    return true;
}

static int
transact_some(struct nl_conn *conn, struct nl_op *ops, size_t n)
{
    long long int deadline_ms = time_msec() + conn->timeout_ms;
    bool answered[MAX_BATCH] = { false };
    uint32_t first = conn->seq + 1;
    size_t n_left = n;

    for (size_t i = 0; i < n; i++) {
        ops[i].error = ETIMEDOUT;
        ops[i].text = NULL;
    }
    int error = send_msgs(conn, ops, n, deadline_ms);
    while (!error && n_left) {
        size_t size;

        error = receive(conn, deadline_ms, &size);
        if (error == ENOBUFS) { /* Some answers are lost; others are not. */
            error = 0;
            continue;
        } else if (error) {
            break;
        }
        struct nlmsghdr *hdr = ALIGNED_CAST(struct nlmsghdr *, conn->buffer);
        for (int left = size; nlmsg_ok(hdr, left);
             hdr = nlmsg_next(hdr, &left)) {
            int times = (conn->fault ? conn->fault(hdr, conn->fault_aux)
                         : 1);
            for (; times > 0; times--) {
                n_left -= take_answer(hdr, first, ops, n, answered);
            }
        }
        OPENSSL_cleanse(conn->buffer, size);
    }
    for (size_t i = 0; i < n && !error; i++) {
        error = ops[i].error;
    }
    return error;
}

int
nl_conn_transact(struct nl_conn *conn, struct nl_op *ops, size_t n)
{
    int first_error = 0;

    for (size_t i = 0; i < n; i += MAX_BATCH) {
        int error = transact_some(conn, ops + i, MIN(MAX_BATCH, n - i));
        first_error = first_error ? first_error : error;
    }
    return first_error;
}

const int nl_fine_none[4] = { 0 };
const int nl_fine_add[4] = { EEXIST };
const int nl_fine_delete[4] = { ENOENT, ESRCH, ENODEV, EINVAL };

static bool
is_fine(int error, const int fine[4])
{
    return (!error || error == fine[0] || error == fine[1] || error == fine[2]
            || error == fine[3]);
}

char *
nl_op_message(const struct nl_op *op, const char *what)
{
    return xasprintf("kernel, %s: %s%s%s", what, ovs_strerror(op->error),
                     op->text ? ": " : "", op->text ? op->text : "");
}

int
nl_batch_run(struct nl_batch *batch, struct nl_conn *conn, const int fine[4],
             const char *what, char **errorp)
{
    int error = 0;

    nl_conn_transact(conn, batch->ops, batch->n);
    for (size_t i = 0; i < batch->n && !error; i++) {
        const struct nl_op *op = &batch->ops[i];

        if (!is_fine(op->error, fine)) {
            error = op->error;
            if (errorp) {
                *errorp = nl_op_message(op, what);
            }
        }
    }
    nl_batch_clear(batch);
    return error;
}

int
nl_conn_get(struct nl_conn *conn, struct nl_msg *msg, nl_conn_cb *cb,
            void *aux)
{
    bool dump = (nlmsg_hdr(msg)->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
    long long int deadline_ms = time_msec() + conn->timeout_ms;
    struct nl_op op = { .msg = msg };
    bool changed = false;
    int error = send_msgs(conn, &op, 1, deadline_ms);

    nl_msg_wipe(msg);
    for (;;) {
        size_t size;

        error = error ? error : receive(conn, deadline_ms, &size);
        if (error) {
            return error;
        }
        bool done = false;
        struct nlmsghdr *hdr = ALIGNED_CAST(struct nlmsghdr *, conn->buffer);
        for (int left = size; nlmsg_ok(hdr, left) && !done;
             hdr = nlmsg_next(hdr, &left)) {
            if (hdr->nlmsg_seq != conn->seq) {
                continue;
            }
            changed |= (hdr->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
            if (hdr->nlmsg_type == NLMSG_DONE) {
                done = true;
            } else if (hdr->nlmsg_type == NLMSG_ERROR) {
                const struct nlmsgerr *err = NLMSG_DATA(hdr);
                error = -err->error;
                done = true;
            } else {
                cb(hdr, aux);
                deadline_ms = time_msec() + conn->timeout_ms;
            }
        }
        OPENSSL_cleanse(conn->buffer, size);
        if (done || error) {
            return error ? error : dump && changed ? EINTR : 0;
        }
    }
}

int
nl_conn_drain(struct nl_conn *conn, nl_conn_cb *cb, void *aux)
{
    int first_error = 0;

    for (;;) {
        size_t size;
        int error = receive(conn, 0, &size);

        if (error == EAGAIN) {
            return first_error;
        } else if (error) {
            first_error = error;
            if (error != ENOBUFS) {
                return error;
            }
            continue;
        }
        struct nlmsghdr *hdr = ALIGNED_CAST(struct nlmsghdr *, conn->buffer);
        for (int left = size; nlmsg_ok(hdr, left);
             hdr = nlmsg_next(hdr, &left)) {
            cb(hdr, aux);
        }
        OPENSSL_cleanse(conn->buffer, size);
    }
}
