/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/datastore-private.h"

#include <errno.h>

#include "lib/secret.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"
#include "vnf-agent/backend.h"
#include "vnf-agent/rc-error.h"
#include "vnf-agent/sad-spd.h"
#include "vnf-agent/yang-schema.h"

VLOG_DEFINE_THIS_MODULE(datastore_stage);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

struct stage *
stage_create(struct datastore *ds)
{
    struct stage *stage = xzalloc(sizeof *stage);
    stage->ds = ds;
    for (size_t i = 0; i < N_DATASTORE_LISTS; i++) {
        shash_init(&stage->changes[i]);
    }
    sset_init(&stage->spis);
    sset_init(&stage->buried);
    lease_clone(&stage->lease, &ds->lease);
    return stage;
}

void
stage_destroy(struct stage *stage)
{
    if (stage) {
        for (size_t i = 0; i < N_DATASTORE_LISTS; i++) {
            struct shash_node *node;
            SHASH_FOR_EACH (node, &stage->changes[i]) {
                struct change *change = node->data;
                entry_destroy(change->entry);
                free(change);
            }
            shash_destroy(&stage->changes[i]);
        }
        sset_destroy(&stage->spis);
        sset_destroy(&stage->buried);
        free(stage->lease.holder);
        free(stage);
    }
}

/* Looking. */

static const struct entry *
stage_find(const struct stage *stage, enum datastore_list list,
           const char *name)
{
    const struct change *change = shash_find_data(&stage->changes[list], name);
    return (change ? change->entry
            : shash_find_data(&stage->ds->lists[list], name));
}

bool
stage_has(const struct stage *stage, enum datastore_list list,
          const char *name)
{
    return stage_find(stage, list, name) != NULL;
}

bool
stage_has_lease(const struct stage *stage)
{
    return stage->lease.held;
}

size_t
stage_count(const struct stage *stage, enum datastore_list list)
{
    size_t n;
    free(datastore_sorted(stage->ds, stage, list, &n));
    return n;
}

json_t *
stage_names(const struct stage *stage, enum datastore_list list)
{
    json_t *names = json_array();
    size_t n;
    struct named_entry *entries = datastore_sorted(stage->ds, stage, list, &n);
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(names, json_string(entries[i].name));
    }
    free(entries);
    return names;
}

/* Putting. */

/* 'entry' (NULL: deleted) keeps the place of the one that it replaces. */
static void
set_change(struct stage *stage, enum datastore_list list, const char *name,
           struct entry *entry)
{
    const struct entry *old = stage_find(stage, list, name);
    if (entry) {
        entry->serial = (old ? old->serial
                         : stage->ds->serial + ++stage->n_added);
    }
    struct change *change = shash_find_data(&stage->changes[list], name);
    if (!change) {
        change = xzalloc(sizeof *change);
        shash_add(&stage->changes[list], name, change);
    }
    entry_destroy(change->entry);
    change->entry = entry;
    stage->edited = true;
}

static json_t *
wrap(enum datastore_list list, json_t *entry)
{
    return json_pack("{s:{s:{s:[O]}}}", "ietf-i2nsf-ikeless:ipsec-ikeless",
                     datastore_list_container(list),
                     datastore_list_name(list), entry);
}

/* Validates '*entry', merged into 'old' if that is nonnull; '*entry' then is
 * the outcome, and the reference is the caller's. */
static struct rc_error *
validate(const struct stage *stage, enum datastore_list list,
         const struct entry *old, json_t **entryp)
{
    const struct yang_schema *schema = stage->ds->schema;
    json_t *data = wrap(list, *entryp);
    struct rc_error *error;

    if (old) {
        json_t *old_data = wrap(list, old->json);
        json_t *merged;
        error = yang_schema_merge(schema, old_data, data, &merged);
        json_decref(old_data);
        if (!error) {
            json_t *top = json_object_get(merged,
                                          "ietf-i2nsf-ikeless:ipsec-ikeless");
            json_t *entries = json_object_get(
                json_object_get(top, datastore_list_container(list)),
                datastore_list_name(list));
            *entryp = json_incref(json_array_get(entries, 0));
            json_decref(merged);
        }
    } else {
        error = yang_schema_validate(schema, data);
        json_incref(*entryp);
    }
    json_decref(data);
    return error;
}

/* Says where an entry of 'list' is, for an error-path. */
static char *
entry_path(enum datastore_list list, const char *name)
{
    return xasprintf("/ietf-i2nsf-ikeless:ipsec-ikeless/%s/%s[name='%s']",
                     datastore_list_container(list),
                     datastore_list_name(list), name);
}

