/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/agents.h"

#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include "hash.h"
#include "lib/secret.h"
#include "lib/tls.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "simap.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(agents);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

#define CONNECT_TIMEOUT_MS 2000
#define SA_POLL_MS 5000
#define BACKOFF_MIN_MS 500      /* Between polls of an agent that is down. */
#define BACKOFF_MAX_MS 4000
#define MAX_BODY_BYTES (64 * 1024 * 1024)

#define STATE_PATH "/data/sdsa-agent:sdsa-agent/state"
#define SAS_PATH "/data/ietf-i2nsf-ikeless:ipsec-ikeless?content=nonconfig"

/* A socket that libcurl wants watched. */
struct agents_socket {
    struct hmap_node node;
    curl_socket_t fd;
    short int events;           /* POLLIN, POLLOUT. */
};

struct agents {
    struct agents_config config;
    CURLM *multi;
    struct hmap sockets;        /* struct agents_socket. */
    long long int timer_ms;     /* When libcurl wants to be called. */
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
};

struct result_node {
    struct ovs_list node;       /* In agent's 'results'. */
    struct agent_result result;
};

struct sa_stats_node {
    struct hmap_node node;
    uint32_t spi;
    struct agent_sa_stats stats;
};

struct agent {
    struct agents *agents;
    char *vnf_id, *url;

    /* Requests: one at a time. */
    struct ovs_list queue;      /* struct request, waiting. */
    struct request *current;
    CURL *easy;
    struct curl_slist *headers; /* Of 'current'. */
    struct ds answer;           /* Body so far. */
    char curl_error[CURL_ERROR_SIZE];
    struct ovs_list results;    /* struct result_node. */

    /* State, from polls. */
    bool up;
    char *reason, *boot_id, *backend;
    struct eth_addr plain_mac, cipher_mac;
    unsigned int seqno;
    struct simap drops;
    struct hmap sas;            /* struct sa_stats_node. */
    long long int next_state_ms, next_sas_ms;
    int backoff_ms;
};

/* libcurl's view of the poll loop. */

static struct agents_socket *
find_socket(struct agents *agents, curl_socket_t fd)
{
    struct agents_socket *s;
    HMAP_FOR_EACH_WITH_HASH (s, node, hash_int(fd, 0), &agents->sockets) {
        if (s->fd == fd) {
            return s;
        }
    }
    return NULL;
}

static int
socket_cb(CURL *easy OVS_UNUSED, curl_socket_t fd, int what, void *agents_,
          void *socketp OVS_UNUSED)
{
    struct agents *agents = agents_;
    struct agents_socket *s = find_socket(agents, fd);
    if (what == CURL_POLL_REMOVE) {
        if (s) {
            hmap_remove(&agents->sockets, &s->node);
            free(s);
        }
        return 0;
    }
    if (!s) {
        s = xmalloc(sizeof *s);
        s->fd = fd;
        hmap_insert(&agents->sockets, &s->node, hash_int(fd, 0));
    }
    s->events = ((what & CURL_POLL_IN ? POLLIN : 0)
                 | (what & CURL_POLL_OUT ? POLLOUT : 0));
    return 0;
}

static int
timer_cb(CURLM *multi OVS_UNUSED, long timeout_ms, void *agents_)
{
    struct agents *agents = agents_;
    agents->timer_ms = timeout_ms < 0 ? LLONG_MAX : time_msec() + timeout_ms;
    return 0;
}

