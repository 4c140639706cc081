/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/flows/steering.h"

#include <ctype.h>
#include <stdarg.h>

#include "lib/address.h"
#include "lib/nsh.h"
#include "ofctl-app/model/match.h"
#include "ofctl-app/model/path-check.h"
#include "ofctl-app/model/path-mtu.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/ofp-port.h"
#include "packets.h"
#include "sset.h"
#include "util.h"

/* Tables. */
#define TABLE_INPUT 0
#define TABLE_DELIVER 1         /* After an NSH was taken off. */
#define TABLE_ENTER 2           /* What a classifier took, and its size. */
#define TABLE_ND 3              /* Second half of a neighbour's answer. */

/* Priorities in TABLE_INPUT. */
#define PRIORITY_TRANSPORT 1000
#define PRIORITY_CLASSIFIER 1000        /* Plus the chain's: 0 to 999. */
#define PRIORITY_NO_CHAIN 2000  /* match_guards[]. */
#define PRIORITY_NEIGHBOUR 2001         /* ARP and ND. */
#define PRIORITY_UNANSWERED 2002        /* Of match_guards[]. */
#define PRIORITY_PROBE 3000

/* In TABLE_ENTER. */
#define PRIORITY_ENTER 900
#define PRIORITY_TOO_BIG 1000

/* Locally administered addresses of the NSH frames on a link, and the source
 * of what a receiver is given: nobody looks at them, they only have to be
 * unicast and not zero. */
static const struct eth_addr nsh_eth_src = STEERING_NSH_SRC;
static const struct eth_addr nsh_eth_dst = ETH_ADDR_C(02,5d,5a,00,00,04);

/* Flags S and O of a neighbour advertisement, RFC 4861 s.4.4. */
#define ND_SOLICITED_OVERRIDE "0x60000000"

#define PROBE_MATCH_IPV4 \
    "ip,nw_src="STEERING_PROBE_IPV4",nw_dst="STEERING_PROBE_IPV4
#define PROBE_MATCH_IPV6 \
    "ipv6,ipv6_src="STEERING_PROBE_IPV6",ipv6_dst="STEERING_PROBE_IPV6

/* Octets of a packet that the controller is sent. */
#define STEERING_TOO_BIG_LEN 256
#define STEERING_PROBE_LEN 128

/* The frames that are a chain's: those with a tag are not. */
#define UNTAGGED "vlan_tci=0x0000/0x1000"

/* The flows of one path in the making. */
struct steering {
    const struct inventory *inv;
    const struct path *path;
    const struct path *twin;    /* Or NULL. */
    const char *family;         /* Of the path's packets: "ip" or "ipv6". */
    const struct inv_endpoint *src, *dst;
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
    if (!strcmp(sf->in_port, sf->out_port) && sf->correlation != SF_NSH) {
        fail(s, "function %s has one port for both sides: it needs two, or "
             "correlation nsh", sf->name);
        sf = NULL;
    }
    return sf;
}

/* Appends the port's name in quotes, without which "1" would be a number.  The
 * parser does not see the quotes when it splits a flow at commas, parentheses
 * and so on, nor when it looks for the words "actions" and "max_len". */
static void
put_port(struct ds *ds, const char *name)
{
    bool escape_all = strstr(name, "action") || strstr(name, "max_len");
    ds_put_char(ds, '"');
    for (const char *p = name; *p; p++) {
        if (*p & 0x80
            || (!escape_all && (isalnum((unsigned char) *p)
                                || strchr("-._@", *p)))) {
            ds_put_char(ds, *p);
        } else {
            ds_put_format(ds, "\\u%04x", *p);
        }
    }
    ds_put_char(ds, '"');
}

/* Finds the names of the ports in the flow's text: all that is in quotes. */
static void
find_ports(struct steering_flow *flow)
{
    const char *p = flow->text;
    for (size_t i = 0; i < ARRAY_SIZE(flow->ports) && (p = strchr(p, '"'));
         i++) {
        size_t n = strcspn(++p, "\"");
        json_string_unescape(p, n, &flow->ports[i]);
        p += n + 1;
    }
}

/* Appends a flow for what comes in at port 'in_port' (NULL: at any); 'format'
 * is its text from the rest of the match on. */
