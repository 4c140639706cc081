/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/restconf/json-tree.h"

#include <libyang/libyang.h>
#include <string.h>

#include "util.h"
#include "vnf-agent/restconf/rc-edit-op.h"
#include "vnf-agent/restconf/rc-error.h"
#include "vnf-agent/restconf/rc-path.h"
#include "vnf-agent/yang/yang-schema.h"

/* Finding. */

static bool
key_is(const json_t *value, const char *key)
{
    if (json_is_integer(value)) {
        char text[24];
        snprintf(text, sizeof text, "%"JSON_INTEGER_FORMAT,
                 json_integer_value(value));
        return !strcmp(text, key);
    }
    return json_is_string(value) && !strcmp(json_string_value(value), key);
}

static bool
entry_is(const struct lysc_node *node, const struct rc_segment *segment,
         const json_t *entry)
{
    if (node->nodetype == LYS_LEAFLIST) {
        return segment->n_keys == 1 && key_is(entry, segment->keys[0]);
    }
    for (size_t i = 0; i < segment->n_keys; i++) {
        const char *key = yang_node_key(node, i);
        if (!key || !key_is(json_object_get(entry, key), segment->keys[i])) {
            return false;
        }
    }
    return segment->n_keys > 0;
}

/* Returns the index of the entry of 'list', an array of the list or leaf-list
 * 'node', that the keys of 'segment' name; or SIZE_MAX. */
