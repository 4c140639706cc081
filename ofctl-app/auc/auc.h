/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_AUC_H
#define SDSA_AUC_H 1

/* The authentication centre: an HTTPS server that lets VNFs in.
 *
 * A VNF comes with the key of its token (est.h), gets a certificate, and then
 * says where it lives (registration.h).  What is decided is in the database
 * alone (auc-db.h). */

#include <stdint.h>

struct auc;
struct db_watch;
struct ovsdb_idl;
struct tls_files;

/* All of these must outlive the object. */
struct auc_config {
    struct ovsdb_idl *idl;
    const struct db_watch *watch;
    const char *listen;         /* "ADDRESS:PORT". */
    const char *est_listen;     /* The same, for clients that may have no
                                 * certificate; or NULL. */
    /* The centre's own key and certificate; as CAs those of the VNFs. */
    const struct tls_files *server;
    /* The same, with the CAs of the infrastructure. */
    const struct tls_files *infra;
    /* Key and certificate of the CA of the VNFs, and its CAs. */
    const struct tls_files *ca;
    int64_t lifetime_s;         /* Of certificates. */
};

/* Returns NULL and the object in '*aucp' (caller must free with
 * auc_destroy()), or a message (caller frees). */
char *auc_create(const struct auc_config *, struct auc **aucp);

/* Frees the object.  Accepts NULL. */
void auc_destroy(struct auc *);

/* Does what can be done without waiting.  To be called after
 * ovsdb_idl_run(). */
void auc_run(struct auc *);

/* Wakes the poll loop when auc_run() has something to do. */
void auc_wait(struct auc *);

/* Returns lines for the user.  Caller frees. */
char *auc_format(const struct auc *);

#endif /* ofctl-app/auc/auc.h */
