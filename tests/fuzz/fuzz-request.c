/* SPDX-License-Identifier: Apache-2.0 */
/* In place of lib/https/https-request.c: requests and replies in memory. */
#include <config.h>

#include "tests/fuzz/fuzz-request.h"

#include <string.h>
#include <strings.h>

#include "lib/https/https-request.h"
#include "tests/fuzz/fuzz.h"
#include "util.h"

/* Cuts the line at '*sp' off; '*sp' is then the next one, or NULL. */
static char *
cut_line(char **sp)
{
    char *line = *sp;
    char *end = strchr(line, '\n');
    if (end) {
        *end++ = '\0';
    }
    *sp = end;
    return line;
}

/* Only what lib/https/http-parse.c lets through comes to the agent. */
static bool
is_printable(const char *s, const char *but)
{
    for (; *s; s++) {
        unsigned char c = *s;
        if ((c < 0x21 || c == 0x7f) && !strchr(but, c)) {
            return false;
        }
    }
    return true;
}

static bool
parse_first_line(struct https_request *req, char *line)
{
    char *save = NULL;
    req->method = strtok_r(line, " ", &save);
    req->path = strtok_r(NULL, " ", &save);
    const char *fault = strtok_r(NULL, " ", &save);
    if (!req->path || strtok_r(NULL, "", &save)
        || (fault && !str_to_int(fault, 10, &req->fault))
        || !is_printable(req->method, "") || !is_printable(req->path, "")) {
        return false;
    }
    req->query = strchr(req->path, '?');
    if (req->query) {
        *req->query++ = '\0';
    }
    return true;
}

bool
fuzz_request_init(struct https_request *req, const uint8_t *data, size_t size)
{
    *req = (struct https_request) {
        .text = xmemdup0((const char *) data, size),
        .reply_headers = DS_EMPTY_INITIALIZER,
    };
    char *s = req->text;
    if (!parse_first_line(req, cut_line(&s))) {
        return false;
    }
    while (s) {
        char *line = cut_line(&s);
        if (!line[0]) {
            break;
        }
        char *value = strstr(line, ": ");
        if (!value || req->n_headers >= FUZZ_MAX_HEADERS) {
            return false;
        }
        *value = '\0';
        value += 2;
        if (!is_printable(line, "") || !is_printable(value, " \t")) {
            return false;
        }
        req->headers[req->n_headers].name = line;
        req->headers[req->n_headers++].value = value;
    }
    /* A block of its own: whoever reads beyond its end is caught. */
    size_t offset = s ? s - req->text : size;
    req->body_size = size - offset;
    req->body = xmalloc(req->body_size);
    memcpy(req->body, data + offset, req->body_size);
    return true;
}

void
fuzz_request_uninit(struct https_request *req)
{
    free(req->text);
    free(req->body);
    free(req->reply);
    ds_destroy(&req->reply_headers);
}

/* lib/https/https-request.h */

int
https_request_error(const struct https_request *req OVS_UNUSED)
{
    return 0;
}

const char *
https_request_method_name(const struct https_request *req)
{
    return req->method;
}

enum https_method
https_request_method(const struct https_request *req)
{
    return https_method_from_string(req->method);
}

const char *
https_request_path(const struct https_request *req)
{
    return req->path;
}

const char *
https_request_query(const struct https_request *req)
{
    return req->query;
}

const char *
https_request_header(const struct https_request *req, const char *name)
{
    for (size_t i = 0; i < req->n_headers; i++) {
        if (!strcasecmp(req->headers[i].name, name)) {
            return req->headers[i].value;
        }
    }
    return !strcasecmp(name, "Content-Type") ? req->content_type : NULL;
}

const char *
https_request_host(const struct https_request *req)
{
    const char *host = https_request_header(req, "Host");
    return host ? host : "";
}

bool
https_request_has_body(const struct https_request *req)
{
    return req->body_size > 0;
}

const char *
https_request_body(const struct https_request *req, size_t *size)
{
    *size = req->body_size;
    return req->body;
}

const char *
https_request_peer(const struct https_request *req OVS_UNUSED)
{
    return FUZZ_PEER;
}

void
https_reply_header(struct https_request *req, const char *name,
                   const char *value)
{
    ds_put_format(&req->reply_headers, "%s: %s\n", name, value);
}

void
https_reply(struct https_request *req, int status,
            const char *content_type OVS_UNUSED, const char *body,
            size_t size)
{
    FUZZ_CHECK(!req->status);
    FUZZ_CHECK(status >= 200 && status < 600);
    req->status = status;
    req->reply = xmemdup0(size ? body : "", size);
    req->reply_size = size;
}

/* There is no time for streams here. */
struct https_stream *
https_reply_stream(struct https_request *req OVS_UNUSED,
                   const char *content_type OVS_UNUSED)
{
    return NULL;
}

void
https_stream_send(struct https_stream *stream OVS_UNUSED,
                  const char *data OVS_UNUSED, size_t size OVS_UNUSED)
{
    OVS_NOT_REACHED();
}

bool
https_stream_is_open(const struct https_stream *stream OVS_UNUSED)
{
    OVS_NOT_REACHED();
}

void
https_stream_close(struct https_stream *stream OVS_UNUSED)
{
    OVS_NOT_REACHED();
}
