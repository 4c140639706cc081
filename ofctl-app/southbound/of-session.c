/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ofctl-app/southbound/of-session.h"

#include <errno.h>

#include "lib/bounds.h"
#include "lib/epoch.h"
#include "ofctl-app/flows/flow-set.h"
#include "ofctl-app/flows/steering.h"
#include "ofctl-app/southbound/of-bundle.h"
#include "ofctl-app/southbound/of-packet.h"
#include "ofctl-app/southbound/of-ports.h"

#include "flow.h"
#include "openvswitch/ofp-connection.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-meter.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-packet.h"
#include "openvswitch/ofp-util.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/rconn.h"
#include "openvswitch/vconn.h"
#include "openvswitch/vlog.h"
#include "socket-util.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(of_session);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 10);

#define PROBE_S 5               /* Silence after which an echo is requested. */
#define ANSWER_MS 10000         /* Bounds the wait for any answer. */
#define ROLE_MS 1000            /* Least time before a role that was lost is
                                 * asked for again. */
#define MAX_RECEIVES 50         /* Bounds the messages received in one run. */
#define MAX_RECEIVE_BYTES (256 * 1024) /* Bounds their octets. */
#define MAX_SENDS 200           /* Bounds a bundle's messages in one run. */
#define MAX_QUEUE 100           /* Bounds those in the send queue. */
#define MAX_ECHOES 16           /* Bounds echo replies in the send queue. */
#define MAX_PACKETS_OUT 256     /* Bounds packets in the send queue. */
#define FIRST_XID 0x10000       /* Smaller xids are those of rconn itself. */

/* A request to the switch. */
struct of_request {
    bool pending;               /* True while there is no answer. */
    ovs_be32 xid;
    long long int deadline_ms;  /* The session breaks then. */
    size_t n_octets;            /* Of the answer so far. */
};

struct of_session {
    struct rconn *rconn;
    /* Messages of each kind in the send queue. */
    struct rconn_packet_counter *echoes;
    struct rconn_packet_counter *adds;  /* Of a bundle. */
    struct rconn_packet_counter *packets_out;
    char *reason;               /* Why it broke; NULL while it is alive. */
    uint32_t next_xid;
    bool more;                  /* True if the last run left work to do. */

    uint64_t generation;
    struct of_request role;
    long long int role_again_ms; /* When to ask for the role once more, or
                                 * LLONG_MAX. */
    bool is_master;
    char *role_reason;          /* Why we are not master, or NULL. */
    struct of_request last_generation;  /* Asks for the next two. */
    bool is_overtaken;          /* See of_session_is_overtaken(). */
    uint64_t other_generation;

    struct of_request meters;   /* The barrier behind the meters. */
    uint32_t first_meter_xid;   /* Of the first of 'meter_mods'. */
    bool has_meters;
    struct of_request meter_dump;       /* Belongs to OF_DUMP_COUNT. */
    size_t n_meters_right;      /* Of those that the dump has shown. */

    struct of_request presence; /* See of_session_ask(). */

    struct of_request port_desc;
    struct of_ports ports;
    bool ports_known;
    unsigned int port_seqno;

    struct of_request dump;
    enum of_dump dumping;       /* The last dump, perhaps under way. */

    struct of_bundle *bundle;
    uint32_t bundle_id;         /* Last one used. */
    long long int bundle_deadline_ms;

    struct of_packet_queue packets_in;
};

static void of_session_receive(struct of_session *, struct flow_set *);
static void of_session_send_adds(struct of_session *);

/* Ends the session for a reason; an earlier reason stays. */
static void OVS_PRINTF_FORMAT(2, 3)
of_session_break(struct of_session *session, const char *format, ...)
{
    if (!session->reason) {
        va_list args;
        va_start(args, format);
        session->reason = xvasprintf(format, args);
        va_end(args);
        rconn_disconnect(session->rconn);
    }
}

/* Sends 'msg', of which it takes ownership, as 'request'. */
static void
of_session_request(struct of_session *session, struct of_request *request,
                   struct ofpbuf *msg)
{
    request->pending = true;
    request->n_octets = 0;
    request->xid = htonl(session->next_xid++);
    request->deadline_ms = time_msec() + ANSWER_MS;
    ((struct ofp_header *) msg->data)->xid = request->xid;
    rconn_send(session->rconn, msg, NULL);
}

