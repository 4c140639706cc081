/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/restconf/restconf-client.h"

#include <errno.h>
#include <jansson.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "lib/bounds.h"
#include "lib/restconf/curl-loop.h"
#include "lib/restconf/restconf-client-private.h"
#include "lib/restconf/restconf-patch.h"
#include "lib/restconf/restconf-root.h"
#include "lib/secret.h"
#include "lib/tls-files.h"
#include "lib/tls.h"
#include "lib/wiping-buffer.h"
#include "lib/x509.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "sset.h"
#include "util.h"

#define CONNECT_TIMEOUT_MS 2000
#define JSON_TYPE "application/yang-data+json"
#define BATCH_MAX_EDITS 2000    /* Edits of a request: about 2 MB. */

struct restconf_clients {
    struct restconf_config config;
    struct curl_loop *loop;
    struct ovs_list clients;    /* struct restconf_client. */
    uint64_t last_ticket;
};

struct client_request {
    struct ovs_list node;       /* In client's 'queue' or 'current'. */
    uint64_t ticket;
    char *method, *path, *content_type;
    char *body;                 /* Wiping memory, or NULL. */
    struct answer_bounds bounds;        /* Of its answer. */
    struct restconf_patch *patch;       /* Or NULL.  Stands in place of the
                                 * strings, and may share a transfer. */
    bool apart;                 /* The patch shares none with those before
                                 * it. */
};

struct client_result {
    struct ovs_list node;       /* In client's 'results'. */
    struct restconf_result result;
};

struct restconf_client {
    struct ovs_list node;       /* In clients' 'clients'. */
    struct restconf_clients *clients;
    uint64_t first_ticket;      /* First ticket that this object can give. */
    char *name, *url;
    char *base;                 /* URL without a path, for libcurl. */
    char *root;                 /* "/restconf"; NULL: not known yet. */
    bool root_is_given;         /* By the URL. */
    struct curl_slist *connect_to;
    struct sset pins;           /* Digests of the keys of which the server
                                 * must have one; none: any will do. */
    struct curl_sockets *sockets;       /* Also of its event stream. */
    struct sset proven;         /* Digests of keys that the server has proven
                                 * on connections that may be open. */
    struct cert_life life;      /* See restconf_client_cert_life(). */
    bool is_fresh;              /* The next transfer needs a new
                                 * connection. */

    /* What was wrong last with a certificate that the server showed. */
    int cert_error;             /* X509_V_ERR_*. */
    int cert_depth;             /* 0: the server's own. */
    int64_t bad_end;            /* Its end. */

    /* One transfer at a time. */
    struct ovs_list queue;      /* struct client_request, waiting. */
    struct ovs_list current;    /* Requests of this transfer: one, or several
                                 * patches, or none for the root. */
    bool busy;                  /* There is a transfer. */
    char *body;                 /* Sent by the transfer, wiping memory; or
                                 * NULL. */
    CURL *easy;
    struct curl_slist *headers; /* Of the transfer. */
    struct curl_answer answer;  /* So far. */
    struct answer_bounds bounds;        /* Of the answer. */
    char curl_error[CURL_ERROR_SIZE];
    struct ovs_list results;    /* struct client_result. */
    unsigned long long int n_patches, n_patch_transfers;
};

/* Lifecycle. */

char *
restconf_clients_create(const struct restconf_config *config,
                        struct restconf_clients **clientsp)
{
    struct restconf_clients *clients = xzalloc(sizeof *clients);
    clients->config = *config;
    ovs_list_init(&clients->clients);

    *clientsp = NULL;
    char *error = curl_loop_create(&clients->loop);
    if (error) {
        restconf_clients_destroy(clients);
        return error;
    }
    if (!clients->config.request_timeout_ms) {
        clients->config.request_timeout_ms = 4000;
    }
    json_set_alloc_funcs(wiping_malloc, wiping_free);   /* For bodies. */
    *clientsp = clients;
    return NULL;
}

