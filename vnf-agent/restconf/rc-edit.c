/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/restconf/rc-edit.h"

#include <libyang/libyang.h>

#include "util.h"
#include "vnf-agent/datastore/sad-spd.h"
#include "vnf-agent/restconf/json-tree.h"
#include "vnf-agent/restconf/rc-error.h"
#include "vnf-agent/restconf/rc-path.h"
#include "vnf-agent/yang/yang-schema.h"

#define IKELESS "ietf-i2nsf-ikeless"
#define AGENT "sdsa-agent"

/* Kinds of nodes that a path leads to. */
enum target_type {
    TARGET_DATASTORE,
    TARGET_IKELESS,             /* The container of SAD and SPD. */
    TARGET_LIST,                /* The container sad or spd. */
    TARGET_ENTRIES,             /* Its list without a key. */
    TARGET_ENTRY,
    TARGET_IN_ENTRY,            /* Below an entry. */
    TARGET_AGENT,               /* The container of the lease. */
    TARGET_LEASE,
    TARGET_IN_LEASE,
};

struct target {
    enum target_type type;
    enum datastore_list list;   /* Of LIST to IN_ENTRY. */
    const char *name;           /* Of ENTRY and IN_ENTRY: the entry's. */
};

/* Returns the target of 'path', which leads to a configuration node. */
static struct target
classify(const struct rc_path *path)
{
    const struct rc_segment *s = path->segments;
    struct target target = { .type = TARGET_DATASTORE };

    if (path->n && !strcmp(s[0].name, AGENT)) {
        target.type = (path->n == 1 ? TARGET_AGENT
                       : path->n == 2 ? TARGET_LEASE : TARGET_IN_LEASE);
    } else if (path->n == 1) {
        target.type = TARGET_IKELESS;
    } else if (path->n) {
        target.list = (!strcmp(s[1].name,
                               datastore_list_container(DATASTORE_SAD))
                       ? DATASTORE_SAD : DATASTORE_SPD);
        target.name = path->n > 2 && s[2].n_keys ? s[2].keys[0] : NULL;
        target.type = (path->n == 2 ? TARGET_LIST
                       : !target.name ? TARGET_ENTRIES
                       : path->n == 3 ? TARGET_ENTRY : TARGET_IN_ENTRY);
    }
    return target;
}

/* An edit under way. */
struct job {
    struct stage *stage;
    const struct yang_schema *schema;
    const struct rc_edit *edit;
    struct target target;
};

static const struct lysc_node *
list_node(const struct yang_schema *schema, enum datastore_list list)
{
    const struct lysc_node *node = yang_schema_child(schema, NULL, IKELESS,
                                                     "ipsec-ikeless");
    node = yang_schema_child(schema, node, NULL,
                             datastore_list_container(list));
    return yang_schema_child(schema, node, NULL, datastore_list_name(list));
}

static const struct lysc_node *
lease_node(const struct yang_schema *schema)
{
    return yang_schema_child(schema,
                             yang_schema_child(schema, NULL, AGENT, AGENT),
                             NULL, "lease");
}

/* Errors. */

#define bad_value(...)                                                  \
    yang_error_format(YANG_MALFORMED_MESSAGE, "the value must be an "   \
                      "object whose one member is " __VA_ARGS__)

static struct yang_error *
target_error(const struct job *job, int kind, const char *message)
{
    return rc_path_error(job->edit->target, job->schema, kind, message);
}

/* Returns the error of an edit whose target is inside of a node that is not
 * there. */
static struct yang_error *
no_parent(const struct job *job, const char *message)
{
    enum rc_edit_op op = job->edit->op;

    return (op == RC_EDIT_REMOVE ? NULL
            : target_error(job, (op == RC_EDIT_DELETE ? YANG_DATA_MISSING
                                 : RC_NO_NODE), message));
}

/* Returns the value of 'name', the one member of 'object'; or NULL. */
static json_t *
only_member(json_t *object, const char *name)
{
    return json_object_size(object) == 1 ? json_object_get(object, name)
                                         : NULL;
}

/* Refuses members of 'object' other than the two. */
static struct yang_error *
check_members(json_t *object, const char *a, const char *b)
{
    const char *name;
    json_t *value;

    json_object_foreach (object, name, value) {
        if (strcmp(name, a) && strcmp(name, b)) {
            return yang_error_format(YANG_UNKNOWN_ELEMENT,
                                     "only %s%s%s can be there", a,
                                     b[0] ? " and " : "", b);
        }
    }
    return NULL;
}

/* Existence. */

