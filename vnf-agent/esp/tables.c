/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/esp/tables.h"

#include <errno.h>
#include <string.h>

#include "hash.h"
#include "lib/address.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "util.h"
#include "vnf-agent/esp/esp.h"

#define MIN_SPI 256             /* RFC 4303 s.2.1. */

/* An edit of a batch that has been made.  It can be taken back: removed
 * objects are out of the tables but whole, until the batch is kept. */
struct change {
    struct ovs_list node;
    struct esp_sa *sa_added, *sa_removed;
    struct esp_policy *policy_added, *policy_removed;
};

struct tables *
tables_create(const struct own_ips *own_ips)
{
    struct tables *tables = xzalloc(sizeof *tables);

    tables->own_ips = *own_ips;
    hmap_init(&tables->sas);
    hmap_init(&tables->policies);
    used_keys_init(&tables->used_keys);
    ovs_list_init(&tables->sa_list);
    ovs_list_init(&tables->policy_list);
    for (int vlan = 0; vlan <= TABLES_MAX_VLAN; vlan++) {
        struct hop_end *hop_end = &tables->hop_ends[vlan];

        ovs_list_init(&hop_end->policies[SA_OUTBOUND]);
        ovs_list_init(&hop_end->policies[SA_INBOUND]);
        ovs_list_init(&hop_end->outbound_sas);
    }
    return tables;
}

static uint32_t
hash_sa(enum sa_direction direction, uint32_t spi)
{
    return hash_2words(spi, direction);
}

struct esp_sa *
tables_find_sa(const struct tables *tables, enum sa_direction direction,
               uint32_t spi)
{
    struct esp_sa *esp_sa;

    HMAP_FOR_EACH_WITH_HASH (esp_sa, node, hash_sa(direction, spi),
                             &tables->sas) {
        if (esp_sa->sa->spi == spi && esp_sa->sa->direction == direction) {
            return esp_sa;
        }
    }
    return NULL;
}

static struct esp_policy *
find_policy(const struct tables *tables, const char *name)
{
    struct esp_policy *esp_policy;

    HMAP_FOR_EACH_WITH_HASH (esp_policy, node, hash_string(name, 0),
                             &tables->policies) {
        if (!strcmp(esp_policy->policy->name, name)) {
            return esp_policy;
        }
    }
    return NULL;
}

/* Returns true if the policy may use 'sa' for a packet with 'dscp'. */
static bool
takes_sa(const struct policy *policy, const struct sa *sa, uint8_t dscp)
{
    return ((!sa->inner_dscps || sa->inner_dscps & (UINT64_C(1) << dscp))
            && policy_takes_sa(policy, sa));
}

struct esp_sa *
tables_outbound_sa(const struct tables *tables, const struct policy *policy,
                   uint8_t dscp)
{
    struct esp_sa *esp_sa;

    if (policy->outbound_spi) {
        esp_sa = tables_find_sa(tables, SA_OUTBOUND, policy->outbound_spi);
        return (esp_sa && esp_sa->sa->vlan == policy->vlan
                && takes_sa(policy, esp_sa->sa, dscp) ? esp_sa : NULL);
    }
    LIST_FOR_EACH (esp_sa, hop_node,
                   &tables->hop_ends[policy->vlan].outbound_sas) {
        if (esp_sa->sa->reqid == policy->reqid
            && takes_sa(policy, esp_sa->sa, dscp)) {
            return esp_sa;
        }
    }
    return NULL;
}

/* SAs. */

/* Wipes the key. */
static void
forget_key(struct esp_sa *esp_sa)
{
    esp_key_destroy(esp_sa->key);
    esp_sa->key = NULL;
    secret_destroy(esp_sa->keymat);
    esp_sa->keymat = NULL;
}

static void
esp_sa_destroy(struct esp_sa *esp_sa)
{
    forget_key(esp_sa);
    replay_destroy(&esp_sa->replay);
    sa_destroy(esp_sa->sa);
    free(esp_sa);
}

