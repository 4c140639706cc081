/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/network/status.h"

#include "lib/sdsa-idl.h"
#include "ofctl-app/flows/steering.h"
#include "ofctl-app/model/path-check.h"
#include "ofctl-app/model/path-mtu.h"
#include "ofctl-app/network/network.h"
#include "ofctl-app/network/resync.h"
#include "ofctl-app/southbound/vswitches.h"
#include "ofctl-app/view/totals.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "smap.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(status);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

/* Adds those of the texts that are not NULL as what is doubtful. */
static void
add_doubts(struct smap *status, const char *const texts[], size_t n)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    for (size_t i = 0; i < n; i++) {
        if (texts[i]) {
            ds_put_format(&s, "%s%s", s.length ? "; " : "", texts[i]);
        }
    }
    if (s.length) {
        smap_add(status, "doubt", ds_cstr(&s));
    }
    ds_destroy(&s);
}

/* Adds what is not as it should be with the bridge of 'row', as its session
 * ('br', or NULL) and the database of its switch tell; logs what the latter
 * tells if it is news. */
static void
add_doubt(const struct sdsa_bridge *row, const struct bridge *br,
          const struct vswitches *vs, struct smap *status)
{
    const char *met = br ? bridge_doubt(br) : NULL;
    char *cert = br ? bridge_cert_doubt(br) : NULL;
    char *told = vswitches_doubt(vs, row);
    if (told && !strstr(smap_get_def(&row->status, "doubt", ""), told)) {
        VLOG_WARN_RL(&rl, "bridge %s: %s", row->name, told);
    }
    const char *const doubts[] = { met, cert, told };
    add_doubts(status, doubts, ARRAY_SIZE(doubts));
    free(cert);
    free(told);
}

static void
write_bridges(const struct ovsdb_idl *idl, const struct network *net,
              const struct vswitches *vs)
{
    const struct sdsa_bridge *row;
    SDSA_BRIDGE_FOR_EACH (row, idl) {
        const struct bridge *br = network_bridge(net, row->name);
        struct smap status = SMAP_INITIALIZER(&status);
        bool up = br && bridge_is_up(br);
        smap_add(&status, "connected", up ? "true" : "false");
        if (br) {
            smap_add_format(&status, "flows", "%"PRIuSIZE,
                            bridge_n_flows(br));
            const char *peer = bridge_peer(br);
            if (peer) {
                smap_add(&status, "certificate",
                         peer[0] ? peer : "none: without TLS");
            }
            if (bridge_n_refused(br)) {
                smap_add_format(&status, "refused", "%llu",
                                bridge_n_refused(br));
            }
            const char *first = bridge_first_certificate(br);
            if (first[0] && !row->certificate[0]) {
                sdsa_bridge_set_certificate(row, first);
            }
            if (!up) {
                smap_add_nocopy(&status, xstrdup("reason"),
                                bridges_reason(network_bridges(net), br));
            }
            if (up) {
                smap_add_format(
                    &status, "guard_drops", "%"PRIu64,
                    bridge_cookie_packets(br,
                                          steering_cookie(STEERING_GUARD, 0)));
            }
        } else {
            smap_add(&status, "reason",
                     inventory_bad(network_inventory(net), "bridge",
                                   row->name));
        }
        if (vswitches_n_refused(vs, row)) {
            smap_add_format(&status, "refused_declarations", "%u",
                            vswitches_n_refused(vs, row));
        }
        add_doubt(row, br, vs, &status);
        if (!smap_equal(&status, &row->status)) {
            sdsa_bridge_set_status(row, &status);
        }
        smap_destroy(&status);
    }
}

static void
write_port(const struct sdsa_gateway *row, const struct agent_port *port,
           const char *old_mac, int64_t old_mtu,
           void (*set_mac)(const struct sdsa_gateway *, const char *),
           void (*set_mtu)(const struct sdsa_gateway *, int64_t))
{
    char mac[ETH_ADDR_STRLEN + 1];
    snprintf(mac, sizeof mac, ETH_ADDR_FMT, ETH_ADDR_ARGS(port->mac));
    if (!eth_addr_is_zero(port->mac) && strcmp(mac, old_mac)) {
        set_mac(row, mac);
    }
    if (port->mtu && port->mtu != old_mtu) {
        set_mtu(row, port->mtu);
    }
}

