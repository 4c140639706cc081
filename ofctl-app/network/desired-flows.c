/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/network/desired-flows.h"

#include "ofctl-app/flows/flow-set.h"
#include "ofctl-app/flows/steering.h"
#include "ofctl-app/model/match.h"
#include "ofctl-app/model/untagged-sf.h"
#include "openvswitch/ofp-port.h"
#include "openvswitch/vlog.h"
#include "sset.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(desired_flows);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

/* Flows that one bridge is to get. */
struct selection {
    struct bridge *br;
    struct ofputil_port_map ports;      /* Those that the flows name. */
    const struct steering_flow **flows;
    size_t n, allocated;
};

static void
selection_init(struct selection *sel, struct bridge *br)
{
    *sel = (struct selection) { .br = br };
    ofputil_port_map_init(&sel->ports);
}

static void
selection_uninit(struct selection *sel)
{
    ofputil_port_map_destroy(&sel->ports);
    free(sel->flows);
}

static void
selection_add(struct selection *sel, const struct steering_flow *flow)
{
    if (sel->n >= sel->allocated) {
        sel->flows = x2nrealloc(sel->flows, &sel->allocated,
                                sizeof *sel->flows);
    }
    sel->flows[sel->n++] = flow;
}

/* Finds the numbers of the ports that 'flow' names.  Returns NULL or a message
 * about a port that the bridge does not have, or that cannot be told from
 * others. */
static char *
selection_find_ports(struct selection *sel, const struct steering_flow *flow)
{
    for (size_t i = 0; i < ARRAY_SIZE(flow->ports) && flow->ports[i]; i++) {
        const char *port = flow->ports[i];
        ofp_port_t number = bridge_port(sel->br, port);
        if (number && !ofputil_port_map_get_name(&sel->ports, number)) {
            ofputil_port_map_put(&sel->ports, number, port);
        }
        char *untold = bridge_port_untold(sel->br, port);
        if (untold) {
            char *error = xasprintf("port %s of bridge %s %s", port,
                                    flow->bridge, untold);
            free(untold);
            return error;
        }
    }
    return steering_check_ports(flow, &sel->ports);
}

/* The flows of one path. */

/* Makes the path's flows, unless they are there.  Returns NULL or, if it can
 * have none, a message, which belongs to 'live'. */
static const char *
make_flows(const struct network *net, struct live_path *live)
{
    const struct live_path *twin = live_paths_find(network_live_paths(net),
                                                   live->twin);
    unsigned int seqno = network_inventory_seqno(net);
    if (live->made.is_done && live->made.seqno == seqno
        && live->made.has_twin == (twin != NULL)) {
        return live->made.error;
    }
    live_path_forget_flows(live);
    live->made.is_done = true;
    live->made.seqno = seqno;
    live->made.has_twin = twin != NULL;

    struct ovs_list all = OVS_LIST_INITIALIZER(&all);
    live->made.error = steering_path_flows(network_inventory(net), live->path,
                                           twin ? twin->path : NULL, &all);
    struct steering_flow *flow;
    LIST_FOR_EACH_POP (flow, node, &all) {
        struct ovs_list *of_bridge = shash_find_data(&live->made.by_bridge,
                                                     flow->bridge);
        if (!of_bridge) {
            of_bridge = xmalloc(sizeof *of_bridge);
            ovs_list_init(of_bridge);
            shash_add(&live->made.by_bridge, flow->bridge, of_bridge);
        }
        ovs_list_push_back(of_bridge, &flow->node);
    }
    return live->made.error;
}

/* With which of the path's flows may the one be there that takes what comes
 * out of the untagged function 'sf'?  With none if packets may be another
 * chain's (the correlation was changed); with companions if they may be those
 * of another path that is in use; else with all. */
static enum path_flows
untagged_flow_kind(const struct network *net, const struct live_path *live,
                   const char *sf)
{
    const struct path *path = live->path;
    enum path_flows kind = PATH_FLOWS_TRANSPORT;
    LIVE_PATHS_FOR_EACH (other, network_live_paths(net)) {
        if (other == live || !untagged_sf_is_passed(other->path, sf)) {
            continue;
        } else if (strcmp(other->path->chain, path->chain)) {
            return 0;
        } else if (other->flows & PATH_FLOWS_COMPANION
                   && other->path->reverse == path->reverse
                   && (match_is_ipv6(other->path->match)
                       == match_is_ipv6(path->match))) {
            kind = PATH_FLOWS_COMPANION;
        }
    }
    return kind;
}

