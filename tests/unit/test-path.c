/* SPDX-License-Identifier: Apache-2.0 */

/* Finds paths.
 *
 *   test-path script < FILE    obeys tests/unit/test-topology.h's lines and
 *                                path CHAIN [keep|avoid]
 *                                                 computes, prints; with the
 *                                                 paths printed last as hints
 *                                shared           of the paths printed before
 *                                                 and those printed last
 *                                mtu              of the paths printed last
 *                                route TEXT       parses and prints
 *                                intent CHAIN REKEYS REROUTES
 *   test-path random SEED N    N random networks against a simple search */

#include <config.h>

#include "ofctl-app/model/path-mtu.h"
#include "ofctl-app/model/path.h"

#include <stdio.h>
#include <stdlib.h>

#include "ofctl-app/model/path-find.h"
#include "tests/unit/test-topology.h"

#include "random.h"
#include "sset.h"
#include "util.h"

/* Scripts. */

static void
print_hop(const struct path_hop *hop)
{
    char *route = path_route_format(hop);
    printf("    si %d: %s vlan %d -> %s vlan %d, ESP SPI 0x%x, over %s\n",
           hop->si, hop->sender, hop->sender_vlan, hop->receiver,
           hop->receiver_vlan, hop->esp_spi, route);
    free(route);
}

static void
print_path(const struct topology *t, const struct path *path)
{
    printf("  %s of %s: NSH SPI 0x%x, priority %d, lifetime %u, %s\n",
           path->reverse ? "reverse" : "forward", path->chain, path->nsh_spi,
           path->priority, path->lifetime_s, path->match);
    printf("    from %s\n", path->src);
    for (size_t i = 0; i <= path->n_sfs; i++) {
        if (path->hops[i]) {
            print_hop(path->hops[i]);
        }
        if (i == path->n_sfs) {
            printf("    to %s\n", path->dst);
        } else if (path->sf_vlans[i]) {
            printf("    through %s, tag %d\n", path->sfs[i],
                   path->sf_vlans[i]);
        } else {
            printf("    through %s\n", path->sfs[i]);
        }
    }

    struct sset names = SSET_INITIALIZER(&names);
    path_bridges(path, &t->inv, &names);
    const char **sorted = sset_sort(&names);
    printf("    bridges");
    for (size_t i = 0; i < sset_count(&names); i++) {
        printf(" %s", sorted[i]);
    }
    printf("\n");
    free(sorted);
    sset_destroy(&names);
}

static struct path *last[2];    /* do_path()'s paths. */
static size_t n_last;
static struct path *before[2];  /* Those of the time before. */
static size_t n_before;

/* What was last is what was before. */
static void
forget_last(void)
{
    for (size_t i = 0; i < n_before; i++) {
        path_destroy(before[i]);
    }
    memcpy(before, last, sizeof before);
    n_before = n_last;
    n_last = 0;
}

static void
do_shared(void)
{
    const struct path *a[2] = { before[0], before[1] };
    const struct path *b[2] = { last[0], last[1] };
    size_t n_own;
    size_t n_shared = path_n_shared(a, n_before, b, n_last, &n_own);
    printf("of the one before %"PRIuSIZE" shared, %"PRIuSIZE" its own\n",
           n_shared, n_own);
}

/* 'hint' is "", "keep" or "avoid". */
static void
do_path(struct topology *t, const char *name, const char *hint)
{
    const struct path *hinted[2] = { last[0], last[1] };
    struct sset avoid = SSET_INITIALIZER(&avoid);
    path_elements(hinted, !strcmp(hint, "avoid") ? n_last : 0, &avoid);
    const struct path_hints hints = {
        .keep = hinted,
        .n_keep = !strcmp(hint, "keep") ? n_last : 0,
        .avoid = &avoid,
    };
    const struct inv_chain *chain = inventory_chain(&t->inv, name);
    struct path_allocator alloc = topology_allocator(t);
    struct path *paths[2];
    size_t n;
    if (!chain) {
        ovs_fatal(0, "no chain %s", name);
    }
    char *error = path_compute(&t->inv, chain, &hints, &alloc, paths, &n);
    if (error) {
        printf("  %s\n", error);
        free(error);
    }
    for (size_t i = 0; i < n; i++) {
        print_path(t, paths[i]);
    }
    sset_destroy(&avoid);
    forget_last();
    for (size_t i = 0; i < n; i++) {
        last[n_last++] = paths[i];
    }
}

