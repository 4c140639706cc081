/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/network/network.h"

#include <errno.h>
#include <limits.h>

#include "ofctl-app/model/untagged-sf.h"
#include "ofctl-app/plan/suspects.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "sset.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(network);

/* What network_see_bridge() was last called with. */
struct bridge_view {
    unsigned int bridge_seqno;
    unsigned int inv_seqno;     /* 0: never. */
};

struct network {
    struct inventory inv;
    unsigned int inv_seqno;     /* Changes with 'inv' or what agents say. */
    struct bridges *bridges;
    struct agents *agents;
    struct live_paths paths;
    int loss_ms;                /* NETWORK_LOSS_MS, or as the user wants. */
    struct shash bridge_views;  /* struct bridge_view */
    struct suspects suspects;
    struct sset down;           /* Links, functions and gateways that are */
    char *inv_digest;           /* Of 'inv' but for its chains */
};

char *
network_create(const struct network_config *config, struct network **netp)
{
    struct network *net = xzalloc(sizeof *net);
    net->loss_ms = NETWORK_LOSS_MS;
    inventory_init(&net->inv);
    live_paths_init(&net->paths);
    shash_init(&net->bridge_views);
    sset_init(&net->down);
    suspects_init(&net->suspects);
    *netp = NULL;

    char *error = agents_create(&config->agents, &net->agents);
    if (!error) {
        int retval = bridges_create(config->listen, &net->bridges);
        if (retval) {
            error = xasprintf("%s: cannot listen for bridges (%s)%s",
                              config->listen, ovs_strerror(retval),
                              retval == EADDRINUSE
                              ? ": does another program have that port?"
                              : retval == EADDRNOTAVAIL
                              ? ": this machine does not have that address"
                              : "");
        }
    }
    if (error) {
        network_destroy(net);
        return error;
    }
    *netp = net;
    return NULL;
}

void
network_destroy(struct network *net)
{
    if (net) {
        live_paths_destroy(&net->paths);
        bridges_destroy(net->bridges);
        agents_destroy(net->agents);
        shash_destroy_free_data(&net->bridge_views);
        sset_destroy(&net->down);
        suspects_destroy(&net->suspects);
        inventory_destroy(&net->inv);
        free(net->inv_digest);
        free(net);
    }
}

/* Sessions that match the inventory. */

static void
sync_bridges(struct network *net, const struct inventory *inv)
{
    struct bridge *next;
    for (struct bridge *br = bridges_next(net->bridges, NULL); br; br = next) {
        next = bridges_next(net->bridges, br);
        const char *name = bridge_name(br);
        const struct inv_bridge *old = inventory_bridge(&net->inv, name);
        const struct inv_bridge *new = inventory_bridge(inv, name);
        if (!new || !old || old->datapath_id != new->datapath_id) {
            free(shash_find_and_delete(&net->bridge_views, name));
            LIVE_PATHS_FOR_EACH (live, &net->paths) {
                smap_remove(&live->errors, name);
            }
            bridges_remove(net->bridges, br);
        }
    }

    struct shash_node *node;
    SHASH_FOR_EACH (node, &inv->bridges) {
        const struct inv_bridge *b = node->data;
        if (!bridges_find(net->bridges, b->name)) {
            bridges_add(net->bridges, b->name, b->datapath_id);
            shash_add(&net->bridge_views, b->name,
                      xzalloc(sizeof(struct bridge_view)));
        }
    }
}

/* Does anybody speak to the gateway's agent? */
static bool
has_session(const struct inv_gateway *gw)
{
    return gw && !gw->is_quarantined;
}

static void
sync_agents(struct network *net, const struct inventory *inv)
{
    struct agent *next;
    for (struct agent *a = agents_next(net->agents, NULL); a; a = next) {
        next = agents_next(net->agents, a);
        const struct inv_gateway *gw = inventory_gateway(inv,
                                                         agent_vnf_id(a));
        if (!has_session(gw) || strcmp(gw->url, agent_get_state(a)->url)) {
            agents_remove(net->agents, a);
        }
    }

    struct shash_node *node;
    SHASH_FOR_EACH (node, &inv->gateways) {
        const struct inv_gateway *gw = node->data;
        if (has_session(gw)) {
            struct agent *a = agents_find(net->agents, gw->vnf_id);
            a = a ? a : agents_add(net->agents, gw->vnf_id, gw->url);
            agent_set_keys(a, gw->keys);
        }
    }
}

/* Says to each bridge whether it has ports whose names OpenFlow cuts. */
static void
tell_needs(struct network *net)
{
    struct sset cut = SSET_INITIALIZER(&cut);
    inventory_cut_names(&net->inv, &cut);
    BRIDGES_FOR_EACH (br, net->bridges) {
        bridge_need_names(br, sset_contains(&cut, bridge_name(br)));
    }
    sset_destroy(&cut);
}

