/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/yang/yang-error.h"

#include "util.h"

/* Makes one line of 's', which goes to the log and may be a peer's text. */
static void
flatten(char *s)
{
    for (; *s; s++) {
        if ((unsigned char) *s < ' ') {
            *s = ' ';
        }
    }
}

struct yang_error *
yang_error_create(int kind, char *path, char *message)
{
    struct yang_error *error = xmalloc(sizeof *error);
    *error = (struct yang_error) { kind, path, message };
    flatten(message);
    return error;
}

struct yang_error *
yang_error_format(int kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *message = xvasprintf(format, args);
    va_end(args);
    return yang_error_create(kind, NULL, message);
}

void
yang_error_destroy(struct yang_error *error)
{
    if (error) {
        free(error->path);
        free(error->message);
        free(error);
    }
}
