/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/view/inventory-idl.h"

#include "lib/address.h"
#include "lib/name.h"
#include "lib/sdsa-idl.h"
#include "lib/suite.h"
#include "lib/x509.h"
#include "ofctl-app/model/match.h"
#include "ofctl-app/model/path.h"
#include "ofctl-app/view/sorted.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "smap.h"
#include "sset.h"
#include "svec.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(inventory_idl);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

/* What is read, while it is. */
struct reader {
    struct inventory *inv;
    const struct ovsdb_idl *idl;
    struct smap owners;         /* Of what only one thing can have: ports,
                                 * addresses, URLs. */
    struct sset used;           /* "KIND NAME" of what paths go through. */
    struct shash vnfs;          /* struct sdsa_vnf, and struct */
    struct shash registrations; /* sdsa_registration, by VNF-ID in small
                                 * letters, as certificates know no others. */
};

/* Takes note of why the thing 'name' of 'kind' is left out, unless 'error' is
 * NULL.  Takes ownership of 'error'. */
static void
note_bad(struct reader *r, const char *kind, const char *name, char *error)
{
    if (error) {
        VLOG_WARN_RL(&rl, "%s %s is left out: %s", kind, name, error);
        inventory_note_bad(r->inv, kind, name, error);
    }
}

/* Gives all that 'claims' names to 'owner', a "KIND NAME", or nothing if one
 * of them has an owner already.  Returns NULL or an error. */
static char *
claim(struct reader *r, struct svec *claims, const char *owner)
{
    char *error = NULL;
    for (size_t i = 0; i < claims->n && !error; i++) {
        const char *other = smap_get(&r->owners, claims->names[i]);
        if (other) {
            error = xasprintf("%s serves %s already", claims->names[i], other);
        }
    }
    for (size_t i = 0; i < claims->n && !error; i++) {
        smap_replace(&r->owners, claims->names[i], owner);
    }
    return error;
}

/* Finds the bridge of 'row', and adds 'port' of it to 'claims'. */
static char *
find_port(struct reader *r, const struct sdsa_bridge *row, const char *port,
          struct svec *claims, const struct inv_bridge **br)
{
    *br = inventory_bridge(r->inv, row->name);
    svec_add_nocopy(claims, xasprintf("port %s of bridge %s", port,
                                      row->name));
    return (*br ? name_check_port(port, row->name, row->ovsdb[0])
            : xasprintf("bridge %s cannot be used: see \"sdsa-ctl "
                        "bridge-list\"", row->name));
}

/* Returns the place of the row of 'kind' and 'name' in the order of reading,
 * or NULL if it is not the turn of those that paths go through ('in_use'), or
 * of the others.  Rows of sdsa-ctl come first ('late' is false for them), then
 * it is by name.  So what comes later takes nothing from a path.  Caller
 * frees. */
static char *
order_key(const struct reader *r, bool in_use, const char *kind,
          const char *name, bool late)
{
    char *thing = xasprintf("%s %s", kind, name);
    bool is_used = sset_contains(&r->used, thing);
    free(thing);
    return is_used == in_use ? xasprintf("%d%s", late, name) : NULL;
}

static void
note_used(struct reader *r, const char *kind, const char *name)
{
    sset_add_and_free(&r->used, xasprintf("%s %s", kind, name));
}

/* Takes note of a link, whose row may begin with either of its ends. */
static void
note_used_link(struct reader *r, const struct path_link *l)
{
    char *there = inventory_link_name(l->from, l->out_port, l->to, l->in_port);
    char *back = inventory_link_name(l->to, l->in_port, l->from, l->out_port);
    note_used(r, "link", there);
    note_used(r, "link", back);
    free(there);
    free(back);
}

