/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/operation/op.h"
#include "ofctl-app/operation/op-private.h"

#include <limits.h>

#include "lib/restconf/restconf-patch.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "ofctl-app/flows/probe.h"
#include "ofctl-app/flows/steering.h"
#include "ofctl-app/model/path-check.h"
#include "ofctl-app/model/path-mtu.h"
#include "ofctl-app/network/network.h"
#include "ofctl-app/operation/failure-test.h"
#include "ofctl-app/southbound/sa-request.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "simap.h"
#include "sset.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(op);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

/* Participants. */

/* Takes ownership of 'title'. */
static struct op_participant *
participant_add(struct op *op, enum op_kind kind, const char *name,
                char *title)
{
    op->participants = xrealloc(op->participants, (op->n_participants + 1)
                                * sizeof *op->participants);
    struct op_participant *p = &op->participants[op->n_participants++];
    *p = (struct op_participant) {
        .kind = kind,
        .name = xstrdup(name),
        .title = title,
    };
    return p;
}

static struct op_participant *
participant_get(struct op *op, enum op_kind kind, const char *name)
{
    for (size_t i = 0; i < op->n_participants; i++) {
        struct op_participant *p = &op->participants[i];
        if (p->kind == kind && !strcmp(p->name, name)) {
            return p;
        }
    }
    return participant_add(op, kind, name,
                           xasprintf("%s %s", kind == OP_GATEWAY ? "gateway"
                                     : "bridge", name));
}

static void
add_gateways(struct op *op, const struct path *path, unsigned int sender_steps,
             unsigned int receiver_steps)
{
    for (size_t i = 0; i <= path->n_sfs; i++) {
        const struct path_hop *hop = path->hops[i];
        if (hop) {
            participant_get(op, OP_GATEWAY, hop->sender)->steps
                |= sender_steps;
            participant_get(op, OP_GATEWAY, hop->receiver)->steps
                |= receiver_steps;
        }
    }
}

/* Its new hops must be proven, its old ones drain. */
static void
add_new_hops(struct op *op, const struct network *net, const struct path *path)
{
    size_t size = MAX(path_mtu(network_inventory(net), path),
                      PROBE_MIN_IP_SIZE);
    for (size_t i = 0; i <= path->n_sfs; i++) {
        const struct path_hop *hop = path->hops[i];
        if (hop) {
            char *title = xasprintf("the hop %s => %s (with %"PRIuSIZE
                                    " octets)", hop->sender, hop->receiver,
                                    size);
            struct op_participant *p = participant_add(op, OP_HOP, "", title);
            p->steps = OP_FSM_STEP_PROVE;
            p->path = path;
            p->hop = hop;
            p->probe_size = size;
        }
    }
}

static void
add_old_hops(struct op *op, const struct path *path)
{
    for (size_t i = 0; i <= path->n_sfs; i++) {
        const struct path_hop *hop = path->hops[i];
        if (hop) {
            char *title = xasprintf("the old hop %s => %s", hop->sender,
                                    hop->receiver);
            struct op_participant *p = participant_add(op, OP_HOP, "", title);
            p->steps = OP_FSM_STEP_DRAIN;
            p->path = path;
            p->hop = hop;
        }
    }
}

static void
add_bridges(struct op *op, const struct network *net,
            const struct live_path *live, unsigned int steps)
{
    struct sset names = SSET_INITIALIZER(&names);
    const char *name;
    path_bridges(live->path, network_inventory(net), &names);
    SSET_FOR_EACH (name, &names) {
        participant_get(op, OP_BRIDGE, name)->steps |= steps;
    }
    sset_destroy(&names);
}

/* The bridges that put packets on a new path: there the old one is taken out
 * in the same bundle. */
static void
add_classifiers(struct op *op, const struct network *net,
                const struct live_path *live)
{
    struct sset names = SSET_INITIALIZER(&names);
    const char *name;
    network_path_bridges(net, live,
                         PATH_FLOWS_CLASSIFIER | PATH_FLOWS_COMPANION, &names);
    SSET_FOR_EACH (name, &names) {
        participant_get(op, OP_BRIDGE, name)->steps |= OP_FSM_STEP_FLIP;
    }
    sset_destroy(&names);
}

