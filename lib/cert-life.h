/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CERT_LIFE_H
#define SDSA_CERT_LIFE_H 1

/* The life of a peer's certificate: the one place that says, in lists and in
 * the log, that it is near its end. */

#include <stdint.h>

struct x509_st;

/* In seconds since 1970; 'end' is 0 while no certificate is known. */
struct cert_life {
    int64_t begin, end;
};

/* Returns the life of 'cert' (X509 *); NULL: none is known. */
struct cert_life cert_life_of(const struct x509_st *cert);

/* Returns that a tenth of the life is left, or less, as a predicate such as
 * "its certificate ends at TIME and was not renewed"; or NULL.  Caller
 * frees. */
char *cert_life_doubt(const struct cert_life *);

/* Logs the same of the peer 'name' of kind 'what', once for each end:
 * '*warned_end', 0 at first, is that of which the log has told. */
void cert_life_warn(const struct cert_life *, const char *what,
                    const char *name, int64_t *warned_end);

#endif /* lib/cert-life.h */
