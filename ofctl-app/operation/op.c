/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/operation/op.h"

#include <limits.h>

#include "hash.h"
#include "ofctl-app/network/network.h"
#include "ofctl-app/operation/failure-test.h"
#include "ofctl-app/operation/op-private.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(op);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

/* Creation. */

static void
set_spec(struct op *op, const struct op_spec *spec)
{
    struct ds names = DS_EMPTY_INITIALIZER;
    struct plan_target *chains = xmemdup(spec->chains,
                                         spec->n_chains * sizeof *chains);
    for (size_t i = 0; i < spec->n_chains; i++) {
        chains[i].name = xstrdup(chains[i].name);
        chains[i].intent = xstrdup(chains[i].intent);
        ds_put_format(&names, "%s%s", i ? " " : "", chains[i].name);
    }
    op->spec = *spec;
    op->spec.names = ds_steal_cstr(&names);
    op->spec.chains = chains;
    op->spec.cause = xstrdup(spec->cause);
    op->spec.old = live_paths_dup(spec->old, spec->n_old);
    op->spec.new = live_paths_dup(spec->new, spec->n_new);
}

static void
free_spec(struct op_spec *spec)
{
    for (size_t i = 0; i < spec->n_chains; i++) {
        free(CONST_CAST(char *, spec->chains[i].name));
        free(CONST_CAST(char *, spec->chains[i].intent));
    }
    free(CONST_CAST(struct plan_target *, spec->chains));
    free(CONST_CAST(char *, spec->names));
    free(CONST_CAST(char *, spec->cause));
    free(CONST_CAST(struct live_path **, spec->old));
    free(CONST_CAST(struct live_path **, spec->new));
}

struct op *
op_create(struct network *net, const struct op_spec *spec,
          struct hmap *requests)
{
    struct op *op = xzalloc(sizeof *op);
    op->requests = requests;
    set_spec(op, spec);
    op->started_ms = time_msec();
    op->started_s = time_wall();
    uuid_generate(&op->probe_token);
    op_participants_find(op, net);

    struct op_fsm_participant *ps = xcalloc(op->n_participants + 1,
                                            sizeof *ps);
    for (size_t i = 0; i < op->n_participants; i++) {
        ps[i].name = op->participants[i].title;
        ps[i].steps = op->participants[i].steps;
    }
    op->fsm = op_fsm_create(ps, op->n_participants, &spec->timeouts);
    free(ps);
    return op;
}

void
op_start(struct op *op)
{
    if (op->spec.purpose == OP_FAILOVER) {
        op_fsm_start_prepared(op->fsm, time_msec());
    } else {
        op_gateway_make_keys(op);
        op_fsm_start(op->fsm, time_msec());
    }
}

void
op_resume(struct op *op, bool committed)
{
    op_bridge_set_flows(op, committed ? OP_FSM_STEP_FLIP : OP_FSM_STEP_UNDO);
    op->resumed = true;
    if (committed) {
        op_fsm_resume_committing(op->fsm, time_msec());
    } else {
        op_fsm_resume_preparing(op->fsm, time_msec(),
                                "the controller restarted");
    }
}

/* Requests. */

/* Remembers that 'step' was sent and will be answered under 'ticket'. */
static void
add_request(struct op *op, struct op_participant *p, enum op_fsm_step step,
            uint64_t ticket)
{
    struct op_request *request = p->requests;
    while (request->step) {
        request++;
        ovs_assert(request < &p->requests[ARRAY_SIZE(p->requests)]);
    }
    *request = (struct op_request) {
        .op = op,
        .participant = p,
        .step = step,
        .ticket = ticket,
    };
    hmap_insert(op->requests, &request->node, hash_uint64(ticket));
}

static void
remove_request(struct op_request *request)
{
    hmap_remove(request->op->requests, &request->node);
    request->step = 0;
}

/* Removes the requests of a participant that will have no answer; all of them
 * if 'net' is NULL.  Returns true if 'step' was sent and will be answered. */
static bool
remove_requests(struct op_participant *p, const struct network *net,
                enum op_fsm_step step)
{
    bool found = false;
    for (size_t i = 0; i < ARRAY_SIZE(p->requests); i++) {
        struct op_request *request = &p->requests[i];
        if (request->step
            && !(net && p->kind->has_ticket(net, p->id.name,
                                            request->ticket))) {
            remove_request(request);
        }
        found = found || request->step == step;
    }
    return found;
}

void
op_answer(struct op_request *request, const char *error)
{
    struct op *op = request->op;
    const struct op_participant *p = request->participant;
    enum op_fsm_step step = request->step;
    size_t index = p - op->participants;
    remove_request(request);
    if (!error) {
        op_fsm_acknowledged(op->fsm, index, step, time_msec());
        return;
    }
    if (step == OP_FSM_STEP_FLIP) {
        VLOG_WARN_RL(&rl, "operation %u: %s refused its flip, which is tried "
                     "again: %s", op->spec.number, p->title, error);
    }
    op_fsm_refused(op->fsm, index, step, error, time_msec());
}

