/* SPDX-License-Identifier: Apache-2.0 */
/* A batch of edits: first in the records, where it can be taken back without
 * a trace, then in the kernel, in this order:
 *
 *   hop ends of the new VLANs, new SAs | policies | old SAs, old hop ends
 *
 * so that a policy never points at an SA that is not there.  Until the
 * policies are acknowledged all is undone when something fails; an answer that
 * does not come is a failure, and what it may have made is undone as well.
 * After that the removals only go forward: one that fails is done again by
 * xfrm_sync_*(). */
#include <config.h>
#include "vnf-agent/xfrm/xfrm-changes.h"

#include <errno.h>

#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(xfrm_apply);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

/* Policies. */

/* Deletes 'policy', except where another policy has its selector now. */
static void
delete_from_kernel(const struct backend_xfrm *b, const struct policy *policy,
                   struct nl_batch *batch)
{
    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        if (xfrm_selector_has(&policy->selector, ipv6)
            && !records_find_alike(b->records, policy, ipv6)) {
            nl_batch_add(batch,
                         xfrm_msg_policy_delete(b->kind, policy, ipv6));
        }
    }
}

/* Adds messages that make the policies of the touched hop ends what the
 * records say: all of them, or only those that are new or send by another
 * SA. */
static void
list_policies(struct transaction *t, bool all, struct nl_batch *batch)
{
    const struct records *records = t->b->records;
    size_t vlan;

    BITMAP_FOR_EACH_1 (vlan, HOP_MAX_VLAN + 1, t->vlans) {
        struct policy_record *record;

        LIST_FOR_EACH (record, hop_node, &records->hops[vlan].policies) {
            const struct sa_record *sa = xfrm_policy_sa(records,
                                                        record->policy);

            if (all || record->sent_spi != (sa ? sa->sa->spi : 0)
                || record->is_new) {
                xfrm_policy_to_kernel(t->b, record, batch);
            }
        }
    }
}

/* Adds the removal of the policies that a change removed or, to undo, of those
 * that it added. */
static void
list_gone_policies(const struct transaction *t, bool undo,
                   struct nl_batch *batch)
{
    const struct change *change;

    LIST_FOR_EACH (change, node, &t->changes) {
        const struct policy_record *gone = (undo ? change->policy_added
                                            : change->policy_removed);

        if (gone) {
            delete_from_kernel(t->b, gone->policy, batch);
        }
    }
}

/* In the kernel. */

/* Runs a batch that cannot be undone.  A failure sets '*again'. */
static void
run_or_again(struct transaction *t, struct nl_batch *batch,
             struct nl_conn *conn, const int fine[4], const char *what,
             bool *again)
{
    char *error = NULL;

    if (nl_batch_run(batch, conn, fine, what, &error)) {
        VLOG_WARN_RL(&rl, "%s: %s; trying again", t->b->name, error);
        *again = true;
    }
    free(error);
}

static int
make_hop_ends(struct transaction *t, char **errorp)
{
    struct nl_batch batch = { .ops = NULL };
    size_t vlan;

    BITMAP_FOR_EACH_1 (vlan, HOP_MAX_VLAN + 1, t->vlans) {
        if (!bitmap_is_set(t->used, vlan)
            && records_hop_in_use(t->b->records, vlan)) {
            hop_msgs_hop_end(&batch, t->b->kind, &t->b->ports, vlan);
        }
    }
    return nl_batch_run(&batch, t->b->route, nl_fine_add, "hop end",
                        errorp);
}

/* Removes the hop ends of the touched ones that nothing needs. */
static void
remove_hop_ends(struct transaction *t)
{
    struct nl_batch batch = { .ops = NULL };
    size_t vlan;

    BITMAP_FOR_EACH_1 (vlan, HOP_MAX_VLAN + 1, t->vlans) {
        if (!records_hop_in_use(t->b->records, vlan)) {
            hop_msgs_hop_end_undo(&batch, &t->b->ports, vlan);
        }
    }
    run_or_again(t, &batch, t->b->route, nl_fine_delete,
                 "removal of a hop end", &t->b->audit);
}

static void
note_ours(const struct nlmsghdr *hdr, void *ours_)
{
    struct xfrm_sa_info info;
    bool *ours = ours_;

    *ours = (xfrm_parse_sa(hdr, HOP_IF, &info)
             || xfrm_parse_sa(hdr, HOP_MARK, &info));
}

/* Adds an SA whose SPI the kernel has already.  An SA with that SPI is removed
 * before if it is ours: a reservation that an ACQUIRE made, or an SA in no
 * record. Returns 0 or a positive errno. */
