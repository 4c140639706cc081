/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/x509.h"

#include <ctype.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "lib/name.h"
#include "lib/secret.h"
#include "lib/wiping-buffer.h"
#include "util.h"

#define SERIAL_BITS 127
#define BACKDATE_S 60           /* Of notBefore. */
#define MAX_REQUEST 8192        /* Octets of a request, in base64. */
#define MAX_BAG 32              /* Certificates. */

/* Digests. */

static void
spki_digest(const X509_PUBKEY *spki, char digest[X509_DIGEST_STRLEN])
{
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned char *der = NULL;
    unsigned int n = 0;
    int len = i2d_X509_PUBKEY(spki, &der);
    ovs_assert(len > 0 && EVP_Digest(der, len, md, &n, EVP_sha256(), NULL));
    OPENSSL_free(der);
    for (unsigned int i = 0; i < n; i++) {
        sprintf(digest + 2 * i, "%02x", md[i]);
    }
}

void
x509_key_digest(const EVP_PKEY *key, char digest[X509_DIGEST_STRLEN])
{
    X509_PUBKEY *spki = NULL;
    ovs_assert(X509_PUBKEY_set(&spki, CONST_CAST(EVP_PKEY *, key)));
    spki_digest(spki, digest);
    X509_PUBKEY_free(spki);
}

void
x509_cert_digest(const X509 *cert, char digest[X509_DIGEST_STRLEN])
{
    spki_digest(X509_get_X509_PUBKEY(cert), digest);
}

static int64_t
time_of(const ASN1_TIME *time)
{
    struct tm tm;
    bool ok = ASN1_TIME_to_tm(time, &tm) == 1;
    ERR_clear_error();
    return ok ? timegm(&tm) : 0;
}

int64_t
x509_cert_begin(const X509 *cert)
{
    return time_of(X509_get0_notBefore(cert));
}

int64_t
x509_cert_end(const X509 *cert)
{
    return time_of(X509_get0_notAfter(cert));
}

bool
x509_is_near_end(int64_t begin, int64_t end, int64_t now)
{
    return end - now <= (end - begin) / 10;
}

char *
x509_format_time(int64_t s)
{
    struct tm tm;
    char text[32] = "";
    time_t time = s;
    gmtime_r(&time, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return xstrdup(text);
}

bool
x509_digest_is_valid(const char *digest)
{
    return (strlen(digest) == X509_DIGEST_STRLEN - 1
            && strspn(digest, "0123456789abcdef") == X509_DIGEST_STRLEN - 1);
}

/* Keys. */

char *
x509_check_key(const EVP_PKEY *key)
{
    static const char *const curves[] = {
        SN_X9_62_prime256v1, SN_secp384r1,
    };
    char curve[64];
    int explicit = 0;
    bool ok = EVP_PKEY_is_a(key, "ED25519");
    if (EVP_PKEY_is_a(key, "EC")) {
        if (!EVP_PKEY_get_group_name(key, curve, sizeof curve, NULL)) {
            curve[0] = '\0';
        }
        for (size_t i = 0; i < ARRAY_SIZE(curves); i++) {
            ok = ok || !strcmp(curve, curves[i]);
        }
        /* The same curve, spelt out, has many spellings: many digests. */
        EVP_PKEY_get_int_param(
            key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit);
    }
    ERR_clear_error();
    return (ok && !explicit ? NULL
            : xstrdup("the key must be one of P-256, P-384 (as a named curve) "
                      "or Ed25519"));
}

/* Stands for a question: nobody is there who knows a password. */
static int
no_password(char *buf OVS_UNUSED, int size OVS_UNUSED, int rwflag OVS_UNUSED,
            void *aux OVS_UNUSED)
{
    return -1;
}

char *
x509_read_public_key(const char *pem, size_t size,
                     char digest[X509_DIGEST_STRLEN])
{
    BIO *bio = BIO_new_mem_buf(pem, size);
    EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);
    char *error = (key ? x509_check_key(key)
                   : xstrdup("there is no public key in PEM (\"openssl pkey "
                             "-pubout\" writes it)"));
    if (!error) {
        x509_key_digest(key, digest);
    }
    EVP_PKEY_free(key);
    BIO_free(bio);
    ERR_clear_error();
    return error;
}

