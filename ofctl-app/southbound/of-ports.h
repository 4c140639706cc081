/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SDSA_OF_PORTS_H
#define SDSA_OF_PORTS_H 1

/* The ports of one bridge by name, as OpenFlow describes them.
 *
 * OpenFlow has the first 15 characters of a name.  A longer name is looked for
 * by these, and a name that two ports seem to have is not found at all: better
 * no port than that of somebody else. */

#include <stdbool.h>

#include "openvswitch/hmap.h"
#include "openvswitch/ofp-port.h"

struct of_ports {
    struct hmap by_number;
    struct hmap by_name;
};

void of_ports_init(struct of_ports *);
void of_ports_destroy(struct of_ports *);
void of_ports_clear(struct of_ports *);

/* Both return true if a port, its name or its being down changed. */
bool of_ports_put(struct of_ports *, const struct ofputil_phy_port *);
bool of_ports_remove(struct of_ports *, ofp_port_t);

/* Returns the number of the port that OVSDB calls 'name', or 0. */
ofp_port_t of_ports_find(const struct of_ports *, const char *name);

/* Can it carry no packets: taken down, without carrier, or nobody answers BFD
 * at the other end?  A port that is not there is not down. */
bool of_ports_is_down(const struct of_ports *, const char *name);

#endif /* ofctl-app/southbound/of-ports.h */