static bool
exists(const struct job *job)
{
    const struct stage *stage = job->stage;
    const struct target *target = &job->target;

    switch (target->type) {
    case TARGET_DATASTORE:
        return true;
    case TARGET_IKELESS:
        return (stage_count(stage, DATASTORE_SAD)
                || stage_count(stage, DATASTORE_SPD));
    case TARGET_LIST:
    case TARGET_ENTRIES:
        return stage_count(stage, target->list);
    case TARGET_ENTRY:
        return stage_get(stage, target->list, target->name) != NULL;
    case TARGET_IN_ENTRY:
        return json_tree_find(job->schema, job->edit->target, 3,
                              stage_get(stage, target->list, target->name),
                              list_node(job->schema, target->list)) != NULL;
    case TARGET_AGENT:
    case TARGET_LEASE:
        return stage_has_lease(stage);
    case TARGET_IN_LEASE: {
        json_t *lease = stage_get_lease(stage);
        bool found = json_tree_find(job->schema, job->edit->target, 2, lease,
                                    lease_node(job->schema)) != NULL;
        json_decref(lease);
        return found;
    }
    }
    OVS_NOT_REACHED();
}

/* Entries. */

/* Stages the entry, merged into the one that is there if the edit merges. */
static struct yang_error *
put_entry(const struct job *job, enum datastore_list list, json_t *entry)
{
    enum rc_edit_op op = job->edit->op;
    const char *name = json_string_value(json_object_get(entry, "name"));
    json_t *old = (op == RC_EDIT_MERGE && name
                   ? stage_get(job->stage, list, name) : NULL);
    json_t *merged = NULL;

    if (old) {
        json_t *copy = json_deep_copy(old);
        merged = json_tree_merge(job->schema, list_node(job->schema, list),
                                 copy, entry);
        json_decref(copy);
    }
    struct yang_error *error = stage_put(job->stage, list,
                                         (op == RC_EDIT_CREATE ? STAGE_CREATE
                                          : STAGE_REPLACE),
                                         merged ? merged : entry);
    json_decref(merged);
    return error;
}

/* Removes the list's entries that are not in 'entries'. */
static void
keep_only(struct stage *stage, enum datastore_list list, json_t *entries)
{
    json_t *names = json_object();
    json_t *old_names = stage_names(stage, list);
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
    json_decref(old_names);
    json_decref(names);
}

/* Gives the list, which has the entries of 'entries', their order. */
static void
reorder(struct stage *stage, enum datastore_list list, json_t *entries)
{
    json_t *names = json_array();
    json_t *entry;
    size_t i;

    json_array_foreach (entries, i, entry) {
        json_array_append(names, json_object_get(entry, "name"));
    }
    stage_reorder(stage, list, names);
    json_decref(names);
}

/* Stages the content of a container sad or spd, {"sad-entry": [...]}, or NULL
 * for an empty one. */
static struct yang_error *
put_list(const struct job *job, enum datastore_list list, json_t *container)
{
    json_t *entries = json_object_get(container, datastore_list_name(list));
    struct yang_error *error = NULL;
    json_t *entry;
    size_t i;

    if (container && (!json_is_object(container)
                      || json_object_size(container) != (entries != NULL)
                      || (entries && !json_is_array(entries)))) {
        return bad_value("\"%s\", an array", datastore_list_name(list));
    }
    if (job->edit->op == RC_EDIT_REPLACE) {
        keep_only(job->stage, list, entries);
    }
    json_array_foreach (entries, i, entry) {
        error = put_entry(job, list, entry);
        if (error) {
            return error;
        }
    }
    if (job->edit->op == RC_EDIT_REPLACE) {
        reorder(job->stage, list, entries);
    }
    return NULL;
}

/* Stages 'top', the content of ipsec-ikeless, or NULL for an empty one. */
static struct yang_error *
put_ikeless(const struct job *job, json_t *top)
{
    struct yang_error *error = NULL;
    if (top) {
        error = sad_spd_unqualify(top, SAD_SPD_PREFIX);
        error = error ? error : check_members(top, "sad", "spd");
    }
    for (enum datastore_list list = 0; !error && list < N_DATASTORE_LISTS;
         list++) {
        error = put_list(job, list,
                         json_object_get(top,
                                         datastore_list_container(list)));
    }
    return error;
}

/* Lease. */

static struct yang_error *
put_lease(const struct job *job, json_t *lease)
{
    json_t *old = stage_get_lease(job->stage);
    struct yang_error *error;

    if (!json_is_object(lease)) {
        error = bad_value("\""AGENT":lease\"");
    } else if (job->edit->op == RC_EDIT_CREATE && old) {
        error = yang_error_create(YANG_DATA_EXISTS,
                                  xstrdup("/"AGENT":"AGENT"/lease"),
                                  xstrdup("the lease is held: merge it"));
    } else {
        error = sad_spd_unqualify(lease, AGENT":");
        json_t *new = (!error && old && job->edit->op == RC_EDIT_MERGE
                       ? json_tree_merge(job->schema, lease_node(job->schema),
                                         old, lease)
                       : json_incref(lease));
        error = error ? error : stage_put_lease(job->stage, new);
        json_decref(new);
    }
    json_decref(old);
    return error;
}

