/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/operation/journal.h"

#include "lib/counts.h"
#include "lib/sdsa-idl.h"
#include "lib/suite.h"
#include "ofctl-app/model/participant.h"
#include "ofctl-app/model/path.h"
#include "ofctl-app/network/network.h"
#include "ofctl-app/network/resync.h"
#include "ofctl-app/network/status.h"
#include "ofctl-app/operation/op-private.h"
#include "ofctl-app/operation/op.h"
#include "ofctl-app/view/totals.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(journal);

#define HISTORY_MAX 64          /* Rows of table History that are kept. */

/* Looking up. */

static const struct sdsa_path *
find_path(const struct ovsdb_idl *idl, uint32_t nsh_spi)
{
    const struct sdsa_path *row;
    SDSA_PATH_FOR_EACH (row, idl) {
        if (row->nsh_spi == nsh_spi) {
            return row;
        }
    }
    return NULL;
}

static const struct sdsa_operation *
find_operation(const struct ovsdb_idl *idl, unsigned int number)
{
    const struct sdsa_operation *row;
    SDSA_OPERATION_FOR_EACH (row, idl) {
        if (row->number == number) {
            return row;
        }
    }
    return NULL;
}

/* Paths. */

static const struct sdsa_hop *
write_hop(struct ovsdb_idl_txn *txn, const struct path *path,
          const struct path_hop *hop)
{
    struct sdsa_sa *sa = sdsa_sa_insert(txn);
    sdsa_sa_set_spi(sa, hop->esp_spi);
    sdsa_sa_set_suite(sa, path->suite->name);
    sdsa_sa_set_lifetime(sa, path->lifetime_s);
    sdsa_sa_set_key_check(sa, hop->key_check);
    sdsa_sa_set_created(sa, hop->created_s);

    struct sdsa_hop *row = sdsa_hop_insert(txn);
    sdsa_hop_set_si(row, hop->si);
    sdsa_hop_set_sender(row, hop->sender);
    char sender_ip[INET6_ADDRSTRLEN], receiver_ip[INET6_ADDRSTRLEN];
    sdsa_hop_set_sender_ip(row, ipv6_string_mapped(sender_ip,
                                                   &hop->sender_ip));
    sdsa_hop_set_receiver_ip(row, ipv6_string_mapped(receiver_ip,
                                                     &hop->receiver_ip));
    sdsa_hop_set_sender_vlan(row, hop->sender_vlan);
    sdsa_hop_set_receiver(row, hop->receiver);
    sdsa_hop_set_receiver_vlan(row, hop->receiver_vlan);
    char *route = path_route_format(hop);
    sdsa_hop_set_route(row, route);
    free(route);
    sdsa_hop_set_sas(row, &sa, 1);
    return row;
}

static void
write_path(struct ovsdb_idl_txn *txn, const struct live_path *live)
{
    const struct path *path = live->path;
    struct sdsa_path *row = sdsa_path_insert(txn);
    sdsa_path_set_nsh_spi(row, path->nsh_spi);
    sdsa_path_set_chain(row, path->chain);
    sdsa_path_set_direction(row, path->reverse ? "reverse" : "forward");
    sdsa_path_set_twin(row, live->twin);
    sdsa_path_set_state(row, "preparing");
    sdsa_path_set_backup(row, path->backup);
    sdsa_path_set_src(row, path->src);
    sdsa_path_set_dst(row, path->dst);
    sdsa_path_set_match(row, path->match);
    sdsa_path_set_priority(row, path->priority);
    sdsa_path_set_suite(row, path->suite->name);
    sdsa_path_set_lifetime(row, path->lifetime_s);
    sdsa_path_set_lifetime_bytes(row, path->lifetime_bytes);
    sdsa_path_set_lifetime_packets(row, path->lifetime_packets);

    size_t n = path->n_sfs;
    int64_t *keys = xcalloc(n + 1, sizeof *keys);
    int64_t *vlans = xcalloc(n + 1, sizeof *vlans);
    for (size_t i = 0; i < n; i++) {
        keys[i] = i;
        vlans[i] = path->sf_vlans[i];
    }
    sdsa_path_set_sfs(row, keys, (const char **) path->sfs, n);
    sdsa_path_set_sf_vlans(row, keys, vlans, n);
    free(keys);
    free(vlans);

    struct sdsa_hop **hops = xcalloc(n + 1, sizeof *hops);
    size_t n_hops = 0;
    PATH_FOR_EACH_HOP (hop, path) {
        hops[n_hops++] = CONST_CAST(struct sdsa_hop *,
                                    write_hop(txn, path, hop));
    }
    sdsa_path_set_hops(row, hops, n_hops);
    free(hops);
}

/* Operations. */