/* Is 'flow', one of those of 'live', among those of the kinds in 'which'? */
static bool
is_wanted(const struct network *net, const struct live_path *live,
          const struct steering_flow *flow, unsigned int which)
{
    uint32_t nsh_spi = steering_cookie_spi(flow->cookie);
    unsigned int kinds
        = (flow->cookie == steering_cookie(STEERING_CLASSIFIER, nsh_spi)
           ? PATH_FLOWS_CLASSIFIER
           : flow->cookie == steering_cookie(STEERING_COMPANION, nsh_spi)
           ? PATH_FLOWS_COMPANION : PATH_FLOWS_TRANSPORT);
    if (flow->untagged_sf) {
        /* Bridges do not flip all at once: what enters a function by one must
         * come out by the other. */
        unsigned int first = untagged_flow_kind(net, live, flow->untagged_sf);
        kinds = first ? kinds | first : 0;
    }
    return (which & kinds) != 0;
}

/* Returns what the parser says against the flows from number 'first' on, or
 * NULL. */
static char *
selection_parse(const struct selection *sel, size_t first)
{
    struct flow_change *change;
    char *error = flow_change_create(0, &sel->ports, NULL, 0,
                                     sel->flows + first, sel->n - first,
                                     &change);
    flow_change_destroy(change);
    return error;
}

/* Adds those flows of 'live' of the kinds in 'which' that its bridge is to
 * have; parses them if 'parse'.  Returns NULL; or a message, and adds none, if
 * it can have none there. */
static char *
selection_add_path(struct selection *sel, const struct network *net,
                   struct live_path *live, unsigned int which, bool parse)
{
    const char *error = make_flows(net, live);
    struct ovs_list *flows = shash_find_data(&live->made.by_bridge,
                                             bridge_name(sel->br));
    if (error || !flows) {
        return nullable_xstrdup(error);
    }
    const struct steering_flow *flow;
    LIST_FOR_EACH (flow, node, flows) {
        char *missing = selection_find_ports(sel, flow);
        if (missing) {
            return missing;
        }
    }
    size_t first = sel->n;
    LIST_FOR_EACH (flow, node, flows) {
        if (is_wanted(net, live, flow, which)) {
            selection_add(sel, flow);
        }
    }
    char *refusal = parse ? selection_parse(sel, first) : NULL;
    sel->n = refusal ? first : sel->n;
    return refusal;
}

/* Notes whether a live path can have flows on 'br' as things are: 'error' is
 * NULL, or why it has none. */
static void
note_error(const struct bridge *br, struct live_path *live,
           const char *error)
{
    const char *name = bridge_name(br);
    if (error) {
        VLOG_WARN_RL(&rl, "chain %s, path %"PRIu32", bridge %s: %s",
                     live->path->chain, live->path->nsh_spi, name, error);
        smap_replace(&live->errors, name, error);
    } else {
        smap_remove(&live->errors, name);
    }
}

#define N_PATH_COOKIES 3

static size_t
path_cookies(const struct live_path *live, uint64_t cookies[N_PATH_COOKIES])
{
    cookies[0] = steering_cookie(STEERING_TRANSPORT, live->path->nsh_spi);
    cookies[1] = steering_cookie(STEERING_CLASSIFIER, live->path->nsh_spi);
    cookies[2] = steering_cookie(STEERING_COMPANION, live->path->nsh_spi);
    return N_PATH_COOKIES;
}

