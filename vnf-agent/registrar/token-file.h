/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_TOKEN_FILE_H
#define SDSA_TOKEN_FILE_H 1

/* The file that has a VNF's token (lib/x509.h).  At a daemon's start it may
 * also be a pipe, as /dev/fd/N, which can be read once. */

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

struct x509_token;

struct token_file {
    const char *name;           /* Must live as long. */
    bool once;                  /* It was read, and is no regular file. */

    /* How it looked when it was read. */
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec changed;
};

/* Reads the token.  A file that others than its owner can read, or write, is
 * refused.  So is one that is no regular file, if 'wait_ms' is 0; else its
 * writer is waited for, so many milliseconds at most.  Returns NULL and the
 * token (caller must free with x509_token_uninit()), or a message that names
 * the file and has nothing of its text (caller frees). */
char *token_file_read(struct token_file *, int wait_ms,
                      struct x509_token *);

/* Returns true if the file has changed since token_file_read() saw it. */
bool token_file_has_changed(const struct token_file *);

#endif /* vnf-agent/registrar/token-file.h */
