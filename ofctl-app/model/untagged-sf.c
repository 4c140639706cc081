/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/model/untagged-sf.h"

#include "ofctl-app/model/path.h"
#include "util.h"

bool
untagged_sf_is_passed(const struct path *path, const char *sf)
{
    for (size_t i = 0; i < path->n_sfs; i++) {
        if (!strcmp(path->sfs[i], sf)) {
            return !path->sf_vlans[i];
        }
    }
    return false;
}

bool
untagged_sf_is_taken(const struct path *path, const char *chain,
                     const char *sf)
{
    return strcmp(path->chain, chain) && path_passes_sf(path, sf);
}

bool
untagged_sf_is_named(const struct inventory *inv, const char *chain,
                     const struct inv_sf *sf)
{
    struct shash_node *node;
    SHASH_FOR_EACH (node, &inv->chains) {
        if (strcmp(node->name, chain) && inv_chain_names_sf(node->data, sf)) {
            return true;
        }
    }
    return false;
}

const char *
untagged_sf_shared(const struct inv_chain *chain, const struct path *path)
{
    for (size_t i = 0; i < path->n_sfs; i++) {
        const struct inv_sf *sf;
        for (size_t j = 0; (sf = inv_chain_sf(chain, j)); j++) {
            if (untagged_sf(sf) && !strcmp(sf->name, path->sfs[i])) {
                return path->sfs[i];
            }
        }
    }
    return NULL;
}

char *
untagged_sf_error(const char *sf, const char *chain)
{
    return xasprintf("function %s has correlation none and serves chain %s "
                     "already", sf, chain);
}

void
untagged_sf_leave(struct shash *left, const struct inventory *inv,
                  const struct path *path, long long int until_ms)
{
    for (size_t i = 0; i < path->n_sfs; i++) {
        const struct inv_sf *sf = inventory_sf(inv, path->sfs[i]);
        if (sf && untagged_sf(sf)) {
            free(shash_replace(left, sf->name,
                               xmemdup(&until_ms, sizeof until_ms)));
        }
    }
}

long long int
untagged_sf_left_until(struct shash *left, const char *sf,
                       long long int now_ms)
{
    const long long int *until_ms = shash_find_data(left, sf);
    if (until_ms && now_ms < *until_ms) {
        return *until_ms;
    }
    free(shash_find_and_delete(left, sf));
    return 0;
}