/* Stages 'top', the content of the container of the lease, or NULL for an
 * empty one. */
static struct yang_error *
put_agent(const struct job *job, json_t *top)
{
    struct yang_error *error = NULL;
    json_t *lease;

    if (top) {
        error = sad_spd_unqualify(top, AGENT":");
        error = error ? error : check_members(top, "lease", "");
    }
    lease = json_object_get(top, "lease");
    if (!error && lease) {
        error = put_lease(job, lease);
    } else if (!error && job->edit->op == RC_EDIT_REPLACE
               && stage_has_lease(job->stage)) {
        stage_delete_lease(job->stage);
    }
    return error;
}

/* Putting. */

static struct yang_error *
put_datastore(const struct job *job)
{
    json_t *data = only_member(job->edit->value, "ietf-restconf:data");
    if (!json_is_object(data)) {
        return bad_value("\"ietf-restconf:data\"");
    }
    struct yang_error *error = check_members(data, AGENT":"AGENT,
                                             IKELESS":ipsec-ikeless");
    /* The lease comes first: with it the rest may be written. */
    error = error ? error : put_agent(job, json_object_get(data,
                                                           AGENT":"AGENT));
    return error ? error : put_ikeless(job, json_object_get(
                                           data, IKELESS":ipsec-ikeless"));
}

/* Stages the entry that is the target. */
static struct yang_error *
put_one_entry(const struct job *job)
{
    const struct target *target = &job->target;
    char *member = xasprintf(IKELESS":%s", datastore_list_name(target->list));
    json_t *array = only_member(job->edit->value, member);
    json_t *entry = json_array_get(array, 0);
    struct yang_error *error = (json_array_size(array) == 1
                                ? sad_spd_unqualify(entry, SAD_SPD_PREFIX)
                                : bad_value("\"%s\", an array of one entry",
                                            member));
    free(member);
    if (error) {
        return error;
    }
    const char *name = json_string_value(json_object_get(entry, "name"));
    if (!name || strcmp(name, target->name)) {
        return target_error(job, YANG_INVALID_VALUE,
                            "the entry's name is not that of its resource");
    }
    return put_entry(job, target->list, entry);
}

/* Edits a node below an entry in a copy of that, without its keys. */
static struct yang_error *
edit_in_entry(const struct job *job)
{
    const struct target *target = &job->target;
    json_t *old = stage_get(job->stage, target->list, target->name);
    if (!old) {
        return no_parent(job, "there is no entry of that name");
    }
    struct yang_error *error = NULL;
    const char *name;
    json_t *value;
    json_object_foreach (job->edit->value, name, value) {
        error = error ? error : sad_spd_unqualify(value, SAD_SPD_PREFIX);
    }
    if (error) {
        return error;
    }
    json_t *copy = json_deep_copy(old);
    error = json_tree_edit(job->schema,
                           list_node(job->schema, target->list), copy,
                           job->edit, 3);
    if (!error && !json_equal(json_object_get(copy, "name"),
                              json_object_get(old, "name"))) {
        error = target_error(job, YANG_INVALID_VALUE,
                             "the key of an entry cannot change");
    }
    error = error ? error : stage_put(job->stage, target->list, STAGE_REPLACE,
                                      copy);
    json_decref(copy);
    return error;
}

static struct yang_error *
edit_in_lease(const struct job *job)
{
    json_t *lease = stage_get_lease(job->stage);
    struct yang_error *error
        = (lease ? json_tree_edit(job->schema, lease_node(job->schema), lease,
                                  job->edit, 2)
           : no_parent(job, "nobody holds the lease"));
    if (!error && lease) {
        error = stage_put_lease(job->stage, lease);
    }
    json_decref(lease);
    return error;
}

static struct yang_error *
put(const struct job *job)
{
    json_t *value = job->edit->value;
    struct yang_error *error;

    switch (job->target.type) {
    case TARGET_DATASTORE:
        return put_datastore(job);

    case TARGET_IKELESS: {
        json_t *top = only_member(value, IKELESS":ipsec-ikeless");
        return (json_is_object(top) ? put_ikeless(job, top)
                : bad_value("\""IKELESS":ipsec-ikeless\""));
    }

    case TARGET_LIST: {
        char *name = xasprintf(IKELESS":%s",
                               datastore_list_container(job->target.list));
        json_t *container = only_member(value, name);
        if (container) {
            error = sad_spd_unqualify(container, SAD_SPD_PREFIX);
            error = error ? error : put_list(job, job->target.list,
                                             container);
        } else {
            error = bad_value("%s", name);
        }
        free(name);
        return error;
    }

    case TARGET_ENTRY:
        return put_one_entry(job);

    case TARGET_AGENT: {
        json_t *top = only_member(value, AGENT":"AGENT);
        return (json_is_object(top) ? put_agent(job, top)
                : bad_value("\""AGENT":"AGENT"\""));
    }

    case TARGET_LEASE:
        return put_lease(job, only_member(value, AGENT":lease"));

    case TARGET_ENTRIES:
    case TARGET_IN_ENTRY:
    case TARGET_IN_LEASE:
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

    case TARGET_AGENT:
    case TARGET_LEASE:
        stage_delete_lease(stage);
        return;

    case TARGET_DATASTORE:
    case TARGET_ENTRIES:
    case TARGET_IN_ENTRY:
    case TARGET_IN_LEASE:
        break;
    }
    OVS_NOT_REACHED();
}

