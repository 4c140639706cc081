/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_DATASTORE_FILE_H
#define SDSA_DATASTORE_FILE_H 1

/* The file in which a datastore outlives its agent: entries without keys,
 * tombstones, the lease (decision 9). */

struct datastore;
struct shash;
struct stage;

/* Writes what the datastore is with 'stage' (NULL: as it is) to a new file
 * beside the file.  Returns NULL, or a message for the log (caller frees). */
char *datastore_file_prepare(const struct datastore *,
                             const struct stage *stage);

/* Replaces the file by the new file. */
void datastore_file_commit(struct datastore *);

/* Removes the new file. */
void datastore_file_abort(struct datastore *);

/* Ends the process, with a message, if the file is there and cannot be used
 * (decision 24). */
void datastore_file_check(const struct datastore *);

/* Reads the file into an empty datastore.  'sas' is what the backend holds,
 * struct sa by name: an SA that it does not hold is not loaded.  Ends the
 * process if the file cannot be used (decision 24). */
void datastore_file_load(struct datastore *, const struct shash *sas);

#endif /* vnf-agent/datastore/datastore-file.h */