uint64_t
desired_flows_change(struct network *net, struct bridge *br,
                     struct live_path *const *paths, size_t n, bool strict,
                     char **errorp)
{
    uint64_t *cookies = xmalloc((N_PATH_COOKIES * n + 1) * sizeof *cookies);
    size_t n_cookies = 0;
    char *error = NULL;
    struct selection sel;

    selection_init(&sel, br);
    for (size_t i = 0; i < n && !error; i++) {
        n_cookies += path_cookies(paths[i], &cookies[n_cookies]);
        if (paths[i]->flows) {
            error = selection_add_path(&sel, net, paths[i], paths[i]->flows,
                                       !strict);
            if (!strict) {
                /* Of a bridge that is away no port is known: it will be asked
                 * when it is back. */
                if (bridge_is_connected(br)) {
                    note_error(br, paths[i], error);
                }
                free(error);
                error = NULL;
            }
        }
    }
    uint64_t ticket = 0;
    if (!error) {
        ticket = bridge_change(br, &sel.ports, cookies, n_cookies, sel.flows,
                               sel.n, &error);
    }
    *errorp = error;
    selection_uninit(&sel);
    free(cookies);
    return ticket;
}

char *
desired_flows_check(const struct network *net, struct bridge *br,
                    struct live_path *live)
{
    struct selection sel;
    selection_init(&sel, br);
    char *error = selection_add_path(&sel, net, live, PATH_FLOWS_ALL, true);
    selection_uninit(&sel);
    return error;
}

void
desired_flows_bridges(const struct network *net, const struct live_path *live,
                      unsigned int which, struct sset *names)
{
    make_flows(net, CONST_CAST(struct live_path *, live));
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &live->made.by_bridge) {
        const struct steering_flow *flow;
        LIST_FOR_EACH (flow, node, (const struct ovs_list *) node->data) {
            if (is_wanted(net, live, flow, which)) {
                sset_add(names, node->name);
                break;
            }
        }
    }
}

/* Gives 'br' all flows that it is to have.  With 'parse' paths whose flows do
 * not parse have none there.  Returns NULL, or an error with nothing
 * changed. */
static char *
give_flows(struct network *net, struct bridge *br, bool parse)
{
    const struct live_paths *paths = network_live_paths(net);
    size_t n_max = N_PATH_COOKIES * live_paths_count(paths) + 1;
    uint64_t *cookies = xmalloc(n_max * sizeof *cookies);
    size_t n = 0;
    struct selection sel;
    selection_init(&sel, br);

    struct ovs_list guards = OVS_LIST_INITIALIZER(&guards);
    steering_guard_flows(network_inventory(net), bridge_name(br), &guards);
    cookies[n++] = steering_cookie(STEERING_GUARD, 0);
    const struct steering_flow *guard;
    LIST_FOR_EACH (guard, node, &guards) {
        char *missing = selection_find_ports(&sel, guard);
        if (!missing) {
            selection_add(&sel, guard);
        }
        free(missing);
    }

    /* The last flow of its kind counts: those of paths that are being left
     * come first. */
    for (int in_use = 0; in_use <= 1; in_use++) {
        LIVE_PATHS_FOR_EACH (live, paths) {
            if (in_use != !!(live->flows & PATH_FLOWS_CLASSIFIER)) {
                continue;
            }
            n += path_cookies(live, &cookies[n]);
            if (live->flows) {
                char *error = selection_add_path(&sel, net, live,
                                                 live->flows, parse);
                note_error(br, live, error);
                free(error);
            }
        }
    }

    char *error;
    bridge_change(br, &sel.ports, cookies, n, sel.flows, sel.n, &error);
    selection_uninit(&sel);
    steering_flows_destroy(&guards);
    free(cookies);
    return error;
}

/* Computes anew all flows that 'br' is to have.  Returns false if they could
 * not be; then it keeps what it has. */
static bool
refresh_bridge(struct network *net, struct bridge *br)
{
    char *error = give_flows(net, br, false);
    if (error) {
        /* One path is no reason to leave the others as they are. */
        free(error);
        error = give_flows(net, br, true);
    }
    if (error) {
        VLOG_ERR_RL(&rl, "bridge %s: %s", bridge_name(br), error);
        free(error);
        return false;
    }
    return true;
}

void
desired_flows_run(struct network *net)
{
    BRIDGES_FOR_EACH (br, network_bridges(net)) {
        if (bridge_is_connected(br) && network_see_bridge(net, br)
            && refresh_bridge(net, br)) {
            bridge_allow_sync(br);
        }
    }
}
