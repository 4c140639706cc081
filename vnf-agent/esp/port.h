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
#define PORT_MAX_MTU 9216       /* Octets; what is longer is truncated. */

struct port;

/* 'name' is the interface's.  It need not exist yet. */
struct port *port_create(const char *name);
void port_destroy(struct port *);

/* Looks whether the interface is (still, again) there, and what its MAC and
 * MTU are.  To be called when interfaces changed, and now and then. */
void port_refresh(struct port *);

/* MAC and MTU; zeros before the interface was first there. */
const struct backend_port *port_get(const struct port *);

/* Why no frame can pass, or NULL if it can. */
const char *port_down_reason(const struct port *);

/* Receives up to PORT_BATCH frames without blocking; returns their number.
 * Their buffers are the port's, valid until the next call. */
size_t port_receive(struct port *, struct engine_frame frames[PORT_BATCH]);

/* Sends 'n' frames, at most PORT_BATCH.  'sent[i]' tells of each. */
void port_send(struct port *, const struct engine_frame frames[], size_t n,
               bool sent[]);

/* Returns the number of packets that found the kernel's queue full since the
 * last call. */
unsigned int port_take_lost(struct port *);

/* Wakes poll_block() up when frames arrive. */
void port_wait(struct port *);

#endif /* vnf-agent/esp/port.h */
