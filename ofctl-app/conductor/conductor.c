/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/conductor/conductor.h"
#include "ofctl-app/conductor/conductor-private.h"

#include <inttypes.h>

#include "hmapx.h"
#include "lib/sdsa-idl.h"
#include "ofctl-app/flows/probe.h"
#include "ofctl-app/flows/steering.h"
#include "ofctl-app/model/numbers.h"
#include "ofctl-app/network/desired-flows.h"
#include "ofctl-app/network/resync.h"
#include "ofctl-app/network/status.h"
#include "ofctl-app/network/too-big.h"
#include "ofctl-app/operation/journal.h"
#include "ofctl-app/operation/op.h"
#include "ofctl-app/operation/ops.h"
#include "ofctl-app/southbound/of-packet.h"
#include "ofctl-app/southbound/vswitches.h"
#include "ofctl-app/view/inventory-idl.h"
#include "ofctl-app/view/path-idl.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(conductor);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

#define STATISTICS_MS 5000

/* Before a transaction that failed is tried again. */
#define TXN_AGAIN_MS 50         /* The database was away, or had changed. */
#define TXN_ERROR_MS 1000       /* It will not have it. */

static void deactivate(struct conductor *);

struct conductor *
conductor_create(struct ovsdb_idl *idl, const struct network_config *config)
{
    struct conductor *c = xzalloc(sizeof *c);
    c->idl = idl;
    c->config = config;
    c->state = STANDBY;
    c->ops = ops_create();
    shash_init(&c->left_sfs);
    shash_init(&c->chains);
    shash_init(&c->bad_chains);
    ovsdb_idl_set_lock(idl, "sdsa_controller");
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
        shash_destroy_free_data(&c->left_sfs);
        shash_destroy(&c->chains);
        shash_destroy_free_data(&c->bad_chains);
        free(c);
    }
}

/* Activation: lock, epoch, what a predecessor left. */

static void
claim(struct conductor *c)
{
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(c->idl);
    c->txn = ovsdb_idl_txn_create(c->idl);
    if (!global) {
        global = sdsa_sdsa_global_insert(c->txn);
    } else {
        sdsa_sdsa_global_verify_epoch(global);
    }
    c->epoch = global->epoch + 1;
    sdsa_sdsa_global_set_epoch(global, c->epoch);
    c->state = CLAIMING;
}

/* The live paths that an Operation row names. */
static size_t
rows_to_paths(const struct network *net, const int64_t *spis, size_t n,
              struct live_path **paths)
{
    size_t n_found = 0;
    for (size_t i = 0; i < n; i++) {
        struct live_path *live = network_find_path(net, spis[i]);
        if (live) {
            paths[n_found++] = live;
        }
    }
    return n_found;
}

/* The chains that it names; those whose rows are gone count as deleted.  Caller
 * frees the array; the strings are of the rows. */
static struct op_chain *
rows_to_chains(const struct conductor *c, const struct sdsa_operation *op,
               size_t *n)
{
    struct op_chain *chains = xcalloc(op->n_chains + 1, sizeof *chains);
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
    struct op_chain *chains = rows_to_chains(c, row, &n_chains);
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
              op_names(op), row->state, committed ? "forward" : "back");
    op_resume(op, committed);
    free(chains);
    free(old);
    free(new);
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

    struct inventory inv;
    inventory_init(&inv);
    shash_clear_free_data(&c->bad_chains);
    inventory_from_idl(&inv, c->idl, &c->bad_chains);
    vswitches_tell_mtus(c->vswitches, c->idl, &inv);
    network_set_inventory(c->net, &inv);

    struct shash_node *node;
    SHASH_FOR_EACH_SAFE (node, &c->chains) {
        if (!inventory_chain(network_inventory(c->net), node->name)
            && !shash_find(&c->bad_chains, node->name)) {
            conductor_destroy_memory(node->data);
            shash_delete(&c->chains, node);
        }
    }
}

/* We hold the lock under an epoch of our own: takes over the network. */
static void
activate(struct conductor *c)
{
    char *error = network_create(c->config, &c->net);
    if (error) {
        VLOG_FATAL("%s", error);
    }
    bridges_set_generation(network_bridges(c->net), c->epoch);
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
        }
    }
    const struct sdsa_operation *op_row;
    SDSA_OPERATION_FOR_EACH (op_row, c->idl) {
        c->next_operation = MAX(c->next_operation, op_row->number + 1);
        resume_operation(c, op_row);
    }
    VLOG_INFO("active in epoch %"PRIu64" with %"PRIuSIZE" paths", c->epoch,
              network_n_paths(c->net));
}

static void
deactivate(struct conductor *c)
{
    ops_destroy(c->ops);
    c->ops = ops_create();
    struct shash_node *node;
    SHASH_FOR_EACH_SAFE (node, &c->chains) {
        conductor_destroy_memory(node->data);
        shash_delete(&c->chains, node);
    }
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
    c->state = STANDBY;
}

/* Operations: what comes back. */

