/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "utilities/sdsa-ctl.h"

#include <ctype.h>
#include <string.h>

#include "lib/sdsa-idl.h"
#include "lib/suite.h"
#include "ofctl-app/match.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "sset.h"
#include "util.h"

#define NAME_MAX_LEN 64
#define DEFAULT_LIFETIME "28800"
#define DEFAULT_PRIORITY "100"

/* Checks.  Each returns false after ctl_error(). */

static bool
check_name(struct ctl_context *ctx, const char *what, const char *name)
{
    if (!name[0] || strlen(name) > NAME_MAX_LEN
        || name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")]) {
        ctl_error(ctx, "\"%s\" cannot be the name of a %s: use 1 to %d "
                  "letters, digits and \"_.-\"", name, what, NAME_MAX_LEN);
        return false;
    }
    return true;
}

static bool
check_port_name(struct ctl_context *ctx, const char *port)
{
    if (!port[0] || strpbrk(port, " \t\r\n,")) {
        ctl_error(ctx, "\"%s\" is not the name of a port: give the name of an "
                  "OVSDB Interface", port);
        return false;
    }
    return true;
}

static bool
check_mac(struct ctl_context *ctx, const char *text, char mac[18])
{
    struct eth_addr ea;
    if (!eth_addr_from_string(text, &ea) || eth_addr_is_zero(ea)
        || eth_addr_is_multicast(ea)) {
        ctl_error(ctx, "\"%s\" is not the MAC address of a port: write it as "
                  "02:00:00:00:00:01", text);
        return false;
    }
    snprintf(mac, 18, ETH_ADDR_FMT, ETH_ADDR_ARGS(ea));
    return true;
}

static bool
check_integer(struct ctl_context *ctx, const char *option, const char *text,
              long long int max, long long int *value)
{
    if (!str_to_llong(text, 10, value) || *value < 0 || *value > max) {
        ctl_error(ctx, "%s=%s: must be a number from 0 to %lld", option, text,
                  max);
        return false;
    }
    return true;
}

/* Finding rows.  Each find_*() returns NULL if there is none; get_*() also says
 * so by ctl_error(), with what there is. */

#define DEFINE_FIND(STRUCT, FOREACH, COLUMN)                            \
    static const struct STRUCT *                                        \
    find_##STRUCT(struct ctl_context *ctx, const char *name)            \
    {                                                                   \
        const struct STRUCT *row;                                       \
        FOREACH (row, ctx->idl) {                                       \
            if (!strcmp(row->COLUMN, name)) {                           \
                return row;                                             \
            }                                                           \
        }                                                               \
        return NULL;                                                    \
    }                                                                   \
                                                                        \
    static const struct STRUCT *                                        \
    get_##STRUCT(struct ctl_context *ctx, const char *name,             \
                 const char *what, const char *add)                     \
    {                                                                   \
        const struct STRUCT *found = find_##STRUCT(ctx, name);          \
        if (!found) {                                                   \
            struct sset names = SSET_INITIALIZER(&names);               \
            const struct STRUCT *row;                                   \
            FOREACH (row, ctx->idl) {                                   \
                sset_add(&names, row->COLUMN);                          \
            }                                                           \
            report_missing(ctx, what, name, add, &names);               \
            sset_destroy(&names);                                       \
        }                                                               \
        return found;                                                   \
    }

/* "no bridge named x: there are a, b; add it with ..." */
static void
report_missing(struct ctl_context *ctx, const char *what, const char *name,
               const char *add, const struct sset *names)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    const char **sorted = sset_sort(names);
    for (size_t i = 0; i < sset_count(names); i++) {
        ds_put_format(&ds, "%s%s", i ? ", " : "", sorted[i]);
    }
    free(sorted);
    ctl_error(ctx, "no %s named \"%s\": known are %s; add one with \"sdsa-ctl "
              "%s\"", what, name, ds.length ? ds_cstr(&ds) : "none", add);
    ds_destroy(&ds);
}

