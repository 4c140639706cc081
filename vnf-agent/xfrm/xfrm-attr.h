#ifndef SDSA_XFRM_ATTR_H
#define SDSA_XFRM_ATTR_H 1

/* What NETLINK_XFRM messages have in common: addresses, marks, selectors.  For
 * the xfrm-*.c files among themselves.  Pure. */

#include <netinet/in.h>         /* Before the kernel's own. */
#include <linux/xfrm.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/sa.h"

struct nl_msg;
struct nlattr;

/* AF_INET or AF_INET6. */
int xfrm_family(const struct in6_addr *);
xfrm_address_t xfrm_from_ip(const struct in6_addr *);
struct in6_addr xfrm_to_ip(const xfrm_address_t *, int family);

/* Are the kernel's "ports" of this protocol ports?  In others it takes other
 * fields for them. */
bool xfrm_has_ports(int protocol);

/* What the kernel matches of ports: a value under a mask (host order; no mask:
 * all, and packets without ports).  Returns false if the ranges are not one
 * such block, or one with port 0, which fragments seem to have there. */
bool xfrm_ports_to_mask(const struct sa_ports *, uint16_t *port,
                        uint16_t *mask);

/* Fills the kernel's selector for inner packets of 'family', and reads it. */
void xfrm_fill_selector(const struct sa_selector *, int family,
                        struct xfrm_selector *);
void xfrm_parse_selector(const struct xfrm_selector *, struct sa_selector *);

void xfrm_put_mark(struct nl_msg *, uint32_t value, uint32_t mask);

/* Reads XFRMA_MARK.  Returns false, and all zeros, without one. */
bool xfrm_get_mark(struct nlattr *tb[], struct xfrm_mark *);

/* A number, or 0 without 'attr'. */
uint32_t xfrm_get_u32(struct nlattr *attr);

/* The VLAN of an if_id of ours, or of the exact mark of what 'what'
 * (HOP_MARK_*) says; or 0. */
uint16_t xfrm_if_id_vlan(uint32_t if_id);
uint16_t xfrm_mark_vlan(const struct xfrm_mark *, uint32_t what);

/* Do we have a name for the suite in the kernel? */
bool xfrm_names_suite(const struct suite *);

#endif /* vnf-agent/xfrm/xfrm-attr.h */
