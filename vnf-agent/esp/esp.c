/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/esp/esp.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "byte-order.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "util.h"

#define TRAILER_LEN 2           /* Pad length, next header. */
#define SALT_SIZE 4
#define AEAD_IV_SIZE 8
#define IV_POOL 512             /* Random octets that are fetched at once. */

struct esp_key {
    EVP_CIPHER_CTX *ctx;        /* Has the key; a packet sets nonce or IV. */
    EVP_MAC_CTX *mac;           /* Has the integrity key; NULL with an AEAD. */
    const struct suite *suite;

    /* With an AEAD. */
    uint8_t nonce[SALT_SIZE + AEAD_IV_SIZE];
    uint64_t iv_mask;           /* Random: IV = seq ^ iv_mask. */

    /* Without an AEAD: random IVs. */
    uint8_t pool[IV_POOL];
    size_t pool_left;           /* Octets, at the beginning. */
};

/* OpenSSL's name of the suite's cipher, or NULL. */
static const char *
cipher_name(const struct suite *suite)
{
    bool is_128 = suite->key_size == 16;

    switch (suite->encryption) {
    case SUITE_ENCR_AES_CBC: return is_128 ? "AES-128-CBC" : "AES-256-CBC";
    case SUITE_ENCR_AES_GCM_16: return is_128 ? "AES-128-GCM" : "AES-256-GCM";
    case SUITE_ENCR_CHACHA20_POLY1305: return "ChaCha20-Poly1305";
    }
    return NULL;
}

/* Returns a context of HMAC-SHA-256 with 'key', or NULL. */
static EVP_MAC_CTX *
create_mac(const uint8_t *key, size_t key_size)
{
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;

    if (ctx && EVP_MAC_init(ctx, key, key_size, params) != 1) {
        EVP_MAC_CTX_free(ctx);
        ctx = NULL;
    }
    EVP_MAC_free(mac);          /* The context keeps its own reference. */
    return ctx;
}

/* Gives 'key' its contexts.  Returns false if OpenSSL cannot. */
static bool
init_contexts(struct esp_key *key, const uint8_t *keymat, bool seal)
{
    const struct suite *suite = key->suite;
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, cipher_name(suite), NULL);

    key->ctx = EVP_CIPHER_CTX_new();
    bool ok = (cipher && key->ctx
               && EVP_CipherInit_ex2(key->ctx, cipher, keymat, NULL, seal,
                                     NULL) == 1);
    EVP_CIPHER_free(cipher);    /* The context keeps its own reference. */
    if (ok && suite->integrity) {
        /* (An AEAD would only be the slower for it, each packet.) */
        ok = EVP_CIPHER_CTX_set_padding(key->ctx, 0) == 1;
        key->mac = create_mac(keymat + suite_encryption_key_size(suite),
                              suite->integrity_key_size);
        ok = ok && key->mac;
    } else if (ok) {
        memcpy(key->nonce, keymat + suite->key_size, SALT_SIZE);
        ok = RAND_bytes((unsigned char *) &key->iv_mask,
                        sizeof key->iv_mask) == 1;
    }
    return ok;
}

struct esp_key *
esp_key_create(const struct suite *suite, const struct secret *keymat,
               bool seal)
{
    if (!cipher_name(suite) || !keymat
        || secret_size(keymat) != suite_keymat_size(suite)) {
        return NULL;
    }
    ovs_assert(suite->integrity
               ? (suite->integrity == SUITE_AUTH_HMAC_SHA2_256_128
                  && suite->iv_size == suite->block_size)
               : (suite->salt_size == SALT_SIZE
                  && suite->iv_size == AEAD_IV_SIZE));

    struct esp_key *key = xzalloc(sizeof *key);
    key->suite = suite;
    if (!init_contexts(key, secret_bytes(keymat), seal)) {
        esp_key_destroy(key);
        return NULL;
    }
    return key;
}

void
esp_key_destroy(struct esp_key *key)
{
    if (key) {
        EVP_CIPHER_CTX_free(key->ctx);
        EVP_MAC_CTX_free(key->mac);
        OPENSSL_cleanse(key, sizeof *key);
        free(key);
    }
}

uint64_t
esp_key_get_iv_mask(const struct esp_key *key)
{
    return key->iv_mask;
}

void
esp_key_set_iv_mask(struct esp_key *key, uint64_t iv_mask)
{
    key->iv_mask = iv_mask;
}

static size_t
padded_size(const struct suite *suite, size_t inner_size)
{
    /* Rounds up to a multiple of a power of 2, without a division. */
    return ((inner_size + TRAILER_LEN + suite->block_size - 1)
            & ~(suite->block_size - 1));
}

size_t
esp_sealed_size(const struct suite *suite, size_t inner_size)
{
    return (ESP_HEADER_LEN + suite->iv_size + padded_size(suite, inner_size)
            + suite->icv_size);
}

/* With an AEAD. */

/* Sets the nonce and feeds the additional authenticated data: the SPI and the
 * sequence number, all 64 bits of it with ESN (RFC 4106 s.5, RFC 7634
 * s.2.1). */
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
    memcpy(key->nonce + SALT_SIZE, esp + ESP_HEADER_LEN, AEAD_IV_SIZE);
    return (EVP_CipherInit_ex2(key->ctx, NULL, NULL, key->nonce, -1, NULL) == 1
            && EVP_CipherUpdate(key->ctx, NULL, &n, aad, aad_len) == 1);
}

