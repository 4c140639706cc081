/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/datastore/stage.h"

#include <errno.h>

#include "lib/boot-clock.h"
#include "lib/epoch.h"
#include "lib/secret.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"
#include "vnf-agent/backend/backend.h"
#include "vnf-agent/datastore/datastore-file.h"
#include "vnf-agent/datastore/sad-parse.h"
#include "vnf-agent/datastore/sad-spd.h"
#include "vnf-agent/datastore/spd-parse.h"
#include "vnf-agent/datastore/stage-order.h"
#include "vnf-agent/datastore/store.h"
#include "vnf-agent/yang/yang-error.h"
#include "vnf-agent/yang/yang-schema.h"

VLOG_DEFINE_THIS_MODULE(stage);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

struct stage *
stage_create(struct datastore *ds)
{
    struct stage *stage = xzalloc(sizeof *stage);
    stage->ds = ds;
    for (size_t i = 0; i < N_DATASTORE_LISTS; i++) {
        shash_init(&stage->changes[i]);
    }
    shash_init(&stage->places);
    sset_init(&stage->spis);
    sset_init(&stage->buried);
    store_lease_clone(&stage->lease, &ds->lease);
    return stage;
}

struct yang_error *
stage_check_ready(const struct stage *stage)
{
    const char *reason = stage->ds->backend->reason;

    return (stage->ds->loaded ? NULL
            : yang_error_format(YANG_NOT_READY, "the data plane has not "
                                "answered yet (%s): try again",
                                reason ? reason : "it will soon"));
}

void
stage_destroy(struct stage *stage)
{
    if (stage) {
        for (size_t i = 0; i < N_DATASTORE_LISTS; i++) {
            struct shash_node *node;
            SHASH_FOR_EACH (node, &stage->changes[i]) {
                store_entry_destroy(node->data);
            }
            shash_destroy(&stage->changes[i]);
            stage_order_destroy(stage->orders[i]);
        }
        shash_destroy_free_data(&stage->places);
        sset_destroy(&stage->spis);
        sset_destroy(&stage->buried);
        free(stage->lease.holder);
        free(stage);
    }
}

/* Looking. */

static const struct store_entry *
stage_find(const struct stage *stage, enum datastore_list list,
           const char *name)
{
    const struct shash_node *change = shash_find(&stage->changes[list], name);
    return (change ? change->data
            : shash_find_data(&stage->ds->lists[list], name));
}

bool
stage_has_lease(const struct stage *stage)
{
    return stage->lease.held;
}

size_t
stage_count(const struct stage *stage, enum datastore_list list)
{
    return shash_count(&stage->ds->lists[list]) + stage->n_more[list];
}

/* Returns the names of the list's entries in the order of their serials, which
 * are not those of stage->orders. */
static json_t *
sorted_names(const struct stage *stage, enum datastore_list list)
{
    json_t *names = json_array();
    size_t n;
    struct store_named *entries = store_sorted(stage->ds, stage, list, &n);
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(names, json_string(entries[i].name));
    }
    free(entries);
    return names;
}

json_t *
stage_names(const struct stage *stage, enum datastore_list list)
{
    return (stage->orders[list] ? stage_order_names(stage->orders[list])
            : sorted_names(stage, list));
}

json_t *
stage_get(const struct stage *stage, enum datastore_list list,
          const char *name)
{
    const struct store_entry *entry = stage_find(stage, list, name);
    return entry ? entry->json : NULL;
}

json_t *
stage_get_lease(const struct stage *stage)
{
    return store_lease_to_json(&stage->lease);
}

/* Putting. */

/* Replaces the entry 'name' by 'entry' (NULL: deletes it), in its place. */
static void
set_change(struct stage *stage, enum datastore_list list, const char *name,
           struct store_entry *entry)
{
    const struct store_entry *old = stage_find(stage, list, name);
    if (entry) {
        entry->serial = (old ? old->serial
                         : stage->ds->serial + ++stage->n_added);
    }
    stage->n_more[list] += (entry != NULL) - (old != NULL);
    if (stage->orders[list] && !entry) {
        stage_order_remove(stage->orders[list], name);
    } else if (stage->orders[list] && !old) {
        stage_order_append(stage->orders[list], name);
    }
    store_entry_destroy(shash_replace(&stage->changes[list], name, entry));
    stage->edited = true;
}

