/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_SUITE_H
#define SDSA_SUITE_H 1

/* ESP suites by the names that operators use and the numbers of IANA's IKEv2
 * transform registry.  A suite that is not in the table is refused.
 *
 * Key material is one string of octets: cipher key, salt, integrity key.  RFC
 * 9061 has its first two parts in encryption/key and the third one in
 * integrity/key. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* IANA ENCR and INTEG numbers of what there is. */
#define SUITE_ENCR_AES_CBC 12
#define SUITE_ENCR_AES_GCM_16 20
#define SUITE_ENCR_CHACHA20_POLY1305 28
#define SUITE_AUTH_HMAC_SHA2_256_128 12

struct suite {
    const char *name;           /* "aes-gcm-16-256". */
    uint16_t encryption;        /* IANA ENCR number: 12, 20, 28. */
    uint16_t integrity;         /* IANA INTEG number: 0 with an AEAD. */
    size_t key_size;            /* Octets of cipher key: 16 or 32. */
    size_t salt_size;     /* Octets of salt: RFC 4106 s.8.1, RFC 7634 s.2. */
    size_t integrity_key_size;  /* Octets; 0 with an AEAD. */
    size_t iv_size;             /* Octets of IV in each packet. */
    size_t icv_size;            /* Octets of ICV in each packet. */
    size_t block_size;    /* Octets, 4 or 16: sealed text is padded. */
};

extern const struct suite suites[];
extern const size_t n_suites;

#define SUITE_DEFAULT "aes-gcm-16-256"

/* Returns the suite of that name, or NULL. */
const struct suite *suite_by_name(const char *name);

/* 'encryption_key_size' and 'integrity_key_size' are the octets of RFC 9061's
 * leaves: key and salt; integrity key or 0. */
const struct suite *suite_by_number(uint16_t encryption, uint16_t integrity,
                                    size_t encryption_key_size,
                                    size_t integrity_key_size);

/* Returns true if a suite has these IANA ENCR and INTEG numbers. */
bool suite_has_number(uint16_t encryption, uint16_t integrity);

/* Returns true if the IANA ENCR number is of an AEAD, which protects integrity
 * too. */
bool suite_is_aead(uint16_t encryption);

/* Octets of RFC 9061's encryption/key, and of all key material. */
static inline size_t
suite_encryption_key_size(const struct suite *suite)
{
    return suite->key_size + suite->salt_size;
}

static inline size_t
suite_keymat_size(const struct suite *suite)
{
    return suite_encryption_key_size(suite) + suite->integrity_key_size;
}

/* Octets that ESP tunnel mode (IPv4 outside, no UDP encapsulation) adds at
 * most to an inner packet: outer header, SPI and sequence number, IV, padding
 * with its two octets of trailer, ICV. */
size_t suite_overhead(const struct suite *);

/* The longest inner packet, in octets, whose ESP in tunnel mode is an outer
 * packet of at most 'outer_size' octets, with an IPv6 or an IPv4 header; 0 if
 * there is none. */
size_t suite_max_inner(const struct suite *, size_t outer_size,
                       bool outer_ipv6);

#endif /* lib/suite.h */
