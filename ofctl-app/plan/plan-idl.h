/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_PLAN_IDL_H
#define SDSA_PLAN_IDL_H 1

/* From the database's rows of chains to the planner. */

struct inventory;
struct ovsdb_idl;
struct plan;
struct shash;

/* Tells the planner of all rows of chains.  'inv' and 'bad_chains' are from
 * inventory_from_idl() of the same rows.  'applied' has the intents that
 * operations have applied to chains since, by the chains' names, or is
 * NULL. */
void plan_tell_rows(struct plan *, const struct ovsdb_idl *,
                    const struct inventory *inv,
                    const struct shash *bad_chains,
                    const struct shash *applied);

/* Tells the planner which deletions belong to which group. */
void plan_tell_removals(struct plan *, const struct ovsdb_idl *);

#endif /* ofctl-app/plan/plan-idl.h */
