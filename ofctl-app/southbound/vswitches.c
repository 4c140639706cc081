/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/southbound/vswitches.h"

#include "lib/bounds.h"
#include "lib/name.h"
#include "lib/sdsa-idl.h"
#include "lib/vswitch-idl.h"
#include "ofctl-app/model/inventory.h"
#include "ofctl-app/southbound/bridges.h"
#include "ofctl-app/southbound/vswitch-session.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "packets.h"
#include "simap.h"
#include "smap.h"
#include "sset.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(vswitches);

#define DECLARED_BY "ovs-vsctl"

struct vswitches {
    struct shash sessions;      /* Of struct vswitch_session, by target. */
    unsigned int seqno;         /* See vswitches_seqno(). */
    struct shash mtus;          /* Of struct simap, by bridge: MTUs by port of
                                 * the bridges whose databases are fresh, as
                                 * their rows are to keep them. */
};

struct vswitches *
vswitches_create(void)
{
    struct vswitches *vs = xzalloc(sizeof *vs);
    shash_init(&vs->sessions);
    shash_init(&vs->mtus);
    return vs;
}

static void
forget_mtus(struct vswitches *vs)
{
    struct shash_node *node;
    SHASH_FOR_EACH (node, &vs->mtus) {
        simap_destroy(node->data);
    }
    shash_clear_free_data(&vs->mtus);
}

void
vswitches_destroy(struct vswitches *vs)
{
    if (vs) {
        struct shash_node *node;
        SHASH_FOR_EACH (node, &vs->sessions) {
            vswitch_session_destroy(node->data);
        }
        shash_destroy(&vs->sessions);
        forget_mtus(vs);
        shash_destroy(&vs->mtus);
        free(vs);
    }
}

void
vswitches_run(struct vswitches *vs, const struct ovsdb_idl *idl)
{
    struct sset targets = SSET_INITIALIZER(&targets);
    const struct sdsa_bridge *row;
    SDSA_BRIDGE_FOR_EACH (row, idl) {
        if (row->ovsdb[0]) {
            sset_add(&targets, row->ovsdb);
            if (!shash_find(&vs->sessions, row->ovsdb)) {
                char *error = name_check_ovsdb(row->ovsdb);
                if (!error) {   /* Else the bridge is shown with it. */
                    shash_add(&vs->sessions, row->ovsdb,
                              vswitch_session_create(row->ovsdb));
                }
                free(error);
            }
        }
    }
    struct shash_node *node;
    SHASH_FOR_EACH_SAFE (node, &vs->sessions) {
        struct vswitch_session *session = node->data;
        if (!sset_contains(&targets, node->name)) {
            vswitch_session_destroy(session);
            shash_delete(&vs->sessions, node);
            vs->seqno++;
        } else {
            vs->seqno += vswitch_session_run(session);
        }
    }
    sset_destroy(&targets);
}

void
vswitches_wait(struct vswitches *vs)
{
    struct shash_node *node;
    SHASH_FOR_EACH (node, &vs->sessions) {
        vswitch_session_wait(node->data);
    }
}

unsigned int
vswitches_seqno(const struct vswitches *vs)
{
    return vs->seqno;
}

static const struct vswitch_session *
find_session(const struct vswitches *vs, const struct sdsa_bridge *row)
{
    return shash_find_data(&vs->sessions, row->ovsdb);
}

static uint64_t
row_id(const struct sdsa_bridge *row)
{
    uint64_t id;
    free(name_parse_datapath_id(row->datapath_id, row->name, &id));
    return id;
}

/* Returns the switch's row of the bridge, or NULL if it is not known (yet). */
static const struct ovsrec_bridge *
find_bridge(const struct vswitches *vs, const struct sdsa_bridge *row)
{
    const struct vswitch_session *session = find_session(vs, row);
    return session ? vswitch_session_bridge(session, row_id(row)) : NULL;
}

