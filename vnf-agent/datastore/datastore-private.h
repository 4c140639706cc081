/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_DATASTORE_PRIVATE_H
#define SDSA_DATASTORE_PRIVATE_H 1

/* What the files of the datastore share: datastore.c (lifecycle, reading),
 * datastore-stage.c (writing), datastore-file.c (the file). */

#include "lib/sa.h"
#include "openvswitch/shash.h"
#include "openvswitch/uuid.h"
#include "sset.h"
#include "vnf-agent/datastore/datastore.h"

/* A sad-entry or a spd-entry. */
struct entry {
    json_t *json;               /* Without keys. */
    struct sa *sa;              /* DATASTORE_SAD; its key only in a stage. */
    struct policy *policy;      /* DATASTORE_SPD. */
    uint64_t serial;            /* Order of creation. */
};

struct lease {
    bool held;
    uint64_t epoch;             /* The highest ever. */
    char *holder;               /* Or NULL. */
};

struct datastore {
    struct backend *backend;
    const struct yang_schema *schema;
    struct in6_addr own_ip;
    char *file_name;
    int tombstone_s;

    struct shash lists[N_DATASTORE_LISTS];      /* struct entry, by name. */
    struct shash spis;          /* struct entry, by sa_id(). */
    struct shash tombstones;    /* long long int *: wall clock, ms. */
    struct lease lease;
    uint64_t serial;            /* Of the last entry. */
    uint64_t generation;
    long long int modified_ms;  /* When that was: wall clock. */
    struct uuid boot_id;        /* Of the data plane that we know. */
    bool in_doubt;              /* Does the backend hold what we think? */
    bool loaded;                /* The file has been read. */
};

/* What a stage does to the entry of a name. */
struct change {
    struct entry *entry;        /* NULL: deleted. */
};

struct stage {
    struct datastore *ds;
    struct shash changes[N_DATASTORE_LISTS];    /* struct change. */
    struct shash places;        /* New serials of SAs: uint64_t, by name. */
    struct sset spis;           /* sa_id() of new SAs. */
    struct sset buried;         /* sa_id() of deleted SAs. */
    struct lease lease;
    bool lease_edited;
    bool lease_first;           /* The first edit was that of the lease. */
    bool edited;                /* There was an edit. */
    unsigned int n_added;       /* Entries that got a new serial. */
};

/* Identity of an SA: its direction and SPI. */
#define SA_ID_LEN 16
const char *sa_id(enum sa_direction, uint32_t spi, char id[SA_ID_LEN]);

void entry_destroy(struct entry *);
void lease_clone(struct lease *, const struct lease *);
/* The container lease, or NULL if nobody holds it (caller owns the
 * reference). */
json_t *lease_to_json(const struct lease *);

/* The configuration is another one. */
void datastore_changed(struct datastore *);

/* Puts a tombstone there. */
void datastore_bury(struct datastore *, const char *id);
/* When it ends (wall clock, ms), or 0 if there is none. */
long long int datastore_tombstone(const struct datastore *, const char *id);

/* Takes over 'entry'; 'list' must have no such name.  Without a serial it
 * becomes the last one. */
void datastore_insert(struct datastore *, enum datastore_list,
                      const char *name, struct entry *entry);
/* Removes the entry and leaves a tombstone of an SA.  Frees 'entry'. */
void datastore_remove(struct datastore *, enum datastore_list,
                      struct shash_node *);

/* Entries in the order of their creation, as 'stage' (or NULL) leaves them.
 * Caller frees the array. */
struct named_entry {
    const char *name;
    const struct entry *entry;
    uint64_t serial;
};
struct named_entry *datastore_sorted(const struct datastore *,
                                     const struct stage *,
                                     enum datastore_list, size_t *n);

/* Writes what 'ds' is with 'stage' (or NULL) to a new file beside the file.
 * datastore_file_commit() then makes it the file. */
char *datastore_file_prepare(const struct datastore *, const struct stage *);
void datastore_file_commit(struct datastore *);
void datastore_file_abort(struct datastore *);

/* Reads the file into the empty 'ds'.  'sas' is what the backend holds, struct
 * sa by name: what is not there is not loaded. */
void datastore_file_load(struct datastore *, const struct shash *sas);

#endif /* vnf-agent/datastore/datastore-private.h */
