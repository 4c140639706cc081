/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/datastore/datastore-file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/boot-clock.h"
#include "lib/durable.h"
#include "lib/json-number.h"
#include "lib/regular-file.h"
#include "openvswitch/vlog.h"
#include "util.h"
#include "vnf-agent/datastore/sad-parse.h"
#include "vnf-agent/datastore/spd-parse.h"
#include "vnf-agent/datastore/store.h"
#include "vnf-agent/yang/yang-error.h"
#include "vnf-agent/yang/yang-schema.h"

VLOG_DEFINE_THIS_MODULE(datastore_file);

#define FORMAT 1

/* The file:
 *
 *     {"format": 1,
 *      "sad": [{"id": "in-0000abcd", "key-check": "..", "entry": {..}}, ..],
 *      "spd": [{..}, ..],
 *      "lease": {"held": true, "epoch": "5", "holder": ".."},
 *      "tombstones": {"in-0000abcd": 4711000, ..}}
 *
 * Times are of boot_clock_ms(). */

static json_t *
list_to_json(const struct datastore *ds, const struct stage *stage,
             enum datastore_list list)
{
    json_t *array = json_array();
    size_t n;
    struct store_named *entries = store_sorted(ds, stage, list, &n);
    for (size_t i = 0; i < n; i++) {
        const struct store_entry *entry = entries[i].entry;
        const struct sa *sa = entry->sa;
        char id[STORE_SA_ID_LEN];
        json_array_append_new(
            array, (sa ? json_pack("{s:s, s:s, s:O}", "id",
                                   store_sa_id(sa->direction, sa->spi, id),
                                   "key-check", sa->key_check,
                                   "entry", entry->json)
                    : json_incref(entry->json)));
    }
    free(entries);
    return array;
}

static json_t *
tombstones_to_json(const struct datastore *ds, const struct stage *stage)
{
    json_t *json = json_object();
    const struct shash_node *node;

    SHASH_FOR_EACH (node, &ds->tombstones) {
        long long int until = store_tombstone(ds, node->name);
        if (until) {
            json_object_set_new(json, node->name, json_integer(until));
        }
    }
    if (stage) {
        long long int until = boot_clock_ms() + ds->tombstone_s * 1000LL;
        const char *id;
        SSET_FOR_EACH (id, &stage->buried) {
            json_object_set_new(json, id, json_integer(until));
        }
    }
    return json;
}

char *
datastore_file_prepare(const struct datastore *ds, const struct stage *stage)
{
    const struct store_lease *lease = stage ? &stage->lease : &ds->lease;
    json_t *json = json_pack(
        "{s:i, s:o, s:o, s:{s:b, s:o, s:s}, s:o}", "format", FORMAT,
        "sad", list_to_json(ds, stage, DATASTORE_SAD),
        "spd", list_to_json(ds, stage, DATASTORE_SPD),
        "lease",
          "held", lease->held,
          "epoch", json_number_u64(lease->epoch),
          "holder", lease->holder ? lease->holder : "",
        "tombstones", tombstones_to_json(ds, stage));
    int fd = durable_begin(ds->new_file_name);
    int error = fd < 0 ? -fd : 0;
    if (!error) {
        errno = EIO;
        error = json_dumpfd(json, fd, JSON_COMPACT) ? errno : 0;
        int end_error = durable_end(fd);
        error = error ? error : end_error;
    }
    json_decref(json);
    if (error) {
        unlink(ds->new_file_name);      /* A full disk needs the room. */
    }
    return error ? xasprintf("%s: cannot write (%s)", ds->new_file_name,
                             ovs_strerror(error)) : NULL;
}

bool
datastore_file_commit(struct datastore *ds)
{
    int error = durable_replace(ds->new_file_name, ds->file_name);

    if (error) {
        VLOG_ERR("%s: cannot rename to %s (%s)", ds->new_file_name,
                 ds->file_name, ovs_strerror(error));
    }
    return !error;
}

void
datastore_file_abort(struct datastore *ds)
{
    unlink(ds->new_file_name);
}

/* Loading. */

static struct sa *
load_sa(const struct datastore *ds, const json_t *item,
        const struct shash *sas)
{
    const json_t *json = json_object_get(item, "entry");
    const char *name = json_string_value(json_object_get(json, "name"));
    const char *check = json_string_value(json_object_get(item, "key-check"));
    const struct sa *like = name ? shash_find_data(sas, name) : NULL;
    const struct sad_keys no_keys = { .encryption = NULL };
    struct sa *sa = NULL;

    if (like && check && !strcmp(check, like->key_check)) {
        yang_error_destroy(sad_parse(json, ds->own_ips, &no_keys, like,
                                     &sa));
    }
    return sa;
}

static void
load_sad(struct datastore *ds, const json_t *array, const struct shash *sas)
{
    const json_t *item;
    size_t i;

    json_array_foreach (array, i, item) {
        const char *id = json_string_value(json_object_get(item, "id"));
        struct sa *sa = load_sa(ds, item, sas);
        char own_id[STORE_SA_ID_LEN];

        if (sa && !shash_find(&ds->lists[DATASTORE_SAD], sa->name)
            && !shash_find(&ds->spis,
                           store_sa_id(sa->direction, sa->spi, own_id))) {
            store_insert(ds, DATASTORE_SAD, sa->name,
                         store_entry_create(json_object_get(item, "entry"),
                                            sa, NULL));
        } else {
            sa_destroy(sa);
            if (id) {
                store_bury(ds, id);
            }
        }
    }
}

