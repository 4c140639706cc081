/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_PATH_FIND_H
#define SDSA_PATH_FIND_H 1

/* How the paths of a chain are found.  Pure. */

#include <stddef.h>

#include "ofctl-app/model/numbers.h"
#include "ofctl-app/model/path-way.h"

struct inv_chain;

/* Computes the path of a chain or, if the chain is two-way, both
 * ('*n_pathsp' 2: forward, reverse; over the same gateways and bridges, if
 * the functions are the same).
 *
 * Another function of its group stands in for one that is down or cannot be
 * reached, the same one wherever the chain names it: one that 'hints->keep'
 * pass, or the nearest (ties by name).  The way is the shortest over the
 * links (see path-way.h, so that the result is stable).  Each hop has the two
 * usable gateways of one address family with the least load (ties by
 * VNF-ID).  'hints' may be NULL.
 *
 * Returns NULL and the paths (caller frees each with path_destroy()), or an
 * error that says what to do ("no way over the links from br1 to br4: ...",
 * "bridge br3 has no gateway that is up: ...") and no path; caller frees. */
char *path_compute(const struct inventory *, const struct inv_chain *,
                   const struct path_hints *, const struct path_allocator *,
                   struct path *paths[2], size_t *n_pathsp);

/* Makes paths over the very way of the 'n' (1 or 2) paths 'old', with new
 * numbers, for new keys.  Returns as path_compute(); the order is that of
 * 'old'. */
char *path_renew(const struct path *const *old, size_t n,
                 const struct path_allocator *, struct path *paths[2]);

#endif /* ofctl-app/model/path-find.h */
