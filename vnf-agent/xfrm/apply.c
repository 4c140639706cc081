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
#include "vnf-agent/xfrm/private.h"

#include <errno.h>
#include <linux/xfrm.h>
#include <string.h>

#include "bitmap.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"
#include "vnf-agent/esp/wire.h"
#include "vnf-agent/xfrm/nl-build.h"

VLOG_DEFINE_THIS_MODULE(xfrm_apply);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

const int xfrm_fine_none[4] = { 0 };
const int xfrm_fine_add[4] = { EEXIST };
const int xfrm_fine_delete[4] = { ENOENT, ESRCH, ENODEV, EINVAL };

/* Batches of messages. */

void
xfrm_batch_add(struct xfrm_batch *batch, struct nl_msg *msg)
{
    if (batch->n >= batch->allocated) {
        batch->ops = x2nrealloc(batch->ops, &batch->allocated,
                                sizeof *batch->ops);
    }
    batch->ops[batch->n++] = (struct nl_op) { .msg = msg };
}

void
xfrm_batch_add_all(struct xfrm_batch *batch, struct hop_msgs *list)
{
    for (size_t i = 0; i < list->n; i++) {
        xfrm_batch_add(batch, list->msgs[i]);
    }
    list->n = 0;
    hop_msgs_destroy(list);
}

static bool
is_fine(int error, const int fine[4])
{
    return (!error || error == fine[0] || error == fine[1] || error == fine[2]
            || error == fine[3]);
}

static void
batch_clear(struct xfrm_batch *batch)
{
    for (size_t i = 0; i < batch->n; i++) {
        nl_msg_wipe(batch->ops[i].msg);
        free(batch->ops[i].text);
    }
    free(batch->ops);
    *batch = (struct xfrm_batch) { .ops = NULL };
}

int
xfrm_batch_run(struct xfrm_batch *batch, struct nl_conn *conn,
               const int fine[4], const char *what, char **errorp)
{
    int error = 0;

    nl_conn_transact(conn, batch->ops, batch->n);
    for (size_t i = 0; i < batch->n && !error; i++) {
        const struct nl_op *op = &batch->ops[i];

        if (!is_fine(op->error, fine)) {
            error = op->error;
            if (errorp) {
                *errorp = xasprintf("kernel, %s: %s%s%s", what,
                                    ovs_strerror(error), op->text ? ": " : "",
                                    op->text ? op->text : "");
            }
        }
    }
    batch_clear(batch);
    return error;
}

/* Changes of the records, which can be undone. */

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

static void
touch(struct transaction *t, uint16_t vlan)
{
    if (!bitmap_is_set(t->vlans, vlan)) {
        bitmap_set1(t->vlans, vlan);
        bitmap_set(t->used, vlan, records_hop_in_use(t->b->records, vlan));
    }
}

static struct change *
add_change(struct transaction *t)
{
    struct change *change = xzalloc(sizeof *change);
    ovs_list_push_back(&t->changes, &change->node);
    return change;
}

static bool
name_fits(const char *name)
{
    return !name || strlen(name) <= WIRE_MAX_STRING;
}

static struct sa *
clone_without_key(const struct sa *sa)
{
    struct sa copy = *sa;
    char check[SECRET_CHECK_STRLEN];

    secret_check(sa->key, sa->spi, check);
    copy.key = NULL;
    copy.key_check = check;
    return sa_clone(&copy);
}

static int
add_sa(struct transaction *t, const struct sa *sa, char **errorp)
{
    *errorp = xfrm_check_sa(sa);
    if (*errorp) {
        return ENOTSUP;
    } else if (!name_fits(sa->name)) {
        *errorp = xasprintf("a name is longer than %d octets",
                            WIRE_MAX_STRING);
        return EINVAL;
    } else if (records_find_sa(t->b->records, sa->direction, sa->spi)) {
        *errorp = xasprintf("%s SPI 0x%08"PRIx32" is in use",
                            sa_direction_to_string(sa->direction), sa->spi);
        return EEXIST;
    }

    struct sa_record *record = xzalloc(sizeof *record);
    record->sa = clone_without_key(sa);
    record->clear_df = sa->df != SA_DF_COPY;
    record->copy_dscp = true;
    record->created_s = time_wall();
    touch(t, sa->vlan);
    struct change *change = add_change(t);
    change->new_sa = sa;
    change->sa_added = records_link_sa(t->b->records, record);
    return 0;
}

