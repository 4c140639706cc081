/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RC_EDIT_H
#define SDSA_RC_EDIT_H 1

/* One edit of the datastore, as a method of RFC 8040 or an operation of a YANG
 * Patch (RFC 8072) says it: what is done, where, and with which value.
 *
 * Every configuration node can be edited.  What is below an entry of the SAD or
 * SPD, or below the lease, is edited in a copy of that, which is then put in
 * its place as a whole. */

#include <jansson.h>
#include <stdbool.h>

#include "vnf-agent/datastore/datastore.h"

struct yang_error;
struct rc_path;
struct yang_schema;

enum rc_edit_op {
    RC_EDIT_CREATE,             /* Must not be there (or be the same). */
    RC_EDIT_MERGE,
    RC_EDIT_REPLACE,            /* There or not. */
    RC_EDIT_MOVE,               /* Must be there. */
    RC_EDIT_DELETE,             /* Must be there. */
    RC_EDIT_REMOVE,             /* There or not. */
};

struct rc_edit {
    enum rc_edit_op op;
    const struct rc_path *target;

    /* An object with that resource as its one member, and is changed; NULL for
     * MOVE, DELETE and REMOVE. */
    json_t *value;

    /* Of an entry of a list that is "ordered-by user". */
    enum stage_where where;
    const struct rc_path *point;        /* Of STAGE_BEFORE, STAGE_AFTER. */
};

/* Stages the edit. */
struct yang_error *rc_edit(struct stage *, const struct yang_schema *,
                           const struct rc_edit *);

/* Returns true if the configuration has the resource 'target'. */
bool rc_edit_exists(struct datastore *, const struct yang_schema *,
                    const struct rc_path *target);

#endif /* vnf-agent/restconf/rc-edit.h */