/* Takes note of what 'hop' goes through. */
static void
find_used_by_hop(struct reader *r, const struct sdsa_hop *row)
{
    struct path_hop *hop = path_hop_create(row->si, "");
    note_used(r, "gateway", row->sender);
    note_used(r, "gateway", row->receiver);
    path_route_parse(row->route, hop);
    note_used(r, "bridge", hop->bridge);
    for (size_t i = 0; i < hop->n_route; i++) {
        note_used(r, "bridge", hop->route[i].to);
        note_used_link(r, &hop->route[i]);
    }
    path_hop_destroy(hop);
}

static void
find_used(struct reader *r)
{
    const struct sdsa_path *path;
    SDSA_PATH_FOR_EACH (path, r->idl) {
        note_used(r, "endpoint", path->src);
        note_used(r, "endpoint", path->dst);
        for (size_t i = 0; i < path->n_sfs; i++) {
            note_used(r, "function", path->value_sfs[i]);
        }
        for (size_t i = 0; i < path->n_hops; i++) {
            find_used_by_hop(r, path->hops[i]);
        }
    }
    /* A path within one bridge does not name it. */
    const struct sdsa_endpoint *row;
    SDSA_ENDPOINT_FOR_EACH (row, r->idl) {
        char *name = xasprintf("endpoint %s", row->name);
        if (sset_contains(&r->used, name)) {
            note_used(r, "bridge", row->bridge->name);
        }
        free(name);
    }
}

static void
add_bridge(struct reader *r, const struct sdsa_bridge *row)
{
    uint64_t id = 0;
    struct svec claims = SVEC_EMPTY_INITIALIZER;
    char *owner = xasprintf("bridge %s", row->name);
    char *error = name_check("bridge", row->name);
    error = error ? error : name_parse_datapath_id(row->datapath_id, row->name,
                                                   &id);
    if (!error && row->ovsdb[0]) {
        error = name_check_ovsdb(row->ovsdb);
    }
    svec_add_nocopy(&claims, xasprintf("datapath id %016"PRIx64, id));
    error = error ? error : claim(r, &claims, owner);
    if (error) {
        note_bad(r, "bridge", row->name, error);
    } else {
        inventory_add_bridge(r->inv, row->name, id);
    }
    svec_destroy(&claims);
    free(owner);
}

static void
add_bridges(struct reader *r)
{
    const struct sdsa_bridge *row;
    for (int in_use = 1; in_use >= 0; in_use--) {
        SORTED(r->idl, row, SDSA_BRIDGE_FOR_EACH,
               order_key(r, in_use, "bridge", row->name, false), {
            add_bridge(r, row);
        });
    }
}

/* Takes note of the MTUs that the databases of the switches told last. */
static void
tell_kept_mtus(struct reader *r)
{
    const struct sdsa_bridge *row;
    SDSA_BRIDGE_FOR_EACH (row, r->idl) {
        const struct inv_bridge *bridge = inventory_bridge(r->inv, row->name);
        for (size_t i = 0; bridge && i < row->n_mtus; i++) {
            inventory_tell_port_mtu(r->inv, bridge, row->key_mtus[i],
                                    row->value_mtus[i]);
        }
    }
}

/* Takes note of the MTU that the operator gave a port, unless it is NULL. */
static void
tell_mtu(struct inventory *inv, const struct inv_bridge *bridge,
         const char *port, const int64_t *mtu)
{
    if (mtu) {
        inventory_tell_port_mtu(inv, bridge, port, *mtu);
    }
}

