/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CTL_H
#define SDSA_CTL_H 1

/* What the parts of sdsa-ctl share: sdsa-ctl.c has the command line, the
 * transaction and the waiting; sdsa-ctl-edit.c the commands that change what
 * the network is made of, sdsa-ctl-chain.c those that change its chains;
 * sdsa-ctl-op.c is about operations; sdsa-ctl-show.c has the commands that
 * print, sdsa-ctl-plan.c what --dry-run prints. */

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

/* Appends what the controller would do about the chains as the open transaction
 * has them: paths, SAs and flows that come and go.  Returns false if a chain
 * would fail. */
bool sdsa_ctl_print_plan(const struct ovsdb_idl *, struct ds *);

#endif /* utilities/sdsa-ctl.h */
