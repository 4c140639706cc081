/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SDSA_OF_LISTENER_H
#define SDSA_OF_LISTENER_H 1

/* Accepts OpenFlow connections and finds out who calls: TLS, hello (OpenFlow
 * 1.5 only) and the datapath id.  Who does not come through this in 5 s is
 * dropped.  No more than 64 are between the door and the desk at a time: while
 * they are, others wait in the backlog, and places are taken from those that
 * needed more than a second, so that many idle connections do not lock out a
 * bridge.
 *
 * One thread. */

#include <stdint.h>

struct of_listener;
struct vconn;

/* Returns 0 or a positive errno. */
int of_listener_create(const char *target, struct of_listener **);
void of_listener_destroy(struct of_listener *);
void of_listener_run(struct of_listener *);
void of_listener_wait(struct of_listener *);

/* Returns a connection that is through, and its datapath id, or NULL.  The
 * caller takes ownership. */
struct vconn *of_listener_next(struct of_listener *, uint64_t *datapath_id);

#endif /* ofctl-app/southbound/of-listener.h */
