/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/https/https-private.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/tls.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "socket-util.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(https_server);

/* The work of one run. */
#define MAX_EVENTS 128
#define MAX_ACCEPTS 32
#define MAX_HANDSHAKES 8        /* Steps, each up to a millisecond. */

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 10);

/* Connections. */

void
https_conn_set_deadline(struct https_conn *conn, int timeout_ms)
{
    uint64_t deadline = timeout_ms ? time_msec() + timeout_ms : INT64_MAX;
    heap_change(&conn->server->timers, &conn->timer, UINT64_MAX - deadline);
}

static long long int
deadline(const struct heap_node *timer)
{
    return UINT64_MAX - timer->priority;
}

void
https_conn_set_ready(struct https_conn *conn)
{
    if (!conn->is_ready) {
        conn->is_ready = true;
        ovs_list_push_back(&conn->server->ready, &conn->ready_node);
    }
}

static void
ref_peer(struct shash *peers, const char *name)
{
    struct https_peer *peer = shash_find_data(peers, name);
    if (!peer) {
        peer = xzalloc(sizeof *peer);
        shash_add(peers, name, peer);
    }
    peer->n++;
}

static void
unref_peer(struct shash *peers, const char *name)
{
    struct shash_node *node = shash_find(peers, name);
    struct https_peer *peer = node->data;
    if (!--peer->n) {
        free(peer);
        shash_delete(peers, node);
    }
}

static struct shash *
peers_of(const struct https_conn *conn)
{
    return conn->is_known ? &conn->server->names : &conn->server->addresses;
}

struct https_peer *
https_conn_peer(const struct https_conn *conn)
{
    return shash_find_data(peers_of(conn), conn->peer_name);
}

static size_t *
counter_of(const struct https_conn *conn)
{
    return (conn->is_known ? &conn->server->stats.n_connections
            : &conn->server->stats.n_pending);
}

static void
add_conn(struct https_conn *conn)
{
    ovs_list_push_back((conn->is_known ? &conn->server->known
                        : &conn->server->pending), &conn->node);
    ref_peer(peers_of(conn), conn->peer_name);
    ++*counter_of(conn);
}

static void
remove_conn(struct https_conn *conn)
{
    if (conn->state == CONN_STREAM) {
        https_conn_peer(conn)->n_streams--;
        conn->server->stats.n_streams--;
    }
    ovs_list_remove(&conn->node);
    unref_peer(peers_of(conn), conn->peer_name);
    --*counter_of(conn);
}

static void
drop_conn(struct https_conn *conn)
{
    remove_conn(conn);
    heap_remove(&conn->server->timers, &conn->timer);
    if (conn->is_ready) {
        ovs_list_remove(&conn->ready_node);
    }
    https_conn_destroy(conn);
}

/* The least used of the connections, not streams, of 'name' in 'list', but
 * not 'except'; or NULL. */
static struct https_conn *
find_idlest(const struct ovs_list *list, const char *name,
            const struct https_conn *except)
{
    struct https_conn *conn;
    LIST_FOR_EACH (conn, node, list) {
        if (conn != except && conn->state != CONN_STREAM && !conn->is_dead
            && !strcmp(conn->peer_name, name)) {
            return conn;
        }
    }
    return NULL;
}

/* Not at once: it may be running, or in somebody's list of events. */
static void
evict(struct https_conn *conn)
{
    conn->is_dead = true;
    conn->server->stats.n_evicted++;
    https_conn_set_ready(conn);
}

/* Makes room for 'conn', the newest of its peer, if that has too many. */
static void
limit_peer(struct https_conn *conn)
{
    const struct https_server *server = conn->server;
    if (https_conn_peer(conn)->n > server->config.max_per_peer) {
        struct https_conn *idlest = find_idlest(conn->is_known ? &server->known
                                                : &server->pending,
                                                conn->peer_name, conn);
        VLOG_INFO_RL(&rl, "%s: more than %d connections, the idlest one is "
                     "closed", conn->peer_name, server->config.max_per_peer);
        evict(idlest ? idlest : conn);
    }
}

/* Makes room for one connection more. */
static void
evict_idlest(struct https_server *server)
{
    struct https_conn *conn;
    LIST_FOR_EACH (conn, node, &server->pending) {
        if (!conn->is_dead) {
            evict(conn);
            return;
        }
    }
    const struct shash_node *node, *most = NULL;
    SHASH_FOR_EACH (node, &server->names) {
        const struct https_peer *peer = node->data;
        if (!most
            || peer->n > CONST_CAST(struct https_peer *, most->data)->n) {
            most = node;
        }
    }
    conn = most ? find_idlest(&server->known, most->name, NULL) : NULL;
    if (conn) {
        evict(conn);
    }
}