/* Sets the state of the rows of paths; NULL deletes them. */
static void
set_path_states(const struct ovsdb_idl *idl, struct live_path *const *paths,
                size_t n, const char *state)
{
    for (size_t i = 0; i < n; i++) {
        const struct sdsa_path *row
            = find_path(idl, paths[i]->path->nsh_spi);
        if (row && state) {
            sdsa_path_set_state(row, state);
        } else if (row) {
            sdsa_path_delete(row);
        }
    }
}

static int64_t *
path_numbers(struct live_path *const *paths, size_t n)
{
    int64_t *spis = xcalloc(n + 1, sizeof *spis);
    for (size_t i = 0; i < n; i++) {
        spis[i] = paths[i]->path->nsh_spi;
    }
    return spis;
}

/* Writes the row of the Operation.  A row that exists is of an earlier
 * attempt, whose answer was lost. */
static void
write_operation(struct ovsdb_idl_txn *txn, const struct ovsdb_idl *idl,
                const struct op *op, const char *state)
{
    const struct op_spec *spec = &op->spec;
    const struct sdsa_operation *row
        = find_operation(idl, spec->number);
    if (row) {
        sdsa_operation_set_state(row, state);
        return;
    }
    row = sdsa_operation_insert(txn);
    sdsa_operation_set_number(row, spec->number);
    for (size_t i = 0; i < spec->n_chains; i++) {
        const struct plan_target *chain = &spec->chains[i];
        sdsa_operation_update_chains_addvalue(row, chain->name);
        if (!uuid_is_zero(&chain->uuid)) {
            sdsa_operation_update_wanted_setkey(row, chain->uuid,
                                                chain->wanted);
            sdsa_operation_update_intents_setkey(row, chain->uuid,
                                                 chain->intent);
        }
    }
    sdsa_operation_set_state(row, state);
    sdsa_operation_set_reason(row, spec->cause);
    sdsa_operation_set_started(row, op->started_s);

    int64_t *spis = path_numbers(spec->old, spec->n_old);
    sdsa_operation_set_old_paths(row, spis, spec->n_old);
    free(spis);
    spis = path_numbers(spec->new, spec->n_new);
    sdsa_operation_set_new_paths(row, spis, spec->n_new);
    free(spis);
}

static void
write_prepare(struct ovsdb_idl_txn *txn, const struct ovsdb_idl *idl,
              const struct op *op)
{
    const struct op_spec *spec = &op->spec;
    if (!find_operation(idl, spec->number)) {
        write_operation(txn, idl, op, "preparing");
        for (size_t i = 0; i < spec->n_new; i++) {
            write_path(txn, spec->new[i]);
        }
    }
}

/* Writes how many probes came through the new hops: only this controller
 * knows. */
static void
write_probes(const struct ovsdb_idl *idl, const struct op *op)
{
    for (size_t i = 0; i < op->spec.n_new; i++) {
        const struct path *path = op->spec.new[i]->path;
        const struct sdsa_path *row = find_path(idl, path->nsh_spi);
        for (size_t j = 0; row && j < row->n_hops; j++) {
            status_write_probes(row->hops[j]->sas[0],
                                path->hops[path_stage(row->hops[j]->si)]);
        }
    }
}

static void
write_commit(struct ovsdb_idl_txn *txn, const struct ovsdb_idl *idl,
             const struct op *op)
{
    const struct op_spec *spec = &op->spec;
    write_operation(txn, idl, op, "committing");
    set_path_states(idl, spec->new, spec->n_new, "active");
    set_path_states(idl, spec->old, spec->n_old, "releasing");
    write_probes(idl, op);
    for (size_t i = 0; spec->purpose == OP_FAILOVER && i < spec->n_new; i++) {
        const struct sdsa_path *row
            = find_path(idl, spec->new[i]->path->nsh_spi);
        if (row) {
            sdsa_path_set_backup(row, false);
        }
    }
}

/* Writes the participants, and the packets lost on each old hop, as far as
 * both of its gateways told. */
static void
write_participants(const struct sdsa_history *row, const struct op *op)
{
    struct shash lost = SHASH_INITIALIZER(&lost);
    for (size_t i = 0; i < op->n_participants; i++) {
        const struct op_participant *p = &op->participants[i];
        if (p->id.kind != PARTICIPANT_HOP) {
            sdsa_history_update_participants_addvalue(row, p->title);
        } else if (p->has_counts) {
            char *hop = xasprintf("%s %s, %s => %s", p->path->chain,
                                  p->path->reverse ? "reverse" : "forward",
                                  p->hop->sender, p->hop->receiver);
            counts_add(&lost, hop, op_hops_lost(p));
            free(hop);
        }
    }
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &lost) {
        sdsa_history_update_lost_setkey(row, node->name,
                                        *(const int64_t *) node->data);
    }
    shash_destroy_free_data(&lost);
}

