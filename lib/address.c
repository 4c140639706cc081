/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/address.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "util.h"

bool
address_parse(const char *text, struct in6_addr *address)
{
    ovs_be32 ip;
    if (ip_parse(text, &ip)) {
        *address = in6_addr_mapped_ipv4(ip);
        return true;
    }
    return ipv6_parse(text, address) && address_is_ipv6(address);
}

char *
address_format(const struct in6_addr *address)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    ipv6_format_mapped(address, &ds);
    return ds_steal_cstr(&ds);
}

char *
address_holder(const char *text)
{
    size_t start = text[0] == '[';
    char *bare = xmemdup0(text + start, strcspn(text + start, "]%"));
    struct in6_addr ip;
    char *holder = NULL;
    if (ipv6_parse(bare, &ip)) {
        bool ipv6 = address_is_ipv6(&ip);
        if (ipv6) {
            memset(&ip.s6_addr[8], 0, 8);
        }
        char *first = address_format(&ip);
        holder = xasprintf("%s%s", first, ipv6 ? "/64" : "");
        free(first);
    }
    free(bare);
    return holder ? holder : xstrdup(text);
}

bool
address_is_ipv6(const struct in6_addr *address)
{
    return !IN6_IS_ADDR_V4MAPPED(address);
}

static bool
is_probe(const struct in6_addr *address)
{
    struct in6_addr ipv4, ipv6;
    return ((address_parse(ADDRESS_PROBE_IPV4, &ipv4)
             && ipv6_addr_equals(address, &ipv4))
            || (address_parse(ADDRESS_PROBE_IPV6, &ipv6)
                && ipv6_addr_equals(address, &ipv6)));
}

const char *
address_not_unicast(const struct in6_addr *address)
{
    uint32_t ip = ntohl(in6_addr_get_mapped_ipv4(address));
    bool ipv6 = address_is_ipv6(address);
    return (is_probe(address) ? "an address of the controller's probes"
            : (ipv6 ? IN6_IS_ADDR_UNSPECIFIED(address) : ip >> 24 == 0)
            ? "an address of no host"
            : (ipv6 ? IN6_IS_ADDR_LOOPBACK(address) : ip >> 24 == 127)
            ? "a loopback address"
            : (ipv6 ? IN6_IS_ADDR_MULTICAST(address) : ip >> 28 == 0xe)
            ? "a multicast address"
            : (ipv6 ? IN6_IS_ADDR_LINKLOCAL(address) : ip >> 16 == 0xa9fe)
            ? "a link-local address"
            : !ipv6 && ip == UINT32_MAX ? "the broadcast address" : NULL);
}

bool
address_is_unicast(const struct in6_addr *address)
{
    return !address_not_unicast(address);
}

bool
address_prefix_parse(const char *text, struct in6_addr *prefix,
                     unsigned int *n_bits)
{
    const char *slash = strchr(text, '/');
    char *address = xmemdup0(text, slash ? slash - text : strlen(text));
    bool ok = address_parse(address, prefix);
    unsigned int width = ok && address_is_ipv6(prefix) ? 128 : 32;
    unsigned int n = width;
    free(address);
    if (slash) {
        ok = (ok && slash[1] && strspn(slash + 1, "0123456789") >= 1
              && strlen(slash + 1) <= 3 && str_to_uint(slash + 1, 10, &n)
              && slash[1 + strspn(slash + 1, "0123456789")] == '\0'
              && n <= width);
    }
    *n_bits = 128 - width + n;
    for (unsigned int i = *n_bits; ok && i < 128; i++) {
        ok = !(prefix->s6_addr[i / 8] & (0x80 >> i % 8));
    }
    return ok;
}

bool
address_in_prefix(const struct in6_addr *ip, const struct in6_addr *prefix,
                  unsigned int n_bits)
{
    for (unsigned int i = 0; i < n_bits; i++) {
        if ((ip->s6_addr[i / 8] ^ prefix->s6_addr[i / 8]) & (0x80 >> i % 8)) {
            return false;
        }
    }
    return true;
}

bool
address_in_any(const struct in6_addr *ip, char *const prefixes[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct in6_addr prefix;
        unsigned int n_bits;
        if (address_prefix_parse(prefixes[i], &prefix, &n_bits)
            && address_in_prefix(ip, &prefix, n_bits)) {
            return true;
        }
    }
    return false;
}

bool
address_parse_host(const char *text, struct in6_addr *ip)
{
    static const char scheme[] = "https://";
    bool is_url = !strncmp(text, scheme, strlen(scheme));
    text += is_url ? strlen(scheme) : 0;
    bool bracket = text[0] == '[';
    text += bracket;
    size_t n = (bracket ? strcspn(text, "]%") : is_url ? strcspn(text, ":")
                : strcspn(text, "%"));
    char *host = xmemdup0(text, n);
    bool ok = address_parse(host, ip);
    free(host);
    return ok;
}
