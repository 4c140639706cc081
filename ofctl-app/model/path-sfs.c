/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/model/path-sfs.h"

#include <limits.h>

#include "ofctl-app/model/numbers.h"
#include "ofctl-app/model/path-way.h"
#include "ofctl-app/model/path.h"
#include "ofctl-app/model/untagged-sf.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

/* The work on one chain. */
struct choice {
    const struct inventory *inv;
    const struct inv_chain *chain;
    const struct path_hints *hints;
    const struct path_allocator *alloc;
    struct shash chosen;        /* struct inv_sf by the name that the chain
                                 * has for it. */
};

static bool
is_chosen(const struct choice *c, const struct inv_sf *sf)
{
    struct shash_node *node;
    SHASH_FOR_EACH (node, &c->chosen) {
        if (node->data == sf) {
            return true;
        }
    }
    return false;
}

/* May the chain, which does not name it, pass 'sf'? */
static bool
is_free(const struct choice *c, const struct inv_sf *sf)
{
    return (!untagged_sf(sf)
            || (!untagged_sf_is_named(c->inv, c->chain->name, sf)
                && c->alloc->untagged_is_free(c->alloc->usability_aux,
                                              c->chain->name, sf->name)));
}

/* Can 'sf' stand in for 'named', another one? */
static bool
is_stand_in(const struct choice *c, const struct inv_sf *named,
            const struct inv_sf *sf)
{
    return (named->group[0] && !strcmp(sf->group, named->group)
            && !inv_chain_names_sf(c->chain, sf) && !is_chosen(c, sf)
            && is_free(c, sf));
}

static bool
is_kept(const struct choice *c, const struct inv_sf *sf)
{
    for (size_t i = 0; c->hints && i < c->hints->n_keep; i++) {
        if (path_passes_sf(c->hints->keep[i], sf->name)) {
            return true;
        }
    }
    return false;
}

static bool
has_gateway(const struct choice *c, const struct inv_bridge *bridge)
{
    struct shash_node *node;
    SHASH_FOR_EACH (node, &c->inv->gateways) {
        const struct inv_gateway *gw = node->data;
        if (gw->bridge == bridge
            && c->alloc->gateway_usable(c->alloc->usability_aux, gw->vnf_id)) {
            return true;
        }
    }
    return false;
}

/* Returns the links between two bridges; UINT_MAX: 'to' cannot be reached.
 * Sets '*is_doubted' if one of them may not work. */
static unsigned int
distance(const struct choice *c, const struct inv_bridge *from,
         const struct inv_bridge *to, bool *is_doubted)
{
    *is_doubted = false;
    const struct inv_link **way;
    size_t n;
    if (from == to) {
        return 0;
    }
    bool found = path_find_way(c->inv, NULL, from, to, &way, &n);
    for (size_t i = 0; i < n; i++) {
        *is_doubted = *is_doubted || way[i]->doubt;
    }
    free(way);
    return found && has_gateway(c, to) ? n : UINT_MAX;
}

/* Returns the cost of going from bridge 'here' to 'sf' for 'named'.  Weightier
 * reasons against it are higher bits. */
static unsigned long long int
cost(const struct choice *c, const struct inv_bridge *here,
     const struct inv_sf *named, const struct inv_sf *sf)
{
    bool is_doubted;
    unsigned int links = distance(c, here, sf->bridge, &is_doubted);
    return ((links == UINT_MAX ? 1ULL << 37 : 0)
            | (is_doubted ? 1ULL << 36 : 0)
            | (path_avoids(c->hints, "function", sf->name) ? 1ULL << 35 : 0)
            | (!is_kept(c, sf) ? 1ULL << 34 : 0)
            | (sf != named ? 1ULL << 33 : 0)
            | links);
}

static char *
none_is_up(const struct choice *c, const struct inv_sf *named)
{
    char *state = (named->is_marked
                   ? xasprintf("function %s is marked down", named->name)
                   : inventory_format_down("function", named->name,
                                           named->down));
    struct ds ds = DS_EMPTY_INITIALIZER;
    ds_put_cstr(&ds, state);
    free(state);
    if (!named->group[0]) {
        ds_put_cstr(&ds, ", and in no group of functions that could stand in "
                    "for it");
        return ds_steal_cstr(&ds);
    }
    ds_put_format(&ds, ", and none of group %s can stand in for it",
                  named->group);
    const struct shash_node **sorted = shash_sort(&c->inv->sfs);
    const char *separator = ": ";
    for (size_t i = 0; i < shash_count(&c->inv->sfs); i++) {
        const struct inv_sf *sf = sorted[i]->data;
        if (sf != named && !strcmp(sf->group, named->group)) {
            ds_put_format(&ds, "%s%s is %s", separator, sf->name,
                          sf->is_marked ? "marked down"
                          : sf->down ? "down"
                          : is_free(c, sf) ? "in the chain itself"
                          : "another chain's");
            separator = ", ";
        }
    }
    free(sorted);
    return ds_steal_cstr(&ds);
}

/* Chooses a function for one name that the chain has, coming from bridge
 * 'here'. */
static char *
choose(struct choice *c, const struct inv_bridge *here,
       const struct inv_sf *named, const struct inv_sf **sfp)
{
    const struct inv_sf *best = shash_find_data(&c->chosen, named->name);
    if (!best) {
        const struct shash_node **sorted = shash_sort(&c->inv->sfs);
        unsigned long long int best_cost = ULLONG_MAX;
        for (size_t i = 0; i < shash_count(&c->inv->sfs); i++) {
            const struct inv_sf *sf = sorted[i]->data;
            if (inv_sf_is_up(sf)
                && (sf == named || is_stand_in(c, named, sf))) {
                unsigned long long int this_cost = cost(c, here, named, sf);
                if (this_cost < best_cost) {
                    best_cost = this_cost;
                    best = sf;
                }
            }
        }
        free(sorted);
        if (!best) {
            return none_is_up(c, named);
        }
        shash_add(&c->chosen, named->name, best);
    }
    *sfp = best;
    return NULL;
}

static char *
choose_all(struct choice *c, const struct inv_bridge *here,
           const struct inv_sf *const *named, size_t n,
           const struct inv_sf **sfs)
{
    char *error = NULL;
    for (size_t i = 0; i < n && !error; i++) {
        error = choose(c, here, named[i], &sfs[i]);
        here = error ? NULL : sfs[i]->bridge;
    }
    return error;
}

char *
path_choose_sfs(const struct inventory *inv, const struct inv_chain *chain,
                const struct path_hints *hints,
                const struct path_allocator *alloc,
                const struct inv_sf ***sfsp,
                const struct inv_sf ***reverse_sfsp)
{
    struct choice c = {
        .inv = inv,
        .chain = chain,
        .hints = hints,
        .alloc = alloc,
        .chosen = SHASH_INITIALIZER(&c.chosen),
    };
    const struct inv_sf **sfs = xcalloc(chain->n_sfs + 1, sizeof *sfs);
    const struct inv_sf **reverse_sfs = xcalloc(chain->n_reverse_sfs + 1,
                                                sizeof *reverse_sfs);
    char *error = choose_all(&c, chain->src->bridge, chain->sfs, chain->n_sfs,
                             sfs);
    if (!error) {
        error = choose_all(&c, chain->dst->bridge, chain->reverse_sfs,
                           chain->n_reverse_sfs, reverse_sfs);
    }
    if (error) {
        free(sfs);
        free(reverse_sfs);
        sfs = reverse_sfs = NULL;
    }
    shash_destroy(&c.chosen);
    *sfsp = sfs;
    *reverse_sfsp = reverse_sfs;
    return error;
}
