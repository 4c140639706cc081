/* SPDX-License-Identifier: Apache-2.0 */

/* Prints flows.  Obeys tests/unit/test-topology.h's lines on standard input and
 *
 *   path CHAIN         computes its paths, which the others are about
 *   forget gateway|sf|endpoint NAME
 *   flows              of the paths, as "BRIDGE cookie=..,table=..,.."
 *   guards BRIDGE
 *   ports              of all bridges, as "BRIDGE PORT NUMBER" */

#include <config.h>

#include "ofctl-app/flows/steering.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/test-topology.h"

#include "util.h"

static struct path *paths[2];
static size_t n_paths;

static void
forget_paths(void)
{
    for (size_t i = 0; i < n_paths; i++) {
        path_destroy(paths[i]);
    }
    n_paths = 0;
}

static void
do_path(struct topology *t, const char *name)
{
    struct path_allocator alloc = topology_allocator(t);
    const struct inv_chain *chain = inventory_chain(&t->inv, name);
    forget_paths();
    char *error = path_compute(&t->inv, chain, NULL, &alloc, paths, &n_paths);
    if (error) {
        ovs_fatal(0, "%s", error);
    }
}

/* An object is found by a name that nobody asks for from now on. */
static void
do_forget(struct topology *t, const char *kind, const char *name)
{
    struct shash *shash = (!strcmp(kind, "gateway") ? &t->inv.gateways
                           : !strcmp(kind, "sf") ? &t->inv.sfs
                           : &t->inv.endpoints);
    void *object = shash_find_and_delete(shash, name);
    char *other = xasprintf("forgotten %s", name);
    ovs_assert(object);
    shash_add_once(shash, other, object);
    free(other);
}

static void
print_flows(struct ovs_list *flows)
{
    const struct steering_flow *flow;
    LIST_FOR_EACH (flow, node, flows) {
        printf("%s cookie=0x%"PRIx64",%s\n", flow->bridge, flow->cookie,
               flow->text);
    }
    steering_flows_destroy(flows);
}

static void
do_flows(struct topology *t)
{
    for (size_t i = 0; i < n_paths; i++) {
        struct ovs_list flows = OVS_LIST_INITIALIZER(&flows);
        const struct path *twin = n_paths > 1 ? paths[!i] : NULL;
        char *error = steering_path_flows(&t->inv, paths[i], twin,
                                          topology_port, t, &flows);
        if (error) {
            ovs_assert(ovs_list_is_empty(&flows));
            printf("%s\n", error);
            free(error);
        }
        print_flows(&flows);
    }
}

static void
do_guards(struct topology *t, const char *bridge)
{
    struct ovs_list flows = OVS_LIST_INITIALIZER(&flows);
    steering_guard_flows(&t->inv, bridge, topology_port, t, &flows);
    print_flows(&flows);
}

static void
do_ports(const struct topology *t)
{
    const struct simap_node **nodes = simap_sort(&t->ports);
    for (size_t i = 0; i < simap_count(&t->ports); i++) {
        printf("%s %u\n", nodes[i]->name, nodes[i]->data);
    }
    free(nodes);
}

static void
obey(struct topology *t, char **words, size_t n)
{
    if (!strcmp(words[0], "path") && n == 2) {
        do_path(t, words[1]);
    } else if (!strcmp(words[0], "forget") && n == 3) {
        do_forget(t, words[1], words[2]);
    } else if (!strcmp(words[0], "flows") && n == 1) {
        do_flows(t);
    } else if (!strcmp(words[0], "guards") && n == 2) {
        do_guards(t, words[1]);
    } else if (!strcmp(words[0], "ports") && n == 1) {
        do_ports(t);
    } else {
        ovs_fatal(0, "%s: no such command, or arguments", words[0]);
    }
}

int
main(int argc OVS_UNUSED, char *argv[])
{
    struct topology t;
    set_program_name(argv[0]);
    topology_init(&t);
    topology_read(&t, obey);
    forget_paths();
    topology_destroy(&t);
    return 0;
}