static void
load_spd(struct datastore *ds, json_t *array)
{
    json_t *json;
    size_t i;

    json_array_foreach (array, i, json) {
        struct policy *policy = NULL;
        yang_error_destroy(spd_parse(json, ds->own_ips, &policy));
        if (policy && !shash_find(&ds->lists[DATASTORE_SPD], policy->name)) {
            store_insert(ds, DATASTORE_SPD, policy->name,
                         store_entry_create(json, NULL, policy));
        } else {
            policy_destroy(policy);
        }
    }
}

static void
load_lease(struct datastore *ds, const json_t *json)
{
    const char *epoch = json_string_value(json_object_get(json, "epoch"));
    const char *holder = json_string_value(json_object_get(json, "holder"));
    if (epoch) {
        ds->lease.epoch = strtoull(epoch, NULL, 10);
        ds->lease.held = json_is_true(json_object_get(json, "held"));
        ds->lease.holder = holder && holder[0] ? xstrdup(holder) : NULL;
    }
}

/* Loads tombstones, none for longer than a new one would stand: the machine
 * and its clock may have been started anew.  One that seems to be over is
 * over: it would have ended as long after the start before, and this time the
 * machine has run for longer. */
static void
load_tombstones(struct datastore *ds, json_t *json)
{
    long long int max = boot_clock_ms() + ds->tombstone_s * 1000LL;
    const char *id;
    json_t *value;

    json_object_foreach (json, id, value) {
        long long int *until = xmalloc(sizeof *until);
        *until = MIN(json_integer_value(value), max);
        free(shash_replace(&ds->tombstones, id, until));
    }
}

/* Ends the process: without the file an agent would take the data plane's SAs
 * for nobody's (decision 24). */
static void OVS_NO_RETURN
give_up(const struct datastore *ds, const char *reason)
{
    ovs_fatal(0, "%s: cannot be used (%s).  It says which SAs the data plane "
              "is to keep and which SPIs were used: bring it back, or remove "
              "it to begin with nothing", ds->file_name, reason);
}

/* Ends the process if the entries are not valid. */
static void
check_entries(const struct datastore *ds, json_t *sad, json_t *spd)
{
    json_t *entries = json_array();
    const json_t *item;
    size_t i;

    json_array_foreach (sad, i, item) {
        json_array_append(entries, json_object_get(item, "entry"));
    }
    json_t *data = json_pack("{s:{s:{s:o}, s:{s:O}}}",
                             "ietf-i2nsf-ikeless:ipsec-ikeless",
                               "sad", "sad-entry", entries,
                               "spd", "spd-entry", spd);
    struct yang_error *error = (data ? yang_schema_validate(ds->schema, data)
                                : yang_error_format(YANG_MALFORMED_MESSAGE,
                                                    "not an array"));
    json_decref(data);
    if (error) {
        give_up(ds, error->message);
    }
}

/* Reads the file.  Returns NULL if there is none, or if it is damaged, with
 * the reason in '*damagep' (caller frees).  Ends the process if it is whole
 * and cannot be used: it is of another version. */
static json_t *
read_file(const struct datastore *ds, char **damagep)
{
    json_error_t parse_error;
    struct stat s;
    int fd = regular_file_open(ds->file_name);

    *damagep = NULL;
    if (fd < 0) {
        *damagep = (fd == -ENOENT ? NULL
                    : xstrdup(regular_file_strerror(-fd)));
        return NULL;
    }
    json_t *json = json_loadfd(fd, 0, &parse_error);
    if (!json) {
        *damagep = xstrdup(!fstat(fd, &s) && !s.st_size ? "it is empty"
                           : parse_error.text);
    }
    close(fd);
    if (!json) {
        return NULL;
    }
    if (json_integer_value(json_object_get(json, "format")) != FORMAT) {
        give_up(ds, "its format is unknown");
    }
    check_entries(ds, json_object_get(json, "sad"),
                  json_object_get(json, "spd"));
    return json;
}

/* Keeps the damaged file under another name, and goes on without.  The data
 * plane holds nothing, so after a power cut nothing is lost but the last epoch
 * and the SPIs that were in use lately. */
static void
set_aside(const struct datastore *ds, const char *damage)
{
    char *aside = xasprintf("%s.damaged", ds->file_name);
    int error = durable_replace(ds->file_name, aside);

    VLOG_WARN("%s is damaged (%s), and the data plane holds nothing, as after "
              "a power cut: beginning without it (it is kept as %s).  The "
              "last epoch is not known any more: the controller that writes "
              "first is believed", ds->file_name, damage,
              error ? ovs_strerror(error) : aside);
    free(aside);
}

void
datastore_file_check(const struct datastore *ds)
{
    char *damage;

    /* What is to be done with a damaged one, the data plane decides. */
    json_decref(read_file(ds, &damage));
    free(damage);
}

void
datastore_file_load(struct datastore *ds, const struct shash *sas,
                    bool held_any)
{
    char *damage;
    json_t *json = read_file(ds, &damage);

    if (damage && held_any) {
        give_up(ds, damage);
    } else if (damage) {
        set_aside(ds, damage);
        free(damage);
    } else if (json) {
        load_lease(ds, json_object_get(json, "lease"));
        load_tombstones(ds, json_object_get(json, "tombstones"));
        load_sad(ds, json_object_get(json, "sad"), sas);
        load_spd(ds, json_object_get(json, "spd"));
        json_decref(json);
    }
}
