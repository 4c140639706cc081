/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/datastore/datastore.h"

#include <stdlib.h>

#include "lib/json-number.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"
#include "uuid.h"
#include "vnf-agent/backend/backend.h"
#include "vnf-agent/datastore/datastore-file.h"
#include "vnf-agent/datastore/store.h"

VLOG_DEFINE_THIS_MODULE(datastore);

#define SAVE_PAUSE_MS 1000      /* Before the file is written again. */

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

/* In step with the backend. */

/* Contents of the backend. */
struct held {
    struct shash sas;           /* struct sa, by name. */
    struct shash policies;      /* struct policy, by name. */
    struct ovs_list edits;      /* struct backend_edit: deletions. */
};

static void
hold_sa(const struct sa *sa, const struct sa_stats *stats OVS_UNUSED,
        void *held_)
{
    struct held *held = held_;
    sa_destroy(shash_replace(&held->sas, sa->name, sa_clone(sa)));
}

static void
hold_policy(const struct policy *policy, void *held_)
{
    struct held *held = held_;
    policy_destroy(shash_replace(&held->policies, policy->name,
                                 policy_clone(policy)));
}

static void
held_destroy(struct held *held)
{
    struct backend_edit *edit;
    struct shash_node *node;

    SHASH_FOR_EACH (node, &held->sas) {
        sa_destroy(node->data);
    }
    SHASH_FOR_EACH (node, &held->policies) {
        policy_destroy(node->data);
    }
    shash_destroy(&held->sas);
    shash_destroy(&held->policies);
    LIST_FOR_EACH_POP (edit, node, &held->edits) {
        free(edit);
    }
}

static int
held_read(const struct datastore *ds, struct held *held)
{
    shash_init(&held->sas);
    shash_init(&held->policies);
    ovs_list_init(&held->edits);
    return ds->backend->class->dump(ds->backend, hold_sa, hold_policy, held);
}

/* Drops the entries that the backend does not hold, or holds otherwise. */
static size_t
drop_entries(struct datastore *ds, const struct held *held)
{
    size_t n = 0;

    for (size_t i = 0; i < N_DATASTORE_LISTS; i++) {
        struct shash_node *node;
        SHASH_FOR_EACH_SAFE (node, &ds->lists[i]) {
            const struct store_entry *entry = node->data;
            const void *there = shash_find_data(
                (i == DATASTORE_SAD ? &held->sas : &held->policies),
                node->name);
            if (!there || !(entry->sa ? sa_equal(there, entry->sa)
                          : policy_equal(there, entry->policy))) {
                store_remove(ds, i, node);
                n++;
            }
        }
    }
    return n;
}

/* Lists entries that only the backend holds, policies first. */
static void
find_removals(struct datastore *ds, struct held *held)
{
    const struct shash_node *node;
    char id[STORE_SA_ID_LEN];

    SHASH_FOR_EACH (node, &held->policies) {
        if (!shash_find(&ds->lists[DATASTORE_SPD], node->name)) {
            backend_edit_add(&held->edits, BACKEND_POLICY_DELETE, NULL,
                             node->data);
        }
    }
    SHASH_FOR_EACH (node, &held->sas) {
        if (!shash_find(&ds->lists[DATASTORE_SAD], node->name)) {
            const struct sa *sa = node->data;
            backend_edit_add(&held->edits, BACKEND_SA_DELETE, sa, NULL);
            store_bury(ds, store_sa_id(sa->direction, sa->spi, id));
        }
    }
}

/* Writes the file, or sees to it that this is tried again. */
static void
datastore_save(struct datastore *ds)
{
    char *message = datastore_file_prepare(ds, NULL);

    if (message) {
        VLOG_WARN_RL(&rl, "%s; SAs and policies can go, but none can come",
                     message);
    }
    ds->unsaved_ms = (message || !datastore_file_commit(ds)
                      ? time_msec() + SAVE_PAUSE_MS : 0);
    free(message);
}

/* Makes the backend and the datastore agree: an entry that only one of them
 * has is dropped.  Reads the file the first time. */
