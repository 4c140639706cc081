/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_BACKEND_USED_KEYS_H
#define SDSA_BACKEND_USED_KEYS_H 1

/* The keys that SAs have, and those of the SAs that were deleted most
 * recently.  Both are refused to new SAs, so that a repeated or delayed
 * message cannot set a sequence number back (a GCM nonce used twice gives the
 * plaintext away).
 *
 * A key is kept as its check value, from which the key cannot be computed.
 * Outbound a key must be new, whatever the SPI; inbound the pair of SPI and
 * key must be new.
 *
 * Pure.  One thread. */

#include <stdbool.h>
#include <stddef.h>

#include "lib/sa.h"
#include "lib/secret.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"

#define USED_KEYS_MAX_RETIRED 65536     /* Keys without an SA. */

struct used_key {
    struct hmap_node node;      /* In used_keys' 'keys'. */
    struct ovs_list list_node;  /* In 'retired', unless 'in_use'. */
    bool in_use;                /* An SA has the key. */
    enum sa_direction direction;
    char check[SECRET_CHECK_STRLEN];
};

struct used_keys {
    struct hmap keys;           /* struct used_key. */
    struct ovs_list retired;    /* Those without an SA, oldest first. */
    size_t n_retired;
    size_t max_retired;         /* More than these: the oldest are freed. */
};

/* Makes an empty set. */
void used_keys_init(struct used_keys *);

/* Frees all keys. */
void used_keys_destroy(struct used_keys *);

/* Writes the check value of the key of an SA to 'check'.  'spi' is in host
 * order. */
void used_keys_check(enum sa_direction, uint32_t spi, const struct secret *,
                     char check[SECRET_CHECK_STRLEN]);

/* Adds a key by its check value, in use.  Returns NULL if it was used before.
 * The set owns the key that is returned. */
struct used_key *used_keys_add(struct used_keys *, enum sa_direction,
                               const char *check);

/* Adds sa->key, in use, as used_keys_add().  Returns NULL, with an error in
 * '*errorp' (caller frees), if it was used before. */
struct used_key *used_keys_add_sa(struct used_keys *, const struct sa *sa,
                                  char **errorp);

/* Says that the key has no SA any more; it is still refused.  May free it.
 * Accepts NULL. */
void used_keys_retire(struct used_keys *, struct used_key *);

/* Frees a key that never protected a packet: a new SA may have it.  Accepts
 * NULL. */
void used_keys_forget(struct used_keys *, struct used_key *);

#endif /* vnf-agent/backend/used-keys.h */
