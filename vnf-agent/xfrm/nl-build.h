#ifndef SDSA_XFRM_NL_BUILD_H
#define SDSA_XFRM_NL_BUILD_H 1

/* Building netlink messages on libnl's core.  A message has room for 2 kB;
 * ours have at most 900 octets, so running out of it is a mistake of ours,
 * which ends the process.  Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nl_msg;
struct nlattr;

/* A request; NLM_F_REQUEST is added to 'flags'.  Caller frees with
 * nl_msg_wipe(). */
struct nl_msg *nl_msg_create(int type, int flags, const void *payload,
                             size_t size);

/* Frees 'msg', all of its octets wiped.  Accepts NULL. */
void nl_msg_wipe(struct nl_msg *);

/* Do they say the same? */
bool nl_msg_equal(struct nl_msg *, struct nl_msg *);

/* Attributes; integers in host order. */
void nl_put(struct nl_msg *, int type, const void *, size_t);
void nl_put_u16(struct nl_msg *, int type, uint16_t);
void nl_put_u32(struct nl_msg *, int type, uint32_t);
void nl_put_string(struct nl_msg *, int type, const char *);
struct nlattr *nl_nest(struct nl_msg *, int type);

#endif /* vnf-agent/xfrm/nl-build.h */
