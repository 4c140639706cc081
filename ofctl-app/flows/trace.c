/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/flows/trace.h"

#include "flow.h"
#include "lib/nsh.h"
#include "lib/suite.h"
#include "ofctl-app/flows/steering.h"
#include "ofctl-app/model/match.h"
#include "ofctl-app/model/path-mtu.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-port.h"
#include "openvswitch/ofp-protocol.h"
#include "util.h"

/* Along a path. */

/* Where a packet is on it. */
struct trace_place {
    size_t stage;
    enum {
        AT_STAGE,               /* Not at the sender yet. */
        ON_ROUTE,               /* Behind 'n_links' links. */
        AT_TARGET,
    } at;
    size_t n_links;
};

static enum trace_result OVS_PRINTF_FORMAT(3, 4)
result(struct ds *out, enum trace_result value, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    ds_put_cstr(out, "result: ");
    ds_put_format_valist(out, format, args);
    ds_put_char(out, '\n');
    va_end(args);
    return value;
}

/* Appends what is wrong with 'what' (it may work all the same), and ends the
 * line. */
static void
end_line(const struct trace_view *view, const char *what, const char *name,
         struct ds *out)
{
    char *key = xasprintf("%s %s", what, name);
    const char *fault = smap_get(&view->faults, key);
    ds_put_format(out, "%s%s\n", fault ? "   ! " : "",
                  fault ? fault : "");
    free(key);
}

/* The same, with what is known of 'key' as it is.  Returns what is missing
 * there, or NULL.  Takes ownership of 'key'. */
static const char *
end_live_line(const struct trace_view *view, char *key, const char *what,
              const char *name, struct ds *out)
{
    const char *live = smap_get(&view->live, key);
    const char *words = live ? live + strcspn(live, " ") : NULL;
    bool missing = live && !strncmp(live, "missing", 7);
    if (live && !strncmp(live, "ok", 2)) {
        ds_put_format(out, "   [%s]", words + 1);
    } else if (live) {
        ds_put_format(out, "   ! %s%s", missing ? "missing" : "unknown:",
                      words);
    }
    if (live && !strncmp(live, "unknown", 7)) {
        ds_put_char(out, '\n');
    } else {
        end_line(view, what, name, out);
    }
    free(key);
    return missing ? words + 1 : NULL;
}

/* Ends a line about a bridge.  Returns false, with the result written, if
 * flows of the path are missing there. */
static bool
end_bridge_line(const struct trace_view *view, const struct path *path,
                const char *name, struct ds *out)
{
    const char *missing = end_live_line(
        view, xasprintf("%"PRIu32" bridge %s", path->nsh_spi, name), "bridge",
        name, out);
    if (missing) {
        result(out, TRACE_DROPPED, "dropped at bridge %s, or not as wanted: "
               "it misses %s", name, missing);
    }
    return !missing;
}

/* The same of a gateway and its SA. */
static bool
end_gateway_line(const struct trace_view *view, const struct path *path,
                 const struct path_hop *hop, bool sender, struct ds *out)
{
    const char *vnf_id = sender ? hop->sender : hop->receiver;
    const char *missing = end_live_line(
        view, xasprintf("%"PRIu32" %s %s 0x%08"PRIx32, path->nsh_spi,
                        sender ? "sender" : "receiver", vnf_id, hop->esp_spi),
        "gateway", vnf_id, out);
    if (missing) {
        result(out, TRACE_DROPPED, "dropped at gateway %s: it misses %s "
               "(esp/show: %s)", vnf_id, missing,
               sender ? "plain-no-sa" : "cipher-bad-spi");
    }
    return !missing;
}

/* Returns why the link carries no packets, or NULL if it does. */
static const char *
link_down(const struct inventory *inv, const struct path_link *l)
{
    for (size_t i = 0; i < inv->n_links; i++) {
        const struct inv_link *link = &inv->links[i];
        if (!strcmp(link->from->name, l->from)
            && !strcmp(link->out_port, l->out_port)) {
            return link->down;
        }
    }
    return "it is gone";
}

