/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ofctl-app/southbound/of-listener.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include "lib/bounds.h"
#include "lib/crowd.h"
#include "lib/descriptors.h"
#include "lib/ovs-tls.h"
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
#define MAX_MESSAGES 16         /* Bounds a caller's messages up to its
                                 * features reply. */

/* A switch that has connected. */
struct caller {
    struct ovs_list node;       /* In of_listener's 'callers' or 'done'. */
    struct crowd_member place;  /* In 'silent' or 'heard', while in
                                 * 'callers'. */
    struct vconn *vconn;
    SSL *ssl;                   /* Of 'vconn', or NULL: without TLS. */
    int fd;                     /* Of 'vconn', whose handshake of TLS goes on,
                                 * so that it waits for input alone; or
                                 * negative: not known, or not needed. */
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
    struct crowd silent, heard; /* The same, by whether they have said
                                 * something. */
    struct ovs_list done;       /* Through the handshake. */
};

/* Has the kernel accept more connections before us than OVS has it, which asks
 * for 10 and keeps the descriptor of the listener to itself. */
static void
raise_backlog(void)
{
    for (int fd = 0; fd < 1024; fd++) {
        int listening, family;
        socklen_t n = sizeof listening, m = sizeof family;
        if (!getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &n)
            && !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &m)
            && listening && (family == AF_INET || family == AF_INET6)) {
            listen(fd, BOUNDS_BACKLOG);
        }
    }
}

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
        raise_backlog();
        ovs_list_init(&listener->callers);
        crowd_init(&listener->silent);
        crowd_init(&listener->heard);
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
    crowd_remove(&caller->place);
    caller_destroy(caller);
}

void
of_listener_destroy(struct of_listener *listener)
{
    if (listener) {
        struct caller *caller;
        LIST_FOR_EACH_POP (caller, node, &listener->callers) {
            crowd_remove(&caller->place);
            caller_destroy(caller);
        }
        LIST_FOR_EACH_POP (caller, node, &listener->done) {
            caller_destroy(caller);
        }
        crowd_uninit(&listener->silent);
        crowd_uninit(&listener->heard);
        pvconn_close(listener->pvconn);
        free(listener);
    }
}

/* Drops callers while there are more than 'max'. */
static void
of_listener_make_room(struct of_listener *listener,
                      const struct crowd *callers, size_t max)
{
    struct crowd_member *place;
    while ((place = crowd_excess(callers, max))) {
        of_listener_drop(listener,
                         CONTAINER_OF(place, struct caller, place),
                         (callers == &listener->silent
                          ? "has said nothing, and too many others call"
                          : "is slow with its handshake, and too many others "
                            "call"));
    }
}

static void
of_listener_add(struct of_listener *listener, struct vconn *vconn, SSL *ssl)
{
    struct caller *caller = xzalloc(sizeof *caller);
    caller->vconn = vconn;
    caller->ssl = ssl;
    caller->fd = ssl ? SSL_get_fd(ssl) : -1;
    caller->since_ms = time_msec();
    ovs_list_push_back(&listener->callers, &caller->node);

    char *address = turned_away_address(vconn_get_name(vconn));
    crowd_add_address(&listener->silent, &caller->place, address);
    free(address);
    of_listener_make_room(listener, &listener->silent, BOUNDS_CALLERS_SILENT);
}