char *
vswitches_doubt(const struct vswitches *vs, const struct sdsa_bridge *row)
{
    const struct vswitch_session *session = find_session(vs, row);
    return session ? vswitch_session_doubt(session, row_id(row)) : NULL;
}

/* True if the declarations at this bridge are known. */
static bool
is_known(const struct vswitches *vs, const struct sdsa_bridge *row)
{
    return !row->ovsdb[0] || find_bridge(vs, row);
}

#define INTERFACE_FOR_EACH(IFACE, BR)                                   \
    for (size_t i__ = 0; i__ < (BR)->n_ports; i__++)                    \
        for (size_t j__ = 0;                                            \
             (j__ < (BR)->ports[i__]->n_interfaces                      \
              && ((IFACE) = (BR)->ports[i__]->interfaces[j__], true));  \
             j__++)

/* Returns the MTU of the interface, in octets of an IP packet, or 0 if it has
 * none. */
static unsigned int
interface_mtu(const struct ovsrec_interface *iface)
{
    return iface->n_mtu ? MIN(MAX(iface->mtu[0], 0), UINT16_MAX) : 0;
}

/* An MTU stays what it was told to be; STP decides anew every few seconds, so
 * that nobody knows its decision while the database is not 'fresh'. */
static void
tell_port(const struct ovsrec_port *port, const struct inv_bridge *bridge,
          bool fresh, struct inventory *inv)
{
    const char *blocked = fresh ? vswitch_port_blocked(port) : NULL;
    char *fault = blocked ? xasprintf("is blocked by STP (%s)", blocked)
                          : NULL;
    for (size_t i = 0; i < port->n_interfaces; i++) {
        const struct ovsrec_interface *iface = port->interfaces[i];
        inventory_tell_port_mtu(inv, bridge, iface->name,
                                interface_mtu(iface));
        if (fault) {
            inventory_tell_port_fault(inv, bridge, iface->name, fault);
        }
    }
    free(fault);
}

static void
add_port_name(const struct inv_bridge *bridge, const char *port, void *names)
{
    sset_add_and_free(names, xasprintf("%s %s", bridge->name, port));
}

/* Takes note of the MTUs of those ports of 'br', the bridge of 'row', that are
 * among 'names', as "BRIDGE PORT". */
static void
note_mtus(struct vswitches *vs, const struct sdsa_bridge *row,
          const struct ovsrec_bridge *br, const struct sset *names)
{
    struct simap *mtus = xmalloc(sizeof *mtus);
    const struct ovsrec_interface *iface;
    simap_init(mtus);
    INTERFACE_FOR_EACH (iface, br) {
        char *name = xasprintf("%s %s", row->name, iface->name);
        if (interface_mtu(iface) && sset_contains(names, name)) {
            simap_put(mtus, iface->name, interface_mtu(iface));
        }
        free(name);
    }
    shash_add_once(&vs->mtus, row->name, mtus);
}

void
vswitches_tell_ports(struct vswitches *vs, const struct ovsdb_idl *idl,
                     struct inventory *inv)
{
    struct sset names = SSET_INITIALIZER(&names);
    inventory_for_each_port(inv, add_port_name, &names);
    forget_mtus(vs);
    const struct sdsa_bridge *row;
    SDSA_BRIDGE_FOR_EACH (row, idl) {
        const struct vswitch_session *session = find_session(vs, row);
        const struct ovsrec_bridge *br = find_bridge(vs, row);
        const struct inv_bridge *bridge = inventory_bridge(inv, row->name);
        for (size_t i = 0; br && bridge && i < br->n_ports; i++) {
            tell_port(br->ports[i], bridge, vswitch_session_is_fresh(session),
                      inv);
        }
        if (br && vswitch_session_is_fresh(session)) {
            note_mtus(vs, row, br, &names);
        }
    }
    sset_destroy(&names);
}

/* Tells 'bridge' the numbers of the ports of 'br' (NULL: none) with long
 * names. */
