/* SPDX-License-Identifier: Apache-2.0 */
/* What comes back from bridges and agents, and who gets it. */

#include <config.h>

#include "ofctl-app/conductor/conductor-private.h"

#include <inttypes.h>

#include "hmapx.h"
#include "ofctl-app/flows/probe.h"
#include "ofctl-app/flows/steering.h"
#include "ofctl-app/network/network.h"
#include "ofctl-app/network/resync.h"
#include "ofctl-app/network/too-big.h"
#include "ofctl-app/operation/ops.h"
#include "ofctl-app/plan/plan.h"
#include "ofctl-app/southbound/of-packet.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(conductor_results);

static void
handle_bridge_results(struct conductor *c)
{
    BRIDGES_FOR_EACH (br, network_bridges(c->net)) {
        uint64_t ticket;
        char *error;
        while (bridge_next_result(br, &ticket, &error)) {
            ops_result(c->ops, PARTICIPANT_BRIDGE, ticket, error);
            free(error);
        }
    }
}

/* Takes note that both ends of the probe's hop have counted it. */
static void
count_probe(const struct conductor *c, const struct probe *probe)
{
    const struct live_path *live
        = live_paths_find(network_live_paths(c->net), probe->nsh_spi);
    size_t stage = path_stage(probe->si);
    if (live && stage <= live->path->n_sfs && live->path->hops[stage]) {
        struct path_hop *hop = live->path->hops[stage];
        hop->n_probes++;
        hop->probe_bytes += probe->ip_size;
    }
}

static void
handle_probe(struct conductor *c, const struct bridge *br,
             const struct of_packet_in *packet)
{
    struct probe probe;
    if (probe_parse(packet->frame, packet->size, packet->total_size, &probe)
        && packet->cookie == steering_cookie(STEERING_TRANSPORT,
                                             probe.nsh_spi)) {
        count_probe(c, &probe);
        ops_probe_result(c->ops, c->net, bridge_name(br), &probe);
    }
}

static void
handle_too_big(struct conductor *c, struct bridge *br,
               const struct of_packet_in *packet)
{
    struct live_path *live
        = live_paths_find(network_live_paths(c->net),
                          steering_cookie_spi(packet->cookie));
    if (live) {
        live->too_big++;
    }
    too_big_answer(c->too_big, br, packet);
}

static void
handle_packets_in(struct conductor *c)
{
    BRIDGES_FOR_EACH (br, network_bridges(c->net)) {
        struct of_packet_in packet;
        while (bridge_next_packet_in(br, &packet)) {
            uint8_t what = packet.n_userdata ? packet.userdata[0] : 0;
            if (what == STEERING_USERDATA_TOO_BIG) {
                handle_too_big(c, br, &packet);
            } else if (what == STEERING_USERDATA_PROBE) {
                handle_probe(c, br, &packet);
            }
            of_packet_in_uninit(&packet);
        }
    }
}

/* Takes note of the live paths that a gateway does not carry any more. */
static void
note_broken(struct conductor *c, const struct hmapx *broken)
{
    const struct hmapx_node *node;
    HMAPX_FOR_EACH (node, broken) {
        const struct live_path *live = node->data;
        VLOG_WARN("chain %s, path %"PRIu32": %s", live->path->chain,
                  live->path->nsh_spi, live->broken);
        plan_touch(c->plan, live->path->chain);
    }
}

static void
handle_agent_results(struct conductor *c)
{
    AGENTS_FOR_EACH (a, network_agents(c->net)) {
        const char *vnf_id = agent_vnf_id(a);
        struct restconf_result result;
        while (agent_next_result(a, &result)) {
            struct hmapx broken = HMAPX_INITIALIZER(&broken);
            if (resync_agent_result(c->resync, c->net, vnf_id, &result,
                                    c->epoch, &broken)) {
                note_broken(c, &broken);
            } else {
                ops_result(c->ops, PARTICIPANT_GATEWAY, result.ticket,
                           result.error);
            }
            hmapx_destroy(&broken);
            free(result.body);
            free(result.error);
        }
    }
}

void
conductor_results_run(struct conductor *c)
{
    handle_bridge_results(c);
    handle_agent_results(c);
    handle_packets_in(c);
}
