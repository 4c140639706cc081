#ifndef SDSA_ESP_CONTROL_CLIENT_H
#define SDSA_ESP_CONTROL_CLIENT_H 1

/* The agent's end of the control socket: requests, each of which waits for its
 * reply, and the events that come between them.
 *
 * Nothing takes longer than CONTROL_CLIENT_TIMEOUT_MS.  After an error that
 * is not the data plane's answer the connection is closed. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/list.h"
#include "vnf-agent/backend/control-msg.h"

#define CONTROL_CLIENT_TIMEOUT_MS 2000
#define CONTROL_CLIENT_MAX_EVENTS 4096  /* Not taken yet; more are dropped. */

struct control_client {
    int fd;                     /* -1: not connected. */
    uint32_t xid;               /* Of the last request. */
    struct ovs_list events;
    size_t n_events;
    int event_credit;           /* Events that may still come. */
};

void control_client_init(struct control_client *);
void control_client_destroy(struct control_client *);

/* Connects to the Unix socket 'path'.  Returns 0 or a positive errno: ENOENT
 * or ECONNREFUSED if nobody listens. */
int control_client_connect(struct control_client *, const char *path);

/* Closes the connection.  Events stay. */
void control_client_disconnect(struct control_client *);

/* Sends 'request', made with the next xid, and reads the reply into '*reply'
 * (caller frees with control_free(), also after an error), of which '*r' then
 * reads what comes after the message.  Returns the reply's errno with its
 * message in '*messagep' (caller frees; NULL if there is none); or ECONNRESET,
 * or ETIMEDOUT, and disconnected, if there was no reply. */
int control_client_transact(struct control_client *,
                            const struct control_buffer *request,
                            struct control_buffer *reply,
                            struct wire_reader *r, char **messagep);

/* As above with a payload of at most 16 octets, without secrets. */
int control_client_transact_small(struct control_client *,
                                  enum control_type, const uint8_t *payload,
                                  size_t size, struct control_buffer *reply,
                                  struct wire_reader *r, char **messagep);

/* Takes in what came by itself.  Returns 0, or ECONNRESET, disconnected, if
 * the connection has ended. */
int control_client_run(struct control_client *);

/* Waits until the data plane has closed the connection: all is wiped then. */
void control_client_wait_end(struct control_client *);

/* Will the data plane send no more events before the next request? */
bool control_client_needs_request(const struct control_client *);

/* Wakes poll_block() up when there is something for control_client_run(), or
 * an event to take. */
void control_client_wait(const struct control_client *);

/* Takes the oldest event; the caller frees its 'policy'.  Returns false if
 * there is none. */
bool control_client_pop_event(struct control_client *,
                              struct backend_event *);

#endif /* vnf-agent/userspace/control-client.h */
