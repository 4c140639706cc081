/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP/1.1 parser: an input is what a client sends, a head and perhaps a
 * chunked body.  However it is cut into pieces, the same is read; what is read
 * and printed is read again the same. */
#include <config.h>

#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "lib/https/http-parse.h"
#include "lib/wiping-buffer.h"
#include "openvswitch/dynamic-string.h"
#include "vnf-agent/restconf/rc-conditions.h"

int
LLVMFuzzerInitialize(int *argc OVS_UNUSED, char ***argv OVS_UNUSED)
{
    fuzz_init();
    return 0;
}

/* The head's size, when it comes octet by octet: as the server calls it. */
static size_t
head_size_bytewise(const char *data, size_t size)
{
    size_t scanned = 0;
    for (size_t n = 1; n <= size; n++) {
        size_t head_size = http_head_size(data, n, &scanned);
        FUZZ_CHECK(scanned <= n);
        if (head_size) {
            FUZZ_CHECK(head_size == n);
            return n;
        }
    }
    return 0;
}

static void
print_head(const struct http_head *head, struct ds *s)
{
    ds_put_format(s, "%s %s HTTP/1.%d\r\n", head->method, head->target,
                  head->minor);
    for (size_t i = 0; i < head->n_headers; i++) {
        ds_put_format(s, "%s: %s\r\n", head->headers[i].name,
                      head->headers[i].value);
    }
    ds_put_cstr(s, "\r\n");
}

static void
check_same_head(const struct http_head *a, const struct http_head *b)
{
    FUZZ_CHECK(!strcmp(a->method, b->method));
    FUZZ_CHECK(!strcmp(a->target, b->target));
    FUZZ_CHECK(a->minor == b->minor);
    FUZZ_CHECK(a->n_headers == b->n_headers);
    for (size_t i = 0; i < a->n_headers; i++) {
        FUZZ_CHECK(!strcmp(a->headers[i].name, b->headers[i].name));
        FUZZ_CHECK(!strcmp(a->headers[i].value, b->headers[i].value));
    }
    FUZZ_CHECK(a->content_length == b->content_length);
    FUZZ_CHECK(a->chunked == b->chunked);
    FUZZ_CHECK(a->keep_alive == b->keep_alive);
    FUZZ_CHECK(a->expect_continue == b->expect_continue);
}

/* What the server relies on. */
static void
check_head(const struct http_head *head)
{
    struct ds text = DS_EMPTY_INITIALIZER;
    struct http_head again;

    FUZZ_CHECK(head->method[0] && head->target[0]);
    FUZZ_CHECK(head->n_headers <= HTTP_MAX_HEADERS);
    FUZZ_CHECK(!head->chunked || !head->content_length);
    /* Nothing in it could end a line of a log or of a reply. */
    FUZZ_CHECK(!strpbrk(head->target, " \r\n"));
    for (size_t i = 0; i < head->n_headers; i++) {
        FUZZ_CHECK(!strpbrk(head->headers[i].value, "\r\n"));
    }

    print_head(head, &text);
    size_t scanned = 0;
    FUZZ_CHECK(http_head_size(text.string, text.length, &scanned)
               == text.length);
    FUZZ_CHECK(!http_head_parse(&again, text.string, text.length));
    check_same_head(head, &again);
    http_head_destroy(&again);
    ds_destroy(&text);
}

/* Reads a chunked body in pieces of 'step' octets. */
static size_t
read_chunked(const char *data, size_t size, size_t step,
             struct wiping_buffer *body, struct http_chunked *c)
{
    size_t n = 0;

    *c = (struct http_chunked) { .state = 0 };
    while (n < size && !c->done) {
        size_t piece = MIN(step, size - n);
        size_t taken = http_chunked_feed(c, data + n, piece, body);
        if (taken == SIZE_MAX) {
            return SIZE_MAX;
        }
        FUZZ_CHECK(taken == piece || (c->done && taken < piece));
        n += taken;
    }
    return n;
}

static void
check_chunked(const char *data, size_t size)
{
    static const size_t steps[] = { SIZE_MAX, 1, 7 };
    struct wiping_buffer bodies[ARRAY_SIZE(steps)];
    struct http_chunked states[ARRAY_SIZE(steps)];
    size_t n[ARRAY_SIZE(steps)];

    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        bodies[i] = (struct wiping_buffer) WIPING_BUFFER_INITIALIZER;
        n[i] = read_chunked(data, size, steps[i], &bodies[i], &states[i]);
        FUZZ_CHECK(n[i] == n[0]);
        FUZZ_CHECK(states[i].done == states[0].done);
        FUZZ_CHECK(bodies[i].size == bodies[0].size);
        FUZZ_CHECK(bodies[i].size <= size);
        FUZZ_CHECK(!bodies[i].size
                   || !memcmp(wiping_buffer_head(&bodies[i]),
                              wiping_buffer_head(&bodies[0]),
                              bodies[0].size));
    }
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        wiping_buffer_uninit(&bodies[i]);
    }
}

static void
check_conditions(const struct http_head *head)
{
    const struct rc_conditions conditions = {
        .if_match = http_head_get(head, "If-Match"),
        .if_none_match = http_head_get(head, "If-None-Match"),
        .if_modified_since = http_head_get(head, "If-Modified-Since"),
        .if_unmodified_since = http_head_get(head, "If-Unmodified-Since"),
    };
    for (int i = 0; i < 4; i++) {
        enum rc_verdict verdict = rc_conditions_check(
            &conditions, i & 1, "\"0000002a-1\"", 1700000000, i & 2);
        FUZZ_CHECK(verdict != RC_NOT_MODIFIED || i & 1);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data_, size_t size)
{
    /* Exactly as long as it is, so that the sanitizer sees its end. */
    char *data = xmalloc(size);
    struct http_head head;
    size_t scanned = 0;

    memcpy(data, data_, size);
    size_t head_size = http_head_size(data, size, &scanned);
    FUZZ_CHECK(head_size <= size);
    FUZZ_CHECK(head_size == head_size_bytewise(data, size));
    if (head_size) {
        int status = http_head_parse(&head, data, head_size);
        FUZZ_CHECK(!status || (status >= 400 && status < 600));
        if (!status) {
            check_head(&head);
            check_conditions(&head);
            if (head.chunked) {
                check_chunked(data + head_size, size - head_size);
            }
        }
        http_head_destroy(&head);
    }
    free(data);
    return 0;
}
