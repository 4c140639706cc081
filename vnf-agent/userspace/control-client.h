/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_USERSPACE_CONTROL_CLIENT_H
#define SDSA_USERSPACE_CONTROL_CLIENT_H 1

/* The agent's end of the control socket: requests, each of which waits for its
 * reply, one question at a time whose reply nobody waits for, and the events
 * that come between replies.
 *
 * No call takes longer than CONTROL_CLIENT_TIMEOUT_MS.  After an error that is
 * not in a reply of the data plane the connection is closed. */

#include <stdbool.h>
#include <stdint.h>

#include "vnf-agent/backend/control-msg.h"

#define CONTROL_CLIENT_TIMEOUT_MS 2000
#define CONTROL_CLIENT_MAX_EVENTS 4096  /* In the queue; more are lost. */

struct control_client {
    int fd;                     /* -1: not connected. */
    uint32_t xid;               /* Of the last request. */
    struct event_queue events;  /* Received; for the caller to pop. */
    int event_credit;           /* Events that may still come. */

    bool asking;                /* A question is under way or answered. */
    uint32_t question_xid;
    long long int question_end_ms;      /* It has no answer in time. */
    struct control_buffer answer;       /* Data NULL: not there yet. */
};

/* Makes a client that is not connected. */
void control_client_init(struct control_client *);

/* Closes the connection and frees the events. */
void control_client_destroy(struct control_client *);

/* Connects to the Unix socket 'path'.  Returns 0 or a positive errno: ENOENT
 * or ECONNREFUSED if nobody listens. */
int control_client_connect(struct control_client *, const char *path);

/* Closes the connection.  Events stay. */
void control_client_disconnect(struct control_client *);

/* Sends a request of 'type' with the payload that 'put' writes from 'aux', and
 * reads the reply into '*reply' (caller frees with control_free(), also after
 * an error).  '*r' then reads the octets of the reply after its message.
 *
 * Returns the errno of the reply, with its message in '*messagep' (caller
 * frees; NULL if there is none).  Without a reply returns ECONNRESET or
 * ETIMEDOUT, and is disconnected.  Returns ENOSPC, with a message and without
 * sending, if the request is too large. */
int control_client_transact(struct control_client *, enum control_type type,
                            control_put_payload *put, const void *aux,
                            struct control_buffer *reply,
                            struct wire_reader *r, char **messagep);

/* Sends a question of 'type', without payload, and does not wait for its
 * reply, which control_client_take_answer() returns later.  There must be no
 * other question.  Returns 0; or ETIMEDOUT or ECONNRESET, and is
 * disconnected. */
int control_client_ask(struct control_client *, enum control_type type);

/* Returns EAGAIN if there is no question or its reply may still come.  Else
 * the question is over: returns as control_client_transact() does, with the
 * same in '*reply', '*r' and '*messagep'; ETIMEDOUT, and is disconnected, if
 * there was no reply within CONTROL_CLIENT_TIMEOUT_MS. */
int control_client_take_answer(struct control_client *,
                               struct control_buffer *reply,
                               struct wire_reader *r, char **messagep);

/* Receives events and the reply to a question without waiting.  Returns 0, or
 * ECONNRESET, and is disconnected, if the connection has ended. */
int control_client_run(struct control_client *);

/* Waits until the data plane has closed the connection: it has wiped all SAs
 * then. */
void control_client_wait_end(struct control_client *);

/* Returns true if the data plane will send no more events before the next
 * request. */
bool control_client_needs_request(const struct control_client *);

/* Wakes poll_block() up when control_client_run() has something to receive,
 * when there is an event, or when a question has no answer in time. */
void control_client_wait(const struct control_client *);

#endif /* vnf-agent/userspace/control-client.h */
