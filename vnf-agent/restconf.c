/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/restconf.h"

#include <string.h>
#include <strings.h>

#include "lib/https-server.h"
#include "lib/secret.h"
#include "openvswitch/vlog.h"
#include "random.h"
#include "util.h"
#include "vnf-agent/rc-edit.h"
#include "vnf-agent/rc-error.h"
#include "vnf-agent/rc-path.h"
#include "vnf-agent/yang-patch.h"

VLOG_DEFINE_THIS_MODULE(restconf);

#define DATA_TYPE "application/yang-data+json"
#define PATCH_TYPE "application/yang-patch+json"
#define XRD_TYPE "application/xrd+xml"

#define ROOT "/restconf"

struct restconf {
    struct restconf_config config;
    char *controller_name;
    uint32_t incarnation;       /* Entity tags of another run differ. */
    uint64_t n_requests, n_errors;
};

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(10, 10);

struct restconf *
restconf_create(const struct restconf_config *config)
{
    struct restconf *rc = xzalloc(sizeof *rc);
    rc->config = *config;
    rc->controller_name = xstrdup(config->controller_name);
    rc->incarnation = random_uint32();
    return rc;
}

void
restconf_destroy(struct restconf *rc)
{
    if (rc) {
        free(rc->controller_name);
        free(rc);
    }
}

void
restconf_get_counters(const struct restconf *rc, uint64_t *n_requests,
                      uint64_t *n_errors)
{
    *n_requests = rc->n_requests;
    *n_errors = rc->n_errors;
}

/* Replies. */

static void
reply_json(struct https_request *req, int status, const json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    https_reply(req, status, DATA_TYPE, text, text ? strlen(text) : 0);
    wiping_free(text);
}

/* Takes ownership of 'error'. */
static void
reply_error(struct restconf *rc, struct https_request *req,
            struct rc_error *error)
{
    rc->n_errors++;
    VLOG_INFO_RL(&rl, "%s: %s: refused with %d %s: %s",
                 https_request_peer(req), https_request_method(req),
                 error->status, error->tag, error->message);
    json_t *json = json_pack("{s:o}", "ietf-restconf:errors",
                             rc_error_to_json(error));
    reply_json(req, error->status, json);
    json_decref(json);
    rc_error_destroy(error);
}

static void
put_etag(const struct restconf *rc, struct https_request *req)
{
    char *etag = xasprintf("\"%08"PRIx32"-%"PRIx64"\"", rc->incarnation,
                           datastore_generation(rc->config.source->datastore));
    https_reply_header(req, "ETag", etag);
    free(etag);
}

/* Conditions of a request. */

/* Is 'header' (a list of media types, or NULL) one that takes 'type'? */
static bool
accepts(const char *header, const char *type)
{
    size_t n = strcspn(type, "/");

    if (!header) {
        return true;
    }
    for (const char *s = header; *s; ) {
        s += strspn(s, ", \t");
        size_t len = strcspn(s, ",; \t");
        if ((len == 3 && !strncmp(s, "*/*", 3))
            || (len == n + 2 && !strncasecmp(s, type, n)
                && !strncmp(s + n, "/*", 2))
            || (len == strlen(type) && !strncasecmp(s, type, len))) {
            return true;
        }
        s += strcspn(s, ",");
    }
    return false;
}

static bool
content_type_is(const struct https_request *req, const char *type)
{
    const char *header = https_request_header(req, "Content-Type");
    size_t len = header ? strcspn(header, "; \t") : 0;
    return len == strlen(type) && !strncasecmp(header, type, len);
}

/* May the client write? */
static struct rc_error *
check_writer(const struct restconf *rc, const struct https_request *req)
{
    if (strcmp(https_request_peer(req), rc->controller_name)) {
        return rc_error_format(403, "access-denied",
                               "only %s may write here, and your certificate "
                               "says %s", rc->controller_name,
                               https_request_peer(req));
    }
    const char *match = https_request_header(req, "If-Match");
    char *etag = xasprintf("\"%08"PRIx32"-%"PRIx64"\"", rc->incarnation,
                           datastore_generation(rc->config.source->datastore));
    bool ok = !match || !strcmp(match, "*") || strstr(match, etag);
    free(etag);
    return ok ? NULL : rc_error_format(412, "operation-failed",
                                       "the datastore has changed since");
}

/* What RFC 8040 s.4.8 calls query parameters; of them there is content. */
static struct rc_error *
parse_query(const struct https_request *req, enum datastore_content *content)
{
    static const char *const values[] = {
        [CONTENT_ALL] = "content=all",
        [CONTENT_CONFIG] = "content=config",
        [CONTENT_NONCONFIG] = "content=nonconfig",
    };
    const char *query = https_request_query(req);

    *content = CONTENT_ALL;
    if (!query || !query[0]) {
        return NULL;
    }
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        if (!strcmp(query, values[i])) {
            *content = i;
            return NULL;
        }
    }
    return rc_error_format(400, "invalid-value",
                           "the only query parameter is content, once, with "
                           "config, nonconfig or all");
}

