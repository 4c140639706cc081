/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/datastore/sad-spd.h"

#include <string.h>

#include "lib/address.h"
#include "packets.h"
#include "util.h"
#include "vnf-agent/yang/yang-error.h"

/* Reading JSON. */

const char *
sad_spd_get_string(const json_t *object, const char *key, const char *def)
{
    const char *s = json_string_value(json_object_get(object, key));
    return s ? s : def;
}

bool
sad_spd_get_bool(const json_t *object, const char *key, bool def)
{
    const json_t *value = json_object_get(object, key);
    return value ? json_is_true(value) : def;
}

uint64_t
sad_spd_get_uint(const json_t *object, const char *key, uint64_t def)
{
    const json_t *value = json_object_get(object, key);
    const char *s = json_string_value(value);
    return !value ? def : s ? strtoull(s, NULL, 0)
                  : (uint64_t) json_integer_value(value);
}

struct yang_error *
sad_spd_refuse(enum datastore_list list, const json_t *entry,
               const char *leaf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *message = xvasprintf(format, args);
    va_end(args);
    return yang_error_create(
        YANG_INVALID_VALUE,
        xasprintf("/ietf-i2nsf-ikeless:ipsec-ikeless/%s/%s[name='%s']/%s/%s",
                  datastore_list_container(list), datastore_list_name(list),
                  sad_spd_get_string(entry, "name", ""),
                  (list == DATASTORE_SAD ? "ipsec-sa-config"
                   : "ipsec-policy-config"), leaf),
        message);
}

/* Names. */

/* Returns true for "name" and "module:name".  (libyang takes ":name" for the
 * first.) */
static bool
is_member_name(const char *name)
{
    const char *colon = strchr(name, ':');

    return !colon || (colon != name && !strchr(colon + 1, ':'));
}

/* Gives the member 'name' of 'object', whose value is 'value', the name
 * 'plain'. */
static struct yang_error *
rename_member(json_t *object, const char *name, const char *plain,
              json_t *value)
{
    if (json_object_get(object, plain)) {
        return yang_error_format(YANG_MALFORMED_MESSAGE,
                                 "a member is there twice");
    }
    char *copy = xstrdup(plain);        /* It may be a part of 'name'. */
    json_object_set(object, copy, value);
    json_object_del(object, name);
    free(copy);
    return NULL;
}

/* Renames the members of 'object' that carry 'prefix' without need. */
static struct yang_error *
unqualify_members(json_t *object, const char *prefix)
{
    struct yang_error *error = NULL;
    const char *name;
    void *tmp;
    json_t *value;

    json_object_foreach_safe (object, tmp, name, value) {
        if (name[0] == '@') {
            return yang_error_format(YANG_UNKNOWN_ATTRIBUTE,
                                     "annotations are not supported");
        } else if (!is_member_name(name)) {
            return yang_error_format(YANG_UNKNOWN_ELEMENT,
                                     "the name of a member is malformed");
        }
        error = sad_spd_unqualify(value, prefix);
        if (!error && !strncmp(name, prefix, strlen(prefix))) {
            error = rename_member(object, name, name + strlen(prefix), value);
        }
        if (error) {
            return error;
        }
    }
    return NULL;
}

struct yang_error *
sad_spd_unqualify(json_t *json, const char *prefix)
{
    if (json_is_array(json)) {
        struct yang_error *error;
        json_t *value;
        size_t i;

        json_array_foreach (json, i, value) {
            error = sad_spd_unqualify(value, prefix);
            if (error) {
                return error;
            }
        }
        return NULL;
    }
    return json_is_object(json) ? unqualify_members(json, prefix) : NULL;
}

/* Selectors and tunnels. */