static int
delete_sa(struct transaction *t, const struct sa *sa, char **errorp)
{
    struct sa_record *record = records_find_sa(t->b->records, sa->direction,
                                               sa->spi);

    if (!record) {
        *errorp = xasprintf("no %s SA 0x%08"PRIx32,
                            sa_direction_to_string(sa->direction), sa->spi);
        return ENOENT;
    }
    touch(t, record->sa->vlan);
    records_unlink_sa(t->b->records, record);
    add_change(t)->sa_removed = record;
    return 0;
}

static int
set_policy(struct transaction *t, const struct policy *policy, char **errorp)
{
    struct records *records = t->b->records;

    *errorp = xfrm_check_policy(policy);
    if (*errorp) {
        return ENOTSUP;
    } else if (!name_fits(policy->name)) {
        *errorp = xasprintf("a name is longer than %d octets",
                            WIRE_MAX_STRING);
        return EINVAL;
    }

    struct policy_record *old = records_find_policy(records, policy->name);
    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        const struct policy_record *alike = records_find_alike(records, policy,
                                                               ipv6);
        if (alike && alike != old) {
            *errorp = xasprintf("the kernel cannot tell policy %s from %s: "
                                "they have one hop end, direction and "
                                "selector", policy->name,
                                alike->policy->name);
            return EEXIST;
        }
    }

    struct policy_record *new = xzalloc(sizeof *new);
    new->policy = policy_clone(policy);
    new->priority = old ? old->priority : records->next_priority;
    struct change *change = add_change(t);
    if (old) {
        touch(t, old->policy->vlan);
        records_unlink_policy(records, old);
        change->policy_removed = old;
    }
    touch(t, policy->vlan);
    records_link_policy(records, new);
    change->policy_added = new;
    return 0;
}

static int
delete_policy(struct transaction *t, const struct policy *policy,
              char **errorp)
{
    struct policy_record *record = records_find_policy(t->b->records,
                                                       policy->name);

    if (!record) {
        *errorp = xasprintf("no policy %s", policy->name);
        return ENOENT;
    }
    touch(t, record->policy->vlan);
    records_unlink_policy(t->b->records, record);
    add_change(t)->policy_removed = record;
    return 0;
}

static int
apply_edit(struct transaction *t, const struct backend_edit *edit,
           char **errorp)
{
    switch (edit->type) {
    case BACKEND_SA_ADD:
        return add_sa(t, edit->sa, errorp);
    case BACKEND_SA_DELETE:
        return delete_sa(t, edit->sa, errorp);
    case BACKEND_POLICY_SET:
        return set_policy(t, edit->policy, errorp);
    case BACKEND_POLICY_DELETE:
        return delete_policy(t, edit->policy, errorp);
    }
    OVS_NOT_REACHED();
}

/* Takes the changes of the records back, newest first. */
static void
undo_records(struct transaction *t)
{
    struct records *records = t->b->records;
    struct change *change;

    LIST_FOR_EACH_REVERSE (change, node, &t->changes) {
        if (change->policy_added) {
            records_unlink_policy(records, change->policy_added);
        }
        if (change->policy_removed) {
            records_link_policy(records, change->policy_removed);
        }
        if (change->sa_added) {
            records_unlink_sa(records, change->sa_added);
        }
        if (change->sa_removed) {
            records_link_sa(records, change->sa_removed);
        }
    }
}

/* Frees the changes, and whatever of them is not in the records. */
static void
free_changes(struct transaction *t, bool undone)
{
    struct change *change;

    LIST_FOR_EACH_POP (change, node, &t->changes) {
        sa_record_destroy(undone ? change->sa_added : change->sa_removed);
        policy_record_destroy(undone ? change->policy_added
                              : change->policy_removed);
        free(change);
    }
}

