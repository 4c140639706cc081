/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/restconf/rc-error.h"

static const struct {
    int status;
    const char *type, *tag;
} kinds[RC_N_ERRORS] = {
    /* The table of RFC 8040 s.7. */
    [YANG_ACCESS_DENIED] = { 403, "protocol", "access-denied" },
    [YANG_BAD_ATTRIBUTE] = { 400, "application", "bad-attribute" },
    [YANG_BAD_ELEMENT] = { 400, "application", "bad-element" },
    [YANG_DATA_EXISTS] = { 409, "application", "data-exists" },
    [YANG_DATA_MISSING] = { 409, "application", "data-missing" },
    [YANG_INVALID_VALUE] = { 400, "application", "invalid-value" },
    [YANG_LOCK_DENIED] = { 409, "protocol", "lock-denied" },
    [YANG_MALFORMED_MESSAGE] = { 400, "protocol", "malformed-message" },
    [YANG_MISSING_ELEMENT] = { 400, "application", "missing-element" },
    [YANG_OPERATION_FAILED] = { 500, "application", "operation-failed" },
    [YANG_OPERATION_NOT_SUPPORTED] = { 405, "protocol",
                                       "operation-not-supported" },
    [YANG_RESOURCE_DENIED] = { 409, "application", "resource-denied" },
    [YANG_TOO_BIG] = { 413, "application", "too-big" },
    [YANG_UNKNOWN_ATTRIBUTE] = { 400, "application", "unknown-attribute" },
    [YANG_UNKNOWN_ELEMENT] = { 400, "application", "unknown-element" },

    /* Its alternatives for a tag, and statuses that it does not have. */
    [RC_NO_NODE] = { 404, "application", "invalid-value" },
    [RC_NOT_ACCEPTABLE] = { 406, "application", "invalid-value" },
    [RC_PRECONDITION] = { 412, "application", "operation-failed" },
    [RC_MEDIA_TYPE] = { 415, "protocol", "operation-not-supported" },
    [RC_NO_METHOD] = { 501, "protocol", "operation-not-supported" },
    [YANG_NOT_READY] = { 503, "application", "operation-failed" },
};

int
rc_error_status(const struct yang_error *error)
{
    return kinds[error->kind].status;
}

const char *
rc_error_tag(const struct yang_error *error)
{
    return kinds[error->kind].tag;
}

json_t *
rc_error_to_json(const struct yang_error *error)
{
    json_t *json = json_pack("{s:s, s:s}",
                             "error-type", kinds[error->kind].type,
                             "error-tag", kinds[error->kind].tag);
    /* A peer's text may be in these, and need not be UTF-8. */
    json_t *message = json_string(error->message);
    if (error->path) {
        json_t *path = json_string(error->path);
        if (path) {
            json_object_set_new(json, "error-path", path);
        }
    }
    json_object_set_new(json, "error-message",
                        message ? message : json_string("not valid"));
    return json_pack("{s:[o]}", "error", json);
}
