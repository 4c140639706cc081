/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ofctl-app/flows/flow-set.h"

#include "ofctl-app/flows/steering.h"

#include "hash.h"
#include "hindex.h"
#include "openvswitch/hmap.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"

/* What one cookie wants of one flow. */
struct flow_body {
    unsigned int n_refs;
    uint64_t cookie;
    uint64_t ticket;            /* Of the change that brought it. */
    char *text;                 /* As it was given to us. */
    struct ofpbuf *flow_mod;    /* OFPFC_ADD. */
    struct ofpbuf *instructions; /* As a switch shows them in a dump. */
};

/* Stands for what the switch has, where it is not what any owner wants. */
static struct flow_body other;

struct flow_key {
    uint8_t table_id;
    uint16_t priority;
    struct minimatch match;
};

struct flow_entry {
    struct hmap_node node;      /* In flow_set's 'entries', by key. */
    struct ovs_list dirty_node; /* In flow_set's 'dirty', else empty. */
    struct flow_key key;
    struct ovs_list owners;     /* Of struct flow_owner; the last one wins. */
    struct flow_body *installed; /* NULL if the switch has no such flow. */
    unsigned int dump_seq;      /* Of the last dump that showed it. */
    unsigned int count_seq;     /* Of the last count that showed it right. */
    unsigned int n_pins;        /* Diffs and undo records that point here. */
};

struct flow_owner {
    struct ovs_list node;       /* In flow_entry's 'owners'. */
    struct hindex_node cookie_node; /* In flow_set's 'owners', by cookie. */
    struct flow_entry *entry;
    struct flow_body *body;
};

struct flow_counter {
    struct hmap_node node;      /* In flow_set's 'counters', by cookie. */
    uint64_t cookie;
    uint64_t n_packets;         /* Of the last complete count. */
    uint64_t counting;
    bool seen;                  /* In this count. */
};

struct flow_set {
    struct hmap entries;        /* Of struct flow_entry. */
    struct hindex owners;       /* Of struct flow_owner. */
    struct ovs_list dirty;      /* Of struct flow_entry. */
    size_t n_dirty;
    size_t n_wanted;
    size_t n_installed;
    unsigned int dump_seq;
    struct hmap counters;       /* Of struct flow_counter. */
    unsigned int count_seq;     /* Of this count. */
    unsigned int counted_seq;   /* Of the last complete one. */
    size_t n_counted;           /* Flows that agreed in this count. */
    bool count_differs;
    struct ofpbuf scratch;
};

struct flow_add {
    struct flow_key key;
    struct flow_body *body;
};

/* One step that flow_set_apply() made. */
struct flow_undo {
    struct flow_entry *entry;   /* Pinned. */
    struct flow_owner *owner;
    struct flow_owner *prev;    /* Before 'owner' in the list, NULL if none. */
    bool removed;               /* Else added. */
};

struct flow_change {
    uint64_t *remove;
    size_t n_remove;
    struct flow_add *add;
    size_t n_add;
    struct flow_set *set;       /* Where it is applied, NULL if it is not. */
    struct flow_undo *undo;
    size_t n_undo, allocated_undo;
};

struct flow_diff_item {
    struct flow_entry *entry;
    struct flow_body *body;     /* NULL to remove the flow. */
};

struct flow_diff {
    struct flow_set *set;
    size_t n;
    struct flow_diff_item items[];
};

static struct flow_body *
flow_body_ref(struct flow_body *body)
{
    if (body && body != &other) {
        body->n_refs++;
    }
    return body;
}

static void
flow_body_unref(struct flow_body *body)
{
    if (body && body != &other && !--body->n_refs) {
        ofpbuf_delete(body->flow_mod);
        ofpbuf_delete(body->instructions);
        free(body->text);
        free(body);
    }
}

static bool
flow_body_equal(const struct flow_body *a, const struct flow_body *b)
{
    return (a == b
            || (a && b && a != &other && b != &other
                && a->cookie == b->cookie
                && ofpbuf_equal(a->instructions, b->instructions)));
}

