/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/rc-path.h"

#include <ctype.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"
#include "vnf-agent/rc-error.h"

/* Decodes the 'n' characters at 's'.  Returns NULL if malformed, or if a NUL
 * comes out. */
static char *
decode(const char *s, size_t n)
{
    char *out = xmalloc(n + 1);
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        int c = (unsigned char) s[i];
        if (c == '%') {
            bool ok = false;
            c = i + 2 < n ? hexits_value(&s[i + 1], 2, &ok) : 0;
            if (!ok || !c) {
                free(out);
                return NULL;
            }
            i += 2;
        }
        out[len++] = c;
    }
    out[len] = '\0';
    return out;
}

static bool
parse_keys(struct rc_segment *segment, const char *s, const char *end)
{
    size_t allocated = 0;

    segment->has_keys = true;
    for (;;) {
        size_t n = MIN(strcspn(s, ","), (size_t) (end - s));
        char *key = decode(s, n);
        if (!key) {
            return false;
        }
        if (segment->n_keys >= allocated) {
            segment->keys = x2nrealloc(segment->keys, &allocated,
                                       sizeof *segment->keys);
        }
        segment->keys[segment->n_keys++] = key;
        s += n;
        if (s >= end) {
            return true;
        }
        s++;
    }
}

static bool
parse_segment(struct rc_segment *segment, const char *s, size_t n)
{
    const char *end = s + n;
    const char *equals = memchr(s, '=', n);
    const char *name_end = equals ? equals : end;
    const char *colon = memchr(s, ':', name_end - s);

    if (colon) {
        segment->module = decode(s, colon - s);
        s = colon + 1;
    }
    segment->name = decode(s, name_end - s);
    return ((!colon || (segment->module && segment->module[0]))
            && segment->name && segment->name[0]
            && (!equals || parse_keys(segment, equals + 1, end)));
}

struct rc_error *
rc_path_append(struct rc_path *path, const char *text)
{
    const char *s = text;

    while (*s == '/' && s[1]) {
        size_t n = strcspn(++s, "/");
        if (path->n >= path->allocated) {
            path->segments = x2nrealloc(path->segments, &path->allocated,
                                        sizeof *path->segments);
        }
        struct rc_segment *segment = &path->segments[path->n++];
        memset(segment, 0, sizeof *segment);
        if (!parse_segment(segment, s, n)) {
            return rc_error_create(400, "invalid-value", NULL,
                                   xasprintf("%s is not the path of a data "
                                             "resource (RFC 8040 s.3.5.3)",
                                             text));
        }
        s += n;
    }
    if (*s && strcmp(s, "/")) {
        return rc_error_create(400, "invalid-value", NULL,
                               xasprintf("%s: a path begins with a slash",
                                         text));
    }
    return NULL;
}

void
rc_path_destroy(struct rc_path *path)
{
    for (size_t i = 0; i < path->n; i++) {
        struct rc_segment *segment = &path->segments[i];
        for (size_t j = 0; j < segment->n_keys; j++) {
            free(segment->keys[j]);
        }
        free(segment->keys);
        free(segment->module);
        free(segment->name);
    }
    free(path->segments);
}

bool
rc_segment_is(const struct rc_segment *segment, bool top, const char *module,
              const char *name)
{
    return ((segment->module ? !strcmp(segment->module, module) : !top)
            && !strcmp(segment->name, name));
}

char *
rc_path_encode(const char *key)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    for (; *key; key++) {
        if (isalnum((unsigned char) *key) || strchr("-._~", *key)) {
            ds_put_char(&s, *key);
        } else {
            ds_put_format(&s, "%%%02X", (unsigned char) *key);
        }
    }
    return ds_steal_cstr(&s);
}
