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

/* Other paths that a new path is made to be like, or unlike. */
struct path_hints {
    const struct path *const *keep;     /* Functions that these pass come
                                         * first. */
    size_t n_keep;
    const struct path *const *avoid;    /* Links and gateways that these use,
                                         * bridges that they only cross and
                                         * functions that they pass come
                                         * last. */
    size_t n_avoid;
};

/* Finds the shortest way (fewest links; ties by bridge and port name) over
 * links that are up from 'from' to 'to', which differ.  A way that shares less
 * with 'hints->avoid' (hints may be NULL) comes before a shorter one.  Returns
 * true and the 'n_wayp' links in order in '*wayp', or false if there is no
 * way; caller frees '*wayp' in either case. */
bool path_find_way(const struct inventory *, const struct path_hints *,
                   const struct inv_bridge *from, const struct inv_bridge *to,
                   const struct inv_link ***wayp, size_t *n_wayp);

/* Does one of 'hints->avoid' (hints may be NULL) use the gateway? */
bool path_avoids_gateway(const struct path_hints *, const char *vnf_id);

/* Does one of 'hints->avoid' (hints may be NULL) pass the function 'sf'? */
bool path_avoids_sf(const struct path_hints *, const char *sf);

#endif /* ofctl-app/model/path-way.h */
