/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CURL_LOOP_H
#define SDSA_CURL_LOOP_H 1

/* libcurl's transfers (the multi_socket interface) in the OVS poll loop.  All
 * that libcurl allocates is wiped when it is freed.  One thread. */

#include <curl/curl.h>

struct curl_loop;

struct curl_loop *curl_loop_create(void);
/* All transfers must have been removed before. */
void curl_loop_destroy(struct curl_loop *);
void curl_loop_run(struct curl_loop *);
void curl_loop_wait(struct curl_loop *);

/* Starts a transfer, ends one, done or not. */
void curl_loop_add(struct curl_loop *, CURL *);
void curl_loop_remove(struct curl_loop *, CURL *);

/* curl_easy_cleanup() for a handle that is in no loop. */
void curl_loop_free_easy(CURL *);

/* Returns a transfer that is done, and how it ended in '*codep', or NULL.  The
 * caller must remove it. */
CURL *curl_loop_next_done(struct curl_loop *, CURLcode *codep);

#endif /* lib/restconf/curl-loop.h */