/* True if a switch that shows 'fs' has 'body'; 'scratch' is for work. */
static bool
flow_body_is_shown(const struct flow_body *body,
                   const struct ofputil_flow_stats *fs,
                   struct ofpbuf *scratch)
{
    if (!body || body == &other || htonll(body->cookie) != fs->cookie
        || fs->idle_timeout || fs->hard_timeout) {
        return false;
    }
    ofpbuf_clear(scratch);
    ofpacts_put_openflow_instructions(fs->ofpacts, fs->ofpacts_len, scratch,
                                      OFP15_VERSION);
    return ofpbuf_equal(body->instructions, scratch);
}

static uint32_t
flow_key_hash(const struct flow_key *key)
{
    return hash_int(key->table_id << 16 | key->priority,
                    minimatch_hash(&key->match, 0));
}

static struct flow_entry *
flow_set_find(const struct flow_set *set, const struct flow_key *key)
{
    struct flow_entry *entry;
    HMAP_FOR_EACH_WITH_HASH (entry, node, flow_key_hash(key), &set->entries) {
        if (entry->key.table_id == key->table_id
            && entry->key.priority == key->priority
            && minimatch_equal(&entry->key.match, &key->match)) {
            return entry;
        }
    }
    return NULL;
}

static struct flow_entry *
flow_set_find_or_insert(struct flow_set *set, const struct flow_key *key)
{
    struct flow_entry *entry = flow_set_find(set, key);
    if (!entry) {
        entry = xzalloc(sizeof *entry);
        entry->key = *key;
        minimatch_clone(&entry->key.match, &key->match);
        ovs_list_init(&entry->owners);
        ovs_list_init(&entry->dirty_node);
        hmap_insert(&set->entries, &entry->node, flow_key_hash(key));
    }
    return entry;
}

static struct flow_body *
flow_entry_wanted(const struct flow_entry *entry)
{
    if (ovs_list_is_empty(&entry->owners)) {
        return NULL;
    }
    return CONTAINER_OF(ovs_list_back(&entry->owners), struct flow_owner,
                        node)->body;
}

/* Must follow any change to the owners, 'installed' or 'n_pins' of 'entry',
 * which it frees if that was the last of it. */
static void
flow_entry_update(struct flow_set *set, struct flow_entry *entry)
{
    const struct flow_body *wanted = flow_entry_wanted(entry);
    bool was_dirty = !ovs_list_is_empty(&entry->dirty_node);
    bool is_dirty = !flow_body_equal(wanted, entry->installed);

    if (is_dirty && !was_dirty) {
        ovs_list_push_back(&set->dirty, &entry->dirty_node);
        set->n_dirty++;
    } else if (!is_dirty && was_dirty) {
        ovs_list_remove(&entry->dirty_node);
        ovs_list_init(&entry->dirty_node);
        set->n_dirty--;
    }
    if (!wanted && !entry->installed && !entry->n_pins) {
        hmap_remove(&set->entries, &entry->node);
        minimatch_destroy(&entry->key.match);
        free(entry);
    }
}

static void
flow_entry_unpin(struct flow_set *set, struct flow_entry *entry)
{
    entry->n_pins--;
    flow_entry_update(set, entry);
}

static void
flow_entry_set_installed(struct flow_set *set, struct flow_entry *entry,
                         struct flow_body *body)
{
    set->n_installed += !!body - !!entry->installed;
    flow_body_ref(body);
    flow_body_unref(entry->installed);
    entry->installed = body;
    flow_entry_update(set, entry);
}

/* Puts 'owner' into its entry's list behind 'prev', or at its front if that is
 * NULL. */
static void
flow_owner_link(struct flow_set *set, struct flow_owner *owner,
                struct flow_owner *prev)
{
    struct flow_entry *entry = owner->entry;

    set->n_wanted += ovs_list_is_empty(&entry->owners);
    ovs_list_insert(prev ? prev->node.next : entry->owners.next, &owner->node);
    hindex_insert(&set->owners, &owner->cookie_node,
                  hash_uint64(owner->body->cookie));
    flow_entry_update(set, entry);
}

static void
flow_owner_unlink(struct flow_set *set, struct flow_owner *owner)
{
    struct flow_entry *entry = owner->entry;

    ovs_list_remove(&owner->node);
    hindex_remove(&set->owners, &owner->cookie_node);
    set->n_wanted -= ovs_list_is_empty(&entry->owners);
    flow_entry_update(set, entry);
}

