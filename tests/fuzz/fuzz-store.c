/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "tests/fuzz/fuzz-store.h"

#include <string.h>

#include "lib/address.h"
#include "lib/secret.h"
#include "tests/fuzz/fuzz.h"
#include "vnf-agent/datastore/datastore-file.h"
#include "vnf-agent/datastore/datastore.h"
#include "vnf-agent/datastore/stage.h"
#include "vnf-agent/datastore/store.h"
#include "vnf-agent/esp/tables.h"
#include "vnf-agent/yang/yang-error.h"
#include "vnf-agent/yang/yang-schema.h"

#define IKELESS "ietf-i2nsf-ikeless:ipsec-ikeless"

/* What is there at first.  One SA of each direction and of each kind of
 * suite. */
#define OCTETS4 "a1:b2:c3:d4:"
#define OCTETS32 \
    OCTETS4 OCTETS4 OCTETS4 OCTETS4 OCTETS4 OCTETS4 OCTETS4 "a1:b2:c3:d4"
#define SELECTOR \
    "\"traffic-selector\":{\"local-prefix\":\"10.0.0.0/8\"," \
    "\"remote-prefix\":\"10.2.0.0/16\"}"
static const char *const first_entries[N_DATASTORE_LISTS][2] = {
    [DATASTORE_SAD] = {
        "{\"name\":\"i\",\"reqid\":\"1\",\"sdsa-agent:vlan\":5,"
        "\"ipsec-sa-config\":{\"spi\":300,\"mode\":\"tunnel\"," SELECTOR ","
        "\"esp-sa\":{\"encryption\":{\"encryption-algorithm\":20,"
        "\"key\":\"" OCTETS32 ":01:02:03:04\"}},"
        "\"sa-lifetime-hard\":{\"time\":3600},"
        "\"tunnel\":{\"local\":\"192.0.2.2\",\"remote\":\"192.0.2.1\"}}}",
        "{\"name\":\"o\",\"reqid\":\"1\",\"sdsa-agent:vlan\":5,"
        "\"ipsec-sa-config\":{\"spi\":301,\"mode\":\"tunnel\"," SELECTOR ","
        "\"esp-sa\":{\"encryption\":{\"encryption-algorithm\":12,"
        "\"key\":\"" OCTETS32 "\"},\"integrity\":{\"integrity-algorithm\":12,"
        "\"key\":\"" OCTETS32 "\"}},"
        "\"tunnel\":{\"local\":\"192.0.2.1\",\"remote\":\"192.0.2.2\"}}}",
    },
    [DATASTORE_SPD] = {
        "{\"name\":\"p\",\"direction\":\"outbound\",\"reqid\":\"1\","
        "\"sdsa-agent:vlan\":5,\"sdsa-agent:outbound-spi\":301,"
        "\"ipsec-policy-config\":{" SELECTOR ",\"processing-info\":{"
        "\"action\":\"protect\",\"ipsec-sa-cfg\":{\"mode\":\"tunnel\","
        "\"tunnel\":{\"local\":\"192.0.2.1\",\"remote\":\"192.0.2.2\"}}}}}",
        "{\"name\":\"q\",\"direction\":\"outbound\",\"reqid\":\"1\","
        "\"sdsa-agent:vlan\":5,"
        "\"ipsec-policy-config\":{" SELECTOR ",\"processing-info\":{"
        "\"action\":\"discard\"}}}",
    },
};

/* The same taken apart, with keys. */
static struct store_entry templates[N_DATASTORE_LISTS][2];
static bool has_templates;

/* vnf-agent/datastore/datastore-file.h */

static bool file_fails;
static bool file_prepared;

char *
datastore_file_prepare(const struct datastore *ds OVS_UNUSED,
                       const struct stage *stage OVS_UNUSED)
{
    FUZZ_CHECK(!file_prepared);
    if (file_fails) {
        return xstrdup("no room for the file");
    }
    file_prepared = true;
    return NULL;
}

static void
forget_prepared(void)
{
    FUZZ_CHECK(file_prepared);
    file_prepared = false;
}

bool
datastore_file_commit(struct datastore *ds OVS_UNUSED)
{
    forget_prepared();
    return true;
}

void
datastore_file_abort(struct datastore *ds OVS_UNUSED)
{
    forget_prepared();
}

void
datastore_file_check(const struct datastore *ds OVS_UNUSED)
{
}

