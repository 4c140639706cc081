/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_SOURCE_WATCH_H
#define SDSA_SOURCE_WATCH_H 1

/* This host's address in packets to another one, and its changes: the kernel
 * tells of new addresses and routes (rtnetlink), and then is asked which one
 * it would take. */

#include <stdbool.h>

struct source_watch;

/* Returns an object, which caller must free with source_watch_destroy(). */
struct source_watch *source_watch_create(void);

/* Frees the object.  Accepts NULL. */
void source_watch_destroy(struct source_watch *);

/* Makes 'peer_ip' (an IP address as text) the other host, and 'own_ip' the
 * address in use.  Does nothing if the first two are already so. */
void source_watch_set(struct source_watch *, const char *peer_ip,
                      const char *own_ip);

/* Returns the address in use, or NULL before source_watch_set(). */
const char *source_watch_ip(const struct source_watch *);

/* Returns true if the address in use is another one since the last call: a
 * second after the kernel has told of a change, as they come in bursts.  Sets
 * '*toldp' to true if the kernel has told of any. */
bool source_watch_run(struct source_watch *, bool *toldp);

/* Wakes the poll loop when there is something to run. */
void source_watch_wait(const struct source_watch *);

#endif /* vnf-agent/registrar/source-watch.h */
