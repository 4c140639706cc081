/* SPDX-License-Identifier: Apache-2.0 */
/* Targets of requests that read: path (RFC 8040 s.3.5.3) and query (s.4.8). */
#include <config.h>

#include <string.h>

#include "lib/https/https-method.h"
#include "lib/percent.h"
#include "openvswitch/dynamic-string.h"
#include "tests/fuzz/fuzz-agent.h"
#include "tests/fuzz/fuzz-request.h"
#include "tests/fuzz/fuzz.h"
#include "vnf-agent/restconf/rc-path.h"
#include "vnf-agent/restconf/rc-query.h"
#include "vnf-agent/yang/yang-error.h"

int
LLVMFuzzerInitialize(int *argc OVS_UNUSED, char ***argv OVS_UNUSED)
{
    const struct fuzz_agent_config config = {
        .methods = HTTPS_OPTIONS | HTTPS_HEAD | HTTPS_GET,
    };
    fuzz_agent_init(&config);
    return 0;
}

/* Printing. */

static void
put_encoded(struct ds *s, const char *text)
{
    char *encoded = percent_encode(text);
    ds_put_cstr(s, encoded);
    free(encoded);
}

static void
put_path(struct ds *s, const struct rc_path *path)
{
    for (size_t i = 0; i < path->n; i++) {
        const struct rc_segment *segment = &path->segments[i];
        ds_put_char(s, '/');
        if (segment->module) {
            put_encoded(s, segment->module);
            ds_put_char(s, ':');
        }
        put_encoded(s, segment->name);
        for (size_t j = 0; j < segment->n_keys; j++) {
            ds_put_char(s, j ? ',' : '=');
            put_encoded(s, segment->keys[j]);
        }
    }
}

static void
put_fields(struct ds *s, const struct rc_fields *fields)
{
    for (; fields; fields = fields->next) {
        ds_put_format(s, "%s%s%s", fields->module ? fields->module : "",
                      fields->module ? ":" : "", fields->name);
        if (fields->children) {
            ds_put_char(s, '(');
            put_fields(s, fields->children);
            ds_put_char(s, ')');
        }
        ds_put_cstr(s, fields->next ? ";" : "");
    }
}

static void
put_parameter(struct ds *s, const char *name, const char *value)
{
    ds_put_format(s, "%s%s=", s->length ? "&" : "", name);
    put_encoded(s, value);
}

static void
put_query(struct ds *s, const struct rc_query *query)
{
    static const char *const contents[] = {
        [CONTENT_ALL] = "all",
        [CONTENT_CONFIG] = "config",
        [CONTENT_NONCONFIG] = "nonconfig",
    };
    static const char *const defaults[] = {
        [YANG_DEFAULTS_EXPLICIT] = "explicit",
        [YANG_DEFAULTS_TRIM] = "trim",
        [YANG_DEFAULTS_ALL] = "report-all",
        [YANG_DEFAULTS_ALL_TAGGED] = "report-all-tagged",
    };
    struct ds value = DS_EMPTY_INITIALIZER;

    put_parameter(s, "content", contents[query->content]);
    put_parameter(s, "with-defaults", defaults[query->defaults]);
    if (query->depth != RC_DEPTH_UNBOUNDED) {
        ds_put_format(&value, "%d", query->depth);
        put_parameter(s, "depth", ds_cstr(&value));
    }
    if (query->fields) {
        ds_clear(&value);
        put_fields(&value, query->fields);
        put_parameter(s, "fields", ds_cstr(&value));
    }
    ds_destroy(&value);
}

static void
put_place(struct ds *s, const struct rc_query *query)
{
    static const char *const wheres[] = {
        [STAGE_FIRST] = "first",
        [STAGE_LAST] = "last",
        [STAGE_BEFORE] = "before",
        [STAGE_AFTER] = "after",
    };
    if (query->where != STAGE_ANYWHERE) {
        put_parameter(s, "insert", wheres[query->where]);
    }
    if (query->point.n) {
        struct ds value = DS_EMPTY_INITIALIZER;
        put_path(&value, &query->point);
        put_parameter(s, "point", ds_cstr(&value));
        ds_destroy(&value);
    }
}

/* Checks. */

/* What was printed and read again is printed the same. */
static void
check_path(const struct rc_path *path)
{
    struct ds text = DS_EMPTY_INITIALIZER, again_text = DS_EMPTY_INITIALIZER;
    struct rc_path again = { .n = 0 };

    put_path(&text, path);
    FUZZ_CHECK(!rc_path_append(&again, ds_cstr(&text)));
    FUZZ_CHECK(again.n == path->n);
    for (size_t i = 0; i < path->n; i++) {
        const struct rc_segment *a = &path->segments[i];
        const struct rc_segment *b = &again.segments[i];
        FUZZ_CHECK(nullable_string_is_equal(a->module, b->module));
        FUZZ_CHECK(!strcmp(a->name, b->name));
        FUZZ_CHECK(a->has_keys == b->has_keys && a->n_keys == b->n_keys);
    }
    put_path(&again_text, &again);
    FUZZ_CHECK(!strcmp(ds_cstr(&text), ds_cstr(&again_text)));
    rc_path_destroy(&again);
    ds_destroy(&text);
    ds_destroy(&again_text);
}

static void
check_path_text(const char *s)
{
    struct rc_path path = { .n = 0 };
    const struct lysc_node *node;

    struct yang_error *error = rc_path_append(&path, s);
    if (!error) {
        check_path(&path);
        error = rc_path_resolve(&path, fuzz_agent_schema(), &node);
        /* What is in no schema is shown too. */
        free(rc_path_to_string(&path, fuzz_agent_schema()));
    }
    yang_error_destroy(error);
    rc_path_destroy(&path);
}

static void
check_query_text(enum rc_query_kind kind, const char *s)
{
    void (*print)(struct ds *, const struct rc_query *)
        = kind == RC_QUERY_PLACE ? put_place : put_query;
    struct rc_query query, again;

    struct yang_error *error = rc_query_parse(&query, kind, s);
    if (!error && kind != RC_QUERY_NONE) {
        struct ds text = DS_EMPTY_INITIALIZER;
        struct ds again_text = DS_EMPTY_INITIALIZER;

        FUZZ_CHECK(query.depth >= 1 && query.depth <= RC_DEPTH_UNBOUNDED);
        print(&text, &query);
        error = rc_query_parse(&again, kind, ds_cstr(&text));
        FUZZ_CHECK(!error);
        print(&again_text, &again);
        FUZZ_CHECK(!strcmp(ds_cstr(&text), ds_cstr(&again_text)));
        rc_query_destroy(&again);
        ds_destroy(&text);
        ds_destroy(&again_text);
    }
    FUZZ_CHECK(error || kind != RC_QUERY_NONE || !s || !s[strspn(s, "&")]);
    yang_error_destroy(error);
    rc_query_destroy(&query);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct https_request req;

    if (fuzz_request_init(&req, data, size)) {
        check_path_text(req.path);
        check_query_text(RC_QUERY_READ, req.query);
        check_query_text(RC_QUERY_PLACE, req.query);
        check_query_text(RC_QUERY_NONE, req.query);
    }
    fuzz_request_uninit(&req);
    fuzz_agent_handle(data, size);
    return 0;
}
