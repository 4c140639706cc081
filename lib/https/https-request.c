/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/https/https-request.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/https/https-exchange.h"
#include "timeval.h"
#include "util.h"

struct https_stream {
    struct https_request *req;  /* NULL: the connection has ended. */
    bool chunked;
};

void
https_request_init(struct https_request *req, struct https_member *member)
{
    *req = (struct https_request) {
        .member = member,
        .reply_headers = DS_EMPTY_INITIALIZER,
    };
}

void
https_request_reset(struct https_request *req)
{
    http_head_destroy(&req->head);
    wiping_buffer_uninit(&req->body);
    memset(&req->chunked, 0, sizeof req->chunked);
    req->replied = false;
    req->deferred = false;
    req->defer_until_ms = 0;
}

void
https_request_uninit(struct https_request *req)
{
    if (req->stream) {
        req->stream->req = NULL;
    }
    https_request_reset(req);
    wiping_buffer_uninit(&req->out);
    ds_destroy(&req->reply_headers);
    free(req->peer_address);
}

/* Reads path, query and host from the target, which may be a whole URI: then
 * header Host does not count (RFC 9112 s.3.2.2). */
static void
read_target(struct https_request *req)
{
    static const char scheme[] = "https://";
    const char *target = req->head.target;
    if (target && !strncasecmp(target, scheme, strlen(scheme))) {
        const char *host = target + strlen(scheme);
        size_t n = strcspn(host, "/?");
        req->host = xmemdup0(host, n);
        req->path = xasprintf("%s%s", host[n] == '/' ? "" : "/", host + n);
    } else {
        const char *host = https_request_header(req, "Host");
        req->host = xstrdup(host ? host : "");
        req->path = xstrdup(target ? target : "");
    }
    req->query = strchr(req->path, '?');
    if (req->query) {
        *req->query++ = '\0';
    }
}

void
https_request_dispatch(struct https_request *req, https_handler *handler,
                       void *aux, int error)
{
    read_target(req);
    req->error = error;
    handler(req, aux);
    free(req->path);
    free(req->host);
}

int
https_request_error(const struct https_request *req)
{
    return req->error;
}

const char *
https_request_method_name(const struct https_request *req)
{
    return req->head.method ? req->head.method : "";
}

enum https_method
https_request_method(const struct https_request *req)
{
    return https_method_from_string(https_request_method_name(req));
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
https_request_host(const struct https_request *req)
{
    return req->host;
}

const char *
https_request_header(const struct https_request *req, const char *name)
{
    return http_head_get(&req->head, name);
}

bool
https_request_has_body(const struct https_request *req)
{
    return req->head.chunked || req->head.content_length;
}

const char *
https_request_body(const struct https_request *req, size_t *size)
{
    *size = req->body.size;
    return *size ? wiping_buffer_head(&req->body) : "";
}

const char *
https_request_peer(const struct https_request *req)
{
    return https_member_name(req->member);
}

bool
https_request_peer_is_key(const struct https_request *req)
{
    return req->peer_is_key;
}

bool
https_request_peer_is_stranger(const struct https_request *req)
{
    return req->peer_is_stranger;
}

const char *
https_request_peer_digest(const struct https_request *req)
{
    return req->peer_digest;
}

int64_t
https_request_peer_end(const struct https_request *req)
{
    return req->peer_end;
}

const char *
https_request_peer_address(const struct https_request *req)
{
    return req->peer_address;
}

/* Replies. */

void
https_reply_header(struct https_request *req, const char *name,
                   const char *value)
{
    ds_put_format(&req->reply_headers, "%s: %s\r\n", name, value);
}

/* Puts status line and headers into 'out'. */
static void
put_head(struct https_request *req, int status, const char *content_type)
{
    char date[64];
    time_t now = time(NULL);
    struct tm tm;
    strftime(date, sizeof date, "%a, %d %b %Y %T GMT", gmtime_r(&now, &tm));

    char *text = xasprintf("HTTP/1.1 %d %s\r\nDate: %s\r\n%s%s%s%s%s",
                           status, http_reason(status), date,
                           ds_cstr(&req->reply_headers),
                           content_type ? "Content-Type: " : "",
                           content_type ? content_type : "",
                           content_type ? "\r\n" : "",
                           req->keep_alive ? "" : "Connection: close\r\n");
    wiping_buffer_puts(&req->out, text);
    free(text);
    ds_clear(&req->reply_headers);
}

void
https_reply(struct https_request *req, int status, const char *content_type,
            const char *body, size_t size)
{
    ovs_assert(!req->replied);
    req->replied = true;
    put_head(req, status, size ? content_type : NULL);
    bool is_head = https_request_method(req) == HTTPS_HEAD;
    /* The length is that which GET would tell: a stream has none. */
    if (status != 204 && status != 304 && (size || !is_head)) {
        char length[64];
        snprintf(length, sizeof length, "Content-Length: %"PRIuSIZE"\r\n",
                 size);
        wiping_buffer_puts(&req->out, length);
    }
    wiping_buffer_puts(&req->out, "\r\n");
    if (!is_head) {
        wiping_buffer_put(&req->out, body, size);
    }
}

bool
https_defer(struct https_request *req, bool by_time)
{
    if (!req->defer_until_ms) {
        req->defer_until_ms = time_msec() + HTTPS_DEFER_MS;
    }
    req->deferred = time_msec() < req->defer_until_ms;
    req->deferred_by_time = by_time;
    return req->deferred;
}

struct https_stream *
https_reply_stream(struct https_request *req, const char *content_type)
{
    ovs_assert(!req->replied);
    if (!https_member_begin_stream(req->member)) {
        return NULL;
    }
    req->replied = true;

    struct https_stream *stream = xmalloc(sizeof *stream);
    stream->req = req;
    stream->chunked = req->head.minor;
    req->stream = stream;
    if (stream->chunked) {
        https_reply_header(req, "Transfer-Encoding", "chunked");
    }
    put_head(req, 200, content_type);
    wiping_buffer_puts(&req->out, "\r\n");
    return stream;
}

void
https_stream_send(struct https_stream *stream, const char *data, size_t size)
{
    struct https_request *req = stream->req;

    if (!req || req->member->is_dead || !size) {
        return;
    }
    if (req->out.size + size > HTTPS_STREAM_MAX_QUEUE) {
        req->member->peers->stats.n_overdue++;
        https_member_kill(req->member);
    } else {
        if (!req->out.size) {
            https_member_set_deadline(req->member, HTTPS_REQUEST_TIMEOUT_MS);
        }
        if (stream->chunked) {
            char length[24];
            snprintf(length, sizeof length, "%zx\r\n", size);
            wiping_buffer_puts(&req->out, length);
        }
        wiping_buffer_put(&req->out, data, size);
        wiping_buffer_puts(&req->out, stream->chunked ? "\r\n" : "");
    }
    https_member_set_ready(req->member);
}

bool
https_stream_is_open(const struct https_stream *stream)
{
    return stream->req && !stream->req->member->is_dead;
}

void
https_stream_close(struct https_stream *stream)
{
    if (stream) {
        if (stream->req) {
            stream->req->stream = NULL;
            https_member_kill(stream->req->member);
        }
        free(stream);
    }
}
