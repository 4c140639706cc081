/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RC_READ_H
#define SDSA_RC_READ_H 1

/* Reading a data resource. */

#include <jansson.h>
#include <stdbool.h>

struct backend;
struct backend_config;
struct datastore;
struct yang_error;
struct rc_path;
struct rc_query;
struct yang_schema;

/* The sources of data. */
struct rc_source {
    struct datastore *datastore;
    struct backend *backend;
    const struct backend_config *backend_config;
    const struct yang_schema *schema;

    /* Or NULL: does the operation sdsa-agent:register, with its 'aux'.
     * Returns NULL or a message; caller frees. */
    char *(*register_again)(void *aux);
    void *register_aux;
};

/* Returns NULL and in '*valuep' (caller owns the reference) an object with the
 * resource as its one member, or an error and NULL.  What a client with
 * 'rights' (enum rc_right) may not see is left out.  'base' is the server's
 * URL as the client sees it, "https://HOST:PORT".
 *
 * '*only_configp' is true if the answer has nothing but configuration: only
 * then the datastore's entity tag is that of the answer. */
struct yang_error *rc_read(const struct rc_source *, const struct rc_path *,
                           const struct rc_query *, unsigned int rights,
                           const char *base, bool *only_configp,
                           json_t **valuep);

/* The event stream, and its place. */
#define RC_STREAM_NAME "NETCONF"
#define RC_STREAM_PATH "/streams/NETCONF"

#endif /* vnf-agent/restconf/rc-read.h */
