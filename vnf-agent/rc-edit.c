/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/rc-edit.h"

#include "openvswitch/dynamic-string.h"
#include "util.h"
#include "vnf-agent/datastore.h"
#include "vnf-agent/rc-error.h"
#include "vnf-agent/rc-path.h"
#include "vnf-agent/sad-spd.h"
#include "vnf-agent/yang-schema.h"

#define IKELESS "ietf-i2nsf-ikeless"
#define AGENT "sdsa-agent"

/* What a path leads to. */
enum target_type {
    TARGET_IKELESS,             /* The container of both. */
    TARGET_LIST,                /* The container sad or spd. */
    TARGET_ENTRY,
    TARGET_LEASE,
    TARGET_OTHER,               /* Cannot be edited. */
};

struct target {
    enum target_type type;
    enum datastore_list list;   /* TARGET_LIST, TARGET_ENTRY. */
    const char *name;           /* TARGET_ENTRY: of the entry. */
};

static struct target
classify(const struct rc_path *path)
{
    static const struct target other = { .type = TARGET_OTHER };
    const struct rc_segment *s = path->segments;

    if (path->n == 2 && rc_segment_is(&s[0], true, AGENT, "sdsa-agent")
        && rc_segment_is(&s[1], false, AGENT, "lease")) {
        return (struct target) { .type = TARGET_LEASE };
    }
    if (!path->n || path->n > 3
        || !rc_segment_is(&s[0], true, IKELESS, "ipsec-ikeless")) {
        return other;
    }
    if (path->n == 1) {
        return (struct target) { .type = TARGET_IKELESS };
    }
    for (enum datastore_list list = 0; list < N_DATASTORE_LISTS; list++) {
        if (!rc_segment_is(&s[1], false, IKELESS,
                           datastore_list_container(list))) {
            continue;
        }
        if (path->n == 2) {
            return (struct target) { .type = TARGET_LIST, .list = list };
        }
        if (rc_segment_is(&s[2], false, IKELESS, datastore_list_name(list))
            && s[2].n_keys == 1) {
            return (struct target) { .type = TARGET_ENTRY, .list = list,
                                     .name = s[2].keys[0] };
        }
    }
    return other;
}

/* Why 'path' cannot be edited. */
static struct rc_error *
refuse_target(const struct yang_schema *schema, const struct rc_path *path)
{
    const struct lysc_node *node = NULL;
    struct ds text = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < path->n; i++) {
        const struct rc_segment *s = &path->segments[i];
        ds_put_format(&text, "/%s%s%s", s->module ? s->module : "",
                      s->module ? ":" : "", s->name);
        node = yang_schema_child(schema, node, s->module, s->name);
        if (!node) {
            break;
        }
    }
    struct rc_error *error
        = (path->n && !node
           ? rc_error_format(400, "unknown-element", "%s: no such node",
                             ds_cstr(&text))
           : rc_error_format(405, "operation-not-supported",
                             "%s cannot be edited: edit whole entries of "
                             "SAD and SPD, or the lease", ds_cstr(&text)));
    ds_destroy(&text);
    return error;
}

bool
rc_edit_exists(const struct stage *stage, const struct rc_path *path)
{
    struct target target = classify(path);
    switch (target.type) {
    case TARGET_IKELESS:
        return (stage_count(stage, DATASTORE_SAD)
                || stage_count(stage, DATASTORE_SPD));
    case TARGET_LIST:
        return stage_count(stage, target.list);
    case TARGET_ENTRY:
        return stage_has(stage, target.list, target.name);
    case TARGET_LEASE:
        return stage_has_lease(stage);
    case TARGET_OTHER:
        return false;
    }
    OVS_NOT_REACHED();
}

/* Values. */

static struct rc_error *
bad_value(const char *expected)
{
    return rc_error_format(400, "malformed-message",
                           "the value must be an object whose one member is "
                           "%s", expected);
}

/* The value of the one member 'name' of 'object', or NULL. */
static json_t *
only_member(json_t *object, const char *name)
{
    return json_object_size(object) == 1 ? json_object_get(object, name)
                                         : NULL;
}

static enum stage_mode
put_mode(enum rc_edit_op op)
{
    return (op == RC_EDIT_CREATE ? STAGE_CREATE
            : op == RC_EDIT_MERGE ? STAGE_MERGE : STAGE_REPLACE);
}

/* Stages all entries of the array 'entries'. */
static struct rc_error *
put_entries(struct stage *stage, enum datastore_list list,
            enum stage_mode mode, json_t *entries)
{
    struct rc_error *error = NULL;
    json_t *entry;
    size_t i;

    json_array_foreach (entries, i, entry) {
        error = stage_put(stage, list, mode, entry);
        if (error) {
            break;
        }
    }
    return error;
}

/* Removes what 'entries' does not name. */
static void
keep_only(struct stage *stage, enum datastore_list list, json_t *old_names,
          json_t *entries)
{
    json_t *names = json_object();
    const json_t *entry, *name;
    size_t i;

    json_array_foreach (entries, i, entry) {
        name = json_object_get(entry, "name");
        if (json_is_string(name)) {
            json_object_set_new(names, json_string_value(name), json_true());
        }
    }
    json_array_foreach (old_names, i, name) {
        if (!json_object_get(names, json_string_value(name))) {
            stage_delete(stage, list, json_string_value(name));
        }
    }
    json_decref(names);
}

/* Stages the content of a container sad or spd: {"sad-entry": [...]}, or NULL
 * for nothing. */
