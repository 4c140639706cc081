/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SDSA_BRIDGE_H
#define SDSA_BRIDGE_H 1

/* A bridge with its OpenFlow 1.5 session.
 *
 * Each bridge has one set of desired flows, and the flows on the switch are
 * made equal to it:
 *
 *   - bridge_change() edits the desired set.  bridge_run() sends the
 *     difference as one atomic ordered bundle, with a barrier before the
 *     COMMIT, because a refused ADD is silently left out of the bundle.
 *     Changes that come together, or while a bundle is under way, share a
 *     bundle.  A refused change is taken out of the desired set again, and the
 *     other changes of its bundle are sent without it.
 *   - A change whose answer was lost with the connection stays desired.  It is
 *     reported as done when the bridge is back and was resynchronised.
 *   - Each connection begins with the port descriptions, a dump of the flows
 *     with our cookie prefix, and the difference to the desired set as one
 *     bundle.  Equal flows are not touched.  Foreign flows are left alone,
 *     except one that has the table, priority and match of a desired flow.
 *   - The flows are counted, and the meters looked at, every 2 s.  If somebody
 *     changed ours, they are repaired.
 *   - The same flow (table, priority, match) may be wanted by several cookies.
 *     The cookie that was added last gives the actions; the flow goes with the
 *     last cookie.
 *   - Packets that our flows send to the controller are queued.  The meters
 *     that limit them are made on each connection and with each
 *     resynchronisation, before the flows.  A change that is refused because a
 *     meter has gone is sent again with the meters.
 *
 * The first part of the functions is for bridges.c, which has the bridges of
 * the network; the second is for its users.  One thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/ofp-port.h"

struct bridge;
struct cert_life;
struct of_packet_in;
struct ofputil_port_map;
struct simap;
struct steering_flow;
struct vconn;

/* Returns a bridge that is not connected (caller must free with
 * bridge_destroy()).  '*last_ticket' is the last ticket that any bridge has
 * given; it must live as long as the bridge. */
struct bridge *bridge_create(const char *name, uint64_t datapath_id,
                             uint64_t *last_ticket);

/* Ends the session and frees the bridge; the flows on the switch stay. */
void bridge_destroy(struct bridge *);

/* Starts a session on 'vconn', of which it takes ownership.  'name' is the one
 * in the certificate of its switch, or NULL, and '*life' the life of that;
 * 'generation' is that of
 * bridges_set_generation().  A switch whose certificate is not the
 * bridge's (bridge_bind()) is turned away.  If there is a session, its switch
 * is asked whether it is still there: if it answers in time it keeps its place
 * and 'vconn' is closed, else 'vconn' takes its place.  bridge_doubt() tells
 * who was turned away. */
void bridge_connect(struct bridge *, struct vconn *vconn, const char *name,
                    const struct cert_life *life, uint64_t generation);

/* Changes the generation of the session, if there is one
 * (of_session_set_generation() says how). */
void bridge_set_generation(struct bridge *, uint64_t generation);

/* Receives and sends what is due; the work of one call is bounded. */
void bridge_run(struct bridge *);

/* Makes poll_block() wake up when bridge_run() or a result has work to do. */
void bridge_wait(const struct bridge *);

/* Returns the datapath id given to bridge_create(), host order. */
uint64_t bridge_datapath_id(const struct bridge *);

/* Returns the name given to bridge_create(); it belongs to the bridge. */
const char *bridge_name(const struct bridge *);

/* True if the bridge is connected and its ports are known, with the names that
 * it needs. */
bool bridge_is_connected(const struct bridge *);

/* True if a switch has connected as this bridge, whatever it is told. */
bool bridge_has_session(const struct bridge *);

/* True if the bridge is connected and has the desired flows, except for
 * changes under way.  The first resynchronisation waits for
 * bridge_allow_sync(). */
bool bridge_is_up(const struct bridge *);

/* Returns when (time_msec()) the bridge was added if it has neither had the
 * desired flows nor refused them since, so that nobody can say yet whether it
 * can be used; this moment, if it has connected and only names of its ports
 * are missing; else LLONG_MAX. */
long long int bridge_unmet_since_ms(const struct bridge *);

/* True if there is a change that the bridge has not acknowledged. */
bool bridge_has_pending(const struct bridge *);

/* Returns why the bridge is not up, for people, or "" if it is.  Valid until
 * the next call of any function here.  See bridges_reason(), too. */
const char *bridge_reason(const struct bridge *);

/* Binds the bridge to the common name 'certificate' of its switch's
 * certificate: a session with another one is ended, and no other one begins.
 * "": the first that connects is bound (bridge_first_certificate()).  Without
 * TLS there are no names, and any switch may connect. */
void bridge_bind(struct bridge *, const char *certificate);

/* Returns the name to which a bridge is bound that bridge_bind() has bound to
 * "", or "" if no switch has shown one.  It belongs to the bridge. */
const char *bridge_first_certificate(const struct bridge *);

/* Returns the name of the switch that is connected; "" without TLS, NULL if
 * there is none.  It belongs to the bridge. */
const char *bridge_peer(const struct bridge *);

/* Returns how many times a switch was turned away because of its certificate;
 * changes once a second at most. */
unsigned long long int bridge_n_refused(const struct bridge *);

/* Returns what is not as it was declared although the bridge may be up, for
 * people: another switch with its datapath id has connected in the last
 * minute, or one with a certificate that is not the bridge's.  NULL: nothing.
 * Valid until the next call of any function here. */
