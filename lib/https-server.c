/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/https-server.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/secret.h"
#include "lib/tls.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "socket-util.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(https_server);

#define MAX_HEADERS_BYTES 16384

/* A connection: found from its SSL object, and freed with it. */
struct https_conn {
    struct ovs_list node;       /* In https_server's 'conns'. */
    struct https_server *server;
    struct bufferevent *bev;
    long long int deadline_ms;  /* When it is cut. */
    bool in_request;            /* Octets of a request have come. */
    char *peer;                 /* Subject CN, once known. */
};

struct https_server {
    https_handler *handler;
    void *aux;
    int max_connections;
    int request_timeout_ms, idle_timeout_ms;

    SSL_CTX *ctx;
    struct event_base *base;
    struct evhttp *http;
    struct evconnlistener *listener;    /* Owned by 'http'. */
    struct ovs_list conns;      /* struct https_conn. */
    int n_conns;
};

struct https_request {
    struct evhttp_request *evreq;
    struct https_conn *conn;
    char *path, *query;
    bool replied;
};

/* Index of our pointer in an SSL object. */
static int ssl_conn_index = -1;

/* Connections. */

static void
conn_free(void *parent OVS_UNUSED, void *conn_, CRYPTO_EX_DATA *ad OVS_UNUSED,
          int idx OVS_UNUSED, long int argl OVS_UNUSED, void *argp OVS_UNUSED)
{
    struct https_conn *conn = conn_;
    if (conn) {
        struct https_server *server = conn->server;
        ovs_list_remove(&conn->node);
        free(conn->peer);
        free(conn);
        if (--server->n_conns < server->max_connections && server->listener) {
            evconnlistener_enable(server->listener);
        }
    }
}

/* Notices the first octets of a request: its deadline begins. */
static void
input_cb(struct evbuffer *buffer OVS_UNUSED,
         const struct evbuffer_cb_info *info, void *conn_)
{
    struct https_conn *conn = conn_;
    if (info->n_added && !conn->in_request) {
        conn->in_request = true;
        conn->deadline_ms = time_msec() + conn->server->request_timeout_ms;
    }
}

/* evhttp's callback for the connection that it is about to accept.  If it
 * returned NULL evhttp would go on without TLS: so it never does. */
static struct bufferevent *
make_bufferevent(struct event_base *base, void *server_)
{
    struct https_server *server = server_;
    SSL *ssl = SSL_new(server->ctx);
    struct bufferevent *bev
        = (ssl ? bufferevent_openssl_socket_new(base, -1, ssl,
                                                BUFFEREVENT_SSL_ACCEPTING,
                                                BEV_OPT_CLOSE_ON_FREE)
           : NULL);
    if (!bev) {
        ovs_abort(0, "cannot make a TLS connection");
    }
    bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);

    struct https_conn *conn = xzalloc(sizeof *conn);
    conn->server = server;
    conn->bev = bev;
    conn->deadline_ms = time_msec() + server->request_timeout_ms;
    ovs_list_push_back(&server->conns, &conn->node);
    SSL_set_ex_data(ssl, ssl_conn_index, conn);
    evbuffer_add_cb(bufferevent_get_input(bev), input_cb, conn);
    if (++server->n_conns >= server->max_connections) {
        evconnlistener_disable(server->listener);
    }
    return bev;
}

static struct https_conn *
request_conn(struct evhttp_request *evreq)
{
    struct evhttp_connection *evconn = evhttp_request_get_connection(evreq);
    struct bufferevent *bev = evhttp_connection_get_bufferevent(evconn);
    return SSL_get_ex_data(bufferevent_openssl_get_ssl(bev), ssl_conn_index);
}

/* Cuts the connections whose time is over. */
static void
cut_overdue(struct https_server *server)
{
    long long int now = time_msec();
    struct https_conn *conn;
    LIST_FOR_EACH (conn, node, &server->conns) {
        if (now >= conn->deadline_ms) {
            conn->deadline_ms = LLONG_MAX;
            shutdown(bufferevent_getfd(conn->bev), SHUT_RDWR);
        }
    }
}