static void
tell_names(struct bridge *bridge, const struct ovsrec_bridge *br,
           unsigned int version)
{
    struct simap names = SIMAP_INITIALIZER(&names);
    const struct ovsrec_interface *iface;
    if (br) {
        INTERFACE_FOR_EACH (iface, br) {
            if (!name_is_shown_whole(iface->name) && iface->n_ofport
                && iface->ofport[0] > 0) {
                simap_put(&names, iface->name, iface->ofport[0]);
            }
        }
    }
    bridge_tell_names(bridge, &names, version);
    simap_destroy(&names);
}

void
vswitches_tell_names(const struct vswitches *vs, const struct ovsdb_idl *idl,
                     const struct bridges *bridges)
{
    const struct sdsa_bridge *row;
    SDSA_BRIDGE_FOR_EACH (row, idl) {
        struct bridge *bridge = bridges_find(bridges, row->name);
        const struct vswitch_session *session = find_session(vs, row);
        unsigned int version = 1;
        if (!bridge) {
            continue;
        }
        if (session) {
            if (!vswitch_session_is_fresh(session)) {
                bridge_lose_names(bridge, "the database of its switch cannot "
                                  "be reached");
                continue;
            }
            version = vswitch_session_version(session);
        }
        if (bridge_names_version(bridge) != version) {
            const struct ovsrec_bridge *br = find_bridge(vs, row);
            if (session && !br) {
                bridge_lose_names(bridge, "the database of its switch has no "
                                  "bridge with its datapath id");
            } else {
                tell_names(bridge, br, version);
            }
        }
    }
}

/* Declarations. */

enum declared_kind { ENDPOINT, SF, GATEWAY, N_KINDS };

/* The external_ids of each kind. */
static const struct {
    const char *what;           /* The kind, for people. */
    const char *key;            /* Key of the name. */
    const char *side_key;       /* Key of the port's side, or NULL: there is
                                 * one port. */
    const char *sides[2];       /* Values of 'side_key'. */
    const char *both;           /* The value for both sides, or NULL. */
    const char *attributes[3];  /* Other keys. */
} kinds[N_KINDS] = {
    [ENDPOINT] = { "endpoint", "sdsa-endpoint", NULL, { NULL, NULL }, NULL,
                   { "attached-mac", "sdsa-ips" } },
    [SF] = { "function", "sdsa-sf", "sdsa-sf-side", { "in", "out" }, "both",
             { "sdsa-sf-correlation", "sdsa-sf-mac", "sdsa-sf-group" } },
    [GATEWAY] = { "gateway", "sdsa-gateway", "sdsa-gateway-side",
                  { "plain", "cipher" }, NULL,
                  { "sdsa-gateway-ip", "sdsa-gateway-url" } },
};

struct declared {
    enum declared_kind kind;
    char *name;
    const struct sdsa_bridge *bridge;
    char *ports[2];             /* By side, or NULL. */
    char *attributes[3];        /* As in 'kinds', or NULL. */
    char *error;                /* Why it makes no row, or NULL. */
};

struct declarations {
    struct shash all;           /* Of struct declared, by "KIND NAME". */
    size_t n_here, n_left_out;  /* Of the bridge that is read: things in 'all',
                                 * and ports that declare more than these. */
    struct shash errors;        /* Of struct ds, by bridge name. */
};

/* Sets the error of 'd'; the first one stays. */
static void OVS_PRINTF_FORMAT(2, 3)
set_error(struct declared *d, const char *format, ...)
{
    if (!d->error) {
        va_list args;
        va_start(args, format);
        d->error = xvasprintf(format, args);
        va_end(args);
    }
}

/* Returns the declaration of that kind and name, which is made if need be, or
 * NULL if the bridge has too many. */
