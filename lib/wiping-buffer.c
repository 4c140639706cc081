/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/wiping-buffer.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "lib/secret.h"
#include "socket-util.h"
#include "util.h"

#define READ_STEP 4096          /* Octets read at once. */

char *
wiping_buffer_head(const struct wiping_buffer *b)
{
    return b->data ? b->data + b->start : NULL;
}

char *
wiping_buffer_reserve(struct wiping_buffer *b, size_t n)
{
    if (b->start + b->size + n > b->allocated) {
        size_t allocated = MAX(b->size + n, MAX(2 * b->size, 512));
        char *data = wiping_malloc(allocated);
        if (!data) {
            out_of_memory();
        }
        if (b->size) {
            memcpy(data, wiping_buffer_head(b), b->size);
        }
        wiping_free(b->data);
        b->data = data;
        b->start = 0;
        b->allocated = allocated;
    }
    return b->data + b->start + b->size;
}

void
wiping_buffer_added(struct wiping_buffer *b, size_t n)
{
    b->size += n;
}

void
wiping_buffer_put(struct wiping_buffer *b, const void *p, size_t n)
{
    if (n) {
        memcpy(wiping_buffer_reserve(b, n), p, n);
        wiping_buffer_added(b, n);
    }
}

void
wiping_buffer_puts(struct wiping_buffer *b, const char *s)
{
    wiping_buffer_put(b, s, strlen(s));
}

int
wiping_buffer_read(struct wiping_buffer *b, int fd, size_t max)
{
    size_t n;
    int error;
    do {
        error = read_fully(fd, wiping_buffer_reserve(b, READ_STEP), READ_STEP,
                           &n);
        wiping_buffer_added(b, n);
    } while (!error && b->size <= max);
    return b->size > max ? EFBIG : error == EOF ? 0 : error;
}

void
wiping_buffer_pull(struct wiping_buffer *b, size_t n)
{
    if (n >= b->size) {
        wiping_buffer_uninit(b);
    } else if (n) {
        OPENSSL_cleanse(b->data + b->start, n);
        b->start += n;
        b->size -= n;
    }
}

void
wiping_buffer_uninit(struct wiping_buffer *b)
{
    wiping_free(b->data);
    memset(b, 0, sizeof *b);
}
