/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_YANG_PATCH_H
#define SDSA_YANG_PATCH_H 1

/* YANG Patch (RFC 8072): a list of edits, applied all or none. */

#include <jansson.h>

struct datastore;
struct rc_path;
struct yang_schema;

/* Applies 'patch', the request's body, to 'base', the request's resource.
 * Returns the HTTP status and in '*replyp' (caller owns the reference) the
 * reply: ietf-yang-patch:yang-patch-status or, if 'patch' is no YANG Patch,
 * ietf-restconf:errors. */
int yang_patch_apply(struct datastore *, const struct yang_schema *,
                     const struct rc_path *base, json_t *patch,
                     json_t **replyp);

#endif /* vnf-agent/restconf/yang-patch.h */
