/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/https/https-server.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/bounds.h"
#include "lib/descriptors.h"
#include "lib/https/https-conn.h"
#include "lib/tls-files.h"
#include "lib/tls.h"
#include "lib/x509.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "socket-util.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(https_server);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 10);

#define MAX_CONNECTIONS 2048
#define RETRY_MS 200            /* Of requests that were put off. */
#define MAX_BODY (4 * 1024 * 1024)      /* Octets, by default. */
#define OTHER_DESCRIPTORS 128   /* Files of the process but connections. */

struct https_server {
    struct https_handlers handlers;
    const struct tls_files *files, *chain;      /* 'chain' or NULL. */
    unsigned int files_serial;  /* Of what 'ctx' has. */
    unsigned int chain_serial;  /* The same, of 'chain'. */
    SSL_CTX *ctx;
    int listener, epoll;        /* Descriptors. */
    long long int retry_ms;     /* When requests are retried that were put
                                 * off. */
    long long int accept_ms;    /* If not 0 the listener rests until then. */
    struct https_peers peers;   /* The members of struct https_conn. */
    struct epoll_event *events; /* Room for one of each connection, and of the
                                 * listener. */
};

static struct https_conn *
conn_of(struct https_member *member)
{
    return CONTAINER_OF(member, struct https_conn, member);
}

static void
drop_conn(struct https_conn *conn)
{
    https_peers_remove(&conn->member);
    https_conn_destroy(conn);
}

/* Shows the CA certificates of 'chain' behind the server's own. */
static char *
add_chain(SSL_CTX *ctx, const struct tls_files *chain)
{
    const struct tls_pem_file *file = &tls_files_pem(chain)->ca_cert;
    X509 **certs;
    size_t n;
    char *error = x509_read_certs(wiping_buffer_head(&file->octets),
                                  file->octets.size, &certs, &n);
    for (size_t i = 0; !error && i < n; i++) {
        SSL_CTX_add1_chain_cert(ctx, certs[i]);
    }
    x509_free_certs(certs, n);
    return error;
}

/* Gives new connections the key and certificates of 'files'.  Those that are
 * open keep the old context alive. */
static char *
make_ctx(struct https_server *server)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    server->files_serial = tls_files_serial(server->files);
    if (!ctx) {
        return xstrdup("cannot set up TLS");
    }
    tls_ctx_harden(ctx);
    SSL_CTX_set_verify(ctx, (server->handlers.admit_strangers ? SSL_VERIFY_PEER
                             : (SSL_VERIFY_PEER
                                | SSL_VERIFY_FAIL_IF_NO_PEER_CERT)), NULL);
    char *error = tls_ctx_load(ctx, tls_files_pem(server->files));
    if (!error && server->chain) {
        server->chain_serial = tls_files_serial(server->chain);
        error = add_chain(ctx, server->chain);
    }
    if (!error && server->handlers.admit_key) {
        https_conn_admit_keys(ctx);
    }
    if (error) {
        SSL_CTX_free(ctx);
    } else {
        SSL_CTX_free(server->ctx);
        server->ctx = ctx;
    }
    return error;
}

/* Running. */

static void
follow_files(struct https_server *server)
{
    if (server->files_serial != tls_files_serial(server->files)
        || (server->chain
            && server->chain_serial != tls_files_serial(server->chain))) {
        char *error = make_ctx(server);
        if (error) {
            VLOG_WARN("%s", error);
            free(error);
        }
    }
}

static void
add_socket(struct https_server *server, int fd, const char *address)
{
    struct https_conn *conn = https_conn_create(server->ctx, &server->handlers,
                                                fd);
    if (!conn) {
        return;
    }
    conn->req.peer_address = xstrdup(address);
    https_peers_add(&server->peers, &conn->member, address);

    struct epoll_event event = { .events = conn->want, .data.ptr = conn };
    conn->events = conn->want;
    if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event)) {
        VLOG_WARN_RL(&rl, "epoll_ctl: %s", ovs_strerror(errno));
        drop_conn(conn);
    }
}

static int
watch_listener(struct https_server *server, int op, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = server };
    return epoll_ctl(server->epoll, op, server->listener, &event) ? errno : 0;
}

/* Has the listener rest until then, on the clock of time_msec(). */
static void
rest(struct https_server *server, long long int until_ms)
{
    server->accept_ms = until_ms;
    watch_listener(server, EPOLL_CTL_MOD, 0);
}

/* Handles a failure of accept().  If no connection can make room, the listener
 * rests. */
static void
accept_failed(struct https_server *server, int error)
{
    long long int again_ms = descriptors_accept_failed("https", error);
    if (!https_peers_evict(&server->peers)) {
        rest(server, again_ms);
    }
}