/* Adds a row to table History, of which the last HISTORY_MAX rows are kept. */
static void
write_history(struct ovsdb_idl_txn *txn, const struct ovsdb_idl *idl,
              const struct op *op)
{
    const struct op_spec *spec = &op->spec;
    const struct sdsa_history *row, *oldest = NULL;
    size_t n = 0;
    SDSA_HISTORY_FOR_EACH (row, idl) {
        if (row->number == spec->number) {
            return;     /* Of an earlier attempt, whose answer was lost. */
        }
        oldest = !oldest || row->number < oldest->number ? row : oldest;
        n++;
    }
    if (n >= HISTORY_MAX) {
        sdsa_history_delete(oldest);
    }

    row = sdsa_history_insert(txn);
    sdsa_history_set_number(row, spec->number);
    for (size_t i = 0; i < spec->n_chains; i++) {
        sdsa_history_update_chains_addvalue(row, spec->chains[i].name);
    }
    sdsa_history_set_cause(row, spec->cause);
    sdsa_history_set_result(row, (op->entry == OP_FSM_DONE
                                  ? "done" : "failed"));
    sdsa_history_set_reason(row, op_fsm_reason(op->fsm));
    sdsa_history_set_started(row, op->started_s);
    sdsa_history_set_round_trips(row, op_fsm_round_trips(op->fsm));
    for (int i = 0; i < OP_FSM_DONE; i++) {
        if (op_fsm_waited_in(op->fsm, i) || i == OP_FSM_FLIP) {
            sdsa_history_update_phases_setkey(
                row, op_fsm_state_to_string(i),
                op_fsm_time_in(op->fsm, i, time_msec()));
        }
    }
    write_participants(row, op);
    int64_t *spis = path_numbers(spec->old, spec->n_old);
    sdsa_history_set_old_paths(row, spis, spec->n_old);
    free(spis);
    spis = path_numbers(spec->new, spec->n_new);
    sdsa_history_set_new_paths(row, spis, spec->n_new);
    free(spis);
}

/* Writes what the gateways of the old hops told while these drained. */
static void
write_counts(const struct ovsdb_idl *idl, const struct op *op)
{
    for (size_t i = 0; i < op->n_participants; i++) {
        const struct op_participant *p = &op->participants[i];
        const struct sdsa_path *row
            = p->has_counts ? find_path(idl, p->path->nsh_spi) : NULL;
        for (size_t j = 0; row && j < row->n_hops; j++) {
            if (row->hops[j]->si == p->hop->si) {
                status_write_sa(row->hops[j]->sas[0], &p->out, &p->in,
                                op_hops_lost(p));
            }
        }
    }
}

/* Adds what the chain's old paths have carried to its totals.  Their rows are
 * deleted in the same transaction: a path whose row is gone was added by an
 * earlier attempt, whose answer was lost. */
static void
write_totals(const struct ovsdb_idl *idl, const struct op *op,
             const struct plan_target *target)
{
    const struct sdsa_chain *chain
        = sdsa_chain_get_for_uuid(idl, &target->uuid);
    struct totals totals;
    totals_init(&totals);
    for (size_t i = 0; chain && i < op->spec.n_old; i++) {
        const struct path *path = op->spec.old[i]->path;
        const struct sdsa_path *row = find_path(idl, path->nsh_spi);
        if (row && !strcmp(path->chain, target->name)) {
            totals_add_path(&totals, row);
        }
    }
    if (!shash_is_empty(&totals.counts)) {
        totals_add_chain(&totals, chain);
        totals_write(&totals, chain);
    }
    totals_destroy(&totals);
}

/* Writes the outcome of one chain: into the row that the operation was for,
 * not into another one that was made since under the same name. */
static void
write_outcome(const struct ovsdb_idl *idl, const struct op *op,
              const struct plan_target *chain, bool done)
{
    const struct sdsa_chain *row = sdsa_chain_get_for_uuid(idl, &chain->uuid);
    if (chain->rekey_only) {
        return;
    }
    if (row && done) {
        sdsa_chain_set_applied(row, chain->wanted);
        sdsa_chain_set_applied_intent(row, chain->intent);
        /* Another controller's operation may have made new keys for what was
         * applied; the reason is about what is wanted then. */
        if (!op->resumed || chain->wanted == row->wanted) {
            sdsa_chain_set_reason(row, "");
        }
    } else if (row && !op->resumed
               && op->spec.purpose == OP_CHANGE) {
        sdsa_chain_set_failed(row, chain->wanted);
        sdsa_chain_set_reason(row, op_fsm_reason(op->fsm));
    }
}

