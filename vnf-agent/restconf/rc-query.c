/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/restconf/rc-query.h"

#include <libyang/libyang.h>
#include <stdlib.h>
#include <string.h>

#include "lib/percent.h"
#include "util.h"
#include "vnf-agent/yang/yang-error.h"

#define MAX_FIELDS_NESTING 32   /* Parentheses and slashes of "fields". */

/* Fields: RFC 8040 s.4.8.3.
 *
 *     fields-expr = path "(" fields-expr ")" / path ";" fields-expr / path
 *     path = api-identifier [ "/" path ] */

static void
fields_destroy(struct rc_fields *fields)
{
    while (fields) {
        struct rc_fields *next = fields->next;
        fields_destroy(fields->children);
        free(fields->module);
        free(fields->name);
        free(fields);
        fields = next;
    }
}

/* Finds the node 'name' of 'n' characters in '*list', or adds it there. */
static struct rc_fields *
fields_get(struct rc_fields **list, const char *name, size_t n, bool *is_new)
{
    char *text = xmemdup0(name, n);
    char *colon = strchr(text, ':');
    char *local = xstrdup(colon ? colon + 1 : text);
    char *module = colon ? xmemdup0(text, colon - text) : NULL;
    free(text);

    for (; *list; list = &(*list)->next) {
        if (!strcmp((*list)->name, local)
            && nullable_string_is_equal((*list)->module, module)) {
            free(local);
            free(module);
            *is_new = false;
            return *list;
        }
    }
    *list = xzalloc(sizeof **list);
    (*list)->name = local;
    (*list)->module = module;
    *is_new = true;
    return *list;
}

static bool fields_parse(struct rc_fields **, const char **, int nesting);

/* Parses one path, and the parentheses behind it, into 'list'. */
static bool
fields_parse_path(struct rc_fields **list, const char **sp, int nesting)
{
    const char *s = *sp;
    size_t n = strcspn(s, "/;()");
    if (!n || nesting > MAX_FIELDS_NESTING) {
        return false;
    }

    bool is_new;
    struct rc_fields *node = fields_get(list, s, n, &is_new);
    s += n;
    if (*s != '/' && *s != '(') {
        /* All of the node, whatever was selected before. */
        fields_destroy(node->children);
        node->children = NULL;
        *sp = s;
        return true;
    }

    /* Nodes below count only if not all of 'node' was selected before. */
    struct rc_fields *ignored = NULL;
    bool has_all = !is_new && !node->children;
    struct rc_fields **below = has_all ? &ignored : &node->children;
    bool ok;
    *sp = s + 1;
    if (*s == '/') {
        ok = fields_parse_path(below, sp, nesting + 1);
    } else {
        ok = fields_parse(below, sp, nesting + 1) && **sp == ')';
        *sp += ok;
    }
    fields_destroy(ignored);
    return ok;
}

static bool
fields_parse(struct rc_fields **list, const char **sp, int nesting)
{
    while (fields_parse_path(list, sp, nesting)) {
        if (**sp != ';') {
            return true;
        }
        ++*sp;
    }
    return false;
}

/* Parameters. */

static struct yang_error *
bad_value(const char *name, const char *expected)
{
    return yang_error_format(YANG_INVALID_VALUE,
                             "query parameter %s: %s", name, expected);
}

/* Returns the index of 'value' in 'names', or -1. */
static int
find_name(const char *const names[], size_t n, const char *value)
{
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(names[i], value)) {
            return i;
        }
    }
    return -1;
}

static struct yang_error *
parse_content(struct rc_query *query, const char *value)
{
    static const char *const names[] = {
        [CONTENT_ALL] = "all",
        [CONTENT_CONFIG] = "config",
        [CONTENT_NONCONFIG] = "nonconfig",
    };
    int i = find_name(names, ARRAY_SIZE(names), value);
    query->content = MAX(i, 0);
    return i >= 0 ? NULL : bad_value("content",
                                     "must be all, config or nonconfig");
}

static struct yang_error *
parse_depth(struct rc_query *query, const char *value)
{
    size_t n = strlen(value);
    if (!strcmp(value, "unbounded")) {
        return NULL;
    }
    query->depth = n <= 5 && strspn(value, "0123456789") == n ? atoi(value)
                                                              : 0;
    return (query->depth >= 1 && query->depth <= 65535 ? NULL
            : bad_value("depth", "must be 1 to 65535 or unbounded"));
}

static struct yang_error *
parse_fields(struct rc_query *query, const char *value)
{
    const char *s = value;
    return (fields_parse(&query->fields, &s, 0) && !*s ? NULL
            : bad_value("fields", "not an expression of RFC 8040 s.4.8.3"));
}

static struct yang_error *
parse_defaults(struct rc_query *query, const char *value)
{
    static const char *const names[] = {
        [YANG_DEFAULTS_EXPLICIT] = "explicit",
        [YANG_DEFAULTS_TRIM] = "trim",
        [YANG_DEFAULTS_ALL] = "report-all",
        [YANG_DEFAULTS_ALL_TAGGED] = "report-all-tagged",
    };
    int i = find_name(names, ARRAY_SIZE(names), value);
    query->defaults = MAX(i, 0);
    return i >= 0 ? NULL : bad_value("with-defaults",
                                     "must be explicit, trim, report-all or "
                                     "report-all-tagged");
}

bool
rc_query_where_from_string(const char *s, enum stage_where *where)
{
    static const char *const names[] = {
        "first", "last", "before", "after",     /* From STAGE_FIRST on. */
    };
    int i = find_name(names, ARRAY_SIZE(names), s);
    *where = STAGE_FIRST + MAX(i, 0);
    return i >= 0;
}