void
https_conn_authenticated(struct https_conn *conn, char *name)
{
    remove_conn(conn);
    free(conn->peer_name);
    conn->peer_name = name;
    conn->is_known = true;
    add_conn(conn);
    limit_peer(conn);
}

void
https_conn_used(struct https_conn *conn)
{
    ovs_list_remove(&conn->node);
    ovs_list_push_back(&conn->server->known, &conn->node);
}

/* Running. */

static void
add_socket(struct https_server *server, int fd, const char *address)
{
    struct https_conn *conn = https_conn_create(server, fd,
                                                xstrdup(address));
    if (!conn) {
        return;
    }
    heap_insert(&server->timers, &conn->timer, 0);
    https_conn_set_deadline(conn, server->config.request_timeout_ms);
    add_conn(conn);
    server->stats.n_accepted++;

    struct epoll_event event = { .events = conn->want, .data.ptr = conn };
    conn->events = conn->want;
    if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event)) {
        VLOG_WARN_RL(&rl, "epoll_ctl: %s", ovs_strerror(errno));
        drop_conn(conn);
        return;
    }
    limit_peer(conn);
    if (server->stats.n_pending + server->stats.n_connections
        > server->config.max_connections) {
        evict_idlest(server);
    }
}

static void
accept_some(struct https_server *server)
{
    for (int i = 0; i < MAX_ACCEPTS; i++) {
        struct sockaddr_storage ss;
        socklen_t len = sizeof ss;
        int fd = accept4(server->listener, (struct sockaddr *) &ss, &len,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
                VLOG_WARN_RL(&rl, "accept: %s", ovs_strerror(errno));
                evict_idlest(server);
            }
            return;
        }
        struct ds address = DS_EMPTY_INITIALIZER;
        ss_format_address(&ss, &address);
        add_socket(server, fd, ds_cstr(&address));
        ds_destroy(&address);
    }
}

static void
run_conn(struct https_conn *conn)
{
    if (conn->is_ready) {
        conn->is_ready = false;
        ovs_list_remove(&conn->ready_node);
    }
    if (conn->is_dead || !https_conn_run(conn)) {
        drop_conn(conn);
    } else if (conn->want != conn->events) {
        struct epoll_event event = { .events = conn->want, .data.ptr = conn };
        conn->events = conn->want;
        epoll_ctl(conn->server->epoll, EPOLL_CTL_MOD, conn->fd, &event);
    }
}

/* Those that are known come first: a handshake costs much. */
static void
run_events(struct https_server *server)
{
    struct epoll_event events[MAX_EVENTS];
    int n = epoll_wait(server->epoll, events, MAX_EVENTS, 0);
    int n_handshakes = 0;
    bool accepting = false;

    for (int known = 1; known >= 0; known--) {
        for (int i = 0; i < n; i++) {
            struct https_conn *conn = events[i].data.ptr;
            if (!conn) {
                continue;       /* It ran. */
            } else if (events[i].data.ptr == server) {
                accepting = true;
            } else if (known && conn->is_known) {
                events[i].data.ptr = NULL;
                run_conn(conn);
            } else if (!known && n_handshakes++ < MAX_HANDSHAKES) {
                run_conn(conn);
            }
        }
    }
    if (accepting) {
        accept_some(server);
    }
}

static void
run_ready(struct https_server *server)
{
    struct ovs_list ready;
    ovs_list_move(&ready, &server->ready);
    ovs_list_init(&server->ready);
    while (!ovs_list_is_empty(&ready)) {
        run_conn(CONTAINER_OF(ovs_list_front(&ready), struct https_conn,
                              ready_node));
    }
}

static void
cut_overdue(struct https_server *server)
{
    while (!heap_is_empty(&server->timers)
           && time_msec() >= deadline(heap_max(&server->timers))) {
        server->stats.n_overdue++;
        drop_conn(CONTAINER_OF(heap_max(&server->timers), struct https_conn,
                               timer));
    }
}

void
https_server_run(struct https_server *server)
{
    cut_overdue(server);
    run_ready(server);
    run_events(server);
}

void
https_server_wait(struct https_server *server)
{
    poll_fd_wait(server->epoll, POLLIN);
    if (!ovs_list_is_empty(&server->ready)) {
        poll_immediate_wake();
    }
    if (!heap_is_empty(&server->timers)) {
        poll_timer_wait_until(deadline(heap_max(&server->timers)));
    }
}

void
https_server_get_stats(const struct https_server *server,
                       struct https_server_stats *stats)
{
    *stats = server->stats;
}

/* Lifecycle. */

