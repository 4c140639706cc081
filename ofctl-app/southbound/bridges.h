/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SDSA_BRIDGES_H
#define SDSA_BRIDGES_H 1

/* The bridges of the network, which connect to us (`ovs-vsctl set-controller`)
 * and are known by their datapath id.  See bridge.h for what is done with each
 * of them.
 *
 * Results are polled, there are no callbacks.  One thread. */

#include <stdint.h>

#include "ofctl-app/southbound/bridge.h"

struct bridges;

/* Listens for bridges.  'listen' is a passive connection method:
 * "pssl:6653[:IP]", "ptcp:..", "punix:..".  Key and certificates are those of
 * the process (lib/ovs-tls.h).  Returns 0 and the object in
 * '*bridgesp' (caller must free with bridges_destroy()), or a positive errno
 * and NULL. */
int bridges_create(const char *listen, struct bridges **bridgesp);

/* Ends all sessions and frees the object with its bridges.  Accepts NULL. */
void bridges_destroy(struct bridges *);

/* Accepts connections, and receives and sends what is due.  The work of one
 * call is bounded. */
void bridges_run(struct bridges *);

/* Makes poll_block() wake up when bridges_run() or a result has work to do. */
void bridges_wait(struct bridges *);

/* Sets the generation id with which each bridge is asked, now and on every
 * connection, to make us its only master (OpenFlow's role request).  It is 0
 * at first.  A bridge that knows a higher generation refuses and stays down
 * (bridge_is_overtaken()).  Must be called only when a transaction of the
 * database has just shown that we hold the lock: what a bridge was overtaken
 * by is then overruled. */
void bridges_set_generation(struct bridges *, uint64_t generation);

/* Declares a bridge, whose name and datapath id must be new.  The object owns
 * what is returned.  A connection with an unknown datapath id is logged and
 * closed. */
struct bridge *bridges_add(struct bridges *, const char *name,
                           uint64_t datapath_id);

/* Ends the session with the bridge and frees it; its flows stay. */
void bridges_remove(struct bridges *, struct bridge *);

/* Returns the bridge of that name, or NULL. */
struct bridge *bridges_find(const struct bridges *, const char *name);

/* Returns why the bridge is not up and, if no switch has connected as it, the
 * callers that were turned away lately, one of which may be its switch; or ""
 * if it is up.  Caller frees. */
char *bridges_reason(struct bridges *, const struct bridge *);

/* Returns the bridge behind 'prev', in no particular order.  NULL gives the
 * first; NULL is returned after the last. */
struct bridge *bridges_next(const struct bridges *, const struct bridge *prev);

/* Iterates over each bridge of BRIDGES, as 'struct bridge *BRIDGE'.  None may
 * be added or removed meanwhile. */
#define BRIDGES_FOR_EACH(BRIDGE, BRIDGES)                                   \
    for (struct bridge *BRIDGE = bridges_next(BRIDGES, NULL); BRIDGE;       \
         BRIDGE = bridges_next(BRIDGES, BRIDGE))

#endif /* ofctl-app/southbound/bridges.h */