static struct yang_error *
parse_insert(struct rc_query *query, const char *value)
{
    return (rc_query_where_from_string(value, &query->where) ? NULL
            : bad_value("insert", "must be first, last, before or after"));
}

static struct yang_error *
parse_point(struct rc_query *query, const char *value)
{
    return rc_path_append(&query->point, value);
}

static const struct parameter {
    const char *name;
    enum rc_query_kind kind;
    struct yang_error *(*parse)(struct rc_query *, const char *value);
} parameters[] = {
    { "content", RC_QUERY_READ, parse_content },
    { "depth", RC_QUERY_READ, parse_depth },
    { "fields", RC_QUERY_READ, parse_fields },
    { "with-defaults", RC_QUERY_READ, parse_defaults },
    { "insert", RC_QUERY_PLACE, parse_insert },
    { "point", RC_QUERY_PLACE, parse_point },
};

/* Parses one "NAME=VALUE" of 'n' characters.  '*seen' has a bit for each
 * parameter. */
static struct yang_error *
parse_one(struct rc_query *query, enum rc_query_kind kind, const char *text,
          size_t n, unsigned int *seen)
{
    const char *equals = memchr(text, '=', n);
    size_t name_len = equals ? equals - text : n;

    for (size_t i = 0; equals && i < ARRAY_SIZE(parameters); i++) {
        const struct parameter *p = &parameters[i];
        if (p->kind != kind || strlen(p->name) != name_len
            || memcmp(p->name, text, name_len)) {
            continue;
        }
        if (*seen & 1u << i) {
            return bad_value(p->name, "is there twice");
        }
        *seen |= 1u << i;
        char *value = percent_decode(equals + 1, n - name_len - 1);
        struct yang_error *error = (value ? p->parse(query, value)
                                    : bad_value(p->name,
                                                "malformed percent-encoding"));
        free(value);
        return error;
    }
    return yang_error_format(YANG_INVALID_VALUE,
                             "there is no query parameter %.*s here",
                             (int) MIN(name_len, 64), text);
}

struct yang_error *
rc_query_parse(struct rc_query *query, enum rc_query_kind kind,
               const char *text)
{
    unsigned int seen = 0;

    memset(query, 0, sizeof *query);
    query->content = CONTENT_ALL;
    query->depth = RC_DEPTH_UNBOUNDED;
    query->defaults = YANG_DEFAULTS_EXPLICIT;
    query->where = STAGE_ANYWHERE;
    while (text && *text) {
        size_t n = strcspn(text, "&");
        struct yang_error *error = parse_one(query, kind, text, n, &seen);
        if (error) {
            return error;
        }
        text += n;
        text += *text == '&';
    }
    bool needs_point = (query->where == STAGE_BEFORE
                        || query->where == STAGE_AFTER);
    if (needs_point != (query->point.n > 0)) {
        return bad_value("point", "goes with insert=before and insert=after");
    }
    return NULL;
}

void
rc_query_destroy(struct rc_query *query)
{
    fields_destroy(query->fields);
    rc_path_destroy(&query->point);
}

/* Parts of data. */

struct yang_error *
rc_filter_check(const struct yang_schema *schema, const struct lysc_node *node,
                const struct rc_fields *fields)
{
    for (; fields; fields = fields->next) {
        const struct lysc_node *child = yang_schema_child(
            schema, node, fields->module, fields->name);
        if (!child) {
            return yang_error_format(YANG_INVALID_VALUE,
                                     "query parameter fields: there is no "
                                     "node %s there", fields->name);
        }
        struct yang_error *error = rc_filter_check(schema, child,
                                                   fields->children);
        if (error) {
            return error;
        }
    }
    return NULL;
}

static const struct rc_fields *
find_field(const struct rc_fields *fields, const struct lysc_node *node)
{
    for (; fields; fields = fields->next) {
        if (!strcmp(fields->name, node->name)
            && (!fields->module
                || !strcmp(fields->module, node->module->name))) {
            return fields;
        }
    }
    return NULL;
}

static json_t *
filter_object(const struct yang_schema *schema, const struct lysc_node *node,
              json_t *object, const struct rc_fields *fields, int depth)
{
    json_t *out = json_object();
    const char *name;
    json_t *value;

    json_object_foreach (object, name, value) {
        const struct lysc_node *child = yang_schema_member(
            schema, node, name[0] == '@' ? name + 1 : name);
        bool is_key = child && lysc_is_key(child);
        const struct rc_fields *field = (fields && child
                                         ? find_field(fields, child) : NULL);
        if (!child || (!is_key && ((fields && !field) || depth <= 1))) {
            continue;
        }
        json_object_set_new(out, name,
                            (name[0] == '@' ? json_incref(value)
                             : rc_filter(schema, child, value,
                                         field ? field->children : NULL,
                                         depth - 1)));
    }
    return out;
}

json_t *
rc_filter(const struct yang_schema *schema, const struct lysc_node *node,
          json_t *value, const struct rc_fields *fields, int depth)
{
    if (json_is_object(value)) {
        return filter_object(schema, node, value, fields, depth);
    }
    if (json_is_array(value) && node && node->nodetype == LYS_LIST) {
        json_t *out = json_array();
        json_t *entry;
        size_t i;
        json_array_foreach (value, i, entry) {
            json_array_append_new(out, filter_object(schema, node, entry,
                                                     fields, depth));
        }
        return out;
    }
    return json_incref(value);
}