/* Encrypts and makes the ICV if 'seal', else checks that and decrypts. */
static bool
run_aead(struct esp_key *key, uint64_t seq, bool esn, uint8_t *esp,
         uint8_t *body, size_t body_size, bool seal)
{
    /* The ICV, to be read or written: without the detour of
     * EVP_CIPHER_CTX_ctrl(). */
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG,
                                          body + body_size,
                                          key->suite->icv_size),
        OSSL_PARAM_construct_end(),
    };
    int n;

    return (start_packet(key, seq, esn, esp)
            && EVP_CipherUpdate(key->ctx, body, &n, body, body_size) == 1
            && (seal || EVP_CIPHER_CTX_set_params(key->ctx, params) == 1)
            && EVP_CipherFinal_ex(key->ctx, body + body_size, &n) == 1
            && (!seal || EVP_CIPHER_CTX_get_params(key->ctx, params) == 1));
}

/* With a cipher and a MAC of its own. */

/* Computes the MAC, of which the ICV is the first octets: over the packet
 * before the ICV and, with ESN, the high half of the sequence number after it
 * (RFC 4303 s.2.2.1). */
static bool
compute_mac(struct esp_key *key, uint64_t seq, bool esn, const uint8_t *esp,
            size_t size, uint8_t mac[EVP_MAX_MD_SIZE])
{
    ovs_be32 high = htonl(seq >> 32);
    size_t n;

    return (EVP_MAC_init(key->mac, NULL, 0, NULL) == 1
            && EVP_MAC_update(key->mac, esp, size) == 1
            && (!esn
                || EVP_MAC_update(key->mac, (const unsigned char *) &high,
                                  sizeof high) == 1)
            && EVP_MAC_final(key->mac, mac, &n, EVP_MAX_MD_SIZE) == 1);
}

/* Encrypts or decrypts. */
static bool
run_cipher(struct esp_key *key, const uint8_t *iv, uint8_t *body,
           size_t body_size)
{
    int n, m;

    return (EVP_CipherInit_ex2(key->ctx, NULL, NULL, iv, -1, NULL) == 1
            && EVP_CipherUpdate(key->ctx, body, &n, body, body_size) == 1
            && EVP_CipherFinal_ex(key->ctx, body + n, &m) == 1
            && (size_t) n + m == body_size);
}

static bool
mac_seal(struct esp_key *key, uint64_t seq, bool esn, uint8_t *esp,
         uint8_t *body, size_t body_size)
{
    uint8_t mac[EVP_MAX_MD_SIZE];

    if (!run_cipher(key, esp + ESP_HEADER_LEN, body, body_size)
        || !compute_mac(key, seq, esn, esp, body + body_size - esp, mac)) {
        return false;
    }
    memcpy(body + body_size, mac, key->suite->icv_size);
    return true;
}

static bool
mac_open(struct esp_key *key, uint64_t seq, bool esn, uint8_t *esp,
         uint8_t *body, size_t body_size)
{
    uint8_t mac[EVP_MAX_MD_SIZE];

    return (compute_mac(key, seq, esn, esp, body + body_size - esp, mac)
            && !CRYPTO_memcmp(mac, body + body_size, key->suite->icv_size)
            && run_cipher(key, esp + ESP_HEADER_LEN, body, body_size));
}

/* Both kinds. */

/* Writes an IV that was never there before. */
static bool
make_iv(struct esp_key *key, uint64_t seq, uint8_t *iv)
{
    if (!key->mac) {
        ovs_be64 be_iv = htonll(seq ^ key->iv_mask);

        memcpy(iv, &be_iv, sizeof be_iv);
        return true;
    }
    if (key->pool_left < key->suite->iv_size) {
        if (RAND_bytes(key->pool, sizeof key->pool) != 1) {
            return false;
        }
        key->pool_left = sizeof key->pool;
    }
    key->pool_left -= key->suite->iv_size;
    memcpy(iv, key->pool + key->pool_left, key->suite->iv_size);
    return true;
}

bool
esp_seal(struct esp_key *key, uint32_t spi, uint64_t seq, bool esn,
         const uint8_t *iv, uint8_t *esp, size_t inner_size,
         uint8_t next_header)
{
    uint8_t *body = esp + ESP_HEADER_LEN + key->suite->iv_size;
    size_t body_size = padded_size(key->suite, inner_size);
    size_t pad = body_size - inner_size - TRAILER_LEN;
    ovs_be32 be_spi = htonl(spi);
    ovs_be32 be_seq = htonl(seq);

    memcpy(esp, &be_spi, 4);
    memcpy(esp + 4, &be_seq, 4);
    if (iv) {
        memcpy(esp + ESP_HEADER_LEN, iv, key->suite->iv_size);
    } else if (!make_iv(key, seq, esp + ESP_HEADER_LEN)) {
        return false;
    }
    for (size_t i = 0; i < pad; i++) {
        body[inner_size + i] = i + 1;
    }
    body[body_size - 2] = pad;
    body[body_size - 1] = next_header;

    return (key->mac ? mac_seal(key, seq, esn, esp, body, body_size)
            : run_aead(key, seq, esn, esp, body, body_size, true));
}

enum esp_result
esp_open(struct esp_key *key, uint64_t seq, bool esn,
         uint8_t *esp, size_t size, size_t *inner_sizep, uint8_t *next_headerp)
{
    const struct suite *suite = key->suite;
    size_t around = ESP_HEADER_LEN + suite->iv_size + suite->icv_size;
    uint8_t *body = esp + ESP_HEADER_LEN + suite->iv_size;

    if (size < around + suite->block_size
        || (size - around) & (suite->block_size - 1)) {
        return ESP_TRUNCATED;
    }

    size_t body_size = size - around;
    if (!(key->mac ? mac_open(key, seq, esn, esp, body, body_size)
          : run_aead(key, seq, esn, esp, body, body_size, false))) {
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