void
datastore_file_load(struct datastore *ds, const struct shash *sas OVS_UNUSED,
                    bool held_any OVS_UNUSED)
{
    for (size_t list = 0; has_templates && list < N_DATASTORE_LISTS; list++) {
        for (size_t i = 0; i < ARRAY_SIZE(templates[list]); i++) {
            const struct store_entry *from = &templates[list][i];
            struct store_entry *entry = xzalloc(sizeof *entry);

            entry->json = json_deep_copy(from->json);
            if (from->sa) {
                entry->sa = sa_clone(from->sa);
                secret_destroy(entry->sa->key);
                entry->sa->key = NULL;
            } else {
                entry->policy = policy_clone(from->policy);
            }
            entry->serial = from->serial;
            store_insert(ds, list, (from->sa ? from->sa->name
                                        : from->policy->name), entry);
        }
    }
}

/* The content at first. */

/* Takes the entries apart as the datastore does it. */
static void
make_templates(struct fuzz_store *store)
{
    struct stage *stage = stage_create(store->datastore);

    for (size_t list = 0; list < N_DATASTORE_LISTS; list++) {
        for (size_t i = 0; i < ARRAY_SIZE(templates[list]); i++) {
            struct store_entry *entry = &templates[list][i];
            json_t *json = json_loads(first_entries[list][i], 0, NULL);
            FUZZ_CHECK(json != NULL);
            char *name = xstrdup(json_string_value(json_object_get(json,
                                                                   "name")));
            struct yang_error *error = stage_put(stage, list, STAGE_CREATE,
                                                 json);
            if (error) {
                ovs_abort(0, "%s", error->message);
            }
            const struct store_entry *new
                = shash_find_data(&stage->changes[list], name);
            entry->json = json_deep_copy(new->json);
            entry->serial = new->serial;
            if (new->sa) {
                entry->sa = sa_clone(new->sa);
            } else {
                entry->policy = policy_clone(new->policy);
            }
            json_decref(json);
            free(name);
        }
    }
    stage_destroy(stage);
    has_templates = true;
}

static void
fill_backend(struct fuzz_backend *backend)
{
    struct ovs_list edits = OVS_LIST_INITIALIZER(&edits);
    struct backend_edit edit[N_DATASTORE_LISTS][ARRAY_SIZE(templates[0])];
    char *error;

    for (size_t list = 0; has_templates && list < N_DATASTORE_LISTS; list++) {
        for (size_t i = 0; i < ARRAY_SIZE(templates[list]); i++) {
            edit[list][i] = (struct backend_edit) {
                .type = (templates[list][i].sa ? BACKEND_SA_ADD
                         : BACKEND_POLICY_SET),
                .sa = templates[list][i].sa,
                .policy = templates[list][i].policy,
            };
            ovs_list_push_back(&edits, &edit[list][i].node);
        }
    }
    FUZZ_CHECK(!tables_apply(backend->tables, &edits, 0, &error));
}

static void
create(struct fuzz_store *store)
{
    const struct datastore_config config = {
        .backend = &store->backend.up,
        .schema = store->schema,
        .own_ips = &store->own_ips,
        .file_name = "",
        .tombstone_s = 600,
    };
    fuzz_backend_init(&store->backend, &store->own_ips);
    fill_backend(&store->backend);
    store->datastore = datastore_create(&config);
    /* Else they come from the clock. */
    store->datastore->generation = 1;
    store->datastore->modified_ms = 1700000000000;
}

/* The objects of the tables, in the order of each list that they are in.
 * Caller frees. */
static const void **
list_objects(const struct tables *tables, size_t *np)
{
    size_t max = 2 * (hmap_count(&tables->sas)
                      + hmap_count(&tables->policies));
    const void **objects = xmalloc((max + 1) * sizeof *objects);
    const struct esp_policy *esp_policy, *p;
    const struct esp_sa *esp_sa, *s;
    size_t n = 0;

    LIST_FOR_EACH (esp_sa, all_node, &tables->sa_list) {
        objects[n++] = esp_sa;
        if (esp_sa->sa->direction == SA_OUTBOUND) {
            s = CONTAINER_OF(esp_sa->hop_node.next, struct esp_sa, hop_node);
            objects[n++] = s;
        }
    }
    LIST_FOR_EACH (esp_policy, all_node, &tables->policy_list) {
        objects[n++] = esp_policy;
        p = CONTAINER_OF(esp_policy->hop_node.next, struct esp_policy,
                         hop_node);
        objects[n++] = p;
    }
    FUZZ_CHECK(n <= max);
    *np = n;
    return objects;
}

void
fuzz_store_reset(struct fuzz_store *store)
{
    const struct tables *tables;

    datastore_destroy(store->datastore);
    fuzz_backend_uninit(&store->backend);
    create(store);

    tables = store->backend.tables;
    free(store->objects);
    store->objects = list_objects(tables, &store->n_objects);
    store->n_used_keys = hmap_count(&tables->used_keys.keys);
    store->generation = store->datastore->generation;
    store->tables_generation = tables->generation;
    FUZZ_CHECK(!file_prepared);
}

