/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_AUC_CALLER_H
#define SDSA_AUC_CALLER_H 1

/* Who asks an authentication centre, and whether it may ask at all.  Who a
 * caller is was proven by the handshake; no body says it. */

#include <stdbool.h>
#include <stdint.h>

#include "lib/sdsa-idl.h"
#include "lib/x509.h"

struct auc_db;
struct auc_refusals;
struct https_request;

struct auc_caller {
    const struct sdsa_vnf *vnf;
    const struct sdsa_registration *reg;        /* Or NULL. */
    char digest[X509_DIGEST_STRLEN];    /* Of the caller's key. */
    bool by_key;                /* It has a bootstrap key, no certificate. */
    bool is_registered;         /* Its certificate is the registration's. */
};

/* Finds out which VNF sends the request: by the certificate or key of the
 * handshake; for a stranger by the seed of a token, which is its password.
 * Returns false if it may not ask anything, or not now because its rows are
 * being written: then the request was answered, or put off as auc_put_off()
 * does with 'busy_status'.  What '*callerp' holds lives as long as the rows
 * do. */
bool auc_caller_admit(struct auc_db *, struct auc_refusals *,
                      struct https_request *, int busy_status,
                      struct auc_caller *callerp);

/* Puts the request off until a transaction has ended, or for a moment if
 * 'by_time', and for two seconds at most; then, and if the client would rather
 * come back (RFC 7240 s.4.1), answers 'status' and Retry-After. */
void auc_put_off(struct https_request *, int status, bool by_time);

/* Returns true if the registration 'reg' (or NULL) has the key 'digest'. */
bool auc_registration_has(const struct sdsa_registration *reg,
                          const char *digest);

/* Returns true if the VNF has a certificate for the key 'digest' that has not
 * registered yet. */
bool auc_vnf_has_enrolled(const struct sdsa_vnf *, const char *digest);

#endif /* ofctl-app/auc/caller.h */