static void
flow_owner_free(struct flow_owner *owner)
{
    flow_body_unref(owner->body);
    free(owner);
}

struct flow_set *
flow_set_create(void)
{
    struct flow_set *set = xzalloc(sizeof *set);
    hmap_init(&set->entries);
    hindex_init(&set->owners);
    ovs_list_init(&set->dirty);
    hmap_init(&set->counters);
    ofpbuf_init(&set->scratch, 0);
    return set;
}

void
flow_set_destroy(struct flow_set *set)
{
    if (!set) {
        return;
    }

    struct flow_entry *entry;
    HMAP_FOR_EACH_SAFE (entry, node, &set->entries) {
        ovs_assert(!entry->n_pins);
        entry->n_pins++;
        struct flow_owner *owner;
        LIST_FOR_EACH_SAFE (owner, node, &entry->owners) {
            flow_owner_unlink(set, owner);
            flow_owner_free(owner);
        }
        flow_entry_set_installed(set, entry, NULL);
        flow_entry_unpin(set, entry);
    }
    hmap_destroy(&set->entries);
    hindex_destroy(&set->owners);

    struct flow_counter *counter;
    HMAP_FOR_EACH_POP (counter, node, &set->counters) {
        free(counter);
    }
    hmap_destroy(&set->counters);
    ofpbuf_uninit(&set->scratch);
    free(set);
}

size_t
flow_set_n_wanted(const struct flow_set *set)
{
    return set->n_wanted;
}

size_t
flow_set_n_dirty(const struct flow_set *set)
{
    return set->n_dirty;
}

/* Fills in 'add' from 'flow_mod', which was encoded from a parsed flow.  What
 * is compared with a dump comes by the same way as a dump: encoded, decoded,
 * encoded. */
static char *
flow_add_decode(struct flow_add *add, struct ofpbuf *flow_mod)
{
    struct ofpbuf ofpacts;
    ofpbuf_init(&ofpacts, 0);

    struct ofputil_flow_mod fm;
    enum ofperr error = ofputil_decode_flow_mod(&fm, flow_mod->data,
                                                OFPUTIL_P_OF15_OXM, NULL, NULL,
                                                &ofpacts, OFPP_MAX, 255);
    if (!error) {
        add->key.table_id = fm.table_id;
        add->key.priority = fm.priority;
        minimatch_move(&add->key.match, &fm.match);
        add->body->instructions = ofpbuf_new(64);
        ofpacts_put_openflow_instructions(fm.ofpacts, fm.ofpacts_len,
                                          add->body->instructions,
                                          OFP15_VERSION);
    }
    ofpbuf_uninit(&ofpacts);
    return error ? xstrdup(ofperr_to_string(error)) : NULL;
}

static char *
flow_add_parse(struct flow_add *add, const struct steering_flow *flow,
               const struct ofputil_port_map *map, uint64_t ticket)
{
    struct ofputil_flow_mod fm;
    enum ofputil_protocol usable;
    char *error = parse_ofp_flow_mod_str(&fm, flow->text, map, NULL,
                                         OFPFC_ADD, &usable);
    if (error) {
        return error;
    }
    if (!(usable & OFPUTIL_P_OF15_OXM)) {
        error = xstrdup("OpenFlow 1.5 has no way to say this");
    } else if (fm.idle_timeout || fm.hard_timeout) {
        error = xstrdup("flows with a timeout are not supported");
    } else {
        fm.new_cookie = htonll(flow->cookie);
        fm.table_id = fm.table_id == OFPTT_ALL ? 0 : fm.table_id;
        /* A flow's packets are its owner's: an overwritten flow must not hand
         * its own down to the next owner. */
        fm.flags |= OFPUTIL_FF_RESET_COUNTS;

        struct flow_body *body = xzalloc(sizeof *body);
        body->n_refs = 1;
        body->cookie = flow->cookie;
        body->ticket = ticket;
        body->text = xstrdup(flow->text);
        body->flow_mod = ofputil_encode_flow_mod(&fm, OFPUTIL_P_OF15_OXM);
        ofpmsg_update_length(body->flow_mod);
        add->body = body;
        error = flow_add_decode(add, body->flow_mod);
        if (error) {
            flow_body_unref(body);
        }
    }
    minimatch_destroy(&fm.match);
    free(fm.ofpacts);
    return error;
}

