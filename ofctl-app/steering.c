/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/steering.h"

#include <stdarg.h>

#include "flow.h"
#include "ofctl-app/path-check.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "sset.h"
#include "util.h"

/* Tables. */
#define TABLE_INPUT 0
#define TABLE_DELIVER 1         /* After the NSH was taken off. */

/* Priorities in TABLE_INPUT. */
#define PRIORITY_GUARD 1
#define PRIORITY_TRANSPORT 1000
#define PRIORITY_CLASSIFIER 1000        /* Plus the chain's: 0 to 999. */
#define PRIORITY_ARP 2000

/* Locally administered addresses of the NSH frames on a link, and the source
 * of what a receiver is given: nobody looks at them, they only have to be
 * unicast and not zero. */
#define NSH_ETH_SRC "02:5d:5a:00:00:03"
#define NSH_ETH_DST "02:5d:5a:00:00:04"

/* The work on one path. */
struct steering {
    const struct inventory *inv;
    const struct path *path;
    const struct inv_endpoint *src, *dst;
    steering_port_cb *port_cb;
    void *aux;
    struct ovs_list flows;
    char *error;                /* The first one; then nothing more is done. */
};

static void OVS_PRINTF_FORMAT(2, 3)
fail(struct steering *s, const char *format, ...)
{
    if (!s->error) {
        va_list args;
        va_start(args, format);
        s->error = xvasprintf(format, args);
        va_end(args);
    }
}

static ofp_port_t
get_port(struct steering *s, const char *bridge, const char *port)
{
    ofp_port_t number = s->port_cb(bridge, port, s->aux);
    if (!number) {
        fail(s, "bridge %s has no port %s: add it with \"ovs-vsctl add-port "
             "%s %s\"", bridge, port, bridge, port);
    }
    return number;
}

static const struct inv_gateway *
get_gateway(struct steering *s, const char *vnf_id)
{
    const struct inv_gateway *gw = inventory_gateway(s->inv, vnf_id);
    if (eth_addr_is_zero(gw->plain_mac) || eth_addr_is_zero(gw->cipher_mac)) {
        fail(s, "gateway %s has not told its MAC addresses yet", vnf_id);
        gw = NULL;
    }
    return gw;
}

static const struct inv_sf *
get_sf(struct steering *s, size_t i)
{
    const struct inv_sf *sf = inventory_sf(s->inv, s->path->sfs[i]);
    if (!strcmp(sf->in_port, sf->out_port)) {
        fail(s, "function %s has one port for both sides: it needs two",
             sf->name);
        sf = NULL;
    }
    return sf;
}

static void OVS_PRINTF_FORMAT(6, 7)
add_flow(struct ovs_list *flows, const char *bridge, enum steering_role role,
         uint32_t nsh_spi, int table, const char *format, ...)
{
    struct steering_flow *flow = xmalloc(sizeof *flow);
    va_list args;
    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    flow->bridge = xstrdup(bridge);
    flow->cookie = steering_cookie(role, nsh_spi);
    flow->text = xasprintf("table=%d,%s", table, text);
    ovs_list_push_back(flows, &flow->node);
    free(text);
}

/* Appends "output:PORT", which is IN_PORT where the packet came from there. */
static void
put_output(struct ds *actions, ofp_port_t port, ofp_port_t in_port)
{
    if (port == in_port) {
        ds_put_cstr(actions, "in_port");
    } else {
        ds_put_format(actions, "output:%"PRIu32, ofp_to_u16(port));
    }
}

static void
put_push_vlan(struct ds *actions, uint16_t vlan)
{
    ds_put_format(actions, "push_vlan:0x8100,set_field:%d->vlan_vid,",
                  0x1000 | vlan);
}

