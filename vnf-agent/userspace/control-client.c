/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/userspace/control-client.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "openvswitch/poll-loop.h"
#include "socket-util.h"
#include "timeval.h"
#include "util.h"
#include "vnf-agent/backend/control-io.h"

#define MAX_MESSAGES (2 * CONTROL_EVENTS_CREDIT)        /* A wake-up. */

void
control_client_init(struct control_client *client)
{
    *client = (struct control_client) { .fd = -1 };
    event_queue_init(&client->events, CONTROL_CLIENT_MAX_EVENTS);
}

void
control_client_destroy(struct control_client *client)
{
    control_client_disconnect(client);
    event_queue_clear(&client->events);
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
    client->asking = false;
    control_free(&client->answer);
}

/* Keeps the event of a CONTROL_EVENT message. */
static int
keep_event(struct control_client *client, const struct control_buffer *payload)
{
    struct wire_reader r = { .p = payload->data, .left = payload->size };
    struct backend_event event;

    client->event_credit--;
    wire_get_event(&r, &event);
    if (r.failed) {
        free(event.policy);
        return EPROTO;
    }
    event_queue_push(&client->events, &event);
    return 0;
}

/* Keeps what came between the replies to requests: an event, or the reply to
 * the question.  '*payload' is empty then.  Returns 0 or a positive errno. */
static int
keep_message(struct control_client *client,
             const struct control_header *header,
             struct control_buffer *payload)
{
    int error = EPROTO;

    if (header->type == CONTROL_EVENT) {
        error = keep_event(client, payload);
    } else if (client->asking && !client->answer.data
               && header->xid == client->question_xid) {
        client->event_credit = CONTROL_EVENTS_CREDIT;
        client->answer = *payload;
        *payload = (struct control_buffer) { .data = NULL };
        return 0;
    }
    control_free(payload);
    return error;
}

/* Reads until the reply of 'client->xid' is there. */
static int
read_reply(struct control_client *client, long long int deadline_ms,
           struct control_buffer *reply)
{
    for (;;) {
        struct control_header header;
        int error = control_io_receive_message(client->fd, deadline_ms,
                                               &header, reply);

        if (error || (header.type != CONTROL_EVENT
                      && header.xid == client->xid)) {
            return error;
        }
        error = keep_message(client, &header, reply);
        if (error) {
            return error;
        }
    }
}

/* Sends 'request' and reads its reply into '*reply'. */
static int
exchange(struct control_client *client, const struct control_buffer *request,
         struct control_buffer *reply)
{
    long long int deadline_ms = time_msec() + CONTROL_CLIENT_TIMEOUT_MS;

    if (client->fd < 0) {
        return ECONNRESET;
    }
    /* Replies come in order: the silence began before this request. */
    if (client->asking && !client->answer.data) {
        deadline_ms = MIN(deadline_ms, client->question_end_ms);
    }
    int error = control_io_send(client->fd, request->data, request->size,
                                deadline_ms);
    error = error ? error : read_reply(client, deadline_ms, reply);
    if (error) {
        control_client_disconnect(client);
        return error == ETIMEDOUT ? ETIMEDOUT : ECONNRESET;
    }
    client->event_credit = CONTROL_EVENTS_CREDIT;
    return 0;
}

/* Begins to read the payload of a reply.  Returns its errno, with its message
 * in '*messagep', or EPROTO. */
static int
open_reply(const struct control_buffer *reply, struct wire_reader *r,
           char **messagep)
{
    *r = (struct wire_reader) { .p = reply->data, .left = reply->size };
    int error = wire_get_u32(r);
    *messagep = wire_get_string(r);
    return r->failed ? EPROTO : error;
}

int
control_client_transact(struct control_client *client, enum control_type type,
                        control_put_payload *put, const void *aux,
                        struct control_buffer *reply, struct wire_reader *r,
                        char **messagep)
{
    struct control_buffer request = control_encode(type, ++client->xid, put,
                                                   aux);
    int error;

    *messagep = NULL;
    *reply = (struct control_buffer) { .data = NULL };
    if (request.size > CONTROL_HEADER_LEN + CONTROL_MAX_PAYLOAD) {
        *messagep = xstrdup("too many edits in one batch");
        error = ENOSPC;
    } else {
        error = exchange(client, &request, reply);
        error = error ? error : open_reply(reply, r, messagep);
    }
    control_free(&request);
    return error;
}

int
control_client_ask(struct control_client *client, enum control_type type)
{
    struct control_buffer request = control_encode(type, ++client->xid, NULL,
                                                   NULL);

    ovs_assert(!client->asking);
    /* Without room in the socket nothing was read for long. */
    int error = (client->fd < 0 ? ECONNRESET
                 : control_io_send(client->fd, request.data, request.size,
                                   time_msec()));
    control_free(&request);
    if (error) {
        control_client_disconnect(client);
        return error == ETIMEDOUT ? ETIMEDOUT : ECONNRESET;
    }
    client->asking = true;
    client->question_xid = client->xid;
    client->question_end_ms = time_msec() + CONTROL_CLIENT_TIMEOUT_MS;
    return 0;
}

int
control_client_take_answer(struct control_client *client,
                           struct control_buffer *reply,
                           struct wire_reader *r, char **messagep)
{
    *messagep = NULL;
    *reply = client->answer;
    client->answer = (struct control_buffer) { .data = NULL };
    if (reply->data) {
        client->asking = false;
        return open_reply(reply, r, messagep);
    } else if (client->asking && time_msec() >= client->question_end_ms) {
        control_client_disconnect(client);
        return ETIMEDOUT;
    }
    return EAGAIN;
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
            error = control_io_receive_message(
                client->fd, time_msec() + CONTROL_CLIENT_TIMEOUT_MS, &header,
                &payload);
            if (!error) {
                error = keep_message(client, &header, &payload);
            }
            control_free(&payload);
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

    while (client->fd >= 0
           && !control_io_receive(client->fd, &octet, 1, deadline_ms)) {
        continue;
    }
}

bool
control_client_needs_request(const struct control_client *client)
{
    return client->fd >= 0 && !client->asking && client->event_credit <= 0;
}

void
control_client_wait(const struct control_client *client)
{
    if (client->fd >= 0) {
        poll_fd_wait(client->fd, POLLIN);
    }
    if (client->asking) {
        poll_timer_wait_until(client->question_end_ms);
    }
    if (client->events.n || client->answer.data) {
        poll_immediate_wake();
    }
}
