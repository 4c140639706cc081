/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/restconf/event-stream.h"

#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "util.h"

struct event {
    struct ovs_list node;       /* In event_stream's 'events'. */
    char *data;
};

struct event_stream {
    struct ds line;             /* The line so far, without its end. */
    bool line_too_long;
    bool after_cr;              /* The last octet was '\r'; a '\n' belongs to
                                 * it. */
    struct ds data;             /* The event so far, a '\n' behind each
                                 * line. */
    bool has_data, too_long;
    struct ovs_list events;
    size_t n_events;
    unsigned long long int n_lost;
};

struct event_stream *
event_stream_create(void)
{
    struct event_stream *es = xzalloc(sizeof *es);
    ds_init(&es->line);
    ds_init(&es->data);
    ovs_list_init(&es->events);
    return es;
}

void
event_stream_destroy(struct event_stream *es)
{
    if (es) {
        char *data;
        while ((data = event_stream_next(es))) {
            free(data);
        }
        ds_destroy(&es->line);
        ds_destroy(&es->data);
        free(es);
    }
}

static void
forget_event(struct event_stream *es)
{
    ds_clear(&es->data);
    es->has_data = es->too_long = false;
}

void
event_stream_restart(struct event_stream *es)
{
    ds_clear(&es->line);
    es->line_too_long = es->after_cr = false;
    forget_event(es);
}

/* Ends the event, which is whole, at an empty line. */
static void
end_event(struct event_stream *es)
{
    if (es->too_long || (es->has_data
                         && es->n_events == EVENT_STREAM_MAX_EVENTS)) {
        es->n_lost++;
    } else if (es->has_data) {
        struct event *event = xmalloc(sizeof *event);
        event->data = xmemdup0(ds_cstr(&es->data), es->data.length - 1);
        ovs_list_push_back(&es->events, &event->node);
        es->n_events++;
    }
    forget_event(es);
}

/* Adds a line to the event's data. */
static void
add_data(struct event_stream *es, const char *value, size_t n)
{
    es->has_data = true;
    if (es->data.length + n + 1 > EVENT_STREAM_MAX_OCTETS) {
        es->too_long = true;
    } else {
        ds_put_buffer(&es->data, value, n);
        ds_put_char(&es->data, '\n');
    }
}

/* Handles a whole line.  Comments, and fields other than "data", say nothing
 * that is needed. */
static void
end_line(struct event_stream *es)
{
    const char *line = ds_cstr(&es->line);
    size_t n = es->line.length;
    if (es->line_too_long) {
        es->too_long = true;
    } else if (!n) {
        end_event(es);
    } else if (n >= 4 && !memcmp(line, "data", 4) && (n == 4
                                                      || line[4] == ':')) {
        size_t skip = n == 4 ? 4 : n > 5 && line[5] == ' ' ? 6 : 5;
        add_data(es, line + skip, n - skip);
    }
    ds_clear(&es->line);
    es->line_too_long = false;
}

void
event_stream_feed(struct event_stream *es, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool after_cr = es->after_cr;
        es->after_cr = p[i] == '\r';
        if (p[i] == '\r' || (p[i] == '\n' && !after_cr)) {
            end_line(es);
        } else if (p[i] == '\n') {
            /* The end of "\r\n". */
        } else if (es->line.length == EVENT_STREAM_MAX_OCTETS) {
            es->line_too_long = true;
        } else {
            ds_put_char(&es->line, p[i]);
        }
    }
}

bool
event_stream_is_empty(const struct event_stream *es)
{
    return ovs_list_is_empty(&es->events);
}

char *
event_stream_next(struct event_stream *es)
{
    if (ovs_list_is_empty(&es->events)) {
        return NULL;
    }
    struct event *event = CONTAINER_OF(ovs_list_pop_front(&es->events),
                                       struct event, node);
    char *data = event->data;
    es->n_events--;
    free(event);
    return data;
}

unsigned long long int
event_stream_n_lost(const struct event_stream *es)
{
    return es->n_lost;
}
