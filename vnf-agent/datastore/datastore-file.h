/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_DATASTORE_FILE_H
#define SDSA_DATASTORE_FILE_H 1

/* The file in which a datastore outlives its agent: entries without keys,
 * tombstones, the lease (decision 9). */

#include <stdbool.h>

struct datastore;
struct shash;
struct stage;

/* Writes what the datastore is with 'stage' (NULL: as it is) to a new file
 * beside the file.  Returns NULL, or a message for the log (caller frees). */
char *datastore_file_prepare(const struct datastore *,
                             const struct stage *stage);

/* Replaces the file by the new file, on the disk too.  Returns false, and has
 * logged why, if that failed. */
bool datastore_file_commit(struct datastore *);

/* Removes the new file. */
void datastore_file_abort(struct datastore *);

/* Ends the process, with a message, if the file is of another version
 * (decision 24).  To be called when the data plane cannot be asked. */
void datastore_file_check(const struct datastore *);

/* Reads the file into an empty datastore.  'sas' is what the backend holds,
 * struct sa by name: an SA that it does not hold is not loaded.  'held_any'
 * says whether the backend holds any SA or policy.  A file that is damaged is
 * set aside if it holds none, as after a power cut; else, or if it is of
 * another version, that ends the process (decisions 24 and 193). */
void datastore_file_load(struct datastore *, const struct shash *sas,
                         bool held_any);

#endif /* vnf-agent/datastore/datastore-file.h */