static struct yang_error *
validate(const struct stage *stage, enum datastore_list list, json_t *entry)
{
    json_t *data = json_pack("{s:{s:{s:[O]}}}",
                             "ietf-i2nsf-ikeless:ipsec-ikeless",
                             datastore_list_container(list),
                             datastore_list_name(list), entry);
    struct yang_error *error = yang_schema_validate(stage->ds->schema, data);
    json_decref(data);
    return error;
}

/* Returns the error-path of an entry of 'list'.  Caller frees. */
static char *
entry_path(enum datastore_list list, const char *name)
{
    return xasprintf("/ietf-i2nsf-ikeless:ipsec-ikeless/%s/%s[name='%s']",
                     datastore_list_container(list),
                     datastore_list_name(list), name);
}

/* Returns an error unless 'sa', whose name the SAD does not have, may come
 * into it. */
static struct yang_error *
check_new_sa(const struct stage *stage, const struct sa *sa)
{
    char id[STORE_SA_ID_LEN];
    store_sa_id(sa->direction, sa->spi, id);

    const struct store_entry *user = shash_find_data(&stage->ds->spis, id);
    bool used = (user
                 && stage_find(stage, DATASTORE_SAD, user->sa->name) == user);
    if (used || sset_contains(&stage->spis, id)) {
        return yang_error_create(
            YANG_DATA_EXISTS, entry_path(DATASTORE_SAD, sa->name),
            xasprintf("the %s SPI 0x%08"PRIx32" is that of another SA%s%s",
                      sa_direction_to_string(sa->direction), sa->spi,
                      used ? ", " : "", used ? user->sa->name : ""));
    }
    long long int until = store_tombstone(stage->ds, id);
    if (until || sset_contains(&stage->buried, id)) {
        long long int left_s = (until
                                ? (until - boot_clock_ms()) / 1000 + 1
                                : stage->ds->tombstone_s);
        return yang_error_create(
            YANG_DATA_EXISTS, entry_path(DATASTORE_SAD, sa->name),
            xasprintf("the %s SPI 0x%08"PRIx32" was deleted and stays unused "
                      "for %lld s more: take another SPI and key",
                      sa_direction_to_string(sa->direction), sa->spi, left_s));
    }
    return NULL;
}

/* Stages 'sa', of which ownership is taken. */
static struct yang_error *
put_sa(struct stage *stage, const struct store_entry *old, json_t *entry,
       struct sa *sa)
{
    if (old && sa_equal(old->sa, sa)) {
        sa_destroy(sa);
        return NULL;
    }
    struct yang_error *error
        = (!old ? check_new_sa(stage, sa)
           : yang_error_create(
               YANG_DATA_EXISTS, entry_path(DATASTORE_SAD, sa->name),
               xstrdup("an SA never changes, and this one differs from the "
                       "one of that name: make a new one with another name, "
                       "SPI and key")));
    if (error) {
        sa_destroy(sa);
        return error;
    }

    char id[STORE_SA_ID_LEN];
    sset_add(&stage->spis, store_sa_id(sa->direction, sa->spi, id));
    set_change(stage, DATASTORE_SAD, sa->name,
               store_entry_create(entry, sa, NULL));
    return NULL;
}

static struct yang_error *
put_policy(struct stage *stage, enum stage_mode mode,
           const struct store_entry *old, json_t *entry,
           struct policy *policy)
{
    if (old && mode == STAGE_CREATE && !policy_equal(old->policy, policy)) {
        struct yang_error *error = yang_error_create(
            YANG_DATA_EXISTS, entry_path(DATASTORE_SPD, policy->name),
            xstrdup("another policy of that name exists"));
        policy_destroy(policy);
        return error;
    }
    if (old && policy_equal(old->policy, policy)
        && json_equal(old->json, entry)) {
        policy_destroy(policy);
        return NULL;
    }
    set_change(stage, DATASTORE_SPD, policy->name,
               store_entry_create(entry, NULL, policy));
    return NULL;
}

static struct yang_error *
put_valid(struct stage *stage, enum datastore_list list, enum stage_mode mode,
          json_t *entry, const struct sad_keys *keys)
{
    const char *name = json_string_value(json_object_get(entry, "name"));
    const struct store_entry *old = stage_find(stage, list, name);
    const struct own_ips *own_ips = stage->ds->own_ips;
    struct yang_error *error;

    if (list == DATASTORE_SAD) {
        struct sa *sa;
        error = sad_parse(entry, own_ips, keys, old ? old->sa : NULL, &sa);
        sad_keys_strip(entry);
        return error ? error : put_sa(stage, old, entry, sa);
    }
    struct policy *policy;
    error = spd_parse(entry, own_ips, &policy);
    return error ? error : put_policy(stage, mode, old, entry, policy);
}