static void
accept_some(struct https_server *server)
{
    int n;
    for (n = 0; n < BOUNDS_ACCEPTS; n++) {
        struct sockaddr_storage ss;
        socklen_t len = sizeof ss;
        int fd = accept4(server->listener, (struct sockaddr *) &ss, &len,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && errno == EAGAIN) {
            break;
        } else if (fd < 0) {
            if (errno != ECONNABORTED && errno != EINTR) {
                accept_failed(server, errno);
            }
            return;
        }
        struct ds address = DS_EMPTY_INITIALIZER;
        ss_format_address(&ss, &address);
        add_socket(server, fd, ds_cstr(&address));
        ds_destroy(&address);
    }
    if (n >= BOUNDS_ACCEPTS / 4) {
        rest(server, time_msec() + BOUNDS_ACCEPT_PAUSE_MS);
    }
}

static void
run_conn(struct https_server *server, struct https_conn *conn)
{
    long long int start_us = time_usec();
    https_member_clear_ready(&conn->member);
    bool goes_on = !conn->member.is_dead && https_conn_run(conn);
    crowd_spend(&conn->member.place, time_usec() - start_us);
    if (goes_on) {
        https_member_hear(&conn->member);
        https_member_set_unread(&conn->member, conn->req.out.size);
    }
    if (!goes_on) {
        drop_conn(conn);
    } else if (conn->want != conn->events) {
        struct epoll_event event = { .events = conn->want, .data.ptr = conn };
        conn->events = conn->want;
        epoll_ctl(server->epoll, EPOLL_CTL_MOD, conn->fd, &event);
    }
}

/* Makes connections with events ready to be run, and accepts. */
static void
read_events(struct https_server *server)
{
    int n = epoll_wait(server->epoll, server->events,
                       server->peers.max_connections + 1, 0);
    bool accepting = false;

    for (int i = 0; i < n; i++) {
        struct https_conn *conn = server->events[i].data.ptr;
        if (server->events[i].data.ptr == server) {
            accepting = true;
        } else {
            https_member_set_ready(&conn->member);
        }
    }
    if (accepting) {
        accept_some(server);
    }
}

/* A connection that is ready, and when its turn is. */
struct turn {
    struct https_conn *conn;
    int class;                  /* Lowest first. */
    long long int spent_us;     /* On its peer: least first. */
    size_t number;              /* Of those that are ready. */
};

static int
compare_turns(const void *a_, const void *b_)
{
    const struct turn *a = a_, *b = b_;
    return (a->class != b->class ? a->class - b->class
            : a->spent_us != b->spent_us
            ? (a->spent_us > b->spent_us) - (a->spent_us < b->spent_us)
            : (a->number > b->number) - (a->number < b->number));
}

/* Runs what is ready: those that are to go, then those that are known as long
 * as there is time, then some handshakes, each of which costs much.  Within
 * these the ones come first on whose peers least was spent.  The others stay
 * ready. */
static void
run_ready(struct https_server *server)
{
    struct ovs_list *ready = &server->peers.ready;
    struct turn *turns = xmalloc(ovs_list_size(ready) * sizeof *turns);
    struct https_member *member;
    size_t n = 0;
    LIST_FOR_EACH (member, ready_node, ready) {
        turns[n] = (struct turn) {
            .conn = conn_of(member),
            .class = (member->is_dead ? 0
                      : https_member_is_known(member) ? 1 : 2),
            .spent_us = crowd_spent(&member->place),
            .number = n,
        };
        n++;
    }
    qsort(turns, n, sizeof *turns, compare_turns);

    long long int end_us = time_usec() + BOUNDS_RUN_US;
    int n_handshakes = 0;
    for (size_t i = 0; i < n; i++) {
        if (!turns[i].class
            || (turns[i].class == 1 && time_usec() < end_us)
            || (turns[i].class == 2 && n_handshakes++ < BOUNDS_HANDSHAKES)) {
            run_conn(server, turns[i].conn);
        }
    }
    free(turns);
}

static void
cut_overdue(struct https_server *server)
{
    struct https_member *member;
    while ((member = https_peers_first(&server->peers))
           && https_member_is_overdue(member)) {
        server->peers.stats.n_overdue++;
        drop_conn(conn_of(member));
    }
}

static void
retry(struct https_server *server, bool by_time)
{
    struct https_member *member;
    if (server->peers.n_deferred) {
        HEAP_FOR_EACH (member, timer, &server->peers.timers) {
            https_conn_retry(conn_of(member), by_time);
        }
    }
}

void
https_server_retry(struct https_server *server)
{
    retry(server, false);
}

void
https_server_run(struct https_server *server)
{
    follow_files(server);
    if (time_msec() >= server->retry_ms) {
        server->retry_ms = time_msec() + RETRY_MS;
        retry(server, true);
    }
    if (server->accept_ms && time_msec() >= server->accept_ms) {
        server->accept_ms = 0;
        watch_listener(server, EPOLL_CTL_MOD, EPOLLIN);
    }
    cut_overdue(server);
    read_events(server);
    run_ready(server);
}