static void
put_macs(struct ds *actions, struct eth_addr src, struct eth_addr dst)
{
    ds_put_format(actions, "set_field:"ETH_ADDR_FMT"->eth_src,"
                  "set_field:"ETH_ADDR_FMT"->eth_dst,",
                  ETH_ADDR_ARGS(src), ETH_ADDR_ARGS(dst));
}

/* The side of a function where packets of this direction enter or leave. */
static const char *
sf_port(const struct path *path, const struct inv_sf *sf, bool enters)
{
    return enters != path->reverse ? sf->in_port : sf->out_port;
}

/* Appends what gives an untagged packet, which is on the target's bridge, to
 * the target of 'stage'. */
static void
put_deliver(struct steering *s, size_t stage, ofp_port_t in_port,
            struct ds *actions)
{
    const struct path *path = s->path;
    if (stage == path->n_sfs) {
        ofp_port_t port = get_port(s, s->dst->bridge->name, s->dst->port);
        put_macs(actions, s->src->mac, s->dst->mac);
        put_output(actions, port, in_port);
        return;
    }
    const struct inv_sf *sf = get_sf(s, stage);
    if (sf) {
        ofp_port_t port = get_port(s, sf->bridge->name,
                                   sf_port(path, sf, true));
        put_macs(actions, s->src->mac,
                 eth_addr_is_zero(sf->mac) ? s->dst->mac : sf->mac);
        if (path->sf_vlans[stage]) {
            put_push_vlan(actions, path->sf_vlans[stage]);
        }
        put_output(actions, port, in_port);
    }
}

/* Appends what puts an untagged packet, which came from 'in_port', on
 * 'stage'. */
static void
put_stage(struct steering *s, size_t stage, ofp_port_t in_port,
          struct ds *actions)
{
    const struct path_hop *hop = s->path->hops[stage];
    if (!hop) {
        put_deliver(s, stage, in_port, actions);
        return;
    }
    const struct inv_gateway *gw = get_gateway(s, hop->sender);
    if (gw) {
        ofp_port_t port = get_port(s, gw->bridge->name, gw->plain_port);
        ds_put_format(actions, "set_field:"ETH_ADDR_FMT"->eth_dst,",
                      ETH_ADDR_ARGS(gw->plain_mac));
        put_push_vlan(actions, hop->sender_vlan);
        put_output(actions, port, in_port);
    }
}

/* What the source sends, and its ARP requests. */
static void
add_ingress(struct steering *s)
{
    const struct path *path = s->path;
    const char *bridge = s->src->bridge->name;
    ofp_port_t port = get_port(s, bridge, s->src->port);
    struct ds actions = DS_EMPTY_INITIALIZER;

    put_stage(s, 0, port, &actions);
    add_flow(&s->flows, bridge, STEERING_CLASSIFIER, path->nsh_spi,
             TABLE_INPUT, "priority=%d,in_port=%"PRIu32",%s,"
             "vlan_tci=0x0000/0x1000,actions=%s",
             PRIORITY_CLASSIFIER + path->priority, ofp_to_u16(port),
             path->match, ds_cstr(&actions));
    ds_destroy(&actions);

    const struct eth_addr mac = s->dst->mac;
    for (size_t i = 0; i < s->dst->n_ips; i++) {
        add_flow(&s->flows, bridge, STEERING_COMPANION, path->nsh_spi,
                 TABLE_INPUT, "priority=%d,in_port=%"PRIu32",arp,arp_op=1,"
                 "arp_tpa="IP_FMT",actions="
                 "move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],"
                 "set_field:"ETH_ADDR_FMT"->eth_src,set_field:2->arp_op,"
                 "move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[],"
                 "move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[],"
                 "set_field:"ETH_ADDR_FMT"->arp_sha,"
                 "set_field:"IP_FMT"->arp_spa,in_port",
                 PRIORITY_ARP, ofp_to_u16(port), IP_ARGS(s->dst->ips[i]),
                 ETH_ADDR_ARGS(mac), ETH_ADDR_ARGS(mac),
                 IP_ARGS(s->dst->ips[i]));
    }
}

