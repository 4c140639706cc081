/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_ADDRESS_H
#define SDSA_ADDRESS_H 1

/* IP addresses of either family in one type, as Open vSwitch has them: an IPv4
 * address is the IPv4-mapped IPv6 address (RFC 4291 s.2.5.5.2).  To print one
 * use ipv6_string_mapped(). */

#include <netinet/in.h>
#include <stdbool.h>

/* Reads "10.1.0.1" or "2001:db8::1".  Returns false if the text is
 * neither. */
bool address_parse(const char *text, struct in6_addr *);

/* Returns true for an IPv6 address, that is: not a mapped one. */
bool address_is_ipv6(const struct in6_addr *);

/* Returns true if a host can have the address as its own and be reached at it
 * over more than one link. */
bool address_is_unicast(const struct in6_addr *);

#endif /* lib/address.h */