static void
take_bridge_results(struct conductor *c)
{
    BRIDGES_FOR_EACH (br, network_bridges(c->net)) {
        uint64_t ticket;
        char *error;
        while (bridge_next_result(br, &ticket, &error)) {
            ops_bridge_result(c->ops, ticket, error);
            free(error);
        }
    }
}

static void
take_probe(struct conductor *c, const struct bridge *br,
           const struct of_packet_in *packet)
{
    struct probe probe;
    if (probe_parse(packet->frame, packet->size, packet->total_size, &probe)
        && packet->cookie == steering_cookie(STEERING_TRANSPORT,
                                             probe.nsh_spi)) {
        ops_probe_result(c->ops, c->net, bridge_name(br), &probe);
    }
}

static void
take_too_big(struct conductor *c, struct bridge *br,
             const struct of_packet_in *packet)
{
    struct live_path *live = network_find_path(c->net,
                                               packet->cookie & 0xffffff);
    if (live) {
        live->too_big++;
    }
    too_big_answer(c->too_big, br, packet);
}

static void
take_packets_in(struct conductor *c)
{
    BRIDGES_FOR_EACH (br, network_bridges(c->net)) {
        struct of_packet_in packet;
        while (bridge_next_packet_in(br, &packet)) {
            uint8_t what = packet.n_userdata ? packet.userdata[0] : 0;
            if (what == STEERING_USERDATA_TOO_BIG) {
                take_too_big(c, br, &packet);
            } else if (what == STEERING_USERDATA_PROBE) {
                take_probe(c, br, &packet);
            }
            of_packet_in_uninit(&packet);
        }
    }
}

/* The gateway does not carry these paths (any more). */
static void
take_broken(const char *vnf_id, const struct hmapx *broken)
{
    const struct hmapx_node *node;
    HMAPX_FOR_EACH (node, broken) {
        struct live_path *live = node->data;
        free(live->broken);
        live->broken = xasprintf("gateway %s lost its SAs", vnf_id);
        VLOG_WARN("chain %s, path %"PRIu32": %s", live->path->chain,
                  live->path->nsh_spi, live->broken);
    }
}

static void
take_agent_results(struct conductor *c)
{
    AGENTS_FOR_EACH (a, network_agents(c->net)) {
        const char *vnf_id = agent_vnf_id(a);
        struct restconf_result result;
        while (agent_next_result(a, &result)) {
            struct hmapx broken = HMAPX_INITIALIZER(&broken);
            if (resync_agent_result(c->resync, c->net, vnf_id, &result,
                                    c->epoch, &broken)) {
                take_broken(vnf_id, &broken);
            } else {
                ops_agent_result(c->ops, result.ticket, result.error);
            }
            hmapx_destroy(&broken);
            free(result.body);
            free(result.error);
        }
    }
}

/* Operations: the end. */

static void
forget_paths(struct conductor *c, struct live_path *const *paths, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        numbers_release(c->numbers, paths[i]->path);
        network_remove_path(c->net, paths[i]);
    }
}

/* Has the gateways that owe something brought in line once more: from when the
 * debt is written on, so that it does not count as paid, and again once the
 * paths are gone, so that what they owe is nobody's. */
static void
collect_debts(struct conductor *c, const struct op *op)
{
    size_t n;
    const struct op_debt *debts = op_debts(op, &n);
    for (size_t i = 0; i < n; i++) {
        const struct participant *p = &debts[i].participant;
        if (p->kind == PARTICIPANT_GATEWAY) {
            resync_force(c->resync, p->name);
        }
    }
}

static void
end_chain(struct conductor *c, const struct op *op,
          const struct op_chain *oc, bool done)
{
    const struct inv_chain *chain = inventory_chain(network_inventory(c->net),
                                                    oc->name);
    if (oc->rekey_while_failing) {
        if (!done) {
            conductor_pause_chain(c, oc->name);
        }
        return;
    }
    if (chain && done) {
        struct chain_memory *m = conductor_get_memory(c, oc->name);
        free(m->failed_intent);
        m->failed_intent = NULL;
    } else if (!chain || op_is_resumed(op)
               || !uuid_equals(&chain->uuid, &oc->uuid)) {
        return;
    } else if (op_get_spec(op)->purpose != OP_CHANGE) {
        conductor_backup_failed(c, op, oc->name);
    } else {
        conductor_remember_failure(c, oc, false, op_is_aborted(op));
    }
}

static void
log_debts(const struct op *op)
{
    size_t n;
    const struct op_debt *debts = op_debts(op, &n);
    for (size_t i = 0; i < n; i++) {
        char *participant = participant_format(&debts[i].participant);
        VLOG_WARN("operation %u: %s owes the removal of %s paths",
                  op_get_spec(op)->number, participant,
                  debts[i].of_new ? "new" : "old");
        free(participant);
    }
}

