#ifndef SDSA_TRACE_H
#define SDSA_TRACE_H 1

/* What becomes of a packet, as the network is meant to be (or as it is, where
 * that is known): which flow takes it where it comes in, and from there its way
 * along the path, or why it goes no further and what counts that.  Pure. */

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
    struct smap troubles;       /* "gateway gw1", "bridge br1", "chain web":
                                 * what is wrong with it. */
    long long int now_s;        /* Since the epoch. */
    /* What bridges and gateways have, as flow-audit.h says it: what stands
     * before the colon, and behind it.  Empty: it is not known. */
    struct smap live;
};

enum trace_result { TRACE_DELIVERED, TRACE_ANSWERED, TRACE_DROPPED };

/* Appends the way of a packet of 'size' octets (IP; 0: a short one) that comes
 * in at 'bridge', described by 'flow' in ovs-ofctl(8) syntax with in_port=NAME.
 * The last line begins with "result: ".  Returns NULL, or a message for the
 * user about 'bridge' or 'flow' (caller frees). */
char *trace_packet(const struct trace_view *, const char *bridge,
                   const char *flow, int size, struct ds *out,
                   enum trace_result *);

/* The same of a packet that the path's classifier has taken. */
enum trace_result trace_path(const struct trace_view *, const struct path *,
                             int size, struct ds *out);

#endif /* ofctl-app/flows/trace.h */