char *
x509_read_private_key(const char *pem, size_t size, EVP_PKEY **keyp)
{
    BIO *bio = BIO_new_mem_buf(pem, size);
    *keyp = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    BIO_free(bio);
    ERR_clear_error();
    return *keyp ? NULL : xstrdup("there is no private key in it");
}

EVP_PKEY *
x509_make_key(void)
{
    EVP_PKEY *key = EVP_EC_gen(SN_X9_62_prime256v1);
    ovs_assert(key);
    return key;
}

/* Takes ownership of 'bio', which has a PEM text. */
static void
put_pem(struct wiping_buffer *pem, BIO *bio)
{
    char *text;
    long int n = BIO_get_mem_data(bio, &text);
    wiping_buffer_put(pem, text, n);
    BIO_free(bio);
    ERR_clear_error();
}

void
x509_put_cert(struct wiping_buffer *pem, const X509 *cert)
{
    BIO *bio = BIO_new(BIO_s_mem());
    ovs_assert(bio && PEM_write_bio_X509(bio, CONST_CAST(X509 *, cert)));
    put_pem(pem, bio);
}

void
x509_put_private_key(struct wiping_buffer *pem, const EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_secmem());         /* It wipes. */
    ovs_assert(bio && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0,
                                                    NULL, NULL));
    put_pem(pem, bio);
}

char *
x509_read_certs(const char *pem, size_t size, X509 ***certsp, size_t *np)
{
    BIO *bio = BIO_new_mem_buf(pem, size);
    size_t allocated = 0;
    X509 *cert;

    *certsp = NULL;
    *np = 0;
    while ((cert = PEM_read_bio_X509(bio, NULL, no_password, NULL))) {
        if (*np >= allocated) {
            *certsp = x2nrealloc(*certsp, &allocated, sizeof **certsp);
        }
        (*certsp)[(*np)++] = cert;
    }
    bool whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    BIO_free(bio);
    ERR_clear_error();
    if (!*np || !whole) {
        x509_free_certs(*certsp, *np);
        *certsp = NULL;
        *np = 0;
        return xstrdup("there is no certificate in it, or one is damaged");
    }
    return NULL;
}

void
x509_free_certs(X509 **certs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        X509_free(certs[i]);
    }
    free(certs);
}

static bool
has_signed(X509 *ca, X509 *cert)
{
    return (X509_check_issued(ca, cert) == X509_V_OK
            && X509_verify(cert, X509_get0_pubkey(ca)) == 1);
}

bool
x509_is_one_authority(X509 *a, X509 *b)
{
    bool one = (EVP_PKEY_eq(X509_get0_pubkey(a), X509_get0_pubkey(b)) == 1
                || has_signed(a, b) || has_signed(b, a));
    ERR_clear_error();
    return one;
}

/* Base64. */

/* Decodes 'size' octets of base64, in which there may be white space.  Returns
 * the octets (caller must free with wiping_free()), and their number in '*np';
 * or NULL if it is malformed, or empty. */
static unsigned char *
decode_base64(const char *base64, size_t size, size_t *np)
{
    char *text = wiping_malloc(size + 1);
    unsigned char *out = NULL;
    size_t n = 0;
    size_t n_pads = 0;
    bool ok = true;

    for (size_t i = 0; i < size; i++) {
        unsigned char c = base64[i];
        if (c == '=') {
            text[n++] = c;
            n_pads++;
        } else if (isalnum(c) || c == '+' || c == '/') {
            text[n++] = c;
            ok = ok && !n_pads;
        } else {
            ok = ok && c && strchr(" \t\r\n", c);
        }
    }
    if (ok && n && n % 4 == 0 && n_pads <= 2) {
        out = wiping_malloc(n / 4 * 3 + 1);
        ok = EVP_DecodeBlock(out, (unsigned char *) text, n) >= 0;
        *np = n / 4 * 3 - n_pads;
        if (!ok) {
            wiping_free(out);
            out = NULL;
        }
    }
    wiping_free(text);
    ERR_clear_error();
    return out;
}