/* Destruction. */

void
op_destroy(struct op *op)
{
    if (op) {
        op_gateway_wipe_keys(op);
        op_fsm_destroy(op->fsm);
        for (size_t i = 0; i < op->n_participants; i++) {
            remove_requests(&op->participants[i], NULL, 0);
        }
        op_participants_destroy(op);
        free(op->debts);
        free_spec(&op->spec);
        free(op);
    }
}

/* What the state machine wants done. */

static void
do_send(struct op *op, struct network *net, uint64_t epoch, size_t index,
        enum op_fsm_step step)
{
    struct op_participant *p = &op->participants[index];
    if (step == OP_FSM_STEP_DRAIN) {
        p->is_draining = true;  /* op_hops_drain() does it. */
        return;
    } else if (failure_test_refuses(op_fsm_step_to_string(step))) {
        op_fsm_refused(op->fsm, index, step, "failure test", time_msec());
        return;
    }
    if (remove_requests(p, net, step)) {
        return;                 /* Another one would be of no use. */
    }

    bool is_gone = p->kind->exists && !p->kind->exists(net, p->id.name);
    char *error = is_gone ? xstrdup(p->kind->find_loss(net, p)) : NULL;
    uint64_t ticket = (is_gone ? 0
                       : p->kind->send(op, net, epoch, p, step, &error));
    if (ticket) {
        add_request(op, p, step, ticket);
    }
    if (step == OP_FSM_STEP_CLOSE && (is_gone || p->kind->find_loss(net, p))) {
        /* The old paths drain by themselves, or they do not. */
        op_fsm_acknowledged(op->fsm, index, step, time_msec());
    } else if (is_gone && step & (OP_FSM_STEP_FLIP | OP_FSM_STEP_RELEASE
                                  | OP_FSM_STEP_UNDO)) {
        /* The operator took it out of the database: it owes nothing. */
        op_fsm_acknowledged(op->fsm, index, step, time_msec());
    } else if (error) {
        op_fsm_refused(op->fsm, index, step, error, time_msec());
    }
    free(error);
}

static void
do_owe(struct op *op, size_t index, enum op_fsm_step step)
{
    const struct op_participant *p = &op->participants[index];
    op->debts = xrealloc(op->debts, (op->n_debts + 1) * sizeof *op->debts);
    op->debts[op->n_debts++] = (struct op_debt) {
        .participant = &p->id,
        .title = p->title,
        .of_new = step == OP_FSM_STEP_UNDO,
    };
}

static void
do_journal(struct op *op)
{
    op->journal = OP_JOURNAL_NEEDED;
    op->entry = op_fsm_get_state(op->fsm);
    if (op->entry != OP_FSM_JOURNAL_PREPARE) {
        op_gateway_wipe_keys(op);       /* No end of a hop still needs one. */
    }
}

/* Tells the state machine about participants that are not those that the
 * operation began with. */
static void
notice_losses(struct op *op, const struct network *net)
{
    for (size_t i = 0; i < op->n_participants; i++) {
        const struct op_participant *p = &op->participants[i];
        const char *reason = (p->kind->find_loss
                              ? p->kind->find_loss(net, p) : NULL);
        if (reason) {
            op_fsm_lost(op->fsm, i, reason, time_msec());
        }
    }
}

/* Tells the state machine, if it is in a hurry, which participants are
 * away. */
static void
notice_absences(struct op *op, const struct network *net)
{
    for (size_t i = 0; op->hurried && i < op->n_participants; i++) {
        const struct op_participant *p = &op->participants[i];
        op_fsm_set_away(op->fsm, i, (p->kind->is_away
                                     && p->kind->is_away(net, p->id.name)));
    }
}

/* Logs each transition; tests/tools/chaos compares the log with the model of
 * doc/model. */
static void
log_transitions(struct op *op)
{
    struct op_fsm_transition t;
    while (op_fsm_next_transition(op->fsm, &t)) {
        VLOG_DBG("operation %u: %s, %s: %s", op->spec.number, t.from, t.event,
                 t.to);
    }
}