struct yang_error *
stage_put(struct stage *stage, enum datastore_list list, enum stage_mode mode,
          json_t *entry)
{
    struct sad_keys keys = { .encryption = NULL };
    struct yang_error *error = sad_spd_unqualify(entry, SAD_SPD_PREFIX);
    if (!error && list == DATASTORE_SAD) {
        error = sad_keys_pop(entry, &keys);
    }
    error = error ? error : validate(stage, list, entry);
    if (!error) {
        stage->edited = true;
        error = put_valid(stage, list, mode, entry, &keys);
    }
    sad_keys_destroy(&keys);
    return error;
}

/* Places. */

/* Gives the policy the last place. */
static void
move_policy_last(struct stage *stage, const char *name)
{
    const struct store_entry *old = stage_find(stage, DATASTORE_SPD, name);
    struct store_entry *new = store_entry_create(old->json, NULL,
                                                 policy_clone(old->policy));
    /* The deletion gives its place up. */
    set_change(stage, DATASTORE_SPD, name, NULL);
    set_change(stage, DATASTORE_SPD, name, new);
}

/* Gives the SA the last place.  The data plane does not know the order of SAs:
 * it is not told. */
static void
move_sa_last(struct stage *stage, const char *name)
{
    uint64_t serial = stage->ds->serial + ++stage->n_added;
    free(shash_replace(&stage->places, name, xmemdup(&serial, sizeof serial)));
    stage->edited = true;
}

/* Gives the entries of the list the order of 'names', which are all of
 * them. */
static void
reorder(struct stage *stage, enum datastore_list list, const json_t *names)
{
    json_t *old_names = sorted_names(stage, list);
    const json_t *name;
    bool same = true;
    size_t i;

    json_array_foreach (names, i, name) {
        same = same && json_equal(name, json_array_get(old_names, i));
        if (!same && list == DATASTORE_SAD) {
            move_sa_last(stage, json_string_value(name));
        } else if (!same) {
            move_policy_last(stage, json_string_value(name));
        }
    }
    json_decref(old_names);
}

/* Gives entries the places that stage_place() noted, and forgets these. */
static void
settle_places(struct stage *stage)
{
    for (size_t i = 0; i < N_DATASTORE_LISTS; i++) {
        struct stage_order *order = stage->orders[i];
        stage->orders[i] = NULL;
        if (order) {
            json_t *names = stage_order_names(order);
            reorder(stage, i, names);
            json_decref(names);
            stage_order_destroy(order);
        }
    }
}

void
stage_reorder(struct stage *stage, enum datastore_list list,
              const json_t *names)
{
    settle_places(stage);
    reorder(stage, list, names);
}

struct yang_error *
stage_place(struct stage *stage, enum datastore_list list, const char *name,
            enum stage_where where, const char *point)
{
    if (where == STAGE_ANYWHERE) {
        return NULL;
    }
    if (!stage->orders[list]) {
        json_t *names = sorted_names(stage, list);
        stage->orders[list] = stage_order_create(names);
        json_decref(names);
    }
    stage->edited = true;
    bool before = where == STAGE_FIRST || where == STAGE_BEFORE;
    bool by_point = where == STAGE_BEFORE || where == STAGE_AFTER;
    return (stage_order_move(stage->orders[list], name, before,
                             by_point ? point : NULL)
            ? NULL
            : yang_error_create(YANG_BAD_ATTRIBUTE, entry_path(list, point),
                                xstrdup("the point is not another entry of "
                                        "the list")));
}

/* Deleting. */

void
stage_delete(struct stage *stage, enum datastore_list list, const char *name)
{
    const struct store_entry *old = stage_find(stage, list, name);

    stage->edited = true;
    if (!old) {
        return;
    }
    if (old->sa) {
        char id[STORE_SA_ID_LEN];
        store_sa_id(old->sa->direction, old->sa->spi, id);
        sset_find_and_delete(&stage->spis, id);
        sset_add(&stage->buried, id);
    }
    set_change(stage, list, name, NULL);
}

void
stage_clear(struct stage *stage, enum datastore_list list)
{
    size_t n;
    if (!stage_count(stage, list)) {
        stage->edited = true;
        return;
    }
    struct store_named *entries = store_sorted(stage->ds, stage, list, &n);
    for (size_t i = 0; i < n; i++) {
        char *name = xstrdup(entries[i].name);
        stage_delete(stage, list, name);
        free(name);
    }
    free(entries);
    stage->edited = true;
}

