#ifndef SDSA_ESP_CONTROL_H
#define SDSA_ESP_CONTROL_H 1

/* The control protocol of sdsa-esp: what the agent asks, one reply a request;
 * and events, which come by themselves between two replies.
 *
 * Messages go over a stream socket of the local machine (RUNDIR/NAME.esp.ctl):
 * a header of CONTROL_HEADER_LEN octets, then the payload.  This file has the
 * messages and what they do, without sockets: a request's octets in, the
 * reply's octets out.
 *
 * A reply's payload begins with an errno (0: done) and a message for people;
 * what else it has depends on the type.
 *
 * A client that has subscribed is sent messages of type CONTROL_EVENT, with
 * xid 0 and a payload without errno and message: at most CONTROL_EVENTS_CREDIT
 * of them after each of its requests, so that no more of them wait in a socket
 * than a client has room for.  An event is sent to one client, once. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uuid.h"
#include "vnf-agent/backend/backend.h"
#include "vnf-agent/backend/wire.h"

struct engine;
struct ovs_list;

/* To be raised with every change of the protocol, also of BACKEND_DROPS. */
#define CONTROL_VERSION 4
#define CONTROL_HEADER_LEN 16
#define CONTROL_MAX_PAYLOAD (4 * 1024 * 1024)   /* Octets. */

/* Objects in one reply to CONTROL_DUMP_*: bounds its time. */
#define CONTROL_DUMP_CHUNK 256

#define CONTROL_EVENTS_CREDIT 64

enum control_type {
    CONTROL_HELLO = 1,          /* -> struct control_hello. */
    CONTROL_APPLY,              /* n, edits -> nothing. */
    CONTROL_DUMP_SAS,           /* First serial -> chunk of SAs and stats. */
    CONTROL_DUMP_POLICIES,      /* First serial -> chunk of policies. */
    CONTROL_SA_STATS,           /* Direction, SPI -> struct sa_stats. */
    CONTROL_STATS,              /* -> struct backend_stats. */
    CONTROL_SHUTDOWN,           /* -> nothing, and the process ends. */
    CONTROL_SUBSCRIBE,          /* -> nothing, and from then on events. */
    CONTROL_EVENT,              /* Not asked for: struct backend_event. */
};

struct control_header {
    uint16_t version;
    uint16_t type;
    uint32_t payload_size;      /* Octets. */
    uint32_t xid;               /* The reply's is the request's. */
};

/* What the data plane is and how it is. */
struct control_hello {
    struct uuid boot_id;
    char *plain_port, *cipher_port;     /* Interface names. */
    struct in6_addr cipher_ip;
    struct backend_port ports[2];       /* ENGINE_* is the index. */
    char *trouble;              /* Why no traffic can pass; "": it can. */
};

void control_hello_destroy(struct control_hello *);     /* The contents. */

/* Writes CONTROL_HEADER_LEN octets. */
void control_put_header(struct wire_writer *, const struct control_header *);
/* Returns false if the octets are not a header of any version. */
bool control_get_header(const uint8_t header[CONTROL_HEADER_LEN],
                        struct control_header *);

/* A buffer that holds a message, of exactly 'size' octets.  Keys may be in it:
 * control_free() wipes. */
struct control_buffer {
    uint8_t *data;
    size_t size;
};
void control_free(struct control_buffer *);

/* Makes a CONTROL_APPLY request of a list of `struct backend_edit`. */
struct control_buffer control_encode_apply(const struct ovs_list *edits,
                                           uint32_t xid);

/* Reads what control_hello's reply has after errno and message. */
void control_get_hello(struct wire_reader *, struct control_hello *);

/* What a request is answered from. */
struct control_context {
    struct engine *engine;
    const struct control_hello *hello;
    long long int now_ms;
    bool shutdown;              /* Set by CONTROL_SHUTDOWN. */
    bool subscribe;             /* Set by CONTROL_SUBSCRIBE. */
};

/* Does what the request asks.  'payload' has 'header->payload_size' octets.
 * Returns the reply, header and all; caller frees with control_free(). */
struct control_buffer control_handle(struct control_context *,
                                     const struct control_header *header,
                                     const uint8_t *payload);

/* Takes the oldest event from the engine.  Returns its message, or one with
 * 'data' NULL if there is no event; caller frees with control_free(). */
struct control_buffer control_take_event(struct control_context *);

#endif /* vnf-agent/esp/control.h */
