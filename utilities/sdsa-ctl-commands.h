/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CTL_COMMANDS_H
#define SDSA_CTL_COMMANDS_H 1

/* Interfaces between the parts of sdsa-ctl:
 *
 *   sdsa-ctl.c         command line, help, transaction, --wait
 *   sdsa-ctl-edit.c    commands that change bridges, links, endpoints,
 *                      functions and gateways
 *   sdsa-ctl-chain.c   commands that change chains
 *   sdsa-ctl-op.c      commands about operations and debts
 *   sdsa-ctl-show.c    commands that only print
 *   sdsa-ctl-plan.c    --dry-run
 *   sdsa-ctl-rows.c    rows by name, tables to print; for all of these */

#include "db-ctl-base.h"

/* The commands.  Their 'arguments' go on, after a tab, with a few words of
 * help; --help prints these tables. */
extern const struct ctl_command_syntax sdsa_ctl_edit_commands[];
extern const struct ctl_command_syntax sdsa_ctl_chain_commands[];
extern const struct ctl_command_syntax sdsa_ctl_op_commands[];
extern const struct ctl_command_syntax sdsa_ctl_show_commands[];

/* Returns a sentence if no controller is at work, as far as the database says,
 * else NULL.  Caller frees. */
char *sdsa_ctl_controller_absence(struct ovsdb_idl *);

#endif /* utilities/sdsa-ctl-commands.h */
