/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/esp/control-server.h"

#include <errno.h>
#include <limits.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fatal-signal.h"
#include "lib/descriptors.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "socket-util.h"
#include "timeval.h"
#include "util.h"
#include "vnf-agent/esp/esp-control.h"

VLOG_DEFINE_THIS_MODULE(esp_control);

#define BACKLOG 16
#define MAX_ACCEPTS 4           /* A wake-up. */
#define MAX_READ (256 * 1024)   /* Octets of one client a wake-up. */

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

/* A client is in one of three states: it sends a header, then a payload, then
 * it is sent the reply.  In the first one, before the first octet, an event
 * may be sent to it as a reply is. */
struct client {
    struct ovs_list node;       /* In 'clients'; longest silent first. */
    int fd;
    uint8_t header_bytes[CONTROL_HEADER_LEN];
    size_t header_have;
    struct control_header header;
    struct control_buffer payload;
    size_t payload_have;
    struct control_buffer reply;        /* 'data' NULL: none to be sent. */
    size_t reply_sent;
    bool subscribed;
    bool successor;             /* It wants to succeed us. */
    int event_credit;           /* Events that may be sent. */
    long long int deadline_ms;  /* To end what is half done, or LLONG_MAX. */
};

struct control_server {
    char *path;
    int fd;
    long long int accept_ms;    /* Not before this time, after a failure. */
    struct ovs_list clients;
    size_t n_clients;
};

static struct control_server *
server_create(const char *path, int fd)
{
    struct control_server *server = xzalloc(sizeof *server);

    server->path = xstrdup(path);
    server->fd = fd;
    ovs_list_init(&server->clients);
    return server;
}

int
control_server_create(const char *path, struct control_server **serverp)
{
    mode_t old_umask = umask(0177);
    int fd = make_unix_socket(SOCK_STREAM, true, path, NULL);
    umask(old_umask);

    *serverp = NULL;
    if (fd < 0) {
        return -fd;
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (chmod(path, 0600) || listen(fd, BACKLOG)) {
        int error = errno;

        close(fd);
        fatal_signal_unlink_file_now(path);
        return error;
    }

    *serverp = server_create(path, fd);
    return 0;
}

struct control_server *
control_server_adopt(const char *path, int fd)
{
    fatal_signal_add_file_to_unlink(path);
    return server_create(path, fd);
}

int
control_server_get_fd(const struct control_server *server)
{
    return server->fd;
}

static bool
client_is_idle(const struct client *client)
{
    return !client->reply.data && !client->header_have;
}

/* Frees a client and returns its socket. */
static int
client_release(struct control_server *server, struct client *client)
{
    int fd = client->fd;

    ovs_list_remove(&client->node);
    server->n_clients--;
    control_free(&client->payload);
    control_free(&client->reply);
    free(client);
    return fd;
}

static void
client_destroy(struct control_server *server, struct client *client)
{
    close(client_release(server, client));
}

void
control_server_leave(struct control_server *server)
{
    struct client *client;

    LIST_FOR_EACH_SAFE (client, node, &server->clients) {
        client_destroy(server, client);
    }
    close(server->fd);
    fatal_signal_remove_file_to_unlink(server->path);
    free(server->path);
    free(server);
}

void
control_server_destroy(struct control_server *server)
{
    if (server) {
        unlink(server->path);
        control_server_leave(server);
    }
}

int
control_server_take_successor(struct control_server *server)
{
    struct client *client;

    LIST_FOR_EACH (client, node, &server->clients) {
        if (client->successor && client_is_idle(client)) {
            return client_release(server, client);
        }
    }
    return -1;
}

static bool
is_allowed(int fd)
{
    struct ucred cred;
    socklen_t len = sizeof cred;

    return (!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len)
            && (cred.uid == 0 || cred.uid == geteuid()));
}

static void
accept_clients(struct control_server *server)
{
    for (int i = 0; i < MAX_ACCEPTS; i++) {
        int fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
                server->accept_ms = descriptors_accept_failed(server->path,
                                                              errno);
            }
            return;
        }
        if (!is_allowed(fd)) {
            VLOG_WARN_RL(&rl, "refused a client of another user");
            close(fd);
            continue;
        }
        if (server->n_clients >= CONTROL_SERVER_MAX_CLIENTS) {
            client_destroy(server,
                           CONTAINER_OF(ovs_list_front(&server->clients),
                                        struct client, node));
        }

        struct client *client = xzalloc(sizeof *client);
        client->fd = fd;
        client->deadline_ms = LLONG_MAX;
        ovs_list_push_back(&server->clients, &client->node);
        server->n_clients++;
    }
}

/* Reads up to 'want' octets.  Returns 0 and the number in '*np' (0: no more
 * for now), or a positive errno if the client is gone. */