static void
find_participants(struct op *op, const struct network *net, bool prove)
{
    bool prepared = op->purpose == OP_FAILOVER;
    for (size_t i = 0; i < op->n_new; i++) {
        const struct live_path *live = op->new[i];
        if (!prepared) {
            add_gateways(op, live->path,
                         OP_FSM_STEP_OUTBOUND | OP_FSM_STEP_UNDO,
                         OP_FSM_STEP_INBOUND | OP_FSM_STEP_UNDO);
            add_bridges(op, net, live,
                        OP_FSM_STEP_FLOWS | OP_FSM_STEP_UNDO);
        }
        if (prepared || !live->path->backup) {
            add_classifiers(op, net, live);
        }
        if (prove) {
            add_new_hops(op, net, live->path);
        }
    }
    for (size_t i = 0; i < op->n_old; i++) {
        const struct live_path *live = op->old[i];
        add_gateways(op, live->path, OP_FSM_STEP_RELEASE,
                     OP_FSM_STEP_RELEASE);
        /* Where no new path has a classifier there is nothing to flip to:
         * RELEASE takes the old one with the rest, and owes it if the bridge
         * is away. */
        add_bridges(op, net, live, OP_FSM_STEP_RELEASE);
        add_old_hops(op, live->path);
    }
    for (size_t i = 0; i < op->n_participants; i++) {
        struct op_participant *p = &op->participants[i];
        const struct agent *agent
            = (p->kind == OP_GATEWAY ? network_agent(net, p->name)
               : NULL);
        p->boot_id = xstrdup(agent ? agent_boot_id(agent) : "");
    }
}

/* Creation. */

static void
make_keys(struct op *op)
{
    for (size_t i = 0; i < op->n_new; i++) {
        const struct path *path = op->new[i]->path;
        for (size_t j = 0; j <= path->n_sfs; j++) {
            struct path_hop *hop = path->hops[j];
            if (hop) {
                op->keys = xrealloc(op->keys,
                                    (op->n_keys + 1) * sizeof *op->keys);
                struct op_key *k = &op->keys[op->n_keys++];
                k->hop = hop;
                k->key = secret_create(NULL, suite_keymat_size(path->suite));
                secret_check(k->key, hop->esp_spi, hop->key_check);
                hop->created_s = time_wall();
            }
        }
    }
}

static void
wipe_keys(struct op *op)
{
    for (size_t i = 0; i < op->n_keys; i++) {
        secret_destroy(op->keys[i].key);
    }
    free(op->keys);
    op->keys = NULL;
    op->n_keys = 0;
}

static const struct secret *
find_key(const struct op *op, const struct path_hop *hop)
{
    for (size_t i = 0; i < op->n_keys; i++) {
        if (op->keys[i].hop == hop) {
            return op->keys[i].key;
        }
    }
    return NULL;
}

static void
set_chains(struct op *op, const struct op_chain *chains, size_t n)
{
    struct ds names = DS_EMPTY_INITIALIZER;
    op->chains = xmemdup(chains, n * sizeof *chains);
    op->n_chains = n;
    for (size_t i = 0; i < n; i++) {
        op->chains[i].name = xstrdup(chains[i].name);
        op->chains[i].intent = xstrdup(chains[i].intent);
        ds_put_format(&names, "%s%s", i ? " " : "", chains[i].name);
    }
    op->names = ds_steal_cstr(&names);
}

struct op *
op_create(struct network *net, enum op_purpose purpose, unsigned int number,
          const struct op_chain *chains, size_t n_chains, const char *why,
          struct live_path **old, size_t n_old,
          struct live_path **new, size_t n_new, bool prove,
          const struct op_fsm_timeouts *timeouts)
{
    struct op *op = xzalloc(sizeof *op);
    ovs_list_init(&op->node);
    op->purpose = purpose;
    set_chains(op, chains, n_chains);
    op->why = xstrdup(why);
    op->old = n_old ? xmemdup(old, n_old * sizeof *old) : NULL;
    op->n_old = n_old;
    op->new = n_new ? xmemdup(new, n_new * sizeof *new) : NULL;
    op->n_new = n_new;
    op->started_ms = time_msec();
    op->started_wall_s = time_wall();
    uuid_generate(&op->probe_token);
    find_participants(op, net, prove);

    struct op_fsm_participant *ps = xcalloc(op->n_participants + 1,
                                            sizeof *ps);
    for (size_t i = 0; i < op->n_participants; i++) {
        ps[i].name = op->participants[i].title;
        ps[i].steps = op->participants[i].steps;
    }
    op->fsm = op_fsm_create(number, ps, op->n_participants, timeouts);
    free(ps);
    return op;
}

