/* SPDX-License-Identifier: Apache-2.0 */
/* The facts that the planner decides from: the network, the rows and what the
 * user configures; and what the planner wants to be written into the rows. */

#include <config.h>

#include "ofctl-app/conductor/conductor-private.h"

#include <limits.h>

#include "hash.h"
#include "lib/boot-clock.h"
#include "lib/sdsa-idl.h"
#include "ofctl-app/network/desired-flows.h"
#include "ofctl-app/network/network.h"
#include "ofctl-app/network/resync.h"
#include "ofctl-app/operation/journal.h"
#include "ofctl-app/operation/op.h"
#include "ofctl-app/operation/ops.h"
#include "ofctl-app/plan/plan.h"
#include "ofctl-app/view/config-idl.h"
#include "openvswitch/vlog.h"
#include "smap.h"
#include "sset.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(facts);

/* Callbacks of struct plan_facts. */

static bool
gateway_answers(const void *c_, const char *vnf_id)
{
    const struct conductor *c = c_;
    const struct agent *agent = network_agent(c->net, vnf_id);
    return (agent && agent_is_up(agent) && !conductor_epoch_is_due(c, agent)
            && resync_is_done(c->resync, c->net, vnf_id));
}

static long long int
unmet_until(const void *c_, enum participant_kind kind, const char *name)
{
    const struct conductor *c = c_;
    long long int since_ms = LLONG_MAX;
    const struct bridge *br;
    const struct agent *agent;
    switch (kind) {
    case PARTICIPANT_BRIDGE:
        br = network_bridge(c->net, name);
        since_ms = br ? bridge_unmet_since_ms(br) : LLONG_MAX;
        break;
    case PARTICIPANT_GATEWAY:
        agent = network_agent(c->net, name);
        since_ms = (resync_is_pending(c->resync, c->net, name)
                    || (agent && conductor_epoch_is_due(c, agent))
                    ? time_msec()
                    : agent ? agent_unmet_since_ms(agent) : LLONG_MAX);
        break;
    case PARTICIPANT_HOP:
        break;
    }
    long long int until_ms = (since_ms == LLONG_MAX ? 0
                              : since_ms + config_ms(c->idl, "loss-ms"));
    return until_ms > time_msec() ? until_ms : 0;
}

static bool
can_flip(const void *c_, const struct live_path *live)
{
    const struct conductor *c = c_;
    struct sset names = SSET_INITIALIZER(&names);
    const char *name;
    bool can = true;
    desired_flows_bridges(c->net, live,
                          PATH_FLOWS_CLASSIFIER | PATH_FLOWS_COMPANION,
                          &names);
    SSET_FOR_EACH (name, &names) {
        const struct bridge *br = network_bridge(c->net, name);
        can = can && br && bridge_is_up(br);
    }
    sset_destroy(&names);
    return can;
}

static bool
can_give_up(const void *c_, const char *chain)
{
    const struct conductor *c = c_;
    const struct op *op = ops_find_chain(c->ops, chain);
    return op && op_can_be_given_up(op);
}

static const struct plan_target *
get_ending(const void *c_, const char *chain)
{
    const struct conductor *c = c_;
    const struct op *op = ops_find_chain(c->ops, chain);
    const struct op_spec *spec = op ? op_get_spec(op) : NULL;
    for (size_t i = 0; op && op_is_ending(op) && i < spec->n_chains; i++) {
        if (!strcmp(spec->chains[i].name, chain)) {
            return &spec->chains[i];
        }
    }
    return NULL;
}

struct plan_facts
conductor_facts(const struct conductor *c)
{
    return (struct plan_facts) {
        .inv = network_inventory(c->net),
        .paths = network_live_paths(c->net),
        .numbers = c->numbers,
        .n_operations = ops_count(c->ops),
        .drain_ms = config_ms(c->idl, "drain-ms"),
        .change_ms = config_change_ms(c->idl),
        .now_ms = time_msec(),
        .now_s = boot_clock_s(),
        .aux = c,
        .gateway_answers = gateway_answers,
        .unmet_until = unmet_until,
        .can_flip = can_flip,
        .can_give_up = can_give_up,
        .get_ending = get_ending,
    };
}

/* Rows. */

void
conductor_facts_write_rows(struct conductor *c)
{
    struct plan_writing writing;
    while (plan_next_writing(c->plan, &writing)) {
        const struct sdsa_chain *row
            = sdsa_chain_get_for_uuid(c->idl, &writing.uuid);
        if (row && writing.error) {
            journal_chain_failed(row, writing.failed_wanted, writing.error);
        }
        if (row && writing.set_applied) {
            sdsa_chain_set_applied(row, row->wanted);
        }
        if (row && writing.clear_reason) {
            sdsa_chain_set_reason(row, "");
        }
        if (row && writing.protection) {
            sdsa_chain_set_protection(row, writing.protection);
        }
        if (row && writing.waits) {
            sdsa_chain_set_waits(row, writing.waits);
        }
    }
}

/* Topology. */

static void
see(struct simap *seen, const char *what, const char *name, unsigned int how)
{
    char *key = xasprintf("%s %s", what, name);
    simap_put(seen, key, how);
    free(key);
}

/* Puts how each thing is that paths depend on into 'seen'. */
static void
see_topology(const struct conductor *c, struct simap *seen)
{
    const struct inventory *inv = network_inventory(c->net);
    struct shash_node *node;
    simap_put(seen, "inventory", network_inventory_seqno(c->net));
    for (size_t i = 0; i < inv->n_links; i++) {
        const struct inv_link *link = &inv->links[i];
        see(seen, link->from->name, link->out_port, link->down != NULL);
    }
    SHASH_FOR_EACH (node, &inv->sfs) {
        const struct inv_sf *sf = node->data;
        see(seen, "function", sf->name,
            hash_string(sf->group, sf->is_marked + 2 * (sf->down != NULL)));
    }
    SHASH_FOR_EACH (node, &inv->gateways) {
        const struct inv_gateway *gw = node->data;
        const struct agent *agent = network_agent(c->net, gw->vnf_id);
        see(seen, "gateway", gw->vnf_id,
            gw->is_draining + 2 * gw->is_lost + 4 * (gw->down != NULL));
        see(seen, "agent", gw->vnf_id,
            agent ? agent_get_state(agent)->seqno : 0);
        see(seen, "answers", gw->vnf_id, gateway_answers(c, gw->vnf_id));
    }
    SHASH_FOR_EACH (node, &inv->bridges) {
        const struct inv_bridge *b = node->data;
        const struct bridge *br = network_bridge(c->net, b->name);
        see(seen, "bridge", b->name,
            b->is_lost + 2 * (br && bridge_is_up(br)));
        see(seen, "session", b->name, br ? bridge_seqno(br) : 0);
    }
}

void
conductor_facts_tell_topology(struct conductor *c)
{
    struct simap seen = SIMAP_INITIALIZER(&seen);
    see_topology(c, &seen);
    if (!simap_equal(&seen, &c->topology)) {
        simap_swap(&seen, &c->topology);
        plan_touch_all(c->plan);
    }
    simap_destroy(&seen);
}