DEFINE_FIND(sdsa_bridge, SDSA_BRIDGE_FOR_EACH, name)
DEFINE_FIND(sdsa_endpoint, SDSA_ENDPOINT_FOR_EACH, name)
DEFINE_FIND(sdsa_service_function, SDSA_SERVICE_FUNCTION_FOR_EACH, name)
DEFINE_FIND(sdsa_gateway, SDSA_GATEWAY_FOR_EACH, vnf_id)
DEFINE_FIND(sdsa_chain, SDSA_CHAIN_FOR_EACH, name)

static const struct sdsa_bridge *
get_bridge(struct ctl_context *ctx, const char *name)
{
    return get_sdsa_bridge(ctx, name, "bridge", "bridge-add NAME DATAPATH-ID");
}

static bool
has_option(const struct ctl_context *ctx, const char *option)
{
    return shash_find(&ctx->options, option) != NULL;
}

/* An -add of something that is there: fine with --may-exist. */
static bool
exists_already(struct ctl_context *ctx, const char *what, const void *row)
{
    if (row && !has_option(ctx, "--may-exist")) {
        ctl_error(ctx, "%s %s exists already (see --may-exist)", what,
                  ctx->argv[1]);
    }
    return row != NULL;
}

/* Ports: each has one use on its bridge. */

static char *
port_use(struct ctl_context *ctx, const struct sdsa_bridge *br,
         const char *port)
{
    const struct sdsa_link *link;
    SDSA_LINK_FOR_EACH (link, ctx->idl) {
        if ((link->bridge_a == br && !strcmp(link->port_a, port))
            || (link->bridge_b == br && !strcmp(link->port_b, port))) {
            return xasprintf("the link between %s and %s",
                             link->bridge_a->name, link->bridge_b->name);
        }
    }
    const struct sdsa_endpoint *ep;
    SDSA_ENDPOINT_FOR_EACH (ep, ctx->idl) {
        if (ep->bridge == br && !strcmp(ep->port, port)) {
            return xasprintf("endpoint %s", ep->name);
        }
    }
    const struct sdsa_service_function *sf;
    SDSA_SERVICE_FUNCTION_FOR_EACH (sf, ctx->idl) {
        if (sf->bridge == br && (!strcmp(sf->in_port, port)
                                 || !strcmp(sf->out_port, port))) {
            return xasprintf("function %s", sf->name);
        }
    }
    const struct sdsa_gateway *gw;
    SDSA_GATEWAY_FOR_EACH (gw, ctx->idl) {
        if (gw->bridge == br && (!strcmp(gw->plain_port, port)
                                 || !strcmp(gw->cipher_port, port))) {
            return xasprintf("gateway %s", gw->vnf_id);
        }
    }
    return NULL;
}

static bool
check_port(struct ctl_context *ctx, const struct sdsa_bridge *br,
           const char *port)
{
    if (!check_port_name(ctx, port)) {
        return false;
    }
    char *use = port_use(ctx, br, port);
    if (use) {
        ctl_error(ctx, "port %s of bridge %s serves %s already", port,
                  br->name, use);
        free(use);
        return false;
    }
    return true;
}

static bool
check_two_ports(struct ctl_context *ctx, const struct sdsa_bridge *br,
                const char *a, const char *b)
{
    if (!strcmp(a, b)) {
        ctl_error(ctx, "both ports are %s: two different ones are needed", a);
        return false;
    }
    return check_port(ctx, br, a) && check_port(ctx, br, b);
}

/* init. */

static void
cmd_init(struct ctl_context *ctx OVS_UNUSED)
{
    /* Any transaction that may write makes the SDSA_Global row. */
}

/* Bridges. */