void
op_start(struct op *op)
{
    if (op->purpose == OP_FAILOVER) {
        op_fsm_start_prepared(op->fsm, time_msec());
    } else {
        make_keys(op);
        op_fsm_start(op->fsm, time_msec());
    }
}

void
op_resume(struct op *op, bool committed)
{
    for (size_t i = 0; i < op->n_old; i++) {
        const struct path *path = op->old[i]->path;
        op->old[i]->flows = (committed ? path_flows_left(path)
                             : path_flows_in_use(path));
    }
    for (size_t i = 0; i < op->n_new; i++) {
        op->new[i]->flows = (committed ? path_flows_in_use(op->new[i]->path)
                             : 0);
    }
    op->resumed = true;
    if (committed) {
        op_fsm_resume_committing(op->fsm, time_msec());
    } else {
        op_fsm_resume_preparing(op->fsm, time_msec(),
                                "the controller restarted");
    }
}

void
op_destroy(struct op *op)
{
    if (op) {
        wipe_keys(op);
        op_fsm_destroy(op->fsm);
        for (size_t i = 0; i < op->n_participants; i++) {
            free(op->participants[i].name);
            free(op->participants[i].title);
            free(op->participants[i].boot_id);
        }
        free(op->participants);
        for (size_t i = 0; i < op->n_debts; i++) {
            free(op->debts[i].participant);
        }
        free(op->debts);
        free(op->old);
        free(op->new);
        for (size_t i = 0; i < op->n_chains; i++) {
            free(op->chains[i].name);
            free(op->chains[i].intent);
        }
        free(op->chains);
        free(op->names);
        free(op->why);
        free(op);
    }
}

/* Sending. */

/* Adds to 'req' what gateway 'vnf_id' gets in 'step' for 'path'. */
static void
add_sa_edits(const struct op *op, const struct network *net,
             const char *vnf_id, enum op_fsm_step step,
             const struct path *path, struct restconf_patch *req)
{
    for (size_t i = 0; i <= path->n_sfs; i++) {
        const struct path_hop *hop = path->hops[i];
        if (!hop) {
            continue;
        }
        bool sends = !strcmp(hop->sender, vnf_id);
        bool receives = !strcmp(hop->receiver, vnf_id);
        switch (step) {
        case OP_FSM_STEP_INBOUND:
            if (receives) {
                sa_request_add_inbound(req, network_inventory(net), path, hop,
                                       find_key(op, hop));
            }
            break;
        case OP_FSM_STEP_OUTBOUND:
            if (sends) {
                sa_request_add_outbound(req, network_inventory(net), path, hop,
                                        find_key(op, hop));
            }
            break;
        case OP_FSM_STEP_RELEASE:
        case OP_FSM_STEP_UNDO:
            if (sends) {
                sa_request_remove_outbound(req, path, hop);
            }
            if (receives) {
                sa_request_remove_inbound(req, path, hop);
            }
            break;
        case OP_FSM_STEP_FLOWS:
        case OP_FSM_STEP_FLIP:
        case OP_FSM_STEP_PROVE:
        case OP_FSM_STEP_DRAIN:
            OVS_NOT_REACHED();
        }
    }
}

/* Do 'paths' still fit the network?  Requests name their gateways'
 * addresses. */
static char *
check_paths(const struct network *net, struct live_path *const *paths,
            size_t n)
{
    char *error = NULL;
    for (size_t i = 0; i < n && !error; i++) {
        error = path_check(paths[i]->path, network_inventory(net));
    }
    return error;
}

