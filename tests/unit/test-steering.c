/* SPDX-License-Identifier: Apache-2.0 */

/* Prints flows.  Obeys tests/unit/test-topology.h's lines on standard input
 * and
 *
 *   path CHAIN         computes its paths, which the others are about
 *   forget gateway|sf|endpoint NAME
 *   flows              of the paths, as "BRIDGE cookie=..,table=..,.."
 *   parsed             the same flows as the switch gets them: port numbers
 *   guards BRIDGE
 *   ports              of all bridges, as "BRIDGE PORT NUMBER" */

#include <config.h>

#include "ofctl-app/flows/steering.h"

#include <stdio.h>
#include <stdlib.h>

#include "ofctl-app/model/path-find.h"
#include "tests/unit/test-topology.h"

#include "openvswitch/dynamic-string.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-port.h"
#include "openvswitch/ofp-protocol.h"
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

/* Returns a message about the first port of the flows that the switch does not
 * have, or NULL. */
static char *
check_ports(const struct topology *t, const struct ovs_list *flows)
{
    char *error = NULL;
    const struct steering_flow *flow;
    LIST_FOR_EACH (flow, node, flows) {
        struct ofputil_port_map map = OFPUTIL_PORT_MAP_INITIALIZER(&map);
        topology_ports(t, flow->bridge, &map);
        error = error ? error : steering_check_ports(flow, &map);
        ofputil_port_map_destroy(&map);
    }
    return error;
}

static void
print_flow(const struct topology *t OVS_UNUSED,
           const struct steering_flow *flow)
{
    printf("%s cookie=0x%"PRIx64",%s\n", flow->bridge, flow->cookie,
           flow->text);
}

static void
do_flows(struct topology *t,
         void (*print)(const struct topology *, const struct steering_flow *))
{
    for (size_t i = 0; i < n_paths; i++) {
        struct ovs_list flows = OVS_LIST_INITIALIZER(&flows);
        const struct path *twin = n_paths > 1 ? paths[!i] : NULL;
        char *error = steering_path_flows(&t->inv, paths[i], twin, &flows);
        if (error) {
            ovs_assert(ovs_list_is_empty(&flows));
        } else {
            error = check_ports(t, &flows);
        }
        if (error) {
            printf("%s\n", error);
            free(error);
        } else {
            const struct steering_flow *flow;
            LIST_FOR_EACH (flow, node, &flows) {
                print(t, flow);
            }
        }
        steering_flows_destroy(&flows);
    }
}

/* Prints the flow as it is after parsing. */
static void
print_parsed(const struct topology *t, const struct steering_flow *flow)
{
    struct ofputil_port_map map = OFPUTIL_PORT_MAP_INITIALIZER(&map);
    topology_ports(t, flow->bridge, &map);
    enum ofputil_protocol usable;
    struct ofputil_flow_mod fm;
    char *error = parse_ofp_flow_mod_str(&fm, flow->text, &map, NULL,
                                         OFPFC_ADD, &usable);
    if (error) {
        ovs_fatal(0, "%s: %s", flow->text, error);
    }
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct ofpact_format_params params = { .s = &ds };
    minimatch_format(&fm.match, NULL, NULL, &ds, fm.priority);
    ds_put_cstr(&ds, " actions=");
    ofpacts_format(fm.ofpacts, fm.ofpacts_len, &params);
    printf("%s table=%d,%s\n", flow->bridge, fm.table_id, ds_cstr(&ds));
    ds_destroy(&ds);
    minimatch_destroy(&fm.match);
    free(CONST_CAST(struct ofpact *, fm.ofpacts));
    ofputil_port_map_destroy(&map);
}

static void
do_guards(struct topology *t, const char *bridge)
{
    struct ovs_list flows = OVS_LIST_INITIALIZER(&flows);
    steering_guard_flows(&t->inv, bridge, &flows);
    struct ofputil_port_map map = OFPUTIL_PORT_MAP_INITIALIZER(&map);
    topology_ports(t, bridge, &map);
    struct steering_flow *flow;
    LIST_FOR_EACH (flow, node, &flows) {
        char *missing = steering_check_ports(flow, &map);
        if (!missing) {
            print_flow(t, flow);
        }
        free(missing);
    }
    ofputil_port_map_destroy(&map);
    steering_flows_destroy(&flows);
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
        do_flows(t, print_flow);
    } else if (!strcmp(words[0], "parsed") && n == 1) {
        do_flows(t, print_parsed);
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