/* Is the SA that 'change' adds still there at the end of the batch? */
static bool
is_live(const struct transaction *t, const struct sa_record *record)
{
    return records_find_sa(t->b->records, record->sa->direction,
                           record->sa->spi) == record;
}

/* Policies. */

/* The SA that an outbound policy sends by, or NULL. */
static const struct sa_record *
policy_sa(const struct records *records, const struct policy *policy)
{
    const struct sa_record *found = NULL;

    if (policy->outbound_spi) {
        found = records_find_sa(records, SA_OUTBOUND, policy->outbound_spi);
        return (found && found->sa->vlan == policy->vlan
                && policy_takes_sa(policy, found->sa) ? found : NULL);
    }
    const struct hop_records *hop = &records->hops[policy->vlan];
    const struct sa_record *record;
    LIST_FOR_EACH_REVERSE (record, hop_node, &hop->sas) {
        if (record->sa->direction == SA_OUTBOUND
            && record->sa->reqid == policy->reqid
            && policy_takes_sa(policy, record->sa)) {
            found = record;     /* The newest one. */
            break;
        }
    }
    return found;
}

void
xfrm_policy_to_kernel(struct backend_xfrm *b, struct policy_record *record,
                      struct xfrm_batch *batch)
{
    const struct policy *policy = record->policy;
    const struct sa_record *sa = (policy->direction == SA_OUTBOUND
                                  ? policy_sa(b->records, policy) : NULL);

    record->sent_spi = sa ? sa->sa->spi : 0;
    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        if (xfrm_selector_has(&policy->selector, ipv6)) {
            xfrm_batch_add(batch,
                           xfrm_msg_policy_set(b->kind, policy, ipv6,
                                               record->priority,
                                               sa ? sa->sa : NULL));
        }
    }
}

/* Deletes 'policy', but for what is that of another one now. */
static void
delete_from_kernel(const struct backend_xfrm *b, const struct policy *policy,
                   struct xfrm_batch *batch)
{
    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        if (xfrm_selector_has(&policy->selector, ipv6)
            && !records_find_alike(b->records, policy, ipv6)) {
            xfrm_batch_add(batch,
                           xfrm_msg_policy_delete(b->kind, policy, ipv6));
        }
    }
}

static bool
is_new_policy(const struct transaction *t, const struct policy_record *record)
{
    const struct change *change;

    LIST_FOR_EACH (change, node, &t->changes) {
        if (change->policy_added == record) {
            return true;
        }
    }
    return false;
}

/* Adds what makes the policies of the touched hop ends what the records say:
 * all of them, or only those that are new or send by another SA. */
static void
list_policies(struct transaction *t, bool all, struct xfrm_batch *batch)
{
    const struct records *records = t->b->records;
    size_t vlan;

    BITMAP_FOR_EACH_1 (vlan, HOP_MAX_VLAN + 1, t->vlans) {
        struct policy_record *record;

        LIST_FOR_EACH (record, hop_node, &records->hops[vlan].policies) {
            const struct policy *policy = record->policy;
            const struct sa_record *sa = (policy->direction == SA_OUTBOUND
                                          ? policy_sa(records, policy)
                                          : NULL);

            if (all || record->sent_spi != (sa ? sa->sa->spi : 0)
                || is_new_policy(t, record)) {
                xfrm_policy_to_kernel(t->b, record, batch);
            }
        }
    }
}

/* Adds the removal of policies that 'gone' says are no more: those that a
 * change removed, or (to undo) those that it added. */
static void
list_gone_policies(const struct transaction *t, bool undo,
                   struct xfrm_batch *batch)
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

/* What the SA does not say itself its policy says. */
static void
take_outer_header(const struct policy *policy, struct sa_record *record)
{
    const struct sa *sa = record->sa;
    enum sa_df df = sa->df == SA_DF_AS_POLICY ? policy->df : sa->df;

    record->clear_df = df != SA_DF_COPY;
    record->copy_dscp = sa->dscp == SA_DSCP_COPY || policy->bypass_dscp;
}

