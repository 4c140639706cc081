/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_STORE_H
#define SDSA_STORE_H 1

/* What a datastore is made of, and a change of it in the making; private to
 * the files of the datastore: datastore.h (lifecycle, reading), stage.h
 * (writing), datastore-file.h (the file). */

#include <jansson.h>

#include "lib/sa.h"
#include "openvswitch/shash.h"
#include "openvswitch/uuid.h"
#include "sset.h"
#include "vnf-agent/datastore/datastore-list.h"

/* A sad-entry or a spd-entry. */
struct store_entry {
    json_t *json;               /* Without keys. */
    struct sa *sa;              /* DATASTORE_SAD; its key only in a stage. */
    struct policy *policy;      /* DATASTORE_SPD. */
    uint64_t serial;            /* Order of creation. */
};

struct store_lease {
    bool held;
    uint64_t epoch;             /* The last one that wrote; 0: none has. */
    char *holder;               /* Or NULL. */
};

struct datastore {
    struct backend *backend;
    const struct yang_schema *schema;
    const struct own_ips *own_ips;
    char *file_name, *new_file_name;    /* The second one while it is
                                         * written. */
    int tombstone_s;

    struct shash lists[N_DATASTORE_LISTS];      /* struct store_entry, by
                                                 * name. */
    struct shash spis;          /* struct store_entry, by store_sa_id(). */
    struct shash tombstones;    /* long long int *: boot_clock_ms(). */
    struct store_lease lease;
    uint64_t serial;            /* Of the last entry. */
    uint64_t generation;        /* Changes with the configuration. */
    long long int modified_ms;  /* Wall clock of the last change. */
    struct uuid boot_id;        /* Of the data plane that holds the SAs. */
    bool in_doubt;              /* The backend may hold something else than
                                 * the datastore. */
    bool loaded;                /* The file has been read. */
    long long int unsaved_ms;   /* The file is older than what is here, and
                                 * time_msec() of the next try; or 0. */
};

struct stage {
    struct datastore *ds;
    struct shash changes[N_DATASTORE_LISTS];    /* New struct store_entry, by
                                                 * name; NULL: deleted. */
    ptrdiff_t n_more[N_DATASTORE_LISTS];        /* Entries more than the
                                                 * datastore has. */
    struct stage_order *orders[N_DATASTORE_LISTS];      /* Where entries were
                                                         * moved and got no
                                                         * serials yet, else
                                                         * NULL. */
    struct shash places;        /* New serials of SAs: uint64_t, by name. */
    struct sset spis;           /* store_sa_id() of new SAs. */
    struct sset buried;         /* store_sa_id() of deleted SAs. */
    struct store_lease lease;
    bool lease_edited;
    bool lease_first;           /* The first edit was that of the lease. */
    bool edited;                /* There was an edit. */
    unsigned int n_added;       /* Entries that got a new serial. */
};

/* Writes the identity of an SA, its direction and SPI, to 'id'; returns
 * 'id'. */
#define STORE_SA_ID_LEN 16
const char *store_sa_id(enum sa_direction, uint32_t spi,
                        char id[STORE_SA_ID_LEN]);

/* Returns a new entry.  Takes ownership of 'sa' and 'policy', one of which is
 * NULL, and a reference to 'json'. */
struct store_entry *store_entry_create(json_t *json, struct sa *sa,
                                       struct policy *policy);

/* Frees the entry.  Accepts NULL. */
void store_entry_destroy(struct store_entry *);

/* Makes '*dst' a copy of 'src'; the caller frees its holder. */
void store_lease_clone(struct store_lease *dst, const struct store_lease *src);

/* Returns the container lease, or NULL if nobody holds it.  Caller owns the
 * reference. */
json_t *store_lease_to_json(const struct store_lease *);

/* Notes that the configuration is another one. */
void store_changed(struct datastore *);

/* Puts a tombstone on the SA 'id'. */
void store_bury(struct datastore *, const char *id);

/* Returns when the tombstone of the SA 'id' ends (boot_clock_ms()), or 0 if
 * there is none. */
long long int store_tombstone(const struct datastore *, const char *id);

/* Adds 'entry', of which ownership is taken, as 'name', which must not be in
 * 'list'.  Without a serial it becomes the last one. */
void store_insert(struct datastore *, enum datastore_list list,
                  const char *name, struct store_entry *entry);

/* Removes and frees the entry, and leaves a tombstone of an SA. */
void store_remove(struct datastore *, enum datastore_list,
                  struct shash_node *);

/* Returns the '*n' entries of a list in the order of their creation, as
 * 'stage' (NULL: none) leaves them.  Caller frees the array. */
struct store_named {
    const char *name;
    const struct store_entry *entry;
    uint64_t serial;
};
struct store_named *store_sorted(const struct datastore *,
                                 const struct stage *stage,
                                 enum datastore_list, size_t *n);

#endif /* vnf-agent/datastore/store.h */