static void
cmd_bridge_add(struct ctl_context *ctx)
{
    const char *name = ctx->argv[1];
    const char *text = ctx->argv[2];
    const char *hex = text + (!strncasecmp(text, "0x", 2) ? 2 : 0);
    unsigned long long int dpid = 0;
    if (!check_name(ctx, "bridge", name)) {
        return;
    }
    if (!hex[0] || strlen(hex) > 16
        || hex[strspn(hex, "0123456789abcdefABCDEF")]
        || !(dpid = strtoull(hex, NULL, 16))) {
        ctl_error(ctx, "\"%s\" is not a datapath id: give the 16 hex digits "
                  "of \"ovs-vsctl get Bridge %s datapath_id\"", text, name);
        return;
    }
    char id[17];
    snprintf(id, sizeof id, "%016llx", dpid);
    const struct sdsa_bridge *old = find_sdsa_bridge(ctx, name);
    if (exists_already(ctx, "bridge", old)) {
        if (!ctx->error && strcmp(old->datapath_id, id)) {
            ctl_error(ctx, "bridge %s exists with datapath id %s", name,
                      old->datapath_id);
        }
        return;
    }
    const struct sdsa_bridge *row;
    SDSA_BRIDGE_FOR_EACH (row, ctx->idl) {
        if (!strcmp(row->datapath_id, id)) {
            ctl_error(ctx, "datapath id %s is that of bridge %s already", id,
                      row->name);
            return;
        }
    }
    row = sdsa_bridge_insert(ctx->txn);
    sdsa_bridge_set_name(row, name);
    sdsa_bridge_set_datapath_id(row, id);
}

/* Says what refers to 'br' and the command that removes it, or NULL. */
static char *
bridge_use(struct ctl_context *ctx, const struct sdsa_bridge *br)
{
    const struct sdsa_link *link;
    SDSA_LINK_FOR_EACH (link, ctx->idl) {
        if (link->bridge_a == br || link->bridge_b == br) {
            return xasprintf("a link: \"sdsa-ctl link-del %s %s\"", br->name,
                             (link->bridge_a == br ? link->port_a
                              : link->port_b));
        }
    }
    const struct sdsa_endpoint *ep;
    SDSA_ENDPOINT_FOR_EACH (ep, ctx->idl) {
        if (ep->bridge == br) {
            return xasprintf("endpoint %s: \"sdsa-ctl endpoint-del %s\"",
                             ep->name, ep->name);
        }
    }
    const struct sdsa_service_function *sf;
    SDSA_SERVICE_FUNCTION_FOR_EACH (sf, ctx->idl) {
        if (sf->bridge == br) {
            return xasprintf("function %s: \"sdsa-ctl sf-del %s\"", sf->name,
                             sf->name);
        }
    }
    const struct sdsa_gateway *gw;
    SDSA_GATEWAY_FOR_EACH (gw, ctx->idl) {
        if (gw->bridge == br) {
            return xasprintf("gateway %s: \"sdsa-ctl gw-del %s\"", gw->vnf_id,
                             gw->vnf_id);
        }
    }
    return NULL;
}

/* Refuses a deletion because of 'use', which is freed.  Returns true if so. */
static bool
in_use(struct ctl_context *ctx, const char *what, char *use)
{
    if (use) {
        ctl_error(ctx, "%s %s is used by %s first", what, ctx->argv[1], use);
        free(use);
    }
    return use != NULL;
}

static void
cmd_bridge_del(struct ctl_context *ctx)
{
    const struct sdsa_bridge *br
        = (has_option(ctx, "--if-exists")
           ? find_sdsa_bridge(ctx, ctx->argv[1])
           : get_bridge(ctx, ctx->argv[1]));
    if (br && !in_use(ctx, "bridge", bridge_use(ctx, br))) {
        sdsa_bridge_delete(br);
    }
}

/* Links. */