/* Over the links of a hop from the bridge behind 'n_links' of them.  Returns
 * false, with the result written, if it is stuck. */
static bool
trace_links(const struct trace_view *view, const struct path *path,
            const struct path_hop *hop, size_t n_links, struct ds *out)
{
    for (size_t i = n_links; i < hop->n_route; i++) {
        const struct path_link *l = &hop->route[i];
        const char *down = link_down(&view->inv, l);
        if (down) {
            result(out, TRACE_DROPPED, "dropped at bridge %s: the link %s %s "
                   "is down%s%s", l->from, l->from, l->out_port,
                   down[0] ? ": " : "", down);
            return false;
        }
        ds_put_format(out, "    bridge %s: out of %s, NSH SPI %"PRIu32" SI %d",
                      l->from, l->out_port, path->nsh_spi, hop->si);
        if (!end_bridge_line(view, path, l->from, out)) {
            return false;
        }
    }
    ds_put_format(out, "    bridge %s", path_hop_end(hop));
    if (hop->n_route) {
        ds_put_format(out, ": in at %s, NSH off",
                      hop->route[hop->n_route - 1].in_port);
    }
    return end_bridge_line(view, path, path_hop_end(hop), out);
}

static bool
trace_sender(const struct trace_view *view, const struct path *path,
             const struct path_hop *hop, struct ds *out)
{
    ds_put_format(out, "  gateway %s: VLAN %d, encrypts: ESP SPI 0x%08"PRIx32
                  " %s", hop->sender, hop->sender_vlan, hop->esp_spi,
                  path->suite->name);
    if (!end_gateway_line(view, path, hop, true, out)) {
        return false;
    }
    if (path->lifetime_s
        && view->now_s >= hop->created_s + (long long int) path->lifetime_s) {
        result(out, TRACE_DROPPED, "dropped at gateway %s: its SA's lifetime "
               "is over (esp/show: plain-expired)", hop->sender);
        return false;
    }
    return true;
}

/* Returns false, with the result written, if the hop does not carry it. */
static bool
trace_hop(const struct trace_view *view, const struct path *path,
          const struct path_hop *hop, const struct trace_place *place,
          struct ds *out)
{
    if ((place->at == AT_STAGE && !trace_sender(view, path, hop, out))
        || !trace_links(view, path, hop,
                        place->at == AT_STAGE ? 0 : place->n_links, out)) {
        return false;
    }
    ds_put_format(out, "  gateway %s: VLAN %d, decrypts", hop->receiver,
                  hop->receiver_vlan);
    return end_gateway_line(view, path, hop, false, out);
}

/* The port of a function where packets of the path enter it, or leave it. */
static const char *
sf_port(const struct inv_sf *sf, const struct path *path, bool enter)
{
    return enter == path->reverse ? sf->out_port : sf->in_port;
}

static void
trace_sf(const struct trace_view *view, const struct path *path, size_t i,
         struct ds *out)
{
    const struct inv_sf *sf = inventory_sf(&view->inv, path->sfs[i]);
    ds_put_format(out, "  function %s", path->sfs[i]);
    if (!sf) {
        ds_put_cstr(out, "   ! it is not there any more\n");
        return;
    }
    ds_put_format(out, " at bridge %s: in at %s, out at %s, known by ",
                  sf->bridge->name, sf_port(sf, path, true),
                  sf_port(sf, path, false));
    if (path->sf_vlans[i]) {
        ds_put_format(out, "VLAN %d\n", path->sf_vlans[i]);
    } else if (sf->correlation == SF_MAC) {
        ds_put_format(out, "source MAC "ETH_ADDR_FMT"\n",
                      ETH_ADDR_ARGS(path_sf_mac(path, i)));
    } else if (sf->correlation == SF_NSH) {
        ds_put_format(out, "NSH SPI %"PRIu32" SI %d\n", path->nsh_spi,
                      NSH_SI_FIRST - (int) i);
    } else {
        ds_put_cstr(out, "its port\n");
    }
}

