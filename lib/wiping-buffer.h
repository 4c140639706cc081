/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_WIPING_BUFFER_H
#define SDSA_WIPING_BUFFER_H 1

/* A queue of octets that may hold keys: what it lets go of is wiped. */

#include <stddef.h>

struct wiping_buffer {
    char *data;                 /* 'size' octets from data[start] count. */
    size_t start, size, allocated;
};

#define WIPING_BUFFER_INITIALIZER { .data = NULL }

/* Returns the first octet, or NULL if the buffer never had one.  Valid until
 * the buffer is changed. */
char *wiping_buffer_head(const struct wiping_buffer *);

/* Makes room for 'n' more octets behind the last one and returns where.  They
 * count after wiping_buffer_added(). */
char *wiping_buffer_reserve(struct wiping_buffer *, size_t n);

/* Counts 'n' octets that were written into reserved room. */
void wiping_buffer_added(struct wiping_buffer *, size_t n);

/* Appends a copy of 'n' octets. */
void wiping_buffer_put(struct wiping_buffer *, const void *, size_t n);

/* Appends a copy of a string without its NUL. */
void wiping_buffer_puts(struct wiping_buffer *, const char *);

/* Appends all that 'fd' has.  Returns 0, or a positive errno with what was
 * read so far in the buffer: EFBIG if that has more than 'max' octets then. */
int wiping_buffer_read(struct wiping_buffer *, int fd, size_t max);

/* Removes and wipes the first 'n' octets. */
void wiping_buffer_pull(struct wiping_buffer *, size_t n);

/* Empties it and frees its memory. */
void wiping_buffer_uninit(struct wiping_buffer *);

#endif /* lib/wiping-buffer.h */