static const struct sdsa_link *
find_link(struct ctl_context *ctx, const struct sdsa_bridge *br,
          const char *port)
{
    const struct sdsa_link *link;
    SDSA_LINK_FOR_EACH (link, ctx->idl) {
        if ((link->bridge_a == br && !strcmp(link->port_a, port))
            || (link->bridge_b == br && !strcmp(link->port_b, port))) {
            return link;
        }
    }
    return NULL;
}

static void
cmd_link_add(struct ctl_context *ctx)
{
    const struct sdsa_bridge *a = get_bridge(ctx, ctx->argv[1]);
    const char *port_a = ctx->argv[2];
    const struct sdsa_bridge *b = a ? get_bridge(ctx, ctx->argv[3]) : NULL;
    const char *port_b = ctx->argv[4];
    if (!a || !b) {
        return;
    }
    if (a == b) {
        ctl_error(ctx, "a link connects two bridges, not %s with itself",
                  a->name);
        return;
    }
    const struct sdsa_link *old = find_link(ctx, a, port_a);
    if (has_option(ctx, "--may-exist") && old
        && old == find_link(ctx, b, port_b)) {
        return;
    }
    if (check_port(ctx, a, port_a) && check_port(ctx, b, port_b)) {
        const struct sdsa_link *link = sdsa_link_insert(ctx->txn);
        sdsa_link_set_bridge_a(link, a);
        sdsa_link_set_port_a(link, port_a);
        sdsa_link_set_bridge_b(link, b);
        sdsa_link_set_port_b(link, port_b);
    }
}

static void
cmd_link_del(struct ctl_context *ctx)
{
    const struct sdsa_bridge *br = get_bridge(ctx, ctx->argv[1]);
    if (!br) {
        return;
    }
    const struct sdsa_link *link = find_link(ctx, br, ctx->argv[2]);
    if (link) {
        sdsa_link_delete(link);
    } else if (!has_option(ctx, "--if-exists")) {
        ctl_error(ctx, "no link at port %s of bridge %s (see \"sdsa-ctl "
                  "link-list\")", ctx->argv[2], br->name);
    }
}

/* Endpoints. */

static void
cmd_endpoint_add(struct ctl_context *ctx)
{
    const char *name = ctx->argv[1];
    const char *port = ctx->argv[3];
    char mac[18];
    if (!check_name(ctx, "endpoint", name)
        || exists_already(ctx, "endpoint", find_sdsa_endpoint(ctx, name))) {
        return;
    }
    const struct sdsa_bridge *br = get_bridge(ctx, ctx->argv[2]);
    if (!br || !check_port(ctx, br, port)
        || !check_mac(ctx, ctx->argv[4], mac)) {
        return;
    }
    for (int i = 5; i < ctx->argc; i++) {
        ovs_be32 ip;
        struct in6_addr ip6;
        if (!ip_parse(ctx->argv[i], &ip) && !ipv6_parse(ctx->argv[i], &ip6)) {
            ctl_error(ctx, "\"%s\" is not an IP address (without a prefix "
                      "length)", ctx->argv[i]);
            return;
        }
    }
    const struct sdsa_endpoint *row = sdsa_endpoint_insert(ctx->txn);
    sdsa_endpoint_set_name(row, name);
    sdsa_endpoint_set_bridge(row, br);
    sdsa_endpoint_set_port(row, port);
    sdsa_endpoint_set_mac(row, mac);
    sdsa_endpoint_set_ips(row, (const char **) &ctx->argv[5], ctx->argc - 5);
}

static void
cmd_endpoint_del(struct ctl_context *ctx)
{
    const char *name = ctx->argv[1];
    const struct sdsa_endpoint *row
        = (has_option(ctx, "--if-exists") ? find_sdsa_endpoint(ctx, name)
           : get_sdsa_endpoint(ctx, name, "endpoint", "endpoint-add"));
    if (!row) {
        return;
    }
    const struct sdsa_chain *chain;
    SDSA_CHAIN_FOR_EACH (chain, ctx->idl) {
        if (chain->src == row || chain->dst == row) {
            in_use(ctx, "endpoint",
                   xasprintf("chain %s: \"sdsa-ctl chain-del %s\"",
                             chain->name, chain->name));
            return;
        }
    }
    sdsa_endpoint_delete(row);
}