void
restconf_clients_destroy(struct restconf_clients *clients)
{
    if (clients) {
        ovs_assert(ovs_list_is_empty(&clients->clients));
        curl_loop_destroy(clients->loop);
        free(clients);
    }
}

/* Gives libcurl the server's name as the host, and the URL's address as the
 * place where to connect: so it never sends over a connection on which another
 * name was proven. */
static void
set_address(struct restconf_client *client)
{
    const char scheme[] = "https://";
    if (strncmp(client->url, scheme, strlen(scheme))) {
        client->base = xstrdup(client->url);    /* libcurl will refuse it. */
        client->root = xstrdup("");
        client->root_is_given = true;
        return;
    }
    const char *host = client->url + strlen(scheme);
    size_t n = strcspn(host, "/");
    char *connect_to = xasprintf("::%.*s", (int) n, host);
    char *zone = strstr(connect_to, "%25");     /* RFC 6874. */
    if (zone) {
        memmove(zone + 1, zone + 3, strlen(zone + 3) + 1);
    }
    client->base = xasprintf("https://%s", client->name);
    client->connect_to = curl_slist_append(NULL, connect_to);
    if (host[n] && host[n + 1]) {
        client->root = xstrdup(&host[n]);
        client->root_is_given = true;
    }
    free(connect_to);
}

struct restconf_client *
restconf_client_create(struct restconf_clients *clients, const char *name,
                       const char *url)
{
    struct restconf_client *client = xzalloc(sizeof *client);
    client->clients = clients;
    client->first_ticket = clients->last_ticket + 1;
    client->name = xstrdup(name);
    client->url = xstrdup(url);
    set_address(client);
    client->sockets = curl_sockets_create();
    client->is_fresh = true;    /* One of its name may have been here. */
    sset_init(&client->pins);
    sset_init(&client->proven);
    ovs_list_init(&client->queue);
    ovs_list_init(&client->current);
    ovs_list_init(&client->results);
    client->easy = curl_easy_init();
    ds_init(&client->answer.text);
    ovs_list_push_back(&clients->clients, &client->node);
    return client;
}

bool
restconf_client_pin(struct restconf_client *client, char *const digests[],
                    size_t n)
{
    bool cuts = false;
    const char *proven;
    sset_clear(&client->pins);
    for (size_t i = 0; i < n; i++) {
        sset_add(&client->pins, digests[i]);
    }
    SSET_FOR_EACH (proven, &client->proven) {
        cuts = cuts || (n && !sset_contains(&client->pins, proven));
    }
    if (cuts) {
        restconf_client_cut(client);
    }
    return cuts;
}

struct cert_life
restconf_client_cert_life(const struct restconf_client *client)
{
    return client->life;
}

static void
request_destroy(struct client_request *req)
{
    free(req->method);
    free(req->path);
    free(req->content_type);
    wiping_free(req->body);
    restconf_patch_destroy(req->patch);
    free(req);
}

static void
destroy_requests(struct ovs_list *requests)
{
    struct client_request *req;
    LIST_FOR_EACH_POP (req, node, requests) {
        request_destroy(req);
    }
}

/* Ends the transfer, done or not.  Its requests stay in 'current'. */
static void
end_transfer(struct restconf_client *client)
{
    if (client->busy) {
        curl_loop_remove(client->clients->loop, client->easy);
        curl_easy_reset(client->easy);
        curl_slist_free_all(client->headers);
        client->headers = NULL;
        wiping_free(client->body);
        client->body = NULL;
        ds_clear(&client->answer.text);
        client->busy = false;
    }
}

void
restconf_client_cut(struct restconf_client *client)
{
    curl_sockets_cut(client->sockets);
    sset_clear(&client->proven);
    client->life = cert_life_of(NULL);
    client->is_fresh = true;
    if (!ovs_list_is_empty(&client->current)) {
        struct client_request *req
            = CONTAINER_OF(ovs_list_front(&client->current),
                           struct client_request, node);
        if (!req->patch) {      /* It was moved there. */
            req->body = client->body;
            client->body = NULL;
        }
        ovs_list_splice(client->queue.next,
                        ovs_list_front(&client->current), &client->current);
    }
    end_transfer(client);
}