static uint64_t
send_to_gateway(struct op *op, struct network *net, uint64_t epoch,
                const struct op_participant *p, enum op_fsm_step step,
                char **errorp)
{
    struct agent *agent = network_agent(net, p->name);
    if (!agent) {
        *errorp = xstrdup("it is not in the database any more");
        return 0;
    }
    bool adds = step & (OP_FSM_STEP_INBOUND | OP_FSM_STEP_OUTBOUND);
    if (adds) {
        if (!agent_is_up(agent)) {
            *errorp = xstrdup(agent_reason(agent));
            return 0;
        }
        *errorp = check_paths(net, op->new, op->n_new);
        if (*errorp) {
            return 0;
        }
    }

    bool of_old = step == OP_FSM_STEP_RELEASE;
    struct live_path **paths = of_old ? op->old : op->new;
    size_t n = of_old ? op->n_old : op->n_new;
    char *id = xasprintf("op-%u-%s", op_fsm_number(op->fsm),
                         op_fsm_step_to_string(step));
    struct restconf_patch *req = sa_request_create(id, epoch);
    for (size_t i = 0; i < n; i++) {
        add_sa_edits(op, net, p->name, step, paths[i]->path, req);
    }
    free(id);
    return agent_patch(agent, req);
}

/* Marks which flows are wanted after 'step': it is sent to several bridges,
 * the marks are the same each time. */
static void
mark_flows(struct op *op, enum op_fsm_step step)
{
    for (size_t i = 0; i < op->n_new; i++) {
        op->new[i]->flows = (step == OP_FSM_STEP_UNDO ? 0
                             : step == OP_FSM_STEP_FLOWS
                             ? PATH_FLOWS_TRANSPORT
                             : path_flows_in_use(op->new[i]->path));
    }
    for (size_t i = 0; i < op->n_old; i++) {
        if (step == OP_FSM_STEP_FLIP) {
            op->old[i]->flows = path_flows_left(op->old[i]->path);
        } else if (step == OP_FSM_STEP_RELEASE) {
            op->old[i]->flows = 0;
        }
    }
}

static uint64_t
send_to_bridge(struct op *op, struct network *net,
               const struct op_participant *p, enum op_fsm_step step,
               char **errorp)
{
    struct bridge *br = network_bridge(net, p->name);
    if (!br) {
        *errorp = xstrdup("it is not in the database any more");
        return 0;
    }
    if (step == OP_FSM_STEP_FLOWS && !bridge_is_up(br)) {
        *errorp = xasprintf("it is not connected: see \"ovs-vsctl "
                            "get-controller %s\" and its log", p->name);
        return 0;
    }

    mark_flows(op, step);
    struct live_path **paths = xmalloc((op->n_old + op->n_new + 1)
                                       * sizeof *paths);
    size_t n = 0;
    if (step != OP_FSM_STEP_FLOWS && step != OP_FSM_STEP_UNDO) {
        for (size_t i = 0; i < op->n_old; i++) {
            paths[n++] = op->old[i];
        }
    }
    if (step != OP_FSM_STEP_RELEASE) {
        for (size_t i = 0; i < op->n_new; i++) {
            paths[n++] = op->new[i];
        }
    }
    uint64_t ticket = network_change_flows(net, br, paths, n,
                                           step != OP_FSM_STEP_FLIP,
                                           errorp);
    free(paths);
    return ticket;
}

/* Forgets what was asked of a session that is no more: it has no answer. */
static void
drop_lost_tickets(struct op_participant *p, const struct network *net)
{
    bool is_gateway = p->kind == OP_GATEWAY;
    const struct agent *agent
        = is_gateway ? network_agent(net, p->name) : NULL;
    const struct bridge *br
        = is_gateway ? NULL : network_bridge(net, p->name);
    for (size_t i = 0; i < p->n_pending; ) {
        uint64_t ticket = p->pending[i].ticket;
        if ((agent && agent_has_ticket(agent, ticket))
            || (br && bridge_has_ticket(br, ticket))) {
            i++;
        } else {
            p->pending[i] = p->pending[--p->n_pending];
        }
    }
}

