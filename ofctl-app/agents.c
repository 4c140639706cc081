/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/agents.h"

#include <errno.h>
#include <jansson.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "lib/secret.h"
#include "lib/tls.h"
#include "ofctl-app/agent-state.h"
#include "ofctl-app/curl-loop.h"
#include "ofctl-app/sa-request.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "timeval.h"
#include "util.h"

#define CONNECT_TIMEOUT_MS 2000
#define SA_POLL_MS 5000
#define BACKOFF_MIN_MS 500      /* Between polls of an agent that is down. */
#define BACKOFF_MAX_MS 4000
#define MAX_BODY_BYTES (64 * 1024 * 1024)
#define BATCH_MAX_EDITS 2000    /* About 2 MB. */

#define STATE_PATH "/data/sdsa-agent:sdsa-agent/state"
#define SAS_PATH "/data/ietf-i2nsf-ikeless:ipsec-ikeless?content=nonconfig"

struct agents {
    struct agents_config config;
    struct curl_loop *loop;
    struct shash agents;        /* struct agent by VNF-ID. */
    uint64_t last_ticket;
};

enum request_kind {
    REQUEST_CALLER,             /* Of agent_request(). */
    REQUEST_STATE,              /* Polls. */
    REQUEST_SAS,
};

struct request {
    struct ovs_list node;       /* In agent's 'queue'. */
    enum request_kind kind;
    uint64_t ticket;
    char *method, *path, *content_type;
    char *body;                 /* Wiping memory, or NULL. */
    struct sa_request *patch;   /* Of agent_patch(), or NULL; then the above is
                                 * NULL, and it may be sent with others. */
    bool apart;                 /* But not with those before it. */
};

struct result_node {
    struct ovs_list node;       /* In agent's 'results'. */
    struct agent_result result;
};

struct agent {
    struct agents *agents;
    uint64_t first_ticket;      /* That this object may have given. */
    struct agent_state state;   /* From polls. */
    long long int next_state_ms, next_sas_ms;
    long long int asked_sas_ms, polled_sas_ms;
    long long int down_since_ms;        /* While it is down. */
    bool sas_wanted;            /* As soon as there is none on its way. */
    int backoff_ms;

    /* Requests: one transfer at a time. */
    struct ovs_list queue;      /* struct request, waiting. */
    struct ovs_list current;    /* Those that this transfer carries: one, or
                                 * several patches. */
    char *body;                 /* Of the transfer, wiping memory, or NULL. */
    CURL *easy;
    char *base;                 /* URL as libcurl is told it. */
    struct curl_slist *connect_to;
    struct curl_slist *headers; /* Of the transfer. */
    struct ds answer;           /* Body so far. */
    char curl_error[CURL_ERROR_SIZE];
    struct ovs_list results;    /* struct result_node. */
    unsigned long long int n_patches, n_patch_transfers;
};

/* Lifecycle. */

static char *
check_file(const char *option, const char *file_name)
{
    FILE *stream = file_name ? fopen(file_name, "r") : NULL;
    if (!stream) {
        return xasprintf("--%s: cannot read %s (%s)", option,
                         file_name ? file_name : "it",
                         ovs_strerror(file_name ? errno : EINVAL));
    }
    fclose(stream);
    return NULL;
}

/* Loads the three files once, so that a mistake in them shows at once. */
static char *
check_config(const struct agents_config *config)
{
    char *error = check_file("private-key", config->private_key);
    error = error ? error : check_file("certificate", config->certificate);
    error = error ? error : check_file("ca-cert", config->ca_cert);
    if (!error) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
        error = tls_ctx_load(ctx, config->private_key, config->certificate,
                             config->ca_cert);
        SSL_CTX_free(ctx);
    }
    return error;
}

char *
agents_create(const struct agents_config *config, struct agents **agentsp)
{
    *agentsp = NULL;
    char *error = check_config(config);
    if (error) {
        return error;
    }
    struct agents *agents = xzalloc(sizeof *agents);
    agents->config = *config;
    if (!agents->config.poll_interval_ms) {
        agents->config.poll_interval_ms = 2000;
    }
    if (!agents->config.request_timeout_ms) {
        agents->config.request_timeout_ms = 4000;
    }
    shash_init(&agents->agents);
    json_set_alloc_funcs(wiping_malloc, wiping_free);   /* For bodies. */
    agents->loop = curl_loop_create();
    *agentsp = agents;
    return NULL;
}