/* Service functions. */

static void
cmd_sf_add(struct ctl_context *ctx)
{
    const char *name = ctx->argv[1];
    const char *correlation = "none";
    char mac[18] = "";
    if (!check_name(ctx, "function", name)
        || exists_already(ctx, "function",
                          find_sdsa_service_function(ctx, name))) {
        return;
    }
    const struct sdsa_bridge *br = get_bridge(ctx, ctx->argv[2]);
    if (!br || !check_two_ports(ctx, br, ctx->argv[3], ctx->argv[4])) {
        return;
    }
    for (int i = 5; i < ctx->argc; i++) {
        const char *arg = ctx->argv[i];
        if (!strncmp(arg, "correlation=", 12)) {
            correlation = arg + 12;
        } else if (!strncmp(arg, "mac=", 4)) {
            if (!check_mac(ctx, arg + 4, mac)) {
                return;
            }
        } else {
            ctl_error(ctx, "\"%s\": write correlation=none|vlan or mac=MAC",
                      arg);
            return;
        }
    }
    if (!strcmp(correlation, "mac") || !strcmp(correlation, "nsh")) {
        ctl_error(ctx, "correlation %s is not supported yet: use none or vlan",
                  correlation);
        return;
    } else if (strcmp(correlation, "none") && strcmp(correlation, "vlan")) {
        ctl_error(ctx, "there is no correlation \"%s\": use none or vlan",
                  correlation);
        return;
    }
    const struct sdsa_service_function *row
        = sdsa_service_function_insert(ctx->txn);
    sdsa_service_function_set_name(row, name);
    sdsa_service_function_set_bridge(row, br);
    sdsa_service_function_set_in_port(row, ctx->argv[3]);
    sdsa_service_function_set_out_port(row, ctx->argv[4]);
    sdsa_service_function_set_correlation(row, correlation);
    if (mac[0]) {
        sdsa_service_function_set_mac(row, mac);
    }
}

static bool
chain_has_sf(const struct sdsa_chain *chain,
             const struct sdsa_service_function *sf)
{
    for (size_t i = 0; i < chain->n_sfs; i++) {
        if (chain->value_sfs[i] == sf) {
            return true;
        }
    }
    return false;
}

static void
cmd_sf_del(struct ctl_context *ctx)
{
    const char *name = ctx->argv[1];
    const struct sdsa_service_function *row
        = (has_option(ctx, "--if-exists")
           ? find_sdsa_service_function(ctx, name)
           : get_sdsa_service_function(ctx, name, "function", "sf-add"));
    if (!row) {
        return;
    }
    const struct sdsa_chain *chain;
    SDSA_CHAIN_FOR_EACH (chain, ctx->idl) {
        if (chain_has_sf(chain, row)) {
            in_use(ctx, "function",
                   xasprintf("chain %s: \"sdsa-ctl chain-del %s\"",
                             chain->name, chain->name));
            return;
        }
    }
    sdsa_service_function_delete(row);
}

/* Gateways. */

/* "https://HOST:PORT" with nothing after it. */
static bool
check_url(struct ctl_context *ctx, const char *url)
{
    const char *rest = url + 8;
    const char *colon = strrchr(url, ':');
    int port;
    if (strncmp(url, "https://", 8) || !colon || colon <= rest
        || strpbrk(rest, "/ \t?#@") || !str_to_int(colon + 1, 10, &port)
        || port < 1 || port > 65535) {
        ctl_error(ctx, "\"%s\" is not the URL of an agent: write "
                  "https://HOST:PORT", url);
        return false;
    }
    return true;
}