/* From the sender's cipher port, or from link to link. */
static void
add_sender(struct steering *s, const struct path_hop *hop)
{
    const struct inv_gateway *sender = get_gateway(s, hop->sender);
    const struct inv_gateway *receiver = get_gateway(s, hop->receiver);
    if (!sender || !receiver) {
        return;
    }
    const char *bridge = sender->bridge->name;
    ofp_port_t cipher = get_port(s, bridge, sender->cipher_port);
    struct ds actions = DS_EMPTY_INITIALIZER;
    put_output(&actions, get_port(s, bridge, hop->route[0].out_port), cipher);
    add_flow(&s->flows, bridge, STEERING_TRANSPORT, s->path->nsh_spi,
             TABLE_INPUT, "priority=%d,in_port=%"PRIu32",dl_vlan=%d,ip,"
             "nw_proto=50,nw_src="IP_FMT",nw_dst="IP_FMT",actions=pop_vlan,"
             "decap(),encap(nsh(md_type=1)),set_field:0x%"PRIx32"->nsh_spi,"
             "set_field:%d->nsh_si,encap(ethernet),"
             "set_field:"NSH_ETH_SRC"->eth_src,"
             "set_field:"NSH_ETH_DST"->eth_dst,%s",
             PRIORITY_TRANSPORT, ofp_to_u16(cipher), hop->sender_vlan,
             IP_ARGS(sender->cipher_ip), IP_ARGS(receiver->cipher_ip),
             s->path->nsh_spi, hop->si, ds_cstr(&actions));
    ds_destroy(&actions);
}

static void
add_transit(struct steering *s, const struct path_hop *hop)
{
    for (size_t i = 0; i + 1 < hop->n_route; i++) {
        const char *bridge = hop->route[i].to;
        ofp_port_t in_port = get_port(s, bridge, hop->route[i].in_port);
        struct ds actions = DS_EMPTY_INITIALIZER;
        put_output(&actions, get_port(s, bridge, hop->route[i + 1].out_port),
                   in_port);
        add_flow(&s->flows, bridge, STEERING_TRANSPORT, s->path->nsh_spi,
                 TABLE_INPUT, "priority=%d,in_port=%"PRIu32",dl_type=0x894f,"
                 "nsh_spi=0x%"PRIx32",nsh_si=%d,actions=%s",
                 PRIORITY_TRANSPORT, ofp_to_u16(in_port), s->path->nsh_spi,
                 hop->si, ds_cstr(&actions));
        ds_destroy(&actions);
    }
}

/* From the last link to the receiver's cipher port.  Taking the NSH off makes
 * the packet recirculate; reg0 and reg1 say what it was. */
static void
add_receiver(struct steering *s, const struct path_hop *hop)
{
    const struct path_link *link = &hop->route[hop->n_route - 1];
    const struct inv_gateway *sender = get_gateway(s, hop->sender);
    const struct inv_gateway *receiver = get_gateway(s, hop->receiver);
    if (!sender || !receiver) {
        return;
    }
    const char *bridge = receiver->bridge->name;
    ofp_port_t in_port = get_port(s, link->to, link->in_port);
    ofp_port_t cipher = get_port(s, bridge, receiver->cipher_port);

    add_flow(&s->flows, bridge, STEERING_TRANSPORT, s->path->nsh_spi,
             TABLE_INPUT, "priority=%d,in_port=%"PRIu32",dl_type=0x894f,"
             "nsh_spi=0x%"PRIx32",nsh_si=%d,"
             "actions=set_field:0x%"PRIx32"->reg0,set_field:%d->reg1,"
             "decap(),decap(),resubmit(,%d)",
             PRIORITY_TRANSPORT, ofp_to_u16(in_port), s->path->nsh_spi,
             hop->si, s->path->nsh_spi, hop->si, TABLE_DELIVER);

    struct ds actions = DS_EMPTY_INITIALIZER;
    ds_put_format(&actions, "encap(ethernet),"
                  "set_field:"NSH_ETH_SRC"->eth_src,"
                  "set_field:"ETH_ADDR_FMT"->eth_dst,",
                  ETH_ADDR_ARGS(receiver->cipher_mac));
    put_push_vlan(&actions, hop->receiver_vlan);
    put_output(&actions, cipher, in_port);
    add_flow(&s->flows, bridge, STEERING_TRANSPORT, s->path->nsh_spi,
             TABLE_DELIVER, "priority=%d,packet_type=(1,0x800),"
             "reg0=0x%"PRIx32",reg1=%d,nw_proto=50,nw_src="IP_FMT","
             "nw_dst="IP_FMT",actions=%s",
             PRIORITY_TRANSPORT, s->path->nsh_spi, hop->si,
             IP_ARGS(sender->cipher_ip), IP_ARGS(receiver->cipher_ip),
             ds_cstr(&actions));
    ds_destroy(&actions);
}