/* From '*place' to the end of the path, or to where it is dropped, which then
 * is '*place'. */
static enum trace_result
trace_way(const struct trace_view *view, const struct path *path,
          struct trace_place *place, struct ds *out)
{
    for (; place->stage <= path->n_sfs; place->stage++, place->at = AT_STAGE) {
        const struct path_hop *hop = path->hops[place->stage];
        if (place->at != AT_TARGET && hop
            && !trace_hop(view, path, hop, place, out)) {
            return TRACE_DROPPED;
        }
        if (place->stage < path->n_sfs) {
            trace_sf(view, path, place->stage, out);
        }
    }
    return result(out, TRACE_DELIVERED, "delivered to endpoint %s", path->dst);
}

static void
put_path(const struct trace_view *view, const struct path *path,
         struct ds *out)
{
    ds_put_format(out, "chain %s, %s: NSH SPI %"PRIu32", priority %d, %s",
                  path->chain, path->reverse ? "reverse" : "forward",
                  path->nsh_spi, path->priority, path->match);
    end_line(view, "chain", path->chain, out);
}

/* Answers that functions send themselves. */

static const struct path *
find_path(const struct trace_view *view, uint32_t nsh_spi)
{
    for (size_t i = 0; i < view->n_paths; i++) {
        if (view->paths[i]->nsh_spi == nsh_spi) {
            return view->paths[i];
        }
    }
    return NULL;
}

/* The path of the other direction, or NULL. */
static const struct path *
find_twin(const struct trace_view *view, const struct path *path)
{
    for (size_t i = 0; i < view->n_paths; i++) {
        if (view->paths[i] == path) {
            return find_path(view, view->twins[i]);
        }
    }
    return NULL;
}

/* Appends that answers of a function to packets of the path go nowhere. */
static enum trace_result
no_answer(const struct path *path, const struct path *twin,
          const struct inv_sf *sf, struct ds *out)
{
    return result(out, TRACE_DROPPED, "dropped at bridge %s by the guard of "
                  "port %s: chain %s %s%s", sf->bridge->name,
                  sf_port(sf, path, true), path->chain,
                  twin ? "comes back without passing function "
                  : "has no path back", twin ? sf->name : "");
}

/* Appends the way of what function number 'i' answers by itself to a packet of
 * the path: it comes out of where that packet went in, and goes on behind the
 * function on the path back. */
static enum trace_result
trace_answer(const struct trace_view *view, const struct path *path, size_t i,
             struct ds *out)
{
    const struct path *twin = find_twin(view, path);
    const struct inv_sf *sf = inventory_sf(&view->inv, path->sfs[i]);
    struct trace_place place = { .stage = path_answer_stage(path, i, twin) };
    if (!sf) {
        return result(out, TRACE_DROPPED, "function %s is not there any more",
                      path->sfs[i]);
    }
    ds_put_format(out, "answer of function %s to chain %s, %s: out at %s of "
                  "bridge %s", sf->name, path->chain,
                  path->reverse ? "reverse" : "forward",
                  sf_port(sf, path, true), sf->bridge->name);
    if (path->sf_vlans[i]) {
        ds_put_format(out, " with VLAN %d", path->sf_vlans[i]);
    } else if (sf->correlation == SF_MAC) {
        ds_put_format(out, " to MAC "ETH_ADDR_FMT,
                      ETH_ADDR_ARGS(path_sf_mac(path, i)));
    } else if (sf->correlation == SF_NSH && place.stage) {
        ds_put_format(out, " with NSH SPI %"PRIu32" SI %"PRIuSIZE,
                      twin->nsh_spi, NSH_SI_FIRST - place.stage);
    }
    ds_put_char(out, '\n');
    if (!place.stage) {
        return no_answer(path, twin, sf, out);
    }
    put_path(view, twin, out);
    return trace_way(view, twin, &place, out);
}