/* Lease. */

struct yang_error *
stage_put_lease(struct stage *stage, json_t *json)
{
    struct yang_error *error = sad_spd_unqualify(json, "sdsa-agent:");
    if (error) {
        return error;
    }
    json_t *data = json_pack("{s:{s:O}}", "sdsa-agent:sdsa-agent", "lease",
                             json);
    error = yang_schema_validate(stage->ds->schema, data);
    json_decref(data);
    if (error) {
        return error;
    }

    const char *holder = json_string_value(json_object_get(json, "holder"));
    uint64_t epoch = sad_spd_get_uint(json, "epoch", 0);
    /* Until somebody has written the last one is 0. */
    if (stage->lease.epoch && epoch_is_over(epoch, stage->lease.epoch)) {
        return yang_error_create(
            YANG_LOCK_DENIED, xstrdup("/sdsa-agent:sdsa-agent/lease/epoch"),
            xasprintf("epoch %"PRIu64" is over: %s%s%"PRIu64" is the last one "
                      "that wrote here", epoch,
                      stage->lease.holder ? stage->lease.holder : "",
                      stage->lease.holder ? " with " : "",
                      stage->lease.epoch));
    }
    stage->lease_first |= !stage->edited;
    stage->lease_edited |= (!stage->lease.held || epoch != stage->lease.epoch
                            || !nullable_string_is_equal(
                                holder, stage->lease.holder));
    stage->edited = true;
    stage->lease.held = true;
    stage->lease.epoch = epoch;
    free(stage->lease.holder);
    stage->lease.holder = nullable_xstrdup(holder);
    return NULL;
}

void
stage_delete_lease(struct stage *stage)
{
    stage->edited = true;
    stage->lease_edited |= stage->lease.held;
    stage->lease.held = false;
}

/* Committing. */

/* Adds an edit for each new or changed entry of 'list', in their order: the
 * first policy that fits is the one that counts. */
static void
add_new_entries(const struct stage *stage, enum datastore_list list,
                enum backend_edit_type type, struct ovs_list *edits)
{
    size_t n;
    struct store_named *entries = store_sorted(stage->ds, stage, list, &n);
    for (size_t i = 0; i < n; i++) {
        if (shash_find(&stage->changes[list], entries[i].name)) {
            const struct store_entry *entry = entries[i].entry;
            backend_edit_add(edits, type, entry->sa, entry->policy);
        }
    }
    free(entries);
}

/* Lists the edits for the backend: SAs come before the policies that use them
 * and go after them. */
static void
list_edits(const struct stage *stage, struct ovs_list *edits)
{
    const struct shash *sad = &stage->changes[DATASTORE_SAD];
    const struct shash *spd = &stage->changes[DATASTORE_SPD];
    const struct shash_node *node;
    const struct store_entry *old;

    ovs_list_init(edits);
    add_new_entries(stage, DATASTORE_SAD, BACKEND_SA_ADD, edits);
    SHASH_FOR_EACH (node, spd) {
        const struct store_entry *new = node->data;
        old = shash_find_data(&stage->ds->lists[DATASTORE_SPD], node->name);
        if (old && (!new || new->serial != old->serial)) {
            backend_edit_add(edits, BACKEND_POLICY_DELETE, NULL, old->policy);
        }
    }
    add_new_entries(stage, DATASTORE_SPD, BACKEND_POLICY_SET, edits);
    SHASH_FOR_EACH (node, sad) {
        old = shash_find_data(&stage->ds->lists[DATASTORE_SAD], node->name);
        if (old) {
            backend_edit_add(edits, BACKEND_SA_DELETE, old->sa, NULL);
        }
    }
}

/* Returns a backend's errno as an error.  Takes ownership of 'message'. */
static struct yang_error *
backend_error(int error, char *message)
{
    return yang_error_create(
        (error == EEXIST ? YANG_DATA_EXISTS
         : error == ENOENT ? YANG_DATA_MISSING
         : error == ENOSPC ? YANG_RESOURCE_DENIED
         : error == EINVAL || error == ENOTSUP ? YANG_INVALID_VALUE
         : YANG_OPERATION_FAILED), NULL,
        message ? message : xasprintf("data plane: %s", ovs_strerror(error)));
}