static struct declared *
get_declared(struct declarations *ds, enum declared_kind kind,
             const char *name, const struct sdsa_bridge *bridge)
{
    char *key = xasprintf("%d %s", kind, name);
    struct declared *d = shash_find_data(&ds->all, key);
    if (!d && ds->n_here >= BOUNDS_DECLARED) {
        ds->n_left_out++;
    } else if (!d) {
        ds->n_here++;
        d = xzalloc(sizeof *d);
        d->kind = kind;
        d->name = xstrdup(name);
        d->bridge = bridge;
        shash_add(&ds->all, key, d);
    } else if (d->bridge != bridge) {
        set_error(d, "it is declared at bridges %s and %s", d->bridge->name,
                  bridge->name);
    }
    free(key);
    return d;
}

static void
add_port(struct declared *d, int side, const char *port)
{
    if (d->ports[side]) {
        set_error(d, "both %s and %s declare it", d->ports[side], port);
    } else {
        d->ports[side] = xstrdup(port);
    }
}

/* Adds what 'iface' declares of 'kind' at 'bridge', if anything. */
static void
parse_interface(struct declarations *ds, enum declared_kind kind,
                const struct ovsrec_interface *iface,
                const struct sdsa_bridge *bridge)
{
    const struct smap *ids = &iface->external_ids;
    const char *name = smap_get(ids, kinds[kind].key);
    if (!name || !name[0]) {
        return;
    }
    struct declared *d = get_declared(ds, kind, name, bridge);
    if (!d) {
        return;
    }
    const char *side = (kinds[kind].side_key
                        ? smap_get_def(ids, kinds[kind].side_key, "") : NULL);
    bool both = side && kinds[kind].both && !strcmp(side, kinds[kind].both);
    if (!side || both || !strcmp(side, kinds[kind].sides[0])) {
        add_port(d, 0, iface->name);
    }
    if (both || (side && !strcmp(side, kinds[kind].sides[1]))) {
        add_port(d, 1, iface->name);
    }
    for (int i = 0; i < 3 && kinds[kind].attributes[i]; i++) {
        const char *key = kinds[kind].attributes[i];
        const char *value = smap_get(ids, key);
        if (value && d->attributes[i] && strcmp(value, d->attributes[i])) {
            set_error(d, "its two ports have different %s", key);
        } else if (value && !d->attributes[i]) {
            d->attributes[i] = xstrdup(value);
        }
    }
}

/* Sets the error of 'd' to 'error' unless that is NULL.  Takes ownership of
 * it. */
static void
take_error(struct declared *d, char *error)
{
    if (error) {
        set_error(d, "%s", error);
        free(error);
    }
}

/* Checks attribute 'i' of 'd', a MAC address, and puts its one spelling in its
 * place. */
static void
check_mac(struct declared *d, int i)
{
    struct eth_addr mac;
    char *error = name_parse_mac(d->attributes[i], &mac);
    if (!error) {
        free(d->attributes[i]);
        d->attributes[i] = xasprintf(ETH_ADDR_FMT, ETH_ADDR_ARGS(mac));
    }
    take_error(d, error);
}

/* Does the same for IP addresses, at least one and, unless 'several', one
 * only. */
static void
check_ips(struct declared *d, int i, bool several)
{
    struct sset ips = SSET_INITIALIZER(&ips);
    struct ds text = DS_EMPTY_INITIALIZER;
    const char *ip;
    sset_from_delimited_string(&ips, d->attributes[i], several ? " ," : "");
    if (sset_is_empty(&ips)) {
        sset_add(&ips, "");
    } else if (sset_count(&ips) > BOUNDS_ENDPOINT_IPS) {
        set_error(d, "it has more than %d addresses", BOUNDS_ENDPOINT_IPS);
        sset_clear(&ips);
    }
    SSET_FOR_EACH (ip, &ips) {
        struct in6_addr addr;
        char *error = name_parse_ip(ip, &addr);
        if (!error) {
            ds_put_cstr(&text, text.length ? " " : "");
            ipv6_format_mapped(&addr, &text);
        }
        take_error(d, error);
    }
    sset_destroy(&ips);
    free(d->attributes[i]);
    d->attributes[i] = ds_steal_cstr(&text);
}