/* Takes over what agents say of their ports.  Returns true if it was news. */
static bool
update_gateways(struct network *net)
{
    bool changed = false;
    AGENTS_FOR_EACH (a, net->agents) {
        struct inv_gateway *gw = shash_find_data(&net->inv.gateways,
                                                 agent_vnf_id(a));
        const struct agent_port *plain = &agent_get_state(a)->plain;
        const struct agent_port *cipher = &agent_get_state(a)->cipher;
        if (gw && !eth_addr_is_zero(plain->mac)
            && !eth_addr_is_zero(cipher->mac)
            && (!eth_addr_equals(plain->mac, gw->plain_mac)
                || !eth_addr_equals(cipher->mac, gw->cipher_mac)
                || plain->mtu != gw->plain_mtu
                || cipher->mtu != gw->cipher_mtu)) {
            gw->plain_mac = plain->mac;
            gw->cipher_mac = cipher->mac;
            gw->plain_mtu = plain->mtu;
            gw->cipher_mtu = cipher->mtu;
            changed = true;
        }
    }
    return changed;
}

/* Sets '*downp', the member of the object 'what NAME', to 'down', of which it
 * takes ownership.  Logs it if it is news whether the object is down: the
 * inventory, which is made anew whenever the database changes, does not know
 * what was before. */
static void
set_down(struct network *net, const char *what, const char *name,
         const char **downp, char *down)
{
    if (down || !sset_is_empty(&net->down)) {
        char *title = xasprintf("%s %s", what, name);
        if (down ? sset_add(&net->down, title) != NULL
            : sset_find_and_delete(&net->down, title)) {
            VLOG_INFO("%s is %s%s", title, down ? "down: " : "up",
                      down ? down : "");
        }
        free(title);
    }
    inventory_set_reason(&net->inv, downp, down);
    free(down);
}

/* Returns why no packets pass the port (caller frees), or NULL if they do as
 * far as anybody knows. */
static char *
port_down(const struct network *net, const struct inv_bridge *b,
          const char *port)
{
    const struct bridge *br = bridges_find(net->bridges, b->name);
    char *why = br ? bridge_port_down(br, port) : NULL;
    why = (why ? why
           : nullable_xstrdup(inventory_port_fault(&net->inv, b, port)));
    char *down = why ? xasprintf("port %s of bridge %s %s", port, b->name, why)
                     : NULL;
    free(why);
    return down;
}

/* Takes over what is known of ports: a link, a function or a gateway is as
 * good as the worse of its two. */
static void
update_ports(struct network *net)
{
    for (size_t i = 0; i < net->inv.n_links; i += 2) {
        struct inv_link *l = &net->inv.links[i];
        char *down = port_down(net, l->from, l->out_port);
        down = down ? down : port_down(net, l->to, l->in_port);
        inventory_set_reason(&net->inv, &l[1].down, down);
        char *name = xasprintf("%s %s", l->from->name, l->out_port);
        set_down(net, "the link", name, &l->down, down);
        free(name);
    }
    struct shash_node *node;
    SHASH_FOR_EACH (node, &net->inv.sfs) {
        struct inv_sf *sf = node->data;
        char *down = port_down(net, sf->bridge, sf->in_port);
        down = down ? down : port_down(net, sf->bridge, sf->out_port);
        set_down(net, "function", sf->name, &sf->down, down);
    }
    SHASH_FOR_EACH (node, &net->inv.gateways) {
        struct inv_gateway *gw = node->data;
        char *down = port_down(net, gw->bridge, gw->plain_port);
        down = down ? down : port_down(net, gw->bridge, gw->cipher_port);
        set_down(net, "gateway", gw->vnf_id, &gw->down, down);
    }
}

/* Marks bridges and gateways that are away for so long that they count as
 * lost. */
static void
update_losses(struct network *net)
{
    long long int since = time_msec() - net->loss_ms;
    struct shash_node *node;
    SHASH_FOR_EACH (node, &net->inv.bridges) {
        struct inv_bridge *b = node->data;
        const struct bridge *br = bridges_find(net->bridges, b->name);
        bool is_lost = br && bridge_down_since_ms(br) <= since;
        if (is_lost && !b->is_lost) {
            VLOG_WARN("bridge %s is lost: not connected for %d ms", b->name,
                      net->loss_ms);
        }
        b->is_lost = is_lost;
    }
    SHASH_FOR_EACH (node, &net->inv.gateways) {
        struct inv_gateway *gw = node->data;
        const struct agent *agent = agents_find(net->agents, gw->vnf_id);
        bool is_lost = agent && agent_down_since_ms(agent) <= since;
        if (is_lost && !gw->is_lost) {
            VLOG_WARN("gateway %s is lost: down for %d ms", gw->vnf_id,
                      net->loss_ms);
        }
        gw->is_lost = is_lost;
    }
}

/* Takes over what bridges and agents say.  Returns true if flows are to be
 * computed anew. */
static bool
learn(struct network *net)
{
    update_ports(net);
    update_losses(net);
    return update_gateways(net);
}