/* jansson's own message would quote what was sent, perhaps a key. */
static struct rc_error *
parse_body(const struct https_request *req, json_t **jsonp)
{
    json_error_t error;
    size_t size;
    const char *body = https_request_body(req, &size);

    *jsonp = NULL;
    *jsonp = json_loadb(body, size, JSON_REJECT_DUPLICATES, &error);
    if (!*jsonp) {
        return rc_error_format(400, "malformed-message",
                               "the body is not JSON, or has a member twice: "
                               "line %d, column %d", error.line, error.column);
    }
    return NULL;
}

static struct rc_error *
check_content_type(const struct https_request *req, const char *type)
{
    return (content_type_is(req, type) ? NULL
            : rc_error_format(415, "operation-not-supported",
                              "the Content-Type must be %s", type));
}

/* Methods on data resources. */

static struct rc_error *
handle_get(struct restconf *rc, struct https_request *req,
           const struct rc_path *path)
{
    enum datastore_content content;
    json_t *value = NULL;

    struct rc_error *error = parse_query(req, &content);
    if (!error && !accepts(https_request_header(req, "Accept"), DATA_TYPE)) {
        error = rc_error_format(406, "invalid-value", "only "DATA_TYPE" can "
                                "be had");
    }
    error = error ? error : rc_read(rc->config.source, path, content, &value);
    if (!error) {
        put_etag(rc, req);
        reply_json(req, 200, value);
        json_decref(value);
    }
    return error;
}

static struct rc_error *
handle_patch(struct restconf *rc, struct https_request *req,
             const struct rc_path *path)
{
    json_t *patch = NULL, *answer = NULL;

    struct rc_error *error = check_content_type(req, PATCH_TYPE);
    error = error ? error : parse_body(req, &patch);
    if (!error) {
        int status = yang_patch_apply(rc->config.source->datastore,
                                      rc->config.source->schema, path, patch,
                                      &answer);
        if (status >= 400) {
            char *text = json_dumps(answer, JSON_COMPACT);
            rc->n_errors++;
            VLOG_INFO_RL(&rl, "%s: PATCH refused with %d: %s",
                         https_request_peer(req), status, text);
            wiping_free(text);
        } else {
            put_etag(rc, req);
        }
        reply_json(req, status, answer);
    }
    json_decref(patch);
    json_decref(answer);
    return error;
}

/* POST creates a child of its resource: appends that child to 'path'. */
static struct rc_error *
append_child(struct rc_path *path, const json_t *value)
{
    const char *name = json_object_iter_key(
        json_object_iter((json_t *) value));
    const json_t *child = name ? json_object_get(value, name) : NULL;

    if (json_object_size(value) != 1) {
        return rc_error_format(400, "malformed-message",
                               "the body must be an object with one member");
    }
    const char *key = json_string_value(
        json_object_get(json_array_get(child, 0), "name"));
    char *encoded_name = rc_path_encode(name);
    char *encoded_key = key ? rc_path_encode(key) : NULL;
    char *colon = strstr(encoded_name, "%3A");
    char *text = (colon ? xasprintf("/%.*s:%s%s%s",
                                    (int) (colon - encoded_name), encoded_name,
                                    colon + 3, key ? "=" : "",
                                    key ? encoded_key : "")
                  : xasprintf("/%s%s%s", encoded_name, key ? "=" : "",
                              key ? encoded_key : ""));
    struct rc_error *error = rc_path_append(path, text);
    free(text);
    free(encoded_name);
    free(encoded_key);
    return error;
}

static void
put_location(struct https_request *req, const struct rc_path *path)
{
    const struct rc_segment *last = &path->segments[path->n - 1];
    const char *host = https_request_header(req, "Host");
    char *key = last->n_keys ? rc_path_encode(last->keys[0]) : xstrdup("");
    char *location = xasprintf("https://%s%s/%s:%s%s%s",
                               host ? host : "", https_request_path(req),
                               last->module ? last->module : "", last->name,
                               key[0] ? "=" : "", key);
    https_reply_header(req, "Location", location);
    free(location);
    free(key);
}

/* PUT, POST, DELETE. */
static struct rc_error *
handle_write(struct restconf *rc, struct https_request *req,
             enum rc_edit_op op, struct rc_path *path)
{
    struct datastore *ds = rc->config.source->datastore;
    enum datastore_content content;
    json_t *value = NULL;

