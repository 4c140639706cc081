/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/restconf/curl-loop.h"

#include <errno.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/secret.h"
#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "util.h"

/* A socket that was opened.  libcurl closes some sockets without a word, and
 * the number of a closed one is soon another's: the kernel's cookie tells. */
struct curl_socket {
    int fd;
    uint64_t cookie;
};

/* Connections of one owner. */
struct curl_sockets {
    struct curl_socket *sockets;        /* Also some that are closed. */
    size_t n, allocated;
};

#define MAX_EVENTS 64           /* Sockets that one run looks at. */

struct curl_loop {
    CURLM *multi;
    int epoll;                  /* Has the sockets that libcurl watches. */
    long long int timer_ms;     /* When libcurl wants to be called. */
};

static int
socket_cb(CURL *easy OVS_UNUSED, curl_socket_t fd, int what, void *loop_,
          void *socketp OVS_UNUSED)
{
    struct curl_loop *loop = loop_;
    struct epoll_event event = {
        .events = ((what & CURL_POLL_IN ? EPOLLIN : 0)
                   | (what & CURL_POLL_OUT ? EPOLLOUT : 0)),
        .data.fd = fd,
    };

    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
    } else if (epoll_ctl(loop->epoll, EPOLL_CTL_MOD, fd, &event)) {
        epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event);      /* New. */
    }
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

char *
curl_loop_create(struct curl_loop **loopp)
{
    init_library();
    *loopp = NULL;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) {
        return xasprintf("cannot watch connections (%s)",
                         ovs_strerror(errno));
    }
    struct curl_loop *loop = xmalloc(sizeof *loop);
    loop->epoll = epoll;
    loop->timer_ms = LLONG_MAX;
    loop->multi = curl_multi_init();
    curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, socket_cb);
    curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
    curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, timer_cb);
    curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
    *loopp = loop;
    return NULL;
}

void
curl_loop_destroy(struct curl_loop *loop)
{
    if (loop) {
        curl_multi_cleanup(loop->multi);
        leave_libcurl();
        close(loop->epoll);
        free(loop);
    }
}

static void
run_sockets(struct curl_loop *loop)
{
    struct epoll_event events[MAX_EVENTS];
    int n = epoll_wait(loop->epoll, events, MAX_EVENTS, 0);

    for (int i = 0; i < n; i++) {
        uint32_t what = events[i].events;
        int mask = ((what & EPOLLIN ? CURL_CSELECT_IN : 0)
                    | (what & EPOLLOUT ? CURL_CSELECT_OUT : 0)
                    | (what & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0));
        int running;

        /* One that is not watched any more is ignored by libcurl. */
        curl_multi_socket_action(loop->multi, events[i].data.fd, mask,
                                 &running);
    }
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
    poll_fd_wait(loop->epoll, POLLIN);
    if (loop->timer_ms != LLONG_MAX) {
        poll_timer_wait_until(loop->timer_ms);
    }
}

void
curl_loop_set_up(CURL *easy, const char *url, long int connect_ms,
                 curl_ssl_ctx_callback ssl_ctx_cb, void *aux)
{
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* A transfer that ends does not wait for its resolver, which may be
     * silent: the resolver's thread ends by itself. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     (long) CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, ssl_ctx_cb);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, aux);
}

static size_t
answer_cb(char *data, size_t size, size_t n, void *answer_)
{
    struct curl_answer *answer = answer_;
    if (answer->text.length + size * n > answer->max) {
        answer->is_too_long = true;
        return 0;
    }
    ds_put_buffer(&answer->text, data, size * n);
    return size * n;
}

void
curl_answer_use(struct curl_answer *answer, CURL *easy, size_t max)
{
    ds_clear(&answer->text);
    answer->max = max;
    answer->is_too_long = false;
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, answer_cb);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
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

/* Connections that are cut together. */

struct curl_sockets *
curl_sockets_create(void)
{
    return xzalloc(sizeof(struct curl_sockets));
}

void
curl_sockets_destroy(struct curl_sockets *sockets)
{
    if (sockets) {
        curl_sockets_cut(sockets);
        free(sockets->sockets);
        free(sockets);
    }
}

/* Returns the number of a socket that no other one has had or will have, or 0
 * if 'fd' is none. */
static uint64_t
socket_cookie(int fd)
{
    uint64_t cookie;
    socklen_t n = sizeof cookie;
    return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &n) ? 0 : cookie;
}

static void
forget_closed(struct curl_sockets *sockets)
{
    size_t n = 0;
    for (size_t i = 0; i < sockets->n; i++) {
        const struct curl_socket *s = &sockets->sockets[i];
        if (socket_cookie(s->fd) == s->cookie) {
            sockets->sockets[n++] = *s;
        }
    }
    sockets->n = n;
}

static curl_socket_t
open_cb(void *sockets_, curlsocktype purpose OVS_UNUSED,
        struct curl_sockaddr *address)
{
    struct curl_sockets *sockets = sockets_;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
                    address->protocol);
    if (fd < 0) {
        return CURL_SOCKET_BAD;
    }
    forget_closed(sockets);
    if (sockets->n >= sockets->allocated) {
        sockets->sockets = x2nrealloc(sockets->sockets, &sockets->allocated,
                                      sizeof *sockets->sockets);
    }
    sockets->sockets[sockets->n++] = (struct curl_socket) {
        .fd = fd, .cookie = socket_cookie(fd),
    };
    return fd;
}

void
curl_sockets_use(struct curl_sockets *sockets, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_cb);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, sockets);
}

void
curl_sockets_cut(struct curl_sockets *sockets)
{
    forget_closed(sockets);
    for (size_t i = 0; i < sockets->n; i++) {
        shutdown(sockets->sockets[i].fd, SHUT_RDWR);
    }
}
