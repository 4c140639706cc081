/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SDSA_OF_PORTS_H
#define SDSA_OF_PORTS_H 1

/* The ports of one bridge by name, as OpenFlow describes them.
 *
 * OpenFlow shows the first 15 characters of a name.  A name of 15 or more
 * (!name_is_shown_whole()) may look like another one, so a port with such a
 * name is found only if the switch's database tells its number and OpenFlow
 * has a port of that number that looks so: no port is better than the wrong
 * port. */

#include <stdbool.h>

#include "openvswitch/hmap.h"
#include "openvswitch/ofp-port.h"
#include "simap.h"

struct of_ports {
    struct hmap by_number;      /* Of struct of_port, which is private. */
    struct hmap by_name;        /* The same ports. */
    struct simap cut_names;     /* Numbers by name, as the switch's database
                                 * tells them, of the names that OpenFlow does
                                 * not show whole. */
    bool is_told;               /* True if they were told once. */
    bool is_stale;              /* True if the database is away since. */
};

/* Makes an empty set of ports (free with of_ports_destroy()). */
void of_ports_init(struct of_ports *);

/* Frees what of_ports_init() and of_ports_put() have allocated. */
void of_ports_destroy(struct of_ports *);

/* Adds the port that is described, or changes the one of the same number.
 * Returns true if the port is new or its name or of_ports_down() changed. */
bool of_ports_put(struct of_ports *, const struct ofputil_phy_port *);

/* Removes the port of that number.  Returns false if there was none. */
bool of_ports_remove(struct of_ports *, ofp_port_t number);

/* Returns the number of ports. */
size_t of_ports_count(const struct of_ports *);

/* Replaces what the switch's database tells of the names that OpenFlow does
 * not show whole: 'names' has the number of each.  Returns true if it is
 * news. */
bool of_ports_tell_names(struct of_ports *, const struct simap *names);

/* Takes note that the switch's database is away.  What it has told stays, but
 * not for a port that comes, goes or changes meanwhile. */
void of_ports_lose_names(struct of_ports *);

/* Returns the number of the port that OVSDB calls 'name', or 0 if there is
 * none or it cannot be told from others. */
ofp_port_t of_ports_find(const struct of_ports *, const char *name);

/* Returns why no packets pass the port, a predicate: it is not there (as far
 * as it can be told from others), is taken down, has no carrier, is told by
 * OpenFlow to drop what it receives or sends, or BFD or CFM has no answer from
 * the other end.  NULL: they do pass. */
const char *of_ports_down(const struct of_ports *, const char *name);

#endif /* ofctl-app/southbound/of-ports.h */