/* The same as trace_way(), and of the answers of the functions that the packet
 * comes to, if they are wanted.  Returns the worst result. */
static enum trace_result
trace_from(const struct trace_view *view, const struct path *path,
           struct trace_place place, struct ds *out)
{
    size_t first = place.stage;
    enum trace_result worst = trace_way(view, path, &place, out);
    for (size_t i = first; view->answers && i < place.stage
         && i < path->n_sfs; i++) {
        enum trace_result r = trace_answer(view, path, i, out);
        worst = MAX(worst, r);
    }
    return worst;
}

enum trace_result
trace_path(const struct trace_view *view, const struct path *path, int size,
           struct ds *out)
{
    int mtu = path_mtu(&view->inv, path);
    const struct inv_endpoint *src = inventory_endpoint(&view->inv, path->src);
    put_path(view, path, out);
    if (src) {
        ds_put_format(out, "  endpoint %s at bridge %s: packets of up to %d "
                      "octets", path->src, src->bridge->name, mtu);
        if (!end_bridge_line(view, path, src->bridge->name, out)) {
            return TRACE_DROPPED;
        }
    }
    if (size > mtu) {
        return result(out, TRACE_ANSWERED, "answered: %s, MTU %d (\"sdsa-ctl "
                      "chain-show %s\": too big)",
                      match_is_ipv6(path->match) ? "ICMPv6 packet too big"
                      : "ICMP fragmentation needed", mtu, path->chain);
    }
    return trace_from(view, path, (struct trace_place) { .at = AT_STAGE },
                      out);
}

/* Flows. */

struct trace_flow {
    struct ovs_list node;
    uint64_t cookie;
    int priority;
    struct match match;
};

struct tracer {
    const struct trace_view *view;
    const char *bridge;
    struct ofputil_port_map ports;      /* Of 'bridge', numbered by us. */
    uint16_t n_ports;
    struct ovs_list flows;      /* struct trace_flow: table 0 of 'bridge'. */
};

/* Gives numbers to the ports of a flow that have none yet. */
static void
number_ports(struct tracer *tracer, const struct steering_flow *flow)
{
    for (size_t i = 0; i < ARRAY_SIZE(flow->ports) && flow->ports[i]; i++) {
        if (ofputil_port_map_get_number(&tracer->ports, flow->ports[i])
            == OFPP_NONE) {
            ofputil_port_map_put(&tracer->ports, u16_to_ofp(++tracer->n_ports),
                                 flow->ports[i]);
        }
    }
}

static void
take_flows(struct tracer *tracer, struct ovs_list *flows)
{
    struct steering_flow *flow;
    LIST_FOR_EACH (flow, node, flows) {
        if (strcmp(flow->bridge, tracer->bridge)) {
            continue;
        }
        enum ofputil_protocol usable;
        struct ofputil_flow_mod fm;
        number_ports(tracer, flow);
        char *error = parse_ofp_str(&fm, OFPFC_ADD, flow->text, &tracer->ports,
                                    NULL, &usable);
        if (error) {
            free(error);
            continue;
        }
        if (!fm.table_id) {
            struct trace_flow *f = xmalloc(sizeof *f);
            f->cookie = flow->cookie;
            f->priority = fm.priority;
            minimatch_expand(&fm.match, &f->match);
            ovs_list_push_back(&tracer->flows, &f->node);
        }
        minimatch_destroy(&fm.match);
        free(CONST_CAST(struct ofpact *, fm.ofpacts));
    }
    steering_flows_destroy(flows);
}

static void
tracer_init(struct tracer *tracer, const struct trace_view *view,
            const char *bridge)
{
    tracer->view = view;
    tracer->bridge = bridge;
    ofputil_port_map_init(&tracer->ports);
    tracer->n_ports = 0;
    ovs_list_init(&tracer->flows);
    struct ovs_list flows = OVS_LIST_INITIALIZER(&flows);
    steering_guard_flows(&view->inv, bridge, &flows);
    take_flows(tracer, &flows);
    for (size_t i = 0; i < view->n_paths; i++) {
        free(steering_path_flows(&view->inv, view->paths[i],
                                 find_path(view, view->twins[i]), &flows));
        take_flows(tracer, &flows);
    }
}

