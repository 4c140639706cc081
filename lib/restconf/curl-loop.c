/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/restconf/curl-loop.h"

#include <openssl/err.h>
#include <poll.h>

#include "hash.h"
#include "lib/secret.h"
#include "openvswitch/hmap.h"
#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "util.h"

/* A socket that libcurl wants watched. */
struct curl_loop_socket {
    struct hmap_node node;      /* In curl_loop's 'sockets', by 'fd'. */
    curl_socket_t fd;
    short int events;           /* POLLIN, POLLOUT. */
};

struct curl_loop {
    CURLM *multi;
    struct hmap sockets;        /* struct curl_loop_socket. */
    long long int timer_ms;     /* When libcurl wants to be called. */
};

static struct curl_loop_socket *
find_socket(struct curl_loop *loop, curl_socket_t fd)
{
    struct curl_loop_socket *s;
    HMAP_FOR_EACH_WITH_HASH (s, node, hash_int(fd, 0), &loop->sockets) {
        if (s->fd == fd) {
            return s;
        }
    }
    return NULL;
}

static int
socket_cb(CURL *easy OVS_UNUSED, curl_socket_t fd, int what, void *loop_,
          void *socketp OVS_UNUSED)
{
    struct curl_loop *loop = loop_;
    struct curl_loop_socket *s = find_socket(loop, fd);
    if (what == CURL_POLL_REMOVE) {
        if (s) {
            hmap_remove(&loop->sockets, &s->node);
            free(s);
        }
        return 0;
    }
    if (!s) {
        s = xmalloc(sizeof *s);
        s->fd = fd;
        hmap_insert(&loop->sockets, &s->node, hash_int(fd, 0));
    }
    s->events = ((what & CURL_POLL_IN ? POLLIN : 0)
                 | (what & CURL_POLL_OUT ? POLLOUT : 0));
    return 0;
}

static int
timer_cb(CURLM *multi OVS_UNUSED, long timeout_ms, void *loop_)
{
    struct curl_loop *loop = loop_;
    loop->timer_ms = timeout_ms < 0 ? LLONG_MAX : time_msec() + timeout_ms;
    return 0;
}

/* Forgets errors that libcurl may have left in OpenSSL's queue.  The queue is
 * the thread's: the next reader of another TLS connection would take them for
 * its own. */
static void
leave_libcurl(void)
{
    ERR_clear_error();
}

static void
init_library(void)
{
    static bool initialized;
    if (!initialized) {
        curl_global_init_mem(CURL_GLOBAL_ALL, wiping_malloc, wiping_free,
                             wiping_realloc, wiping_strdup, wiping_calloc);
        initialized = true;
    }
}

struct curl_loop *
curl_loop_create(void)
{
    init_library();
    struct curl_loop *loop = xmalloc(sizeof *loop);
    hmap_init(&loop->sockets);
    loop->timer_ms = LLONG_MAX;
    loop->multi = curl_multi_init();
    curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, socket_cb);
    curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
    curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, timer_cb);
    curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
    return loop;
}

void
curl_loop_destroy(struct curl_loop *loop)
{
    if (loop) {
        curl_multi_cleanup(loop->multi);
        leave_libcurl();
        struct curl_loop_socket *s;
        HMAP_FOR_EACH_POP (s, node, &loop->sockets) {
            free(s);
        }
        hmap_destroy(&loop->sockets);
        free(loop);
    }
}

static void
run_sockets(struct curl_loop *loop)
{
    /* socket_cb() changes the map while libcurl runs: poll a copy. */
    size_t n = 0;
    struct pollfd *fds = xcalloc(hmap_count(&loop->sockets) + 1, sizeof *fds);
    const struct curl_loop_socket *s;
    HMAP_FOR_EACH (s, node, &loop->sockets) {
        fds[n++] = (struct pollfd) { .fd = s->fd, .events = s->events };
    }
    if (n && poll(fds, n, 0) > 0) {
        for (size_t i = 0; i < n; i++) {
            int mask = ((fds[i].revents & POLLIN ? CURL_CSELECT_IN : 0)
                        | (fds[i].revents & POLLOUT ? CURL_CSELECT_OUT : 0)
                        | (fds[i].revents & (POLLERR | POLLHUP)
                           ? CURL_CSELECT_ERR : 0));
            int running;
            if (mask && find_socket(loop, fds[i].fd)) {
                curl_multi_socket_action(loop->multi, fds[i].fd, mask,
                                         &running);
            }
        }
    }
    free(fds);
}

void
curl_loop_run(struct curl_loop *loop)
{
    run_sockets(loop);
    if (time_msec() >= loop->timer_ms) {
        int running;
        loop->timer_ms = LLONG_MAX;
        curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0,
                                 &running);
    }
    leave_libcurl();
}

void
curl_loop_wait(struct curl_loop *loop)
{
    const struct curl_loop_socket *s;
    HMAP_FOR_EACH (s, node, &loop->sockets) {
        poll_fd_wait(s->fd, s->events);
    }
    if (loop->timer_ms != LLONG_MAX) {
        poll_timer_wait_until(loop->timer_ms);
    }
}

void
curl_loop_add(struct curl_loop *loop, CURL *easy)
{
    curl_multi_add_handle(loop->multi, easy);
    leave_libcurl();
}

void
curl_loop_remove(struct curl_loop *loop, CURL *easy)
{
    curl_multi_remove_handle(loop->multi, easy);
    leave_libcurl();
}

void
curl_loop_free_easy(CURL *easy)
{
    curl_easy_cleanup(easy);
    leave_libcurl();
}

CURL *
curl_loop_next_done(struct curl_loop *loop, CURLcode *codep)
{
    CURLMsg *msg;
    int left;
    while ((msg = curl_multi_info_read(loop->multi, &left))) {
        if (msg->msg == CURLMSG_DONE) {
            *codep = msg->data.result;
            return msg->easy_handle;
        }
    }
    return NULL;
}
