/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SDSA_OF_PACKET_H
#define SDSA_OF_PACKET_H 1

/* Packets that flows of ours send to the controller (OpenFlow PACKET_IN), a
 * bounded queue of them, and packets that the controller sends (PACKET_OUT).
 *
 * No I/O, no time.  One thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/ofp-port.h"

struct ofp_header;
struct ofpbuf;

/* A packet that a flow has sent us by "controller". */
struct of_packet_in {
    uint64_t cookie;            /* The flow's, host order. */
    ofp_port_t in_port;         /* Where the packet came in. */
    uint8_t userdata[8];        /* The flow's; octets behind these are cut. */
    size_t n_userdata;          /* Octets in 'userdata'. */
    void *frame;                /* Ethernet frame.  A switch may cut it off at
                                 * max_len octets (Open vSwitch 3.1 does
                                 * not). */
    size_t size;                /* Octets in 'frame'. */
    size_t total_size;          /* Octets of the whole frame. */
};

/* Frees what 'packet' points to, not 'packet' itself. */
void of_packet_in_uninit(struct of_packet_in *packet);

#define OF_PACKET_QUEUE_MAX 64  /* Bounds the packets in a queue. */

/* All zeros is an empty queue. */
struct of_packet_queue {
    struct of_packet_in packets[OF_PACKET_QUEUE_MAX];   /* A ring. */
    unsigned int head, tail;    /* Packets put and popped, ever. */
    uint64_t n_lost;            /* Packets that found the queue full. */
};

/* Puts the packet of the PACKET_IN message 'oh' into the queue.  A packet that
 * no flow of ours has sent (steering.h has our cookies) is left out; one that
 * finds the queue full is counted as lost.  Returns false if 'oh' cannot be
 * decoded. */
bool of_packet_queue_receive(struct of_packet_queue *,
                             const struct ofp_header *oh);

/* Pops the oldest packet into '*packet' (caller frees with
 * of_packet_in_uninit()).  Returns false, with '*packet' untouched, if the
 * queue is empty. */
bool of_packet_queue_pop(struct of_packet_queue *,
                         struct of_packet_in *packet);

/* True if the queue has no packet. */
bool of_packet_queue_is_empty(const struct of_packet_queue *);

/* Frees the packets in the queue, which is empty then. */
void of_packet_queue_clear(struct of_packet_queue *);

/* Returns a PACKET_OUT message (caller frees) that sends the Ethernet frame
 * 'frame' of 'size' octets out of 'out_port'. */
struct ofpbuf *of_packet_out_encode(const void *frame, size_t size,
                                    ofp_port_t out_port);

#endif /* ofctl-app/southbound/of-packet.h */
