/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of the kernel. */
#include <config.h>
#include "vnf-agent/xfrm/xfrm-msg.h"

#include "lib/secret.h"
#include "lib/suite.h"
#include "util.h"
#include "vnf-agent/xfrm/xfrm-attr.h"

#define MAX_WINDOW 4096         /* XFRMA_REPLAY_ESN_MAX in bits. */

#define NO_TRANSPORT "the kernel decrypts only what is sent to the gateway "  \
                     "itself: it has no transport mode here"
#define NO_UDP "the kernel backend takes ESP in UDP at port 4500 only"
#define NO_DF_SET "the kernel clears or copies the DF bit and cannot set it"
#define NO_DSCP "the kernel copies a DSCP or clears it, and takes each"

static char *
check_selector(const struct sa_selector *s)
{
    uint16_t port, src_mask, dst_mask;

    if (!xfrm_ports_to_mask(&s->src_ports, &port, &src_mask)
        || !xfrm_ports_to_mask(&s->dst_ports, &port, &dst_mask)) {
        return xstrdup("the kernel matches all ports, one, or one aligned "
                       "block of a power of two, without port 0");
    } else if ((src_mask || dst_mask) && !xfrm_has_ports(s->protocol)) {
        return xstrdup("the kernel matches ports of TCP, UDP, UDP-Lite or "
                       "SCTP, named as the protocol");
    } else if (!s->protocol) {
        return xstrdup("the kernel cannot match IP protocol 0");
    }
    return NULL;
}

static char *
check_hop_end(uint16_t vlan, uint64_t reqid)
{
    if (!vlan || vlan > HOP_MAX_VLAN) {
        return xasprintf("the kernel backend's hop ends are VLANs 1 to %d",
                         HOP_MAX_VLAN);
    } else if (reqid > UINT32_MAX) {
        return xstrdup("the kernel's reqid has 32 bits");
    }
    return NULL;
}

static char *
check_crypto(const struct sa *sa)
{
    if (!sa->suite || !xfrm_names_suite(sa->suite)) {
        return xasprintf("the kernel backend has no suite %s",
                         sa->suite ? sa->suite->name : "of that kind");
    } else if (!sa->key
               || secret_size(sa->key) != suite_keymat_size(sa->suite)) {
        return xasprintf("suite %s needs %"PRIuSIZE" octets of key",
                         sa->suite->name, suite_keymat_size(sa->suite));
    } else if (sa->replay_window > MAX_WINDOW) {
        return xasprintf("the kernel's replay window has at most %d packets",
                         MAX_WINDOW);
    } else if (sa->esn && sa->direction == SA_INBOUND && !sa->replay_window) {
        return xstrdup("the kernel has no extended sequence numbers without "
                       "a replay window");
    }
    return NULL;
}

char *
xfrm_check_sa(const struct sa *sa)
{
    char *error = check_hop_end(sa->vlan, sa->reqid);

    error = error ? error : check_selector(&sa->selector);
    if (error) {
        return error;
    } else if (sa->mode != SA_TUNNEL) {
        return xstrdup(NO_TRANSPORT);
    } else if (sa->udp && sa->direction == SA_INBOUND
               && sa->udp_dst != XFRM_UDP_PORT) {
        return xstrdup(NO_UDP);
    } else if (sa->df == SA_DF_SET) {
        return xstrdup(NO_DF_SET);
    } else if (sa->dscp == SA_DSCP_MAP || sa->inner_dscps) {
        return xstrdup(NO_DSCP);
    } else if (xfrm_family(&sa->tunnel_src) != xfrm_family(&sa->tunnel_dst)) {
        return xstrdup("the outer addresses are of two families");
    } else if (sa->spi < 256) {
        return xstrdup("SPIs below 256 are reserved");
    }
    return check_crypto(sa);
}

char *
xfrm_check_policy(const struct policy *policy)
{
    char *error = check_hop_end(policy->vlan, policy->reqid);

    error = error ? error : check_selector(&policy->selector);
    if (error || policy->action != POLICY_PROTECT) {
        return error;
    } else if (policy->mode != SA_TUNNEL) {
        return xstrdup(NO_TRANSPORT);
    } else if (policy->df == SA_DF_SET) {
        return xstrdup(NO_DF_SET);
    }
    for (size_t i = 0; !policy->bypass_dscp && i < SA_N_DSCPS; i++) {
        if (policy->dscp_map[i]) {
            return xstrdup(NO_DSCP);
        }
    }
    return NULL;
}
