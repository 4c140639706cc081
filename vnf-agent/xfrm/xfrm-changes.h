#ifndef SDSA_XFRM_CHANGES_H
#define SDSA_XFRM_CHANGES_H 1

/* A batch of edits in the records, where it can be taken back without a trace.
 * The kernel is not asked. */

#include "bitmap.h"
#include "openvswitch/list.h"
#include "vnf-agent/xfrm/xfrm-private.h"

struct change {
    struct ovs_list node;
    const struct sa *new_sa;    /* With its key, the edit's; or NULL. */
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

/* When all edits are made: settles what of a policy the kernel keeps with its
 * SA, and finds what the kernel could not keep apart.  Returns as before. */
int xfrm_changes_settle(struct transaction *, char **errorp);

/* Takes the changes back, newest first.  Keys that did not come to the kernel
 * may come again; the others xfrm_sync_sas() finds there. */
void xfrm_changes_undo(struct transaction *);

/* Writes to the file what the batch came to. */
void xfrm_changes_log(struct transaction *);

/* Frees the changes, and whatever of them is not in the records. */
void xfrm_changes_free(struct transaction *, bool undone);

/* Is an SA that a change added still there at the end of the batch? */
bool xfrm_changes_keep(const struct transaction *, const struct sa_record *);

#endif /* vnf-agent/xfrm/xfrm-changes.h */
