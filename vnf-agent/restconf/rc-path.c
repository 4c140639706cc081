/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/restconf/rc-path.h"

#include <libyang/libyang.h>
#include <string.h>

#include "lib/percent.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"
#include "vnf-agent/restconf/rc-error.h"
#include "vnf-agent/yang/yang-schema.h"

static bool
parse_keys(struct rc_segment *segment, const char *s, const char *end)
{
    size_t allocated = 0;

    segment->has_keys = true;
    for (;;) {
        size_t n = MIN(strcspn(s, ","), (size_t) (end - s));
        char *key = percent_decode(s, n);
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
        segment->module = percent_decode(s, colon - s);
        s = colon + 1;
    }
    segment->name = percent_decode(s, name_end - s);
    return ((!colon || (segment->module && segment->module[0]))
            && segment->name && segment->name[0]
            && (!equals || parse_keys(segment, equals + 1, end)));
}

/* Returns a new last segment, all zeros. */
static struct rc_segment *
add_segment(struct rc_path *path)
{
    if (path->n >= path->allocated) {
        path->segments = x2nrealloc(path->segments, &path->allocated,
                                    sizeof *path->segments);
    }
    struct rc_segment *segment = &path->segments[path->n++];
    memset(segment, 0, sizeof *segment);
    return segment;
}

struct yang_error *
rc_path_append(struct rc_path *path, const char *text)
{
    const char *s = text;

    while (*s == '/' && s[1]) {
        size_t n = strcspn(++s, "/");
        if (!parse_segment(add_segment(path), s, n)) {
            return yang_error_format(YANG_INVALID_VALUE,
                                     "%s is not the path of a data resource "
                                     "(RFC 8040 s.3.5.3)", text);
        }
        s += n;
    }
    if (*s && strcmp(s, "/")) {
        return yang_error_format(YANG_INVALID_VALUE,
                                 "%s: a path begins with a slash", text);
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

void
rc_path_append_path(struct rc_path *path, const struct rc_path *base)
{
    for (size_t i = 0; i < base->n; i++) {
        const struct rc_segment *from = &base->segments[i];
        struct rc_segment *to = add_segment(path);
        to->module = nullable_xstrdup(from->module);
        to->name = xstrdup(from->name);
        to->has_keys = from->has_keys;
        to->keys = xmalloc(from->n_keys * sizeof *to->keys);
        for (; to->n_keys < from->n_keys; to->n_keys++) {
            to->keys[to->n_keys] = xstrdup(from->keys[to->n_keys]);
        }
    }
}

/* Returns true if the keys of 'segment', the last one if 'last', fit
 * 'node'. */
static bool
keys_fit(const struct rc_segment *segment, const struct lysc_node *node,
         bool last)
{
    if (!(node->nodetype & (LYS_LIST | LYS_LEAFLIST))) {
        return !segment->has_keys;
    }
    return (!segment->has_keys ? last
            : node->nodetype == LYS_LEAFLIST ? segment->n_keys == 1
            : segment->n_keys && yang_node_key(node, segment->n_keys - 1)
              && !yang_node_key(node, segment->n_keys));
}

struct yang_error *
rc_path_resolve(const struct rc_path *path, const struct yang_schema *schema,
                const struct lysc_node **nodep)
{
    const struct lysc_node *node = NULL;

    for (size_t i = 0; i < path->n; i++) {
        const struct rc_segment *s = &path->segments[i];
        node = yang_schema_child(schema, node, s->module, s->name);
        if (!node || !keys_fit(s, node, i + 1 == path->n)) {
            return yang_error_create(
                node ? YANG_INVALID_VALUE : RC_NO_NODE,
                rc_path_to_string(path, schema),
                xasprintf(node ? "%s needs as many keys as its list has"
                          : strchr(s->name, ':')
                          ? "there is no node %s here: write the colon "
                            "behind a module's name as it is, not as %%3A"
                          : "there is no node %s here", s->name));
        }
    }
    *nodep = node;
    return NULL;
}

struct yang_error *
rc_path_error(const struct rc_path *path, const struct yang_schema *schema,
              int kind, const char *message)
{
    return yang_error_create(kind, rc_path_to_string(path, schema),
                             xstrdup(message));
}

char *
rc_path_to_string(const struct rc_path *path,
                  const struct yang_schema *schema)
{
    const struct lysc_node *node = NULL;
    struct ds text = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < path->n; i++) {
        const struct rc_segment *s = &path->segments[i];
        const struct lysc_node *parent = node;
        node = (i && !node ? NULL
                : yang_schema_child(schema, parent, s->module, s->name));
        bool qualified = node ? !parent || node->module != parent->module
                              : s->module != NULL;
        ds_put_format(&text, "/%s%s%s",
                      qualified ? node ? node->module->name : s->module : "",
                      qualified ? ":" : "", s->name);
        for (size_t j = 0; j < s->n_keys; j++) {
            const char *key = node ? yang_node_key(node, j) : NULL;
            char quote = strchr(s->keys[j], '\'') ? '"' : '\'';
            ds_put_format(&text, "[%s=%c%s%c]", key ? key : ".", quote,
                          s->keys[j], quote);
        }
    }
    if (!path->n) {
        ds_put_char(&text, '/');
    }
    return ds_steal_cstr(&text);
}
