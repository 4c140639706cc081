/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_TOTALS_H
#define SDSA_TOTALS_H 1

/* What a chain has carried since it was made.
 *
 * Gateways count the packets of each SA, and an SA goes with its path.  So
 * column 'totals' of a Chain has the sum over the paths that are gone: the
 * transaction that deletes the row of a path adds what its SAs have carried,
 * and nothing is counted twice or left out.  The total of now is that sum and
 * the counters of the paths that the chain has.
 *
 * The counters of an SA are 'statistics', which a restart of the database
 * server empties, or else 'kept_statistics', a copy on disk.  Probes are taken
 * off ('probes').
 *
 * A count is known by its key in the database: the direction and one of
 *
 *   in_packets, in_bytes    Protected by the first gateway of the direction.
 *   out_packets, out_bytes  Accepted by the last gateway.
 *   lost GW1 => GW2         Packets lost between these two gateways.
 *   failed, replayed        Dropped by the receivers of all hops: not
 *                           authentic, or old.
 *
 * A path without a hop passes no gateway and counts nothing. */

#include <stdint.h>

#include "openvswitch/shash.h"

struct sdsa_chain;
struct sdsa_path;
struct sdsa_sa;

/* Returns the value of 'key' in a column that is a map of 'n' counters, or
 * 0. */
int64_t map_counter(char *const *keys, const int64_t *values, size_t n,
                    const char *key);

struct totals {
    struct shash counts;        /* lib/counts.h, by key. */
};

/* Makes '*totals' zero.  Caller must free with totals_destroy(). */
void totals_init(struct totals *totals);

/* Frees what 'totals' points to. */
void totals_destroy(struct totals *totals);

/* Adds what the paths of the chain have carried that are gone. */
void totals_add_chain(struct totals *, const struct sdsa_chain *);

/* Adds what the path has carried. */
void totals_add_path(struct totals *, const struct sdsa_path *);

/* Returns a count, e.g. "in_packets" of direction "forward"; 0 if there is
 * none. */
int64_t totals_get(const struct totals *, const char *direction,
                   const char *what);

/* Sets column 'totals' of the chain in the open transaction. */
void totals_write(const struct totals *, const struct sdsa_chain *);

/* Returns true and sets '*value' if the counter of the SA ("sent_packets",
 * ...) is known. */
bool sa_has_counter(const struct sdsa_sa *, const char *key, int64_t *value);

/* Returns a counter of the SA, 0 if it is not known. */
int64_t sa_counter(const struct sdsa_sa *, const char *key);

/* Returns "packets" or "bytes" of the probes that came through the hop of the
 * SA. */
int64_t sa_probes(const struct sdsa_sa *, const char *key);

#endif /* ofctl-app/view/totals.h */
