/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_MATCH_H
#define SDSA_MATCH_H 1

/* A chain's MATCH: OpenFlow match syntax as ovs-ofctl(8) reads it, applied to
 * packets that the source endpoint sends.  Also linked into sdsa-ctl, which
 * refuses a bad match before it reaches the database.  Pure. */

#include <stdbool.h>
#include <stddef.h>

struct match;
struct ofputil_port_map;

/* Parses 'text' into '*match', without further checks; 'map' has the numbers
 * of the ports that it names, or is NULL.  Returns NULL, or an error (caller
 * frees) with '*match' undefined. */
char *match_parse(const char *text, const struct ofputil_port_map *map,
                  struct match *match);

/* Checks 'text' and brings it into canonical form.
 *
 * Refused, with an error that says what to write instead: a text that does not
 * parse; in_port, registers, metadata, tunnel, VLAN and conntrack fields (they
 * belong to the controller); a match that is neither IPv4 ("ip", "tcp", "udp",
 * "icmp", ...) nor IPv6 ("ipv6", "tcp6", ...); actions or priority in the
 * text; and, unless 'one_way', fields that have no mirror image (anything but
 * dl_src/dl_dst, nw_src/nw_dst, ipv6_src/ipv6_dst, tp_src/tp_dst in all their
 * spellings, and the protocol).
 *
 * Returns NULL and the canonical text in '*canonicalp', or an error and NULL;
 * the caller frees either. */
char *match_canonicalize(const char *text, bool one_way, char **canonicalp);

/* What no chain takes, whatever its match is: what its RFC keeps to one host
 * or link, what no host may send, and what the controller's probes look like.
 * Each bridge has a guard for each of them at the ports of endpoints and
 * functions. */
struct match_guard {
    const char *match;          /* OpenFlow match syntax. */
    const char *why;            /* For people, of one of its packets. */
    bool unanswered;            /* Not even a neighbour solicitation gets an
                                 * answer. */
};
extern const struct match_guard match_guards[];
extern const size_t n_match_guards;

/* Does as match_canonicalize(), and refuses a match as well whose packets
 * guards drop, all of them, and unless 'one_way' all that could come back. */
char *match_check(const char *text, bool one_way, char **canonicalp);

/* Returns the match for the way back of a canonical 'text': sources and
 * destinations swapped.  A text that does not parse is its own mirror image.
 * Caller must free. */
char *match_mirror(const char *text);

/* Is the canonical 'text' one of IPv6 packets? */
bool match_is_ipv6(const char *text);

/* Can one packet satisfy both canonical matches?  Yes, if one of them does not
 * parse. */
bool match_overlap(const char *a, const char *b);

#endif /* ofctl-app/model/match.h */
