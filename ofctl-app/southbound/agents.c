/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/southbound/agents.h"

#include <limits.h>

#include "lib/bounds.h"
#include "lib/cert-life.h"
#include "lib/epoch.h"
#include "lib/restconf/restconf-client.h"
#include "lib/restconf/restconf-stream.h"
#include "ofctl-app/southbound/agent-event.h"
#include "ofctl-app/southbound/agent-state.h"
#include "ofctl-app/southbound/sa-request.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/token-bucket.h"
#include "openvswitch/vlog.h"
#include "svec.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(agents);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

#define SA_POLL_MS 5000         /* Time between two polls of the SAs. */

/* The first and the longest pause between polls of an agent that is down. */
#define BACKOFF_MIN_MS 500
#define BACKOFF_MAX_MS 4000

#define DOUBT_MS (10 * 60 * 1000)       /* How long a doubt is shown. */

/* Tokens of an event, so that a bucket gets a whole number each ms. */
#define EVENT_TOKENS (1000 / BOUNDS_EVENTS_PER_S)

#define STATE_PATH "/data/sdsa-agent:sdsa-agent/state"
#define SAS_PATH "/data/ietf-i2nsf-ikeless:ipsec-ikeless?content=nonconfig"

struct agents {
    int poll_interval_ms;
    struct restconf_clients *clients;
    struct restconf_streams *streams;
    struct shash agents;        /* Of struct agent, by VNF-ID. */
};

/* A result of the caller's request. */
struct agent_result {
    struct ovs_list node;       /* In agent's 'results'. */
    struct restconf_result result;
};

struct agent {
    struct agents *agents;
    struct restconf_client *client;
    struct restconf_stream *stream;     /* Wanted while the agent is up. */
    struct agent_state state;   /* From polls. */
    uint64_t state_ticket, sas_ticket;  /* Of polls under way, or 0. */
    long long int next_state_ms, next_sas_ms;   /* Times of the next polls. */
    long long int asked_sas_ms; /* When the SAs were last asked for. */
    long long int answered_sas_ms; /* When the last poll was answered. */
    long long int polled_sas_ms; /* The same of the last answered poll, or
                                  * LLONG_MIN. */
    long long int down_since_ms; /* Valid while the agent is down. */
    long long int unmet_since_ms; /* When it was added; LLONG_MAX once it was
                                  * up. */
    bool sas_wanted;            /* Poll the SAs when the poll of them that is
                                 * under way, if any, has ended. */
    int backoff_ms;             /* Pause after the last failed poll. */
    struct ovs_list results;    /* Of struct agent_result, oldest first. */
    struct token_bucket events; /* What it may tell. */
    struct token_bucket renewals;       /* On its word alone; a token each
                                         * ms. */
    char *keys;                 /* See agent_set_keys(). */
    struct cert_life life;      /* Of its certificate. */
    int64_t warned_end;         /* See cert_life_warn(). */
    char *doubt;                /* Or NULL. */
    long long int doubt_ms;     /* When it was noted last. */
};

/* Lifecycle. */

char *
agents_create(const struct agents_config *config, struct agents **agentsp)
{
    struct restconf_config client = config->client;
    client.server = "sdsa-agent";
    struct restconf_clients *clients;
    struct restconf_streams *streams = NULL;
    char *error = restconf_clients_create(&client, &clients);
    if (!error) {
        error = restconf_streams_create(&streams);
        if (error) {
            restconf_clients_destroy(clients);
        }
    }
    *agentsp = NULL;
    if (!error) {
        struct agents *agents = xzalloc(sizeof *agents);
        agents->poll_interval_ms = (config->poll_interval_ms
                                    ? config->poll_interval_ms : 2000);
        agents->clients = clients;
        agents->streams = streams;
        shash_init(&agents->agents);
        *agentsp = agents;
    }
    return error;
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
        restconf_streams_destroy(agents->streams);
        restconf_clients_destroy(agents->clients);
        free(agents);
    }
}

struct agent *
agents_add(struct agents *agents, const char *vnf_id, const char *url)
{
    struct agent *agent = xzalloc(sizeof *agent);
    agent->agents = agents;
    agent->client = restconf_client_create(agents->clients, vnf_id, url);
    agent->stream = restconf_stream_create(agents->streams, agent->client);
    agent_state_init(&agent->state, vnf_id, url);
    ovs_list_init(&agent->results);
    token_bucket_init(&agent->events, 1, BOUNDS_EVENTS_BURST * EVENT_TOKENS);
    token_bucket_init(&agent->renewals, 1,
                      BOUNDS_RENEWALS_BURST * BOUNDS_RENEWAL_MS);
    agent->backoff_ms = BACKOFF_MIN_MS;
    agent->polled_sas_ms = LLONG_MIN;
    agent->down_since_ms = agent->unmet_since_ms = time_msec();
    shash_add_once(&agents->agents, vnf_id, agent);
    return agent;
}