/* Puts 'esp_sa' where its serial says, in the list and in its hop end. */
static void
link_sa(struct tables *tables, struct esp_sa *esp_sa)
{
    const struct sa *sa = esp_sa->sa;
    struct esp_sa *other;

    hmap_insert(&tables->sas, &esp_sa->node, hash_sa(sa->direction, sa->spi));
    LIST_FOR_EACH_REVERSE (other, all_node, &tables->sa_list) {
        if (other->serial < esp_sa->serial) {
            break;
        }
    }
    ovs_list_insert(other ? other->all_node.next : tables->sa_list.next,
                    &esp_sa->all_node);

    if (sa->direction == SA_OUTBOUND) {
        struct ovs_list *newest_first
            = &tables->hop_ends[sa->vlan].outbound_sas;

        LIST_FOR_EACH (other, hop_node, newest_first) {
            if (other->serial < esp_sa->serial) {
                break;
            }
        }
        ovs_list_insert(other ? &other->hop_node : newest_first,
                        &esp_sa->hop_node);
    }
}

static void
unlink_sa(struct tables *tables, struct esp_sa *esp_sa)
{
    hmap_remove(&tables->sas, &esp_sa->node);
    ovs_list_remove(&esp_sa->all_node);
    if (esp_sa->sa->direction == SA_OUTBOUND) {
        ovs_list_remove(&esp_sa->hop_node);
    }
}

/* Returns true if the selector's prefixes are the two ends of the tunnel. */
static bool
selects_tunnel(const struct sa *sa)
{
    const struct sa_selector *sel = &sa->selector;

    return (sel->family != SA_FAMILY_ANY
            && ipv6_mask_is_exact(&sel->src_mask)
            && ipv6_mask_is_exact(&sel->dst_mask)
            && ipv6_addr_equals(&sel->src, &sa->tunnel_src)
            && ipv6_addr_equals(&sel->dst, &sa->tunnel_dst));
}

/* Checks everything in 'sa' that does not depend on other SAs.  Returns 0 or a
 * positive errno with an error in '*errorp'. */
static int
check_sa(const struct tables *tables, const struct sa *sa, char **errorp)
{
    const char *dir = sa_direction_to_string(sa->direction);

    if (!sa->suite || !sa->key
        || secret_size(sa->key) != suite_keymat_size(sa->suite)) {
        *errorp = xasprintf("%s SA 0x%08"PRIx32": no such suite, or the key "
                            "does not fit it", dir, sa->spi);
        return ENOTSUP;
    }
    if (sa->replay_window > REPLAY_MAX_WINDOW) {
        *errorp = xasprintf("%s SA 0x%08"PRIx32": replay window %"PRIu32
                            " is more than %d packets",
                            dir, sa->spi, sa->replay_window,
                            REPLAY_MAX_WINDOW);
        return ENOTSUP;
    }
    if (sa->spi < MIN_SPI || sa->vlan > TABLES_MAX_VLAN) {
        *errorp = xasprintf("%s SA 0x%08"PRIx32", VLAN %"PRIu16": the SPI "
                            "must be at least %d and the VLAN at most %d",
                            dir, sa->spi, sa->vlan, MIN_SPI,
                            TABLES_MAX_VLAN);
        return EINVAL;
    }

    if (!own_ips_contains(&tables->own_ips, sa_own_ip(sa))) {
        char *ips = own_ips_format(&tables->own_ips);
        *errorp = xasprintf("%s SA 0x%08"PRIx32": tunnel %s is not this "
                            "gateway's address %s", dir, sa->spi,
                            (sa->direction == SA_OUTBOUND ? "source"
                             : "destination"), ips);
        free(ips);
        return EINVAL;
    }
    if (address_is_ipv6(&sa->tunnel_src) != address_is_ipv6(&sa->tunnel_dst)) {
        *errorp = xasprintf("%s SA 0x%08"PRIx32": the tunnel's ends are of "
                            "different address families", dir, sa->spi);
        return EINVAL;
    }
    if (sa->mode == SA_TRANSPORT && (sa->udp || !selects_tunnel(sa))) {
        *errorp = xasprintf("%s SA 0x%08"PRIx32": in transport mode the "
                            "selector is one host at each end, and ESP is not "
                            "put into UDP", dir, sa->spi);
        return ENOTSUP;
    }
    return 0;
}

