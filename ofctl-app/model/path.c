/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/model/path.h"

#include "openvswitch/dynamic-string.h"
#include "sset.h"
#include "util.h"

void
path_hop_destroy(struct path_hop *hop)
{
    if (hop) {
        for (size_t i = 0; i < hop->n_route; i++) {
            free(hop->route[i].from);
            free(hop->route[i].out_port);
            free(hop->route[i].to);
            free(hop->route[i].in_port);
        }
        free(hop->route);
        free(hop->bridge);
        free(hop->sender);
        free(hop->receiver);
        free(hop);
    }
}

void
path_destroy(struct path *path)
{
    if (path) {
        for (size_t i = 0; i < path->n_sfs; i++) {
            free(path->sfs[i]);
        }
        for (size_t i = 0; path->hops && i <= path->n_sfs; i++) {
            path_hop_destroy(path->hops[i]);
        }
        free(path->sfs);
        free(path->sf_vlans);
        free(path->hops);
        free(path->chain);
        free(path->src);
        free(path->dst);
        free(path->match);
        free(path);
    }
}

struct path_hop *
path_hop_create(uint8_t si, const char *bridge)
{
    struct path_hop *hop = xzalloc(sizeof *hop);
    hop->si = si;
    hop->bridge = xstrdup(bridge);
    return hop;
}

static struct in6_addr
get_ip(const struct in6_addr *made_with, const struct inventory *inv,
       const char *vnf_id)
{
    const struct inv_gateway *gw = inventory_gateway(inv, vnf_id);
    return ipv6_addr_is_set(made_with) || !gw ? *made_with : gw->cipher_ip;
}

struct path_hop_ips
path_hop_get_ips(const struct path_hop *hop, const struct inventory *inv)
{
    return (struct path_hop_ips) {
        get_ip(&hop->sender_ip, inv, hop->sender),
        get_ip(&hop->receiver_ip, inv, hop->receiver),
    };
}

void
path_set_ips(struct path *path, const struct inventory *inv)
{
    PATH_FOR_EACH_HOP (hop, path) {
        hop->sender_ip = hop->receiver_ip = in6addr_any;
        struct path_hop_ips ips = path_hop_get_ips(hop, inv);
        hop->sender_ip = ips.sender;
        hop->receiver_ip = ips.receiver;
    }
}

bool
path_hop_has_ip(const struct path_hop *hop, const struct inventory *inv,
                const char *vnf_id)
{
    const struct inv_gateway *gw = inventory_gateway(inv, vnf_id);
    const struct in6_addr *ip = (!strcmp(vnf_id, hop->sender)
                                 ? &hop->sender_ip : &hop->receiver_ip);
    return (!gw || !ipv6_addr_is_set(ip)
            || ipv6_addr_equals(ip, &gw->cipher_ip));
}

void
path_hop_add_link(struct path_hop *hop, const char *from, const char *out_port,
                  const char *to, const char *in_port)
{
    hop->route = xrealloc(hop->route, (hop->n_route + 1) * sizeof *hop->route);
    hop->route[hop->n_route++] = (struct path_link) {
        .from = xstrdup(from),
        .out_port = xstrdup(out_port),
        .to = xstrdup(to),
        .in_port = xstrdup(in_port),
    };
}

struct path_hop *
path_next_hop(const struct path *path, const struct path_hop *prev)
{
    size_t first = prev ? path_stage(prev->si) + 1 : 0;
    for (size_t i = first; i <= path->n_sfs; i++) {
        if (path->hops[i]) {
            return path->hops[i];
        }
    }
    return NULL;
}

/* What a path goes through. */

bool
path_passes_sf(const struct path *path, const char *sf)
{
    for (size_t i = 0; i < path->n_sfs; i++) {
        if (!strcmp(path->sfs[i], sf)) {
            return true;
        }
    }
    return false;
}

const char *
path_hop_end(const struct path_hop *hop)
{
    return hop->n_route ? hop->route[hop->n_route - 1].to : hop->bridge;
}

size_t
path_answer_stage(const struct path *path, size_t i, const struct path *twin)
{
    size_t n = twin ? twin->n_sfs : 0;
    /* Where both pass the same functions, the one that mirrors this one. */
    if (n == path->n_sfs && n && !strcmp(twin->sfs[n - 1 - i], path->sfs[i])) {
        return n - i;
    }
    for (size_t j = 0; j < n; j++) {
        if (!strcmp(twin->sfs[j], path->sfs[i])) {
            return j + 1;
        }
    }
    return 0;
}