/* Counts the octets of 'msg', a part of the answer to 'request'.  Ends the
 * session if they are more than 'max' in all.  Returns true if other parts
 * follow. */
static bool
request_count(struct of_session *session, struct of_request *request,
              const struct ofpbuf *msg, size_t max, const char *what)
{
    request->n_octets += msg->size;
    if (request->n_octets > max) {
        of_session_break(session, "sent more than %"PRIuSIZE" octets of %s",
                         max, what);
    }
    return ofpmp_more(msg->data);
}

/* A part of the answer to 'request' has been read as far as it can be, which
 * ended with 'retval': EOF if all is well.  'more': other parts follow. */
static void
request_part(struct of_session *session, struct of_request *request,
             int retval, bool more, const char *what)
{
    if (retval != EOF) {
        of_session_break(session, "sent %s that are not understood", what);
    } else if (more) {
        request->deadline_ms = time_msec() + ANSWER_MS;
    } else {
        request->pending = false;
    }
}

static struct ofpbuf *
encode_role_request(enum ofp12_controller_role wanted, uint64_t generation)
{
    struct ofpbuf *msg = ofpraw_alloc(OFPRAW_OFPT12_ROLE_REQUEST,
                                      OFP15_VERSION, 0);
    struct ofp12_role_request *role = ofpbuf_put_zeros(msg, sizeof *role);
    role->role = htonl(wanted);
    role->generation_id = htonll(generation);
    return msg;
}

static void
of_session_request_role(struct of_session *session)
{
    session->role_again_ms = LLONG_MAX;
    of_session_request(session, &session->role,
                       encode_role_request(OFPCR12_ROLE_PRIMARY,
                                           session->generation));
}

/* Asks for the generation that the switch knows. */
static void
of_session_request_generation(struct of_session *session)
{
    of_session_request(session, &session->last_generation,
                       encode_role_request(OFPCR12_ROLE_NOCHANGE, 0));
}

/* Asks the switch to send, unasked, only changes of ports and role and the
 * packets of "controller" actions, in the format that has the flow's cookie
 * and userdata. */
static void
of_session_request_async(struct of_session *session)
{
    struct ofputil_async_cfg async = OFPUTIL_ASYNC_CFG_INIT;
    async.primary[OAM_PACKET_IN] = 1u << OFPR_ACTION;
    async.primary[OAM_PORT_STATUS] = OFPPR_BITS;
    async.secondary[OAM_PORT_STATUS] = OFPPR_BITS;
    rconn_send(session->rconn,
               ofputil_encode_set_async_config(&async, (1u << OAM_N_TYPES) - 1,
                                               OFP15_VERSION), NULL);
    rconn_send(session->rconn,
               ofputil_encode_set_packet_in_format(OFP15_VERSION,
                                                   OFPUTIL_PACKET_IN_NXT2),
               NULL);
}

/* Meters. */

static const struct {
    uint32_t meter_id;
    uint32_t rate;              /* Packets a second; the burst is the same. */
} meters[] = {
    { STEERING_METER, STEERING_METER_RATE },
    { STEERING_METER_PROBE, STEERING_METER_PROBE_RATE },
};

#define METER_FLAGS (OFPMF13_PKTPS | OFPMF13_BURST)

/* Each meter is added and modified: one of the two succeeds, whether the
 * switch had it before or not. */
static const uint16_t meter_commands[] = { OFPMC13_ADD, OFPMC13_MODIFY };

#define N_METER_MODS (ARRAY_SIZE(meters) * ARRAY_SIZE(meter_commands))

static void
of_session_send_meter(struct of_session *session, size_t i, uint16_t command)
{
    struct ofputil_meter_band band = {
        .type = OFPMBT13_DROP,
        .rate = meters[i].rate,
        .burst_size = meters[i].rate,
    };
    struct ofputil_meter_mod mod = {
        .command = command,
        .meter = {
            .meter_id = meters[i].meter_id,
            .flags = METER_FLAGS,
            .n_bands = 1,
            .bands = &band,
        },
    };
    struct ofpbuf *msg = ofputil_encode_meter_mod(OFP15_VERSION, &mod);
    ((struct ofp_header *) msg->data)->xid = htonl(session->next_xid++);
    rconn_send(session->rconn, msg, NULL);
}