static void
cmd_gw_add(struct ctl_context *ctx)
{
    const char *vnf_id = ctx->argv[1];
    const char *ip = ctx->argv[5];
    ovs_be32 addr;
    if (!check_name(ctx, "gateway", vnf_id)
        || exists_already(ctx, "gateway", find_sdsa_gateway(ctx, vnf_id))) {
        return;
    }
    const struct sdsa_bridge *br = get_bridge(ctx, ctx->argv[2]);
    if (!br || !check_two_ports(ctx, br, ctx->argv[3], ctx->argv[4])
        || !check_url(ctx, ctx->argv[6])) {
        return;
    }
    if (!ip_parse(ip, &addr) || !addr) {
        ctl_error(ctx, "\"%s\" is not an IPv4 address for the cipher port",
                  ip);
        return;
    }
    const struct sdsa_gateway *row;
    SDSA_GATEWAY_FOR_EACH (row, ctx->idl) {
        if (!strcmp(row->cipher_ip, ip) || !strcmp(row->url, ctx->argv[6])) {
            ctl_error(ctx, "gateway %s has that %s already: each needs its "
                      "own", row->vnf_id,
                      strcmp(row->cipher_ip, ip) ? "URL" : "cipher address");
            return;
        }
    }
    row = sdsa_gateway_insert(ctx->txn);
    sdsa_gateway_set_vnf_id(row, vnf_id);
    sdsa_gateway_set_bridge(row, br);
    sdsa_gateway_set_plain_port(row, ctx->argv[3]);
    sdsa_gateway_set_cipher_port(row, ctx->argv[4]);
    sdsa_gateway_set_cipher_ip(row, ip);
    sdsa_gateway_set_url(row, ctx->argv[6]);
}

static void
cmd_gw_del(struct ctl_context *ctx)
{
    const char *vnf_id = ctx->argv[1];
    const struct sdsa_gateway *row
        = (has_option(ctx, "--if-exists") ? find_sdsa_gateway(ctx, vnf_id)
           : get_sdsa_gateway(ctx, vnf_id, "gateway", "gw-add"));
    if (!row) {
        return;
    }
    const struct sdsa_path *path;
    SDSA_PATH_FOR_EACH (path, ctx->idl) {
        for (size_t i = 0; i < path->n_hops; i++) {
            if (!strcmp(path->hops[i]->sender, vnf_id)
                || !strcmp(path->hops[i]->receiver, vnf_id)) {
                in_use(ctx, "gateway",
                       xasprintf("chain %s: \"sdsa-ctl --wait=applied "
                                 "chain-del %s\"", path->chain, path->chain));
                return;
            }
        }
    }
    sdsa_gateway_delete(row);
}

/* Chains. */

/* Does 'chain' classify at 'ep' what 'match' does too? */
static bool
chain_clashes(const struct sdsa_chain *chain, const struct sdsa_endpoint *ep,
              const char *match, int64_t priority)
{
    bool clash = false;
    if (chain->priority == priority) {
        if (chain->src == ep) {
            clash = match_overlap(chain->match, match);
        }
        if (!clash && chain->dst == ep && !chain->one_way) {
            char *mirror = match_mirror(chain->match);
            clash = match_overlap(mirror, match);
            free(mirror);
        }
    }
    return clash;
}

static bool
check_overlap(struct ctl_context *ctx, const struct sdsa_endpoint *ep,
              const char *match, int64_t priority)
{
    const struct sdsa_chain *chain;
    SDSA_CHAIN_FOR_EACH (chain, ctx->idl) {
        if (chain_clashes(chain, ep, match, priority)) {
            ctl_error(ctx, "at endpoint %s \"%s\" overlaps the match \"%s\" of "
                      "chain %s, which has the same priority %"PRId64": give "
                      "another --priority (the higher one wins)", ep->name,
                      match, chain->match, chain->name, priority);
            return false;
        }
    }
    return true;
}

