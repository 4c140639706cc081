/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/model/path-check.h"

#include "ofctl-app/model/path.h"
#include "ofctl-app/model/untagged-sf.h"
#include "util.h"

/* Is the object 'name' of kind 'what', whose bridge is 'is_at' now (NULL: it
 * is gone), at bridge 'at'?  Returns NULL, or an error that says why not. */
static char *
check_place(const char *what, const char *name,
            const struct inv_bridge *is_at, const char *at)
{
    return (!is_at
            ? xasprintf("%s %s is not there any more", what, name)
            : strcmp(is_at->name, at)
            ? xasprintf("%s %s is not at bridge %s any more", what, name, at)
            : NULL);
}

static char *
check_gateway(const struct inventory *inv, const char *vnf_id, const char *at)
{
    const struct inv_gateway *gw = inventory_gateway(inv, vnf_id);
    return (gw && gw->is_quarantined
            ? xasprintf("gateway %s is in quarantine", vnf_id)
            : check_place("gateway", vnf_id, gw ? gw->bridge : NULL, at));
}

/* Checks that the hop begins at bridge '*at', and sets that to the bridge
 * where it ends. */
static char *
check_hop(const struct inventory *inv, const struct path_hop *hop,
          const char **at)
{
    const char *from = hop->bridge;
    const char *to = path_hop_end(hop);
    if (strcmp(from, *at)) {
        return xasprintf("its hop with SI %d begins at bridge %s instead of "
                         "%s", hop->si, from, *at);
    }
    *at = to;
    char *error = check_gateway(inv, hop->sender, from);
    return error ? error : check_gateway(inv, hop->receiver, to);
}

static char *
check_target(const struct inventory *inv, const struct path *path, size_t i,
             const char *at)
{
    if (i < path->n_sfs) {
        const struct inv_sf *sf = inventory_sf(inv, path->sfs[i]);
        return check_place("function", path->sfs[i], sf ? sf->bridge : NULL,
                           at);
    }
    const struct inv_endpoint *dst = inventory_endpoint(inv, path->dst);
    return check_place("endpoint", path->dst, dst ? dst->bridge : NULL, at);
}

char *
path_check_places(const struct path *path, const struct inventory *inv)
{
    const struct inv_endpoint *src = inventory_endpoint(inv, path->src);
    const struct path_hop *first = path->hops[0];
    const char *at = (first ? first->bridge
                      : src ? src->bridge->name : "");
    char *error = check_place("endpoint", path->src, src ? src->bridge : NULL,
                              at);
    for (size_t i = 0; i <= path->n_sfs && !error; i++) {
        if (path->hops[i]) {
            error = check_hop(inv, path->hops[i], &at);
        }
        if (!error) {
            error = check_target(inv, path, i, at);
        }
    }
    return error;
}

static const struct inv_link *
find_link(const struct inventory *inv, const struct path_link *l)
{
    for (size_t i = 0; i < inv->n_links; i++) {
        const struct inv_link *link = &inv->links[i];
        if (!strcmp(link->from->name, l->from)
            && !strcmp(link->to->name, l->to)
            && !strcmp(link->out_port, l->out_port)
            && !strcmp(link->in_port, l->in_port)) {
            return link;
        }
    }
    return NULL;
}

/* Are the ports of all gateways up? */
static char *
check_gateway_ports(const struct path *path, const struct inventory *inv)
{
    PATH_FOR_EACH_HOP (hop, path) {
        const char *ends[] = { hop->sender, hop->receiver };
        for (size_t j = 0; j < ARRAY_SIZE(ends); j++) {
            const struct inv_gateway *gw = inventory_gateway(inv, ends[j]);
            if (gw && gw->down) {
                return inventory_format_down("gateway", ends[j], gw->down);
            }
        }
    }
    return NULL;
}

char *
path_check_links(const struct path *path, const struct inventory *inv)
{
    PATH_FOR_EACH_HOP (hop, path) {
        for (size_t j = 0; j < hop->n_route; j++) {
            const struct path_link *l = &hop->route[j];
            const struct inv_link *link = find_link(inv, l);
            if (!link) {
                return xasprintf("the link %s %s is gone", l->from,
                                 l->out_port);
            } else if (link->down) {
                char *name = xasprintf("%s %s", l->from, l->out_port);
                char *error = inventory_format_down("the link", name,
                                                    link->down);
                free(name);
                return error;
            }
        }
    }
    for (size_t i = 0; i < path->n_sfs; i++) {
        const struct inv_sf *sf = inventory_sf(inv, path->sfs[i]);
        if (sf && sf->down) {
            return inventory_format_down("function", sf->name, sf->down);
        }
    }
    return check_gateway_ports(path, inv);
}