void
agents_destroy(struct agents *agents)
{
    if (agents) {
        struct shash_node *node;
        SHASH_FOR_EACH_SAFE (node, &agents->agents) {
            agents_remove(agents, node->data);
        }
        shash_destroy(&agents->agents);
        curl_loop_destroy(agents->loop);
        free(agents);
    }
}

/* The host that libcurl sees is the VNF-ID, which is connected to at the URL's
 * address: so it never sends over a connection on which another VNF-ID was
 * proven. */
static void
set_address(struct agent *agent, const char *vnf_id, const char *url)
{
    const char scheme[] = "https://";
    if (!strncmp(url, scheme, strlen(scheme))) {
        char *connect_to = xasprintf("::%s", url + strlen(scheme));
        agent->base = xasprintf("https://%s", vnf_id);
        agent->connect_to = curl_slist_append(NULL, connect_to);
        free(connect_to);
    } else {
        agent->base = xstrdup(url);     /* libcurl will refuse it. */
    }
}

struct agent *
agents_add(struct agents *agents, const char *vnf_id, const char *url)
{
    struct agent *agent = xzalloc(sizeof *agent);
    agent->agents = agents;
    agent->first_ticket = agents->last_ticket + 1;
    agent_state_init(&agent->state, vnf_id, url);
    set_address(agent, vnf_id, url);
    ovs_list_init(&agent->queue);
    ovs_list_init(&agent->current);
    ovs_list_init(&agent->results);
    agent->easy = curl_easy_init();
    ds_init(&agent->answer);
    agent->backoff_ms = BACKOFF_MIN_MS;
    agent->polled_sas_ms = LLONG_MIN;
    agent->down_since_ms = time_msec();
    shash_add_once(&agents->agents, vnf_id, agent);
    return agent;
}

static void
request_destroy(struct request *req)
{
    free(req->method);
    free(req->path);
    free(req->content_type);
    wiping_free(req->body);
    sa_request_destroy(req->patch);
    free(req);
}

static void
destroy_requests(struct ovs_list *requests)
{
    struct request *req;
    LIST_FOR_EACH_POP (req, node, requests) {
        request_destroy(req);
    }
}

/* Ends the transfer, done or not; leaves 'current'. */
static void
end_transfer(struct agent *agent)
{
    curl_loop_remove(agent->agents->loop, agent->easy);
    curl_easy_reset(agent->easy);
    curl_slist_free_all(agent->headers);
    agent->headers = NULL;
    wiping_free(agent->body);
    agent->body = NULL;
    ds_clear(&agent->answer);
}

void
agents_remove(struct agents *agents, struct agent *agent)
{
    if (!ovs_list_is_empty(&agent->current)) {
        end_transfer(agent);
    }
    destroy_requests(&agent->queue);
    destroy_requests(&agent->current);
    curl_loop_free_easy(agent->easy);
    curl_slist_free_all(agent->connect_to);
    free(agent->base);

    struct result_node *r;
    LIST_FOR_EACH_POP (r, node, &agent->results) {
        free(r->result.body);
        free(r->result.error);
        free(r);
    }
    ds_destroy(&agent->answer);
    shash_find_and_delete(&agents->agents, agent->state.vnf_id);
    agent_state_destroy(&agent->state);
    free(agent);
}

struct agent *
agents_find(const struct agents *agents, const char *vnf_id)
{
    return shash_find_data(&agents->agents, vnf_id);
}

struct agent *
agents_next(const struct agents *agents, const struct agent *prev)
{
    const struct hmap *map = &agents->agents.map;
    struct hmap_node *node
        = (prev ? hmap_next(map, &shash_find(&agents->agents,
                                             prev->state.vnf_id)->node)
           : hmap_first(map));
    return node ? CONTAINER_OF(node, struct shash_node, node)->data : NULL;
}

/* Transfers. */

/* The certificate must name the VNF-ID, whatever the URL's host is.
 * (libcurl's own check is off: it accepts wildcards, and VNF-IDs may look like
 * addresses.) */
