/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_NETWORK_H
#define SDSA_NETWORK_H 1

/* The network as the controller drives it: the inventory, a session with each
 * of its bridges and agents, and the live paths with those of their flows that
 * are to be on the bridges.
 *
 * Whatever changes (a port's number, a gateway's MAC, a bridge that comes
 * back), the flows that a bridge is to have are computed anew from the live
 * paths. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ofctl-app/model/inventory.h"
#include "ofctl-app/plan/live-paths.h"
#include "ofctl-app/southbound/agents.h"
#include "ofctl-app/southbound/bridges.h"

/* After so many ms a gateway or a bridge that is away counts as lost, unless
 * network_set_loss_ms() says otherwise. */
#define NETWORK_LOSS_MS 10000

struct network;
struct suspects;
struct tls_files;

struct network_config {
    const char *listen;         /* For bridges_create(). */
    struct agents_config agents;
    const struct tls_files *tls;        /* For bridges and databases. */
};

/* Returns NULL and the network in '*netp' (caller must free with
 * network_destroy()), or a message for the user (caller frees). */
char *network_create(const struct network_config *, struct network **netp);
void network_destroy(struct network *);

/* Replaces the inventory by 'inv', which is moved from, and opens and closes
 * sessions to match.  Flows are computed anew only if more than chains
 * changed. */
void network_set_inventory(struct network *, struct inventory *inv);

void network_run(struct network *);
void network_wait(struct network *);

/* The inventory: the one that network_set_inventory() has set, with states
 * that bridges and agents have told since (links and functions that are down,
 * MAC addresses, MTUs).  It belongs to the network; the next
 * network_set_inventory() moves another one to the same address. */
const struct inventory *network_inventory(const struct network *);

/* A number that changes when flows have to be computed anew because of the
 * inventory. */
unsigned int network_inventory_seqno(const struct network *);

/* Sessions; they belong to the network. */
struct bridges *network_bridges(const struct network *);
struct agents *network_agents(const struct network *);

/* Returns true if the ports or the connection of 'br', or
 * network_inventory_seqno(), have changed since the last call for 'br': its
 * flows must be computed anew. */
bool network_see_bridge(struct network *, const struct bridge *br);

/* The session with the bridge 'name' or with the agent of 'vnf_id', or NULL if
 * the inventory has none of that name. */
struct bridge *network_bridge(const struct network *, const char *name);
struct agent *network_agent(const struct network *, const char *vnf_id);

/* Sets after how many milliseconds a gateway or a bridge that is away counts
 * as lost, in place of NETWORK_LOSS_MS. */
void network_set_loss_ms(struct network *, int loss_ms);

/* Links and gateways that new paths avoid; they belong to the network. */
struct suspects *network_suspects(struct network *);

/* Makes 'path', of which it takes ownership, a live path of the network, which
 * owns what is returned.  'twin' is the NSH SPI of the path's other direction,
 * or 0; 'flows' is a bitwise OR of enum path_flows. */
struct live_path *network_add_path(struct network *, struct path *path,
                                   uint32_t twin, unsigned int flows);

/* Destroys the live path; its flows stay until the next change on a bridge. */
void network_remove_path(struct network *, struct live_path *);

/* All live paths; they belong to the network. */
const struct live_paths *network_live_paths(const struct network *);

#endif /* ofctl-app/network/network.h */