char *
flow_change_create(uint64_t ticket, const struct ofputil_port_map *map,
                   const uint64_t *remove, size_t n_remove,
                   const struct steering_flow *const *add, size_t n_add,
                   struct flow_change **changep)
{
    struct flow_change *change = xzalloc(sizeof *change);
    if (n_remove) {
        change->remove = xmemdup(remove, n_remove * sizeof *remove);
        change->n_remove = n_remove;
    }

    change->add = xcalloc(n_add + 1, sizeof *change->add);
    for (size_t i = 0; i < n_add; i++) {
        char *error = flow_add_parse(&change->add[i], add[i], map, ticket);
        if (error) {
            char *message = xasprintf("flow \"%s\": %s", add[i]->text, error);
            free(error);
            flow_change_destroy(change);
            *changep = NULL;
            return message;
        }
        change->n_add++;
    }
    *changep = change;
    return NULL;
}

/* Forgets how to undo 'change'. */
static void
flow_change_forget(struct flow_change *change)
{
    for (size_t i = 0; i < change->n_undo; i++) {
        struct flow_undo *undo = &change->undo[i];
        struct flow_entry *entry = undo->entry;
        if (undo->removed) {
            flow_owner_free(undo->owner);
        }
        flow_entry_unpin(change->set, entry);
    }
    change->n_undo = 0;
    change->set = NULL;
}

void
flow_change_destroy(struct flow_change *change)
{
    if (change) {
        flow_change_forget(change);
        for (size_t i = 0; i < change->n_add; i++) {
            minimatch_destroy(&change->add[i].key.match);
            flow_body_unref(change->add[i].body);
        }
        free(change->add);
        free(change->remove);
        free(change->undo);
        free(change);
    }
}

static struct flow_undo *
flow_change_log(struct flow_change *change, struct flow_entry *entry,
                struct flow_owner *owner)
{
    if (change->n_undo >= change->allocated_undo) {
        change->undo = x2nrealloc(change->undo, &change->allocated_undo,
                                  sizeof *change->undo);
    }
    struct flow_undo *undo = &change->undo[change->n_undo++];
    *undo = (struct flow_undo) { .entry = entry, .owner = owner };
    entry->n_pins++;
    return undo;
}

static void
flow_change_remove_owner(struct flow_set *set, struct flow_change *change,
                         struct flow_owner *owner)
{
    struct flow_entry *entry = owner->entry;
    struct flow_undo *undo = flow_change_log(change, entry, owner);

    undo->removed = true;
    if (owner->node.prev != &entry->owners) {
        undo->prev = CONTAINER_OF(owner->node.prev, struct flow_owner, node);
    }
    flow_owner_unlink(set, owner);
}

static void
flow_change_add_owner(struct flow_set *set, struct flow_change *change,
                      const struct flow_add *add)
{
    struct flow_entry *entry = flow_set_find_or_insert(set, &add->key);
    struct flow_owner *owner;

    entry->n_pins++;
    LIST_FOR_EACH (owner, node, &entry->owners) {
        if (owner->body->cookie == add->body->cookie) {
            flow_change_remove_owner(set, change, owner);
            break;
        }
    }

    owner = xzalloc(sizeof *owner);
    owner->entry = entry;
    owner->body = flow_body_ref(add->body);
    flow_change_log(change, entry, owner);
    flow_owner_link(set, owner,
                    ovs_list_is_empty(&entry->owners) ? NULL
                    : CONTAINER_OF(ovs_list_back(&entry->owners),
                                   struct flow_owner, node));
    flow_entry_unpin(set, entry);
}

