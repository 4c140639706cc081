/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/xfrm/records.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crc32c.h"
#include "hash.h"
#include "lib/durable.h"
#include "lib/regular-file.h"
#include "openvswitch/vlog.h"
#include "util.h"
#include "vnf-agent/backend/wire.h"
#include "vnf-agent/xfrm/xfrm-msg.h"

VLOG_DEFINE_THIS_MODULE(xfrm_records);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

#define MAGIC 0x73647834u       /* "sdx4"; a new number for a new format. */
#define MAX_ENTRY 16384         /* Octets.  Ours have at most 7,000. */
#define MIN_HISTORY (1 << 20)   /* Octets: less is not worth a rewrite. */

/* The file is a row of entries: 32 bits of size, 32 bits of CRC-32C, and of
 * that size: one octet of the following, and the object. */
enum entry_type {
    ENTRY_HEAD,                 /* The first one, and only there. */
    ENTRY_SA,                   /* New, or expired now. */
    ENTRY_SA_GONE,
    ENTRY_POLICY,
    ENTRY_POLICY_GONE,
    ENTRY_USED_KEY,             /* Of an SA that is gone. */
};

/* In memory. */

struct records *
records_create(void)
{
    struct records *r = xzalloc(sizeof *r);

    hmap_init(&r->sas);
    hmap_init(&r->policies);
    used_keys_init(&r->used_keys);
    for (size_t i = 0; i < ARRAY_SIZE(r->hops); i++) {
        ovs_list_init(&r->hops[i].sas);
        ovs_list_init(&r->hops[i].policies);
    }
    r->next_priority = 1;
    r->fd = -1;
    return r;
}

void
records_destroy_sa(struct records *r, struct sa_record *record)
{
    if (record) {
        used_keys_retire(&r->used_keys, record->used_key);
        sa_destroy(record->sa);
        free(record);
    }
}

void
policy_record_destroy(struct policy_record *record)
{
    if (record) {
        policy_destroy(record->policy);
        free(record);
    }
}

void
records_forget_sas(struct records *r)
{
    struct sa_record *sa;

    HMAP_FOR_EACH_SAFE (sa, node, &r->sas) {
        records_unlink_sa(r, sa);
        records_destroy_sa(r, sa);
    }
}

void
records_forget_policies(struct records *r)
{
    struct policy_record *policy;

    HMAP_FOR_EACH_SAFE (policy, node, &r->policies) {
        records_unlink_policy(r, policy);
        policy_record_destroy(policy);
    }
}

static void
clear(struct records *r)
{
    records_forget_sas(r);
    records_forget_policies(r);
    used_keys_destroy(&r->used_keys);
    used_keys_init(&r->used_keys);
    free(r->kernel);
    r->kernel = NULL;
    r->boot_id = UUID_ZERO;
}

void
records_destroy(struct records *r)
{
    if (r) {
        clear(r);
        hmap_destroy(&r->sas);
        hmap_destroy(&r->policies);
        used_keys_destroy(&r->used_keys);
        if (r->fd >= 0) {
            close(r->fd);
        }
        free(r->file_name);
        free(r);
    }
}

static uint32_t
hash_sa(enum sa_direction direction, uint32_t spi)
{
    return hash_2words(direction, spi);
}

struct sa_record *
records_find_sa(const struct records *r, enum sa_direction direction,
                uint32_t spi)
{
    struct sa_record *record;

    HMAP_FOR_EACH_WITH_HASH (record, node, hash_sa(direction, spi), &r->sas) {
        if (record->sa->direction == direction && record->sa->spi == spi) {
            return record;
        }
    }
    return NULL;
}

struct policy_record *
records_find_policy(const struct records *r, const char *name)
{
    struct policy_record *record;

    HMAP_FOR_EACH_WITH_HASH (record, node, hash_string(name, 0),
                             &r->policies) {
        if (!strcmp(record->policy->name, name)) {
            return record;
        }
    }
    return NULL;
}

bool
records_hop_in_use(const struct records *r, uint16_t vlan)
{
    const struct hop_records *hop = &r->hops[vlan];
    return !ovs_list_is_empty(&hop->sas) || !ovs_list_is_empty(&hop->policies);
}

struct policy_record *
records_find_alike(const struct records *r, const struct policy *policy,
                   bool ipv6)
{
    struct policy_record *record;

    LIST_FOR_EACH (record, hop_node, &r->hops[policy->vlan].policies) {
        if (xfrm_policies_collide(record->policy, policy, ipv6)) {
            return record;
        }
    }
    return NULL;
}

