/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_DESIRED_FLOWS_H
#define SDSA_DESIRED_FLOWS_H 1

/* From the live paths to the flows that each bridge is to have.
 *
 * A path's flows are made once, with names of ports, and kept by bridge until
 * the inventory or the path of the other direction changes.  This module finds
 * the number that each port has on its bridge, for the parser.  A bridge that
 * changes (it comes back, a port gets another number) has all its flows parsed
 * anew. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ofctl-app/network/network.h"

struct sset;

/* Gives each connected bridge all its flows anew if the inventory, its ports
 * or its connection changed.  Follows network_run(). */
void desired_flows_run(struct network *);

/* Changes the flows of one bridge, all in one bundle: for each of the 'n'
 * paths in 'paths' they become those that path->flows says.  A path that
 * cannot have flows as things are (a port is missing, a flow does not parse)
 * is an error if 'strict', else it gets none.  Returns the ticket of
 * bridge_change(), or 0 with a message in '*errorp' (caller frees). */
uint64_t desired_flows_change(struct network *, struct bridge *,
                              struct live_path *const *paths, size_t n,
                              bool strict, char **errorp);

/* Can the bridge have all flows of 'live', also those that it is not to have
 * yet?  Returns NULL, or a message that says why not (caller frees). */
char *desired_flows_check(const struct network *, struct bridge *,
                          struct live_path *live);

/* Adds the names of the bridges where 'live' has flows of 'which', a bitwise
 * OR of enum path_flows, to 'names'. */
void desired_flows_bridges(const struct network *,
                           const struct live_path *live, unsigned int which,
                           struct sset *names);

#endif /* ofctl-app/network/desired-flows.h */
