/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RESTCONF_H
#define SDSA_RESTCONF_H 1

/* The agent's RESTCONF server (RFC 8040): from HTTP to the datastore and back.
 *
 * Resources: /.well-known/host-meta, /restconf, its yang-library-version,
 * operations (there are none) and data.  JSON only.  Every client with a
 * certificate of our CA may read; only the controller may write. */

#include <stdint.h>

#include "vnf-agent/rc-read.h"

struct https_request;
struct restconf;

struct restconf_config {
    const struct rc_source *source;    /* Complete before the first request. */
    const char *controller_name;        /* Subject CN of who may write. */
};

/* What the configuration points to must live as long. */
struct restconf *restconf_create(const struct restconf_config *);
void restconf_destroy(struct restconf *);

/* An https_handler. */
void restconf_handle(struct https_request *, void *restconf);

/* For people: requests, and those that were refused. */
void restconf_get_counters(const struct restconf *, uint64_t *n_requests,
                           uint64_t *n_errors);

#endif /* vnf-agent/restconf.h */
