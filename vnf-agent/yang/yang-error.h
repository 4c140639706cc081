/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_YANG_ERROR_H
#define SDSA_YANG_ERROR_H 1

/* A refusal as YANG servers say it: an error-tag (RFC 6241 appendix A), the
 * node that it is about, and words for people.  What a protocol makes of it,
 * e.g. an HTTP status, is not known here. */

#include "openvswitch/compiler.h"

/* Error-tags, and below them one that is told apart from its tag. */
enum yang_error_kind {
    YANG_ACCESS_DENIED,
    YANG_BAD_ATTRIBUTE,
    YANG_BAD_ELEMENT,
    YANG_DATA_EXISTS,
    YANG_DATA_MISSING,
    YANG_INVALID_VALUE,
    YANG_LOCK_DENIED,
    YANG_MALFORMED_MESSAGE,
    YANG_MISSING_ELEMENT,
    YANG_OPERATION_FAILED,
    YANG_OPERATION_NOT_SUPPORTED,
    YANG_RESOURCE_DENIED,
    YANG_TOO_BIG,
    YANG_UNKNOWN_ATTRIBUTE,
    YANG_UNKNOWN_ELEMENT,

    YANG_NOT_READY,             /* operation-failed, but not for long. */

    YANG_N_ERRORS               /* First number for errors of RESTCONF. */
};

struct yang_error {
    int kind;                   /* enum yang_error_kind or rc_error_kind. */
    char *path;                 /* error-path, or NULL. */
    char *message;              /* One line, not always UTF-8. */
};

/* Returns a new error of 'kind'.  Takes ownership of 'path' (NULL: it is about
 * no node) and 'message'; control characters in 'message' become spaces.
 * Caller frees with yang_error_destroy(). */
struct yang_error *yang_error_create(int kind, char *path, char *message);

/* The same without a path, with a message as printf() makes it. */
struct yang_error *yang_error_format(int kind, const char *format, ...)
    OVS_PRINTF_FORMAT(2, 3);

/* Frees the error.  Accepts NULL. */
void yang_error_destroy(struct yang_error *);

#endif /* vnf-agent/yang/yang-error.h */
