/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/network/flow-audit.h"

#include <inttypes.h>

#include "ofctl-app/flows/steering.h"
#include "ofctl-app/network/network.h"
#include "openvswitch/dynamic-string.h"
#include "sset.h"
#include "timeval.h"
#include "util.h"

void
flow_audit_ask(struct network *net)
{
    BRIDGES_FOR_EACH (br, network_bridges(net)) {
        bridge_count_again(br);
    }
    AGENTS_FOR_EACH (a, network_agents(net)) {
        agent_poll_sas(a);
    }
}

bool
flow_audit_is_known(const struct network *net, long long int since_ms)
{
    if (time_msec() > since_ms + FLOW_AUDIT_TIMEOUT_MS) {
        return true;
    }
    BRIDGES_FOR_EACH (br, network_bridges(net)) {
        if (bridge_is_up(br) && bridge_counted_ms(br) < since_ms) {
            return false;
        }
    }
    AGENTS_FOR_EACH (a, network_agents(net)) {
        if (agent_is_up(a) && agent_polled_sas_ms(a) < since_ms) {
            return false;
        }
    }
    return true;
}

/* Appends the line of bridge 'name' of 'path'. */
static void
format_bridge(const struct network *net, const struct path *path,
              const char *name, long long int since_ms, struct ds *out)
{
    static const enum steering_role roles[] = {
        STEERING_TRANSPORT, STEERING_CLASSIFIER, STEERING_COMPANION,
    };
    const struct bridge *br = network_bridge(net, name);
    ds_put_format(out, "%"PRIu32" bridge %s: ", path->nsh_spi, name);
    if (!br || !bridge_is_up(br)) {
        ds_put_format(out, "unknown %s\n",
                      br ? bridge_reason(br) : "it is not declared any more");
        return;
    } else if (bridge_counted_ms(br) < since_ms) {
        ds_put_cstr(out, "unknown it does not say what flows it has\n");
        return;
    }
    size_t n = 0, n_shown = 0;
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        size_t n_shown_here;
        n += bridge_cookie_flows(br, steering_cookie(roles[i], path->nsh_spi),
                                 &n_shown_here);
        n_shown += n_shown_here;
    }
    ds_put_format(out, n_shown == n ? "ok %"PRIuSIZE" flows"
                  : "missing %"PRIuSIZE" of its %"PRIuSIZE" flows",
                  n_shown == n ? n : n - n_shown, n);
    uint64_t classifier = steering_cookie(STEERING_CLASSIFIER, path->nsh_spi);
    if (bridge_cookie_flows(br, classifier, &n)) {
        ds_put_format(out, ", %"PRIu64" packets taken",
                      bridge_cookie_packets(br, classifier));
    }
    ds_put_char(out, '\n');
}

/* Returns the number of packets as text (caller frees). */
static char *
format_packets(const struct agent_sa_stats *sa)
{
    return (sa->packets == AGENT_PACKETS_UNKNOWN
            ? xasprintf("over %"PRIu32, UINT32_MAX - 1)
            : xasprintf("%"PRIu64, sa->packets));
}

/* Appends the line of one end of 'hop'. */
static void
format_sa(const struct network *net, const struct path *path,
          const struct path_hop *hop, bool sender, long long int since_ms,
          struct ds *out)
{
    const char *vnf_id = sender ? hop->sender : hop->receiver;
    const struct agent *agent = network_agent(net, vnf_id);
    struct agent_sa_stats sa;
    ds_put_format(out, "%"PRIu32" %s %s 0x%08"PRIx32": ", path->nsh_spi,
                  sender ? "sender" : "receiver", vnf_id, hop->esp_spi);
    if (!agent || !agent_is_up(agent)) {
        ds_put_format(out, "unknown %s\n",
                      (agent ? agent_get_state(agent)->reason
                       : "it is not declared any more"));
    } else if (agent_polled_sas_ms(agent) < since_ms) {
        ds_put_cstr(out, "unknown it does not say what SAs it has\n");
    } else if (!agent_has_sa(agent, hop->esp_spi)) {
        ds_put_cstr(out, "missing its SA\n");
    } else if (!agent_get_sa(agent, hop->esp_spi, &sa)) {
        ds_put_cstr(out, "unknown its data plane tells no counters\n");
    } else {
        char *packets = format_packets(&sa);
        ds_put_format(out, "ok %s packets %s", packets,
                      sender ? "sent" : "received");
        if (!sender) {
            ds_put_format(out, ", %"PRIu64" lost", agent_sa_lost(&sa));
        }
        ds_put_char(out, '\n');
        free(packets);
    }
}

char *
flow_audit_format(const struct network *net, long long int since_ms)
{
    struct ds out = DS_EMPTY_INITIALIZER;
    LIVE_PATHS_FOR_EACH (live, network_live_paths(net)) {
        const struct path *path = live->path;
        if (path->state != PATH_ACTIVE) {
            continue;
        }
        struct sset bridges = SSET_INITIALIZER(&bridges);
        path_bridges(path, network_inventory(net), &bridges);
        const char **names = sset_sort(&bridges);
        for (size_t i = 0; i < sset_count(&bridges); i++) {
            format_bridge(net, path, names[i], since_ms, &out);
        }
        free(names);
        sset_destroy(&bridges);
        PATH_FOR_EACH_HOP (hop, path) {
            format_sa(net, path, hop, true, since_ms, &out);
            format_sa(net, path, hop, false, since_ms, &out);
        }
    }
    return ds_steal_cstr(&out);
}

char *
flow_audit_format_sas(const struct network *net)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    LIVE_PATHS_FOR_EACH (live, network_live_paths(net)) {
        const struct path *path = live->path;
        PATH_FOR_EACH_HOP (hop, path) {
            const struct agent *receiver = network_agent(net, hop->receiver);
            struct agent_sa_stats in;
            if (receiver && agent_get_sa(receiver, hop->esp_spi, &in)) {
                char *packets = format_packets(&in);
                ds_put_format(&ds, "%s %s SI %d SPI 0x%08"PRIx32" %s => %s: "
                              "received %s, lost %"PRIu64"\n",
                              path->chain,
                              path->reverse ? "reverse" : "forward", hop->si,
                              hop->esp_spi, hop->sender, hop->receiver,
                              packets, agent_sa_lost(&in));
                free(packets);
            }
        }
    }
    return ds_steal_cstr(&ds);
}