/* Sets the error of a declaration that cannot become a row, or puts what it
 * says into the spelling that rows have. */
static void
check_declared(struct declared *d)
{
    take_error(d, d->kind == GATEWAY ? name_check_vnf_id(d->name)
                  : name_check(kinds[d->kind].what, d->name));
    for (int i = 0; i < (d->kind == ENDPOINT ? 1 : 2); i++) {
        if (!d->ports[i]) {
            set_error(d, "no port has %s=%s", kinds[d->kind].side_key,
                      kinds[d->kind].sides[i]);
        } else {
            take_error(d, name_check_port(d->ports[i], d->bridge->name, true));
        }
    }
    if (d->kind != SF) {
        for (int i = 0; i < 2; i++) {
            if (!d->attributes[i]) {
                set_error(d, "no port has %s", kinds[d->kind].attributes[i]);
            }
        }
    }
    if (d->error) {
        return;
    }
    enum sf_correlation correlation;
    char *url;
    switch (d->kind) {
    case ENDPOINT:
        check_mac(d, 0);
        check_ips(d, 1, true);
        break;
    case SF:
        if (d->attributes[0]
            && !sf_correlation_from_string(d->attributes[0], &correlation)) {
            set_error(d, "sdsa-sf-correlation must be none, vlan, mac or "
                      "nsh");
        }
        if (d->attributes[1]) {
            check_mac(d, 1);
        }
        if (d->attributes[2] && d->attributes[2][0]) {
            take_error(d, name_check("group", d->attributes[2]));
        }
        break;
    case GATEWAY:
        check_ips(d, 0, false);
        take_error(d, name_parse_url(d->attributes[1], &url));
        if (url) {
            free(d->attributes[1]);
            d->attributes[1] = url;
        }
        break;
    case N_KINDS:
        OVS_NOT_REACHED();
    }
}

/* Appends 'error', of which it takes ownership, to those of 'bridge'. */
static void
add_bridge_error(struct declarations *ds, const struct sdsa_bridge *bridge,
                 char *error)
{
    const char more[] = "; and more";
    struct ds *text = shash_find_data(&ds->errors, bridge->name);
    if (!text) {
        text = xmalloc(sizeof *text);
        ds_init(text);
        shash_add(&ds->errors, bridge->name, text);
    }
    if (text->length + strlen(error) < BOUNDS_DECLARED_TEXT) {
        ds_put_format(text, "%s%s", text->length ? "; " : "", error);
    } else if (!strstr(ds_cstr(text), more)) {
        ds_put_cstr(text, more);
    }
    free(error);
}

/* Appends the error of 'd' to those of its bridge. */
static void
add_error(struct declarations *ds, const struct declared *d)
{
    char *bad = (d->kind == GATEWAY ? name_check_vnf_id(d->name)
                 : name_check(kinds[d->kind].what, d->name));
    add_bridge_error(ds, d->bridge, xasprintf("%s %s: %s", kinds[d->kind].what,
                                              bad ? "?" : d->name, d->error));
    free(bad);
}

static void
declarations_init(struct declarations *ds, const struct vswitches *vs,
                  const struct ovsdb_idl *idl)
{
    shash_init(&ds->all);
    shash_init(&ds->errors);
    const struct sdsa_bridge *row;
    SDSA_BRIDGE_FOR_EACH (row, idl) {
        const struct ovsrec_bridge *br = find_bridge(vs, row);
        const struct ovsrec_interface *iface;
        ds->n_here = ds->n_left_out = 0;
        if (br) {
            INTERFACE_FOR_EACH (iface, br) {
                for (int kind = 0; kind < N_KINDS; kind++) {
                    parse_interface(ds, kind, iface, row);
                }
            }
        }
        if (ds->n_left_out) {
            add_bridge_error(ds, row, xasprintf(
                "more than %d things are declared there: %"PRIuSIZE" ports "
                "count for nothing", BOUNDS_DECLARED, ds->n_left_out));
        }
    }
    const struct shash_node **sorted = shash_sort(&ds->all);
    for (size_t i = 0; i < shash_count(&ds->all); i++) {
        struct declared *d = sorted[i]->data;
        check_declared(d);
        if (d->error) {
            add_error(ds, d);
        }
    }
    free(sorted);
}