struct sa_record *
records_link_sa(struct records *r, struct sa_record *record)
{
    const struct sa *sa = record->sa;
    struct ovs_list *list = &r->hops[sa->vlan].sas;
    struct sa_record *older;

    hmap_insert(&r->sas, &record->node, hash_sa(sa->direction, sa->spi));
    if (!record->order) {
        record->order = ++r->last_order;
    }
    LIST_FOR_EACH_REVERSE (older, hop_node, list) {
        if (older->order < record->order) {
            break;
        }
    }
    ovs_list_insert(older ? older->hop_node.next : list->next,
                    &record->hop_node);
    r->n_idle += sa->soft.idle_s || sa->hard.idle_s;
    r->n_udp += sa->udp && sa->direction == SA_INBOUND;
    return record;
}

void
records_unlink_sa(struct records *r, struct sa_record *record)
{
    const struct sa *sa = record->sa;

    hmap_remove(&r->sas, &record->node);
    ovs_list_remove(&record->hop_node);
    r->n_idle -= sa->soft.idle_s || sa->hard.idle_s;
    r->n_udp -= sa->udp && sa->direction == SA_INBOUND;
}

void
records_link_policy(struct records *r, struct policy_record *record)
{
    struct ovs_list *list = &r->hops[record->policy->vlan].policies;
    struct policy_record *first;

    hmap_insert(&r->policies, &record->node,
                hash_string(record->policy->name, 0));
    LIST_FOR_EACH_REVERSE (first, hop_node, list) {
        if (first->priority < record->priority) {
            break;
        }
    }
    ovs_list_insert(first ? first->hop_node.next : list->next,
                    &record->hop_node);
    r->next_priority = MAX(r->next_priority, record->priority + 1);
}

void
records_unlink_policy(struct records *r, struct policy_record *record)
{
    hmap_remove(&r->policies, &record->node);
    ovs_list_remove(&record->hop_node);
}

/* Writing. */

/* An entry in the making. */
struct entry {
    struct wire_writer w;       /* Writes behind the room for size and CRC. */
    uint8_t buf[8 + MAX_ENTRY];
};

static struct wire_writer *
begin_entry(struct entry *entry, enum entry_type type)
{
    entry->w = (struct wire_writer) { .buf = entry->buf + 8 };
    wire_put_u8(&entry->w, type);
    return &entry->w;
}

/* Appends the entry to the file, if there is one. */
static void
end_entry(struct records *r, struct entry *entry)
{
    struct wire_writer w = { .buf = entry->buf };
    size_t size = entry->w.size;

    wire_put_u32(&w, size);
    wire_put_u32(&w, ntohl(crc32c(entry->w.buf, size)));
    if (r->fd >= 0 && write(r->fd, entry->buf, 8 + size) != 8 + size) {
        if (!r->write_failed) {
            VLOG_ERR_RL(&rl, "%s: cannot write (%s)", r->file_name,
                        ovs_strerror(errno));
        }
        r->write_failed = true;
    }
    r->file_size += 8 + size;
}

static void
log_head(struct records *r)
{
    struct entry entry;
    struct wire_writer *w = begin_entry(&entry, ENTRY_HEAD);

    wire_put_u32(w, MAGIC);
    wire_put_bytes(w, &r->boot_id, sizeof r->boot_id);
    wire_put_string(w, r->kernel);
    wire_put_u8(w, r->kind);
    end_entry(r, &entry);
}

void
records_log_sa(struct records *r, const struct sa_record *record)
{
    struct entry entry;
    struct wire_writer *w = begin_entry(&entry, ENTRY_SA);

    ovs_assert(!record->sa->key);
    size_t start = wire_begin_member(w, "sa");
    wire_put_sa_members(w, record->sa);
    wire_end_member(w, start);
    wire_put_string(w, record->used_key->check);
    wire_put_u8(w, (record->clear_df | record->copy_dscp << 1
                    | record->soft_expired << 2 | record->hard_expired << 3));
    wire_put_u64(w, record->created_s);
    wire_put_sa_stats(w, &record->last);
    end_entry(r, &entry);
}

void
records_log_sa_gone(struct records *r, enum sa_direction direction,
                    uint32_t spi)
{
    struct entry entry;
    struct wire_writer *w = begin_entry(&entry, ENTRY_SA_GONE);

    wire_put_u8(w, direction);
    wire_put_u32(w, spi);
    end_entry(r, &entry);
}

void
records_log_policy(struct records *r, const struct policy_record *record)
{
    struct entry entry;
    struct wire_writer *w = begin_entry(&entry, ENTRY_POLICY);

    wire_put_u32(w, record->priority);
    size_t start = wire_begin_member(w, "policy");
    wire_put_policy_members(w, record->policy);
    wire_end_member(w, start);
    end_entry(r, &entry);
}

