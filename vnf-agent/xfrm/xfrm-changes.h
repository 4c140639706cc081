/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_XFRM_CHANGES_H
#define SDSA_XFRM_CHANGES_H 1

/* A batch of edits in the records, where it can be taken back without a trace.
 * The kernel is not involved. */

#include "bitmap.h"
#include "openvswitch/list.h"
#include "vnf-agent/xfrm/xfrm-private.h"

struct change {
    struct ovs_list node;
    const struct sa *new_sa;    /* Of the edit, with its key; or NULL. */
    struct sa_record *sa_added, *sa_removed;
    struct policy_record *policy_added, *policy_removed;
};

struct transaction {
    struct backend_xfrm *b;
    struct ovs_list changes;    /* struct change, oldest first. */
    unsigned long vlans[BITMAP_N_LONGS(HOP_MAX_VLAN + 1)];      /* Touched. */
    unsigned long used[BITMAP_N_LONGS(HOP_MAX_VLAN + 1)];   /* Before. */
};

/* Makes one edit.  Returns 0, or an errno of backend_class->apply() with a
 * message in '*errorp' (caller frees). */
int xfrm_changes_add(struct transaction *, const struct backend_edit *,
                     char **errorp);

/* Decides, when all edits are made, the properties of policies that the kernel
 * keeps with their SAs, and refuses policies and SAs that the kernel could not
 * tell from each other.  Returns as xfrm_changes_add(). */
int xfrm_changes_settle(struct transaction *, char **errorp);

/* Takes the changes back, newest first.  Keys that did not reach the kernel
 * may come again; xfrm_sync_sas() finds the others there. */
void xfrm_changes_undo(struct transaction *);

/* Writes the changes to the file of the records. */
void xfrm_changes_log(struct transaction *);

/* Frees the changes, and the objects of them that are not in the records. */
void xfrm_changes_free(struct transaction *, bool undone);

/* Returns true if an SA that a change added is still there at the end of the
 * batch. */
bool xfrm_changes_keep(const struct transaction *, const struct sa_record *);

#endif /* vnf-agent/xfrm/xfrm-changes.h */
