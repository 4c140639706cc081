/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/https/https-conn.h"

#include <errno.h>
#include <openssl/err.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/tls.h"
#include "lib/x509.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(https_conn);

#define READ_SIZE 16384         /* Octets, of one TLS record. */
#define MAX_STEPS 32            /* Of one https_conn_run(). */
#define LINGER_TIMEOUT_MS 5000
#define MAX_DISCARD (64 * 1024 * 1024)  /* Octets, in LINGER. */
#define MAX_STREAM_INPUT 65536  /* Octets that a stream's client may send. */
#define STREAM_SNDBUF (64 * 1024)       /* Octets that the kernel holds. */

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 10);

/* What a step says. */
enum step {
    STEP_AGAIN,                 /* There is more to do. */
    STEP_WAIT,                  /* For 'want'. */
    STEP_OVER,                  /* The connection is over. */
};

struct https_conn *
https_conn_create(SSL_CTX *ctx, const struct https_handlers *handlers, int fd)
{
    SSL *ssl = SSL_new(ctx);
    if (!ssl || !SSL_set_fd(ssl, fd)) {
        SSL_free(ssl);
        close(fd);
        return NULL;
    }
    SSL_set_accept_state(ssl);
    SSL_set_mode(ssl, (SSL_MODE_ENABLE_PARTIAL_WRITE
                       | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                       | SSL_MODE_RELEASE_BUFFERS));

    struct https_conn *conn = xzalloc(sizeof *conn);
    conn->handlers = handlers;
    conn->fd = fd;
    conn->ssl = ssl;
    conn->want = EPOLLIN;
    conn->state = CONN_HANDSHAKE;
    SSL_set_app_data(ssl, conn);
    https_request_init(&conn->req, &conn->member);
    return conn;
}

void
https_conn_destroy(struct https_conn *conn)
{
    if (conn->state != CONN_HANDSHAKE && conn->state != CONN_LINGER) {
        SSL_shutdown(conn->ssl);
        ERR_clear_error();
    }
    SSL_free(conn->ssl);
    close(conn->fd);
    if (conn->state == CONN_DEFERRED) {
        conn->member.peers->n_deferred--;
    }
    https_request_uninit(&conn->req);
    wiping_buffer_uninit(&conn->in);
    free(conn->key_name);
    free(conn);
}

/* Verifies certificates as OpenSSL does, but for one that the client has
 * signed itself, whose key 'admit_key' knows.  (That the client has the key is
 * proven by the handshake.) */