/* Wakes up when the next one that is away will count as lost. */
static void
wait_losses(const struct network *net)
{
    BRIDGES_FOR_EACH (br, net->bridges) {
        const struct inv_bridge *b = inventory_bridge(&net->inv,
                                                      bridge_name(br));
        if (b && !b->is_lost && bridge_down_since_ms(br) != LLONG_MAX) {
            poll_timer_wait_until(bridge_down_since_ms(br) + net->loss_ms);
        }
    }
    AGENTS_FOR_EACH (a, net->agents) {
        const struct inv_gateway *gw = inventory_gateway(&net->inv,
                                                         agent_vnf_id(a));
        if (gw && !gw->is_lost && !agent_is_up(a)) {
            poll_timer_wait_until(agent_down_since_ms(a) + net->loss_ms);
        }
    }
}

/* Lets 'inv' have what is lost, so that update_losses() finds only news. */
static void
keep_losses(const struct network *net, struct inventory *inv)
{
    struct shash_node *node;
    SHASH_FOR_EACH (node, &inv->bridges) {
        struct inv_bridge *b = node->data;
        const struct inv_bridge *old = inventory_bridge(&net->inv, b->name);
        b->is_lost = old && old->is_lost;
    }
    SHASH_FOR_EACH (node, &inv->gateways) {
        struct inv_gateway *gw = node->data;
        const struct inv_gateway *old = inventory_gateway(&net->inv,
                                                          gw->vnf_id);
        gw->is_lost = old && old->is_lost;
    }
}

void
network_set_inventory(struct network *net, struct inventory *inv)
{
    sync_bridges(net, inv);
    sync_agents(net, inv);
    keep_losses(net, inv);
    inventory_move(&net->inv, inv);
    tell_needs(net);
    learn(net);
    suspects_apply(&net->suspects, &net->inv, true, time_msec());

    char *digest = inventory_digest(&net->inv);
    if (!net->inv_digest || strcmp(digest, net->inv_digest)) {
        net->inv_seqno++;
    }
    free(net->inv_digest);
    net->inv_digest = digest;
}

/* Accessors. */

const struct inventory *
network_inventory(const struct network *net)
{
    return &net->inv;
}

unsigned int
network_inventory_seqno(const struct network *net)
{
    return net->inv_seqno;
}

struct bridges *
network_bridges(const struct network *net)
{
    return net->bridges;
}

struct agents *
network_agents(const struct network *net)
{
    return net->agents;
}

struct bridge *
network_bridge(const struct network *net, const char *name)
{
    return bridges_find(net->bridges, name);
}

struct agent *
network_agent(const struct network *net, const char *vnf_id)
{
    return agents_find(net->agents, vnf_id);
}

void
network_set_loss_ms(struct network *net, int loss_ms)
{
    net->loss_ms = loss_ms;
}

void
network_run(struct network *net)
{
    bridges_run(net->bridges);
    agents_run(net->agents);
    net->inv_seqno += learn(net);
    suspects_apply(&net->suspects, &net->inv, false, time_msec());
}

struct suspects *
network_suspects(struct network *net)
{
    return &net->suspects;
}

bool
network_see_bridge(struct network *net, const struct bridge *br)
{
    struct bridge_view *view = shash_find_data(&net->bridge_views,
                                               bridge_name(br));
    const struct bridge_view old = *view;
    view->bridge_seqno = bridge_seqno(br);
    view->inv_seqno = net->inv_seqno;
    return memcmp(view, &old, sizeof old) != 0;
}

void
network_wait(struct network *net)
{
    bridges_wait(net->bridges);
    agents_wait(net->agents);
    wait_losses(net);
    poll_timer_wait_until(suspects_wake_ms(&net->suspects));
}

/* Live paths. */

struct live_path *
network_add_path(struct network *net, struct path *path, uint32_t twin,
                 unsigned int flows)
{
    return live_paths_add(&net->paths, path, twin, flows);
}

/* Has flows computed anew if 'path', which goes, shares an untagged function
 * with another chain: packets that come out of it may be that chain's now, for
 * which they had no flow. */
static void
note_untagged_sfs(struct network *net, const struct path *path)
{
    for (size_t i = 0; i < path->n_sfs; i++) {
        const struct inv_sf *sf = inventory_sf(&net->inv, path->sfs[i]);
        if (!sf || !untagged_sf(sf)) {
            continue;
        }
        LIVE_PATHS_FOR_EACH (other, &net->paths) {
            if (strcmp(other->path->chain, path->chain)
                && untagged_sf_is_passed(other->path, sf->name)) {
                net->inv_seqno++;
                return;
            }
        }
    }
}

void
network_remove_path(struct network *net, struct live_path *live)
{
    note_untagged_sfs(net, live->path);
    live_paths_remove(&net->paths, live);
}

const struct live_paths *
network_live_paths(const struct network *net)
{
    return &net->paths;
}