static struct yang_error *
apply(struct datastore *ds, struct ovs_list *edits)
{
    char *message = NULL;

    int error = (ovs_list_is_empty(edits) ? 0
                 : ds->backend->class->apply(ds->backend, edits, &message));
    if (!error) {
        return NULL;
    }
    if (error == ETIMEDOUT || error == ECONNRESET) {
        ds->in_doubt = true;
    }
    VLOG_INFO_RL(&rl, "refused by the data plane: %s",
                 message ? message : ovs_strerror(error));
    return backend_error(error, message);
}

/* Moves the stage's changes to the datastore. */
static void
move_changes(struct stage *stage)
{
    struct datastore *ds = stage->ds;
    const char *id;

    for (size_t i = 0; i < N_DATASTORE_LISTS; i++) {
        struct shash_node *node;
        SHASH_FOR_EACH (node, &stage->changes[i]) {
            struct store_entry *entry = node->data;
            struct shash_node *old = shash_find(&ds->lists[i], node->name);
            if (old) {
                store_remove(ds, i, old);
            }
            if (entry) {
                if (entry->sa) {
                    secret_destroy(entry->sa->key);
                    entry->sa->key = NULL;
                }
                store_insert(ds, i, node->name, entry);
                node->data = NULL;
            }
        }
    }
    SSET_FOR_EACH (id, &stage->buried) {
        store_bury(ds, id);
    }
    const struct shash_node *place;
    SHASH_FOR_EACH (place, &stage->places) {
        struct store_entry *entry = shash_find_data(&ds->lists[DATASTORE_SAD],
                                                    place->name);
        if (entry) {
            entry->serial = *(const uint64_t *) place->data;
            ds->serial = MAX(ds->serial, entry->serial);
        }
    }
    free(ds->lease.holder);
    store_lease_clone(&ds->lease, &stage->lease);
    store_changed(ds);
}

/* Forgets tombstones that are over. */
static void
purge_tombstones(struct datastore *ds)
{
    struct shash_node *node;
    SHASH_FOR_EACH_SAFE (node, &ds->tombstones) {
        if (!store_tombstone(ds, node->name)) {
            free(node->data);
            shash_delete(&ds->tombstones, node);
        }
    }
}

static bool
stage_is_noop(const struct stage *stage)
{
    return (shash_is_empty(&stage->changes[DATASTORE_SAD])
            && shash_is_empty(&stage->changes[DATASTORE_SPD])
            && shash_is_empty(&stage->places)
            && !stage->lease_edited);
}

/* True if 'stage' removes SAs or policies and does nothing else, but for the
 * lease.  That must be possible with a full disk too, so that keys go when
 * they are to go: after a restart the file's entries that the data plane does
 * not hold are dropped. */
static bool
stage_removes(const struct stage *stage)
{
    const struct shash_node *node;
    bool removes = false;

    for (size_t i = 0; i < N_DATASTORE_LISTS; i++) {
        SHASH_FOR_EACH (node, &stage->changes[i]) {
            if (node->data) {
                return false;
            }
            removes = true;
        }
    }
    return removes && shash_is_empty(&stage->places);
}

struct yang_error *
stage_commit(struct stage *stage)
{
    struct datastore *ds = stage->ds;
    struct backend_edit *edit;
    struct ovs_list edits;

    if (ds->lease.held && !stage->lease_first) {
        return yang_error_create(
            YANG_LOCK_DENIED, xstrdup("/sdsa-agent:sdsa-agent/lease"),
            xasprintf("%s holds the lease with epoch %"PRIu64": only a YANG "
                      "Patch may write whose first edit merges the lease with "
                      "an epoch that is not lower",
                      ds->lease.holder ? ds->lease.holder : "a controller",
                      ds->lease.epoch));
    }
    settle_places(stage);
    if (stage_is_noop(stage)) {
        return NULL;
    }

    purge_tombstones(ds);
    char *message = datastore_file_prepare(ds, stage);
    bool saved = !message;
    if (message) {
        VLOG_WARN_RL(&rl, "%s", message);
    }
    if (message && stage_removes(stage)) {
        free(message);
    } else if (message) {
        return yang_error_create(YANG_OPERATION_FAILED, NULL, message);
    }
    list_edits(stage, &edits);
    struct yang_error *error = apply(ds, &edits);
    LIST_FOR_EACH_POP (edit, node, &edits) {
        free(edit);
    }
    if (error) {
        datastore_file_abort(ds);
        return error;
    }
    saved = saved && datastore_file_commit(ds);
    ds->unsaved_ms = saved ? 0 : time_msec();
    move_changes(stage);
    return NULL;
}
