/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ofctl-app/southbound/bridges.h"

#include "lib/cert-life.h"
#include "ofctl-app/southbound/of-listener.h"
#include "ofctl-app/southbound/turned-away.h"

#include "openvswitch/shash.h"
#include "openvswitch/vconn.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(bridges);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 10);

struct bridges {
    struct of_listener *listener;
    struct turned_away away;
    struct shash bridges;       /* Of struct bridge, by name. */
    uint64_t generation;
    uint64_t last_ticket;       /* The last one given, of any bridge. */
};

int
bridges_create(const char *listen, struct bridges **bridgesp)
{
    struct bridges *bridges = xzalloc(sizeof *bridges);
    shash_init(&bridges->bridges);
    turned_away_init(&bridges->away);
    int error = of_listener_create(listen, &bridges->away,
                                   &bridges->listener);
    if (error) {
        bridges_destroy(bridges);
        bridges = NULL;
    }
    *bridgesp = bridges;
    return error;
}

void
bridges_destroy(struct bridges *bridges)
{
    if (bridges) {
        struct shash_node *node;
        SHASH_FOR_EACH_SAFE (node, &bridges->bridges) {
            bridges_remove(bridges, node->data);
        }
        shash_destroy(&bridges->bridges);
        of_listener_destroy(bridges->listener);
        turned_away_destroy(&bridges->away);
        free(bridges);
    }
}

/* Returns the bridge of 'datapath_id', or NULL.  Walks all bridges, once a
 * connection. */
static struct bridge *
find_id(const struct bridges *bridges, uint64_t datapath_id)
{
    BRIDGES_FOR_EACH (bridge, bridges) {
        if (bridge_datapath_id(bridge) == datapath_id) {
            return bridge;
        }
    }
    return NULL;
}

void
bridges_run(struct bridges *bridges)
{
    of_listener_run(bridges->listener);

    struct vconn *vconn;
    uint64_t datapath_id;
    char *peer;
    struct cert_life life;
    while ((vconn = of_listener_next(bridges->listener, &datapath_id,
                                     &peer, &life))) {
        struct bridge *bridge = find_id(bridges, datapath_id);
        if (bridge) {
            turned_away_forget(&bridges->away, vconn_get_name(vconn));
            bridge_connect(bridge, vconn, peer, &life,
                           bridges->generation);
        } else {
            char *reason = xasprintf("has datapath id %016"PRIx64", which no "
                                     "bridge has here", datapath_id);
            VLOG_INFO_RL(&rl, "%s: dropped: %s", vconn_get_name(vconn),
                         reason);
            turned_away_note(&bridges->away, vconn_get_name(vconn), reason);
            free(reason);
            vconn_close(vconn);
        }
        free(peer);
    }
    BRIDGES_FOR_EACH (bridge, bridges) {
        bridge_run(bridge);
    }
}

void
bridges_wait(struct bridges *bridges)
{
    of_listener_wait(bridges->listener);
    BRIDGES_FOR_EACH (bridge, bridges) {
        bridge_wait(bridge);
    }
}

void
bridges_set_generation(struct bridges *bridges, uint64_t generation)
{
    bridges->generation = generation;
    BRIDGES_FOR_EACH (bridge, bridges) {
        bridge_set_generation(bridge, generation);
    }
}

struct bridge *
bridges_add(struct bridges *bridges, const char *name, uint64_t datapath_id)
{
    struct bridge *bridge = bridge_create(name, datapath_id,
                                          &bridges->last_ticket);
    shash_add(&bridges->bridges, name, bridge);
    return bridge;
}

void
bridges_remove(struct bridges *bridges, struct bridge *bridge)
{
    shash_find_and_delete(&bridges->bridges, bridge_name(bridge));
    bridge_destroy(bridge);
}

struct bridge *
bridges_find(const struct bridges *bridges, const char *name)
{
    return shash_find_data(&bridges->bridges, name);
}

char *
bridges_reason(struct bridges *bridges, const struct bridge *bridge)
{
    char *away = (bridge_has_session(bridge) ? NULL
                  : turned_away_format(&bridges->away));
    char *reason = (away ? xasprintf("%s; turned away in the last minute: %s",
                                     bridge_reason(bridge), away)
                    : xstrdup(bridge_reason(bridge)));
    free(away);
    return reason;
}

struct bridge *
bridges_next(const struct bridges *bridges, const struct bridge *prev)
{
    const struct hmap *map = &bridges->bridges.map;
    struct hmap_node *node
        = (prev ? hmap_next(map, &shash_find(&bridges->bridges,
                                             bridge_name(prev))->node)
           : hmap_first(map));
    return node ? CONTAINER_OF(node, struct shash_node, node)->data : NULL;
}