static void
write_end(struct ovsdb_idl_txn *txn, const struct ovsdb_idl *idl,
          const struct op *op)
{
    const struct op_spec *spec = &op->spec;
    bool done = op->entry == OP_FSM_DONE;
    write_history(txn, idl, op);
    const struct sdsa_operation *row
        = find_operation(idl, spec->number);
    if (row) {
        sdsa_operation_delete(row);
    }
    if (done) {
        write_counts(idl, op);
        for (size_t i = 0; i < spec->n_chains; i++) {
            write_totals(idl, op, &spec->chains[i]);
        }
        set_path_states(idl, spec->old, spec->n_old, NULL);
    } else if (spec->purpose != OP_FAILOVER) {
        set_path_states(idl, spec->new, spec->n_new, NULL);
    }

    for (size_t i = 0; i < op->n_debts; i++) {
        const struct op_debt *debt = &op->debts[i];
        size_t n = debt->of_new ? spec->n_new : spec->n_old;
        int64_t *spis = path_numbers(debt->of_new ? spec->new : spec->old, n);
        struct sdsa_debt *d = sdsa_debt_insert(txn);
        sdsa_debt_set_operation(d, spec->number);
        sdsa_debt_set_participant(d, debt->title);
        sdsa_debt_set_paths(d, spis, n);
        sdsa_debt_set_created(d, time_wall());
        free(spis);
    }

    for (size_t i = 0; i < spec->n_chains; i++) {
        write_outcome(idl, op, &spec->chains[i], done);
    }
}

bool
journal_write(struct ovsdb_idl_txn *txn, const struct ovsdb_idl *idl,
              struct op *op)
{
    if (op->journal != OP_JOURNAL_NEEDED) {
        return false;
    }
    if (op->entry == OP_FSM_JOURNAL_PREPARE) {
        write_prepare(txn, idl, op);
    } else if (op->entry == OP_FSM_JOURNAL_COMMIT) {
        write_commit(txn, idl, op);
    } else {
        write_end(txn, idl, op);
    }
    op_journal_sent(op);
    return true;
}

void
journal_write_counts(const struct ovsdb_idl *idl, struct op *op)
{
    if (op_fsm_get_state(op->fsm) == OP_FSM_RELEASE && !op->counts_written) {
        write_counts(idl, op);
        op->counts_written = true;
    }
}

void
journal_chain_failed(const struct sdsa_chain *chain, int64_t wanted,
                     const char *reason)
{
    if (chain->failed != wanted || strcmp(chain->reason, reason)) {
        sdsa_chain_set_failed(chain, wanted);
        sdsa_chain_set_reason(chain, reason);
    }
}

void
journal_chain_hangs(const struct ovsdb_idl *idl, const struct op *op)
{
    const struct op_spec *spec = &op->spec;
    const char *reason = op_fsm_reason(op->fsm);
    const struct sdsa_operation *op_row = find_operation(idl, spec->number);
    if (op_row && strcmp(op_row->trouble, reason)) {
        sdsa_operation_set_trouble(op_row, reason);
    }
    if (op_fsm_get_state(op->fsm) != OP_FSM_FLIP || !reason[0]) {
        return;
    }
    for (size_t i = 0; i < spec->n_chains; i++) {
        const struct sdsa_chain *row
            = sdsa_chain_get_for_uuid(idl, &spec->chains[i].uuid);
        if (row && !spec->chains[i].rekey_only
            && strcmp(row->reason, reason)) {
            sdsa_chain_set_reason(row, reason);
        }
    }
}

void
journal_sweep(const struct ovsdb_idl *idl, const struct network *net)
{
    const struct sdsa_path *row;
    SDSA_PATH_FOR_EACH_SAFE (row, idl) {
        if (!live_paths_find(network_live_paths(net), row->nsh_spi)) {
            VLOG_WARN("path %"PRId64" of chain %s in the database is not one "
                      "that we know: deleting it", row->nsh_spi, row->chain);
            sdsa_path_delete(row);
        }
    }
}

/* True if the participant was brought in line since, or nobody speaks to it
 * any more: it has gone from the inventory, or is in quarantine. */
static bool
is_settled(const struct network *net, const struct resync *resync,
           const char *participant)
{
    const struct participant p = participant_parse(participant);
    if (p.kind == PARTICIPANT_GATEWAY) {
        return !network_agent(net, p.name)
               || resync_is_done(resync, net, p.name);
    }
    const struct bridge *br = network_bridge(net, p.name);
    return !br || (bridge_is_up(br) && !bridge_has_pending(br));
}

void
journal_settle_debts(const struct ovsdb_idl *idl, const struct network *net,
                     const struct resync *resync)
{
    const struct sdsa_debt *row;
    SDSA_DEBT_FOR_EACH_SAFE (row, idl) {
        if (is_settled(net, resync, row->participant)) {
            VLOG_INFO("%s has paid what it owed of operation %"PRId64,
                      row->participant, row->operation);
            sdsa_debt_delete(row);
        }
    }
}

bool
journal_is_committed(const struct sdsa_operation *row)
{
    return !strcmp(row->state, "committing");
}