void
flow_set_apply(struct flow_set *set, struct flow_change *change)
{
    ovs_assert(!change->set);
    change->set = set;
    for (size_t i = 0; i < change->n_remove; i++) {
        uint64_t cookie = change->remove[i];
        struct flow_owner *owner;
        HINDEX_FOR_EACH_WITH_HASH_SAFE (owner, cookie_node,
                                        hash_uint64(cookie), &set->owners) {
            if (owner->body->cookie == cookie) {
                flow_change_remove_owner(set, change, owner);
            }
        }
    }
    for (size_t i = 0; i < change->n_add; i++) {
        flow_change_add_owner(set, change, &change->add[i]);
    }
}

void
flow_set_undo(struct flow_set *set, struct flow_change *change)
{
    ovs_assert(change->set == set);
    while (change->n_undo) {
        struct flow_undo *undo = &change->undo[--change->n_undo];
        if (undo->removed) {
            flow_owner_link(set, undo->owner, undo->prev);
        } else {
            flow_owner_unlink(set, undo->owner);
            flow_owner_free(undo->owner);
        }
        flow_entry_unpin(set, undo->entry);
    }
    change->set = NULL;
}

/* Difference. */

struct flow_diff *
flow_diff_create(struct flow_set *set)
{
    struct flow_diff *diff = xmalloc(sizeof *diff
                                     + set->n_dirty * sizeof *diff->items);
    diff->set = set;
    diff->n = 0;
    /* Removals first, so that a limited table is not too small on the way. */
    for (int pass = 0; pass < 2; pass++) {
        struct flow_entry *entry;
        LIST_FOR_EACH (entry, dirty_node, &set->dirty) {
            struct flow_body *body = flow_entry_wanted(entry);
            if (!!body == pass) {
                entry->n_pins++;
                diff->items[diff->n++] = (struct flow_diff_item) {
                    .entry = entry,
                    .body = flow_body_ref(body),
                };
            }
        }
    }
    return diff;
}

void
flow_diff_destroy(struct flow_diff *diff)
{
    if (diff) {
        for (size_t i = 0; i < diff->n; i++) {
            flow_body_unref(diff->items[i].body);
            flow_entry_unpin(diff->set, diff->items[i].entry);
        }
        free(diff);
    }
}

size_t
flow_diff_n(const struct flow_diff *diff)
{
    return diff->n;
}

struct ofpbuf *
flow_diff_encode(const struct flow_diff *diff, size_t i, ovs_be32 xid)
{
    const struct flow_diff_item *item = &diff->items[i];
    struct ofpbuf *msg;

    if (item->body) {
        msg = ofpbuf_clone(item->body->flow_mod);
    } else {
        const struct flow_key *key = &item->entry->key;
        struct ofputil_flow_mod fm = {
            .command = OFPFC_DELETE_STRICT,
            .table_id = key->table_id,
            .priority = key->priority,
            /* If it is no longer ours, leave it. */
            .cookie = htonll(STEERING_COOKIE),
            .cookie_mask = htonll(STEERING_COOKIE_MASK),
            .buffer_id = UINT32_MAX,
            .out_port = OFPP_ANY,
            .out_group = OFPG_ANY,
        };
        minimatch_clone(&fm.match, &key->match);
        msg = ofputil_encode_flow_mod(&fm, OFPUTIL_P_OF15_OXM);
        minimatch_destroy(&fm.match);
        ofpmsg_update_length(msg);
    }
    ((struct ofp_header *) msg->data)->xid = xid;
    return msg;
}

uint64_t
flow_diff_ticket(const struct flow_diff *diff, size_t i)
{
    const struct flow_body *body = diff->items[i].body;
    return body ? body->ticket : 0;
}

char *
flow_diff_text(const struct flow_diff *diff, size_t i)
{
    const struct flow_diff_item *item = &diff->items[i];
    if (item->body) {
        return xstrdup(item->body->text);
    }
    char *match = minimatch_to_string(&item->entry->key.match, NULL,
                                      item->entry->key.priority);
    char *text = xasprintf("removal of table=%"PRIu8",%s",
                           item->entry->key.table_id, match);
    free(match);
    return text;
}

void
flow_diff_commit(struct flow_diff *diff)
{
    for (size_t i = 0; i < diff->n; i++) {
        flow_entry_set_installed(diff->set, diff->items[i].entry,
                                 diff->items[i].body);
    }
}

/* Dumps. */

