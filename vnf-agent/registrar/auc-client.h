/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_AUC_CLIENT_H
#define SDSA_AUC_CLIENT_H 1

/* Requests to the authentication centre (AuC), over libcurl under the OVS poll
 * loop: one at a time, mutual TLS.
 *
 * The AuC shows a chain of certificates up to one of the CAs that are trusted,
 * each known by the digest of its key; its own certificate has the name
 * "sdsa-auc", or that of the host in its address.  One thread. */

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#include "sset.h"

struct auc_client;

/* Returns NULL and the object in '*clientp' (caller must free with
 * auc_client_destroy()), or a message (caller frees). */
char *auc_client_create(struct auc_client **clientp);

/* Cancels the request and frees the object.  Accepts NULL. */
void auc_client_destroy(struct auc_client *);

/* Cancels the request, closes all connections, and makes the AuC the one at
 * 'address' ("HOST:PORT") of the CAs whose digests (lib/x509.h) are 'trusted'.
 * We show 'cert', whose private key is 'key'.  All is copied. */
void auc_client_set(struct auc_client *, const char *address,
                    const struct sset *trusted, X509 *cert, EVP_PKEY *key);

/* Begins a request, in the place of one that is not answered: 'method' of
 * 'path'; 'body' is NULL or what is sent, of 'content_type'. */
void auc_client_send(struct auc_client *, const char *method,
                     const char *path, const char *content_type,
                     const char *body);

/* Cancels the request, if there is one. */
void auc_client_cancel(struct auc_client *);

/* Returns true if there is a request. */
bool auc_client_is_busy(const struct auc_client *);

struct auc_answer {
    int status;                 /* Of HTTP, or 0: there is no answer. */
    int retry_s;                /* Retry-After in seconds, or 0. */
    const char *body;           /* Of at most BOUNDS_ANSWER_AUC. */
    char *error;                /* NULL if the status is 2xx, or else a message
                                 * of one line; caller frees. */
};

/* Returns false if the request has not ended.  The body lives until the next
 * call of another function. */
bool auc_client_next(struct auc_client *, struct auc_answer *);

/* Returns the addresses of the last connection: that of the AuC, and the one
 * of ours that it came from.  NULL before there was one. */
const char *auc_client_peer_ip(const struct auc_client *);
const char *auc_client_own_ip(const struct auc_client *);

/* Sends and receives what can be without waiting. */
void auc_client_run(struct auc_client *);

/* Wakes the poll loop when there is something to run. */
void auc_client_wait(struct auc_client *);

#endif /* vnf-agent/registrar/auc-client.h */
