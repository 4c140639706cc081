/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "lib/suite.h"

#include <string.h>

#include "util.h"

/* Strongest first: this is also the order in which an agent tells them. */
const struct suite suites[] = {
    { "aes-gcm-16-256", 20, 0, 32, 4, 8, 16 },
    { "aes-gcm-16-128", 20, 0, 16, 4, 8, 16 },
};
const size_t n_suites = ARRAY_SIZE(suites);

const struct suite *
suite_by_name(const char *name)
{
    for (size_t i = 0; i < n_suites; i++) {
        if (!strcmp(suites[i].name, name)) {
            return &suites[i];
        }
    }
    return NULL;
}

const struct suite *
suite_by_number(uint16_t encryption, uint16_t integrity, size_t keymat_size)
{
    for (size_t i = 0; i < n_suites; i++) {
        if (suites[i].encryption == encryption
            && suites[i].integrity == integrity
            && suite_keymat_size(&suites[i]) == keymat_size) {
            return &suites[i];
        }
    }
    return NULL;
}

size_t
suite_overhead(const struct suite *suite)
{
    enum {
        OUTER_IP = 20,
        SPI_AND_SEQ = 8,
        MAX_PADDING = 3,
        TRAILER = 2,
    };

    return (OUTER_IP + SPI_AND_SEQ + suite->iv_size + MAX_PADDING + TRAILER
            + suite->icv_size);
}

size_t
suite_max_inner(const struct suite *suite, size_t outer_size, bool outer_ipv6)
{
    enum { SPI_AND_SEQ = 8, ALIGNMENT = 4, TRAILER = 2 };
    size_t around = ((outer_ipv6 ? 40 : 20) + SPI_AND_SEQ + suite->iv_size
                     + suite->icv_size);
    size_t sealed = outer_size > around ? outer_size - around : 0;
    sealed -= sealed % ALIGNMENT;
    return sealed > TRAILER ? sealed - TRAILER : 0;
}
