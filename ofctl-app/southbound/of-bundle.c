/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ofctl-app/southbound/of-bundle.h"

#include "ofctl-app/flows/flow-set.h"

#include "openvswitch/ofp-bundle.h"
#include "openvswitch/ofp-util.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"

#define FLAGS (OFPBF_ATOMIC | OFPBF_ORDERED)

struct of_bundle {
    enum of_bundle_state state;
    struct flow_diff *diff;
    size_t n;                   /* Flow_mods in 'diff'. */
    uint32_t id;
    uint32_t xid;               /* Of OPEN.  The xids of the 'n' ADDs, the
                                 * barrier, COMMIT and DISCARD follow it. */
    size_t n_sent;              /* Index of the next message: the difference of
                                 * its xid to 'xid'. */
    enum ofperr error;          /* The first one, or 0. */
    enum ofperr *flow_errors;   /* 'n' of them, or NULL if all are 0. */
};

struct of_bundle *
of_bundle_create(struct flow_diff *diff, uint32_t bundle_id, uint32_t xid)
{
    struct of_bundle *bundle = xzalloc(sizeof *bundle);
    bundle->state = OF_BUNDLE_ADDING;
    bundle->diff = diff;
    bundle->n = flow_diff_n(diff);
    bundle->id = bundle_id;
    bundle->xid = xid;
    return bundle;
}

void
of_bundle_destroy(struct of_bundle *bundle)
{
    if (bundle) {
        flow_diff_destroy(bundle->diff);
        free(bundle->flow_errors);
        free(bundle);
    }
}

enum of_bundle_state
of_bundle_state(const struct of_bundle *bundle)
{
    return bundle->state;
}

struct flow_diff *
of_bundle_diff(const struct of_bundle *bundle)
{
    return bundle->diff;
}

/* Returns the index of COMMIT: the difference of its xid to that of OPEN.  The
 * barrier is the message before it, DISCARD the one behind it. */
static size_t
commit_index(const struct of_bundle *bundle)
{
    return bundle->n + 2;
}

/* Returns a bundle control message of 'type'. */
static struct ofpbuf *
of_bundle_control(const struct of_bundle *bundle, uint16_t type)
{
    struct ofputil_bundle_ctrl_msg msg = {
        .bundle_id = bundle->id,
        .type = type,
        .flags = FLAGS,
    };
    return ofputil_encode_bundle_ctrl_request(OFP15_VERSION, &msg);
}

/* Returns the message that adds flow 'i' of the diff. */
static struct ofpbuf *
of_bundle_add(const struct of_bundle *bundle, size_t i)
{
    struct ofpbuf *flow_mod = flow_diff_encode(
        bundle->diff, i, htonl(bundle->xid + 1 + i));
    struct ofputil_bundle_add_msg msg = {
        .bundle_id = bundle->id,
        .flags = FLAGS,
        .msg = flow_mod->data,
    };
    struct ofpbuf *add = ofputil_encode_bundle_add(OFP15_VERSION, &msg);
    ofpbuf_delete(flow_mod);
    return add;
}

struct ofpbuf *
of_bundle_next(struct of_bundle *bundle)
{
    size_t i = bundle->n_sent;
    struct ofpbuf *msg = NULL;

    switch (bundle->state) {
    case OF_BUNDLE_ADDING:
        if (i == 0) {
            msg = of_bundle_control(bundle, OFPBCT_OPEN_REQUEST);
        } else if (i <= bundle->n) {
            msg = of_bundle_add(bundle, i - 1);
        } else {
            msg = ofputil_encode_barrier_request(OFP15_VERSION);
            bundle->state = OF_BUNDLE_CHECKING;
        }
        break;

    case OF_BUNDLE_COMMITTING:
        if (i == commit_index(bundle)) {
            msg = of_bundle_control(bundle, OFPBCT_COMMIT_REQUEST);
        }
        break;

    case OF_BUNDLE_REFUSED:
        /* After a failed COMMIT the switch has no bundle to discard. */
        if (i == commit_index(bundle)) {
            i = bundle->n_sent = commit_index(bundle) + 1;
            msg = of_bundle_control(bundle, OFPBCT_DISCARD_REQUEST);
        }
        break;

    case OF_BUNDLE_CHECKING:
    case OF_BUNDLE_DONE:
        break;
    }

    if (msg) {
        ((struct ofp_header *) msg->data)->xid = htonl(bundle->xid + i);
        bundle->n_sent++;
    }
    return msg;
}

/* Notes the error about the message of index 'i'. */
static void
of_bundle_receive_error(struct of_bundle *bundle, size_t i, enum ofperr error)
{
    if (!bundle->error) {
        bundle->error = error;
    }
    if (i >= 1 && i <= bundle->n) {
        if (!bundle->flow_errors) {
            bundle->flow_errors = xcalloc(bundle->n,
                                          sizeof *bundle->flow_errors);
        }
        bundle->flow_errors[i - 1] = error;
    } else if (i == commit_index(bundle)) {
        bundle->state = OF_BUNDLE_REFUSED;
    }
}

bool
of_bundle_receive(struct of_bundle *bundle, enum ofptype type,
                  const struct ofp_header *oh)
{
    size_t i = ntohl(oh->xid) - bundle->xid;
    if (i >= bundle->n_sent || (type != OFPTYPE_ERROR
                                && type != OFPTYPE_BARRIER_REPLY
                                && type != OFPTYPE_BUNDLE_CONTROL)) {
        return false;
    }

    if (type == OFPTYPE_ERROR) {
        enum ofperr error = ofperr_decode_msg(oh, NULL);
        of_bundle_receive_error(bundle, i,
                                error ? error : OFPERR_OFPBFC_UNKNOWN);
    } else if (bundle->state == OF_BUNDLE_CHECKING
               && type == OFPTYPE_BARRIER_REPLY
               && i == commit_index(bundle) - 1) {
        bundle->state = (bundle->error ? OF_BUNDLE_REFUSED
                         : OF_BUNDLE_COMMITTING);
    } else if (bundle->state == OF_BUNDLE_COMMITTING
               && type == OFPTYPE_BUNDLE_CONTROL
               && i == commit_index(bundle)) {
        bundle->state = OF_BUNDLE_DONE;
    }
    return true;
}

enum ofperr
of_bundle_flow_error(const struct of_bundle *bundle, size_t i)
{
    return bundle->flow_errors ? bundle->flow_errors[i] : 0;
}

enum ofperr
of_bundle_error(const struct of_bundle *bundle)
{
    return bundle->error;
}
