/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <strings.h>

#include "svec.h"
#include "util.h"

/* How a name is looked for among the dNSNames of a certificate. */
#define HOST_FLAGS (X509_CHECK_FLAG_NO_WILDCARDS \
                    | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)

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
load_error(const char *what, const struct tls_pem_file *file)
{
    unsigned long int code = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(code);
    char *error = xasprintf("%s: cannot load the %s (%s)", file->name, what,
                            reason ? reason : "there is none in it");
    ERR_clear_error();
    return error;
}

static BIO *
open_pem(const struct tls_pem_file *file)
{
    const struct wiping_buffer *octets = &file->octets;
    return BIO_new_mem_buf(octets->size ? wiping_buffer_head(octets) : "",
                           octets->size);
}

/* Stands for a question: nobody is there who knows a password. */
static int
no_password(char *buf OVS_UNUSED, int size OVS_UNUSED, int rwflag OVS_UNUSED,
            void *aux OVS_UNUSED)
{
    return -1;
}

/* True if 'bio' was read up to the last certificate. */
static bool
at_end(BIO *bio, unsigned int n_certs)
{
    bool ok = (n_certs
               && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE
               && BIO_eof(bio));
    if (ok) {
        ERR_clear_error();
    }
    return ok;
}

typedef bool add_cert(SSL_CTX *, X509 *, unsigned int i);

/* Gives each certificate of 'file' to 'add', with its number from 0. */
static bool
load_certs(SSL_CTX *ctx, const struct tls_pem_file *file, add_cert *add)
{
    BIO *bio = open_pem(file);
    unsigned int n = 0;
    bool ok = true;
    X509 *cert;

    while (ok && (cert = PEM_read_bio_X509(bio, NULL, no_password, NULL))) {
        ok = add(ctx, cert, n++);
        X509_free(cert);
    }
    ok = ok && at_end(bio, n);
    BIO_free(bio);
    return ok;
}

static bool
add_to_chain(SSL_CTX *ctx, X509 *cert, unsigned int i)
{
    return (i ? SSL_CTX_add1_chain_cert(ctx, cert)
            : SSL_CTX_use_certificate(ctx, cert)) == 1;
}

static bool
add_ca(SSL_CTX *ctx, X509 *cert, unsigned int i OVS_UNUSED)
{
    return X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), cert) == 1;
}

char *
tls_ctx_load(SSL_CTX *ctx, const struct tls_pem *pem)
{
    ERR_clear_error();
    SSL_CTX_clear_chain_certs(ctx);
    if (!load_certs(ctx, &pem->certificate, add_to_chain)) {
        return load_error("certificate", &pem->certificate);
    }
    BIO *bio = open_pem(&pem->private_key);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    BIO_free(bio);
    if (!key) {
        return load_error("private key", &pem->private_key);
    }
    bool fits = SSL_CTX_use_PrivateKey(ctx, key) == 1;
    EVP_PKEY_free(key);
    ERR_clear_error();
    if (!fits || SSL_CTX_check_private_key(ctx) != 1) {
        ERR_clear_error();
        return xasprintf("%s is not the private key of %s",
                         pem->private_key.name, pem->certificate.name);
    }
    return (load_certs(ctx, &pem->ca_cert, add_ca) ? NULL
            : load_error("CA certificate", &pem->ca_cert));
}

/* Returns the octets of 'string' as a name, or NULL if it cannot be one: it is
 * empty or no text, a NUL or a line feed inside would make it look like
 * another one, or it stands for many ("*").  Caller frees. */
static char *
name_of(const ASN1_STRING *string)
{
    unsigned char *utf8;
    int len = ASN1_STRING_to_UTF8(&utf8, string);
    bool ok = len > 0;
    for (int i = 0; i < len && ok; i++) {
        ok = utf8[i] >= 0x20 && utf8[i] != 0x7f && utf8[i] != '*';
    }
    char *name = ok ? xmemdup0((const char *) utf8, len) : NULL;
    if (len >= 0) {
        OPENSSL_free(utf8);
    }
    return name;
}

/* Returns the subject's common name, or NULL if there is none, or several.
 * Caller frees. */
static char *
common_name(const X509 *cert)
{
    const X509_NAME *subject = X509_get_subject_name(cert);
    int i = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    return (i < 0
            || X509_NAME_get_index_by_NID(subject, NID_commonName, i) >= 0
            ? NULL : name_of(X509_NAME_ENTRY_get_data(
                X509_NAME_get_entry(subject, i))));
}

/* Adds the names of type dNSName to 'names'.  Returns false if one of them
 * cannot be a name, or the extension cannot be read. */
static bool
add_dns_names(const X509 *cert, struct svec *names)
{
    int critical;
    GENERAL_NAMES *sans = X509_get_ext_d2i(cert, NID_subject_alt_name,
                                           &critical, NULL);
    bool ok = sans || critical == -1;   /* -1: there is none. */
    for (int i = 0; i < sk_GENERAL_NAME_num(sans) && ok; i++) {
        int type;
        const ASN1_STRING *value = GENERAL_NAME_get0_value(
            sk_GENERAL_NAME_value(sans, i), &type);
        if (type == GEN_DNS) {
            char *name = name_of(value);
            ok = name != NULL;
            if (ok) {
                svec_add_nocopy(names, name);
            }
        }
    }
    GENERAL_NAMES_free(sans);
    return ok;
}

char *
tls_peer_name(const X509 *cert)
{
    struct svec names = SVEC_EMPTY_INITIALIZER;
    char *cn = common_name(cert);
    char *name = NULL;

    if (add_dns_names(cert, &names)) {
        if (!names.n) {
            name = nullable_xstrdup(cn);
        } else if (names.n == 1) {
            name = xstrdup(names.names[0]);
        }
        for (size_t i = 0; i < names.n && cn && !name; i++) {
            if (!strcasecmp(names.names[i], cn)) {
                name = xstrdup(names.names[i]);
            }
        }
    }
    free(cn);
    svec_destroy(&names);
    return name;
}

/* A name that is empty would be no check, and one with a dot before it stands
 * for all below it. */
static bool
is_one_name(const char *name)
{
    return name[0] && name[0] != '.' && !strchr(name, '*');
}

bool
tls_cert_has_name(X509 *cert, const char *name)
{
    char *peer = tls_peer_name(cert);
    bool has = (is_one_name(name)
                && ((peer && !strcasecmp(peer, name))
                    || X509_check_host(cert, name, strlen(name), HOST_FLAGS,
                                       NULL) == 1));
    free(peer);
    return has;
}

bool
tls_expect_name(X509_VERIFY_PARAM *param, const char *name)
{
    X509_VERIFY_PARAM_set_hostflags(param, HOST_FLAGS);
    return (is_one_name(name)
            && X509_VERIFY_PARAM_set1_host(param, name, 0));
}
