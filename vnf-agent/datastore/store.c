/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/datastore/store.h"

#include <stdlib.h>

#include "lib/boot-clock.h"
#include "lib/json-number.h"
#include "timeval.h"
#include "util.h"

/* Entries. */

const char *
store_sa_id(enum sa_direction direction, uint32_t spi,
            char id[STORE_SA_ID_LEN])
{
    snprintf(id, STORE_SA_ID_LEN, "%s-%08"PRIx32,
             direction == SA_INBOUND ? "in" : "out", spi);
    return id;
}

struct store_entry *
store_entry_create(json_t *json, struct sa *sa, struct policy *policy)
{
    struct store_entry *entry = xzalloc(sizeof *entry);

    entry->json = json_incref(json);
    entry->sa = sa;
    entry->policy = policy;
    return entry;
}

void
store_entry_destroy(struct store_entry *entry)
{
    if (entry) {
        json_decref(entry->json);
        sa_destroy(entry->sa);
        policy_destroy(entry->policy);
        free(entry);
    }
}

void
store_lease_clone(struct store_lease *dst, const struct store_lease *src)
{
    *dst = *src;
    dst->holder = nullable_xstrdup(src->holder);
}

void
store_insert(struct datastore *ds, enum datastore_list list,
             const char *name, struct store_entry *entry)
{
    char id[STORE_SA_ID_LEN];

    shash_add_assert(&ds->lists[list], name, entry);
    if (entry->sa) {
        store_sa_id(entry->sa->direction, entry->sa->spi, id);
        shash_add_assert(&ds->spis, id, entry);
    }
    entry->serial = entry->serial ? entry->serial : ds->serial + 1;
    ds->serial = MAX(ds->serial, entry->serial);
}

void
store_remove(struct datastore *ds, enum datastore_list list,
             struct shash_node *node)
{
    struct store_entry *entry = node->data;
    char id[STORE_SA_ID_LEN];

    shash_delete(&ds->lists[list], node);
    if (entry->sa) {
        store_sa_id(entry->sa->direction, entry->sa->spi, id);
        shash_find_and_delete(&ds->spis, id);
        store_bury(ds, id);
    }
    store_entry_destroy(entry);
}

static int
compare_serials(const void *a_, const void *b_)
{
    const struct store_named *a = a_;
    const struct store_named *b = b_;
    return a->serial < b->serial ? -1 : a->serial > b->serial;
}

struct store_named *
store_sorted(const struct datastore *ds, const struct stage *stage,
             enum datastore_list list, size_t *np)
{
    const struct shash *base = &ds->lists[list];
    const struct shash *changes = stage ? &stage->changes[list] : NULL;
    size_t n = 0;
    struct store_named *entries = xmalloc(
        (shash_count(base) + (changes ? shash_count(changes) : 0) + 1)
        * sizeof *entries);
    const struct shash_node *node;

    SHASH_FOR_EACH (node, base) {
        if (!changes || !shash_find(changes, node->name)) {
            entries[n++] = (struct store_named) { node->name, node->data, 0 };
        }
    }
    if (changes) {
        SHASH_FOR_EACH (node, changes) {
            if (node->data) {
                entries[n++] = (struct store_named) { node->name, node->data,
                                                      0 };
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        const uint64_t *place = (stage && list == DATASTORE_SAD
                                 ? shash_find_data(&stage->places,
                                                   entries[i].name) : NULL);
        entries[i].serial = place ? *place : entries[i].entry->serial;
    }
    qsort(entries, n, sizeof *entries, compare_serials);
    *np = n;
    return entries;
}

void
store_changed(struct datastore *ds)
{
    ds->generation++;
    ds->modified_ms = time_wall_msec();
}

json_t *
store_lease_to_json(const struct store_lease *lease)
{
    if (!lease->held) {
        return NULL;
    }
    json_t *json = json_pack("{s:o}", "epoch", json_number_u64(lease->epoch));
    if (lease->holder) {
        json_object_set_new(json, "holder", json_string(lease->holder));
    }
    return json;
}

/* Tombstones. */

void
store_bury(struct datastore *ds, const char *id)
{
    long long int *until = xmalloc(sizeof *until);
    *until = boot_clock_ms() + ds->tombstone_s * 1000LL;
    free(shash_replace(&ds->tombstones, id, until));
}

long long int
store_tombstone(const struct datastore *ds, const char *id)
{
    const long long int *until = shash_find_data(&ds->tombstones, id);
    return until && *until > boot_clock_ms() ? *until : 0;
}
