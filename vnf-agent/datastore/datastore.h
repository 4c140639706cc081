/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_DATASTORE_H
#define SDSA_DATASTORE_H 1

/* The agent's running datastore: SAD, SPD and the lease, as JSON without keys,
 * in step with the backend and with a file.  It is changed by stages
 * (stage.h).
 *
 * One thread. */

#include <jansson.h>
#include <netinet/in.h>
#include <stdint.h>

#include "lib/sa.h"
#include "vnf-agent/datastore/datastore-list.h"

struct backend;
struct datastore;
struct own_ips;
struct yang_schema;

struct datastore_config {
    struct backend *backend;
    const struct yang_schema *schema;
    const struct own_ips *own_ips;      /* May change from call to call. */
    const char *file_name;      /* Where to keep it, without keys. */
    int tombstone_s;            /* For how long a deleted SPI is refused. */
};

/* Loads the file and brings it and the backend in line: what only one of them
 * knows is dropped.  Without a file the datastore is empty; a file that cannot
 * be used ends the process.  What the configuration points to must live as
 * long.  The caller must free the datastore with datastore_destroy(). */
struct datastore *datastore_create(const struct datastore_config *);

/* Frees the datastore; file and backend stay.  Accepts NULL. */
void datastore_destroy(struct datastore *);

/* Brings datastore and backend in line again if the data plane has lost
 * everything, or may have.  Writes the file again if that failed. */
void datastore_run(struct datastore *);

/* Wakes poll_block() up when datastore_run() has something to do by the
 * clock. */
void datastore_wait(const struct datastore *);

/* Which nodes to get: RFC 8040 s.4.8.1. */
enum datastore_content { CONTENT_ALL, CONTENT_CONFIG, CONTENT_NONCONFIG };

/* Returns the container ipsec-ikeless; if 'sad_name' is nonnull, of the SAD
 * only the entry of that name.  Caller owns the reference. */
json_t *datastore_get_ikeless(const struct datastore *, enum datastore_content,
                              const char *sad_name);

/* Returns an SA's counters as a container lifetime.  Caller owns the
 * reference. */
json_t *datastore_stats_to_json(const struct sa_stats *);

/* Returns the container lease, or NULL if nobody holds it.  Caller owns the
 * reference. */
json_t *datastore_get_lease(const struct datastore *);

/* Returns the epoch of the last lease that was taken, also if it was given
 * back; 0 if there was none. */
uint64_t datastore_last_epoch(const struct datastore *);

/* Returns a number that changes with every change of the configuration: an
 * entity tag. */
uint64_t datastore_generation(const struct datastore *);

/* Returns when the configuration changed last, in seconds of the wall
 * clock. */
long long int datastore_modified_s(const struct datastore *);

/* Returns the name of an SA, or NULL.  Valid until the datastore changes. */
const char *datastore_sa_name(const struct datastore *, enum sa_direction,
                              uint32_t spi);

/* Returns the number of entries of the list. */
size_t datastore_count(const struct datastore *, enum datastore_list);

/* Returns true if the own end of an SA is 'ip'. */
bool datastore_uses_ip(const struct datastore *, const struct in6_addr *ip);

/* Returns the number of tombstones that stand. */
size_t datastore_count_tombstones(const struct datastore *);

#endif /* vnf-agent/datastore/datastore.h */
