/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_COUNTS_H
#define SDSA_COUNTS_H 1

/* Counters by name.  They have 64 bits, as in OVSDB; a simap's have 32.
 *
 * A set of them is a struct shash whose data are int64_t.  The caller empties
 * it with shash_clear_free_data() and frees it with
 * shash_destroy_free_data(). */

#include <stdint.h>

struct shash;

/* Adds 'n' to the counter 'name', which is made if there is none. */
void counts_add(struct shash *, const char *name, int64_t n);

/* Returns the counter 'name', 0 if there is none. */
int64_t counts_get(const struct shash *, const char *name);

#endif /* lib/counts.h */
