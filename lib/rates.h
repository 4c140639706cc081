/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RATES_H
#define SDSA_RATES_H 1

/* How often something may be done by each of many, by name: so often at once,
 * and then once in so many milliseconds.  A name that has its whole allowance
 * back takes no memory. */

#include <stdbool.h>

#include "openvswitch/shash.h"

struct rates {
    struct shash buckets;       /* struct token_bucket, by name. */
    unsigned int interval_ms;
    unsigned int full_ms;       /* From no allowance to the whole one. */
    long long int sweep_ms;     /* When those are freed that are whole. */
};

/* Makes an object that allows 'n' times at once, and then once in
 * 'interval_ms' (free with rates_uninit()). */
void rates_init(struct rates *, unsigned int n, unsigned int interval_ms);

/* Frees what the object holds. */
void rates_uninit(struct rates *);

/* Returns true, and counts it, if 'name' may do it now. */
bool rates_take(struct rates *, const char *name);

#endif /* lib/rates.h */
