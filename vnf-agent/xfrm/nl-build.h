/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_XFRM_NL_BUILD_H
#define SDSA_XFRM_NL_BUILD_H 1

/* Builds netlink messages on libnl's core.  A message has room for 2 kB, and
 * ours have at most 900 octets.  To run out of room is a bug, which ends the
 * process.  Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nl_msg;
struct nlattr;

/* Returns a request with 'size' octets of 'payload'; NLM_F_REQUEST is added to
 * 'flags'.  Caller frees with nl_msg_wipe(). */
struct nl_msg *nl_msg_create(int type, int flags, const void *payload,
                             size_t size);

/* Wipes all octets and frees.  Accepts NULL. */
void nl_msg_wipe(struct nl_msg *);

/* One request of a batch. */
struct nl_op {
    struct nl_msg *msg;         /* With NLM_F_ACK. */
    int error;                  /* 0, or a positive errno.  ETIMEDOUT: no
                                 * answer; it may be done or not. */
    char *text;                 /* The kernel's message, or NULL. */
};

/* Requests that are sent together, in order.  Empty at first: all zeros. */
struct nl_batch {
    struct nl_op *ops;
    size_t n, allocated;
};

/* Appends 'msg' and takes ownership of it. */
void nl_batch_add(struct nl_batch *, struct nl_msg *msg);

/* Wipes and frees all messages; the batch is empty then. */
void nl_batch_clear(struct nl_batch *);

/* Appends an attribute of 'size' octets. */
void nl_put(struct nl_msg *, int type, const void *, size_t size);

/* Appends an attribute of 16 bits, in host order. */
void nl_put_u16(struct nl_msg *, int type, uint16_t);

/* Appends an attribute of 32 bits, in host order. */
void nl_put_u32(struct nl_msg *, int type, uint32_t);

/* Appends a string with its NUL. */
void nl_put_string(struct nl_msg *, int type, const char *);

/* Begins an attribute that has the following ones in it.  Returns it, for
 * nla_nest_end(). */
struct nlattr *nl_nest(struct nl_msg *, int type);

#endif /* vnf-agent/xfrm/nl-build.h */
