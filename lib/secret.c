/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/secret.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "util.h"

/* Key bytes follow the size, in one allocation that is wiped whole. */
struct secret {
    size_t size;
    uint8_t bytes[];
};

struct secret *
secret_create(const void *bytes, size_t size)
{
    struct secret *secret = xmalloc(sizeof *secret + size);

    ovs_assert(size > 0);
    secret->size = size;
    if (bytes) {
        memcpy(secret->bytes, bytes, size);
    } else if (RAND_priv_bytes(secret->bytes, size) != 1) {
        /* There is no key that could be used in its place. */
        ovs_abort(0, "OpenSSL has no random octets");
    }
    return secret;
}

struct secret *
secret_clone(const struct secret *secret)
{
    return secret ? secret_create(secret->bytes, secret->size) : NULL;
}

struct secret *
secret_slice(const struct secret *secret, size_t offset, size_t size)
{
    ovs_assert(offset <= secret->size && size <= secret->size - offset);
    return secret_create(secret->bytes + offset, size);
}

struct secret *
secret_join(const struct secret *a, const struct secret *b)
{
    if (!b) {
        return secret_clone(a);
    }

    struct secret *secret = xmalloc(sizeof *secret + a->size + b->size);
    secret->size = a->size + b->size;
    memcpy(secret->bytes, a->bytes, a->size);
    memcpy(secret->bytes + a->size, b->bytes, b->size);
    return secret;
}

void
secret_destroy(struct secret *secret)
{
    if (secret) {
        OPENSSL_cleanse(secret, sizeof *secret + secret->size);
        free(secret);
    }
}

const uint8_t *
secret_bytes(const struct secret *secret)
{
    return secret->bytes;
}

size_t
secret_size(const struct secret *secret)
{
    return secret->size;
}

void
secret_check(const struct secret *secret, uint32_t spi,
             char text[SECRET_CHECK_STRLEN])
{
    static const char label[] = "sdsa key check";
    uint8_t message[sizeof label - 1 + 4];
    uint8_t digest[EVP_MAX_MD_SIZE];

    memcpy(message, label, sizeof label - 1);
    for (int i = 0; i < 4; i++) {
        message[sizeof label - 1 + i] = spi >> (24 - 8 * i);
    }
    if (!HMAC(EVP_sha256(), secret->bytes, secret->size,
              message, sizeof message, digest, NULL)) {
        ovs_abort(0, "OpenSSL has no HMAC-SHA-256");
    }
    for (int i = 0; i < SECRET_CHECK_SIZE; i++) {
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    }
    OPENSSL_cleanse(digest, sizeof digest);
}

struct secret *
secret_from_hex(const char *hex, size_t hex_len)
{
    /* Two digits an octet and a colon between octets. */
    if (hex_len % 3 != 2) {
        return NULL;
    }

    size_t size = (hex_len + 1) / 3;
    struct secret *secret = xmalloc(sizeof *secret + size);
    secret->size = size;
    for (size_t i = 0; i < size; i++) {
        const char *p = hex + 3 * i;
        int hi = hexit_value(p[0]);
        int lo = hexit_value(p[1]);

        if (hi < 0 || lo < 0 || (i + 1 < size && p[2] != ':')) {
            secret_destroy(secret);
            return NULL;
        }
        secret->bytes[i] = hi << 4 | lo;
    }
    return secret;
}

void
secret_to_hex(const struct secret *secret, char *hex)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < secret->size; i++) {
        *hex++ = digits[secret->bytes[i] >> 4];
        *hex++ = digits[secret->bytes[i] & 0xf];
        *hex++ = i + 1 < secret->size ? ':' : '\0';
    }
}

/* The size of a block from wiping_malloc() stands in front of it, in room that
 * keeps the block aligned for any type. */
union wiping_header {
    size_t size;
    max_align_t align;
};

void *
wiping_malloc(size_t size)
{
    union wiping_header *header;

    if (size > SIZE_MAX - sizeof *header) {
        return NULL;
    }
    header = malloc(sizeof *header + size);
    if (!header) {
        return NULL;
    }
    header->size = size;
    return header + 1;
}

void *
wiping_calloc(size_t n, size_t size)
{
    void *block;

    if (size && n > SIZE_MAX / size) {
        return NULL;
    }
    block = wiping_malloc(n * size);
    if (block) {
        memset(block, 0, n * size);
    }
    return block;
}

void *
wiping_realloc(void *old, size_t size)
{
    if (!old) {
        return wiping_malloc(size);
    }

    size_t old_size = ((union wiping_header *) old - 1)->size;
    void *block = wiping_malloc(size);
    if (block) {
        memcpy(block, old, MIN(size, old_size));
        wiping_free(old);
    }
    return block;
}

char *
wiping_strdup(const char *s)
{
    size_t size = strlen(s) + 1;
    char *copy = wiping_malloc(size);

    return copy ? memcpy(copy, s, size) : NULL;
}

void
wiping_free(void *block)
{
    if (block) {
        union wiping_header *header = (union wiping_header *) block - 1;

        OPENSSL_cleanse(header, sizeof *header + header->size);
        free(header);
    }
}

int
secret_protect_process(void)
{
    struct rlimit none = { 0, 0 };
    struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);

    /* With a limit in force, a later malloc() would fail at the limit: better
     * no lock than that. */
    return (setrlimit(RLIMIT_MEMLOCK, &all)
            || mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) ? errno : 0);
}
