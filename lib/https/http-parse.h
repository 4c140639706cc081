/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_HTTP_PARSE_H
#define SDSA_HTTP_PARSE_H 1

/* The parser of an HTTP/1.1 server (RFC 9112), without any I/O: the head of a
 * request, and a chunked body.
 *
 * Strict: a message that two readers could read differently (two lengths, bare
 * line feeds, folded lines, spaces before a colon) is refused. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wiping_buffer;

#define HTTP_MAX_HEAD 16384     /* Octets of a head. */
#define HTTP_MAX_HEADERS 64     /* Headers of a request. */

struct http_header {
    const char *name, *value;
};

struct http_head {
    char *text;                 /* Memory of all the strings; is wiped. */
    const char *method;         /* "GET". */
    const char *target;         /* As sent. */
    int minor;                  /* Version HTTP/1.x: 0 or 1. */
    struct http_header headers[HTTP_MAX_HEADERS];
    size_t n_headers;

    /* The body, and the reply. */
    uint64_t content_length;    /* 0 if there is none, or if 'chunked'. */
    bool chunked;
    bool keep_alive;            /* The client may send another request. */
    bool expect_continue;       /* The client waits for "100 Continue". */
};

/* Returns the number of octets of the head that 'data' begins with, the empty
 * line included, or 0 if its end has not come yet.  '*scanned' is the place
 * where the search goes on when more has come: 0 at first. */
size_t http_head_size(const char *data, size_t size, size_t *scanned);

/* Parses a head of 'size' octets.  Returns 0, or the HTTP status with which to
 * refuse it; in either case caller must free with http_head_destroy(). */
int http_head_parse(struct http_head *, const char *data, size_t size);

/* Wipes and frees what the head holds, and makes it empty. */
void http_head_destroy(struct http_head *);

/* Returns the value of the header 'name', or NULL; that of several lines as
 * one list, with commas. */
const char *http_head_get(const struct http_head *, const char *name);

/* The reader of a body in chunks (RFC 9112 s.7.1).  All zeros at first. */
struct http_chunked {
    int state;                  /* Private to the parser. */
    uint64_t left;              /* Size of the chunk, then octets to come. */
    size_t n_overhead;          /* Octets that are no data. */
    bool done;                  /* The body is whole. */
};

/* Appends what 'data' holds of the body to 'body'.  Returns the number of
 * octets that belong to the message (all, unless 'done' is then true), or
 * SIZE_MAX if it is malformed. */
size_t http_chunked_feed(struct http_chunked *, const char *data, size_t size,
                         struct wiping_buffer *body);

/* Returns the reason phrase of a status: "Not Found" of 404.  Static. */
const char *http_reason(int status);

#endif /* lib/https/http-parse.h */