static void
add_link(struct reader *r, const struct sdsa_link *row)
{
    const struct inv_bridge *a, *b;
    struct svec claims = SVEC_EMPTY_INITIALIZER;
    char *name = inventory_link_name(row->bridge_a->name, row->port_a,
                                     row->bridge_b->name, row->port_b);
    char *owner = xasprintf("the link %s", name);
    char *error = find_port(r, row->bridge_a, row->port_a, &claims, &a);
    error = error ? error : find_port(r, row->bridge_b, row->port_b, &claims,
                                      &b);
    if (!error && a == b) {
        error = xstrdup("it connects a bridge with itself");
    }
    bool is_known = nullable_string_is_equal(
        smap_get(&r->owners, claims.names[0]), owner);
    error = error || is_known ? error : claim(r, &claims, owner);
    if (error) {
        note_bad(r, "link", name, error);
    } else if (!is_known) {     /* The link was not declared twice. */
        struct inventory *inv = r->inv;
        inventory_add_link(inv, a, row->port_a, b, row->port_b);
        for (size_t i = inv->n_links - 2; i < inv->n_links; i++) {
            struct inv_link *l = &inv->links[i];
            l->doubt = !strcmp(row->state, "avoided");
            inventory_set_reason(inv, &l->avoided,
                                 l->doubt ? row->reason : NULL);
            inventory_set_reason(inv, &l->down, (!strcmp(row->state, "down")
                                                 ? row->reason : NULL));
        }
        tell_mtu(inv, a, row->port_a, row->mtu);
        tell_mtu(inv, b, row->port_b, row->mtu);
    }
    svec_destroy(&claims);
    free(owner);
    free(name);
}

/* As order_key().  Nothing but the UUID tells two rows of one link apart. */
static char *
link_key(const struct reader *r, bool in_use, const struct sdsa_link *row)
{
    char *name = inventory_link_name(row->bridge_a->name, row->port_a,
                                     row->bridge_b->name, row->port_b);
    char *key = order_key(r, in_use, "link", name, false);
    free(name);
    char *unique = (key ? xasprintf("%s "UUID_FMT, key,
                                    UUID_ARGS(&row->header_.uuid)) : NULL);
    free(key);
    return unique;
}

static void
add_links(struct reader *r)
{
    const struct sdsa_link *row;
    for (int in_use = 1; in_use >= 0; in_use--) {
        SORTED(r->idl, row, SDSA_LINK_FOR_EACH, link_key(r, in_use, row), {
            add_link(r, row);
        });
    }
}

static void
find_vnfs(struct reader *r)
{
    const struct sdsa_vnf *vnf;
    SDSA_VNF_FOR_EACH (vnf, r->idl) {
        char *name = name_small_letters(vnf->name);
        shash_replace(&r->vnfs, name, vnf);
        free(name);
    }
    const struct sdsa_registration *reg;
    SDSA_REGISTRATION_FOR_EACH (reg, r->idl) {
        char *name = name_small_letters(reg->vnf_id);
        shash_replace(&r->registrations, name, reg);
        free(name);
    }
}

/* Where a gateway is and who it must be: by its row, and by the registration
 * of the VNF of its name. */
struct whereabouts {
    const char *cipher_ip, *url;
    char *keys;                 /* See struct inv_gateway; owned. */
    bool is_quarantined;
};

/* Returns NULL and the whereabouts, or why they are not known (caller
 * frees). */
static char *
find_whereabouts(const struct reader *r, const struct sdsa_gateway *row,
                 struct whereabouts *w)
{
    char *name = name_small_letters(row->vnf_id);
    const struct sdsa_vnf *vnf = shash_find_data(&r->vnfs, name);
    const struct sdsa_registration *reg
        = vnf ? shash_find_data(&r->registrations, name) : NULL;
    free(name);
    *w = (struct whereabouts) {
        .cipher_ip = (reg && !row->cipher_ip[0] ? reg->cipher_ip
                      : row->cipher_ip),
        .url = reg && !row->url[0] ? reg->url : row->url,
        .is_quarantined = row->quarantined || (vnf && vnf->quarantined),
    };
    if (vnf && !reg) {
        return xasprintf(
            w->is_quarantined ? "is in quarantine"
            : "waits for its registration: start its agent with its token "
              "(\"sdsa-ctl vnf-list\" says how far it has come)");
    } else if (!w->cipher_ip[0] || !w->url[0]) {
        return xasprintf(
            "waits for its registration, and there is no VNF of its name: "
            "use \"sdsa-ctl vnf-add %s\", or declare it with CIPHER-IP and "
            "URL", row->vnf_id);
    }
    if (reg) {
        struct ds keys = DS_EMPTY_INITIALIZER;
        for (size_t i = 0; i < reg->n_spki; i++) {
            if (x509_digest_is_valid(reg->spki[i])) {
                ds_put_format(&keys, "%s%s", keys.length ? " " : "",
                              reg->spki[i]);
            }
        }
        w->keys = ds_steal_cstr(&keys);
    }
    return (w->keys && !w->keys[0]
            ? xstrdup("its registration names no key") : NULL);
}