/* Makes the meters.  They come before the flows, because a flow with an
 * unknown meter is refused, and not in a bundle, which cannot have meters. */
static void
of_session_request_meters(struct of_session *session)
{
    session->first_meter_xid = session->next_xid;
    for (size_t i = 0; i < ARRAY_SIZE(meters); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(meter_commands); j++) {
            of_session_send_meter(session, i, meter_commands[j]);
        }
    }
    of_session_request(session, &session->meters,
                       ofputil_encode_barrier_request(OFP15_VERSION));
}

/* Handles an error about a meter.  Returns false if 'oh' is about something
 * else. */
static bool
of_session_receive_meter_error(struct of_session *session,
                               const struct ofp_header *oh,
                               enum ofperr error)
{
    uint32_t i = ntohl(oh->xid) - session->first_meter_xid;
    if (!session->meters.pending || i >= N_METER_MODS) {
        return false;
    }
    if (error != OFPERR_OFPMMFC_METER_EXISTS) {
        of_session_break(session, "refuses meter %"PRIu32", which limits what "
                         "it sends to the controller (%s): its datapath must "
                         "have meters",
                         meters[i / ARRAY_SIZE(meter_commands)].meter_id,
                         error ? ofperr_get_name(error) : "unknown error");
    }
    return true;
}

/* True if 'shown' is one of the meters, as it was made. */
static bool
is_meter_right(const struct ofputil_meter_config *shown)
{
    for (size_t i = 0; i < ARRAY_SIZE(meters); i++) {
        if (shown->meter_id == meters[i].meter_id) {
            return ((shown->flags & ~OFPMF13_STATS) == METER_FLAGS
                    && shown->n_bands == 1
                    && shown->bands[0].type == OFPMBT13_DROP
                    && shown->bands[0].rate == meters[i].rate
                    && shown->bands[0].burst_size == meters[i].rate);
        }
    }
    return false;
}

static void
of_session_receive_meters(struct of_session *session, struct ofpbuf *msg)
{
    bool more = request_count(session, &session->meter_dump, msg,
                              BOUNDS_METERS_OCTETS, "meters");
    struct ofpbuf bands;
    int retval;

    ofpbuf_init(&bands, 0);
    for (;;) {
        struct ofputil_meter_config shown;
        retval = ofputil_decode_meter_config(msg, &shown, &bands);
        if (retval) {
            break;
        }
        session->n_meters_right += is_meter_right(&shown);
    }
    ofpbuf_uninit(&bands);

    request_part(session, &session->meter_dump, retval, more, "meters");
}

bool
of_session_meters_agree(const struct of_session *session)
{
    return session->n_meters_right == ARRAY_SIZE(meters);
}

struct of_session *
of_session_create(struct vconn *vconn, const char *bridge, uint64_t generation)
{
    struct of_session *session = xzalloc(sizeof *session);
    session->rconn = rconn_create(PROBE_S, 0, DSCP_DEFAULT,
                                  1u << OFP15_VERSION);
    session->echoes = rconn_packet_counter_create();
    session->adds = rconn_packet_counter_create();
    session->packets_out = rconn_packet_counter_create();
    session->generation = generation;
    session->role_again_ms = LLONG_MAX;
    session->next_xid = FIRST_XID;
    of_ports_init(&session->ports);

    char *name = xasprintf("%s (%s)", bridge, vconn_get_name(vconn));
    rconn_connect_unreliably(session->rconn, vconn, name);
    free(name);
    rconn_run(session->rconn);  /* Connected: the handshake is done. */
    of_session_request_async(session);
    of_session_request_role(session);
    of_session_request(session, &session->port_desc,
                       ofputil_encode_port_desc_stats_request(OFP15_VERSION,
                                                              OFPP_ANY));
    return session;
}

void
of_session_destroy(struct of_session *session)
{
    if (session) {
        rconn_destroy(session->rconn);
        rconn_packet_counter_destroy(session->echoes);
        rconn_packet_counter_destroy(session->adds);
        rconn_packet_counter_destroy(session->packets_out);
        of_packet_queue_clear(&session->packets_in);
        of_ports_destroy(&session->ports);
        of_bundle_destroy(session->bundle);
        free(session->reason);
        free(session->role_reason);
        free(session);
    }
}

/* Ends the session if 'request', which is about 'what', has waited too
 * long. */
