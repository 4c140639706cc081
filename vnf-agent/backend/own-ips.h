/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_BACKEND_OWN_IPS_H
#define SDSA_BACKEND_OWN_IPS_H 1

/* A gateway's own outer addresses: the present one, and those that it had
 * before, which SAs may still have.  Pure. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#define OWN_IPS_MAX 8

struct own_ips {
    struct in6_addr ips[OWN_IPS_MAX];   /* The present one first. */
    size_t n;                   /* At least 1. */
};

/* Only this address, a struct in6_addr. */
#define OWN_IPS(IP) ((struct own_ips) { .ips = { (IP) }, .n = 1 })

/* Returns true if 'ip' is one of them. */
bool own_ips_contains(const struct own_ips *, const struct in6_addr *ip);

/* Adds 'ip', if it is not one of them, as one of before.  Returns false if
 * there is no room. */
bool own_ips_add(struct own_ips *, const struct in6_addr *ip);

/* Takes 'ip' out, if it is one of them. */
void own_ips_remove(struct own_ips *, const struct in6_addr *ip);

/* Makes 'ip' the present one; that of now becomes one of before.  Returns
 * false, and changes nothing, if there is no room. */
bool own_ips_replace(struct own_ips *, const struct in6_addr *ip);

/* Returns them as text, "192.0.2.2,192.0.2.1".  Caller frees. */
char *own_ips_format(const struct own_ips *);

/* Reads what own_ips_format() returns.  Returns false, with '*ips'
 * unspecified, if 'text' is something else, or not all are unicast. */
bool own_ips_parse(const char *text, struct own_ips *ips);

#endif /* vnf-agent/backend/own-ips.h */