void
https_server_wait(struct https_server *server)
{
    poll_fd_wait(server->epoll, POLLIN);
    https_peers_wait(&server->peers);
    if (server->peers.n_deferred) {
        poll_timer_wait_until(server->retry_ms);
    }
    if (server->accept_ms) {
        poll_timer_wait_until(server->accept_ms);
    }
}

bool
https_server_has_address(const struct https_server *server)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;
    bool has = true;

    if (!getsockname(server->listener, (struct sockaddr *) &ss, &len)) {
        int fd = socket(ss.ss_family, SOCK_DGRAM, 0);
        *(ss.ss_family == AF_INET6
          ? &((struct sockaddr_in6 *) &ss)->sin6_port
          : &((struct sockaddr_in *) &ss)->sin_port) = 0;
        has = (fd < 0 || !bind(fd, (struct sockaddr *) &ss, len)
               || errno != EADDRNOTAVAIL);
        if (fd >= 0) {
            close(fd);
        }
    }
    return has;
}

struct https_stats
https_server_stats(const struct https_server *server)
{
    return https_peers_stats(&server->peers);
}

/* Lifecycle. */

/* Opens a listening socket at 'target', whose address 'ss' this host does not
 * have yet.  Returns it, or a negative errno. */
static int
listen_ahead(const struct sockaddr_storage *ss)
{
    int yes = 1;
    int fd = socket(ss->ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd >= 0
        && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes)
            || setsockopt(fd, SOL_IP, IP_FREEBIND, &yes, sizeof yes)
            || bind(fd, (const struct sockaddr *) ss, ss_length(ss)))) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd < 0 ? -errno : fd;
}

/* Opens a listening socket at "ADDRESS:PORT".  Returns it, or a negative
 * errno: -EDESTADDRREQ if the text is not that. */
static int
open_listener(const char *listen_at)
{
    const char *colon = strrchr(listen_at, ':');
    if (!colon) {
        return -EDESTADDRREQ;
    }
    struct sockaddr_storage ss;
    bool dns_failure;
    char *target = xasprintf("%s:%.*s", colon + 1, (int) (colon - listen_at),
                             listen_at);
    /* No name of a host: a resolver may be away when the host starts. */
    int fd = (inet_parse_passive(target, -1, &ss, false, &dns_failure)
              ? inet_open_passive(SOCK_STREAM, target, -1, NULL, 0, true)
              : -EDESTADDRREQ);
    if (fd == -EADDRNOTAVAIL) {
        VLOG_WARN("%s: this host does not have the address yet: serving as "
                  "soon as it has", listen_at);
        fd = listen_ahead(&ss);
    }
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
                         *errorp == EDESTADDRREQ
                         ? "write ADDRESS:PORT: an IP address, not a name, "
                           "and an IPv6 address in brackets"
                         : ovs_strerror(*errorp));
    }
    /* Inherited by what is accepted.  Without it replies would wait 40 ms for
     * the peer's delayed acknowledgement. */
    setsockopt_tcp_nodelay(server->listener);
    listen(server->listener, BOUNDS_BACKLOG);

    *errorp = watch_listener(server, EPOLL_CTL_ADD, EPOLLIN);
    if (*errorp) {
        return xasprintf("epoll_ctl: %s", ovs_strerror(*errorp));
    }
    return NULL;
}

/* Returns how many connections the process's descriptors allow. */
static size_t
max_connections(void)
{
    size_t n = MIN(descriptors_limit(), MAX_CONNECTIONS + OTHER_DESCRIPTORS);
    return MAX(n, 2 * OTHER_DESCRIPTORS) - OTHER_DESCRIPTORS;
}

int
https_server_create(const struct https_server_config *config,
                    https_handler *admit, https_handler *handle, void *aux,
                    struct https_server **serverp, char **errorp)
{
    struct https_server *server = xzalloc(sizeof *server);
    int retval = EINVAL;

    *serverp = NULL;
    server->handlers = (struct https_handlers) {
        .admit = admit,
        .handle = handle,
        .admit_key = config->admit_key,
        .admit_strangers = config->admit_strangers,
        .aux = aux,
        .max_body = config->max_body ? config->max_body : MAX_BODY,
    };
    server->listener = server->epoll = -1;
    https_peers_init(&server->peers, max_connections());
    server->events = xmalloc((server->peers.max_connections + 1)
                             * sizeof *server->events);

    server->files = config->files;
    server->chain = config->chain;
    *errorp = make_ctx(server);
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
        struct https_member *member;
        while ((member = https_peers_first(&server->peers))) {
            drop_conn(conn_of(member));
        }
        https_peers_uninit(&server->peers);
        free(server->events);
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
