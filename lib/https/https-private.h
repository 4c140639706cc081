/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_HTTPS_PRIVATE_H
#define SDSA_HTTPS_PRIVATE_H 1

/* What the files of the HTTPS server share: https-server.c (listening, limits,
 * time), https-conn.c (one connection), https-request.c (what handlers see). */

#include <openssl/ssl.h>

#include "heap.h"
#include "lib/https/http-parse.h"
#include "lib/https/https-server.h"
#include "lib/wiping-buffer.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "openvswitch/shash.h"

/* A connection's states:
 *
 *     HANDSHAKE --> HEAD --> BODY --> REPLY --> HEAD, or the end
 *                    |                 ^  |
 *                    +-----------------+  +--> LINGER --> the end
 *                    +--> STREAM --> the end */
#define CONN_STATES                                                           \
    /* TLS handshake. */                                                      \
    CONN_STATE(HANDSHAKE)                                                     \
    /* Between requests, or in the head of one. */                            \
    CONN_STATE(HEAD)                                                          \
    /* In the body of a request. */                                           \
    CONN_STATE(BODY)                                                          \
    /* The reply is being written. */                                         \
    CONN_STATE(REPLY)                                                         \
    /* A reply without an end. */                                             \
    CONN_STATE(STREAM)                                                        \
    /* Answered early: what comes is thrown away. */                          \
    CONN_STATE(LINGER)

enum conn_state {
#define CONN_STATE(NAME) CONN_##NAME,
    CONN_STATES
#undef CONN_STATE
};

/* Who has how many connections. */
struct https_peer {
    size_t n, n_streams;
};

struct https_conn {
    struct https_server *server;
    struct ovs_list node;       /* In 'pending' or 'known', idlest first. */
    struct ovs_list ready_node; /* In 'ready' if 'is_ready'. */
    struct heap_node timer;     /* In 'timers'. */
    int fd;
    SSL *ssl;
    uint32_t events;            /* What epoll waits for. */
    uint32_t want;              /* What it is to wait for. */
    enum conn_state state;
    bool is_ready;              /* To be run without waiting for epoll. */
    bool is_dead;               /* To be destroyed when it is run next. */
    char *peer_name;            /* Address, then subject CN. */
    bool is_known;              /* It is the subject CN. */

    struct wiping_buffer in;    /* Read, and not understood yet. */
    struct wiping_buffer out;   /* To be written. */
    size_t scanned;             /* See http_head_size(). */
    size_t n_discarded;         /* Octets, in LINGER and STREAM. */

    /* The request. */
    struct http_head head;
    struct http_chunked chunked;
    struct wiping_buffer body;
    struct ds reply_headers;
    bool replied;
    bool keep_alive;            /* After the reply. */
    bool has_handled;           /* A request, in this run. */
    struct https_stream *stream;
};

struct https_server {
    struct https_server_config config;  /* Without strings. */
    https_handler *admit, *handle;
    void *aux;

    SSL_CTX *ctx;
    int listener, epoll;        /* Descriptors. */
    struct ovs_list pending;    /* struct https_conn, in HANDSHAKE. */
    struct ovs_list known;      /* The others. */
    struct ovs_list ready;
    struct heap timers;         /* Next deadline first. */
    struct shash addresses;     /* struct https_peer: of 'pending'. */
    struct shash names;         /* The same of 'known'. */
    struct https_server_stats stats;
};

struct https_stream {
    struct https_conn *conn;    /* NULL: it has ended. */
    bool chunked;
};

/* https-server.c */
void https_conn_set_deadline(struct https_conn *, int timeout_ms);
void https_conn_set_ready(struct https_conn *);
/* The client has shown its certificate, whose name is 'name' (ownership is
 * taken). */
void https_conn_authenticated(struct https_conn *, char *name);
/* A request is done: it is the least idle one. */
void https_conn_used(struct https_conn *);
struct https_peer *https_conn_peer(const struct https_conn *);

/* https-conn.c */

/* Takes ownership of 'fd'.  Returns NULL if there is no memory for it. */
struct https_conn *https_conn_create(struct https_server *, int fd,
                                     char *address);
void https_conn_destroy(struct https_conn *);

/* Does what can be done without waiting.  Returns false if the connection is
 * over: then destroy it. */
bool https_conn_run(struct https_conn *);

/* https-request.c */

/* Has 'handler' answer what has been read; 'error' is that of
 * https_request_error(). */
void https_request_dispatch(struct https_conn *, https_handler *, int error);

#endif /* lib/https/https-private.h */
