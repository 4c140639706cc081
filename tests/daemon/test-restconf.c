/* SPDX-License-Identifier: Apache-2.0 */
/* The parsers of the RESTCONF server, without sockets: a command a line from
 * standard input. */
#include <config.h>
#undef NDEBUG

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/https/http-parse.h"
#include "lib/https/https-method.h"
#include "lib/secret.h"
#include "lib/wiping-buffer.h"
#include "packets.h"
#include "util.h"
#include "vnf-agent/backend/backend.h"
#include "vnf-agent/restconf/rc-conditions.h"
#include "vnf-agent/restconf/rc-error.h"
#include "vnf-agent/restconf/rc-events.h"
#include "vnf-agent/restconf/rc-path.h"
#include "vnf-agent/restconf/rc-query.h"

/* Replaces "\r", "\n", "\0" and "\\" in 's'; returns the length. */
static size_t
unescape(char *s)
{
    char *out = s;
    for (const char *p = s; *p; p++) {
        if (*p != '\\') {
            *out++ = *p;
            continue;
        }
        p++;
        *out++ = *p == 'r' ? '\r' : *p == 'n' ? '\n' : *p == '0' ? '\0' : *p;
    }
    *out = '\0';
    return out - s;
}

/* head TEXT: a request's head, fed octet by octet and as a whole. */
static void
cmd_head(char *text)
{
    size_t n = unescape(text);
    size_t scanned = 0, size = 0;
    for (size_t i = 0; i <= n && !size; i++) {
        size = http_head_size(text, i, &scanned);
    }
    scanned = 0;
    ovs_assert(size == http_head_size(text, n, &scanned));
    if (!size) {
        printf("incomplete\n");
        return;
    }

    struct http_head head;
    int status = http_head_parse(&head, text, size);
    if (status) {
        printf("%d\n", status);
    } else {
        printf("%s %s HTTP/1.%d", head.method, head.target, head.minor);
        for (size_t i = 0; i < head.n_headers; i++) {
            printf(", %s=%s", head.headers[i].name, head.headers[i].value);
        }
        printf("; length %"PRIu64"%s%s%s, left %"PRIuSIZE"\n",
               head.content_length, head.chunked ? ", chunked" : "",
               head.keep_alive ? ", keep-alive" : "",
               head.expect_continue ? ", expects" : "", n - size);
    }
    http_head_destroy(&head);
}

/* chunked TEXT: a body in chunks, as a whole and octet by octet. */
static void
cmd_chunked(char *text)
{
    size_t n = unescape(text);
    for (int whole = 1; whole >= 0; whole--) {
        struct wiping_buffer body = WIPING_BUFFER_INITIALIZER;
        struct http_chunked chunked = { .state = 0 };
        size_t used = 0, step = whole ? n : 1;
        while (used < n && !chunked.done) {
            size_t done = http_chunked_feed(&chunked, text + used,
                                            MIN(step, n - used), &body);
            if (done == SIZE_MAX) {
                used = SIZE_MAX;
                break;
            }
            used += done;
        }
        if (used == SIZE_MAX) {
            printf("malformed\n");
        } else {
            printf("%s \"%.*s\", left %"PRIuSIZE"\n",
                   chunked.done ? "done" : "incomplete", (int) body.size,
                   body.size ? wiping_buffer_head(&body) : "", n - used);
        }
        wiping_buffer_uninit(&body);
    }
}

static void
print_error(struct yang_error *error)
{
    printf("%d %s: %s\n", rc_error_status(error), rc_error_tag(error),
           error->message);
    yang_error_destroy(error);
}

static void
print_path(const struct rc_path *path)
{
    for (size_t i = 0; i < path->n; i++) {
        const struct rc_segment *s = &path->segments[i];
        printf("/%s%s%s%s", s->module ? s->module : "",
               s->module ? ":" : "", s->name, s->has_keys ? "=" : "");
        for (size_t j = 0; j < s->n_keys; j++) {
            printf("[%s]", s->keys[j]);
        }
    }
}

/* path TEXT */
static void
cmd_path(char *text)
{
    struct rc_path path = { .n = 0 };
    struct yang_error *error = rc_path_append(&path, text);
    if (error) {
        print_error(error);
    } else {
        print_path(&path);
        printf("\n");
    }
    rc_path_destroy(&path);
}

static void
print_fields(const struct rc_fields *fields)
{
    for (; fields; fields = fields->next) {
        printf("%s%s%s", fields->module ? fields->module : "",
               fields->module ? ":" : "", fields->name);
        if (fields->children) {
            printf("(");
            print_fields(fields->children);
            printf(")");
        }
        printf("%s", fields->next ? ";" : "");
    }
}