static void
tracer_destroy(struct tracer *tracer)
{
    struct trace_flow *flow;
    LIST_FOR_EACH_POP (flow, node, &tracer->flows) {
        free(flow);
    }
    ofputil_port_map_destroy(&tracer->ports);
}

static const struct trace_flow *
find_flow(const struct tracer *tracer, const struct flow *packet)
{
    const struct trace_flow *flow, *best = NULL;
    LIST_FOR_EACH (flow, node, &tracer->flows) {
        if ((!best || flow->priority > best->priority)
            && flow_equal_except(&flow->match.flow, packet, &flow->match.wc)) {
            best = flow;
        }
    }
    return best;
}

/* Packets. */

/* The endpoint at that port, or NULL. */
static const struct inv_endpoint *
endpoint_at(const struct trace_view *view, const char *bridge,
            const char *port)
{
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &view->inv.endpoints) {
        const struct inv_endpoint *e = node->data;
        if (!strcmp(e->bridge->name, bridge) && !strcmp(e->port, port)) {
            return e;
        }
    }
    return NULL;
}

/* Says what chains at the endpoint want, which this packet is not. */
static void
explain(const struct trace_view *view, const struct inv_endpoint *e,
        const struct flow *packet, struct ds *out)
{
    if (packet->vlans[0].tci) {
        ds_put_cstr(out, "  it has a VLAN tag: chains take none\n");
    }
    if (packet->nw_frag) {
        ds_put_cstr(out,
                    "  it is a fragment: a match with ports takes none\n");
    }
    for (size_t i = 0; i < view->n_paths; i++) {
        const struct path *path = view->paths[i];
        if (!strcmp(path->src, e->name)) {
            ds_put_format(out, "  chain %s, %s, wants %s\n", path->chain,
                          path->reverse ? "reverse" : "forward", path->match);
        }
    }
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &view->inv.chains) {
        const struct inv_chain *chain = node->data;
        if (chain->src == e || chain->dst == e) {
            char *key = xasprintf("chain %s", chain->name);
            const char *fault = smap_get(&view->faults, key);
            if (fault) {
                ds_put_format(out, "  %s: %s\n", key, fault);
            }
            free(key);
        }
    }
}

static bool
is_port(const struct inv_bridge *at, const char *at_port, const char *bridge,
        const char *port)
{
    return !strcmp(at->name, bridge) && !strcmp(at_port, port);
}

/* Is a packet there on its way over the hop? */
static bool
find_place_on_hop(const struct trace_view *view, const struct path_hop *hop,
                  const char *bridge, const char *port,
                  const struct flow *packet, struct trace_place *place)
{
    const struct inv_gateway *sender = inventory_gateway(&view->inv,
                                                         hop->sender);
    const struct inv_gateway *receiver = inventory_gateway(&view->inv,
                                                           hop->receiver);
    uint16_t vlan = vlan_tci_to_vid(packet->vlans[0].tci);
    for (size_t i = 0; i < hop->n_route; i++) {
        if (!strcmp(hop->route[i].to, bridge)
            && !strcmp(hop->route[i].in_port, port)
            && nsh_path_hdr_to_si(packet->nsh.path_hdr) == hop->si) {
            place->at = ON_ROUTE;
            place->n_links = i + 1;
            return true;
        }
    }
    if (sender && is_port(sender->bridge, sender->cipher_port, bridge, port)
        && vlan == hop->sender_vlan) {
        place->at = ON_ROUTE;
        place->n_links = 0;
        return true;
    } else if (receiver
               && is_port(receiver->bridge, receiver->plain_port, bridge, port)
               && vlan == hop->receiver_vlan) {
        place->at = AT_TARGET;
        return true;
    }
    return false;
}