static void
write_gateways(const struct ovsdb_idl *idl, const struct network *net,
               const struct resync *resync)
{
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(idl);
    uint64_t epoch = global ? global->epoch : 0;
    const struct sdsa_gateway *row;
    SDSA_GATEWAY_FOR_EACH (row, idl) {
        const struct agent *agent = network_agent(net, row->vnf_id);
        struct smap status = SMAP_INITIALIZER(&status);
        const struct inv_gateway *gw
            = inventory_gateway(network_inventory(net), row->vnf_id);
        const char *down = gw ? gw->down : NULL;
        bool up = agent && agent_is_up(agent) && !down
                  && resync_is_done(resync, net, row->vnf_id);
        smap_add(&status, "state", up ? "up" : "down");
        if (down) {
            smap_add(&status, "ports_down", down);
        }
        if (gw && gw->avoided) {
            smap_add(&status, "avoided", gw->avoided);
        }
        char *cert = agent ? agent_cert_doubt(agent) : NULL;
        const char *const doubts[] = { agent ? agent_doubt(agent) : NULL,
                                       cert };
        add_doubts(&status, doubts, ARRAY_SIZE(doubts));
        free(cert);
        if (agent) {
            const struct agent_state *state = agent_get_state(agent);
            uint64_t other;
            if (!up && agent_is_overtaken(agent, epoch, &other)) {
                smap_add_format(&status, "reason", "a controller of epoch "
                                "%"PRIu64" has written there last; ours is "
                                "%"PRIu64, other, epoch);
            } else if (!up) {
                smap_add(&status, "reason",
                         (!state->up ? state->reason
                          : down ? down
                          : "being brought in line with the database"));
            }
            if (state->boot_id[0]) {
                smap_add(&status, "boot_id", state->boot_id);
                smap_add(&status, "backend", state->backend);
                smap_add_format(&status, "drops", "%"PRIu64,
                                agent_drops(agent, NULL));
            }
            write_port(row, &state->plain, row->plain_mac,
                       row->plain_mtu, sdsa_gateway_set_plain_mac,
                       sdsa_gateway_set_plain_mtu);
            write_port(row, &state->cipher, row->cipher_mac,
                       row->cipher_mtu, sdsa_gateway_set_cipher_mac,
                       sdsa_gateway_set_cipher_mtu);
        } else {
            smap_add(&status, "reason",
                     (gw && gw->is_quarantined ? "is in quarantine"
                      : inventory_bad(network_inventory(net), "gateway",
                                      row->vnf_id)));
        }
        if (!smap_equal(&status, &row->status)) {
            sdsa_gateway_set_status(row, &status);
        }
        smap_destroy(&status);
    }
}

/* Statistics columns are maps from name to integer, sorted by name. */
struct stat_item {
    const char *name;
    int64_t value;
};

/* True if the 'n' items are not equal to the 'n_old' ones of the database. */
static bool
stats_differ(const struct stat_item *items, size_t n, char *const *keys,
             const int64_t *values, size_t n_old)
{
    if (n != n_old) {
        return true;
    }
    for (size_t i = 0; i < n; i++) {
        if (strcmp(items[i].name, keys[i]) || items[i].value != values[i]) {
            return true;
        }
    }
    return false;
}

#define MAX_STATS 7             /* Counters of an SA. */

/* Sets the map COLUMN of ROW to the N ITEMS, MAX_STATS at most, if it is not
 * equal to them. */
