/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/model/path-mtu.h"

#include "lib/address.h"
#include "lib/nsh.h"
#include "lib/suite.h"
#include "ofctl-app/model/path.h"
#include "util.h"

/* The gateway's 'mtu' if its agent has told. */
static int
or_default(int mtu)
{
    return mtu ? mtu : INVENTORY_DEFAULT_MTU;
}

/* MTU of one side of a link, of which the inventory may know nothing. */
static int
link_port_mtu(const struct inventory *inv, const char *bridge,
              const char *port)
{
    const struct inv_bridge *br = inventory_bridge(inv, bridge);
    return br ? inventory_port_mtu(inv, br, port) : INVENTORY_DEFAULT_MTU;
}

int
path_hop_mtu(const struct inventory *inv, const struct path *path,
             const struct path_hop *hop)
{
    const struct inv_gateway *sender = inventory_gateway(inv, hop->sender);
    const struct inv_gateway *receiver = inventory_gateway(inv, hop->receiver);
    if (!sender || !receiver) {
        return INVENTORY_DEFAULT_MTU;
    }
    int outer = MIN(or_default(sender->cipher_mtu),
                    or_default(receiver->cipher_mtu));
    for (size_t i = 0; i < hop->n_route; i++) {
        const struct path_link *l = &hop->route[i];
        int mtu = MIN(link_port_mtu(inv, l->from, l->out_port),
                      link_port_mtu(inv, l->to, l->in_port));
        outer = MIN(outer, mtu - NSH_HEADER_LEN);
    }
    struct path_hop_ips ips = path_hop_get_ips(hop, inv);
    int inner = suite_max_inner(path->suite, MAX(outer, 0),
                                address_is_ipv6(&ips.sender));
    return MIN(inner, MIN(or_default(sender->plain_mtu),
                          or_default(receiver->plain_mtu)));
}

/* What function number 'i' takes; one that speaks NSH gets a whole frame under
 * it. */
static int
sf_mtu(const struct inventory *inv, const struct path *path, size_t i)
{
    const struct inv_sf *sf = inventory_sf(inv, path->sfs[i]);
    if (!sf) {
        return INVENTORY_DEFAULT_MTU;
    }
    int mtu = MIN(inventory_port_mtu(inv, sf->bridge, sf->in_port),
                  inventory_port_mtu(inv, sf->bridge, sf->out_port));
    return (sf->correlation == SF_NSH ? mtu - NSH_HEADER_LEN - ETH_HEADER_LEN
            : mtu);
}

static int
endpoint_mtu(const struct inventory *inv, const char *name)
{
    const struct inv_endpoint *e = inventory_endpoint(inv, name);
    return (e ? inventory_port_mtu(inv, e->bridge, e->port)
            : INVENTORY_DEFAULT_MTU);
}

int
path_mtu(const struct inventory *inv, const struct path *path)
{
    int mtu = endpoint_mtu(inv, path->dst);
    for (size_t i = 0; i <= path->n_sfs; i++) {
        if (path->hops[i]) {
            mtu = MIN(mtu, path_hop_mtu(inv, path, path->hops[i]));
        }
        if (i < path->n_sfs) {
            mtu = MIN(mtu, sf_mtu(inv, path, i));
        }
    }
    return MAX(MIN(mtu, PATH_MTU_MAX), 0);
}