static int
verify(int ok, X509_STORE_CTX *store_ctx)
{
    if (!ok && !X509_STORE_CTX_get_error_depth(store_ctx)
        && (X509_STORE_CTX_get_error(store_ctx)
            == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)) {
        SSL *ssl = X509_STORE_CTX_get_ex_data(
            store_ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
        struct https_conn *conn = SSL_get_app_data(ssl);
        char digest[X509_DIGEST_STRLEN];

        x509_cert_digest(X509_STORE_CTX_get_current_cert(store_ctx), digest);
        free(conn->key_name);
        conn->key_name = conn->handlers->admit_key(digest,
                                                   conn->handlers->aux);
        if (conn->key_name) {
            X509_STORE_CTX_set_error(store_ctx, X509_V_OK);
            return 1;
        }
    }
    return ok;
}

void
https_conn_admit_keys(SSL_CTX *ctx)
{
    SSL_CTX_set_verify(ctx, SSL_CTX_get_verify_mode(ctx), verify);
}

/* I/O. */

/* What to do after the TLS call that returned 'retval', which is no
 * success. */
static enum step
ssl_wait(struct https_conn *conn, int retval)
{
    switch (SSL_get_error(conn->ssl, retval)) {
    case SSL_ERROR_WANT_READ:
        conn->want = EPOLLIN;
        return STEP_WAIT;
    case SSL_ERROR_WANT_WRITE:
        conn->want = EPOLLOUT;
        return STEP_WAIT;
    default:
        return STEP_OVER;
    }
}

/* Reads into 'in'. */
static enum step
read_some(struct https_conn *conn)
{
    char *room = wiping_buffer_reserve(&conn->in, READ_SIZE);
    ERR_clear_error();
    int n = SSL_read(conn->ssl, room, READ_SIZE);
    if (n <= 0) {
        enum step step = ssl_wait(conn, n);
        if (!conn->in.size) {
            wiping_buffer_uninit(&conn->in);    /* Idle ones cost little. */
        }
        return step;
    }
    if (!conn->in.size && conn->state == CONN_HEAD) {
        https_member_set_deadline(&conn->member, HTTPS_REQUEST_TIMEOUT_MS);
    }
    wiping_buffer_added(&conn->in, n);
    return STEP_AGAIN;
}

/* Writes what is in 'out'; STEP_AGAIN if it is all gone. */
static enum step
write_out(struct https_conn *conn)
{
    while (conn->req.out.size) {
        ERR_clear_error();
        int n = SSL_write(conn->ssl, wiping_buffer_head(&conn->req.out),
                          MIN(conn->req.out.size, 1 << 20));
        if (n <= 0) {
            return ssl_wait(conn, n);
        }
        wiping_buffer_pull(&conn->req.out, n);
    }
    return STEP_AGAIN;
}

/* Steps, one a state. */

static enum step
step_handshake(struct https_conn *conn)
{
    ERR_clear_error();
    int retval = SSL_accept(conn->ssl);
    if (retval != 1) {
        enum step step = ssl_wait(conn, retval);
        if (step == STEP_OVER) {
            const char *reason = ERR_reason_error_string(ERR_peek_error());
            long int verified = SSL_get_verify_result(conn->ssl);
            VLOG_INFO_RL(&rl, "%s: TLS handshake failed (%s%s%s)",
                         conn->req.peer_address,
                         reason ? reason : "connection lost",
                         verified ? ": " : "",
                         verified ? X509_verify_cert_error_string(verified)
                         : "");
            conn->member.peers->stats.n_handshakes_failed += reason != NULL;
        }
        return step;
    }
    X509 *cert = SSL_get1_peer_certificate(conn->ssl);
    char *name = (conn->key_name ? xstrdup(conn->key_name)
                  : cert ? tls_peer_name(cert) : NULL);
    if (cert) {
        x509_cert_digest(cert, conn->req.peer_digest);
        conn->req.peer_end = x509_cert_end(cert);
    }
    conn->req.peer_is_key = conn->key_name != NULL;
    conn->req.peer_is_stranger = !cert;
    if (cert && !name) {
        VLOG_INFO_RL(&rl, "%s: its certificate has no name, or none that is "
                     "one client's alone", conn->req.peer_address);
        conn->member.peers->stats.n_handshakes_failed++;
        X509_free(cert);
        return STEP_OVER;
    }
    https_member_identify(&conn->member, name);
    X509_free(cert);
    free(name);
    conn->state = CONN_HEAD;
    https_member_set_deadline(&conn->member, HTTPS_IDLE_TIMEOUT_MS);
    return STEP_AGAIN;
}

/* Has 'handler' answer what has been read, or admit it. */
static void
dispatch(struct https_conn *conn, https_handler *handler, int error)
{
    https_request_dispatch(&conn->req, handler, conn->handlers->aux, error);
    if (conn->req.stream) {
        /* What waits is to wait where it can be counted. */
        int size = STREAM_SNDBUF;
        setsockopt(conn->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
        conn->state = CONN_STREAM;
    } else if (conn->req.replied) {
        conn->state = CONN_REPLY;
    }
}

/* Answers without having read all of the request, which ends the
 * connection. */
static enum step
refuse(struct https_conn *conn, int status)
{
    conn->req.keep_alive = false;
    dispatch(conn, conn->handlers->handle, status);
    ovs_assert(conn->req.replied);
    https_member_set_deadline(&conn->member, HTTPS_REQUEST_TIMEOUT_MS);
    return STEP_AGAIN;
}

/* Enters or leaves DEFERRED; 'next' is the state. */
static void
set_deferred(struct https_conn *conn, enum conn_state next)
{
    conn->member.peers->n_deferred += ((next == CONN_DEFERRED)
                                       - (conn->state == CONN_DEFERRED));
    conn->state = next;
}

static enum step
handle(struct https_conn *conn)
{
    conn->req.deferred = false;
    set_deferred(conn, CONN_BODY);
    dispatch(conn, conn->handlers->handle, 0);
    if (conn->req.deferred && !conn->req.replied) {
        set_deferred(conn, CONN_DEFERRED);
        https_member_set_deadline(&conn->member, HTTPS_REQUEST_TIMEOUT_MS);
        conn->want = 0;
        return STEP_WAIT;
    }
    ovs_assert(conn->req.replied);
    wiping_buffer_uninit(&conn->req.body);
    https_member_use(&conn->member);
    conn->has_handled = true;
    https_member_set_deadline(&conn->member, HTTPS_IDLE_TIMEOUT_MS);
    return STEP_AGAIN;
}

/* The head, of 'size' octets, is in 'in'. */
static enum step
begin_request(struct https_conn *conn, size_t size)
{
    int status = http_head_parse(&conn->req.head,
                                 wiping_buffer_head(&conn->in), size);
    wiping_buffer_pull(&conn->in, size);
    if (!status
        && conn->req.head.content_length > conn->handlers->max_body) {
        status = 413;
    }
    if (status) {
        return refuse(conn, status);
    }
    bool has_body = conn->req.head.chunked || conn->req.head.content_length;
    conn->req.keep_alive = conn->req.head.keep_alive && !has_body;
    if (conn->handlers->admit) {
        dispatch(conn, conn->handlers->admit, 0);
        if (conn->req.replied) {
            return STEP_AGAIN;
        }
    }
    conn->req.keep_alive = conn->req.head.keep_alive;
    if (!has_body) {
        return handle(conn);
    }
    if (conn->req.head.expect_continue && !conn->in.size) {
        wiping_buffer_puts(&conn->req.out, "HTTP/1.1 100 Continue\r\n\r\n");
    }
    conn->state = CONN_BODY;
    return STEP_AGAIN;
}

static enum step
step_head(struct https_conn *conn)
{
    /* RFC 9112 s.2.2: empty lines before a request are ignored. */
    while (conn->in.size && !conn->scanned
           && strchr("\r\n", wiping_buffer_head(&conn->in)[0])
           && wiping_buffer_head(&conn->in)[0]) {
        wiping_buffer_pull(&conn->in, 1);
    }

    const char *data = wiping_buffer_head(&conn->in);
    size_t size = http_head_size(data, conn->in.size, &conn->scanned);
    if (size && size <= HTTP_MAX_HEAD) {
        return begin_request(conn, size);
    }
    if (MAX(size, conn->in.size) > HTTP_MAX_HEAD) {
        return refuse(conn, memchr(data, '\n', HTTP_MAX_HEAD) ? 431 : 414);
    }
    return read_some(conn);
}

static enum step
step_body(struct https_conn *conn)
{
    enum step step = write_out(conn);   /* "100 Continue". */
    if (step != STEP_AGAIN) {
        return step;
    }
    const char *data = wiping_buffer_head(&conn->in);
    if (conn->req.head.chunked) {
        size_t n = http_chunked_feed(&conn->req.chunked, data, conn->in.size,
                                     &conn->req.body);
        if (n == SIZE_MAX) {
            return refuse(conn, 400);
        }
        wiping_buffer_pull(&conn->in, n);
        if (conn->req.body.size > conn->handlers->max_body) {
            return refuse(conn, 413);
        }
        return conn->req.chunked.done ? handle(conn) : read_some(conn);
    }
    size_t n = MIN(conn->req.head.content_length - conn->req.body.size,
                   conn->in.size);
    wiping_buffer_put(&conn->req.body, data, n);
    wiping_buffer_pull(&conn->in, n);
    return (conn->req.body.size == conn->req.head.content_length ? handle(conn)
            : read_some(conn));
}

/* Runs when it is retried, or when the client is gone. */
static enum step
step_deferred(struct https_conn *conn)
{
    struct pollfd pfd = { .fd = conn->fd };
    return (poll(&pfd, 1, 0) > 0 ? STEP_OVER : handle(conn));
}

void
https_conn_retry(struct https_conn *conn, bool by_time)
{
    if (conn->state == CONN_DEFERRED
        && (by_time || !conn->req.deferred_by_time)) {
        conn->member.peers->stats.n_retries += !conn->member.is_ready;
        https_member_set_ready(&conn->member);
    }
}

static enum step
step_reply(struct https_conn *conn)
{
    enum step step = write_out(conn);
    if (step != STEP_AGAIN) {
        return step;
    }
    if (!conn->req.keep_alive) {
        SSL_shutdown(conn->ssl);
        ERR_clear_error();
        shutdown(conn->fd, SHUT_WR);
        https_member_set_deadline(&conn->member, LINGER_TIMEOUT_MS);
        conn->state = CONN_LINGER;
        conn->want = EPOLLIN;
        return STEP_AGAIN;
    }
    https_request_reset(&conn->req);
    conn->scanned = 0;
    conn->state = CONN_HEAD;
    https_member_set_deadline(&conn->member, (conn->in.size
                                   ? HTTPS_REQUEST_TIMEOUT_MS
                                   : HTTPS_IDLE_TIMEOUT_MS));
    return STEP_AGAIN;
}

/* What the client of a stream says has no meaning, but its end has. */
static enum step
step_stream(struct https_conn *conn)
{
    if (!conn->req.stream) {
        return STEP_OVER;
    }
    enum step step = read_some(conn);
    if (step == STEP_OVER) {
        return STEP_OVER;
    }
    conn->n_discarded += conn->in.size;
    wiping_buffer_uninit(&conn->in);
    if (conn->n_discarded > MAX_STREAM_INPUT) {
        return STEP_OVER;
    }
    if (step == STEP_AGAIN) {
        return STEP_AGAIN;
    }
    bool had_output = conn->req.out.size;
    step = write_out(conn);
    if (step == STEP_AGAIN) {
        if (had_output) {
            https_member_set_deadline(&conn->member, 0);
        }
        conn->want = EPOLLIN;
        return STEP_WAIT;
    }
    conn->want |= EPOLLIN;
    return step;
}

static enum step
step_linger(struct https_conn *conn)
{
    static char scratch[65536];         /* Ciphertext. */
    ssize_t n = recv(conn->fd, scratch, sizeof scratch, 0);
    if (n > 0) {
        conn->n_discarded += n;
        return conn->n_discarded > MAX_DISCARD ? STEP_OVER : STEP_AGAIN;
    }
    return n < 0 && errno == EAGAIN ? STEP_WAIT : STEP_OVER;
}

static enum step
run_step(struct https_conn *conn)
{
    switch (conn->state) {
    case CONN_HANDSHAKE: return step_handshake(conn);
    case CONN_HEAD: return step_head(conn);
    case CONN_BODY: return step_body(conn);
    case CONN_DEFERRED: return step_deferred(conn);
    case CONN_REPLY: return step_reply(conn);
    case CONN_STREAM: return step_stream(conn);
    case CONN_LINGER: return step_linger(conn);
    }
    OVS_NOT_REACHED();
}

/* Returns what https_conn_run() does. */
static bool
run_steps(struct https_conn *conn)
{
    conn->has_handled = false;
    for (int i = 0; i < MAX_STEPS && !conn->member.is_dead; i++) {
        if (conn->has_handled && conn->state == CONN_HEAD && conn->in.size) {
            break;              /* Others come between its requests. */
        }
        switch (run_step(conn)) {
        case STEP_AGAIN:
            break;
        case STEP_WAIT:
            return true;
        case STEP_OVER:
            return false;
        }
    }
    if (conn->member.is_dead) {
        return false;
    }
    https_member_set_ready(&conn->member);
    return true;
}

bool
https_conn_run(struct https_conn *conn)
{
    bool goes_on = run_steps(conn);
    /* The queue belongs to the thread: OVS's streams would take what a client
     * has left there for errors of their own, and drop the database. */
    ERR_clear_error();
    return goes_on;
}
