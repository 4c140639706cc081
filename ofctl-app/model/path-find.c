/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/model/path-find.h"

#include <limits.h>

#include "lib/address.h"
#include "lib/nsh.h"
#include "ofctl-app/model/match.h"
#include "ofctl-app/model/path-mtu.h"
#include "ofctl-app/model/path-sfs.h"
#include "ofctl-app/model/path-way.h"
#include "ofctl-app/model/path.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

#define IPV4_MIN_MTU 68         /* RFC 791 s.3.2. */
#define IPV6_MIN_MTU 1280       /* RFC 8200 s.5. */

/* Added to the cost of a gateway that is to be avoided: more than any load. */
#define GATEWAY_AVOIDED 1000000
#define GATEWAY_DOUBT 10000000  /* More: it may not work at all. */

/* Finding gateways. */

/* The gateways at 'bridge' by name, usable or not.  Caller frees. */
static const struct inv_gateway **
gateways_at(const struct inventory *inv, const struct inv_bridge *bridge,
            size_t *np)
{
    const struct shash_node **nodes = shash_sort(&inv->gateways);
    size_t n_all = shash_count(&inv->gateways);
    const struct inv_gateway **gws = xcalloc(n_all + 1, sizeof *gws);
    *np = 0;
    for (size_t i = 0; i < n_all; i++) {
        const struct inv_gateway *gw = nodes[i]->data;
        if (gw->bridge == bridge) {
            gws[(*np)++] = gw;
        }
    }
    free(nodes);
    return gws;
}

static size_t
only_usable(const struct path_allocator *alloc,
            const struct inv_gateway **gws, size_t n)
{
    size_t n_usable = 0;
    for (size_t i = 0; i < n; i++) {
        if (alloc->gateway_usable(alloc->usability_aux, gws[i]->vnf_id)) {
            gws[n_usable++] = gws[i];
        }
    }
    return n_usable;
}

/* Are the addresses of two gateways of one family? */
static bool
are_peers(const struct inv_gateway *a, const struct inv_gateway *b)
{
    return (a != b && address_is_ipv6(&a->cipher_ip)
                      == address_is_ipv6(&b->cipher_ip));
}

static void
put_gateways(struct ds *ds, const struct inventory *inv,
             const struct inv_bridge *bridge)
{
    size_t n;
    const struct inv_gateway **gws = gateways_at(inv, bridge, &n);
    for (size_t i = 0; i < n; i++) {
        char ip[INET6_ADDRSTRLEN];
        ds_put_format(ds, "%s%s %s%s%s%s%s", i ? ", " : "", gws[i]->vnf_id,
                      ipv6_string_mapped(ip, &gws[i]->cipher_ip),
                      gws[i]->is_quarantined ? ", in quarantine" : "",
                      gws[i]->is_draining ? ", being drained" : "",
                      gws[i]->down ? ", down: " : "",
                      gws[i]->down ? gws[i]->down : "");
    }
    free(gws);
}

static char *
no_gateway(const struct inventory *inv, const struct inv_bridge *bridge)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    put_gateways(&ds, inv, bridge);
    char *msg = (ds.length
                 ? xasprintf("bridge %s has no gateway that is up%s (%s: see "
                             "\"sdsa-ctl gw-list\")", bridge->name,
                             (strstr(ds_cstr(&ds), ", being drained")
                              ? " and not being drained" : ""), ds_cstr(&ds))
                 : xasprintf("bridge %s has no gateway: add one with "
                             "\"sdsa-ctl gw-add\"", bridge->name));
    ds_destroy(&ds);
    return msg;
}

static char *
no_pair(const struct inventory *inv, const struct inv_bridge *from,
        const struct inv_bridge *to)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    if (from == to) {
        ds_put_format(&ds, "bridge %s needs two gateways of one address "
                      "family that are up to encrypt within it (",
                      from->name);
        put_gateways(&ds, inv, from);
    } else {
        ds_put_format(&ds, "no two gateways that are up at bridges %s and %s "
                      "have addresses of one family (", from->name, to->name);
        put_gateways(&ds, inv, from);
        ds_put_cstr(&ds, "; ");
        put_gateways(&ds, inv, to);
    }
    ds_put_cstr(&ds, "): add one with \"sdsa-ctl gw-add\"");
    return ds_steal_cstr(&ds);
}

/* Cost of a gateway: its load, and more than any load if it is to be
 * avoided. */
static unsigned int
gateway_cost(const struct path_hints *hints,
             const struct path_allocator *alloc, const struct inv_gateway *gw)
{
    return (alloc->gateway_load(alloc->aux, gw->vnf_id)
            + GATEWAY_DOUBT * gw->doubt
            + (path_avoids(hints, "gateway", gw->vnf_id) ? GATEWAY_AVOIDED
               : 0));
}

