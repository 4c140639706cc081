/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/restconf/restconf-patch.h"

#include <string.h>

#include "util.h"

struct restconf_patch {
    char *id;
    json_t *guard;              /* An edit, or NULL. */
    json_t *edits;              /* The others; the edit-id of each is its name
                                 * only. */
};

struct restconf_patch *
restconf_patch_create(const char *patch_id, json_t *guard)
{
    struct restconf_patch *patch = xmalloc(sizeof *patch);
    *patch = (struct restconf_patch) {
        .id = xstrdup(patch_id),
        .guard = guard,
        .edits = json_array(),
    };
    return patch;
}

struct restconf_patch *
restconf_patch_clone(const struct restconf_patch *patch)
{
    struct restconf_patch *clone
        = restconf_patch_create(patch->id, json_incref(patch->guard));
    restconf_patch_append(clone, patch);
    return clone;
}

void
restconf_patch_destroy(struct restconf_patch *patch)
{
    if (patch) {
        free(patch->id);
        json_decref(patch->guard);
        json_decref(patch->edits);
        free(patch);
    }
}

void
restconf_patch_add(struct restconf_patch *patch, const char *operation,
                   const char *target, const char *name, json_t *value)
{
    json_t *edit = json_pack("{s:s, s:s, s:s}", "edit-id", name,
                             "operation", operation, "target", target);
    if (value) {
        json_object_set_new(edit, "value", value);
    }
    json_array_append_new(patch->edits, edit);
}

bool
restconf_patch_append(struct restconf_patch *patch,
                      const struct restconf_patch *from)
{
    if (patch->guard != from->guard
        && !json_equal(patch->guard, from->guard)) {
        return false;
    }
    json_array_extend(patch->edits, from->edits);
    return true;
}

size_t
restconf_patch_n_edits(const struct restconf_patch *patch)
{
    return json_array_size(patch->edits);
}

/* Returns a string, the member 'name' of 'edit'. */
static const char *
member(const json_t *edit, const char *name)
{
    return json_string_value(json_object_get(edit, name));
}

char *
restconf_patch_to_json(const struct restconf_patch *patch)
{
    json_t *edits = json_array();
    const json_t *edit;
    size_t i;

    if (patch->guard) {
        json_array_append(edits, patch->guard);
    }
    json_array_foreach (patch->edits, i, edit) {
        json_t *copy = json_copy(CONST_CAST(json_t *, edit));
        json_object_set_new(copy, "edit-id", json_sprintf(
                                "%"PRIuSIZE"-%s-%s", i + 1,
                                member(edit, "operation"),
                                member(edit, "edit-id")));
        json_array_append_new(edits, copy);
    }
    json_t *root = json_pack("{s:{s:s, s:o}}", "ietf-yang-patch:yang-patch",
                             "patch-id", patch->id, "edit", edits);
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return text;
}
