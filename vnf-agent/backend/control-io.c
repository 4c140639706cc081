/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/backend/control-io.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/process-util.h"
#include "util.h"

/* Returns 0 if the call that set errno can be done again, when 'fd' is ready
 * for 'events'. */
static int
wait_again(int fd, short int events, long long int deadline_ms)
{
    return (errno == EAGAIN || errno == EINTR
            ? process_wait_fd(fd, events, deadline_ms) : ECONNRESET);
}

int
control_io_send(int fd, const uint8_t *data, size_t size,
                long long int deadline_ms)
{
    while (size) {
        ssize_t n = send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n >= 0) {
            data += n;
            size -= n;
            continue;
        }
        int error = wait_again(fd, POLLOUT, deadline_ms);
        if (error) {
            return error;
        }
    }
    return 0;
}

int
control_io_receive(int fd, uint8_t *data, size_t size,
                   long long int deadline_ms)
{
    while (size) {
        ssize_t n = recv(fd, data, size, MSG_DONTWAIT);

        if (n > 0) {
            data += n;
            size -= n;
            continue;
        }
        int error = n ? wait_again(fd, POLLIN, deadline_ms) : ECONNRESET;
        if (error) {
            return error;
        }
    }
    return 0;
}

int
control_io_receive_message(int fd, long long int deadline_ms,
                           struct control_header *header,
                           struct control_buffer *payload)
{
    uint8_t header_bytes[CONTROL_HEADER_LEN];

    *payload = (struct control_buffer) { .data = NULL };
    int error = control_io_receive(fd, header_bytes, sizeof header_bytes,
                                   deadline_ms);
    if (error) {
        return error;
    }
    if (!control_get_header(header_bytes, header)
        || header->payload_size > CONTROL_MAX_PAYLOAD) {
        return EPROTO;
    }
    payload->size = header->payload_size;
    payload->data = xmalloc(MAX(payload->size, 1));
    return control_io_receive(fd, payload->data, payload->size, deadline_ms);
}

/* The message of control_io_send_fds(): a bit for each descriptor that is
 * there, and those descriptors beside it. */
struct fds_message {
    uint8_t present;
    struct iovec iov;
    struct msghdr msg;
    union {
        struct cmsghdr align;
        char data[CMSG_SPACE(CONTROL_IO_MAX_FDS * sizeof(int))];
    } control;
};

BUILD_ASSERT_DECL(CONTROL_IO_MAX_FDS <= 8);

static void
fds_message_init(struct fds_message *m)
{
    memset(m, 0, sizeof *m);
    m->iov = (struct iovec) { .iov_base = &m->present, .iov_len = 1 };
    m->msg = (struct msghdr) {
        .msg_iov = &m->iov,
        .msg_iovlen = 1,
        .msg_control = m->control.data,
        .msg_controllen = sizeof m->control.data,
    };
}

int
control_io_send_fds(int fd, const int fds[], size_t n,
                    long long int deadline_ms)
{
    struct fds_message m;
    int there[CONTROL_IO_MAX_FDS];
    size_t n_there = 0;

    ovs_assert(n <= CONTROL_IO_MAX_FDS);
    fds_message_init(&m);
    for (size_t i = 0; i < n; i++) {
        if (fds[i] >= 0) {
            m.present |= 1 << i;
            there[n_there++] = fds[i];
        }
    }
    if (n_there) {
        struct cmsghdr *cmsg = CMSG_FIRSTHDR(&m.msg);

        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(n_there * sizeof *there);
        memcpy(CMSG_DATA(cmsg), there, n_there * sizeof *there);
    }
    m.msg.msg_controllen = n_there ? CMSG_SPACE(n_there * sizeof *there) : 0;

    while (sendmsg(fd, &m.msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        int error = wait_again(fd, POLLOUT, deadline_ms);
        if (error) {
            return error;
        }
    }
    return 0;
}

/* Reads the descriptors of a message that came.  Returns their number. */
static size_t
get_fds(struct msghdr *msg, int fds[CONTROL_IO_MAX_FDS])
{
    size_t n = 0;

    for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg;
         cmsg = CMSG_NXTHDR(msg, cmsg)) {
        if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS
            && !n) {
            n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof *fds;
            memcpy(fds, CMSG_DATA(cmsg), n * sizeof *fds);
        }
    }
    return n;
}

int
control_io_receive_fds(int fd, int fds[], size_t n, long long int deadline_ms)
{
    struct fds_message m;
    int there[CONTROL_IO_MAX_FDS];
    ssize_t size;

    for (size_t i = 0; i < n; i++) {
        fds[i] = -1;
    }
    for (;;) {
        fds_message_init(&m);
        size = recvmsg(fd, &m.msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
        if (size > 0) {
            break;
        }
        int error = size ? wait_again(fd, POLLIN, deadline_ms) : ECONNRESET;
        if (error) {
            return error;
        }
    }

    size_t n_there = get_fds(&m.msg, there);
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        if (m.present & 1 << i && used < n_there) {
            fds[i] = there[used++];
        }
    }
    if (m.present >> n || used != n_there) {
        for (size_t i = 0; i < n_there; i++) {
            close(there[i]);
        }
        for (size_t i = 0; i < n; i++) {
            fds[i] = -1;
        }
        return EPROTO;
    }
    return 0;
}