#define SET_STATS(ROW, COLUMN, ITEMS, N, SETTER)                            \
    do {                                                                    \
        if (stats_differ(ITEMS, N, (ROW)->key_##COLUMN,                     \
                         (ROW)->value_##COLUMN, (ROW)->n_##COLUMN)) {       \
            const char *keys__[MAX_STATS];                                  \
            int64_t values__[MAX_STATS];                                    \
            for (size_t i__ = 0; i__ < (N); i__++) {                        \
                keys__[i__] = (ITEMS)[i__].name;                            \
                values__[i__] = (ITEMS)[i__].value;                         \
            }                                                               \
            SETTER(ROW, keys__, values__, N);                               \
        }                                                                   \
    } while (0)

static bool
knows_packets(const struct agent_sa_stats *stats)
{
    return stats && stats->packets != AGENT_PACKETS_UNKNOWN;
}

/* Adds a counter to the 'n' items: 'value' if it was 'told', or else that of
 * the row, where there is one.  Returns how many there are then. */
static size_t
add_counter(struct stat_item items[], size_t n, const struct sdsa_sa *sa,
            const char *name, bool told, int64_t value)
{
    if (told || sa_has_counter(sa, name, &value)) {
        items[n++] = (struct stat_item) { name, value };
    }
    return n;
}

void
status_write_sa(const struct sdsa_sa *sa, const struct agent_sa_stats *out,
                const struct agent_sa_stats *in, uint64_t lost)
{
    struct stat_item items[MAX_STATS];
    size_t n = 0;
    n = add_counter(items, n, sa, "failed", in, in ? in->failed : 0);
    n = add_counter(items, n, sa, "lost_packets", knows_packets(in), lost);
    n = add_counter(items, n, sa, "received_bytes", in, in ? in->bytes : 0);
    n = add_counter(items, n, sa, "received_packets", knows_packets(in),
                    in ? in->packets : 0);
    n = add_counter(items, n, sa, "replayed", in, in ? in->replayed : 0);
    n = add_counter(items, n, sa, "sent_bytes", out, out ? out->bytes : 0);
    n = add_counter(items, n, sa, "sent_packets", knows_packets(out),
                    out ? out->packets : 0);
    if (in || out) {
        SET_STATS(sa, statistics, items, n, sdsa_sa_set_statistics);
    }
}

void
status_write_probes(const struct sdsa_sa *sa, const struct path_hop *hop)
{
    const struct stat_item items[] = {
        { "bytes", hop->probe_bytes },
        { "packets", hop->n_probes },
    };
    SET_STATS(sa, probes, items, ARRAY_SIZE(items), sdsa_sa_set_probes);
}

/* Writes the counters of the SA of a hop, of one end if only that tells any.
 * 'keep': on disk as well. */
static void
write_hop_statistics(const struct sdsa_sa *sa, const struct path_hop *hop,
                     const struct network *net, bool keep)
{
    const struct agent *sender = network_agent(net, hop->sender);
    const struct agent *receiver = network_agent(net, hop->receiver);
    struct agent_sa_stats out, in;
    bool has_out = sender && agent_get_sa(sender, sa->spi, &out);
    bool has_in = receiver && agent_get_sa(receiver, sa->spi, &in);
    status_write_sa(sa, has_out ? &out : NULL, has_in ? &in : NULL,
                    has_in ? agent_sa_lost(&in) : 0);
    status_write_probes(sa, hop);
    if (keep && sa->n_statistics) {
        /* The IDL writes only what differs. */
        sdsa_sa_set_kept_statistics(sa, (const char **) sa->key_statistics,
                                    sa->value_statistics, sa->n_statistics);
    }
}

static void
write_statistics(const struct ovsdb_idl *idl, const struct network *net,
                 bool keep)
{
    const struct sdsa_path *row;
    SDSA_PATH_FOR_EACH (row, idl) {
        const struct inv_endpoint *src
            = inventory_endpoint(network_inventory(net), row->src);
        const struct bridge *br
            = src ? network_bridge(net, src->bridge->name) : NULL;
        const struct live_path *live
            = live_paths_find(network_live_paths(net), row->nsh_spi);
        if (br) {
            const struct stat_item items[] = {
                { "classified_packets",
                  bridge_cookie_packets(br, steering_cookie(
                      STEERING_CLASSIFIER, row->nsh_spi)) },
                { "too_big_packets", live ? live->too_big : 0 },
            };
            SET_STATS(row, statistics, items, ARRAY_SIZE(items),
                      sdsa_path_set_statistics);
        }
        for (size_t i = 0; live && i < row->n_hops; i++) {
            const struct sdsa_hop *hop = row->hops[i];
            write_hop_statistics(hop->sas[0],
                                 live->path->hops[path_stage(hop->si)], net,
                                 keep);
        }
    }
}

/* Returns why the path carries no traffic, as far as flows, links and counters
 * explain it (caller frees), or NULL. */
static char *
path_reason(const struct network *net, const struct live_path *live)
{
    if (smap_is_empty(&live->errors)) {
        char *reason = path_check_links(live->path, network_inventory(net));
        return reason ? reason : nullable_xstrdup(live->silent);
    }
    const struct smap_node **sorted = smap_sort(&live->errors);
    char *reason = xstrdup(sorted[0]->value);
    free(sorted);
    return reason;
}

static void
write_links(const struct ovsdb_idl *idl, const struct network *net)
{
    const struct inventory *inv = network_inventory(net);
    const struct sdsa_link *row;
    SDSA_LINK_FOR_EACH (row, idl) {
        char *name = inventory_link_name(row->bridge_a->name, row->port_a,
                                         row->bridge_b->name, row->port_b);
        const char *reason = inventory_bad(inv, "link", name);
        const char *state = reason[0] ? "down" : "up";
        for (size_t i = 0; i < inv->n_links && !reason[0]; i++) {
            const struct inv_link *l = &inv->links[i];
            if (!strcmp(l->from->name, row->bridge_a->name)
                && !strcmp(l->out_port, row->port_a)) {
                state = l->down ? "down" : l->avoided ? "avoided" : "up";
                reason = l->down ? l->down : l->avoided ? l->avoided : "";
            }
        }
        free(name);
        if (strcmp(state, row->state)) {
            sdsa_link_set_state(row, state);
        }
        if (strcmp(reason, row->reason)) {
            sdsa_link_set_reason(row, reason);
        }
    }
}

static void
write_sfs(const struct ovsdb_idl *idl, const struct network *net)
{
    const struct sdsa_service_function *row;
    SDSA_SERVICE_FUNCTION_FOR_EACH (row, idl) {
        const struct inv_sf *sf = inventory_sf(network_inventory(net),
                                               row->name);
        const char *state = !sf ? "" : sf->down ? "down" : "up";
        const char *reason = sf && sf->down ? sf->down : "";
        if (strcmp(state, row->state)) {
            sdsa_service_function_set_state(row, state);
        }
        if (strcmp(reason, row->reason)) {
            sdsa_service_function_set_reason(row, reason);
        }
    }
}

/* Writes why paths carry no traffic (missing flows, links down) and each
 * path's MTU. */
static void
write_paths(const struct ovsdb_idl *idl, const struct network *net)
{
    const struct sdsa_path *row;
    SDSA_PATH_FOR_EACH (row, idl) {
        const struct live_path *live
            = live_paths_find(network_live_paths(net), row->nsh_spi);
        char *reason = live ? path_reason(net, live) : NULL;
        if (strcmp(reason ? reason : "", row->reason)) {
            sdsa_path_set_reason(row, reason ? reason : "");
        }
        free(reason);
        int mtu = live ? path_mtu(network_inventory(net), live->path) : 0;
        if (mtu != row->mtu) {
            sdsa_path_set_mtu(row, mtu);
        }
    }
}

void
status_write(const struct ovsdb_idl *idl, const struct network *net,
             const struct vswitches *vs, const struct resync *resync,
             bool statistics, bool keep)
{
    write_bridges(idl, net, vs);
    write_gateways(idl, net, resync);
    write_links(idl, net);
    write_sfs(idl, net);
    write_paths(idl, net);
    if (statistics) {
        write_statistics(idl, net, keep);
    }
}