/* Requests. */

static void
handle(struct evhttp_request *evreq, void *server_)
{
    struct https_server *server = server_;
    struct https_conn *conn = request_conn(evreq);
    if (!conn->peer) {
        X509 *cert = SSL_get1_peer_certificate(
            bufferevent_openssl_get_ssl(conn->bev));
        conn->peer = tls_peer_name(cert);
        X509_free(cert);
    }

    /* The raw URI: whoever splits it decodes it. */
    char *path = xstrdup(evhttp_request_get_uri(evreq));
    char *query = strchr(path, '?');
    if (query) {
        *query++ = '\0';
    }
    struct https_request req = {
        .evreq = evreq,
        .conn = conn,
        .path = path,
        .query = query,
    };
    server->handler(&req, server->aux);
    ovs_assert(req.replied);
    free(path);

    conn->in_request = false;
    conn->deadline_ms = time_msec() + server->idle_timeout_ms;
}

const char *
https_request_method(const struct https_request *req)
{
    switch (evhttp_request_get_command(req->evreq)) {
    case EVHTTP_REQ_GET: return "GET";
    case EVHTTP_REQ_POST: return "POST";
    case EVHTTP_REQ_HEAD: return "HEAD";
    case EVHTTP_REQ_PUT: return "PUT";
    case EVHTTP_REQ_DELETE: return "DELETE";
    case EVHTTP_REQ_OPTIONS: return "OPTIONS";
    case EVHTTP_REQ_PATCH: return "PATCH";
    case EVHTTP_REQ_TRACE: return "TRACE";
    case EVHTTP_REQ_CONNECT: return "CONNECT";
    }
    return "";
}

const char *
https_request_path(const struct https_request *req)
{
    return req->path;
}

const char *
https_request_query(const struct https_request *req)
{
    return req->query;
}

const char *
https_request_header(const struct https_request *req, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(req->evreq),
                              name);
}

const char *
https_request_body(const struct https_request *req, size_t *size)
{
    struct evbuffer *buffer = evhttp_request_get_input_buffer(req->evreq);
    *size = evbuffer_get_length(buffer);
    return *size ? (const char *) evbuffer_pullup(buffer, -1) : "";
}

const char *
https_request_peer(const struct https_request *req)
{
    return req->conn->peer ? req->conn->peer : "";
}

void
https_reply_header(struct https_request *req, const char *name,
                   const char *value)
{
    evhttp_add_header(evhttp_request_get_output_headers(req->evreq), name,
                      value);
}