static size_t
find_entry(const struct lysc_node *node, const struct rc_segment *segment,
           const json_t *list)
{
    const json_t *entry;
    size_t i;

    json_array_foreach (list, i, entry) {
        if (entry_is(node, segment, entry)) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* Returns the node that 'segment' names below 'parent', or NULL if it is not
 * there.  Borrowed.  '*nodep' is the schema node of 'parent', and then that of
 * 'segment'. */
static json_t *
find_child(const struct yang_schema *schema, const struct rc_segment *segment,
           const json_t *parent, const struct lysc_node **nodep)
{
    *nodep = yang_schema_child(schema, *nodep, segment->module,
                               segment->name);
    if (!*nodep) {
        return NULL;
    }
    char *name = yang_node_json_name(*nodep, false);
    json_t *child = json_object_get(parent, name);
    free(name);
    return (segment->has_keys
            ? json_array_get(child, find_entry(*nodep, segment, child))
            : child);
}

json_t *
json_tree_find(const struct yang_schema *schema, const struct rc_path *path,
               size_t skip, json_t *root, const struct lysc_node *node)
{
    for (size_t i = skip; root && i < path->n; i++) {
        root = find_child(schema, &path->segments[i], root, &node);
    }
    return root;
}

/* Merging. */

/* Returns the index of the entry of 'list' that has the keys of 'entry', or
 * SIZE_MAX. */
static size_t
find_like(const struct lysc_node *node, const json_t *list,
          const json_t *entry)
{
    const json_t *other;
    size_t i, j;

    json_array_foreach (list, i, other) {
        const char *key;
        bool same = node->nodetype == LYS_LIST || json_equal(other, entry);
        for (j = 0; same && (key = yang_node_key(node, j)); j++) {
            same = json_equal(json_object_get(other, key),
                              json_object_get(entry, key));
        }
        if (same) {
            return i;
        }
    }
    return SIZE_MAX;
}

static json_t *
merge_list(const struct yang_schema *schema, const struct lysc_node *node,
           json_t *old, json_t *new)
{
    json_t *entry;
    size_t i;

    json_array_foreach (new, i, entry) {
        size_t at = find_like(node, old, entry);
        if (at == SIZE_MAX) {
            json_array_append(old, entry);
        } else {
            json_array_set_new(old, at, json_tree_merge(
                                   schema, node, json_array_get(old, at),
                                   entry));
        }
    }
    return json_incref(old);
}

json_t *
json_tree_merge(const struct yang_schema *schema, const struct lysc_node *node,
                json_t *old, json_t *new)
{
    const char *name;
    json_t *value;

    if (node && json_is_array(old) && json_is_array(new)) {
        return merge_list(schema, node, old, new);
    }
    if (!json_is_object(old) || !json_is_object(new)) {
        return json_incref(new);
    }
    json_object_foreach (new, name, value) {
        const struct lysc_node *child = (node ? yang_schema_member(schema,
                                                                   node, name)
                                         : NULL);
        json_t *old_value = json_object_get(old, name);
        if (child && old_value) {
            json_object_set_new(old, name,
                                json_tree_merge(schema, child, old_value,
                                                value));
        } else {
            json_object_set(old, name, value);
        }
    }
    return json_incref(old);
}

/* Editing. */

/* The place that the last segment leads to. */
struct place {
    const struct lysc_node *node;
    json_t *parent;
    char *name;                 /* Name of a member of 'parent'. */
    json_t *list;               /* The member, if it is an array. */
    size_t index;               /* In 'list', or SIZE_MAX: not there. */
    const struct rc_segment *segment;
};

static bool
is_multiple(const struct lysc_node *node)
{
    return node->nodetype & (LYS_LIST | LYS_LEAFLIST);
}

static struct yang_error *
missing(const struct yang_schema *schema, const struct rc_edit *edit,
        int kind)
{
    return rc_path_error(edit->target, schema, kind, "there is no such node");
}

/* Goes to the parent of the target, and makes containers on the way if
 * 'make'.  Returns false if there is no way. */
static bool
descend(const struct yang_schema *schema, const struct rc_edit *edit,
        size_t skip, bool make, const struct lysc_node **nodep,
        json_t **parentp)
{
    for (size_t i = skip; i + 1 < edit->target->n; i++) {
        const struct rc_segment *segment = &edit->target->segments[i];
        json_t *child = find_child(schema, segment, *parentp, nodep);
        if (!child && make && (*nodep)->nodetype == LYS_CONTAINER) {
            char *name = yang_node_json_name(*nodep, false);
            child = json_object();
            json_object_set_new(*parentp, name, child);
            free(name);
        }
        if (!json_is_object(child)) {
            return false;
        }
        *parentp = child;
    }
    return true;
}

/* Finds the new value in 'edit' (borrowed). */
static struct yang_error *
find_value(const struct rc_edit *edit, const struct place *place,
           json_t **valuep)
{
    char *name = yang_node_json_name(place->node, true);
    json_t *value = json_object_get(edit->value, name);
    struct yang_error *error = NULL;

    if (!value || json_object_size(edit->value) != 1
        || (is_multiple(place->node) && json_array_size(value) != 1)) {
        error = yang_error_format(YANG_MALFORMED_MESSAGE,
                                  "the value must be an object whose one "
                                  "member is %s%s", name,
                                  (is_multiple(place->node)
                                   ? ", an array of one entry" : ""));
    } else if (is_multiple(place->node)
               && !entry_is(place->node, place->segment,
                            json_array_get(value, 0))) {
        error = yang_error_format(YANG_INVALID_VALUE,
                                  "the keys in the value are not those of its "
                                  "resource");
    }
    *valuep = (value && is_multiple(place->node) ? json_array_get(value, 0)
               : value);
    free(name);
    return error;
}

/* Puts 'value' into 'place'; a new entry becomes the last one. */
static void
put(struct place *place, json_t *value)
{
    if (!is_multiple(place->node)) {
        json_object_set(place->parent, place->name, value);
        return;
    }
    if (!json_is_array(place->list)) {
        place->list = json_array();
        json_object_set_new(place->parent, place->name, place->list);
    }
    if (place->index == SIZE_MAX) {
        place->index = json_array_size(place->list);
        json_array_append(place->list, value);
    } else {
        json_array_set(place->list, place->index, value);
    }
}

static void
remove_value(const struct place *place)
{
    if (is_multiple(place->node) && json_array_size(place->list) > 1) {
        json_array_remove(place->list, place->index);
    } else {
        json_object_del(place->parent, place->name);
    }
}

/* Moves the entry within its list. */
static struct yang_error *
move(const struct yang_schema *schema, const struct rc_edit *edit,
     struct place *place)
{
    if (edit->where == STAGE_ANYWHERE) {
        return NULL;
    }
    if (!is_multiple(place->node) || !lysc_is_userordered(place->node)) {
        return rc_path_error(edit->target, schema, YANG_BAD_ATTRIBUTE,
                             "only entries of lists that the user orders have "
                             "places");
    }
    json_t *entry = json_incref(json_array_get(place->list, place->index));
    json_array_remove(place->list, place->index);
    struct yang_error *error = NULL;
    size_t at = edit->where == STAGE_FIRST ? 0 : json_array_size(place->list);
    if (edit->where == STAGE_BEFORE || edit->where == STAGE_AFTER) {
        at = find_entry(place->node,
                        &edit->point->segments[edit->point->n - 1],
                        place->list);
        if (at == SIZE_MAX) {
            error = rc_path_error(edit->point, schema, YANG_BAD_ATTRIBUTE,
                                  "the point is not another entry of the "
                                  "list");
        }
        at += edit->where == STAGE_AFTER;
    }
    if (!error) {
        json_array_insert(place->list, at, entry);
    }
    json_decref(entry);
    return error;
}

static struct yang_error *
apply_value(const struct yang_schema *schema, const struct rc_edit *edit,
            struct place *place, json_t *old)
{
    json_t *value;
    struct yang_error *error = find_value(edit, place, &value);
    if (error) {
        return error;
    }
    if (old && edit->op == RC_EDIT_CREATE) {
        return rc_path_error(edit->target, schema, YANG_DATA_EXISTS,
                             "the node is there already");
    }
    if (old && edit->op == RC_EDIT_MERGE) {
        json_t *merged = json_tree_merge(schema, place->node, old, value);
        put(place, merged);
        json_decref(merged);
    } else {
        put(place, value);
    }
    return move(schema, edit, place);
}

static struct yang_error *
apply(const struct yang_schema *schema, const struct rc_edit *edit,
      struct place *place)
{
    json_t *old = json_object_get(place->parent, place->name);
    if (is_multiple(place->node)) {
        place->list = old;
        place->index = find_entry(place->node, place->segment, old);
        old = json_array_get(old, place->index);
    }
    switch (edit->op) {
    case RC_EDIT_CREATE:
    case RC_EDIT_MERGE:
    case RC_EDIT_REPLACE:
        return apply_value(schema, edit, place, old);

    case RC_EDIT_MOVE:
        return (old ? move(schema, edit, place)
                : missing(schema, edit, YANG_DATA_MISSING));

    case RC_EDIT_DELETE:
        if (!old) {
            return missing(schema, edit, YANG_DATA_MISSING);
        }
        /* Fall through. */
    case RC_EDIT_REMOVE:
        if (old) {
            remove_value(place);
        }
        return NULL;
    }
    OVS_NOT_REACHED();
}

struct yang_error *
json_tree_edit(const struct yang_schema *schema, const struct lysc_node *node,
               json_t *root, const struct rc_edit *edit, size_t skip)
{
    const struct rc_path *target = edit->target;
    struct place place = {
        .parent = root,
        .segment = &target->segments[target->n - 1],
        .index = SIZE_MAX,
    };
    bool make = (edit->op == RC_EDIT_CREATE || edit->op == RC_EDIT_MERGE
                 || edit->op == RC_EDIT_REPLACE);

    if (!descend(schema, edit, skip, make, &node, &place.parent)) {
        return (edit->op == RC_EDIT_REMOVE ? NULL
                : edit->op == RC_EDIT_DELETE
                ? missing(schema, edit, YANG_DATA_MISSING)
                : missing(schema, edit, RC_NO_NODE));
    }
    place.node = yang_schema_child(schema, node, place.segment->module,
                                   place.segment->name);
    if (is_multiple(place.node) && !place.segment->has_keys) {
        return rc_path_error(target, schema, YANG_INVALID_VALUE,
                             "one entry of the list must be named by its "
                             "keys");
    }
    place.name = yang_node_json_name(place.node, false);
    struct yang_error *error = apply(schema, edit, &place);
    free(place.name);
    return error;
}
