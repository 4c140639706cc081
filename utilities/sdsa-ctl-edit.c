/* SPDX-License-Identifier: Apache-2.0 */

/* Commands that change what the network is made of: bridges, links, endpoints,
 * functions and gateways. */

#include <config.h>

#include "utilities/sdsa-ctl-private.h"

#include <string.h>

#include "lib/address.h"
#include "lib/name.h"
#include "lib/sdsa-idl.h"
#include "ofctl-app/model/inventory.h"
#include "packets.h"
#include "sset.h"
#include "util.h"

/* Checks: each of them returns false after ctl_error(). */

static bool
check_mac(struct ctl_context *ctx, const char *text, char mac[18])
{
    struct eth_addr ea;
    if (!ctl_accepts(ctx, name_parse_mac(text, &ea))) {
        return false;
    }
    snprintf(mac, 18, ETH_ADDR_FMT, ETH_ADDR_ARGS(ea));
    return true;
}

/* Ports. */

/* In place of a port: each one whose name OpenFlow does not show whole. */
static const char CUT_NAME[] = "";

/* Returns true if 'at_port' of 'at' is 'port' of 'br', or any port of 'br' if
 * 'port' is NULL. */
static bool
is_port(const struct sdsa_bridge *at, const char *at_port,
        const struct sdsa_bridge *br, const char *port)
{
    return at == br && (!port || (port == CUT_NAME
                                  ? !name_is_shown_whole(at_port)
                                  : !strcmp(at_port, port)));
}

/* Returns the link at 'port' of 'br', or at any port of it if 'port' is NULL;
 * NULL if there is none. */
static const struct sdsa_link *
find_link(struct ctl_context *ctx, const struct sdsa_bridge *br,
          const char *port)
{
    const struct sdsa_link *link;
    SDSA_LINK_FOR_EACH (link, ctx->idl) {
        if (is_port(link->bridge_a, link->port_a, br, port)
            || is_port(link->bridge_b, link->port_b, br, port)) {
            return link;
        }
    }
    return NULL;
}

/* What uses a port, but for links. */
struct port_user {
    const char *kind, *name;    /* NULL: nothing. */
    const char *command;        /* Removes it. */
};

/* Returns what uses 'port' of 'br', or any port of it if 'port' is NULL. */
static struct port_user
find_user(struct ctl_context *ctx, const struct sdsa_bridge *br,
          const char *port)
{
    const struct sdsa_endpoint *ep;
    SDSA_ENDPOINT_FOR_EACH (ep, ctx->idl) {
        if (is_port(ep->bridge, ep->port, br, port)) {
            return (struct port_user) { "endpoint", ep->name, "endpoint-del" };
        }
    }
    const struct sdsa_service_function *sf;
    SDSA_SERVICE_FUNCTION_FOR_EACH (sf, ctx->idl) {
        if (is_port(sf->bridge, sf->in_port, br, port)
            || is_port(sf->bridge, sf->out_port, br, port)) {
            return (struct port_user) { "function", sf->name, "sf-del" };
        }
    }
    const struct sdsa_gateway *gw;
    SDSA_GATEWAY_FOR_EACH (gw, ctx->idl) {
        if (is_port(gw->bridge, gw->plain_port, br, port)
            || is_port(gw->bridge, gw->cipher_port, br, port)) {
            return (struct port_user) { "gateway", gw->vnf_id, "gw-del" };
        }
    }
    return (struct port_user) { .kind = NULL };
}

