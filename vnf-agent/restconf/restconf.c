/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/restconf/restconf.h"

#include <ctype.h>
#include <libyang/libyang.h>
#include <string.h>
#include <strings.h>

#include "lib/https/https-request.h"
#include "lib/percent.h"
#include "lib/secret.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "random.h"
#include "timeval.h"
#include "util.h"
#include "vnf-agent/restconf/rc-access.h"
#include "vnf-agent/restconf/rc-conditions.h"
#include "vnf-agent/restconf/rc-edit.h"
#include "vnf-agent/restconf/rc-error.h"
#include "vnf-agent/restconf/rc-events.h"
#include "vnf-agent/restconf/rc-path.h"
#include "vnf-agent/restconf/rc-query.h"
#include "vnf-agent/restconf/yang-patch.h"
#include "vnf-agent/yang/yang-schema.h"

VLOG_DEFINE_THIS_MODULE(restconf);

#define DATA_TYPE "application/yang-data+json"
#define PATCH_TYPE "application/yang-patch+json"
#define XRD_TYPE "application/xrd+xml"
#define STREAM_TYPE "text/event-stream"

#define ROOT "/restconf"
#define OPERATIONS ROOT"/operations"
#define REGISTER "sdsa-agent:register"

#define READ_METHODS (HTTPS_OPTIONS | HTTPS_HEAD | HTTPS_GET)
#define BODY_METHODS (HTTPS_POST | HTTPS_PUT | HTTPS_PATCH)
#define ALL_METHODS (READ_METHODS | BODY_METHODS | HTTPS_DELETE)

struct restconf {
    const struct rc_source *source;
    struct rc_events *events;
    const struct rc_access *access;
    uint32_t incarnation;       /* Part of entity tags: those of another run
                                 * differ. */
    uint64_t n_requests, n_errors, n_denied;
};

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(10, 10);

struct restconf *
restconf_create(const struct rc_source *source, struct rc_events *events,
                const struct rc_access *access)
{
    struct restconf *rc = xzalloc(sizeof *rc);
    rc->source = source;
    rc->events = events;
    rc->access = access;
    rc->incarnation = random_uint32();
    return rc;
}

void
restconf_destroy(struct restconf *rc)
{
    free(rc);
}

void
restconf_get_counters(const struct restconf *rc, uint64_t *n_requests,
                      uint64_t *n_errors, uint64_t *n_denied)
{
    *n_requests = rc->n_requests;
    *n_errors = rc->n_errors;
    *n_denied = rc->n_denied;
}

/* Replies. */

static void
reply_json(struct https_request *req, int status, const json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    https_reply(req, status, DATA_TYPE, text, text ? strlen(text) : 0);
    wiping_free(text);
}

/* Replies with 'error', of which ownership is taken, and 'status'. */
static void
reply_error(struct restconf *rc, struct https_request *req, int status,
            struct yang_error *error)
{
    rc->n_errors++;
    VLOG_INFO_RL(&rl, "%s: %s: refused with %d %s: %s",
                 https_request_peer(req), https_request_method_name(req),
                 status, rc_error_tag(error), error->message);
    json_t *json = json_pack("{s:o}", "ietf-restconf:errors",
                             rc_error_to_json(error));
    reply_json(req, status, json);
    json_decref(json);
    yang_error_destroy(error);
}

static bool
is_read(const struct https_request *req)
{
    return https_request_method(req) & (HTTPS_GET | HTTPS_HEAD);
}

/* Returns "https://HOST", as the client sees it.  Caller frees. */
static char *
base_url(const struct https_request *req)
{
    return xasprintf("https://%s", https_request_host(req));
}

/* Conditions of a request. */

static char *
etag(const struct restconf *rc)
{
    return xasprintf("\"%08"PRIx32"-%"PRIx64"\"", rc->incarnation,
                     datastore_generation(rc->source->datastore));
}

static long long int
modified_s(const struct restconf *rc)
{
    return rc_conditions_modified_s(
        datastore_modified_s(rc->source->datastore), time_wall());
}