void
https_reply(struct https_request *req, int status, const char *content_type,
            const char *body, size_t size)
{
    ovs_assert(!req->replied);
    req->replied = true;

    struct evbuffer *buffer = evbuffer_new();
    if (size) {
        https_reply_header(req, "Content-Type", content_type);
        evbuffer_add(buffer, body, size);
    }
    evhttp_send_reply(req->evreq, status, NULL, buffer);
    evbuffer_free(buffer);
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
open_listener(const char *listen)
{
    const char *colon = strrchr(listen, ':');
    if (!colon) {
        return -EINVAL;
    }
    struct sockaddr_storage ss;
    char *target = xasprintf("%s:%.*s", colon + 1, (int) (colon - listen),
                             listen);
    int fd = inet_open_passive(SOCK_STREAM, target, -1, &ss, 0, true);
    free(target);
    return fd;
}

static char *
start_listening(struct https_server *server, const char *listen,
                int *retvalp)
{
    int error = 0;
    int fd = open_listener(listen);
    if (fd < 0) {
        error = -fd;
    } else {
        /* Inherited by what is accepted.  Without it each reply waits 40 ms
         * for the peer's delayed acknowledgement. */
        setsockopt_tcp_nodelay(fd);
        struct evconnlistener *listener
            = evconnlistener_new(server->base, NULL, NULL,
                                 LEV_OPT_CLOSE_ON_FREE, 0, fd);
        if (!listener || !evhttp_bind_listener(server->http, listener)) {
            error = EINVAL;
        }
        server->listener = listener;
    }
    *retvalp = error;
    return error ? xasprintf("%s: cannot listen (%s)", listen,
                             ovs_strerror(error)) : NULL;
}

int
https_server_create(const struct https_server_config *config,
                    https_handler *handler, void *aux,
                    struct https_server **serverp, char **errorp)
{
    struct https_server *server = xzalloc(sizeof *server);
    int retval = EINVAL;

    if (ssl_conn_index < 0) {
        ssl_conn_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, conn_free);
        event_set_mem_functions(wiping_malloc, wiping_realloc, wiping_free);
    }
    *serverp = NULL;
    server->handler = handler;
    server->aux = aux;
    server->max_connections = (config->max_connections
                               ? config->max_connections : 64);
    server->request_timeout_ms = (config->request_timeout_ms
                                  ? config->request_timeout_ms : 10000);
    server->idle_timeout_ms = (config->idle_timeout_ms
                               ? config->idle_timeout_ms : 60000);
    ovs_list_init(&server->conns);

    *errorp = make_ctx(server, config);
    if (!*errorp) {
        struct event_config *ec = event_config_new();
        event_config_set_flag(ec, EVENT_BASE_FLAG_NOLOCK);
        server->base = event_base_new_with_config(ec);
        event_config_free(ec);

        server->http = evhttp_new(server->base);
        evhttp_set_bevcb(server->http, make_bufferevent, server);
        evhttp_set_gencb(server->http, handle, server);
        evhttp_set_max_headers_size(server->http, MAX_HEADERS_BYTES);
        evhttp_set_max_body_size(server->http, (config->max_body_bytes
                                                ? config->max_body_bytes
                                                : 4 * 1024 * 1024));
        evhttp_set_allowed_methods(
            server->http, (EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST
                           | EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE
                           | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PATCH));
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
        server->listener = NULL;        /* evhttp_free() frees it. */
        if (server->http) {
            evhttp_free(server->http);
        }
        if (server->base) {
            event_base_free(server->base);
        }
        SSL_CTX_free(server->ctx);
        free(server);
    }
}

/* libevent in the OVS poll loop. */

void
https_server_run(struct https_server *server)
{
    cut_overdue(server);
    event_base_loop(server->base, EVLOOP_NONBLOCK);
}

static int
wait_for_event(const struct event_base *base OVS_UNUSED,
               const struct event *ev, void *aux OVS_UNUSED)
{
    struct timeval when;
    int pending = event_pending(ev, EV_READ | EV_WRITE | EV_TIMEOUT, &when);
    int fd = event_get_fd(ev);
    if (fd >= 0 && pending & (EV_READ | EV_WRITE)
        && !(event_get_events(ev) & EV_SIGNAL)) {
        poll_fd_wait(fd, ((pending & EV_READ ? POLLIN : 0)
                          | (pending & EV_WRITE ? POLLOUT : 0)));
    }
    if (pending & EV_TIMEOUT) {
        struct timeval now;
        gettimeofday(&now, NULL);
        long long int ms = ((when.tv_sec - now.tv_sec) * 1000LL
                            + (when.tv_usec - now.tv_usec) / 1000);
        poll_timer_wait(MAX(ms, 0) + 1);
    }
    return 0;
}

void
https_server_wait(struct https_server *server)
{
    if (event_base_get_num_events(server->base, EVENT_BASE_COUNT_ACTIVE)) {
        poll_immediate_wake();
    }
    event_base_foreach_event(server->base, wait_for_event, NULL);

    const struct https_conn *conn;
    LIST_FOR_EACH (conn, node, &server->conns) {
        if (conn->deadline_ms != LLONG_MAX) {
            poll_timer_wait_until(conn->deadline_ms);
        }
    }
}
