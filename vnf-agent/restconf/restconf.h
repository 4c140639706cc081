/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RESTCONF_H
#define SDSA_RESTCONF_H 1

/* The RESTCONF server (RFC 8040): methods, media types, status codes, error
 * bodies.  JSON only.  One client may write and read all; others that are
 * listed may read some of it (rc-access).  The lease of the controller is
 * checked where the datastore is written (datastore/stage.h).
 * doc/agent-api.md lists the parts of the RFC that there are. */

#include <stdint.h>

#include "vnf-agent/restconf/rc-read.h"

struct rc_access;
struct https_request;
struct rc_events;
struct restconf;

/* Returns a server, for which restconf_admit() and restconf_handle() get
 * requests.  'source' is filled in before the first request; it, 'events' and
 * 'access' must live as long as the server.  Caller must free with
 * restconf_destroy(). */
struct restconf *restconf_create(const struct rc_source *source,
                                 struct rc_events *events,
                                 const struct rc_access *access);

/* Frees the server.  Accepts NULL. */
void restconf_destroy(struct restconf *);

/* Refuses a request from its head: the 'admit' of https_server_create().
 * 'aux' is the struct restconf. */
void restconf_admit(struct https_request *, void *aux);

/* Answers a request: the 'handle' of https_server_create().  'aux' is the
 * struct restconf. */
void restconf_handle(struct https_request *, void *aux);

/* Gets the number of requests that were answered, of those among them that
 * were answered with an error, and of those among these whose client had not
 * the right. */
void restconf_get_counters(const struct restconf *, uint64_t *n_requests,
                           uint64_t *n_errors, uint64_t *n_denied);

#endif /* vnf-agent/restconf/restconf.h */
