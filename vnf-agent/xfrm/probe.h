#ifndef SDSA_XFRM_PROBE_H
#define SDSA_XFRM_PROBE_H 1

/* What this machine's kernel can do, tried in a network namespace of its own
 * that is gone when the probe is over. */

#include <stdbool.h>

#include <stdint.h>

#include "vnf-agent/xfrm/hop-id.h"

struct xfrm_probe {
    bool works;                 /* ESP, at least one suite, and hop ends. */
    enum hop_kind kind;         /* The best that works. */
    uint32_t suites;            /* Bit i: the kernel has suites[i]. */
    char *why;                  /* In words, also if it works; caller frees. */
};

/* Tries.  Takes some milliseconds; loads kernel modules. */
void xfrm_probe(struct xfrm_probe *);

#endif /* vnf-agent/xfrm/probe.h */
