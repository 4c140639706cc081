/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/view/totals.h"

#include "lib/counts.h"
#include "lib/sdsa-idl.h"
#include "util.h"

/* Counters of an SA. */

static bool
find_counter(char *const *keys, const int64_t *values, size_t n,
             const char *key, int64_t *value)
{
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(keys[i], key)) {
            *value = values[i];
            return true;
        }
    }
    return false;
}

int64_t
map_counter(char *const *keys, const int64_t *values, size_t n,
            const char *key)
{
    int64_t value = 0;
    find_counter(keys, values, n, key, &value);
    return value;
}

bool
sa_has_counter(const struct sdsa_sa *sa, const char *key, int64_t *value)
{
    return (sa->n_statistics
            ? find_counter(sa->key_statistics, sa->value_statistics,
                           sa->n_statistics, key, value)
            : find_counter(sa->key_kept_statistics, sa->value_kept_statistics,
                           sa->n_kept_statistics, key, value));
}

int64_t
sa_counter(const struct sdsa_sa *sa, const char *key)
{
    int64_t value;
    return sa_has_counter(sa, key, &value) ? value : 0;
}

int64_t
sa_probes(const struct sdsa_sa *sa, const char *key)
{
    return map_counter(sa->key_probes, sa->value_probes, sa->n_probes, key);
}

/* The same without the probes. */
static int64_t
carried(const struct sdsa_sa *sa, const char *key, const char *unit)
{
    return MAX(sa_counter(sa, key) - sa_probes(sa, unit), 0);
}

/* Totals. */

void
totals_init(struct totals *totals)
{
    shash_init(&totals->counts);
}

void
totals_destroy(struct totals *totals)
{
    shash_destroy_free_data(&totals->counts);
}

/* Adds to "DIRECTION WHAT". */
static void
add_to(struct totals *totals, const char *direction, const char *what,
       int64_t count)
{
    char *key = xasprintf("%s %s", direction, what);
    counts_add(&totals->counts, key, count);
    free(key);
}

void
totals_add_chain(struct totals *totals, const struct sdsa_chain *chain)
{
    for (size_t i = 0; i < chain->n_totals; i++) {
        counts_add(&totals->counts, chain->key_totals[i],
                   chain->value_totals[i]);
    }
}

static void
add_sa(struct totals *totals, const char *direction,
       const struct sdsa_hop *hop, const struct sdsa_sa *sa, bool is_first,
       bool is_last)
{
    if (is_first) {
        add_to(totals, direction, "in_packets",
               carried(sa, "sent_packets", "packets"));
        add_to(totals, direction, "in_bytes",
               carried(sa, "sent_bytes", "bytes"));
    }
    if (is_last) {
        add_to(totals, direction, "out_packets",
               carried(sa, "received_packets", "packets"));
        add_to(totals, direction, "out_bytes",
               carried(sa, "received_bytes", "bytes"));
    }
    char *what = xasprintf("lost %s => %s", hop->sender, hop->receiver);
    add_to(totals, direction, what, sa_counter(sa, "lost_packets"));
    free(what);
    add_to(totals, direction, "failed", sa_counter(sa, "failed"));
    add_to(totals, direction, "replayed", sa_counter(sa, "replayed"));
}

void
totals_add_path(struct totals *totals, const struct sdsa_path *path)
{
    int64_t first = 0, last = INT64_MAX;        /* Service Indexes fall. */
    for (size_t i = 0; i < path->n_hops; i++) {
        first = MAX(first, path->hops[i]->si);
        last = MIN(last, path->hops[i]->si);
    }
    for (size_t i = 0; i < path->n_hops; i++) {
        const struct sdsa_hop *hop = path->hops[i];
        for (size_t j = 0; j < hop->n_sas; j++) {
            add_sa(totals, path->direction, hop, hop->sas[j],
                   hop->si == first, hop->si == last);
        }
    }
}

int64_t
totals_get(const struct totals *totals, const char *direction,
           const char *what)
{
    char *key = xasprintf("%s %s", direction, what);
    int64_t count = counts_get(&totals->counts, key);
    free(key);
    return count;
}

void
totals_write(const struct totals *totals, const struct sdsa_chain *chain)
{
    size_t n = shash_count(&totals->counts);
    const char **keys = xcalloc(n + 1, sizeof *keys);
    int64_t *values = xcalloc(n + 1, sizeof *values);
    const struct shash_node **sorted = shash_sort(&totals->counts);
    for (size_t i = 0; i < n; i++) {
        keys[i] = sorted[i]->name;
        values[i] = *(const int64_t *) sorted[i]->data;
    }
    sdsa_chain_set_totals(chain, keys, values, n);
    free(sorted);
    free(keys);
    free(values);
}
