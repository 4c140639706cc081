/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/plan/plan-idl.h"

#include "lib/sdsa-idl.h"
#include "ofctl-app/model/inventory.h"
#include "ofctl-app/plan/plan.h"
#include "sset.h"

void
plan_tell_rows(struct plan *plan, const struct ovsdb_idl *idl,
               const struct inventory *inv, const struct shash *bad_chains,
               const struct shash *applied)
{
    struct sset gone = SSET_INITIALIZER(&gone);
    const struct sdsa_chain *row;
    const char *name;
    plan_get_rows(plan, &gone);
    SDSA_CHAIN_FOR_EACH (row, idl) {
        const struct inv_chain *chain = inventory_chain(inv, row->name);
        char *done = applied ? shash_find_data(applied, row->name) : NULL;
        plan_set_row(plan, row->name, &(struct plan_row) {
            .uuid = row->header_.uuid,
            .wanted = row->wanted,
            .applied = done ? row->wanted : row->applied,
            .failed = row->failed,
            .change = row->change,
            .applied_intent = done ? done : row->applied_intent,
            .intent = chain ? chain->intent : CONST_CAST(char *, ""),
            .bad = shash_find_data(bad_chains, row->name),
            .protection = row->protection,
            .waits = row->waits,
            .protect = row->protect,
            .has_reason = row->reason[0] != '\0',
        });
        sset_find_and_delete(&gone, row->name);
    }
    SSET_FOR_EACH (name, &gone) {
        plan_set_row(plan, name, NULL);
    }
    sset_destroy(&gone);
}

void
plan_tell_removals(struct plan *plan, const struct ovsdb_idl *idl)
{
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(idl);
    for (size_t i = 0; global && i < global->n_removals; i++) {
        plan_set_removal_group(plan, global->key_removals[i],
                               global->value_removals[i]);
    }
}
