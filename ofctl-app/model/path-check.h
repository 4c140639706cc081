/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_PATH_CHECK_H
#define SDSA_PATH_CHECK_H 1

/* Does a path, which was made from an earlier inventory, still fit the one of
 * now?  And can it take the place of another path?  Pure.
 *
 * Each function, but path_is_cut(), returns NULL for yes, or an error for the
 * user that says why not, which the caller frees. */

#include <stdbool.h>

struct inventory;
struct path;

/* Are endpoints, functions and gateways of the path still at the bridges that
 * it was made for?  If not, its flows would deliver to ports of other
 * bridges. */
char *path_check_places(const struct path *, const struct inventory *);

/* Are the links that its hops cross still there, and up?  Are the ports of its
 * functions and gateways up? */
char *path_check_links(const struct path *, const struct inventory *);

/* Does path_check_links() find a reason against the path?  Then packets are
 * lost on it. */
bool path_is_cut(const struct path *, const struct inventory *);

/* Is the path free of gateways that are being drained, gateways and bridges
 * that are lost, and functions that are marked down?  Such a path may carry
 * traffic all the same. */
char *path_check_lost(const struct path *, const struct inventory *);

/* Do new paths avoid none of its links and gateways? */
char *path_check_avoided(const struct path *, const struct inventory *);

/* path_check_places() and path_check_links().  And are its functions with tags
 * those that it has tags for? */
char *path_check(const struct path *, const struct inventory *);

/* Can packets change from path 'old' to path 'new', which takes its place,
 * inside every function?  A packet that leaves an untagged function
 * (untagged-sf.h) may have entered it on either path, and may go on along
 * either, for a moment or as long as a bridge is silent.  So for each such
 * function the part of the path before it (the match too) or the part behind
 * it has to stay as it was.  Functions of one group count as the same. */
char *path_check_change(const struct inventory *, const struct path *old,
                        const struct path *new);

#endif /* ofctl-app/model/path-check.h */
