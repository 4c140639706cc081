/* SPDX-License-Identifier: Apache-2.0 */

/* Reads event streams and the events of agents in them.
 *
 *   test-events read OCTETS < FILE   feeds FILE in pieces of OCTETS octets and
 *                                    prints the events
 *   test-events parse < FILE         parses each line as the data of an event
 *   test-events random SEED N        checks with N random streams that the
 *                                    size of the pieces does not matter, and
 *                                    that memory is bounded */

#include <config.h>

#include "lib/restconf/event-stream.h"
#include "ofctl-app/southbound/agent-event.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "openvswitch/dynamic-string.h"
#include "random.h"
#include "util.h"

static void
feed(struct event_stream *es, const char *data, size_t n, size_t piece)
{
    for (size_t i = 0; i < n; i += piece) {
        event_stream_feed(es, &data[i], MIN(piece, n - i));
    }
}

/* Returns the events, each in brackets, and how many were lost (caller
 * frees). */
static char *
drain(struct event_stream *es)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    char *data;
    while ((data = event_stream_next(es))) {
        ds_put_format(&ds, "[%s]\n", data);
        free(data);
    }
    ds_put_format(&ds, "%llu lost\n", event_stream_n_lost(es));
    return ds_steal_cstr(&ds);
}

static void
do_read(size_t piece)
{
    struct ds all = DS_EMPTY_INITIALIZER;
    int c;
    while ((c = getchar()) != EOF) {
        ds_put_char(&all, c);
    }
    struct event_stream *es = event_stream_create();
    feed(es, ds_cstr(&all), all.length, piece);
    char *events = drain(es);
    fputs(events, stdout);
    free(events);
    event_stream_destroy(es);
    ds_destroy(&all);
}

static void
do_parse(void)
{
    static const char *const names[] = {
        [AGENT_EVENT_SOFT_EXPIRE] = "soft-expire",
        [AGENT_EVENT_HARD_EXPIRE] = "hard-expire",
        [AGENT_EVENT_SEQ_OVERFLOW] = "seq-overflow",
        [AGENT_EVENT_ACQUIRE] = "acquire",
        [AGENT_EVENT_BAD_SPI] = "bad-spi",
    };
    struct ds line = DS_EMPTY_INITIALIZER;
    while (!ds_get_line(&line, stdin)) {
        struct agent_event event;
        if (agent_event_parse(ds_cstr(&line), &event)) {
            printf("%s 0x%"PRIx32" \"%s\"\n", names[event.type], event.esp_spi,
                   event.policy);
        } else {
            printf("none\n");
        }
        ds_clear(&line);
    }
    ds_destroy(&line);
}

/* Appends a random part of a stream, which may be too long. */
static void
put_random(struct ds *ds)
{
    static const char *const parts[] = {
        "data", "data:", "data: x", "\n", "\n\n", "\r", "\r\n", "\r\n\r\n",
        ":", " ", "id: 7", "event: y", "d", "\xef\xbb\xbf",
    };
    if (!random_range(200)) {
        ds_put_char_multiple(ds, 'z', random_range(2
                                                   * EVENT_STREAM_MAX_OCTETS));
    }
    ds_put_cstr(ds, parts[random_range(ARRAY_SIZE(parts))]);
}

static void
do_random(unsigned int seed, int n)
{
    size_t n_events = 0;
    random_set_seed(seed);
    for (int i = 0; i < n; i++) {
        struct ds all = DS_EMPTY_INITIALIZER;
        for (int j = random_range(600); j > 0; j--) {
            put_random(&all);
        }
        char *first = NULL;
        const size_t pieces[] = { 1, 1 + random_range(9), MAX(all.length, 1) };
        for (size_t j = 0; j < ARRAY_SIZE(pieces); j++) {
            struct event_stream *es = event_stream_create();
            event_stream_feed(es, "data: half", 10);
            event_stream_restart(es);
            feed(es, ds_cstr(&all), all.length, pieces[j]);
            char *events = drain(es);
            event_stream_destroy(es);
            ovs_assert(!first || !strcmp(first, events));
            ovs_assert(!strstr(events, "half"));
            n_events += events[0] == '[';
            free(first);
            first = events;
        }
        free(first);
        ds_destroy(&all);
    }
    printf("%s\n", n_events > n ? "pieces do not matter" : "no fair sample");
}

int
main(int argc, char *argv[])
{
    set_program_name(argv[0]);
    if (argc == 3 && !strcmp(argv[1], "read")) {
        do_read(atoi(argv[2]));
    } else if (argc == 2 && !strcmp(argv[1], "parse")) {
        do_parse();
    } else if (argc == 4 && !strcmp(argv[1], "random")) {
        do_random(atoi(argv[2]), atoi(argv[3]));
    } else {
        ovs_fatal(0, "see the comment at the top of tests/unit/test-events.c");
    }
    return 0;
}
