/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

/* Texts of the conductor's unixctl commands (conductor.h). */

#include "ofctl-app/conductor/conductor.h"
#include "ofctl-app/conductor/conductor-private.h"

#include <inttypes.h>

#include "lib/db-watch.h"
#include "ofctl-app/network/flow-audit.h"
#include "ofctl-app/network/network.h"
#include "ofctl-app/network/too-big.h"
#include "ofctl-app/operation/op.h"
#include "ofctl-app/operation/ops.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

char *
conductor_format_operations(const struct conductor *c)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    for (size_t i = 0; i < N_HISTORY; i++) {
        const char *s = c->history[(c->n_history + i) % N_HISTORY];
        if (s) {
            ds_put_format(&ds, "%s\n", s);
        }
    }
    OPS_FOR_EACH (op, c->ops) {
        char *s = op_format(op);
        ds_put_format(&ds, "%s\n", s);
        free(s);
    }
    return ds_steal_cstr(&ds);
}

char *
conductor_format_sas(const struct conductor *c)
{
    return c->state == ACTIVE ? flow_audit_format_sas(c->net) : xstrdup("");
}

void
conductor_ask_live(struct conductor *c)
{
    if (c->state == ACTIVE) {
        flow_audit_ask(c->net);
    }
}

bool
conductor_format_live(const struct conductor *c, long long int since_ms,
                      char **textp)
{
    if (c->state == ACTIVE && !flow_audit_is_known(c->net, since_ms)) {
        return false;
    }
    *textp = (c->state == ACTIVE ? flow_audit_format(c->net, since_ms)
              : xstrdup("standing by\n"));
    return true;
}

char *
conductor_format_status(const struct conductor *c)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    const char *absence = db_watch_reason(c->db_watch);
    if (absence) {
        ds_put_format(&ds, "database: %s\n", absence);
    }
    if (c->state != ACTIVE) {
        const char *fault = c->trouble ? c->trouble : c->holder_fault;
        ds_put_format(&ds, "standing by%s%s\n",
                      fault ? ", cannot take over: " : "", fault ? fault : "");
        return ds_steal_cstr(&ds);
    }
    ds_put_format(&ds, "active in epoch %"PRIu64"\n%"PRIuSIZE" paths, %"
                  PRIuSIZE" operations under way\n", c->epoch,
                  live_paths_count(network_live_paths(c->net)),
                  ops_count(c->ops));
    if (c->behind) {
        ds_put_format(&ds, "%s\n", c->behind);
    }
    BRIDGES_FOR_EACH (br, network_bridges(c->net)) {
        unsigned long long int n_changes, n_bundles;
        bridge_get_load(br, &n_changes, &n_bundles);
        char *reason = bridges_reason(network_bridges(c->net), br);
        ds_put_format(&ds, "bridge %s: %s, %"PRIuSIZE" flows, %llu changes in "
                      "%llu bundles %s\n", bridge_name(br),
                      bridge_is_up(br) ? "up" : "down", bridge_n_flows(br),
                      n_changes, n_bundles, reason);
        free(reason);
    }
    AGENTS_FOR_EACH (a, network_agents(c->net)) {
        unsigned long long int n_patches, n_transfers;
        restconf_client_get_load(agent_client(a), &n_patches,
                                 &n_transfers);
        ds_put_format(&ds, "gateway %s: %s, %llu patches in %llu requests "
                      "%s\n", agent_vnf_id(a),
                      agent_is_up(a) ? "up" : "down", n_patches, n_transfers,
                      agent_get_state(a)->reason);
    }
    return ds_steal_cstr(&ds);
}

char *
conductor_format_packets(const struct conductor *c)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    if (c->state == ACTIVE) {
        too_big_format(c->too_big, &ds);
        BRIDGES_FOR_EACH (br, network_bridges(c->net)) {
            if (bridge_n_packets_lost(br)) {
                ds_put_format(&ds, "bridge %s: %"PRIu64" lost for want of "
                              "room\n", bridge_name(br),
                              bridge_n_packets_lost(br));
            }
        }
    }
    return ds_steal_cstr(&ds);
}
