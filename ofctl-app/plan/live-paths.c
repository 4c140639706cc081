/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/plan/live-paths.h"

#include "hash.h"
#include "ofctl-app/flows/steering.h"
#include "util.h"

void
live_paths_init(struct live_paths *paths)
{
    hmap_init(&paths->by_spi);
    hmap_init(&paths->by_chain);
}

void
live_paths_destroy(struct live_paths *paths)
{
    struct live_path *live;
    HMAP_FOR_EACH_SAFE (live, node, &paths->by_spi) {
        live_paths_remove(paths, live);
    }
    hmap_destroy(&paths->by_spi);
    hmap_destroy(&paths->by_chain);
}

struct live_path *
live_paths_add(struct live_paths *paths, struct path *path, uint32_t twin,
               unsigned int flows)
{
    struct live_path *live = xmalloc(sizeof *live);
    *live = (struct live_path) { .path = path, .twin = twin, .flows = flows };
    live->watches = xcalloc(path->n_sfs + 1, sizeof *live->watches);
    smap_init(&live->errors);
    shash_init(&live->made.by_bridge);
    hmap_insert(&paths->by_spi, &live->node, hash_int(path->nsh_spi, 0));
    hmap_insert(&paths->by_chain, &live->chain_node,
                hash_string(path->chain, 0));
    return live;
}

void
live_paths_remove(struct live_paths *paths, struct live_path *live)
{
    hmap_remove(&paths->by_spi, &live->node);
    hmap_remove(&paths->by_chain, &live->chain_node);
    live_path_forget_flows(live);
    shash_destroy(&live->made.by_bridge);
    path_destroy(live->path);
    free(live->broken);
    free(live->silent);
    free(live->watches);
    smap_destroy(&live->errors);
    free(live);
}

void
live_path_forget_flows(struct live_path *live)
{
    struct shash_node *node;
    SHASH_FOR_EACH (node, &live->made.by_bridge) {
        steering_flows_destroy(node->data);
    }
    shash_clear_free_data(&live->made.by_bridge);
    free(live->made.error);
    live->made.error = NULL;
    live->made.is_done = false;
}

struct live_path *
live_paths_find(const struct live_paths *paths, uint32_t nsh_spi)
{
    struct live_path *live;
    HMAP_FOR_EACH_WITH_HASH (live, node, hash_int(nsh_spi, 0),
                             &paths->by_spi) {
        if (live->path->nsh_spi == nsh_spi) {
            return live;
        }
    }
    return NULL;
}

struct chain_paths
live_paths_of_chain(const struct live_paths *paths, const char *chain)
{
    struct live_path **found = NULL, *live;
    size_t n = 0, n_backup = 0, allocated = 0;
    HMAP_FOR_EACH_WITH_HASH (live, chain_node, hash_string(chain, 0),
                             &paths->by_chain) {
        if (strcmp(live->path->chain, chain)) {
            continue;
        }
        if (n + n_backup == allocated) {
            found = x2nrealloc(found, &allocated, sizeof *found);
        }
        if (live->path->backup) {
            found[n + n_backup++] = live;
        } else {
            found[n + n_backup] = found[n];
            found[n++] = live;
        }
    }
    return (struct chain_paths) {
        .used = found,
        .backup = found ? &found[n] : NULL,
        .n_used = n,
        .n_backup = n_backup,
    };
}

size_t
live_paths_keep_active(struct live_path **paths, size_t n)
{
    size_t n_active = 0;
    for (size_t i = 0; i < n; i++) {
        if (paths[i]->path->state == PATH_ACTIVE) {
            paths[n_active++] = paths[i];
        }
    }
    return n_active;
}

struct live_path **
live_paths_dup(struct live_path *const *paths, size_t n)
{
    return n ? xmemdup(paths, n * sizeof *paths) : NULL;
}

bool
live_paths_has_chain(const struct live_paths *paths, const char *chain)
{
    struct live_path *live;
    HMAP_FOR_EACH_WITH_HASH (live, chain_node, hash_string(chain, 0),
                             &paths->by_chain) {
        if (!strcmp(live->path->chain, chain)) {
            return true;
        }
    }
    return false;
}

struct live_path *
live_paths_next(const struct live_paths *paths, const struct live_path *prev)
{
    struct hmap_node *node = (prev ? hmap_next(&paths->by_spi, &prev->node)
                              : hmap_first(&paths->by_spi));
    return node ? CONTAINER_OF(node, struct live_path, node) : NULL;
}