    struct rc_error *error = (https_request_query(req)
                              ? parse_query(req, &content) : NULL);
    if (!error && https_request_query(req)) {
        error = rc_error_format(400, "invalid-value",
                                "a write takes no query parameter");
    }
    if (op != RC_EDIT_DELETE) {
        error = error ? error : check_content_type(req, DATA_TYPE);
        error = error ? error : parse_body(req, &value);
    }
    if (op == RC_EDIT_CREATE) {
        error = error ? error : append_child(path, value);
    }
    if (!error) {
        struct stage *stage = stage_create(ds);
        bool existed = rc_edit_exists(stage, path);
        error = rc_edit(stage, rc->config.source->schema, op, path, value);
        error = error ? error : stage_commit(stage);
        stage_destroy(stage);
        if (!error) {
            put_etag(rc, req);
            if (op == RC_EDIT_CREATE) {
                put_location(req, path);
            }
            https_reply(req, op == RC_EDIT_DELETE || existed ? 204 : 201,
                        NULL, NULL, 0);
        }
    }
    json_decref(value);
    return error;
}

static struct rc_error *
handle_data(struct restconf *rc, struct https_request *req, const char *text)
{
    const char *method = https_request_method(req);
    struct rc_path path = { .n = 0 };
    struct rc_error *error = rc_path_append(&path, text);
    if (!error && !strcmp(method, "OPTIONS")) {
        https_reply_header(req, "Allow", "OPTIONS, HEAD, GET, POST, PUT, "
                           "PATCH, DELETE");
        https_reply_header(req, "Accept-Patch", PATCH_TYPE);
        https_reply(req, 200, NULL, NULL, 0);
    } else if (!error && (!strcmp(method, "GET") || !strcmp(method, "HEAD"))) {
        error = handle_get(rc, req, &path);
    } else if (!error) {
        error = check_writer(rc, req);
        if (error) {
            /* Nothing. */
        } else if (!strcmp(method, "PATCH")) {
            error = handle_patch(rc, req, &path);
        } else if (!strcmp(method, "PUT")) {
            error = handle_write(rc, req, RC_EDIT_REPLACE, &path);
        } else if (!strcmp(method, "POST")) {
            error = handle_write(rc, req, RC_EDIT_CREATE, &path);
        } else {
            error = handle_write(rc, req, RC_EDIT_DELETE, &path);
        }
    }
    rc_path_destroy(&path);
    return error;
}

/* The other resources, which can only be read. */

static struct rc_error *
handle_fixed(struct https_request *req, const char *type, const char *body)
{
    const char *method = https_request_method(req);
    if (!strcmp(method, "OPTIONS")) {
        https_reply_header(req, "Allow", "OPTIONS, HEAD, GET");
        https_reply(req, 200, NULL, NULL, 0);
    } else if (strcmp(method, "GET") && strcmp(method, "HEAD")) {
        return rc_error_format(405, "operation-not-supported",
                               "%s can only be read",
                               https_request_path(req));
    } else if (!accepts(https_request_header(req, "Accept"), type)) {
        return rc_error_format(406, "invalid-value", "only %s can be had",
                               type);
    } else if (https_request_query(req) && https_request_query(req)[0]) {
        return rc_error_format(400, "invalid-value",
                               "no query parameters here");
    } else {
        https_reply(req, 200, type, body, strlen(body));
    }
    return NULL;
}

static const struct {
    const char *path, *type, *body;
} fixed[] = {
    { "/.well-known/host-meta", XRD_TYPE,
      "<XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>"
      "<Link rel='restconf' href='"ROOT"'/></XRD>" },
    { ROOT, DATA_TYPE,
      "{\"ietf-restconf:restconf\":{\"data\":{},\"operations\":{},"
      "\"yang-library-version\":\"2019-01-04\"}}" },
    { ROOT"/yang-library-version", DATA_TYPE,
      "{\"ietf-restconf:yang-library-version\":\"2019-01-04\"}" },
    { ROOT"/operations", DATA_TYPE, "{\"ietf-restconf:operations\":{}}" },
};

void
restconf_handle(struct https_request *req, void *rc_)
{
    static const char data[] = ROOT"/data";
    struct restconf *rc = rc_;
    const char *path = https_request_path(req);
    size_t n = strlen(data);
    struct rc_error *error = NULL;

    rc->n_requests++;
    https_reply_header(req, "Cache-Control", "no-cache");
    if (!strncmp(path, data, n) && (path[n] == '/' || !path[n])) {
        error = handle_data(rc, req, path + n);
    } else {
        size_t i;
        for (i = 0; i < ARRAY_SIZE(fixed); i++) {
            if (!strcmp(path, fixed[i].path)) {
                error = handle_fixed(req, fixed[i].type, fixed[i].body);
                break;
            }
        }
        if (i >= ARRAY_SIZE(fixed)) {
            error = rc_error_format(404, "invalid-value",
                                    "there is no such resource: begin at "
                                    ROOT);
        }
    }
    if (error) {
        reply_error(rc, req, error);
    }
}