static void *
curl_wiping_realloc(void *p, size_t size)
{
    return wiping_realloc(p, size);
}

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
    static bool initialized;
    *agentsp = NULL;
    char *error = check_config(config);
    if (error) {
        return error;
    }
    if (!initialized) {
        /* Bodies with keys pass through these libraries' buffers. */
        json_set_alloc_funcs(wiping_malloc, wiping_free);
        curl_global_init_mem(CURL_GLOBAL_ALL, wiping_malloc, wiping_free,
                             curl_wiping_realloc, wiping_strdup,
                             wiping_calloc);
        initialized = true;
    }

    struct agents *agents = xzalloc(sizeof *agents);
    agents->config = *config;
    if (!agents->config.poll_interval_ms) {
        agents->config.poll_interval_ms = 2000;
    }
    if (!agents->config.request_timeout_ms) {
        agents->config.request_timeout_ms = 4000;
    }
    hmap_init(&agents->sockets);
    shash_init(&agents->agents);
    agents->timer_ms = LLONG_MAX;
    agents->multi = curl_multi_init();
    curl_multi_setopt(agents->multi, CURLMOPT_SOCKETFUNCTION, socket_cb);
    curl_multi_setopt(agents->multi, CURLMOPT_SOCKETDATA, agents);
    curl_multi_setopt(agents->multi, CURLMOPT_TIMERFUNCTION, timer_cb);
    curl_multi_setopt(agents->multi, CURLMOPT_TIMERDATA, agents);
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
        curl_multi_cleanup(agents->multi);
        struct agents_socket *s;
        HMAP_FOR_EACH_POP (s, node, &agents->sockets) {
            free(s);
        }
        hmap_destroy(&agents->sockets);
        free(agents);
    }
}

struct agent *
agents_add(struct agents *agents, const char *vnf_id, const char *url)
{
    struct agent *agent = xzalloc(sizeof *agent);
    agent->agents = agents;
    agent->vnf_id = xstrdup(vnf_id);
    agent->url = xstrdup(url);
    ovs_list_init(&agent->queue);
    ovs_list_init(&agent->results);
    agent->easy = curl_easy_init();
    ds_init(&agent->answer);
    agent->reason = xstrdup("not reached yet");
    agent->boot_id = xstrdup("");
    agent->backend = xstrdup("");
    simap_init(&agent->drops);
    hmap_init(&agent->sas);
    agent->backoff_ms = BACKOFF_MIN_MS;
    shash_add_once(&agents->agents, vnf_id, agent);
    return agent;
}

static void
request_destroy(struct request *req)
{
    if (req) {
        free(req->method);
        free(req->path);
        free(req->content_type);
        wiping_free(req->body);
        free(req);
    }
}

static void
clear_sas(struct agent *agent)
{
    struct sa_stats_node *node;
    HMAP_FOR_EACH_POP (node, node, &agent->sas) {
        free(node);
    }
}

/* Ends the transfer of 'current', done or not. */
static void
end_transfer(struct agent *agent)
{
    if (agent->current) {
        curl_multi_remove_handle(agent->agents->multi, agent->easy);
        curl_easy_reset(agent->easy);
        curl_slist_free_all(agent->headers);
        agent->headers = NULL;
        request_destroy(agent->current);
        agent->current = NULL;
        ds_clear(&agent->answer);
    }
}

void
agents_remove(struct agents *agents, struct agent *agent)
{
    struct request *req;
    LIST_FOR_EACH_POP (req, node, &agent->queue) {
        request_destroy(req);
    }
    end_transfer(agent);
    curl_easy_cleanup(agent->easy);

    struct result_node *r;
    LIST_FOR_EACH_POP (r, node, &agent->results) {
        free(r->result.body);
        free(r->result.error);
        free(r);
    }
    clear_sas(agent);
    hmap_destroy(&agent->sas);
    simap_destroy(&agent->drops);
    ds_destroy(&agent->answer);
    shash_find_and_delete(&agents->agents, agent->vnf_id);
    free(agent->vnf_id);
    free(agent->url);
    free(agent->reason);
    free(agent->boot_id);
    free(agent->backend);
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
                                             prev->vnf_id)->node)
           : hmap_first(map));
    return node ? CONTAINER_OF(node, struct shash_node, node)->data : NULL;
}

/* Transfers. */

static CURLcode
ssl_ctx_cb(CURL *easy OVS_UNUSED, void *ctx, void *agent_)
{
    const struct agent *agent = agent_;
    tls_ctx_harden(ctx);
    /* The certificate must name the VNF-ID, whatever the URL's host is. */
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_WILDCARDS);
    return (X509_VERIFY_PARAM_set1_host(param, agent->vnf_id, 0)
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

static void
start_transfer(struct agent *agent, struct request *req)
{
    const struct agents_config *config = &agent->agents->config;
    CURL *easy = agent->easy;
    char *url = xasprintf("%s/restconf%s", agent->url, req->path);

    agent->current = req;
    agent->curl_error[0] = '\0';
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     (long) CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, req->method);
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
    if (req->body) {
        char *type = xasprintf("Content-Type: %s", req->content_type);
        agent->headers = curl_slist_append(agent->headers, type);
        free(type);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, req->body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE,
                         (long) strlen(req->body));
    }
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, agent->headers);
    curl_multi_add_handle(agent->agents->multi, easy);
    free(url);
}

