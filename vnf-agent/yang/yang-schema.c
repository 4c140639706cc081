/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/yang/yang-schema.h"

#include <libyang/libyang.h>

#include "hash.h"
#include "lib/secret.h"
#include "util.h"
#include "vnf-agent/yang/yang-error.h"

struct yang_schema {
    struct ly_ctx *ctx;
    json_t *library;
};

/* Removes the places of modules: file names of this machine. */
static void
strip_locations(json_t *json)
{
    const char *name;
    json_t *value;
    size_t i;

    json_array_foreach (json, i, value) {
        strip_locations(value);
    }
    json_object_del(json, "location");
    if (json_is_string(json_object_get(json, "schema"))) {
        json_object_del(json, "schema");
    }
    json_object_foreach (json, name, value) {
        strip_locations(value);
    }
}

/* Returns the ietf-yang-library document with 'content_id'. */
static json_t *
describe_modules(const struct ly_ctx *ctx, const char *content_id)
{
    struct lyd_node *tree = NULL;
    char *text = NULL;

    if (ly_ctx_get_yanglib_data(ctx, &tree, "%s", content_id)
        || lyd_print_mem(&text, tree, LYD_JSON, LYD_PRINT_WITHSIBLINGS)) {
        ovs_fatal(0, "libyang cannot describe its modules");
    }
    json_t *json = json_loads(text, 0, NULL);
    strip_locations(json);
    free(text);
    lyd_free_all(tree);
    return json;
}

/* Returns the ietf-yang-library document; its content-id is a hash of the
 * rest. */
static json_t *
make_library(const struct ly_ctx *ctx)
{
    json_t *json = describe_modules(ctx, "");
    char *text = json_dumps(json, JSON_COMPACT);
    char content_id[16];
    snprintf(content_id, sizeof content_id, "%08"PRIx32,
             hash_string(text, 0));
    wiping_free(text);
    json_decref(json);
    return describe_modules(ctx, content_id);
}

char *
yang_schema_create(const char *dir, struct yang_schema **schemap)
{
    static const char *const modules[] = {
        "ietf-i2nsf-ikeless", "sdsa-agent", "sdsa-agent-deviations",
        "ietf-restconf-monitoring",
    };
    const char *ikeless_features[] = { "ikeless-notification", NULL };
    struct ly_ctx *ctx;

    *schemap = NULL;
    ly_log_options(LY_LOSTORE_LAST);
    if (ly_ctx_new(dir, LY_CTX_DISABLE_SEARCHDIR_CWD, &ctx)) {
        return xasprintf("%s: cannot read YANG modules there", dir);
    }
    for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
        if (!ly_ctx_load_module(ctx, modules[i], NULL,
                                i == 0 ? ikeless_features : NULL)) {
            char *error = xasprintf("%s: cannot load YANG module %s (%s); see "
                                    "--yang-dir", dir, modules[i],
                                    ly_errmsg(ctx) ? ly_errmsg(ctx) : "?");
            ly_ctx_destroy(ctx);
            return error;
        }
    }
    struct yang_schema *schema = xmalloc(sizeof *schema);
    schema->ctx = ctx;
    schema->library = make_library(ctx);
    *schemap = schema;
    return NULL;
}

void
yang_schema_destroy(struct yang_schema *schema)
{
    if (schema) {
        json_decref(schema->library);
        ly_ctx_destroy(schema->ctx);
        free(schema);
    }
}

/* Returns the error-tag of libyang's last error. */
static enum yang_error_kind
error_kind(const struct ly_ctx *ctx)
{
    const struct ly_err_item *e = ly_err_first(ctx);
    if (!e || e->vecode == LYVE_SYNTAX || e->vecode == LYVE_SYNTAX_JSON) {
        return YANG_MALFORMED_MESSAGE;
    }
    if (e->vecode == LYVE_REFERENCE) {
        return YANG_UNKNOWN_ELEMENT;
    }
    return YANG_INVALID_VALUE;
}

/* Returns the node of libyang's last error, out of its prose: 'Data location
 * "PATH", line number N.'  NULL if it names none.  Caller frees. */
static char *
error_path(const struct ly_ctx *ctx)
{
    const char *text = ly_errpath(ctx);
    const char *start = text ? strstr(text, "ata location \"") : NULL;
    const char *end = start ? strrchr(start, '"') : NULL;

    if (start) {
        start += strlen("ata location \"");
    }
    return (start && end > start ? xmemdup0(start, end - start)
            : text && text[0] == '/' ? xstrdup(text) : NULL);
}

/* Returns libyang's last error and has libyang forget it. */
static struct yang_error *
pop_error(const struct yang_schema *schema)
{
    const char *message = ly_errmsg(schema->ctx);
    struct yang_error *error = yang_error_create(
        error_kind(schema->ctx), error_path(schema->ctx),
        xstrdup(message ? message : "not valid"));
    ly_err_clean(schema->ctx, NULL);
    return error;
}

#define PARSE_FLAGS (LYD_PARSE_STRICT | LYD_PARSE_NO_STATE)

