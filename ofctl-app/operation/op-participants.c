/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/operation/op-participants.h"

#include "ofctl-app/flows/probe.h"
#include "ofctl-app/model/path-mtu.h"
#include "ofctl-app/network/desired-flows.h"
#include "ofctl-app/network/network.h"
#include "ofctl-app/operation/op-bridge.h"
#include "ofctl-app/operation/op-gateway.h"
#include "ofctl-app/operation/op-hops.h"
#include "ofctl-app/operation/op-private.h"
#include "sset.h"
#include "util.h"

static const struct op_kind *const kinds[] = {
    [PARTICIPANT_GATEWAY] = &op_gateway_kind,
    [PARTICIPANT_BRIDGE] = &op_bridge_kind,
    [PARTICIPANT_HOP] = &op_hop_kind,
};

/* Adds a participant.  Takes ownership of 'name'. */
static struct op_participant *
add(struct op *op, enum participant_kind kind, char *name)
{
    op->participants = xrealloc(op->participants, (op->n_participants + 1)
                                * sizeof *op->participants);
    struct op_participant *p = &op->participants[op->n_participants++];
    *p = (struct op_participant) {
        .id = { kind, name },
        .kind = kinds[kind],
    };
    p->title = participant_format(&p->id);
    return p;
}

/* Has a gateway or a bridge take part in 'steps', too. */
static void
add_steps(struct op *op, enum participant_kind kind, const char *name,
          unsigned int steps)
{
    for (size_t i = 0; i < op->n_participants; i++) {
        struct op_participant *p = &op->participants[i];
        if (p->id.kind == kind && !strcmp(p->id.name, name)) {
            p->steps |= steps;
            return;
        }
    }
    add(op, kind, xstrdup(name))->steps = steps;
}

static void
add_gateways(struct op *op, const struct path *path, unsigned int sender_steps,
             unsigned int receiver_steps)
{
    for (size_t i = 0; i <= path->n_sfs; i++) {
        const struct path_hop *hop = path->hops[i];
        if (hop) {
            add_steps(op, PARTICIPANT_GATEWAY, hop->sender, sender_steps);
            add_steps(op, PARTICIPANT_GATEWAY, hop->receiver, receiver_steps);
        }
    }
}

/* Adds the hops of a new path, which must be proven. */
static void
add_new_hops(struct op *op, const struct network *net, const struct path *path)
{
    size_t size = MAX(path_mtu(network_inventory(net), path),
                      PROBE_MIN_IP_SIZE);
    for (size_t i = 0; i <= path->n_sfs; i++) {
        const struct path_hop *hop = path->hops[i];
        if (hop) {
            struct op_participant *p = add(
                op, PARTICIPANT_HOP,
                xasprintf("the hop %s => %s (with %"PRIuSIZE" octets)",
                          hop->sender, hop->receiver, size));
            p->steps = OP_FSM_STEP_PROVE;
            p->path = path;
            p->hop = hop;
            p->probe_size = size;
        }
    }
}

/* Adds the hops of an old path, which drain. */
static void
add_old_hops(struct op *op, const struct path *path)
{
    for (size_t i = 0; i <= path->n_sfs; i++) {
        const struct path_hop *hop = path->hops[i];
        if (hop) {
            struct op_participant *p = add(
                op, PARTICIPANT_HOP, xasprintf("the old hop %s => %s",
                                               hop->sender, hop->receiver));
            p->steps = OP_FSM_STEP_DRAIN;
            p->path = path;
            p->hop = hop;
        }
    }
}

/* Has the bridges take part that 'names' has.  Destroys 'names'. */
static void
add_bridges(struct op *op, struct sset *names, unsigned int steps)
{
    const char *name;
    SSET_FOR_EACH (name, names) {
        add_steps(op, PARTICIPANT_BRIDGE, name, steps);
    }
    sset_destroy(names);
}

static void
add_path_bridges(struct op *op, const struct network *net,
                 const struct live_path *live, unsigned int steps)
{
    struct sset names = SSET_INITIALIZER(&names);
    path_bridges(live->path, network_inventory(net), &names);
    add_bridges(op, &names, steps);
}

/* Has the bridges flip that put packets on a new path.  The old path is taken
 * out in the same bundle. */
static void
add_classifiers(struct op *op, const struct network *net,
                const struct live_path *live)
{
    struct sset names = SSET_INITIALIZER(&names);
    desired_flows_bridges(net, live,
                          PATH_FLOWS_CLASSIFIER | PATH_FLOWS_COMPANION,
                          &names);
    add_bridges(op, &names, OP_FSM_STEP_FLIP);
}

static void
add_new_path(struct op *op, const struct network *net,
             const struct live_path *live)
{
    bool prepared = op->spec.purpose == OP_FAILOVER;
    if (!prepared) {
        add_gateways(op, live->path, OP_FSM_STEP_OUTBOUND | OP_FSM_STEP_UNDO,
                     OP_FSM_STEP_INBOUND | OP_FSM_STEP_UNDO);
        add_path_bridges(op, net, live, OP_FSM_STEP_FLOWS | OP_FSM_STEP_UNDO);
    }
    if (prepared || !live->path->backup) {
        add_classifiers(op, net, live);
    }
    if (op->spec.prove) {
        add_new_hops(op, net, live->path);
    }
}

static void
add_old_path(struct op *op, const struct network *net,
             const struct live_path *live)
{
    add_gateways(op, live->path, OP_FSM_STEP_RELEASE, OP_FSM_STEP_RELEASE);
    /* Where no new path has a classifier there is nothing to flip to: RELEASE
     * takes the old one with the rest, and it is owed if the bridge is
     * away. */
    add_path_bridges(op, net, live, OP_FSM_STEP_RELEASE);
    add_old_hops(op, live->path);
}

void
op_participants_find(struct op *op, const struct network *net)
{
    for (size_t i = 0; i < op->spec.n_new; i++) {
        add_new_path(op, net, op->spec.new[i]);
    }
    for (size_t i = 0; i < op->spec.n_old; i++) {
        add_old_path(op, net, op->spec.old[i]);
    }
    for (size_t i = 0; i < op->n_participants; i++) {
        struct op_participant *p = &op->participants[i];
        const struct agent *agent
            = (p->id.kind == PARTICIPANT_GATEWAY
               ? network_agent(net, p->id.name) : NULL);
        p->boot_id = xstrdup(agent ? agent_get_state(agent)->boot_id : "");
    }
}

void
op_participants_destroy(struct op *op)
{
    for (size_t i = 0; i < op->n_participants; i++) {
        struct op_participant *p = &op->participants[i];
        free(CONST_CAST(char *, p->id.name));
        free(p->title);
        free(p->boot_id);
    }
    free(op->participants);
}
