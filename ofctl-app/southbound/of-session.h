/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SDSA_OF_SESSION_H
#define SDSA_OF_SESSION_H 1

/* One OpenFlow 1.5 connection with a known bridge: our role there, its ports,
 * dumps of its flows, bundles, packets to us and from us.
 *
 * The caller decides what to do and when; the session itself watches that the
 * switch answers in time.  A session that broke stays as it is until it is
 * destroyed.
 *
 * One thread; the work of one run is bounded. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/ofp-port.h"

struct flow_diff;
struct flow_set;
struct of_bundle;
struct of_packet_queue;
struct of_ports;
struct of_session;
struct vconn;

/* What the session does with the flows of a dump, and with the meters. */
enum of_dump {
    OF_DUMP_NONE,               /* There is no dump. */
    OF_DUMP_SYNC,               /* Each goes to flow_set_dump_flow(); before
                                 * that the meters are put right. */
    OF_DUMP_COUNT,              /* Each goes to flow_set_count_flow(); the
                                 * meters are looked at. */
};

/* Starts a session on 'vconn', of which it takes ownership and of which only
 * the handshake was used so far.  'bridge' names the bridge in the log.  The
 * session asks for the role of master with 'generation', for the ports, and to
 * be sent only the packets that a flow sends to the controller; as master it
 * installs the meters of steering.h.  Caller must free with
 * of_session_destroy(). */
struct of_session *of_session_create(struct vconn *vconn, const char *bridge,
                                     uint64_t generation);

/* Closes the connection and frees the session.  Accepts NULL. */
void of_session_destroy(struct of_session *);

/* Receives and sends what is due.  'set' gets the flows of dumps. */
void of_session_run(struct of_session *, struct flow_set *set);

/* Makes poll_block() wake up when of_session_run() has work to do. */
void of_session_wait(struct of_session *);

/* False once the session is broken. */
bool of_session_is_alive(const struct of_session *);

/* True if we are master, the ports are known and the meters are there. */
bool of_session_is_ready(const struct of_session *);

/* Returns why the session is not alive or not ready, for people; "" if it is
 * both.  Valid until the next call of any function here. */
const char *of_session_reason(const struct of_session *);

/* Asks the switch whether it is still there. */
void of_session_ask(struct of_session *);

/* Returns true if the switch has answered of_session_ask(). */
bool of_session_has_answered(const struct of_session *);

/* Asks for the role of master once more, with 'generation'.  A switch that is
 * overtaken by a generation far from it is led to it round the circle of
 * numbers (lib/epoch.h), which only the holder of the lock may do. */
void of_session_set_generation(struct of_session *, uint64_t generation);

/* True if the switch does not make us its master because it knows generation
 * '*other', which is not before ours, and of_session_set_generation() was not
 * called since. */
bool of_session_is_overtaken(const struct of_session *, uint64_t *other);

/* Returns the ports, which belong to the session. */
struct of_ports *of_session_ports(struct of_session *);

/* Returns a number that changes when a port, its name or its being down
 * changes. */
unsigned int of_session_port_seqno(const struct of_session *);

/* Starts a dump of the flows with our cookies.  None may be under way. */
void of_session_dump(struct of_session *, enum of_dump);

/* Returns the dump that is under way. */
enum of_dump of_session_dumping(const struct of_session *);

/* True if the last OF_DUMP_COUNT, which is not under way, has shown our meters
 * as they were made. */
bool of_session_meters_agree(const struct of_session *);

/* Starts a bundle with 'diff', of which it takes ownership.  There must not be
 * a bundle. */
void of_session_send_bundle(struct of_session *, struct flow_diff *diff);

/* Returns the bundle that was started, which belongs to the session, or
 * NULL. */
const struct of_bundle *of_session_bundle(const struct of_session *);

/* Frees the bundle, for whose answer nobody waits any more. */
void of_session_end_bundle(struct of_session *);

/* Returns the queue of the packets that our flows sent to the controller; it
 * belongs to the session. */
struct of_packet_queue *of_session_packets_in(struct of_session *);

/* Sends Ethernet frame 'frame' of 'size' octets (not owned) out of 'out_port'.
 * Returns false if it is dropped because too much is queued. */
bool of_session_packet_out(struct of_session *, const void *frame, size_t size,
                           ofp_port_t out_port);

#endif /* ofctl-app/southbound/of-session.h */
