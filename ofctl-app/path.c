/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/path.h"

#include "lib/nsh.h"
#include "ofctl-app/match.h"
#include "openvswitch/dynamic-string.h"
#include "sset.h"
#include "util.h"

/* Memory. */

static void
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

static void
add_link(struct path_hop *hop, const char *from, const char *out_port,
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

/* Finding a way. */

static int
compare_links(const void *a_, const void *b_)
{
    const struct inv_link *const *a = a_;
    const struct inv_link *const *b = b_;
    int cmp = strcmp((*a)->to->name, (*b)->to->name);
    return cmp ? cmp : strcmp((*a)->out_port, (*b)->out_port);
}

/* Breadth-first search.  Returns the links of the shortest way in '*wayp'
 * (caller frees), in order; 'from' and 'to' differ.  Returns false if there is
 * none. */
static bool
find_way(const struct inventory *inv, const struct inv_bridge *from,
         const struct inv_bridge *to, const struct inv_link ***wayp,
         size_t *n_wayp)
{
    /* Sorted, so that the way found does not depend on the order of rows. */
    const struct inv_link **links = xcalloc(inv->n_links + 1, sizeof *links);
    for (size_t i = 0; i < inv->n_links; i++) {
        links[i] = &inv->links[i];
    }
    qsort(links, inv->n_links, sizeof *links, compare_links);

    size_t n_bridges = shash_count(&inv->bridges);
    const struct inv_bridge **queue = xcalloc(n_bridges + 1, sizeof *queue);
    struct shash came_by = SHASH_INITIALIZER(&came_by);  /* struct inv_link. */
    size_t head = 0, tail = 0;
    queue[tail++] = from;
    while (head < tail && !shash_find(&came_by, to->name)) {
        const struct inv_bridge *here = queue[head++];
        for (size_t i = 0; i < inv->n_links; i++) {
            const struct inv_link *l = links[i];
            if (l->from == here && l->to != from
                && shash_add_once(&came_by, l->to->name, l)) {
                queue[tail++] = l->to;
            }
        }
    }

    size_t n = 0;
    const struct inv_link **way = xcalloc(n_bridges + 1, sizeof *way);
    for (const struct inv_bridge *b = to; b != from; n++) {
        const struct inv_link *l = shash_find_data(&came_by, b->name);
        if (!l) {
            break;
        }
        way[n] = l;
        b = l->from;
    }
    for (size_t i = 0; i < n / 2; i++) {
        const struct inv_link *tmp = way[i];
        way[i] = way[n - 1 - i];
        way[n - 1 - i] = tmp;
    }
    shash_destroy(&came_by);
    free(queue);
    free(links);
    *wayp = way;
    *n_wayp = n;
    return n > 0;
}

/* The usable gateway on 'bridge' with the least load, or NULL. */
static const struct inv_gateway *
find_gateway(const struct inventory *inv, const struct inv_bridge *bridge,
             const struct path_allocator *alloc)
{
    const struct shash_node **nodes = shash_sort(&inv->gateways);
    const struct inv_gateway *best = NULL;
    unsigned int best_load = 0;
    for (size_t i = 0; i < shash_count(&inv->gateways); i++) {
        const struct inv_gateway *gw = nodes[i]->data;
        if (gw->bridge != bridge
            || !alloc->gateway_usable(alloc->aux, gw->vnf_id)) {
            continue;
        }
        unsigned int load = alloc->gateway_load(alloc->aux, gw->vnf_id);
        if (!best || load < best_load) {
            best = gw;
            best_load = load;
        }
    }
    free(nodes);
    return best;
}

static char *
no_gateway(const struct inventory *inv, const struct inv_bridge *bridge)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    const struct shash_node **nodes = shash_sort(&inv->gateways);
    for (size_t i = 0; i < shash_count(&inv->gateways); i++) {
        const struct inv_gateway *gw = nodes[i]->data;
        if (gw->bridge == bridge) {
            ds_put_format(&ds, "%s%s", ds.length ? ", " : "", gw->vnf_id);
        }
    }
    free(nodes);
    char *msg = (ds.length
                 ? xasprintf("bridge %s has no gateway that is up (%s: see "
                             "\"sdsa-ctl gw-list\")", bridge->name,
                             ds_cstr(&ds))
                 : xasprintf("bridge %s has no gateway: add one with "
                             "\"sdsa-ctl gw-add\"", bridge->name));
    ds_destroy(&ds);
    return msg;
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
make_hop(const struct inventory *inv, const struct path_allocator *alloc,
         const struct inv_bridge *from, const struct inv_bridge *to,
         uint8_t si, struct path_hop **hopp)
{
    const struct inv_link **way;
    size_t n;
    if (!find_way(inv, from, to, &way, &n)) {
        free(way);
        return xasprintf("no way over the links from bridge %s to bridge %s: "
                         "add a link with \"sdsa-ctl link-add\"", from->name,
                         to->name);
    }
    struct path_hop *hop = xzalloc(sizeof *hop);
    *hopp = hop;
    hop->si = si;
    for (size_t i = 0; i < n; i++) {
        add_link(hop, way[i]->from->name, way[i]->out_port, way[i]->to->name,
                 way[i]->in_port);
    }
    free(way);

    const struct inv_gateway *sender = find_gateway(inv, from, alloc);
    const struct inv_gateway *receiver = find_gateway(inv, to, alloc);
    if (!sender || !receiver) {
        return no_gateway(inv, !sender ? from : to);
    }
    hop->sender = xstrdup(sender->vnf_id);
    hop->receiver = xstrdup(receiver->vnf_id);
    return allocate_hop(alloc, hop);
}

/* What both directions have in common. */
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
    path->n_sfs = chain->n_sfs;
    path->sfs = xcalloc(chain->n_sfs + 1, sizeof *path->sfs);
    path->sf_vlans = xcalloc(chain->n_sfs + 1, sizeof *path->sf_vlans);
    path->hops = xcalloc(chain->n_sfs + 1, sizeof *path->hops);
    return path;
}

