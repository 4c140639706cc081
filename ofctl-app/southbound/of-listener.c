/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ofctl-app/southbound/of-listener.h"

#include <errno.h>

#include "lib/descriptors.h"
#include "ofctl-app/southbound/turned-away.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-switch.h"
#include "openvswitch/ofp-util.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vconn.h"
#include "openvswitch/vlog.h"
#include "socket-util.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(of_listener);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 10);

#define HANDSHAKE_MS 5000       /* Bounds the time of a handshake. */
#define SLOW_MS 1000            /* After it a caller may lose its place. */
#define MAX_CALLERS 64          /* Bounds the handshakes under way. */
#define MAX_ACCEPTS 16          /* Bounds the connections accepted in a run. */
#define MAX_MESSAGES 16         /* Bounds a caller's messages up to its
                                 * features reply. */

/* A switch that has connected. */
struct caller {
    struct ovs_list node;       /* In of_listener's 'callers' or 'done'. */
    struct vconn *vconn;
    long long int since_ms;     /* When it was accepted. */
    bool asked;                 /* True if the features request was sent. */
    int n_messages;             /* Messages that it has sent. */
    uint64_t datapath_id;       /* Known in 'done'. */
};

struct of_listener {
    struct pvconn *pvconn;
    struct turned_away *away;   /* Not owned. */
    long long int accept_ms;    /* Not before this time, after a failure. */
    struct ovs_list callers;    /* In the handshake, oldest first. */
    size_t n_callers;           /* In 'callers'. */
    struct ovs_list done;       /* Through the handshake. */
};

int
of_listener_create(const char *target, struct turned_away *away,
                   struct of_listener **listenerp)
{
    struct pvconn *pvconn;
    int error = pvconn_open(target, 1u << OFP15_VERSION, DSCP_DEFAULT,
                            &pvconn);
    *listenerp = NULL;
    if (!error) {
        struct of_listener *listener = xzalloc(sizeof *listener);
        listener->pvconn = pvconn;
        listener->away = away;
        ovs_list_init(&listener->callers);
        ovs_list_init(&listener->done);
        *listenerp = listener;
    }
    return error;
}

/* Closes the connection of 'caller', which must not be in a list. */
static void
caller_destroy(struct caller *caller)
{
    vconn_close(caller->vconn);
    free(caller);
}

/* Takes 'caller' out of the list of callers and closes its connection.
 * 'reason' has the caller as its subject. */
static void
of_listener_drop(struct of_listener *listener, struct caller *caller,
                 const char *reason)
{
    VLOG_INFO_RL(&rl, "%s: dropped: %s", vconn_get_name(caller->vconn),
                 reason);
    turned_away_note(listener->away, vconn_get_name(caller->vconn), reason);
    ovs_list_remove(&caller->node);
    listener->n_callers--;
    caller_destroy(caller);
}

void
of_listener_destroy(struct of_listener *listener)
{
    if (listener) {
        struct caller *caller;
        LIST_FOR_EACH_POP (caller, node, &listener->callers) {
            caller_destroy(caller);
        }
        LIST_FOR_EACH_POP (caller, node, &listener->done) {
            caller_destroy(caller);
        }
        pvconn_close(listener->pvconn);
        free(listener);
    }
}

static struct caller *
of_listener_oldest(const struct of_listener *listener)
{
    return CONTAINER_OF(ovs_list_front(&listener->callers), struct caller,
                        node);
}

/* True if no connection can be accepted for now. */
static bool
of_listener_is_full(const struct of_listener *listener)
{
    return (listener->n_callers >= MAX_CALLERS
            && (time_msec()
                < of_listener_oldest(listener)->since_ms + SLOW_MS));
}

static void
of_listener_accept(struct of_listener *listener)
{
    for (int i = 0; i < MAX_ACCEPTS && !of_listener_is_full(listener); i++) {
        struct vconn *vconn;
        int error = pvconn_accept(listener->pvconn, &vconn);
        if (error) {
            if (error != EAGAIN) {
                listener->accept_ms = descriptors_accept_failed(
                    pvconn_get_name(listener->pvconn), error);
            }
            return;
        }
        if (listener->n_callers >= MAX_CALLERS) {
            of_listener_drop(listener, of_listener_oldest(listener),
                             "is slow with its handshake, and others wait");
        }

        struct caller *caller = xzalloc(sizeof *caller);
        caller->vconn = vconn;
        caller->since_ms = time_msec();
        ovs_list_push_back(&listener->callers, &caller->node);
        listener->n_callers++;
    }
}

/* Handles 'msg' of 'caller'.  Returns 0 if it is the features reply, EAGAIN to
 * go on, or another errno. */
