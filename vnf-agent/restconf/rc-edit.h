/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RC_EDIT_H
#define SDSA_RC_EDIT_H 1

/* Edits of the datastore.  Every configuration node can be edited.  A node
 * below an entry of the SAD or SPD, or below the lease, is edited in a copy of
 * the entry or the lease, which then replaces it as a whole (decision 47). */

#include <stdbool.h>

#include "vnf-agent/restconf/rc-edit-op.h"

struct datastore;
struct yang_error;
struct yang_schema;

/* Stages the edit.  Returns NULL, or why it is refused; then the stage must
 * not be committed. */
struct yang_error *rc_edit_stage(struct stage *, const struct yang_schema *,
                                 const struct rc_edit *);

/* Returns true if the configuration has the resource 'target'. */
bool rc_edit_exists(struct datastore *, const struct yang_schema *,
                    const struct rc_path *target);

#endif /* vnf-agent/restconf/rc-edit.h */