/* Requests. */

static void
add_name(struct svec *names, const ASN1_STRING *string)
{
    unsigned char *utf8;
    int len = ASN1_STRING_to_UTF8(&utf8, string);
    if (len < 0) {
        svec_add(names, "?");
        return;
    }
    /* A NUL inside would make a name look like another. */
    svec_add_nocopy(names, memchr(utf8, '\0', len) ? xstrdup("?")
                    : xmemdup0((const char *) utf8, len));
    OPENSSL_free(utf8);
}

static void
add_alternative_names(struct svec *names, const X509_REQ *req)
{
    STACK_OF(X509_EXTENSION) *extensions
        = X509_REQ_get_extensions(CONST_CAST(X509_REQ *, req));
    int at = -1;
    while ((at = X509v3_get_ext_by_NID(extensions, NID_subject_alt_name, at))
           >= 0) {
        GENERAL_NAMES *sans
            = X509V3_EXT_d2i(X509v3_get_ext(extensions, at));
        if (!sans) {
            svec_add(names, "?");
        }
        for (int i = 0; i < sk_GENERAL_NAME_num(sans); i++) {
            int type;
            void *value = GENERAL_NAME_get0_value(
                sk_GENERAL_NAME_value(sans, i), &type);
            if (type == GEN_DNS || type == GEN_URI) {
                add_name(names, value);
            } else {
                svec_add(names, "?");
            }
        }
        GENERAL_NAMES_free(sans);
    }
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}

static void
add_names(struct svec *names, const X509_REQ *req)
{
    X509_NAME *subject = X509_REQ_get_subject_name(req);
    int at = -1;
    while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, at))
           >= 0) {
        add_name(names, X509_NAME_ENTRY_get_data(
                     X509_NAME_get_entry(subject, at)));
    }
    add_alternative_names(names, req);
}

char *
x509_request_parse(const char *base64, size_t size,
                   struct x509_request *request)
{
    *request = (struct x509_request) { .names = SVEC_EMPTY_INITIALIZER };
    size_t n = 0;
    unsigned char *der = (size <= MAX_REQUEST
                          ? decode_base64(base64, size, &n) : NULL);
    const unsigned char *end = der;
    X509_REQ *req = der ? d2i_X509_REQ(NULL, &end, n) : NULL;
    char *error = NULL;

    if (!req) {
        error = xasprintf("this is no request for a certificate (PKCS #10) in "
                          "base64, of at most %d octets", MAX_REQUEST);
    } else if (end != der + n) {
        error = xstrdup("something follows the request");
    } else if (!(request->key = X509_REQ_get_pubkey(req))) {
        error = xstrdup("the key must be one of P-256, P-384 (as a named "
                        "curve) or Ed25519");
    } else if (!(error = x509_check_key(request->key))
               && X509_REQ_verify(req, request->key) != 1) {
        error = xstrdup("the request is not signed by the key that is in it");
    }
    if (!error) {
        add_names(&request->names, req);
    } else {
        x509_request_uninit(request);
        *request = (struct x509_request) { .names = SVEC_EMPTY_INITIALIZER };
    }
    X509_REQ_free(req);
    wiping_free(der);
    ERR_clear_error();
    return error;
}

void
x509_request_uninit(struct x509_request *request)
{
    EVP_PKEY_free(request->key);
    svec_destroy(&request->names);
}

/* Signing. */

static char *
encode_base64(const unsigned char *der, size_t n)
{
    char *base64 = xmalloc(4 * ((n + 2) / 3) + 1);
    EVP_EncodeBlock((unsigned char *) base64, der, n);
    return base64;
}