/* Sends the datastore's entity tag and date: its nodes have none of their own
 * (RFC 8040 s.3.5.2). */
static void
put_validators(const struct restconf *rc, struct https_request *req)
{
    char *tag = etag(rc);
    char *date = rc_conditions_date(modified_s(rc));
    https_reply_header(req, "ETag", tag);
    https_reply_header(req, "Last-Modified", date);
    free(tag);
    free(date);
}

static enum rc_verdict
check_conditions(const struct restconf *rc, const struct https_request *req,
                 bool exists)
{
    const struct rc_conditions conditions = {
        .if_match = https_request_header(req, "If-Match"),
        .if_none_match = https_request_header(req, "If-None-Match"),
        .if_modified_since = https_request_header(req, "If-Modified-Since"),
        .if_unmodified_since = https_request_header(req,
                                                    "If-Unmodified-Since"),
    };
    char *tag = etag(rc);
    enum rc_verdict verdict = rc_conditions_check(
        &conditions, is_read(req), tag, modified_s(rc), exists);
    free(tag);
    return verdict;
}

static struct yang_error *
precondition_failed(void)
{
    return yang_error_format(RC_PRECONDITION,
                             "the condition of the request does not hold: the "
                             "datastore has changed, or the node is there or "
                             "is not");
}

/* Is the weight of the media type whose parameters begin at 's' 0 (RFC 9110
 * s.12.4.2)? */
static bool
is_weightless(const char *s)
{
    while (*(s += strspn(s, " \t")) == ';') {
        s += 1 + strspn(s + 1, " \t");
        if ((*s == 'q' || *s == 'Q') && s[1] == '=') {
            size_t n = strspn(s + 2, "0.");
            return n && !isdigit((unsigned char) s[2 + n]);
        }
        s += strcspn(s, ",;");
    }
    return false;
}

/* Returns true if 'header' (a list of media types, or NULL) accepts 'type':
 * what names it most closely counts (RFC 9110 s.12.5.1). */
static bool
accepts(const char *header, const char *type)
{
    size_t n = strcspn(type, "/");
    bool accepted = false;
    int best = 0;               /* How closely. */

    if (!header) {
        return true;
    }
    for (const char *s = header; *s; ) {
        s += strspn(s, ", \t");
        size_t len = strcspn(s, ",; \t");
        int close = (len == 3 && !strncmp(s, "*/*", 3) ? 1
                     : len == n + 2 && !strncasecmp(s, type, n)
                       && !strncmp(s + n, "/*", 2) ? 2
                     : len == strlen(type) && !strncasecmp(s, type, len) ? 3
                     : 0);
        if (close && close >= best) {
            accepted = !is_weightless(s + len) || (close == best && accepted);
            best = close;
        }
        s += strcspn(s, ",");
    }
    return accepted;
}

static struct yang_error *
check_accept(const struct https_request *req, const char *type)
{
    return (accepts(https_request_header(req, "Accept"), type) ? NULL
            : yang_error_format(RC_NOT_ACCEPTABLE, "only %s can be had",
                                type));
}

static bool
content_type_is(const struct https_request *req, const char *type)
{
    const char *header = https_request_header(req, "Content-Type");
    size_t len = header ? strcspn(header, "; \t") : 0;
    return len == strlen(type) && !strncasecmp(header, type, len);
}

static struct yang_error *
check_content_type(const struct https_request *req, const char *type)
{
    return (content_type_is(req, type) ? NULL
            : yang_error_format(RC_MEDIA_TYPE,
                                "the Content-Type must be %s", type));
}

static unsigned int
rights_of(const struct restconf *rc, const struct https_request *req)
{
    return rc_access_rights(rc->access, https_request_peer(req));
}

/* Returns an error unless the client may write. */
static struct yang_error *
check_writer(struct restconf *rc, const struct https_request *req)
{
    if (rights_of(rc, req) & RC_RIGHT_WRITER) {
        return NULL;
    }
    rc->n_denied++;
    return yang_error_format(YANG_ACCESS_DENIED,
                             "only %s may write here, and your certificate "
                             "says %s", rc_access_writer(rc->access),
                             https_request_peer(req));
}

