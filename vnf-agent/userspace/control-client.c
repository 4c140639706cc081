/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/userspace/control-client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/process-util.h"
#include "openvswitch/poll-loop.h"
#include "socket-util.h"
#include "timeval.h"
#include "util.h"

#define MAX_SMALL_PAYLOAD 16
#define MAX_MESSAGES (2 * CONTROL_EVENTS_CREDIT)        /* A wake-up. */

struct event_node {
    struct ovs_list node;
    struct backend_event event;
};

void
control_client_init(struct control_client *client)
{
    *client = (struct control_client) { .fd = -1 };
    ovs_list_init(&client->events);
}

void
control_client_destroy(struct control_client *client)
{
    struct backend_event event;

    control_client_disconnect(client);
    while (control_client_pop_event(client, &event)) {
        free(event.policy);
    }
}

int
control_client_connect(struct control_client *client, const char *path)
{
    int fd = make_unix_socket(SOCK_STREAM, true, NULL, path);

    if (fd < 0) {
        return -fd;
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    control_client_disconnect(client);
    client->fd = fd;
    return 0;
}

void
control_client_disconnect(struct control_client *client)
{
    if (client->fd >= 0) {
        close(client->fd);
        client->fd = -1;
    }
}

static int
write_all(int fd, const uint8_t *data, size_t size, long long int deadline_ms)
{
    while (size) {
        ssize_t n = send(fd, data, size, MSG_NOSIGNAL);

        if (n > 0) {
            data += n;
            size -= n;
        } else if (errno == EAGAIN || errno == EINTR) {
            int error = process_wait_fd(fd, POLLOUT, deadline_ms);
            if (error) {
                return error;
            }
        } else {
            return ECONNRESET;
        }
    }
    return 0;
}

static int
read_all(int fd, uint8_t *data, size_t size, long long int deadline_ms)
{
    while (size) {
        ssize_t n = recv(fd, data, size, 0);

        if (n > 0) {
            data += n;
            size -= n;
        } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            int error = process_wait_fd(fd, POLLIN, deadline_ms);
            if (error) {
                return error;
            }
        } else {
            return ECONNRESET;
        }
    }
    return 0;
}

/* Reads one message.  The caller frees '*payload' with control_free(), also
 * after an error. */
static int
read_message(int fd, long long int deadline_ms, struct control_header *header,
             struct control_buffer *payload)
{
    uint8_t header_bytes[CONTROL_HEADER_LEN];

    *payload = (struct control_buffer) { .data = NULL };
    int error = read_all(fd, header_bytes, sizeof header_bytes, deadline_ms);
    if (error) {
        return error;
    }
    if (!control_get_header(header_bytes, header)
        || header->payload_size > CONTROL_MAX_PAYLOAD) {
        return EPROTO;
    }
    payload->size = header->payload_size;
    payload->data = xmalloc(MAX(payload->size, 1));
    return read_all(fd, payload->data, payload->size, deadline_ms);
}

/* Keeps the event of a CONTROL_EVENT message. */
static int
keep_event(struct control_client *client, const struct control_buffer *payload)
{
    struct wire_reader r = { .p = payload->data, .left = payload->size };
    struct event_node *node = xzalloc(sizeof *node);

    wire_get_event(&r, &node->event);
    if (!r.failed && client->n_events < CONTROL_CLIENT_MAX_EVENTS) {
        ovs_list_push_back(&client->events, &node->node);
        client->n_events++;
    } else {
        free(node->event.policy);
        free(node);
    }
    client->event_credit--;
    return r.failed ? EPROTO : 0;
}

/* Reads until the reply of 'client->xid' is there. */
static int
read_reply(struct control_client *client, long long int deadline_ms,
           struct control_buffer *reply)
{
    for (;;) {
        struct control_header header;
        int error = read_message(client->fd, deadline_ms, &header, reply);

        if (!error && header.type == CONTROL_EVENT) {
            error = keep_event(client, reply);
            control_free(reply);
            if (!error) {
                continue;
            }
        } else if (!error && header.xid != client->xid) {
            error = EPROTO;
        }
        return error;
    }
}

int
control_client_transact(struct control_client *client,
                        const struct control_buffer *request,
                        struct control_buffer *reply, struct wire_reader *r,
                        char **messagep)
{
    long long int deadline_ms = time_msec() + CONTROL_CLIENT_TIMEOUT_MS;
    int error;

    *messagep = NULL;
    *reply = (struct control_buffer) { .data = NULL };
    if (client->fd < 0) {
        return ECONNRESET;
    }
    error = write_all(client->fd, request->data, request->size, deadline_ms);
    error = error ? error : read_reply(client, deadline_ms, reply);
    if (error) {
        control_client_disconnect(client);
        return error == ETIMEDOUT ? ETIMEDOUT : ECONNRESET;
    }
    client->event_credit = CONTROL_EVENTS_CREDIT;

    *r = (struct wire_reader) { .p = reply->data, .left = reply->size };
    error = wire_get_u32(r);
    *messagep = wire_get_string(r);
    return r->failed ? EPROTO : error;
}

int
control_client_transact_small(struct control_client *client,
                              enum control_type type, const uint8_t *payload,
                              size_t size, struct control_buffer *reply,
                              struct wire_reader *r, char **messagep)
{
    struct control_header header = {
        .version = CONTROL_VERSION,
        .type = type,
        .payload_size = size,
        .xid = ++client->xid,
    };
    uint8_t octets[CONTROL_HEADER_LEN + MAX_SMALL_PAYLOAD];
    struct wire_writer w = { .buf = octets };

    ovs_assert(size <= MAX_SMALL_PAYLOAD);
    control_put_header(&w, &header);
    wire_put_bytes(&w, payload, size);

    struct control_buffer request = { .data = octets, .size = w.size };
    return control_client_transact(client, &request, reply, r, messagep);
}

int
control_client_run(struct control_client *client)
{
    for (int i = 0; i < MAX_MESSAGES && client->fd >= 0; i++) {
        struct control_header header;
        struct control_buffer payload;
        uint8_t octet;

        ssize_t n = recv(client->fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            break;
        }

        int error = n > 0 ? 0 : ECONNRESET;
        if (!error) {
            error = read_message(client->fd,
                                 time_msec() + CONTROL_CLIENT_TIMEOUT_MS,
                                 &header, &payload);
            if (!error) {
                error = (header.type == CONTROL_EVENT
                         ? keep_event(client, &payload) : EPROTO);
            }
            control_free(&payload);
        }
        if (error) {
            control_client_disconnect(client);
            return ECONNRESET;
        }
    }
    return 0;
}

void
control_client_wait_end(struct control_client *client)
{
    long long int deadline_ms = time_msec() + CONTROL_CLIENT_TIMEOUT_MS;
    uint8_t octet;

    while (client->fd >= 0 && !read_all(client->fd, &octet, 1, deadline_ms)) {
        continue;
    }
}

bool
control_client_needs_request(const struct control_client *client)
{
    return client->fd >= 0 && client->event_credit <= 0;
}

void
control_client_wait(const struct control_client *client)
{
    if (client->fd >= 0) {
        poll_fd_wait(client->fd, POLLIN);
    }
    if (client->n_events) {
        poll_immediate_wake();
    }
}

bool
control_client_pop_event(struct control_client *client,
                         struct backend_event *event)
{
    if (!client->n_events) {
        return false;
    }

    struct event_node *node
        = CONTAINER_OF(ovs_list_pop_front(&client->events),
                       struct event_node, node);
    client->n_events--;
    *event = node->event;
    free(node);
    return true;
}
