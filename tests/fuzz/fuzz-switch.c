/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "tests/fuzz/fuzz-switch.h"

#include <errno.h>

#include "flow.h"
#include "ofctl-app/flows/steering.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-bundle.h"
#include "openvswitch/ofp-connection.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-meter.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-port.h"
#include "openvswitch/ofp-switch.h"
#include "openvswitch/ofp-util.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vconn.h"
#include "tests/fuzz/fuzz.h"
#include "timeval.h"
#include "util.h"
#include "vconn-provider.h"

long long int fuzz_switch_ms = 1000000000;

struct fuzz_conn {
    struct vconn vconn;
    struct ovs_list node;       /* In 'conns'. */
    bool accepted;
    bool lost;
    struct ovs_list inbox;      /* Of struct ofpbuf, to the controller. */
    struct ovs_list asked;      /* Of struct request, from it. */
    struct ovs_list flows;      /* Of struct ofpbuf, flow_mods that add. */
};

struct request {
    struct ovs_list node;       /* In the connection's 'asked'. */
    struct ofpbuf *msg;
    bool answered;
};

static struct ovs_list conns = OVS_LIST_INITIALIZER(&conns);

static void
delete_messages(struct ovs_list *messages)
{
    struct ofpbuf *msg;
    LIST_FOR_EACH_POP (msg, list_node, messages) {
        ofpbuf_delete(msg);
    }
}

/* The connection as libopenvswitch sees it. */

static void
conn_close(struct vconn *vconn)
{
    struct fuzz_conn *conn = CONTAINER_OF(vconn, struct fuzz_conn, vconn);
    struct request *request;
    LIST_FOR_EACH_POP (request, node, &conn->asked) {
        ofpbuf_delete(request->msg);
        free(request);
    }
    delete_messages(&conn->inbox);
    delete_messages(&conn->flows);
    ovs_list_remove(&conn->node);
    free(conn);
}

static int
conn_recv(struct vconn *vconn, struct ofpbuf **msgp)
{
    struct fuzz_conn *conn = CONTAINER_OF(vconn, struct fuzz_conn, vconn);
    if (!ovs_list_is_empty(&conn->inbox)) {
        *msgp = ofpbuf_from_list(ovs_list_pop_front(&conn->inbox));
        return 0;
    }
    *msgp = NULL;
    return conn->lost ? EOF : EAGAIN;
}

/* Takes a flow of a bundle, as a switch without any other flows would. */
static void
take_flow(struct fuzz_conn *conn, const struct ofp_header *oh)
{
    struct ofputil_bundle_add_msg add;
    enum ofptype type;
    FUZZ_CHECK(!ofputil_decode_bundle_add(oh, &add, &type));
    FUZZ_CHECK(type == OFPTYPE_FLOW_MOD);

    struct ofputil_flow_mod fm;
    struct ofpbuf ofpacts;
    ofpbuf_init(&ofpacts, 0);
    FUZZ_CHECK(!ofputil_decode_flow_mod(&fm, add.msg, OFPUTIL_P_OF15_OXM, NULL,
                                        NULL, &ofpacts, OFPP_MAX, 255));
    if (fm.command == OFPFC_ADD) {
        struct ofpbuf *msg = ofpbuf_clone_data(add.msg,
                                               ntohs(add.msg->length));
        ovs_list_push_back(&conn->flows, &msg->list_node);
    }
    minimatch_destroy(&fm.match);
    ofpbuf_uninit(&ofpacts);
}

static int
conn_send(struct vconn *vconn, struct ofpbuf *msg)
{
    struct fuzz_conn *conn = CONTAINER_OF(vconn, struct fuzz_conn, vconn);
    struct request *request = xzalloc(sizeof *request);
    enum ofptype type;
    FUZZ_CHECK(!ofptype_decode(&type, msg->data));
    if (type == OFPTYPE_BUNDLE_ADD_MESSAGE) {
        take_flow(conn, msg->data);
    }
    request->msg = msg;
    ovs_list_push_back(&conn->asked, &request->node);
    return 0;
}

static void
conn_wait(struct vconn *vconn OVS_UNUSED, enum vconn_wait_type type OVS_UNUSED)
{
}

static const struct vconn_class conn_class = {
    .name = "tcp",
    .close = conn_close,
    .recv = conn_recv,
    .send = conn_send,
    .wait = conn_wait,
};

/* In place of functions of libopenvswitch (`ld --wrap`). */

long long int __wrap_time_msec(void);
int __wrap_pvconn_open(const char *, uint32_t, uint8_t, struct pvconn **);
const char *__wrap_pvconn_get_name(const struct pvconn *);
void __wrap_pvconn_close(struct pvconn *);
int __wrap_pvconn_accept(struct pvconn *, struct vconn **);
void __wrap_pvconn_wait(struct pvconn *);

