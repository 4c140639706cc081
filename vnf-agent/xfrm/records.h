#ifndef SDSA_XFRM_RECORDS_H
#define SDSA_XFRM_RECORDS_H 1

/* What the kernel is to hold: SAs without their keys, policies, and what the
 * kernel does not keep of them (names, selectors as they were given, check
 * values of the keys that are and were used).  Kept in a file too, to which
 * each change is appended: an agent that starts again finds there what of the
 * kernel's objects is its own.  The file holds no key.
 *
 * Pure but for the file.  One thread. */

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "lib/sa.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "uuid.h"
#include "vnf-agent/backend/used-keys.h"
#include "vnf-agent/xfrm/hop-id.h"

struct backend_edit;

struct sa_record {
    struct hmap_node node;      /* In records->sas, by direction and SPI. */
    struct ovs_list hop_node;   /* In its hop end's list, oldest first. */
    struct sa *sa;              /* Never with a key. */
    struct used_key *used_key;  /* In records->used_keys. */
    uint64_t order;             /* The older, the less; 0: not linked yet. */
    time_t created_s;           /* Wall clock. */
    bool clear_df, copy_dscp;   /* How the kernel makes the outer header. */
    bool soft_expired, hard_expired;
    bool is_new;                /* Of the batch that is being applied. */
    bool overflow_told;         /* That it has no sequence numbers left. */
    struct sa_stats last;       /* If hard_expired: then. */
};

struct policy_record {
    struct hmap_node node;      /* In records->policies, by name. */
    struct ovs_list hop_node;   /* In its hop end's list, by priority. */
    struct policy *policy;
    uint32_t priority;          /* Lower ones count first. */
    bool is_new;                /* Of the batch that is being applied. */
    uint32_t sent_spi;          /* What the kernel was told last; 0: block. */
    long long int acquire_ms;   /* Last event. */
};

struct hop_records {
    struct ovs_list sas, policies;
};

struct records {
    struct hmap sas, policies;
    struct hop_records hops[HOP_MAX_VLAN + 1];
    uint32_t next_priority;
    uint64_t last_order;
    size_t n_idle;              /* SAs with idle lifetimes. */
    size_t n_udp;               /* Inbound SAs in UDP. */
    struct used_keys used_keys;

    /* Of the file's head. */
    struct uuid boot_id;        /* What backend_boot_id() says. */
    char *kernel;               /* Which kernel and namespace: opaque. */
    enum hop_kind kind;

    char *file_name;            /* NULL: none is kept. */
    int fd;
    uint64_t file_size, live_size;      /* Octets: to know when to compact. */
    bool broken;                /* A write failed: write all the next time. */
};

struct records *records_create(void);
void records_destroy(struct records *);

/* Reads 'file_name', if it is there, and from then on keeps it.  A last entry
 * that was not written wholly is left out.  Returns NULL, or a message (caller
 * frees) and nothing is held: the file is not one of ours. */
char *records_open(struct records *, const char *file_name);

/* Writes all of it anew.  To be called after the head changed. */
char *records_save(struct records *);

struct sa_record *records_find_sa(const struct records *, enum sa_direction,
                                  uint32_t spi);
struct policy_record *records_find_policy(const struct records *,
                                          const char *name);
bool records_hop_in_use(const struct records *, uint16_t vlan);

/* The policy that the kernel could not tell from 'policy' for packets of that
 * family. */
struct policy_record *records_find_alike(const struct records *,
                                         const struct policy *, bool ipv6);

/* Low level: in memory only. */
struct sa_record *records_link_sa(struct records *, struct sa_record *);
void records_unlink_sa(struct records *, struct sa_record *);
void records_link_policy(struct records *, struct policy_record *);
void records_unlink_policy(struct records *, struct policy_record *);
void records_forget_sas(struct records *);
void records_forget_policies(struct records *);
void policy_record_destroy(struct policy_record *);

/* Retires the key of an SA that is not linked, and frees it.  Accepts NULL. */
void records_destroy_sa(struct records *, struct sa_record *);

/* Appends what became of one object to the file. */
void records_log_sa(struct records *, const struct sa_record *);
void records_log_sa_gone(struct records *, enum sa_direction, uint32_t spi);
void records_log_policy(struct records *, const struct policy_record *);
void records_log_policy_gone(struct records *, const char *name);

/* A key that was found with an SA which no record knows: it is refused from now
 * on.  Goes to the file too. */
void records_note_used_key(struct records *, enum sa_direction,
                           const char *print);

/* To be called at the end of a batch: writes all anew if most of the file is
 * history. */
void records_commit(struct records *);

#endif /* vnf-agent/xfrm/records.h */
