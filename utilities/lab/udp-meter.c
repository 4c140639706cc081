/* SPDX-License-Identifier: Apache-2.0 */

/* Measures a UDP stream: packets lost, doubled and out of order, delays, and
 * the longest time without a packet.
 *
 *   udp-meter send IP PORT RATE OCTETS SECONDS
 *       RATE packets a second of OCTETS octets of IP packet.
 *   udp-meter receive PORT
 *       Prints "ready"; counts from the first packet until the last one came,
 *       or none for 5 seconds; prints one line: "sent N received N lost N
 *       duplicated N reordered N max-gap-us N p999-delay-us N max-delay-us N".
 *
 * Both ends must be on one machine: delays are by its clock, from just before
 * a packet is sent to when the kernel has it for the receiver. */

#include <arpa/inet.h>
#include <errno.h>
#include <error.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)
#define IDLE_MS 5000            /* Pause that ends the stream. */
#define BUFFER_BYTES (32 << 20) /* Of the receiver's socket. */
#define N_MAX (64 << 20)        /* Packets of a stream: bounds memory. */
#define HEADERS 28              /* Octets of IPv4 and UDP headers. */

struct payload {
    uint32_t number, total;
    int64_t sent_ns;
};

static int64_t
now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static long
number(const char *name, const char *text, long min, long max)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (*end || value < min || value > max) {
        error(1, 0, "%s: \"%s\" is not a number from %ld to %ld", name, text,
              min, max);
    }
    return value;
}

static int
open_socket(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        error(1, errno, "socket");
    }
    return fd;
}

static void
run_send(char *argv[])
{
    struct sockaddr_in to = {
        .sin_family = AF_INET,
        .sin_port = htons(number("PORT", argv[1], 1, 65535)),
    };
    if (inet_pton(AF_INET, argv[0], &to.sin_addr) != 1) {
        error(1, 0, "%s: not an IPv4 address", argv[0]);
    }
    long rate = number("RATE", argv[2], 1, 1000000);
    long octets = number("OCTETS", argv[3], HEADERS + sizeof(struct payload),
                         65535);
    uint32_t total = rate * number("SECONDS", argv[4], 1, N_MAX / rate);
    char *packet = calloc(1, octets);
    int fd = open_socket();

    prctl(PR_SET_TIMERSLACK, 1UL);
    int64_t start = now_ns();
    for (uint32_t i = 0; i < total; i++) {
        int64_t due = start + (int64_t) i * NS_PER_S / rate;
        struct timespec ts = { due / NS_PER_S, due % NS_PER_S };
        while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &ts, NULL)) {
        }
        struct payload payload = { htonl(i), htonl(total), now_ns() };
        memcpy(packet, &payload, sizeof payload);
        /* A packet that the kernel has no room for is sent again: it must not
         * count as lost.  (ECONNREFUSED is about an earlier packet.) */
        while (sendto(fd, packet, octets - HEADERS, 0,
                      (struct sockaddr *) &to, sizeof to) < 0) {
            if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR
                && errno != ECONNREFUSED) {
                error(1, errno, "sendto");
            }
        }
    }
    free(packet);
    close(fd);
}

struct meter {
    uint32_t total;
    uint64_t n_received, n_duplicated, n_reordered;
    uint32_t next;              /* Behind the highest number so far. */
    int64_t last_ns;            /* Time of the last one. */
    int64_t max_gap_ns;
    uint8_t *seen;              /* One bit for each number. */
    uint32_t *delays_us;        /* In the order of arrival. */
};

/* Returns the time at which the kernel had the packet. */
static int64_t
arrival_ns(struct msghdr *msg)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
            struct timespec ts;
            memcpy(&ts, CMSG_DATA(c), sizeof ts);
            return ts.tv_sec * NS_PER_S + ts.tv_nsec;
        }
    }
    return now_ns();
}

static void
take(struct meter *m, const struct payload *payload, int64_t arrived_ns)
{
    uint32_t i = ntohl(payload->number);
    if (!m->seen) {
        m->total = ntohl(payload->total);
        if (m->total > N_MAX) {
            error(1, 0, "not a packet of ours");
        }
        m->seen = calloc(1, m->total / 8 + 1);
        m->delays_us = calloc(m->total, sizeof *m->delays_us);
    }
    if (i >= m->total) {
        return;
    }
    if (m->seen[i / 8] & 1 << i % 8) {
        m->n_duplicated++;
        return;
    }
    m->seen[i / 8] |= 1 << i % 8;
    if (i < m->next) {
        m->n_reordered++;
    } else {
        m->next = i + 1;
    }
    if (m->last_ns && arrived_ns - m->last_ns > m->max_gap_ns) {
        m->max_gap_ns = arrived_ns - m->last_ns;
    }
    m->last_ns = arrived_ns;
    int64_t delay_us = (arrived_ns - payload->sent_ns) / 1000;
    m->delays_us[m->n_received++] = delay_us > 0 ? delay_us : 0;
}

static int
compare(const void *a_, const void *b_)
{
    const uint32_t *a = a_, *b = b_;
    return *a < *b ? -1 : *a > *b;
}

static void
print(struct meter *m)
{
    uint64_t n = m->n_received;
    qsort(m->delays_us, n, sizeof *m->delays_us, compare);
    printf("sent %"PRIu32" received %"PRIu64" lost %"PRIu64" duplicated %"
           PRIu64" reordered %"PRIu64" max-gap-us %"PRId64" p999-delay-us %"
           PRIu32" max-delay-us %"PRIu32"\n", m->total, n, m->total - n,
           m->n_duplicated, m->n_reordered, m->max_gap_ns / 1000,
           m->delays_us[(n - 1) * 999 / 1000], m->delays_us[n - 1]);
}

static void
run_receive(char *argv[])
{
    struct sockaddr_in at = {
        .sin_family = AF_INET,
        .sin_port = htons(number("PORT", argv[0], 1, 65535)),
    };
    int fd = open_socket();
    int size = BUFFER_BYTES, on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size)) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    }
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (bind(fd, (struct sockaddr *) &at, sizeof at)) {
        error(1, errno, "bind");
    }
    puts("ready");
    fflush(stdout);

    struct meter m = { .seen = NULL };
    struct pollfd pfd = { .fd = fd, .events = POLLIN };
    while ((!m.total || m.n_received < m.total)
           && poll(&pfd, 1, m.total ? IDLE_MS : -1) > 0) {
        struct payload payload;
        char control[64];
        struct iovec iov = { &payload, sizeof payload };
        struct msghdr msg = {
            .msg_iov = &iov,
            .msg_iovlen = 1,
            .msg_control = control,
            .msg_controllen = sizeof control,
        };
        if (recvmsg(fd, &msg, 0) == sizeof payload) {
            take(&m, &payload, arrival_ns(&msg));
        }
    }
    print(&m);
    free(m.seen);
    free(m.delays_us);
    close(fd);
}

int
main(int argc, char *argv[])
{
    if (argc == 7 && !strcmp(argv[1], "send")) {
        run_send(argv + 2);
    } else if (argc == 3 && !strcmp(argv[1], "receive")) {
        run_receive(argv + 2);
    } else {
        fprintf(stderr, "usage: %s send IP PORT RATE OCTETS SECONDS\n"
                "       %s receive PORT\n", argv[0], argv[0]);
        return 1;
    }
    return 0;
}
