/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/model/path-way.h"

#include <limits.h>
#include <stdlib.h>

#include "ofctl-app/model/path.h"
#include "sset.h"
#include "util.h"

/* Cost of a link.  A link or bridge that is to be avoided costs more than any
 * way around it. */
#define COST_LINK 1
#define COST_AVOIDED 10000
#define COST_DOUBT 1000000      /* More: it may not work at all. */

/* What to avoid. */

bool
path_avoids(const struct path_hints *hints, const char *kind, const char *name)
{
    if (!hints || !hints->avoid) {
        return false;
    }
    char *element = xasprintf("%s %s", kind, name);
    bool avoids = sset_contains(hints->avoid, element);
    free(element);
    return avoids;
}

static bool
avoids_link(const struct path_hints *hints, const struct inv_link *l)
{
    if (!hints || !hints->avoid) {
        return false;
    }
    char *name = path_link_name(l->from->name, l->out_port, l->to->name,
                                l->in_port);
    bool avoids = path_avoids(hints, "link", name);
    free(name);
    return avoids;
}

/* Dijkstra's search, from one bridge to another. */

/* A bridge that was met. */
struct node {
    const struct inv_bridge *bridge;
    const struct inv_link *came_by;     /* NULL: the search began there. */
    unsigned int cost;
    bool done;
};

struct search {
    const struct path_hints *hints;
    const struct inv_link **links;      /* Sorted. */
    size_t n_links;
    struct node *nodes;         /* In the order in which they were met. */
    size_t n_nodes;
};

static int
compare_links(const void *a_, const void *b_)
{
    const struct inv_link *const *a = a_;
    const struct inv_link *const *b = b_;
    int cmp = strcmp((*a)->to->name, (*b)->to->name);
    return cmp ? cmp : strcmp((*a)->out_port, (*b)->out_port);
}

/* Sorted, so that the way found does not depend on the order of rows. */
static void
search_init(struct search *s, const struct inventory *inv,
            const struct path_hints *hints, const struct inv_bridge *from)
{
    *s = (struct search) {
        .hints = hints,
        .links = xcalloc(inv->n_links + 1, sizeof *s->links),
        .n_links = inv->n_links,
        .nodes = xcalloc(shash_count(&inv->bridges) + 1, sizeof *s->nodes),
        .n_nodes = 1,
    };
    for (size_t i = 0; i < inv->n_links; i++) {
        s->links[i] = &inv->links[i];
    }
    qsort(s->links, inv->n_links, sizeof *s->links, compare_links);
    s->nodes[0] = (struct node) { .bridge = from };
}

static struct node *
find_node(const struct search *s, const struct inv_bridge *bridge)
{
    for (size_t i = 0; i < s->n_nodes; i++) {
        if (s->nodes[i].bridge == bridge) {
            return &s->nodes[i];
        }
    }
    return NULL;
}

/* The nearest that is not done, of several the one that was met first; or
 * NULL. */
static struct node *
nearest(const struct search *s)
{
    struct node *best = NULL;
    for (size_t i = 0; i < s->n_nodes; i++) {
        struct node *node = &s->nodes[i];
        if (!node->done && (!best || node->cost < best->cost)) {
            best = node;
        }
    }
    return best;
}

static void
follow_link(struct search *s, const struct node *here,
            const struct inv_link *l, const struct inv_bridge *to)
{
    unsigned int cost
        = (here->cost + COST_LINK
           + COST_DOUBT * l->doubt
           + (avoids_link(s->hints, l) ? COST_AVOIDED : 0)
           + (l->to != to && path_avoids(s->hints, "bridge", l->to->name)
              ? COST_AVOIDED : 0));
    struct node *node = find_node(s, l->to);
    if (!node) {
        node = &s->nodes[s->n_nodes++];
        *node = (struct node) { .bridge = l->to, .cost = UINT_MAX };
    }
    if (cost < node->cost) {
        node->cost = cost;
        node->came_by = l;
    }
}

/* The way that leads to 'last', from its end. */
static const struct inv_link **
collect_way(const struct search *s, const struct node *last, size_t *np)
{
    const struct inv_link **way = xcalloc(s->n_nodes + 1, sizeof *way);
    size_t n = 0;
    for (const struct node *node = last; node && node->came_by;
         node = find_node(s, node->came_by->from)) {
        way[n++] = node->came_by;
    }
    for (size_t i = 0; i < n / 2; i++) {
        const struct inv_link *tmp = way[i];
        way[i] = way[n - 1 - i];
        way[n - 1 - i] = tmp;
    }
    *np = n;
    return way;
}

bool
path_find_way(const struct inventory *inv, const struct path_hints *hints,
              const struct inv_bridge *from, const struct inv_bridge *to,
              const struct inv_link ***wayp, size_t *n_wayp)
{
    struct search s;
    search_init(&s, inv, hints, from);
    struct node *here;
    while ((here = nearest(&s)) && here->bridge != to) {
        here->done = true;
        for (size_t i = 0; i < s.n_links; i++) {
            const struct inv_link *l = s.links[i];
            if (l->from == here->bridge && !l->down
                && (l->to == to || !l->to->is_lost)) {
                follow_link(&s, here, l, to);
            }
        }
    }
    *wayp = collect_way(&s, here, n_wayp);
    free(s.links);
    free(s.nodes);
    return *n_wayp > 0;
}
