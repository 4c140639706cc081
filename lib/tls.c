/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/tls.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <unistd.h>

#include "util.h"

/* TLS 1.2: forward secrecy and AEAD only.  (TLS 1.3 has nothing else.) */
#define TLS12_CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

void
tls_ctx_harden(SSL_CTX *ctx)
{
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(ctx, TLS12_CIPHERS);
    SSL_CTX_set_options(ctx, (SSL_OP_CLEANSE_PLAINTEXT | SSL_OP_NO_TICKET
                              | SSL_OP_NO_RENEGOTIATION
                              | SSL_OP_NO_COMPRESSION));
    SSL_CTX_set_num_tickets(ctx, 0);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
}

static char *
load_error(const char *what, const char *file_name)
{
    char reason[256];
    unsigned long int code = ERR_get_error();
    ERR_error_string_n(code, reason, sizeof reason);
    const char *text = code ? ERR_reason_error_string(code) : NULL;
    ERR_clear_error();
    return xasprintf("%s: cannot load the %s (%s)%s", file_name, what,
                     text ? text : reason,
                     access(file_name, F_OK) ? ": sdsa-pki(8) makes it" : "");
}

char *
tls_ctx_load(SSL_CTX *ctx, const char *private_key, const char *certificate,
             const char *ca_cert)
{
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1) {
        return load_error("certificate", certificate);
    }
    if (SSL_CTX_use_PrivateKey_file(ctx, private_key, SSL_FILETYPE_PEM) != 1) {
        return load_error("private key", private_key);
    }
    if (SSL_CTX_check_private_key(ctx) != 1) {
        ERR_clear_error();
        return xasprintf("%s is not the private key of %s", private_key,
                         certificate);
    }
    if (SSL_CTX_load_verify_locations(ctx, ca_cert, NULL) != 1) {
        return load_error("CA certificate", ca_cert);
    }
    return NULL;
}

char *
tls_peer_name(X509 *cert)
{
    X509_NAME *subject = cert ? X509_get_subject_name(cert) : NULL;
    int i = subject ? X509_NAME_get_index_by_NID(subject, NID_commonName, -1)
                    : -1;
    if (i < 0) {
        return NULL;
    }
    unsigned char *utf8;
    int len = ASN1_STRING_to_UTF8(
        &utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i)));
    if (len < 0) {
        return NULL;
    }
    /* A NUL inside would make a name look like another. */
    char *name = (memchr(utf8, '\0', len) ? NULL
                  : xmemdup0((const char *) utf8, len));
    OPENSSL_free(utf8);
    return name;
}
