/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/counts.h"

#include "openvswitch/shash.h"
#include "util.h"

void
counts_add(struct shash *counts, const char *name, int64_t n)
{
    int64_t *sum = shash_find_data(counts, name);
    if (!sum) {
        sum = xzalloc(sizeof *sum);
        shash_add(counts, name, sum);
    }
    *sum += n;
}

int64_t
counts_get(const struct shash *counts, const char *name)
{
    const int64_t *sum = shash_find_data(counts, name);
    return sum ? *sum : 0;
}
