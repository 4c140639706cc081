/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RESTCONF_PATCH_H
#define SDSA_RESTCONF_PATCH_H 1

/* A YANG Patch (RFC 8072) in the making, for restconf-client.h.  Pure.  Values
 * may have keys: with json_set_alloc_funcs() and the allocator of lib/secret.h
 * their memory is wiped. */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct restconf_patch;

/* Returns an empty patch.  'guard' (ownership is taken; or NULL) is an edit
 * that comes before all others, once, also in patches that are joined: it says
 * whether the patch may be applied at all.  Caller must free with
 * restconf_patch_destroy(). */
struct restconf_patch *restconf_patch_create(const char *patch_id,
                                             json_t *guard);

/* Returns a copy. */
struct restconf_patch *restconf_patch_clone(const struct restconf_patch *);

/* Frees the patch.  Accepts NULL. */
void restconf_patch_destroy(struct restconf_patch *);

/* Appends an edit of 'target' (relative to the resource that is patched,
 * RFC 8040 s.3.5.3).  'value' (ownership is taken) is NULL for "delete" and
 * "remove".  The edit-id is made of a number, 'operation' and 'name'. */
void restconf_patch_add(struct restconf_patch *, const char *operation,
                        const char *target, const char *name, json_t *value);

/* Adds the edits of 'from' behind those of the first, with ids of their own.
 * Returns false, with nothing changed, if their guards differ. */
bool restconf_patch_append(struct restconf_patch *,
                           const struct restconf_patch *from);

/* Returns the number of edits, without the guard. */
size_t restconf_patch_n_edits(const struct restconf_patch *);

/* Returns the body of the request, with edits numbered from 1.  Caller frees
 * with wiping_free(). */
char *restconf_patch_to_json(const struct restconf_patch *);

/* Media type of the body. */
#define RESTCONF_PATCH_CONTENT_TYPE "application/yang-patch+json"

#endif /* lib/restconf/restconf-patch.h */