static int
add_over(struct backend_xfrm *b, const struct sa *sa,
         const struct sa_record *record, char **errorp)
{
    struct nl_batch batch = { .ops = NULL };
    bool ours = false;

    nl_conn_get(b->xfrm, xfrm_msg_sa_get(b->kind, sa), note_ours, &ours);
    if (!ours) {
        *errorp = xasprintf("SPI 0x%08"PRIx32" is that of an SA of this "
                            "kernel which is not ours", sa->spi);
        return EEXIST;
    }
    nl_batch_add(&batch, xfrm_msg_sa_delete(b->kind, sa));
    nl_batch_run(&batch, b->xfrm, nl_fine_delete, "old SA", NULL);
    nl_batch_add(&batch, xfrm_msg_sa_add(b->kind, sa, record->clear_df,
                                         record->copy_dscp));
    return nl_batch_run(&batch, b->xfrm, nl_fine_none, "SA", errorp);
}

static int
make_sas(struct transaction *t, char **errorp)
{
    struct nl_batch batch = { .ops = NULL };
    const struct change *change;
    size_t i = 0;
    int error = 0;

    LIST_FOR_EACH (change, node, &t->changes) {
        if (change->new_sa && xfrm_changes_keep(t, change->sa_added)) {
            const struct sa_record *record = change->sa_added;
            nl_batch_add(&batch, xfrm_msg_sa_add(t->b->kind, change->new_sa,
                                                 record->clear_df,
                                                 record->copy_dscp));
        }
    }
    nl_conn_transact(t->b->xfrm, batch.ops, batch.n);
    LIST_FOR_EACH (change, node, &t->changes) {
        if (!change->new_sa || !xfrm_changes_keep(t, change->sa_added)) {
            continue;
        }
        const struct nl_op *op = &batch.ops[i++];
        if (op->error == EEXIST) {
            error = add_over(t->b, change->new_sa, change->sa_added, errorp);
        } else if (op->error) {
            char *what = xasprintf("SA 0x%08"PRIx32, change->new_sa->spi);
            error = op->error;
            *errorp = nl_op_message(op, what);
            free(what);
        }
        if (error) {
            break;
        }
    }
    nl_batch_clear(&batch);
    return error;
}

static void
remove_sas(struct transaction *t)
{
    struct nl_batch batch = { .ops = NULL };
    const struct change *change;

    LIST_FOR_EACH (change, node, &t->changes) {
        const struct sa_record *gone = change->sa_removed;

        if (gone && !records_find_sa(t->b->records, gone->sa->direction,
                                     gone->sa->spi)) {
            nl_batch_add(&batch, xfrm_msg_sa_delete(t->b->kind, gone->sa));
        }
    }
    run_or_again(t, &batch, t->b->xfrm, nl_fine_delete, "removal of an SA",
                 &t->b->resync);
}

/* Takes back from the kernel the parts of a batch that failed. */
static void
undo_kernel(struct transaction *t)
{
    struct nl_batch batch = { .ops = NULL };

    list_policies(t, true, &batch);
    run_or_again(t, &batch, t->b->xfrm, nl_fine_none, "undoing",
                 &t->b->audit);
    list_gone_policies(t, true, &batch);
    run_or_again(t, &batch, t->b->xfrm, nl_fine_delete, "undoing",
                 &t->b->audit);
    /* SAs are removed by a dump that shows which are ours, not by SPI: a
     * refused SPI may be of an SA of another program. */
    xfrm_sync_sas(t->b);
    remove_hop_ends(t);
    xfrm_udp_try(t->b);
}

/* Returns 0, or an error: then the kernel has to be put back. */
static int
do_kernel(struct transaction *t, char **errorp)
{
    struct nl_batch batch = { .ops = NULL };

    int error = xfrm_udp_update(t->b, errorp);
    error = error ? error : make_hop_ends(t, errorp);
    error = error ? error : make_sas(t, errorp);
    if (!error) {
        list_policies(t, false, &batch);
        error = nl_batch_run(&batch, t->b->xfrm, nl_fine_none, "policy",
                             errorp);
    }
    if (!error) {
        list_gone_policies(t, false, &batch);
        error = nl_batch_run(&batch, t->b->xfrm, nl_fine_delete,
                             "removal of a policy", errorp);
    }
    return error;
}

int
backend_xfrm_apply(struct backend *backend, const struct ovs_list *edits,
                   char **errorp)
{
    struct transaction t = { .b = backend_xfrm_cast(backend) };
    const struct backend_edit *edit;
    int error = 0;

    *errorp = NULL;
    ovs_list_init(&t.changes);
    if (t.b->up.reason) {
        *errorp = xstrdup(t.b->up.reason);
        return ENODEV;
    }
    LIST_FOR_EACH (edit, node, edits) {
        error = xfrm_changes_add(&t, edit, errorp);
        if (error) {
            break;
        }
    }
    error = error ? error : xfrm_changes_settle(&t, errorp);
    if (error) {
        xfrm_changes_undo(&t);
    } else {
        error = do_kernel(&t, errorp);
        if (error) {
            xfrm_changes_undo(&t);
            undo_kernel(&t);
        } else {
            xfrm_changes_log(&t);
            remove_sas(&t);
            remove_hop_ends(&t);
        }
    }
    xfrm_changes_free(&t, error != 0);
    return error;
}
