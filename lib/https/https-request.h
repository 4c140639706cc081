/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_HTTPS_REQUEST_H
#define SDSA_HTTPS_REQUEST_H 1

/* A request to an HTTPS server and the reply to it, as a handler sees them.
 * What a request's functions return lives until the handler returns. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/https/https-method.h"

struct https_request;
struct https_stream;

/* A function that the server calls with a request, and its 'aux'. */
typedef void https_handler(struct https_request *, void *aux);

/* A function that the server calls with the digest of a client's key: see
 * struct https_server_config. */
typedef char *https_admit_key(const char *digest, void *aux);

/* Returns 0, or the HTTP status with which to answer a message that is no
 * request or is too large: method and path may then be empty. */
int https_request_error(const struct https_request *);

/* Returns the method, or 0 if it is none of enum https_method. */
enum https_method https_request_method(const struct https_request *);

/* Returns the method's name as the client sent it, which may be any token. */
const char *https_request_method_name(const struct https_request *);

/* Returns the path as the client sent it, still percent-encoded: split first
 * and decode then (RFC 3986 s.2.4).  "*" if OPTIONS asks about the server as a
 * whole. */
const char *https_request_path(const struct https_request *);

/* Returns the query, still percent-encoded, or NULL if there is none. */
const char *https_request_query(const struct https_request *);

/* Returns host and port as the client names them, of the target or else of
 * header Host; "" if it names none. */
const char *https_request_host(const struct https_request *);

/* Returns the value of header 'name', the first one if there are several, or
 * NULL if there is none. */
const char *https_request_header(const struct https_request *,
                                 const char *name);

/* Returns true if the client sends a body, which may not have come yet. */
bool https_request_has_body(const struct https_request *);

/* Returns the body, and its number of octets in '*size'. */
const char *https_request_body(const struct https_request *, size_t *size);

/* Returns the name in the client's certificate (tls_peer_name()), or the one
 * that 'admit_key' of the server's configuration gave to its key. */
const char *https_request_peer(const struct https_request *);

/* Returns true if the client is known by its key alone: its certificate is of
 * no CA. */
bool https_request_peer_is_key(const struct https_request *);

/* Returns true if the client has shown no certificate: its name is that of its
 * address's holder (lib/address.h), and it has no digest. */
bool https_request_peer_is_stranger(const struct https_request *);

/* Returns the digest of the client's key (lib/x509.h). */
const char *https_request_peer_digest(const struct https_request *);

/* Returns when the client's certificate ends, in seconds since 1970. */
int64_t https_request_peer_end(const struct https_request *);

/* Returns the client's network address, without its port. */
const char *https_request_peer_address(const struct https_request *);

/* Adds a header to the reply, which must not have been sent yet. */
void https_reply_header(struct https_request *, const char *name,
                        const char *value);

/* Answers with 'status' and the 'size' octets of 'body' (NULL only if 'size'
 * is 0).  A request is answered exactly once, unless https_defer() has put it
 * off. */
void https_reply(struct https_request *, int status, const char *content_type,
                 const char *body, size_t size);

/* A request is put off for so long at most. */
#define HTTPS_DEFER_MS 2000

/* Puts the request off: 'handle' of the server is called with it again a few
 * times a second and, unless 'by_time', when https_server_retry() is called.
 * Returns false if it was put off for HTTPS_DEFER_MS: then it must be
 * answered.  Only 'handle' may call this. */
bool https_defer(struct https_request *, bool by_time);

/* Answers with 200 and a body without an end.  Returns the stream, which the
 * caller must free with https_stream_close(); or NULL, without an answer, if
 * the client has as many streams as it may. */
struct https_stream *https_reply_stream(struct https_request *,
                                        const char *content_type);

/* Octets of a stream that may wait for a client. */
#define HTTPS_STREAM_MAX_QUEUE (256 * 1024)

/* Appends 'size' octets of 'data' to the stream.  A client that does not read,
 * so that more than HTTPS_STREAM_MAX_QUEUE octets would wait, is cut. */
void https_stream_send(struct https_stream *, const char *data, size_t size);

/* Returns true while the client is there. */
bool https_stream_is_open(const struct https_stream *);

/* Ends the stream, if it has not ended, and frees it.  Accepts NULL.  Must be
 * called before https_server_destroy(). */
void https_stream_close(struct https_stream *);

#endif /* lib/https/https-request.h */