static void
add_gateway(struct reader *r, const struct sdsa_gateway *row)
{
    const struct inv_bridge *br;
    struct svec claims = SVEC_EMPTY_INITIALIZER;
    struct in6_addr ip;
    struct whereabouts w = { .keys = NULL };
    char *url = NULL;
    char *owner = xasprintf("gateway %s", row->vnf_id);
    char *error = name_check_vnf_id(row->vnf_id);
    error = error ? error : find_whereabouts(r, row, &w);
    error = error ? error : name_parse_ip(w.cipher_ip, &ip);
    error = error ? error : name_parse_url(w.url, &url);
    error = error ? error : find_port(r, row->bridge, row->plain_port, &claims,
                                      &br);
    error = error ? error : find_port(r, row->bridge, row->cipher_port,
                                      &claims, &br);
    if (!error && !strcmp(row->plain_port, row->cipher_port)) {
        error = xstrdup("it needs two ports");
    }
    if (!error) {
        char *text = address_format(&ip);
        char *name = name_small_letters(row->vnf_id);
        svec_add_nocopy(&claims, xasprintf("cipher address %s", text));
        svec_add_nocopy(&claims, xasprintf("URL %s", url));
        svec_add_nocopy(&claims, xasprintf("VNF-ID %s", name));
        error = claim(r, &claims, owner);
        free(text);
        free(name);
    }
    if (error) {
        note_bad(r, "gateway", row->vnf_id, error);
    } else {
        struct inv_gateway *gw = inventory_add_gateway(
            r->inv, row->vnf_id, br, row->plain_port, row->cipher_port, &ip,
            url);
        gw->is_draining = row->draining;
        gw->is_quarantined = w.is_quarantined;
        if (w.keys) {
            inventory_set_gateway_keys(r->inv, gw, w.keys);
        }
        inventory_set_reason(r->inv, &gw->down,
                             smap_get(&row->status, "ports_down"));
        inventory_set_reason(r->inv, &gw->avoided,
                             smap_get(&row->status, "avoided"));
        gw->doubt = gw->avoided != NULL;
        gw->plain_mtu = row->plain_mtu;
        gw->cipher_mtu = row->cipher_mtu;
        free(name_parse_mac(row->plain_mac, &gw->plain_mac));
        free(name_parse_mac(row->cipher_mac, &gw->cipher_mac));
    }
    svec_destroy(&claims);
    free(w.keys);
    free(url);
    free(owner);
}

static void
add_sf(struct reader *r, const struct sdsa_service_function *row)
{
    const struct inv_bridge *br;
    struct eth_addr mac = eth_addr_zero;
    enum sf_correlation correlation = SF_NONE;
    struct svec claims = SVEC_EMPTY_INITIALIZER;
    char *owner = xasprintf("function %s", row->name);
    char *error = name_check("function", row->name);
    if (!error && row->group[0]) {
        error = name_check("group", row->group);
    }
    if (!error && row->mac) {
        error = name_parse_mac(row->mac, &mac);
    }
    if (!error
        && !sf_correlation_from_string(row->correlation, &correlation)) {
        error = xstrdup("its correlation must be none, vlan, mac or nsh");
    }
    error = error ? error : find_port(r, row->bridge, row->in_port, &claims,
                                      &br);
    error = error ? error : find_port(r, row->bridge, row->out_port, &claims,
                                      &br);
    if (!error && correlation != SF_NSH
        && !strcmp(row->in_port, row->out_port)) {
        error = xstrdup("only a function with correlation nsh can have one "
                        "port for both sides");
    }
    error = error ? error : claim(r, &claims, owner);
    if (error) {
        note_bad(r, "function", row->name, error);
    } else {
        struct inv_sf *sf = inventory_add_sf(r->inv, row->name, br,
                                             row->in_port, row->out_port,
                                             correlation, mac);
        inventory_set_sf_group(r->inv, sf, row->group);
        sf->is_marked = row->down;
        inventory_set_reason(r->inv, &sf->down, (!strcmp(row->state, "down")
                                                 ? row->reason : NULL));
        tell_mtu(r->inv, br, row->in_port, row->mtu);
        tell_mtu(r->inv, br, row->out_port, row->mtu);
    }
    svec_destroy(&claims);
    free(owner);
}

