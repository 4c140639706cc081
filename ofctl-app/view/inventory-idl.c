/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/view/inventory-idl.h"

#include "lib/address.h"
#include "lib/sdsa-idl.h"
#include "lib/suite.h"
#include "ofctl-app/model/match.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "smap.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(inventory_idl);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

static bool
parse_mac(const char *text, struct eth_addr *mac)
{
    return eth_addr_from_string(text, mac) && !eth_addr_is_zero(*mac)
           && !eth_addr_is_multicast(*mac);
}

static void
add_bridges(struct inventory *inv, const struct ovsdb_idl *idl)
{
    const struct sdsa_bridge *row;
    SDSA_BRIDGE_FOR_EACH (row, idl) {
        const char *text = row->datapath_id;
        uint64_t dpid;
        text += !strncmp(text, "0x", 2) ? 2 : 0;
        if (!ovs_scan(text, "%"SCNx64, &dpid) || !dpid) {
            VLOG_WARN_RL(&rl, "bridge %s: \"%s\" is not a datapath id",
                         row->name, row->datapath_id);
            continue;
        }
        inventory_add_bridge(inv, row->name, dpid);
    }
}

/* Takes note of the MTU that the operator gave a port, unless it is NULL. */
static void
tell_mtu(struct inventory *inv, const struct inv_bridge *bridge,
         const char *port, const int64_t *mtu)
{
    if (mtu) {
        inventory_tell_port_mtu(inv, bridge, port, *mtu);
    }
}

static void
add_links(struct inventory *inv, const struct ovsdb_idl *idl)
{
    const struct sdsa_link *row;
    SDSA_LINK_FOR_EACH (row, idl) {
        const struct inv_bridge *a = inventory_bridge(inv,
                                                      row->bridge_a->name);
        const struct inv_bridge *b = inventory_bridge(inv,
                                                      row->bridge_b->name);
        if (a && b) {
            inventory_add_link(inv, a, row->port_a, b, row->port_b);
            for (size_t i = inv->n_links - 2; i < inv->n_links; i++) {
                struct inv_link *l = &inv->links[i];
                l->doubt = !strcmp(row->state, "avoided");
                inventory_set_reason(inv, &l->avoided,
                                     l->doubt ? row->reason : NULL);
                inventory_set_reason(inv, &l->down,
                                     (!strcmp(row->state, "down")
                                      ? row->reason : NULL));
            }
            tell_mtu(inv, a, row->port_a, row->mtu);
            tell_mtu(inv, b, row->port_b, row->mtu);
        }
    }
}

static void
add_gateways(struct inventory *inv, const struct ovsdb_idl *idl)
{
    const struct sdsa_gateway *row;
    SDSA_GATEWAY_FOR_EACH (row, idl) {
        const struct inv_bridge *br = inventory_bridge(inv, row->bridge->name);
        struct in6_addr ip;
        if (!br || !address_parse(row->cipher_ip, &ip)) {
            VLOG_WARN_RL(&rl, "gateway %s: bad bridge or cipher address "
                         "\"%s\"", row->vnf_id, row->cipher_ip);
            continue;
        }
        struct inv_gateway *gw = inventory_add_gateway(
            inv, row->vnf_id, br, row->plain_port, row->cipher_port, &ip,
            row->url);
        gw->is_draining = row->draining;
        inventory_set_reason(inv, &gw->down,
                             smap_get(&row->status, "ports_down"));
        inventory_set_reason(inv, &gw->avoided,
                             smap_get(&row->status, "avoided"));
        gw->doubt = gw->avoided != NULL;
        gw->plain_mtu = row->plain_mtu;
        gw->cipher_mtu = row->cipher_mtu;
        parse_mac(row->plain_mac, &gw->plain_mac);
        parse_mac(row->cipher_mac, &gw->cipher_mac);
    }
}

static void
add_sfs(struct inventory *inv, const struct ovsdb_idl *idl)
{
    const struct sdsa_service_function *row;
    SDSA_SERVICE_FUNCTION_FOR_EACH (row, idl) {
        const struct inv_bridge *br = inventory_bridge(inv, row->bridge->name);
        struct eth_addr mac = eth_addr_zero;
        enum sf_correlation correlation;
        if (!br || !sf_correlation_from_string(row->correlation, &correlation)
            || (row->mac && !parse_mac(row->mac, &mac))) {
            VLOG_WARN_RL(&rl, "function %s: bad bridge, correlation or MAC",
                         row->name);
            continue;
        }
        struct inv_sf *sf = inventory_add_sf(inv, row->name, br, row->in_port,
                                             row->out_port, correlation, mac);
        inventory_set_sf_group(inv, sf, row->group);
        sf->is_marked = row->down;
        inventory_set_reason(inv, &sf->down, (!strcmp(row->state, "down")
                                              ? row->reason : NULL));
        tell_mtu(inv, br, row->in_port, row->mtu);
        tell_mtu(inv, br, row->out_port, row->mtu);
    }
}

