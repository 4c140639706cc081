/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RC_READ_H
#define SDSA_RC_READ_H 1

/* Reading a data resource. */

#include <jansson.h>

#include "vnf-agent/datastore.h"

struct backend;
struct backend_config;
struct rc_error;
struct rc_path;
struct yang_schema;

/* Where what can be read comes from. */
struct rc_source {
    struct datastore *datastore;
    struct backend *backend;
    const struct backend_config *backend_config;
    const struct yang_schema *schema;
};

/* Returns NULL and in '*valuep' (caller owns the reference) an object with the
 * resource as its one member, or an error. */
struct rc_error *rc_read(const struct rc_source *, const struct rc_path *,
                         enum datastore_content, json_t **valuep);

#endif /* vnf-agent/rc-read.h */