/* From the receiver's plain port to the stage's target. */
static void
add_plain(struct steering *s, size_t stage)
{
    const struct path_hop *hop = s->path->hops[stage];
    const struct inv_gateway *gw = get_gateway(s, hop->receiver);
    if (gw) {
        const char *bridge = gw->bridge->name;
        ofp_port_t plain = get_port(s, bridge, gw->plain_port);
        struct ds actions = DS_EMPTY_INITIALIZER;
        put_deliver(s, stage, plain, &actions);
        add_flow(&s->flows, bridge, STEERING_TRANSPORT, s->path->nsh_spi,
                 TABLE_INPUT, "priority=%d,in_port=%"PRIu32",dl_vlan=%d,ip,"
                 "actions=pop_vlan,%s",
                 PRIORITY_TRANSPORT, ofp_to_u16(plain), hop->receiver_vlan,
                 ds_cstr(&actions));
        ds_destroy(&actions);
    }
}

/* One flow for what comes out of function 'sf' on 'port_name' with 'vlan' and
 * goes on along 'path' after function number 'i'. */
static void
add_return(struct steering *s, const struct inv_sf *sf, size_t i,
           const char *port_name, uint16_t vlan)
{
    const char *bridge = sf->bridge->name;
    ofp_port_t port = get_port(s, bridge, port_name);
    struct ds match = DS_EMPTY_INITIALIZER;
    struct ds actions = DS_EMPTY_INITIALIZER;

    ds_put_format(&match, "priority=%d,in_port=%"PRIu32,
                  PRIORITY_TRANSPORT, ofp_to_u16(port));
    if (vlan) {
        ds_put_format(&match, ",dl_vlan=%d", vlan);
        ds_put_cstr(&actions, "pop_vlan,");
    } else {
        ds_put_cstr(&match, ",vlan_tci=0x0000/0x1000");
    }
    put_stage(s, i + 1, port, &actions);
    /* Without a tag only one realisation of the chain can have the function:
     * the flow changes hands when the classifier does. */
    add_flow(&s->flows, bridge,
             vlan ? STEERING_TRANSPORT : STEERING_COMPANION,
             s->path->nsh_spi, TABLE_INPUT, "%s,ip,actions=%s",
             ds_cstr(&match), ds_cstr(&actions));
    ds_destroy(&match);
    ds_destroy(&actions);
}

/* From function number 'i' to the next stage. */
static void
add_sf(struct steering *s, size_t i, const struct path *twin)
{
    const struct path *path = s->path;
    const struct inv_sf *sf = get_sf(s, i);
    if (!sf) {
        return;
    }
    add_return(s, sf, i, sf_port(path, sf, false), path->sf_vlans[i]);

    /* What a function answers by itself to a packet of the other direction
     * comes back out of where that entered, with that one's tag, and goes our
     * way. (Without tags the flow above serves for it.) */
    size_t j = path->n_sfs - 1 - i;
    if (twin && path->sf_vlans[i] && j < twin->n_sfs && twin->sf_vlans[j]) {
        add_return(s, sf, i, sf_port(twin, sf, true), twin->sf_vlans[j]);
    }
}

