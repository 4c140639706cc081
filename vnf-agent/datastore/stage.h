/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_STAGE_H
#define SDSA_STAGE_H 1

/* A change of a datastore in the making: edits are staged one by one, and then
 * committed, all or nothing.  Each edit is validated by the schema and
 * translated; the commit has the backend apply all of them, and only then they
 * are taken over and kept in the file.  The rules that no message can break
 * are kept here:
 *
 *   - an SA is immutable: the same again is a no-op, anything else is refused;
 *   - an SPI that was deleted does not come back while its tombstone stands;
 *   - while a lease is held, a stage is committed only if its first edit puts
 *     a lease with an epoch that is not lower.
 *
 * The file is written before the backend is asked and renamed after it agreed:
 * what only one of the two knows after a crash is dropped at the next start.
 *
 * After an edit that was refused the stage must not be committed. */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "vnf-agent/datastore/datastore-list.h"

struct datastore;
struct stage;
struct yang_error;

/* Returns a stage without edits.  The caller must free it with
 * stage_destroy(), after the commit too, and before the datastore. */
struct stage *stage_create(struct datastore *);

/* Returns NULL, or an error if the datastore does not know yet what it has,
 * since the data plane has not answered since the start: to be asked before an
 * edit, which could find nothing. */
struct yang_error *stage_check_ready(const struct stage *);

/* Forgets the edits, unless they are committed.  Accepts NULL. */
void stage_destroy(struct stage *);

/* Returns true if somebody holds the lease. */
bool stage_has_lease(const struct stage *);

/* Returns the number of entries of the list. */
size_t stage_count(const struct stage *, enum datastore_list);

/* Returns an array of the names of the list's entries in their order.  Caller
 * owns the reference. */
json_t *stage_names(const struct stage *, enum datastore_list);

/* Returns the entry 'name', without keys, or NULL.  Borrowed; must not be
 * changed. */
json_t *stage_get(const struct stage *, enum datastore_list, const char *name);

/* Returns the lease, or NULL.  Caller owns the reference. */
json_t *stage_get_lease(const struct stage *);

enum stage_mode {
    STAGE_CREATE,               /* Refuses what exists and differs. */
    STAGE_REPLACE,
};

/* Puts 'entry', a sad-entry or spd-entry with its keys, into the list: it is
 * changed and a reference is taken.  Returns NULL, or why it is refused. */
struct yang_error *stage_put(struct stage *, enum datastore_list,
                             enum stage_mode, json_t *entry);

/* Gives the entries the order of the array 'names', which has each of them. */
void stage_reorder(struct stage *, enum datastore_list, const json_t *names);

enum stage_where {
    STAGE_ANYWHERE,             /* Where the entry is. */
    STAGE_FIRST,
    STAGE_LAST,
    STAGE_BEFORE,               /* Before a point, another entry. */
    STAGE_AFTER,
};

/* Moves the entry 'name', which is there.  'point' is the name of the point,
 * if 'where' needs one.  Returns NULL, or an error if there is no 'point'. */
struct yang_error *stage_place(struct stage *, enum datastore_list,
                               const char *name, enum stage_where where,
                               const char *point);

/* Deletes the entry 'name', if it is there. */
void stage_delete(struct stage *, enum datastore_list, const char *name);

/* Deletes all entries of the list. */
void stage_clear(struct stage *, enum datastore_list);

/* Takes the lease as 'lease' says it, or renews it.  Returns NULL, or why that
 * is refused. */
struct yang_error *stage_put_lease(struct stage *, json_t *lease);

/* Gives the lease back. */
void stage_delete_lease(struct stage *);

/* Commits the edits.  Returns NULL, or why nothing was done. */
struct yang_error *stage_commit(struct stage *);

#endif /* vnf-agent/datastore/stage.h */