static void
add_endpoint(struct reader *r, const struct sdsa_endpoint *row)
{
    const struct inv_bridge *br;
    struct eth_addr mac;
    struct svec claims = SVEC_EMPTY_INITIALIZER;
    struct in6_addr *ips = xcalloc(row->n_ips + 1, sizeof *ips);
    char *owner = xasprintf("endpoint %s", row->name);
    char *error = name_check("endpoint", row->name);
    error = error ? error : name_parse_mac(row->mac, &mac);
    for (size_t i = 0; i < row->n_ips && !error; i++) {
        error = name_parse_ip(row->ips[i], &ips[i]);
    }
    error = error ? error : find_port(r, row->bridge, row->port, &claims, &br);
    error = error ? error : claim(r, &claims, owner);
    if (error) {
        note_bad(r, "endpoint", row->name, error);
    } else {
        inventory_add_endpoint(r->inv, row->name, br, row->port, mac, ips,
                               row->n_ips);
        tell_mtu(r->inv, br, row->port, row->mtu);
    }
    svec_destroy(&claims);
    free(owner);
    free(ips);
}

/* Adds gateways, functions and endpoints: those that paths go through, or the
 * others. */
static void
add_things(struct reader *r, bool in_use)
{
    const struct sdsa_gateway *gw;
    SORTED(r->idl, gw, SDSA_GATEWAY_FOR_EACH,
           order_key(r, in_use, "gateway", gw->vnf_id, gw->declared_by[0]), {
        add_gateway(r, gw);
    });
    const struct sdsa_service_function *sf;
    SORTED(r->idl, sf, SDSA_SERVICE_FUNCTION_FOR_EACH,
           order_key(r, in_use, "function", sf->name, sf->declared_by[0]), {
        add_sf(r, sf);
    });
    const struct sdsa_endpoint *endpoint;
    SORTED(r->idl, endpoint, SDSA_ENDPOINT_FOR_EACH,
           order_key(r, in_use, "endpoint", endpoint->name,
                     endpoint->declared_by[0]), {
        add_endpoint(r, endpoint);
    });
}

/* Reads functions in order from the map column 'column', which has 'n' pairs
 * of 'keys' and 'values', to 'sfs'.  Returns NULL or an error. */
static char *
read_sfs(const struct inventory *inv, const char *column, const int64_t *keys,
         struct sdsa_service_function *const *values, size_t n,
         const struct inv_sf **sfs)
{
    for (size_t i = 0; i < n; i++) {
        /* A map column comes sorted by its key. */
        if (keys[i] != i) {
            return xasprintf("column %s must count from 0 without gaps",
                             column);
        }
        sfs[i] = inventory_sf(inv, values[i]->name);
        if (!sfs[i]) {
            return xasprintf("function %s cannot be used: %s",
                             values[i]->name,
                             inventory_bad(inv, "function", values[i]->name));
        }
    }
    return NULL;
}

static enum inv_way_back
way_back_from_string(const char *text)
{
    return (!strcmp(text, "none") ? WAY_BACK_NONE
            : !strcmp(text, "other") ? WAY_BACK_OTHER : WAY_BACK_SAME);
}

