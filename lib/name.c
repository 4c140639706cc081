/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/name.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "lib/address.h"
#include "openvswitch/dynamic-string.h"
#include "ovsdb-session.h"
#include "packets.h"
#include "stream.h"
#include "svec.h"
#include "util.h"
#include "uuid.h"

#define MAX_LEN 64              /* Of a name: RFC 5280, ub-common-name. */
#define MAX_PORT_LEN 255        /* Of the name of a port. */
#define MAX_ZONE_LEN 15         /* Of an interface's name: IFNAMSIZ. */
#define MAX_QUOTED 80           /* Octets of a text that a message quotes. */

#define ALNUM "abcdefghijklmnopqrstuvwxyz" \
              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* Returns "TEXT" and then the message; what of 'text' cannot be printed is a
 * "?", and a long one is cut. */
static char * OVS_PRINTF_FORMAT(2, 3)
refuse(const char *text, const char *format, ...)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    ds_put_char(&ds, '"');
    for (size_t i = 0; text[i] && i < MAX_QUOTED; i++) {
        unsigned char c = text[i];
        ds_put_char(&ds, c < 0x20 || c >= 0x7f ? '?' : c);
    }
    ds_put_cstr(&ds, strlen(text) > MAX_QUOTED ? "...\" " : "\" ");
    va_list args;
    va_start(args, format);
    ds_put_format_valist(&ds, format, args);
    va_end(args);
    return ds_steal_cstr(&ds);
}

bool
name_is_shown_whole(const char *port)
{
    return strlen(port) <= NAME_SHOWN_MAX_LEN;
}

char *
name_check(const char *kind, const char *name)
{
    size_t n = strlen(name);
    return (n && n <= MAX_LEN && n == strspn(name, ALNUM "_.-") ? NULL
            : refuse(name, "cannot be the name of a%s %s: use 1 to %d "
                     "letters, digits and \"_.-\"",
                     kind[0] == 'e' ? "n" : "", kind, MAX_LEN));
}

char *
name_check_vnf_id(const char *vnf_id)
{
    char *error = name_check("gateway", vnf_id);
    if (!error && (!isalnum((unsigned char) vnf_id[0])
                   || !isalnum((unsigned char) vnf_id[strlen(vnf_id) - 1]))) {
        error = refuse(vnf_id, "cannot be the name of a gateway: let it begin "
                       "and end with a letter or a digit");
    }
    /* TLS compares names of hosts without regard to case. */
    if (!error && !strncasecmp(vnf_id, "sdsa-", strlen("sdsa-"))) {
        error = refuse(vnf_id, "cannot be the name of a gateway: names that "
                       "begin with \"sdsa-\" are those of sdsa's own "
                       "programs");
    }
    return error;
}

char *
name_check_port(const char *port, const char *bridge, bool has_ovsdb)
{
    size_t n = strlen(port);
    bool ok = n && n <= MAX_PORT_LEN;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = port[i];
        ok = ok && c > 0x20 && c != 0x7f && !strchr(",\"\\", c);
    }
    if (!ok) {
        return refuse(port, "is not the name of a port: give that of an "
                      "Interface in the switch's database (\"ovs-vsctl "
                      "list-ifaces %s\" prints them)", bridge);
    }
    return (has_ovsdb || name_is_shown_whole(port) ? NULL
            : refuse(port, "cannot be told from others by OpenFlow, which "
                     "cuts names of ports at 15 characters: name the database "
                     "of its switch, with \"sdsa-ctl bridge-set-ovsdb %s "
                     "TARGET\", or take a name of at most %d characters",
                     bridge, NAME_SHOWN_MAX_LEN));
}

char *
name_parse_mac(const char *text, struct eth_addr *mac)
{
    return (eth_addr_from_string(text, mac) && !eth_addr_is_zero(*mac)
            && !eth_addr_is_multicast(*mac) ? NULL
            : refuse(text, "is not the MAC address of a port: write it as "
                     "02:00:00:00:00:01"));
}

char *
name_parse_ip(const char *text, struct in6_addr *ip)
{
    if (!address_parse(text, ip)) {
        return refuse(text, "is not an IP address (without a prefix length)");
    }
    const char *why = address_not_unicast(ip);
    return (why ? refuse(text, "is %s: give a unicast IP address of a host",
                         why) : NULL);
}

