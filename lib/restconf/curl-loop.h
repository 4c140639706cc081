/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CURL_LOOP_H
#define SDSA_CURL_LOOP_H 1

/* libcurl's transfers (the multi_socket interface) in the OVS poll loop.
 * Memory of libcurl is wiped when it is freed.  After each call OpenSSL's
 * error queue is emptied (decision 25).  One thread. */

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

#include "openvswitch/dynamic-string.h"

struct curl_loop;

/* Returns NULL and a loop without transfers in '*loopp' (caller must free with
 * curl_loop_destroy()), or a message (caller frees) and NULL in '*loopp' if
 * there is no file descriptor for it. */
char *curl_loop_create(struct curl_loop **loopp);

/* Frees the loop.  All transfers must have been removed before.  Accepts
 * NULL. */
void curl_loop_destroy(struct curl_loop *);

/* Has libcurl do what it can without waiting. */
void curl_loop_run(struct curl_loop *);

/* Wakes the poll loop when libcurl has something to do. */
void curl_loop_wait(struct curl_loop *);

/* Connections that can be cut together.  A handle keeps connections open after
 * a transfer, and only libcurl knows them. */
struct curl_sockets;

/* Returns an object without connections.  Caller must free with
 * curl_sockets_destroy(). */
struct curl_sockets *curl_sockets_create(void);

/* Frees the object, and cuts its connections. */
void curl_sockets_destroy(struct curl_sockets *);

/* Has a connection that the next transfer of the handle makes be one of the
 * object.  The transfer must have been removed before the object is freed; the
 * connection may stay. */
void curl_sockets_use(struct curl_sockets *, CURL *);

/* Cuts the connections: not an octet goes over them any more, in either
 * direction.  A transfer that uses one of them fails. */
void curl_sockets_cut(struct curl_sockets *);

/* Prepares a transfer from 'url', over TLS and without a proxy, which fails if
 * there is no connection after 'connect_ms'.  'ssl_ctx_cb', which is called
 * with 'aux', sets in OpenSSL's context how the server is proven: libcurl
 * checks no name. */
void curl_loop_set_up(CURL *, const char *url, long int connect_ms,
                      curl_ssl_ctx_callback ssl_ctx_cb, void *aux);

/* The body of an answer. */
struct curl_answer {
    struct ds text;
    size_t max;                 /* Octets that are read. */
    bool is_too_long;           /* It has more. */
};

/* Empties the answer and has the next transfer of the handle fill it.  One
 * that has more than 'max' octets fails. */
void curl_answer_use(struct curl_answer *, CURL *, size_t max);

/* Starts a transfer. */
void curl_loop_add(struct curl_loop *, CURL *);

/* Ends a transfer, done or not. */
void curl_loop_remove(struct curl_loop *, CURL *);

/* Frees a handle that is in no loop, as curl_easy_cleanup(). */
void curl_loop_free_easy(CURL *);

/* Returns a transfer that is done, and its outcome in '*codep'; or NULL.  The
 * caller must remove it. */
CURL *curl_loop_next_done(struct curl_loop *, CURLcode *codep);

#endif /* lib/restconf/curl-loop.h */
