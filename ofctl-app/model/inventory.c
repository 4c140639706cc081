/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/model/inventory.h"

#include <openssl/sha.h>

#include "lib/name.h"
#include "lib/suite.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "sset.h"
#include "util.h"

static const char *const correlations[] = {
    [SF_NONE] = "none",
    [SF_VLAN] = "vlan",
    [SF_MAC] = "mac",
    [SF_NSH] = "nsh",
};

void
inventory_init(struct inventory *inv)
{
    shash_init(&inv->bridges);
    shash_init(&inv->gateways);
    shash_init(&inv->sfs);
    shash_init(&inv->endpoints);
    shash_init(&inv->chains);
    inv->links = NULL;
    inv->n_links = 0;
    simap_init(&inv->port_mtus);
    smap_init(&inv->port_faults);
}

static void
destroy_gateways(struct shash *gateways)
{
    struct shash_node *node;
    SHASH_FOR_EACH (node, gateways) {
        struct inv_gateway *gw = node->data;
        free(gw->vnf_id);
        free(gw->plain_port);
        free(gw->cipher_port);
        free(gw->url);
        free(gw->down);
    }
    shash_destroy_free_data(gateways);
}

static void
destroy_sfs(struct shash *sfs)
{
    struct shash_node *node;
    SHASH_FOR_EACH (node, sfs) {
        struct inv_sf *sf = node->data;
        free(sf->name);
        free(sf->in_port);
        free(sf->out_port);
        free(sf->group);
        free(sf->down);
    }
    shash_destroy_free_data(sfs);
}

static void
destroy_endpoints(struct shash *endpoints)
{
    struct shash_node *node;
    SHASH_FOR_EACH (node, endpoints) {
        struct inv_endpoint *endpoint = node->data;
        free(endpoint->name);
        free(endpoint->port);
        free(endpoint->ips);
    }
    shash_destroy_free_data(endpoints);
}

static void
destroy_chains(struct shash *chains)
{
    struct shash_node *node;
    SHASH_FOR_EACH (node, chains) {
        struct inv_chain *chain = node->data;
        free(chain->name);
        free(chain->match);
        free(chain->sfs);
        free(chain->reverse_sfs);
        free(chain->intent);
    }
    shash_destroy_free_data(chains);
}

void
inventory_destroy(struct inventory *inv)
{
    destroy_chains(&inv->chains);
    destroy_endpoints(&inv->endpoints);
    destroy_sfs(&inv->sfs);
    destroy_gateways(&inv->gateways);

    struct shash_node *node;
    SHASH_FOR_EACH (node, &inv->bridges) {
        struct inv_bridge *bridge = node->data;
        free(bridge->name);
    }
    shash_destroy_free_data(&inv->bridges);

    for (size_t i = 0; i < inv->n_links; i++) {
        free(inv->links[i].out_port);
        free(inv->links[i].in_port);
        free(inv->links[i].down);
    }
    free(inv->links);
    simap_destroy(&inv->port_mtus);
    smap_destroy(&inv->port_faults);
}

void
inventory_move(struct inventory *dst, struct inventory *src)
{
    inventory_destroy(dst);
    *dst = *src;
    shash_moved(&dst->bridges);
    shash_moved(&dst->gateways);
    shash_moved(&dst->sfs);
    shash_moved(&dst->endpoints);
    shash_moved(&dst->chains);
    simap_moved(&dst->port_mtus);
    hmap_moved(&dst->port_faults.map);
    inventory_init(src);
}

/* Adding. */

struct inv_bridge *
inventory_add_bridge(struct inventory *inv, const char *name,
                     uint64_t datapath_id)
{
    struct inv_bridge *bridge = xzalloc(sizeof *bridge);
    bridge->name = xstrdup(name);
    bridge->datapath_id = datapath_id;
    shash_add_once(&inv->bridges, name, bridge);
    return bridge;
}

static void
add_direction(struct inventory *inv,
              const struct inv_bridge *from, const char *out_port,
              const struct inv_bridge *to, const char *in_port)
{
    inv->links = xrealloc(inv->links, (inv->n_links + 1) * sizeof *inv->links);
    inv->links[inv->n_links++] = (struct inv_link) {
        .from = from,
        .to = to,
        .out_port = xstrdup(out_port),
        .in_port = xstrdup(in_port),
    };
}