/* Returns an error unless the client has one of the rights 'needed'. */
static struct yang_error *
check_reader(struct restconf *rc, const struct https_request *req,
             unsigned int needed)
{
    if (rights_of(rc, req) & needed) {
        return NULL;
    }
    rc->n_denied++;
    return yang_error_format(YANG_ACCESS_DENIED,
                             "%s may not see this: the agent's option "
                             "--readers says who may see what",
                             https_request_peer(req));
}

/* Reads the body.  jansson's own message would quote it, perhaps a key. */
static struct yang_error *
parse_body(struct https_request *req, json_t **jsonp)
{
    const char *coding = https_request_header(req, "Content-Encoding");
    if (coding && coding[0] && strcasecmp(coding, "identity")) {
        https_reply_header(req, "Accept-Encoding", "identity");
        return yang_error_format(RC_MEDIA_TYPE, "the body must not have a "
                                 "Content-Encoding");
    }

    json_error_t error;
    size_t size;
    const char *body = https_request_body(req, &size);

    *jsonp = json_loadb(body, size, JSON_REJECT_DUPLICATES, &error);
    if (!*jsonp) {
        return yang_error_format(YANG_MALFORMED_MESSAGE,
                                 "the body is not JSON, or has a member "
                                 "twice: line %d, column %d", error.line,
                                 error.column);
    }
    return NULL;
}

static void
put_allow(struct https_request *req, unsigned int methods)
{
    char *allow = https_methods_to_string(methods);
    https_reply_header(req, "Allow", allow);
    free(allow);
}

/* Says which bodies of PATCH are taken (RFC 5789 s.3.1). */
static void
put_accept_patch(struct https_request *req)
{
    https_reply_header(req, "Accept-Patch", DATA_TYPE", "PATCH_TYPE);
}

/* Replies to OPTIONS of a resource that has 'methods', or refuses the request
 * if it has another method.  Sets '*donep' to true if there is nothing left to
 * do. */
static struct yang_error *
check_method(struct https_request *req, unsigned int methods, bool *donep)
{
    enum https_method method = https_request_method(req);
    struct yang_error *error = NULL;

    *donep = method == HTTPS_OPTIONS || !(method & methods);
    if (*donep) {
        char *allow = https_methods_to_string(methods);
        put_allow(req, methods);
        if (method != HTTPS_OPTIONS) {
            error = yang_error_format(YANG_OPERATION_NOT_SUPPORTED,
                                      "this resource takes %s", allow);
        } else {
            if (methods & HTTPS_PATCH) {
                put_accept_patch(req);
            }
            https_reply(req, 200, NULL, NULL, 0);
        }
        free(allow);
    }
    return error;
}

/* Methods on data resources. */

static struct yang_error *
handle_get(struct restconf *rc, struct https_request *req,
           const struct rc_path *path)
{
    struct rc_query query;
    json_t *value = NULL;
    bool only_config = false;

    struct yang_error *error = rc_query_parse(&query, RC_QUERY_READ,
                                              https_request_query(req));
    error = error ? error : check_accept(req, DATA_TYPE);
    if (!error) {
        char *base = base_url(req);
        error = rc_read(rc->source, path, &query, rights_of(rc, req), base,
                        &only_config, &value);
        free(base);
    }
    if (!error) {
        /* State changes without a new entity tag. */
        enum rc_verdict verdict = (only_config
                                   ? check_conditions(rc, req, true)
                                   : RC_GO_ON);
        if (verdict == RC_FAILED) {
            error = precondition_failed();
        } else {
            if (only_config || !path->n) {
                put_validators(rc, req);
            }
            reply_json(req, verdict == RC_NOT_MODIFIED ? 304 : 200,
                       verdict == RC_NOT_MODIFIED ? NULL : value);
        }
    }
    json_decref(value);
    rc_query_destroy(&query);
    return error;
}

