/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_PATH_MTU_H
#define SDSA_PATH_MTU_H 1

/* The longest packet that a path carries.  Pure. */

struct inventory;
struct path;
struct path_hop;

/* Octets of the shortest IP packet that can prove a hop (flows/probe.h). */
#define PATH_MTU_PROBE 72

/* Octets of the longest IP packet whose frame check_pkt_larger() can compare:
 * it has 16 bits. */
#define PATH_MTU_MAX 65521

/* Returns the octets of the longest inner IP packet that the hop carries: its
 * links must take it as an NSH frame, the gateways' ports as ESP and in clear.
 * A port whose MTU is not known has INVENTORY_DEFAULT_MTU. */
int path_hop_mtu(const struct inventory *, const struct path *,
                 const struct path_hop *);

/* Returns the octets of the longest IP packet that the path carries: its hops,
 * functions and endpoints must take it.  PATH_MTU_MAX at most. */
int path_mtu(const struct inventory *, const struct path *);

#endif /* ofctl-app/model/path-mtu.h */
