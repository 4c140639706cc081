#ifndef SDSA_PATH_MTU_H
#define SDSA_PATH_MTU_H 1

/* How long a packet may be that a path carries.  Pure. */

struct inventory;
struct path;
struct path_hop;

/* Octets of the longest inner IP packet that the hop carries: what its links
 * take as an NSH frame and the gateways' ports as ESP and in clear.  Ports of
 * which nobody told anything have INVENTORY_DEFAULT_MTU. */
int path_hop_mtu(const struct inventory *, const struct path *,
                 const struct path_hop *);

/* The same of the whole path: its hops, functions and endpoints. */
int path_mtu(const struct inventory *, const struct path *);

#endif /* ofctl-app/model/path-mtu.h */