char *
x509_tenant_uri(const char *tenant)
{
    return xasprintf("urn:sdsa:tenant:%s", tenant);
}

static bool
set_serial(X509 *cert)
{
    BIGNUM *serial = BN_new();
    bool ok = (serial
               && BN_rand(serial, SERIAL_BITS, BN_RAND_TOP_ANY,
                          BN_RAND_BOTTOM_ANY)
               && !BN_is_zero(serial)
               && BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(cert)));
    BN_free(serial);
    return ok;
}

/* Returns "O=sdsa, CN=name", or NULL.  Caller frees. */
static X509_NAME *
make_subject(const char *name)
{
    const struct {
        int nid;
        const char *text;
    } parts[] = {
        { NID_organizationName, "sdsa" },
        { NID_commonName, name },
    };
    X509_NAME *subject = X509_NAME_new();
    for (size_t i = 0; subject && i < ARRAY_SIZE(parts); i++) {
        if (!X509_NAME_add_entry_by_NID(
                subject, parts[i].nid, MBSTRING_UTF8,
                CONST_CAST(unsigned char *,
                           (const unsigned char *) parts[i].text),
                -1, -1, 0)) {
            X509_NAME_free(subject);
            subject = NULL;
        }
    }
    return subject;
}

static bool
set_subject(X509 *cert, const char *name)
{
    X509_NAME *subject = make_subject(name);
    bool ok = subject && X509_set_subject_name(cert, subject);
    X509_NAME_free(subject);
    return ok;
}

static bool
add_general_name(GENERAL_NAMES *names, int type, const char *text)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *string = ASN1_IA5STRING_new();
    bool ok = (name && string && ASN1_STRING_set(string, text, -1)
               && sk_GENERAL_NAME_push(names, name));
    if (!ok) {
        GENERAL_NAME_free(name);
        ASN1_IA5STRING_free(string);
        return false;
    }
    GENERAL_NAME_set0_value(name, type, string);
    return true;
}

static bool
add_sans(X509 *cert, const struct x509_subject *subject)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    bool ok = names && add_general_name(names, GEN_DNS, subject->name);
    if (ok && subject->tenant) {
        char *uri = x509_tenant_uri(subject->tenant);
        ok = add_general_name(names, GEN_URI, uri);
        free(uri);
    }
    ok = ok && X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0,
                                 X509V3_ADD_DEFAULT) == 1;
    GENERAL_NAMES_free(names);
    return ok;
}

/* Adds an extension whose text knows no name that somebody gave. */
static bool
add_extension(X509 *cert, X509 *issuer, int nid, const char *text)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, text);
    bool ok = extension && X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
    return ok;
}

static bool
set_life(X509 *cert, const X509 *ca, int64_t lifetime_s)
{
    bool ok = (X509_gmtime_adj(X509_getm_notBefore(cert), -BACKDATE_S)
               && X509_gmtime_adj(X509_getm_notAfter(cert), lifetime_s));
    const ASN1_TIME *end = X509_get0_notAfter(ca);
    if (ok && ASN1_TIME_compare(X509_get0_notAfter(cert), end) > 0) {
        ok = X509_set1_notAfter(cert, end);
    }
    return ok;
}

/* Signs with the digest that the key wants. */
static bool
sign(X509 *cert, EVP_PKEY *key)
{
    return X509_sign(cert, key, EVP_PKEY_is_a(key, "ED25519") ? NULL
                     : EVP_sha256()) > 0;
}

