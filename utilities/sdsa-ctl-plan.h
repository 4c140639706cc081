/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CTL_PLAN_H
#define SDSA_CTL_PLAN_H 1

/* What --dry-run prints. */

#include <stdbool.h>
#include <stdint.h>

struct ds;
struct ovsdb_idl;
struct shash;

/* Appends what the controller would do about the chains as the open
 * transaction has them: paths, SAs and flows that come and go, what chains
 * would wait for, and which would fail.  'deleted' has the names of the chains
 * that the transaction deletes, as part of change 'number'.  Returns false if
 * a chain would fail. */
bool sdsa_ctl_print_plan(const struct ovsdb_idl *,
                         const struct shash *deleted, int64_t number,
                         struct ds *);

#endif /* utilities/sdsa-ctl-plan.h */