/* An SA that no policy names yet gets the rules of its hop end's policy: that
 * will name it. */
static void
guess_outer_header(const struct records *records, struct sa_record *sa)
{
    const struct policy_record *record;

    LIST_FOR_EACH (record, hop_node, &records->hops[sa->sa->vlan].policies) {
        if (record->policy->direction == SA_OUTBOUND
            && record->policy->action == POLICY_PROTECT) {
            take_outer_header(record->policy, sa);
            return;
        }
    }
}

/* The DF and DSCP rules are the policy's in RFC 9061, and the SA's in the
 * kernel: a new SA takes those of the policy that sends by it, and a policy
 * must agree with an SA that is there. */
static int
settle_outer_header(struct transaction *t, char **errorp)
{
    const struct change *change;

    LIST_FOR_EACH (change, node, &t->changes) {
        if (change->sa_added && change->new_sa->direction == SA_OUTBOUND) {
            guess_outer_header(t->b->records, change->sa_added);
        }
    }
    LIST_FOR_EACH (change, node, &t->changes) {
        const struct policy_record *record = change->policy_added;

        if (!record || record->policy->direction == SA_INBOUND
            || record->policy->action != POLICY_PROTECT) {
            continue;
        }
        const struct policy *policy = record->policy;
        struct sa_record *sa = CONST_CAST(struct sa_record *,
                                          policy_sa(t->b->records, policy));
        const struct change *other;
        bool is_new = false;

        LIST_FOR_EACH (other, node, &t->changes) {
            is_new |= sa && other->sa_added == sa;
        }
        if (is_new) {
            take_outer_header(policy, sa);
            continue;
        } else if (!sa) {
            continue;
        }
        struct sa_record want = *sa;
        take_outer_header(policy, &want);
        if (want.clear_df != sa->clear_df
            || want.copy_dscp != sa->copy_dscp) {
            *errorp = xasprintf("policy %s: the kernel keeps the rules for DF "
                                "and DSCP with the SA: take a new SA",
                                policy->name);
            return ENOTSUP;
        }
    }
    return 0;
}

/* The kernel asks of what came in by an SA that its reqid is the policy's (if
 * that is not 0), and nothing of algorithms: so there must be no SA which the
 * policy would not take. */
static bool
is_taken_by_kernel(const struct policy *policy, const struct sa *sa)
{
    return (sa->direction == SA_INBOUND
            && (!policy->reqid || policy->reqid == sa->reqid));
}

static int
check_inbound(const struct transaction *t, char **errorp)
{
    const struct records *records = t->b->records;
    size_t vlan;

    BITMAP_FOR_EACH_1 (vlan, HOP_MAX_VLAN + 1, t->vlans) {
        const struct policy_record *p;

        LIST_FOR_EACH (p, hop_node, &records->hops[vlan].policies) {
            const struct sa_record *s;

            if (p->policy->direction != SA_INBOUND
                || p->policy->action != POLICY_PROTECT) {
                continue;
            }
            LIST_FOR_EACH (s, hop_node, &records->hops[vlan].sas) {
                if (is_taken_by_kernel(p->policy, s->sa)
                    && (s->sa->reqid != p->policy->reqid
                        || !policy_takes_sa(p->policy, s->sa))) {
                    *errorp = xasprintf(
                        "policy %s does not take SA 0x%08"PRIx32", and the "
                        "kernel cannot keep them apart",
                        p->policy->name, s->sa->spi);
                    return ENOTSUP;
                }
            }
        }
    }
    return 0;
}

/* In the kernel. */

static int
make_hop_ends(struct transaction *t, char **errorp)
{
    struct hop_msgs msgs = { .msgs = NULL };
    struct xfrm_batch batch = { .ops = NULL };
    size_t vlan;

    BITMAP_FOR_EACH_1 (vlan, HOP_MAX_VLAN + 1, t->vlans) {
        if (!bitmap_is_set(t->used, vlan)
            && records_hop_in_use(t->b->records, vlan)) {
            hop_msgs_hop_end(&msgs, t->b->kind, &t->b->ports, vlan);
        }
    }
    xfrm_batch_add_all(&batch, &msgs);
    return xfrm_batch_run(&batch, t->b->route, xfrm_fine_add, "hop end",
                          errorp);
}