char *
x509_sign(X509 *ca, EVP_PKEY *ca_key, EVP_PKEY *key,
          const struct x509_subject *subject, X509 **certp)
{
    *certp = NULL;
    if (X509_cmp_current_time(X509_get0_notAfter(ca)) <= 0) {
        return xstrdup("the CA's certificate has ended");
    }
    if (X509_check_private_key(ca, ca_key) != 1) {
        ERR_clear_error();
        return xstrdup("the CA's key is not that of its certificate");
    }
    X509 *cert = X509_new();
    bool ok = (cert && X509_set_version(cert, X509_VERSION_3)
               && set_serial(cert)
               && X509_set_issuer_name(cert, X509_get_subject_name(ca))
               && set_subject(cert, subject->name)
               && set_life(cert, ca, subject->lifetime_s)
               && X509_set_pubkey(cert, key)
               && add_sans(cert, subject)
               && add_extension(cert, ca, NID_basic_constraints,
                                "critical,CA:FALSE")
               && add_extension(cert, ca, NID_key_usage,
                                "critical,digitalSignature")
               && add_extension(cert, ca, NID_ext_key_usage,
                                "serverAuth,clientAuth")
               && add_extension(cert, ca, NID_subject_key_identifier, "hash")
               && (!X509_get0_subject_key_id(ca)
                   || add_extension(cert, ca, NID_authority_key_identifier,
                                    "keyid:always"))
               && sign(cert, ca_key));
    char *error = (ok ? NULL
                   : xasprintf("OpenSSL cannot sign the certificate (%s)",
                               ERR_reason_error_string(
                                   ERR_peek_last_error())));
    if (ok) {
        *certp = cert;
    } else {
        X509_free(cert);
    }
    ERR_clear_error();
    return error;
}

char *
x509_make_request(EVP_PKEY *key, const char *name)
{
    X509_REQ *req = X509_REQ_new();
    X509_NAME *subject = make_subject(name);
    unsigned char *der = NULL;
    ovs_assert(req && subject
               && X509_REQ_set_subject_name(req, subject)
               && X509_REQ_set_pubkey(req, key)
               && X509_REQ_sign(req, key, EVP_sha256()) > 0);
    int size = i2d_X509_REQ(req, &der);
    ovs_assert(size > 0);
    char *base64 = encode_base64(der, size);
    OPENSSL_free(der);
    X509_NAME_free(subject);
    X509_REQ_free(req);
    ERR_clear_error();
    return base64;
}

char *
x509_to_pkcs7(X509 *const certs[], size_t n)
{
    PKCS7 *p7 = PKCS7_new();
    ovs_assert(p7 && PKCS7_set_type(p7, NID_pkcs7_signed)
               && PKCS7_content_new(p7, NID_pkcs7_data)
               && PKCS7_set_detached(p7, 1));
    for (size_t i = 0; i < n; i++) {
        ovs_assert(PKCS7_add_certificate(p7, certs[i]));
    }
    unsigned char *der = NULL;
    int size = i2d_PKCS7(p7, &der);
    ovs_assert(size > 0);
    char *base64 = encode_base64(der, size);
    OPENSSL_free(der);
    PKCS7_free(p7);
    ERR_clear_error();
    return base64;
}

char *
x509_from_pkcs7(const char *base64, size_t size, X509 ***certsp, size_t *np)
{
    size_t n = 0;
    unsigned char *der = decode_base64(base64, size, &n);
    const unsigned char *end = der;
    PKCS7 *p7 = der ? d2i_PKCS7(NULL, &end, n) : NULL;
    STACK_OF(X509) *bag = (p7 && end == der + n && PKCS7_type_is_signed(p7)
                           && p7->d.sign ? p7->d.sign->cert : NULL);
    int n_certs = sk_X509_num(bag);

    *certsp = NULL;
    *np = 0;
    if (n_certs > 0 && n_certs <= MAX_BAG) {
        *certsp = xmalloc(n_certs * sizeof **certsp);
        for (int i = 0; i < n_certs; i++) {
            X509 *cert = sk_X509_value(bag, i);
            X509_up_ref(cert);
            (*certsp)[(*np)++] = cert;
        }
    }
    PKCS7_free(p7);
    wiping_free(der);
    ERR_clear_error();
    return (*np ? NULL
            : xasprintf("this is no bag of 1 to %d certificates (PKCS #7) in "
                        "base64", MAX_BAG));
}

/* Tokens. */