static CURLcode
ssl_ctx_cb(CURL *easy OVS_UNUSED, void *ctx, void *agent_)
{
    const struct agent *agent = agent_;
    tls_ctx_harden(ctx);
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_hostflags(param,
                                    X509_CHECK_FLAG_NO_WILDCARDS
                                    | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return (X509_VERIFY_PARAM_set1_host(param, agent->state.vnf_id, 0)
            ? CURLE_OK : CURLE_SSL_CERTPROBLEM);
}

static size_t
write_cb(char *data, size_t size, size_t n, void *agent_)
{
    struct agent *agent = agent_;
    if (agent->answer.length + size * n > MAX_BODY_BYTES) {
        return 0;
    }
    ds_put_buffer(&agent->answer, data, size * n);
    return size * n;
}

/* Starts the transfer of 'agent->body' (or of none, if that is NULL). */
static void
start_transfer(struct agent *agent, const char *method, const char *path,
               const char *content_type)
{
    const struct agents_config *config = &agent->agents->config;
    CURL *easy = agent->easy;
    char *url = xasprintf("%s/restconf%s", agent->base, path);

    agent->curl_error[0] = '\0';
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, agent->connect_to);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     (long) CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, agent->curl_error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, write_cb);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, agent);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, agent);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                     (long) config->request_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long) CONNECT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_SSLKEY, config->private_key);
    curl_easy_setopt(easy, CURLOPT_SSLCERT, config->certificate);
    curl_easy_setopt(easy, CURLOPT_CAINFO, config->ca_cert);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, ssl_ctx_cb);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, agent);

    agent->headers = curl_slist_append(NULL,
                                       "Accept: application/yang-data+json");
    agent->headers = curl_slist_append(agent->headers, "Expect:");
    if (agent->body) {
        char *type = xasprintf("Content-Type: %s", content_type);
        agent->headers = curl_slist_append(agent->headers, type);
        free(type);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, agent->body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE,
                         (long) strlen(agent->body));
    }
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, agent->headers);
    curl_loop_add(agent->agents->loop, easy);
    free(url);
}

/* Moves the patches that wait behind 'first', which 'current' has, to it as
 * well, as far as they can go with it, and returns all of them as one patch. */
static struct sa_request *
gather_patches(struct agent *agent, const struct request *first)
{
    struct sa_request *all = sa_request_clone(first->patch);
    struct request *req;
    LIST_FOR_EACH_SAFE (req, node, &agent->queue) {
        if (!req->patch || req->apart
            || (sa_request_n_edits(all) + sa_request_n_edits(req->patch)
                > BATCH_MAX_EDITS)
            || !sa_request_append(all, req->patch)) {
            break;
        }
        ovs_list_remove(&req->node);
        ovs_list_push_back(&agent->current, &req->node);
    }
    return all;
}

/* Sends what waits longest. */
static void
send_next(struct agent *agent)
{
    struct request *req = CONTAINER_OF(ovs_list_pop_front(&agent->queue),
                                       struct request, node);
    ovs_list_push_back(&agent->current, &req->node);
    if (req->patch) {
        struct sa_request *all = gather_patches(agent, req);
        agent->body = sa_request_to_json(all);
        agent->n_patch_transfers++;
        sa_request_destroy(all);
        start_transfer(agent, "PATCH", "/data", SA_REQUEST_CONTENT_TYPE);
    } else {
        agent->body = req->body;
        req->body = NULL;
        start_transfer(agent, req->method, req->path, req->content_type);
    }
}

static struct request *
enqueue(struct agent *agent, enum request_kind kind)
{
    struct request *req = xmalloc(sizeof *req);
    *req = (struct request) {
        .kind = kind,
        .ticket = ++agent->agents->last_ticket,
    };
    ovs_list_push_back(&agent->queue, &req->node);
    return req;
}

static void
enqueue_get(struct agent *agent, enum request_kind kind, const char *path)
{
    struct request *req = enqueue(agent, kind);
    req->method = xstrdup("GET");
    req->path = xstrdup(path);
}

uint64_t
agent_request(struct agent *agent, const char *method, const char *path,
              const char *content_type, char *body)
{
    struct request *req = enqueue(agent, REQUEST_CALLER);
    req->method = xstrdup(method);
    req->path = xstrdup(path);
    req->content_type = nullable_xstrdup(content_type);
    req->body = body;
    return req->ticket;
}

uint64_t
agent_patch(struct agent *agent, struct sa_request *patch)
{
    struct request *req = enqueue(agent, REQUEST_CALLER);
    req->patch = patch;
    agent->n_patches++;
    return req->ticket;
}

