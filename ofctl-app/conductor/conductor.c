/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/conductor/conductor.h"

#include <inttypes.h>

#include "lib/sdsa-idl.h"
#include "ofctl-app/conductor/conductor-private.h"
#include "ofctl-app/model/numbers.h"
#include "ofctl-app/network/desired-flows.h"
#include "ofctl-app/network/resync.h"
#include "ofctl-app/network/too-big.h"
#include "ofctl-app/operation/journal.h"
#include "ofctl-app/operation/op.h"
#include "ofctl-app/operation/ops.h"
#include "ofctl-app/plan/plan-idl.h"
#include "ofctl-app/plan/plan.h"
#include "ofctl-app/southbound/vswitches.h"
#include "ofctl-app/view/config-idl.h"
#include "ofctl-app/view/inventory-idl.h"
#include "ofctl-app/view/path-idl.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "smap.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(conductor);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

/* Pauses before another transaction, after one that failed. */
#define TXN_AGAIN_MS 50         /* The database was away, or had changed. */
#define TXN_ERROR_MS 1000       /* The database refused the transaction. */

/* Pauses before another try to take over, after it was not possible. */
#define DECLINED_MIN_MS 1000
#define DECLINED_MAX_MS 8000

/* A controller that acts writes "controller_seen" more often. */
#define HOLDER_SILENT_MS 12000

#define LOCK_NAME "sdsa_controller"

static void deactivate(struct conductor *);

struct conductor *
conductor_create(struct ovsdb_idl *idl, const struct db_watch *watch,
                 const struct network_config *config)
{
    struct conductor *c = xzalloc(sizeof *c);
    c->idl = idl;
    c->db_watch = watch;
    c->config = config;
    c->state = STANDBY;
    c->ops = ops_create();
    simap_init(&c->topology);
    c->declined_pause_ms = DECLINED_MIN_MS;
    shash_init(&c->overruled);
    ovsdb_idl_set_lock(idl, LOCK_NAME);
    return c;
}

void
conductor_destroy(struct conductor *c)
{
    if (c) {
        if (c->txn) {
            ovsdb_idl_txn_destroy(c->txn);
        }
        deactivate(c);
        for (size_t i = 0; i < N_HISTORY; i++) {
            free(c->history[i]);
        }
        ops_destroy(c->ops);
        simap_destroy(&c->topology);
        shash_destroy(&c->overruled);
        free(c->trouble);
        free(c);
    }
}

/* Activation: lock, epoch, what another controller left. */

/* Begins to take over: opens what bridges connect to, and begins the
 * transaction that raises the epoch; or, if that cannot be opened, the
 * transaction that says why. */
static void
claim(struct conductor *c)
{
    free(c->trouble);
    c->trouble = network_create(c->config, &c->net);

    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(c->idl);
    c->txn = ovsdb_idl_txn_create(c->idl);
    if (!global) {
        global = sdsa_sdsa_global_insert(c->txn);
    } else {
        sdsa_sdsa_global_verify_epoch(global);
    }
    struct smap status = SMAP_INITIALIZER(&status);
    if (c->trouble) {
        VLOG_WARN("cannot take over, next try in %d s: %s",
                  c->declined_pause_ms / 1000, c->trouble);
        smap_add(&status, "reason", c->trouble);
        c->state = DECLINING;
    } else {
        c->epoch = global->epoch + 1;
        sdsa_sdsa_global_set_epoch(global, c->epoch);
        c->state = CLAIMING;
    }
    if (!smap_equal(&status, &global->status)) {
        sdsa_sdsa_global_set_status(global, &status);
    }
    smap_destroy(&status);
}

/* Lets another controller have the lock for a while, if there is one. */
static void
decline(struct conductor *c)
{
    ovsdb_idl_set_lock(c->idl, NULL);
    c->state = STANDBY;
    c->next_txn_ms = time_msec() + c->declined_pause_ms;
    c->declined_pause_ms = MIN(2 * c->declined_pause_ms, DECLINED_MAX_MS);
}

/* Puts the live paths of 'spis' into 'paths'.  Returns their number. */
static size_t
rows_to_paths(const struct network *net, const int64_t *spis, size_t n,
              struct live_path **paths)
{
    size_t n_found = 0;
    for (size_t i = 0; i < n; i++) {
        struct live_path *live = live_paths_find(network_live_paths(net),
                                                 spis[i]);
        if (live) {
            paths[n_found++] = live;
        }
    }
    return n_found;
}