/* The end of the operation is in the database. */
static void
end_operation(struct conductor *c, struct op *op)
{
    const struct op_spec *spec = op_get_spec(op);
    bool done = op_journal_entry(op) == OP_FSM_DONE;
    char **slot = &c->history[c->n_history++ % N_HISTORY];
    free(*slot);
    *slot = op_format(op);
    VLOG(done ? VLL_INFO : VLL_WARN, "operation %s", *slot);
    log_debts(op);
    collect_debts(c, op);
    if (done) {
        for (size_t i = 0; i < spec->n_old; i++) {
            if (!spec->n_new && !spec->old[i]->path->backup) {
                conductor_leave_sfs(c, spec->old[i]->path);
            }
        }
        forget_paths(c, spec->old, spec->n_old);
    } else if (spec->purpose != OP_FAILOVER) {
        forget_paths(c, spec->new, spec->n_new);
    }

    for (size_t i = 0; i < spec->n_chains; i++) {
        end_chain(c, op, &spec->chains[i], done);
    }
    ops_remove(c->ops, op);
}

/* The database: one transaction at a time. */

/* What was noted of deletions, when they are done. */
static void
forget_removals(struct conductor *c, const struct sdsa_sdsa_global *global)
{
    for (size_t i = 0; i < global->n_removals; i++) {
        const char *name = global->key_removals[i];
        if (!live_paths_has_chain(network_live_paths(c->net), name)
            && !conductor_has_operation(c, name)) {
            sdsa_sdsa_global_update_removals_delkey(global, name);
        }
    }
}

static void
write_global(struct conductor *c, bool statistics)
{
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(c->idl);
    if (!global) {
        return;
    }
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
    if (c->settled && global->applied != global->wanted) {
        sdsa_sdsa_global_set_applied(global, global->wanted);
    }
}

static void
begin_transaction(struct conductor *c)
{
    bool statistics = time_msec() >= c->statistics_ms;

    c->txn = ovsdb_idl_txn_create(c->idl);
    OPS_FOR_EACH (op, c->ops) {
        if (journal_write(c->txn, c->idl, op)) {
            collect_debts(c, op);
        }
    }
    conductor_write_outcomes(c);
    write_global(c, statistics);
    vswitches_write(c->vswitches, c->idl);
    status_write(c->idl, c->net, c->resync, statistics);
    status_settle_debts(c->idl, c->net, c->resync);
    if (statistics) {
        journal_sweep(c->idl, c->net);
        c->statistics_ms = time_msec() + STATISTICS_MS;
    }
}

/* 'error' is NULL if the transaction was committed. */
static void
take_transaction(struct conductor *c, enum ovsdb_idl_txn_status status,
                 const char *error)
{
    bool ok = status == TXN_SUCCESS || status == TXN_UNCHANGED;
    for (struct op *op = ops_next(c->ops, NULL), *next; op; op = next) {
        next = ops_next(c->ops, op);
        if (op_journaled(op, ok, error)) {
            end_operation(c, op);
        }
    }
    conductor_take_outcomes(c, ok);
    if (!ok) {
        c->next_txn_ms = time_msec() + (status == TXN_ERROR ? TXN_ERROR_MS
                                        : TXN_AGAIN_MS);
    }
}

static void
run_transaction(struct conductor *c)
{
    if (!c->txn) {
        if (c->state != ACTIVE || time_msec() < c->next_txn_ms) {
            return;
        }
        begin_transaction(c);
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
            c->state = STANDBY;
            c->next_txn_ms = time_msec() + TXN_ERROR_MS;
        }
    } else if (c->state == ACTIVE) {
        take_transaction(c, status, error);
        if (status == TXN_SUCCESS) {
            poll_immediate_wake();
        }
    }
    free(error);
}

/* Running. */

/* Those that the operator gave up. */
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

/* Follows the lock.  Returns true if we hold it and are active. */
static bool
run_lock(struct conductor *c)
{
    if (!ovsdb_idl_has_ever_connected(c->idl)) {
        return false;
    }
    if (!ovsdb_idl_has_lock(c->idl)) {
        if (c->state == ACTIVE && ovsdb_idl_is_lock_contended(c->idl)) {
            VLOG_WARN("another controller holds the lock: standing by");
            deactivate(c);
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
    if (c->state == STANDBY && !c->txn && time_msec() >= c->next_txn_ms) {
        claim(c);
    }
    return c->state == ACTIVE;
}

void
conductor_run(struct conductor *c)
{
    c->may_act = run_lock(c);
    if (c->state == ACTIVE) {
        /* Without the database the network is held as it is. */
        network_run(c->net);
        desired_flows_run(c->net);
        take_bridge_results(c);
        take_agent_results(c);
        conductor_take_events(c);
        take_packets_in(c);
    }
    if (c->may_act) {
        vswitches_run(c->vswitches, c->idl);
        update_inventory(c);
        resync_run(c->resync, c->net);
        abort_operations(c);
        conductor_start_operations(c);
        OPS_FOR_EACH (op, c->ops) {
            op_run(op, c->net, c->epoch);
        }
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
    if (c->state == STANDBY && !c->txn && ovsdb_idl_has_lock(c->idl)) {
        poll_timer_wait_until(c->next_txn_ms);
    }
    if (c->state == ACTIVE) {
        network_wait(c->net);
        vswitches_wait(c->vswitches);
    }
    if (c->state == ACTIVE && c->may_act) {
        resync_wait(c->resync, c->net);
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

/* Giving up. */

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