static void
of_listener_accept(struct of_listener *listener)
{
    int n;
    for (n = 0; n < BOUNDS_ACCEPTS; n++) {
        struct vconn *vconn;
        ovs_tls_last_made();
        int error = pvconn_accept(listener->pvconn, &vconn);
        if (!error) {
            of_listener_add(listener, vconn, ovs_tls_last_made());
        } else if (error == EAGAIN) {
            break;
        } else {
            listener->accept_ms = descriptors_accept_failed(
                pvconn_get_name(listener->pvconn), error);
            return;
        }
    }
    if (n >= BOUNDS_ACCEPTS / 4) {
        listener->accept_ms = time_msec() + BOUNDS_ACCEPT_PAUSE_MS;
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
 * about it (caller frees).  The caller says which versions it speaks; the
 * library has names of those that it speaks itself, and aborts where it is
 * asked for another one. */
static char *
caller_reason(const struct caller *caller, int error)
{
    int version = vconn_get_version(caller->vconn);
    const char *text = ovs_retval_to_string(error);
    return (version > OFP15_VERSION
            ? xasprintf("speaks OpenFlow of version 0x%02x, and not "
                        "OpenFlow15", version)
            : version >= OFP10_VERSION && version < OFP15_VERSION
            ? xasprintf("speaks %s at most: set the protocols of its bridge "
                        "to OpenFlow15", ofputil_version_to_string(version))
            : version < 0 && !strncmp(vconn_get_name(caller->vconn), "ssl:", 4)
            ? xasprintf("failed at TLS (%s): its target for us must begin "
                        "with ssl:, and its certificate and ours must be of "
                        "one authority", text)
            : xasprintf("failed at OpenFlow's handshake (%s)", text));
}

/* True if there is anything to be read, or the end, where that is known. */
static bool
caller_has_input(const struct caller *caller)
{
    char c;
    return (caller->fd < 0
            || recv(caller->fd, &c, sizeof c, MSG_PEEK | MSG_DONTWAIT) >= 0
            || (errno != EAGAIN && errno != EINTR));
}

/* Goes on with 'caller', which has input. */
static void
of_listener_run_caller(struct of_listener *listener, struct caller *caller)
{
    long long int start_us = time_usec();
    int error = caller_run(caller);
    crowd_spend(&caller->place, time_usec() - start_us);
    if (!error) {
        ovs_list_remove(&caller->node);
        crowd_remove(&caller->place);
        ovs_list_push_back(&listener->done, &caller->node);
        return;
    } else if (error != EAGAIN) {
        char *reason = caller_reason(caller, error);
        of_listener_drop(listener, caller, reason);
        free(reason);
        return;
    }
    bool heard = caller->fd >= 0 || caller->asked;
    if (caller->asked) {
        caller->fd = -1;        /* From now on it may have to be written to. */
    }
    if (heard && caller->place.crowd == &listener->silent) {
        crowd_move(&listener->heard, &caller->place);
    }
}

/* A caller that has begun its handshake, and when its turn is. */
struct turn {
    struct caller *caller;
    long long int spent_us;     /* On its address: least first. */
    size_t number;              /* By age. */
};

static int
compare_turns(const void *a_, const void *b_)
{
    const struct turn *a = a_, *b = b_;
    return (a->spent_us != b->spent_us
            ? (a->spent_us > b->spent_us) - (a->spent_us < b->spent_us)
            : (a->number > b->number) - (a->number < b->number));
}

/* Begins some handshakes, each of which costs much. */
static void
of_listener_begin(struct of_listener *listener, struct turn *turns, size_t n)
{
    qsort(turns, n, sizeof *turns, compare_turns);
    long long int end_us = time_usec() + BOUNDS_HANDSHAKES_US;
    for (size_t i = 0; i < MIN(n, BOUNDS_HANDSHAKES)
                       && time_usec() < end_us; i++) {
        of_listener_run_caller(listener, turns[i].caller);
    }
}

void
of_listener_run(struct of_listener *listener)
{
    if (time_msec() >= listener->accept_ms) {
        of_listener_accept(listener);
    }

    struct turn *turns = xmalloc((listener->silent.n + listener->heard.n + 1)
                                 * sizeof *turns);
    size_t n = 0;
    struct caller *caller;
    LIST_FOR_EACH_SAFE (caller, node, &listener->callers) {
        if (time_msec() >= caller->since_ms + HANDSHAKE_MS) {
            of_listener_drop(listener, caller,
                             "has not spoken OpenFlow in 5 s");
        } else if (caller->fd < 0) {
            of_listener_run_caller(listener, caller);
        } else if (!caller_has_input(caller)) {
            continue;
        } else if (caller->place.crowd == &listener->heard) {
            of_listener_run_caller(listener, caller);
        } else {
            turns[n] = (struct turn) { caller, crowd_spent(&caller->place),
                                       n };
            n++;
        }
    }
    of_listener_begin(listener, turns, n);
    free(turns);
    of_listener_make_room(listener, &listener->heard, BOUNDS_CALLERS_HEARD);
}

void
of_listener_wait(struct of_listener *listener)
{
    if (time_msec() < listener->accept_ms) {
        poll_timer_wait_until(listener->accept_ms);
    } else {
        pvconn_wait(listener->pvconn);
    }

    const struct caller *caller;
    if (!ovs_list_is_empty(&listener->callers)) {
        caller = CONTAINER_OF(ovs_list_front(&listener->callers),
                              struct caller, node);
        poll_timer_wait_until(caller->since_ms + HANDSHAKE_MS);
    }
    LIST_FOR_EACH (caller, node, &listener->callers) {
        if (caller->fd >= 0) {
            poll_fd_wait(caller->fd, POLLIN);
            continue;
        }
        vconn_run_wait(caller->vconn);
        if (!caller->asked) {
            vconn_connect_wait(caller->vconn);
        } else {
            vconn_recv_wait(caller->vconn);
        }
    }
}

struct vconn *
of_listener_next(struct of_listener *listener, uint64_t *datapath_id,
                 char **peer, struct cert_life *life)
{
    if (ovs_list_is_empty(&listener->done)) {
        return NULL;
    }

    struct caller *caller = CONTAINER_OF(ovs_list_pop_front(&listener->done),
                                         struct caller, node);
    struct vconn *vconn = caller->vconn;
    *datapath_id = caller->datapath_id;
    *peer = caller->ssl ? ovs_tls_peer_name(caller->ssl) : NULL;
    *life = (caller->ssl ? ovs_tls_peer_life(caller->ssl)
             : cert_life_of(NULL));
    free(caller);
    return vconn;
}