bool
path_is_cut(const struct path *path, const struct inventory *inv)
{
    char *reason = path_check_links(path, inv);
    free(reason);
    return reason != NULL;
}

char *
path_check_lost(const struct path *path, const struct inventory *inv)
{
    PATH_FOR_EACH_HOP (hop, path) {
        const char *ends[] = { hop->sender, hop->receiver };
        for (size_t j = 0; j < ARRAY_SIZE(ends); j++) {
            const struct inv_gateway *gw = inventory_gateway(inv, ends[j]);
            if (gw && (gw->is_draining || gw->is_lost)) {
                return xasprintf("gateway %s is %s", ends[j],
                                 gw->is_draining ? "being drained" : "lost");
            } else if (!path_hop_has_ip(hop, inv, ends[j])) {
                return xasprintf("gateway %s has another cipher address",
                                 ends[j]);
            }
        }
        for (size_t j = 0; j + 1 < hop->n_route; j++) {
            const struct inv_bridge *br = inventory_bridge(inv,
                                                           hop->route[j].to);
            if (br && br->is_lost) {
                return xasprintf("bridge %s is lost", br->name);
            }
        }
    }
    for (size_t i = 0; i < path->n_sfs; i++) {
        const struct inv_sf *sf = inventory_sf(inv, path->sfs[i]);
        if (sf && sf->is_marked) {
            return xasprintf("function %s is marked down", sf->name);
        }
    }
    return NULL;
}

char *
path_check_avoided(const struct path *path, const struct inventory *inv)
{
    const char *reason = NULL;
    PATH_FOR_EACH_HOP (hop, path) {
        for (size_t i = 0; i < hop->n_route && !reason; i++) {
            const struct inv_link *link = find_link(inv, &hop->route[i]);
            reason = link ? link->avoided : NULL;
        }
        const char *ends[] = { hop->sender, hop->receiver };
        for (size_t i = 0; i < ARRAY_SIZE(ends) && !reason; i++) {
            const struct inv_gateway *gw = inventory_gateway(inv, ends[i]);
            reason = gw ? gw->avoided : NULL;
        }
    }
    return nullable_xstrdup(reason);
}

/* Has each function a tag exactly if its correlation is vlan now? */
static char *
check_tags(const struct path *path, const struct inventory *inv)
{
    for (size_t i = 0; i < path->n_sfs; i++) {
        const struct inv_sf *sf = inventory_sf(inv, path->sfs[i]);
        if ((sf->correlation == SF_VLAN) != (path->sf_vlans[i] != 0)) {
            return xasprintf("function %s has another correlation than it had",
                             sf->name);
        }
    }
    return NULL;
}

char *
path_check(const struct path *path, const struct inventory *inv)
{
    char *error = path_check_places(path, inv);
    error = error ? error : path_check_links(path, inv);
    return error ? error : check_tags(path, inv);
}

/* Do the functions 'a' and 'b' do the same? */
static bool
sfs_alike(const struct inventory *inv, const char *a, const char *b)
{
    const struct inv_sf *sf_a = inventory_sf(inv, a);
    const struct inv_sf *sf_b = inventory_sf(inv, b);
    return (!strcmp(a, b)
            || (sf_a && sf_b && sf_a->group[0]
                && !strcmp(sf_a->group, sf_b->group)));
}

static bool
ways_alike(const struct inventory *inv, char *const *a, size_t n_a,
           char *const *b, size_t n_b)
{
    for (size_t i = 0; i < n_a && n_a == n_b; i++) {
        if (!sfs_alike(inv, a[i], b[i])) {
            return false;
        }
    }
    return n_a == n_b;
}

char *
path_check_change(const struct inventory *inv, const struct path *old,
                  const struct path *new)
{
    bool enters_alike = (!strcmp(old->src, new->src)
                         && !strcmp(old->match, new->match));
    bool leaves_alike = !strcmp(old->dst, new->dst);
    for (size_t i = 0; i < old->n_sfs; i++) {
        const struct inv_sf *sf = inventory_sf(inv, old->sfs[i]);
        for (size_t j = 0; j < new->n_sfs; j++) {
            if (sf && untagged_sf(sf)
                && !strcmp(old->sfs[i], new->sfs[j])
                && !(enters_alike
                     && ways_alike(inv, old->sfs, i, new->sfs, j))
                && !(leaves_alike
                     && ways_alike(inv, old->sfs + i + 1, old->n_sfs - i - 1,
                                   new->sfs + j + 1, new->n_sfs - j - 1))) {
                return xasprintf(
                    "function %s has correlation none, so packets that pass "
                    "it during the change could miss other functions, or go "
                    "astray: change what is before it first, then what is "
                    "behind it", sf->name);
            }
        }
    }
    return NULL;
}
