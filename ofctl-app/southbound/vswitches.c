/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/southbound/vswitches.h"

#include "lib/bounds.h"
#include "lib/name.h"
#include "lib/sdsa-idl.h"
#include "lib/vswitch-idl.h"
#include "ofctl-app/model/inventory.h"
#include "ofctl-app/southbound/bridges.h"
#include "ofctl-app/southbound/vnf-places.h"
#include "ofctl-app/southbound/vswitch-session.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "packets.h"
#include "simap.h"
#include "smap.h"
#include "sset.h"
#include "svec.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(vswitches);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(60, 60);

#define DECLARED_BY "ovs-vsctl"
#define MAX_BRIDGES_SHOWN 3     /* That a conflict names. */

struct vswitches {
    struct shash sessions;      /* Of struct vswitch_session, by
                                 * session_key(). */
    unsigned int seqno;         /* See vswitches_seqno(). */
    struct shash mtus;          /* Of struct simap, by bridge: MTUs by port of
                                 * the bridges whose databases are fresh, as
                                 * their rows are to keep them. */
    struct simap refused;       /* See vswitches_n_refused(); by bridge. */
};

struct vswitches *
vswitches_create(void)
{
    struct vswitches *vs = xzalloc(sizeof *vs);
    shash_init(&vs->sessions);
    shash_init(&vs->mtus);
    simap_init(&vs->refused);
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
        simap_destroy(&vs->refused);
        free(vs);
    }
}

static bool
uses_tls(const struct sdsa_bridge *row)
{
    return !strncmp(row->ovsdb, "ssl:", 4) || strstr(row->ovsdb, ",ssl:");
}

/* True if nobody knows (yet) whose certificate the database must show. */
static bool
is_unbound(const struct sdsa_bridge *row)
{
    return uses_tls(row) && !row->certificate[0];
}

/* Bridges that name one database with two certificates have two sessions: one
 * of these cannot be.  Caller frees. */
static char *
session_key(const struct sdsa_bridge *row)
{
    return (uses_tls(row) ? xasprintf("%s %s", row->ovsdb, row->certificate)
            : xstrdup(row->ovsdb));
}

/* Opens the session of 'row' if it is not there and can be; else the bridge is
 * shown with the reason.  Returns its key (caller frees). */
static char *
need_session(struct vswitches *vs, const struct sdsa_bridge *row)
{
    char *key = session_key(row);
    if (!is_unbound(row) && !shash_find(&vs->sessions, key)) {
        char *error = name_check_ovsdb(row->ovsdb);
        if (!error) {
            shash_add(&vs->sessions, key,
                      vswitch_session_create(row->ovsdb, row->certificate));
        }
        free(error);
    }
    return key;
}

void
vswitches_run(struct vswitches *vs, const struct ovsdb_idl *idl)
{
    struct sset needed = SSET_INITIALIZER(&needed);
    const struct sdsa_bridge *row;
    SDSA_BRIDGE_FOR_EACH (row, idl) {
        if (row->ovsdb[0]) {
            char *key = need_session(vs, row);
            sset_add(&needed, key);
            free(key);
        }
    }
    struct shash_node *node;
    SHASH_FOR_EACH_SAFE (node, &vs->sessions) {
        struct vswitch_session *session = node->data;
        if (!sset_contains(&needed, node->name)) {
            vswitch_session_destroy(session);
            shash_delete(&vs->sessions, node);
            vs->seqno++;
        } else {
            vs->seqno += vswitch_session_run(session);
        }
    }
    sset_destroy(&needed);
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
    char *key = session_key(row);
    const struct vswitch_session *session = shash_find_data(&vs->sessions,
                                                            key);
    free(key);
    return session;
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
    return (session ? vswitch_session_doubt(session, row_id(row))
            : is_unbound(row)
            ? xstrdup("the database of its switch is not read before the "
                      "bridge is bound to a certificate, which that must "
                      "show: it is when it has connected with TLS, or with "
                      "\"sdsa-ctl bridge-set-certificate\"")
            : NULL);
}

