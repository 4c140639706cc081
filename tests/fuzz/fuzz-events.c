/* SPDX-License-Identifier: Apache-2.0 */
/* Documents of an agent that the controller reads: an event stream with
 * notifications, and the place of the RESTCONF resources.  An input is one
 * octet and a document; the octet says which document and, of a stream,
 * whether it comes many times in a row: in lines that are too long or events
 * that are too many.
 *
 * In whatever pieces a stream comes, the same events are read: those of a
 * second reader, written line by line as the standard (WHATWG HTML
 * s.9.2.6). */
#include <config.h>

#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "lib/restconf/event-stream.h"
#include "lib/restconf/restconf-root.h"
#include "ofctl-app/southbound/agent-event.h"
#include "openvswitch/dynamic-string.h"

#define IS_ROOT 0x80
#define IS_TOO_LONG 0x7e        /* Takes its time: so of few inputs. */
#define IS_TOO_MANY 0x7f

int
LLVMFuzzerInitialize(int *argc OVS_UNUSED, char ***argv OVS_UNUSED)
{
    fuzz_init();
    return 0;
}

/* Where the resources are. */

static void
check_root(const char *document)
{
    char *root = restconf_root_parse(document);

    if (root && root[0]) {
        FUZZ_CHECK(root[0] == '/' && root[1] != '/' && root[1]);
        FUZZ_CHECK(root[strlen(root) - 1] != '/');
        FUZZ_CHECK(!strpbrk(root, " \t\r\n\"<>?#\\"));
        char *again_document = xasprintf(
            "<XRD><Link rel='restconf' href=\"%s/\"/></XRD>", root);
        char *again = restconf_root_parse(again_document);
        FUZZ_CHECK(again && !strcmp(again, root));
        free(again_document);
        free(again);
    }
    free(root);
}

/* The stream. */

/* Events by their data, one behind the other with what tells them apart; then
 * the number of those that were left out. */
static void
put_event(struct ds *s, const char *data)
{
    ds_put_format(s, "%"PRIuSIZE":%s\n", strlen(data), data);
}

static void
check_event(const char *data)
{
    struct agent_event event;

    if (agent_event_parse(data, &event)) {
        FUZZ_CHECK(event.type <= AGENT_EVENT_BAD_SPI);
        FUZZ_CHECK(strlen(event.policy) < sizeof event.policy);
    }
}

/* Reads the stream in pieces of 'step' octets. */
static void
read_stream(const char *data, size_t size, size_t step, struct ds *s)
{
    struct event_stream *es = event_stream_create();
    char *event;

    event_stream_feed(es, "data: of another connection", 27);
    event_stream_restart(es);
    for (size_t i = 0; i < size; ) {
        size_t n = MIN(step, size - i);
        event_stream_feed(es, data + i, n);
        i += n;
    }
    while ((event = event_stream_next(es))) {
        check_event(event);
        put_event(s, event);
        free(event);
    }
    FUZZ_CHECK(event_stream_is_empty(es));
    ds_put_format(s, "%llu", event_stream_n_lost(es));
    event_stream_destroy(es);
}

/* A line without its end, of an event of which 'data' has come so far. */
static void
expect_line(const char *line, size_t n, struct ds *data, bool *has_data,
            struct ds *s, size_t *n_events, size_t *n_lost)
{
    if (!n) {
        if (*has_data && *n_events == EVENT_STREAM_MAX_EVENTS) {
            ++*n_lost;
        } else if (*has_data) {
            ds_chomp(data, '\n');
            put_event(s, ds_cstr(data));
            ++*n_events;
        }
        ds_clear(data);
        *has_data = false;
        return;
    }
    const char *colon = memchr(line, ':', n);
    size_t name_len = colon ? colon - line : n;
    if (name_len == 4 && !memcmp(line, "data", 4)) {
        const char *value = colon ? colon + 1 : line + n;
        value += value < line + n && *value == ' ';
        ds_put_buffer(data, value, line + n - value);
        ds_put_char(data, '\n');
        *has_data = true;
    }
}

/* The events of a stream that is too short for one to be too long. */
static void
expect_stream(const char *p, size_t size, struct ds *s)
{
    struct ds data = DS_EMPTY_INITIALIZER;
    size_t n_events = 0, n_lost = 0;
    const char *end = p + size;
    bool has_data = false;

    for (;;) {
        const char *line = p;
        while (p < end && *p != '\r' && *p != '\n') {
            p++;
        }
        if (p == end) {
            break;
        }
        expect_line(line, p - line, &data, &has_data, s, &n_events, &n_lost);
        p += p + 1 < end && p[0] == '\r' && p[1] == '\n' ? 2 : 1;
    }
    ds_put_format(s, "%"PRIuSIZE, n_lost);
    ds_destroy(&data);
}

static void
check_stream(const char *data, size_t size)
{
    static const size_t steps[] = { SIZE_MAX, 7, 1 };
    size_t n_steps = size <= EVENT_STREAM_MAX_OCTETS ? ARRAY_SIZE(steps) : 1;
    struct ds texts[ARRAY_SIZE(steps)];

    for (size_t i = 0; i < n_steps; i++) {
        ds_init(&texts[i]);
        read_stream(data, size, steps[i], &texts[i]);
        FUZZ_CHECK(!strcmp(ds_cstr(&texts[i]), ds_cstr(&texts[0])));
    }
    if (size <= EVENT_STREAM_MAX_OCTETS) {
        struct ds expected = DS_EMPTY_INITIALIZER;
        expect_stream(data, size, &expected);
        FUZZ_CHECK(!strcmp(ds_cstr(&texts[0]), ds_cstr(&expected)));
        ds_destroy(&expected);
    }
    for (size_t i = 0; i < n_steps; i++) {
        ds_destroy(&texts[i]);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size) {
        return 0;
    }
    const char *document = (const char *) data + 1;
    uint8_t how = data[0];

    size--;
    if (how & IS_ROOT) {
        char *text = xmemdup0(document, size);
        check_root(text);
        free(text);
    } else {
        size_t n = (how == IS_TOO_MANY && size <= 16
                    ? EVENT_STREAM_MAX_EVENTS + 2
                    : how == IS_TOO_LONG && size >= 1000
                    ? EVENT_STREAM_MAX_OCTETS / size + 2 : 1);
        char *text = xmalloc(n * size);
        for (size_t i = 0; i < n; i++) {
            memcpy(text + i * size, document, size);
        }
        check_stream(text, n * size);
        free(text);
    }
    return 0;
}
