/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_HTTPS_CONN_H
#define SDSA_HTTPS_CONN_H 1

/* One connection of an HTTPS server. */

#include <openssl/ssl.h>

#include "lib/https/https-exchange.h"
#include "lib/https/https-request.h"

/* A connection's states:
 *
 *     HANDSHAKE --> HEAD --> BODY --> REPLY --> HEAD, or the end
 *                    |                 ^  |
 *                    +-----------------+  +--> LINGER --> the end
 *                    +--> STREAM --> the end
 *
 * Before REPLY a request may be DEFERRED. */
#define CONN_STATES                                                           \
    /* TLS handshake. */                                                      \
    CONN_STATE(HANDSHAKE)                                                     \
    /* Between requests, or in the head of one. */                            \
    CONN_STATE(HEAD)                                                          \
    /* In the body of a request. */                                           \
    CONN_STATE(BODY)                                                          \
    /* The request is whole, and the handler has put it off. */               \
    CONN_STATE(DEFERRED)                                                      \
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

/* The server's handlers: see https_server_create(). */
struct https_handlers {
    https_handler *admit, *handle;
    https_admit_key *admit_key; /* Or NULL. */
    bool admit_strangers;       /* A client may have no certificate. */
    void *aux;
    size_t max_body;            /* Octets; more is answered 413. */
};

struct https_conn {
    struct https_member member; /* In the server's set. */
    const struct https_handlers *handlers;
    int fd;
    SSL *ssl;
    uint32_t events;            /* What epoll waits for. */
    uint32_t want;              /* What epoll is to wait for. */
    enum conn_state state;
    char *key_name;             /* What 'admit_key' has said, or NULL. */

    struct wiping_buffer in;    /* Read, and not understood yet. */
    size_t scanned;             /* See http_head_size(). */
    size_t n_discarded;         /* Octets, in LINGER and STREAM. */
    bool has_handled;           /* A request, in this run. */
    struct https_request req;
};

/* Returns a new connection over the socket 'fd', of which ownership is taken,
 * or NULL if there is no memory for it.  The caller adds its member to the
 * server's set and, when that has been removed, must free the connection with
 * https_conn_destroy().  'handlers' must live as long. */
struct https_conn *https_conn_create(SSL_CTX *,
                                     const struct https_handlers *handlers,
                                     int fd);

/* Has a connection with 'ctx' take also the certificates that 'admit_key' of
 * its handlers takes. */
void https_conn_admit_keys(SSL_CTX *ctx);

/* Closes the connection and frees it. */
void https_conn_destroy(struct https_conn *);

/* Has the handler asked again if it has put the request off, and if that was
 * 'by_time' only if this is too. */
void https_conn_retry(struct https_conn *, bool by_time);

/* Does what can be done without waiting.  Returns false if the connection is
 * over: then the caller must destroy it. */
bool https_conn_run(struct https_conn *);

#endif /* lib/https/https-conn.h */