/* Numbers that are the path's own, and its tags. */
static char *
allocate_path(const struct inv_chain *chain, const struct path_allocator *alloc,
              struct path *path)
{
    path->nsh_spi = alloc->nsh_spi(alloc->aux);
    if (!path->nsh_spi) {
        return xstrdup("no NSH SPI is left");
    }
    for (size_t i = 0; i < path->n_sfs; i++) {
        const struct inv_sf *sf
            = chain->sfs[path->reverse ? path->n_sfs - 1 - i : i];
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

static char *
compute_forward(const struct inventory *inv, const struct inv_chain *chain,
                const struct path_allocator *alloc, struct path **pathp)
{
    struct path *path = *pathp = path_create(chain, false);
    char *error = allocate_path(chain, alloc, path);
    const struct inv_bridge *here = chain->src->bridge;
    for (size_t i = 0; i <= chain->n_sfs && !error; i++) {
        const struct inv_bridge *next
            = i < chain->n_sfs ? chain->sfs[i]->bridge : chain->dst->bridge;
        if (next != here) {
            error = make_hop(inv, alloc, here, next, NSH_SI_FIRST - i,
                             &path->hops[i]);
        }
        here = next;
    }
    return error;
}

/* The way back: the same gateways and links, the other way round. */
static char *
compute_reverse(const struct inv_chain *chain,
                const struct path_allocator *alloc,
                const struct path *forward, struct path **pathp)
{
    struct path *path = *pathp = path_create(chain, true);
    char *error = allocate_path(chain, alloc, path);
    for (size_t i = 0; i <= path->n_sfs && !error; i++) {
        const struct path_hop *f = forward->hops[path->n_sfs - i];
        if (f) {
            struct path_hop *hop = path->hops[i] = xzalloc(sizeof *hop);
            hop->si = NSH_SI_FIRST - i;
            hop->sender = xstrdup(f->receiver);
            hop->receiver = xstrdup(f->sender);
            for (size_t j = f->n_route; j-- > 0; ) {
                const struct path_link *l = &f->route[j];
                add_link(hop, l->to, l->in_port, l->from, l->out_port);
            }
            error = allocate_hop(alloc, hop);
        }
    }
    return error;
}

char *
path_compute(const struct inventory *inv, const struct inv_chain *chain,
             const struct path_allocator *alloc, struct path *paths[2],
             size_t *n_pathsp)
{
    paths[0] = paths[1] = NULL;
    char *error = compute_forward(inv, chain, alloc, &paths[0]);
    if (!error && !chain->one_way) {
        error = compute_reverse(chain, alloc, paths[0], &paths[1]);
    }
    *n_pathsp = error ? 0 : chain->one_way ? 1 : 2;
    if (error) {
        path_destroy(paths[0]);
        path_destroy(paths[1]);
    }
    return error;
}

/* Text. */

char *
path_route_format(const struct path_hop *hop)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    for (size_t i = 0; i < hop->n_route; i++) {
        const struct path_link *l = &hop->route[i];
        if (!i) {
            ds_put_cstr(&ds, l->from);
        }
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
    while (ok) {
        char *out_port = strtok_r(NULL, " ", &save);
        if (!out_port) {
            break;
        }
        char *in_port = strtok_r(NULL, " ", &save);
        char *to = strtok_r(NULL, " ", &save);
        ok = in_port && to;
        if (ok) {
            add_link(hop, from, out_port, to, in_port);
            from = to;
        }
    }
    free(copy);
    return ok && hop->n_route;
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
    for (size_t i = 0; i <= path->n_sfs; i++) {
        const struct path_hop *hop = path->hops[i];
        for (size_t j = 0; hop && j < hop->n_route; j++) {
            sset_add(names, hop->route[j].from);
            sset_add(names, hop->route[j].to);
        }
    }
}