/* query read|place TEXT */
static void
cmd_query(char *text)
{
    enum rc_query_kind kind = (!strncmp(text, "read", 4) ? RC_QUERY_READ
                               : RC_QUERY_PLACE);
    const char *space = strchr(text, ' ');
    struct rc_query query;
    struct yang_error *error = rc_query_parse(&query, kind,
                                              space ? space + 1 : NULL);
    if (error) {
        print_error(error);
    } else {
        printf("content %d, depth %d, defaults %d, where %d, fields=",
               query.content, query.depth, query.defaults, query.where);
        print_fields(query.fields);
        printf(", point=");
        print_path(&query.point);
        printf("\n");
    }
    rc_query_destroy(&query);
}

/* conditions read|write there|absent HEADER=VALUE...: of the tag "e1", changed
 * at 1994-11-06 08:49:37. */
static void
cmd_conditions(char *text)
{
    struct rc_conditions c = { .if_match = NULL };
    bool is_read = !strncmp(text, "read", 4);
    bool exists = strstr(text, " there") != NULL;
    const struct {
        const char *name;
        const char **value;
    } headers[] = {
        { "if-match=", &c.if_match },
        { "if-none-match=", &c.if_none_match },
        { "if-modified-since=", &c.if_modified_since },
        { "if-unmodified-since=", &c.if_unmodified_since },
    };
    for (char *token = strtok(text, "|"); token; token = strtok(NULL, "|")) {
        for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
            size_t n = strlen(headers[i].name);
            if (!strncmp(token, headers[i].name, n)) {
                *headers[i].value = token + n;
            }
        }
    }
    enum rc_verdict verdict = rc_conditions_check(&c, is_read, "\"e1\"",
                                                  784111777, exists);
    printf("%s\n", (verdict == RC_GO_ON ? "go on"
                    : verdict == RC_NOT_MODIFIED ? "304" : "412"));
}

/* modified MODIFIED NOW: the date of a change, in seconds. */
static void
cmd_modified(char *text)
{
    char *now = strchr(text, ' ');
    char *date = rc_conditions_date(
        rc_conditions_modified_s(atoll(text), atoll(now)));
    printf("%s\n", date);
    free(date);
}

/* methods NAME...: the names as a set, as header Allow has it. */
static void
cmd_methods(char *text)
{
    unsigned int methods = 0;
    for (char *name = strtok(text, " "); name; name = strtok(NULL, " ")) {
        methods |= https_method_from_string(name);
    }
    char *allow = https_methods_to_string(methods);
    printf("%s\n", allow);
    free(allow);
}

static bool
parse_type(const char *text, enum backend_event_type *type)
{
    static const char *const names[] = {
        [BACKEND_EVENT_EXPIRE] = "expire",
        [BACKEND_EVENT_ACQUIRE] = "acquire",
        [BACKEND_EVENT_SEQ_OVERFLOW] = "seq-overflow",
        [BACKEND_EVENT_BAD_SPI] = "bad-spi",
    };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (!strncmp(text, names[i], strlen(names[i]))) {
            *type = i;
            return true;
        }
    }
    return false;
}

/* event TYPE [soft] [gone] [ports] */
static void
cmd_event(char *text)
{
    char policy[] = "policy";
    struct backend_event event = {
        .spi = 0xfedcba98,
        .soft = strstr(text, " soft") != NULL,
        .stats = { .age_s = 7, .bytes = UINT64_MAX, .packets = 5000000000,
                   .idle_s = 1 },
        .policy = policy,
        .traffic = { .ipv6 = true, .src = in6addr_loopback, .protocol = 17,
                     .src_port = 53, .dst_port = 1024 },
    };
    if (!strstr(text, " ports")) {
        event.traffic.ipv6 = false;
        event.traffic.src = in6_addr_mapped_ipv4(htonl(0x0a000001));
        event.traffic.dst = in6_addr_mapped_ipv4(htonl(0x0a000002));
        event.traffic.protocol = event.traffic.src_port = -1;
        event.traffic.dst_port = -1;
    }
    ovs_assert(parse_type(text, &event.type));
    json_t *json = rc_event_to_json(&event, (strstr(text, " gone") ? NULL
                                             : "sa-1"), 1000);
    char *dump = json ? json_dumps(json, JSON_COMPACT) : NULL;
    printf("%s\n", dump ? dump : "none");
    wiping_free(dump);
    json_decref(json);
}

int
main(int argc OVS_UNUSED, char *argv[])
{
    static const struct {
        const char *name;
        void (*run)(char *);
    } commands[] = {
        { "head", cmd_head },
        { "chunked", cmd_chunked },
        { "path", cmd_path },
        { "query", cmd_query },
        { "conditions", cmd_conditions },
        { "modified", cmd_modified },
        { "methods", cmd_methods },
        { "event", cmd_event },
    };
    char *line = NULL;
    size_t allocated = 0;

    ovs_set_program_name(argv[0], SDSA_VERSION);
    json_set_alloc_funcs(wiping_malloc, wiping_free);
    while (getline(&line, &allocated, stdin) > 0) {
        line[strcspn(line, "\n")] = '\0';
        char *text = line + strcspn(line, " ");
        if (*text) {
            *text++ = '\0';
        }
        for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
            if (!strcmp(line, commands[i].name)) {
                commands[i].run(text);
            }
        }
    }
    free(line);
    return 0;
}