static bool
check_port(struct ctl_context *ctx, const struct sdsa_bridge *br,
           const char *port)
{
    if (!ctl_accepts(ctx, name_check_port(port, br->name, br->ovsdb[0]))) {
        return false;
    }
    const struct sdsa_link *link = find_link(ctx, br, port);
    const struct port_user user = find_user(ctx, br, port);
    if (link) {
        ctl_error(ctx, "port %s of bridge %s serves the link between %s and "
                  "%s already", port, br->name, link->bridge_a->name,
                  link->bridge_b->name);
    } else if (user.kind) {
        ctl_error(ctx, "port %s of bridge %s serves %s %s already", port,
                  br->name, user.kind, user.name);
    }
    return !link && !user.kind;
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

/* Reads --mtu into '*mtu', octets, and '*n', which is 0 without --mtu and else
 * 1.  Returns false after ctl_error(). */
static bool
get_mtu(struct ctl_context *ctx, int64_t *mtu, size_t *n)
{
    const char *text = shash_find_data(&ctx->options, "--mtu");
    long long int value = 0;
    *n = text != NULL;
    if (text && (!str_to_llong(text, 10, &value) || value < 68
                 || value > 65535)) {
        ctl_error(ctx, "--mtu=%s: must be a number of octets from 68 to 65535",
                  text);
        return false;
    }
    *mtu = value;
    return true;
}

/* Returns true if 'old', the MTU of a row, is what get_mtu() has read. */
static bool
same_mtu(const int64_t *old, size_t n, int64_t mtu)
{
    return n ? old && *old == mtu : !old;
}

/* Bridges. */

/* Checks that 'target' is "" or the name of a database to connect to. */
static bool
check_ovsdb(struct ctl_context *ctx, const char *target)
{
    return !target[0] || ctl_accepts(ctx, name_check_ovsdb(target));
}

static void
cmd_bridge_set_ovsdb(struct ctl_context *ctx)
{
    const struct sdsa_bridge *br = ctl_get_bridge(ctx, ctx->argv[1]);
    const char *target = ctx->argv[2];
    if (br && !target[0] && (find_link(ctx, br, CUT_NAME)
                             || find_user(ctx, br, CUT_NAME).kind)) {
        ctl_error(ctx, "bridge %s has ports with names of over %d characters, "
                  "which only the database of its switch tells apart (see "
                  "\"sdsa-ctl show\"): remove what uses them first",
                  br->name, NAME_SHOWN_MAX_LEN);
    } else if (br && check_ovsdb(ctx, target)) {
        sdsa_bridge_set_ovsdb(br, target);
    }
}

static void
cmd_bridge_set_certificate(struct ctl_context *ctx)
{
    const struct sdsa_bridge *br = ctl_get_bridge(ctx, ctx->argv[1]);
    if (br) {
        sdsa_bridge_set_certificate(br, ctx->argc > 2 ? ctx->argv[2] : "");
    }
}

static void
cmd_bridge_set_groups(struct ctl_context *ctx)
{
    const struct sdsa_bridge *br = ctl_get_bridge(ctx, ctx->argv[1]);
    struct sset groups = SSET_INITIALIZER(&groups);
    bool ok = br != NULL;
    for (int i = 2; i < ctx->argc && ok; i++) {
        ok = ctl_accepts(ctx, name_check("group", ctx->argv[i]));
        sset_add(&groups, ctx->argv[i]);
    }
    if (ok) {
        const char **array = sset_array(&groups);
        sdsa_bridge_set_groups(br, array, sset_count(&groups));
        free(array);
    }
    sset_destroy(&groups);
}

static void
cmd_bridge_add(struct ctl_context *ctx)
{
    const char *name = ctx->argv[1];
    uint64_t dpid;
    const char *ovsdb = shash_find_data(&ctx->options, "--ovsdb");
    ovsdb = ovsdb ? ovsdb : "";
    const char *certificate = shash_find_data(&ctx->options,
                                              "--switch-certificate");
    if (!ctl_accepts(ctx, name_check("bridge", name))
        || !check_ovsdb(ctx, ovsdb)
        || !ctl_accepts(ctx, name_parse_datapath_id(ctx->argv[2], name,
                                                    &dpid))) {
        return;
    }
    char id[17];
    snprintf(id, sizeof id, "%016"PRIx64, dpid);
    const struct sdsa_bridge *old = ctl_find_bridge(ctx->idl, name);
    if (ctl_exists_already(ctx, "bridge", old,
                           old && !strcmp(old->datapath_id, id)
                           && !strcmp(old->ovsdb, ovsdb)
                           && (!certificate
                               || !strcmp(old->certificate, certificate)))) {
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
    sdsa_bridge_set_ovsdb(row, ovsdb);
    sdsa_bridge_set_certificate(row, certificate ? certificate : "");
}

/* Refuses to delete argument 1, a 'what', if ovs-vsctl declares it at a
 * switch: it would come back.  Returns false after ctl_error(). */
static bool
check_declared_by(struct ctl_context *ctx, const char *what,
                  const char *declared_by, const char *key)
{
    if (declared_by[0]) {
        ctl_error(ctx, "%s %s is declared with %s at the switch: remove it "
                  "there, with \"ovs-vsctl remove Interface PORT external_ids "
                  "%s\"", what, ctx->argv[1], declared_by, key);
    }
    return !declared_by[0];
}

/* Returns the name of the bridge, argument 2, to which argument 1, a 'what'
 * that 'declared_by' has at bridge 'from', is to move: "" if it is there; or
 * NULL after ctl_error(). */
static const char *
get_move_to(struct ctl_context *ctx, const char *what,
            const struct sdsa_bridge *from, const char *declared_by)
{
    const struct sdsa_bridge *to = ctl_get_bridge(ctx, ctx->argv[2]);
    if (!to) {
        return NULL;
    } else if (!declared_by[0]) {
        ctl_error(ctx, "%s %s is not declared with ovs-vsctl: delete it, and "
                  "add it where it is", what, ctx->argv[1]);
        return NULL;
    } else if (!to->ovsdb[0]) {
        ctl_error(ctx, "nothing is known of what is declared at bridge %s: "
                  "name the database of its switch, with \"sdsa-ctl "
                  "bridge-set-ovsdb %s TARGET\"", to->name, to->name);
        return NULL;
    }
    return to == from ? "" : to->name;
}

/* Refuses to delete argument 1, a 'what', because the 'user' called 'name'
 * uses it; sdsa-ctl's 'command' removes that user. */
static void
refuse_use(struct ctl_context *ctx, const char *what, const char *user,
           const char *name, const char *command)
{
    ctl_error(ctx, "%s %s is used by %s %s: remove that first, with "
              "\"sdsa-ctl %s %s\"", what, ctx->argv[1], user, name,
              command, name);
}

/* Returns true, after ctl_error(), if anything refers to 'br'. */
static bool
bridge_in_use(struct ctl_context *ctx, const struct sdsa_bridge *br)
{
    const struct sdsa_link *link = find_link(ctx, br, NULL);
    const struct port_user user = find_user(ctx, br, NULL);
    if (link) {
        char *command = xasprintf("link-del %s", br->name);
        refuse_use(ctx, "bridge", "the link at",
                   link->bridge_a == br ? link->port_a : link->port_b,
                   command);
        free(command);
    } else if (user.kind) {
        refuse_use(ctx, "bridge", user.kind, user.name, user.command);
    }
    return link || user.kind;
}

static void
cmd_bridge_del(struct ctl_context *ctx)
{
    const struct sdsa_bridge *br = ctl_get_bridge(ctx, ctx->argv[1]);
    if (br && !bridge_in_use(ctx, br)) {
        sdsa_bridge_delete(br);
    }
}

/* Links. */

static void
cmd_link_add(struct ctl_context *ctx)
{
    const struct sdsa_bridge *a = ctl_get_bridge(ctx, ctx->argv[1]);
    const char *port_a = ctx->argv[2];
    const struct sdsa_bridge *b = a ? ctl_get_bridge(ctx, ctx->argv[3]) : NULL;
    const char *port_b = ctx->argv[4];
    int64_t mtu;
    size_t n_mtu;
    if (!a || !b || !get_mtu(ctx, &mtu, &n_mtu)) {
        return;
    }
    if (a == b) {
        ctl_error(ctx, "a link connects two bridges, not %s with itself",
                  a->name);
        return;
    }
    const struct sdsa_link *old = find_link(ctx, a, port_a);
    if (ctl_has_option(ctx, "--may-exist") && old
        && old == find_link(ctx, b, port_b)
        && same_mtu(old->mtu, n_mtu, mtu)) {
        return;
    }
    if (check_port(ctx, a, port_a) && check_port(ctx, b, port_b)) {
        const struct sdsa_link *link = sdsa_link_insert(ctx->txn);
        sdsa_link_set_bridge_a(link, a);
        sdsa_link_set_port_a(link, port_a);
        sdsa_link_set_bridge_b(link, b);
        sdsa_link_set_port_b(link, port_b);
        sdsa_link_set_mtu(link, &mtu, n_mtu);
    }
}

static void
cmd_link_del(struct ctl_context *ctx)
{
    const struct sdsa_bridge *br = ctl_get_bridge(ctx, ctx->argv[1]);
    if (!br) {
        return;
    }
    const struct sdsa_link *link = find_link(ctx, br, ctx->argv[2]);
    if (link) {
        sdsa_link_delete(link);
    } else if (!ctl_has_option(ctx, "--if-exists")) {
        ctl_error(ctx, "no link at port %s of bridge %s (see \"sdsa-ctl "
                  "link-list\")", ctx->argv[2], br->name);
    }
}

/* Endpoints. */

/* Puts the addresses from argv[5] on into 'ips', in the one spelling that each
 * has.  Returns false after ctl_error(). */
static bool
get_ips(struct ctl_context *ctx, struct sset *ips)
{
    for (int i = 5; i < ctx->argc; i++) {
        struct in6_addr ip;
        if (!ctl_accepts(ctx, name_parse_ip(ctx->argv[i], &ip))) {
            return false;
        }
        sset_add_and_free(ips, address_format(&ip));
    }
    return true;
}

/* Returns true if 'row' has the addresses 'ips' and no others. */
static bool
same_ips(const struct sdsa_endpoint *row, const struct sset *ips)
{
    struct sset old = SSET_INITIALIZER(&old);
    sset_add_array(&old, row->ips, row->n_ips);
    bool same = sset_equals(&old, ips);
    sset_destroy(&old);
    return same;
}

static void
add_endpoint(struct ctl_context *ctx, const struct sdsa_bridge *br,
             const char *mac, const struct sset *ips, const int64_t *mtu,
             size_t n_mtu)
{
    const char *name = ctx->argv[1];
    const char *port = ctx->argv[3];
    const struct sdsa_endpoint *row = ctl_find_endpoint(ctx->idl, name);
    if (ctl_exists_already(ctx, "endpoint", row,
                           row && row->bridge == br && !strcmp(row->port, port)
                           && !strcmp(row->mac, mac) && same_ips(row, ips)
                           && same_mtu(row->mtu, n_mtu, *mtu))
        || !check_port(ctx, br, port)) {
        return;
    }
    const char **array = sset_array(ips);
    row = sdsa_endpoint_insert(ctx->txn);
    sdsa_endpoint_set_name(row, name);
    sdsa_endpoint_set_bridge(row, br);
    sdsa_endpoint_set_port(row, port);
    sdsa_endpoint_set_mac(row, mac);
    sdsa_endpoint_set_ips(row, array, sset_count(ips));
    sdsa_endpoint_set_mtu(row, mtu, n_mtu);
    free(array);
}

static void
cmd_endpoint_add(struct ctl_context *ctx)
{
    char mac[18];
    int64_t mtu;
    size_t n_mtu;
    if (!ctl_accepts(ctx, name_check("endpoint", ctx->argv[1]))
        || !get_mtu(ctx, &mtu, &n_mtu)) {
        return;
    }
    const struct sdsa_bridge *br = ctl_get_bridge(ctx, ctx->argv[2]);
    struct sset ips = SSET_INITIALIZER(&ips);
    if (br && check_mac(ctx, ctx->argv[4], mac) && get_ips(ctx, &ips)) {
        add_endpoint(ctx, br, mac, &ips, &mtu, n_mtu);
    }
    sset_destroy(&ips);
}

static void
cmd_endpoint_del(struct ctl_context *ctx)
{
    const char *name = ctx->argv[1];
    const struct sdsa_endpoint *row = ctl_get_endpoint(ctx, name);
    if (!row || !check_declared_by(ctx, "endpoint", row->declared_by,
                                   "sdsa-endpoint")) {
        return;
    }
    const struct sdsa_chain *chain;
    SDSA_CHAIN_FOR_EACH (chain, ctx->idl) {
        if (chain->src == row || chain->dst == row) {
            refuse_use(ctx, "endpoint", "chain", chain->name, "chain-del");
            return;
        }
    }
    sdsa_endpoint_delete(row);
}

static void
cmd_endpoint_move(struct ctl_context *ctx)
{
    const struct sdsa_endpoint *row = ctl_get_endpoint(ctx, ctx->argv[1]);
    const char *to = (row ? get_move_to(ctx, "endpoint", row->bridge,
                                        row->declared_by) : NULL);
    if (to) {
        sdsa_endpoint_set_move_to(row, to);
    }
}

/* Service functions. */

/* Values of "correlation=", "mac=" and "group=" of sf-add. */
struct sf_settings {
    const char *correlation;    /* As the database has it. */
    enum sf_correlation kind;   /* The same. */
    char mac[18];               /* "" if none is given. */
    const char *group;          /* "" if none is given. */
};

/* Parses the settings, argv[5] and on.  Returns false after ctl_error(). */
static bool
parse_sf_settings(struct ctl_context *ctx, struct sf_settings *s)
{
    *s = (struct sf_settings) { .correlation = "none", .group = "" };
    for (int i = 5; i < ctx->argc; i++) {
        const char *arg = ctx->argv[i];
        if (!strncmp(arg, "correlation=", 12)) {
            s->correlation = arg + 12;
        } else if (!strncmp(arg, "mac=", 4)) {
            if (!check_mac(ctx, arg + 4, s->mac)) {
                return false;
            }
        } else if (!strncmp(arg, "group=", 6)) {
            s->group = arg + 6;
            if (!ctl_accepts(ctx, name_check("group", s->group))) {
                return false;
            }
        } else {
            ctl_error(ctx, "\"%s\": write correlation=none|vlan|mac|nsh, "
                      "mac=MAC or group=NAME", arg);
            return false;
        }
    }
    if (!sf_correlation_from_string(s->correlation, &s->kind)) {
        ctl_error(ctx, "there is no correlation \"%s\": use none, vlan, mac "
                  "or nsh", s->correlation);
        return false;
    }
    return true;
}

static void
cmd_sf_add(struct ctl_context *ctx)
{
    const char *name = ctx->argv[1];
    struct sf_settings s;
    int64_t mtu;
    size_t n_mtu;
    if (!ctl_accepts(ctx, name_check("function", name))
        || !get_mtu(ctx, &mtu, &n_mtu)) {
        return;
    }
    const struct sdsa_bridge *br = ctl_get_bridge(ctx, ctx->argv[2]);
    if (!br || !parse_sf_settings(ctx, &s)) {
        return;
    }
    const struct sdsa_service_function *row = ctl_find_sf(ctx->idl, name);
    if (ctl_exists_already(ctx, "function", row,
                           row && row->bridge == br
                           && !strcmp(row->in_port, ctx->argv[3])
                           && !strcmp(row->out_port, ctx->argv[4])
                           && !strcmp(row->correlation, s.correlation)
                           && !strcmp(row->mac ? row->mac : "", s.mac)
                           && !strcmp(row->group, s.group)
                           && same_mtu(row->mtu, n_mtu, mtu))
        || !(s.kind == SF_NSH && !strcmp(ctx->argv[3], ctx->argv[4])
             ? check_port(ctx, br, ctx->argv[3])
             : check_two_ports(ctx, br, ctx->argv[3], ctx->argv[4]))) {
        return;
    }
    row = sdsa_service_function_insert(ctx->txn);
    sdsa_service_function_set_name(row, name);
    sdsa_service_function_set_bridge(row, br);
    sdsa_service_function_set_in_port(row, ctx->argv[3]);
    sdsa_service_function_set_out_port(row, ctx->argv[4]);
    sdsa_service_function_set_correlation(row, s.correlation);
    sdsa_service_function_set_group(row, s.group);
    if (s.mac[0]) {
        sdsa_service_function_set_mac(row, s.mac);
    }
    sdsa_service_function_set_mtu(row, &mtu, n_mtu);
}

static void
cmd_sf_del(struct ctl_context *ctx)
{
    const char *name = ctx->argv[1];
    const struct sdsa_service_function *row = ctl_get_sf(ctx, name);
    if (!row || !check_declared_by(ctx, "function", row->declared_by,
                                   "sdsa-sf")) {
        return;
    }
    const struct sdsa_chain *chain;
    SDSA_CHAIN_FOR_EACH (chain, ctx->idl) {
        if (ctl_chain_has_sf(chain, row)) {
            refuse_use(ctx, "function", "chain", chain->name, "chain-del");
            return;
        }
    }
    const struct sdsa_path *path;
    SDSA_PATH_FOR_EACH (path, ctx->idl) {
        for (size_t i = 0; i < path->n_sfs; i++) {
            if (!strcmp(path->value_sfs[i], name)) {
                ctl_error(ctx, "function %s stands in for another one in "
                          "chain %s: move the chain first, with \"sdsa-ctl "
                          "--wait=applied chain-reroute %s\" or \"sdsa-ctl "
                          "sf-down %s\"", name, path->chain, path->chain,
                          name);
                return;
            }
        }
    }
    sdsa_service_function_delete(row);
}

static void
cmd_sf_move(struct ctl_context *ctx)
{
    const struct sdsa_service_function *row = ctl_get_sf(ctx, ctx->argv[1]);
    const char *to = (row ? get_move_to(ctx, "function", row->bridge,
                                        row->declared_by) : NULL);
    if (to) {
        sdsa_service_function_set_move_to(row, to);
    }
}

/* sf-down and sf-up. */
static void
cmd_sf_down(struct ctl_context *ctx)
{
    const struct sdsa_service_function *row = ctl_get_sf(ctx, ctx->argv[1]);
    if (row) {
        sdsa_service_function_set_down(row,
                                       !strcmp(ctx->argv[0], "sf-down"));
    }
}

/* Gateways. */

/* Checks that no gateway is one like 'vnf_id', whose address and URL are 'ip'
 * and 'url', or empty.  Returns false after ctl_error(). */
static bool
check_gateway_is_new(struct ctl_context *ctx, const char *vnf_id,
                     const char *ip, const char *url)
{
    const struct sdsa_gateway *row;
    SDSA_GATEWAY_FOR_EACH (row, ctx->idl) {
        const char *what = (ip[0] && !strcmp(row->cipher_ip, ip)
                            ? "cipher address"
                            : url[0] && !strcmp(row->url, url) ? "URL"
                            : !strcasecmp(row->vnf_id, vnf_id)
                            ? "name, but for capitals" : NULL);
        if (what) {
            ctl_error(ctx, "gateway %s has that %s already: each needs its "
                      "own", row->vnf_id, what);
            return false;
        }
    }
    return true;
}

static void
add_gateway(struct ctl_context *ctx, const struct sdsa_bridge *br,
            const char *ip, const char *url)
{
    const char *vnf_id = ctx->argv[1];
    const struct sdsa_gateway *row = ctl_find_gateway(ctx->idl, vnf_id);
    if (ctl_exists_already(ctx, "gateway", row,
                           row && row->bridge == br
                           && !strcmp(row->plain_port, ctx->argv[3])
                           && !strcmp(row->cipher_port, ctx->argv[4])
                           && !strcmp(row->cipher_ip, ip)
                           && !strcmp(row->url, url))
        || !check_two_ports(ctx, br, ctx->argv[3], ctx->argv[4])
        || !check_gateway_is_new(ctx, vnf_id, ip, url)) {
        return;
    }
    row = sdsa_gateway_insert(ctx->txn);
    sdsa_gateway_set_vnf_id(row, vnf_id);
    sdsa_gateway_set_bridge(row, br);
    sdsa_gateway_set_plain_port(row, ctx->argv[3]);
    sdsa_gateway_set_cipher_port(row, ctx->argv[4]);
    sdsa_gateway_set_cipher_ip(row, ip);
    sdsa_gateway_set_url(row, url);
}

static void
cmd_gw_add(struct ctl_context *ctx)
{
    struct in6_addr addr = in6addr_any;
    char *url = NULL;
    if (!ctl_accepts(ctx, name_check_vnf_id(ctx->argv[1]))) {
        return;
    }
    /* What is not there comes with the registration. */
    bool has_ip = ctx->argc > 5, has_url = ctx->argc > 6;
    const struct sdsa_bridge *br = ctl_get_bridge(ctx, ctx->argv[2]);
    if (br
        && (!has_ip || ctl_accepts(ctx, name_parse_ip(ctx->argv[5], &addr)))
        && (!has_url
            || ctl_accepts(ctx, name_parse_url(ctx->argv[6], &url)))) {
        char *ip = has_ip ? address_format(&addr) : xstrdup("");
        add_gateway(ctx, br, ip, url ? url : "");
        free(ip);
        free(url);
    }
}

static void
cmd_gw_move(struct ctl_context *ctx)
{
    const struct sdsa_gateway *row = ctl_get_gateway(ctx, ctx->argv[1]);
    const char *to = (row ? get_move_to(ctx, "gateway", row->bridge,
                                        row->declared_by) : NULL);
    if (to) {
        sdsa_gateway_set_move_to(row, to);
    }
}

/* gw-quarantine and gw-unquarantine. */
static void
cmd_gw_quarantine(struct ctl_context *ctx)
{
    const struct sdsa_gateway *row = ctl_get_gateway(ctx, ctx->argv[1]);
    const struct sdsa_vnf *vnf;
    SDSA_VNF_FOR_EACH (vnf, ctx->idl) {
        if (row && !strcasecmp(vnf->name, row->vnf_id) && !row->quarantined) {
            ctl_error(ctx, "gateway %s is a VNF that registers: use \"vnf-%s\""
                      ", so that it gets no certificate either", row->vnf_id,
                      ctx->argv[0] + strlen("gw-"));
            return;
        }
    }
    if (row) {
        sdsa_gateway_set_quarantined(row, !strcmp(ctx->argv[0],
                                                  "gw-quarantine"));
    }
}

/* gw-drain and gw-undrain. */
static void
cmd_gw_drain(struct ctl_context *ctx)
{
    const struct sdsa_gateway *row = ctl_get_gateway(ctx, ctx->argv[1]);
    if (row) {
        sdsa_gateway_set_draining(row, !strcmp(ctx->argv[0], "gw-drain"));
    }
}

static void
cmd_gw_del(struct ctl_context *ctx)
{
    const char *vnf_id = ctx->argv[1];
    const struct sdsa_gateway *row = ctl_get_gateway(ctx, vnf_id);
    if (!row || !check_declared_by(ctx, "gateway", row->declared_by,
                                   "sdsa-gateway")) {
        return;
    }
    const struct sdsa_path *path;
    SDSA_PATH_FOR_EACH (path, ctx->idl) {
        for (size_t i = 0; i < path->n_hops; i++) {
            if (!strcmp(path->hops[i]->sender, vnf_id)
                || !strcmp(path->hops[i]->receiver, vnf_id)) {
                refuse_use(ctx, "gateway", "chain", path->chain,
                           "--wait=applied chain-del");
                return;
            }
        }
    }
    sdsa_gateway_delete(row);
}

#define ADD "--may-exist"
#define DEL "--if-exists"

const struct ctl_command_syntax sdsa_ctl_edit_commands[] = {
    /* Any transaction that may write makes the SDSA_Global row. */
    {"init", 0, 0, "\tinitialize the database, if not yet", NULL, NULL, NULL,
     "", RW},
    {"bridge-add", 2, 2, "NAME DATAPATH-ID", NULL, cmd_bridge_add, NULL,
     ADD ",--ovsdb=,--switch-certificate=", RW},
    {"bridge-set-certificate", 1, 2,
     "NAME [CERTIFICATE]\tonly a switch with that certificate is the bridge",
     NULL, cmd_bridge_set_certificate, NULL, "", RW},
    {"bridge-set-ovsdb", 2, 2, "NAME TARGET", NULL, cmd_bridge_set_ovsdb, NULL,
     "", RW},
    {"bridge-set-groups", 1, INT_MAX,
     "NAME [GROUP]...\tgroups for what its switch declares", NULL,
     cmd_bridge_set_groups, NULL, "", RW},
    {"bridge-del", 1, 1, "NAME", NULL, cmd_bridge_del, NULL, DEL, RW},
    {"link-add", 4, 4, "BRIDGE PORT BRIDGE PORT", NULL, cmd_link_add, NULL,
     ADD ",--mtu=", RW},
    {"link-del", 2, 2, "BRIDGE PORT", NULL, cmd_link_del, NULL, DEL, RW},
    {"endpoint-add", 5, INT_MAX, "NAME BRIDGE PORT MAC IP...", NULL,
     cmd_endpoint_add, NULL, ADD ",--mtu=", RW},
    {"endpoint-del", 1, 1, "NAME", NULL, cmd_endpoint_del, NULL, DEL, RW},
    {"endpoint-move", 2, 2, "NAME BRIDGE\tif ovs-vsctl declares it there",
     NULL, cmd_endpoint_move, NULL, "", RW},
    {"sf-add", 4, 7, "NAME BRIDGE IN-PORT OUT-PORT "
     "[correlation=none|vlan|mac|nsh] [mac=MAC] [group=NAME]", NULL,
     cmd_sf_add, NULL, ADD ",--mtu=", RW},
    {"sf-del", 1, 1, "NAME", NULL, cmd_sf_del, NULL, DEL, RW},
    {"sf-move", 2, 2, "NAME BRIDGE\tif ovs-vsctl declares it there", NULL,
     cmd_sf_move, NULL, "", RW},
    {"sf-down", 1, 1, "NAME\tmove every chain to others of its group", NULL,
     cmd_sf_down, NULL, "", RW},
    {"sf-up", 1, 1, "NAME\tuse it again", NULL, cmd_sf_down, NULL, "", RW},
    {"gw-add", 4, 6, "VNF-ID BRIDGE PLAIN-PORT CIPHER-PORT [CIPHER-IP [URL]]",
     NULL, cmd_gw_add, NULL, ADD, RW},
    {"gw-del", 1, 1, "VNF-ID", NULL, cmd_gw_del, NULL, DEL, RW},
    {"gw-move", 2, 2, "VNF-ID BRIDGE\tif ovs-vsctl declares it there", NULL,
     cmd_gw_move, NULL, "", RW},
    {"gw-drain", 1, 1, "VNF-ID\tmove every chain off it, and keep it free",
     NULL, cmd_gw_drain, NULL, "", RW},
    {"gw-quarantine", 1, 1, "VNF-ID\tput it out at once, and keep it out",
     NULL, cmd_gw_quarantine, NULL, "", RW},
    {"gw-unquarantine", 1, 1, "VNF-ID", NULL, cmd_gw_quarantine, NULL, "",
     RW},
    {"gw-undrain", 1, 1, "VNF-ID\tuse it again", NULL, cmd_gw_drain, NULL,
     "", RW},
    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO},
};