void
restconf_client_destroy(struct restconf_client *client)
{
    if (!client) {
        return;
    }
    end_transfer(client);
    destroy_requests(&client->queue);
    destroy_requests(&client->current);
    curl_loop_free_easy(client->easy);
    curl_sockets_destroy(client->sockets);
    sset_destroy(&client->pins);
    sset_destroy(&client->proven);
    curl_slist_free_all(client->connect_to);

    struct client_result *r;
    LIST_FOR_EACH_POP (r, node, &client->results) {
        free(r->result.body);
        free(r->result.error);
        free(r);
    }
    ds_destroy(&client->answer.text);
    ovs_list_remove(&client->node);
    free(client->name);
    free(client->url);
    free(client->base);
    free(client->root);
    free(client);
}

/* Transfers. */

/* Where a context of a transfer has its session. */
static int
client_index(void)
{
    static int index = -1;
    if (index < 0) {
        index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
        ovs_assert(index >= 0);
    }
    return index;
}

/* Demands one of the keys, and notes what the server shows. */
static int
verify_cb(int ok, X509_STORE_CTX *store)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(
        store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct restconf_client *client
        = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), client_index());
    const X509 *cert = X509_STORE_CTX_get_current_cert(store);
    int depth = X509_STORE_CTX_get_error_depth(store);
    char digest[X509_DIGEST_STRLEN];
    if (ok && depth) {
        return 1;
    }
    if (ok) {
        x509_cert_digest(cert, digest);
        if (!sset_is_empty(&client->pins)
            && !sset_contains(&client->pins, digest)) {
            X509_STORE_CTX_set_error(store,
                                     X509_V_ERR_APPLICATION_VERIFICATION);
            ok = 0;
        }
    }
    if (ok) {
        sset_add(&client->proven, digest);
        client->life = cert_life_of(cert);
    } else {
        client->cert_error = X509_STORE_CTX_get_error(store);
        client->cert_depth = depth;
        client->bad_end = cert ? x509_cert_end(cert) : 0;
    }
    return ok;
}

/* Has OpenSSL check that the certificate has the server's name, whatever the
 * URL's host is.  (libcurl's own check is off: it accepts wildcards, and names
 * may look like addresses.) */
static CURLcode
ssl_ctx_cb(CURL *easy OVS_UNUSED, void *ctx, void *client_)
{
    struct restconf_client *client = client_;
    tls_ctx_harden(ctx);
    SSL_CTX_set_ex_data(ctx, client_index(), client);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, verify_cb);
    client->cert_error = X509_V_OK;
    return (tls_expect_name(SSL_CTX_get0_param(ctx), client->name)
            ? CURLE_OK : CURLE_SSL_CERTPROBLEM);
}

/* Has libcurl copy the octets (in wiping memory): they may change while a
 * transfer runs. */
static void
set_pem(CURL *easy, CURLoption option, const struct tls_pem_file *pem)
{
    struct curl_blob blob = {
        .data = wiping_buffer_head(&pem->octets), .len = pem->octets.size,
        .flags = CURL_BLOB_COPY,
    };
    curl_easy_setopt(easy, option, &blob);
}

/* Sets key and certificates.  libcurl compares the certificates when it looks
 * for a connection that is open: so new ones make a new connection. */
static void
set_files(CURL *easy, const struct tls_files *files)
{
    const struct tls_pem *pem = tls_files_pem(files);

    set_pem(easy, CURLOPT_SSLKEY_BLOB, &pem->private_key);
    set_pem(easy, CURLOPT_SSLCERT_BLOB, &pem->certificate);
    set_pem(easy, CURLOPT_CAINFO_BLOB, &pem->ca_cert);
}

void
restconf_client_set_up(struct restconf_client *client, CURL *easy,
                       const char *url)
{
    curl_loop_set_up(easy, url, CONNECT_TIMEOUT_MS, ssl_ctx_cb, client);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, client->connect_to);
    set_files(easy, client->clients->config.files);
    curl_sockets_use(client->sockets, easy);
}