static struct rc_error *
put_list(struct stage *stage, enum datastore_list list, enum rc_edit_op op,
         json_t *container)
{
    json_t *entries = json_object_get(container, datastore_list_name(list));

    if (container && (!json_is_object(container)
                      || json_object_size(container) != (entries != NULL)
                      || (entries && !json_is_array(entries)))) {
        char *expected = xasprintf("\"%s\", an array",
                                   datastore_list_name(list));
        struct rc_error *error = bad_value(expected);
        free(expected);
        return error;
    }
    if (op == RC_EDIT_REPLACE) {
        json_t *old_names = stage_names(stage, list);
        keep_only(stage, list, old_names, entries);
        json_decref(old_names);
    }
    struct rc_error *error = put_entries(stage, list, put_mode(op), entries);
    if (!error && op == RC_EDIT_REPLACE && list == DATASTORE_SPD) {
        stage_reorder_policies(stage, entries);
    }
    return error;
}

static struct rc_error *
put_ikeless(struct stage *stage, enum rc_edit_op op, json_t *value)
{
    json_t *top = only_member(value, IKELESS":ipsec-ikeless");
    const char *name;
    json_t *member;

    if (!json_is_object(top)) {
        return bad_value("\""IKELESS":ipsec-ikeless\"");
    }
    struct rc_error *error = sad_spd_unqualify(top, SAD_SPD_PREFIX);
    if (error) {
        return error;
    }
    json_object_foreach (top, name, member) {
        if (strcmp(name, "sad") && strcmp(name, "spd")) {
            return rc_error_format(400, "unknown-element",
                                   "ipsec-ikeless has no such member, only "
                                   "sad and spd");
        }
    }
    for (enum datastore_list list = 0; list < N_DATASTORE_LISTS; list++) {
        error = put_list(stage, list, op,
                         json_object_get(top, datastore_list_container(list)));
        if (error) {
            return error;
        }
    }
    return NULL;
}

static struct rc_error *
put_entry(struct stage *stage, enum rc_edit_op op, const struct target *target,
          json_t *value)
{
    char *member = xasprintf(IKELESS":%s", datastore_list_name(target->list));
    json_t *array = only_member(value, member);
    struct rc_error *error = NULL;

    if (json_array_size(array) != 1) {
        char *expected = xasprintf("\"%s\", an array of one entry", member);
        error = bad_value(expected);
        free(expected);
    }
    free(member);
    if (error) {
        return error;
    }

    json_t *entry = json_array_get(array, 0);
    error = sad_spd_unqualify(entry, SAD_SPD_PREFIX);
    if (error) {
        return error;
    }
    const char *name = json_string_value(json_object_get(entry, "name"));
    if (!name || strcmp(name, target->name)) {
        return rc_error_format(400, "invalid-value",
                               "the entry's name is not that of its resource, "
                               "%s", target->name);
    }
    return put_entries(stage, target->list, put_mode(op), array);
}

static struct rc_error *
put_lease(struct stage *stage, enum rc_edit_op op, json_t *value)
{
    json_t *lease = only_member(value, AGENT":lease");
    if (!json_is_object(lease)) {
        return bad_value("\""AGENT":lease\"");
    }
    if (op == RC_EDIT_CREATE && stage_has_lease(stage)) {
        return rc_error_create(409, "data-exists",
                               xstrdup("/"AGENT":sdsa-agent/lease"),
                               xstrdup("the lease is held: merge it"));
    }
    return stage_put_lease(stage, lease);
}

static struct rc_error *
put(struct stage *stage, enum rc_edit_op op, const struct target *target,
    json_t *value)
{
    switch (target->type) {
    case TARGET_IKELESS:
        return put_ikeless(stage, op, value);

    case TARGET_LIST: {
        char *name = xasprintf(IKELESS":%s",
                               datastore_list_container(target->list));
        json_t *container = only_member(value, name);
        struct rc_error *error;
        if (container) {
            error = sad_spd_unqualify(container, SAD_SPD_PREFIX);
            error = error ? error : put_list(stage, target->list, op,
                                             container);
        } else {
            error = bad_value(name);
        }
        free(name);
        return error;
    }

    case TARGET_ENTRY:
        return put_entry(stage, op, target, value);

    case TARGET_LEASE:
        return put_lease(stage, op, value);

    case TARGET_OTHER:
        break;
    }
    OVS_NOT_REACHED();
}

static void
delete(struct stage *stage, const struct target *target)
{
    switch (target->type) {
    case TARGET_IKELESS:
        stage_clear(stage, DATASTORE_SPD);
        stage_clear(stage, DATASTORE_SAD);
        return;

    case TARGET_LIST:
        stage_clear(stage, target->list);
        return;

    case TARGET_ENTRY:
        stage_delete(stage, target->list, target->name);
        return;

    case TARGET_LEASE:
        stage_delete_lease(stage);
        return;

    case TARGET_OTHER:
        break;
    }
    OVS_NOT_REACHED();
}

struct rc_error *
rc_edit(struct stage *stage, const struct yang_schema *schema,
        enum rc_edit_op op, const struct rc_path *path, json_t *value)
{
    struct target target = classify(path);

    if (target.type == TARGET_OTHER) {
        return refuse_target(schema, path);
    }
    switch (op) {
    case RC_EDIT_DELETE:
        if (!rc_edit_exists(stage, path)) {
            return rc_error_format(409, "data-missing",
                                   "there is nothing to delete");
        }
        /* Fall through. */
    case RC_EDIT_REMOVE:
        delete(stage, &target);
        return NULL;

    case RC_EDIT_CREATE:
    case RC_EDIT_MERGE:
    case RC_EDIT_REPLACE:
        return put(stage, op, &target, value);
    }
    OVS_NOT_REACHED();
}
