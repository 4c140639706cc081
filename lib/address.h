/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_ADDRESS_H
#define SDSA_ADDRESS_H 1

/* IP addresses of either family in one type, as Open vSwitch has them: an IPv4
 * address is the IPv4-mapped IPv6 address (RFC 4291 s.2.5.5.2). */

#include <netinet/in.h>
#include <stdbool.h>

/* Reads "10.1.0.1" or "2001:db8::1".  Returns false if the text is
 * neither. */
bool address_parse(const char *text, struct in6_addr *);

/* Returns the one spelling of the address (RFC 5952); caller frees. */
char *address_format(const struct in6_addr *);

/* Returns whose the address 'text' is, which may stand in brackets and have a
 * scope, for counting what one host does: a host can have all IPv6 addresses
 * of a /64, so that network counts; an IPv4 address is its own, also as a
 * mapped one.  What is no address is returned as it is.  Caller frees. */
char *address_holder(const char *text);

/* Returns true for an IPv6 address, that is: not a mapped one. */
bool address_is_ipv6(const struct in6_addr *);

/* Reads "10.1.0.0/16" or "2001:db8::/32", or an address, which is a prefix of
 * its own, into '*prefix' and '*n_bits' (of the 128 of '*prefix').  Returns
 * false if the text is none, or has bits behind the prefix. */
bool address_prefix_parse(const char *text, struct in6_addr *prefix,
                          unsigned int *n_bits);

/* Returns true if the first 'n_bits' of both are equal. */
bool address_in_prefix(const struct in6_addr *, const struct in6_addr *prefix,
                       unsigned int n_bits);

/* Returns true if the address is in one of the 'n' prefixes, which are texts.
 * (A text that is no prefix has nothing in it.) */
bool address_in_any(const struct in6_addr *, char *const prefixes[], size_t n);

/* Reads the address that is the host of an "https" URL, or stands alone,
 * perhaps in brackets and with a zone.  Returns false if it is a name. */
bool address_parse_host(const char *text, struct in6_addr *);

/* Packets of the controller that prove hops have one of these addresses, which
 * belong to no host (RFC 7600's dummy address, RFC 6666's discard prefix). */
#define ADDRESS_PROBE_IPV4 "192.0.0.8"
#define ADDRESS_PROBE_IPV6 "100::5d5a"

/* Returns NULL if a host can have the address as its own and be reached at it
 * over more than one link; or what else it is, such as "a multicast
 * address". */
const char *address_not_unicast(const struct in6_addr *);

/* Returns true if address_not_unicast() returns NULL. */
bool address_is_unicast(const struct in6_addr *);

#endif /* lib/address.h */
