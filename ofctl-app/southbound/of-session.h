/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SDSA_OF_SESSION_H
#define SDSA_OF_SESSION_H 1

/* One OpenFlow 1.5 connection with a known bridge: our role there, its ports,
 * dumps of its flows, bundles, packets to us and from us.  What is to be done
 * when is the caller's; that the switch answers in time is watched here.  A session that broke stays as
 * it is until it is destroyed.
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
struct of_session;
struct vconn;

/* What is done with the flows of a dump. */
enum of_dump {
    OF_DUMP_NONE,               /* There is no dump. */
    OF_DUMP_SYNC,               /* flow_set_dump_flow(). */
    OF_DUMP_COUNT,              /* flow_set_count_flow(). */
};

/* Takes ownership of 'vconn', of which nothing but the handshake was used.
 * Asks for the role of master with 'generation', for the ports, and for those
 * packets only that a flow sends us; as master installs the meters of
 * steering.h. */
struct of_session *of_session_create(struct vconn *vconn, const char *bridge,
                                     uint64_t generation);
void of_session_destroy(struct of_session *);
/* 'set' gets the flows of dumps. */
void of_session_run(struct of_session *, struct flow_set *set);
void of_session_wait(struct of_session *);

bool of_session_is_alive(const struct of_session *);
/* We are master, the ports are known and the meters are there. */
bool of_session_is_ready(const struct of_session *);
/* Why the session is not alive or not ready; "" if it is. */
const char *of_session_reason(const struct of_session *);

/* Asks for the role again. */
void of_session_set_generation(struct of_session *, uint64_t generation);

ofp_port_t of_session_port(const struct of_session *, const char *interface);
bool of_session_port_is_down(const struct of_session *, const char *interface);
/* Changes with the ports or their names. */
unsigned int of_session_port_seqno(const struct of_session *);

/* Starts a dump of the flows with our cookies; there must not be one. */
void of_session_dump(struct of_session *, enum of_dump);
/* The dump that is going on. */
enum of_dump of_session_dumping(const struct of_session *);

/* Starts a bundle with 'diff', of which it takes ownership; there must not be
 * one. */
void of_session_send_bundle(struct of_session *, struct flow_diff *diff);
/* The bundle that was started, or NULL. */
const struct of_bundle *of_session_bundle(const struct of_session *);
/* Ends a bundle that is DONE or REFUSED. */
void of_session_end_bundle(struct of_session *);

/* Packets that flows of ours sent; the queue belongs to the session. */
struct of_packet_queue *of_session_packets_in(struct of_session *);

/* As bridge_packet_out() in bridges.h. */
bool of_session_packet_out(struct of_session *, const void *frame, size_t size,
                           ofp_port_t out_port);

#endif /* ofctl-app/southbound/of-session.h */
