#ifndef SDSA_HTTPS_SERVER_H
#define SDSA_HTTPS_SERVER_H 1

/* An HTTPS server (HTTP/1.1 over OpenSSL) inside the OVS poll loop.
 *
 * Mutual TLS 1.2 or later: a client without a certificate from our CA does not
 * get past the handshake.
 *
 * Hostile clients.  All sockets are in one epoll set, of which the poll loop
 * sees one descriptor: idle connections cost memory only.  Each phase of a
 * connection (handshake, request, reply) has a deadline for the whole of it.
 * Connections are limited in all and per peer, which is the network address
 * until the certificate is known and then its name; where a limit is reached
 * the idlest connection goes: of those before the handshake first, then of the
 * peer that has most.  So who has few connections keeps them.  The work of one
 * https_server_run() is bounded, and clients with a certificate come first.
 *
 * A client that is answered before all of its request has come is listened to
 * for a while (and not understood), so that it sees the answer.
 *
 * One thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct https_server;
struct https_request;
struct https_stream;

struct https_server_config {
    const char *listen;         /* "ADDRESS:PORT", IPv6 in brackets. */
    const char *private_key, *certificate, *ca_cert;    /* PEM file names. */
    int max_connections;        /* 0: 2048. */
    int max_per_peer;           /* 0: 64. */
    size_t max_body_bytes;      /* 0: 4 MiB; more is answered 413. */
    int request_timeout_ms;     /* 0: 10,000.  From first octet to last. */
    int idle_timeout_ms;        /* 0: 60,000.  Between requests; of a reply. */
};

/* Answers a request, at once. */
typedef void https_handler(struct https_request *, void *aux);

/* 'admit' is called when the head of a request is there and before its body: it
 * may answer (then the body is not read) or not; NULL admits all.  'handle' is
 * called with the whole request and must answer; also with one that was too
 * malformed to be understood, see https_request_error().
 *
 * Returns 0 and the server in '*serverp' (caller must free with
 * https_server_destroy()), or a positive errno and in '*errorp' a message for
 * the user (caller frees). */
int https_server_create(const struct https_server_config *,
                        https_handler *admit, https_handler *handle,
                        void *aux, struct https_server **serverp,
                        char **errorp);
void https_server_destroy(struct https_server *);
void https_server_run(struct https_server *);
void https_server_wait(struct https_server *);

struct https_server_stats {
    size_t n_pending;           /* Connections before their certificate... */
    size_t n_connections;       /* ...and after it. */
    size_t n_streams;           /* Of these. */
    uint64_t n_accepted, n_evicted, n_overdue;  /* Since the start. */
};
void https_server_get_stats(const struct https_server *,
                            struct https_server_stats *);

/* The request.  Everything lives until the handler returns. */

/* 0, or the HTTP status with which to answer a message that is no request, or
 * is too large: method and path may then be empty. */
int https_request_error(const struct https_request *);
const char *https_request_method(const struct https_request *);    /* "GET". */
/* As sent, still percent-encoded (RFC 3986 s.2.4: split first, decode
 * then). */
const char *https_request_path(const struct https_request *);
const char *https_request_query(const struct https_request *);   /* Or NULL. */
const char *https_request_header(const struct https_request *,
                                 const char *name);              /* Or NULL. */
/* Is there a body?  For 'admit'. */
bool https_request_has_body(const struct https_request *);
const char *https_request_body(const struct https_request *, size_t *size);
/* Subject CN of the client's certificate. */
const char *https_request_peer(const struct https_request *);

/* Adds a header to the reply. */
void https_reply_header(struct https_request *, const char *name,
                        const char *value);
/* Answers, exactly once.  'body' may be NULL with 'size' 0. */
void https_reply(struct https_request *, int status, const char *content_type,
                 const char *body, size_t size);

/* Answers with 200 and a body without an end.  Returns NULL, and has not
 * answered, if the peer has as many of them as it may. */
struct https_stream *https_reply_stream(struct https_request *,
                                        const char *content_type);
/* Appends to the body.  A client that does not read, so that more than
 * HTTPS_STREAM_MAX_QUEUE octets would wait, is cut. */
#define HTTPS_STREAM_MAX_QUEUE (256 * 1024)
void https_stream_send(struct https_stream *, const char *data, size_t size);
/* Is the client still there? */
bool https_stream_is_open(const struct https_stream *);
/* Ends it, if it has not ended, and frees it.  Must be called before
 * https_server_destroy(). */
void https_stream_close(struct https_stream *);

#endif /* lib/https/https-server.h */