void
inventory_add_link(struct inventory *inv,
                   const struct inv_bridge *a, const char *port_a,
                   const struct inv_bridge *b, const char *port_b)
{
    add_direction(inv, a, port_a, b, port_b);
    add_direction(inv, b, port_b, a, port_a);
}

struct inv_gateway *
inventory_add_gateway(struct inventory *inv, const char *vnf_id,
                      const struct inv_bridge *bridge, const char *plain_port,
                      const char *cipher_port,
                      const struct in6_addr *cipher_ip, const char *url)
{
    struct inv_gateway *gw = xzalloc(sizeof *gw);
    gw->vnf_id = xstrdup(vnf_id);
    gw->bridge = bridge;
    gw->plain_port = xstrdup(plain_port);
    gw->cipher_port = xstrdup(cipher_port);
    gw->cipher_ip = *cipher_ip;
    gw->url = xstrdup(url);
    shash_add_once(&inv->gateways, vnf_id, gw);
    return gw;
}

struct inv_sf *
inventory_add_sf(struct inventory *inv, const char *name,
                 const struct inv_bridge *bridge, const char *in_port,
                 const char *out_port, enum sf_correlation correlation,
                 struct eth_addr mac)
{
    struct inv_sf *sf = xmalloc(sizeof *sf);
    *sf = (struct inv_sf) {
        .name = xstrdup(name),
        .bridge = bridge,
        .in_port = xstrdup(in_port),
        .out_port = xstrdup(out_port),
        .correlation = correlation,
        .mac = mac,
        .group = xstrdup(""),
    };
    shash_add_once(&inv->sfs, name, sf);
    return sf;
}

void
inventory_set_sf_group(struct inv_sf *sf, const char *group)
{
    free(sf->group);
    sf->group = xstrdup(group);
}

struct inv_endpoint *
inventory_add_endpoint(struct inventory *inv, const char *name,
                       const struct inv_bridge *bridge, const char *port,
                       struct eth_addr mac, const struct in6_addr *ips,
                       size_t n_ips)
{
    struct inv_endpoint *endpoint = xmalloc(sizeof *endpoint);
    *endpoint = (struct inv_endpoint) {
        .name = xstrdup(name),
        .bridge = bridge,
        .port = xstrdup(port),
        .mac = mac,
        .ips = n_ips ? xmemdup(ips, n_ips * sizeof *ips) : NULL,
        .n_ips = n_ips,
    };
    shash_add_once(&inv->endpoints, name, endpoint);
    return endpoint;
}

static const struct inv_sf **
copy_sfs(const struct inv_sf *const *sfs, size_t n)
{
    return n ? xmemdup(sfs, n * sizeof *sfs) : NULL;
}

struct inv_chain *
inventory_add_chain(struct inventory *inv, const struct inv_chain *spec)
{
    struct inv_chain *chain = xmemdup(spec, sizeof *spec);
    chain->name = xstrdup(spec->name);
    chain->match = xstrdup(spec->match);
    chain->sfs = copy_sfs(spec->sfs, spec->n_sfs);
    chain->reverse_sfs = copy_sfs(spec->reverse_sfs, spec->n_reverse_sfs);
    chain->intent = xstrdup(spec->intent ? spec->intent : "");
    shash_add_once(&inv->chains, chain->name, chain);
    return chain;
}

static char *
port_key(const struct inv_bridge *bridge, const char *port)
{
    return xasprintf("%s %s", bridge->name, port);
}

void
inventory_tell_port_mtu(struct inventory *inv, const struct inv_bridge *bridge,
                        const char *port, int mtu)
{
    char *key = port_key(bridge, port);
    unsigned int old = simap_get(&inv->port_mtus, key);
    if (mtu > 0 && (!old || mtu < old)) {
        simap_put(&inv->port_mtus, key, mtu);
    }
    free(key);
}

void
inventory_tell_port_fault(struct inventory *inv,
                          const struct inv_bridge *bridge, const char *port,
                          const char *reason)
{
    char *key = port_key(bridge, port);
    smap_replace(&inv->port_faults, key, reason);
    free(key);
}

