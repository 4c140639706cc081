/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CTL_PRIVATE_H
#define SDSA_CTL_PRIVATE_H 1

/* Interfaces between the parts of sdsa-ctl:
 *
 *   sdsa-ctl.c         command line, help, transaction, --wait
 *   sdsa-ctl-edit.c    commands that change bridges, links, endpoints,
 *                      functions and gateways
 *   sdsa-ctl-chain.c   commands that change chains
 *   sdsa-ctl-op.c      commands about operations and debts
 *   sdsa-ctl-show.c    commands that only print
 *   sdsa-ctl-plan.c    --dry-run
 *   sdsa-ctl-vnf.c     commands about VNFs and the authentication centre
 *   sdsa-ctl-remote.c  commands about listeners of the database
 *   sdsa-ctl-rows.c    rows by name, tables to print; for all of these */

#include <stdbool.h>
#include <stdint.h>

#include "db-ctl-base.h"
#include "lib/sdsa-idl.h"

struct ds;
struct table;

/* The commands.  Their 'arguments' go on, after a tab, with a few words of
 * help; --help prints these tables. */
extern const struct ctl_command_syntax sdsa_ctl_edit_commands[];
extern const struct ctl_command_syntax sdsa_ctl_chain_commands[];
extern const struct ctl_command_syntax sdsa_ctl_op_commands[];
extern const struct ctl_command_syntax sdsa_ctl_vnf_commands[];
extern const struct ctl_command_syntax sdsa_ctl_remote_commands[];
extern const struct ctl_command_syntax sdsa_ctl_show_commands[];

/* Returns a sentence if no controller is at work, as far as the database says,
 * else NULL.  Caller frees. */
char *sdsa_ctl_controller_absence(struct ovsdb_idl *);

/* Appends what --dry-run prints: what the controller would do about the chains
 * as the open transaction has them: paths, SAs and flows that come and go,
 * what chains would wait for, and which would fail.  'deleted' has the names
 * of the chains that the transaction deletes, as part of change 'number'.
 * Returns false if a chain would fail. */
bool sdsa_ctl_print_plan(const struct ovsdb_idl *,
                         const struct shash *deleted, int64_t number,
                         struct ds *);

/* Returns true if 'error', what a function of lib/name.h has returned, is
 * NULL.  Else frees it and returns false after ctl_error(). */
bool ctl_accepts(struct ctl_context *, char *error);

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
const struct sdsa_vnf *ctl_find_vnf(const struct ovsdb_idl *,
                                    const char *name);
const struct sdsa_vnf *ctl_get_vnf(struct ctl_context *, const char *name);
const struct sdsa_registration *ctl_find_registration(
    const struct ovsdb_idl *, const char *vnf_id);
const struct sdsa_chain *ctl_find_chain(const struct ovsdb_idl *,
                                        const char *name);
const struct sdsa_chain *ctl_get_chain(struct ctl_context *, const char *name);

/* Returns the RBAC_Role 'name'; one that is new may write nothing yet. */
const struct sdsa_rbac_role *ctl_make_role(struct ctl_context *,
                                           const char *name);

/* Notes that nothing is to be changed (--dry-run). */
void ctl_set_dry_run(void);

/* Returns true after ctl_set_dry_run(). */
bool ctl_is_dry_run(void);

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

/* Makes the table that the command prints.  Its columns are named 'first' and
 * the arguments after it, up to a NULL.  db-ctl-base frees the table. */
struct table *ctl_new_table(struct ctl_context *, const char *first, ...)
    __attribute__((sentinel));

/* Adds a row with the cells 'first' and the arguments after it, up to a NULL.
 * The cells are copied. */
void ctl_add_cells(struct table *, const char *first, ...)
    __attribute__((sentinel));

#endif /* utilities/sdsa-ctl-private.h */