static struct yang_error *
handle_yang_patch(struct restconf *rc, struct https_request *req,
                  const struct rc_path *path, unsigned int methods)
{
    json_t *patch = NULL, *answer = NULL;

    struct yang_error *error = parse_body(req, &patch);
    if (!error) {
        int status = yang_patch_apply(rc->source->datastore,
                                      rc->source->schema, path, patch,
                                      &answer);
        if (status >= 400) {
            char *text = json_dumps(answer, JSON_COMPACT);
            rc->n_errors++;
            VLOG_INFO_RL(&rl, "%s: PATCH refused with %d: %s",
                         https_request_peer(req), status, text);
            wiping_free(text);
        } else {
            put_validators(rc, req);
        }
        if (status == 405) {    /* An edit of it is not: still a MUST. */
            put_allow(req, methods);
        }
        reply_json(req, status, answer);
    }
    json_decref(patch);
    json_decref(answer);
    return error;
}

/* Appends the keys of 'value', of the list or leaf-list 'node', to 'text'.
 * Returns false if it lacks one. */
static bool
append_keys(struct ds *text, const struct lysc_node *node,
            const json_t *value)
{
    const json_t *entry = json_array_get(value, 0);
    const char *name;

    for (size_t i = 0; ; i++) {
        name = yang_node_key(node, i);
        const json_t *key = name ? json_object_get(entry, name) : entry;
        if (!name && (i || node->nodetype == LYS_LIST)) {
            return i;
        }
        char *plain = (json_is_integer(key)
                       ? xasprintf("%"JSON_INTEGER_FORMAT,
                                   json_integer_value(key))
                       : nullable_xstrdup(json_string_value(key)));
        char *encoded = plain ? percent_encode(plain) : NULL;
        ds_put_format(text, "%c%s", i ? ',' : '=', encoded ? encoded : "");
        free(plain);
        free(encoded);
        if (!plain || !name) {
            return plain != NULL;
        }
    }
}

/* POST creates a child of its resource: appends that child to 'path', and its
 * text to 'location'. */
static struct yang_error *
append_child(const struct yang_schema *schema, struct rc_path *path,
             const json_t *value, struct ds *location)
{
    const struct lysc_node *parent;
    const char *name = json_object_iter_key(
        json_object_iter(CONST_CAST(json_t *, value)));

    if (json_object_size(value) != 1) {
        return yang_error_format(YANG_MALFORMED_MESSAGE,
                                 "the body must be an object with one member");
    }
    struct yang_error *error = rc_path_resolve(path, schema, &parent);
    if (error) {
        return error;
    }
    const struct lysc_node *node = yang_schema_member(schema, parent, name);
    if (!node || !strchr(name, ':')) {
        return rc_path_error(path, schema, YANG_UNKNOWN_ELEMENT,
                             "there is no such node here; its name begins "
                             "with that of its module");
    }
    struct ds text = DS_EMPTY_INITIALIZER;
    ds_put_format(&text, "/%s:%s", node->module->name, node->name);
    bool ok = (!(node->nodetype & (LYS_LIST | LYS_LEAFLIST))
               || append_keys(&text, node, json_object_get(value, name)));
    error = (ok ? rc_path_append(path, ds_cstr(&text))
             : yang_error_format(YANG_MISSING_ELEMENT,
                                 "the value must be an array of one entry "
                                 "with all of its keys"));
    ds_put_cstr(location, ds_cstr(&text));
    ds_destroy(&text);
    return error;
}

/* Stages and commits one edit.  '*existedp' is true if its target was
 * there. */