char *
restconf_client_url(const struct restconf_client *client, const char *path)
{
    return xasprintf("%s%s", client->base, path);
}

const char *
restconf_client_name(const struct restconf_client *client)
{
    return client->name;
}

/* Starts a transfer of 'client->body' (NULL: none) to 'path' of the server,
 * whose answer is to keep within 'bounds'. */
static void
start_transfer(struct restconf_client *client, const char *method,
               const char *root, const char *path, const char *accept,
               const char *content_type, const struct answer_bounds *bounds)
{
    const struct restconf_config *config = &client->clients->config;
    CURL *easy = client->easy;
    char *url = xasprintf("%s%s%s", client->base, root, path);

    client->busy = true;
    client->bounds = *bounds;
    client->curl_error[0] = '\0';
    restconf_client_set_up(client, easy, url);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long) client->is_fresh);
    client->is_fresh = false;
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, client->curl_error);
    curl_answer_use(&client->answer, easy, bounds->octets);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, client);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                     (long) config->request_timeout_ms);

    char *accept_header = xasprintf("Accept: %s", accept);
    client->headers = curl_slist_append(NULL, accept_header);
    free(accept_header);
    client->headers = curl_slist_append(client->headers, "Expect:");
    if (client->body) {
        char *type = xasprintf("Content-Type: %s", content_type);
        client->headers = curl_slist_append(client->headers, type);
        free(type);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, client->body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE,
                         (long) strlen(client->body));
    }
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, client->headers);
    curl_loop_add(client->clients->loop, easy);
    free(url);
}

/* Moves the patches that wait behind 'first', which is in 'current', to
 * 'current', as far as they can share its transfer.  Returns all of them as
 * one patch. */
static struct restconf_patch *
gather_patches(struct restconf_client *client,
               const struct client_request *first)
{
    struct restconf_patch *all = restconf_patch_clone(first->patch);
    struct client_request *req;
    LIST_FOR_EACH_SAFE (req, node, &client->queue) {
        if (!req->patch || req->apart
            || (restconf_patch_n_edits(all)
                + restconf_patch_n_edits(req->patch) > BATCH_MAX_EDITS)
            || !restconf_patch_append(all, req->patch)) {
            break;
        }
        ovs_list_remove(&req->node);
        ovs_list_push_back(&client->current, &req->node);
    }
    return all;
}

/* Sends the request that has waited longest. */
static void
send_next(struct restconf_client *client)
{
    if (!client->root) {
        start_transfer(client, "GET", "", RESTCONF_ROOT_PATH,
                       RESTCONF_ROOT_CONTENT_TYPE, NULL, &BOUNDS_ANSWER_ROOT);
        return;
    }
    struct client_request *req
        = CONTAINER_OF(ovs_list_pop_front(&client->queue),
                       struct client_request, node);
    ovs_list_push_back(&client->current, &req->node);
    if (req->patch) {
        struct restconf_patch *all = gather_patches(client, req);
        client->body = restconf_patch_to_json(all);
        client->n_patch_transfers++;
        restconf_patch_destroy(all);
        start_transfer(client, "PATCH", client->root, "/data", JSON_TYPE,
                       RESTCONF_PATCH_CONTENT_TYPE, &BOUNDS_ANSWER_PATCH);
    } else {
        client->body = req->body;
        req->body = NULL;
        start_transfer(client, req->method, client->root, req->path,
                       JSON_TYPE, req->content_type, &req->bounds);
    }
}

/* Requests. */

static struct client_request *
enqueue(struct restconf_client *client)
{
    struct client_request *req = xmalloc(sizeof *req);
    *req = (struct client_request) {
        .ticket = ++client->clients->last_ticket,
    };
    ovs_list_push_back(&client->queue, &req->node);
    return req;
}

uint64_t
restconf_client_request(struct restconf_client *client, const char *method,
                        const char *path, const char *content_type,
                        char *body, const struct answer_bounds *bounds)
{
    struct client_request *req = enqueue(client);
    req->method = xstrdup(method);
    req->path = xstrdup(path);
    req->content_type = nullable_xstrdup(content_type);
    req->body = body;
    req->bounds = *bounds;
    return req->ticket;
}