/* Sets sender and receiver of 'hop': of the usable pairs the one with the
 * least cost, by names if there are several.  Returns NULL or a message. */
static char *
find_gateways(const struct inventory *inv, const struct inv_bridge *from,
              const struct inv_bridge *to, const struct path_hints *hints,
              const struct path_allocator *alloc, struct path_hop *hop)
{
    size_t n_senders, n_receivers;
    const struct inv_gateway **senders = gateways_at(inv, from, &n_senders);
    const struct inv_gateway **receivers = gateways_at(inv, to, &n_receivers);
    n_senders = only_usable(alloc, senders, n_senders);
    n_receivers = only_usable(alloc, receivers, n_receivers);

    const struct inv_gateway *sender = NULL, *receiver = NULL;
    unsigned int best_cost = UINT_MAX;
    for (size_t i = 0; i < n_senders; i++) {
        for (size_t j = 0; j < n_receivers; j++) {
            unsigned int cost
                = (gateway_cost(hints, alloc, senders[i])
                   + gateway_cost(hints, alloc, receivers[j]));
            if (are_peers(senders[i], receivers[j]) && cost < best_cost) {
                best_cost = cost;
                sender = senders[i];
                receiver = receivers[j];
            }
        }
    }
    free(senders);
    free(receivers);
    if (!sender) {
        return (!n_senders ? no_gateway(inv, from)
                : !n_receivers ? no_gateway(inv, to)
                : no_pair(inv, from, to));
    }
    hop->sender = xstrdup(sender->vnf_id);
    hop->receiver = xstrdup(receiver->vnf_id);
    return NULL;
}

static char *
allocate_hop(const struct path_allocator *alloc, struct path_hop *hop)
{
    hop->esp_spi = alloc->esp_spi(alloc->aux);
    hop->sender_vlan = alloc->gateway_vlan(alloc->aux, hop->sender);
    hop->receiver_vlan = alloc->gateway_vlan(alloc->aux, hop->receiver);
    if (!hop->sender_vlan || !hop->receiver_vlan) {
        return xasprintf("gateway %s has no free VLAN left: add another "
                         "gateway at its bridge",
                         !hop->sender_vlan ? hop->sender : hop->receiver);
    }
    return NULL;
}

static char *
no_way(const struct inventory *inv, const struct inv_bridge *from,
       const struct inv_bridge *to)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    ds_put_format(&ds, "no way over the links from bridge %s to bridge %s",
                  from->name, to->name);
    const char *separator = " while these are down: ";
    for (size_t i = 0; i < inv->n_links; i += 2) {
        const struct inv_link *l = &inv->links[i];
        if (l->down) {
            ds_put_format(&ds, "%s%s %s", separator, l->from->name,
                          l->out_port);
            if (l->down[0]) {
                ds_put_format(&ds, " (%s)", l->down);
            }
            separator = ", ";
        }
    }
    if (separator[0] == ' ') {
        ds_put_cstr(&ds, ": add a link with \"sdsa-ctl link-add\"");
    }
    return ds_steal_cstr(&ds);
}

static char *
make_hop(const struct inventory *inv, const struct path_hints *hints,
         const struct path_allocator *alloc, const struct inv_bridge *from,
         const struct inv_bridge *to, uint8_t si, struct path_hop **hopp)
{
    struct path_hop *hop = *hopp = path_hop_create(si, from->name);
    if (from != to) {
        const struct inv_link **way;
        size_t n;
        bool found = path_find_way(inv, hints, from, to, &way, &n);
        for (size_t i = 0; i < n; i++) {
            path_hop_add_link(hop, way[i]->from->name, way[i]->out_port,
                              way[i]->to->name, way[i]->in_port);
        }
        free(way);
        if (!found) {
            return no_way(inv, from, to);
        }
    }
    char *error = find_gateways(inv, from, to, hints, alloc, hop);
    return error ? error : allocate_hop(alloc, hop);
}

/* Returns function 'i' of a direction, in the order of that direction. */
static const struct inv_sf *
direction_sf(const struct inv_chain *chain, bool reverse, size_t i)
{
    return (!reverse ? chain->sfs[i]
            : chain->way_back == WAY_BACK_OTHER ? chain->reverse_sfs[i]
            : chain->sfs[chain->n_sfs - 1 - i]);
}

