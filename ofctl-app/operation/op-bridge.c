/* SPDX-License-Identifier: Apache-2.0 */
/* Bridges of an operation: bundles of flows. */

#include <config.h>

#include "ofctl-app/operation/op-private.h"

#include "ofctl-app/network/desired-flows.h"
#include "ofctl-app/network/network.h"
#include "util.h"

void
op_bridge_set_flows(struct op *op, enum op_fsm_step step)
{
    for (size_t i = 0; i < op->spec.n_new; i++) {
        struct live_path *live = op->spec.new[i];
        live->flows = (step == OP_FSM_STEP_UNDO ? 0
                       : step == OP_FSM_STEP_FLOWS ? PATH_FLOWS_TRANSPORT
                       : path_flows_in_use(live->path));
    }
    for (size_t i = 0; i < op->spec.n_old; i++) {
        struct live_path *live = op->spec.old[i];
        if (step & (OP_FSM_STEP_FLIP | OP_FSM_STEP_CLOSE)) {
            live->flows = path_flows_left(live->path);
        } else if (step == OP_FSM_STEP_RELEASE) {
            live->flows = 0;
        }
    }
}

/* Is there anything that the bridge could refuse in a later step?  Behind the
 * commit point it would be too late: then an operation only goes forward. */
static char *
check_flows(const struct op *op, const struct network *net, struct bridge *br)
{
    char *error = NULL;
    for (size_t i = 0; i < op->spec.n_new && !error; i++) {
        error = desired_flows_check(net, br, op->spec.new[i]);
    }
    return error;
}

static uint64_t
bridge_send(struct op *op, struct network *net, uint64_t epoch OVS_UNUSED,
            const struct op_participant *p, enum op_fsm_step step,
            char **errorp)
{
    struct bridge *br = network_bridge(net, p->id.name);
    if (step == OP_FSM_STEP_FLOWS && !bridge_is_up(br)) {
        char *reason = bridges_reason(network_bridges(net), br);
        *errorp = xasprintf("it is not connected: %s", reason);
        free(reason);
        return 0;
    }
    if (step == OP_FSM_STEP_FLOWS) {
        *errorp = check_flows(op, net, br);
        if (*errorp) {
            return 0;
        }
    }

    /* Each bridge of a step sets the same. */
    op_bridge_set_flows(op, step);
    struct live_path **paths = xmalloc((op->spec.n_old + op->spec.n_new + 1)
                                       * sizeof *paths);
    size_t n = 0;
    if (step != OP_FSM_STEP_FLOWS && step != OP_FSM_STEP_UNDO) {
        for (size_t i = 0; i < op->spec.n_old; i++) {
            paths[n++] = op->spec.old[i];
        }
    }
    if (step != OP_FSM_STEP_RELEASE) {
        for (size_t i = 0; i < op->spec.n_new; i++) {
            paths[n++] = op->spec.new[i];
        }
    }
    bool strict = !(step & (OP_FSM_STEP_FLIP | OP_FSM_STEP_CLOSE));
    uint64_t ticket = desired_flows_change(net, br, paths, n, strict, errorp);
    free(paths);
    return ticket;
}

static bool
bridge_exists(const struct network *net, const char *name)
{
    return network_bridge(net, name) != NULL;
}

static bool
bridge_has_ticket_(const struct network *net, const char *name,
                   uint64_t ticket)
{
    const struct bridge *br = network_bridge(net, name);
    return br && bridge_has_ticket(br, ticket);
}

static const char *
bridge_find_loss(const struct network *net, const struct op_participant *p)
{
    const struct bridge *br = network_bridge(net, p->id.name);
    return br && bridge_is_connected(br) ? NULL : "it is not connected";
}

static bool
bridge_is_away(const struct network *net, const char *name)
{
    const struct bridge *br = network_bridge(net, name);
    return br && !bridge_is_connected(br);
}

const struct op_kind op_bridge_kind = {
    .send = bridge_send,
    .exists = bridge_exists,
    .has_ticket = bridge_has_ticket_,
    .find_loss = bridge_find_loss,
    .is_away = bridge_is_away,
};