static void
declarations_destroy(struct declarations *ds)
{
    struct shash_node *node;
    SHASH_FOR_EACH (node, &ds->all) {
        struct declared *d = node->data;
        free(d->name);
        for (size_t i = 0; i < ARRAY_SIZE(d->ports); i++) {
            free(d->ports[i]);
        }
        for (size_t i = 0; i < ARRAY_SIZE(d->attributes); i++) {
            free(d->attributes[i]);
        }
        free(d->error);
    }
    shash_destroy_free_data(&ds->all);
    SHASH_FOR_EACH (node, &ds->errors) {
        ds_destroy(node->data);
    }
    shash_destroy_free_data(&ds->errors);
}

/* Returns the declaration of that kind and name if it has no error, or
 * NULL. */
static const struct declared *
find_declared(const struct declarations *ds, enum declared_kind kind,
              const char *name)
{
    char *key = xasprintf("%d %s", kind, name);
    const struct declared *d = shash_find_data(&ds->all, key);
    free(key);
    return d && !d->error ? d : NULL;
}

/* Rows. */

static void
write_endpoint(const struct sdsa_endpoint *row, const struct declared *d)
{
    struct sset ips = SSET_INITIALIZER(&ips);
    sset_from_delimited_string(&ips, d->attributes[1], " ,");
    const char **array = sset_array(&ips);
    sdsa_endpoint_set_bridge(row, d->bridge);
    sdsa_endpoint_set_port(row, d->ports[0]);
    sdsa_endpoint_set_mac(row, d->attributes[0]);
    sdsa_endpoint_set_ips(row, array, sset_count(&ips));
    free(array);
    sset_destroy(&ips);
}

static bool
endpoint_agrees(const struct sdsa_endpoint *row, const struct declared *d)
{
    struct sset ips = SSET_INITIALIZER(&ips), old = SSET_INITIALIZER(&old);
    sset_from_delimited_string(&ips, d->attributes[1], " ,");
    sset_add_array(&old, row->ips, row->n_ips);
    bool agrees = (row->bridge == d->bridge && !strcmp(row->port, d->ports[0])
                   && !strcmp(row->mac, d->attributes[0])
                   && sset_equals(&ips, &old));
    sset_destroy(&ips);
    sset_destroy(&old);
    return agrees;
}

static const char *
correlation_of(const struct declared *d)
{
    return d->attributes[0] ? d->attributes[0] : "none";
}

static const char *
group_of(const struct declared *d)
{
    return d->attributes[2] ? d->attributes[2] : "";
}

static void
write_sf(const struct sdsa_service_function *row, const struct declared *d)
{
    sdsa_service_function_set_bridge(row, d->bridge);
    sdsa_service_function_set_in_port(row, d->ports[0]);
    sdsa_service_function_set_out_port(row, d->ports[1]);
    sdsa_service_function_set_correlation(row, correlation_of(d));
    sdsa_service_function_set_mac(row, d->attributes[1]);
    sdsa_service_function_set_group(row, group_of(d));
}

static bool
sf_agrees(const struct sdsa_service_function *row, const struct declared *d)
{
    return (row->bridge == d->bridge && !strcmp(row->in_port, d->ports[0])
            && !strcmp(row->out_port, d->ports[1])
            && !strcmp(row->correlation, correlation_of(d))
            && nullable_string_is_equal(row->mac, d->attributes[1])
            && !strcmp(row->group, group_of(d)));
}

static void
write_gateway(const struct sdsa_gateway *row, const struct declared *d)
{
    sdsa_gateway_set_bridge(row, d->bridge);
    sdsa_gateway_set_plain_port(row, d->ports[0]);
    sdsa_gateway_set_cipher_port(row, d->ports[1]);
    sdsa_gateway_set_cipher_ip(row, d->attributes[0]);
    sdsa_gateway_set_url(row, d->attributes[1]);
}