void
inventory_set_down(char **downp, const char *down)
{
    if (!nullable_string_is_equal(*downp, down)) {
        free(*downp);
        *downp = nullable_xstrdup(down);
    }
}

/* Finding. */

char *
inventory_format_down(const char *what, const char *name, const char *down)
{
    return xasprintf("%s %s is down%s%s", what, name, down[0] ? ": " : "",
                     down);
}

const char *
inventory_port_fault(const struct inventory *inv,
                     const struct inv_bridge *bridge, const char *port)
{
    if (smap_is_empty(&inv->port_faults)) {
        return NULL;
    }
    char *key = port_key(bridge, port);
    const char *reason = smap_get(&inv->port_faults, key);
    free(key);
    return reason;
}

int
inventory_port_mtu(const struct inventory *inv,
                   const struct inv_bridge *bridge, const char *port)
{
    char *key = port_key(bridge, port);
    unsigned int mtu = simap_get(&inv->port_mtus, key);
    free(key);
    return mtu ? mtu : INVENTORY_DEFAULT_MTU;
}

static void
note_cut_name(const struct inv_bridge *bridge, const char *port,
              struct sset *bridges)
{
    if (!name_is_shown_whole(port)) {
        sset_add(bridges, bridge->name);
    }
}

void
inventory_cut_names(const struct inventory *inv, struct sset *bridges)
{
    const struct shash_node *node;
    for (size_t i = 0; i < inv->n_links; i++) {
        note_cut_name(inv->links[i].from, inv->links[i].out_port, bridges);
    }
    SHASH_FOR_EACH (node, &inv->gateways) {
        const struct inv_gateway *gw = node->data;
        note_cut_name(gw->bridge, gw->plain_port, bridges);
        note_cut_name(gw->bridge, gw->cipher_port, bridges);
    }
    SHASH_FOR_EACH (node, &inv->sfs) {
        const struct inv_sf *sf = node->data;
        note_cut_name(sf->bridge, sf->in_port, bridges);
        note_cut_name(sf->bridge, sf->out_port, bridges);
    }
    SHASH_FOR_EACH (node, &inv->endpoints) {
        const struct inv_endpoint *endpoint = node->data;
        note_cut_name(endpoint->bridge, endpoint->port, bridges);
    }
}

const struct inv_bridge *
inventory_bridge(const struct inventory *inv, const char *name)
{
    return shash_find_data(&inv->bridges, name);
}

const struct inv_gateway *
inventory_gateway(const struct inventory *inv, const char *vnf_id)
{
    return shash_find_data(&inv->gateways, vnf_id);
}

const struct inv_sf *
inventory_sf(const struct inventory *inv, const char *name)
{
    return shash_find_data(&inv->sfs, name);
}

const struct inv_endpoint *
inventory_endpoint(const struct inventory *inv, const char *name)
{
    return shash_find_data(&inv->endpoints, name);
}

const struct inv_chain *
inventory_chain(const struct inventory *inv, const char *name)
{
    return shash_find_data(&inv->chains, name);
}

static bool
has_sf(const struct inv_sf *const *sfs, size_t n, const struct inv_sf *sf)
{
    for (size_t i = 0; i < n; i++) {
        if (sfs[i] == sf) {
            return true;
        }
    }
    return false;
}

bool
inv_chain_names_sf(const struct inv_chain *chain, const struct inv_sf *sf)
{
    return (has_sf(chain->sfs, chain->n_sfs, sf)
            || has_sf(chain->reverse_sfs, chain->n_reverse_sfs, sf));
}

/* Digests: one function for each kind of object, so that a member is in all of
 * them or in none. */

static void
put_mac(struct ds *ds, struct eth_addr mac)
{
    ds_put_format(ds, ETH_ADDR_FMT, ETH_ADDR_ARGS(mac));
}

static void
put_endpoint(struct ds *ds, const struct inv_endpoint *e)
{
    ds_put_format(ds, "%s %s %s ", e->name, e->bridge->name, e->port);
    put_mac(ds, e->mac);
    for (size_t i = 0; i < e->n_ips; i++) {
        ds_put_char(ds, ' ');
        ipv6_format_mapped(&e->ips[i], ds);
    }
    ds_put_char(ds, '\n');
}