/* Moves an entry of the SAD or SPD. */
static struct yang_error *
place(const struct job *job)
{
    const struct rc_path *point = job->edit->point;
    const struct target *target = &job->target;

    if (job->edit->where == STAGE_ANYWHERE) {
        return NULL;
    }
    if (target->type != TARGET_ENTRY) {
        return target_error(job, YANG_BAD_ATTRIBUTE,
                            "only entries of lists that the user orders have "
                            "places");
    }
    return stage_place(job->stage, target->list, target->name,
                       job->edit->where,
                       point ? classify(point).name : NULL);
}

/* Returns an error unless the point is an entry of the list that the target is
 * in. */
static struct yang_error *
check_point(const struct job *job)
{
    const struct rc_edit *edit = job->edit;
    const struct lysc_node *node, *point_node;

    if (edit->where != STAGE_BEFORE && edit->where != STAGE_AFTER) {
        return NULL;
    }
    struct yang_error *error = rc_path_resolve(edit->point, job->schema,
                                               &point_node);
    error = error ? error : rc_path_resolve(edit->target, job->schema, &node);
    if (!error && (point_node != node || !node
                   || !edit->point->segments[edit->point->n - 1].has_keys)) {
        error = yang_error_format(YANG_BAD_ATTRIBUTE,
                                  "the point must be an entry of the list "
                                  "that the target is in");
    }
    return error;
}

static struct yang_error *
check_target(const struct job *job)
{
    const struct lysc_node *node;
    struct yang_error *error = rc_path_resolve(job->edit->target, job->schema,
                                               &node);
    if (error && error->kind == RC_NO_NODE) {
        yang_error_destroy(error);
        return target_error(job, YANG_UNKNOWN_ELEMENT,
                            "there is no such node");
    }
    if (!error && node && node->flags & LYS_CONFIG_R) {
        error = target_error(job, YANG_OPERATION_NOT_SUPPORTED,
                             "this node is state, which cannot be edited");
    }
    return error ? error : check_point(job);
}

static struct yang_error *
run(const struct job *job)
{
    const struct target *target = &job->target;

    if (target->type == TARGET_IN_ENTRY) {
        return edit_in_entry(job);
    } else if (target->type == TARGET_IN_LEASE) {
        return edit_in_lease(job);
    } else if (target->type == TARGET_ENTRIES) {
        return target_error(job, YANG_INVALID_VALUE,
                            "one entry of the list must be named by its key");
    }

    enum rc_edit_op op = job->edit->op;
    if (op == RC_EDIT_CREATE || op == RC_EDIT_MERGE || op == RC_EDIT_REPLACE) {
        struct yang_error *error = put(job);
        return error ? error : place(job);
    }
    if (target->type == TARGET_DATASTORE) {
        return target_error(job, YANG_OPERATION_NOT_SUPPORTED,
                            "the datastore as such stays");
    }
    if (op != RC_EDIT_REMOVE && !exists(job)) {
        return target_error(job, YANG_DATA_MISSING, "there is no such node");
    }
    if (op == RC_EDIT_MOVE) {
        return place(job);
    }
    delete(job->stage, target);
    return NULL;
}

struct yang_error *
rc_edit_stage(struct stage *stage, const struct yang_schema *schema,
              const struct rc_edit *edit)
{
    struct job job = { .stage = stage, .schema = schema, .edit = edit };
    struct yang_error *error = check_target(&job);
    if (!error) {
        job.target = classify(edit->target);
        error = run(&job);
    }
    return error;
}

bool
rc_edit_exists(struct datastore *ds, const struct yang_schema *schema,
               const struct rc_path *path)
{
    const struct rc_edit edit = { .target = path };
    struct job job = { stage_create(ds), schema, &edit, { .name = NULL } };
    struct yang_error *error = check_target(&job);
    bool found = false;

    if (!error) {
        job.target = classify(path);
        found = exists(&job);
    }
    yang_error_destroy(error);
    stage_destroy(job.stage);
    return found;
}
