/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/yang/rc-error.h"

#include "util.h"

/* Is the error one of the protocol, not of the data? */
static bool
is_protocol_tag(const char *tag)
{
    return (!strcmp(tag, "access-denied")
            || !strcmp(tag, "malformed-message")
            || !strcmp(tag, "operation-not-supported")
            || !strcmp(tag, "lock-denied"));
}

/* What a peer sent may be in 's', which goes to the log: one line. */
static void
flatten(char *s)
{
    for (; *s; s++) {
        if ((unsigned char) *s < ' ') {
            *s = ' ';
        }
    }
}

struct rc_error *
rc_error_create(int status, const char *tag, char *path, char *message)
{
    struct rc_error *error = xmalloc(sizeof *error);
    *error = (struct rc_error) {
        .status = status,
        .type = is_protocol_tag(tag) ? "protocol" : "application",
        .tag = tag,
        .path = path,
        .message = message,
    };
    flatten(message);
    return error;
}

struct rc_error *
rc_error_format(int status, const char *tag, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *message = xvasprintf(format, args);
    va_end(args);
    return rc_error_create(status, tag, NULL, message);
}

void
rc_error_destroy(struct rc_error *error)
{
    if (error) {
        free(error->path);
        free(error->message);
        free(error);
    }
}

json_t *
rc_error_to_json(const struct rc_error *error)
{
    json_t *json = json_pack("{s:s, s:s}", "error-type", error->type,
                             "error-tag", error->tag);
    /* What a peer sent may be in these, and need not be UTF-8. */
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
