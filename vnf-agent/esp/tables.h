/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_ESP_TABLES_H
#define SDSA_ESP_TABLES_H 1

/* The SAs and policies of an ESP engine, and the batches that change them.
 *
 * An SA is found by direction and SPI in a hash, a policy by its hop end (an
 * array indexed with the VLAN): no look-up takes longer when there are more
 * paths.  Policies of a hop end stand in the order in which they were added;
 * one that is replaced keeps its place.
 *
 * The tables also remember the keys of the SAs that were deleted most recently
 * and refuse them (used-keys.h).
 *
 * Time is passed in, in milliseconds of a clock that never goes back. */

#include <stdbool.h>
#include <stdint.h>

#include "lib/sa.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "vnf-agent/backend/backend.h"
#include "vnf-agent/backend/own-ips.h"
#include "vnf-agent/backend/used-keys.h"
#include "vnf-agent/esp/replay.h"

struct esp_key;

#define TABLES_MAX_VLAN 4094            /* Of a hop end. */
#define TABLES_MAX_SAS 65536            /* Of both directions. */
#define TABLES_MAX_POLICIES 65536

/* One SA with its state.  The packet path reads and writes it directly. */
struct esp_sa {
    struct hmap_node node;      /* In tables' 'sas'. */
    struct ovs_list all_node;   /* In tables' 'sa_list', by serial. */
    struct ovs_list hop_node;   /* Outbound: in hop end's 'outbound_sas'. */
    uint64_t serial;            /* Order of addition. */
    struct sa *sa;              /* 'key' is NULL in it. */
    struct used_key *used_key;  /* Not owned. */

    struct esp_key *key;        /* NULL from the hard expiry on. */
    struct secret *keymat;      /* The same, for a successor. */
    uint64_t seq;               /* Outbound: last one used. */
    struct replay replay;       /* Inbound. */
    uint64_t packets, bytes;    /* Inner packets. */
    uint64_t replayed, failed;
    long long int created_ms, used_ms;
    bool soft_expired, hard_expired;
    bool soft_told, hard_told, overflow_told;   /* The event was put. */
};

struct esp_policy {
    struct hmap_node node;      /* In tables' 'policies', by name. */
    struct ovs_list all_node;   /* In tables' 'policy_list', by serial. */
    struct ovs_list hop_node;   /* In hop end's 'policies', by serial. */
    uint64_t serial;
    struct policy *policy;
    long long int next_acquire_ms;      /* No event before then. */
};

struct hop_end {
    struct ovs_list policies[2];    /* struct esp_policy; SA_* is the index. */
    struct ovs_list outbound_sas;   /* struct esp_sa, newest first. */
};

struct tables {
    struct own_ips own_ips;     /* SAs must have one of them. */
    struct hmap sas, policies;
    struct ovs_list sa_list, policy_list;
    struct hop_end hop_ends[TABLES_MAX_VLAN + 1];
    uint64_t next_serial;
    uint64_t generation;        /* Changes with each batch applied. */

    struct used_keys used_keys;
};

/* Makes empty tables.  Caller frees with tables_destroy(). */
struct tables *tables_create(const struct own_ips *);

/* Wipes all keys and frees.  Accepts NULL. */
void tables_destroy(struct tables *);

/* Applies a list of `struct backend_edit`, all or nothing.  Returns 0, or a
 * positive errno as backend_class's 'apply' says with an error in '*errorp'
 * (caller frees).  The tables keep none of the edits' objects. */
int tables_apply(struct tables *, const struct ovs_list *edits,
                 long long int now_ms, char **errorp);

/* Adds an SA of another process's tables: 'serial' is the one it had there,
 * and the SAs and policies must come in the order of their serials.  'sa' has
 * its key unless the SA has expired; 'used_key' is the check value in
 * used_keys.h.  Returns the SA, whose other members the caller sets, or NULL
 * with an error in '*errorp' (caller frees). */
struct esp_sa *tables_restore_sa(struct tables *, const struct sa *,
                                 const char *used_key, uint64_t serial,
                                 char **errorp);

/* The same of a policy.  Returns NULL, or an error (caller frees). */
char *tables_restore_policy(struct tables *, const struct policy *,
                            uint64_t serial);

/* Returns the SA of that direction and SPI (host order), or NULL. */
struct esp_sa *tables_find_sa(const struct tables *, enum sa_direction,
                              uint32_t spi);

/* Returns the SA that an outbound PROTECT policy uses for an inner packet with
 * 'dscp', or NULL. */
struct esp_sa *tables_outbound_sa(const struct tables *,
                                  const struct policy *, uint8_t dscp);

/* Checks the lifetimes of the SA, and wipes the key at the end of the hard
 * one.  Returns true while packets may pass. */
bool esp_sa_check_lifetime(struct esp_sa *, long long int now_ms);

/* Fills in the counters of the SA at 'now_ms'. */
void esp_sa_get_stats(const struct esp_sa *, long long int now_ms,
                      struct sa_stats *);

#endif /* vnf-agent/esp/tables.h */