/* Where on the path is a packet that its flow takes there? */
static bool
find_place(const struct trace_view *view, const struct path *path,
           const char *bridge, const char *port, const struct flow *packet,
           struct trace_place *place)
{
    for (size_t i = 0; i <= path->n_sfs; i++) {
        *place = (struct trace_place) { .stage = i };
        if (path->hops[i]
            && find_place_on_hop(view, path->hops[i], bridge, port, packet,
                                 place)) {
            return true;
        }
        const struct inv_sf *sf
            = i ? inventory_sf(&view->inv, path->sfs[i - 1]) : NULL;
        uint16_t vlan = i ? path->sf_vlans[i - 1] : 0;
        if (sf && is_port(sf->bridge, sf_port(sf, path, false), bridge, port)
            && vlan == vlan_tci_to_vid(packet->vlans[0].tci)
            && (sf->correlation != SF_MAC
                || eth_addr_equals(packet->dl_src, path_sf_mac(path, i - 1)))
            && (sf->correlation != SF_NSH
                || (nsh_path_hdr_to_si(packet->nsh.path_hdr)
                    == NSH_SI_FIRST - i))) {
            return true;
        }
    }
    return false;
}

/* Is the packet what a function, whose number on the path is then in '*ip',
 * answers by itself to a packet of that path?  It comes out of where that one
 * went in, with what that one was known by.  (Without correlation, and with
 * NSH, it looks like a packet of the path back.) */
static bool
is_answer(const struct trace_view *view, const struct path *path,
          const char *bridge, const char *port, const struct flow *packet,
          size_t *ip)
{
    uint16_t vlan = vlan_tci_to_vid(packet->vlans[0].tci);
    for (size_t i = 0; i < path->n_sfs; i++) {
        const struct inv_sf *sf = inventory_sf(&view->inv, path->sfs[i]);
        if (sf && is_port(sf->bridge, sf_port(sf, path, true), bridge, port)
            && (path->sf_vlans[i] ? vlan == path->sf_vlans[i]
                : sf->correlation == SF_MAC && !vlan
                && eth_addr_equals(packet->dl_dst, path_sf_mac(path, i)))) {
            *ip = i;
            return true;
        }
    }
    return false;
}

/* Appends why the guard 'match', which is more than that of a port, drops a
 * packet. */
static void
put_why(const struct match *match, struct ds *out)
{
    for (size_t i = 0; i < n_match_guards; i++) {
        struct match guard;
        char *error = match_parse(match_guards[i].match, NULL, &guard);
        ovs_assert(!error);
        match_set_in_port(&guard, match->flow.in_port.ofp_port);
        if (match_equal(&guard, match)) {
            ds_put_format(out, "  %s: no chain takes it\n",
                          match_guards[i].why);
        }
    }
}

/* Gives the packet 'match' what every packet has and 'match' does not name:
 * addresses of hosts, and to neighbour discovery its hop limit. */
static void
assume(struct match *match)
{
    const struct flow *named = &match->wc.masks;
    struct flow *packet = &match->flow;
    struct in6_addr ipv6;

    if (packet->dl_type == htons(ETH_TYPE_IP)) {
        packet->nw_src |= named->nw_src ? 0 : htonl(0xc0000201);
        packet->nw_dst |= named->nw_dst ? 0 : htonl(0xc0000202);
    } else if (packet->dl_type == htons(ETH_TYPE_IPV6)) {
        ovs_assert(ipv6_parse("2001:db8::1", &ipv6));
        if (!ipv6_addr_is_set(&named->ipv6_src)) {
            packet->ipv6_src = ipv6;
        }
        ipv6.s6_addr[15]++;
        if (!ipv6_addr_is_set(&named->ipv6_dst)) {
            packet->ipv6_dst = ipv6;
        }
        if (is_nd(packet, NULL) && !named->nw_ttl) {
            packet->nw_ttl = 255;
        }
    }
}