static bool
check_sf(struct ctl_context *ctx, const struct sdsa_service_function *sf,
         struct sdsa_service_function *const *before, size_t n_before)
{
    if (strcmp(sf->correlation, "none")) {
        return true;
    }
    for (size_t i = 0; i < n_before; i++) {
        if (before[i] == sf) {
            ctl_error(ctx, "function %s has correlation none: a chain can pass "
                      "it once only", sf->name);
            return false;
        }
    }
    const struct sdsa_chain *chain;
    SDSA_CHAIN_FOR_EACH (chain, ctx->idl) {
        if (chain_has_sf(chain, sf)) {
            ctl_error(ctx, "function %s has correlation none and serves chain "
                      "%s already: only functions with correlation=vlan can "
                      "be shared", sf->name, chain->name);
            return false;
        }
    }
    return true;
}

/* The functions named from argv[5] on.  Returns NULL after ctl_error(). */
static struct sdsa_service_function **
get_sfs(struct ctl_context *ctx, size_t *np)
{
    size_t n = ctx->argc - 5;
    struct sdsa_service_function **sfs = xcalloc(n + 1, sizeof *sfs);
    for (size_t i = 0; i < n; i++) {
        const struct sdsa_service_function *sf
            = get_sdsa_service_function(ctx, ctx->argv[5 + i], "function",
                                        "sf-add");
        if (!sf || !check_sf(ctx, sf, sfs, i)) {
            free(sfs);
            return NULL;
        }
        sfs[i] = CONST_CAST(struct sdsa_service_function *, sf);
    }
    *np = n;
    return sfs;
}

static const char *
get_option(const struct ctl_context *ctx, const char *option,
           const char *default_value)
{
    const char *value = shash_find_data(&ctx->options, option);
    return value ? value : default_value;
}

static bool
check_suite(struct ctl_context *ctx, const char *name)
{
    if (suite_by_name(name)) {
        return true;
    }
    struct ds ds = DS_EMPTY_INITIALIZER;
    for (size_t i = 0; i < n_suites; i++) {
        ds_put_format(&ds, "%s%s", i ? ", " : "", suites[i].name);
    }
    ctl_error(ctx, "no suite is named \"%s\": there are %s", name,
              ds_cstr(&ds));
    ds_destroy(&ds);
    return false;
}

static void
insert_chain(struct ctl_context *ctx, const struct sdsa_endpoint *src,
             const struct sdsa_endpoint *dst, const char *match, bool one_way,
             const char *suite, int64_t lifetime, int64_t priority)
{
    size_t n;
    struct sdsa_service_function **sfs = get_sfs(ctx, &n);
    if (!sfs) {
        return;
    }
    int64_t *keys = xcalloc(n + 1, sizeof *keys);
    for (size_t i = 0; i < n; i++) {
        keys[i] = i;
    }
    const struct sdsa_chain *row = sdsa_chain_insert(ctx->txn);
    sdsa_chain_set_name(row, ctx->argv[1]);
    sdsa_chain_set_src(row, src);
    sdsa_chain_set_dst(row, dst);
    sdsa_chain_set_match(row, match);
    sdsa_chain_set_sfs(row, keys, sfs, n);
    sdsa_chain_set_one_way(row, one_way);
    sdsa_chain_set_suite(row, suite);
    sdsa_chain_set_lifetime(row, lifetime);
    sdsa_chain_set_priority(row, priority);
    sdsa_chain_set_wanted(row, 1);
    free(keys);
    free(sfs);
}

