/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/restconf/rc-events.h"

#include "openvswitch/list.h"
#include "lib/https/https-request.h"
#include "lib/secret.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "timeval.h"
#include "util.h"
#include "vnf-agent/backend/backend.h"
#include "vnf-agent/datastore/datastore.h"
#include "vnf-agent/restconf/rc-access.h"
#include "vnf-agent/yang/yang-error.h"

VLOG_DEFINE_THIS_MODULE(rc_events);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

#define HEARTBEAT_MS 15000      /* Between comments: both sides notice a dead
                                 * connection. */
#define MAX_EVENTS 64           /* Events of one run. */
#define PREFIX "ietf-i2nsf-ikeless:"

struct subscriber {
    struct ovs_list node;       /* In events' 'subscribers'. */
    struct https_stream *stream;
    unsigned int rights;        /* enum rc_right. */
};

struct rc_events {
    struct ovs_list subscribers;
    long long int next_heartbeat_ms;
};

struct rc_events *
rc_events_create(void)
{
    struct rc_events *events = xzalloc(sizeof *events);
    ovs_list_init(&events->subscribers);
    return events;
}

static void
unsubscribe(struct subscriber *s)
{
    https_stream_close(s->stream);
    ovs_list_remove(&s->node);
    free(s);
}

void
rc_events_destroy(struct rc_events *events)
{
    if (events) {
        struct subscriber *s;
        LIST_FOR_EACH_SAFE (s, node, &events->subscribers) {
            unsubscribe(s);
        }
        free(events);
    }
}

/* Sends 'text' to all subscribers that have one of the rights 'needed', and
 * forgets those that have gone. */
static void
send_all(struct rc_events *events, unsigned int needed, const char *text)
{
    struct subscriber *s;
    LIST_FOR_EACH_SAFE (s, node, &events->subscribers) {
        if (s->rights & needed) {
            https_stream_send(s->stream, text, strlen(text));
        }
        if (!https_stream_is_open(s->stream)) {
            unsubscribe(s);
        }
    }
    events->next_heartbeat_ms = time_msec() + HEARTBEAT_MS;
}

struct yang_error *
rc_events_subscribe(struct rc_events *events, struct https_request *req,
                    unsigned int rights)
{
    struct https_stream *stream = https_reply_stream(req,
                                                     "text/event-stream");
    if (!stream) {
        return yang_error_format(YANG_RESOURCE_DENIED,
                                 "this client has as many event streams as it "
                                 "may");
    }
    VLOG_INFO("%s listens to events", https_request_peer(req));
    if (ovs_list_is_empty(&events->subscribers)) {
        events->next_heartbeat_ms = time_msec() + HEARTBEAT_MS;
    }
    struct subscriber *s = xmalloc(sizeof *s);
    s->stream = stream;
    s->rights = rights;
    ovs_list_push_back(&events->subscribers, &s->node);
    https_stream_send(stream, ":\n\n", 3);
    return NULL;
}

/* Notifications. */

static json_t *
address_to_json(const struct in6_addr *ip, bool ipv6)
{
    char text[INET6_ADDRSTRLEN + 8];
    ipv6_string_mapped(text, ip);
    strcat(text, ipv6 ? "/128" : "/32");
    return json_string(text);
}

static void
put_port(json_t *selector, const char *name, int port)
{
    if (port >= 0) {
        json_object_set_new(selector, name,
                            json_pack("[{s:i, s:i}]", "start", port,
                                      "end", port));
    }
}

/* Returns the packet as a selector; local is its source. */
static json_t *
traffic_to_json(const struct sa_traffic *traffic)
{
    json_t *selector = json_pack(
        "{s:o, s:o, s:o}",
        "local-prefix", address_to_json(&traffic->src, traffic->ipv6),
        "remote-prefix", address_to_json(&traffic->dst, traffic->ipv6),
        "inner-protocol", (traffic->protocol < 0 ? json_string("any")
                           : json_integer(traffic->protocol)));
    put_port(selector, "local-ports", traffic->src_port);
    put_port(selector, "remote-ports", traffic->dst_port);
    return selector;
}