static struct yang_error *
write_one(struct restconf *rc, struct https_request *req, enum rc_edit_op op,
          const struct rc_path *path, const struct rc_query *query,
          json_t *value, bool *existedp)
{
    const struct yang_schema *schema = rc->source->schema;
    struct datastore *ds = rc->source->datastore;
    const struct rc_edit edit = {
        .op = op,
        .target = path,
        .value = value,
        .where = query->where,
        .point = &query->point,
    };
    struct stage *stage = stage_create(ds);
    *existedp = rc_edit_exists(ds, schema, path);

    struct yang_error *error = stage_check_ready(stage);
    if (!error && check_conditions(rc, req, *existedp) != RC_GO_ON) {
        error = precondition_failed();
    }
    if (!error && op == RC_EDIT_CREATE && *existedp) {
        error = rc_path_error(path, schema, YANG_DATA_EXISTS,
                              "the node is there already");
    }
    error = error ? error : rc_edit_stage(stage, schema, &edit);
    error = error ? error : stage_commit(stage);
    stage_destroy(stage);
    return error;
}

static struct yang_error *
handle_write(struct restconf *rc, struct https_request *req,
             enum rc_edit_op op, struct rc_path *path)
{
    bool has_body = op != RC_EDIT_DELETE;
    bool has_place = op == RC_EDIT_CREATE || op == RC_EDIT_REPLACE;
    struct ds location = DS_EMPTY_INITIALIZER;
    struct rc_query query;
    json_t *value = NULL;
    bool existed = false;

    struct yang_error *error = rc_query_parse(&query, (has_place
                                                       ? RC_QUERY_PLACE
                                                       : RC_QUERY_NONE),
                                              https_request_query(req));
    if (has_body) {
        error = error ? error : check_content_type(req, DATA_TYPE);
        error = error ? error : parse_body(req, &value);
    }
    if (op == RC_EDIT_CREATE) {
        char *base = base_url(req);
        ds_put_format(&location, "%s%s", base, https_request_path(req));
        free(base);
        if (ds_last(&location) == '/') {
            ds_chomp(&location, '/');
        }
        error = error ? error : append_child(rc->source->schema, path,
                                             value, &location);
    }
    error = error ? error : write_one(rc, req, op, path, &query, value,
                                      &existed);
    if (!error) {
        put_validators(rc, req);
        if (op == RC_EDIT_CREATE) {
            https_reply_header(req, "Location", ds_cstr(&location));
        }
        https_reply(req, (op == RC_EDIT_CREATE
                          || (op == RC_EDIT_REPLACE && !existed) ? 201 : 204),
                    NULL, NULL, 0);
    }
    json_decref(value);
    ds_destroy(&location);
    rc_query_destroy(&query);
    return error;
}

static unsigned int
data_methods(const struct lysc_node *node)
{
    return (!node ? ALL_METHODS & ~HTTPS_DELETE
            : node->flags & LYS_CONFIG_R ? READ_METHODS
            : node->nodetype & (LYS_LEAF | LYS_LEAFLIST)
            ? ALL_METHODS & ~HTTPS_POST : ALL_METHODS);
}

/* A plain patch merges into what is there (RFC 8040 s.4.6.1); a YANG Patch has
 * edits of its own. */
static struct yang_error *
handle_patch(struct restconf *rc, struct https_request *req,
             struct rc_path *path, const struct lysc_node *node)
{
    if (!content_type_is(req, PATCH_TYPE)
        && !content_type_is(req, DATA_TYPE)) {
        put_accept_patch(req);
        return yang_error_format(RC_MEDIA_TYPE,
                                 "the Content-Type must be "DATA_TYPE" or "
                                 PATCH_TYPE);
    }

    const struct yang_schema *schema = rc->source->schema;
    bool exists = rc_edit_exists(rc->source->datastore, schema, path);
    bool is_there = exists || !node || (node->nodetype == LYS_CONTAINER
                                        && !(node->flags & LYS_PRESENCE));
    if (content_type_is(req, DATA_TYPE)) {
        return (is_there ? handle_write(rc, req, RC_EDIT_MERGE, path)
                : rc_path_error(path, schema, RC_NO_NODE,
                                "there is no such node"));
    }
    struct rc_query query;
    struct yang_error *error = rc_query_parse(&query, RC_QUERY_NONE,
                                              https_request_query(req));
    rc_query_destroy(&query);
    if (!error && check_conditions(rc, req, exists) != RC_GO_ON) {
        error = precondition_failed();
    }
    return (error ? error
            : handle_yang_patch(rc, req, path, data_methods(node)));
}