static uint64_t
enqueue(struct agent *agent, enum request_kind kind, const char *method,
        const char *path, const char *content_type, char *body)
{
    struct request *req = xmalloc(sizeof *req);
    *req = (struct request) {
        .kind = kind,
        .ticket = ++agent->agents->last_ticket,
        .method = xstrdup(method),
        .path = xstrdup(path),
        .content_type = nullable_xstrdup(content_type),
        .body = body,
    };
    ovs_list_push_back(&agent->queue, &req->node);
    return req->ticket;
}

uint64_t
agent_request(struct agent *agent, const char *method, const char *path,
              const char *content_type, char *body)
{
    return enqueue(agent, REQUEST_CALLER, method, path, content_type, body);
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
                         agent->url);
    } else if (code == CURLE_PEER_FAILED_VERIFICATION) {
        return xasprintf("%s: its certificate is not one of ours for %s (%s)",
                         agent->url, agent->vnf_id, agent->curl_error);
    } else if (code != CURLE_OK) {
        return xasprintf("%s: %s", agent->url,
                         (agent->curl_error[0] ? agent->curl_error
                          : curl_easy_strerror(code)));
    } else if (status / 100 == 2) {
        return NULL;
    }
    json_t *json = json_loads(body, 0, NULL);
    const char *message = find_message(json);
    char *error = (message ? xstrdup(message)
                   : xasprintf("%s: HTTP status %ld", agent->url, status));
    json_decref(json);
    return error;
}

/* Polls. */

static void
set_string(char **dst, const char *src)
{
    char *old = *dst;
    *dst = xstrdup(src ? src : "");
    free(old);
}

static void
set_down(struct agent *agent, const char *reason)
{
    if (agent->up || strcmp(agent->reason, reason)) {
        VLOG_WARN_RL(&rl, "gateway %s: down: %s", agent->vnf_id, reason);
        agent->seqno += agent->up;
        agent->up = false;
        set_string(&agent->reason, reason);
    }
}

static const char *
get_string(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    return s ? s : "";
}

static uint64_t
get_uint64(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    const char *s = json_string_value(value);
    return s ? strtoull(s, NULL, 10) : json_integer_value(value);
}

static struct eth_addr
get_mac(const json_t *state, const char *port)
{
    struct eth_addr mac;
    const json_t *p = json_object_get(state, port);
    return (eth_addr_from_string(get_string(p, "mac-address"), &mac)
            ? mac : eth_addr_zero);
}

static void
take_drops(struct agent *agent, const json_t *state)
{
    const json_t *list = json_object_get(json_object_get(state, "counters"),
                                         "drop");
    size_t i;
    json_t *drop;
    simap_clear(&agent->drops);
    json_array_foreach (list, i, drop) {
        simap_put(&agent->drops, get_string(drop, "reason"),
                  get_uint64(drop, "packets"));
    }
}

static void
take_state(struct agent *agent, const char *body)
{
    json_t *root = json_loads(body, 0, NULL);
    const json_t *state = json_object_get(root, "sdsa-agent:state");
    const char *vnf_id = get_string(state, "vnf-id");
    if (!state) {
        set_down(agent, "its answer is not that of an sdsa-agent");
    } else if (strcmp(vnf_id, agent->vnf_id)) {
        char *reason = xasprintf("%s is the agent of %s", agent->url, vnf_id);
        set_down(agent, reason);
        free(reason);
    } else {
        struct eth_addr plain_mac = get_mac(state, "plain-port");
        struct eth_addr cipher_mac = get_mac(state, "cipher-port");
        const char *boot_id = get_string(state, "boot-id");
        if (strcmp(boot_id, agent->boot_id)
            || !eth_addr_equals(plain_mac, agent->plain_mac)
            || !eth_addr_equals(cipher_mac, agent->cipher_mac)) {
            set_string(&agent->boot_id, boot_id);
            agent->plain_mac = plain_mac;
            agent->cipher_mac = cipher_mac;
            agent->seqno++;
        }
        set_string(&agent->backend, get_string(state, "backend"));
        take_drops(agent, state);
        if (!json_is_true(json_object_get(state, "data-plane-up"))) {
            char *reason = xasprintf("its data plane is down: %s",
                                     get_string(state, "reason"));
            set_down(agent, reason);
            free(reason);
        } else if (!agent->up) {
            VLOG_INFO("gateway %s: up at %s", agent->vnf_id, agent->url);
            agent->up = true;
            agent->seqno++;
            set_string(&agent->reason, "");
            agent->next_sas_ms = time_msec();
        }
    }
    json_decref(root);
}