void
agent_set_keys(struct agent *agent, const char *keys)
{
    if (nullable_string_is_equal(keys, agent->keys)) {
        return;
    }
    free(agent->keys);
    agent->keys = nullable_xstrdup(keys);

    struct svec digests = SVEC_EMPTY_INITIALIZER;
    svec_parse_words(&digests, keys ? keys : "");
    if (restconf_client_pin(agent->client, digests.names, digests.n)) {
        VLOG_WARN("gateway %s: its session is closed: its key is not one that "
                  "is registered any more", agent->state.vnf_id);
        agent->next_state_ms = time_msec();
    }
    svec_destroy(&digests);
}

void
agents_remove(struct agents *agents, struct agent *agent)
{
    restconf_stream_destroy(agent->stream);
    restconf_client_destroy(agent->client);
    struct agent_result *r;
    LIST_FOR_EACH_POP (r, node, &agent->results) {
        free(r->result.body);
        free(r->result.error);
        free(r);
    }
    shash_find_and_delete(&agents->agents, agent->state.vnf_id);
    agent_state_destroy(&agent->state);
    free(agent->doubt);
    free(agent->keys);
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

/* Requests. */

struct restconf_client *
agent_client(const struct agent *agent)
{
    return agent->client;
}

bool
agent_next_result(struct agent *agent, struct restconf_result *result)
{
    if (ovs_list_is_empty(&agent->results)) {
        return false;
    }
    struct agent_result *r = CONTAINER_OF(ovs_list_pop_front(&agent->results),
                                          struct agent_result, node);
    *result = r->result;
    free(r);
    return true;
}

bool
agent_next_event(struct agent *agent, struct agent_event *event)
{
    char *text;
    while ((text = restconf_stream_next(agent->stream))) {
        bool in_time = token_bucket_withdraw(&agent->events, EVENT_TOKENS);
        bool ok = in_time && agent_event_parse(text, event);
        free(text);
        if (!in_time) {
            agent_note_doubt(agent, "tells more events than "
                             OVS_STRINGIZE(BOUNDS_EVENTS_PER_S) " a second");
        }
        if (ok) {
            return true;
        }
    }
    return false;
}

bool
agent_tells_events(const struct agent *agent)
{
    return restconf_stream_is_open(agent->stream);
}

/* Bounds. */

bool
agent_may_renew(struct agent *agent)
{
    return token_bucket_withdraw(&agent->renewals, BOUNDS_RENEWAL_MS);
}

void
agent_note_doubt(struct agent *agent, const char *doubt)
{
    const char *old = agent_doubt(agent);
    char *cut = bounds_cut_text(doubt);
    if (!old || strcmp(old, cut)) {
        VLOG_WARN_RL(&rl, "gateway %s: %s", agent->state.vnf_id, cut);
    }
    free(agent->doubt);
    agent->doubt = cut;
    agent->doubt_ms = time_msec();
}

const char *
agent_doubt(const struct agent *agent)
{
    return (agent->doubt && time_msec() < agent->doubt_ms + DOUBT_MS
            ? agent->doubt : NULL);
}

/* Epochs. */

bool
agent_is_overtaken(const struct agent *agent, uint64_t epoch, uint64_t *other)
{
    *other = agent->state.epoch;
    return (agent->state.up && agent->state.has_epoch
            && epoch_is_over(epoch, agent->state.epoch));
}

void
agent_overrule(struct agent *agent, uint64_t epoch)
{
    uint64_t other;
    if (!agent_is_overtaken(agent, epoch, &other)) {
        return;
    }
    if (!epoch_is_near(epoch, other)) {
        VLOG_WARN("gateway %s: epoch %"PRIu64" is not one that takeovers "
                  "make; leading it round to %"PRIu64, agent->state.vnf_id,
                  other, epoch);
        restconf_client_patch(agent->client,
                              sa_request_create("overrule",
                                                epoch_detour(other)));
    }
    restconf_client_patch(agent->client,
                          sa_request_create("overrule", epoch));
    agent->state.has_epoch = false;     /* Until the next poll. */
}

/* Running. */

static void
handle_state(struct agent *agent, const struct restconf_result *result)
{
    bool was_up = agent->state.up;
    if (result->status == 404) {        /* Every agent has that resource. */
        restconf_client_forget_root(agent->client);
    }
    if (result->error) {
        agent_state_set_down(&agent->state, result->error);
    } else {
        agent_state_parse(&agent->state, result->body);
    }
    if (agent->state.up && !was_up) {
        agent->unmet_since_ms = LLONG_MAX;
        agent->next_sas_ms = time_msec();
    } else if (was_up && !agent->state.up) {
        agent->down_since_ms = time_msec();
    }
    agent->backoff_ms = (agent->state.up ? BACKOFF_MIN_MS
                         : MIN(2 * agent->backoff_ms, BACKOFF_MAX_MS));
    agent->next_state_ms = time_msec() + (agent->state.up
        ? agent->agents->poll_interval_ms : agent->backoff_ms);
}

static void
handle_sas(struct agent *agent, const struct restconf_result *result)
{
    if (!result->error) {
        agent_state_parse_sas(&agent->state, result->body);
        agent->polled_sas_ms = agent->asked_sas_ms;
        agent->answered_sas_ms = time_msec();
    } else if (agent->state.up) {
        agent_note_doubt(agent, result->error);
    }
    agent->next_sas_ms = time_msec() + (agent->sas_wanted ? 0 : SA_POLL_MS);
}

/* Handles the result of a poll, or keeps that of the caller's request.  Takes
 * ownership of what 'result' points to. */
static void
handle_result(struct agent *agent, const struct restconf_result *result)
{
    if (result->ticket == agent->state_ticket) {
        agent->state_ticket = 0;
        handle_state(agent, result);
    } else if (result->ticket == agent->sas_ticket) {
        agent->sas_ticket = 0;
        handle_sas(agent, result);
    } else {
        struct agent_result *r = xmalloc(sizeof *r);
        r->result = *result;
        ovs_list_push_back(&agent->results, &r->node);
        return;
    }
    free(result->body);
    free(result->error);
}

static uint64_t
send_poll(struct agent *agent, const char *path,
          const struct answer_bounds *bounds)
{
    return restconf_client_request(agent->client, "GET", path, NULL, NULL,
                                   bounds);
}

char *
agent_cert_doubt(const struct agent *agent)
{
    return cert_life_doubt(&agent->life);
}

/* Ends the session if the agent's certificate has ended: it goes on with
 * another one.  Warns before, once. */
static void
watch_certificate(struct agent *agent)
{
    agent->life = restconf_client_cert_life(agent->client);
    if (agent->life.end && time_wall() >= agent->life.end) {
        restconf_client_cut(agent->client);
        agent->next_state_ms = time_msec();
    } else {
        cert_life_warn(&agent->life, "gateway", agent->state.vnf_id,
                       &agent->warned_end);
    }
}

static void
run_agent(struct agent *agent)
{
    struct restconf_result result;
    watch_certificate(agent);
    while (restconf_client_next_result(agent->client, &result)) {
        handle_result(agent, &result);
    }

    restconf_stream_want(agent->stream, agent->state.up);
    long long int now = time_msec();
    if (!agent->state_ticket && now >= agent->next_state_ms) {
        agent->state_ticket = send_poll(agent, STATE_PATH,
                                        &BOUNDS_ANSWER_STATE);
    }
    if (!agent->sas_ticket && agent->state.up && now >= agent->next_sas_ms) {
        agent->sas_wanted = false;
        agent->asked_sas_ms = now;
        agent->sas_ticket = send_poll(agent, SAS_PATH, &BOUNDS_ANSWER_SAS);
    }
}

void
agents_run(struct agents *agents)
{
    restconf_clients_run(agents->clients);
    restconf_streams_run(agents->streams);
    struct shash_node *node;
    SHASH_FOR_EACH (node, &agents->agents) {
        run_agent(node->data);
    }
}

void
agents_wait(struct agents *agents)
{
    restconf_clients_wait(agents->clients);
    restconf_streams_wait(agents->streams);
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &agents->agents) {
        const struct agent *agent = node->data;
        if (!agent->state_ticket) {
            poll_timer_wait_until(agent->next_state_ms);
        }
        if (agent->state.up && !agent->sas_ticket) {
            poll_timer_wait_until(agent->next_sas_ms);
        }
        if (!ovs_list_is_empty(&agent->results)) {
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

const struct agent_state *
agent_get_state(const struct agent *agent)
{
    return &agent->state;
}

bool
agent_is_up(const struct agent *agent)
{
    return agent->state.up;
}

long long int
agent_down_since_ms(const struct agent *agent)
{
    return agent->state.up ? LLONG_MAX : agent->down_since_ms;
}

long long int
agent_unmet_since_ms(const struct agent *agent)
{
    return agent->unmet_since_ms;
}

bool
agent_has_sa(const struct agent *agent, uint32_t spi)
{
    return agent_state_has_sa(&agent->state, spi);
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
    if (!agent->sas_ticket) {
        agent->next_sas_ms = time_msec();
    }
}

long long int
agent_polled_sas_ms(const struct agent *agent)
{
    return agent->polled_sas_ms;
}

long long int
agent_answered_sas_ms(const struct agent *agent)
{
    return agent->answered_sas_ms;
}

uint64_t
agent_drops(const struct agent *agent, const char *reason)
{
    uint64_t sum = 0;
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &agent->state.drops) {
        if (!reason || !strcmp(reason, node->name)) {
            sum += *(const int64_t *) node->data;
        }
    }
    return sum;
}
