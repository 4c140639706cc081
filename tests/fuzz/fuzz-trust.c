/* SPDX-License-Identifier: Apache-2.0 */
/* What VNFs send to an authentication centre, and what they are given.  An
 * input is one octet and a document; the octet says which document: a request
 * for a certificate, in base64 or as the octets that base64 stands for, a
 * token, or a registration; (253) a token as a password; or (254, 255) a bag
 * of certificates in the first two forms.
 *
 * What is taken has the form that others rely on: a key of a kind that VNFs
 * may use, a token that is written as it was read, and a registration that is
 * the same when it is read again. */
#include <config.h>

#include "tests/fuzz/fuzz.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "lib/name.h"
#include "lib/secret.h"
#include "lib/x509.h"
#include "ofctl-app/auc/claim.h"
#include "vnf-agent/registrar/identity.h"

int
LLVMFuzzerInitialize(int *argc OVS_UNUSED, char ***argv OVS_UNUSED)
{
    fuzz_init();
    return 0;
}

static void
check_request(const char *base64, size_t size)
{
    struct x509_request request;
    char digest[X509_DIGEST_STRLEN];
    char *error = x509_request_parse(base64, size, &request);
    if (!error) {
        FUZZ_CHECK(!x509_check_key(request.key));
        x509_key_digest(request.key, digest);
        FUZZ_CHECK(x509_digest_is_valid(digest));
        x509_request_uninit(&request);
    }
    free(error);
}

/* The bag's first certificate is taken for a CA that is trusted: no other is,
 * unless that one has signed it.  No certificate of the bag is for our key. */
static void
check_bag(const char *base64, size_t size)
{
    X509 **certs;
    size_t n;
    char *error = x509_from_pkcs7(base64, size, &certs, &n);
    if (!error) {
        char digest[X509_DIGEST_STRLEN];
        struct sset trusted = SSET_INITIALIZER(&trusted);
        struct identity *id = identity_create("auc:8450", "");
        x509_cert_digest(certs[0], digest);
        sset_add(&trusted, digest);
        error = identity_take_cas(id, certs, n, &trusted);
        if (!error) {
            FUZZ_CHECK(id->n_cas && id->n_cas <= n);
            for (size_t i = 0; i < id->n_cas; i++) {
                FUZZ_CHECK(X509_check_ca(id->cas[i]));
            }
        }
        free(error);
        error = identity_take_cert(id, certs[n - 1], "gw1");
        FUZZ_CHECK(error && !id->cert);
        identity_destroy(id);
        sset_destroy(&trusted);
    }
    x509_free_certs(certs, n);
    free(error);
}

static void
check_der(const uint8_t *der, size_t size,
          void (*check)(const char *base64, size_t size))
{
    char *base64 = xmalloc(4 * ((size + 2) / 3) + 1);
    int n = EVP_EncodeBlock((unsigned char *) base64, der, size);
    check(base64, n);
    free(base64);
}

static void
check_token(const char *text)
{
    struct x509_token token;
    char *error = x509_token_parse(text, &token);
    if (!error) {
        error = name_check_vnf_id(token.vnf_id);
        FUZZ_CHECK(!error);
        char *again = x509_token_format(&token);
        FUZZ_CHECK(strstr(text, again));
        wiping_free(again);
        x509_token_uninit(&token);
    }
    free(error);
}

static void
check_basic(const char *header)
{
    char digest[X509_DIGEST_STRLEN];
    char *name;
    if (x509_basic_parse(header, digest, &name)) {
        FUZZ_CHECK(x509_digest_is_valid(digest));
        free(name);
    } else {
        FUZZ_CHECK(!name);
    }
}

static void
check_claim(const char *body, size_t size)
{
    const struct claim_context context = { .name = "gw1", .source = "::1" };
    struct claim claim;
    char *error = claim_parse(body, size, &claim);
    if (!error) {
        char *url = NULL;
        FUZZ_CHECK(!name_parse_url(claim.url, &url));
        FUZZ_CHECK(!strcmp(claim.url, url));
        free(url);
        error = claim_check_context(&claim, &context);
        claim_uninit(&claim);
    }
    free(error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size) {
        char *text = xmemdup0((const char *) data + 1, size - 1);
        switch (data[0] >= 253 ? data[0] : data[0] % 4) {
        case 253: check_basic(text); break;
        case 254: check_bag(text, size - 1); break;
        case 255: check_der(data + 1, size - 1, check_bag); break;
        case 0: check_request(text, size - 1); break;
        case 1: check_der(data + 1, size - 1, check_request); break;
        case 2: check_token(text); break;
        case 3: check_claim(text, size - 1); break;
        }
        free(text);
    }
    return 0;
}
