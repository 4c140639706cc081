/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/esp/succession.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "socket-util.h"
#include "timeval.h"
#include "util.h"
#include "vnf-agent/backend/control-io.h"
#include "vnf-agent/esp/engine.h"
#include "vnf-agent/esp/handover.h"

#define SIZE_LEN 8              /* Octets. */

static const uint8_t READY = 'R';
static const uint8_t GO = 'G';

/* The successor. */

static void
put_request(struct wire_writer *w, const void *hello_)
{
    const struct control_hello *hello = hello_;

    wire_put_u32(w, HANDOVER_VERSION);
    wire_put_string(w, hello->plain_port);
    wire_put_string(w, hello->cipher_port);
    wire_put_address(w, &hello->own_ips.ips[0]);
}

/* Sends the request and reads the reply. */
static int
transact(int socket, const struct control_hello *hello,
         long long int deadline_ms, char **errorp)
{
    struct control_buffer request = control_encode(CONTROL_HAND_OVER, 1,
                                                   put_request, hello);
    struct control_buffer reply = { .data = NULL };
    struct control_header header;

    int error = control_io_send(socket, request.data, request.size,
                                deadline_ms);
    error = error ? error : control_io_receive_message(socket, deadline_ms,
                                                       &header, &reply);
    if (error) {
        *errorp = xasprintf("the data plane that runs does not answer (%s)",
                            ovs_strerror(error));
    } else {
        struct wire_reader r = { .p = reply.data, .left = reply.size };
        error = wire_get_u32(&r);
        char *message = wire_get_string(&r);
        if (error || r.failed) {
            error = error ? error : EPROTO;
            *errorp = xstrdup(message && message[0] ? message
                              : ovs_strerror(error));
        }
        free(message);
    }
    control_free(&request);
    control_free(&reply);
    return error;
}

/* Reads the descriptors and the state. */
static int
receive_state(struct succession *s, struct control_buffer *state,
              long long int deadline_ms)
{
    uint8_t size_bytes[SIZE_LEN];
    int error = control_io_receive_fds(s->socket, s->fds, SUCCESSION_N_FDS,
                                       deadline_ms);

    error = error ? error : control_io_receive(s->socket, size_bytes,
                                               sizeof size_bytes,
                                               deadline_ms);
    if (!error) {
        struct wire_reader r = { .p = size_bytes, .left = sizeof size_bytes };
        state->size = wire_get_u64(&r);
        state->data = xmalloc(MAX(state->size, 1));
        error = control_io_receive(s->socket, state->data, state->size,
                                   deadline_ms);
    }
    return error;
}

static void
succession_destroy(struct succession *s)
{
    close(s->socket);
    engine_destroy(s->engine);
    for (int i = 0; i < SUCCESSION_N_FDS; i++) {
        if (s->fds[i] >= 0) {
            close(s->fds[i]);
        }
    }
}

int
succession_connect(const char *path)
{
    int socket = make_unix_socket(SOCK_STREAM, true, NULL, path);
    if (socket >= 0) {
        fcntl(socket, F_SETFD, FD_CLOEXEC);
    }
    return socket;
}

char *
succession_request(int socket, const struct control_hello *hello,
                   struct succession *s)
{
    long long int deadline_ms = time_msec() + SUCCESSION_TIMEOUT_MS;
    struct control_buffer state = { .data = NULL };
    char *message;

    *s = (struct succession) { .socket = socket, .fds = { -1, -1, -1, -1 } };
    if (!transact(socket, hello, deadline_ms, &message)) {
        int error = receive_state(s, &state, deadline_ms);
        message = (error
                   ? xasprintf("the data plane that runs did not hand its "
                               "state over (%s)", ovs_strerror(error))
                   : handover_decode(&state, &hello->own_ips, &s->engine,
                                     &s->boot_id));
    }
    control_free(&state);
    if (message) {
        succession_destroy(s);
    }
    return message;
}

char *
succession_finish(struct succession *s)
{
    long long int deadline_ms = time_msec() + SUCCESSION_TIMEOUT_MS;
    uint8_t octet = 0;
    int error = control_io_send(s->socket, &READY, 1, deadline_ms);

    error = error ? error : control_io_receive(s->socket, &octet, 1,
                                               deadline_ms);
    if (error || octet != GO) {
        succession_destroy(s);
        return xasprintf("the data plane that runs goes on (%s)",
                         ovs_strerror(error ? error : EPROTO));
    }
    close(s->socket);
    return NULL;
}

/* The predecessor. */

char *
succession_give(int socket, const struct engine *engine,
                const struct uuid *boot_id, const int fds[SUCCESSION_N_FDS])
{
    long long int deadline_ms = time_msec() + SUCCESSION_TIMEOUT_MS;
    struct control_buffer state = handover_encode(engine, boot_id);
    uint8_t size_bytes[SIZE_LEN];
    struct wire_writer w = { .buf = size_bytes };
    uint8_t octet = 0;

    wire_put_u64(&w, state.size);
    int error = control_io_send_fds(socket, fds, SUCCESSION_N_FDS,
                                    deadline_ms);
    error = error ? error : control_io_send(socket, size_bytes,
                                            sizeof size_bytes, deadline_ms);
    error = error ? error : control_io_send(socket, state.data, state.size,
                                            deadline_ms);
    control_free(&state);
    error = error ? error : control_io_receive(socket, &octet, 1, deadline_ms);
    return (!error && octet == READY ? NULL
            : xasprintf("the successor did not become ready (%s)",
                        ovs_strerror(error ? error : EPROTO)));
}

bool
succession_let_go(int socket, long long int deadline_ms)
{
    return (time_msec() < deadline_ms
            && !control_io_send(socket, &GO, 1, deadline_ms));
}
