/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/registrar/auc-client.h"

#include <ctype.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "lib/bounds.h"
#include "lib/restconf/curl-loop.h"
#include "lib/tls.h"
#include "lib/x509.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "util.h"

#define CONNECT_TIMEOUT_MS 4000
#define TIMEOUT_MS 10000        /* The AuC puts a request off for 2 s. */
#define AUC_NAME "sdsa-auc"
#define MAX_RETRY_S 300

struct auc_client {
    struct curl_loop *loop;
    char *address, *host;       /* The host without brackets. */
    struct sset trusted;        /* Digests of CAs' keys. */
    X509 *cert;
    EVP_PKEY *key;
    char *peer_ip, *own_ip;     /* Of the last connection, or NULL. */

    /* The request. */
    CURL *easy;                 /* NULL: there is none. */
    struct curl_slist *headers;
    char *body;
    struct curl_answer answer;
    const char *untrusted;      /* Why the AuC was not believed, or NULL. */
    char curl_error[CURL_ERROR_SIZE];
};

char *
auc_client_create(struct auc_client **clientp)
{
    struct auc_client *client = xzalloc(sizeof *client);
    sset_init(&client->trusted);
    ds_init(&client->answer.text);
    *clientp = NULL;
    char *error = curl_loop_create(&client->loop);
    if (error) {
        auc_client_destroy(client);
    } else {
        *clientp = client;
    }
    return error;
}

void
auc_client_cancel(struct auc_client *client)
{
    if (client->easy) {
        curl_loop_remove(client->loop, client->easy);
        curl_loop_free_easy(client->easy);
        client->easy = NULL;
    }
    curl_slist_free_all(client->headers);
    client->headers = NULL;
    free(client->body);
    client->body = NULL;
}

bool
auc_client_is_busy(const struct auc_client *client)
{
    return client->easy != NULL;
}

static void
forget(struct auc_client *client)
{
    auc_client_cancel(client);
    free(client->address);
    free(client->host);
    sset_destroy(&client->trusted);
    X509_free(client->cert);
    EVP_PKEY_free(client->key);
}

void
auc_client_destroy(struct auc_client *client)
{
    if (client) {
        forget(client);
        curl_loop_destroy(client->loop);
        ds_destroy(&client->answer.text);
        free(client->peer_ip);
        free(client->own_ip);
        free(client);
    }
}

/* A connection belongs to the key that was shown on it: so none is kept. */
void
auc_client_set(struct auc_client *client, const char *address,
               const struct sset *trusted, X509 *cert, EVP_PKEY *key)
{
    struct curl_loop *loop;
    forget(client);
    char *error = curl_loop_create(&loop);
    if (!error) {
        curl_loop_destroy(client->loop);
        client->loop = loop;
    }
    free(error);                /* Without a descriptor: the old one. */

    bool bracket = address[0] == '[';
    client->address = xstrdup(address);
    client->host = xmemdup0(address + bracket,
                            (bracket ? strcspn(address, "]")
                             : strcspn(address, ":")) - bracket);
    sset_clone(&client->trusted, trusted);
    X509_up_ref(cert);
    client->cert = cert;
    EVP_PKEY_up_ref(key);
    client->key = key;
}

/* Proof of the AuC. */

static bool
has_name(const struct auc_client *client, X509 *cert)
{
    return (X509_check_host(cert, AUC_NAME, 0, X509_CHECK_FLAG_NO_WILDCARDS,
                            NULL) == 1
            || X509_check_ip_asc(cert, client->host, 0) == 1
            || X509_check_host(cert, client->host, 0,
                               X509_CHECK_FLAG_NO_WILDCARDS, NULL) == 1);
}

/* Verifies the AuC's certificate, in the place of OpenSSL's own function. */
static int
verify(X509_STORE_CTX *ctx, void *client_)
{
    struct auc_client *client = client_;
    STACK_OF(X509) *shown = X509_STORE_CTX_get0_untrusted(ctx);
    STACK_OF(X509) *roots = sk_X509_new_null();
    for (int i = 0; i < sk_X509_num(shown); i++) {
        X509 *cert = sk_X509_value(shown, i);
        char digest[X509_DIGEST_STRLEN];
        x509_cert_digest(cert, digest);
        if (X509_check_ca(cert) && X509_self_signed(cert, 1) == 1
            && sset_contains(&client->trusted, digest)) {
            sk_X509_push(roots, cert);
        }
    }
    X509_STORE_CTX_set0_trusted_stack(ctx, roots);
    int ok = sk_X509_num(roots) && X509_verify_cert(ctx) == 1;
    if (!sk_X509_num(roots)) {
        client->untrusted = "it is not the one of the token: no CA of its "
                            "certificate has the token's digest";
        X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_UNTRUSTED);
    } else if (!ok) {
        client->untrusted = X509_verify_cert_error_string(
            X509_STORE_CTX_get_error(ctx));
    } else if (!has_name(client, X509_STORE_CTX_get0_cert(ctx))) {
        client->untrusted = "its certificate has not the name \""AUC_NAME"\", "
                            "nor that of its host";
        X509_STORE_CTX_set_error(ctx, X509_V_ERR_HOSTNAME_MISMATCH);
        ok = 0;
    }
    X509_STORE_CTX_set0_trusted_stack(ctx, NULL);
    sk_X509_free(roots);
    return ok;
}