bool
agent_has_ticket(const struct agent *agent, uint64_t ticket)
{
    return ticket >= agent->first_ticket;
}

bool
agent_next_result(struct agent *agent, struct agent_result *result)
{
    if (ovs_list_is_empty(&agent->results)) {
        return false;
    }
    struct result_node *r = CONTAINER_OF(ovs_list_pop_front(&agent->results),
                                         struct result_node, node);
    *result = r->result;
    free(r);
    return true;
}

/* Errors. */

/* The first "error-message" anywhere in 'json', or NULL. */
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

/* What went wrong with the transfer of 'agent', or NULL. */
static char *
transfer_error(const struct agent *agent, CURLcode code, long int status,
               const char *body)
{
    if (code == CURLE_COULDNT_CONNECT) {
        return xasprintf("%s does not answer: is sdsa-agent running there?",
                         agent->state.url);
    } else if (code == CURLE_OPERATION_TIMEDOUT) {
        return xasprintf("%s does not answer in time", agent->state.url);
    } else if (code == CURLE_PEER_FAILED_VERIFICATION) {
        return xasprintf("%s: its certificate is not one of ours for %s (%s)",
                         agent->state.url, agent->state.vnf_id, agent->curl_error);
    } else if (code != CURLE_OK) {
        return xasprintf("%s: %s", agent->state.url,
                         (agent->curl_error[0] ? agent->curl_error
                          : curl_easy_strerror(code)));
    } else if (status / 100 == 2) {
        return NULL;
    }
    json_t *json = json_loads(body, 0, NULL);
    const char *message = find_message(json);
    char *error = (message ? xstrdup(message)
                   : xasprintf("%s: HTTP status %ld", agent->state.url, status));
    json_decref(json);
    return error;
}

/* Running. */

static void
push_result(struct agent *agent, const struct request *req,
            long int status, const char *error)
{
    struct result_node *r = xmalloc(sizeof *r);
    r->result = (struct agent_result) {
        .ticket = req->ticket,
        .status = status,
        .body = xstrdup(ds_cstr(&agent->answer)),
        .error = nullable_xstrdup(error),
    };
    ovs_list_push_back(&agent->results, &r->node);
}

/* Puts the patches of 'current' back to the head of the queue, to be sent in two
 * halves: what was refused is one of them or more, and none was applied. */
static void
split_patches(struct agent *agent)
{
    size_t n_left = ovs_list_size(&agent->current) / 2;
    struct request *req;
    LIST_FOR_EACH (req, node, &agent->current) {
        if (!n_left--) {
            req->apart = true;
            break;
        }
    }
    ovs_list_splice(agent->queue.next,
                    ovs_list_front(&agent->current), &agent->current);
}

/* Gives the requests of callers that this transfer carried their results. */
static void
take_answer(struct agent *agent, long int status, const char *error)
{
    if (error && status && !ovs_list_is_short(&agent->current)) {
        split_patches(agent);
        return;
    }
    const struct request *req;
    LIST_FOR_EACH (req, node, &agent->current) {
        push_result(agent, req, status, error);
    }
}

static void
take_state(struct agent *agent, const char *body)
{
    bool was_up = agent->state.up;
    agent_state_take(&agent->state, body);
    if (agent->state.up && !was_up) {
        agent->next_sas_ms = time_msec();
    }
}

static void
complete(struct agent *agent, CURLcode code)
{
    long int status = 0;
    curl_easy_getinfo(agent->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK) {
        status = 0;
    }
    const char *body = ds_cstr(&agent->answer);
    bool was_up;
    char *error = transfer_error(agent, code, status, body);

    const struct request *first = CONTAINER_OF(
        ovs_list_front(&agent->current), struct request, node);
    switch (first->kind) {
    case REQUEST_CALLER:
        take_answer(agent, status, error);
        break;

    case REQUEST_STATE:
        was_up = agent->state.up;
        if (error) {
            agent_state_set_down(&agent->state, error);
        } else {
            take_state(agent, body);
        }
        if (was_up && !agent->state.up) {
            agent->down_since_ms = time_msec();
        }
        agent->backoff_ms = (agent->state.up ? BACKOFF_MIN_MS
                             : MIN(2 * agent->backoff_ms, BACKOFF_MAX_MS));
        agent->next_state_ms = time_msec() + (agent->state.up
            ? agent->agents->config.poll_interval_ms : agent->backoff_ms);
        break;

    case REQUEST_SAS:
        if (!error) {
            agent_state_take_sas(&agent->state, body);
            agent->polled_sas_ms = agent->asked_sas_ms;
        }
        agent->next_sas_ms = (agent->sas_wanted ? time_msec()
                              : time_msec() + SA_POLL_MS);
        break;
    }
    free(error);
    end_transfer(agent);
    destroy_requests(&agent->current);
}