/* Expands the key of an SA.  Returns NULL, with an error in '*errorp', if
 * OpenSSL cannot. */
static struct esp_key *
create_key(const struct sa *sa, char **errorp)
{
    struct esp_key *key = esp_key_create(sa->suite, sa->key,
                                         sa->direction == SA_OUTBOUND);

    if (!key) {
        *errorp = xasprintf("%s SA 0x%08"PRIx32": OpenSSL has no %s",
                            sa_direction_to_string(sa->direction), sa->spi,
                            sa->suite->name);
    }
    return key;
}

/* Puts an SA in, and takes ownership of 'sa', which has no key.  'key' and
 * 'keymat' are NULL if it has expired. */
static struct esp_sa *
insert_sa(struct tables *tables, struct sa *sa, struct esp_key *key,
          const struct secret *keymat, struct used_key *used_key,
          uint64_t serial)
{
    struct esp_sa *esp_sa = xzalloc(sizeof *esp_sa);

    esp_sa->sa = sa;
    esp_sa->key = key;
    esp_sa->keymat = secret_clone(keymat);
    esp_sa->serial = serial;
    esp_sa->used_key = used_key;
    replay_init(&esp_sa->replay,
                sa->direction == SA_INBOUND ? sa->replay_window : 0, sa->esn);
    link_sa(tables, esp_sa);
    return esp_sa;
}

static int
add_sa(struct tables *tables, const struct sa *sa, long long int now_ms,
       struct change *change, char **errorp)
{
    int error = check_sa(tables, sa, errorp);

    if (error) {
        return error;
    }
    if (tables_find_sa(tables, sa->direction, sa->spi)) {
        *errorp = xasprintf("%s SPI 0x%08"PRIx32" is in use",
                            sa_direction_to_string(sa->direction), sa->spi);
        return EEXIST;
    }
    if (hmap_count(&tables->sas) >= TABLES_MAX_SAS) {
        *errorp = xasprintf("there are %d SAs already", TABLES_MAX_SAS);
        return ENOSPC;
    }
    struct used_key *used_key = used_keys_add_sa(&tables->used_keys, sa,
                                                 errorp);
    if (!used_key) {
        return EEXIST;
    }

    struct esp_key *key = create_key(sa, errorp);
    if (!key) {
        used_keys_forget(&tables->used_keys, used_key);
        return ENOTSUP;
    }
    change->sa_added = insert_sa(tables, sa_clone_without_key(sa), key,
                                 sa->key, used_key, tables->next_serial++);
    change->sa_added->created_ms = change->sa_added->used_ms = now_ms;
    return 0;
}

struct esp_sa *
tables_restore_sa(struct tables *tables, const struct sa *sa,
                  const char *used_check, uint64_t serial, char **errorp)
{
    struct esp_key *key = NULL;

    *errorp = NULL;
    if (sa->vlan > TABLES_MAX_VLAN
        || tables_find_sa(tables, sa->direction, sa->spi)) {
        *errorp = xasprintf("%s SA 0x%08"PRIx32" is not right",
                            sa_direction_to_string(sa->direction), sa->spi);
        return NULL;
    }
    if (sa->key && (check_sa(tables, sa, errorp)
                    || !(key = create_key(sa, errorp)))) {
        return NULL;
    }

    struct used_key *used_key = used_keys_add(&tables->used_keys,
                                              sa->direction, used_check);
    if (!used_key) {
        *errorp = xasprintf("%s SA 0x%08"PRIx32" has the key of another one",
                            sa_direction_to_string(sa->direction), sa->spi);
        esp_key_destroy(key);
        return NULL;
    }

    struct sa bare = *sa;       /* It has its check value. */
    bare.key = NULL;
    return insert_sa(tables, sa_clone(&bare), key, sa->key, used_key, serial);
}

static int
delete_sa(struct tables *tables, const struct sa *sa, struct change *change,
          char **errorp)
{
    struct esp_sa *esp_sa = tables_find_sa(tables, sa->direction, sa->spi);

    if (!esp_sa) {
        *errorp = xasprintf("no %s SA 0x%08"PRIx32,
                            sa_direction_to_string(sa->direction), sa->spi);
        return ENOENT;
    }
    unlink_sa(tables, esp_sa);
    change->sa_removed = esp_sa;
    return 0;
}