long long int
__wrap_time_msec(void)
{
    return fuzz_switch_ms;
}

int
__wrap_pvconn_open(const char *name OVS_UNUSED, uint32_t versions OVS_UNUSED,
                   uint8_t dscp OVS_UNUSED, struct pvconn **pvconnp)
{
    *pvconnp = NULL;
    return 0;
}

const char *
__wrap_pvconn_get_name(const struct pvconn *pvconn OVS_UNUSED)
{
    return "ptcp:";
}

void
__wrap_pvconn_close(struct pvconn *pvconn OVS_UNUSED)
{
}

int
__wrap_pvconn_accept(struct pvconn *pvconn OVS_UNUSED, struct vconn **vconnp)
{
    struct fuzz_conn *conn;
    LIST_FOR_EACH (conn, node, &conns) {
        if (!conn->accepted) {
            conn->accepted = true;
            *vconnp = &conn->vconn;
            return 0;
        }
    }
    *vconnp = NULL;
    return EAGAIN;
}

void
__wrap_pvconn_wait(struct pvconn *pvconn OVS_UNUSED)
{
}

/* The switch. */

/* Sends 'msg', of which it takes ownership, as new octets. */
static void
conn_put(struct fuzz_conn *conn, struct ofpbuf *msg)
{
    ofpmsg_update_length(msg);
    struct ofpbuf *copy = ofpbuf_clone_data(msg->data, msg->size);
    ovs_list_push_back(&conn->inbox, &copy->list_node);
    ofpbuf_delete(msg);
}

struct fuzz_conn *
fuzz_switch_connect(bool polite)
{
    struct fuzz_conn *conn = xzalloc(sizeof *conn);
    vconn_init(&conn->vconn, &conn_class, 0, "tcp:192.0.2.1:40000",
               1u << OFP15_VERSION);
    ovs_list_init(&conn->inbox);
    ovs_list_init(&conn->asked);
    ovs_list_init(&conn->flows);
    ovs_list_push_back(&conns, &conn->node);
    if (polite) {
        conn_put(conn, ofputil_encode_hello(1u << OFP15_VERSION));
    }
    return conn;
}

struct fuzz_conn *
fuzz_switch_get(size_t i)
{
    struct fuzz_conn *conn;
    LIST_FOR_EACH (conn, node, &conns) {
        if (!i--) {
            return conn;
        }
    }
    return (ovs_list_is_empty(&conns) ? NULL
            : CONTAINER_OF(ovs_list_back(&conns), struct fuzz_conn, node));
}

void
fuzz_switch_lose(struct fuzz_conn *conn)
{
    conn->lost = true;
}

size_t
fuzz_switch_n_flows(const struct fuzz_conn *conn)
{
    return ovs_list_size(&conn->flows);
}

/* Returns the type of 'oh' in the low octet and, if there is one, the subtype
 * of a multipart request or a bundle's control message in the next one. */
static uint32_t
request_kind(const struct ofp_header *oh)
{
    const uint8_t *p = (const uint8_t *) oh;
    size_t size = ntohs(oh->length);
    return oh->type | (size >= 16 && oh->type == 18 ? p[9] << 8
                       : size >= 16 && oh->type == 33 ? p[13] << 8 : 0);
}

/* Returns the xid that 'xid' stands for. */
static ovs_be32
find_xid(const struct fuzz_conn *conn, uint32_t xid)
{
    if (xid >> 24 == 0xa5) {
        uint32_t kind = (xid >> 16 & 0xff) | (xid & 0xff00), n = xid & 0xff;
        const struct request *request;
        LIST_FOR_EACH_REVERSE (request, node, &conn->asked) {
            const struct ofp_header *oh = request->msg->data;
            if (request_kind(oh) == kind && !n--) {
                return oh->xid;
            }
        }
    }
    return htonl(xid);
}

void
fuzz_switch_send(struct fuzz_conn *conn, const void *data, size_t size)
{
    FUZZ_CHECK(size >= sizeof(struct ofp_header));
    struct ofpbuf *msg = ofpbuf_clone_data(data, size);
    struct ofp_header *oh = msg->data;
    oh->xid = find_xid(conn, ntohl(oh->xid));
    conn_put(conn, msg);
}

/* The answers. */

static void
put_role(struct fuzz_conn *conn, const struct ofp_header *oh)
{
    struct ofputil_role_request role;
    FUZZ_CHECK(!ofputil_decode_role_message(oh, &role));
    if (role.role == OFPCR12_ROLE_NOCHANGE) {
        role.role = OFPCR12_ROLE_SECONDARY;
        role.have_generation_id = true;
        role.generation_id = 1;
    }
    conn_put(conn, ofputil_encode_role_reply(oh, &role));
}

