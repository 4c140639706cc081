/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_PATH_IDL_H
#define SDSA_PATH_IDL_H 1

/* From the database's tables of status to paths. */

struct path;
struct sdsa_path;

/* Returns the path that 'row' says (caller frees with path_destroy()), or NULL
 * if the row makes no sense, which is logged. */
struct path *path_from_idl(const struct sdsa_path *row);

#endif /* ofctl-app/view/path-idl.h */
