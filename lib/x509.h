/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_X509_H
#define SDSA_X509_H 1

/* Certificates, as an authentication centre makes them and its clients ask for
 * them: requests (PKCS #10), signing, bags of certificates (PKCS #7,
 * certs-only), digests of keys, and the token with which a VNF begins.  All
 * cryptography and all ASN.1 is OpenSSL's.
 *
 * Keys are P-256, P-384 or Ed25519.  A key is known by its digest: the SHA-256
 * of its SubjectPublicKeyInfo (DER), in lower-case hex.
 *
 * Functions that return a message return NULL if all is well; caller frees the
 * message.  OpenSSL's queue of errors is empty when a function returns. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "svec.h"

struct secret;
struct wiping_buffer;

/* Characters of a key's digest, with the NUL. */
#define X509_DIGEST_STRLEN 65

/* Writes the digest of 'key', which may be a public key, to 'digest'. */
void x509_key_digest(const EVP_PKEY *key, char digest[X509_DIGEST_STRLEN]);

/* Writes the digest of the key of 'cert' to 'digest'. */
void x509_cert_digest(const X509 *cert, char digest[X509_DIGEST_STRLEN]);

/* Returns when 'cert' begins or ends, in seconds since 1970. */
int64_t x509_cert_begin(const X509 *cert);
int64_t x509_cert_end(const X509 *cert);

/* Is a tenth of the time from 'begin' to 'end' left at 'now', or less? */
bool x509_is_near_end(int64_t begin, int64_t end, int64_t now);

/* Returns a time in seconds since 1970 as messages have it.  Caller frees. */
char *x509_format_time(int64_t s);

/* Returns true if 'digest' is written as x509_key_digest() does it. */
bool x509_digest_is_valid(const char *digest);

/* Returns NULL if 'key' is of a kind that VNFs may use, else a message. */
char *x509_check_key(const EVP_PKEY *key);

/* Reads a public key in PEM of 'size' octets.  Returns NULL and the key's
 * digest, or a message: there is none, or VNFs may not use it. */
char *x509_read_public_key(const char *pem, size_t size,
                           char digest[X509_DIGEST_STRLEN]);

/* A request for a certificate. */
struct x509_request {
    EVP_PKEY *key;              /* The public key. */
    struct svec names;          /* Subject CNs; alternative names: those of
                                 * kind DNS and URI, "?" for each other. */
};

/* Reads a request in base64 (RFC 8951 s.3.1; white space anywhere), which
 * nothing may follow, and checks that the client has the private key.  Returns
 * NULL and the request (caller must free with x509_request_uninit()), or a
 * message. */
char *x509_request_parse(const char *base64, size_t size,
                         struct x509_request *);

/* Frees what the request holds, not the struct. */
void x509_request_uninit(struct x509_request *);

/* Returns a new private key, of P-256.  Caller frees with
 * EVP_PKEY_free(). */
EVP_PKEY *x509_make_key(void);

/* Returns a request, signed by 'key', for a certificate with the subject CN
 * 'name': in base64 without line breaks.  Caller frees. */
char *x509_make_request(EVP_PKEY *key, const char *name);

/* How a certificate is to be. */
struct x509_subject {
    const char *name;           /* VNF-ID: subject CN and SAN DNS. */
    const char *tenant;         /* SAN x509_tenant_uri(); NULL: none. */
    int64_t lifetime_s;
};

/* Returns the URI by which a certificate names the tenant.  Caller frees. */
char *x509_tenant_uri(const char *tenant);

/* Signs a certificate for 'key' by the CA with 'ca' and 'ca_key'.  It begins a
 * minute ago, for clients whose clock is slow, and does not outlive the CA.
 * Returns NULL and the certificate in '*certp' (caller frees with
 * X509_free()), or a message. */
char *x509_sign(X509 *ca, EVP_PKEY *ca_key, EVP_PKEY *key,
                const struct x509_subject *, X509 **certp);

/* Returns the 'n' certificates 'certs' as PKCS #7, certs-only, in base64
 * without line breaks (strongSwan reads no others).  Caller frees. */
char *x509_to_pkcs7(X509 *const certs[], size_t n);

/* Reads the certificates of a bag as x509_to_pkcs7() writes it, with white
 * space anywhere, into '*certsp' and '*np' (caller frees with
 * x509_free_certs()).  Returns NULL, or a message. */
char *x509_from_pkcs7(const char *base64, size_t size, X509 ***certsp,
                      size_t *np);

/* Reads all certificates of a PEM text into '*certsp' and '*np' (caller frees
 * with x509_free_certs()).  Returns NULL, or a message. */
char *x509_read_certs(const char *pem, size_t size, X509 ***certsp,
                      size_t *np);

/* Frees certificates and their array. */
void x509_free_certs(X509 **certs, size_t n);

/* True if the CAs 'a' and 'b' are no two authorities: they have one key, or
 * the one has signed the other. */
bool x509_is_one_authority(X509 *a, X509 *b);

/* Reads a private key in PEM, which has no password.  Returns NULL and the key
 * (caller frees with EVP_PKEY_free()), or a message. */
char *x509_read_private_key(const char *pem, size_t size, EVP_PKEY **keyp);

/* Appends 'cert' in PEM to 'pem'. */
void x509_put_cert(struct wiping_buffer *pem, const X509 *cert);

/* Appends the private key 'key' in PEM, without a password, to 'pem'. */
void x509_put_private_key(struct wiping_buffer *pem, const EVP_PKEY *key);

/* Octets of a token's seed. */
#define X509_SEED_SIZE 32

/* What a VNF must know to begin:
 *
 *     sdsa-token:1:VNF-ID:SEED:DIGEST:HOST:PORT
 *
 * The seed is a private key of Ed25519 (RFC 8032 s.5.1.5), and the digest is
 * that of the key of the CA that issued the centre's certificate; both are in
 * base64url without "=" (RFC 4648 s.5).  An IPv6 address as HOST stands in
 * brackets. */
struct x509_token {
    char *vnf_id;
    struct secret *seed;
    char ca_digest[X509_DIGEST_STRLEN];
    char *address;              /* "HOST:PORT". */
};

/* Returns the token's text, which caller must free with wiping_free(). */
char *x509_token_format(const struct x509_token *);

/* Parses a token; white space around it does not count.  Returns NULL and the
 * token (caller must free with x509_token_uninit()), or a message, which has
 * nothing of the text. */
char *x509_token_parse(const char *text, struct x509_token *);

/* Wipes and frees what the token holds, not the struct. */
void x509_token_uninit(struct x509_token *);

/* Returns the private key of a seed of X509_SEED_SIZE octets.  Caller frees
 * with EVP_PKEY_free(). */
EVP_PKEY *x509_seed_key(const struct secret *seed);

/* Reads 'header', a header "Authorization" with the scheme Basic (RFC 7617):
 * VNF-ID and seed of a token, as name and password.  Returns false if it is
 * none; or the digest of the seed's public key in 'digest', and what is said
 * to be the VNF-ID in '*namep' (caller frees). */
bool x509_basic_parse(const char *header, char digest[X509_DIGEST_STRLEN],
                      char **namep);

/* Returns the certificate of a bootstrap key, signed by itself: for 'name',
 * and for ever (no clock is needed).  Caller frees with X509_free(). */
X509 *x509_bootstrap_cert(EVP_PKEY *key, const char *name);

/* Checks where a centre is, "HOST:PORT".  Returns NULL or a message. */
char *x509_check_address(const char *address);

#endif /* lib/x509.h */