static void
take_sas(struct agent *agent, const char *body)
{
    json_t *root = json_loads(body, 0, NULL);
    const json_t *top = json_object_get(root,
                                        "ietf-i2nsf-ikeless:ipsec-ikeless");
    const json_t *list = json_object_get(json_object_get(top, "sad"),
                                         "sad-entry");
    size_t i;
    json_t *entry;
    clear_sas(agent);
    json_array_foreach (list, i, entry) {
        const json_t *state = json_object_get(entry, "ipsec-sa-state");
        const json_t *now = json_object_get(state, "sa-lifetime-current");
        const json_t *replay = json_object_get(state, "replay-stats");
        uint32_t spi;
        if (!ovs_scan(get_string(entry, "name"), "sa-%"SCNx32, &spi)) {
            continue;
        }
        struct sa_stats_node *node = xmalloc(sizeof *node);
        node->spi = spi;
        node->stats = (struct agent_sa_stats) {
            .packets = get_uint64(now, "packets"),
            .bytes = get_uint64(now, "bytes"),
            .seq = get_uint64(replay, "seq-number-counter"),
            .replayed = get_uint64(replay, "packet-dropped"),
            .failed = get_uint64(replay, "failed"),
        };
        hmap_insert(&agent->sas, &node->node, hash_int(spi, 0));
    }
    json_decref(root);
}

bool
agent_get_sa(const struct agent *agent, uint32_t spi,
             struct agent_sa_stats *stats)
{
    const struct sa_stats_node *node;
    HMAP_FOR_EACH_WITH_HASH (node, node, hash_int(spi, 0), &agent->sas) {
        if (node->spi == spi) {
            *stats = node->stats;
            return true;
        }
    }
    return false;
}

/* Running. */

static void
push_result(struct agent *agent, long int status, char *error)
{
    struct result_node *r = xmalloc(sizeof *r);
    r->result = (struct agent_result) {
        .ticket = agent->current->ticket,
        .status = status,
        .body = xstrdup(ds_cstr(&agent->answer)),
        .error = error,
    };
    ovs_list_push_back(&agent->results, &r->node);
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
    char *error = transfer_error(agent, code, status, body);

    switch (agent->current->kind) {
    case REQUEST_CALLER:
        push_result(agent, status, error);
        error = NULL;
        break;

    case REQUEST_STATE:
        if (error) {
            set_down(agent, error);
        } else {
            take_state(agent, body);
        }
        agent->backoff_ms = (agent->up ? BACKOFF_MIN_MS
                             : MIN(2 * agent->backoff_ms, BACKOFF_MAX_MS));
        agent->next_state_ms = time_msec() + (agent->up
            ? agent->agents->config.poll_interval_ms : agent->backoff_ms);
        break;

    case REQUEST_SAS:
        if (!error) {
            take_sas(agent, body);
        }
        agent->next_sas_ms = time_msec() + SA_POLL_MS;
        break;
    }
    free(error);
    end_transfer(agent);
}

static void
run_agent(struct agent *agent)
{
    long long int now = time_msec();
    if (now >= agent->next_state_ms) {
        agent->next_state_ms = LLONG_MAX;       /* Until it is answered. */
        enqueue(agent, REQUEST_STATE, "GET", STATE_PATH, NULL, NULL);
    }
    if (agent->up && now >= agent->next_sas_ms) {
        agent->next_sas_ms = LLONG_MAX;
        enqueue(agent, REQUEST_SAS, "GET", SAS_PATH, NULL, NULL);
    }
    if (!agent->current && !ovs_list_is_empty(&agent->queue)) {
        start_transfer(agent,
                       CONTAINER_OF(ovs_list_pop_front(&agent->queue),
                                    struct request, node));
    }
}