/* May 'sa' come into the SAD, where no entry has its name? */
static struct rc_error *
check_new_sa(const struct stage *stage, const struct sa *sa)
{
    char id[SA_ID_LEN];
    sa_id(sa->direction, sa->spi, id);

    const struct entry *user = shash_find_data(&stage->ds->spis, id);
    bool used = (user
                 && stage_find(stage, DATASTORE_SAD, user->sa->name) == user);
    if (used || sset_contains(&stage->spis, id)) {
        return rc_error_create(
            409, "data-exists", entry_path(DATASTORE_SAD, sa->name),
            xasprintf("the %s SPI 0x%08"PRIx32" is that of another SA%s%s",
                      sa_direction_to_string(sa->direction), sa->spi,
                      used ? ", " : "", used ? user->sa->name : ""));
    }
    long long int until = datastore_tombstone(stage->ds, id);
    if (until || sset_contains(&stage->buried, id)) {
        long long int left_s = (until
                                ? (until - time_wall_msec()) / 1000 + 1
                                : stage->ds->tombstone_s);
        return rc_error_create(
            409, "data-exists", entry_path(DATASTORE_SAD, sa->name),
            xasprintf("the %s SPI 0x%08"PRIx32" was deleted and stays unused "
                      "for %lld s more: take another SPI and key",
                      sa_direction_to_string(sa->direction), sa->spi, left_s));
    }
    return NULL;
}

/* Stages 'sa', of which ownership is taken. */
static struct rc_error *
put_sa(struct stage *stage, const struct entry *old, json_t *entry,
       struct sa *sa)
{
    struct rc_error *error = NULL;

    if (old && sa_equal(old->sa, sa)) {
        sa_destroy(sa);
        return NULL;
    }
    if (old) {
        error = rc_error_create(
            409, "data-exists", entry_path(DATASTORE_SAD, sa->name),
            xstrdup("an SA never changes, and this one differs from the one of "
                    "that name: make a new one with another name, SPI and "
                    "key"));
    } else {
        error = check_new_sa(stage, sa);
    }
    if (error) {
        sa_destroy(sa);
        return error;
    }

    char id[SA_ID_LEN];
    sset_add(&stage->spis, sa_id(sa->direction, sa->spi, id));
    struct entry *new = xzalloc(sizeof *new);
    new->json = json_incref(entry);
    new->sa = sa;
    set_change(stage, DATASTORE_SAD, sa->name, new);
    return NULL;
}

static struct rc_error *
put_policy(struct stage *stage, enum stage_mode mode, const struct entry *old,
           json_t *entry, struct policy *policy)
{
    if (old && mode == STAGE_CREATE && !policy_equal(old->policy, policy)) {
        struct rc_error *error = rc_error_create(
            409, "data-exists", entry_path(DATASTORE_SPD, policy->name),
            xstrdup("another policy of that name exists"));
        policy_destroy(policy);
        return error;
    }
    if (old && policy_equal(old->policy, policy)
        && json_equal(old->json, entry)) {
        policy_destroy(policy);
        return NULL;
    }
    struct entry *new = xzalloc(sizeof *new);
    new->json = json_incref(entry);
    new->policy = policy;
    set_change(stage, DATASTORE_SPD, policy->name, new);
    return NULL;
}

static struct rc_error *
put_valid(struct stage *stage, enum datastore_list list, enum stage_mode mode,
          json_t *entry, const struct sad_keys *keys)
{
    const char *name = json_string_value(json_object_get(entry, "name"));
    const struct entry *old = stage_find(stage, list, name);
    const struct in6_addr *own_ip = &stage->ds->own_ip;
    struct rc_error *error;

    switch (list) {
    case DATASTORE_SAD: {
        struct sa *sa;
        error = sad_parse(entry, own_ip, keys, old ? old->sa : NULL, &sa);
        sad_strip_keys(entry);
        return error ? error : put_sa(stage, old, entry, sa);
    }
    case DATASTORE_SPD: {
        struct policy *policy;
        error = spd_parse(entry, own_ip, &policy);
        return error ? error : put_policy(stage, mode, old, entry, policy);
    }
    }
    OVS_NOT_REACHED();
}