static void
request_check(struct of_session *session, const struct of_request *request,
              const char *what)
{
    if (request->pending && time_msec() >= request->deadline_ms) {
        of_session_break(session, "no answer about its %s in %d s", what,
                         ANSWER_MS / 1000);
    }
}

void
of_session_run(struct of_session *session, struct flow_set *set)
{
    if (session->reason) {
        return;
    }
    session->more = false;
    rconn_run(session->rconn);
    of_session_receive(session, set);
    if (!session->reason && !rconn_is_connected(session->rconn)) {
        int error = rconn_get_last_error(session->rconn);
        of_session_break(session, "connection lost (%s)",
                         ovs_retval_to_string(error));
    }
    of_session_send_adds(session);

    if (!session->reason && time_msec() >= session->role_again_ms) {
        of_session_request_role(session);
    }
    request_check(session, &session->role, "controller role");
    request_check(session, &session->last_generation, "controller role");
    request_check(session, &session->meters, "meters");
    request_check(session, &session->meter_dump, "meters");
    request_check(session, &session->port_desc, "ports");
    request_check(session, &session->dump, "flows");
    if (session->bundle && time_msec() >= session->bundle_deadline_ms) {
        of_session_break(session, "no answer to a change in %d s",
                         ANSWER_MS / 1000);
    }
}

static void
request_wait(const struct of_request *request)
{
    if (request->pending) {
        poll_timer_wait_until(request->deadline_ms);
    }
}

void
of_session_wait(struct of_session *session)
{
    if (session->reason) {
        return;
    }
    rconn_run_wait(session->rconn);
    rconn_recv_wait(session->rconn);
    if (session->more) {
        poll_immediate_wake();
    }
    poll_timer_wait_until(session->role_again_ms);
    request_wait(&session->role);
    request_wait(&session->last_generation);
    request_wait(&session->meters);
    request_wait(&session->meter_dump);
    request_wait(&session->port_desc);
    request_wait(&session->dump);
    if (session->bundle) {
        poll_timer_wait_until(session->bundle_deadline_ms);
    }
}

bool
of_session_is_alive(const struct of_session *session)
{
    return !session->reason;
}

void
of_session_ask(struct of_session *session)
{
    of_session_request(session, &session->presence,
                       ofputil_encode_echo_request(OFP15_VERSION));
}

bool
of_session_has_answered(const struct of_session *session)
{
    return !session->presence.pending;
}

bool
of_session_is_ready(const struct of_session *session)
{
    return (!session->reason && session->is_master && session->has_meters
            && session->ports_known);
}

const char *
of_session_reason(const struct of_session *session)
{
    return (session->reason ? session->reason
            : session->role_reason ? session->role_reason
            : of_session_is_ready(session) ? ""
            : "connected a moment ago");
}

void
of_session_set_generation(struct of_session *session, uint64_t generation)
{
    session->generation = generation;
    if (session->reason) {
        return;
    }
    if (session->is_overtaken
        && epoch_is_over(generation, session->other_generation)
        && !epoch_is_near(generation, session->other_generation)) {
        uint64_t detour = epoch_detour(session->other_generation);
        VLOG_WARN("%s: generation %"PRIu64" is not one that takeovers make; "
                  "leading it round to %"PRIu64,
                  rconn_get_name(session->rconn), session->other_generation,
                  generation);
        rconn_send(session->rconn,
                   encode_role_request(OFPCR12_ROLE_PRIMARY, detour), NULL);
    }
    session->is_overtaken = false;
    of_session_request_role(session);
}

bool
of_session_is_overtaken(const struct of_session *session, uint64_t *other)
{
    *other = session->other_generation;
    return !session->reason && session->is_overtaken;
}

struct of_ports *
of_session_ports(struct of_session *session)
{
    return &session->ports;
}

unsigned int
of_session_port_seqno(const struct of_session *session)
{
    return session->port_seqno;
}

/* Bundles. */

void
of_session_send_bundle(struct of_session *session, struct flow_diff *diff)
{
    ovs_assert(!session->bundle);
    uint32_t n_xids = flow_diff_n(diff) + OF_BUNDLE_EXTRA_XIDS;
    session->bundle = of_bundle_create(diff, ++session->bundle_id,
                                       session->next_xid);
    session->next_xid += n_xids;
    session->bundle_deadline_ms = time_msec() + ANSWER_MS;
    of_session_send_adds(session);
}

