/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_XFRM_PROBE_H
#define SDSA_XFRM_PROBE_H 1

/* Finds what the kernel of this machine can do, by trying it in a network
 * namespace that is gone when the probe is over. */

#include <stdbool.h>
#include <stdint.h>

#include "vnf-agent/xfrm/hop-id.h"

struct xfrm_probe {
    bool works;                 /* ESP, at least one suite, and hop ends. */
    enum hop_kind kind;         /* The best kind that works. */
    uint32_t suites;            /* Bit i: the kernel has suites[i]. */
    char *reason;               /* For people, also if it works. */
};

/* Fills in '*probe'; caller frees probe->reason.  Takes some milliseconds, and
 * may load kernel modules. */
void xfrm_probe(struct xfrm_probe *probe);

#endif /* vnf-agent/xfrm/xfrm-probe.h */