uint64_t
restconf_client_patch(struct restconf_client *client,
                      struct restconf_patch *patch)
{
    struct client_request *req = enqueue(client);
    req->patch = patch;
    client->n_patches++;
    return req->ticket;
}

bool
restconf_client_has_ticket(const struct restconf_client *client,
                           uint64_t ticket)
{
    return ticket >= client->first_ticket;
}

bool
restconf_client_next_result(struct restconf_client *client,
                            struct restconf_result *result)
{
    if (ovs_list_is_empty(&client->results)) {
        return false;
    }
    struct client_result *r
        = CONTAINER_OF(ovs_list_pop_front(&client->results),
                       struct client_result, node);
    *result = r->result;
    free(r);
    return true;
}

void
restconf_client_forget_root(struct restconf_client *client)
{
    if (!client->root_is_given) {
        free(client->root);
        client->root = NULL;
    }
}

void
restconf_client_get_load(const struct restconf_client *client,
                         unsigned long long int *n_patches,
                         unsigned long long int *n_transfers)
{
    *n_patches = client->n_patches;
    *n_transfers = client->n_patch_transfers;
}

/* Errors. */

/* Returns the first "error-message" anywhere in 'json', or NULL. */
static const char *
find_message(const json_t *json)
{
    const char *message = NULL;
    if (json_is_object(json)) {
        const char *key;
        json_t *value;
        message = json_string_value(json_object_get(json, "error-message"));
        json_object_foreach (CONST_CAST(json_t *, json), key, value) {
            message = message ? message : find_message(value);
        }
    } else if (json_is_array(json)) {
        size_t i;
        json_t *value;
        json_array_foreach (json, i, value) {
            message = message ? message : find_message(value);
        }
    }
    return message;
}

/* Returns which bound the answer does not keep, or NULL.  Caller frees. */
static char *
answer_excess(const struct restconf_client *client)
{
    char *excess = (client->answer.is_too_long
                    ? xasprintf("has more than %"PRIuSIZE" octets",
                                client->bounds.octets)
                    : bounds_check_answer(&client->bounds,
                                          ds_cstr_ro(&client->answer.text)));
    char *error = excess ? xasprintf("%s: its answer %s", client->url, excess)
                         : NULL;
    free(excess);
    return error;
}

/* Returns what is wrong with the server's certificate.  Caller frees. */
static char *
certificate_error(const struct restconf_client *client)
{
    const char *whose = client->cert_depth ? "its CA's certificate"
                                           : "its certificate";
    if (client->cert_error == X509_V_ERR_CERT_HAS_EXPIRED) {
        char *end = x509_format_time(client->bad_end);
        char *error = xasprintf("%s: %s ended at %s", client->url, whose, end);
        free(end);
        return error;
    } else if (client->cert_error == X509_V_ERR_CERT_NOT_YET_VALID) {
        return xasprintf("%s: %s is not yet valid: check the clocks there and "
                         "here", client->url, whose);
    } else if (client->cert_error == X509_V_ERR_APPLICATION_VERIFICATION) {
        return xasprintf("%s: it has another key than %s has enrolled",
                         client->url, client->name);
    }
    return xasprintf("%s: its certificate is not one of ours for %s (%s)",
                     client->url, client->name, client->curl_error);
}

/* Returns a message of what went wrong with the transfer, or NULL.  Caller
 * frees. */
