/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_LIFETIME_H
#define SDSA_LIFETIME_H 1

/* How long a chain may use its keys: seconds, octets, packets; 0 is no limit.
 * Pure. */

#include <stdint.h>

struct inv_chain;

/* The least lifetimes that are not 0.  At four fifths of each the keys are
 * renewed at the latest, and what proves a hop counts as well: up to some 25
 * packets, as long as the path carries. */
#define LIFETIME_LEAST_S 8
#define LIFETIME_LEAST_PACKETS 100
#define LIFETIME_LEAST_BYTES 150000     /* With packets of 1,500 octets. */

/* Returns the part of the lifetime after which new keys are due. */
static inline uint64_t
lifetime_soft(uint64_t lifetime)
{
    return lifetime - lifetime / 5;
}

/* Are the lifetimes of the chain too short for packets of 'mtu' octets, or for
 * changes of keys that take up to 'change_ms'?  Such a change must be over
 * when its keys are due themselves, at seven tenths of their time at the
 * earliest: a chain has one operation at a time.  Returns NULL, or an error
 * for the user with the least value (caller frees). */
char *lifetime_check(const struct inv_chain *, int mtu,
                     long long int change_ms);

#endif /* ofctl-app/model/lifetime.h */
