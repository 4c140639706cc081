/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/restconf/restconf-patch.h"

#include <string.h>

#include "util.h"

struct restconf_patch {
    char *id;
    json_t *guard;              /* An edit, or NULL. */
    json_t *edits;              /* The others. */
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

/* Appends 'edit', of which ownership is taken; 'name' is what its id ends
 * with. */
static void
push_edit(struct restconf_patch *patch, json_t *edit, const char *name)
{
    json_object_set_new(edit, "edit-id",
                        json_sprintf("%"PRIuSIZE"-%s-%s",
                                     json_array_size(patch->edits) + 1,
                                     json_string_value(json_object_get(
                                         edit, "operation")), name));
    json_array_append_new(patch->edits, edit);
}

void
restconf_patch_add(struct restconf_patch *patch, const char *operation,
                   const char *target, const char *name, json_t *value)
{
    json_t *edit = json_pack("{s:s, s:s, s:s}", "edit-id", "",
                             "operation", operation, "target", target);
    if (value) {
        json_object_set_new(edit, "value", value);
    }
    push_edit(patch, edit, name);
}

/* What restconf_patch_add() was told as the name of 'edit'. */
static const char *
get_name(const json_t *edit)
{
    const char *id = json_string_value(json_object_get(edit, "edit-id"));
    return strchr(strchr(id, '-') + 1, '-') + 1;
}

bool
restconf_patch_append(struct restconf_patch *patch,
                      const struct restconf_patch *from)
{
    if (patch->guard != from->guard
        && !json_equal(patch->guard, from->guard)) {
        return false;
    }
    size_t i;
    json_t *edit;
    json_array_foreach (from->edits, i, edit) {
        push_edit(patch, json_copy(edit), get_name(edit));
    }
    return true;
}

size_t
restconf_patch_n_edits(const struct restconf_patch *patch)
{
    return json_array_size(patch->edits);
}

char *
restconf_patch_to_json(const struct restconf_patch *patch)
{
    json_t *edits = json_array();
    if (patch->guard) {
        json_array_append(edits, patch->guard);
    }
    json_array_extend(edits, patch->edits);
    json_t *root = json_pack("{s:{s:s, s:o}}", "ietf-yang-patch:yang-patch",
                             "patch-id", patch->id, "edit", edits);
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return text;
}