static void
do_send(struct op *op, struct network *net, uint64_t epoch, size_t index,
        enum op_fsm_step step)
{
    struct op_participant *p = &op->participants[index];
    if (step == OP_FSM_STEP_DRAIN) {
        return;                 /* op_hops_drain() does it. */
    } else if (failure_test_refuses(op_fsm_step_to_string(step))) {
        op_fsm_refused(op->fsm, index, step, "failure test", time_msec());
        return;
    } else if (p->kind == OP_HOP) {
        char *error = op_hop_send_probe(op, net, p);
        if (error) {
            op_fsm_refused(op->fsm, index, step, error, time_msec());
            free(error);
        }
        return;
    }
    bool is_gateway = p->kind == OP_GATEWAY;
    drop_lost_tickets(p, net);
    for (size_t i = 0; i < p->n_pending; i++) {
        if (p->pending[i].step == step) {
            return;             /* Sent, not answered: no use to repeat it. */
        }
    }

    char *error = NULL;
    uint64_t ticket = (is_gateway
                       ? send_to_gateway(op, net, epoch, p, step, &error)
                       : send_to_bridge(op, net, p, step, &error));
    if (ticket) {
        ovs_assert(p->n_pending < ARRAY_SIZE(p->pending));
        p->pending[p->n_pending++] = (struct op_pending) { ticket, step };
    } else if (!(step & (OP_FSM_STEP_INBOUND | OP_FSM_STEP_OUTBOUND
                         | OP_FSM_STEP_FLOWS))
               && !(is_gateway
                    ? network_agent(net, p->name) != NULL
                    : network_bridge(net, p->name) != NULL)) {
        /* The operator took it out of the database: it owes nothing. */
        op_fsm_acknowledged(op->fsm, index, step, time_msec());
    } else {
        op_fsm_refused(op->fsm, index, step, error, time_msec());
    }
    free(error);
}

static void
do_owe(struct op *op, size_t index, enum op_fsm_step step)
{
    op->debts = xrealloc(op->debts, (op->n_debts + 1) * sizeof *op->debts);
    op->debts[op->n_debts++] = (struct op_debt) {
        .participant = xstrdup(op->participants[index].title),
        .of_new = step == OP_FSM_STEP_UNDO,
    };
}

/* Participants that are not those that we began with. */
static void
notice_losses(struct op *op, struct network *net)
{
    for (size_t i = 0; i < op->n_participants; i++) {
        const struct op_participant *p = &op->participants[i];
        if (p->kind == OP_GATEWAY) {
            const struct agent *agent = network_agent(net, p->name);
            if (!agent) {
                op_fsm_lost(op->fsm, i, "it was removed from the database",
                            time_msec());
            } else if (strcmp(agent_boot_id(agent), p->boot_id)) {
                op_fsm_lost(op->fsm, i, "its data plane restarted",
                            time_msec());
            }
        } else if (p->kind == OP_BRIDGE) {
            const struct bridge *br = network_bridge(net, p->name);
            if (!br || !bridge_is_connected(br)) {
                op_fsm_lost(op->fsm, i, "it is not connected",
                            time_msec());
            }
        }
    }
}

/* For who looks at what operations do: tests/tools/chaos holds it against the model
 * (doc/model). */
static void
log_transitions(struct op *op)
{
    struct op_fsm_transition t;
    while (op_fsm_next_transition(op->fsm, &t)) {
        VLOG_DBG("operation %u: %s, %s: %s", op_fsm_number(op->fsm),
                 t.from, t.event, t.to);
    }
}

void
op_run(struct op *op, struct network *net, uint64_t epoch)
{
    if (!op_fsm_is_committed(op->fsm)) {
        notice_losses(op, net);
    }
    op_fsm_run(op->fsm, time_msec());
    if (op_fsm_get_state(op->fsm) == OP_FSM_DRAIN) {
        op_hops_drain(op, net);
    }

    log_transitions(op);
    struct op_fsm_action action;
    while (op_fsm_next_action(op->fsm, &action)) {
        switch (action.type) {
        case OP_FSM_ACT_JOURNAL:
            op->journal = OP_JOURNAL_NEEDED;
            op->journal_state = action.state;
            if (action.state == OP_FSM_JOURNAL_COMMIT) {
                wipe_keys(op);        /* Both ends of every hop have theirs. */
            }
            break;
        case OP_FSM_ACT_SEND:
            failure_test("before", op_fsm_step_to_string(action.step));
            do_send(op, net, epoch, action.participant, action.step);
            failure_test("after", op_fsm_step_to_string(action.step));
            break;
        case OP_FSM_ACT_OWE:
            do_owe(op, action.participant, action.step);
            break;
        case OP_FSM_ACT_FINISH:
            wipe_keys(op);
            op->journal = OP_JOURNAL_NEEDED;
            op->journal_state = op_fsm_get_state(op->fsm);
            break;
        }
    }
    log_transitions(op);
}

