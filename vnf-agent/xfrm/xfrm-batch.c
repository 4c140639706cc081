/* SPDX-License-Identifier: Apache-2.0 */
/* Netlink messages that are sent together, in order. */
#include <config.h>
#include "vnf-agent/xfrm/xfrm-private.h"

#include <errno.h>

#include "util.h"
#include "vnf-agent/xfrm/nl-build.h"

const int xfrm_fine_none[4] = { 0 };
const int xfrm_fine_add[4] = { EEXIST };
const int xfrm_fine_delete[4] = { ENOENT, ESRCH, ENODEV, EINVAL };

void
xfrm_batch_add(struct xfrm_batch *batch, struct nl_msg *msg)
{
    if (batch->n >= batch->allocated) {
        batch->ops = x2nrealloc(batch->ops, &batch->allocated,
                                sizeof *batch->ops);
    }
    batch->ops[batch->n++] = (struct nl_op) { .msg = msg };
}

void
xfrm_batch_add_all(struct xfrm_batch *batch, struct hop_msgs *list)
{
    for (size_t i = 0; i < list->n; i++) {
        xfrm_batch_add(batch, list->msgs[i]);
    }
    list->n = 0;
    hop_msgs_destroy(list);
}

static bool
is_fine(int error, const int fine[4])
{
    return (!error || error == fine[0] || error == fine[1] || error == fine[2]
            || error == fine[3]);
}

void
xfrm_batch_clear(struct xfrm_batch *batch)
{
    for (size_t i = 0; i < batch->n; i++) {
        nl_msg_wipe(batch->ops[i].msg);
        free(batch->ops[i].text);
    }
    free(batch->ops);
    *batch = (struct xfrm_batch) { .ops = NULL };
}

char *
xfrm_op_message(const struct nl_op *op, const char *what)
{
    return xasprintf("kernel, %s: %s%s%s", what, ovs_strerror(op->error),
                     op->text ? ": " : "", op->text ? op->text : "");
}

int
xfrm_batch_run(struct xfrm_batch *batch, struct nl_conn *conn,
               const int fine[4], const char *what, char **errorp)
{
    int error = 0;

    nl_conn_transact(conn, batch->ops, batch->n);
    for (size_t i = 0; i < batch->n && !error; i++) {
        const struct nl_op *op = &batch->ops[i];

        if (!is_fine(op->error, fine)) {
            error = op->error;
            if (errorp) {
                *errorp = xfrm_op_message(op, what);
            }
        }
    }
    xfrm_batch_clear(batch);
    return error;
}
