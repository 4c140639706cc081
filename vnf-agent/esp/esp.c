/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/esp/esp.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "byte-order.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "util.h"

#define TRAILER_LEN 2           /* Pad length, next header. */
#define SALT_SIZE 4
#define IV_SIZE 8
#define ALIGNMENT 4             /* RFC 4303 s.2.4. */

/* IANA's ENCR_AES_GCM_16. */
#define ENCR_AES_GCM_16 20

struct esp_key {
    EVP_CIPHER_CTX *ctx;        /* Has the key; a packet sets the nonce. */
    const struct suite *suite;
    uint8_t nonce[SALT_SIZE + IV_SIZE];
};

/* OpenSSL's name of the suite's cipher, or NULL. */
static const char *
cipher_name(const struct suite *suite)
{
    if (suite->encryption == ENCR_AES_GCM_16 && !suite->integrity) {
        switch (suite->key_size) {
        case 16: return "AES-128-GCM";
        case 32: return "AES-256-GCM";
        }
    }
    return NULL;
}

struct esp_key *
esp_key_create(const struct suite *suite, const struct secret *keymat,
               bool seal)
{
    const char *name = cipher_name(suite);
    struct esp_key *key;
    EVP_CIPHER *cipher;

    if (!name || !keymat || secret_size(keymat) != suite_keymat_size(suite)) {
        return NULL;
    }
    ovs_assert(suite->salt_size == SALT_SIZE && suite->iv_size == IV_SIZE);

    cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    if (!cipher) {
        return NULL;
    }
    key = xzalloc(sizeof *key);
    key->suite = suite;
    key->ctx = EVP_CIPHER_CTX_new();
    memcpy(key->nonce, secret_bytes(keymat) + suite->key_size, SALT_SIZE);
    if (!key->ctx
        || EVP_CipherInit_ex2(key->ctx, cipher, secret_bytes(keymat), NULL,
                              seal, NULL) != 1) {
        esp_key_destroy(key);
        key = NULL;
    }
    EVP_CIPHER_free(cipher);    /* The context keeps its own reference. */
    return key;
}

void
esp_key_destroy(struct esp_key *key)
{
    if (key) {
        EVP_CIPHER_CTX_free(key->ctx);
        OPENSSL_cleanse(key, sizeof *key);
        free(key);
    }
}

static size_t
padded_size(size_t inner_size)
{
    return ROUND_UP(inner_size + TRAILER_LEN, ALIGNMENT);
}

size_t
esp_sealed_size(const struct suite *suite, size_t inner_size)
{
    return (ESP_HEADER_LEN + suite->iv_size + padded_size(inner_size)
            + suite->icv_size);
}

/* Sets the nonce and feeds the additional authenticated data: the SPI and the
 * sequence number, all 64 bits of it with ESN (RFC 4106 s.5). */
static bool
start_packet(struct esp_key *key, uint64_t seq, bool esn, const uint8_t *esp)
{
    uint8_t aad[12];
    int aad_len;
    int n;

    memcpy(aad, esp, 4);
    if (esn) {
        ovs_be32 high = htonl(seq >> 32);

        memcpy(aad + 4, &high, 4);
        memcpy(aad + 8, esp + 4, 4);
        aad_len = 12;
    } else {
        memcpy(aad + 4, esp + 4, 4);
        aad_len = 8;
    }
    memcpy(key->nonce + SALT_SIZE, esp + ESP_HEADER_LEN, IV_SIZE);
    return (EVP_CipherInit_ex2(key->ctx, NULL, NULL, key->nonce, -1, NULL) == 1
            && EVP_CipherUpdate(key->ctx, NULL, &n, aad, aad_len) == 1);
}

bool
esp_seal(struct esp_key *key, uint32_t spi, uint64_t seq, bool esn,
         uint64_t iv, uint8_t *esp, size_t inner_size, uint8_t next_header)
{
    uint8_t *body = esp + ESP_HEADER_LEN + IV_SIZE;
    size_t body_size = padded_size(inner_size);
    size_t pad = body_size - inner_size - TRAILER_LEN;
    ovs_be32 be_spi = htonl(spi);
    ovs_be32 be_seq = htonl(seq);
    ovs_be64 be_iv = htonll(iv);
    int n;

    memcpy(esp, &be_spi, 4);
    memcpy(esp + 4, &be_seq, 4);
    memcpy(esp + ESP_HEADER_LEN, &be_iv, IV_SIZE);
    for (size_t i = 0; i < pad; i++) {
        body[inner_size + i] = i + 1;
    }
    body[body_size - 2] = pad;
    body[body_size - 1] = next_header;

    return (start_packet(key, seq, esn, esp)
            && EVP_CipherUpdate(key->ctx, body, &n, body, body_size) == 1
            && EVP_CipherFinal_ex(key->ctx, body + body_size, &n) == 1
            && EVP_CIPHER_CTX_ctrl(key->ctx, EVP_CTRL_AEAD_GET_TAG,
                                   key->suite->icv_size,
                                   body + body_size) == 1);
}

enum esp_result
esp_open(struct esp_key *key, uint64_t seq, bool esn,
         uint8_t *esp, size_t size, size_t *inner_sizep, uint8_t *next_headerp)
{
    size_t around = ESP_HEADER_LEN + IV_SIZE + key->suite->icv_size;
    uint8_t *body = esp + ESP_HEADER_LEN + IV_SIZE;
    int n;

    if (size < around + ALIGNMENT || (size - around) % ALIGNMENT) {
        return ESP_TRUNCATED;
    }

    size_t body_size = size - around;
    if (!start_packet(key, seq, esn, esp)
        || EVP_CipherUpdate(key->ctx, body, &n, body, body_size) != 1
        || EVP_CIPHER_CTX_ctrl(key->ctx, EVP_CTRL_AEAD_SET_TAG,
                               key->suite->icv_size, body + body_size) != 1
        || EVP_CipherFinal_ex(key->ctx, body + body_size, &n) != 1) {
        return ESP_BAD_ICV;
    }

    size_t pad = body[body_size - 2];
    if (pad + TRAILER_LEN > body_size) {
        return ESP_BAD_PADDING;
    }
    for (size_t i = 0; i < pad; i++) {
        if (body[body_size - TRAILER_LEN - pad + i] != i + 1) {
            return ESP_BAD_PADDING;
        }
    }
    *inner_sizep = body_size - TRAILER_LEN - pad;
    *next_headerp = body[body_size - 1];
    return ESP_OK;
}
