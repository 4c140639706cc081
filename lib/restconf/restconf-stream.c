/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/restconf/restconf-stream.h"

#include "lib/restconf/curl-loop.h"
#include "lib/restconf/event-stream.h"
#include "lib/restconf/restconf-client-private.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(restconf_stream);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

#define STREAM_PATH "/streams/NETCONF"  /* As in RFC 8040's examples. */
#define PAUSE_MIN_MS 1000       /* After the first loss. */
#define PAUSE_MAX_MS 30000      /* After many. */
#define SILENCE_S 60            /* A stream without a comment is lost; an agent
                                 * sends one every 15 s. */

struct restconf_streams {
    struct curl_loop *loop;
    struct ovs_list streams;    /* struct restconf_stream. */
};

struct restconf_stream {
    struct ovs_list node;
    struct restconf_streams *streams;
    struct restconf_client *client;
    struct event_stream *events;
    bool wanted, busy, open;
    CURL *easy;
    struct curl_slist *headers;
    int pause_ms;
    long long int next_ms;      /* Earliest time to open the stream. */
};

char *
restconf_streams_create(struct restconf_streams **streamsp)
{
    struct curl_loop *loop;
    char *error = curl_loop_create(&loop);
    *streamsp = NULL;
    if (!error) {
        struct restconf_streams *streams = xmalloc(sizeof *streams);
        streams->loop = loop;
        ovs_list_init(&streams->streams);
        *streamsp = streams;
    }
    return error;
}

void
restconf_streams_destroy(struct restconf_streams *streams)
{
    if (streams) {
        ovs_assert(ovs_list_is_empty(&streams->streams));
        curl_loop_destroy(streams->loop);
        free(streams);
    }
}

struct restconf_stream *
restconf_stream_create(struct restconf_streams *streams,
                       struct restconf_client *client)
{
    struct restconf_stream *stream = xzalloc(sizeof *stream);
    stream->streams = streams;
    stream->client = client;
    stream->events = event_stream_create();
    stream->easy = curl_easy_init();
    stream->headers = curl_slist_append(NULL, "Accept: text/event-stream");
    stream->pause_ms = PAUSE_MIN_MS;
    ovs_list_push_back(&streams->streams, &stream->node);
    return stream;
}

static void
close_stream(struct restconf_stream *stream)
{
    if (stream->busy) {
        curl_loop_remove(stream->streams->loop, stream->easy);
        curl_easy_reset(stream->easy);
        stream->busy = stream->open = false;
    }
}

void
restconf_stream_destroy(struct restconf_stream *stream)
{
    if (stream) {
        close_stream(stream);
        curl_loop_free_easy(stream->easy);
        curl_slist_free_all(stream->headers);
        event_stream_destroy(stream->events);
        ovs_list_remove(&stream->node);
        free(stream);
    }
}

/* Reads events, but not the body of a refusal. */
static size_t
write_cb(char *data, size_t size, size_t n, void *stream_)
{
    struct restconf_stream *stream = stream_;
    long int status = 0;
    curl_easy_getinfo(stream->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status == 200) {
        stream->open = true;
        stream->pause_ms = PAUSE_MIN_MS;
        event_stream_feed(stream->events, data, size * n);
    }
    return size * n;
}

static void
open_stream(struct restconf_stream *stream)
{
    char *url = restconf_client_url(stream->client, STREAM_PATH);
    CURL *easy = stream->easy;
    event_stream_restart(stream->events);
    restconf_client_set_up(stream->client, easy, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, stream->headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, write_cb);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, stream);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, stream);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long) SILENCE_S);
    curl_loop_add(stream->streams->loop, easy);
    stream->busy = true;
    free(url);
}

void
restconf_stream_want(struct restconf_stream *stream, bool wanted)
{
    if (!wanted && stream->wanted) {
        close_stream(stream);
        stream->next_ms = 0;
    }
    stream->wanted = wanted;
}

/* Handles the end of the stream: the server has refused it, or is gone. */
static void
lose_stream(struct restconf_stream *stream, CURLcode code)
{
    long int status = 0;
    curl_easy_getinfo(stream->easy, CURLINFO_RESPONSE_CODE, &status);
    VLOG_INFO_RL(&rl, "%s: its event stream has ended (%s, HTTP status %ld)",
                 restconf_client_name(stream->client),
                 curl_easy_strerror(code), status);
    close_stream(stream);
    stream->next_ms = time_msec() + stream->pause_ms;
    stream->pause_ms = MIN(2 * stream->pause_ms, PAUSE_MAX_MS);
}

static bool
may_open(const struct restconf_stream *stream)
{
    return stream->wanted && !stream->busy;
}

void
restconf_streams_run(struct restconf_streams *streams)
{
    struct restconf_stream *stream;
    CURLcode code;
    CURL *easy;
    curl_loop_run(streams->loop);
    while ((easy = curl_loop_next_done(streams->loop, &code))) {
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &stream);
        lose_stream(stream, code);
    }
    LIST_FOR_EACH (stream, node, &streams->streams) {
        if (may_open(stream) && time_msec() >= stream->next_ms) {
            open_stream(stream);
        }
    }
}

void
restconf_streams_wait(struct restconf_streams *streams)
{
    curl_loop_wait(streams->loop);
    const struct restconf_stream *stream;
    LIST_FOR_EACH (stream, node, &streams->streams) {
        if (may_open(stream)) {
            poll_timer_wait_until(stream->next_ms);
        }
        if (!event_stream_is_empty(stream->events)) {
            poll_immediate_wake();
        }
    }
}

bool
restconf_stream_is_open(const struct restconf_stream *stream)
{
    return stream->open;
}

char *
restconf_stream_next(struct restconf_stream *stream)
{
    return event_stream_next(stream->events);
}
