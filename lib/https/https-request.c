/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/https/https-private.h"

#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#include "util.h"

struct https_request {
    struct https_conn *conn;
    char *path, *query;
    int error;
};

/* The path and query of a request's target, which may be a whole URI
 * (RFC 9112 s.3.2.2). */
static char *
target_path(const char *target)
{
    static const char scheme[] = "https://";
    if (!strncasecmp(target, scheme, strlen(scheme))) {
        target += strlen(scheme);
        target += strcspn(target, "/?");
    }
    return xstrdup(target);
}

void
https_request_dispatch(struct https_conn *conn, https_handler *handler,
                       int error)
{
    char *path = (conn->head.target ? target_path(conn->head.target)
                  : xstrdup(""));
    char *query = strchr(path, '?');
    if (query) {
        *query++ = '\0';
    }
    struct https_request req = {
        .conn = conn,
        .path = path,
        .query = query,
        .error = error,
    };
    handler(&req, conn->server->aux);
    free(path);
}

int
https_request_error(const struct https_request *req)
{
    return req->error;
}

const char *
https_request_method(const struct https_request *req)
{
    return req->conn->head.method ? req->conn->head.method : "";
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
    return http_head_get(&req->conn->head, name);
}

bool
https_request_has_body(const struct https_request *req)
{
    return req->conn->head.chunked || req->conn->head.content_length;
}

const char *
https_request_body(const struct https_request *req, size_t *size)
{
    *size = req->conn->body.size;
    return *size ? wiping_buffer_head(&req->conn->body) : "";
}

const char *
https_request_peer(const struct https_request *req)
{
    return req->conn->peer_name;
}

/* Replies. */

void
https_reply_header(struct https_request *req, const char *name,
                   const char *value)
{
    ds_put_format(&req->conn->reply_headers, "%s: %s\r\n", name, value);
}

/* Puts status line and headers into 'out'. */
static void
put_head(struct https_conn *conn, int status, const char *content_type)
{
    char date[64];
    time_t now = time(NULL);
    struct tm tm;
    strftime(date, sizeof date, "%a, %d %b %Y %T GMT", gmtime_r(&now, &tm));

    char *text = xasprintf("HTTP/1.1 %d %s\r\nDate: %s\r\n%s%s%s%s%s",
                           status, http_reason(status), date,
                           ds_cstr(&conn->reply_headers),
                           content_type ? "Content-Type: " : "",
                           content_type ? content_type : "",
                           content_type ? "\r\n" : "",
                           conn->keep_alive ? "" : "Connection: close\r\n");
    wiping_buffer_puts(&conn->out, text);
    free(text);
    ds_clear(&conn->reply_headers);
}

void
https_reply(struct https_request *req, int status, const char *content_type,
            const char *body, size_t size)
{
    struct https_conn *conn = req->conn;

    ovs_assert(!conn->replied);
    conn->replied = true;
    conn->state = CONN_REPLY;
    put_head(conn, status, size ? content_type : NULL);
    if (status != 204 && status != 304) {
        char length[64];
        snprintf(length, sizeof length, "Content-Length: %"PRIuSIZE"\r\n",
                 size);
        wiping_buffer_puts(&conn->out, length);
    }
    wiping_buffer_puts(&conn->out, "\r\n");
    if (strcmp(https_request_method(req), "HEAD")) {
        wiping_buffer_put(&conn->out, body, size);
    }
}

struct https_stream *
https_reply_stream(struct https_request *req, const char *content_type)
{
    struct https_conn *conn = req->conn;
    struct https_peer *peer = https_conn_peer(conn);

    ovs_assert(!conn->replied);
    if (peer->n_streams >= (conn->server->config.max_per_peer + 3) / 4) {
        return NULL;
    }
    peer->n_streams++;
    conn->server->stats.n_streams++;
    conn->replied = true;
    conn->state = CONN_STREAM;

    struct https_stream *stream = xmalloc(sizeof *stream);
    stream->conn = conn;
    stream->chunked = conn->head.minor;
    conn->stream = stream;

    /* What waits is to wait where we can count it. */
    int size = 64 * 1024;
    setsockopt(conn->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (stream->chunked) {
        https_reply_header(req, "Transfer-Encoding", "chunked");
    }
    put_head(conn, 200, content_type);
    wiping_buffer_puts(&conn->out, "\r\n");
    return stream;
}

void
https_stream_send(struct https_stream *stream, const char *data, size_t size)
{
    struct https_conn *conn = stream->conn;

    if (!conn || conn->is_dead || !size) {
        return;
    }
    if (conn->out.size + size > HTTPS_STREAM_MAX_QUEUE) {
        conn->server->stats.n_overdue++;
        conn->is_dead = true;
    } else {
        if (!conn->out.size) {
            https_conn_set_deadline(conn,
                                    conn->server->config.request_timeout_ms);
        }
        if (stream->chunked) {
            char length[24];
            snprintf(length, sizeof length, "%zx\r\n", size);
            wiping_buffer_puts(&conn->out, length);
        }
        wiping_buffer_put(&conn->out, data, size);
        wiping_buffer_puts(&conn->out, stream->chunked ? "\r\n" : "");
    }
    https_conn_set_ready(conn);
}

bool
https_stream_is_open(const struct https_stream *stream)
{
    return stream->conn && !stream->conn->is_dead;
}

void
https_stream_close(struct https_stream *stream)
{
    if (stream) {
        if (stream->conn) {
            stream->conn->stream = NULL;
            stream->conn->is_dead = true;
            https_conn_set_ready(stream->conn);
        }
        free(stream);
    }
}