static int
client_read(struct client *client, uint8_t *data, size_t want, size_t *np)
{
    ssize_t n = recv(client->fd, data, MIN(want, MAX_READ), 0);

    *np = MAX(n, 0);
    if (n > 0) {
        return 0;
    }
    return !n ? ESHUTDOWN : errno == EAGAIN || errno == EINTR ? 0 : errno;
}

/* Reads the rest of the header, and prepares for the payload. */
static int
client_read_header(struct client *client)
{
    size_t n;
    int error = client_read(client, client->header_bytes + client->header_have,
                            CONTROL_HEADER_LEN - client->header_have, &n);

    client->header_have += n;
    if (error || client->header_have < CONTROL_HEADER_LEN) {
        return error;
    }
    if (!control_get_header(client->header_bytes, &client->header)
        || client->header.payload_size > CONTROL_MAX_PAYLOAD) {
        VLOG_WARN_RL(&rl, "a client sent something that is no request");
        return EPROTO;
    }
    client->payload.size = client->header.payload_size;
    client->payload.data = xmalloc(MAX(client->payload.size, 1));
    client->payload_have = 0;
    return 0;
}

/* Performs the request, whose payload is complete. */
static void
client_perform(struct client *client, struct control_context *ctx)
{
    ctx->subscribe = ctx->hand_over = false;
    client->reply = esp_control_handle(ctx, &client->header,
                                       client->payload.data);
    client->reply_sent = 0;
    client->subscribed = client->subscribed || ctx->subscribe;
    client->successor = ctx->hand_over;
    client->event_credit = CONTROL_EVENTS_CREDIT;
    control_free(&client->payload);
    client->header_have = 0;
}

static int
client_write(struct client *client)
{
    ssize_t n = send(client->fd, client->reply.data + client->reply_sent,
                     client->reply.size - client->reply_sent, MSG_NOSIGNAL);

    if (n < 0) {
        return errno == EAGAIN || errno == EINTR ? 0 : errno;
    }
    client->reply_sent += n;
    if (client->reply_sent == client->reply.size) {
        control_free(&client->reply);
    }
    return 0;
}

/* Sends events while there are any. */
static int
client_run_events(struct client *client, struct control_context *ctx)
{
    while (client->subscribed && client->event_credit
           && client_is_idle(client)) {
        client->reply = esp_control_pop_event(ctx);
        client->reply_sent = 0;
        if (!client->reply.data) {
            break;
        }
        client->event_credit--;

        int error = client_write(client);
        if (error) {
            return error;
        }
    }
    return 0;
}

/* Reads, performs and writes what it can.  Returns 0, or a positive errno if
 * the client must be destroyed. */
static int
client_run(struct client *client, struct control_context *ctx)
{
    int error = 0;

    if (!client->reply.data) {
        if (client->header_have < CONTROL_HEADER_LEN) {
            error = client_read_header(client);
        }
        if (!error && client->header_have == CONTROL_HEADER_LEN) {
            size_t want = client->payload.size - client->payload_have;
            size_t n = 0;

            if (want) {
                error = client_read(client,
                                    client->payload.data
                                    + client->payload_have, want, &n);
                client->payload_have += n;
            }
            if (!error && client->payload_have == client->payload.size) {
                client_perform(client, ctx);
            }
        }
    }
    if (!error && client->reply.data) {
        error = client_write(client);
    }
    if (!error) {
        error = client_run_events(client, ctx);
    }
    if (error) {
        return error;
    }

    if (client_is_idle(client)) {
        client->deadline_ms = LLONG_MAX;
    } else if (client->deadline_ms == LLONG_MAX) {
        client->deadline_ms = time_msec() + CONTROL_SERVER_TIMEOUT_MS;
    } else if (time_msec() >= client->deadline_ms) {
        VLOG_WARN_RL(&rl, "a client left a message half done");
        return ETIMEDOUT;
    }
    return 0;
}

void
control_server_run(struct control_server *server, struct control_context *ctx)
{
    struct client *client;

    if (time_msec() >= server->accept_ms) {
        accept_clients(server);
    }
    LIST_FOR_EACH_SAFE (client, node, &server->clients) {
        bool was_idle = client_is_idle(client);
        size_t had = client->payload_have;

        if (client_run(client, ctx)) {
            client_destroy(server, client);
        } else if (!was_idle || client->payload_have != had) {
            /* The client has spoken: it goes to the end of the list. */
            ovs_list_remove(&client->node);
            ovs_list_push_back(&server->clients, &client->node);
        }
    }
}

void
control_server_wait(struct control_server *server)
{
    const struct client *client;

    if (time_msec() < server->accept_ms) {
        poll_timer_wait_until(server->accept_ms);
    } else {
        poll_fd_wait(server->fd, POLLIN);
    }
    LIST_FOR_EACH (client, node, &server->clients) {
        poll_fd_wait(client->fd, client->reply.data ? POLLOUT : POLLIN);
        if (client->deadline_ms != LLONG_MAX) {
            poll_timer_wait_until(client->deadline_ms);
        }
    }
}