static void
put_sf(struct ds *ds, const struct inv_sf *sf)
{
    ds_put_format(ds, "%s %s %s %s %s ", sf->name, sf->bridge->name,
                  sf->in_port, sf->out_port,
                  sf_correlation_to_string(sf->correlation));
    put_mac(ds, sf->mac);
    ds_put_char(ds, '\n');
}

static void
put_gateway(struct ds *ds, const struct inv_gateway *gw)
{
    ds_put_format(ds, "%s %s %s %s %s %d %d ", gw->vnf_id, gw->bridge->name,
                  gw->plain_port, gw->cipher_port, gw->url, gw->plain_mtu,
                  gw->cipher_mtu);
    put_mac(ds, gw->plain_mac);
    ds_put_char(ds, ' ');
    put_mac(ds, gw->cipher_mac);
    ds_put_char(ds, ' ');
    ipv6_format_mapped(&gw->cipher_ip, ds);
    ds_put_char(ds, '\n');
}

char *
inventory_digest(const struct inventory *inv)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &inv->bridges) {
        const struct inv_bridge *b = node->data;
        ds_put_format(&ds, "b %s %"PRIx64"\n", b->name, b->datapath_id);
    }
    for (size_t i = 0; i < inv->n_links; i++) {
        const struct inv_link *l = &inv->links[i];
        ds_put_format(&ds, "l %s %s %s %s\n", l->from->name, l->out_port,
                      l->to->name, l->in_port);
    }
    SHASH_FOR_EACH (node, &inv->gateways) {
        ds_put_cstr(&ds, "g ");
        put_gateway(&ds, node->data);
    }
    SHASH_FOR_EACH (node, &inv->sfs) {
        ds_put_cstr(&ds, "s ");
        put_sf(&ds, node->data);
    }
    SHASH_FOR_EACH (node, &inv->endpoints) {
        ds_put_cstr(&ds, "e ");
        put_endpoint(&ds, node->data);
    }
    const struct simap_node *mtu;
    SIMAP_FOR_EACH (mtu, &inv->port_mtus) {
        ds_put_format(&ds, "m %s %u\n", mtu->name, mtu->data);
    }
    return ds_steal_cstr(&ds);
}

static void
put_sfs(struct ds *ds, const struct inv_sf *const *sfs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        put_sf(ds, sfs[i]);
    }
}

void
inv_chain_set_intent(struct inv_chain *chain, int64_t rekeys,
                     int64_t reroutes)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    ds_put_format(&ds, "%s %d %s %"PRIu32" %d %d\n", chain->match,
                  chain->way_back, chain->suite->name, chain->lifetime_s,
                  chain->priority, chain->encrypt_always);
    put_endpoint(&ds, chain->src);
    put_endpoint(&ds, chain->dst);
    put_sfs(&ds, chain->sfs, chain->n_sfs);
    put_sfs(&ds, chain->reverse_sfs, chain->n_reverse_sfs);
    if (chain->lifetime_bytes || chain->lifetime_packets) {
        ds_put_format(&ds, "%"PRIu64" %"PRIu32"\n", chain->lifetime_bytes,
                      chain->lifetime_packets);
    }
    if (reroutes) {
        ds_put_format(&ds, "%"PRId64"\n", reroutes);
    }

    uint8_t hash[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *) ds_cstr(&ds), ds.length, hash);
    ds_clear(&ds);
    ds_put_hex(&ds, hash, 16);
    ds_put_format(&ds, "-%"PRId64, rekeys);
    free(chain->intent);
    chain->intent = ds_steal_cstr(&ds);
}

bool
inventory_is_rekey(const char *old_intent, const char *new_intent)
{
    size_t n = strcspn(old_intent, "-");
    return (n && n == strcspn(new_intent, "-")
            && !strncmp(old_intent, new_intent, n)
            && strcmp(old_intent, new_intent));
}

const char *
sf_correlation_to_string(enum sf_correlation correlation)
{
    return correlations[correlation];
}

bool
sf_correlation_from_string(const char *s, enum sf_correlation *correlation)
{
    for (size_t i = 0; i < ARRAY_SIZE(correlations); i++) {
        if (!strcmp(s, correlations[i])) {
            *correlation = i;
            return true;
        }
    }
    return false;
}
