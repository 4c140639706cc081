/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ofctl-app/southbound/of-ports.h"

#include "flow.h"
#include "hash.h"
#include "lib/name.h"
#include "util.h"

struct of_port {
    struct hmap_node number_node; /* In of_ports' 'by_number'. */
    struct hmap_node name_node; /* In of_ports' 'by_name'. */
    ofp_port_t number;
    char name[OFP_MAX_PORT_NAME_LEN];
    bool was_live;              /* True once the switch called it "live". */
    const char *down;           /* Why it carries no packets, or NULL. */
};

void
of_ports_init(struct of_ports *ports)
{
    hmap_init(&ports->by_number);
    hmap_init(&ports->by_name);
    simap_init(&ports->cut_names);
    ports->is_told = ports->is_stale = false;
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
    simap_destroy(&ports->cut_names);
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

/* Updates the port's state from 'desc'.  Returns true if 'down' changed.  A
 * switch calls a port live a moment after it was added, and does not when BFD
 * has no answer from the other end. */
static bool
update_state(struct of_port *port, const struct ofputil_phy_port *desc)
{
    bool live = (desc->state & OFPUTIL_PS_LIVE) != 0;
    const char *was_down = port->down;
    port->down = (desc->config & OFPUTIL_PC_PORT_DOWN ? "is taken down"
                  : desc->state & OFPUTIL_PS_LINK_DOWN ? "has no carrier"
                  : desc->config & OFPUTIL_PC_NO_RECV
                  ? "drops what it receives (until \"ovs-ofctl mod-port\" "
                    "says \"receive\")"
                  : desc->config & OFPUTIL_PC_NO_FWD
                  ? "drops what it is to send (until \"ovs-ofctl mod-port\" "
                    "says \"forward\")"
                  : port->was_live && !live
                  ? "is not live (no carrier, or no answer of BFD)"
                  : NULL);
    port->was_live = port->was_live || live;
    return port->down != was_down;
}

/* Forgets the name that was told for the port of that number if nobody would
 * tell that it is another port now. */
static void
forget_stale_name(struct of_ports *ports, ofp_port_t number)
{
    struct simap_node *node;
    SIMAP_FOR_EACH_SAFE (node, &ports->cut_names) {
        if (ports->is_stale && node->data == ofp_to_u16(number)) {
            simap_delete(&ports->cut_names, node);
        }
    }
}

bool
of_ports_put(struct of_ports *ports, const struct ofputil_phy_port *desc)
{
    struct of_port *port = of_ports_find_number(ports, desc->port_no);
    if (port && !strcmp(port->name, desc->name)) {
        return update_state(port, desc);
    }
    forget_stale_name(ports, desc->port_no);
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
        forget_stale_name(ports, number);
        hmap_remove(&ports->by_number, &port->number_node);
        hmap_remove(&ports->by_name, &port->name_node);
        free(port);
    }
    return port != NULL;
}

size_t
of_ports_count(const struct of_ports *ports)
{
    return hmap_count(&ports->by_number);
}

bool
of_ports_tell_names(struct of_ports *ports, const struct simap *names)
{
    bool changed = !ports->is_told || !simap_equal(&ports->cut_names, names);
    if (changed) {
        struct simap copy = SIMAP_INITIALIZER(&copy);
        const struct simap_node *node;
        SIMAP_FOR_EACH (node, names) {
            simap_put(&copy, node->name, node->data);
        }
        simap_swap(&ports->cut_names, &copy);
        simap_destroy(&copy);
    }
    ports->is_told = true;
    ports->is_stale = false;
    return changed;
}

void
of_ports_lose_names(struct of_ports *ports)
{
    ports->is_stale = true;
}

/* Returns the port of that name, or NULL if there is none or it cannot be told
 * from others. */
static const struct of_port *
find_name(const struct of_ports *ports, const char *name)
{
    const struct of_port *port;
    if (name_is_shown_whole(name)) {
        HMAP_FOR_EACH_WITH_HASH (port, name_node, hash_string(name, 0),
                                 &ports->by_name) {
            if (!strcmp(port->name, name)) {
                return port;
            }
        }
        return NULL;
    }
    port = of_ports_find_number(ports, u16_to_ofp(
        simap_get(&ports->cut_names, name)));
    return (port && !strncmp(port->name, name, sizeof port->name - 1)
            ? port : NULL);
}

ofp_port_t
of_ports_find(const struct of_ports *ports, const char *name)
{
    const struct of_port *port = find_name(ports, name);
    return port ? port->number : 0;
}

const char *
of_ports_down(const struct of_ports *ports, const char *name)
{
    const struct of_port *port = find_name(ports, name);
    return port ? port->down : "is not there";
}