#define TOKEN_KIND "sdsa-token"
#define TOKEN_VERSION "1"
#define BASE64URL_SIZE 43       /* Of 32 octets. */

/* Appends 32 octets in base64url without "=". */
static void
encode_base64url(const uint8_t octets[32], char text[BASE64URL_SIZE + 1])
{
    char base64[BASE64URL_SIZE + 2];
    EVP_EncodeBlock((unsigned char *) base64, octets, 32);
    for (size_t i = 0; i < BASE64URL_SIZE; i++) {
        text[i] = (base64[i] == '+' ? '-' : base64[i] == '/' ? '_'
                   : base64[i]);
    }
    text[BASE64URL_SIZE] = '\0';
    OPENSSL_cleanse(base64, sizeof base64);
}

/* Returns false if 'n' octets of 'text' are not what encode_base64url()
 * writes. */
static bool
decode_base64url(const char *text, size_t n, uint8_t octets[32])
{
    char base64[BASE64URL_SIZE + 1];
    char again[BASE64URL_SIZE + 1];
    bool ok = n == BASE64URL_SIZE;
    size_t size = 0;
    unsigned char *out = NULL;

    for (size_t i = 0; ok && i < BASE64URL_SIZE; i++) {
        ok = isalnum((unsigned char) text[i]) || strchr("-_", text[i]);
        base64[i] = (text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i]);
    }
    if (ok) {
        base64[BASE64URL_SIZE] = '=';
        out = decode_base64(base64, BASE64URL_SIZE + 1, &size);
        ok = out && size == 32;
    }
    if (ok) {
        memcpy(octets, out, 32);
        encode_base64url(octets, again);
        ok = !memcmp(again, text, BASE64URL_SIZE);      /* One spelling. */
        OPENSSL_cleanse(again, sizeof again);
    }
    wiping_free(out);
    OPENSSL_cleanse(base64, sizeof base64);
    return ok;
}

char *
x509_token_format(const struct x509_token *token)
{
    char seed[BASE64URL_SIZE + 1], digest[BASE64URL_SIZE + 1];
    uint8_t octets[32];
    for (size_t i = 0; i < sizeof octets; i++) {
        bool ok;
        octets[i] = hexits_value(token->ca_digest + 2 * i, 2, &ok);
    }
    encode_base64url(octets, digest);
    encode_base64url(secret_bytes(token->seed), seed);

    static const char kind[] = TOKEN_KIND ":" TOKEN_VERSION ":";
    size_t size = (sizeof kind + strlen(token->vnf_id) + 2 * sizeof seed
                   + strlen(token->address) + 1);
    char *text = wiping_malloc(size);
    snprintf(text, size, "%s%s:%s:%s:%s", kind, token->vnf_id, seed, digest,
             token->address);
    OPENSSL_cleanse(seed, sizeof seed);
    return text;
}

/* Copies the member that '*textp' begins with, up to its ":", and makes
 * '*textp' what follows.  Returns NULL if there is no ":".  Caller must free
 * with wiping_free(). */
static char *
token_member(const char **textp)
{
    const char *colon = strchr(*textp, ':');
    char *member = NULL;
    if (colon) {
        size_t n = colon - *textp;
        member = wiping_malloc(n + 1);
        memcpy(member, *textp, n);
        member[n] = '\0';
        *textp = colon + 1;
    }
    return member;
}

static char *
token_check_id(const char *vnf_id)
{
    char *error = vnf_id ? name_check_vnf_id(vnf_id) : xstrdup("");
    free(error);
    return error ? xstrdup("its VNF-ID is no name of a VNF") : NULL;
}

