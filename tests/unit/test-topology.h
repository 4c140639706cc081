/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_TOPOLOGY_H
#define TEST_TOPOLOGY_H 1

/* A small network as text, for the drivers of what is pure.
 *
 *   bridge NAME
 *   link BRIDGE PORT BRIDGE PORT
 *   endpoint NAME BRIDGE PORT MAC [IP...]
 *   sf NAME BRIDGE IN-PORT OUT-PORT none|vlan|mac|nsh [MAC]
 *   gateway VNF-ID BRIDGE PLAIN-PORT CIPHER-PORT CIPHER-IP
 *           [PLAIN-MAC CIPHER-MAC]
 *   chain NAME SRC DST MATCH PRIORITY one-way|two-way LIFETIME-S [SF...]
 *         [/ [SF...]]          after "/": of a way back of its own
 *   encrypt-always CHAIN
 *   mtu BRIDGE PORT N
 *   link-down BRIDGE PORT      the link at this port
 *   group NAME SF...           can stand in for each other
 *   sf-marked SF               marked down; "sf-down": its port is; "sf-up"
 *   load VNF-ID N              hop ends in use there
 *   down VNF-ID|SF             not usable; not free for a chain
 *   up VNF-ID
 *   left VNF-ID|SF|nsh N       VLANs (tags, NSH SPIs) that can still be had
 *   no-port BRIDGE PORT        the switch has no such port
 *
 * The ports of each bridge are numbered from 1 in the order in which they are
 * first named.  Numbers that paths are given count up from 0x11 (NSH SPI),
 * 0x1001 (ESP SPI), 1 (VLANs of a gateway), 101 (tags of a function). */

#include <stdbool.h>

#include "ofctl-app/model/inventory.h"
#include "ofctl-app/model/numbers.h"
#include "ofctl-app/model/path.h"
#include "openvswitch/ofp-port.h"
#include "simap.h"
#include "sset.h"

struct topology {
    struct inventory inv;
    struct simap ports;         /* "BRIDGE PORT" -> number. */
    struct simap n_ports;       /* Bridge -> last number. */
    struct sset no_ports;       /* "BRIDGE PORT". */
    struct simap loads, vlans, left;
    struct sset down;
    uint32_t nsh_spi, esp_spi;  /* The last ones given. */
};

void topology_init(struct topology *);
void topology_destroy(struct topology *);

/* Obeys 'words', of which there are 'n', or returns false if they are none of
 * the above.  A mistake ends the program. */
bool topology_obey(struct topology *, char **words, size_t n);

/* Splits 'line' in place; "'...'" is one word.  Returns how many there are. */
size_t topology_split(char *line, char *words[], size_t max);

/* Reads standard input to its end and calls 'obey' with each line that is
 * neither empty nor a comment nor obeyed by topology_obey(). */
void topology_read(struct topology *,
                   void (*obey)(struct topology *, char **words, size_t n));

struct path_allocator topology_allocator(struct topology *);

/* Puts the ports that the switch has of 'bridge' into 'map', which the caller
 * initialised. */
void topology_ports(const struct topology *, const char *bridge,
                    struct ofputil_port_map *map);

#endif /* tests/unit/test-topology.h */
