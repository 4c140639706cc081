/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/xfrm/nl-build.h"

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <openssl/crypto.h>
#include <string.h>

#include "util.h"

#define MAX_MESSAGE 2048

struct nl_msg *
nl_msg_create(int type, int flags, const void *payload, size_t size)
{
    struct nl_msg *msg = nlmsg_alloc_size(MAX_MESSAGE);

    ovs_assert(msg);
    struct nlmsghdr *hdr = nlmsg_put(msg, 0, 0, type, size,
                                     NLM_F_REQUEST | flags);
    ovs_assert(hdr);
    if (size) {
        memcpy(nlmsg_data(hdr), payload, size);
    }
    return msg;
}

void
nl_msg_wipe(struct nl_msg *msg)
{
    if (msg) {
        struct nlmsghdr *hdr = nlmsg_hdr(msg);
        OPENSSL_cleanse(hdr, hdr->nlmsg_len);
        nlmsg_free(msg);
    }
}

void
nl_batch_add(struct nl_batch *batch, struct nl_msg *msg)
{
    if (batch->n >= batch->allocated) {
        batch->ops = x2nrealloc(batch->ops, &batch->allocated,
                                sizeof *batch->ops);
    }
    batch->ops[batch->n++] = (struct nl_op) { .msg = msg };
}

void
nl_batch_clear(struct nl_batch *batch)
{
    for (size_t i = 0; i < batch->n; i++) {
        nl_msg_wipe(batch->ops[i].msg);
        free(batch->ops[i].text);
    }
    free(batch->ops);
    *batch = (struct nl_batch) { .ops = NULL };
}

void
nl_put(struct nl_msg *msg, int type, const void *data, size_t size)
{
    ovs_assert(!nla_put(msg, type, size, data));
}

void
nl_put_u16(struct nl_msg *msg, int type, uint16_t value)
{
    nl_put(msg, type, &value, sizeof value);
}

void
nl_put_u32(struct nl_msg *msg, int type, uint32_t value)
{
    nl_put(msg, type, &value, sizeof value);
}

void
nl_put_string(struct nl_msg *msg, int type, const char *s)
{
    nl_put(msg, type, s, strlen(s) + 1);
}

struct nlattr *
nl_nest(struct nl_msg *msg, int type)
{
    struct nlattr *attr = nla_nest_start(msg, type);

    ovs_assert(attr);
    return attr;
}
