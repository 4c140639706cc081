/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/yang-patch.h"

#include "util.h"
#include "vnf-agent/datastore.h"
#include "vnf-agent/rc-edit.h"
#include "vnf-agent/rc-error.h"
#include "vnf-agent/rc-path.h"

/* Edits a patch may have. */
#define MAX_EDITS 20000

static const char *
get_string(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static struct rc_error *
parse_operation(const json_t *edit, enum rc_edit_op *op)
{
    static const struct {
        const char *name;
        enum rc_edit_op op;
    } ops[] = {
        { "create", RC_EDIT_CREATE },
        { "delete", RC_EDIT_DELETE },
        { "merge", RC_EDIT_MERGE },
        { "remove", RC_EDIT_REMOVE },
        { "replace", RC_EDIT_REPLACE },
    };
    const char *name = get_string(edit, "operation");

    for (size_t i = 0; name && i < ARRAY_SIZE(ops); i++) {
        if (!strcmp(name, ops[i].name)) {
            *op = ops[i].op;
            return NULL;
        }
    }
    return rc_error_format(400, "invalid-value",
                           "operation must be create, delete, merge, remove "
                           "or replace");
}

static struct rc_error *
copy_path(struct rc_path *path, const struct rc_path *base)
{
    struct rc_error *error = NULL;
    for (size_t i = 0; !error && i < base->n; i++) {
        const struct rc_segment *s = &base->segments[i];
        char *key = s->n_keys == 1 ? rc_path_encode(s->keys[0]) : NULL;
        char *text = xasprintf("/%s%s%s%s%s", s->module ? s->module : "",
                               s->module ? ":" : "", s->name,
                               key ? "=" : "", key ? key : "");
        error = rc_path_append(path, text);
        free(text);
        free(key);
    }
    return error;
}

static struct rc_error *
apply_edit(struct stage *stage, const struct yang_schema *schema,
           const struct rc_path *base, json_t *edit)
{
    const char *target = get_string(edit, "target");
    json_t *value = json_object_get(edit, "value");
    struct rc_path path = { .n = 0 };
    enum rc_edit_op op = RC_EDIT_MERGE;

    struct rc_error *error = parse_operation(edit, &op);
    if (!error && !target) {
        error = rc_error_format(400, "missing-element",
                                "an edit needs its target");
    }
    bool needs_value = op != RC_EDIT_DELETE && op != RC_EDIT_REMOVE;
    if (!error && needs_value != (value != NULL)) {
        error = rc_error_format(400, needs_value ? "missing-element"
                                : "unknown-element",
                                "create, merge and replace need a value, "
                                "delete and remove have none");
    }
    error = error ? error : copy_path(&path, base);
    error = error ? error : rc_path_append(&path, target);
    error = error ? error : rc_edit(stage, schema, op, &path, value);
    rc_path_destroy(&path);
    return error;
}

/* Replies. */

static int
reply_not_a_patch(json_t **replyp, const char *message)
{
    struct rc_error *error = rc_error_format(400, "malformed-message", "%s",
                                             message);
    int status = error->status;
    *replyp = json_pack("{s:o}", "ietf-restconf:errors",
                        rc_error_to_json(error));
    rc_error_destroy(error);
    return status;
}

/* Replies to a patch; 'error', of which ownership is taken, is NULL or that of
 * the edit 'edit_id', or of all (NULL). */
static int
reply(const char *patch_id, const char *edit_id, struct rc_error *error,
      json_t **replyp)
{
    json_t *status = json_pack("{s:s}", "patch-id", patch_id);
    int code = error ? error->status : 200;

    if (!error) {
        json_object_set_new(status, "ok", json_pack("[n]"));
    } else if (edit_id) {
        json_object_set_new(status, "edit-status",
                            json_pack("{s:[{s:s, s:o}]}", "edit",
                                      "edit-id", edit_id,
                                      "errors", rc_error_to_json(error)));
    } else {
        json_object_set_new(status, "errors", rc_error_to_json(error));
    }
    *replyp = json_pack("{s:o}", "ietf-yang-patch:yang-patch-status", status);
    rc_error_destroy(error);
    return code;
}

/* Stages all edits.  On error '*edit_idp' is the id of the edit that failed,
 * of which 'edits' owns the memory. */
static struct rc_error *
stage_edits(struct stage *stage, const struct yang_schema *schema,
            const struct rc_path *base, const json_t *edits,
            const char **edit_idp)
{
    json_t *ids = json_object();
    struct rc_error *error = NULL;
    json_t *edit;
    size_t i;

    json_array_foreach (edits, i, edit) {
        const char *id = get_string(edit, "edit-id");
        *edit_idp = id;
        if (!id) {
            error = rc_error_format(400, "missing-element",
                                    "edit %"PRIuSIZE" has no edit-id", i + 1);
        } else if (json_object_get(ids, id)) {
            error = rc_error_format(400, "bad-element",
                                    "two edits have this edit-id");
        } else {
            json_object_set_new(ids, id, json_true());
            error = apply_edit(stage, schema, base, edit);
        }
        if (error) {
            break;
        }
    }
    if (!error) {
        *edit_idp = NULL;
    }
    json_decref(ids);
    return error;
}

int
yang_patch_apply(struct datastore *ds, const struct yang_schema *schema,
                 const struct rc_path *base, json_t *root, json_t **replyp)
{
    json_t *patch = json_object_get(root, "ietf-yang-patch:yang-patch");
    const char *patch_id = get_string(patch, "patch-id");
    const json_t *edits = json_object_get(patch, "edit");
    const char *edit_id = NULL;

    *replyp = NULL;
    if (json_object_size(root) != 1 || !patch || !patch_id) {
        return reply_not_a_patch(replyp,
                                 "the body must be an object with the one "
                                 "member ietf-yang-patch:yang-patch, with "
                                 "patch-id and edit (RFC 8072)");
    }
    if (edits && !json_is_array(edits)) {
        return reply(patch_id, NULL,
                     rc_error_format(400, "malformed-message",
                                     "edit must be an array"), replyp);
    }
    if (json_array_size(edits) > MAX_EDITS) {
        return reply(patch_id, NULL,
                     rc_error_format(413, "too-big", "more than %d edits",
                                     MAX_EDITS), replyp);
    }

    struct stage *stage = stage_create(ds);
    struct rc_error *error = stage_edits(stage, schema, base, edits, &edit_id);
    if (!error) {
        error = stage_commit(stage);
    }
    stage_destroy(stage);
    return reply(patch_id, edit_id, error, replyp);
}