static void
do_route(const char *text)
{
    struct path_hop hop = { .si = 0 };
    bool ok = path_route_parse(text, &hop);
    char *again = hop.bridge ? path_route_format(&hop) : xstrdup("");
    printf("  %s: %s\n", ok ? "good" : "malformed", again);
    free(again);
    for (size_t i = 0; i < hop.n_route; i++) {
        free(hop.route[i].from);
        free(hop.route[i].out_port);
        free(hop.route[i].to);
        free(hop.route[i].in_port);
    }
    free(hop.route);
    free(hop.bridge);
}

static void
obey(struct topology *t, char **words, size_t n)
{
    if (!strcmp(words[0], "path") && (n == 2 || n == 3)) {
        const char *hint = n == 3 ? words[2] : "";
        printf("path %s%s%s\n", words[1], n == 3 ? " " : "", hint);
        do_path(t, words[1], hint);
    } else if (!strcmp(words[0], "shared") && n == 1) {
        do_shared();
    } else if (!strcmp(words[0], "mtu") && n == 1) {
        for (size_t i = 0; i < n_last; i++) {
            printf("%s %d octets\n", i ? "reverse" : "forward",
                   path_mtu(&t->inv, last[i]));
        }
    } else if (!strcmp(words[0], "intent") && n == 4) {
        struct inv_chain *chain = shash_find_data(&t->inv.chains, words[1]);
        inv_chain_set_intent(chain, atoi(words[2]), atoi(words[3]));
        printf("%s\n", chain->intent);
    } else if (!strcmp(words[0], "route") && n == 2) {
        do_route(words[1]);
    } else {
        ovs_fatal(0, "%s: no such command, or arguments", words[0]);
    }
}

/* Random networks. */

#define MAX_BRIDGES 7
#define INFINITE 1000

struct net {
    struct topology t;
    int n;                              /* Bridges "b0" and so on. */
    int distance[MAX_BRIDGES][MAX_BRIDGES];     /* In links. */
    int last_gateway[MAX_BRIDGES];      /* "gBRIDGE-i", i below this. */
    int n_sfs;                          /* "f0" and so on. */
    int sf_bridge[2];
    int src_bridge, dst_bridge;
    bool one_way;
};

/* As topology_obey(), of text. */
static void OVS_PRINTF_FORMAT(2, 3)
declare(struct topology *t, const char *format, ...)
{
    char *words[32];
    va_list args;
    va_start(args, format);
    char *line = xvasprintf(format, args);
    va_end(args);
    size_t n = topology_split(line, words, ARRAY_SIZE(words));
    ovs_assert(topology_obey(t, words, n));
    free(line);
}

static void
make_links(struct net *net)
{
    int n_links = random_range(2 * net->n);
    for (int i = 0; i < net->n; i++) {
        for (int j = 0; j < net->n; j++) {
            net->distance[i][j] = i == j ? 0 : INFINITE;
        }
    }
    for (int i = 0; i < n_links; i++) {
        int a = random_range(net->n);
        int b = random_range(net->n);
        if (a != b) {
            declare(&net->t, "link b%d l%d b%d m%d", a, i, b, i);
            net->distance[a][b] = net->distance[b][a] = 1;
        }
    }
    /* Floyd and Warshall's. */
    for (int k = 0; k < net->n; k++) {
        for (int i = 0; i < net->n; i++) {
            for (int j = 0; j < net->n; j++) {
                int by_k = net->distance[i][k] + net->distance[k][j];
                net->distance[i][j] = MIN(net->distance[i][j], by_k);
            }
        }
    }
}

static void
make_net(struct net *net)
{
    topology_init(&net->t);
    net->n = 1 + random_range(MAX_BRIDGES);
    for (int i = 0; i < net->n; i++) {
        declare(&net->t, "bridge b%d", i);
        net->last_gateway[i] = random_range(4);
        for (int j = 0; j < net->last_gateway[i]; j++) {
            declare(&net->t, "gateway g%d-%d b%d p%d c%d 192.0.2.%d",
                    i, j, i, j, j, 10 * i + j);
            declare(&net->t, "load g%d-%d %d", i, j, random_range(6));
            if (!random_range(4)) {
                declare(&net->t, "down g%d-%d", i, j);
            }
        }
    }
    make_links(net);
    net->src_bridge = random_range(net->n);
    net->dst_bridge = random_range(net->n);
    net->one_way = random_range(2);
    net->n_sfs = random_range(ARRAY_SIZE(net->sf_bridge) + 1);
    declare(&net->t, "endpoint a b%d a 02:00:00:00:00:0a", net->src_bridge);
    declare(&net->t, "endpoint z b%d z 02:00:00:00:00:0b", net->dst_bridge);
    for (int i = 0; i < net->n_sfs; i++) {
        net->sf_bridge[i] = random_range(net->n);
        declare(&net->t, "sf f%d b%d i%d o%d vlan", i, net->sf_bridge[i], i,
                i);
    }
    declare(&net->t, "chain c a z ip 1 %s 0 %s %s",
            net->one_way ? "one-way" : "two-way", net->n_sfs > 0 ? "f0" : "",
            net->n_sfs > 1 ? "f1" : "");
}

