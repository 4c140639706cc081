/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RC_ERROR_H
#define SDSA_RC_ERROR_H 1

/* A refusal as RESTCONF says it (RFC 8040 s.7): HTTP status, error-tag, the
 * node that it is about, and words for people. */

#include <jansson.h>

#include "openvswitch/compiler.h"

struct rc_error {
    int status;                 /* HTTP. */
    const char *type;           /* "protocol", "application", ... */
    const char *tag;            /* "invalid-value", ... */
    char *path;                 /* error-path, or NULL. */
    char *message;
};

/* Makes one.  Takes ownership of 'path' and 'message'. */
struct rc_error *rc_error_create(int status, const char *tag, char *path,
                                 char *message);

/* The same without a path. */
struct rc_error *rc_error_format(int status, const char *tag,
                                 const char *format, ...)
    OVS_PRINTF_FORMAT(3, 4);
void rc_error_destroy(struct rc_error *);

/* {"error": [...]}: what is in ietf-restconf:errors. */
json_t *rc_error_to_json(const struct rc_error *);

#endif /* vnf-agent/yang/rc-error.h */
