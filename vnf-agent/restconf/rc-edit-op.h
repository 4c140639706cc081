/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RC_EDIT_OP_H
#define SDSA_RC_EDIT_OP_H 1

/* One edit of the datastore, as a method of RFC 8040 or an operation of a YANG
 * Patch (RFC 8072) says it: what is done, where, and with which value. */

#include <jansson.h>

#include "vnf-agent/datastore/stage.h"

struct rc_path;

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

    /* An object whose one member is the target; it is changed.  NULL for MOVE,
     * DELETE and REMOVE. */
    json_t *value;

    /* Of an entry of a list that is "ordered-by user". */
    enum stage_where where;
    const struct rc_path *point;        /* Of STAGE_BEFORE, STAGE_AFTER. */
};

#endif /* vnf-agent/restconf/rc-edit-op.h */