static void
reconcile(struct datastore *ds)
{
    struct held held;
    int error = held_read(ds, &held);

    ds->in_doubt = error != 0;
    if (!error) {
        ds->boot_id = *ds->backend->boot_id;
        if (!ds->loaded) {
            datastore_file_load(ds, &held.sas,
                                !(shash_is_empty(&held.sas)
                                  && shash_is_empty(&held.policies)));
            ds->loaded = true;
        }
        size_t n_dropped = drop_entries(ds, &held);
        find_removals(ds, &held);

        size_t n_removed = ovs_list_size(&held.edits);
        char *message = NULL;
        if (n_removed && ds->backend->class->apply(ds->backend, &held.edits,
                                                   &message)) {
            VLOG_WARN_RL(&rl, "cannot remove what is not ours: %s", message);
            ds->in_doubt = true;
        }
        free(message);
        if (n_dropped || n_removed) {
            VLOG_INFO("dropped %"PRIuSIZE" entries that the data plane does "
                      "not hold, and %"PRIuSIZE" that only it held",
                      n_dropped, n_removed);
        }
        store_changed(ds);
        datastore_save(ds);
    }
    held_destroy(&held);
}

struct datastore *
datastore_create(const struct datastore_config *config)
{
    struct datastore *ds = xmalloc(sizeof *ds);
    *ds = (struct datastore) {
        .backend = config->backend,
        .schema = config->schema,
        .own_ips = config->own_ips,
        .file_name = xstrdup(config->file_name),
        .new_file_name = xasprintf("%s.new", config->file_name),
        .tombstone_s = config->tombstone_s,
        .generation = time_wall_msec(),
        .modified_ms = time_wall_msec(),
        .spis = SHASH_INITIALIZER(&ds->spis),
        .tombstones = SHASH_INITIALIZER(&ds->tombstones),
    };
    for (size_t i = 0; i < N_DATASTORE_LISTS; i++) {
        shash_init(&ds->lists[i]);
    }
    reconcile(ds);
    if (!ds->loaded) {          /* Mistakes show without a data plane. */
        datastore_file_check(ds);
    }
    return ds;
}

void
datastore_destroy(struct datastore *ds)
{
    if (ds) {
        for (size_t i = 0; i < N_DATASTORE_LISTS; i++) {
            struct shash_node *node;
            SHASH_FOR_EACH (node, &ds->lists[i]) {
                store_entry_destroy(node->data);
            }
            shash_destroy(&ds->lists[i]);
        }
        shash_destroy(&ds->spis);
        shash_destroy_free_data(&ds->tombstones);
        free(ds->lease.holder);
        free(ds->file_name);
        free(ds->new_file_name);
        free(ds);
    }
}

void
datastore_run(struct datastore *ds)
{
    if (!uuid_equals(&ds->boot_id, ds->backend->boot_id)) {
        VLOG_WARN_RL(&rl, "the data plane lost its SAs");
        ds->in_doubt = true;
    }
    if (ds->in_doubt) {
        reconcile(ds);
    } else if (ds->unsaved_ms && time_msec() >= ds->unsaved_ms) {
        datastore_save(ds);
        if (!ds->unsaved_ms) {
            VLOG_INFO("%s: written again", ds->file_name);
        }
    }
}

void
datastore_wait(const struct datastore *ds)
{
    if (ds->unsaved_ms) {
        poll_timer_wait_until(ds->unsaved_ms);
    }
}

/* Reading. */

json_t *
datastore_stats_to_json(const struct sa_stats *stats)
{
    return json_pack("{s:I, s:o, s:I, s:I}",
                     "time", (json_int_t) stats->age_s,
                     "bytes", json_number_u64(stats->bytes),
                     "packets", (json_int_t) MIN(stats->packets, UINT32_MAX),
                     "idle", (json_int_t) stats->idle_s);
}

static json_t *
sa_state_to_json(const struct sa *sa, const struct sa_stats *stats)
{
    json_t *replay = json_pack(
        "{s:o, s:o, s:o}", "packet-dropped", json_number_u64(stats->replayed),
        "failed", json_number_u64(stats->failed),
        "seq-number-counter", json_number_u64(stats->seq));
    if (sa->direction == SA_INBOUND && sa->replay_window) {
        uint64_t w = sa->replay_window;
        uint64_t bottom = stats->seq >= w ? stats->seq - w + 1 : 0;
        json_object_set_new(replay, "replay-window",
                            json_pack("{s:I, s:o, s:o}", "w", (json_int_t) w,
                                      "t", json_number_u64(stats->seq),
                                      "b", json_number_u64(bottom)));
    }
    json_t *lifetime = datastore_stats_to_json(stats);
    json_object_set_new(lifetime, "sdsa-agent:packet-count",
                        json_number_u64(stats->packets));
    return json_pack("{s:o, s:o}", "sa-lifetime-current", lifetime,
                     "replay-stats", replay);
}

