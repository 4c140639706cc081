/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RC_ERROR_H
#define SDSA_RC_ERROR_H 1

/* How RESTCONF says an error (RFC 8040 s.7): HTTP status, error-type,
 * error-tag. */

#include <jansson.h>

#include "vnf-agent/yang/yang-error.h"

/* Errors of requests.  Their status differs from the one that RFC 8040 gives
 * to their error-tag. */
enum rc_error_kind {
    RC_NO_NODE = YANG_N_ERRORS, /* The resource of the URI does not exist. */
    RC_NOT_ACCEPTABLE,          /* The client wants another media type. */
    RC_MEDIA_TYPE,              /* The client sent another media type. */
    RC_NO_METHOD,               /* No resource has this method. */
    RC_PRECONDITION,            /* RFC 9110 s.13. */
    RC_N_ERRORS
};

/* Returns the HTTP status of 'error'. */
int rc_error_status(const struct yang_error *error);

/* Returns the error-tag of 'error'; static. */
const char *rc_error_tag(const struct yang_error *error);

/* Returns {"error": [...]}, the content of ietf-restconf:errors.  Caller owns
 * the reference. */
json_t *rc_error_to_json(const struct yang_error *error);

#endif /* vnf-agent/restconf/rc-error.h */
