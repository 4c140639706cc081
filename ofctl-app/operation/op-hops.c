/* SPDX-License-Identifier: Apache-2.0 */
/* Hops of an operation: packets prove the new ones, and the old ones drain. */

#include <config.h>

#include "ofctl-app/operation/op-private.h"

#include "dp-packet.h"
#include "ofctl-app/flows/probe.h"
#include "ofctl-app/model/match.h"
#include "ofctl-app/network/network.h"
#include "ofctl-app/plan/suspects.h"
#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "util.h"

#define DRAIN_ASK_MS 200        /* Between two polls of an old hop. */

/* Proving. */

/* Sends a packet through a new hop; its answer is op_hops_probe_result(). */
static uint64_t
hop_send(struct op *op, struct network *net, uint64_t epoch OVS_UNUSED,
         const struct op_participant *p, enum op_fsm_step step OVS_UNUSED,
         char **errorp)
{
    const struct inv_gateway *gw = inventory_gateway(network_inventory(net),
                                                     p->hop->sender);
    struct bridge *br = gw ? network_bridge(net, gw->bridge->name)
                           : NULL;
    ofp_port_t port = br ? bridge_port(br, gw->plain_port) : 0;
    if (!port) {
        *errorp = xasprintf("the plain port of gateway %s is not there",
                            p->hop->sender);
        return 0;
    }
    const struct probe probe = {
        .nsh_spi = p->path->nsh_spi,
        .si = p->hop->si,
        .token = op->probe_token,
        .ip_size = p->probe_size,
    };
    struct dp_packet *packet = probe_create(&probe, gw->plain_mac,
                                            p->hop->sender_vlan,
                                            match_is_ipv6(p->path->match));
    bridge_packet_out(br, dp_packet_data(packet), dp_packet_size(packet),
                      port);
    dp_packet_delete(packet);
    return 0;
}

const struct op_kind op_hop_kind = {
    .send = hop_send,
};

void
op_hops_probe_result(struct op *op, const struct network *net,
                     const char *bridge, const struct probe *probe)
{
    for (size_t i = 0; i < op->n_participants; i++) {
        const struct op_participant *p = &op->participants[i];
        if (p->steps & OP_FSM_STEP_PROVE
            && p->path->nsh_spi == probe->nsh_spi
            && p->hop->si == probe->si && p->probe_size == probe->ip_size) {
            const struct inv_gateway *gw
                = inventory_gateway(network_inventory(net), p->hop->receiver);
            if (gw && !strcmp(gw->bridge->name, bridge)) {
                op_fsm_acknowledged(op->fsm, i, OP_FSM_STEP_PROVE,
                                    time_msec());
            }
        }
    }
}

/* Tells of a participant that did not do what it was asked. */
static void
tell_culprit(const struct op *op, const struct op_participant *p,
             struct suspicion *suspicion)
{
    char *reason = (p->id.kind == PARTICIPANT_HOP
                    ? xasprintf("operation %u: no packet came through the hop "
                                "%s => %s", op->spec.number, p->hop->sender,
                                p->hop->receiver)
                    : xasprintf("operation %u: %s", op->spec.number,
                                op_fsm_reason(op->fsm)));
    switch (p->id.kind) {
    case PARTICIPANT_HOP:
        suspicion_of_hop(suspicion, p->hop, reason);
        break;
    case PARTICIPANT_GATEWAY:
        suspicion_of_gateway(suspicion, p->id.name, reason);
        break;
    case PARTICIPANT_BRIDGE:
        for (size_t i = 0; i < op->spec.n_new; i++) {
            PATH_FOR_EACH_HOP (hop, op->spec.new[i]->path) {
                suspicion_of_bridge(suspicion, hop, p->id.name, reason);
            }
        }
        break;
    }
    free(reason);
}

void
op_hops_tell(const struct op *op, struct suspects *suspects, int avoid_ms)
{
    struct suspicion suspicion;
    suspicion_init(&suspicion);
    for (size_t i = 0; i < op->n_participants; i++) {
        const struct op_participant *p = &op->participants[i];
        if (op_fsm_is_culprit(op->fsm, i)) {
            tell_culprit(op, p, &suspicion);
        } else if (op_fsm_has_done(op->fsm, i, OP_FSM_STEP_PROVE)) {
            suspects_clear(suspects, p->hop);
        }
    }
    suspects_tell(suspects, &suspicion, avoid_ms, time_msec());
}