const struct of_bundle *
of_session_bundle(const struct of_session *session)
{
    return session->bundle;
}

void
of_session_end_bundle(struct of_session *session)
{
    of_bundle_destroy(session->bundle);
    session->bundle = NULL;
}

/* Sends the messages of the bundle that are due, as far as MAX_SENDS and
 * MAX_QUEUE let it. */
static void
of_session_send_adds(struct of_session *session)
{
    if (!session->bundle || session->reason) {
        return;
    }
    for (int i = 0; i < MAX_SENDS; i++) {
        if (rconn_packet_counter_n_packets(session->adds) >= MAX_QUEUE) {
            return;             /* rconn_run_wait() wakes us. */
        }
        struct ofpbuf *msg = of_bundle_next(session->bundle);
        if (!msg) {
            return;
        }
        session->bundle_deadline_ms = time_msec() + ANSWER_MS;
        rconn_send(session->rconn, msg, session->adds);
    }
    session->more = true;
}

/* Dumps. */

void
of_session_dump(struct of_session *session, enum of_dump kind)
{
    ovs_assert(!of_session_dumping(session));
    if (kind == OF_DUMP_SYNC) {
        of_session_request_meters(session);
    } else {
        session->n_meters_right = 0;
        of_session_request(session, &session->meter_dump,
                           ofputil_encode_meter_request(OFP15_VERSION,
                                                        OFPUTIL_METER_CONFIG,
                                                        OFPM13_ALL));
    }

    struct ofputil_flow_stats_request request = {
        .match = MATCH_CATCHALL_INITIALIZER,
        .cookie = htonll(STEERING_COOKIE),
        .cookie_mask = htonll(STEERING_COOKIE_MASK),
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
        .table_id = OFPTT_ALL,
    };
    session->dumping = kind;
    of_session_request(session, &session->dump,
                       ofputil_encode_flow_stats_request(&request,
                                                         OFPUTIL_P_OF15_OXM));
}

enum of_dump
of_session_dumping(const struct of_session *session)
{
    return (session->dump.pending || session->meter_dump.pending
            ? session->dumping : OF_DUMP_NONE);
}

static void
of_session_receive_flows(struct of_session *session, struct flow_set *set,
                         struct ofpbuf *msg)
{
    bool more = request_count(session, &session->dump, msg,
                              BOUNDS_FLOWS_OCTETS, "flows");
    struct ofpbuf ofpacts;
    int retval;

    ofpbuf_init(&ofpacts, 0);
    for (;;) {
        struct ofputil_flow_stats fs;
        ofpbuf_clear(&ofpacts);
        retval = ofputil_decode_flow_stats_reply(&fs, msg, false, &ofpacts);
        if (retval) {
            break;
        }
        if (session->dumping == OF_DUMP_SYNC) {
            flow_set_dump_flow(set, &fs);
        } else {
            flow_set_count_flow(set, &fs);
        }
    }
    ofpbuf_uninit(&ofpacts);

    request_part(session, &session->dump, retval, more, "flows");
}

/* Ports. */

/* True if a port can have that number: 0 stands for no port here, and those
 * above OFPP_MAX for what is done with packets, but for the bridge's own
 * port. */
static bool
is_port_number(ofp_port_t number)
{
    return (number == OFPP_LOCAL
            || (ofp_to_u16(number) > 0
                && ofp_to_u16(number) < ofp_to_u16(OFPP_MAX)));
}

static void
of_session_put_port(struct of_session *session,
                    const struct ofputil_phy_port *port)
{
    if (!is_port_number(port->port_no)) {
        of_session_break(session, "sent a port of number %"PRIu32", which no "
                         "port can have", port->port_no);
        return;
    }
    session->port_seqno += of_ports_put(&session->ports, port);
    if (of_ports_count(&session->ports) > BOUNDS_PORTS) {
        of_session_break(session, "has more than %d ports", BOUNDS_PORTS);
    }
}

