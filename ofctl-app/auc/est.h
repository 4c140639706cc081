/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_AUC_EST_H
#define SDSA_AUC_EST_H 1

/* Enrollment over Secure Transport (RFC 7030, RFC 8951): cacerts, simpleenroll
 * and simplereenroll.
 *
 * A certificate is given only for a key that the database knows: a request
 * writes the key, and when it is there the request is signed (200).  If that
 * takes long, the client is told to send it again (202).  So nothing is lost
 * with the centre, whenever it ends, and the controller knows a renewed key
 * before anybody has its certificate. */

#include <stdbool.h>
#include <stdint.h>

struct auc_db;
struct auc_refusals;
struct call_backs;
struct est;
struct https_request;
struct tls_files;

#define EST_PATH "/.well-known/est/"

/* All of these must outlive the object. */
struct est_config {
    struct auc_db *db;
    struct auc_refusals *refusals;
    struct call_backs *call_backs;
    const struct tls_files *ca;         /* Key and certificate of the CA of
                                         * the VNFs; as its CAs, all that are
                                         * trusted. */
    const struct tls_files *infra;      /* Its CAs are those of the
                                         * infrastructure. */
    int64_t lifetime_s;                 /* Of certificates. */
};

/* Returns NULL and the object in '*estp' (caller must free with
 * est_destroy()), or a message: the CA cannot be used (caller frees). */
char *est_create(const struct est_config *, struct est **estp);

/* Frees the object.  Accepts NULL. */
void est_destroy(struct est *);

/* Follows the CA's files. */
void est_run(struct est *);

/* Answers a request whose path begins with EST_PATH. */
void est_handle(struct est *, struct https_request *);

/* Returns how many certificates were given. */
uint64_t est_n_certificates(const struct est *);

#endif /* ofctl-app/auc/est.h */
