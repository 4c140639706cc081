/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_AUC_CLAIM_H
#define SDSA_AUC_CLAIM_H 1

/* What a VNF says of itself: the body of a registration, without any I/O.
 *
 *     {"sdsa-auc:registration": {
 *         "instance": UUID, "boot-id": UUID,
 *         "url": "https://192.0.2.11:8443", "cipher-address": "172.31.0.1",
 *         "plain-mac": MAC, "cipher-mac": MAC, "backend": "xfrm",
 *         "keying": ["sa", "dh", "ike"], "version": TEXT}}
 *
 * Instance, URL and cipher address must be there; no other member may be. */

#include <stddef.h>
#include <stdint.h>

#include "svec.h"

struct claim {
    char *instance;             /* Of the agent: another one has another. */
    char *boot_id;              /* Of its data plane, or "". */
    char *url, *cipher_ip;      /* In the one spelling that there is. */
    char *plain_mac, *cipher_mac;       /* Or "". */
    char *backend, *version;            /* Or "". */
    struct svec keying;         /* Sorted. */
};

/* Parses 'size' octets.  Returns NULL and the claim (caller must free with
 * claim_uninit()), or a message (caller frees). */
char *claim_parse(const char *body, size_t size, struct claim *);

/* Frees what the claim holds, not the struct. */
void claim_uninit(struct claim *);

/* Where a VNF may be. */
struct claim_context {
    const char *name;           /* Of the VNF. */
    char *const *url_prefixes;  /* Of its URL's address; none: it must be
                                 * 'source'. */
    size_t n_url_prefixes;
    char *const *cipher_prefixes;       /* None: any. */
    size_t n_cipher_prefixes;
    const char *source;         /* Address from which the claim was made. */
};

/* Returns NULL if the VNF may be where the claim says, or a message (caller
 * frees). */
char *claim_check_context(const struct claim *, const struct claim_context *);

/* Returns what GET tells: JSON with the state, and the reason unless that is
 * NULL.  Caller must free with wiping_free(). */
char *claim_format_state(const char *state, const char *reason);

#endif /* ofctl-app/auc/claim.h */
