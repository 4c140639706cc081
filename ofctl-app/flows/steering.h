/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_STEERING_H
#define SDSA_STEERING_H 1

/* Steering: from a path to the flows that carry it.  Pure: text in
 * ovs-ofctl(8) syntax, so that tests and people can read it.  doc/pipeline.md
 * has the tables; doc/decisions.md, 6 and 71.
 *
 * Flows are known by their cookie:
 *
 *     63        48 47     24 23      0
 *     +-----------+---------+---------+
 *     |  0x5d5a   |  role   | NSH SPI |
 *     +-----------+---------+---------+
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/address.h"
#include "ofctl-app/model/inventory.h"
#include "ofctl-app/model/path.h"
#include "openvswitch/list.h"

struct ofputil_port_map;

#define STEERING_COOKIE      UINT64_C(0x5d5a000000000000)
#define STEERING_COOKIE_MASK UINT64_C(0xffff000000000000)

enum steering_role {
    STEERING_GUARD,             /* Drops and counts packets at a port that no
                                 * path takes.  NSH SPI 0. */
    STEERING_TRANSPORT,         /* All flows of a path but the classifier and
                                 * companions. */
    STEERING_CLASSIFIER,        /* Puts packets on the path. */
    STEERING_COMPANION,         /* Other flows that must change in the same
                                 * bundle as the classifier. */
};

/* Priority of the guard that each port has.  A guard of a higher one drops
 * what no chain takes, whatever the chains' matches are. */
#define STEERING_PRIORITY_GUARD 1

/* First octet of the userdata of a packet-in: why the controller is sent
 * it. */
enum steering_userdata {
    STEERING_USERDATA_TOO_BIG = 1,      /* Then the path's MTU, 16 bits. */
    STEERING_USERDATA_PROBE = 2,
};

/* Two meters limit packet-ins on each bridge, one for oversized packets and
 * one for probes, so that oversized packets cannot starve probes. */
#define STEERING_METER 23130
#define STEERING_METER_RATE 100         /* Packets a second, and burst. */
#define STEERING_METER_PROBE 23131
#define STEERING_METER_PROBE_RATE 2000

/* Source MAC address of the frames that flows build (NSH frames on a link, ESP
 * for a receiver) and of probes.  Locally administered; no receiver reads
 * it. */
#define STEERING_NSH_SRC ETH_ADDR_C(02,5d,5a,00,00,03)

/* Probes of the controller have an address that belongs to no host as source
 * and destination (lib/address.h), and a protocol for experiments (RFC 3692).
 * A packet like that which comes out of a hop's end is given to the
 * controller, not to a function or an endpoint; an endpoint cannot send
 * one. */
#define STEERING_PROBE_IPV4 ADDRESS_PROBE_IPV4
#define STEERING_PROBE_IPV6 ADDRESS_PROBE_IPV6
#define STEERING_PROBE_PROTOCOL 253


/* The cookie of a path's flows in 'role'; guards have 'nsh_spi' 0. */
static inline uint64_t
steering_cookie(enum steering_role role, uint32_t nsh_spi)
{
    return STEERING_COOKIE | (uint64_t) role << 24 | nsh_spi;
}

/* The NSH SPI in a cookie. */
static inline uint32_t
steering_cookie_spi(uint64_t cookie)
{
    return cookie & 0xffffff;
}

struct steering_flow {
    struct ovs_list node;
    char *bridge;               /* Name. */
    uint64_t cookie;
    char *text;                 /* "table=0,priority=..,MATCH,actions=..";
                                 * without the cookie. */
    char *ports[2];             /* Names of the ports in 'text', as the
                                 * inventory has them; NULL: no more. */
    const char *untagged_sf;    /* Untagged function whose packets this takes,
                                 * or NULL.  Owned by the path. */
};

/* Appends the flows of 'path' (all roles, all bridges) to 'flows'.  'twin' is
 * the path of the other direction, or NULL: packets that a function answers by
 * itself go there.  Returns NULL; or a message that names the gateway or
 * function that stands in the way (caller frees), and 'flows' as it was.
 * Caller frees the flows with steering_flows_destroy(), before 'path'. */
char *steering_path_flows(const struct inventory *, const struct path *,
                          const struct path *twin, struct ovs_list *flows);

/* Appends the guards of 'bridge': one drop of lowest priority for each port
 * that the inventory names, one for what was under an NSH, and at the ports of
 * endpoints and functions match_guards[].  Caller frees the flows with
 * steering_flows_destroy(). */
void steering_guard_flows(const struct inventory *, const char *bridge,
                          struct ovs_list *flows);

/* Returns NULL if 'map' has all ports that 'flow' names, so that it parses
 * with it; or a message that names the first one that is missing and says what
 * to do (caller frees). */
char *steering_check_ports(const struct steering_flow *,
                           const struct ofputil_port_map *map);

/* Frees all flows of the list and makes it empty. */
void steering_flows_destroy(struct ovs_list *flows);

#endif /* ofctl-app/flows/steering.h */