/* Returns the chains that an Operation row names; a chain whose row is gone
 * counts as deleted.  Caller frees the array; the strings are of the rows. */
static struct plan_target *
rows_to_chains(const struct conductor *c, const struct sdsa_operation *op,
               size_t *n)
{
    struct plan_target *chains = xcalloc(op->n_chains + 1, sizeof *chains);
    *n = op->n_chains;
    for (size_t i = 0; i < op->n_chains; i++) {
        chains[i].name = op->chains[i];
        chains[i].intent = "";
    }
    for (size_t i = 0; i < op->n_wanted && i < op->n_intents; i++) {
        /* Both maps are sorted by their keys, which are the same. */
        const struct sdsa_chain *row
            = sdsa_chain_get_for_uuid(c->idl, &op->key_wanted[i]);
        for (size_t j = 0; row && j < *n; j++) {
            if (!strcmp(chains[j].name, row->name)) {
                chains[j].uuid = op->key_wanted[i];
                chains[j].wanted = op->value_wanted[i];
                chains[j].intent = op->value_intents[i];
            }
        }
    }
    return chains;
}

static void
resume_operation(struct conductor *c, const struct sdsa_operation *row)
{
    struct live_path **old = xcalloc(row->n_old_paths + 1, sizeof *old);
    struct live_path **new = xcalloc(row->n_new_paths + 1, sizeof *new);
    size_t n_old = rows_to_paths(c->net, row->old_paths, row->n_old_paths,
                                 old);
    size_t n_new = rows_to_paths(c->net, row->new_paths, row->n_new_paths,
                                 new);
    bool committed = journal_is_committed(row);

    size_t n_chains;
    struct plan_target *chains = rows_to_chains(c, row, &n_chains);
    struct op *op = conductor_add_op(c, &(struct op_spec) {
        .number = row->number,
        .purpose = OP_CHANGE,
        .cause = row->reason,
        .chains = chains,
        .n_chains = n_chains,
        .old = old,
        .n_old = n_old,
        .new = new,
        .n_new = n_new,
        .prove = true,
    });
    VLOG_INFO("operation %"PRId64" of %s was %s: going %s", row->number,
              op_get_spec(op)->names, row->state,
              committed ? "forward" : "back");
    op_resume(op, committed);
    for (size_t i = 0; i < n_chains; i++) {
        plan_resume(c->plan, chains[i].name);
    }
    free(chains);
    free(old);
    free(new);
}

/* Binds the bridges to the certificates that their rows name. */
static void
bind_bridges(struct conductor *c)
{
    const struct sdsa_bridge *row;
    SDSA_BRIDGE_FOR_EACH (row, c->idl) {
        struct bridge *br = network_bridge(c->net, row->name);
        if (br) {
            bridge_bind(br, row->certificate);
        }
    }
}

static void
update_inventory(struct conductor *c)
{
    if (c->idl_seqno == ovsdb_idl_get_seqno(c->idl)
        && c->vswitches_seqno == vswitches_seqno(c->vswitches)) {
        return;
    }
    c->idl_seqno = ovsdb_idl_get_seqno(c->idl);
    c->vswitches_seqno = vswitches_seqno(c->vswitches);

    unsigned int inv_seqno = network_inventory_seqno(c->net);
    struct inventory inv;
    inventory_init(&inv);
    struct shash bad_chains = SHASH_INITIALIZER(&bad_chains);
    inventory_from_idl(&inv, c->idl, &bad_chains);
    vswitches_tell_ports(c->vswitches, c->idl, &inv);
    network_set_inventory(c->net, &inv);
    network_set_loss_ms(c->net, config_ms(c->idl, "loss-ms"));
    if (network_inventory_seqno(c->net) != inv_seqno) {
        poll_immediate_wake();  /* Flows go now, if no path may have them. */
    }
    bind_bridges(c);
    plan_tell_rows(c->plan, c->idl, network_inventory(c->net), &bad_chains,
                   NULL);
    plan_tell_removals(c->plan, c->idl);
    shash_destroy_free_data(&bad_chains);
}