struct rc_error *
stage_put(struct stage *stage, enum datastore_list list, enum stage_mode mode,
          json_t *entry)
{
    struct sad_keys keys = { .encryption = NULL };
    struct rc_error *error = sad_spd_unqualify(entry, SAD_SPD_PREFIX);
    if (!error && list == DATASTORE_SAD) {
        error = sad_take_keys(entry, &keys);
    }
    if (error) {
        return error;
    }

    const char *name = json_string_value(json_object_get(entry, "name"));
    const struct entry *old = (mode == STAGE_MERGE && name
                               ? stage_find(stage, list, name) : NULL);
    error = validate(stage, list, old, &entry);
    if (error) {
        sad_keys_destroy(&keys);
        if (!old) {
            json_decref(entry);
        }
        return error;
    }
    stage->edited = true;
    error = put_valid(stage, list, mode, entry, &keys);
    sad_keys_destroy(&keys);
    json_decref(entry);
    return error;
}

void
stage_reorder_policies(struct stage *stage, const json_t *entries)
{
    json_t *names = stage_names(stage, DATASTORE_SPD);
    const json_t *entry;
    bool same = true;
    size_t i;

    json_array_foreach (entries, i, entry) {
        same = same && json_equal(json_object_get(entry, "name"),
                                  json_array_get(names, i));
    }
    json_decref(names);
    if (same) {
        return;
    }
    json_array_foreach (entries, i, entry) {
        const char *name = json_string_value(json_object_get(entry, "name"));
        const struct entry *old = stage_find(stage, DATASTORE_SPD, name);
        struct entry *new = xzalloc(sizeof *new);
        new->json = json_incref(old->json);
        new->policy = policy_clone(old->policy);
        /* Gives its place up. */
        set_change(stage, DATASTORE_SPD, name, NULL);
        set_change(stage, DATASTORE_SPD, name, new);
    }
}

/* Deleting. */

void
stage_delete(struct stage *stage, enum datastore_list list, const char *name)
{
    const struct entry *old = stage_find(stage, list, name);

    stage->edited = true;
    if (!old) {
        return;
    }
    if (old->sa) {
        char id[SA_ID_LEN];
        sa_id(old->sa->direction, old->sa->spi, id);
        sset_find_and_delete(&stage->spis, id);
        sset_add(&stage->buried, id);
    }
    set_change(stage, list, name, NULL);
}

void
stage_clear(struct stage *stage, enum datastore_list list)
{
    size_t n;
    struct named_entry *entries = datastore_sorted(stage->ds, stage, list, &n);
    for (size_t i = 0; i < n; i++) {
        char *name = xstrdup(entries[i].name);
        stage_delete(stage, list, name);
        free(name);
    }
    free(entries);
    stage->edited = true;
}

/* Lease. */

