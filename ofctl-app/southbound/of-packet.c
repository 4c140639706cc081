/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ofctl-app/southbound/of-packet.h"

#include "ofctl-app/flows/steering.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-packet.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"

void
of_packet_in_uninit(struct of_packet_in *packet)
{
    free(packet->frame);
}

bool
of_packet_queue_receive(struct of_packet_queue *queue,
                        const struct ofp_header *oh)
{
    struct ofputil_packet_in pin;
    size_t total_len;
    uint32_t buffer_id;
    if (ofputil_decode_packet_in(oh, true, NULL, NULL, &pin, &total_len,
                                 &buffer_id, NULL)) {
        return false;
    }
    uint64_t cookie = ntohll(pin.cookie);
    if ((cookie & STEERING_COOKIE_MASK) != STEERING_COOKIE) {
        return true;
    }
    if (queue->head - queue->tail >= OF_PACKET_QUEUE_MAX) {
        queue->n_lost++;
        return true;
    }
    struct of_packet_in *p
        = &queue->packets[queue->head++ % OF_PACKET_QUEUE_MAX];
    *p = (struct of_packet_in) {
        .cookie = cookie,
        .in_port = pin.flow_metadata.flow.in_port.ofp_port,
        .frame = xmemdup(pin.packet, pin.packet_len),
        .size = pin.packet_len,
        .total_size = total_len,
        .n_userdata = MIN(pin.userdata_len, sizeof p->userdata),
    };
    if (p->n_userdata) {
        memcpy(p->userdata, pin.userdata, p->n_userdata);
    }
    return true;
}

bool
of_packet_queue_pop(struct of_packet_queue *queue,
                    struct of_packet_in *packet)
{
    if (of_packet_queue_is_empty(queue)) {
        return false;
    }
    *packet = queue->packets[queue->tail++ % OF_PACKET_QUEUE_MAX];
    return true;
}

bool
of_packet_queue_is_empty(const struct of_packet_queue *queue)
{
    return queue->head == queue->tail;
}

void
of_packet_queue_clear(struct of_packet_queue *queue)
{
    struct of_packet_in packet;
    while (of_packet_queue_pop(queue, &packet)) {
        of_packet_in_uninit(&packet);
    }
}

struct ofpbuf *
of_packet_out_encode(const void *frame, size_t size, ofp_port_t out_port)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    ofpact_put_OUTPUT(&ofpacts)->port = out_port;
    struct ofputil_packet_out out = {
        .packet = frame,
        .packet_len = size,
        .buffer_id = UINT32_MAX,
        .ofpacts = ofpacts.data,
        .ofpacts_len = ofpacts.size,
    };
    match_init_catchall(&out.flow_metadata);
    match_set_in_port(&out.flow_metadata, OFPP_CONTROLLER);
    struct ofpbuf *msg = ofputil_encode_packet_out(&out, OFPUTIL_P_OF15_OXM);
    ofpbuf_uninit(&ofpacts);
    return msg;
}