/* Takes over the network, when the transaction of claim() is committed. */
static void
activate(struct conductor *c)
{
    c->declined_pause_ms = DECLINED_MIN_MS;
    bridges_set_generation(network_bridges(c->net), c->epoch);
    c->plan = plan_create();
    c->numbers = numbers_create();
    c->resync = resync_create();
    c->too_big = too_big_create();
    c->vswitches = vswitches_create();
    c->state = ACTIVE;
    c->idl_seqno = ovsdb_idl_get_seqno(c->idl) - 1;
    update_inventory(c);

    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(c->idl);
    numbers_set_next_nsh_spi(c->numbers, global->next_nsh_spi);
    c->next_operation = global->next_operation + 1;

    const struct sdsa_path *row;
    SDSA_PATH_FOR_EACH (row, c->idl) {
        struct path *path = path_from_idl(row);
        if (path) {
            numbers_claim(c->numbers, path);
            network_add_path(c->net, path, row->twin,
                             (path->state == PATH_ACTIVE
                              ? path_flows_in_use(path) : 0));
            plan_touch(c->plan, path->chain);
        }
    }
    const struct sdsa_operation *op_row;
    SDSA_OPERATION_FOR_EACH (op_row, c->idl) {
        c->next_operation = MAX(c->next_operation, op_row->number + 1);
        resume_operation(c, op_row);
    }
    VLOG_INFO("active in epoch %"PRIu64" with %"PRIuSIZE" paths", c->epoch,
              live_paths_count(network_live_paths(c->net)));
}

static void
deactivate(struct conductor *c)
{
    ops_destroy(c->ops);
    c->ops = ops_create();
    plan_destroy(c->plan);
    c->plan = NULL;
    simap_clear(&c->topology);
    network_destroy(c->net);
    c->net = NULL;
    numbers_destroy(c->numbers);
    c->numbers = NULL;
    resync_destroy(c->resync);
    c->resync = NULL;
    too_big_destroy(c->too_big);
    c->too_big = NULL;
    vswitches_destroy(c->vswitches);
    c->vswitches = NULL;
    shash_clear_free_data(&c->overruled);
    free(c->behind);
    c->behind = NULL;
    c->raising = 0;
    c->state = STANDBY;
}

/* The database: one transaction at a time. */

static void
run_transaction(struct conductor *c)
{
    if (!c->txn) {
        if (c->state != ACTIVE || time_msec() < c->next_txn_ms) {
            return;
        }
        conductor_write(c);
    }
    enum ovsdb_idl_txn_status status = ovsdb_idl_txn_commit(c->txn);
    if (status == TXN_INCOMPLETE) {
        return;
    }
    bool ok = status == TXN_SUCCESS || status == TXN_UNCHANGED;
    char *error = NULL;
    if (status == TXN_ERROR) {
        error = xstrdup(ovsdb_idl_txn_get_error(c->txn));
        VLOG_ERR_RL(&rl, "transaction refused: %s", error);
    } else if (!ok) {
        VLOG_INFO_RL(&rl, "transaction: %s",
                     ovsdb_idl_txn_status_to_string(status));
    }
    ovsdb_idl_txn_destroy(c->txn);
    c->txn = NULL;

    if (c->state == CLAIMING) {
        if (ok) {
            activate(c);
            poll_immediate_wake();
        } else {
            deactivate(c);
            c->next_txn_ms = time_msec() + TXN_ERROR_MS;
        }
    } else if (c->state == DECLINING) {
        decline(c);
    } else if (c->state == ACTIVE) {
        conductor_written(c, ok, error);
        if (status == TXN_SUCCESS) {
            poll_immediate_wake();
        } else if (!ok) {
            c->next_txn_ms = time_msec() + (error ? TXN_ERROR_MS
                                            : TXN_AGAIN_MS);
        }
    }
    free(error);
}

/* Running. */

/* Aborts the operations that the operator wants aborted. */
static void
abort_operations(struct conductor *c)
{
    const struct sdsa_operation *row;
    SDSA_OPERATION_FOR_EACH (row, c->idl) {
        if (row->abort) {
            free(conductor_abort(c, row->number));
        }
    }
}

static bool
is_held(const struct conductor *c)
{
    return (ovsdb_idl_is_connected(c->idl)
            && ovsdb_idl_is_lock_contended(c->idl));
}

/* When the one who holds the lock will have been silent for too long. */
static long long int
holder_deadline(const struct conductor *c)
{
    return (c->state == STANDBY && !c->holder_fault && is_held(c)
            ? c->holder_ms + HOLDER_SILENT_MS : LLONG_MAX);
}

/* Watches the one who has the lock while we stand by: OVSDB lets all who can
 * write anything take it, and does not say who it is. */