static void
put_bundle(struct fuzz_conn *conn, const struct ofp_header *oh)
{
    struct ofputil_bundle_ctrl_msg bundle;
    FUZZ_CHECK(!ofputil_decode_bundle_ctrl(oh, &bundle));
    bundle.type++;              /* Each reply follows its request. */
    conn_put(conn, ofputil_encode_bundle_ctrl_reply(oh, &bundle));
}

static void
append_ports(struct ovs_list *replies)
{
    for (int i = 1; i <= 3; i++) {
        struct ofputil_phy_port port = {
            .port_no = u16_to_ofp(i),
            .state = OFPUTIL_PS_LIVE,
        };
        snprintf(port.name, sizeof port.name, "p%d", i);
        ofputil_append_port_desc_stats_reply(&port, replies);
    }
}

static void
append_meters(struct ovs_list *replies)
{
    static const uint32_t meters[][2] = {
        { STEERING_METER, STEERING_METER_RATE },
        { STEERING_METER_PROBE, STEERING_METER_PROBE_RATE },
    };
    for (size_t i = 0; i < ARRAY_SIZE(meters); i++) {
        struct ofputil_meter_band band = {
            .type = OFPMBT13_DROP,
            .rate = meters[i][1],
            .burst_size = meters[i][1],
        };
        struct ofputil_meter_config config = {
            .meter_id = meters[i][0],
            .flags = OFPMF13_PKTPS | OFPMF13_BURST,
            .n_bands = 1,
            .bands = &band,
        };
        ofputil_append_meter_config(replies, &config);
    }
}

static void
append_flows(const struct fuzz_conn *conn, struct ovs_list *replies)
{
    const struct ofpbuf *msg;
    LIST_FOR_EACH (msg, list_node, &conn->flows) {
        struct ofputil_flow_mod fm;
        struct ofpbuf ofpacts;
        ofpbuf_init(&ofpacts, 0);
        FUZZ_CHECK(!ofputil_decode_flow_mod(&fm, msg->data, OFPUTIL_P_OF15_OXM,
                                            NULL, NULL, &ofpacts, OFPP_MAX,
                                            255));
        struct ofputil_flow_stats fs = {
            .cookie = fm.new_cookie,
            .table_id = fm.table_id,
            .priority = fm.priority,
            .idle_age = -1,
            .hard_age = -1,
            .packet_count = 7,
            .ofpacts = fm.ofpacts,
            .ofpacts_len = fm.ofpacts_len,
        };
        minimatch_expand(&fm.match, &fs.match);
        ofputil_append_flow_stats_reply(&fs, replies, NULL);
        minimatch_destroy(&fm.match);
        ofpbuf_uninit(&ofpacts);
    }
}

static void
put_stats(struct fuzz_conn *conn, enum ofptype type,
          const struct ofp_header *oh)
{
    struct ovs_list replies;
    struct ofpbuf *msg;
    ofpmp_init(&replies, oh);
    if (type == OFPTYPE_PORT_DESC_STATS_REQUEST) {
        append_ports(&replies);
    } else if (type == OFPTYPE_METER_CONFIG_STATS_REQUEST) {
        append_meters(&replies);
    } else {
        append_flows(conn, &replies);
    }
    LIST_FOR_EACH_POP (msg, list_node, &replies) {
        conn_put(conn, msg);
    }
}

static void
answer(struct fuzz_conn *conn, uint64_t id, const struct ofp_header *oh)
{
    enum ofptype type;
    FUZZ_CHECK(!ofptype_decode(&type, oh));
    if (type == OFPTYPE_FEATURES_REQUEST) {
        const struct ofputil_switch_features features = { .datapath_id = id };
        conn_put(conn, ofputil_encode_switch_features(
                     &features, OFPUTIL_P_OF15_OXM, oh->xid));
    } else if (type == OFPTYPE_ECHO_REQUEST) {
        conn_put(conn, ofputil_encode_echo_reply(oh));
    } else if (type == OFPTYPE_ROLE_REQUEST) {
        put_role(conn, oh);
    } else if (type == OFPTYPE_BARRIER_REQUEST) {
        conn_put(conn, ofpraw_alloc_reply(OFPRAW_OFPT11_BARRIER_REPLY, oh, 0));
    } else if (type == OFPTYPE_BUNDLE_CONTROL) {
        put_bundle(conn, oh);
    } else if (type == OFPTYPE_PORT_DESC_STATS_REQUEST
               || type == OFPTYPE_METER_CONFIG_STATS_REQUEST
               || type == OFPTYPE_FLOW_STATS_REQUEST) {
        put_stats(conn, type, oh);
    }
}

void
fuzz_switch_answer(struct fuzz_conn *conn, uint64_t id)
{
    struct request *request;
    LIST_FOR_EACH (request, node, &conn->asked) {
        if (!request->answered) {
            request->answered = true;
            answer(conn, id, request->msg->data);
        }
    }
}
