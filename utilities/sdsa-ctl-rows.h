/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CTL_ROWS_H
#define SDSA_CTL_ROWS_H 1

/* Rows of the sdsa database by name, and the tables that commands print. */

#include <stdbool.h>

#include "db-ctl-base.h"
#include "lib/sdsa-idl.h"
#include "openvswitch/shash.h"

/* Returns true if 'name' may be the name of a new row; 'what' is its kind, for
 * the message.  Else returns false after ctl_error(). */
bool ctl_check_name(struct ctl_context *, const char *what, const char *name);

/* ctl_find_*() returns the row with that name (of a gateway: VNF id), or NULL.
 * ctl_get_*() does the same, but where it finds none it calls ctl_error() with
 * the names that there are, unless the command has --if-exists. */
const struct sdsa_bridge *ctl_find_bridge(const struct ovsdb_idl *,
                                          const char *name);
const struct sdsa_bridge *ctl_get_bridge(struct ctl_context *,
                                         const char *name);
const struct sdsa_endpoint *ctl_find_endpoint(const struct ovsdb_idl *,
                                              const char *name);
const struct sdsa_endpoint *ctl_get_endpoint(struct ctl_context *,
                                             const char *name);
const struct sdsa_service_function *ctl_find_sf(const struct ovsdb_idl *,
                                                const char *name);
const struct sdsa_service_function *ctl_get_sf(struct ctl_context *,
                                               const char *name);
const struct sdsa_gateway *ctl_find_gateway(const struct ovsdb_idl *,
                                            const char *name);
const struct sdsa_gateway *ctl_get_gateway(struct ctl_context *,
                                           const char *name);
const struct sdsa_chain *ctl_find_chain(const struct ovsdb_idl *,
                                        const char *name);
const struct sdsa_chain *ctl_get_chain(struct ctl_context *, const char *name);

/* Returns true if the command has 'option', such as "--may-exist". */
bool ctl_has_option(const struct ctl_context *, const char *option);

/* Returns true if 'row' is not NULL: an "-add" command then makes no row of
 * the kind 'what' with the name argv[1].  That is an error, reported with
 * ctl_error(), unless the command has --may-exist and 'same' says that the row
 * has the settings that the command gives. */
bool ctl_exists_already(struct ctl_context *, const char *what,
                        const void *row, bool same);

/* Returns true if 'chain' names the function 'sf', on either way. */
bool ctl_chain_has_sf(const struct sdsa_chain *chain,
                      const struct sdsa_service_function *sf);

/* Returns true if an operation about the chain of that name is under way. */
bool ctl_has_operation(const struct ovsdb_idl *, const char *chain);

struct table;

/* Makes the table that the command prints.  Its columns are named 'first' and
 * the arguments after it, up to a NULL.  db-ctl-base frees the table. */
struct table *ctl_new_table(struct ctl_context *, const char *first, ...)
    __attribute__((sentinel));

/* Adds a row with the cells 'first' and the arguments after it, up to a NULL.
 * The cells are copied. */
void ctl_add_cells(struct table *, const char *first, ...)
    __attribute__((sentinel));

/* Runs BODY for each ROW that FOREACH finds, in the order of KEY, a malloc'd
 * string: the database has no order. */
#define SORTED(IDL, ROW, FOREACH, KEY, BODY)                            \
    do {                                                                \
        struct shash rows__ = SHASH_INITIALIZER(&rows__);               \
        FOREACH (ROW, IDL) {                                            \
            char *key__ = KEY;                                          \
            shash_add_nocopy(&rows__, key__, ROW);                      \
        }                                                               \
        const struct shash_node **sorted__ = shash_sort(&rows__);       \
        for (size_t i__ = 0; i__ < shash_count(&rows__); i__++) {       \
            ROW = sorted__[i__]->data;                                  \
            BODY                                                        \
        }                                                               \
        free(sorted__);                                                 \
        shash_destroy(&rows__);                                         \
    } while (0)

#endif /* utilities/sdsa-ctl-rows.h */