char *
name_check_prefix(const char *text)
{
    struct in6_addr prefix;
    unsigned int n_bits;
    return (address_prefix_parse(text, &prefix, &n_bits) ? NULL
            : refuse(text, "is not a prefix of IP addresses: write it as "
                     "10.1.0.0/16 or 2001:db8::/32, with no bits behind it"));
}

/* Is 'host' of 'n' octets a host's name, as it is in a URL? */
static bool
is_host_name(const char *host, size_t n)
{
    return n && n <= 253 && strspn(host, ALNUM "_.-") >= n
           && isalnum((unsigned char) host[0]);
}

/* Parses HOST of a URL, 'n' octets, and appends its one spelling to 'url'.
 * Returns false if it is none. */
static bool
parse_host(const char *host_, size_t n, struct ds *url)
{
    char *host = xmemdup0(host_, n);
    char *zone = strchr(host, '%');
    bool ok = true;
    struct in6_addr ip;
    if (host[0] == '[' && host[n - 1] == ']') {
        host[n - 1] = '\0';
        if (zone) {
            *zone = '\0';
            ok = (!strncmp(zone + 1, "25", 2) && zone[3]
                  && strlen(zone + 3) <= MAX_ZONE_LEN
                  && strlen(zone + 3) == strspn(zone + 3, ALNUM "_.-~"));
        }
        ok = ok && address_parse(host + 1, &ip) && address_is_ipv6(&ip);
        if (ok) {
            ds_put_char(url, '[');
            ipv6_format_addr(&ip, url);
            ds_put_format(url, "%s%s]", zone ? "%25" : "",
                          zone ? zone + 3 : "");
        }
    } else {
        ok = is_host_name(host, n);
        for (size_t i = 0; ok && i < n; i++) {
            ds_put_char(url, tolower((unsigned char) host[i]));
        }
    }
    free(host);
    return ok;
}

char *
name_parse_url(const char *text, char **urlp)
{
    static const char scheme[] = "https://";
    const char *host = text + strlen(scheme);
    const char *colon = strrchr(text, ':');
    struct ds url = DS_EMPTY_INITIALIZER;
    int port;
    ds_put_cstr(&url, scheme);
    *urlp = NULL;
    if (!strncmp(text, scheme, strlen(scheme)) && colon > host
        && parse_host(host, colon - host, &url)
        && strspn(colon + 1, "0123456789") == strlen(colon + 1)
        && str_to_int(colon + 1, 10, &port) && port > 0 && port <= 65535) {
        ds_put_format(&url, ":%d", port);
        *urlp = ds_steal_cstr(&url);
        return NULL;
    }
    ds_destroy(&url);
    return refuse(text, "is not the URL of an agent: write https://HOST:PORT, "
                  "with an IPv6 address in brackets and its zone, if any, "
                  "behind \"%%25\"");
}

char *
name_check_ovsdb(const char *target)
{
    struct svec servers = SVEC_EMPTY_INITIALIZER;
    struct uuid cid;
    ovsdb_session_parse_remote(target, &servers, &cid);
    bool ok = servers.n;
    for (size_t i = 0; i < servers.n; i++) {
        ok = ok && !stream_verify_name(servers.names[i]);
    }
    svec_destroy(&servers);
    return (ok ? NULL
            : refuse(target, "is not the database of a switch: write "
                     "unix:FILE, ssl:IP:PORT or tcp:IP:PORT"));
}

char *
name_parse_datapath_id(const char *text, const char *bridge, uint64_t *id)
{
    const char *hex = text + (!strncasecmp(text, "0x", 2) ? 2 : 0);
    size_t n = strlen(hex);
    *id = (n && n <= 16 && n == strspn(hex, "0123456789abcdefABCDEF")
           ? strtoull(hex, NULL, 16) : 0);
    return (*id ? NULL
            : refuse(text, "is not a datapath id: give the 16 hex digits of "
                     "\"ovs-vsctl get Bridge %s datapath_id\"", bridge));
}

char *
name_small_letters(const char *text)
{
    char *small = xstrdup(text);
    for (char *c = small; *c; c++) {
        *c = tolower((unsigned char) *c);
    }
    return small;
}