static void
of_session_receive_port_desc(struct of_session *session, struct ofpbuf *msg)
{
    bool more = request_count(session, &session->port_desc, msg,
                              BOUNDS_PORTS_OCTETS, "ports");
    int retval;

    ofpraw_pull_assert(msg);
    for (;;) {
        struct ofputil_phy_port port;
        retval = ofputil_pull_phy_port(OFP15_VERSION, msg, &port);
        if (retval) {
            break;
        }
        of_session_put_port(session, &port);
    }
    request_part(session, &session->port_desc, retval, more, "ports");
    session->ports_known = !session->port_desc.pending;
}

static void
of_session_receive_port_status(struct of_session *session,
                               const struct ofp_header *oh)
{
    struct ofputil_port_status status;
    if (ofputil_decode_port_status(oh, &status)) {
        of_session_break(session, "sent a port that is not understood");
        return;
    }
    if (status.reason == OFPPR_DELETE) {
        session->port_seqno += of_ports_remove(&session->ports,
                                               status.desc.port_no);
    } else {
        of_session_put_port(session, &status.desc);
    }
}

/* Role. */

/* Notes that we are not master any more, for a reason in words. */
static void OVS_PRINTF_FORMAT(2, 3)
of_session_lose_role(struct of_session *session, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    free(session->role_reason);
    session->role_reason = xvasprintf(format, args);
    va_end(args);
    session->is_master = false;
    VLOG_WARN_RL(&rl, "%s: %s", rconn_get_name(session->rconn),
                 session->role_reason);
}

/* The switch, where we are not master, knows 'generation'.  If ours is not
 * over it is asked to make us its master again, else the caller must decide
 * (of_session_is_overtaken()). */
static void
of_session_learn_generation(struct of_session *session, uint64_t generation)
{
    if (generation != session->generation
        && !epoch_is_over(session->generation, generation)) {
        session->role_again_ms = time_msec() + ROLE_MS;
    } else {
        session->is_overtaken = true;
        session->other_generation = generation;
    }
}

static void
of_session_receive_generation(struct of_session *session,
                              const struct ofp_header *oh)
{
    struct ofputil_role_request role;
    session->last_generation.pending = false;
    if (ofputil_decode_role_message(oh, &role)) {
        of_session_break(session, "sent a role that is not understood");
    } else if (session->is_master || session->role.pending) {
        /* Asked for anew meanwhile. */
    } else if (!role.have_generation_id) {
        session->role_again_ms = time_msec() + ROLE_MS;
    } else {
        of_session_lose_role(session, "another controller, of generation "
                             "%"PRIu64", was its master last; ours is "
                             "%"PRIu64, role.generation_id,
                             session->generation);
        of_session_learn_generation(session, role.generation_id);
    }
}

static void
of_session_receive_role_reply(struct of_session *session,
                              const struct ofp_header *oh)
{
    struct ofputil_role_request role;
    session->role.pending = false;
    if (ofputil_decode_role_message(oh, &role)
        || role.role != OFPCR12_ROLE_PRIMARY) {
        of_session_break(session, "did not make us its master");
        return;
    }
    session->is_master = true;
    session->is_overtaken = false;
    free(session->role_reason);
    session->role_reason = NULL;
    if (!session->has_meters) {
        of_session_request_meters(session);
    }
}

static void
of_session_receive_role_status(struct of_session *session,
                               const struct ofp_header *oh)
{
    struct ofputil_role_status status;
    if (!ofputil_decode_role_status(oh, &status)
        && status.role != OFPCR12_ROLE_PRIMARY) {
        of_session_lose_role(session, "another controller, of generation "
                             "%"PRIu64", has become its master; ours is "
                             "%"PRIu64, status.generation_id,
                             session->generation);
        of_session_learn_generation(session, status.generation_id);
    }
}

/* Packets. */

struct of_packet_queue *
of_session_packets_in(struct of_session *session)
{
    return &session->packets_in;
}

bool
of_session_packet_out(struct of_session *session, const void *frame,
                      size_t size, ofp_port_t out_port)
{
    return !rconn_send_with_limit(
        session->rconn, of_packet_out_encode(frame, size, out_port),
        session->packets_out, MAX_PACKETS_OUT);
}

/* Messages. */

/* True if 'oh' is the answer to 'request'. */
static bool
is_answer(const struct of_request *request, const struct ofp_header *oh)
{
    return request->pending && request->xid == oh->xid;
}