static enum trace_result
follow(const struct tracer *tracer, const struct trace_flow *flow,
       const char *port, const struct flow *packet, int size, struct ds *out)
{
    const struct trace_view *view = tracer->view;
    uint32_t nsh_spi = steering_cookie_spi(flow->cookie);
    const struct path *path = find_path(view, nsh_spi);
    const struct inv_endpoint *e = endpoint_at(view, tracer->bridge, port);
    const struct path *twin = path ? find_twin(view, path) : NULL;
    size_t sf;
    if (flow->cookie == steering_cookie(STEERING_GUARD, 0)) {
        if (flow->priority > STEERING_PRIORITY_GUARD) {
            put_why(&flow->match, out);
        } else if (e) {
            explain(view, e, packet, out);
        }
        for (size_t i = 0; i < view->n_paths; i++) {
            if (is_answer(view, view->paths[i], tracer->bridge, port, packet,
                          &sf)
                && !path_answer_stage(view->paths[i], sf,
                                      find_twin(view, view->paths[i]))) {
                return trace_answer(view, view->paths[i], sf, out);
            }
        }
        return result(out, TRACE_DROPPED, "dropped at bridge %s by the guard "
                      "of port %s", tracer->bridge, port);
    } else if (flow->cookie == steering_cookie(STEERING_CLASSIFIER, nsh_spi)) {
        return trace_path(view, path, size, out);
    } else if (e) {
        return result(out, TRACE_ANSWERED, "answered: %s",
                      packet->dl_type == htons(ETH_TYPE_ARP)
                      ? "ARP reply" : "neighbour advertisement");
    }
    struct trace_place place;
    if (find_place(view, path, tracer->bridge, port, packet, &place)) {
        put_path(view, path, out);
        return trace_from(view, path, place, out);
    }
    /* Table 0 has no other flows of a path. */
    ovs_assert(twin && is_answer(view, twin, tracer->bridge, port, packet,
                                 &sf));
    return trace_answer(view, twin, sf, out);
}

static char *
trace_flow(const struct tracer *tracer, const char *text, int size,
           struct ds *out, enum trace_result *resultp)
{
    const struct ofputil_port_map *map = &tracer->ports;
    struct match match;         /* What it does not name is 0, or assumed. */
    struct flow *packet = &match.flow;
    char *error = match_parse(text, map, &match);
    const char *port = (error ? NULL
                        : ofputil_port_map_get_name(map,
                                                    packet->in_port.ofp_port));
    if (!error && !port) {
        error = xasprintf("\"%s\": say with in_port=NAME at which port of %s "
                          "it comes in; the database names no other ports "
                          "than those of \"sdsa-ctl show\"", text,
                          tracer->bridge);
    }
    if (!error) {
        assume(&match);
        if (packet->nw_frag) {
            packet->tp_src = packet->tp_dst = 0;  /* As Open vSwitch does. */
        }
        const struct trace_flow *flow = find_flow(tracer, packet);
        ds_put_format(out, "bridge %s, port %s", tracer->bridge, port);
        end_line(tracer->view, "bridge", tracer->bridge, out);
        if (flow) {
            ds_put_format(out, "  flow: cookie=0x%"PRIx64",", flow->cookie);
            match_format(&flow->match, map, out, flow->priority);
            ds_put_char(out, '\n');
            *resultp = follow(tracer, flow, port, packet, size, out);
        } else {
            *resultp = result(out, TRACE_DROPPED, "dropped at bridge %s: no "
                              "flow", tracer->bridge);
        }
    }
    return error;
}

char *
trace_packet(const struct trace_view *view, const char *bridge,
             const char *flow, int size, struct ds *out,
             enum trace_result *resultp)
{
    if (!inventory_bridge(&view->inv, bridge)) {
        return xasprintf("no bridge or chain is named \"%s\" (see \"sdsa-ctl "
                         "show\")", bridge);
    }
    struct tracer tracer;
    tracer_init(&tracer, view, bridge);
    char *error = trace_flow(&tracer, flow, size, out, resultp);
    tracer_destroy(&tracer);
    return error;
}
