/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RESTCONF_H
#define SDSA_RESTCONF_H 1

/* The RESTCONF server (RFC 8040): methods, media types, status codes, error
 * bodies.  JSON only.  Every client with a certificate of our CA may read;
 * only the controller may write.  The lease of the controller is checked where
 * the datastore is written (datastore/stage.h).  doc/agent-api.md lists the
 * parts of the RFC that there are. */

#include <stdint.h>

#include "vnf-agent/restconf/rc-read.h"

struct https_request;
struct rc_events;
struct restconf;

/* Returns a server, for which restconf_admit() and restconf_handle() get
 * requests.  'source' is filled in before the first request; it and 'events'
 * must live as long as the server.  'controller_name' is the subject CN of the
 * only client that may write; it is copied.  Caller must free with
 * restconf_destroy(). */
struct restconf *restconf_create(const struct rc_source *source,
                                 struct rc_events *events,
                                 const char *controller_name);

/* Frees the server.  Accepts NULL. */
void restconf_destroy(struct restconf *);

/* Refuses a request from its head: the 'admit' of https_server_create().
 * 'aux' is the struct restconf. */
void restconf_admit(struct https_request *, void *aux);

/* Answers a request: the 'handle' of https_server_create().  'aux' is the
 * struct restconf. */
void restconf_handle(struct https_request *, void *aux);

/* Gets the number of requests that were answered, and of those among them that
 * were answered with an error. */
void restconf_get_counters(const struct restconf *, uint64_t *n_requests,
                           uint64_t *n_errors);

#endif /* vnf-agent/restconf/restconf.h */