static LY_ERR
parse(const struct yang_schema *schema, const json_t *data, uint32_t options,
      uint32_t validate, struct lyd_node **treep)
{
    char *text = json_dumps(data, JSON_COMPACT);
    *treep = NULL;
    LY_ERR retval = lyd_parse_data_mem(schema->ctx, text, LYD_JSON, options,
                                       validate, treep);
    wiping_free(text);
    return retval;
}

struct yang_error *
yang_schema_validate(const struct yang_schema *schema, const json_t *data)
{
    struct lyd_node *tree;
    bool bad = parse(schema, data, PARSE_FLAGS, LYD_VALIDATE_PRESENT, &tree);
    lyd_free_all(tree);
    return bad ? pop_error(schema) : NULL;
}

/* Marks the nodes of 'all' that are not in 'set' (RFC 8040 s.4.8.9). */
static void
tag_defaults(json_t *all, const json_t *set)
{
    const char *name;
    void *tmp;
    json_t *value;
    size_t i;

    if (json_is_array(all)) {
        json_array_foreach (all, i, value) {
            tag_defaults(value, json_array_get(set, i));
        }
    } else if (json_is_object(all)) {
        json_object_foreach_safe (all, tmp, name, value) {
            if (name[0] == '@') {
                continue;       /* Made by us. */
            }
            const json_t *old = json_object_get(set, name);
            if (json_is_object(value)
                || json_is_object(json_array_get(value, 0))) {
                tag_defaults(value, old);
            } else if (!old) {
                char *tag = xasprintf("@%s", name);
                json_t *mark = json_pack(
                    "{s:b}", "ietf-netconf-with-defaults:default", true);
                json_object_set_new(
                    all, tag, (json_is_array(value) ? json_pack("[o]", mark)
                               : mark));
                free(tag);
            }
        }
    }
}

json_t *
yang_schema_show(const struct yang_schema *schema, json_t *data,
                 enum yang_defaults defaults)
{
    struct lyd_node *tree;
    char *text = NULL;
    json_t *json = NULL;

    if (defaults == YANG_DEFAULTS_EXPLICIT) {
        return json_incref(data);
    }
    if (!parse(schema, data, LYD_PARSE_ONLY, 0, &tree)
        && !lyd_new_implicit_all(&tree, schema->ctx, 0, NULL)
        && !lyd_print_mem(&text, tree, LYD_JSON,
                          (LYD_PRINT_WITHSIBLINGS | LYD_PRINT_SHRINK
                           | (defaults == YANG_DEFAULTS_TRIM
                              ? LYD_PRINT_WD_TRIM : LYD_PRINT_WD_ALL)))) {
        json = json_loads(text, 0, NULL);
    }
    free(text);
    lyd_free_all(tree);
    ly_err_clean(schema->ctx, NULL);
    if (!json) {
        return json_incref(data);
    }
    if (defaults == YANG_DEFAULTS_ALL_TAGGED) {
        tag_defaults(json, data);
    }
    return json;
}

const struct lysc_node *
yang_schema_child(const struct yang_schema *schema,
                  const struct lysc_node *parent, const char *module,
                  const char *name)
{
    const struct lys_module *mod
        = (module ? ly_ctx_get_module_implemented(schema->ctx, module)
           : parent ? parent->module : NULL);
    const uint16_t data = LYS_CONTAINER | LYS_LIST | LYS_LEAF | LYS_LEAFLIST;
    return mod ? lys_find_child(parent, mod, name, 0, data, 0) : NULL;
}

const struct lysc_node *
yang_schema_member(const struct yang_schema *schema,
                   const struct lysc_node *parent, const char *member)
{
    const char *colon = strchr(member, ':');
    char *module = colon ? xmemdup0(member, colon - member) : NULL;
    const struct lysc_node *node = yang_schema_child(
        schema, parent, module, colon ? colon + 1 : member);
    free(module);
    return node;
}

bool
yang_node_has_state(const struct lysc_node *node)
{
    const struct lysc_node *child;

    if (!node) {
        return true;            /* The datastore: restconf-state at least. */
    }
    if (node->flags & LYS_CONFIG_R) {
        return true;
    }
    LY_LIST_FOR (lysc_node_child(node), child) {
        if (yang_node_has_state(child)) {
            return true;
        }
    }
    return false;
}

char *
yang_node_json_name(const struct lysc_node *node, bool qualified)
{
    return (qualified || !node->parent
            || node->parent->module != node->module
            ? xasprintf("%s:%s", node->module->name, node->name)
            : xstrdup(node->name));
}

const char *
yang_node_key(const struct lysc_node *node, size_t i)
{
    const struct lysc_node *child;
    LY_LIST_FOR (lysc_node_child(node), child) {
        if (lysc_is_key(child) && !i--) {
            return child->name;
        }
    }
    return NULL;
}

json_t *
yang_schema_library(const struct yang_schema *schema, const char *name)
{
    char *member = xasprintf("ietf-yang-library:%s", name);
    json_t *json = json_object_get(schema->library, member);
    free(member);
    return json;
}
