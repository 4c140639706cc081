/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SDSA_OF_PORTS_H
#define SDSA_OF_PORTS_H 1

/* The ports of one bridge by name, as OpenFlow describes them.
 *
 * OpenFlow has the first 15 characters of a name.  A longer name is looked up
 * by these.  If two ports have the same 15 characters neither is found: no
 * port is better than the wrong port. */

#include <stdbool.h>

#include "openvswitch/hmap.h"
#include "openvswitch/ofp-port.h"

struct of_ports {
    struct hmap by_number;      /* Of struct of_port, which is private. */
    struct hmap by_name;        /* The same ports. */
};

/* Makes an empty set of ports (free with of_ports_destroy()). */
void of_ports_init(struct of_ports *);

/* Frees what of_ports_init() and of_ports_put() have allocated. */
void of_ports_destroy(struct of_ports *);

/* Adds the port that is described, or changes the one of the same number.
 * Returns true if the port is new or its name or its being down changed. */
bool of_ports_put(struct of_ports *, const struct ofputil_phy_port *);

/* Removes the port of that number.  Returns false if there was none. */
bool of_ports_remove(struct of_ports *, ofp_port_t number);

/* Returns the number of the port that OVSDB calls 'name', or 0 if there is not
 * exactly one. */
ofp_port_t of_ports_find(const struct of_ports *, const char *name);

/* True if the port can carry no packets: it is taken down, has no carrier, or
 * BFD has no answer from the other end.  An unknown port is not down. */
bool of_ports_is_down(const struct of_ports *, const char *name);

#endif /* ofctl-app/southbound/of-ports.h */