static void
add_endpoints(struct inventory *inv, const struct ovsdb_idl *idl)
{
    const struct sdsa_endpoint *row;
    SDSA_ENDPOINT_FOR_EACH (row, idl) {
        const struct inv_bridge *br = inventory_bridge(inv, row->bridge->name);
        struct eth_addr mac;
        if (!br || !parse_mac(row->mac, &mac)) {
            VLOG_WARN_RL(&rl, "endpoint %s: bad bridge or MAC \"%s\"",
                         row->name, row->mac);
            continue;
        }
        struct in6_addr *ips = xmalloc((row->n_ips + 1) * sizeof *ips);
        size_t n = 0;
        for (size_t i = 0; i < row->n_ips; i++) {
            n += address_parse(row->ips[i], &ips[n]);
        }
        inventory_add_endpoint(inv, row->name, br, row->port, mac, ips, n);
        free(ips);
        tell_mtu(inv, br, row->port, row->mtu);
    }
}

/* Reads functions in order from the map column 'column', which has 'n' pairs
 * of 'keys' and 'values', to 'sfs'.  Returns NULL or an error. */
static char *
read_sfs(const struct inventory *inv, const char *column, const int64_t *keys,
         struct sdsa_service_function *const *values, size_t n,
         const struct inv_sf **sfs)
{
    for (size_t i = 0; i < n; i++) {
        /* A map column comes sorted by its key. */
        if (keys[i] != i) {
            return xasprintf("column %s must count from 0 without gaps",
                             column);
        }
        sfs[i] = inventory_sf(inv, values[i]->name);
        if (!sfs[i]) {
            return xasprintf("function %s is not usable: see \"sdsa-ctl list "
                             "Service_Function\"", values[i]->name);
        }
    }
    return NULL;
}

static enum inv_way_back
way_back_from_string(const char *text)
{
    return (!strcmp(text, "none") ? WAY_BACK_NONE
            : !strcmp(text, "other") ? WAY_BACK_OTHER : WAY_BACK_SAME);
}

static void
insert_chain(struct inventory *inv, const struct sdsa_chain *row,
             const char *match, const struct suite *suite,
             const struct inv_sf **sfs, const struct inv_sf **reverse_sfs)
{
    enum inv_way_back way_back = way_back_from_string(row->way_back);
    struct inv_chain *chain = inventory_add_chain(inv, &(struct inv_chain) {
        .uuid = row->header_.uuid,
        .name = row->name,
        .src = inventory_endpoint(inv, row->src->name),
        .dst = inventory_endpoint(inv, row->dst->name),
        .match = match,
        .sfs = sfs,
        .n_sfs = row->n_sfs,
        .way_back = way_back,
        .reverse_sfs = reverse_sfs,
        .n_reverse_sfs = (way_back == WAY_BACK_OTHER ? row->n_reverse_sfs
                          : 0),
        .encrypt_always = !strcmp(row->encrypt, "always"),
        .protect = row->protect,
        .suite = suite,
        .lifetime_s = row->lifetime,
        .lifetime_bytes = row->lifetime_bytes,
        .lifetime_packets = row->lifetime_packets,
        .priority = row->priority,
    });
    inv_chain_set_intent(chain, row->rekeys, row->reroutes);
}

static char *
add_chain(struct inventory *inv, const struct sdsa_chain *row)
{
    const struct inv_endpoint *src = inventory_endpoint(inv, row->src->name);
    const struct inv_endpoint *dst = inventory_endpoint(inv, row->dst->name);
    if (!src || !dst) {
        return xasprintf("endpoint %s is not usable: see \"sdsa-ctl list "
                         "Endpoint\"", (!src ? row->src : row->dst)->name);
    }
    if (src == dst) {
        return xasprintf("source and destination are both %s", src->name);
    }
    const struct suite *suite = suite_by_name(row->suite);
    if (!suite) {
        return xasprintf("no suite is named \"%s\"", row->suite);
    }
    char *match;
    char *error = match_canonicalize(row->match,
                                     !strcmp(row->way_back, "none"), &match);
    if (error) {
        return error;
    }

    const struct inv_sf **sfs = xcalloc(row->n_sfs + 1, sizeof *sfs);
    const struct inv_sf **reverse_sfs = xcalloc(row->n_reverse_sfs + 1,
                                                sizeof *reverse_sfs);
    error = read_sfs(inv, "sfs", row->key_sfs, row->value_sfs, row->n_sfs,
                     sfs);
    if (!error) {
        error = read_sfs(inv, "reverse_sfs", row->key_reverse_sfs,
                         row->value_reverse_sfs, row->n_reverse_sfs,
                         reverse_sfs);
    }
    if (!error) {
        insert_chain(inv, row, match, suite, sfs, reverse_sfs);
    }
    free(sfs);
    free(reverse_sfs);
    free(match);
    return error;
}

void
inventory_from_idl(struct inventory *inv, const struct ovsdb_idl *idl,
                   struct shash *bad_chains)
{
    add_bridges(inv, idl);
    add_links(inv, idl);
    add_gateways(inv, idl);
    add_sfs(inv, idl);
    add_endpoints(inv, idl);

    const struct sdsa_chain *row;
    SDSA_CHAIN_FOR_EACH (row, idl) {
        char *error = add_chain(inv, row);
        if (error) {
            shash_add(bad_chains, row->name, error);
        }
    }
}
