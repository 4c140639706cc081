/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_HTTPS_EXCHANGE_H
#define SDSA_HTTPS_EXCHANGE_H 1

/* A request and its reply inside the server: https-conn.c reads the request
 * and writes the reply, https-request.c shows the request to a handler and
 * makes the reply. */

#include "lib/https/http-parse.h"
#include "lib/https/https-peers.h"
#include "lib/wiping-buffer.h"
#include "lib/x509.h"
#include "openvswitch/dynamic-string.h"

struct https_request {
    struct https_member *member;        /* The connection. */

    char *peer_address;         /* The client's, without a port. */

    /* The client, as soon as its certificate is known. */
    char peer_digest[X509_DIGEST_STRLEN];       /* Of its key. */
    bool peer_is_key;           /* It is known by its key alone. */
    bool peer_is_stranger;      /* It has shown no certificate. */
    int64_t peer_end;           /* Of its certificate: seconds since 1970. */

    /* The request. */
    struct http_head head;
    struct http_chunked chunked;        /* Where the body's reader is. */
    struct wiping_buffer body;

    /* While a handler runs. */
    int error;                  /* Of https_request_error(). */
    char *path, *query, *host;

    /* The reply. */
    struct ds reply_headers;
    struct wiping_buffer out;   /* Octets to be written. */
    bool replied;
    bool deferred;              /* By the handler that ran last. */
    bool deferred_by_time;      /* See https_defer(). */
    long long int defer_until_ms;       /* 0: it was not put off yet. */
    bool keep_alive;            /* The connection goes on after the reply. */
    struct https_stream *stream;        /* NULL: the reply has an end. */
};

/* Makes a request on the connection 'member', of which nothing has come. */
void https_request_init(struct https_request *, struct https_member *member);

/* Forgets the request that was answered.  Octets to be written stay. */
void https_request_reset(struct https_request *);

/* Ends the stream, if there is one, and frees what the request holds. */
void https_request_uninit(struct https_request *);

/* Calls 'handler' with what has been read.  'error' is what
 * https_request_error() then returns. */
void https_request_dispatch(struct https_request *,
                            void (*handler)(struct https_request *, void *aux),
                            void *aux, int error);

#endif /* lib/https/https-exchange.h */