void
records_log_policy_gone(struct records *r, const char *name)
{
    struct entry entry;

    wire_put_string(begin_entry(&entry, ENTRY_POLICY_GONE), name);
    end_entry(r, &entry);
}

static void
log_used_key(struct records *r, enum sa_direction direction, const char *check)
{
    struct entry entry;
    struct wire_writer *w = begin_entry(&entry, ENTRY_USED_KEY);

    wire_put_u8(w, direction);
    wire_put_string(w, check);
    end_entry(r, &entry);
}

void
records_note_used_key(struct records *r, enum sa_direction direction,
                      const char *check)
{
    struct used_key *key = used_keys_add(&r->used_keys, direction, check);

    if (key) {
        used_keys_retire(&r->used_keys, key);
        log_used_key(r, direction, check);
    }
}

static void
log_all(struct records *r)
{
    struct policy_record *policy;
    struct used_key *key;
    struct sa_record *sa;

    r->file_size = 0;
    log_head(r);
    LIST_FOR_EACH (key, list_node, &r->used_keys.retired) {
        log_used_key(r, key->direction, key->check);
    }
    for (size_t i = 0; i < ARRAY_SIZE(r->hops); i++) {
        LIST_FOR_EACH (sa, hop_node, &r->hops[i].sas) {
            records_log_sa(r, sa);
        }
        LIST_FOR_EACH (policy, hop_node, &r->hops[i].policies) {
            records_log_policy(r, policy);
        }
    }
    r->live_size = r->file_size;
}

char *
records_save(struct records *r)
{
    char *error = NULL;

    if (!r->file_name) {
        return NULL;
    }
    char *new = xasprintf("%s.new", r->file_name);
    int old_fd = r->fd;
    r->fd = durable_begin(new);
    int save_error = r->fd < 0 ? -r->fd : 0;
    r->write_failed = save_error != 0;
    if (!save_error) {
        log_all(r);
        save_error = (!r->write_failed ? durable_sync(r->fd)
                      : errno ? errno : ENOSPC);
    }
    save_error = save_error ? save_error : durable_replace(new, r->file_name);
    if (save_error) {
        error = xasprintf("%s: cannot write (%s)", new,
                          ovs_strerror(save_error));
        r->write_failed = true;
        int new_fd = r->fd;
        r->fd = old_fd;
        old_fd = new_fd;
    }
    if (old_fd >= 0) {
        close(old_fd);
    }
    free(new);
    return error;
}

void
records_commit(struct records *r)
{
    if (r->write_failed || r->file_size > 2 * r->live_size + MIN_HISTORY) {
        char *error = records_save(r);

        if (error) {
            VLOG_ERR_RL(&rl, "%s", error);
            free(error);
        }
    }
}

/* Reading. */

static bool
get_head(struct records *r, struct wire_reader *in)
{
    if (wire_get_u32(in) != MAGIC) {
        return false;
    }
    wire_get_bytes(in, &r->boot_id, sizeof r->boot_id);
    r->kernel = wire_get_string(in);
    r->kind = wire_get_u8(in) == HOP_MARK ? HOP_MARK : HOP_IF;
    return !in->failed;
}

static void
forget_sa(struct records *r, enum sa_direction direction, uint32_t spi)
{
    struct sa_record *record = records_find_sa(r, direction, spi);

    if (record) {
        records_unlink_sa(r, record);
        records_destroy_sa(r, record);
    }
}

static void
forget_policy(struct records *r, const char *name)
{
    struct policy_record *record = records_find_policy(r, name);

    if (record) {
        records_unlink_policy(r, record);
        policy_record_destroy(record);
    }
}

/* Reads the key of an SA.  An SA that is in the file once more keeps its key.
 * Returns NULL if another SA has the key. */
static struct used_key *
get_sa_key(struct records *r, const struct sa *sa, struct wire_reader *in)
{
    struct sa_record *old = records_find_sa(r, sa->direction, sa->spi);
    char *check = wire_get_string(in);
    struct used_key *key = NULL;

    if (check && old && !strcmp(old->used_key->check, check)) {
        key = old->used_key;
        old->used_key = NULL;
    } else if (check) {
        key = used_keys_add(&r->used_keys, sa->direction, check);
    }
    free(check);
    return key;
}

/* Frees 'error', if it is one. */
static void
log_refusal(char *error)
{
    if (error) {
        VLOG_WARN_RL(&rl, "a record of another version: %s", error);
        free(error);
    }
}