static CURLcode
ssl_ctx_cb(CURL *easy OVS_UNUSED, void *ctx, void *client_)
{
    struct auc_client *client = client_;
    tls_ctx_harden(ctx);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, verify, client);
    return (SSL_CTX_use_certificate(ctx, client->cert) == 1
            && SSL_CTX_use_PrivateKey(ctx, client->key) == 1
            ? CURLE_OK : CURLE_SSL_CERTPROBLEM);
}

/* Requests. */

static void
add_header(struct auc_client *client, const char *name, const char *value)
{
    char *header = xasprintf("%s:%s%s", name, value[0] ? " " : "", value);
    client->headers = curl_slist_append(client->headers, header);
    free(header);
}

void
auc_client_send(struct auc_client *client, const char *method,
                const char *path, const char *content_type, const char *body)
{
    auc_client_cancel(client);
    client->easy = curl_easy_init();
    client->body = nullable_xstrdup(body);
    client->untrusted = NULL;
    client->curl_error[0] = '\0';

    CURL *easy = client->easy;
    char *url = xasprintf("https://%s%s", client->address, path);
    curl_loop_set_up(easy, url, CONNECT_TIMEOUT_MS, ssl_ctx_cb, client);
    free(url);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long) TIMEOUT_MS);
    /* The only proof is that of verify(). */
    curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, client->curl_error);
    curl_answer_use(&client->answer, easy, BOUNDS_ANSWER_AUC.octets);
    add_header(client, "Expect", "");
    if (body) {
        add_header(client, "Content-Type", content_type);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, client->body);
    }
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, client->headers);
    curl_loop_add(client->loop, easy);
}

/* Answers. */

static void
note_address(CURL *easy, CURLINFO info, char **textp)
{
    char *text = NULL;
    curl_easy_getinfo(easy, info, &text);
    if (text && text[0]) {
        free(*textp);
        *textp = xstrdup(text);
    }
}

static char *
no_answer(const struct auc_client *client, CURLcode code)
{
    return (client->untrusted
            ? xasprintf("the AuC at %s is not believed: %s", client->address,
                        client->untrusted)
            : client->answer.is_too_long
            ? xasprintf("the AuC at %s: its answer has more than %"PRIuSIZE
                        " octets", client->address, BOUNDS_ANSWER_AUC.octets)
            : xasprintf("the AuC at %s does not answer (%s)", client->address,
                        client->curl_error[0] ? client->curl_error
                        : curl_easy_strerror(code)));
}

static char *
refusal(const struct auc_client *client, int status)
{
    char *raw = xstrdup(ds_cstr_ro(&client->answer.text));
    for (size_t n = strlen(raw); n && isspace((unsigned char) raw[n - 1]);) {
        raw[--n] = '\0';
    }
    for (char *p = raw; *p; p++) {
        if ((unsigned char) *p >= 0x7f) {       /* Perhaps no UTF-8. */
            *p = '?';
        }
    }
    char *reason = bounds_cut_text(raw);
    char *error = xasprintf("the AuC at %s refuses with %d%s%s",
                            client->address, status, reason[0] ? ": " : "",
                            reason);
    free(raw);
    free(reason);
    return error;
}

bool
auc_client_next(struct auc_client *client, struct auc_answer *answer)
{
    CURLcode code;
    if (!client->easy || curl_loop_next_done(client->loop, &code)
                         != client->easy) {
        return false;
    }
    long int status = 0;
    curl_off_t retry_s = 0;
    if (code == CURLE_OK) {
        curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(client->easy, CURLINFO_RETRY_AFTER, &retry_s);
        note_address(client->easy, CURLINFO_PRIMARY_IP, &client->peer_ip);
        note_address(client->easy, CURLINFO_LOCAL_IP, &client->own_ip);
    }
    auc_client_cancel(client);
    *answer = (struct auc_answer) {
        .status = status,
        .retry_s = MIN(MAX(retry_s, 0), MAX_RETRY_S),
        .body = ds_cstr(&client->answer.text),
        .error = (!status ? no_answer(client, code)
                  : status / 100 != 2 ? refusal(client, status) : NULL),
    };
    return true;
}

const char *
auc_client_peer_ip(const struct auc_client *client)
{
    return client->peer_ip;
}

const char *
auc_client_own_ip(const struct auc_client *client)
{
    return client->own_ip;
}

void
auc_client_run(struct auc_client *client)
{
    curl_loop_run(client->loop);
}

void
auc_client_wait(struct auc_client *client)
{
    curl_loop_wait(client->loop);
}
