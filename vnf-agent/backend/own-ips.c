/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/backend/own-ips.h"

#include <string.h>

#include "lib/address.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "util.h"

/* Returns the index of 'ip', or 'own->n'. */
static size_t
find(const struct own_ips *own, const struct in6_addr *ip)
{
    size_t i = 0;

    while (i < own->n && !ipv6_addr_equals(&own->ips[i], ip)) {
        i++;
    }
    return i;
}

bool
own_ips_contains(const struct own_ips *own, const struct in6_addr *ip)
{
    return find(own, ip) < own->n;
}

bool
own_ips_add(struct own_ips *own, const struct in6_addr *ip)
{
    if (own_ips_contains(own, ip)) {
        return true;
    } else if (own->n >= OWN_IPS_MAX) {
        return false;
    }
    own->ips[own->n++] = *ip;
    return true;
}

void
own_ips_remove(struct own_ips *own, const struct in6_addr *ip)
{
    size_t i = find(own, ip);

    if (i < own->n) {
        own->n--;
        memmove(&own->ips[i], &own->ips[i + 1],
                (own->n - i) * sizeof own->ips[0]);
    }
}

bool
own_ips_replace(struct own_ips *own, const struct in6_addr *ip)
{
    struct own_ips new = OWN_IPS(*ip);

    for (size_t i = 0; i < own->n; i++) {
        if (!own_ips_add(&new, &own->ips[i])) {
            return false;
        }
    }
    *own = new;
    return true;
}

char *
own_ips_format(const struct own_ips *own)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < own->n; i++) {
        ds_put_cstr(&s, i ? "," : "");
        ipv6_format_mapped(&own->ips[i], &s);
    }
    return ds_steal_cstr(&s);
}

bool
own_ips_parse(const char *text, struct own_ips *own)
{
    char *copy = xstrdup(text), *save = NULL;
    bool ok = true;

    *own = (struct own_ips) { .n = 0 };
    for (const char *word = strtok_r(copy, ",", &save); ok && word;
         word = strtok_r(NULL, ",", &save)) {
        struct in6_addr ip;
        ok = (address_parse(word, &ip) && address_is_unicast(&ip)
              && own_ips_add(own, &ip));
    }
    free(copy);
    return ok && own->n;
}