static bool
get_sa(struct records *r, struct wire_reader *in)
{
    struct sa_record *record = xzalloc(sizeof *record);
    struct wire_member m;
    char *error = NULL;

    record->sa = (wire_get_member(in, &m)
                  ? wire_get_sa_members(&m.value, &error) : NULL);
    log_refusal(error);
    record->used_key = (in->failed || !record->sa ? NULL
                        : get_sa_key(r, record->sa, in));
    uint8_t flags = wire_get_u8(in);
    record->created_s = wire_get_u64(in);
    wire_get_sa_stats(in, &record->last);
    if (in->failed || !record->used_key || record->sa->vlan > HOP_MAX_VLAN) {
        records_destroy_sa(r, record);
        return false;
    }
    record->clear_df = flags & 1;
    record->copy_dscp = flags & 2;
    record->soft_expired = flags & 4;
    record->hard_expired = flags & 8;
    forget_sa(r, record->sa->direction, record->sa->spi);
    records_link_sa(r, record);
    return true;
}

static bool
get_used_key(struct records *r, struct wire_reader *in)
{
    enum sa_direction direction = wire_get_u8(in);
    char *check = wire_get_string(in);

    if (check) {
        used_keys_retire(&r->used_keys,
                         used_keys_add(&r->used_keys, direction, check));
    }
    free(check);
    return !in->failed;
}

static bool
get_policy(struct records *r, struct wire_reader *in)
{
    struct policy_record *record = xzalloc(sizeof *record);
    struct wire_member m;
    char *error = NULL;

    record->priority = wire_get_u32(in);
    record->policy = (wire_get_member(in, &m)
                      ? wire_get_policy_members(&m.value, &error) : NULL);
    log_refusal(error);
    if (in->failed || !record->policy || !record->policy->name
        || record->policy->vlan > HOP_MAX_VLAN) {
        policy_record_destroy(record);
        return false;
    }
    forget_policy(r, record->policy->name);
    records_link_policy(r, record);
    return true;
}

/* Reads one entry.  Returns false if it is malformed. */
static bool
get_entry(struct records *r, struct wire_reader *in)
{
    switch (wire_get_u8(in)) {
    case ENTRY_SA:
        return get_sa(r, in);
    case ENTRY_POLICY:
        return get_policy(r, in);
    case ENTRY_SA_GONE: {
        enum sa_direction direction = wire_get_u8(in);
        forget_sa(r, direction, wire_get_u32(in));
        return !in->failed;
    }
    case ENTRY_POLICY_GONE: {
        char *name = wire_get_string(in);
        if (name) {
            forget_policy(r, name);
        }
        free(name);
        return !in->failed;
    }
    case ENTRY_USED_KEY:
        return get_used_key(r, in);
    default:
        return false;
    }
}

/* Reads the next entry of 'in' into 'entry'.  Returns false at the end, or
 * where the file is damaged. */
static bool
next_entry(struct wire_reader *in, struct wire_reader *entry)
{
    uint32_t size = wire_get_u32(in);
    uint32_t crc = wire_get_u32(in);

    if (in->failed || size > MAX_ENTRY || size > in->left
        || ntohl(crc32c(in->p, size)) != crc) {
        return false;
    }
    *entry = (struct wire_reader) { .p = in->p, .left = size };
    in->p += size;
    in->left -= size;
    return true;
}

static bool
parse(struct records *r, const uint8_t *data, size_t size)
{
    struct wire_reader in = { .p = data, .left = size };
    struct wire_reader entry;

    if (!next_entry(&in, &entry) || wire_get_u8(&entry) != ENTRY_HEAD
        || !get_head(r, &entry)) {
        return false;
    }
    while (in.left && next_entry(&in, &entry)) {
        if (!get_entry(r, &entry)) {
            return false;
        }
    }
    if (in.left) {
        VLOG_WARN("%s: the last entry is not whole; it is left out",
                  r->file_name);
    }
    return true;
}

/* Reads a whole file.  Returns 0 or a positive errno. */
static int
read_file(const char *name, uint8_t **datap, size_t *sizep)
{
    int fd = regular_file_open(name);
    struct stat s;
    ssize_t n = -1;

    *datap = NULL;
    if (fd >= 0 && !fstat(fd, &s)) {
        *datap = xmalloc(s.st_size + 1);
        n = read(fd, *datap, s.st_size);
    }
    int error = fd < 0 ? -fd : n < 0 ? errno : 0;
    *sizep = MAX(n, 0);
    if (fd >= 0) {
        close(fd);
    }
    return error;
}

char *
records_open(struct records *r, const char *file_name)
{
    uint8_t *data;
    size_t size;
    char *message = NULL;

    r->file_name = xstrdup(file_name);
    int error = read_file(file_name, &data, &size);
    if (error && error != ENOENT) {
        message = xasprintf("%s: cannot read (%s)", file_name,
                            regular_file_strerror(error));
    } else if (!error && !parse(r, data, size)) {
        clear(r);
        message = xasprintf("%s is damaged, or not of this version of sdsa",
                            file_name);
    }
    free(data);
    return message;
}