struct rc_error *
stage_put_lease(struct stage *stage, json_t *json)
{
    struct rc_error *error = sad_spd_unqualify(json, "sdsa-agent:");
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
    if (epoch < stage->lease.epoch) {
        return rc_error_create(
            409, "lock-denied", xstrdup("/sdsa-agent:sdsa-agent/lease/epoch"),
            xasprintf("epoch %"PRIu64" is over: %s%s%"PRIu64" is the last one "
                      "that wrote here", epoch,
                      stage->lease.holder ? stage->lease.holder : "",
                      stage->lease.holder ? " with " : "",
                      stage->lease.epoch));
    }
    stage->lease_first |= !stage->edited;
    stage->lease_edited |= (!stage->lease.held || epoch != stage->lease.epoch
                            || (holder
                                && !nullable_string_is_equal(
                                    holder, stage->lease.holder)));
    stage->edited = true;
    stage->lease.held = true;
    stage->lease.epoch = epoch;
    if (holder) {
        free(stage->lease.holder);
        stage->lease.holder = xstrdup(holder);
    }
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

static void
add_edit(struct ovs_list *edits, enum backend_edit_type type,
         const struct entry *entry)
{
    struct backend_edit *edit = xmalloc(sizeof *edit);
    edit->type = type;
    edit->sa = entry->sa;
    edit->policy = entry->policy;
    ovs_list_push_back(edits, &edit->node);
}

/* Adds an edit for each new or changed entry of 'list', in their order: the
 * first policy that fits is the one that counts. */
static void
add_new_entries(const struct stage *stage, enum datastore_list list,
                enum backend_edit_type type, struct ovs_list *edits)
{
    size_t n;
    struct named_entry *entries = datastore_sorted(stage->ds, stage, list, &n);
    for (size_t i = 0; i < n; i++) {
        if (shash_find(&stage->changes[list], entries[i].name)) {
            add_edit(edits, type, entries[i].entry);
        }
    }
    free(entries);
}

/* Lists what the backend is to do: SAs come before the policies that use them
 * and go after them. */
static void
list_edits(const struct stage *stage, struct ovs_list *edits)
{
    const struct shash *sad = &stage->changes[DATASTORE_SAD];
    const struct shash *spd = &stage->changes[DATASTORE_SPD];
    const struct shash_node *node;
    const struct change *change;
    const struct entry *old;

    ovs_list_init(edits);
    add_new_entries(stage, DATASTORE_SAD, BACKEND_SA_ADD, edits);
    SHASH_FOR_EACH (node, spd) {
        change = node->data;
        old = shash_find_data(&stage->ds->lists[DATASTORE_SPD], node->name);
        if (old && (!change->entry || change->entry->serial != old->serial)) {
            add_edit(edits, BACKEND_POLICY_DELETE, old);
        }
    }
    add_new_entries(stage, DATASTORE_SPD, BACKEND_POLICY_SET, edits);
    SHASH_FOR_EACH (node, sad) {
        old = shash_find_data(&stage->ds->lists[DATASTORE_SAD], node->name);
        if (old) {
            add_edit(edits, BACKEND_SA_DELETE, old);
        }
    }
}

/* What a backend's errno is in RESTCONF.  Takes ownership of 'message'. */
static struct rc_error *
backend_error(int error, char *message)
{
    if (!message) {
        message = xasprintf("data plane: %s", ovs_strerror(error));
    }
    switch (error) {
    case EEXIST:
        return rc_error_create(409, "data-exists", NULL, message);
    case ENOENT:
        return rc_error_create(409, "data-missing", NULL, message);
    case ENOSPC:
        return rc_error_create(409, "resource-denied", NULL, message);
    case EINVAL:
    case ENOTSUP:
        return rc_error_create(400, "invalid-value", NULL, message);
    default:
        return rc_error_create(500, "operation-failed", NULL, message);
    }
}

static struct rc_error *
apply(struct datastore *ds, struct ovs_list *edits)
{
    char *message = NULL;

    if (ovs_list_is_empty(edits)) {
        return NULL;
    }
    int error = ds->backend->class->apply(ds->backend, edits, &message);
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

/* Makes the stage's changes those of the datastore. */
static void
take_over(struct stage *stage)
{
    struct datastore *ds = stage->ds;
    const char *id;

    for (size_t i = 0; i < N_DATASTORE_LISTS; i++) {
        struct shash_node *node;
        SHASH_FOR_EACH (node, &stage->changes[i]) {
            struct change *change = node->data;
            struct shash_node *old = shash_find(&ds->lists[i], node->name);
            if (old) {
                datastore_remove(ds, i, old);
            }
            if (change->entry) {
                if (change->entry->sa) {
                    secret_destroy(change->entry->sa->key);
                    change->entry->sa->key = NULL;
                }
                datastore_insert(ds, i, node->name, change->entry);
                change->entry = NULL;
            }
        }
    }
    SSET_FOR_EACH (id, &stage->buried) {
        datastore_bury(ds, id);
    }
    free(ds->lease.holder);
    lease_clone(&ds->lease, &stage->lease);
    ds->generation++;
}

/* Forgets tombstones that are over. */
static void
purge_tombstones(struct datastore *ds)
{
    struct shash_node *node;
    SHASH_FOR_EACH_SAFE (node, &ds->tombstones) {
        if (!datastore_tombstone(ds, node->name)) {
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
            && !stage->lease_edited);
}

struct rc_error *
stage_commit(struct stage *stage)
{
    struct datastore *ds = stage->ds;
    struct backend_edit *edit;
    struct ovs_list edits;

    if (!ds->loaded) {
        return rc_error_format(503, "operation-failed",
                               "the data plane has not answered yet: try "
                               "again");
    }
    if (ds->lease.held && !stage->lease_first) {
        return rc_error_create(
            409, "lock-denied", xstrdup("/sdsa-agent:sdsa-agent/lease"),
            xasprintf("%s holds the lease with epoch %"PRIu64": only a YANG "
                      "Patch may write whose first edit merges the lease with "
                      "an epoch that is not lower",
                      ds->lease.holder ? ds->lease.holder : "a controller",
                      ds->lease.epoch));
    }
    if (stage_is_noop(stage)) {
        return NULL;
    }

    purge_tombstones(ds);
    char *message = datastore_file_prepare(ds, stage);
    if (message) {
        VLOG_WARN_RL(&rl, "%s", message);
        return rc_error_create(500, "operation-failed", NULL, message);
    }
    list_edits(stage, &edits);
    struct rc_error *error = apply(ds, &edits);
    LIST_FOR_EACH_POP (edit, node, &edits) {
        free(edit);
    }
    if (error) {
        datastore_file_abort(ds);
        return error;
    }
    datastore_file_commit(ds);
    take_over(stage);
    return NULL;
}