/* Removes the hop ends of the touched ones that nothing needs. */
static void
remove_hop_ends(struct transaction *t)
{
    struct hop_msgs msgs = { .msgs = NULL };
    struct xfrm_batch batch = { .ops = NULL };
    char *error = NULL;
    size_t vlan;

    BITMAP_FOR_EACH_1 (vlan, HOP_MAX_VLAN + 1, t->vlans) {
        if (!records_hop_in_use(t->b->records, vlan)) {
            hop_msgs_hop_end_undo(&msgs, &t->b->ports, vlan);
        }
    }
    xfrm_batch_add_all(&batch, &msgs);
    if (xfrm_batch_run(&batch, t->b->route, xfrm_fine_delete,
                       "removal of a hop end", &error)) {
        VLOG_WARN_RL(&rl, "%s: %s; trying again", t->b->name, error);
        t->b->audit = true;
    }
    free(error);
}

static void
note_ours(const struct nlmsghdr *hdr, void *ours_)
{
    struct xfrm_sa_info info;
    bool *ours = ours_;

    *ours = (xfrm_parse_sa(hdr, HOP_IF, &info)
             || xfrm_parse_sa(hdr, HOP_MARK, &info));
}

/* Somebody has the SPI.  If that is the reservation that an ACQUIRE of a policy
 * of ours made, or something of ours that no record knows, it makes way.
 * Returns 0 if the SA is in now. */
static int
add_over(struct backend_xfrm *b, const struct sa *sa,
         const struct sa_record *record, char **errorp)
{
    struct xfrm_batch batch = { .ops = NULL };
    bool ours = false;

    struct nl_msg *get = xfrm_msg_sa_get(b->kind, sa);
    nl_conn_get(b->xfrm, get, note_ours, &ours);
    nl_msg_wipe(get);
    if (!ours) {
        *errorp = xasprintf("SPI 0x%08"PRIx32" is that of an SA of this "
                            "kernel which is not ours", sa->spi);
        return EEXIST;
    }
    xfrm_batch_add(&batch, xfrm_msg_sa_delete(b->kind, sa));
    xfrm_batch_run(&batch, b->xfrm, xfrm_fine_delete, "old SA", NULL);
    xfrm_batch_add(&batch, xfrm_msg_sa_add(b->kind, sa, record->clear_df,
                                           record->copy_dscp));
    return xfrm_batch_run(&batch, b->xfrm, xfrm_fine_none, "SA", errorp);
}

static int
make_sas(struct transaction *t, char **errorp)
{
    struct xfrm_batch batch = { .ops = NULL };
    const struct change *change;
    size_t i = 0;
    int error = 0;

    LIST_FOR_EACH (change, node, &t->changes) {
        if (change->new_sa && is_live(t, change->sa_added)) {
            const struct sa_record *record = change->sa_added;
            xfrm_batch_add(&batch, xfrm_msg_sa_add(t->b->kind, change->new_sa,
                                                   record->clear_df,
                                                   record->copy_dscp));
        }
    }
    nl_conn_transact(t->b->xfrm, batch.ops, batch.n);
    LIST_FOR_EACH (change, node, &t->changes) {
        if (!change->new_sa || !is_live(t, change->sa_added)) {
            continue;
        }
        const struct nl_op *op = &batch.ops[i++];
        if (op->error == EEXIST) {
            error = add_over(t->b, change->new_sa, change->sa_added, errorp);
        } else if (op->error) {
            error = op->error;
            *errorp = xasprintf("kernel, SA 0x%08"PRIx32": %s%s%s",
                                change->new_sa->spi, ovs_strerror(error),
                                op->text ? ": " : "",
                                op->text ? op->text : "");
        }
        if (error) {
            break;
        }
    }
    batch_clear(&batch);
    return error;
}