/* Does the method, which the resource 'node' has. */
static struct yang_error *
dispatch(struct restconf *rc, struct https_request *req, struct rc_path *path,
         const struct lysc_node *node)
{
    if (is_read(req)) {
        return handle_get(rc, req, path);
    }
    struct yang_error *error = check_writer(rc, req);
    if (error) {
        return error;
    }
    switch (https_request_method(req)) {
    case HTTPS_PATCH: return handle_patch(rc, req, path, node);
    case HTTPS_PUT: return handle_write(rc, req, RC_EDIT_REPLACE, path);
    case HTTPS_POST: return handle_write(rc, req, RC_EDIT_CREATE, path);
    case HTTPS_DELETE: return handle_write(rc, req, RC_EDIT_DELETE, path);
    case HTTPS_OPTIONS:
    case HTTPS_HEAD:
    case HTTPS_GET: break;
    }
    OVS_NOT_REACHED();
}

static struct yang_error *
handle_data(struct restconf *rc, struct https_request *req, const char *text)
{
    const struct lysc_node *node = NULL;
    struct rc_path path = { .n = 0 };
    bool done = false;
    struct yang_error *error = check_reader(rc, req, RC_RIGHT_ANY);
    error = error ? error : rc_path_append(&path, text);
    error = error ? error : rc_path_resolve(&path, rc->source->schema, &node);
    if (!error && https_request_method(req) & READ_METHODS) {
        error = check_reader(rc, req, rc_access_needed(&path));
    }
    error = error ? error : check_method(req, data_methods(node), &done);
    if (!error && !done) {
        error = dispatch(rc, req, &path, node);
    }
    rc_path_destroy(&path);
    return error;
}

/* The other resources, which can only be read, and the operation. */

static const struct fixed {
    const char *path, *type;
    const char *body;           /* NULL: the event stream. */
    bool is_open;               /* Any client with a certificate may read it:
                                 * it is the same at every agent. */
} fixed[] = {
    { "/.well-known/host-meta", XRD_TYPE,
      "<XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>"
      "<Link rel='restconf' href='"ROOT"'/></XRD>", true },
    { ROOT, DATA_TYPE,
      "{\"ietf-restconf:restconf\":{\"data\":{},\"operations\":{},"
      "\"yang-library-version\":\"2019-01-04\"}}", true },
    { ROOT"/yang-library-version", DATA_TYPE,
      "{\"ietf-restconf:yang-library-version\":\"2019-01-04\"}", true },
    { OPERATIONS, DATA_TYPE, "{\"ietf-restconf:operations\":{}}", false },
    { RC_STREAM_PATH, STREAM_TYPE, NULL, false },
};

static struct yang_error *
get_fixed(struct restconf *rc, struct https_request *req,
          const struct fixed *f)
{
    struct rc_query query;
    struct yang_error *error = rc_query_parse(&query, RC_QUERY_NONE,
                                              https_request_query(req));
    rc_query_destroy(&query);
    error = error ? error : check_accept(req, f->type);
    if (error) {
        return error;
    } else if (f->body) {
        https_reply(req, 200, f->type, f->body, strlen(f->body));
        return NULL;
    } else if (https_request_method(req) == HTTPS_HEAD) {
        https_reply_header(req, "Content-Type", f->type);
        https_reply(req, 200, NULL, NULL, 0);
        return NULL;
    }
    return rc_events_subscribe(rc->events, req, rights_of(rc, req));
}

/* The operation of this agent (RFC 8040 s.3.6), which has neither input nor
 * output. */
static struct yang_error *
handle_register(struct restconf *rc, struct https_request *req)
{
    bool done;
    struct yang_error *error = check_method(req, HTTPS_POST | HTTPS_OPTIONS,
                                            &done);
    if (done) {
        return error;
    }
    error = check_writer(rc, req);
    if (!error && https_request_has_body(req)) {
        error = yang_error_format(YANG_MALFORMED_MESSAGE,
                                  "this operation takes no body");
    }
    if (!error) {
        char *why = rc->source->register_again(rc->source->register_aux);
        if (why) {
            error = yang_error_format(YANG_OPERATION_FAILED, "%s", why);
            free(why);
        } else {
            https_reply(req, 204, NULL, NULL, 0);
        }
    }
    return error;
}

