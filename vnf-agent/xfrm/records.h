/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_XFRM_RECORDS_H
#define SDSA_XFRM_RECORDS_H 1

/* Records of the SAs (without keys) and policies that the kernel should have,
 * with properties that the kernel does not keep: names, selectors as they were
 * given, check values of the keys that are and were used (doc/decisions.md, 61
 * and 67).  Each change is appended to a file: an agent that starts again
 * finds there which of the kernel's objects are its own.  The file has no key.
 *
 * Pure except for the file.  One thread. */

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
    uint64_t order;             /* Age: lower is older; 0: not linked yet. */
    time_t created_s;           /* Wall clock. */
    bool clear_df, copy_dscp;   /* How the kernel makes the outer header. */
    bool soft_expired, hard_expired;
    bool is_new;                /* Of the batch that is being applied. */
    bool overflow_told;         /* SEQ_OVERFLOW was told. */
    struct sa_stats last;       /* Counters at the hard expiry. */
};

struct policy_record {
    struct hmap_node node;      /* In records->policies, by name. */
    struct ovs_list hop_node;   /* In its hop end's list, by priority. */
    struct policy *policy;
    uint32_t priority;          /* Lower ones count first. */
    bool is_new;                /* Of the batch that is being applied. */
    uint32_t sent_spi;          /* SA that the kernel was told; 0: none. */
    long long int acquire_ms;   /* No ACQUIRE is told before then. */
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
    struct uuid boot_id;        /* Of the backend. */
    char *kernel;               /* Names boot and namespace: opaque. */
    enum hop_kind kind;

    char *file_name;            /* NULL: none is kept. */
    int fd;
    uint64_t file_size;         /* Octets. */
    uint64_t live_size;         /* Octets when it was written anew. */
    bool write_failed;          /* Write all anew the next time. */
};

/* Makes empty records without a file.  Caller frees with records_destroy(). */
struct records *records_create(void);

/* Frees; the file stays.  Accepts NULL. */
void records_destroy(struct records *);

/* Reads 'file_name', if it is there; from then on changes go to that file.  A
 * last entry that was not written wholly is left out.  Returns NULL, or an
 * error (caller frees) and there are no records: the file is not of this
 * version. */
char *records_open(struct records *, const char *file_name);

/* Writes the whole file anew.  To be called after the head changed.  Returns
 * NULL or an error (caller frees). */
char *records_save(struct records *);

/* Returns the SA of that direction and SPI (host order), or NULL. */
struct sa_record *records_find_sa(const struct records *, enum sa_direction,
                                  uint32_t spi);

/* Returns the policy of that name, or NULL. */
struct policy_record *records_find_policy(const struct records *,
                                          const char *name);

/* Returns true if the hop end has an SA or a policy. */
bool records_hop_in_use(const struct records *, uint16_t vlan);

/* Returns a policy that the kernel could not tell from 'policy' for packets of
 * that family, or NULL. */
struct policy_record *records_find_alike(const struct records *,
                                         const struct policy *, bool ipv6);

/* In memory only. */

/* Adds an SA; takes ownership of it, and returns it. */
struct sa_record *records_link_sa(struct records *, struct sa_record *);

/* Takes an SA out; the caller owns it then. */
void records_unlink_sa(struct records *, struct sa_record *);

/* Adds a policy, by its priority; takes ownership of it. */
void records_link_policy(struct records *, struct policy_record *);

/* Takes a policy out; the caller owns it then. */
void records_unlink_policy(struct records *, struct policy_record *);

/* Takes out and frees all SAs; their keys are retired. */
void records_forget_sas(struct records *);

/* Takes out and frees all policies. */
void records_forget_policies(struct records *);

/* Frees an SA that is not linked, and retires its key.  Accepts NULL. */
void records_destroy_sa(struct records *, struct sa_record *);

/* Frees a policy that is not linked.  Accepts NULL. */
void policy_record_destroy(struct policy_record *);

/* In the file. */

/* Appends an SA that is new or has changed. */
void records_log_sa(struct records *, const struct sa_record *);

/* Appends that an SA is gone. */
void records_log_sa_gone(struct records *, enum sa_direction, uint32_t spi);

/* Appends a policy that is new or has changed. */
void records_log_policy(struct records *, const struct policy_record *);

/* Appends that a policy is gone. */
void records_log_policy_gone(struct records *, const char *name);

/* Adds and appends a key that was found in the kernel with an SA that is in no
 * record: it is refused from now on. */
void records_note_used_key(struct records *, enum sa_direction,
                           const char *check);

/* Writes the whole file anew if most of it is history.  To be called at the
 * end of a batch. */
void records_commit(struct records *);

#endif /* vnf-agent/xfrm/records.h */