unsigned int
vswitches_n_refused(const struct vswitches *vs, const struct sdsa_bridge *row)
{
    return simap_get(&vs->refused, row->name);
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
    const char *command;        /* How commands for it begin. */
    const char *key;            /* Key of the name. */
    const char *side_key;       /* Key of the port's side, or NULL: there is
                                 * one port. */
    const char *sides[2];       /* Values of 'side_key'. */
    const char *both;           /* The value for both sides, or NULL. */
    const char *attributes[3];  /* Other keys. */
} kinds[N_KINDS] = {
    [ENDPOINT] = { "endpoint", "endpoint", "sdsa-endpoint", NULL,
                   { NULL, NULL }, NULL,
                   { "attached-mac", "sdsa-ips" } },
    [SF] = { "function", "sf", "sdsa-sf", "sdsa-sf-side", { "in", "out" },
             "both",
             { "sdsa-sf-correlation", "sdsa-sf-mac", "sdsa-sf-group" } },
    [GATEWAY] = { "gateway", "gw", "sdsa-gateway", "sdsa-gateway-side",
                  { "plain", "cipher" }, NULL,
                  { "sdsa-gateway-ip", "sdsa-gateway-url" } },
};

/* A thing as one bridge declares it. */
struct declared {
    struct declared *next;      /* The same thing at another bridge, or
                                 * NULL. */
    enum declared_kind kind;
    char *name;
    const struct sdsa_bridge *bridge;
    char *ports[2];             /* By side, or NULL. */
    char *attributes[3];        /* As in 'kinds', or NULL. */
    char *error;                /* Why it makes no row, or NULL. */
    bool refused;               /* Because of what others have. */
};