static struct path *
path_create(const struct inv_chain *chain, bool reverse)
{
    const struct inv_endpoint *src = reverse ? chain->dst : chain->src;
    const struct inv_endpoint *dst = reverse ? chain->src : chain->dst;
    struct path *path = xzalloc(sizeof *path);
    path->chain = xstrdup(chain->name);
    path->reverse = reverse;
    path->state = PATH_PREPARING;
    path->src = xstrdup(src->name);
    path->dst = xstrdup(dst->name);
    path->match = (reverse ? match_mirror(chain->match)
                   : xstrdup(chain->match));
    path->priority = chain->priority;
    path->suite = chain->suite;
    path->lifetime_s = chain->lifetime_s;
    path->lifetime_bytes = chain->lifetime_bytes;
    path->lifetime_packets = chain->lifetime_packets;
    path->n_sfs = (reverse && chain->way_back == WAY_BACK_OTHER
                   ? chain->n_reverse_sfs : chain->n_sfs);
    path->sfs = xcalloc(path->n_sfs + 1, sizeof *path->sfs);
    path->sf_vlans = xcalloc(path->n_sfs + 1, sizeof *path->sf_vlans);
    path->hops = xcalloc(path->n_sfs + 1, sizeof *path->hops);
    return path;
}

/* Sets the NSH SPI, the functions and their tags. */
static char *
allocate_path(const struct inv_chain *chain,
              const struct path_allocator *alloc, struct path *path)
{
    path->nsh_spi = alloc->nsh_spi(alloc->aux);
    if (!path->nsh_spi) {
        return xstrdup("no NSH SPI is left");
    }
    for (size_t i = 0; i < path->n_sfs; i++) {
        const struct inv_sf *sf = direction_sf(chain, path->reverse, i);
        path->sfs[i] = xstrdup(sf->name);
        if (sf->correlation == SF_VLAN) {
            path->sf_vlans[i] = alloc->sf_vlan(alloc->aux, sf->name);
            if (!path->sf_vlans[i]) {
                return xasprintf("function %s has no free VLAN tag left",
                                 sf->name);
            }
        }
    }
    return NULL;
}

/* Makes the hops over a way of the path's own. */
static char *
compute_hops(const struct inventory *inv, const struct inv_chain *chain,
             const struct path_hints *hints,
             const struct path_allocator *alloc, struct path *path)
{
    char *error = NULL;
    const struct inv_bridge *here
        = (path->reverse ? chain->dst : chain->src)->bridge;
    const struct inv_bridge *last
        = (path->reverse ? chain->src : chain->dst)->bridge;
    for (size_t i = 0; i <= path->n_sfs && !error; i++) {
        const struct inv_bridge *next
            = (i < path->n_sfs ? direction_sf(chain, path->reverse, i)->bridge
               : last);
        if (next != here || chain->encrypt_always) {
            error = make_hop(inv, hints, alloc, here, next, NSH_SI_FIRST - i,
                             &path->hops[i]);
        }
        here = next;
    }
    return error;
}

/* Makes the hops over the gateways and links of 'forward', the other way
 * round. */
static char *
mirror_hops(const struct path_allocator *alloc, const struct path *forward,
            struct path *path)
{
    char *error = NULL;
    for (size_t i = 0; i <= path->n_sfs && !error; i++) {
        const struct path_hop *f = forward->hops[path->n_sfs - i];
        if (f) {
            struct path_hop *hop = path_hop_create(NSH_SI_FIRST - i,
                                                   path_hop_end(f));
            path->hops[i] = hop;
            hop->sender = xstrdup(f->receiver);
            hop->receiver = xstrdup(f->sender);
            for (size_t j = f->n_route; j-- > 0; ) {
                const struct path_link *l = &f->route[j];
                path_hop_add_link(hop, l->to, l->in_port, l->from,
                                  l->out_port);
            }
            error = allocate_hop(alloc, hop);
        }
    }
    return error;
}

/* Checks the path's MTU: some links have less than IPv6 needs (RFC 8200
 * s.5), or than it takes to prove a hop. */
static char *
check_mtu(const struct inventory *inv, const struct path *path)
{
    bool ipv6 = match_is_ipv6(path->match);
    const char *what = ipv6 ? "IPv6" : "IPv4";
    int least = ipv6 ? IPV6_MIN_MTU : IPV4_MIN_MTU;
    int mtu = path_mtu(inv, path);
    PATH_FOR_EACH_HOP (hop, path) {
        if (mtu >= least && path_hop_mtu(inv, path, hop) < PATH_MTU_PROBE) {
            what = "what proves a hop";
            least = PATH_MTU_PROBE;
            mtu = path_hop_mtu(inv, path, hop);
        }
    }
    return (mtu >= least ? NULL
            : xasprintf("packets of %d octets is all that it carries, and "
                        "%s needs %d: give links and gateways a greater "
                        "MTU", mtu, what, least));
}