struct eth_addr
path_sf_mac(const struct path *path, size_t i)
{
    uint32_t spi = path->nsh_spi;
    return (struct eth_addr) {
        .ea = { 0x02, 0x5e, i, spi >> 16, spi >> 8, spi },
    };
}

char *
path_link_name(const char *a, const char *port_a, const char *b,
               const char *port_b)
{
    char *at_a = xasprintf("%s %s", a, port_a);
    char *at_b = xasprintf("%s %s", b, port_b);
    bool a_first = strcmp(at_a, at_b) < 0;
    free(a_first ? at_b : at_a);
    return a_first ? at_a : at_b;
}

char *
path_link_element(const struct path_link *l)
{
    char *name = path_link_name(l->from, l->out_port, l->to, l->in_port);
    char *element = xasprintf("link %s", name);
    free(name);
    return element;
}

void
path_hop_elements(const struct path_hop *hop, struct sset *names)
{
    sset_add_and_free(names, xasprintf("gateway %s", hop->sender));
    sset_add_and_free(names, xasprintf("gateway %s", hop->receiver));
    for (size_t i = 0; i < hop->n_route; i++) {
        const struct path_link *l = &hop->route[i];
        sset_add_and_free(names, path_link_element(l));
        if (i + 1 < hop->n_route) {
            sset_add_and_free(names, xasprintf("bridge %s", l->to));
        }
    }
}

void
path_elements(const struct path *const *paths, size_t n, struct sset *names)
{
    for (size_t i = 0; i < n; i++) {
        const struct path *path = paths[i];
        for (size_t j = 0; j < path->n_sfs; j++) {
            sset_add_and_free(names, xasprintf("function %s", path->sfs[j]));
        }
        PATH_FOR_EACH_HOP (hop, path) {
            path_hop_elements(hop, names);
        }
    }
}

size_t
path_n_shared(const struct path *const *a, size_t n_a,
              const struct path *const *b, size_t n_b, size_t *n_ownp)
{
    struct sset of_a = SSET_INITIALIZER(&of_a);
    struct sset of_b = SSET_INITIALIZER(&of_b);
    size_t n_shared = 0;
    const char *name;
    path_elements(a, n_a, &of_a);
    path_elements(b, n_b, &of_b);
    SSET_FOR_EACH (name, &of_a) {
        n_shared += sset_contains(&of_b, name);
    }
    *n_ownp = sset_count(&of_a) - n_shared;
    sset_destroy(&of_a);
    sset_destroy(&of_b);
    return n_shared;
}

/* Text. */

char *
path_route_format(const struct path_hop *hop)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    ds_put_cstr(&ds, hop->bridge);
    for (size_t i = 0; i < hop->n_route; i++) {
        const struct path_link *l = &hop->route[i];
        ds_put_format(&ds, " %s %s %s", l->out_port, l->in_port, l->to);
    }
    return ds_steal_cstr(&ds);
}

bool
path_route_parse(const char *text, struct path_hop *hop)
{
    char *copy = xstrdup(text);
    char *save = NULL;
    char *from = strtok_r(copy, " ", &save);
    bool ok = from != NULL;
    if (ok) {
        free(hop->bridge);
        hop->bridge = xstrdup(from);
    }
    while (ok) {
        char *out_port = strtok_r(NULL, " ", &save);
        if (!out_port) {
            break;
        }
        char *in_port = strtok_r(NULL, " ", &save);
        char *to = strtok_r(NULL, " ", &save);
        ok = in_port && to;
        if (ok) {
            path_hop_add_link(hop, from, out_port, to, in_port);
            from = to;
        }
    }
    free(copy);
    return ok;
}

static void
add_bridge_name(const struct inv_bridge *bridge, struct sset *names)
{
    if (bridge) {
        sset_add(names, bridge->name);
    }
}

void
path_bridges(const struct path *path, const struct inventory *inv,
             struct sset *names)
{
    const struct inv_endpoint *src = inventory_endpoint(inv, path->src);
    const struct inv_endpoint *dst = inventory_endpoint(inv, path->dst);
    add_bridge_name(src ? src->bridge : NULL, names);
    add_bridge_name(dst ? dst->bridge : NULL, names);
    for (size_t i = 0; i < path->n_sfs; i++) {
        const struct inv_sf *sf = inventory_sf(inv, path->sfs[i]);
        add_bridge_name(sf ? sf->bridge : NULL, names);
    }
    PATH_FOR_EACH_HOP (hop, path) {
        for (size_t j = 0; j < hop->n_route; j++) {
            sset_add(names, hop->route[j].from);
            sset_add(names, hop->route[j].to);
        }
    }
}