const char *bridge_doubt(const struct bridge *);

/* Returns cert_life_doubt() of the certificate of the switch that is
 * connected.  Caller frees. */
char *bridge_cert_doubt(const struct bridge *);

/* True if a switch is connected and refuses us because it knows generation
 * '*other' of another controller, which is not before ours, and
 * bridges_set_generation() was not called since. */
bool bridge_is_overtaken(const struct bridge *, uint64_t *other);

/* Returns when (time_msec()) the connection was lost, or when the bridge was
 * declared if it never was connected; LLONG_MAX while it is connected, also if
 * names of its ports are missing still. */
long long int bridge_down_since_ms(const struct bridge *);

/* Allows resynchronisations.  The caller does so when the desired set is
 * complete, so that a restarted controller does not remove flows that it has
 * not asked for yet. */
void bridge_allow_sync(struct bridge *);

/* Returns a number that changes with each connection, each loss of one, and
 * each change of the ports. */
unsigned int bridge_seqno(const struct bridge *);

/* OpenFlow does not show long names whole (of-ports.h), but the database of
 * the switch tells their ports. */

/* Says whether flows of the bridge name such a port.  Then a connection counts
 * only from when the database has told its names (for 10 s at most): flows
 * that are on the switch stay until then. */
void bridge_need_names(struct bridge *, bool needed);

/* Gives the bridge the numbers of these ports, by name, as its database has
 * them in 'version', which is not 0 (bridge_names_version() says it). */
void bridge_tell_names(struct bridge *, const struct simap *names,
                       unsigned int version);

/* Takes note that the database cannot tell the names now, because of 'reason',
 * a constant. */
void bridge_lose_names(struct bridge *, const char *reason);

/* Returns the version of bridge_tell_names(), or 0 if it has to be called once
 * more, for another connection or after bridge_lose_names(). */
unsigned int bridge_names_version(const struct bridge *);

/* Returns the OpenFlow number of an interface by its OVSDB name, or 0 if there
 * is none, it cannot be told from others, or the bridge is not connected. */
ofp_port_t bridge_port(const struct bridge *, const char *interface);

/* Returns why the interface cannot be told from others, a predicate (caller
 * frees), or NULL if it can, or if the bridge is not connected. */
char *bridge_port_untold(const struct bridge *, const char *interface);

/* Returns why no packets pass the interface, a predicate ("is not there";
 * caller frees), or NULL if they do, or if the bridge is not connected.  An
 * interface that cannot be told from others has no flows. */
char *bridge_port_down(const struct bridge *, const char *interface);

/* Changes the desired flows: takes out all flows of the 'n_remove' cookies in
 * 'remove_cookies' (host order), then adds the 'n_add' flows in 'add' (not
 * owned), whose ports are in 'map' (NULL: they name none).  Returns a ticket
 * for bridge_next_result(), never 0; or, if a flow does not parse, 0 with an
 * error in '*errorp' (caller frees) and nothing changed.  While the bridge is
 * not connected the desired set changes, and the result comes after the next
 * resynchronisation. */
uint64_t bridge_change(struct bridge *, const struct ofputil_port_map *map,
                       const uint64_t *remove_cookies, size_t n_remove,
                       const struct steering_flow *const *add, size_t n_add,
                       char **errorp);

/* True if this object may have given 'ticket'.  A ticket of a removed bridge
 * of the same name is not of this object and will never have a result. */
bool bridge_has_ticket(const struct bridge *, uint64_t ticket);

/* Pops a result: '*error' is NULL for done, or the switch's refusal in words
 * (caller frees).  Returns false, with both untouched, if there is none. */
bool bridge_next_result(struct bridge *, uint64_t *ticket, char **error);

/* Returns the packets counted by all flows of 'cookie' (host order), as of the
 * last count. */
uint64_t bridge_cookie_packets(const struct bridge *, uint64_t cookie);

/* Counts the flows once more as soon as possible. */
void bridge_count_again(struct bridge *);

/* Returns when (time_msec()) the last complete count was asked for, or
 * LLONG_MIN if this session has had none. */
long long int bridge_counted_ms(const struct bridge *);

/* Returns how many flows of 'cookie' (host order) the bridge should have, and
 * in '*n_shown' how many of them the last count found. */
size_t bridge_cookie_flows(const struct bridge *, uint64_t cookie,
                           size_t *n_shown);

/* Returns the number of desired flows. */
size_t bridge_n_flows(const struct bridge *);

/* Tells how many changes were asked for so far, and how many bundles were sent
 * for them and for repairs. */
void bridge_get_load(const struct bridge *, unsigned long long int *n_changes,
                     unsigned long long int *n_bundles);

/* Pops the oldest packet that a flow of ours has sent (caller frees with
 * of_packet_in_uninit()).  Returns false if there is none.  The queue is
 * bounded (OF_PACKET_QUEUE_MAX) and goes with the session. */
bool bridge_next_packet_in(struct bridge *, struct of_packet_in *);

/* Returns how many packets found that queue full, in this session. */
uint64_t bridge_n_packets_lost(const struct bridge *);

/* Sends Ethernet frame 'frame' of 'size' octets (not owned) out of 'out_port',
 * as if it came from the controller.  Returns false if the bridge is not
 * connected or too much is queued; true does not mean that the frame
 * arrives. */
bool bridge_packet_out(struct bridge *, const void *frame, size_t size,
                       ofp_port_t out_port);

#endif /* ofctl-app/southbound/bridge.h */
