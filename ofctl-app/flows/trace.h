/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_TRACE_H
#define SDSA_TRACE_H 1

/* The way of a packet through the network as it is meant to be or, where that
 * is known, as it is: which flow takes the packet where it comes in, its way
 * along the path from there, or why it goes no further and which counter
 * counts it.  Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ofctl-app/model/inventory.h"
#include "ofctl-app/model/path.h"
#include "openvswitch/dynamic-string.h"
#include "smap.h"

/* The network, as the database says it.  The caller fills and frees it. */
struct trace_view {
    struct inventory inv;
    struct path **paths;
    uint32_t *twins;            /* NSH SPI of the other direction, or 0. */
    size_t n_paths;
    struct smap faults;         /* What is wrong with "gateway gw1", "bridge
                                 * br1", "chain web", by these words. */
    long long int now_s;        /* Since the epoch. */
    struct smap live;           /* What bridges and gateways have, as
                                 * flow-audit.h says it: the part of a line
                                 * behind the colon by the part before.  Empty:
                                 * it is not known. */
    bool answers;               /* Trace as well what functions answer
                                 * themselves. */
};

enum trace_result { TRACE_DELIVERED, TRACE_ANSWERED, TRACE_DROPPED };

/* Appends the way of a packet of 'size' octets (IP; 0: a short one) that comes
 * in at 'bridge', described by 'flow' in ovs-ofctl(8) syntax with
 * in_port=NAME.  The last line begins with "result: ".  Returns NULL and the
 * result, or an error about 'bridge' or 'flow' (caller frees). */
char *trace_packet(const struct trace_view *, const char *bridge,
                   const char *flow, int size, struct ds *out,
                   enum trace_result *);

/* Appends and returns the same of a packet of 'size' octets that the path's
 * classifier has taken. */
enum trace_result trace_path(const struct trace_view *, const struct path *,
                             int size, struct ds *out);

#endif /* ofctl-app/flows/trace.h */