static struct steering_flow * OVS_PRINTF_FORMAT(8, 9)
add_flow(struct ovs_list *flows, const char *bridge, enum steering_role role,
         uint32_t nsh_spi, int table, int priority, const char *in_port,
         const char *format, ...)
{
    struct steering_flow *flow = xzalloc(sizeof *flow);
    struct ds text = DS_EMPTY_INITIALIZER;
    ds_put_format(&text, "table=%d,priority=%d,", table, priority);
    if (in_port) {
        ds_put_cstr(&text, "in_port=");
        put_port(&text, in_port);
        ds_put_char(&text, ',');
    }
    va_list args;
    va_start(args, format);
    ds_put_format_valist(&text, format, args);
    va_end(args);
    flow->bridge = xstrdup(bridge);
    flow->cookie = steering_cookie(role, nsh_spi);
    flow->text = ds_steal_cstr(&text);
    find_ports(flow);
    ovs_list_push_back(flows, &flow->node);
    return flow;
}

/* Appends "output:PORT", which is IN_PORT where the packet came from there. */
static void
put_output(struct ds *actions, const char *port, const char *in_port)
{
    if (!strcmp(port, in_port)) {
        ds_put_cstr(actions, "in_port");
    } else {
        ds_put_cstr(actions, "output:");
        put_port(actions, port);
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

/* Appends an NSH with this service path header, and what goes around it. */
static void
put_nsh(struct ds *actions, uint32_t spi, uint8_t si, uint32_t context,
        struct eth_addr eth_dst)
{
    ds_put_format(actions, "encap(nsh(md_type=1)),"
                  "set_field:0x%"PRIx32"->nsh_spi,set_field:%d->nsh_si,",
                  spi, si);
    if (context) {
        ds_put_format(actions, "set_field:0x%"PRIx32"->nsh_c1,", context);
    }
    ds_put_cstr(actions, "encap(ethernet),");
    put_macs(actions, nsh_eth_src, eth_dst);
}

/* Appends actions that prepare a packet for function 'i': a tag, a source MAC
 * address or an NSH by which the packet is known when it comes back. */
static void
put_correlation(struct steering *s, const struct inv_sf *sf, size_t i,
                struct ds *actions)
{
    const struct path *path = s->path;
    bool is_nsh = sf->correlation == SF_NSH;
    bool has_mac = !is_nsh && !eth_addr_is_zero(sf->mac);
    put_macs(actions,
             sf->correlation == SF_MAC ? path_sf_mac(path, i) : s->src->mac,
             has_mac ? sf->mac : s->dst->mac);
    if (path->sf_vlans[i]) {
        put_push_vlan(actions, path->sf_vlans[i]);
    } else if (is_nsh) {
        /* Where an answer of its own is to go on, for the function to use. */
        size_t stage = path_answer_stage(path, i, s->twin);
        uint32_t answer = (stage ? s->twin->nsh_spi << 8
                           | (NSH_SI_FIRST - stage) : 0);
        put_nsh(actions, path->nsh_spi, NSH_SI_FIRST - i, answer,
                eth_addr_is_zero(sf->mac) ? nsh_eth_dst : sf->mac);
    }
}

/* Appends actions that give an untagged packet, which is on the target's
 * bridge, to the target of 'stage'. */
static void
put_deliver(struct steering *s, size_t stage, const char *in_port,
            struct ds *actions)
{
    const struct path *path = s->path;
    if (stage == path->n_sfs) {
        put_macs(actions, s->src->mac, s->dst->mac);
        put_output(actions, s->dst->port, in_port);
        return;
    }
    const struct inv_sf *sf = get_sf(s, stage);
    if (sf) {
        put_correlation(s, sf, stage, actions);
        put_output(actions, sf_port(path, sf, true), in_port);
    }
}

/* Appends actions that put an untagged packet, which came from 'in_port', on
 * 'stage'. */
static void
put_stage(struct steering *s, size_t stage, const char *in_port,
          struct ds *actions)
{
    const struct path_hop *hop = s->path->hops[stage];
    if (!hop) {
        put_deliver(s, stage, in_port, actions);
        return;
    }
    const struct inv_gateway *gw = get_gateway(s, hop->sender);
    if (gw) {
        ds_put_format(actions, "set_field:"ETH_ADDR_FMT"->eth_dst,",
                      ETH_ADDR_ARGS(gw->plain_mac));
        put_push_vlan(actions, hop->sender_vlan);
        put_output(actions, gw->plain_port, in_port);
    }
}

/* Adds the answer to an ARP request for 'ip', which the destination has.  (A
 * frame with a tag, if only for its priority, is of another segment: who gets
 * an answer there could not send anything to where it points.) */
static void
add_arp(struct steering *s, ovs_be32 ip)
{
    const struct eth_addr mac = s->dst->mac;
    add_flow(&s->flows, s->src->bridge->name, STEERING_COMPANION,
             s->path->nsh_spi, TABLE_INPUT, PRIORITY_NEIGHBOUR, s->src->port,
             UNTAGGED",arp,arp_op=1,arp_tpa="IP_FMT","
             "actions=move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],"
             "set_field:"ETH_ADDR_FMT"->eth_src,set_field:2->arp_op,"
             "move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[],"
             "move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[],"
             "set_field:"ETH_ADDR_FMT"->arp_sha,"
             "set_field:"IP_FMT"->arp_spa,in_port",
             IP_ARGS(ip), ETH_ADDR_ARGS(mac), ETH_ADDR_ARGS(mac),
             IP_ARGS(ip));
}

/* Adds the answer to a neighbour solicitation for 'ip' (RFC 4861 s.7.2.4),
 * which has not passed a router (s.7.1.1): its hop limit is 255.  It needs two
 * tables, as only an advertisement has the option of one. */
static void
add_nd(struct steering *s, const struct in6_addr *address)
{
    const struct eth_addr mac = s->dst->mac;
    char ip[INET6_ADDRSTRLEN];
    ipv6_string_mapped(ip, address);
    add_flow(&s->flows, s->src->bridge->name, STEERING_COMPANION,
             s->path->nsh_spi, TABLE_INPUT, PRIORITY_NEIGHBOUR, s->src->port,
             UNTAGGED",icmp6,nw_ttl=255,icmp_type=135,icmp_code=0,"
             "nd_target=%s,"
             "actions=move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],"
             "set_field:"ETH_ADDR_FMT"->eth_src,"
             "move:NXM_NX_IPV6_SRC[]->NXM_NX_IPV6_DST[],"
             "set_field:%s->ipv6_src,set_field:136->icmpv6_type,"
             "set_field:2->nd_options_type,"
             "set_field:"ND_SOLICITED_OVERRIDE"->nd_reserved,resubmit(,%d)",
             ip, ETH_ADDR_ARGS(mac), ip, TABLE_ND);
    add_flow(&s->flows, s->src->bridge->name, STEERING_COMPANION,
             s->path->nsh_spi, TABLE_ND, PRIORITY_NEIGHBOUR, s->src->port,
             "icmp6,icmp_type=136,nd_target=%s,"
             "actions=set_field:"ETH_ADDR_FMT"->nd_tll,in_port",
             ip, ETH_ADDR_ARGS(mac));
}

/* Adds the flows for packets that the source sends.  The classifier takes
 * them; TABLE_ENTER lets each go its way or, if it is longer than the path
 * carries, to the controller, which tells the source so. */
static void
add_ingress(struct steering *s)
{
    const struct path *path = s->path;
    const char *bridge = s->src->bridge->name;
    int mtu = path_mtu(s->inv, path);
    add_flow(&s->flows, bridge, STEERING_CLASSIFIER, path->nsh_spi,
             TABLE_INPUT, PRIORITY_CLASSIFIER + path->priority, s->src->port,
             "%s,"UNTAGGED",actions=set_field:0x%"PRIx32"->reg0,"
             "check_pkt_larger(%d)->NXM_NX_REG3[0],resubmit(,%d)",
             path->match, path->nsh_spi, ETH_HEADER_LEN + mtu, TABLE_ENTER);
    add_flow(&s->flows, bridge, STEERING_TRANSPORT, path->nsh_spi, TABLE_ENTER,
             PRIORITY_TOO_BIG, NULL,
             "reg0=0x%"PRIx32",reg3=0x1/0x1,actions=meter:%d,"
             "controller(max_len=%d,userdata=%02x.%02x.%02x)",
             path->nsh_spi, STEERING_METER, STEERING_TOO_BIG_LEN,
             STEERING_USERDATA_TOO_BIG, mtu >> 8, mtu & 0xff);

    struct ds actions = DS_EMPTY_INITIALIZER;
    put_stage(s, 0, s->src->port, &actions);
    add_flow(&s->flows, bridge, STEERING_TRANSPORT, path->nsh_spi, TABLE_ENTER,
             PRIORITY_ENTER, NULL, "reg0=0x%"PRIx32",actions=%s",
             path->nsh_spi, ds_cstr(&actions));
    ds_destroy(&actions);

    for (size_t i = 0; i < s->dst->n_ips; i++) {
        const struct in6_addr *ip = &s->dst->ips[i];
        if (address_is_ipv6(ip)) {
            add_nd(s, ip);
        } else {
            add_arp(s, in6_addr_get_mapped_ipv4(ip));
        }
    }
}

/* Appends a match of the hop's ESP and nothing else, behind the Ethernet
 * header or (in the middle of the pipeline) where there is none. */
static void
put_esp_match(struct ds *match, const struct path_hop_ips *ips)
{
    bool ipv6 = address_is_ipv6(&ips->sender);
    char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
    ds_put_format(match, ipv6 ? "nw_proto=50,ipv6_src=%s,ipv6_dst=%s"
                  : "nw_proto=50,nw_src=%s,nw_dst=%s",
                  ipv6_string_mapped(src, &ips->sender),
                  ipv6_string_mapped(dst, &ips->receiver));
}

/* Appends actions that give the receiver a hop's ESP, which is untagged and
 * has an Ethernet header. */
static void
put_receiver(const struct path_hop *hop, const struct inv_gateway *receiver,
             const char *in_port, struct ds *actions)
{
    put_macs(actions, nsh_eth_src, receiver->cipher_mac);
    put_push_vlan(actions, hop->receiver_vlan);
    put_output(actions, receiver->cipher_port, in_port);
}

/* From the sender's cipher port to the first link; or to the receiver, if it
 * is at the same bridge. */
static void
add_sender(struct steering *s, const struct path_hop *hop,
           const struct inv_gateway *sender,
           const struct inv_gateway *receiver)
{
    const char *cipher = sender->cipher_port;
    const struct path_hop_ips ips = path_hop_get_ips(hop, s->inv);
    struct ds match = DS_EMPTY_INITIALIZER;
    struct ds actions = DS_EMPTY_INITIALIZER;
    put_esp_match(&match, &ips);
    if (hop->n_route) {
        ds_put_cstr(&actions, "decap(),");
        put_nsh(&actions, s->path->nsh_spi, hop->si, 0, nsh_eth_dst);
        put_output(&actions, hop->route[0].out_port, cipher);
    } else {
        put_receiver(hop, receiver, cipher, &actions);
    }
    add_flow(&s->flows, sender->bridge->name, STEERING_TRANSPORT,
             s->path->nsh_spi, TABLE_INPUT, PRIORITY_TRANSPORT, cipher,
             "dl_vlan=%d,%s,%s,actions=pop_vlan,%s", hop->sender_vlan,
             address_is_ipv6(&ips.sender) ? "ipv6" : "ip",
             ds_cstr(&match), ds_cstr(&actions));
    ds_destroy(&match);
    ds_destroy(&actions);
}

static void
add_transit(struct steering *s, const struct path_hop *hop)
{
    for (size_t i = 0; i + 1 < hop->n_route; i++) {
        const char *in_port = hop->route[i].in_port;
        struct ds actions = DS_EMPTY_INITIALIZER;
        put_output(&actions, hop->route[i + 1].out_port, in_port);
        add_flow(&s->flows, hop->route[i].to, STEERING_TRANSPORT,
                 s->path->nsh_spi, TABLE_INPUT, PRIORITY_TRANSPORT, in_port,
                 "dl_type=0x894f,nsh_spi=0x%"PRIx32",nsh_si=%d,actions=%s",
                 s->path->nsh_spi, hop->si, ds_cstr(&actions));
        ds_destroy(&actions);
    }
}

/* An NSH with this SI comes in and is taken off, which makes the packet
 * recirculate; reg0 and reg1 say what it was. */
static void
add_decap(struct steering *s, const char *bridge, const char *in_port,
          uint8_t si)
{
    add_flow(&s->flows, bridge, STEERING_TRANSPORT, s->path->nsh_spi,
             TABLE_INPUT, PRIORITY_TRANSPORT, in_port,
             "dl_type=0x894f,nsh_spi=0x%"PRIx32",nsh_si=%d,"
             "actions=set_field:0x%"PRIx32"->reg0,set_field:%d->reg1,"
             "decap(),decap(),resubmit(,%d)",
             s->path->nsh_spi, si, s->path->nsh_spi, si, TABLE_DELIVER);
}

/* From the last link to the receiver's cipher port. */
static void
add_receiver(struct steering *s, const struct path_hop *hop,
             const struct inv_gateway *receiver)
{
    const struct path_link *link = &hop->route[hop->n_route - 1];
    const char *bridge = receiver->bridge->name;
    add_decap(s, bridge, link->in_port, hop->si);

    const struct path_hop_ips ips = path_hop_get_ips(hop, s->inv);
    struct ds match = DS_EMPTY_INITIALIZER;
    struct ds actions = DS_EMPTY_INITIALIZER;
    put_esp_match(&match, &ips);
    put_receiver(hop, receiver, link->in_port, &actions);
    add_flow(&s->flows, bridge, STEERING_TRANSPORT, s->path->nsh_spi,
             TABLE_DELIVER, PRIORITY_TRANSPORT, NULL,
             "packet_type=(1,0x%x),reg0=0x%"PRIx32",reg1=%d,%s,"
             "actions=encap(ethernet),%s",
             address_is_ipv6(&ips.sender) ? ETH_TYPE_IPV6 : ETH_TYPE_IP,
             s->path->nsh_spi, hop->si, ds_cstr(&match), ds_cstr(&actions));
    ds_destroy(&match);
    ds_destroy(&actions);
}

/* From the receiver's plain port to the stage's target; and the controller's
 * probes back to it. */
static void
add_plain(struct steering *s, size_t stage, const struct path_hop *hop,
          const struct inv_gateway *receiver)
{
    const char *bridge = receiver->bridge->name;
    const char *plain = receiver->plain_port;
    struct ds actions = DS_EMPTY_INITIALIZER;
    put_deliver(s, stage, plain, &actions);
    add_flow(&s->flows, bridge, STEERING_TRANSPORT, s->path->nsh_spi,
             TABLE_INPUT, PRIORITY_TRANSPORT, plain,
             "dl_vlan=%d,%s,actions=pop_vlan,%s", hop->receiver_vlan,
             s->family, ds_cstr(&actions));
    ds_destroy(&actions);

    bool ipv6 = !strcmp(s->family, "ipv6");
    add_flow(&s->flows, bridge, STEERING_TRANSPORT, s->path->nsh_spi,
             TABLE_INPUT, PRIORITY_PROBE, plain,
             "dl_vlan=%d,%s,nw_proto=%d,actions=meter:%d,"
             "controller(max_len=%d,userdata=%02x)", hop->receiver_vlan,
             ipv6 ? PROBE_MATCH_IPV6 : PROBE_MATCH_IPV4,
             STEERING_PROBE_PROTOCOL, STEERING_METER_PROBE, STEERING_PROBE_LEN,
             STEERING_USERDATA_PROBE);
}

static void
add_hop(struct steering *s, size_t stage)
{
    const struct path_hop *hop = s->path->hops[stage];
    const struct inv_gateway *sender = get_gateway(s, hop->sender);
    const struct inv_gateway *receiver = get_gateway(s, hop->receiver);
    if (sender && receiver) {
        add_sender(s, hop, sender, receiver);
        add_transit(s, hop);
        if (hop->n_route) {
            add_receiver(s, hop, receiver);
        }
        add_plain(s, stage, hop, receiver);
    }
}

/* Adds a flow for packets that come back from function 'sf' on 'port' and go
 * on along the path on 'stage'.  'match' knows them as ours (NULL: all without
 * a tag are); the actions 'undo' take off what they are known by. */
static struct steering_flow *
add_return(struct steering *s, const struct inv_sf *sf, const char *port,
           const char *match, const char *undo, size_t stage)
{
    struct ds actions = DS_EMPTY_INITIALIZER;
    put_stage(s, stage, port, &actions);
    /* With correlation none only one realisation of the chain can have the
     * function: the flow changes hands when the classifier does. */
    struct steering_flow *flow
        = add_flow(&s->flows, sf->bridge->name,
                   match ? STEERING_TRANSPORT : STEERING_COMPANION,
                   s->path->nsh_spi, TABLE_INPUT, PRIORITY_TRANSPORT, port,
                   "%s,%s,actions=%s%s", match ? match : UNTAGGED, s->family,
                   undo, ds_cstr(&actions));
    ds_destroy(&actions);
    return flow;
}

/* The same, of a function that speaks NSH: it has put the SI on by one. */
static void
add_nsh_return(struct steering *s, const struct inv_sf *sf, size_t i,
               const char *port)
{
    const char *bridge = sf->bridge->name;
    uint8_t si = NSH_SI_FIRST - (i + 1);
    add_decap(s, bridge, port, si);

    struct ds actions = DS_EMPTY_INITIALIZER;
    put_stage(s, i + 1, port, &actions);
    add_flow(&s->flows, bridge, STEERING_TRANSPORT, s->path->nsh_spi,
             TABLE_DELIVER, PRIORITY_TRANSPORT, port,
             "reg0=0x%"PRIx32",reg1=%d,"UNTAGGED",%s,actions=%s",
             s->path->nsh_spi, si, s->family, ds_cstr(&actions));
    ds_destroy(&actions);
}

/* From function number 'i' to the next stage. */
static void
add_sf(struct steering *s, size_t i)
{
    const struct path *path = s->path;
    const struct inv_sf *sf = get_sf(s, i);
    if (!sf) {
        return;
    }
    const char *leaves = sf_port(path, sf, false);
    char *match = NULL;
    if (path->sf_vlans[i]) {
        match = xasprintf("dl_vlan=%d", path->sf_vlans[i]);
        add_return(s, sf, leaves, match, "pop_vlan,", i + 1);
    } else if (sf->correlation == SF_MAC) {
        match = xasprintf("dl_src="ETH_ADDR_FMT","UNTAGGED,
                          ETH_ADDR_ARGS(path_sf_mac(path, i)));
        add_return(s, sf, leaves, match, "", i + 1);
    } else if (sf->correlation == SF_NSH) {
        add_nsh_return(s, sf, i, leaves);
    } else {
        add_return(s, sf, leaves, NULL, "", i + 1)->untagged_sf
            = path->sfs[i];
    }
    free(match);
}

/* What function number 'j' of the twin answers by itself comes back out of
 * where the packet entered, with what that was known by, and goes our way.
 * (Without correlation the flow of our own packets serves for it; one that
 * speaks NSH is told our path.) */
static void
add_answer(struct steering *s, size_t j)
{
    const struct path *twin = s->twin;
    size_t stage = path_answer_stage(twin, j, s->path);
    const struct inv_sf *sf = stage ? get_sf(s, stage - 1) : NULL;
    if (!sf) {
        return;
    }
    const char *entered = sf_port(twin, sf, true);
    if (twin->sf_vlans[j]) {
        char *match = xasprintf("dl_vlan=%d", twin->sf_vlans[j]);
        add_return(s, sf, entered, match, "pop_vlan,", stage);
        free(match);
    } else if (sf->correlation == SF_MAC) {
        char *match = xasprintf("dl_dst="ETH_ADDR_FMT","UNTAGGED,
                                ETH_ADDR_ARGS(path_sf_mac(twin, j)));
        add_return(s, sf, entered, match, "", stage);
        free(match);
    }
}

char *
steering_path_flows(const struct inventory *inv, const struct path *path,
                    const struct path *twin, struct ovs_list *flows)
{
    struct steering s = {
        .inv = inv,
        .path = path,
        .twin = twin,
        .family = match_is_ipv6(path->match) ? "ipv6" : "ip",
        .src = inventory_endpoint(inv, path->src),
        .dst = inventory_endpoint(inv, path->dst),
    };
    ovs_list_init(&s.flows);
    s.error = path_check_places(path, inv);
    if (s.error) {
        return s.error;
    }

    add_ingress(&s);
    for (size_t i = 0; i <= path->n_sfs; i++) {
        if (path->hops[i]) {
            add_hop(&s, i);
        }
        if (i < path->n_sfs) {
            add_sf(&s, i);
        }
    }
    for (size_t j = 0; twin && j < twin->n_sfs; j++) {
        add_answer(&s, j);
    }

    if (s.error) {
        steering_flows_destroy(&s.flows);
    } else {
        ovs_list_push_back_all(flows, &s.flows);
    }
    return s.error;
}

/* Guards. */

/* The names of the ports of a bridge. */
struct port_names {
    const char *bridge;
    struct sset names;
};

static void
add_port_name(const struct inv_bridge *bridge, const char *port, void *ports_)
{
    struct port_names *ports = ports_;
    if (!strcmp(bridge->name, ports->bridge)) {
        sset_add(&ports->names, port);
    }
}

/* Adds match_guards[] at the ports where a host's own packets could enter a
 * chain: endpoints, and functions, which are hosts of their own.  (What has an
 * NSH was put under it for the chain.) */
static void
add_chain_guards(const struct inventory *inv, const char *bridge,
                 struct ovs_list *flows)
{
    struct port_names ports = {
        .bridge = bridge,
        .names = SSET_INITIALIZER(&ports.names),
    };
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &inv->endpoints) {
        const struct inv_endpoint *endpoint = node->data;
        add_port_name(endpoint->bridge, endpoint->port, &ports);
    }
    SHASH_FOR_EACH (node, &inv->sfs) {
        const struct inv_sf *sf = node->data;
        if (sf->correlation != SF_NSH) {
            add_port_name(sf->bridge, sf->in_port, &ports);
            add_port_name(sf->bridge, sf->out_port, &ports);
        }
    }

    const char **names = sset_sort(&ports.names);
    for (size_t i = 0; i < sset_count(&ports.names); i++) {
        for (size_t j = 0; j < n_match_guards; j++) {
            add_flow(flows, bridge, STEERING_GUARD, 0, TABLE_INPUT,
                     (match_guards[j].unanswered ? PRIORITY_UNANSWERED
                      : PRIORITY_NO_CHAIN), names[i], "%s,actions=drop",
                     match_guards[j].match);
        }
    }
    free(names);
    sset_destroy(&ports.names);
}

void
steering_guard_flows(const struct inventory *inv, const char *bridge,
                     struct ovs_list *flows)
{
    struct port_names ports = {
        .bridge = bridge,
        .names = SSET_INITIALIZER(&ports.names),
    };
    add_chain_guards(inv, bridge, flows);
    inventory_for_each_port(inv, add_port_name, &ports);

    const char **names = sset_sort(&ports.names);
    for (size_t i = 0; i < sset_count(&ports.names); i++) {
        add_flow(flows, bridge, STEERING_GUARD, 0, TABLE_INPUT,
                 STEERING_PRIORITY_GUARD, names[i], "actions=drop");
    }
    free(names);
    sset_destroy(&ports.names);

    /* What came under a path's NSH and is not its ESP. */
    add_flow(flows, bridge, STEERING_GUARD, 0, TABLE_DELIVER,
             STEERING_PRIORITY_GUARD, NULL, "actions=drop");
}

char *
steering_check_ports(const struct steering_flow *flow,
                     const struct ofputil_port_map *map)
{
    for (size_t i = 0; i < ARRAY_SIZE(flow->ports); i++) {
        const char *port = flow->ports[i];
        if (port && ofputil_port_map_get_number(map, port) == OFPP_NONE) {
            return xasprintf("bridge %s has no port %s: add it with "
                             "\"ovs-vsctl add-port %s %s\", or if that is a "
                             "bond, name one of its members", flow->bridge,
                             port, flow->bridge, port);
        }
    }
    return NULL;
}

void
steering_flows_destroy(struct ovs_list *flows)
{
    struct steering_flow *flow;
    LIST_FOR_EACH_SAFE (flow, node, flows) {
        ovs_list_remove(&flow->node);
        free(flow->bridge);
        free(flow->text);
        free(flow->ports[0]);
        free(flow->ports[1]);
        free(flow);
    }
}