static struct yang_error *
handle_fixed(struct restconf *rc, struct https_request *req, const char *path)
{
    static const struct fixed operations = {
        OPERATIONS, DATA_TYPE,
        "{\"ietf-restconf:operations\":{\""REGISTER"\":[null]}}", false
    };
    bool registers = rc->source->register_again != NULL;
    if (registers && !strcmp(path, OPERATIONS"/"REGISTER)) {
        return handle_register(rc, req);
    }
    for (size_t i = 0; i < ARRAY_SIZE(fixed); i++) {
        if (!strcmp(path, fixed[i].path)) {
            bool done = false;
            struct yang_error *error
                = (fixed[i].is_open ? NULL
                   : check_reader(rc, req, fixed[i].body ? RC_RIGHT_ANY
                                  : RC_RIGHT_SAD));
            error = error ? error : check_method(req, READ_METHODS, &done);
            return (error || done ? error
                    : get_fixed(rc, req, registers
                                && !strcmp(path, OPERATIONS)
                                ? &operations : &fixed[i]));
        }
    }
    struct yang_error *error = check_reader(rc, req, RC_RIGHT_ANY);
    return (error ? error
            : yang_error_format(RC_NO_NODE, "there is no such resource: begin "
                                "at "ROOT));
}

/* Returns the error of a message that was no request. */
static struct yang_error *
describe_error(int status)
{
    switch (status) {
    case 413:
        return yang_error_format(YANG_TOO_BIG, "the body is too large");
    case 414:
    case 431:
        return yang_error_format(YANG_TOO_BIG,
                                 "the request line or the headers are too "
                                 "large");
    case 501:
    case 505:
        return yang_error_format(YANG_OPERATION_NOT_SUPPORTED,
                                 "HTTP/1.1 is spoken here, without transfer "
                                 "codings but chunked");
    default:
        return yang_error_format(YANG_MALFORMED_MESSAGE,
                                 "this is no HTTP/1.1 request");
    }
}

void
restconf_admit(struct https_request *req, void *rc_)
{
    struct restconf *rc = rc_;
    struct yang_error *error;

    if (!https_request_has_body(req)) {
        return;
    }
    error = (!(https_request_method(req) & BODY_METHODS)
             ? yang_error_format(YANG_MALFORMED_MESSAGE,
                                 "a body goes with PUT, POST and PATCH")
             : check_writer(rc, req));
    if (error) {
        rc->n_requests++;
        https_reply_header(req, "Cache-Control", "no-cache");
        reply_error(rc, req, rc_error_status(error), error);
    }
}

void
restconf_handle(struct https_request *req, void *rc_)
{
    static const char data[] = ROOT"/data";
    struct restconf *rc = rc_;
    const char *path = https_request_path(req);
    size_t n = strlen(data);
    int status = https_request_error(req);
    struct yang_error *error = NULL;

    rc->n_requests++;
    https_reply_header(req, "Cache-Control", "no-cache");
    if (status) {
        error = describe_error(status);
    } else if (!strcmp(path, "*")) {    /* With OPTIONS only. */
        error = check_reader(rc, req, RC_RIGHT_ANY);
        if (error) {
            reply_error(rc, req, rc_error_status(error), error);
            return;
        }
        put_allow(req, ALL_METHODS);
        https_reply(req, 200, NULL, NULL, 0);
    } else if (!https_request_method(req)) {
        error = yang_error_format(RC_NO_METHOD,
                                  "there is no such method");
    } else if (!strncmp(path, data, n) && (path[n] == '/' || !path[n])) {
        error = handle_data(rc, req, path + n);
    } else {
        error = handle_fixed(rc, req, path);
    }
    if (error) {
        reply_error(rc, req, status ? status : rc_error_status(error), error);
    }
}