static void
of_session_receive_error(struct of_session *session,
                         const struct ofp_header *oh)
{
    enum ofperr error = ofperr_decode_msg(oh, NULL);
    const char *name = error ? ofperr_get_name(error) : "an unknown error";

    if (error == OFPERR_OFPBRC_IS_SECONDARY) {
        of_session_lose_role(session, "another controller is its master");
        of_session_request_generation(session);
    } else if (is_answer(&session->role, oh)) {
        session->role.pending = false;
        of_session_lose_role(session, "another controller, of a generation "
                             "higher than %"PRIu64", is its master (%s)",
                             session->generation, name);
        of_session_request_generation(session);
    } else if (is_answer(&session->last_generation, oh)) {
        of_session_break(session, "refused a request (%s)", name);
    } else if (of_session_receive_meter_error(session, oh, error)) {
        /* Handled. */
    } else if (is_answer(&session->port_desc, oh)
               || is_answer(&session->meter_dump, oh)
               || is_answer(&session->dump, oh)) {
        of_session_break(session, "refused a request (%s)", name);
    } else {
        VLOG_INFO_RL(&rl, "%s: error without a request (%s)",
                     rconn_get_name(session->rconn), name);
    }
}

static void
of_session_receive_message(struct of_session *session, struct flow_set *set,
                           struct ofpbuf *msg)
{
    const struct ofp_header *oh = msg->data;
    enum ofptype type;

    if (ofptype_decode(&type, oh)) {
        VLOG_INFO_RL(&rl, "%s: message that is not understood",
                     rconn_get_name(session->rconn));
    } else if (type == OFPTYPE_ECHO_REQUEST) {
        rconn_send_with_limit(session->rconn, ofputil_encode_echo_reply(oh),
                              session->echoes, MAX_ECHOES);
    } else if (session->bundle
               && of_bundle_receive(session->bundle, type, oh)) {
        session->bundle_deadline_ms = time_msec() + ANSWER_MS;
        if (of_bundle_error(session->bundle) == OFPERR_OFPBRC_IS_SECONDARY
            && session->is_master) {
            of_session_lose_role(session, "another controller is its master");
            of_session_request_generation(session);
        }
    } else if (type == OFPTYPE_ERROR) {
        of_session_receive_error(session, oh);
    } else if (type == OFPTYPE_ROLE_REPLY && is_answer(&session->role, oh)) {
        of_session_receive_role_reply(session, oh);
    } else if (type == OFPTYPE_ROLE_REPLY
               && is_answer(&session->last_generation, oh)) {
        of_session_receive_generation(session, oh);
    } else if (type == OFPTYPE_BARRIER_REPLY
               && is_answer(&session->meters, oh)) {
        session->meters.pending = false;
        session->has_meters = session->is_master;
    } else if (type == OFPTYPE_ECHO_REPLY
               && is_answer(&session->presence, oh)) {
        session->presence.pending = false;
    } else if (type == OFPTYPE_PACKET_IN) {
        if (!of_packet_queue_receive(&session->packets_in, oh)) {
            VLOG_INFO_RL(&rl, "%s: packet that is not understood",
                         rconn_get_name(session->rconn));
        }
    } else if (type == OFPTYPE_ROLE_STATUS) {
        of_session_receive_role_status(session, oh);
    } else if (type == OFPTYPE_PORT_DESC_STATS_REPLY
               && is_answer(&session->port_desc, oh)) {
        of_session_receive_port_desc(session, msg);
    } else if (type == OFPTYPE_PORT_STATUS) {
        of_session_receive_port_status(session, oh);
    } else if (type == OFPTYPE_METER_CONFIG_STATS_REPLY
               && is_answer(&session->meter_dump, oh)) {
        of_session_receive_meters(session, msg);
    } else if (type == OFPTYPE_FLOW_STATS_REPLY
               && is_answer(&session->dump, oh)) {
        of_session_receive_flows(session, set, msg);
    }
    /* All other messages are ignored. */
}

static void
of_session_receive(struct of_session *session, struct flow_set *set)
{
    size_t n_bytes = 0;

    for (int i = 0; i < MAX_RECEIVES && n_bytes < MAX_RECEIVE_BYTES; i++) {
        struct ofpbuf *msg = rconn_recv(session->rconn);
        if (!msg) {
            return;
        }
        n_bytes += msg->size;
        of_session_receive_message(session, set, msg);
        ofpbuf_delete(msg);
        if (session->reason) {
            return;
        }
    }
    session->more = true;
}