static void
cmd_chain_add(struct ctl_context *ctx)
{
    const char *name = ctx->argv[1];
    if (!check_name(ctx, "chain", name)
        || exists_already(ctx, "chain", find_sdsa_chain(ctx, name))) {
        return;
    }
    const struct sdsa_endpoint *src
        = get_sdsa_endpoint(ctx, ctx->argv[2], "endpoint", "endpoint-add");
    const struct sdsa_endpoint *dst
        = src ? get_sdsa_endpoint(ctx, ctx->argv[3], "endpoint",
                                  "endpoint-add") : NULL;
    const char *suite = get_option(ctx, "--suite", SUITE_DEFAULT);
    long long int lifetime, priority;
    if (!dst || !check_suite(ctx, suite)
        || !check_integer(ctx, "--lifetime",
                          get_option(ctx, "--lifetime", DEFAULT_LIFETIME),
                          UINT32_MAX, &lifetime)
        || !check_integer(ctx, "--priority",
                          get_option(ctx, "--priority", DEFAULT_PRIORITY),
                          999, &priority)) {
        return;
    }
    if (src == dst) {
        ctl_error(ctx, "source and destination are both %s", src->name);
        return;
    }
    bool one_way = has_option(ctx, "--one-way");
    char *match;
    char *error = match_canonicalize(ctx->argv[4], one_way, &match);
    if (error) {
        ctl_error(ctx, "%s", error);
        free(error);
        return;
    }
    char *mirror = one_way ? NULL : match_mirror(match);
    if (check_overlap(ctx, src, match, priority)
        && (one_way || check_overlap(ctx, dst, mirror, priority))) {
        insert_chain(ctx, src, dst, match, one_way, suite, lifetime, priority);
    }
    free(match);
    free(mirror);
}

static void
cmd_chain_del(struct ctl_context *ctx)
{
    const char *name = ctx->argv[1];
    const struct sdsa_chain *row
        = (has_option(ctx, "--if-exists") ? find_sdsa_chain(ctx, name)
           : get_sdsa_chain(ctx, name, "chain", "chain-add"));
    if (row) {
        sdsa_chain_delete(row);
    }
}

#define ADD "--may-exist"
#define DEL "--if-exists"

const struct ctl_command_syntax sdsa_ctl_edit_commands[] = {
    {"init", 0, 0, "", NULL, cmd_init, NULL, "", RW},
    {"bridge-add", 2, 2, "NAME DATAPATH-ID", NULL, cmd_bridge_add, NULL, ADD,
     RW},
    {"bridge-del", 1, 1, "NAME", NULL, cmd_bridge_del, NULL, DEL, RW},
    {"link-add", 4, 4, "BRIDGE PORT BRIDGE PORT", NULL, cmd_link_add, NULL,
     ADD, RW},
    {"link-del", 2, 2, "BRIDGE PORT", NULL, cmd_link_del, NULL, DEL, RW},
    {"endpoint-add", 5, INT_MAX, "NAME BRIDGE PORT MAC IP...", NULL,
     cmd_endpoint_add, NULL, ADD, RW},
    {"endpoint-del", 1, 1, "NAME", NULL, cmd_endpoint_del, NULL, DEL, RW},
    {"sf-add", 4, 6, "NAME BRIDGE IN-PORT OUT-PORT [correlation=C] [mac=MAC]",
     NULL, cmd_sf_add, NULL, ADD, RW},
    {"sf-del", 1, 1, "NAME", NULL, cmd_sf_del, NULL, DEL, RW},
    {"gw-add", 6, 6, "VNF-ID BRIDGE PLAIN-PORT CIPHER-PORT CIPHER-IP URL",
     NULL, cmd_gw_add, NULL, ADD, RW},
    {"gw-del", 1, 1, "VNF-ID", NULL, cmd_gw_del, NULL, DEL, RW},
    {"chain-add", 4, INT_MAX, "NAME SRC DST MATCH [SF...]", NULL,
     cmd_chain_add, NULL,
     ADD ",--one-way,--suite=,--lifetime=,--priority=", RW},
    {"chain-del", 1, 1, "NAME", NULL, cmd_chain_del, NULL, DEL, RW},
    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO},
};
