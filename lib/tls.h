/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_TLS_H
#define SDSA_TLS_H 1

/* TLS contexts, made in one place so that client and server agree: TLS 1.2 or
 * later, forward-secret AEAD suites only, plaintext buffers wiped
 * (SSL_OP_CLEANSE_PLAINTEXT), no tickets. */

#include <openssl/ssl.h>
#include <stdbool.h>

#include "lib/wiping-buffer.h"

/* TLS 1.2: forward secrecy and AEAD only.  (TLS 1.3 has nothing else.) */
#define TLS12_CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

/* Octets of a PEM file. */
struct tls_pem_file {
    const char *name;           /* Of the file, for messages. */
    struct wiping_buffer octets;
};

/* A private key, its certificate chain (own certificate first) and the
 * certificates of the CAs of the peers. */
struct tls_pem {
    struct tls_pem_file private_key, certificate, ca_cert;
};

/* Gives 'ctx' the settings common to both sides; also one that a library made
 * (libcurl). */
void tls_ctx_harden(SSL_CTX *ctx);

/* Loads key, certificate chain and CAs.  Returns NULL, or a message for the
 * user that names the file (caller frees). */
char *tls_ctx_load(SSL_CTX *, const struct tls_pem *);

/* Returns the name of the one who has 'cert', or NULL if it has none (caller
 * frees).  It is the one dNSName of its subjectAltName; where there are
 * several, the one that the subject's common name repeats; and only if there
 * is no dNSName the common name (RFC 6125 s.6.4.4).  A certificate with a name
 * that is empty, stands for many ("*") or has control characters has none. */
char *tls_peer_name(const X509 *cert);

/* True if 'name' is a dNSName of 'cert', or its tls_peer_name(); upper and
 * lower case are the same, and there are no wildcards. */
bool tls_cert_has_name(X509 *cert, const char *name);

/* Has a client's verification demand 'name' of the server's certificate, as
 * one of its dNSNames (RFC 9525 s.6.3: the common name of a server counts for
 * nothing); upper and lower case are the same, and there are no wildcards.
 * Returns false, and the connection must not be made, if the name cannot be
 * that of one peer: it is empty, or it stands for many. */
bool tls_expect_name(X509_VERIFY_PARAM *, const char *name);

#endif /* lib/tls.h */