static char *
make_ctx(struct https_server *server, const struct https_server_config *config)
{
    server->ctx = SSL_CTX_new(TLS_server_method());
    if (!server->ctx) {
        return xstrdup("cannot set up TLS");
    }
    tls_ctx_harden(server->ctx);
    SSL_CTX_set_verify(server->ctx,
                       SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       NULL);
    return tls_ctx_load(server->ctx, config->private_key, config->certificate,
                        config->ca_cert);
}

/* Opens a listening socket at "ADDRESS:PORT".  Returns it, or a negative
 * errno. */
static int
open_listener(const char *listen_at)
{
    const char *colon = strrchr(listen_at, ':');
    if (!colon) {
        return -EINVAL;
    }
    struct sockaddr_storage ss;
    char *target = xasprintf("%s:%.*s", colon + 1, (int) (colon - listen_at),
                             listen_at);
    int fd = inet_open_passive(SOCK_STREAM, target, -1, &ss, 0, true);
    free(target);
    return fd;
}

static char *
start_listening(struct https_server *server, const char *listen_at,
                int *errorp)
{
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    server->listener = open_listener(listen_at);
    if (server->listener < 0 || server->epoll < 0) {
        *errorp = server->epoll < 0 ? errno : -server->listener;
        return xasprintf("%s: cannot listen (%s)", listen_at,
                         ovs_strerror(*errorp));
    }
    /* Inherited by what is accepted.  Without it replies would wait 40 ms for
     * the peer's delayed acknowledgement. */
    setsockopt_tcp_nodelay(server->listener);
    listen(server->listener, 1024);

    struct epoll_event event = { .events = EPOLLIN, .data.ptr = server };
    if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->listener, &event)) {
        *errorp = errno;
        return xasprintf("epoll_ctl: %s", ovs_strerror(*errorp));
    }
    return NULL;
}

/* Lets the process have as many descriptors as connections, or takes fewer
 * connections. */
static void
reserve_descriptors(struct https_server_config *config)
{
    enum { OTHERS = 128 };
    struct rlimit limit;

    if (!getrlimit(RLIMIT_NOFILE, &limit)
        && limit.rlim_cur < config->max_connections + OTHERS) {
        limit.rlim_cur = MIN(limit.rlim_max, config->max_connections + OTHERS);
        setrlimit(RLIMIT_NOFILE, &limit);
        getrlimit(RLIMIT_NOFILE, &limit);
        config->max_connections = MIN(config->max_connections,
                                      MAX(limit.rlim_cur, 2 * OTHERS)
                                      - OTHERS);
    }
}

static void
set_config(struct https_server *server,
           const struct https_server_config *config)
{
    struct https_server_config *c = &server->config;
    c->max_connections = (config->max_connections ? config->max_connections
                          : 2048);
    c->max_per_peer = config->max_per_peer ? config->max_per_peer : 64;
    c->max_body_bytes = (config->max_body_bytes ? config->max_body_bytes
                         : 4 * 1024 * 1024);
    c->request_timeout_ms = (config->request_timeout_ms
                             ? config->request_timeout_ms : 10000);
    c->idle_timeout_ms = (config->idle_timeout_ms ? config->idle_timeout_ms
                          : 60000);
    reserve_descriptors(c);
}

int
https_server_create(const struct https_server_config *config,
                    https_handler *admit, https_handler *handle, void *aux,
                    struct https_server **serverp, char **errorp)
{
    struct https_server *server = xzalloc(sizeof *server);
    int retval = EINVAL;

    *serverp = NULL;
    set_config(server, config);
    server->admit = admit;
    server->handle = handle;
    server->aux = aux;
    server->listener = server->epoll = -1;
    ovs_list_init(&server->pending);
    ovs_list_init(&server->known);
    ovs_list_init(&server->ready);
    heap_init(&server->timers);
    shash_init(&server->addresses);
    shash_init(&server->names);

    *errorp = make_ctx(server, config);
    if (!*errorp) {
        *errorp = start_listening(server, config->listen, &retval);
    }
    if (*errorp) {
        https_server_destroy(server);
        return retval;
    }
    *serverp = server;
    return 0;
}

void
https_server_destroy(struct https_server *server)
{
    if (server) {
        while (!heap_is_empty(&server->timers)) {
            drop_conn(CONTAINER_OF(heap_max(&server->timers),
                                   struct https_conn, timer));
        }
        heap_destroy(&server->timers);
        shash_destroy(&server->addresses);
        shash_destroy(&server->names);
        if (server->listener >= 0) {
            close(server->listener);
        }
        if (server->epoll >= 0) {
            close(server->epoll);
        }
        SSL_CTX_free(server->ctx);
        free(server);
    }
}
