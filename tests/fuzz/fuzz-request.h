/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_FUZZ_REQUEST_H
#define SDSA_FUZZ_REQUEST_H 1

/* A request without a connection: what lib/https/https-request.h calls so.
 * See fuzz-agent.h for its text. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/https/http-parse.h"
#include "openvswitch/dynamic-string.h"

#define FUZZ_MAX_HEADERS 8
#define FUZZ_PEER "sdsa-controller"

struct https_request {
    char *text;                 /* Holds the strings. */
    char *method, *path;
    char *query;                /* Or NULL. */
    int fault;                  /* See fuzz-agent.h; 0: none. */
    struct http_header headers[FUZZ_MAX_HEADERS];
    size_t n_headers;
    char *body;                 /* 'body_size' octets. */
    size_t body_size;
    const char *content_type;   /* If no header says it; or NULL. */

    int status;                 /* Of the reply; 0: none yet. */
    char *reply;                /* Body. */
    size_t reply_size;
    struct ds reply_headers;
};

/* Reads the text.  Returns false if it is not one.  Caller frees with
 * fuzz_request_uninit() in either case. */
bool fuzz_request_init(struct https_request *, const uint8_t *data,
                       size_t size);
void fuzz_request_uninit(struct https_request *);

#endif /* tests/fuzz/fuzz-request.h */