/* Least load of a usable gateway on 'bridge', or -1 if there is none. */
static int
least_load(const struct net *net, int bridge)
{
    int least = -1;
    for (int i = 0; i < net->last_gateway[bridge]; i++) {
        char *name = xasprintf("g%d-%d", bridge, i);
        int load = simap_get(&net->t.loads, name);
        if (!sset_contains(&net->t.down, name)
            && (least < 0 || load < least)) {
            least = load;
        }
        free(name);
    }
    return least;
}

/* Bridge where stage 'i' of the forward path ends. */
static int
stage_end(const struct net *net, int i)
{
    return i < net->n_sfs ? net->sf_bridge[i] : net->dst_bridge;
}

static bool
is_possible(const struct net *net)
{
    int here = net->src_bridge;
    for (int i = 0; i <= net->n_sfs; i++) {
        int next = stage_end(net, i);
        if (next != here
            && (net->distance[here][next] >= INFINITE
                || least_load(net, here) < 0 || least_load(net, next) < 0)) {
            return false;
        }
        here = next;
    }
    return true;
}

/* Is there a link like this? */
static bool
is_link(const struct inventory *inv, const struct path_link *l)
{
    for (size_t i = 0; i < inv->n_links; i++) {
        const struct inv_link *have = &inv->links[i];
        if (!strcmp(have->from->name, l->from)
            && !strcmp(have->to->name, l->to)
            && !strcmp(have->out_port, l->out_port)
            && !strcmp(have->in_port, l->in_port)) {
            return true;
        }
    }
    return false;
}

static int
bridge_index(const char *name)
{
    return atoi(name + 1);
}

/* 'hop' leads from bridge 'from' to 'to' over 'distance' links that are
 * there. */
static void
check_hop(const struct net *net, const struct path_hop *hop, int si, int from,
          int to)
{
    const struct inventory *inv = &net->t.inv;
    const struct inv_gateway *sender = inventory_gateway(inv, hop->sender);
    const struct inv_gateway *receiver = inventory_gateway(inv, hop->receiver);
    ovs_assert(hop->si == si);
    ovs_assert(bridge_index(sender->bridge->name) == from);
    ovs_assert(bridge_index(receiver->bridge->name) == to);
    ovs_assert(!sset_contains(&net->t.down, hop->sender));
    ovs_assert(!sset_contains(&net->t.down, hop->receiver));
    ovs_assert(hop->sender_vlan && hop->receiver_vlan && hop->esp_spi);
    ovs_assert(hop->n_route == net->distance[from][to]);
    for (size_t i = 0; i < hop->n_route; i++) {
        ovs_assert(bridge_index(hop->route[i].from) == from);
        ovs_assert(is_link(inv, &hop->route[i]));
        from = bridge_index(hop->route[i].to);
    }
    ovs_assert(from == to);
}

static void
check_path(const struct net *net, const struct path *path)
{
    int n = net->n_sfs;
    int here = path->reverse ? net->dst_bridge : net->src_bridge;
    for (int i = 0; i <= n; i++) {
        int next = (!path->reverse ? stage_end(net, i)
                    : i < n ? net->sf_bridge[n - 1 - i] : net->src_bridge);
        const struct path_hop *hop = path->hops[i];
        ovs_assert((hop != NULL) == (next != here));
        if (hop) {
            check_hop(net, hop, 255 - i, here, next);
        }
        here = next;
    }
}

/* The way back goes over the same gateways. */
static void
check_twins(const struct path *a, const struct path *b)
{
    for (size_t i = 0; i <= a->n_sfs; i++) {
        const struct path_hop *x = a->hops[i], *y = b->hops[a->n_sfs - i];
        if (x) {
            ovs_assert(!strcmp(x->sender, y->receiver));
            ovs_assert(!strcmp(x->receiver, y->sender));
            ovs_assert(x->esp_spi != y->esp_spi);
            ovs_assert(x->sender_vlan != y->receiver_vlan);
        }
    }
    ovs_assert(a->nsh_spi != b->nsh_spi);
}

