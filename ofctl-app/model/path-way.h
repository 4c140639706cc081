/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_PATH_WAY_H
#define SDSA_PATH_WAY_H 1

/* Ways over the links from one bridge to another, and what new paths keep of
 * other paths or avoid.  Pure. */

#include <stdbool.h>
#include <stddef.h>

struct inv_bridge;
struct inv_link;
struct inventory;
struct path;
struct sset;

/* Other paths that a new path is made to be like, or unlike. */
struct path_hints {
    const struct path *const *keep;     /* Functions that these pass come
                                         * first. */
    size_t n_keep;
    const struct sset *avoid;           /* Elements of paths (see
                                         * path_elements()) that come last;
                                         * NULL: none. */
};

/* Finds the shortest way (fewest links; ties by bridge and port name) over
 * links that are up from 'from' to 'to', which differ.  A way over links that
 * are less in doubt comes before any other, and then one that shares less
 * with 'hints->avoid' (hints may be NULL) comes before a shorter one.  Returns
 * true and the 'n_wayp' links in order in '*wayp', or false if there is no
 * way; caller frees '*wayp' in either case. */
bool path_find_way(const struct inventory *, const struct path_hints *,
                   const struct inv_bridge *from, const struct inv_bridge *to,
                   const struct inv_link ***wayp, size_t *n_wayp);

/* Has 'hints->avoid' (hints may be NULL) the element "KIND NAME"? */
bool path_avoids(const struct path_hints *, const char *kind,
                 const char *name);

#endif /* ofctl-app/model/path-way.h */