/* Returns the content of the notification, and its name in '*namep'; or
 * NULL. */
static json_t *
make_content(const struct backend_event *event, const char *sa_name,
             const char **namep)
{
    switch (event->type) {
    case BACKEND_EVENT_EXPIRE:
        *namep = PREFIX"sadb-expire";
        return (sa_name
                ? json_pack("{s:s, s:b, s:o}", "ipsec-sa-name", sa_name,
                            "soft-lifetime-expire", event->soft,
                            "lifetime-current",
                            datastore_stats_to_json(&event->stats))
                : NULL);

    case BACKEND_EVENT_ACQUIRE:
        *namep = PREFIX"sadb-acquire";
        return json_pack("{s:s, s:o}", "ipsec-policy-name", event->policy,
                         "traffic-selector",
                         traffic_to_json(&event->traffic));

    case BACKEND_EVENT_SEQ_OVERFLOW:
        *namep = PREFIX"sadb-seq-overflow";
        return (sa_name ? json_pack("{s:s}", "ipsec-sa-name", sa_name)
                : NULL);

    case BACKEND_EVENT_BAD_SPI:
        *namep = PREFIX"sadb-bad-spi";
        return json_pack("{s:I}", "spi", (json_int_t) event->spi);
    }
    OVS_NOT_REACHED();
}

json_t *
rc_event_to_json(const struct backend_event *event, const char *sa_name,
                 long long int now_ms)
{
    const char *name;
    json_t *content = make_content(event, sa_name, &name);
    if (!content) {
        return NULL;
    }
    char *now = xastrftime_msec("%Y-%m-%dT%H:%M:%S.###Z", now_ms, true);
    json_t *json = json_pack("{s:{s:s, s:o}}", "ietf-restconf:notification",
                             "eventTime", now, name, content);
    free(now);
    return json;
}

/* Returns the right that a client needs to be told. */
static unsigned int
needed(const struct backend_event *event)
{
    switch (event->type) {
    case BACKEND_EVENT_EXPIRE:
    case BACKEND_EVENT_SEQ_OVERFLOW:
    case BACKEND_EVENT_BAD_SPI:
        return RC_RIGHT_SAD;
    case BACKEND_EVENT_ACQUIRE:         /* Of a packet. */
        return RC_RIGHT_WRITER;
    }
    OVS_NOT_REACHED();
}

static void
tell(struct rc_events *events, const struct datastore *ds,
     const struct backend_event *event)
{
    json_t *json = rc_event_to_json(event, datastore_sa_name(ds,
                                                             event->direction,
                                                             event->spi),
                                    time_wall_msec());
    if (json) {
        char *text = json_dumps(json, JSON_COMPACT);
        char *message = xasprintf("data: %s\n\n", text);
        send_all(events, needed(event), message);
        free(message);
        wiping_free(text);
        json_decref(json);
    }
}

void
rc_events_run(struct rc_events *events, struct backend *backend,
              const struct datastore *ds)
{
    struct backend_event event;

    for (int i = 0; (i < MAX_EVENTS
                     && event_queue_pop(backend->events, &event)); i++) {
        char *text = backend_event_to_string(&event);
        VLOG_INFO_RL(&rl, "%s", text);
        free(text);
        tell(events, ds, &event);
        free(event.policy);
    }
    if (!ovs_list_is_empty(&events->subscribers)
        && time_msec() >= events->next_heartbeat_ms) {
        send_all(events, RC_RIGHT_ANY, ":\n\n");
    }
}

void
rc_events_wait(const struct rc_events *events)
{
    if (!ovs_list_is_empty(&events->subscribers)) {
        poll_timer_wait_until(events->next_heartbeat_ms);
    }
}