/* The first hop is by the least loaded gateways: what later ones see depends
 * on what was taken before. */
static void
check_first_loads(const struct simap *loads, const struct path *path,
                  const int least[MAX_BRIDGES])
{
    for (size_t i = 0; i <= path->n_sfs; i++) {
        const struct path_hop *hop = path->hops[i];
        if (hop) {
            ovs_assert(simap_get(loads, hop->sender)
                       == least[bridge_index(hop->route[0].from)]);
            ovs_assert(simap_get(loads, hop->receiver)
                       == least[bridge_index(path_hop_end(hop))]);
            return;
        }
    }
}

/* New keys: the same way with other numbers. */
static void
check_renewal(struct net *net, struct path *const *paths, size_t n)
{
    struct path_allocator alloc = topology_allocator(&net->t);
    const struct path *old[2] = { paths[0], paths[1] };
    struct path *new[2];
    char *error = path_renew(old, n, &alloc, new);
    ovs_assert(!error);
    for (size_t i = 0; i < n; i++) {
        ovs_assert(new[i]->nsh_spi != old[i]->nsh_spi);
        ovs_assert(new[i]->reverse == old[i]->reverse);
        ovs_assert(new[i]->state == PATH_PREPARING);
        for (size_t j = 0; j <= old[i]->n_sfs; j++) {
            const struct path_hop *a = old[i]->hops[j], *b = new[i]->hops[j];
            ovs_assert(!a == !b);
            if (a) {
                char *way_a = path_route_format(a);
                char *way_b = path_route_format(b);
                ovs_assert(!strcmp(way_a, way_b));
                ovs_assert(!strcmp(a->sender, b->sender));
                ovs_assert(!strcmp(a->receiver, b->receiver));
                ovs_assert(a->si == b->si && a->esp_spi != b->esp_spi);
                ovs_assert(a->sender_vlan != b->sender_vlan);
                ovs_assert(!b->key_check[0] && !b->created_s);
                free(way_a);
                free(way_b);
            }
        }
        path_destroy(new[i]);
    }
}

/* Returns true if there is a path. */
static bool
check_net(struct net *net)
{
    struct path_allocator alloc = topology_allocator(&net->t);
    const struct inv_chain *chain = inventory_chain(&net->t.inv, "c");
    struct path *paths[2];
    size_t n;
    bool possible = is_possible(net);
    int least[MAX_BRIDGES];
    for (int i = 0; i < net->n; i++) {
        least[i] = least_load(net, i);
    }
    struct simap loads = SIMAP_INITIALIZER(&loads);
    const struct simap_node *node;
    SIMAP_FOR_EACH (node, &net->t.loads) {
        simap_put(&loads, node->name, node->data);
    }

    char *error = path_compute(&net->t.inv, chain, NULL, &alloc, paths, &n);
    ovs_assert(possible == !error);
    ovs_assert(n == (error ? 0 : net->one_way ? 1 : 2));
    if (n) {
        check_first_loads(&loads, paths[0], least);
        check_renewal(net, paths, n);
    }
    if (n == 2) {
        check_twins(paths[0], paths[1]);
    }
    for (size_t i = 0; i < n; i++) {
        check_path(net, paths[i]);
        path_destroy(paths[i]);
    }
    simap_destroy(&loads);
    free(error);
    return possible;
}

static void
random_nets(unsigned int seed, int n)
{
    int n_possible = 0;
    random_set_seed(seed);
    for (int i = 0; i < n; i++) {
        struct net net;
        make_net(&net);
        n_possible += check_net(&net);
        topology_destroy(&net.t);
    }
    printf("%s\n", (n_possible > n / 10 && n_possible < n - n / 10
                    ? "as the simple search" : "no fair sample"));
}

int
main(int argc, char *argv[])
{
    set_program_name(argv[0]);
    if (argc == 2 && !strcmp(argv[1], "script")) {
        struct topology t;
        topology_init(&t);
        topology_read(&t, obey);
        forget_last();
        forget_last();
        topology_destroy(&t);
    } else if (argc == 4 && !strcmp(argv[1], "random")) {
        random_nets(atoi(argv[2]), atoi(argv[3]));
    } else {
        ovs_fatal(0, "see the comment at the top of tests/unit/test-path.c");
    }
    return 0;
}