static int
caller_receive(struct caller *caller, struct ofpbuf *msg)
{
    const struct ofp_header *oh = msg->data;
    enum ofptype type;

    if (++caller->n_messages > MAX_MESSAGES
        || ofptype_decode(&type, oh) || type == OFPTYPE_ERROR) {
        return EPROTO;
    } else if (type == OFPTYPE_ECHO_REQUEST) {
        struct ofpbuf *reply = ofputil_encode_echo_reply(oh);
        int error = vconn_send(caller->vconn, reply);
        if (error) {
            ofpbuf_delete(reply);
        }
        return error ? error : EAGAIN;
    } else if (type == OFPTYPE_FEATURES_REPLY) {
        struct ofputil_switch_features features;
        if (ofputil_pull_switch_features(msg, &features)) {
            return EPROTO;
        }
        caller->datapath_id = features.datapath_id;
        return 0;
    } else {
        return EAGAIN;
    }
}

/* Goes on with the handshake of 'caller'.  Returns 0 if it is finished, EAGAIN
 * to go on later, or another errno or EOF. */
static int
caller_run(struct caller *caller)
{
    vconn_run(caller->vconn);
    int error = vconn_connect(caller->vconn);
    if (!error && !caller->asked) {
        struct ofpbuf *request = ofpraw_alloc(OFPRAW_OFPT_FEATURES_REQUEST,
                                              OFP15_VERSION, 0);
        error = vconn_send(caller->vconn, request);
        if (error) {
            ofpbuf_delete(request);
        } else {
            caller->asked = true;
        }
    }
    while (!error) {
        struct ofpbuf *msg;
        error = vconn_recv(caller->vconn, &msg);
        if (!error) {
            error = caller_receive(caller, msg);
            ofpbuf_delete(msg);
            if (!error) {
                return 0;
            }
            error = error == EAGAIN ? 0 : error;
        }
    }
    return error;
}

/* Returns why 'caller' failed with 'error', an errno or EOF, and what to do
 * about it (caller frees). */
static char *
caller_reason(const struct caller *caller, int error)
{
    int version = vconn_get_version(caller->vconn);
    const char *text = ovs_retval_to_string(error);
    return (version > 0 && version != OFP15_VERSION
            ? xasprintf("speaks %s at most: set the protocols of its bridge "
                        "to OpenFlow15", ofputil_version_to_string(version))
            : version < 0 && !strncmp(vconn_get_name(caller->vconn), "ssl:", 4)
            ? xasprintf("failed at TLS (%s): its target for us must begin "
                        "with ssl:, and its certificate and ours must be of "
                        "one authority", text)
            : xasprintf("failed at OpenFlow's handshake (%s)", text));
}

void
of_listener_run(struct of_listener *listener)
{
    if (time_msec() >= listener->accept_ms) {
        of_listener_accept(listener);
    }

    struct caller *caller;
    LIST_FOR_EACH_SAFE (caller, node, &listener->callers) {
        int error = caller_run(caller);
        if (!error) {
            ovs_list_remove(&caller->node);
            listener->n_callers--;
            ovs_list_push_back(&listener->done, &caller->node);
        } else if (error != EAGAIN) {
            char *reason = caller_reason(caller, error);
            of_listener_drop(listener, caller, reason);
            free(reason);
        } else if (time_msec() >= caller->since_ms + HANDSHAKE_MS) {
            of_listener_drop(listener, caller,
                             "has not spoken OpenFlow in 5 s");
        }
    }
}

void
of_listener_wait(struct of_listener *listener)
{
    if (time_msec() < listener->accept_ms) {
        poll_timer_wait_until(listener->accept_ms);
    } else if (!of_listener_is_full(listener)) {
        pvconn_wait(listener->pvconn);
    } else {
        poll_timer_wait_until(of_listener_oldest(listener)->since_ms
                              + SLOW_MS);
    }

    const struct caller *caller;
    LIST_FOR_EACH (caller, node, &listener->callers) {
        vconn_run_wait(caller->vconn);
        if (!caller->asked) {
            vconn_connect_wait(caller->vconn);
        } else {
            vconn_recv_wait(caller->vconn);
        }
        poll_timer_wait_until(caller->since_ms + HANDSHAKE_MS);
    }
}

struct vconn *
of_listener_next(struct of_listener *listener, uint64_t *datapath_id)
{
    if (ovs_list_is_empty(&listener->done)) {
        return NULL;
    }

    struct caller *caller = CONTAINER_OF(ovs_list_pop_front(&listener->done),
                                         struct caller, node);
    struct vconn *vconn = caller->vconn;
    *datapath_id = caller->datapath_id;
    free(caller);
    return vconn;
}