static bool
gateway_agrees(const struct sdsa_gateway *row, const struct declared *d)
{
    return (row->bridge == d->bridge && !strcmp(row->plain_port, d->ports[0])
            && !strcmp(row->cipher_port, d->ports[1])
            && !strcmp(row->cipher_ip, d->attributes[0])
            && !strcmp(row->url, d->attributes[1]));
}

/* True if a chain or a path uses the row of that kind and name. */
static bool
is_used(const struct ovsdb_idl *idl, enum declared_kind kind,
        const char *name)
{
    const struct sdsa_chain *chain;
    SDSA_CHAIN_FOR_EACH (chain, idl) {
        if (kind == ENDPOINT && (!strcmp(chain->src->name, name)
                                 || !strcmp(chain->dst->name, name))) {
            return true;
        }
        for (size_t i = 0; kind == SF && i < chain->n_sfs; i++) {
            if (!strcmp(chain->value_sfs[i]->name, name)) {
                return true;
            }
        }
        for (size_t i = 0; kind == SF && i < chain->n_reverse_sfs; i++) {
            if (!strcmp(chain->value_reverse_sfs[i]->name, name)) {
                return true;
            }
        }
    }
    const struct sdsa_path *path;
    SDSA_PATH_FOR_EACH (path, idl) {
        for (size_t i = 0; kind == GATEWAY && i < path->n_hops; i++) {
            if (!strcmp(path->hops[i]->sender, name)
                || !strcmp(path->hops[i]->receiver, name)) {
                return true;
            }
        }
        for (size_t i = 0; kind == SF && i < path->n_sfs; i++) {
            if (!strcmp(path->value_sfs[i], name)) {
                return true;
            }
        }
    }
    return false;
}

/* A row that exists, as far as the three tables have the same columns. */
struct old_row {
    enum declared_kind kind;
    const char *name;
    const struct sdsa_bridge *bridge;
    const char *declared_by, *conflict;
};

enum row_action { ROW_KEEP, ROW_UPDATE, ROW_DELETE };

/* Decides about 'row', whose good declaration is 'd', or NULL; 'agrees' says
 * whether the two are equal.  Sets '*conflict' to the row's conflict, and logs
 * it if it is new. */
static enum row_action
decide_row(const struct vswitches *vs, const struct ovsdb_idl *idl,
           const struct old_row *row, const struct declared *d, bool agrees,
           const char **conflict)
{
    enum row_action action = ROW_KEEP;
    *conflict = "";
    if (strcmp(row->declared_by, DECLARED_BY)) {
        if (d && !agrees) {
            *conflict = "ovs-vsctl declares it otherwise: this is what counts";
        }
    } else if (d) {
        action = ROW_UPDATE;
    } else if (is_known(vs, row->bridge)) {
        if (is_used(idl, row->kind, row->name)) {
            *conflict = "ovs-vsctl declares it no more, but a chain needs it";
        } else {
            action = ROW_DELETE;
        }
    }
    if ((*conflict)[0] && strcmp(*conflict, row->conflict)) {
        VLOG_WARN("%s %s: %s", kinds[row->kind].what, row->name, *conflict);
    }
    return action;
}

/* Does the same for each table: keeps, updates or deletes the rows that exist,
 * and inserts those that are declared and do not exist. */
