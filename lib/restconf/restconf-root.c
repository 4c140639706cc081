/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/restconf/restconf-root.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "util.h"

/* Returns the value of attribute 'name' in the tag 'tag' of 'size' octets, or
 * NULL.  Caller frees. */
static char *
get_attribute(const char *tag, size_t size, const char *name)
{
    const char *end = tag + size;
    size_t n = strlen(name);
    for (const char *p = tag; p + n + 2 < end; p++) {
        if (!isspace((unsigned char) *p) || strncmp(p + 1, name, n)) {
            continue;
        }
        const char *q = p + 1 + n;
        while (q < end && isspace((unsigned char) *q)) {
            q++;
        }
        if (q >= end || *q++ != '=') {
            continue;
        }
        while (q < end && isspace((unsigned char) *q)) {
            q++;
        }
        if (q < end && (*q == '"' || *q == '\'')) {
            const char *close = memchr(q + 1, *q, end - q - 1);
            return close ? xmemdup0(q + 1, close - q - 1) : NULL;
        }
    }
    return NULL;
}

/* Returns true for a path that may stand before those of resources. */
static bool
is_path(const char *s)
{
    if (*s != '/' || s[1] == '/') {
        return false;
    }
    for (; *s; s++) {
        if (!isalnum((unsigned char) *s) && !strchr("/-._~!$'()*+,:@%", *s)) {
            return false;
        }
    }
    return true;
}

char *
restconf_root_parse(const char *xrd)
{
    for (const char *p = strstr(xrd, "<Link"); p; p = strstr(p, "<Link")) {
        p += strlen("<Link");
        size_t size = strcspn(p, ">");
        char *rel = get_attribute(p, size, "rel");
        char *href = get_attribute(p, size, "href");
        bool found = rel && href && !strcmp(rel, "restconf") && is_path(href);
        free(rel);
        if (found) {
            for (size_t n = strlen(href); n && href[n - 1] == '/'; n--) {
                href[n - 1] = '\0';
            }
            return href;
        }
        free(href);
    }
    return NULL;
}