static void
flow_key_from_stats(struct flow_key *key, const struct ofputil_flow_stats *fs)
{
    key->table_id = fs->table_id;
    key->priority = fs->priority;
    minimatch_init(&key->match, &fs->match);
}

void
flow_set_dump_begin(struct flow_set *set)
{
    set->dump_seq++;
}

void
flow_set_dump_flow(struct flow_set *set, const struct ofputil_flow_stats *fs)
{
    struct flow_key key;
    flow_key_from_stats(&key, fs);
    struct flow_entry *entry = flow_set_find_or_insert(set, &key);
    minimatch_destroy(&key.match);

    struct flow_body *shown = &other;
    struct flow_owner *owner;
    LIST_FOR_EACH (owner, node, &entry->owners) {
        if (flow_body_is_shown(owner->body, fs, &set->scratch)) {
            shown = owner->body;
        }
    }
    entry->dump_seq = set->dump_seq;
    flow_entry_set_installed(set, entry, shown);
}

void
flow_set_dump_end(struct flow_set *set)
{
    struct flow_entry *entry;
    HMAP_FOR_EACH_SAFE (entry, node, &set->entries) {
        if (entry->installed && entry->dump_seq != set->dump_seq) {
            flow_entry_set_installed(set, entry, NULL);
        }
    }
}

static struct flow_counter *
flow_counter_find(const struct flow_set *set, uint64_t cookie)
{
    struct flow_counter *counter;
    HMAP_FOR_EACH_WITH_HASH (counter, node, hash_uint64(cookie),
                             &set->counters) {
        if (counter->cookie == cookie) {
            return counter;
        }
    }
    return NULL;
}

void
flow_set_count_begin(struct flow_set *set)
{
    struct flow_counter *counter;
    HMAP_FOR_EACH (counter, node, &set->counters) {
        counter->counting = 0;
        counter->seen = false;
    }
    set->count_seq++;
    set->n_counted = 0;
    set->count_differs = false;
}

void
flow_set_count_flow(struct flow_set *set, const struct ofputil_flow_stats *fs)
{
    uint64_t cookie = ntohll(fs->cookie);
    struct flow_counter *counter = flow_counter_find(set, cookie);
    if (!counter) {
        counter = xzalloc(sizeof *counter);
        counter->cookie = cookie;
        hmap_insert(&set->counters, &counter->node, hash_uint64(cookie));
    }
    counter->seen = true;
    counter->counting += fs->packet_count != UINT64_MAX ? fs->packet_count : 0;

    struct flow_key key;
    flow_key_from_stats(&key, fs);
    struct flow_entry *entry = flow_set_find(set, &key);
    minimatch_destroy(&key.match);
    if (entry && flow_body_is_shown(entry->installed, fs, &set->scratch)) {
        set->n_counted++;
        if (flow_body_equal(entry->installed, flow_entry_wanted(entry))) {
            entry->count_seq = set->count_seq;
        }
    } else {
        set->count_differs = true;
    }
}

bool
flow_set_count_end(struct flow_set *set)
{
    set->counted_seq = set->count_seq;
    struct flow_counter *counter;
    HMAP_FOR_EACH_SAFE (counter, node, &set->counters) {
        counter->n_packets = counter->counting;
        if (!counter->seen) {
            hmap_remove(&set->counters, &counter->node);
            free(counter);
        }
    }
    return !set->count_differs && set->n_counted == set->n_installed;
}

uint64_t
flow_set_packets(const struct flow_set *set, uint64_t cookie)
{
    const struct flow_counter *counter = flow_counter_find(set, cookie);
    return counter ? counter->n_packets : 0;
}

size_t
flow_set_n_shown(const struct flow_set *set, uint64_t cookie, size_t *n_shown)
{
    const struct flow_owner *owner;
    size_t n = 0;
    *n_shown = 0;
    HINDEX_FOR_EACH_WITH_HASH (owner, cookie_node, hash_uint64(cookie),
                               &set->owners) {
        if (owner->body->cookie == cookie) {
            n++;
            *n_shown += (set->counted_seq
                         && owner->entry->count_seq >= set->counted_seq);
        }
    }
    return n;
}
