/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_EPOCH_H
#define SDSA_EPOCH_H 1

/* How bridges and agents compare the epochs of controllers: on a circle, as
 * OpenFlow 1.5 s.6.3.7 does with generation ids.  So no epoch is the last one:
 * whatever number somebody has left, there are numbers that follow it. */

#include <stdbool.h>
#include <stdint.h>

/* So many epochs are near: a difference that takeovers may have made.  A
 * greater one is somebody's trick or mistake. */
#define EPOCH_NEAR (UINT64_C(1) << 32)

/* True if 'epoch' lies behind 'last', which is the last one accepted: its
 * controller was deposed. */
static inline bool
epoch_is_over(uint64_t epoch, uint64_t last)
{
    return (int64_t) (epoch - last) < 0;
}

/* True if 'other' is 'epoch' or one of those that soon follow it. */
static inline bool
epoch_is_near(uint64_t epoch, uint64_t other)
{
    return other - epoch < EPOCH_NEAR;
}

/* Returns an epoch that follows 'last', and that is followed by any for which
 * epoch_is_over() is true and epoch_is_near() is not: almost half of the way
 * round.  It is not UINT64_MAX, which a bridge's reply has for none. */
static inline uint64_t
epoch_detour(uint64_t last)
{
    uint64_t epoch = last + INT64_MAX;
    return epoch == UINT64_MAX ? epoch - 1 : epoch;
}

#endif /* lib/epoch.h */
