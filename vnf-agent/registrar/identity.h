/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_IDENTITY_H
#define SDSA_IDENTITY_H 1

/* A VNF's key, the certificate that the authentication centre (AuC) has given
 * it, and the CAs of the infrastructure; in one file, which is there whole or
 * not at all. */

#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/tls.h"
#include "lib/x509.h"
#include "sset.h"

struct identity {
    EVP_PKEY *key;              /* Private. */
    X509 *cert;                 /* For it; NULL: not yet. */
    X509 **cas;                 /* Of the infrastructure. */
    size_t n_cas;
    char *address;              /* Of the AuC, "HOST:PORT". */
    char token[X509_DIGEST_STRLEN];     /* Of the bootstrap key that began
                                         * it. */
};

/* Returns one with a new key, and no certificates.  Caller must free with
 * identity_destroy(). */
struct identity *identity_create(const char *address, const char *token);

/* Wipes the key and frees the object.  Accepts NULL. */
void identity_destroy(struct identity *);

/* Takes from 'certs' the CAs of the infrastructure: those whose key has one of
 * the digests 'trusted', and those that such a CA has certified as CAs (a new
 * one beside the old one: RFC 7030 s.4.1.3).  Returns NULL; or a message
 * (caller frees), with nothing changed: there are none, or no others, so that
 * a VNF's certificate would be let in where those of the infrastructure
 * are. */
char *identity_take_cas(struct identity *, X509 *const certs[], size_t n,
                       const struct sset *trusted);

/* Takes the certificate, which is to be for the key and 'vnf_id', valid now,
 * and not that of a CA.  Returns NULL, or a message (caller frees). */
char *identity_take_cert(struct identity *, X509 *cert, const char *vnf_id);

/* Returns how much of the certificate's life is over, from 0 to 1, by the wall
 * clock; more than 1 if it has ended or there is none. */
double identity_age(const struct identity *);

/* Returns the time, in seconds since 1970, when 'part' of the certificate's
 * life is over. */
int64_t identity_time_at(const struct identity *, double part);

/* Adds the digests of the CAs to 'trusted'. */
void identity_put_trusted(const struct identity *, struct sset *trusted);

/* Makes '*pem' what a TLS server needs: key, certificate, CAs of clients. */
void identity_to_pem(const struct identity *, struct tls_pem *pem);

/* Writes it to the file 'name', with mode 0600, in one step, and waits for the
 * disk.  Returns 0 or a positive errno. */
int identity_save(const struct identity *, const char *name);

/* Returns NULL and what is in the file in '*identityp' (caller must free with
 * identity_destroy()), which is NULL if there is no such file; or a message
 * (caller frees) if it is damaged. */
char *identity_load(const char *name, struct identity **identityp);

/* Returns the name of the file in 'dir' for the VNF 'vnf_id'.  Caller
 * frees. */
char *identity_file(const char *dir, const char *vnf_id);

/* Returns the VNF-ID of the file in 'dir' whose certificate is valid now; of
 * several, and if 'vnf_id' is not NULL, only 'vnf_id'.  NULL: there is none.
 * Caller frees. */
char *identity_find(const char *dir, const char *vnf_id);

#endif /* vnf-agent/registrar/identity.h */
