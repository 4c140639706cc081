/* SPDX-License-Identifier: Apache-2.0 */
/* Drives lib/x509.  What it writes is judged by openssl(1). */
#include <config.h>
#undef NDEBUG

#include <assert.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/secret.h"
#include "lib/wiping-buffer.h"
#include "lib/x509.h"
#include "util.h"

/* Returns what is in the file, and its size.  Caller frees. */
static char *
read_file(const char *name, size_t *size)
{
    FILE *stream = !strcmp(name, "-") ? stdin : fopen(name, "r");
    char *text = xmalloc(1 << 20);
    assert(stream);
    *size = fread(text, 1, 1 << 20, stream);
    if (stream != stdin) {
        fclose(stream);
    }
    return text;
}

/* Ends the process if there is a message. */
static void
check(char *error)
{
    if (error) {
        puts(error);
        free(error);
        exit(1);
    }
}

static X509 **
read_certs(const char *name, size_t *n)
{
    size_t size;
    char *pem = read_file(name, &size);
    X509 **certs;
    check(x509_read_certs(pem, size, &certs, n));
    free(pem);
    return certs;
}

static void
cmd_digest(char *argv[])
{
    char digest[X509_DIGEST_STRLEN];
    size_t n;
    X509 **certs = read_certs(argv[1], &n);
    x509_cert_digest(certs[0], digest);
    assert(x509_digest_is_valid(digest));
    puts(digest);
    x509_free_certs(certs, n);
}

static void
cmd_public_key(char *argv[])
{
    char digest[X509_DIGEST_STRLEN];
    size_t size;
    char *pem = read_file(argv[1], &size);
    char *error = x509_read_public_key(pem, size, digest);
    puts(error ? error : digest);
    free(error);
    free(pem);
}

/* Parses the request in the file 'name', or prints what is wrong with it and
 * ends the process. */
static void
read_request(const char *name, struct x509_request *request)
{
    size_t size;
    char *text = read_file(name, &size);
    char *error = x509_request_parse(text, size, request);
    free(text);
    check(error);
}

static void
cmd_request(char *argv[])
{
    struct x509_request request;
    char digest[X509_DIGEST_STRLEN];
    read_request(argv[1], &request);
    x509_key_digest(request.key, digest);
    printf("%s", digest);
    const char *name;
    size_t i;
    SVEC_FOR_EACH (i, name, &request.names) {
        printf(" %s", name);
    }
    printf("\n");
    x509_request_uninit(&request);
}

/* sign CA CA-KEY REQUEST NAME TENANT SECONDS */
static void
cmd_sign(char *argv[])
{
    struct x509_request request;
    struct x509_subject subject = {
        argv[4], argv[5][0] ? argv[5] : NULL, atoll(argv[6])
    };
    size_t n, size;
    X509 **ca = read_certs(argv[1], &n);
    char *pem = read_file(argv[2], &size);
    EVP_PKEY *key;
    X509 *cert;

    check(x509_read_private_key(pem, size, &key));
    read_request(argv[3], &request);
    check(x509_sign(ca[0], key, request.key, &subject, &cert));
    PEM_write_X509(stdout, cert);
    X509_free(cert);
    x509_request_uninit(&request);
    EVP_PKEY_free(key);
    free(pem);
    x509_free_certs(ca, n);
}

static void
cmd_pkcs7(char *argv[])
{
    size_t n;
    X509 **certs = read_certs(argv[1], &n);
    char *base64 = x509_to_pkcs7(certs, n);
    puts(base64);
    free(base64);
    x509_free_certs(certs, n);
}

/* from-pkcs7 FILE: the certificates in PEM. */
static void
cmd_from_pkcs7(char *argv[])
{
    size_t n, size;
    char *text = read_file(argv[1], &size);
    X509 **certs;
    struct wiping_buffer pem = WIPING_BUFFER_INITIALIZER;
    char *error = x509_from_pkcs7(text, size, &certs, &n);
    free(text);
    check(error);
    for (size_t i = 0; i < n; i++) {
        x509_put_cert(&pem, certs[i]);
    }
    fwrite(wiping_buffer_head(&pem), 1, pem.size, stdout);
    wiping_buffer_uninit(&pem);
    x509_free_certs(certs, n);
}

/* make-request NAME: a new key in PEM, a line feed, and its request. */
static void
cmd_make_request(char *argv[])
{
    struct wiping_buffer pem = WIPING_BUFFER_INITIALIZER;
    EVP_PKEY *key = x509_make_key();
    char *request = x509_make_request(key, argv[1]);
    x509_put_private_key(&pem, key);
    printf("%.*s\n%s\n", (int) pem.size, wiping_buffer_head(&pem), request);
    wiping_buffer_uninit(&pem);
    free(request);
    EVP_PKEY_free(key);
}

/* token VNF-ID SEED CA-DIGEST ADDRESS: the seed in hex with colons. */
static void
cmd_token(char *argv[])
{
    struct x509_token token = {
        .vnf_id = argv[1],
        .seed = secret_from_hex(argv[2], strlen(argv[2])),
        .address = argv[4],
    };
    ovs_strlcpy(token.ca_digest, argv[3], sizeof token.ca_digest);
    char *text = x509_token_format(&token);
    puts(text);
    wiping_free(text);
    secret_destroy(token.seed);
}

/* token-parse TEXT */
static void
cmd_token_parse(char *argv[])
{
    struct x509_token token;
    check(x509_token_parse(argv[1], &token));
    char hex[3 * X509_SEED_SIZE];
    secret_to_hex(token.seed, hex);
    printf("%s %s %s %s\n", token.vnf_id, hex, token.ca_digest,
           token.address);
    x509_token_uninit(&token);
}

/* bootstrap TOKEN: key and certificate. */
static void
cmd_bootstrap(char *argv[])
{
    struct x509_token token;
    check(x509_token_parse(argv[1], &token));
    EVP_PKEY *key = x509_seed_key(token.seed);
    X509 *cert = x509_bootstrap_cert(key, token.vnf_id);
    PEM_write_PrivateKey(stdout, key, NULL, NULL, 0, NULL, NULL);
    PEM_write_X509(stdout, cert);
    X509_free(cert);
    EVP_PKEY_free(key);
    x509_token_uninit(&token);
}

int
main(int argc, char *argv[])
{
    static const struct {
        const char *name;
        void (*run)(char *argv[]);
        int n_args;
    } commands[] = {
        { "digest", cmd_digest, 1 },
        { "public-key", cmd_public_key, 1 },
        { "request", cmd_request, 1 },
        { "sign", cmd_sign, 6 },
        { "pkcs7", cmd_pkcs7, 1 },
        { "from-pkcs7", cmd_from_pkcs7, 1 },
        { "make-request", cmd_make_request, 1 },
        { "token", cmd_token, 4 },
        { "token-parse", cmd_token_parse, 1 },
        { "bootstrap", cmd_bootstrap, 1 },
    };
    set_program_name(argv[0]);
    for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++) {
        if (!strcmp(argv[1], commands[i].name)
            && argc - 2 == commands[i].n_args) {
            commands[i].run(argv + 1);
            return 0;
        }
    }
    ovs_fatal(0, "usage: test-x509 COMMAND ARGUMENT...");
}
