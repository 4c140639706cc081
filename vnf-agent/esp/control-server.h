#ifndef SDSA_ESP_CONTROL_SERVER_H
#define SDSA_ESP_CONTROL_SERVER_H 1

/* The control socket of sdsa-esp: who may speak (our own user and root), and
 * how much of the loop's time a client may take.
 *
 * Sockets never block; a wake-up reads a bounded number of octets and does one
 * request of each client.  A client that leaves a message half sent, or a
 * reply unread, is cut off after CONTROL_SERVER_TIMEOUT_MS; when there are too
 * many clients the one that has been silent longest goes. */

#define CONTROL_SERVER_TIMEOUT_MS 2000
#define CONTROL_SERVER_MAX_CLIENTS 16

struct control_context;
struct control_server;

/* Listens on the Unix socket 'path', mode 0600.  Returns 0, or a positive
 * errno. */
int control_server_create(const char *path, struct control_server **);
void control_server_destroy(struct control_server *);
void control_server_run(struct control_server *, struct control_context *);
void control_server_wait(struct control_server *);

#endif /* vnf-agent/esp/control-server.h */
