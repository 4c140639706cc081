/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_BOOT_CLOCK_H
#define SDSA_BOOT_CLOCK_H 1

/* The time since the machine was started.  Nobody can set it, as one can set
 * the wall clock, and it goes on while the machine sleeps, as time_msec() does
 * not: the clock of lifetimes that others keep as well. */

/* Returns milliseconds since the machine was started. */
long long int boot_clock_ms(void);

/* Returns the same in seconds. */
static inline long long int
boot_clock_s(void)
{
    return boot_clock_ms() / 1000;
}

#endif /* lib/boot-clock.h */