static void
run_sockets(struct agents *agents)
{
    /* socket_cb() changes the map while libcurl runs: poll a copy. */
    size_t n = 0;
    struct pollfd *fds = xcalloc(hmap_count(&agents->sockets) + 1,
                                 sizeof *fds);
    const struct agents_socket *s;
    HMAP_FOR_EACH (s, node, &agents->sockets) {
        fds[n++] = (struct pollfd) { .fd = s->fd, .events = s->events };
    }
    int running;
    if (n && poll(fds, n, 0) > 0) {
        for (size_t i = 0; i < n; i++) {
            int mask = ((fds[i].revents & POLLIN ? CURL_CSELECT_IN : 0)
                        | (fds[i].revents & POLLOUT ? CURL_CSELECT_OUT : 0)
                        | (fds[i].revents & (POLLERR | POLLHUP)
                           ? CURL_CSELECT_ERR : 0));
            if (mask && find_socket(agents, fds[i].fd)) {
                curl_multi_socket_action(agents->multi, fds[i].fd, mask,
                                         &running);
            }
        }
    }
    free(fds);
    if (time_msec() >= agents->timer_ms) {
        agents->timer_ms = LLONG_MAX;
        curl_multi_socket_action(agents->multi, CURL_SOCKET_TIMEOUT, 0,
                                 &running);
    }
}

void
agents_run(struct agents *agents)
{
    run_sockets(agents);

    CURLMsg *msg;
    int left;
    while ((msg = curl_multi_info_read(agents->multi, &left))) {
        if (msg->msg == CURLMSG_DONE) {
            struct agent *agent;
            CURLcode code = msg->data.result;
            curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &agent);
            complete(agent, code);
        }
    }

    struct shash_node *node;
    SHASH_FOR_EACH (node, &agents->agents) {
        run_agent(node->data);
    }
}

void
agents_wait(struct agents *agents)
{
    const struct agents_socket *s;
    HMAP_FOR_EACH (s, node, &agents->sockets) {
        poll_fd_wait(s->fd, s->events);
    }
    if (agents->timer_ms != LLONG_MAX) {
        poll_timer_wait_until(agents->timer_ms);
    }
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &agents->agents) {
        const struct agent *agent = node->data;
        if (agent->next_state_ms != LLONG_MAX) {
            poll_timer_wait_until(agent->next_state_ms);
        }
        if (agent->up && agent->next_sas_ms != LLONG_MAX) {
            poll_timer_wait_until(agent->next_sas_ms);
        }
        if (!ovs_list_is_empty(&agent->results)
            || (!agent->current && !ovs_list_is_empty(&agent->queue))) {
            poll_immediate_wake();
        }
    }
}

/* Asking. */

const char *
agent_vnf_id(const struct agent *agent)
{
    return agent->vnf_id;
}

const char *
agent_url(const struct agent *agent)
{
    return agent->url;
}

bool
agent_is_up(const struct agent *agent)
{
    return agent->up;
}

const char *
agent_reason(const struct agent *agent)
{
    return agent->reason;
}

const char *
agent_boot_id(const struct agent *agent)
{
    return agent->boot_id;
}

const char *
agent_backend(const struct agent *agent)
{
    return agent->backend;
}

struct eth_addr
agent_plain_mac(const struct agent *agent)
{
    return agent->plain_mac;
}

struct eth_addr
agent_cipher_mac(const struct agent *agent)
{
    return agent->cipher_mac;
}

unsigned int
agent_seqno(const struct agent *agent)
{
    return agent->seqno;
}

uint64_t
agent_drops(const struct agent *agent, const char *reason)
{
    uint64_t sum = 0;
    const struct simap_node *node;
    SIMAP_FOR_EACH (node, &agent->drops) {
        if (!reason || !strcmp(reason, node->name)) {
            sum += node->data;
        }
    }
    return sum;
}
