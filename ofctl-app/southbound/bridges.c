/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ofctl-app/southbound/bridges.h"

#include "ofctl-app/southbound/of-listener.h"

#include "openvswitch/shash.h"
#include "openvswitch/vconn.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(bridges);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 10);

struct bridges {
    struct of_listener *listener;
    struct shash bridges;       /* Of struct bridge, by name. */
    uint64_t generation;
    uint64_t last_ticket;       /* The last one given, of any bridge. */
};

int
bridges_create(const char *listen, struct bridges **bridgesp)
{
    struct of_listener *listener;
    int error = of_listener_create(listen, &listener);
    *bridgesp = NULL;
    if (!error) {
        struct bridges *bridges = xzalloc(sizeof *bridges);
        bridges->listener = listener;
        shash_init(&bridges->bridges);
        *bridgesp = bridges;
    }
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
    while ((vconn = of_listener_next(bridges->listener, &datapath_id))) {
        struct bridge *bridge = find_id(bridges, datapath_id);
        if (bridge) {
            bridge_connect(bridge, vconn, bridges->generation);
        } else {
            VLOG_INFO_RL(&rl, "%s: dropped: there is no bridge with datapath "
                         "id %016"PRIx64, vconn_get_name(vconn), datapath_id);
            vconn_close(vconn);
        }
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
    if (generation != bridges->generation) {
        bridges->generation = generation;
        BRIDGES_FOR_EACH (bridge, bridges) {
            bridge_set_generation(bridge, generation);
        }
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
