/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SDSA_OF_LISTENER_H
#define SDSA_OF_LISTENER_H 1

/* Accepts OpenFlow connections and finds out which switch calls: TLS, hello
 * (OpenFlow 1.5 only) and the datapath id.  A caller that does not finish this
 * in 5 s is dropped.
 *
 * All that call are accepted, and where too many are in this handshake one of
 * them gives way (lib/crowd.h), so that thousands of idle connections a
 * second do not lock out a bridge.
 *
 * One thread. */

#include <stdint.h>

struct cert_life;
struct of_listener;
struct turned_away;
struct vconn;

/* Listens on 'target', a passive connection method as in bridges.h.  Notes
 * callers that it drops in 'away', which must outlive it.  Returns 0 and the
 * listener in '*listenerp' (caller must free with of_listener_destroy()), or a
 * positive errno and NULL. */
int of_listener_create(const char *target, struct turned_away *away,
                       struct of_listener **listenerp);

/* Closes the listener and all connections that of_listener_next() has not
 * returned.  Accepts NULL. */
void of_listener_destroy(struct of_listener *);

/* Accepts connections and goes on with handshakes; the work of one call is
 * bounded. */
void of_listener_run(struct of_listener *);

/* Makes poll_block() wake up when of_listener_run() has work to do. */
void of_listener_wait(struct of_listener *);

/* Returns a connection that finished the handshake (caller owns it), with the
 * switch's datapath id in '*datapath_id', the name in its certificate in
 * '*peer' (NULL without TLS, or if there is none; caller frees) and its life
 * in '*life'; or NULL if there is no connection. */
struct vconn *of_listener_next(struct of_listener *, uint64_t *datapath_id,
                               char **peer, struct cert_life *life);

#endif /* ofctl-app/southbound/of-listener.h */
