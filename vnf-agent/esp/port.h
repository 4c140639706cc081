/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_ESP_PORT_H
#define SDSA_ESP_PORT_H 1

/* A data port: an AF_PACKET socket on a network interface, in batches.
 *
 * The interface may go down, vanish, or come back as another one of the same
 * name: the port looks for it again and carries on.  VLAN tags come in beside
 * the frame, as the kernel has taken them off, and go out inside it. */

#include <stdbool.h>
#include <stddef.h>

#include "vnf-agent/backend/backend.h"
#include "vnf-agent/esp/engine.h"

#define PORT_BATCH 64           /* Frames. */
#define PORT_MAX_MTU 9216       /* Octets; longer packets are truncated. */

struct port;

/* Opens a socket that receives nothing yet.  Returns it, or a negative errno;
 * caller closes.  It needs CAP_NET_RAW, and CAP_NET_ADMIN for a large
 * buffer. */
int port_open(void);

/* Makes a port of the interface 'name', which need not exist yet.  'fd' is a
 * socket of port_open(), or the one that a port of another process had
 * (port_get_fd()), and is owned from now on; or -1, and a socket is opened as
 * soon as that is possible.  It stays the same one, whatever happens to the
 * interface.  Caller frees with port_destroy(). */
struct port *port_create(const char *name, int fd);

/* Closes and frees.  Accepts NULL. */
void port_destroy(struct port *);

/* Finds out whether the interface is there, and its MAC and MTU.  To be called
 * when interfaces have changed, and now and then. */
void port_refresh(struct port *);

/* Returns MAC and MTU; zeros before the interface was first there. */
const struct backend_port *port_get(const struct port *);

/* Returns the socket, or -1.  Frames wait in it while nobody receives. */
int port_get_fd(const struct port *);

/* Returns the reason why no frame can pass, or NULL if frames pass. */
const char *port_down_reason(const struct port *);

/* Receives up to PORT_BATCH frames without blocking; returns their number.
 * Their buffers are the port's, valid until the next call. */
size_t port_receive(struct port *, struct engine_frame frames[PORT_BATCH]);

/* Sends 'n' frames, at most PORT_BATCH.  'sent[i]' becomes true if frame 'i'
 * was sent. */
void port_send(struct port *, const struct engine_frame frames[], size_t n,
               bool sent[]);

/* Returns the number of packets that found the kernel's queue full since the
 * last call. */
unsigned int port_take_lost(struct port *);

/* Wakes poll_block() up when a frame arrives. */
void port_wait(struct port *);

#endif /* vnf-agent/esp/port.h */