static json_t *
entry_to_json(const struct store_named *e, enum datastore_content content,
              const struct sa_stats *stats)
{
    json_t *json = (content == CONTENT_NONCONFIG
                    ? json_pack("{s:s}", "name", e->name)
                    : json_copy(e->entry->json));
    if (content != CONTENT_CONFIG && e->entry->sa) {
        json_object_set_new(json, "sdsa-agent:key-check",
                            json_string(e->entry->sa->key_check));
        if (stats) {
            json_object_set_new(json, "ipsec-sa-state",
                                sa_state_to_json(e->entry->sa, stats));
        }
    }
    return json;
}

static void
collect_stats(const struct sa *sa, const struct sa_stats *stats, void *all_)
{
    struct shash *all = all_;
    free(shash_replace(all, sa->name, xmemdup(stats, sizeof *stats)));
}

static json_t *
get_one_sa(const struct datastore *ds, enum datastore_content content,
           const char *name)
{
    const struct store_entry *entry
        = shash_find_data(&ds->lists[DATASTORE_SAD], name);
    json_t *array = json_array();
    if (entry) {
        struct store_named named = { name, entry, entry->serial };
        struct sa_stats stats;
        bool ok = (content != CONTENT_CONFIG
                   && !ds->backend->class->get_sa_stats(
                       ds->backend, entry->sa->direction, entry->sa->spi,
                       &stats));
        json_array_append_new(array, entry_to_json(&named, content,
                                                   ok ? &stats : NULL));
    }
    return array;
}

static json_t *
get_list(const struct datastore *ds, enum datastore_list list,
         enum datastore_content content)
{
    struct shash stats = SHASH_INITIALIZER(&stats);
    json_t *array = json_array();
    size_t n;

    if (list == DATASTORE_SAD && content != CONTENT_CONFIG
        && !shash_is_empty(&ds->lists[list])) {
        int error = ds->backend->class->dump(ds->backend, collect_stats, NULL,
                                             &stats);
        if (error) {
            VLOG_WARN_RL(&rl, "no statistics of SAs (%s)",
                         ovs_strerror(error));
        }
    }
    struct store_named *entries = store_sorted(ds, NULL, list, &n);
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(
            array, entry_to_json(&entries[i], content,
                                 shash_find_data(&stats, entries[i].name)));
    }
    free(entries);
    shash_destroy_free_data(&stats);
    return array;
}

json_t *
datastore_get_ikeless(const struct datastore *ds,
                      enum datastore_content content, const char *sad_name)
{
    json_t *sad = (sad_name ? get_one_sa(ds, content, sad_name)
                   : get_list(ds, DATASTORE_SAD, content));
    json_t *json = json_pack("{s:{s:o}}", "sad", "sad-entry", sad);

    if (content != CONTENT_NONCONFIG) {
        json_object_set_new(json, "spd",
                            json_pack("{s:o}", "spd-entry",
                                      get_list(ds, DATASTORE_SPD, content)));
    }
    return json;
}

json_t *
datastore_get_lease(const struct datastore *ds)
{
    return store_lease_to_json(&ds->lease);
}

uint64_t
datastore_last_epoch(const struct datastore *ds)
{
    return ds->lease.epoch;
}

uint64_t
datastore_generation(const struct datastore *ds)
{
    return ds->generation;
}

long long int
datastore_modified_s(const struct datastore *ds)
{
    return ds->modified_ms / 1000;
}

const char *
datastore_sa_name(const struct datastore *ds, enum sa_direction direction,
                  uint32_t spi)
{
    char id[STORE_SA_ID_LEN];
    const struct store_entry *entry
        = shash_find_data(&ds->spis, store_sa_id(direction, spi, id));
    return entry ? entry->sa->name : NULL;
}

size_t
datastore_count(const struct datastore *ds, enum datastore_list list)
{
    return shash_count(&ds->lists[list]);
}

bool
datastore_uses_ip(const struct datastore *ds, const struct in6_addr *ip)
{
    const struct shash_node *node;

    SHASH_FOR_EACH (node, &ds->lists[DATASTORE_SAD]) {
        const struct store_entry *entry = node->data;

        if (ipv6_addr_equals(sa_own_ip(entry->sa), ip)) {
            return true;
        }
    }
    return false;
}

size_t
datastore_count_tombstones(const struct datastore *ds)
{
    const struct shash_node *node;
    size_t n = 0;

    SHASH_FOR_EACH (node, &ds->tombstones) {
        n += store_tombstone(ds, node->name) != 0;
    }
    return n;
}
