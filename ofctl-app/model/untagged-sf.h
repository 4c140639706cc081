/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_UNTAGGED_SF_H
#define SDSA_UNTAGGED_SF_H 1

/* Untagged functions: those with correlation none.
 *
 * Only the port tells that a packet has come out of such a function, so all
 * that comes out goes on along one path for each direction.  Therefore an
 * untagged function serves one chain at a time, and when a chain leaves it, no
 * other chain may take it before the packets that are in it have come
 * out.  Pure.  (doc/decisions.md, 17 and 69.) */

#include <stdbool.h>

#include "ofctl-app/model/inventory.h"
#include "openvswitch/shash.h"

struct path;

/* Is the function untagged? */
static inline bool
untagged_sf(const struct inv_sf *sf)
{
    return sf->correlation == SF_NONE;
}

/* Does 'path' take all that comes out of the function 'sf' by the port
 * alone? */
bool untagged_sf_is_passed(const struct path *, const char *sf);

/* Is 'path' one of another chain than 'chain' that passes the function
 * 'sf'? */
bool untagged_sf_is_taken(const struct path *, const char *chain,
                          const char *sf);

/* Does another chain of the inventory than 'chain' name the function 'sf'? */
bool untagged_sf_is_named(const struct inventory *, const char *chain,
                          const struct inv_sf *sf);

/* Returns the name of an untagged function that 'chain' names and 'path'
 * passes, or NULL. */
const char *untagged_sf_shared(const struct inv_chain *, const struct path *);

/* Returns an error for the user: function 'sf' belongs to 'chain' (caller
 * frees). */
char *untagged_sf_error(const char *sf, const char *chain);

/* Untagged functions whose path has gone, and until when packets of that path
 * may come out: 'left' has times in ms (long long int) by name. */

/* Notes that 'path' goes, with packets that come out until 'until_ms'. */
void untagged_sf_leave(struct shash *left, const struct inventory *,
                       const struct path *, long long int until_ms);

/* Returns until when packets may come out of the function 'sf', in ms, or 0 if
 * none does any more at 'now_ms'. */
long long int untagged_sf_left_until(struct shash *left, const char *sf,
                                     long long int now_ms);

#endif /* ofctl-app/model/untagged-sf.h */