/* Policies. */

static void
esp_policy_destroy(struct esp_policy *esp_policy)
{
    policy_destroy(esp_policy->policy);
    free(esp_policy);
}

static void
link_policy(struct tables *tables, struct esp_policy *esp_policy)
{
    const struct policy *policy = esp_policy->policy;
    struct ovs_list *hop_list
        = &tables->hop_ends[policy->vlan].policies[policy->direction];
    struct esp_policy *other;

    hmap_insert(&tables->policies, &esp_policy->node,
                hash_string(policy->name, 0));
    LIST_FOR_EACH_REVERSE (other, all_node, &tables->policy_list) {
        if (other->serial < esp_policy->serial) {
            break;
        }
    }
    ovs_list_insert(other ? other->all_node.next : tables->policy_list.next,
                    &esp_policy->all_node);
    LIST_FOR_EACH_REVERSE (other, hop_node, hop_list) {
        if (other->serial < esp_policy->serial) {
            break;
        }
    }
    ovs_list_insert(other ? other->hop_node.next : hop_list->next,
                    &esp_policy->hop_node);
}

static void
unlink_policy(struct tables *tables, struct esp_policy *esp_policy)
{
    hmap_remove(&tables->policies, &esp_policy->node);
    ovs_list_remove(&esp_policy->all_node);
    ovs_list_remove(&esp_policy->hop_node);
}

static int
set_policy(struct tables *tables, const struct policy *policy,
           struct change *change, char **errorp)
{
    if (policy->vlan > TABLES_MAX_VLAN) {
        *errorp = xasprintf("policy %s: VLAN %"PRIu16" is more than %d",
                            policy->name, policy->vlan, TABLES_MAX_VLAN);
        return EINVAL;
    }

    struct esp_policy *old = find_policy(tables, policy->name);
    if (!old && hmap_count(&tables->policies) >= TABLES_MAX_POLICIES) {
        *errorp = xasprintf("there are %d policies already",
                            TABLES_MAX_POLICIES);
        return ENOSPC;
    }

    struct esp_policy *new = xzalloc(sizeof *new);
    new->policy = policy_clone(policy);
    new->serial = old ? old->serial : tables->next_serial++;
    if (old) {
        unlink_policy(tables, old);
        change->policy_removed = old;
    }
    link_policy(tables, new);
    change->policy_added = new;
    return 0;
}

char *
tables_restore_policy(struct tables *tables, const struct policy *policy,
                      uint64_t serial)
{
    struct change change = { .sa_added = NULL };
    char *error = NULL;

    if (find_policy(tables, policy->name)) {
        return xasprintf("there are two policies %s", policy->name);
    }
    tables->next_serial = serial;
    set_policy(tables, policy, &change, &error);
    return error;
}

static int
delete_policy(struct tables *tables, const struct policy *policy,
              struct change *change, char **errorp)
{
    struct esp_policy *esp_policy = find_policy(tables, policy->name);

    if (!esp_policy) {
        *errorp = xasprintf("no policy %s", policy->name);
        return ENOENT;
    }
    unlink_policy(tables, esp_policy);
    change->policy_removed = esp_policy;
    return 0;
}

/* Batches. */

static void
change_undo(struct tables *tables, struct change *change)
{
    if (change->sa_added) {
        unlink_sa(tables, change->sa_added);
        used_keys_forget(&tables->used_keys, change->sa_added->used_key);
        esp_sa_destroy(change->sa_added);
    }
    if (change->sa_removed) {
        link_sa(tables, change->sa_removed);
    }
    if (change->policy_added) {
        unlink_policy(tables, change->policy_added);
        esp_policy_destroy(change->policy_added);
    }
    if (change->policy_removed) {
        link_policy(tables, change->policy_removed);
    }
}

static void
change_keep(struct tables *tables, struct change *change)
{
    if (change->sa_removed) {
        used_keys_retire(&tables->used_keys, change->sa_removed->used_key);
        esp_sa_destroy(change->sa_removed);
    }
    if (change->policy_removed) {
        esp_policy_destroy(change->policy_removed);
    }
}