static char *
compute_path(const struct inventory *inv, const struct inv_chain *chain,
             const struct path_hints *hints,
             const struct path_allocator *alloc, const struct path *mirror,
             struct path *path)
{
    char *error = allocate_path(chain, alloc, path);
    if (!error) {
        error = (mirror ? mirror_hops(alloc, mirror, path)
                 : compute_hops(inv, chain, hints, alloc, path));
    }
    return error ? error : check_mtu(inv, path);
}

/* Computes the paths of a chain whose functions can all be passed. */
static char *
compute_paths(const struct inventory *inv, const struct inv_chain *chain,
              const struct path_hints *hints,
              const struct path_allocator *alloc, struct path *paths[2],
              size_t *n_pathsp)
{
    paths[0] = path_create(chain, false);
    paths[1] = NULL;
    char *error = compute_path(inv, chain, hints, alloc, NULL, paths[0]);
    if (!error && chain->way_back != WAY_BACK_NONE) {
        const struct path *mirror = (chain->way_back == WAY_BACK_SAME
                                     ? paths[0] : NULL);
        paths[1] = path_create(chain, true);
        error = compute_path(inv, chain, hints, alloc, mirror, paths[1]);
    }
    *n_pathsp = error ? 0 : paths[1] ? 2 : 1;
    if (error) {
        path_destroy(paths[0]);
        path_destroy(paths[1]);
    }
    return error;
}

char *
path_compute(const struct inventory *inv, const struct inv_chain *chain,
             const struct path_hints *hints,
             const struct path_allocator *alloc, struct path *paths[2],
             size_t *n_pathsp)
{
    struct inv_chain real = *chain;
    *n_pathsp = 0;
    char *error = path_choose_sfs(inv, chain, hints, alloc, &real.sfs,
                                  &real.reverse_sfs);
    if (!error) {
        error = compute_paths(inv, &real, hints, alloc, paths, n_pathsp);
        free(real.sfs);
        free(real.reverse_sfs);
    }
    return error;
}

/* The same way, with new numbers. */

static char *
renew_hop(const struct path_hop *old, const struct path_allocator *alloc,
          struct path_hop **hopp)
{
    struct path_hop *hop = *hopp = path_hop_create(old->si, old->bridge);
    hop->sender = xstrdup(old->sender);
    hop->receiver = xstrdup(old->receiver);
    for (size_t i = 0; i < old->n_route; i++) {
        const struct path_link *l = &old->route[i];
        path_hop_add_link(hop, l->from, l->out_port, l->to, l->in_port);
    }
    const char *ends[] = { hop->sender, hop->receiver };
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
        if (!alloc->gateway_usable(alloc->usability_aux, ends[i])) {
            return xasprintf("gateway %s is not up", ends[i]);
        }
    }
    return allocate_hop(alloc, hop);
}

static char *
renew_path(const struct path *old, const struct path_allocator *alloc,
           struct path **pathp)
{
    struct path *path = *pathp = xmemdup(old, sizeof *old);
    path->nsh_spi = alloc->nsh_spi(alloc->aux);
    path->chain = xstrdup(old->chain);
    path->state = PATH_PREPARING;
    path->src = xstrdup(old->src);
    path->dst = xstrdup(old->dst);
    path->match = xstrdup(old->match);
    path->sfs = xcalloc(path->n_sfs + 1, sizeof *path->sfs);
    path->sf_vlans = xcalloc(path->n_sfs + 1, sizeof *path->sf_vlans);
    path->hops = xcalloc(path->n_sfs + 1, sizeof *path->hops);
    char *error = path->nsh_spi ? NULL : xstrdup("no NSH SPI is left");
    for (size_t i = 0; i < path->n_sfs; i++) {
        path->sfs[i] = xstrdup(old->sfs[i]);
        path->sf_vlans[i] = (old->sf_vlans[i]
                             ? alloc->sf_vlan(alloc->aux, old->sfs[i]) : 0);
        if (!error && old->sf_vlans[i] && !path->sf_vlans[i]) {
            error = xasprintf("function %s has no free VLAN tag left",
                              old->sfs[i]);
        }
    }
    for (size_t i = 0; i <= path->n_sfs && !error; i++) {
        if (old->hops[i]) {
            error = renew_hop(old->hops[i], alloc, &path->hops[i]);
        }
    }
    return error;
}

char *
path_renew(const struct path *const *old, size_t n,
           const struct path_allocator *alloc, struct path *paths[2])
{
    char *error = NULL;
    paths[0] = paths[1] = NULL;
    for (size_t i = 0; i < n && !error; i++) {
        error = renew_path(old[i], alloc, &paths[i]);
    }
    if (error) {
        path_destroy(paths[0]);
        path_destroy(paths[1]);
    }
    return error;
}
