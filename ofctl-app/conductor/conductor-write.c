/* SPDX-License-Identifier: Apache-2.0 */
/* What the conductor writes into the database, one transaction at a time, and
 * what follows once that is there. */

#include <config.h>

#include "ofctl-app/conductor/conductor-private.h"

#include "lib/db-watch.h"
#include "lib/sdsa-idl.h"
#include "lib/tls-files.h"
#include "ofctl-app/model/numbers.h"
#include "ofctl-app/network/network.h"
#include "ofctl-app/network/resync.h"
#include "ofctl-app/network/status.h"
#include "ofctl-app/operation/journal.h"
#include "ofctl-app/operation/op.h"
#include "ofctl-app/operation/ops.h"
#include "ofctl-app/plan/plan.h"
#include "ofctl-app/southbound/vswitches.h"
#include "ofctl-app/view/config-idl.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "smap.h"
#include "svec.h"
#include "timeval.h"

VLOG_DEFINE_THIS_MODULE(conductor_write);

#define STATISTICS_MS 5000      /* Between two writes of statistics. */
#define KEEP_MS 60000           /* Between two of those that go to disk. */

/* The end of an operation. */

static void
forget_paths(struct conductor *c, struct live_path *const *paths, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        numbers_release(c->numbers, paths[i]->path);
        network_remove_path(c->net, paths[i]);
    }
    if (n) {
        plan_paths_removed(c->plan);
    }
}

/* Has the gateways that owe something brought in line once more.  To be called
 * twice: when the debt is written, so that it does not count as paid; and when
 * the paths are gone, so that no path owns what is owed. */
static void
collect_debts(struct conductor *c, const struct op *op)
{
    size_t n;
    const struct op_debt *debts = op_debts(op, &n);
    for (size_t i = 0; i < n; i++) {
        if (debts[i].participant->kind == PARTICIPANT_GATEWAY) {
            resync_force(c->resync, debts[i].participant->name);
        }
    }
}

static void
log_debts(const struct op *op)
{
    size_t n;
    const struct op_debt *debts = op_debts(op, &n);
    for (size_t i = 0; i < n; i++) {
        VLOG_WARN("operation %u: %s owes the removal of %s paths",
                  op_get_spec(op)->number, debts[i].title,
                  debts[i].of_new ? "new" : "old");
    }
}

/* The end of the operation is in the database. */
static void
end_operation(struct conductor *c, struct op *op)
{
    const struct op_spec *spec = op_get_spec(op);
    bool done = op_get_state(op) == OP_FSM_DONE;
    char **slot = &c->history[c->n_history++ % N_HISTORY];
    free(*slot);
    *slot = op_format(op);
    VLOG(done ? VLL_INFO : VLL_WARN, "operation %s", *slot);
    log_debts(op);
    op_tell_suspects(op, network_suspects(c->net),
                     config_ms(c->idl, "avoid-ms"));
    collect_debts(c, op);
    if (done) {
        const struct plan_facts facts = conductor_facts(c);
        for (size_t i = 0; i < spec->n_old; i++) {
            if (!op_has_drained(op) && !spec->old[i]->path->backup) {
                plan_leave_sfs(c->plan, &facts, spec->old[i]->path);
            }
        }
        forget_paths(c, spec->old, spec->n_old);
    } else if (spec->purpose != OP_FAILOVER) {
        forget_paths(c, spec->new, spec->n_new);
    }

    conductor_end_chains(c, op, done);
    ops_remove(c->ops, op);
}

/* The transaction. */

/* Removes the notes of deletions that are done. */
static void
forget_removals(struct conductor *c, const struct sdsa_sdsa_global *global)
{
    for (size_t i = 0; i < global->n_removals; i++) {
        const char *name = global->key_removals[i];
        if (!live_paths_has_chain(network_live_paths(c->net), name)
            && !ops_find_chain(c->ops, name)) {
            sdsa_sdsa_global_update_removals_delkey(global, name);
        }
    }
}

/* Adds which of our certificates, those of CAs and the database's are near
 * their end. */
static void
add_certificates(const struct conductor *c, struct smap *status)
{
    char *of_db = db_watch_cert_doubt(c->db_watch);
    char *texts[] = {
        tls_files_warning(c->config->tls),
        tls_files_warning(c->config->agents.client.files),
        of_db ? xasprintf("the database: %s", of_db) : NULL,
    };
    struct svec all = SVEC_EMPTY_INITIALIZER;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        if (texts[i]) {
            svec_add_nocopy(&all, texts[i]);
        }
    }
    svec_sort_unique(&all);
    if (all.n) {
        smap_add_nocopy(status, xstrdup("certificates"),
                        svec_join(&all, "; ", ""));
    }
    svec_destroy(&all);
    free(of_db);
}

static void
write_global(struct conductor *c, bool statistics)
{
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(c->idl);
    conductor_epoch_write(c);
    if (!global) {
        return;
    }
    struct smap status = SMAP_INITIALIZER(&status);
    if (c->behind) {
        smap_add(&status, "epoch", c->behind);
    }
    add_certificates(c, &status);
    if (!smap_equal(&status, &global->status)) {
        sdsa_sdsa_global_set_status(global, &status);
    }
    smap_destroy(&status);
    if (global->next_nsh_spi != numbers_get_next_nsh_spi(c->numbers)) {
        sdsa_sdsa_global_set_next_nsh_spi(
            global, numbers_get_next_nsh_spi(c->numbers));
    }
    if (global->next_operation != c->next_operation) {
        sdsa_sdsa_global_set_next_operation(global, c->next_operation);
    }
    if (statistics) {
        sdsa_sdsa_global_set_controller_seen(global, time_wall());
    }
    forget_removals(c, global);
    if (plan_is_settled(c->plan) && !ops_count(c->ops)
        && global->applied != global->wanted) {
        sdsa_sdsa_global_set_applied(global, global->wanted);
    }
}

void
conductor_write(struct conductor *c)
{
    bool statistics = time_msec() >= c->statistics_ms;

    c->txn = ovsdb_idl_txn_create(c->idl);
    OPS_FOR_EACH (op, c->ops) {
        if (journal_write(c->txn, c->idl, op)) {
            collect_debts(c, op);
        }
    }
    conductor_facts_write_rows(c);
    OPS_FOR_EACH (op, c->ops) {
        journal_chain_hangs(c->idl, op);
        journal_write_counts(c->idl, op);
    }
    write_global(c, statistics);
    vswitches_write(c->vswitches, c->idl, network_inventory(c->net));
    bool keep = statistics && time_msec() >= c->keep_ms;
    status_write(c->idl, c->net, c->vswitches, c->resync, statistics, keep);
    if (keep) {
        c->keep_ms = time_msec() + KEEP_MS;
    }
    journal_settle_debts(c->idl, c->net, c->resync);
    if (statistics) {
        journal_sweep(c->idl, c->net);
        c->statistics_ms = time_msec() + STATISTICS_MS;
    }
}

void
conductor_written(struct conductor *c, bool ok, const char *refusal)
{
    conductor_epoch_written(c, ok);
    for (struct op *op = ops_next(c->ops, NULL), *next; op; op = next) {
        next = ops_next(c->ops, op);
        if (op_journaled(op, ok, refusal)) {
            end_operation(c, op);
        }
    }
    plan_written(c->plan, ok);
}
