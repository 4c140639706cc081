#ifndef SDSA_HTTPS_SERVER_H
#define SDSA_HTTPS_SERVER_H 1

/* An HTTPS server (libevent's evhttp over OpenSSL) inside the OVS poll loop.
 *
 * Mutual TLS 1.2 or later: a client without a certificate from our CA does not
 * get past the handshake.  Connections are capped in number and each request
 * in size and in total time, so that a slow or hostile client costs little.
 *
 * The handler runs inside https_server_run() and answers at once with
 * https_reply().  One thread. */

#include <stdbool.h>
#include <stddef.h>

struct https_server;
struct https_request;

struct https_server_config {
    const char *listen;         /* "ADDRESS:PORT", IPv6 in brackets. */
    const char *private_key, *certificate, *ca_cert;    /* PEM file names. */
    int max_connections;        /* 0: 64. */
    size_t max_body_bytes;      /* 0: 4 MiB; more is answered 413. */
    int request_timeout_ms;     /* 0: 10,000.  From first octet to last. */
    int idle_timeout_ms;        /* 0: 60,000.  Between requests. */
};

typedef void https_handler(struct https_request *, void *aux);

/* Returns 0 and the server in '*serverp' (caller must free with
 * https_server_destroy()), or a positive errno and in '*errorp' a message for
 * the user (caller frees). */
int https_server_create(const struct https_server_config *, https_handler *,
                        void *aux, struct https_server **serverp,
                        char **errorp);
void https_server_destroy(struct https_server *);
void https_server_run(struct https_server *);
void https_server_wait(struct https_server *);

/* The request.  Everything lives until the handler returns. */
const char *https_request_method(const struct https_request *);    /* "GET". */
/* As sent, still percent-encoded (RFC 3986 s.2.4: split first, decode
 * then). */
const char *https_request_path(const struct https_request *);
const char *https_request_query(const struct https_request *);   /* Or NULL. */
const char *https_request_header(const struct https_request *,
                                 const char *name);              /* Or NULL. */
const char *https_request_body(const struct https_request *, size_t *size);
/* Subject CN of the client's certificate. */
const char *https_request_peer(const struct https_request *);

/* Adds a header to the reply. */
void https_reply_header(struct https_request *, const char *name,
                        const char *value);
/* Answers, exactly once.  'body' may be NULL with 'size' 0. */
void https_reply(struct https_request *, int status, const char *content_type,
                 const char *body, size_t size);

#endif /* lib/https-server.h */
