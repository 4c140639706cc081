/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_XFRM_ATTR_H
#define SDSA_XFRM_ATTR_H 1

/* Parts that NETLINK_XFRM messages have in common: addresses, marks,
 * selectors.  For the xfrm-*.c files only.  Pure. */

#include <netinet/in.h>         /* Before the kernel's own. */
#include <linux/xfrm.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/sa.h"

struct nl_msg;
struct nlattr;

/* Returns AF_INET or AF_INET6. */
int xfrm_family(const struct in6_addr *);

/* Returns an address as the kernel has it. */
xfrm_address_t xfrm_from_ip(const struct in6_addr *);

/* Returns an address of the kernel's, IPv4 mapped. */
struct in6_addr xfrm_to_ip(const xfrm_address_t *, int family);

/* Returns true if the kernel's "ports" of this protocol are ports.  In other
 * protocols it matches other fields. */
bool xfrm_has_ports(int protocol);

/* Converts ports to a value and a mask, in host order, as the kernel matches
 * them.  Mask 0: all ports, and packets without ports.  Returns false if the
 * ranges are not one such block, or are one with port 0, which fragments seem
 * to have in the kernel. */
bool xfrm_ports_to_mask(const struct sa_ports *, uint16_t *port,
                        uint16_t *mask);

/* Fills in the kernel's selector for inner packets of 'family'. */
void xfrm_fill_selector(const struct sa_selector *, int family,
                        struct xfrm_selector *);

/* Converts the kernel's selector back. */
void xfrm_parse_selector(const struct xfrm_selector *, struct sa_selector *);

/* Appends XFRMA_MARK. */
void xfrm_put_mark(struct nl_msg *, uint32_t value, uint32_t mask);

/* Returns XFRMA_MARK, or zeros if there is none. */
struct xfrm_mark xfrm_get_mark(struct nlattr *tb[]);

/* Returns the number in 'attr' (host order), or 0 if that is NULL. */
uint32_t xfrm_get_u32(struct nlattr *attr);

/* Returns the VLAN of an if_id of ours, or 0. */
uint16_t xfrm_if_id_vlan(uint32_t if_id);

/* Returns the VLAN of an exact mark of ours with the state 'what'
 * (HOP_MARK_*), or 0. */
uint16_t xfrm_mark_vlan(const struct xfrm_mark *, uint32_t what);

/* Returns true if we know the names of the suite in the kernel. */
bool xfrm_names_suite(const struct suite *);

#endif /* vnf-agent/xfrm/xfrm-attr.h */