static char *
transfer_error(const struct restconf_client *client, CURLcode code,
               long int status, const char *body)
{
    if (code == CURLE_COULDNT_CONNECT) {
        return xasprintf("%s does not answer: is %s running there?",
                         client->url, client->clients->config.server);
    } else if (code == CURLE_OPERATION_TIMEDOUT) {
        return xasprintf("%s does not answer in time", client->url);
    } else if (code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR) {
        return xasprintf("%s breaks off its answer (%s)", client->url,
                         client->curl_error);
    } else if (code == CURLE_PEER_FAILED_VERIFICATION) {
        return certificate_error(client);
    } else if (code != CURLE_OK) {
        return xasprintf("%s: %s", client->url,
                         (client->curl_error[0] ? client->curl_error
                          : curl_easy_strerror(code)));
    } else if (status / 100 == 2) {
        return NULL;
    }
    json_t *json = json_loads(body, 0, NULL);
    const char *message = find_message(json);
    char *error = (message ? bounds_cut_text(message)
                   : xasprintf("%s: HTTP status %ld", client->url, status));
    json_decref(json);
    return error;
}

/* Running. */

static void
push_result(struct restconf_client *client, const struct client_request *req,
            long int status, const char *error)
{
    struct client_result *r = xmalloc(sizeof *r);
    r->result = (struct restconf_result) {
        .ticket = req->ticket,
        .status = status,
        .body = (req->patch ? NULL
                 : xstrdup(ds_cstr(&client->answer.text))),
        .error = nullable_xstrdup(error),
    };
    ovs_list_push_back(&client->results, &r->node);
}

/* Puts the patches of 'current' back to the head of the queue, to be sent in
 * two halves: one of them or more was refused, and none was applied. */
static void
split_patches(struct restconf_client *client)
{
    size_t n_left = ovs_list_size(&client->current) / 2;
    struct client_request *req;
    LIST_FOR_EACH (req, node, &client->current) {
        if (!n_left--) {
            req->apart = true;
            break;
        }
    }
    ovs_list_splice(client->queue.next,
                    ovs_list_front(&client->current), &client->current);
}

/* Handles the answer about the root.  A server that has no such document, or
 * no root in it, has it where most have it.  Any other answer, or none, says
 * nothing about that: the request that has waited longest fails, and the next
 * one asks again.  Returns what 'error', of which it takes ownership, is to
 * that request. */
static char *
handle_root(struct restconf_client *client, long int status, char *error)
{
    if (!error || status == 404) {
        client->root = error ? NULL : restconf_root_parse(
            ds_cstr(&client->answer.text));
        client->root = client->root ? client->root : xstrdup("/restconf");
        return error;
    }
    ovs_list_push_back(&client->current,
                       ovs_list_pop_front(&client->queue));
    if (!status) {
        return error;
    }
    char *reason = xasprintf("it does not say where its resources are (GET "
                             RESTCONF_ROOT_PATH"): %s", error);
    free(error);
    return reason;
}

static void
complete(struct restconf_client *client, CURLcode code)
{
    long int status = 0;
    curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &status);
    char *error = answer_excess(client);
    if (code != CURLE_OK || error) {
        status = 0;
    }
    error = error ? error : transfer_error(client, code, status,
                                           ds_cstr(&client->answer.text));
    if (ovs_list_is_empty(&client->current)) {
        error = handle_root(client, status, error);
    }
    if (error && status && ovs_list_size(&client->current) > 1) {
        split_patches(client);
    }
    const struct client_request *req;
    LIST_FOR_EACH (req, node, &client->current) {
        push_result(client, req, status, error);
    }
    free(error);
    destroy_requests(&client->current);
    end_transfer(client);
}

static bool
may_send(const struct restconf_client *client)
{
    return !client->busy && !ovs_list_is_empty(&client->queue);
}

void
restconf_clients_run(struct restconf_clients *clients)
{
    struct restconf_client *client;
    CURL *easy;
    CURLcode code;
    curl_loop_run(clients->loop);
    while ((easy = curl_loop_next_done(clients->loop, &code))) {
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &client);
        complete(client, code);
    }
    LIST_FOR_EACH (client, node, &clients->clients) {
        if (may_send(client)) {
            send_next(client);
        }
    }
}

void
restconf_clients_wait(struct restconf_clients *clients)
{
    curl_loop_wait(clients->loop);
    const struct restconf_client *client;
    LIST_FOR_EACH (client, node, &clients->clients) {
        if (!ovs_list_is_empty(&client->results) || may_send(client)) {
            poll_immediate_wake();
        }
    }
}
