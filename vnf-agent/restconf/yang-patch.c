/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/restconf/yang-patch.h"

#include "util.h"
#include "vnf-agent/restconf/rc-edit.h"
#include "vnf-agent/restconf/rc-error.h"
#include "vnf-agent/restconf/rc-path.h"
#include "vnf-agent/restconf/rc-query.h"

#define MAX_EDITS 20000         /* Edits of a patch. */

static const char *
get_string(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* Operations of RFC 8072 s.2.5. */
static const struct operation {
    const char *name;
    enum rc_edit_op op;
    bool has_value, has_place;
} operations[] = {
    { "create", RC_EDIT_CREATE, true, false },
    { "delete", RC_EDIT_DELETE, false, false },
    { "insert", RC_EDIT_CREATE, true, true },
    { "merge", RC_EDIT_MERGE, true, false },
    { "move", RC_EDIT_MOVE, false, true },
    { "remove", RC_EDIT_REMOVE, false, false },
    { "replace", RC_EDIT_REPLACE, true, false },
};

static const struct operation *
find_operation(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_SIZE(operations); i++) {
        if (!strcmp(name, operations[i].name)) {
            return &operations[i];
        }
    }
    return NULL;
}

/* Returns an error unless the edit has the members that its operation takes,
 * and no others. */
static struct yang_error *
check_members(const json_t *edit, const struct operation *operation)
{
    static const char *const names[] = {
        "edit-id", "operation", "target", "value", "where", "point",
    };
    const char *name;
    const json_t *value;

    json_object_foreach (CONST_CAST(json_t *, edit), name, value) {
        bool known = false;
        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
            known |= !strcmp(name, names[i]);
        }
        if (!known) {
            return yang_error_format(YANG_UNKNOWN_ELEMENT,
                                     "an edit has no such member");
        }
    }
    bool has_value = json_object_get(edit, "value") != NULL;
    if (operation->has_value != has_value) {
        return yang_error_format(has_value ? YANG_UNKNOWN_ELEMENT
                                 : YANG_MISSING_ELEMENT,
                                 "create, insert, merge and replace need a "
                                 "value, delete, move and remove have none");
    }
    if (!operation->has_place && (json_object_get(edit, "where")
                                  || json_object_get(edit, "point"))) {
        return yang_error_format(YANG_UNKNOWN_ELEMENT,
                                 "where and point go with insert and move");
    }
    return NULL;
}

/* Reads "where" (default: last) and "point", which is relative to 'base'. */
static struct yang_error *
parse_place(const json_t *edit, const struct rc_path *base,
            enum stage_where *where, struct rc_path *point)
{
    const json_t *where_json = json_object_get(edit, "where");
    const char *text = get_string(edit, "point");

    *where = STAGE_LAST;
    if (where_json
        && (!json_is_string(where_json)
            || !rc_query_where_from_string(json_string_value(where_json),
                                           where))) {
        return yang_error_format(YANG_INVALID_VALUE,
                                 "where must be first, last, before or after");
    }
    bool needs_point = *where == STAGE_BEFORE || *where == STAGE_AFTER;
    if (needs_point != (json_object_get(edit, "point") != NULL)
        || (needs_point && !text)) {
        return yang_error_format(YANG_MISSING_ELEMENT,
                                 "point goes with before and after");
    }
    if (needs_point) {
        rc_path_append_path(point, base);
        return rc_path_append(point, text);
    }
    return NULL;
}

static struct yang_error *
apply_edit(struct stage *stage, const struct yang_schema *schema,
           const struct rc_path *base, json_t *json)
{
    const struct operation *operation
        = find_operation(get_string(json, "operation"));
    const char *target = get_string(json, "target");

    if (!operation) {
        return yang_error_format(YANG_INVALID_VALUE,
                                 "operation must be create, delete, insert, "
                                 "merge, move, remove or replace");
    }
    if (!target) {
        return yang_error_format(YANG_MISSING_ELEMENT,
                                 "an edit needs its target");
    }

    struct rc_path path = { .n = 0 }, point = { .n = 0 };
    struct rc_edit edit = {
        .op = operation->op,
        .target = &path,
        .value = json_object_get(json, "value"),
        .point = &point,
    };
    struct yang_error *error = check_members(json, operation);
    rc_path_append_path(&path, base);
    error = error ? error : rc_path_append(&path, target);
    if (!error && operation->has_place) {
        error = parse_place(json, base, &edit.where, &point);
    }
    error = error ? error : rc_edit_stage(stage, schema, &edit);
    rc_path_destroy(&path);
    rc_path_destroy(&point);
    return error;
}

/* Replies. */

/* Makes the reply to the patch 'patch_id' (NULL: it is no patch).  'error', of
 * which ownership is taken, is NULL, or the error of the edit 'edit_id' (NULL:
 * of the whole patch).  Returns the HTTP status. */
static int
reply(const char *patch_id, const char *edit_id, struct yang_error *error,
      json_t **replyp)
{
    int code = error ? rc_error_status(error) : 200;
    json_t *errors = error ? rc_error_to_json(error) : NULL;
    json_t *status = json_pack("{s:s*}", "patch-id", patch_id);

    if (!error) {
        json_object_set_new(status, "ok", json_pack("[n]"));
    } else if (edit_id) {
        json_object_set_new(status, "edit-status",
                            json_pack("{s:[{s:s, s:o}]}", "edit", "edit-id",
                                      edit_id, "errors", errors));
    } else if (patch_id) {
        json_object_set_new(status, "errors", errors);
    } else {
        json_decref(status);
        status = errors;
    }
    *replyp = json_pack("{s:o}", (patch_id
                                  ? "ietf-yang-patch:yang-patch-status"
                                  : "ietf-restconf:errors"), status);
    yang_error_destroy(error);
    return code;
}

/* Stages all edits.  On error '*edit_idp' is the id of the edit that failed;
 * it belongs to 'edits'. */
static struct yang_error *
stage_edits(struct stage *stage, const struct yang_schema *schema,
            const struct rc_path *base, const json_t *edits,
            const char **edit_idp)
{
    json_t *ids = json_object();
    struct yang_error *error = NULL;
    json_t *edit;
    size_t i;

    json_array_foreach (edits, i, edit) {
        const char *id = get_string(edit, "edit-id");
        *edit_idp = id;
        if (!id) {
            error = yang_error_format(YANG_MISSING_ELEMENT,
                                      "edit %"PRIuSIZE" has no edit-id",
                                      i + 1);
        } else if (json_object_get(ids, id)) {
            error = yang_error_format(YANG_BAD_ELEMENT,
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
    struct yang_error *error;

    if (json_object_size(root) != 1 || !patch_id) {
        patch_id = NULL;
        error = yang_error_format(YANG_MALFORMED_MESSAGE,
                                  "the body must be an object with the one "
                                  "member ietf-yang-patch:yang-patch, with "
                                  "patch-id and edit (RFC 8072)");
    } else if (edits && !json_is_array(edits)) {
        error = yang_error_format(YANG_MALFORMED_MESSAGE,
                                  "edit must be an array");
    } else if (json_array_size(edits) > MAX_EDITS) {
        error = yang_error_format(YANG_TOO_BIG, "more than %d edits",
                                  MAX_EDITS);
    } else {
        struct stage *stage = stage_create(ds);
        error = stage_check_ready(stage);
        error = (error ? error
                 : stage_edits(stage, schema, base, edits, &edit_id));
        error = error ? error : stage_commit(stage);
        stage_destroy(stage);
    }
    return reply(patch_id, edit_id, error, replyp);
}
