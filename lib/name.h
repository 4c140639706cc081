/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_NAME_H
#define SDSA_NAME_H 1

/* The names and addresses that operators give: one check for each kind, for
 * sdsa-ctl, for declarations made with ovs-vsctl and for rows of the database
 * that somebody wrote by hand.  (The lab's topology.py has the same rules, and
 * tests/data/names tries them all.)
 *
 * Each function returns NULL if the text is good, or else a message that
 * quotes it and says what to write (caller frees).  What a message quotes is
 * one line of bounded length. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/types.h"

/* OpenFlow shows the first 15 characters of the name of a port, so that one of
 * 15 may be the beginning of another one: names of at most 14 are shown
 * whole. */
#define NAME_SHOWN_MAX_LEN 14

/* True if OpenFlow tells the port of that name from every other one. */
bool name_is_shown_whole(const char *port);

/* Checks the name of a thing of 'kind', such as "bridge". */
char *name_check(const char *kind, const char *name);

/* Checks the VNF-ID of a gateway, which is a host's name in the certificate of
 * its agent: at most 64 characters (RFC 5280, ub-common-name), no dot at its
 * beginning (OpenSSL takes it for any name that ends like that), and not
 * "sdsa-" either: sdsa-controller and its like are no VNFs. */
char *name_check_vnf_id(const char *vnf_id);

/* Checks the name of a port of bridge 'bridge', which may be one that OpenFlow
 * does not show whole only if 'has_ovsdb' says that the database of the switch
 * is known. */
char *name_check_port(const char *port, const char *bridge, bool has_ovsdb);

/* Parses the MAC address of a port into '*mac'. */
char *name_parse_mac(const char *text, struct eth_addr *mac);

/* Parses the IP address of a host, which packets reach over several links,
 * into '*ip' (as in lib/address.h). */
char *name_parse_ip(const char *text, struct in6_addr *ip);

/* Checks a prefix of addresses, such as 10.1.0.0/16.  An address is one. */
char *name_check_prefix(const char *text);

/* Parses the URL of an agent, https://HOST:PORT, where an IPv6 address stands
 * in brackets, with its zone, if any, behind "%25" (RFC 6874).  Sets '*url' to
 * the one spelling of it that there is (caller frees); NULL on failure. */
char *name_parse_url(const char *text, char **url);

/* Checks where the database of a switch is: one or more servers to connect to,
 * with commas between them.  A method that would listen is none of them. */
char *name_check_ovsdb(const char *target);

/* Parses a datapath id of up to 16 hex digits, with "0x" before them or
 * without, into '*id', host order.  'bridge' is the bridge's name, for the
 * message. */
char *name_parse_datapath_id(const char *text, const char *bridge,
                             uint64_t *id);

/* Returns 'text' in small letters, by which VNF-IDs are compared.  Caller
 * frees. */
char *name_small_letters(const char *text);

#endif /* lib/name.h */