static void
watch_holder(struct conductor *c)
{
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(c->idl);
    int64_t seen = global ? global->controller_seen : 0;
    if (!c->holder_ms || c->holder_seen != seen || !is_held(c)) {
        c->holder_seen = seen;
        c->holder_ms = time_msec();
        c->holder_fault = NULL;
    } else if (time_msec() >= holder_deadline(c)) {
        c->holder_fault
            = "the one who holds the lock \""LOCK_NAME"\" does not act: it is "
              "a controller that hangs, or another client, such as an "
              "authentication centre that was taken over; end it, or take "
              "away its listener with \"sdsa-ctl set-connection\"";
        VLOG_WARN("%s", c->holder_fault);
    }
}

/* Follows the lock.  Returns true if the conductor holds it and is active. */
static bool
run_lock(struct conductor *c)
{
    if (!ovsdb_idl_has_ever_connected(c->idl)) {
        return false;
    }
    if (c->state == STANDBY && time_msec() >= c->next_txn_ms) {
        ovsdb_idl_set_lock(c->idl, LOCK_NAME);  /* After decline(). */
    }
    if (!ovsdb_idl_has_lock(c->idl)) {
        if (c->state == ACTIVE && ovsdb_idl_is_lock_contended(c->idl)) {
            VLOG_WARN("another client holds the lock: standing by");
            deactivate(c);
            c->holder_ms = 0;
        }
        if (c->state == STANDBY) {
            watch_holder(c);
        }
        return false;
    }
    if (c->state == ACTIVE) {
        const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(c->idl);
        if (global && global->epoch != c->epoch && !c->txn) {
            VLOG_WARN("another controller ruled meanwhile (epoch %"PRId64"): "
                      "starting anew", global->epoch);
            deactivate(c);
        }
    }
    if (c->state == STANDBY && time_msec() >= c->next_txn_ms) {
        claim(c);
    }
    return c->state == ACTIVE;
}

static void
run_operations(struct conductor *c)
{
    OPS_FOR_EACH (op, c->ops) {
        bool ends_now = op_run(op, c->net, c->epoch);
        const struct op_spec *spec = op_get_spec(op);
        for (size_t i = 0; ends_now && i < spec->n_chains; i++) {
            plan_touch(c->plan, spec->chains[i].name);
        }
    }
}

void
conductor_run(struct conductor *c)
{
    c->may_act = run_lock(c);
    if (c->state == ACTIVE) {
        /* Without the database the network is held as it is. */
        network_run(c->net);
        vswitches_run(c->vswitches, c->idl);
        vswitches_tell_names(c->vswitches, c->idl, network_bridges(c->net));
        desired_flows_run(c->net);
        conductor_results_run(c);
        conductor_events_run(c);
    }
    if (c->may_act) {
        update_inventory(c);
        resync_run(c->resync, c->net);
        abort_operations(c);
        conductor_start_operations(c);
        run_operations(c);
    }
    if (c->txn || c->may_act) {
        run_transaction(c);
    }
}

void
conductor_wait(struct conductor *c)
{
    if (c->txn) {
        ovsdb_idl_txn_wait(c->txn);
    }
    if (c->state == STANDBY && (ovsdb_idl_has_lock(c->idl)
                                || time_msec() < c->next_txn_ms)) {
        poll_timer_wait_until(c->next_txn_ms);
    }
    if (holder_deadline(c) != LLONG_MAX) {
        poll_timer_wait_until(holder_deadline(c));
    }
    if (c->state == ACTIVE) {
        network_wait(c->net);
        vswitches_wait(c->vswitches);
    }
    if (c->state == ACTIVE && c->may_act) {
        resync_wait(c->resync, c->net);
        conductor_epoch_wait(c);
        poll_timer_wait_until(plan_wake_ms(c->plan));
        poll_timer_wait_until(c->counters_ms);
        bool needed = false;
        OPS_FOR_EACH (op, c->ops) {
            op_wait(op);
            needed = needed || op_needs_journal(op);
        }
        if (!c->txn) {
            poll_timer_wait_until(needed ? c->next_txn_ms
                                  : MAX(c->statistics_ms, c->next_txn_ms));
        }
    }
}

char *
conductor_abort(struct conductor *c, unsigned int number)
{
    struct op *op = ops_find_number(c->ops, number);
    if (!op) {
        return xasprintf("no operation %u is under way", number);
    } else if (op_abort(op, "aborted by the operator", true)) {
        return NULL;
    }
    return (op_get_state(op) == OP_FSM_UNDO
            ? xasprintf("operation %u is rolling back already", number)
            : xasprintf("operation %u is past its commit point: it goes "
                        "forward only", number));
}
