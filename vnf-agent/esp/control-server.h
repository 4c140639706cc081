/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_ESP_CONTROL_SERVER_H
#define SDSA_ESP_CONTROL_SERVER_H 1

/* The control socket of sdsa-esp.  Clients of our own user and of root may
 * speak, and none of them may take much of the loop's time.
 *
 * Sockets never block; a wake-up reads a bounded number of octets and does one
 * request of each client.  A client that leaves a message half sent, or a
 * reply unread, is disconnected after CONTROL_SERVER_TIMEOUT_MS.  When there
 * are too many clients, the one that has been silent longest is
 * disconnected. */

#define CONTROL_SERVER_TIMEOUT_MS 2000
#define CONTROL_SERVER_MAX_CLIENTS 16

struct control_context;
struct control_server;

/* Listens on the Unix socket 'path', mode 0600.  Returns 0 and the server in
 * '*serverp' (caller frees with control_server_destroy()), or a positive errno
 * and NULL. */
int control_server_create(const char *path, struct control_server **serverp);

/* Goes on with the listening socket 'fd', bound to 'path', of another process.
 * Returns the server; caller frees with control_server_destroy(). */
struct control_server *control_server_adopt(const char *path, int fd);

/* Returns the listening socket. */
int control_server_get_fd(const struct control_server *);

/* Takes the client that has sent CONTROL_HAND_OVER, and was answered, away.
 * Returns its socket, which the caller closes, or -1 if there is none. */
int control_server_take_successor(struct control_server *);

/* Disconnects all clients, and leaves the socket to a successor. */
void control_server_leave(struct control_server *);

/* Disconnects all clients and removes the socket.  Accepts NULL. */
void control_server_destroy(struct control_server *);

/* Accepts clients, and performs and answers their requests. */
void control_server_run(struct control_server *, struct control_context *);

/* Wakes poll_block() up when control_server_run() has something to do. */
void control_server_wait(struct control_server *);

#endif /* vnf-agent/esp/control-server.h */
