/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/xfrm/xfrm-changes.h"

#include <errno.h>

#include "timeval.h"
#include "util.h"

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

static int
add_sa(struct transaction *t, const struct sa *sa, char **errorp)
{
    *errorp = xfrm_check_sa(sa);
    if (*errorp) {
        return ENOTSUP;
    } else if (backend_check_name(sa->name, errorp)) {
        return EINVAL;
    } else if (records_find_sa(t->b->records, sa->direction, sa->spi)) {
        *errorp = xasprintf("%s SPI 0x%08"PRIx32" is in use",
                            sa_direction_to_string(sa->direction), sa->spi);
        return EEXIST;
    }

    struct used_key *used_key = used_keys_add_sa(&t->b->records->used_keys, sa,
                                                 errorp);
    if (!used_key) {
        return EEXIST;
    }

    struct sa_record *record = xzalloc(sizeof *record);
    record->used_key = used_key;
    record->sa = sa_clone_without_key(sa);
    record->clear_df = sa->df != SA_DF_COPY;
    record->copy_dscp = true;
    record->created_s = time_wall();
    record->is_new = true;
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
    } else if (backend_check_name(policy->name, errorp)) {
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
    new->is_new = true;
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

int
xfrm_changes_add(struct transaction *t, const struct backend_edit *edit,
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

void
xfrm_changes_undo(struct transaction *t)
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
            used_keys_forget(&records->used_keys, change->sa_added->used_key);
            change->sa_added->used_key = NULL;
        }
        if (change->sa_removed) {
            records_link_sa(records, change->sa_removed);
        }
    }
}

void
xfrm_changes_free(struct transaction *t, bool undone)
{
    struct change *change;

    LIST_FOR_EACH (change, node, &t->changes) {
        if (change->sa_added) {
            change->sa_added->is_new = false;
        }
        if (change->policy_added) {
            change->policy_added->is_new = false;
        }
    }
    LIST_FOR_EACH_POP (change, node, &t->changes) {
        records_destroy_sa(t->b->records,
                           undone ? change->sa_added : change->sa_removed);
        policy_record_destroy(undone ? change->policy_added
                              : change->policy_removed);
        free(change);
    }
}

bool
xfrm_changes_keep(const struct transaction *t,
                  const struct sa_record *record)
{
    return records_find_sa(t->b->records, record->sa->direction,
                           record->sa->spi) == record;
}

/* Properties of a policy that the kernel keeps with the SA. */

struct sa_record *
xfrm_policy_sa(const struct records *records, const struct policy *policy)
{
    struct sa_record *found = NULL;

    if (policy->direction != SA_OUTBOUND) {
        return NULL;
    } else if (policy->outbound_spi) {
        found = records_find_sa(records, SA_OUTBOUND, policy->outbound_spi);
        return (found && found->sa->vlan == policy->vlan
                && policy_takes_sa(policy, found->sa) ? found : NULL);
    }
    const struct hop_records *hop = &records->hops[policy->vlan];
    struct sa_record *record;
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

/* Sets the rules for the outer header that the SA leaves to its policy. */
static void
set_outer_header(const struct policy *policy, struct sa_record *record)
{
    const struct sa *sa = record->sa;
    enum sa_df df = sa->df == SA_DF_AS_POLICY ? policy->df : sa->df;

    record->clear_df = df != SA_DF_COPY;
    record->copy_dscp = sa->dscp == SA_DSCP_COPY || policy->bypass_dscp;
}

/* Gives an SA that no policy names yet the rules of its hop end's policy,
 * which will name it. */
static void
guess_outer_header(const struct records *records, struct sa_record *sa)
{
    const struct policy_record *record;

    LIST_FOR_EACH (record, hop_node, &records->hops[sa->sa->vlan].policies) {
        if (record->policy->direction == SA_OUTBOUND
            && record->policy->action == POLICY_PROTECT) {
            set_outer_header(record->policy, sa);
            return;
        }
    }
}

/* The DF and DSCP rules are the policy's in RFC 9061, and the SA's in the
 * kernel: a new SA takes those of the policy that sends by it, and a policy
 * must agree with an SA that is there. */
static int
settle_policy(struct records *records, const struct policy *policy,
              char **errorp)
{
    struct sa_record *sa = xfrm_policy_sa(records, policy);

    if (!sa) {
        return 0;
    }
    struct sa_record want = *sa;
    set_outer_header(policy, &want);
    if (want.clear_df == sa->clear_df && want.copy_dscp == sa->copy_dscp) {
        return 0;
    } else if (!sa->is_new) {
        *errorp = xasprintf("policy %s: the kernel keeps the rules for DF and "
                            "DSCP with the SA: take a new SA", policy->name);
        return ENOTSUP;
    }
    set_outer_header(policy, sa);
    return 0;
}

static int
settle_outer_headers(struct transaction *t, char **errorp)
{
    struct records *records = t->b->records;
    const struct change *change;
    int error = 0;

    LIST_FOR_EACH (change, node, &t->changes) {
        if (change->sa_added && change->new_sa->direction == SA_OUTBOUND) {
            guess_outer_header(records, change->sa_added);
        }
    }
    LIST_FOR_EACH (change, node, &t->changes) {
        const struct policy *policy = (change->policy_added
                                       ? change->policy_added->policy : NULL);

        if (policy && policy->direction == SA_OUTBOUND
            && policy->action == POLICY_PROTECT && !error) {
            error = settle_policy(records, policy, errorp);
        }
    }
    return error;
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

int
xfrm_changes_settle(struct transaction *t, char **errorp)
{
    int error = settle_outer_headers(t, errorp);
    return error ? error : check_inbound(t, errorp);
}

void
xfrm_changes_log(struct transaction *t)
{
    struct records *records = t->b->records;
    const struct change *change;

    LIST_FOR_EACH (change, node, &t->changes) {
        if (change->sa_removed) {
            struct sa_record *gone = change->sa_removed;
            records_log_sa_gone(records, gone->sa->direction, gone->sa->spi);
            used_keys_retire(&records->used_keys, gone->used_key);
            gone->used_key = NULL;
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