#define WRITE_KIND(KIND, STRUCT, FOR_EACH, NAME, AGREES, WRITE)             \
    do {                                                                    \
        struct sset there = SSET_INITIALIZER(&there);                       \
        const struct STRUCT *row;                                           \
        FOR_EACH (row, idl) {                                               \
            const struct declared *d = find_declared(&ds, KIND, row->NAME); \
            const struct old_row old = { KIND, row->NAME, row->bridge,      \
                                         row->declared_by, row->conflict }; \
            const char *conflict;                                           \
            sset_add(&there, row->NAME);                                    \
            switch (decide_row(vs, idl, &old, d, d && AGREES(row, d),       \
                               &conflict)) {                                \
            case ROW_UPDATE: WRITE(row, d); break;                          \
            case ROW_DELETE: STRUCT##_delete(row); continue;                \
            case ROW_KEEP: break;                                           \
            }                                                               \
            if (!conflict[0]) {                                             \
                conflict = inventory_bad(inv, kinds[KIND].what, row->NAME); \
            }                                                               \
            if (strcmp(conflict, row->conflict)) {                          \
                STRUCT##_set_conflict(row, conflict);                       \
            }                                                               \
        }                                                                   \
        struct shash_node *node;                                            \
        SHASH_FOR_EACH (node, &ds.all) {                                    \
            const struct declared *d = node->data;                          \
            if (d->kind == KIND && !d->error                                \
                && !sset_contains(&there, d->name)) {                       \
                row = STRUCT##_insert(ovsdb_idl_txn_get(                    \
                    &sdsa_sdsa_global_first(idl)->header_));                \
                STRUCT##_set_##NAME(row, d->name);                          \
                STRUCT##_set_declared_by(row, DECLARED_BY);                 \
                WRITE(row, d);                                              \
            }                                                               \
        }                                                                   \
        sset_destroy(&there);                                               \
    } while (0)

/* Keeps the MTUs in the rows of the bridges, so that a controller that starts
 * has them before it has read the databases.  What a database that is away has
 * told stays. */
static void
write_mtus(const struct vswitches *vs, const struct ovsdb_idl *idl)
{
    const struct sdsa_bridge *row;
    SDSA_BRIDGE_FOR_EACH (row, idl) {
        const struct simap *mtus = shash_find_data(&vs->mtus, row->name);
        if (!row->ovsdb[0] && row->n_mtus) {
            sdsa_bridge_set_mtus(row, NULL, NULL, 0);
        } else if (row->ovsdb[0] && mtus) {
            const struct simap_node **sorted = simap_sort(mtus);
            size_t n = simap_count(mtus);
            const char **ports = xcalloc(n, sizeof *ports);
            int64_t *values = xcalloc(n, sizeof *values);
            for (size_t i = 0; i < n; i++) {
                ports[i] = sorted[i]->name;
                values[i] = sorted[i]->data;
            }
            sdsa_bridge_set_mtus(row, ports, values, n);
            free(sorted);
            free(ports);
            free(values);
        }
    }
}

void
vswitches_write(const struct vswitches *vs, const struct ovsdb_idl *idl,
                const struct inventory *inv)
{
    struct declarations ds;
    if (!sdsa_sdsa_global_first(idl)) {
        return;
    }
    declarations_init(&ds, vs, idl);
    WRITE_KIND(ENDPOINT, sdsa_endpoint, SDSA_ENDPOINT_FOR_EACH_SAFE, name,
               endpoint_agrees, write_endpoint);
    WRITE_KIND(SF, sdsa_service_function, SDSA_SERVICE_FUNCTION_FOR_EACH_SAFE,
               name, sf_agrees, write_sf);
    WRITE_KIND(GATEWAY, sdsa_gateway, SDSA_GATEWAY_FOR_EACH_SAFE, vnf_id,
               gateway_agrees, write_gateway);

    const struct sdsa_bridge *br;
    SDSA_BRIDGE_FOR_EACH (br, idl) {
        const struct ds *text = shash_find_data(&ds.errors, br->name);
        const char *errors = text ? ds_cstr_ro(text) : "";
        if (strcmp(errors, br->declarations)) {
            if (errors[0]) {
                VLOG_WARN("bridge %s: declared with ovs-vsctl: %s", br->name,
                          errors);
            }
            sdsa_bridge_set_declarations(br, errors);
        }
    }
    declarations_destroy(&ds);
    write_mtus(vs, idl);
}