static void
insert_chain(struct inventory *inv, const struct sdsa_chain *row,
             const char *match, const struct suite *suite,
             const struct inv_sf **sfs, const struct inv_sf **reverse_sfs)
{
    enum inv_way_back way_back = way_back_from_string(row->way_back);
    struct inv_chain *chain = inventory_add_chain(inv, &(struct inv_chain) {
        .uuid = row->header_.uuid,
        .name = row->name,
        .src = inventory_endpoint(inv, row->src->name),
        .dst = inventory_endpoint(inv, row->dst->name),
        .match = match,
        .sfs = sfs,
        .n_sfs = row->n_sfs,
        .way_back = way_back,
        .reverse_sfs = reverse_sfs,
        .n_reverse_sfs = (way_back == WAY_BACK_OTHER ? row->n_reverse_sfs
                          : 0),
        .encrypt_always = !strcmp(row->encrypt, "always"),
        .protect = row->protect,
        .suite = suite,
        .lifetime_s = row->lifetime,
        .lifetime_bytes = row->lifetime_bytes,
        .lifetime_packets = row->lifetime_packets,
        .priority = row->priority,
    });
    inv_chain_set_intent(chain, row->rekeys, row->reroutes);
}

static char *
add_chain(struct inventory *inv, const struct sdsa_chain *row)
{
    const struct inv_endpoint *src = inventory_endpoint(inv, row->src->name);
    const struct inv_endpoint *dst = inventory_endpoint(inv, row->dst->name);
    if (!src || !dst) {
        const char *name = (!src ? row->src : row->dst)->name;
        return xasprintf("endpoint %s cannot be used: %s", name,
                         inventory_bad(inv, "endpoint", name));
    }
    if (src == dst) {
        return xasprintf("source and destination are both %s", src->name);
    }
    const struct suite *suite = suite_by_name(row->suite);
    if (!suite) {
        return xasprintf("no suite is named \"%s\"", row->suite);
    }
    char *match;
    char *error = name_check("chain", row->name);
    if (error) {
        return error;
    }
    error = match_check(row->match, !strcmp(row->way_back, "none"), &match);
    if (error) {
        return error;
    }

    const struct inv_sf **sfs = xcalloc(row->n_sfs + 1, sizeof *sfs);
    const struct inv_sf **reverse_sfs = xcalloc(row->n_reverse_sfs + 1,
                                                sizeof *reverse_sfs);
    error = read_sfs(inv, "sfs", row->key_sfs, row->value_sfs, row->n_sfs,
                     sfs);
    if (!error) {
        error = read_sfs(inv, "reverse_sfs", row->key_reverse_sfs,
                         row->value_reverse_sfs, row->n_reverse_sfs,
                         reverse_sfs);
    }
    if (!error) {
        insert_chain(inv, row, match, suite, sfs, reverse_sfs);
    }
    free(sfs);
    free(reverse_sfs);
    free(match);
    return error;
}

void
inventory_from_idl(struct inventory *inv, const struct ovsdb_idl *idl,
                   struct shash *bad_chains)
{
    struct reader r = { .inv = inv, .idl = idl };
    smap_init(&r.owners);
    sset_init(&r.used);
    shash_init(&r.vnfs);
    shash_init(&r.registrations);
    find_used(&r);
    find_vnfs(&r);
    add_bridges(&r);
    tell_kept_mtus(&r);
    add_things(&r, true);
    add_links(&r);
    add_things(&r, false);
    sset_destroy(&r.used);
    smap_destroy(&r.owners);
    shash_destroy(&r.vnfs);
    shash_destroy(&r.registrations);

    const struct sdsa_chain *row;
    SDSA_CHAIN_FOR_EACH (row, idl) {
        char *error = add_chain(inv, row);
        if (error) {
            shash_add(bad_chains, row->name, error);
        }
    }
}