bool
op_run(struct op *op, struct network *net, uint64_t epoch)
{
    if (!op_fsm_is_committed(op->fsm)) {
        notice_losses(op, net);
    }
    notice_absences(op, net);
    op_fsm_run(op->fsm, time_msec());
    if (op_fsm_get_state(op->fsm) == OP_FSM_DRAIN) {
        op_hops_drain(op, net);
    }

    log_transitions(op);
    struct op_fsm_action action;
    while (op_fsm_next_action(op->fsm, &action)) {
        switch (action.type) {
        case OP_FSM_ACT_JOURNAL:
        case OP_FSM_ACT_FINISH:
            do_journal(op);
            break;
        case OP_FSM_ACT_SEND:
            failure_test("before", op_fsm_step_to_string(action.step));
            do_send(op, net, epoch, action.participant, action.step);
            failure_test("after", op_fsm_step_to_string(action.step));
            break;
        case OP_FSM_ACT_OWE:
            do_owe(op, action.participant, action.step);
            break;
        }
    }
    log_transitions(op);

    bool was_ending = op->is_ending;
    op->is_ending = op_is_ending(op);
    return op->is_ending && !was_ending;
}

void
op_wait(const struct op *op)
{
    long long int deadline = op_fsm_deadline(op->fsm);
    if (deadline != LLONG_MAX) {
        poll_timer_wait_until(deadline);
    }
    op_hops_wait(op);
}

bool
op_abort(struct op *op, const char *reason, bool by_operator)
{
    bool ok = op_fsm_abort(op->fsm, reason, time_msec());
    op->aborted = op->aborted || (ok && by_operator);
    return ok;
}

/* The journal. */

bool
op_needs_journal(const struct op *op)
{
    return op->journal == OP_JOURNAL_NEEDED;
}

/* The entry as a step of failure_test(). */
static const char *
entry_step(const struct op *op)
{
    return (op->entry >= OP_FSM_DONE ? "journal-end"
            : op_fsm_state_to_string(op->entry));
}

void
op_journal_sent(struct op *op)
{
    failure_test("before", entry_step(op));
    op->journal = OP_JOURNAL_SENT;
}

/* The database has the entry. */
static void
follow_entry(struct op *op)
{
    failure_test("after", entry_step(op));
    if (op->entry == OP_FSM_JOURNAL_COMMIT) {
        for (size_t i = 0; i < op->spec.n_old; i++) {
            op->spec.old[i]->path->state = PATH_RELEASING;
        }
        for (size_t i = 0; i < op->spec.n_new; i++) {
            struct path *path = op->spec.new[i]->path;
            path->state = PATH_ACTIVE;
            path->backup = path->backup && op->spec.purpose != OP_FAILOVER;
        }
    }
    op_fsm_journaled(op->fsm, true, NULL, time_msec());
}

bool
op_journaled(struct op *op, bool ok, const char *refusal)
{
    if (op->journal != OP_JOURNAL_SENT) {
        return false;
    }
    if (ok) {
        op->journal = OP_JOURNAL_IDLE;
        follow_entry(op);
        return op->entry >= OP_FSM_DONE;        /* DONE or FAILED. */
    } else if (refusal && op->entry == OP_FSM_JOURNAL_PREPARE) {
        /* The operation's end cleans up should an earlier attempt at this
         * entry have been committed after all. */
        char *reason = xasprintf("the database refused it: %s", refusal);
        op->journal = OP_JOURNAL_IDLE;
        op_fsm_journaled(op->fsm, false, reason, time_msec());
        free(reason);
    } else {
        op->journal = OP_JOURNAL_NEEDED;
    }
    return false;
}

/* Asking. */

const struct op_spec *
op_get_spec(const struct op *op)
{
    return &op->spec;
}

enum op_fsm_state
op_get_state(const struct op *op)
{
    return op_fsm_get_state(op->fsm);
}

bool
op_can_be_given_up(const struct op *op)
{
    return (op->spec.n_chains == 1 && op->spec.purpose != OP_FAILOVER
            && !op->resumed && !op_fsm_is_committed(op->fsm));
}

bool
op_is_ending(const struct op *op)
{
    return (op_fsm_is_committed(op->fsm)
            || op_fsm_get_state(op->fsm) == OP_FSM_UNDO);
}

void
op_hurry(struct op *op, const char *reason)
{
    if (!op->hurried) {
        VLOG_INFO("operation %u is hurried, since another one is due: %s",
                  op->spec.number, reason);
        op->hurried = true;
        op_fsm_hurry(op->fsm);
    }
}

bool
op_has_drained(const struct op *op)
{
    return op_fsm_waited_in(op->fsm, OP_FSM_DRAIN);
}

bool
op_is_aborted(const struct op *op)
{
    return op->aborted;
}

const char *
op_reason(const struct op *op)
{
    return op_fsm_reason(op->fsm);
}

void
op_tell_suspects(const struct op *op, struct suspects *suspects, int avoid_ms)
{
    op_hops_tell(op, suspects, avoid_ms);
}

const struct op_debt *
op_debts(const struct op *op, size_t *n)
{
    *n = op->n_debts;
    return op->debts;
}

char *
op_format(const struct op *op)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    enum op_fsm_state state = op_fsm_get_state(op->fsm);

    ds_put_format(&ds, "%u %s (%s): %s after %lld ms",
                  op->spec.number, op->spec.names, op->spec.cause,
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