struct declarations {
    struct shash all;           /* Of struct declared, the first of each
                                 * thing, by "KIND NAME". */
    size_t n_here, n_left_out;  /* Of the bridge that is read: things in 'all',
                                 * and ports that declare more than these. */
    struct shash errors;        /* Of struct ds, by bridge name. */
    struct simap refused;       /* Declarations that do not count because of
                                 * others, or of a group; by bridge name. */
    struct smap owners;         /* Of what only one gateway can have (cipher
                                 * addresses, URLs, VNF-IDs but for capitals):
                                 * its VNF-ID. */
    const struct ovsdb_idl *idl;
    struct vnf_places *places;  /* Where VNFs may be, once it is needed. */
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

/* Returns the declaration at 'bridge' among those of one thing, or NULL. */
static struct declared *
declared_at(struct declared *first, const struct sdsa_bridge *bridge)
{
    while (first && first->bridge != bridge) {
        first = first->next;
    }
    return first;
}

/* Returns the declaration of that kind and name at 'bridge', which is made if
 * need be, or NULL if the bridge has too many. */
static struct declared *
get_declared(struct declarations *ds, enum declared_kind kind,
             const char *name, const struct sdsa_bridge *bridge)
{
    char *key = xasprintf("%d %s", kind, name);
    struct declared *first = shash_find_data(&ds->all, key);
    struct declared *d = declared_at(first, bridge);
    if (!d && ds->n_here >= BOUNDS_DECLARED) {
        ds->n_left_out++;
    } else if (!d) {
        ds->n_here++;
        d = xzalloc(sizeof *d);
        d->next = first;
        d->kind = kind;
        d->name = xstrdup(name);
        d->bridge = bridge;
        shash_replace(&ds->all, key, d);
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

static void
declarations_init(struct declarations *ds, const struct vswitches *vs,
                  const struct ovsdb_idl *idl)
{
    shash_init(&ds->all);
    shash_init(&ds->errors);
    simap_init(&ds->refused);
    smap_init(&ds->owners);
    ds->idl = idl;
    ds->places = NULL;
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
    struct shash_node *node;
    SHASH_FOR_EACH (node, &ds->all) {
        for (struct declared *d = node->data; d; d = d->next) {
            check_declared(d);
        }
    }
}

static void
declared_destroy(struct declared *d)
{
    free(d->name);
    for (size_t i = 0; i < ARRAY_SIZE(d->ports); i++) {
        free(d->ports[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(d->attributes); i++) {
        free(d->attributes[i]);
    }
    free(d->error);
    free(d);
}

static void
declarations_destroy(struct declarations *ds)
{
    struct shash_node *node;
    SHASH_FOR_EACH (node, &ds->all) {
        for (struct declared *d = node->data, *next; d; d = next) {
            next = d->next;
            declared_destroy(d);
        }
    }
    shash_destroy(&ds->all);
    SHASH_FOR_EACH (node, &ds->errors) {
        ds_destroy(node->data);
    }
    shash_destroy_free_data(&ds->errors);
    simap_destroy(&ds->refused);
    smap_destroy(&ds->owners);
    vnf_places_destroy(ds->places);
}

/* Returns the first declaration of that kind and name, or NULL. */
static struct declared *
find_declared(const struct declarations *ds, enum declared_kind kind,
              const char *name)
{
    char *key = xasprintf("%d %s", kind, name);
    struct declared *first = shash_find_data(&ds->all, key);
    free(key);
    return first;
}

/* What only one gateway can have. */

#define N_CLAIMS 3

/* An address or URL that is empty comes with the registration: NULL. */
static void
gateway_claims(const char *vnf_id, const char *ip, const char *url,
               char *claims[N_CLAIMS])
{
    claims[0] = ip[0] ? xasprintf("cipher address %s", ip) : NULL;
    claims[1] = url[0] ? xasprintf("URL %s", url) : NULL;
    char *name = name_small_letters(vnf_id);
    claims[2] = xasprintf("name %s", name);
    free(name);
}

/* Gives what a gateway claims to it as far as nobody has that, and returns the
 * one who has, or NULL.  '*what' (caller frees) is what that one has. */
static const char *
claim(struct declarations *ds, const char *vnf_id, const char *ip,
      const char *url, char **what)
{
    char *claims[N_CLAIMS];
    const char *other = NULL;
    *what = NULL;
    gateway_claims(vnf_id, ip, url, claims);
    for (int i = 0; i < N_CLAIMS && !other; i++) {
        const char *owner = (claims[i] ? smap_get(&ds->owners, claims[i])
                             : NULL);
        if (owner && strcmp(owner, vnf_id)) {
            other = owner;
            *what = xstrdup(claims[i]);
        }
    }
    for (int i = 0; i < N_CLAIMS; i++) {
        if (!other && claims[i]) {
            smap_replace(&ds->owners, claims[i], vnf_id);
        }
        free(claims[i]);
    }
    return other;
}

/* Gives a gateway all that it claims and that nobody has. */
static void
own(struct declarations *ds, const char *vnf_id, const char *ip,
    const char *url)
{
    char *claims[N_CLAIMS];
    gateway_claims(vnf_id, ip, url, claims);
    for (int i = 0; i < N_CLAIMS; i++) {
        if (claims[i]) {
            smap_add_once(&ds->owners, claims[i], vnf_id);
        }
        free(claims[i]);
    }
}

/* What rows and registrations have counts before what is declared: so no
 * switch takes from a gateway what that has, and keeps no VNF from
 * registering again.  (The first of two rows keeps it, here.) */
static void
find_owners(struct declarations *ds, const struct ovsdb_idl *idl)
{
    const struct sdsa_gateway *row;
    SDSA_GATEWAY_FOR_EACH (row, idl) {
        own(ds, row->vnf_id, row->cipher_ip, row->url);
    }
    const struct sdsa_registration *reg;
    SDSA_REGISTRATION_FOR_EACH (reg, idl) {
        own(ds, reg->vnf_id, reg->cipher_ip, reg->url);
    }
}

/* Sets the error of 'd', a gateway without one, if another one has what it
 * wants, or it is kept for a VNF that may not have registered yet. */
static void
check_claims(struct declarations *ds, struct declared *d)
{
    char *what;
    ds->places = ds->places ? ds->places : vnf_places_create(ds->idl);
    char *kept = vnf_places_check(ds->places, d->name, d->attributes[0],
                                  d->attributes[1]);
    if (kept) {
        d->refused = true;
        take_error(d, kept);
        return;
    }
    const char *owner = claim(ds, d->name, d->attributes[0], d->attributes[1],
                              &what);
    if (owner) {
        d->refused = true;
        set_error(d, "gateway %s has the %s already", owner, what);
    }
    free(what);
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

/* May the switch of 'd' put the function into its group?  What is in a group
 * draws the traffic of chains that do not name it. */
static bool
may_join_group(const struct declared *d)
{
    bool may = !group_of(d)[0];
    for (size_t i = 0; i < d->bridge->n_groups && !may; i++) {
        may = !strcmp(d->bridge->groups[i], group_of(d));
    }
    return may;
}

static void
write_sf(const struct sdsa_service_function *row, const struct declared *d)
{
    sdsa_service_function_set_bridge(row, d->bridge);
    sdsa_service_function_set_in_port(row, d->ports[0]);
    sdsa_service_function_set_out_port(row, d->ports[1]);
    sdsa_service_function_set_correlation(row, correlation_of(d));
    sdsa_service_function_set_mac(row, d->attributes[1]);
    sdsa_service_function_set_group(row, may_join_group(d) ? group_of(d) : "");
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

/* Returns what keeps the row of that kind and name where nobody declares it
 * any more, or NULL.  A quarantine that went with the row would end when the
 * switch declares it again. */
static const char *
find_hold(const struct ovsdb_idl *idl, enum declared_kind kind,
          const char *name)
{
    const struct sdsa_gateway *gw;
    SDSA_GATEWAY_FOR_EACH (gw, idl) {
        if (kind == GATEWAY && !strcmp(gw->vnf_id, name)) {
            sdsa_gateway_verify_quarantined(gw);
            if (gw->quarantined) {
                return ("it is in quarantine (\"sdsa-ctl gw-unquarantine\" "
                        "ends that)");
            }
        }
    }
    return is_used(idl, kind, name) ? "a chain needs it" : NULL;
}

/* A row that exists, as far as the three tables have the same columns. */
struct old_row {
    enum declared_kind kind;
    const char *name;
    const struct sdsa_bridge *bridge;
    const char *declared_by, *move_to, *conflict;
};

enum row_action { ROW_KEEP, ROW_UPDATE, ROW_DELETE };

/* What is done with a row. */
struct decision {
    enum row_action action;
    struct declared *from;      /* The declaration for ROW_UPDATE. */
    char *conflict;             /* Malloc'd; NULL: none. */
};

/* Returns the bridges of all declarations from 'first' but 'but' (or NULL), as
 * "bridge B" or "bridges B, C and more", and their number in '*n'.  Caller
 * frees. */
static char *
bridges_text(const struct declared *first, const struct declared *but,
             size_t *n)
{
    struct svec names = SVEC_EMPTY_INITIALIZER;
    for (const struct declared *d = first; d; d = d->next) {
        if (d != but) {
            svec_add(&names, d->bridge->name);
        }
    }
    svec_sort(&names);
    struct ds s = DS_EMPTY_INITIALIZER;
    ds_put_cstr(&s, names.n > 1 ? "bridges" : "bridge");
    for (size_t i = 0; i < MIN(names.n, MAX_BRIDGES_SHOWN); i++) {
        ds_put_format(&s, "%s %s", i ? "," : "", names.names[i]);
    }
    ds_put_cstr(&s, names.n > MAX_BRIDGES_SHOWN ? " and more" : "");
    *n = names.n;
    svec_destroy(&names);
    return ds_steal_cstr(&s);
}

/* Sets the error of each declaration from 'first' but 'but' (or NULL):
 * 'reason' says why it does not count. */
static void
refuse(struct declared *first, const struct declared *but, const char *reason)
{
    for (struct declared *d = first; d; d = d->next) {
        if (d != but) {
            d->refused = d->refused || !d->error;
            set_error(d, "%s", reason);
        }
    }
}

/* Returns the one declaration of a thing that no bridge has (any more) if it
 * counts; or NULL, and the errors say why.  A bad one keeps others away, too:
 * it may be half done. */
static struct declared *
choose_new(struct declarations *ds, struct declared *first)
{
    if (first->next) {
        size_t n;
        char *where = bridges_text(first, NULL, &n);
        char *reason = xasprintf("%s declare it: which one is right? Remove "
                                 "the others", where);
        refuse(first, NULL, reason);
        free(reason);
        free(where);
    } else if (first->kind == GATEWAY && !first->error) {
        check_claims(ds, first);
    }
    return first->error ? NULL : first;
}

/* Returns the declaration that speaks for 'row', or NULL: at the bridge that
 * the operator wants it to move to, if that declares it well, else at the one
 * that has it. */
static struct declared *
choose_own(const struct old_row *row, struct declared *first)
{
    for (struct declared *d = first; d && row->move_to[0]; d = d->next) {
        if (!strcmp(d->bridge->name, row->move_to) && !d->error) {
            return d;
        }
    }
    return declared_at(first, row->bridge);
}

/* Tells all other bridges that 'own' (at 'row->bridge' if it is NULL) has the
 * thing.  'silent' is "" or says that it may be gone.  Returns the conflict
 * (caller frees), or NULL if there is no other. */
static char *
refuse_others(const struct old_row *row, struct declared *first,
              const struct declared *own, const char *silent)
{
    size_t n;
    char *where = bridges_text(first, own, &n);
    char *reason = xasprintf("bridge %s has it%s: remove it there, or "
                             "\"sdsa-ctl %s-move %s BRIDGE\" moves it",
                             own ? own->bridge->name : row->bridge->name,
                             silent, kinds[row->kind].command, row->name);
    refuse(first, own, reason);
    char *conflict = (n ? xasprintf("%s declare%s it, too, but %s", where,
                                    n > 1 ? "" : "s", reason) : NULL);
    free(reason);
    free(where);
    return conflict;
}

/* Decides about a row that one bridge has by its declaration.  Another one
 * gets it when the switch of that bridge itself says that it is gone, or the
 * operator says where it goes. */
static void
decide_declared(struct declarations *ds, const struct vswitches *vs,
                const struct ovsdb_idl *idl, const struct old_row *row,
                struct declared *first, struct decision *decision)
{
    struct declared *own = choose_own(row, first);
    char *conflict = NULL;
    const char *hold;

    if (own) {
        if (own->kind == GATEWAY && !own->error) {
            check_claims(ds, own);
        }
        conflict = refuse_others(row, first, own, "");
        if (!own->error) {
            decision->action = ROW_UPDATE;
            decision->from = own;
        } else if (!find_hold(idl, row->kind, row->name)) {
            decision->action = ROW_DELETE;
        } else {
            free(conflict);
            conflict = xasprintf("what bridge %s declares now is wrong, and "
                                 "what it declared before counts: %s",
                                 own->bridge->name, own->error);
        }
    } else if (!is_known(vs, row->bridge)) {
        conflict = refuse_others(row, first, NULL, ", and has not said that "
                                 "it is gone (its switch's database cannot "
                                 "be read)");
    } else if (first && choose_new(ds, first)) {
        decision->action = ROW_UPDATE;
        decision->from = first;
    } else if (!(hold = find_hold(idl, row->kind, row->name))) {
        decision->action = ROW_DELETE;
    } else {
        conflict = xasprintf("ovs-vsctl declares it no more, but %s%s%s", hold,
                             first ? "; " : "", first ? first->error : "");
    }
    if (!conflict && row->move_to[0] && decision->action != ROW_DELETE
        && (!own || strcmp(own->bridge->name, row->move_to))) {
        conflict = xasprintf("it moves to bridge %s when that declares it",
                             row->move_to);
    }
    decision->conflict = conflict;
}

/* Returns what keeps the function that 'd' declares out of its group, and what
 * to do (caller frees), or NULL. */
static char *
group_conflict(const struct declared *d)
{
    if (d->kind != SF || may_join_group(d)) {
        return NULL;
    }
    struct ds s = DS_EMPTY_INITIALIZER;
    ds_put_format(&s, "the switch of bridge %s may not put it into group %s: "
                  "\"sdsa-ctl bridge-set-groups %s", d->bridge->name,
                  group_of(d), d->bridge->name);
    for (size_t i = 0; i < d->bridge->n_groups; i++) {
        ds_put_format(&s, " %s", d->bridge->groups[i]);
    }
    ds_put_format(&s, " %s\" allows it", group_of(d));
    return ds_steal_cstr(&s);
}

/* Appends what is wrong with 'd', if anything, to the errors of its bridge. */
static void
add_error(struct declarations *ds, const struct declared *d)
{
    char *group = group_conflict(d);
    const char *error = d->error ? d->error : group;
    if (error) {
        char *bad = (d->kind == GATEWAY ? name_check_vnf_id(d->name)
                     : name_check(kinds[d->kind].what, d->name));
        add_bridge_error(ds, d->bridge,
                         xasprintf("%s %s: %s", kinds[d->kind].what,
                                   bad ? "?" : d->name, error));
        free(bad);
    }
    if (d->refused || (group && !d->error)) {
        simap_increase(&ds->refused, d->bridge->name, 1);
    }
    free(group);
}

/* Appends the errors of all declarations to those of their bridges. */
static void
add_errors(struct declarations *ds)
{
    const struct shash_node **sorted = shash_sort(&ds->all);
    for (size_t i = 0; i < shash_count(&ds->all); i++) {
        for (const struct declared *d = sorted[i]->data; d; d = d->next) {
            add_error(ds, d);
        }
    }
    free(sorted);
}

/* Decides about 'row'; 'first' is the first of its declarations, or NULL, and
 * 'agrees' says whether a good one of them differs from the row.  Caller frees
 * the conflict. */
static struct decision
decide_row(struct declarations *ds, const struct vswitches *vs,
           const struct ovsdb_idl *idl, const struct old_row *row,
           struct declared *first, bool differs)
{
    struct decision decision = { .action = ROW_KEEP };
    if (!strcmp(row->declared_by, DECLARED_BY)) {
        decide_declared(ds, vs, idl, row, first, &decision);
    } else if (differs) {
        decision.conflict = xstrdup("ovs-vsctl declares it otherwise: this is "
                                    "what counts");
    }
    if (decision.from && !decision.conflict) {
        decision.conflict = group_conflict(decision.from);
    }
    if (decision.conflict && strcmp(decision.conflict, row->conflict)) {
        VLOG_WARN_RL(&rl, "%s %s: %s", kinds[row->kind].what, row->name,
                     decision.conflict);
    }
    return decision;
}

/* Does the same for each table: keeps, updates or deletes the rows that exist,
 * and inserts those that are declared and do not exist. */
#define WRITE_KIND(KIND, STRUCT, FOR_EACH, NAME, AGREES, WRITE)             \
    do {                                                                    \
        struct sset there = SSET_INITIALIZER(&there);                       \
        const struct STRUCT *row;                                           \
        FOR_EACH (row, idl) {                                               \
            struct declared *first = find_declared(&ds, KIND, row->NAME);   \
            const struct old_row old = { KIND, row->NAME, row->bridge,      \
                                         row->declared_by, row->move_to,    \
                                         row->conflict };                   \
            bool differs = false;                                           \
            for (const struct declared *d = first; d; d = d->next) {        \
                differs = differs || (!d->error && !AGREES(row, d));        \
            }                                                               \
            struct decision decision = decide_row(&ds, vs, idl, &old,       \
                                                  first, differs);          \
            sset_add(&there, row->NAME);                                    \
            switch (decision.action) {                                      \
            case ROW_UPDATE:                                                \
                if (!strcmp(decision.from->bridge->name, row->move_to)) {   \
                    STRUCT##_set_move_to(row, "");                          \
                }                                                           \
                WRITE(row, decision.from);                                  \
                break;                                                      \
            case ROW_DELETE:                                                \
                STRUCT##_delete(row);                                       \
                free(decision.conflict);                                    \
                continue;                                                   \
            case ROW_KEEP:                                                  \
                break;                                                      \
            }                                                               \
            const char *conflict = (decision.conflict ? decision.conflict   \
                                    : inventory_bad(inv, kinds[KIND].what,  \
                                                    row->NAME));            \
            if (strcmp(conflict, row->conflict)) {                          \
                STRUCT##_set_conflict(row, conflict);                       \
            }                                                               \
            free(decision.conflict);                                        \
        }                                                                   \
        struct shash_node *node;                                            \
        SHASH_FOR_EACH (node, &ds.all) {                                    \
            struct declared *first = node->data;                            \
            if (first->kind == KIND && !sset_contains(&there, first->name)  \
                && choose_new(&ds, first)) {                                \
                row = STRUCT##_insert(ovsdb_idl_txn_get(                    \
                    &sdsa_sdsa_global_first(idl)->header_));                \
                STRUCT##_set_##NAME(row, first->name);                      \
                STRUCT##_set_declared_by(row, DECLARED_BY);                 \
                WRITE(row, first);                                          \
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
vswitches_write(struct vswitches *vs, const struct ovsdb_idl *idl,
                const struct inventory *inv)
{
    struct declarations ds;
    if (!sdsa_sdsa_global_first(idl)) {
        return;
    }
    declarations_init(&ds, vs, idl);
    find_owners(&ds, idl);
    WRITE_KIND(ENDPOINT, sdsa_endpoint, SDSA_ENDPOINT_FOR_EACH_SAFE, name,
               endpoint_agrees, write_endpoint);
    WRITE_KIND(SF, sdsa_service_function, SDSA_SERVICE_FUNCTION_FOR_EACH_SAFE,
               name, sf_agrees, write_sf);
    WRITE_KIND(GATEWAY, sdsa_gateway, SDSA_GATEWAY_FOR_EACH_SAFE, vnf_id,
               gateway_agrees, write_gateway);
    add_errors(&ds);

    const struct sdsa_bridge *br;
    SDSA_BRIDGE_FOR_EACH (br, idl) {
        const struct ds *text = shash_find_data(&ds.errors, br->name);
        const char *errors = text ? ds_cstr_ro(text) : "";
        if (strcmp(errors, br->declarations)) {
            if (errors[0]) {
                VLOG_WARN_RL(&rl, "bridge %s: declared with ovs-vsctl: %s",
                             br->name, errors);
                simap_increase(&vs->refused, br->name,
                               simap_get(&ds.refused, br->name));
            }
            sdsa_bridge_set_declarations(br, errors);
        }
    }
    declarations_destroy(&ds);
    write_mtus(vs, idl);
}
