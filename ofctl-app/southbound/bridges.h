/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SDSA_BRIDGES_H
#define SDSA_BRIDGES_H 1

/* OpenFlow 1.5 sessions with the bridges.
 *
 * Bridges connect to us (`ovs-vsctl set-controller`) and are known by their
 * datapath id.  For each bridge there is one set of desired flows; what the
 * switch has is made equal to it:
 *
 *   - bridge_change() edits the desired set; bridges_run() sends the difference as
 *     one atomic ordered bundle (a barrier before the COMMIT: a refused ADD is
 *     silently not in the bundle).  Changes that come together, or while a bundle
 *     is under way, share one.  A refused change is taken out of the desired set
 *     again, and what shared its bundle is sent without it.
 *   - A change whose answer was lost with the connection stays desired; when the
 *     bridge comes back and was resynchronised it is reported as done.
 *   - On each connection: port descriptions, dump of the flows with our cookie
 *     prefix, difference to the desired set as one bundle.  Flows that are equal
 *     are not touched; foreign flows are left alone (but for one that has the
 *     very table, priority and match of a desired flow).
 *   - Every 2 s the flows are counted.  If somebody changed ours, they are made
 *     right again.
 *
 * The same flow (table, priority, match) may be wanted by several cookies: the
 * last one to ask gives the actions, and the flow goes with the last one to
 * leave.
 *
 *   - Packets that flows of ours send to the controller are queued; the meters
 *     that those flows go through are made on each connection, before them.
 *
 * Results are polled, no callbacks.  One thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/list.h"
#include "openvswitch/ofp-port.h"

struct bridges;
struct bridge;
struct of_packet_in;
struct ofputil_port_map;
struct steering_flow;

/* 'listen' is a passive connection method: "pssl:6653[:IP]", "ptcp:..",
 * "punix:..".  TLS files are libopenvswitch's process-wide ones
 * (stream_ssl_set_key_and_cert()).  Returns 0 and the object in '*bridgesp'
 * (caller must free with bridges_destroy()), or a positive errno. */
int bridges_create(const char *listen, struct bridges **bridgesp);
void bridges_destroy(struct bridges *);
void bridges_run(struct bridges *);
void bridges_wait(struct bridges *);
/* Sets the generation id with which we ask each bridge, now and on every
 * connection, to be its only master.  Without, it is 0.  A bridge that knows a
 * higher one refuses, and stays down. */
void bridges_set_generation(struct bridges *, uint64_t generation);

/* Declares a bridge; one that connects with an unknown datapath id is logged
 * and refused.  Removing one ends its session and leaves its flows. */
struct bridge *bridges_add(struct bridges *, const char *name,
                           uint64_t datapath_id);
void bridges_remove(struct bridges *, struct bridge *);
struct bridge *bridges_find(const struct bridges *, const char *name);
/* Iterates: NULL gives the first, NULL returned after the last. */
struct bridge *bridges_next(const struct bridges *, const struct bridge *prev);

/* For each bridge of BRIDGES, as 'struct bridge *BRIDGE'.  None may be added
 * or removed meanwhile. */
#define BRIDGES_FOR_EACH(BRIDGE, BRIDGES)                                   \
    for (struct bridge *BRIDGE = bridges_next(BRIDGES, NULL); BRIDGE;       \
         BRIDGE = bridges_next(BRIDGES, BRIDGE))

const char *bridge_name(const struct bridge *);
/* Connected and its ports known. */
bool bridge_is_connected(const struct bridge *);
/* Connected and the switch has the desired flows (but for changes in flight).
 * The first resynchronisation waits for bridge_allow_sync(), so that a
 * restarted controller does not remove what it has not yet asked for. */
bool bridge_is_up(const struct bridge *);

/* Is a change under way that it has not acknowledged? */
bool bridge_has_pending(const struct bridge *);

/* Why the bridge is not up, for people; "" if it is.  Valid until the next
 * call of any function here. */
const char *bridge_reason(const struct bridge *);
/* Since when it is not connected (time_msec(); since it was declared, at
 * most); LLONG_MAX while it is. */
long long int bridge_down_since_ms(const struct bridge *);
void bridge_allow_sync(struct bridge *);
/* Changes with each connection, loss of one, and change of ports. */
unsigned int bridge_seqno(const struct bridge *);
/* OpenFlow number of an interface by its OVSDB name (matched against the 15
 * characters that OpenFlow has of it, and only if no other port has the same),
 * or 0; 0 while the bridge is not connected. */
ofp_port_t bridge_port(const struct bridge *, const char *interface);
/* Is it known that the interface can carry no packets? */
bool bridge_port_is_down(const struct bridge *, const char *interface);

/* Changes desired flows: takes out all flows of 'remove_cookies', then adds the
 * 'n_add' flows in 'add' (not owned), whose ports are in 'map' (NULL: they name
 * none).  Returns a ticket for bridge_next_result() (never 0), or 0 with a message in
 * '*errorp' (caller frees) if a flow does not parse, with nothing changed.
 * Not connected: the desired set changes and the result comes after the next
 * resynchronisation. */
uint64_t bridge_change(struct bridge *, const struct ofputil_port_map *map,
                       const uint64_t *remove_cookies, size_t n_remove,
                       const struct steering_flow *const *add, size_t n_add,
                       char **errorp);

/* Was 'ticket' given by this object?  One that another bridge object of the
 * same name gave, which was removed since, will never have a result. */
bool bridge_has_ticket(const struct bridge *, uint64_t ticket);

/* Pops a result.  'error' is NULL for done, else the switch's refusal in words
 * (caller frees). */
bool bridge_next_result(struct bridge *, uint64_t *ticket, char **error);

/* Packets counted by all flows of 'cookie', as of the last poll (every 2
 * s). */
uint64_t bridge_cookie_packets(const struct bridge *, uint64_t cookie);
/* Counts anew, soon; and when the last count was asked for that came to its
 * end (time_msec(); LLONG_MIN: there is none in this session). */
void bridge_count_again(struct bridge *);
long long int bridge_counted_ms(const struct bridge *);
/* Of the flows of 'cookie' that the bridge should have: their number, and in
 * '*n_shown' how many the last count found. */
size_t bridge_cookie_flows(const struct bridge *, uint64_t cookie,
                           size_t *n_shown);
/* Number of flows desired. */
size_t bridge_n_flows(const struct bridge *);
/* How many changes were asked for so far, and in how many bundles they (and what
 * was put right) were sent. */
void bridge_get_load(const struct bridge *, unsigned long long int *n_changes,
                     unsigned long long int *n_bundles);

/* Pops the oldest packet that a flow of ours has sent (caller frees with
 * of_packet_in_uninit()).  Returns false if there is none.  The queue is
 * bounded (OF_PACKET_QUEUE_MAX) and goes with the session. */
bool bridge_next_packet_in(struct bridge *, struct of_packet_in *);

/* Packets that this session had no room for. */
uint64_t bridge_n_packets_lost(const struct bridge *);

/* Sends Ethernet frame 'frame' of 'size' octets (not owned) out of a port, as
 * if it came from the controller.  Returns false if the bridge is not connected
 * or too much is queued; true does not mean that it arrives. */
bool bridge_packet_out(struct bridge *, const void *frame, size_t size,
                       ofp_port_t out_port);

#endif /* ofctl-app/southbound/bridges.h */
