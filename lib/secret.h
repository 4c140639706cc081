/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_SECRET_H
#define SDSA_SECRET_H 1

/* Key bytes, owned by one type.
 *
 * A secret is allocated at its full size, never copied into a growing buffer,
 * wiped by every way out, never printed.  The same file holds the allocator
 * that wipes on free, for libraries whose buffers see keys on their way
 * through (jansson, libcurl).
 *
 * Thread-safe as malloc() is. */

#include <stddef.h>
#include <stdint.h>

struct secret;

/* Returns a new secret of 'size' octets (size > 0) copied from 'bytes', or
 * from OpenSSL's private CSPRNG if 'bytes' is NULL.  Caller must free with
 * secret_destroy(). */
struct secret *secret_create(const void *bytes, size_t size);

/* Returns a copy; NULL of NULL. */
struct secret *secret_clone(const struct secret *);

/* Returns a new secret: 'size' octets (size > 0) from 'offset' on, all inside
 * of the old one. */
struct secret *secret_slice(const struct secret *, size_t offset, size_t size);

/* Returns a new secret: the octets of 'a' and those of 'b' (NULL: none). */
struct secret *secret_join(const struct secret *a, const struct secret *b);

/* Wipes and frees.  Accepts NULL. */
void secret_destroy(struct secret *);

/* Returns the octets.  They live as long as the secret. */
const uint8_t *secret_bytes(const struct secret *);

/* Returns the number of octets. */
size_t secret_size(const struct secret *);

/* Octets of a key check value, and of its text (hex, no colons, with NUL). */
#define SECRET_CHECK_SIZE 8
#define SECRET_CHECK_STRLEN (2 * SECRET_CHECK_SIZE + 1)

/* Writes to 'text' the key check value: the first SECRET_CHECK_SIZE octets of
 * HMAC-SHA-256(key, "sdsa key check" || spi as 4 octets, network order), in
 * hex.  Equal values on both ends mean equal keys; the key cannot be told from
 * it. */
void secret_check(const struct secret *, uint32_t spi,
                  char text[SECRET_CHECK_STRLEN]);

/* Parses a yang:hex-string ("aa:bb:..") of 'hex_len' characters.  Returns the
 * secret, or NULL if malformed or empty. */
struct secret *secret_from_hex(const char *hex, size_t hex_len);

/* Writes the yang:hex-string of the secret to 'hex', which has room for
 * 3 * secret_size() octets (with the NUL).  The caller must wipe it. */
void secret_to_hex(const struct secret *, char *hex);

/* An allocator that wipes blocks when they are freed, for
 * json_set_alloc_funcs() and curl_global_init_mem().  As malloc(): returns
 * NULL if there is no memory. */
void *wiping_malloc(size_t);

/* The same, as calloc(). */
void *wiping_calloc(size_t n, size_t size);

/* The same, as realloc(); the old block is wiped. */
void *wiping_realloc(void *, size_t);

/* The same, as strdup(). */
char *wiping_strdup(const char *);

/* Wipes and frees a block of this allocator.  Accepts NULL. */
void wiping_free(void *);

/* Keeps keys out of core dumps, swap and debuggers of other users:
 * RLIMIT_CORE 0, PR_SET_DUMPABLE 0, and mlockall().  To be called first thing
 * by each process that holds keys, and once more after daemonize_start(): a
 * child has no lock, and --user may undo the rest.  Returns 0, or a positive
 * errno if memory is not locked: the rest always is done. */
int secret_protect_process(void);

#endif /* lib/secret.h */
