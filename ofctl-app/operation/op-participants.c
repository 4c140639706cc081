/* SPDX-License-Identifier: Apache-2.0 */
/* Who takes part in an operation, and in which steps. */

#include <config.h>

#include "ofctl-app/operation/op-private.h"

#include "ofctl-app/flows/probe.h"
#include "ofctl-app/model/path-mtu.h"
#include "ofctl-app/network/desired-flows.h"
#include "ofctl-app/network/network.h"
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
    PATH_FOR_EACH_HOP (hop, path) {
        add_steps(op, PARTICIPANT_GATEWAY, hop->sender, sender_steps);
        add_steps(op, PARTICIPANT_GATEWAY, hop->receiver, receiver_steps);
    }
}

/* Adds the hops of a path, each of which takes part in 'step'.  'size': the
 * octets of the packet that proves a new hop, or 0 for an old one. */
static void
add_hops(struct op *op, const struct path *path, enum op_fsm_step step,
         size_t size)
{
    PATH_FOR_EACH_HOP (hop, path) {
        char *name = (size
                      ? xasprintf("the hop %s => %s (with %"PRIuSIZE
                                  " octets)", hop->sender, hop->receiver, size)
                      : xasprintf("the old hop %s => %s", hop->sender,
                                  hop->receiver));
        struct op_participant *p = add(op, PARTICIPANT_HOP, name);
        p->steps = step;
        p->path = path;
        p->hop = hop;
        p->probe_size = size;
    }
}

/* Has the bridges take part that 'names' has, which it empties. */
static void
add_bridges(struct op *op, struct sset *names, unsigned int steps)
{
    const char *name;
    SSET_FOR_EACH (name, names) {
        add_steps(op, PARTICIPANT_BRIDGE, name, steps);
    }
    sset_clear(names);
}

static void
add_new_path(struct op *op, const struct network *net,
             const struct live_path *live)
{
    const struct inventory *inv = network_inventory(net);
    struct sset bridges = SSET_INITIALIZER(&bridges);
    bool prepared = op->spec.purpose == OP_FAILOVER;
    if (!prepared) {
        add_gateways(op, live->path, OP_FSM_STEP_OUTBOUND | OP_FSM_STEP_UNDO,
                     OP_FSM_STEP_INBOUND | OP_FSM_STEP_UNDO);
        path_bridges(live->path, inv, &bridges);
        add_bridges(op, &bridges, OP_FSM_STEP_FLOWS | OP_FSM_STEP_UNDO);
    }
    if (prepared || !live->path->backup) {
        /* The bridges that put packets on the new path take the old path out
         * in the same bundle. */
        desired_flows_bridges(net, live,
                              PATH_FLOWS_CLASSIFIER | PATH_FLOWS_COMPANION,
                              &bridges);
        add_bridges(op, &bridges, OP_FSM_STEP_FLIP);
    }
    if (op->spec.prove) {
        add_hops(op, live->path, OP_FSM_STEP_PROVE,
                 MAX(path_mtu(inv, live->path), PROBE_MIN_IP_SIZE));
    }
    sset_destroy(&bridges);
}

/* Has the bridges take part that put packets on the old path and have nothing
 * to flip to.  To be called when those that flip are known. */
static void
add_closing(struct op *op, const struct network *net,
            const struct live_path *live)
{
    struct sset bridges = SSET_INITIALIZER(&bridges);
    if (path_flows_in_use(live->path) & PATH_FLOWS_CLASSIFIER) {
        desired_flows_bridges(net, live, PATH_FLOWS_CLASSIFIER, &bridges);
    }
    for (size_t i = 0; i < op->n_participants; i++) {
        const struct op_participant *p = &op->participants[i];
        if (p->id.kind == PARTICIPANT_BRIDGE && p->steps & OP_FSM_STEP_FLIP) {
            sset_find_and_delete(&bridges, p->id.name);
        }
    }
    add_bridges(op, &bridges, OP_FSM_STEP_CLOSE);
    sset_destroy(&bridges);
}

static void
add_old_path(struct op *op, const struct network *net,
             const struct path *path)
{
    struct sset bridges = SSET_INITIALIZER(&bridges);
    add_gateways(op, path, OP_FSM_STEP_RELEASE, OP_FSM_STEP_RELEASE);
    /* Where no new path has a classifier there is nothing to flip to: CLOSE
     * takes the old one, or RELEASE with the rest, and it is owed if the
     * bridge is away. */
    path_bridges(path, network_inventory(net), &bridges);
    add_bridges(op, &bridges, OP_FSM_STEP_RELEASE);
    add_hops(op, path, OP_FSM_STEP_DRAIN, 0);
    sset_destroy(&bridges);
}

void
op_participants_find(struct op *op, const struct network *net)
{
    for (size_t i = 0; i < op->spec.n_new; i++) {
        add_new_path(op, net, op->spec.new[i]);
    }
    for (size_t i = 0; i < op->spec.n_old; i++) {
        add_closing(op, net, op->spec.old[i]);
        add_old_path(op, net, op->spec.old[i]->path);
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
