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
    sset_init(&inv->strings);
    shash_init(&inv->bad);
}

void
inventory_destroy(struct inventory *inv)
{
    struct shash_node *node;
    SHASH_FOR_EACH (node, &inv->chains) {
        struct inv_chain *chain = node->data;
        free(chain->sfs);
        free(chain->reverse_sfs);
        free(chain->intent);
    }
    SHASH_FOR_EACH (node, &inv->endpoints) {
        struct inv_endpoint *endpoint = node->data;
        free(endpoint->ips);
    }
    shash_destroy_free_data(&inv->chains);
    shash_destroy_free_data(&inv->endpoints);
    shash_destroy_free_data(&inv->sfs);
    shash_destroy_free_data(&inv->gateways);
    shash_destroy_free_data(&inv->bridges);
    free(inv->links);
    simap_destroy(&inv->port_mtus);
    smap_destroy(&inv->port_faults);
    sset_destroy(&inv->strings);
    shash_destroy_free_data(&inv->bad);
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
    sset_moved(&dst->strings);
    shash_moved(&dst->bad);
    inventory_init(src);
}

/* Adding. */

/* Returns a copy of 'text' that lives as long as 'inv'. */
static const char *
keep(struct inventory *inv, const char *text)
{
    const struct sset_node *node = sset_find(&inv->strings, text);
    node = node ? node : sset_add(&inv->strings, text);
    return node->name;
}

struct inv_bridge *
inventory_add_bridge(struct inventory *inv, const char *name,
                     uint64_t datapath_id)
{
    struct inv_bridge *bridge = xzalloc(sizeof *bridge);
    bridge->name = keep(inv, name);
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
        .out_port = keep(inv, out_port),
        .in_port = keep(inv, in_port),
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
    gw->vnf_id = keep(inv, vnf_id);
    gw->bridge = bridge;
    gw->plain_port = keep(inv, plain_port);
    gw->cipher_port = keep(inv, cipher_port);
    gw->cipher_ip = *cipher_ip;
    gw->url = keep(inv, url);
    shash_add_once(&inv->gateways, vnf_id, gw);
    return gw;
}

void
inventory_set_gateway_keys(struct inventory *inv, struct inv_gateway *gw,
                           const char *keys)
{
    gw->keys = keep(inv, keys);
}

struct inv_sf *
inventory_add_sf(struct inventory *inv, const char *name,
                 const struct inv_bridge *bridge, const char *in_port,
                 const char *out_port, enum sf_correlation correlation,
                 struct eth_addr mac)
{
    struct inv_sf *sf = xmalloc(sizeof *sf);
    *sf = (struct inv_sf) {
        .name = keep(inv, name),
        .bridge = bridge,
        .in_port = keep(inv, in_port),
        .out_port = keep(inv, out_port),
        .correlation = correlation,
        .mac = mac,
        .group = keep(inv, ""),
    };
    shash_add_once(&inv->sfs, name, sf);
    return sf;
}

void
inventory_set_sf_group(struct inventory *inv, struct inv_sf *sf,
                       const char *group)
{
    sf->group = keep(inv, group);
}

struct inv_endpoint *
inventory_add_endpoint(struct inventory *inv, const char *name,
                       const struct inv_bridge *bridge, const char *port,
                       struct eth_addr mac, const struct in6_addr *ips,
                       size_t n_ips)
{
    struct inv_endpoint *endpoint = xmalloc(sizeof *endpoint);
    *endpoint = (struct inv_endpoint) {
        .name = keep(inv, name),
        .bridge = bridge,
        .port = keep(inv, port),
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
    chain->name = keep(inv, spec->name);
    chain->match = keep(inv, spec->match);
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
inventory_set_reason(struct inventory *inv, const char **reasonp,
                     const char *reason)
{
    *reasonp = reason ? keep(inv, reason) : NULL;
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

void
inventory_for_each_port(const struct inventory *inv, inventory_port_func *func,
                        void *aux)
{
    const struct shash_node *node;
    for (size_t i = 0; i < inv->n_links; i++) {
        func(inv->links[i].from, inv->links[i].out_port, aux);
    }
    SHASH_FOR_EACH (node, &inv->gateways) {
        const struct inv_gateway *gw = node->data;
        func(gw->bridge, gw->plain_port, aux);
        func(gw->bridge, gw->cipher_port, aux);
    }
    SHASH_FOR_EACH (node, &inv->sfs) {
        const struct inv_sf *sf = node->data;
        func(sf->bridge, sf->in_port, aux);
        func(sf->bridge, sf->out_port, aux);
    }
    SHASH_FOR_EACH (node, &inv->endpoints) {
        const struct inv_endpoint *endpoint = node->data;
        func(endpoint->bridge, endpoint->port, aux);
    }
}

void
inventory_note_bad(struct inventory *inv, const char *kind, const char *name,
                   char *error)
{
    char *key = xasprintf("%s %s", kind, name);
    free(shash_replace(&inv->bad, key, error));
    free(key);
}

char *
inventory_link_name(const char *a, const char *port_a, const char *b,
                    const char *port_b)
{
    return xasprintf("%s %s to %s %s", a, port_a, b, port_b);
}

const char *
inventory_bad(const struct inventory *inv, const char *kind, const char *name)
{
    char *key = xasprintf("%s %s", kind, name);
    const char *error = shash_find_data(&inv->bad, key);
    free(key);
    return error ? error : "";
}

static void
note_cut_name(const struct inv_bridge *bridge, const char *port,
              void *bridges)
{
    if (!name_is_shown_whole(port)) {
        sset_add(bridges, bridge->name);
    }
}

void
inventory_cut_names(const struct inventory *inv, struct sset *bridges)
{
    inventory_for_each_port(inv, note_cut_name, bridges);
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

const struct inv_sf *
inv_chain_sf(const struct inv_chain *chain, size_t i)
{
    return (i < chain->n_sfs ? chain->sfs[i]
            : i < chain->n_sfs + chain->n_reverse_sfs
            ? chain->reverse_sfs[i - chain->n_sfs] : NULL);
}

bool
inv_chain_names_sf(const struct inv_chain *chain, const struct inv_sf *sf)
{
    size_t i = 0;
    while (inv_chain_sf(chain, i) && inv_chain_sf(chain, i) != sf) {
        i++;
    }
    return inv_chain_sf(chain, i) != NULL;
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
    ds_put_format(ds, "%s %s %s %s %s %d %d %d ", gw->vnf_id,
                  gw->bridge->name, gw->plain_port, gw->cipher_port, gw->url,
                  gw->is_quarantined, gw->plain_mtu, gw->cipher_mtu);
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
