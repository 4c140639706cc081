/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/auc/call-back.h"

#include <string.h>

#include "lib/bounds.h"
#include "lib/restconf/restconf-client.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "timeval.h"
#include "util.h"

#define TIMEOUT_MS 1500         /* Of a try. */
#define PAUSE_MS 500            /* Between tries. */
#define MAX_TRIES 2
#define KEEP_MS 2500            /* What was found out. */

struct call {
    struct restconf_client *client;     /* While it is asked. */
    enum call_back state;
    int n_tries;                /* That have failed. */
    char *reason;               /* Why the last one did. */
    char *name, *url;           /* Who was asked. */
    char **digests;
    size_t n_digests;
    long long int next_ms;      /* A try is due, or the end of what was found
                                 * out. */
};

struct call_backs {
    struct restconf_clients *clients;
    struct shash calls;         /* struct call, by name, URL and keys. */
};

char *
call_backs_create(const struct tls_files *files,
                  struct call_backs **call_backsp)
{
    struct call_backs *cbs = xzalloc(sizeof *cbs);
    struct restconf_config config = {
        .files = files,
        .request_timeout_ms = TIMEOUT_MS,
        .server = "sdsa-agent",
    };
    shash_init(&cbs->calls);
    char *error = restconf_clients_create(&config, &cbs->clients);
    if (error) {
        call_backs_destroy(cbs);
        cbs = NULL;
    }
    *call_backsp = cbs;
    return error;
}

static void
destroy_call(struct shash *calls, struct shash_node *node)
{
    struct call *call = node->data;
    restconf_client_destroy(call->client);
    for (size_t i = 0; i < call->n_digests; i++) {
        free(call->digests[i]);
    }
    free(call->digests);
    free(call->reason);
    free(call->name);
    free(call->url);
    free(call);
    shash_delete(calls, node);
}

void
call_backs_destroy(struct call_backs *cbs)
{
    if (cbs) {
        struct shash_node *node;
        SHASH_FOR_EACH_SAFE (node, &cbs->calls) {
            destroy_call(&cbs->calls, node);
        }
        shash_destroy(&cbs->calls);
        restconf_clients_destroy(cbs->clients);
        free(cbs);
    }
}

/* A new connection each time: the server must show its key. */
static void
try(struct call_backs *cbs, struct call *call)
{
    call->client = restconf_client_create(cbs->clients, call->name,
                                          call->url);
    restconf_client_pin(call->client, call->digests, call->n_digests);
    restconf_client_request(call->client, "GET", "/yang-library-version", NULL,
                            NULL, &BOUNDS_ANSWER_STATE);
    call->next_ms = LLONG_MAX;
}

enum call_back
call_backs_ask(struct call_backs *cbs, const char *name, const char *url,
               char *const digests[], size_t n, const char **reasonp)
{
    struct ds key = DS_EMPTY_INITIALIZER;
    ds_put_format(&key, "%s %s", name, url);
    for (size_t i = 0; i < n; i++) {
        ds_put_format(&key, " %s", digests[i]);
    }
    struct call *call = shash_find_data(&cbs->calls, ds_cstr(&key));
    if (!call) {
        call = xzalloc(sizeof *call);
        call->name = xstrdup(name);
        call->url = xstrdup(url);
        call->digests = xmalloc(n * sizeof *call->digests);
        for (size_t i = 0; i < n; i++) {
            call->digests[call->n_digests++] = xstrdup(digests[i]);
        }
        shash_add(&cbs->calls, ds_cstr(&key), call);
        try(cbs, call);
        poll_immediate_wake();
    }
    ds_destroy(&key);
    *reasonp = call->reason;
    return call->state;
}

/* Takes the answer, if there is one.  Any answer does: the handshake has
 * proven name and key. */
static void
take_answer(struct call *call)
{
    struct restconf_result result;
    if (!call->client || !restconf_client_next_result(call->client, &result)) {
        return;
    }
    restconf_client_destroy(call->client);
    call->client = NULL;
    free(call->reason);
    call->reason = NULL;
    if (result.status) {
        call->state = CALL_BACK_ALIVE;
    } else {
        call->reason = xstrdup(result.error);
        if (++call->n_tries >= MAX_TRIES) {
            call->state = CALL_BACK_DEAD;
        }
    }
    call->next_ms = time_msec() + (call->state == CALL_BACK_PENDING
                                   ? PAUSE_MS : KEEP_MS);
    poll_immediate_wake();
    free(result.body);
    free(result.error);
}

void
call_backs_run(struct call_backs *cbs)
{
    struct shash_node *node;
    restconf_clients_run(cbs->clients);
    SHASH_FOR_EACH_SAFE (node, &cbs->calls) {
        struct call *call = node->data;
        take_answer(call);
        if (time_msec() >= call->next_ms) {
            if (call->state == CALL_BACK_PENDING) {
                try(cbs, call);
            } else {
                destroy_call(&cbs->calls, node);
            }
        }
    }
}

void
call_backs_wait(struct call_backs *cbs)
{
    const struct shash_node *node;
    restconf_clients_wait(cbs->clients);
    SHASH_FOR_EACH (node, &cbs->calls) {
        const struct call *call = node->data;
        if (call->next_ms != LLONG_MAX) {
            poll_timer_wait_until(call->next_ms);
        }
    }
}