static int
apply_edit(struct tables *tables, const struct backend_edit *edit,
           long long int now_ms, struct change *change, char **errorp)
{
    switch (edit->type) {
    case BACKEND_SA_ADD:
        return add_sa(tables, edit->sa, now_ms, change, errorp);
    case BACKEND_SA_DELETE:
        return delete_sa(tables, edit->sa, change, errorp);
    case BACKEND_POLICY_SET:
        return set_policy(tables, edit->policy, change, errorp);
    case BACKEND_POLICY_DELETE:
        return delete_policy(tables, edit->policy, change, errorp);
    }
    OVS_NOT_REACHED();
}

int
tables_apply(struct tables *tables, const struct ovs_list *edits,
             long long int now_ms, char **errorp)
{
    struct ovs_list changes = OVS_LIST_INITIALIZER(&changes);
    const struct backend_edit *edit;
    struct change *change;
    int error = 0;

    *errorp = NULL;
    LIST_FOR_EACH (edit, node, edits) {
        change = xzalloc(sizeof *change);
        error = apply_edit(tables, edit, now_ms, change, errorp);
        if (error) {
            free(change);
            break;
        }
        ovs_list_push_front(&changes, &change->node);   /* Newest first. */
    }
    LIST_FOR_EACH_POP (change, node, &changes) {
        if (error) {
            change_undo(tables, change);
        } else {
            change_keep(tables, change);
        }
        free(change);
    }
    if (!error) {
        tables->generation++;
    }
    return error;
}

void
tables_destroy(struct tables *tables)
{
    struct esp_policy *esp_policy;
    struct esp_sa *esp_sa;

    if (!tables) {
        return;
    }
    LIST_FOR_EACH_POP (esp_sa, all_node, &tables->sa_list) {
        esp_sa_destroy(esp_sa);
    }
    LIST_FOR_EACH_POP (esp_policy, all_node, &tables->policy_list) {
        esp_policy_destroy(esp_policy);
    }
    hmap_destroy(&tables->sas);
    hmap_destroy(&tables->policies);
    used_keys_destroy(&tables->used_keys);
    free(tables);
}

/* Lifetimes. */

/* Returns true if the SA has reached one of the limits. */
static bool
lifetime_over(const struct esp_sa *esp_sa, const struct sa_lifetime *limit,
              long long int now_ms)
{
    return ((limit->packets && esp_sa->packets >= limit->packets)
            || (limit->bytes && esp_sa->bytes >= limit->bytes)
            || (limit->time_s
                && now_ms - esp_sa->created_ms >= limit->time_s * 1000LL)
            || (limit->idle_s
                && now_ms - esp_sa->used_ms >= limit->idle_s * 1000LL));
}

bool
esp_sa_check_lifetime(struct esp_sa *esp_sa, long long int now_ms)
{
    if (esp_sa->hard_expired) {
        return false;
    }
    if (!esp_sa->soft_expired) {
        esp_sa->soft_expired = lifetime_over(esp_sa, &esp_sa->sa->soft,
                                             now_ms);
    }
    if ((esp_sa->soft_expired && esp_sa->sa->soft_ends)
        || lifetime_over(esp_sa, &esp_sa->sa->hard, now_ms)) {
        esp_sa->hard_expired = true;
        forget_key(esp_sa);
    }
    return !esp_sa->hard_expired;
}

void
esp_sa_get_stats(const struct esp_sa *esp_sa, long long int now_ms,
                 struct sa_stats *stats)
{
    *stats = (struct sa_stats) {
        .packets = esp_sa->packets,
        .bytes = esp_sa->bytes,
        .seq = (esp_sa->sa->direction == SA_OUTBOUND ? esp_sa->seq
                : esp_sa->replay.top),
        .replayed = esp_sa->replayed,
        .failed = esp_sa->failed,
        .age_s = (now_ms - esp_sa->created_ms) / 1000,
        .idle_s = (now_ms - esp_sa->used_ms) / 1000,
        .soft_expired = esp_sa->soft_expired,
        .hard_expired = esp_sa->hard_expired,
    };
}