static void
run_agent(struct agent *agent)
{
    long long int now = time_msec();
    if (now >= agent->next_state_ms) {
        agent->next_state_ms = LLONG_MAX;       /* Until it is answered. */
        enqueue_get(agent, REQUEST_STATE, STATE_PATH);
    }
    if (agent->state.up && now >= agent->next_sas_ms) {
        agent->next_sas_ms = LLONG_MAX;
        agent->sas_wanted = false;
        agent->asked_sas_ms = now;
        enqueue_get(agent, REQUEST_SAS, SAS_PATH);
    }
    if (ovs_list_is_empty(&agent->current)
        && !ovs_list_is_empty(&agent->queue)) {
        send_next(agent);
    }
}

void
agents_run(struct agents *agents)
{
    CURL *easy;
    CURLcode code;
    curl_loop_run(agents->loop);
    while ((easy = curl_loop_next_done(agents->loop, &code))) {
        struct agent *agent;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &agent);
        complete(agent, code);
    }

    struct shash_node *node;
    SHASH_FOR_EACH (node, &agents->agents) {
        run_agent(node->data);
    }
}

void
agents_wait(struct agents *agents)
{
    curl_loop_wait(agents->loop);
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &agents->agents) {
        const struct agent *agent = node->data;
        if (agent->next_state_ms != LLONG_MAX) {
            poll_timer_wait_until(agent->next_state_ms);
        }
        if (agent->state.up && agent->next_sas_ms != LLONG_MAX) {
            poll_timer_wait_until(agent->next_sas_ms);
        }
        if (!ovs_list_is_empty(&agent->results)
            || (ovs_list_is_empty(&agent->current)
                && !ovs_list_is_empty(&agent->queue))) {
            poll_immediate_wake();
        }
    }
}

/* Asking. */

const char *
agent_vnf_id(const struct agent *agent)
{
    return agent->state.vnf_id;
}

const char *
agent_url(const struct agent *agent)
{
    return agent->state.url;
}

bool
agent_is_up(const struct agent *agent)
{
    return agent->state.up;
}

const char *
agent_reason(const struct agent *agent)
{
    return agent->state.reason;
}

long long int
agent_down_since_ms(const struct agent *agent)
{
    return agent->state.up ? LLONG_MAX : agent->down_since_ms;
}

const char *
agent_boot_id(const struct agent *agent)
{
    return agent->state.boot_id;
}

const char *
agent_backend(const struct agent *agent)
{
    return agent->state.backend;
}

const struct agent_port *
agent_plain_port(const struct agent *agent)
{
    return &agent->state.plain;
}

const struct agent_port *
agent_cipher_port(const struct agent *agent)
{
    return &agent->state.cipher;
}

bool
agent_get_sa(const struct agent *agent, uint32_t spi,
             struct agent_sa_stats *stats)
{
    return agent_state_get_sa(&agent->state, spi, stats);
}

void
agent_poll_sas(struct agent *agent)
{
    agent->sas_wanted = true;
    if (agent->next_sas_ms != LLONG_MAX) {
        agent->next_sas_ms = time_msec();
    }
}

long long int
agent_polled_sas_ms(const struct agent *agent)
{
    return agent->polled_sas_ms;
}

unsigned int
agent_seqno(const struct agent *agent)
{
    return agent->state.seqno;
}

uint64_t
agent_drops(const struct agent *agent, const char *reason)
{
    uint64_t sum = 0;
    const struct simap_node *node;
    SIMAP_FOR_EACH (node, &agent->state.drops) {
        if (!reason || !strcmp(reason, node->name)) {
            sum += node->data;
        }
    }
    return sum;
}

void
agent_get_load(const struct agent *agent, unsigned long long int *n_patches,
               unsigned long long int *n_transfers)
{
    *n_patches = agent->n_patches;
    *n_transfers = agent->n_patch_transfers;
}
