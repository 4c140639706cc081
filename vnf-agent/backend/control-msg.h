/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_BACKEND_CONTROL_MSG_H
#define SDSA_BACKEND_CONTROL_MSG_H 1

/* Messages of the control protocol of sdsa-esp.  The agent (userspace/) sends
 * requests, and sdsa-esp (esp/) sends one reply to each request.  Events come
 * between two replies.  This module only builds and parses octets.
 *
 * The header, and the request CONTROL_HAND_OVER with the beginning of each
 * reply, are the same in all versions: so a process of one version can succeed
 * one of another.
 *
 * Messages go over a stream socket of the local machine (RUNDIR/NAME.esp.ctl):
 * a header of CONTROL_HEADER_LEN octets, then the payload.
 *
 * The payload of a reply begins with an errno (0: done) and a message for
 * people; enum control_type says what follows.
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
#include "vnf-agent/backend/own-ips.h"
#include "vnf-agent/backend/wire.h"

/* To be raised with every change of the protocol, also of BACKEND_DROPS.
 * (Tests build a program of another version.) */
#ifndef CONTROL_VERSION
#define CONTROL_VERSION 6
#endif
#define CONTROL_HEADER_LEN 16                   /* Octets. */
#define CONTROL_MAX_PAYLOAD (4 * 1024 * 1024)   /* Octets of one message. */

/* Events that a client may be sent after each of its requests. */
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
    CONTROL_HAND_OVER,          /* Version, ports, address -> version, and
                                 * then as esp/succession.h says. */
    CONTROL_OWN_IPS,            /* struct own_ips -> nothing. */
};

struct control_header {
    uint16_t version;           /* CONTROL_VERSION of the sender. */
    uint16_t type;              /* enum control_type, or unknown. */
    uint32_t payload_size;      /* Octets. */
    uint32_t xid;               /* A reply has the xid of its request. */
};

/* Identity and state of a data plane. */
struct control_hello {
    struct uuid boot_id;
    char *plain_port, *cipher_port;     /* Interface names. */
    struct own_ips own_ips;
    struct backend_port plain, cipher;
    char *reason;               /* Why no traffic can pass; "": it can. */
    char *program;              /* File that it runs: process_program_id(). */
};

/* A message, or its payload, of exactly 'size' octets.  Keys may be in it. */
struct control_buffer {
    uint8_t *data;              /* NULL: no message. */
    size_t size;
};

/* Frees the strings of '*hello' and clears it. */
void control_hello_destroy(struct control_hello *hello);

/* Writes the boot id, ports, address and reason of '*hello'. */
void control_put_hello(struct wire_writer *, const struct control_hello *);

/* Reads what control_put_hello() writes.  The caller frees the strings with
 * control_hello_destroy(), also if the reader has failed. */
void control_get_hello(struct wire_reader *, struct control_hello *);

/* Reads 'octets' into '*header'.  Returns false, with '*header' unspecified,
 * if they are not a header of any version. */
bool control_get_header(const uint8_t octets[CONTROL_HEADER_LEN],
                        struct control_header *header);

/* Writes a payload from 'aux'.  Must write the same octets each time. */
typedef void control_put_payload(struct wire_writer *, const void *aux);

/* A control_put_payload of a CONTROL_APPLY request.  'edits' is a `struct
 * ovs_list` of `struct backend_edit`. */
void control_put_edits(struct wire_writer *, const void *edits);

/* Builds a message with type, xid and the payload that 'put' writes (NULL:
 * none).  Keys in it are in the returned buffer and nowhere else: caller frees
 * it with control_free(). */
struct control_buffer control_encode(enum control_type, uint32_t xid,
                                     control_put_payload *put,
                                     const void *aux);

/* Wipes and frees 'buffer->data'; then it is NULL. */
void control_free(struct control_buffer *buffer);

#endif /* vnf-agent/backend/control-msg.h */