char *
x509_token_parse(const char *text, struct x509_token *token)
{
    *token = (struct x509_token) { .vnf_id = NULL };
    text += strspn(text, " \t\r\n");
    char *kind = token_member(&text);
    char *version = kind ? token_member(&text) : NULL;
    char *vnf_id = version ? token_member(&text) : NULL;
    char *seed = vnf_id ? token_member(&text) : NULL;
    char *digest = seed ? token_member(&text) : NULL;
    uint8_t octets[32], ca[32];
    char *error = NULL;

    token->address = xmemdup0(text, strcspn(text, " \t\r\n"));
    if (!digest || strcmp(kind, TOKEN_KIND)
        || text[strlen(token->address)
                + strspn(text + strlen(token->address), " \t\r\n")]) {
        error = xstrdup("this is no token (\"sdsa-ctl vnf-add\" prints one)");
    } else if (strcmp(version, TOKEN_VERSION)) {
        error = xstrdup("the token is for another version of sdsa");
    } else if (!decode_base64url(seed, strlen(seed), octets)
               || !decode_base64url(digest, strlen(digest), ca)) {
        error = xstrdup("the token is damaged");
    } else if (!(error = token_check_id(vnf_id))
               && !(error = x509_check_address(token->address))) {
        token->vnf_id = xstrdup(vnf_id);
        token->seed = secret_create(octets, sizeof octets);
        for (size_t i = 0; i < sizeof ca; i++) {
            sprintf(token->ca_digest + 2 * i, "%02x", ca[i]);
        }
    }
    OPENSSL_cleanse(octets, sizeof octets);
    wiping_free(kind);
    wiping_free(version);
    wiping_free(vnf_id);
    wiping_free(seed);
    wiping_free(digest);
    if (error) {
        x509_token_uninit(token);
    }
    return error;
}

void
x509_token_uninit(struct x509_token *token)
{
    free(token->vnf_id);
    free(token->address);
    secret_destroy(token->seed);
    *token = (struct x509_token) { .vnf_id = NULL };
}

char *
x509_check_address(const char *address)
{
    char *url = NULL;
    char *https = xasprintf("https://%s", address);
    char *error = name_parse_url(https, &url);
    free(https);
    free(url);
    free(error);
    return (error ? xstrdup("the address of the authentication centre must be "
                            "HOST:PORT, with an IPv6 address in brackets")
            : NULL);
}

EVP_PKEY *
x509_seed_key(const struct secret *seed)
{
    ovs_assert(secret_size(seed) == X509_SEED_SIZE);
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(
        EVP_PKEY_ED25519, NULL, secret_bytes(seed), X509_SEED_SIZE);
    ovs_assert(key);
    return key;
}

bool
x509_basic_parse(const char *header, char digest[X509_DIGEST_STRLEN],
                 char **namep)
{
    static const char scheme[] = "Basic ";
    size_t n_scheme = sizeof scheme - 1, size;
    uint8_t octets[X509_SEED_SIZE];

    *namep = NULL;
    if (strncasecmp(header, scheme, n_scheme)) {
        return false;
    }
    header += n_scheme;
    char *text = (char *) decode_base64(header, strlen(header), &size);
    char *colon = text ? memchr(text, ':', size) : NULL;
    if (colon && decode_base64url(colon + 1, text + size - (colon + 1),
                                  octets)) {
        struct secret *seed = secret_create(octets, sizeof octets);
        EVP_PKEY *key = x509_seed_key(seed);
        x509_key_digest(key, digest);
        *namep = xmemdup0(text, colon - text);
        EVP_PKEY_free(key);
        secret_destroy(seed);
    }
    OPENSSL_cleanse(octets, sizeof octets);
    wiping_free(text);
    return *namep != NULL;
}

X509 *
x509_bootstrap_cert(EVP_PKEY *key, const char *name)
{
    X509 *cert = X509_new();
    ovs_assert(cert && X509_set_version(cert, X509_VERSION_3)
               && set_serial(cert)
               && set_subject(cert, name)
               && X509_set_issuer_name(cert, X509_get_subject_name(cert))
               && ASN1_TIME_set_string(X509_getm_notBefore(cert),
                                       "19700101000000Z")
               && ASN1_TIME_set_string(X509_getm_notAfter(cert),
                                       "99991231235959Z")
               && X509_set_pubkey(cert, key)
               && sign(cert, key));
    ERR_clear_error();
    return cert;
}
