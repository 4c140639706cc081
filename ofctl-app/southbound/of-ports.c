/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ofctl-app/southbound/of-ports.h"

#include "flow.h"
#include "hash.h"
#include "util.h"

struct of_port {
    struct hmap_node number_node; /* In of_ports' 'by_number'. */
    struct hmap_node name_node; /* In of_ports' 'by_name'. */
    ofp_port_t number;
    char name[OFP_MAX_PORT_NAME_LEN];
    bool was_live;              /* True once the switch called it "live". */
    bool is_down;               /* True if it can carry no packets. */
};

void
of_ports_init(struct of_ports *ports)
{
    hmap_init(&ports->by_number);
    hmap_init(&ports->by_name);
}

void
of_ports_destroy(struct of_ports *ports)
{
    struct of_port *port;
    HMAP_FOR_EACH_POP (port, number_node, &ports->by_number) {
        free(port);
    }
    hmap_destroy(&ports->by_number);
    hmap_destroy(&ports->by_name);
}

static struct of_port *
of_ports_find_number(const struct of_ports *ports, ofp_port_t number)
{
    struct of_port *port;
    HMAP_FOR_EACH_WITH_HASH (port, number_node, hash_ofp_port(number),
                             &ports->by_number) {
        if (port->number == number) {
            return port;
        }
    }
    return NULL;
}

/* Updates the port's state from 'desc'.  Returns true if its being down
 * changed.  A switch calls a port live a moment after it was added, and does
 * not when BFD has no answer from the other end. */
static bool
update_state(struct of_port *port, const struct ofputil_phy_port *desc)
{
    bool live = (desc->state & OFPUTIL_PS_LIVE) != 0;
    bool was_down = port->is_down;
    port->is_down = ((desc->config & OFPUTIL_PC_PORT_DOWN)
                     || (desc->state & OFPUTIL_PS_LINK_DOWN)
                     || (port->was_live && !live));
    port->was_live = port->was_live || live;
    return port->is_down != was_down;
}

bool
of_ports_put(struct of_ports *ports, const struct ofputil_phy_port *desc)
{
    struct of_port *port = of_ports_find_number(ports, desc->port_no);
    if (port && !strcmp(port->name, desc->name)) {
        return update_state(port, desc);
    }
    if (port) {
        hmap_remove(&ports->by_name, &port->name_node);
    } else {
        port = xzalloc(sizeof *port);
        port->number = desc->port_no;
        hmap_insert(&ports->by_number, &port->number_node,
                    hash_ofp_port(port->number));
    }
    ovs_strlcpy(port->name, desc->name, sizeof port->name);
    hmap_insert(&ports->by_name, &port->name_node, hash_string(port->name, 0));
    update_state(port, desc);
    return true;
}

bool
of_ports_remove(struct of_ports *ports, ofp_port_t number)
{
    struct of_port *port = of_ports_find_number(ports, number);
    if (port) {
        hmap_remove(&ports->by_number, &port->number_node);
        hmap_remove(&ports->by_name, &port->name_node);
        free(port);
    }
    return port != NULL;
}

/* Returns the port of that name, or NULL if there is not exactly one. */
static const struct of_port *
find_name(const struct of_ports *ports, const char *name_)
{
    char name[OFP_MAX_PORT_NAME_LEN];
    ovs_strlcpy(name, name_, sizeof name);

    const struct of_port *port, *found = NULL;
    HMAP_FOR_EACH_WITH_HASH (port, name_node, hash_string(name, 0),
                             &ports->by_name) {
        if (!strcmp(port->name, name)) {
            if (found) {
                return NULL;
            }
            found = port;
        }
    }
    return found;
}

ofp_port_t
of_ports_find(const struct of_ports *ports, const char *name)
{
    const struct of_port *port = find_name(ports, name);
    return port ? port->number : 0;
}

bool
of_ports_is_down(const struct of_ports *ports, const char *name)
{
    const struct of_port *port = find_name(ports, name);
    return port && port->is_down;
}
