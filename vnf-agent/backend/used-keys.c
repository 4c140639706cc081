/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/backend/used-keys.h"

#include <string.h>

#include "hash.h"
#include "util.h"

void
used_keys_init(struct used_keys *keys)
{
    hmap_init(&keys->keys);
    ovs_list_init(&keys->retired);
    keys->n_retired = 0;
    keys->max_retired = USED_KEYS_MAX_RETIRED;
}

void
used_keys_destroy(struct used_keys *keys)
{
    struct used_key *key;

    HMAP_FOR_EACH_POP (key, node, &keys->keys) {
        free(key);
    }
    hmap_destroy(&keys->keys);
}

static bool
is_used(const struct used_keys *keys, enum sa_direction direction,
        const char *check)
{
    const struct used_key *key;

    HMAP_FOR_EACH_WITH_HASH (key, node, hash_string(check, direction),
                             &keys->keys) {
        if (key->direction == direction && !strcmp(key->check, check)) {
            return true;
        }
    }
    return false;
}

void
used_keys_check(enum sa_direction direction, uint32_t spi,
                const struct secret *key, char check[SECRET_CHECK_STRLEN])
{
    secret_check(key, direction == SA_OUTBOUND ? 0 : spi, check);
}

struct used_key *
used_keys_add_sa(struct used_keys *keys, const struct sa *sa, char **errorp)
{
    char check[SECRET_CHECK_STRLEN];

    used_keys_check(sa->direction, sa->spi, sa->key, check);

    struct used_key *key = used_keys_add(keys, sa->direction, check);
    if (!key) {
        *errorp = xasprintf("%s SA 0x%08"PRIx32": its key was used before",
                            sa_direction_to_string(sa->direction), sa->spi);
    }
    return key;
}

struct used_key *
used_keys_add(struct used_keys *keys, enum sa_direction direction,
              const char *check)
{
    if (is_used(keys, direction, check)) {
        return NULL;
    }

    struct used_key *key = xzalloc(sizeof *key);
    key->in_use = true;
    key->direction = direction;
    ovs_strlcpy(key->check, check, sizeof key->check);
    hmap_insert(&keys->keys, &key->node, hash_string(key->check, direction));
    return key;
}

void
used_keys_forget(struct used_keys *keys, struct used_key *key)
{
    if (!key) {
        return;
    }
    if (!key->in_use) {
        ovs_list_remove(&key->list_node);
        keys->n_retired--;
    }
    hmap_remove(&keys->keys, &key->node);
    free(key);
}

void
used_keys_retire(struct used_keys *keys, struct used_key *key)
{
    if (!key) {
        return;
    }
    key->in_use = false;
    ovs_list_push_back(&keys->retired, &key->list_node);
    if (++keys->n_retired > keys->max_retired) {
        used_keys_forget(keys, CONTAINER_OF(ovs_list_front(&keys->retired),
                                            struct used_key, list_node));
    }
}
