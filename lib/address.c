/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/address.h"

#include "packets.h"

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

bool
address_is_ipv6(const struct in6_addr *address)
{
    return !IN6_IS_ADDR_V4MAPPED(address);
}

bool
address_is_unicast(const struct in6_addr *address)
{
    ovs_be32 ip = in6_addr_get_mapped_ipv4(address);
    return (address_is_ipv6(address)
            ? (!IN6_IS_ADDR_MULTICAST(address)
               && !IN6_IS_ADDR_UNSPECIFIED(address)
               && !IN6_IS_ADDR_LOOPBACK(address)
               && !IN6_IS_ADDR_LINKLOCAL(address))
            : ip && ip != htonl(UINT32_MAX) && !ip_is_multicast(ip));
}