/* Draining.  A hop is empty if its sender has nothing more to send and all
 * that it sent has come. */

static void
ask_drained(struct op_participant *p, const struct network *net)
{
    struct agent *sender = network_agent(net, p->hop->sender);
    struct agent *receiver = network_agent(net, p->hop->receiver);
    if (sender) {
        agent_poll_sas(sender);
    }
    if (receiver) {
        agent_poll_sas(receiver);
    }
    p->asked_ms = time_msec();
}

/* Is the hop empty, and does nothing enter it any more?  'is_fed': the hop
 * before it may still hold packets.  Also true if one of its ends has gone
 * from the database, or has no SA any more: nothing comes out of it then.
 * Nobody knows it of an agent that does not answer, or that has no answer of
 * its data plane: this may hold packets still. */
static bool
is_drained(struct op_participant *p, bool is_fed, const struct network *net)
{
    const struct agent *sender = network_agent(net, p->hop->sender);
    const struct agent *receiver = network_agent(net, p->hop->receiver);
    if (!sender || !receiver) {
        return true;
    }
    if (agent_polled_sas_ms(sender) < p->asked_ms
        || agent_polled_sas_ms(receiver) < p->asked_ms) {
        return false;           /* Not answered yet. */
    }
    p->asked_ms = 0;
    p->next_ask_ms = time_msec() + DRAIN_ASK_MS;
    if (!agent_has_sa(sender, p->hop->esp_spi)
        || !agent_has_sa(receiver, p->hop->esp_spi)) {
        return true;
    }
    struct agent_sa_stats out, in;
    if (!agent_get_sa(sender, p->hop->esp_spi, &out)
        || !agent_get_sa(receiver, p->hop->esp_spi, &in)) {
        return false;
    }
    bool was_level = p->was_level && out.seq == p->out.seq;
    p->has_counts = true;
    p->out = out;
    p->in = in;
    p->was_level = in.seq >= out.seq && !is_fed;
    p->is_unused = out.seq == p->hop->n_probes;
    return was_level && p->was_level;
}

uint64_t
op_hops_lost(const struct op_participant *p)
{
    return MAX(p->in.seq, p->out.seq) - MIN(p->in.packets, p->out.seq);
}

/* May the hop before this one still hold packets?  The hops of a path are
 * neighbours, in order. */
static bool
is_fed(const struct op *op, size_t i)
{
    const struct op_participant *p = &op->participants[i];
    return (i && p[-1].path == p->path && p[-1].steps & OP_FSM_STEP_DRAIN
            && !p[-1].drained);
}

/* Did no packet ever enter the old paths?  Then it is known that no cache of a
 * bridge leads to them, and that no function holds a packet.  Of a path that
 * does not begin with a hop nobody knows. */
static bool
is_unused(const struct op *op)
{
    size_t n_paths = 0;
    for (size_t i = 0; i < op->n_participants; i++) {
        const struct op_participant *p = &op->participants[i];
        if (p->steps & OP_FSM_STEP_DRAIN) {
            n_paths += p->hop == p->path->hops[0];
            if (!p->drained || !p->is_unused) {
                return false;
            }
        }
    }
    return n_paths == op->spec.n_old;
}

/* A hop counts as empty if it is so in two polls in a row: packets in a
 * function between two hops, or that a bridge's flow cache still sends, have
 * come out by then. */
void
op_hops_drain(struct op *op, const struct network *net)
{
    for (size_t i = 0; i < op->n_participants; i++) {
        struct op_participant *p = &op->participants[i];
        if (!p->is_draining || p->drained) {
            continue;
        }
        if (p->asked_ms) {
            if (is_drained(p, is_fed(op, i), net)) {
                p->drained = true;
                op_fsm_acknowledged(op->fsm, i, OP_FSM_STEP_DRAIN,
                                    time_msec());
            }
        } else if (time_msec() >= p->next_ask_ms) {
            ask_drained(p, net);
        }
    }
    if (is_unused(op)) {
        op_fsm_is_unused(op->fsm, time_msec());
    }
}

void
op_hops_wait(const struct op *op)
{
    for (size_t i = 0; i < op->n_participants; i++) {
        const struct op_participant *p = &op->participants[i];
        if (op_fsm_get_state(op->fsm) == OP_FSM_DRAIN && !p->drained
            && !p->asked_ms && p->is_draining) {
            poll_timer_wait_until(p->next_ask_ms);
        }
    }
}
