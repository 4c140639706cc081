/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "lib/suite.h"

#include <string.h>

#include "util.h"

/* The preferred one first: this is also the order in which an agent tells
 * them.  The last two are for peers that have no AEAD (RFC 8221 s.5). */
const struct suite suites[] = {
    { "aes-gcm-16-256", 20, 0, 32, 4, 0, 8, 16, 4 },
    { "chacha20-poly1305", 28, 0, 32, 4, 0, 8, 16, 4 },
    { "aes-gcm-16-128", 20, 0, 16, 4, 0, 8, 16, 4 },
    { "aes-cbc-256-hmac-sha2-256-128", 12, 12, 32, 0, 32, 16, 16, 16 },
    { "aes-cbc-128-hmac-sha2-256-128", 12, 12, 16, 0, 32, 16, 16, 16 },
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
suite_by_number(uint16_t encryption, uint16_t integrity,
                size_t encryption_key_size, size_t integrity_key_size)
{
    for (size_t i = 0; i < n_suites; i++) {
        const struct suite *suite = &suites[i];

        if (suite->encryption == encryption
            && suite->integrity == integrity
            && suite_encryption_key_size(suite) == encryption_key_size
            && suite->integrity_key_size == integrity_key_size) {
            return suite;
        }
    }
    return NULL;
}

bool
suite_has_number(uint16_t encryption, uint16_t integrity)
{
    for (size_t i = 0; i < n_suites; i++) {
        if (suites[i].encryption == encryption
            && suites[i].integrity == integrity) {
            return true;
        }
    }
    return false;
}

bool
suite_is_aead(uint16_t encryption)
{
    return suite_has_number(encryption, 0);
}

enum { SPI_AND_SEQ = 8, TRAILER = 2 };

size_t
suite_overhead(const struct suite *suite)
{
    enum { OUTER_IP = 20 };

    return (OUTER_IP + SPI_AND_SEQ + suite->iv_size + suite->block_size - 1
            + TRAILER + suite->icv_size);
}

size_t
suite_max_inner(const struct suite *suite, size_t outer_size, bool outer_ipv6)
{
    size_t around = ((outer_ipv6 ? 40 : 20) + SPI_AND_SEQ + suite->iv_size
                     + suite->icv_size);
    size_t sealed = outer_size > around ? outer_size - around : 0;
    sealed -= sealed % suite->block_size;
    return sealed > TRAILER ? sealed - TRAILER : 0;
}
