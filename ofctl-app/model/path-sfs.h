/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_PATH_SFS_H
#define SDSA_PATH_SFS_H 1

/* The functions that the paths of a chain pass.  Pure. */

struct inv_chain;
struct inv_sf;
struct inventory;
struct path_allocator;
struct path_hints;

/* Chooses the functions that paths of the chain are to pass: those that it
 * names, or others of their groups.  Hints may be NULL.  Returns NULL and the
 * two arrays (caller frees), with as many functions as the chain names; or an
 * error (caller frees) and no array. */
char *path_choose_sfs(const struct inventory *, const struct inv_chain *,
                      const struct path_hints *, const struct path_allocator *,
                      const struct inv_sf ***sfs,
                      const struct inv_sf ***reverse_sfs);

#endif /* ofctl-app/model/path-sfs.h */
