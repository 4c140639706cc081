/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RC_EDIT_H
#define SDSA_RC_EDIT_H 1

/* One edit of the datastore, as a method of RFC 8040 or an operation of a YANG
 * Patch (RFC 8072) says it: what is done, where, and with which value.
 *
 * Resources that can be edited: ipsec-ikeless, its sad and spd, whole entries
 * of theirs, and the lease. */

#include <jansson.h>
#include <stdbool.h>

struct rc_error;
struct rc_path;
struct stage;
struct yang_schema;

enum rc_edit_op {
    RC_EDIT_CREATE,             /* Must not be there (or be the same). */
    RC_EDIT_MERGE,
    RC_EDIT_REPLACE,            /* There or not. */
    RC_EDIT_DELETE,             /* Must be there. */
    RC_EDIT_REMOVE,             /* There or not. */
};

/* Stages the edit of the resource 'target'.  'value' is an object with that
 * resource as its one member, and is changed; NULL for DELETE and REMOVE. */
struct rc_error *rc_edit(struct stage *, const struct yang_schema *,
                         enum rc_edit_op, const struct rc_path *target,
                         json_t *value);

/* Is the resource there? */
bool rc_edit_exists(const struct stage *, const struct rc_path *target);

#endif /* vnf-agent/rc-edit.h */
