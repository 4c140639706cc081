/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_BACKEND_WIRE_H
#define SDSA_BACKEND_WIRE_H 1

/* The objects of the backend interface as octets: on the control socket of
 * sdsa-esp, and in the records of the kernel backend.  Integers are in network
 * order; strings have a 16-bit length before them.
 *
 * Writer and reader are on one machine and mostly of one version (which stands
 * in each message and file), so there are no optional parts.  What a process
 * leaves to one of another version has members: each has its name and size, in
 * any order.  A member that the reader does not know may only be zeros, and
 * one that is missing is zero; so a new member must mean with 0 what was meant
 * without it. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backend_edit;
struct backend_event;
struct backend_stats;
struct own_ips;
struct policy;
struct sa;
struct sa_stats;

#define WIRE_MAX_STRING 1024    /* Octets of the longest string. */

/* Writes into 'buf', or only counts if that is NULL.  A message is written in
 * two passes.  The first one tells the size to allocate, so that keys are
 * never copied into a growing buffer. */
struct wire_writer {
    uint8_t *buf;
    size_t size;                /* Octets so far. */
};

/* Reads, and remembers the first failure: results are valid only if 'failed'
 * is false at the end. */
struct wire_reader {
    const uint8_t *p;           /* The next octet. */
    size_t left;                /* Octets from there. */
    bool failed;
};

/* A member: its name, and what reads its value. */
#define WIRE_MAX_NAME 31
struct wire_member {
    char name[WIRE_MAX_NAME + 1];
    struct wire_reader value;
};

/* Writes 'size' octets. */
void wire_put_bytes(struct wire_writer *, const void *, size_t size);

/* Writes the low 'n' octets, at most 8, of an integer in host order. */
void wire_put_uint(struct wire_writer *, uint64_t value, size_t n);

#define wire_put_u8(W, VALUE) wire_put_uint(W, VALUE, 1)
#define wire_put_u16(W, VALUE) wire_put_uint(W, VALUE, 2)
#define wire_put_u32(W, VALUE) wire_put_uint(W, VALUE, 4)
#define wire_put_u64(W, VALUE) wire_put_uint(W, VALUE, 8)

/* Writes 16 octets. */
void wire_put_address(struct wire_writer *, const struct in6_addr *);

/* Writes a string, cut at WIRE_MAX_STRING octets.  NULL is written as "". */
void wire_put_string(struct wire_writer *, const char *);

/* Reads 'size' octets; zeros on failure. */
void wire_get_bytes(struct wire_reader *, void *, size_t size);

/* Reads an integer of 'n' octets, at most 8.  Returns it in host order; 0 on
 * failure. */
uint64_t wire_get_uint(struct wire_reader *, size_t n);

#define wire_get_u8(R) ((uint8_t) wire_get_uint(R, 1))
#define wire_get_u16(R) ((uint16_t) wire_get_uint(R, 2))
#define wire_get_u32(R) ((uint32_t) wire_get_uint(R, 4))
#define wire_get_u64(R) wire_get_uint(R, 8)

/* Reads 16 octets; zeros on failure. */
struct in6_addr wire_get_address(struct wire_reader *);

/* Reads a string of at most WIRE_MAX_STRING octets, none of them NUL.  Returns
 * it (caller frees), or NULL on failure. */
char *wire_get_string(struct wire_reader *);

/* Writes an SA, with its key if it has one. */
void wire_put_sa(struct wire_writer *, const struct sa *);

/* Reads an SA.  Returns it (caller frees with sa_destroy()), or NULL on
 * failure. */
struct sa *wire_get_sa(struct wire_reader *);

/* Begins a member; its value is to be written next.  Returns what
 * wire_end_member() wants. */
size_t wire_begin_member(struct wire_writer *, const char *name);

/* Ends the member that began at 'start'. */
void wire_end_member(struct wire_writer *, size_t start);

/* Writes a member whose value is an integer of 64 bits. */
void wire_put_member_u64(struct wire_writer *, const char *name, uint64_t);

/* Reads the next member.  Returns false at the end, or if the reader fails. */
bool wire_get_member(struct wire_reader *, struct wire_member *);

/* Says what is wrong with a member after its value was read, or not ('known'
 * false).  Returns NULL, or an error (caller frees). */
char *wire_check_member(const struct wire_member *, bool known);

/* Writes the own addresses. */
void wire_put_own_ips(struct wire_writer *, const struct own_ips *);

/* Reads what wire_put_own_ips() writes; fails unless there is one at least,
 * and each is unicast. */
void wire_get_own_ips(struct wire_reader *, struct own_ips *);

/* Writes the members of an SA, with its key if it has one. */
void wire_put_sa_members(struct wire_writer *, const struct sa *);

/* Reads all that is left as members of an SA.  Returns it (caller frees with
 * sa_destroy()), or NULL with an error in '*errorp' (caller frees). */
struct sa *wire_get_sa_members(struct wire_reader *, char **errorp);

/* Writes the members of a policy. */
void wire_put_policy_members(struct wire_writer *, const struct policy *);

/* Reads all that is left as members of a policy.  Returns it (caller frees
 * with policy_destroy()), or NULL with an error in '*errorp' (caller
 * frees). */
struct policy *wire_get_policy_members(struct wire_reader *, char **errorp);

/* Writes a policy. */
void wire_put_policy(struct wire_writer *, const struct policy *);

/* Reads a policy.  Returns it (caller frees with policy_destroy()), or NULL on
 * failure. */
struct policy *wire_get_policy(struct wire_reader *);

/* Writes an edit: of an object to be deleted only its identity. */
void wire_put_edit(struct wire_writer *, const struct backend_edit *);

/* Reads an edit, which owns its 'sa' and 'policy'.  Returns it (caller frees
 * with wire_edit_destroy()), or NULL on failure. */
struct backend_edit *wire_get_edit(struct wire_reader *);

/* Frees an edit with its 'sa' and 'policy'.  Accepts NULL. */
void wire_edit_destroy(struct backend_edit *);

/* Writes the counters of an SA. */
void wire_put_sa_stats(struct wire_writer *, const struct sa_stats *);

/* Reads the counters of an SA. */
void wire_get_sa_stats(struct wire_reader *, struct sa_stats *);

/* Writes the counters of a data plane. */
void wire_put_stats(struct wire_writer *, const struct backend_stats *);

/* Reads the counters of a data plane. */
void wire_get_stats(struct wire_reader *, struct backend_stats *);

/* Writes an event. */
void wire_put_event(struct wire_writer *, const struct backend_event *);

/* Reads an event.  The caller frees event->policy, also on failure. */
void wire_get_event(struct wire_reader *, struct backend_event *event);

#endif /* vnf-agent/backend/wire.h */
