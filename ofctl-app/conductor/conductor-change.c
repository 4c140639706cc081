/* SPDX-License-Identifier: Apache-2.0 */
/* From the planner's actions to operations, and from their ends back to the
 * planner. */

#include <config.h>

#include "ofctl-app/conductor/conductor-private.h"

#include "lib/sdsa-idl.h"
#include "ofctl-app/model/path-check.h"
#include "ofctl-app/network/network.h"
#include "ofctl-app/operation/op.h"
#include "ofctl-app/operation/ops.h"
#include "ofctl-app/plan/plan.h"
#include "ofctl-app/view/config-idl.h"
#include "openvswitch/vlog.h"
#include "smap.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(chains);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(20, 60);

#define PROVE_MS 200            /* Between two probes of one hop. */

static struct op_fsm_timeouts
get_timeouts(const struct conductor *c, const struct op_spec *spec)
{
    int drain_ms = config_ms(c->idl, "drain-ms");
    int drain_max_ms = config_ms(c->idl, "drain-max-ms");
    for (size_t i = 0; i < spec->n_old; i++) {
        if (path_is_cut(spec->old[i]->path, network_inventory(c->net))) {
            drain_max_ms = drain_ms;    /* What is lost never comes out. */
        }
    }
    return (struct op_fsm_timeouts) {
        .prepare_ms = config_ms(c->idl, "prepare-timeout-ms"),
        .retry_ms = config_ms(c->idl, "retry-ms"),
        .drain_ms = spec->n_old ? drain_ms : 0,
        .drain_max_ms = MAX(drain_ms, drain_max_ms),
        .release_ms = config_ms(c->idl, "release-timeout-ms"),
        .prove_ms = PROVE_MS,
    };
}

struct op *
conductor_add_op(struct conductor *c, const struct op_spec *op_spec)
{
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(c->idl);
    struct op_spec spec = *op_spec;
    spec.timeouts = get_timeouts(c, &spec);
    spec.prove = spec.prove && (!global || smap_get_bool(&global->other_config,
                                                         "prove", true));
    spec.number = spec.number ? spec.number : c->next_operation++;
    return ops_add(c->ops, c->net, &spec);
}

/* Starts the operation that 'action' wants. */
static void
start(struct conductor *c, const struct plan_action *action)
{
    struct live_path **new = xcalloc(action->n_new + 1, sizeof *new);
    for (size_t i = 0; i < action->n_new; i++) {
        new[i] = network_add_path(c->net, action->new[i],
                                  plan_action_twin(action, i), 0);
    }
    bool fails_over = action->what == PLAN_FAIL_OVER;
    op_start(conductor_add_op(c, &(struct op_spec) {
        .purpose = (fails_over ? OP_FAILOVER
                    : action->what == PLAN_BACKUP ? OP_BACKUP : OP_CHANGE),
        .cause = action->reason,
        .chains = action->targets,
        .n_chains = action->n_targets,
        .old = action->old,
        .n_old = action->n_old,
        .new = fails_over ? action->standby : new,
        .n_new = fails_over ? action->n_standby : action->n_new,
        .prove = !action->unproven,
    }));
    free(new);
}

static void
do_action(struct conductor *c, const struct plan_action *action)
{
    if (action->what == PLAN_GIVE_UP) {
        op_abort(ops_find_chain(c->ops, action->targets[0].name),
                 action->reason, false);
    } else if (action->what == PLAN_HURRY) {
        op_hurry(ops_find_chain(c->ops, action->targets[0].name),
                 action->reason);
    } else if (action->what == PLAN_REFUSE) {
        VLOG_WARN_RL(&rl, "chain %s: %s",
                     action->targets[action->culprit].name, action->reason);
    } else {
        start(c, action);
    }
}

void
conductor_start_operations(struct conductor *c)
{
    conductor_facts_tell_topology(c);
    for (;;) {
        const struct plan_facts facts = conductor_facts(c);
        struct plan_action action;
        if (!plan_next(c->plan, &facts, &action)) {
            break;
        }
        do_action(c, &action);
        plan_action_uninit(&action);
    }
}

/* The operation of a backup path has failed: says so, and does not use the
 * path if it was to be used. */
static void
note_backup_failed(const struct op *op)
{
    const struct op_spec *spec = op_get_spec(op);
    VLOG_WARN("chain %s: operation %u for its backup path: %s",
              spec->chains[0].name, spec->number, op_reason(op));
    for (size_t i = 0; i < spec->n_new; i++) {
        if (spec->purpose == OP_FAILOVER && !spec->new[i]->broken) {
            spec->new[i]->broken = xstrdup(op_reason(op));
        }
    }
}

void
conductor_end_chains(struct conductor *c, const struct op *op, bool done)
{
    const struct op_spec *spec = op_get_spec(op);
    if (!done && spec->purpose != OP_CHANGE) {
        note_backup_failed(op);
    }
    for (size_t i = 0; i < spec->n_chains; i++) {
        plan_end(c->plan, &spec->chains[i],
                 (done ? PLAN_DONE : op_is_aborted(op) ? PLAN_GIVEN_UP
                  : PLAN_FAILED),
                 op_reason(op), time_msec());
    }
}