void
fuzz_store_init(struct fuzz_store *store, const struct yang_schema *schema)
{
    *store = (struct fuzz_store) { .schema = schema };
    FUZZ_CHECK(own_ips_parse("192.0.2.1", &store->own_ips));
    create(store);
    make_templates(store);
    fuzz_store_reset(store);
    store->config = datastore_get_ikeless(store->datastore, CONTENT_CONFIG,
                                          NULL);
}

void
fuzz_store_set_fault(struct fuzz_store *store, int fault)
{
    file_fails = fault < 0;
    store->backend.fault = MAX(fault, 0);
}

/* Checks. */

void
fuzz_store_check_unchanged(struct fuzz_store *store)
{
    const struct tables *tables = store->backend.tables;
    json_t *config, *lease;
    const void **objects;
    size_t n;

    FUZZ_CHECK(!file_prepared);
    FUZZ_CHECK(store->datastore->generation == store->generation);
    FUZZ_CHECK(tables->generation == store->tables_generation);
    FUZZ_CHECK(hmap_count(&tables->used_keys.keys) == store->n_used_keys);
    FUZZ_CHECK(!tables->used_keys.n_retired);
    FUZZ_CHECK(!datastore_count_tombstones(store->datastore));

    objects = list_objects(tables, &n);
    FUZZ_CHECK(n == store->n_objects);
    FUZZ_CHECK(!memcmp(objects, store->objects, n * sizeof *objects));
    free(objects);

    config = datastore_get_ikeless(store->datastore, CONTENT_CONFIG, NULL);
    FUZZ_CHECK(json_equal(config, store->config));
    json_decref(config);
    lease = datastore_get_lease(store->datastore);
    FUZZ_CHECK(!lease);
}

bool
fuzz_store_has_changed(const struct fuzz_store *store)
{
    return store->datastore->generation != store->generation;
}

/* Does each policy stand behind those that come before it in the list? */
static void
check_order(const struct fuzz_store *store,
            const struct esp_policy *esp_policy)
{
    const struct policy *policy = esp_policy->policy;
    const struct ovs_list *list = &store->backend.tables->hop_ends[
        policy->vlan].policies[policy->direction];
    uint64_t last = 0;

    LIST_FOR_EACH (esp_policy, hop_node, list) {
        const struct store_entry *entry = shash_find_data(
            &store->datastore->lists[DATASTORE_SPD],
            esp_policy->policy->name);
        FUZZ_CHECK(entry->serial > last);
        last = entry->serial;
    }
}

static void
check_tables(const struct fuzz_store *store)
{
    const struct tables *tables = store->backend.tables;
    const struct shash *lists = store->datastore->lists;
    const struct esp_policy *esp_policy;
    const struct esp_sa *esp_sa;
    const struct store_entry *entry;

    FUZZ_CHECK(hmap_count(&tables->sas)
               == shash_count(&lists[DATASTORE_SAD]));
    LIST_FOR_EACH (esp_sa, all_node, &tables->sa_list) {
        entry = shash_find_data(&lists[DATASTORE_SAD], esp_sa->sa->name);
        FUZZ_CHECK(entry && !entry->sa->key);
        FUZZ_CHECK(sa_equal(entry->sa, esp_sa->sa));
    }
    FUZZ_CHECK(hmap_count(&tables->policies)
               == shash_count(&lists[DATASTORE_SPD]));
    LIST_FOR_EACH (esp_policy, all_node, &tables->policy_list) {
        entry = shash_find_data(&lists[DATASTORE_SPD],
                                esp_policy->policy->name);
        FUZZ_CHECK(entry && policy_equal(entry->policy, esp_policy->policy));
    }
    LIST_FOR_EACH (esp_policy, all_node, &tables->policy_list) {
        check_order(store, esp_policy);
    }
}

/* Nothing that holds a key or an IV is there. */
static void
check_no_key(json_t *json)
{
    const char *name;
    json_t *value;
    size_t i;

    json_object_foreach (json, name, value) {
        FUZZ_CHECK(strcmp(name, "key") && strcmp(name, "iv"));
        check_no_key(value);
    }
    json_array_foreach (json, i, value) {
        check_no_key(value);
    }
}

json_t *
fuzz_store_check_agreement(const struct fuzz_store *store)
{
    FUZZ_CHECK(!file_prepared);
    check_tables(store);

    json_t *config = datastore_get_ikeless(store->datastore, CONTENT_CONFIG,
                                           NULL);
    check_no_key(config);
    json_t *data = json_pack("{s:O}", IKELESS, config);
    struct yang_error *error = yang_schema_validate(store->schema, data);
    if (error) {
        ovs_abort(0, "what was taken is not valid: %s", error->message);
    }
    json_decref(data);
    return config;
}
