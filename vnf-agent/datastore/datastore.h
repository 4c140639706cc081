/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_DATASTORE_H
#define SDSA_DATASTORE_H 1

/* The agent's running datastore: SAD, SPD and the lease, as JSON without keys,
 * in step with the backend and with a file.
 *
 * A change is staged, edit by edit, and then committed, all or nothing: each
 * edit validated by the schema and translated, all of them applied by the
 * backend, and only then taken over and kept in the file.  The rules that no
 * message can break are kept here:
 *
 *   - an SA is immutable: the same again is a no-op, anything else is refused;
 *   - an SPI that was deleted does not come back while its tombstone stands;
 *   - while a lease is held only who brings an epoch that is not lower may write.
 *
 * The file is written before the backend is asked and renamed after it agreed:
 * what only one of the two knows after a crash is dropped at the next start.
 *
 * One thread. */

#include <jansson.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/sa.h"
#include "openvswitch/types.h"

struct backend;
struct datastore;
struct yang_error;
struct stage;
struct yang_schema;

struct datastore_config {
    struct backend *backend;
    const struct yang_schema *schema;
    struct in6_addr own_ip;     /* Outer address. */
    const char *file_name;      /* Where to keep it, without keys. */
    int tombstone_s;            /* For how long a deleted SPI is refused. */
};

/* Loads the file and brings it and the backend in line: what only one of them
 * knows is dropped.  Never fails: without a usable file it is empty.  What the
 * configuration points to must live as long. */
struct datastore *datastore_create(const struct datastore_config *);
void datastore_destroy(struct datastore *);

/* Notices that the data plane lost everything. */
void datastore_run(struct datastore *);

enum datastore_list { DATASTORE_SAD, DATASTORE_SPD };
#define N_DATASTORE_LISTS 2

/* The list's container and list, "sad" and "sad-entry". */
const char *datastore_list_container(enum datastore_list);
const char *datastore_list_name(enum datastore_list);

/* Which nodes to get: RFC 8040 s.4.8.1. */
enum datastore_content { CONTENT_ALL, CONTENT_CONFIG, CONTENT_NONCONFIG };

/* The container ipsec-ikeless (caller owns the reference).  If 'sad_name' is
 * nonnull, of the SAD only the entry of that name. */
json_t *datastore_get_ikeless(const struct datastore *, enum datastore_content,
                              const char *sad_name);

/* The container lease, or NULL if nobody holds it. */
json_t *datastore_get_lease(const struct datastore *);

/* Changes with every change of the configuration: an entity tag. */
uint64_t datastore_generation(const struct datastore *);
/* When that was, in seconds of the wall clock. */
long long int datastore_modified_s(const struct datastore *);

/* Name of the SA, or NULL.  Valid until the datastore changes. */
const char *datastore_sa_name(const struct datastore *, enum sa_direction,
                              uint32_t spi);

/* For people: number of entries, and of tombstones. */
size_t datastore_count(const struct datastore *, enum datastore_list);
size_t datastore_count_tombstones(const struct datastore *);

/* A change in the making.  The caller destroys it, after the commit too. */
struct stage *stage_create(struct datastore *);
void stage_destroy(struct stage *);
bool stage_has(const struct stage *, enum datastore_list, const char *name);
bool stage_has_lease(const struct stage *);
size_t stage_count(const struct stage *, enum datastore_list);
json_t *stage_names(const struct stage *, enum datastore_list);
/* The entry, without keys, or NULL.  Borrowed; must not be changed. */
json_t *stage_get(const struct stage *, enum datastore_list, const char *name);
/* The lease, or NULL.  Caller owns the reference. */
json_t *stage_get_lease(const struct stage *);

/* Edits; each returns NULL or an error, and then the stage must not be
 * committed.  'entry' is a sad-entry or spd-entry with its keys; it is changed
 * and a reference is taken.
 *
 * STAGE_CREATE refuses what exists, unless it is the same. */
enum stage_mode { STAGE_CREATE, STAGE_REPLACE };
struct yang_error *stage_put(struct stage *, enum datastore_list,
                             enum stage_mode, json_t *entry);

/* Gives the entries the order of the array 'names', which has each of them. */
void stage_reorder(struct stage *, enum datastore_list, const json_t *names);

/* Moves the entry 'name', which is there, to where it shall be; BEFORE and
 * AFTER the entry 'point'.  Refuses if there is no 'point'. */
enum stage_where {
    STAGE_ANYWHERE,             /* Where it is. */
    STAGE_FIRST,
    STAGE_LAST,
    STAGE_BEFORE,
    STAGE_AFTER,
};
bool stage_where_from_string(const char *, enum stage_where *);
struct yang_error *stage_place(struct stage *, enum datastore_list,
                               const char *name, enum stage_where,
                               const char *point);

/* Of an entry that is not there: nothing. */
void stage_delete(struct stage *, enum datastore_list, const char *name);
void stage_clear(struct stage *, enum datastore_list);

/* Takes the lease, as 'lease' says it, or renews it. */
struct yang_error *stage_put_lease(struct stage *, json_t *lease);
void stage_delete_lease(struct stage *);

struct yang_error *stage_commit(struct stage *);

#endif /* vnf-agent/datastore/datastore.h */