char *
steering_path_flows(const struct inventory *inv, const struct path *path,
                    const struct path *twin, steering_port_cb *port_cb,
                    void *aux, struct ovs_list *flows)
{
    struct steering s = {
        .inv = inv,
        .path = path,
        .src = inventory_endpoint(inv, path->src),
        .dst = inventory_endpoint(inv, path->dst),
        .port_cb = port_cb,
        .aux = aux,
    };
    ovs_list_init(&s.flows);
    s.error = path_check_places(path, inv);
    if (s.error) {
        return s.error;
    }

    add_ingress(&s);
    for (size_t i = 0; i <= path->n_sfs; i++) {
        const struct path_hop *hop = path->hops[i];
        if (hop) {
            add_sender(&s, hop);
            add_transit(&s, hop);
            add_receiver(&s, hop);
            add_plain(&s, i);
        }
        if (i < path->n_sfs) {
            add_sf(&s, i, twin);
        }
    }

    if (s.error) {
        steering_flows_destroy(&s.flows);
    } else {
        ovs_list_push_back_all(flows, &s.flows);
    }
    return s.error;
}

/* Guards. */

static void
add_port_name(const struct inv_bridge *on, const char *bridge,
              const char *port, struct sset *ports)
{
    if (!strcmp(on->name, bridge)) {
        sset_add(ports, port);
    }
}

void
steering_guard_flows(const struct inventory *inv, const char *bridge,
                     steering_port_cb *port_cb, void *aux,
                     struct ovs_list *flows)
{
    struct sset ports = SSET_INITIALIZER(&ports);
    const struct shash_node *node;
    for (size_t i = 0; i < inv->n_links; i++) {
        add_port_name(inv->links[i].from, bridge, inv->links[i].out_port,
                      &ports);
    }
    SHASH_FOR_EACH (node, &inv->gateways) {
        const struct inv_gateway *gw = node->data;
        add_port_name(gw->bridge, bridge, gw->plain_port, &ports);
        add_port_name(gw->bridge, bridge, gw->cipher_port, &ports);
    }
    SHASH_FOR_EACH (node, &inv->sfs) {
        const struct inv_sf *sf = node->data;
        add_port_name(sf->bridge, bridge, sf->in_port, &ports);
        add_port_name(sf->bridge, bridge, sf->out_port, &ports);
    }
    SHASH_FOR_EACH (node, &inv->endpoints) {
        const struct inv_endpoint *endpoint = node->data;
        add_port_name(endpoint->bridge, bridge, endpoint->port, &ports);
    }

    const char **names = sset_sort(&ports);
    for (size_t i = 0; i < sset_count(&ports); i++) {
        ofp_port_t port = port_cb(bridge, names[i], aux);
        if (port) {
            add_flow(flows, bridge, STEERING_GUARD, 0, TABLE_INPUT,
                     "priority=%d,in_port=%"PRIu32",actions=drop",
                     PRIORITY_GUARD, ofp_to_u16(port));
        }
    }
    free(names);
    sset_destroy(&ports);

    /* What came under a path's NSH and is not its ESP. */
    add_flow(flows, bridge, STEERING_GUARD, 0, TABLE_DELIVER,
             "priority=%d,actions=drop", PRIORITY_GUARD);
}

void
steering_flows_destroy(struct ovs_list *flows)
{
    struct steering_flow *flow;
    LIST_FOR_EACH_SAFE (flow, node, flows) {
        ovs_list_remove(&flow->node);
        free(flow->bridge);
        free(flow->text);
        free(flow);
    }
}
