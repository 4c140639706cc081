/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/boot-clock.h"

#include <time.h>

long long int
boot_clock_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_BOOTTIME, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / (1000 * 1000);
}