/* Reads a prefix of either family. */
static enum sa_family
parse_prefix(const char *text, struct in6_addr *ip, struct in6_addr *mask)
{
    bool is_ipv4 = !strchr(text, ':');
    ovs_be32 ip4, mask4;
    char *error = (is_ipv4 ? ip_parse_masked(text, &ip4, &mask4)
                   : ipv6_parse_masked(text, ip, mask));
    if (error) {
        free(error);
        return SA_FAMILY_ANY;
    }
    if (is_ipv4) {
        *ip = in6_addr_mapped_ipv4(ip4);
        *mask = in6_addr_mapped_ipv4(mask4);
        memset(mask, 0xff, sizeof *mask - sizeof mask4);
    }
    *ip = ipv6_addr_bitand(ip, mask);
    return is_ipv4 ? SA_FAMILY_IPV4 : SA_FAMILY_IPV6;
}

/* Reads a list of port ranges; "0 to 0" is any. */
static void
parse_ports(const json_t *selector, const char *key, struct sa_ports *ports)
{
    const json_t *range;
    size_t i;

    *ports = (struct sa_ports) { .n = 0 };
    json_array_foreach (json_object_get(selector, key), i, range) {
        uint16_t min = sad_spd_get_uint(range, "start", 0);
        uint16_t max = sad_spd_get_uint(range, "end", UINT16_MAX);

        ovs_assert(ports->n < SA_MAX_PORT_RANGES);      /* As the schema. */
        ports->ranges[ports->n++] = (struct sa_port_range) {
            min, min || max ? max : UINT16_MAX
        };
    }
}

const char *
sad_spd_parse_selector(const json_t *json, struct sa_selector *sel)
{
    const json_t *protocol = json_object_get(json, "inner-protocol");

    *sel = (struct sa_selector) SA_SELECTOR_ANY;
    sel->family = parse_prefix(
        sad_spd_get_string(json, "local-prefix", "0.0.0.0/0"),
        &sel->src, &sel->src_mask);
    if (sel->family == SA_FAMILY_ANY) {
        return "traffic-selector/local-prefix";
    }
    if (parse_prefix(sad_spd_get_string(json, "remote-prefix", "0.0.0.0/0"),
                     &sel->dst, &sel->dst_mask) != sel->family) {
        return "traffic-selector/remote-prefix";
    }
    if (json_is_integer(protocol)) {
        sel->protocol = json_integer_value(protocol);
    }
    parse_ports(json, "local-ports", &sel->src_ports);
    parse_ports(json, "remote-ports", &sel->dst_ports);
    return NULL;
}

const char *
sad_spd_parse_tunnel(const json_t *tunnel, struct in6_addr *src,
                     struct in6_addr *dst)
{
    return (!address_parse(sad_spd_get_string(tunnel, "local", ""), src)
            ? "tunnel/local"
            : !address_parse(sad_spd_get_string(tunnel, "remote", ""), dst)
              || address_is_ipv6(src) != address_is_ipv6(dst)
            ? "tunnel/remote" : NULL);
}

enum sa_df
sad_spd_parse_df(const json_t *tunnel)
{
    const char *df = sad_spd_get_string(tunnel, "df-bit", "");

    return (!strcmp(df, "copy") ? SA_DF_COPY
            : !strcmp(df, "set") ? SA_DF_SET
            : !strcmp(df, "clear") ? SA_DF_CLEAR : SA_DF_AS_POLICY);
}

void
sad_spd_parse_dscp_map(const json_t *tunnel, uint8_t map[SA_N_DSCPS])
{
    const json_t *mapping;
    uint64_t mapped = 0;        /* Bits. */
    size_t i;

    memset(map, 0, SA_N_DSCPS);
    json_array_foreach (json_object_get(tunnel, "dscp-mapping"), i, mapping) {
        uint8_t outer = sad_spd_get_uint(mapping, "outer-dscp", 0);
        uint64_t inner = (json_object_get(mapping, "inner-dscp")
                          ? UINT64_C(1) << sad_spd_get_uint(mapping,
                                                            "inner-dscp", 0)
                          : UINT64_MAX);

        /* The first mapping that names a value counts. */
        for (int dscp = 0; dscp < SA_N_DSCPS; dscp++) {
            if (inner & ~mapped & UINT64_C(1) << dscp) {
                map[dscp] = outer;
            }
        }
        mapped |= inner;
    }
}