static void
remove_sas(struct transaction *t)
{
    struct xfrm_batch batch = { .ops = NULL };
    const struct change *change;
    char *error = NULL;

    LIST_FOR_EACH (change, node, &t->changes) {
        const struct sa_record *gone = change->sa_removed;

        if (gone && !records_find_sa(t->b->records, gone->sa->direction,
                                     gone->sa->spi)) {
            xfrm_batch_add(&batch, xfrm_msg_sa_delete(t->b->kind, gone->sa));
        }
    }
    if (xfrm_batch_run(&batch, t->b->xfrm, xfrm_fine_delete,
                       "removal of an SA", &error)) {
        VLOG_WARN_RL(&rl, "%s: %s; trying again", t->b->name, error);
        t->b->resync = true;
    }
    free(error);
}

/* What the kernel has of a batch that failed. */
static void
undo_kernel(struct transaction *t)
{
    struct xfrm_batch batch = { .ops = NULL };
    char *error = NULL;

    list_policies(t, true, &batch);
    if (xfrm_batch_run(&batch, t->b->xfrm, xfrm_fine_none, "undoing",
                       &error)) {
        VLOG_WARN_RL(&rl, "%s: %s; trying again", t->b->name, error);
        t->b->audit = true;
        free(error);
        error = NULL;
    }
    list_gone_policies(t, true, &batch);
    if (xfrm_batch_run(&batch, t->b->xfrm, xfrm_fine_delete, "undoing",
                       &error)) {
        VLOG_WARN_RL(&rl, "%s: %s; trying again", t->b->name, error);
        t->b->audit = true;
    }
    free(error);
    /* By what the kernel says is ours: an SPI that was refused may be that of
     * somebody else's SA, which a removal by SPI would hit. */
    xfrm_sync_sas(t->b);
    remove_hop_ends(t);
}

/* Returns 0, or an error: then the kernel has to be put back. */
static int
do_kernel(struct transaction *t, char **errorp)
{
    struct xfrm_batch batch = { .ops = NULL };

    int error = make_hop_ends(t, errorp);
    if (!error) {
        error = make_sas(t, errorp);
    }
    if (!error) {
        list_policies(t, false, &batch);
        error = xfrm_batch_run(&batch, t->b->xfrm, xfrm_fine_none, "policy",
                               errorp);
    }
    if (!error) {
        list_gone_policies(t, false, &batch);
        error = xfrm_batch_run(&batch, t->b->xfrm, xfrm_fine_delete,
                               "removal of a policy", errorp);
    }
    return error;
}

/* Writes to the file what the batch came to. */
static void
log_changes(struct transaction *t)
{
    struct records *records = t->b->records;
    const struct change *change;

    LIST_FOR_EACH (change, node, &t->changes) {
        if (change->sa_removed) {
            const struct sa *sa = change->sa_removed->sa;
            records_log_sa_gone(records, sa->direction, sa->spi);
        }
        if (change->sa_added) {
            records_log_sa(records, change->sa_added);
        }
        if (change->policy_removed) {
            records_log_policy_gone(records,
                                    change->policy_removed->policy->name);
        }
        if (change->policy_added) {
            records_log_policy(records, change->policy_added);
        }
    }
    records_commit(records);
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
    if (t.b->reason) {
        *errorp = xstrdup(t.b->reason);
        return ENODEV;
    }
    LIST_FOR_EACH (edit, node, edits) {
        error = apply_edit(&t, edit, errorp);
        if (error) {
            break;
        }
    }
    if (!error) {
        error = settle_outer_header(&t, errorp);
    }
    if (!error) {
        error = check_inbound(&t, errorp);
    }
    if (error) {
        undo_records(&t);
    } else {
        error = do_kernel(&t, errorp);
        if (error) {
            undo_records(&t);
            undo_kernel(&t);
        } else {
            log_changes(&t);
            remove_sas(&t);
            remove_hop_ends(&t);
        }
    }
    free_changes(&t, error != 0);
    return error;
}
