/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/yang-schema.h"

#include <libyang/libyang.h>

#include "lib/secret.h"
#include "util.h"
#include "vnf-agent/rc-error.h"

struct yang_schema {
    struct ly_ctx *ctx;
};

char *
yang_schema_create(const char *dir, struct yang_schema **schemap)
{
    static const char *const modules[] = {
        "ietf-i2nsf-ikeless", "sdsa-agent",
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
    *schemap = schema;
    return NULL;
}

void
yang_schema_destroy(struct yang_schema *schema)
{
    if (schema) {
        ly_ctx_destroy(schema->ctx);
        free(schema);
    }
}

/* The error-tag that fits what libyang found. */
static const char *
error_tag(const struct ly_ctx *ctx)
{
    const struct ly_err_item *e = ly_err_first(ctx);
    if (!e || e->vecode == LYVE_SYNTAX || e->vecode == LYVE_SYNTAX_JSON) {
        return "malformed-message";
    }
    if (e->vecode == LYVE_REFERENCE) {
        return "unknown-element";
    }
    return "invalid-value";
}

/* What libyang last found wrong; forgets it. */
static struct rc_error *
take_error(const struct yang_schema *schema)
{
    const char *path = ly_errpath(schema->ctx);
    const char *message = ly_errmsg(schema->ctx);
    struct rc_error *error = rc_error_create(
        400, error_tag(schema->ctx), nullable_xstrdup(path),
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

struct rc_error *
yang_schema_validate(const struct yang_schema *schema, const json_t *data)
{
    struct lyd_node *tree;
    bool bad = parse(schema, data, PARSE_FLAGS, LYD_VALIDATE_PRESENT, &tree);
    lyd_free_all(tree);
    return bad ? take_error(schema) : NULL;
}

struct rc_error *
yang_schema_merge(const struct yang_schema *schema, const json_t *old,
                  const json_t *new, json_t **mergedp)
{
    struct lyd_node *tree, *more = NULL;
    char *text = NULL;

    *mergedp = NULL;
    bool bad = (parse(schema, old, PARSE_FLAGS | LYD_PARSE_ONLY, 0, &tree)
                || parse(schema, new, PARSE_FLAGS | LYD_PARSE_ONLY, 0, &more)
                || lyd_merge_siblings(&tree, more, 0)
                || lyd_print_mem(&text, tree, LYD_JSON,
                                 LYD_PRINT_WITHSIBLINGS | LYD_PRINT_SHRINK));
    lyd_free_all(tree);
    lyd_free_all(more);
    if (bad) {
        return take_error(schema);
    }
    json_t *merged = json_loads(text, 0, NULL);
    free(text);

    struct rc_error *error = yang_schema_validate(schema, merged);
    if (error) {
        json_decref(merged);
        return error;
    }
    *mergedp = merged;
    return NULL;
}

const struct lysc_node *
yang_schema_child(const struct yang_schema *schema,
                  const struct lysc_node *parent, const char *module,
                  const char *name)
{
    const struct lys_module *mod
        = (module ? ly_ctx_get_module_implemented(schema->ctx, module)
           : parent ? parent->module : NULL);
    return mod ? lys_find_child(parent, mod, name, 0, 0, 0) : NULL;
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
yang_schema_library(const struct yang_schema *schema)
{
    struct lyd_node *tree = NULL;
    char *text = NULL;
    json_t *json = NULL;
    if (!ly_ctx_get_yanglib_data(schema->ctx, &tree, "1")
        && !lyd_print_mem(&text, tree, LYD_JSON, LYD_PRINT_WITHSIBLINGS)) {
        json = json_loads(text, 0, NULL);
    }
    free(text);
    lyd_free_all(tree);
    return json;
}
