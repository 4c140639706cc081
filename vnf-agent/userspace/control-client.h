/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_USERSPACE_CONTROL_CLIENT_H
#define SDSA_USERSPACE_CONTROL_CLIENT_H 1

/* The agent's end of the control socket: requests, each of which waits for its
 * reply, and the events that come between replies.
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

/* Receives events without waiting.  Returns 0, or ECONNRESET, and is
 * disconnected, if the connection has ended. */
int control_client_run(struct control_client *);

/* Waits until the data plane has closed the connection: it has wiped all SAs
 * then. */
void control_client_wait_end(struct control_client *);

/* Returns true if the data plane will send no more events before the next
 * request. */
bool control_client_needs_request(const struct control_client *);

/* Wakes poll_block() up when control_client_run() has something to receive, or
 * when there is an event. */
void control_client_wait(const struct control_client *);

#endif /* vnf-agent/userspace/control-client.h */
