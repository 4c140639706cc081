/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_PATH_PRIVATE_H
#define SDSA_PATH_PRIVATE_H 1

/* What the parts of path.h share: path.c makes paths, path-way.c finds ways
 * over the links, path-sfs.c chooses functions. */

#include <stdbool.h>
#include <stddef.h>

struct inv_bridge;
struct inv_chain;
struct inv_link;
struct inv_sf;
struct inventory;
struct path_allocator;
struct path_hints;

/* The shortest way (fewest links; ties by bridge and port name) over links that
 * are up from 'from' to 'to', which differ: first of all it shares as little as
 * can be with 'hints->avoid'.  Returns the links, in order, in '*wayp' (caller
 * frees); or false if there is no way. */
bool path_find_way(const struct inventory *, const struct path_hints *,
                   const struct inv_bridge *from, const struct inv_bridge *to,
                   const struct inv_link ***wayp, size_t *n_wayp);

/* Is it one of those that 'hints->avoid' use? */
bool path_avoids_gateway(const struct path_hints *, const char *vnf_id);
bool path_avoids_sf(const struct path_hints *, const char *sf);

/* Chooses the functions that paths of the chain are to pass: those that it
 * names, or others of their groups.  Returns NULL and the two arrays (caller
 * frees), with as many as the chain has; or a message and none. */
char *path_choose_sfs(const struct inventory *, const struct inv_chain *,
                      const struct path_hints *, const struct path_allocator *,
                      const struct inv_sf ***sfs,
                      const struct inv_sf ***reverse_sfs);

#endif /* ofctl-app/model/path-private.h */
