#ifndef SDSA_ESP_USED_KEYS_H
#define SDSA_ESP_USED_KEYS_H 1

/* The keys that SAs have, and those of the SAs that were deleted most
 * recently.  Both are refused to new SAs, so that a repeated or delayed message
 * cannot set a sequence number back (a GCM nonce used twice gives the plaintext
 * away).
 *
 * What is kept is a check value, from which the key cannot be told.  Outbound
 * a key must be new, whatever the SPI; inbound it is the SA (SPI and key) that
 * must be.
 *
 * Pure.  One thread. */

#include <stdbool.h>
#include <stddef.h>

#include "lib/sa.h"
#include "lib/secret.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"

#define USED_KEYS_MAX_RETIRED 65536

struct used_key {
    struct hmap_node node;      /* In used_keys' 'keys'. */
    struct ovs_list list_node;  /* In 'retired', unless 'in_use'. */
    bool in_use;                /* By an SA. */
    enum sa_direction direction;
    char print[SECRET_CHECK_STRLEN];
};

struct used_keys {
    struct hmap keys;           /* struct used_key. */
    struct ovs_list retired;    /* Those without an SA, oldest first. */
    size_t n_retired;
    size_t max_retired;         /* The oldest ones make way. */
};

void used_keys_init(struct used_keys *);
void used_keys_destroy(struct used_keys *);

/* Writes to 'print' what tells the key of that SA. */
void used_keys_print(enum sa_direction, uint32_t spi, const struct secret *,
                     char print[SECRET_CHECK_STRLEN]);

/* Adds a key, in use.  Returns NULL if it was used before. */
struct used_key *used_keys_add(struct used_keys *, enum sa_direction,
                               const char *print);

/* The key has no SA any more, but is refused; or it was never used at all.
 * Either may free it.  NULL is accepted. */
void used_keys_retire(struct used_keys *, struct used_key *);
void used_keys_forget(struct used_keys *, struct used_key *);

#endif /* vnf-agent/backend/used-keys.h */