void
op_wait(const struct op *op)
{
    long long int deadline = op_fsm_deadline(op->fsm);
    if (deadline != LLONG_MAX) {
        poll_timer_wait_until(deadline);
    }
    for (size_t i = 0; i < op->n_participants; i++) {
        const struct op_participant *p = &op->participants[i];
        if (op_fsm_get_state(op->fsm) == OP_FSM_DRAIN && !p->drained
            && !p->asked_ms && p->steps & OP_FSM_STEP_DRAIN) {
            poll_timer_wait_until(p->next_ask_ms);
        }
    }
}

/* Results. */

static bool
take_result(struct op *op, enum op_kind kind, const char *name,
            uint64_t ticket, const char *error)
{
    for (size_t i = 0; i < op->n_participants; i++) {
        struct op_participant *p = &op->participants[i];
        if (p->kind != kind || strcmp(p->name, name)) {
            continue;
        }
        for (size_t j = 0; j < p->n_pending; j++) {
            if (p->pending[j].ticket == ticket) {
                enum op_fsm_step step = p->pending[j].step;
                p->pending[j] = p->pending[--p->n_pending];
                if (error) {
                    if (step == OP_FSM_STEP_FLIP) {
                        VLOG_WARN_RL(&rl, "operation %u: %s refused its flip, "
                                     "which is tried again: %s",
                                     op_fsm_number(op->fsm), p->title,
                                     error);
                    }
                    op_fsm_refused(op->fsm, i, step, error, time_msec());
                } else {
                    op_fsm_acknowledged(op->fsm, i, step, time_msec());
                }
                return true;
            }
        }
    }
    return false;
}

bool
op_bridge_result(struct op *op, const char *bridge, uint64_t ticket,
                 const char *error)
{
    return take_result(op, OP_BRIDGE, bridge, ticket, error);
}

bool
op_agent_result(struct op *op, const char *vnf_id,
                const struct restconf_result *result)
{
    return take_result(op, OP_GATEWAY, vnf_id, result->ticket, result->error);
}

void
op_report(const struct op *op, struct simap *phases_ms,
          struct sset *participants, struct simap *lost)
{
    for (int i = 0; i < OP_FSM_DONE; i++) {
        if (op_fsm_waited_in(op->fsm, i) || i == OP_FSM_FLIP) {
            simap_put(phases_ms, op_fsm_state_to_string(i),
                      op_fsm_time_in(op->fsm, i, time_msec()));
        }
    }
    for (size_t i = 0; i < op->n_participants; i++) {
        const struct op_participant *p = &op->participants[i];
        if (p->kind != OP_HOP) {
            sset_add(participants, p->title);
        } else if (p->has_lost) {
            char *hop = xasprintf("%s %s, %s => %s", p->path->chain,
                                  p->path->reverse ? "reverse" : "forward",
                                  p->hop->sender, p->hop->receiver);
            simap_put(lost, hop, simap_get(lost, hop) + p->lost);
            free(hop);
        }
    }
}

char *
op_format(const struct op *op)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    enum op_fsm_state state = op_fsm_get_state(op->fsm);

    ds_put_format(&ds, "%u %s (%s): %s after %lld ms",
                  op_fsm_number(op->fsm), op->names, op->why,
                  op_fsm_state_to_string(state),
                  time_msec() - op->started_ms);
    const char *sep = ": ";
    for (size_t i = 0; i < OP_FSM_DONE; i++) {
        long long int ms = op_fsm_time_in(op->fsm, i, time_msec());
        if (ms > 0) {
            ds_put_format(&ds, "%s%s %lld", sep,
                          op_fsm_state_to_string(i), ms);
            sep = ", ";
        }
    }
    ds_put_format(&ds, "; %u round trips", op_fsm_round_trips(op->fsm));
    if (op_fsm_reason(op->fsm)[0]) {
        ds_put_format(&ds, "; %s", op_fsm_reason(op->fsm));
    }
    return ds_steal_cstr(&ds);
}
