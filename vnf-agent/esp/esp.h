/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_ESP_ESP_H
#define SDSA_ESP_ESP_H 1

/* The ESP transform of one SA: RFC 4303 with the combined modes of RFC 4106
 * and RFC 7634, or with RFC 3602 and RFC 4868.
 *
 * Works in place on an ESP packet, which is:
 *
 *     SPI, low sequence number, IV, [inner packet, padding, trailer], ICV
 *
 * The part in brackets is encrypted. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct secret;
struct suite;
struct esp_key;

#define ESP_HEADER_LEN 8        /* SPI and sequence number. */
#define ESP_MAX_IV 16           /* Octets. */

/* Returns the expanded 'keymat', for sealing or for opening, or NULL if
 * OpenSSL cannot do the suite.  Caller frees with esp_key_destroy(). */
struct esp_key *esp_key_create(const struct suite *,
                               const struct secret *keymat, bool seal);

/* Wipes and frees.  Accepts NULL. */
void esp_key_destroy(struct esp_key *);

/* Returns the random number of an AEAD's IVs (see esp_seal()). */
uint64_t esp_key_get_iv_mask(const struct esp_key *);

/* Sets it to that of the process which had the SA before: IVs of one key go on
 * where they were, and never repeat. */
void esp_key_set_iv_mask(struct esp_key *, uint64_t iv_mask);

/* Returns the octets of the ESP packet around 'inner_size' octets. */
size_t esp_sealed_size(const struct suite *, size_t inner_size);

/* Seals.  The inner packet stands at 'esp' + ESP_HEADER_LEN + iv_size, and
 * there is room for esp_sealed_size() octets at 'esp'.  'seq' must never come
 * twice with one key.
 *
 * 'iv' is NULL except in tests.  With NULL and an AEAD the IV is 'seq' XOR a
 * random number of this key, so that IVs do not begin again when a client
 * gives a key once more to a data plane that has lost its memory, or to both
 * directions (RFC 4106 s.3.1; doc/decisions.md, 23).  With CBC it is random
 * (RFC 3602 s.3).
 *
 * Returns false only if OpenSSL fails; then the packet must not be sent. */
bool esp_seal(struct esp_key *, uint32_t spi, uint64_t seq, bool esn,
              const uint8_t *iv, uint8_t *esp, size_t inner_size,
              uint8_t next_header);

enum esp_result {
    ESP_OK,
    ESP_TRUNCATED,              /* Too short, or not a multiple of blocks. */
    ESP_BAD_ICV,
    ESP_BAD_PADDING,            /* Authentic, but malformed inside. */
};

/* Opens the ESP packet of 'size' octets at 'esp' whose sequence number is
 * 'seq'.  On ESP_OK the inner packet of '*inner_sizep' octets stands at 'esp'
 * + ESP_HEADER_LEN + iv_size.  On failure the octets at 'esp' are
 * unspecified. */
enum esp_result esp_open(struct esp_key *, uint64_t seq, bool esn,
                         uint8_t *esp, size_t size,
                         size_t *inner_sizep, uint8_t *next_headerp);

#endif /* vnf-agent/esp/esp.h */
