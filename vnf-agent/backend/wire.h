#ifndef SDSA_ESP_WIRE_H
#define SDSA_ESP_WIRE_H 1

/* How the objects of the backend interface look on the control socket: all
 * integers in network order, strings with a 16-bit length before them.
 *
 * Both sides are of one machine and mostly of one version (the version is in
 * each message), so there are no optional parts. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"
#include "packets.h"

struct backend_edit;
struct backend_event;
struct backend_stats;
struct policy;
struct sa;
struct sa_stats;

#define WIRE_MAX_STRING 1024    /* Octets of the longest string. */

/* Writes into 'buf', or only counts if that is NULL: a message is made in two
 * passes, the first of which tells the size to allocate, so that keys are
 * never copied into a growing buffer. */
struct wire_writer {
    uint8_t *buf;
    size_t size;                /* Octets so far. */
};

/* Reads, and remembers the first failure: results are valid only if 'failed'
 * is false at the end. */
struct wire_reader {
    const uint8_t *p;
    size_t left;
    bool failed;
};

void wire_put_bytes(struct wire_writer *, const void *, size_t);
void wire_put_u8(struct wire_writer *, uint8_t);
void wire_put_u16(struct wire_writer *, uint16_t);
void wire_put_u32(struct wire_writer *, uint32_t);
void wire_put_u64(struct wire_writer *, uint64_t);
void wire_put_address(struct wire_writer *, const struct in6_addr *);
void wire_put_string(struct wire_writer *, const char *);

/* On failure the output is zeros, 0, or NULL. */
void wire_get_bytes(struct wire_reader *, void *, size_t);
uint8_t wire_get_u8(struct wire_reader *);
uint16_t wire_get_u16(struct wire_reader *);
uint32_t wire_get_u32(struct wire_reader *);
uint64_t wire_get_u64(struct wire_reader *);
struct in6_addr wire_get_address(struct wire_reader *);
/* At most WIRE_MAX_STRING octets, none of them NUL.  Caller frees. */
char *wire_get_string(struct wire_reader *);

/* An SA, with its key if it has one and without it otherwise. */
void wire_put_sa(struct wire_writer *, const struct sa *);
/* Returns NULL on failure; caller frees with sa_destroy(). */
struct sa *wire_get_sa(struct wire_reader *);

void wire_put_policy(struct wire_writer *, const struct policy *);
struct policy *wire_get_policy(struct wire_reader *);

/* An edit.  What is read owns its 'sa' and 'policy': caller frees with
 * wire_edit_destroy(). */
void wire_put_edit(struct wire_writer *, const struct backend_edit *);
struct backend_edit *wire_get_edit(struct wire_reader *);
void wire_edit_destroy(struct backend_edit *);

void wire_put_sa_stats(struct wire_writer *, const struct sa_stats *);
void wire_get_sa_stats(struct wire_reader *, struct sa_stats *);
void wire_put_stats(struct wire_writer *, const struct backend_stats *);
void wire_get_stats(struct wire_reader *, struct backend_stats *);

void wire_put_event(struct wire_writer *, const struct backend_event *);
/* The caller frees the event's 'policy', also on failure. */
void wire_get_event(struct wire_reader *, struct backend_event *);

#endif /* vnf-agent/backend/wire.h */
