/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/rates.h"

#include <stdlib.h>

#include "openvswitch/token-bucket.h"
#include "timeval.h"
#include "util.h"

void
rates_init(struct rates *rates, unsigned int n, unsigned int interval_ms)
{
    *rates = (struct rates) {
        .buckets = SHASH_INITIALIZER(&rates->buckets),
        .interval_ms = interval_ms,
        .full_ms = n * interval_ms,
    };
}

void
rates_uninit(struct rates *rates)
{
    shash_destroy_free_data(&rates->buckets);
}

/* Frees the buckets that have filled up: they get a token each ms. */
static void
sweep(struct rates *rates)
{
    struct shash_node *node;
    SHASH_FOR_EACH_SAFE (node, &rates->buckets) {
        const struct token_bucket *bucket = node->data;
        if (time_msec() - bucket->last_fill >= rates->full_ms) {
            free(node->data);
            shash_delete(&rates->buckets, node);
        }
    }
}

bool
rates_take(struct rates *rates, const char *name)
{
    if (time_msec() >= rates->sweep_ms) {
        rates->sweep_ms = time_msec() + rates->full_ms;
        sweep(rates);
    }
    struct token_bucket *bucket = shash_find_data(&rates->buckets, name);
    if (!bucket) {
        bucket = xmalloc(sizeof *bucket);
        token_bucket_init(bucket, 1, rates->full_ms);
        shash_add(&rates->buckets, name, bucket);
    }
    return token_bucket_withdraw(bucket, rates->interval_ms);
}
