/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_INVENTORY_H
#define SDSA_INVENTORY_H 1

/* The network that the operator declared, as plain structs: a view of the
 * database's tables of intent that is made anew when they change and holds no
 * database row, with what bridges and agents said since.  Everything that
 * computes (path, steering) reads only this.  Pure. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/shash.h"
#include "openvswitch/types.h"
#include "packets.h"
#include "simap.h"
#include "smap.h"
#include "sset.h"
#include "uuid.h"

struct suite;

struct inv_bridge {
    const char *name;
    uint64_t datapath_id;
    bool is_lost;               /* Learnt: away for so long that no new path
                                 * goes through it if there is another way. */
};

/* A link, seen from either side: 'from' is the bridge that sends. */
struct inv_link {
    const struct inv_bridge *from, *to;
    const char *out_port;       /* Interface name, on 'from'. */
    const char *in_port;        /* On 'to'. */
    const char *down;           /* Learnt: why it carries no packets ("": not
                                 * told), or NULL. */
    const char *avoided;        /* Learnt: why new paths go elsewhere if they
                                 * can (plan/suspects.h), or NULL. */
    unsigned int doubt;         /* Then how little it is trusted; else 0. */
};

struct inv_gateway {
    const char *vnf_id;
    const struct inv_bridge *bridge;
    const char *plain_port, *cipher_port;
    struct in6_addr cipher_ip;  /* Of either family: see lib/address.h. */
    const char *url;
    const char *keys;           /* Digests of the keys of which its agent must
                                 * prove one, a space between two; NULL: it
                                 * has not registered, and any will do. */
    bool is_quarantined;        /* Nothing goes through it, and nobody speaks
                                 * to its agent. */
    bool is_draining;           /* No new path goes through it, and none
                                 * stays. */
    bool is_lost;               /* Learnt: its agent is away for so long that
                                 * no new path goes through it. */
    const char *down;           /* Learnt: why no packets pass its ports (as
                                 * above), or NULL. */
    const char *avoided;        /* As in struct inv_link. */
    unsigned int doubt;

    /* Learnt from the gateway's agent; all zeros until it was reached. */
    struct eth_addr plain_mac, cipher_mac;
    int plain_mtu, cipher_mtu;  /* Octets, IP packet. */
};

enum sf_correlation { SF_NONE, SF_VLAN, SF_MAC, SF_NSH };

struct inv_sf {
    const char *name;
    const struct inv_bridge *bridge;
    const char *in_port, *out_port;
    enum sf_correlation correlation;
    struct eth_addr mac;        /* All zeros: transparent, it gets frames with
                                 * the endpoint's address. */
    const char *group;          /* Of functions that can stand in for each
                                 * other; "": none can. */
    bool is_marked;             /* The operator marked it as down: no new path
                                 * goes through it, and none stays if another
                                 * function can stand in. */
    const char *down;           /* Learnt: why no packets pass its ports (as
                                 * above), or NULL. */
};

struct inv_endpoint {
    const char *name;
    const struct inv_bridge *bridge;
    const char *port;
    struct eth_addr mac;
    struct in6_addr *ips;       /* Either family. */
    size_t n_ips;
};

enum inv_way_back {
    WAY_BACK_SAME,              /* The same functions, the other way round. */
    WAY_BACK_NONE,              /* A one-way chain. */
    WAY_BACK_OTHER,             /* Through functions of its own, or none. */
};

struct inv_chain {
    struct uuid uuid;           /* Of the row. */
    const char *name;
    const struct inv_endpoint *src, *dst;
    const char *match;          /* As the operator wrote it. */
    const struct inv_sf **sfs;
    size_t n_sfs;
    enum inv_way_back way_back;
    const struct inv_sf **reverse_sfs;  /* WAY_BACK_OTHER: in its order. */
    size_t n_reverse_sfs;
    bool encrypt_always;        /* Also where no link is crossed. */
    bool protect;               /* With a backup path. */
    const struct suite *suite;
    uint32_t lifetime_s;        /* 0: none. */
    uint64_t lifetime_bytes;    /* 0: none. */
    uint32_t lifetime_packets;  /* 0: none. */
    int priority;               /* 0 to 999. */
    char *intent;               /* Digest of the above, "-", how often new keys
                                 * were asked for. */
};

struct inventory {
    struct shash bridges;       /* struct inv_bridge by name; so below. */
    struct shash gateways;
    struct shash sfs;
    struct shash endpoints;
    struct shash chains;
    struct inv_link *links;     /* Each link twice, once a direction: numbers
                                 * 2 * i and 2 * i + 1. */
    size_t n_links;
    struct simap port_mtus;     /* Private: see inventory_port_mtu(). */
    struct smap port_faults;    /* Private: see inventory_port_fault(). */
    struct sset strings;        /* Private: what the texts of the structs above
                                 * point to. */
    struct shash bad;           /* Private: see inventory_note_bad(). */
};

/* Makes '*inv' empty.  Caller must free it with inventory_destroy(). */
void inventory_init(struct inventory *inv);

/* Frees all that the inventory holds. */
void inventory_destroy(struct inventory *);

/* Moves '*src' to '*dst', whose contents are freed; '*src' is empty then. */
void inventory_move(struct inventory *dst, struct inventory *src);

/* Can a path go through the function? */
static inline bool
inv_sf_is_up(const struct inv_sf *sf)
{
    return !sf->is_marked && !sf->down;
}

/* Returns function 'i' of those that the chain names, first on the way there
 * and then on the way back, or NULL if there are no more. */
const struct inv_sf *inv_chain_sf(const struct inv_chain *, size_t i);

/* Does the chain name the function, on either way? */
bool inv_chain_names_sf(const struct inv_chain *, const struct inv_sf *);

/* Functions that add one object to an inventory, by hand (tests) or from the
 * database (inventory_from_idl()).  Each copies its strings; references are to
 * objects of the same inventory.  What they return belongs to the
 * inventory. */

/* Adds a bridge, whose name no other bridge may have. */
struct inv_bridge *inventory_add_bridge(struct inventory *, const char *name,
                                        uint64_t datapath_id);

/* Adds a link between 'port_a' of 'a' and 'port_b' of 'b', in both
 * directions. */
void inventory_add_link(struct inventory *,
                        const struct inv_bridge *a, const char *port_a,
                        const struct inv_bridge *b, const char *port_b);

/* Adds a gateway whose agent has not said anything yet. */
struct inv_gateway *inventory_add_gateway(
    struct inventory *, const char *vnf_id, const struct inv_bridge *,
    const char *plain_port, const char *cipher_port,
    const struct in6_addr *cipher_ip, const char *url);

/* Has the gateway's agent prove one of the keys, as struct inv_gateway has
 * them. */
void inventory_set_gateway_keys(struct inventory *, struct inv_gateway *,
                                const char *keys);

/* Adds a function in no group; 'mac' may be all zeros. */
struct inv_sf *inventory_add_sf(
    struct inventory *, const char *name, const struct inv_bridge *,
    const char *in_port, const char *out_port, enum sf_correlation,
    struct eth_addr mac);

/* Puts a function into the group 'group', or with "" into none. */
void inventory_set_sf_group(struct inventory *, struct inv_sf *,
                            const char *group);

/* Adds an endpoint with 'n_ips' addresses. */
struct inv_endpoint *inventory_add_endpoint(
    struct inventory *, const char *name, const struct inv_bridge *,
    const char *port, struct eth_addr mac, const struct in6_addr *ips,
    size_t n_ips);

/* Adds a copy of 'chain' with its arrays; the intent is "" in place of
 * NULL. */
struct inv_chain *inventory_add_chain(struct inventory *,
                                      const struct inv_chain *chain);

/* MTU of a port of which nothing is known, in octets of an IP packet. */
#define INVENTORY_DEFAULT_MTU 1500

/* Takes note that the port has an MTU of 'mtu' octets (IP packet); the
 * smallest one that is told counts.  (Agents tell those of gateways'
 * ports.) */
void inventory_tell_port_mtu(struct inventory *, const struct inv_bridge *,
                             const char *port, int mtu);

/* Returns the MTU of a port in octets of an IP packet: the smallest that was
 * told, or INVENTORY_DEFAULT_MTU. */
int inventory_port_mtu(const struct inventory *, const struct inv_bridge *,
                       const char *port);

/* Calls 'func' with 'aux' for each port that the inventory names, as often as
 * it names it. */
typedef void inventory_port_func(const struct inv_bridge *, const char *port,
                                 void *aux);
void inventory_for_each_port(const struct inventory *,
                             inventory_port_func *func, void *aux);

/* Takes note that the thing 'name' of 'kind' ("bridge", "link", "gateway",
 * "function", "endpoint") is declared but left out because of 'error', of
 * which it takes ownership. */
void inventory_note_bad(struct inventory *, const char *kind, const char *name,
                        char *error);

/* Returns the name by which inventory_bad() knows a link between 'port_a' of
 * 'a' and 'port_b' of 'b'; caller frees. */
char *inventory_link_name(const char *a, const char *port_a, const char *b,
                          const char *port_b);

/* Returns the error of inventory_note_bad(), or "" if there is none. */
const char *inventory_bad(const struct inventory *, const char *kind,
                          const char *name);

/* Adds the names of the bridges of which the inventory names a port that
 * OpenFlow does not show whole (lib/name.h) to 'bridges'. */
void inventory_cut_names(const struct inventory *, struct sset *bridges);

/* Takes note that no packets pass the port for 'reason', a predicate: "is
 * blocked".  (Bridges tell themselves what OpenFlow says of their ports.) */
void inventory_tell_port_fault(struct inventory *, const struct inv_bridge *,
                               const char *port, const char *reason);

/* Returns the reason that was told of the port, or NULL.  It belongs to the
 * inventory. */
const char *inventory_port_fault(const struct inventory *,
                                 const struct inv_bridge *, const char *port);

/* Sets '*reasonp', a member 'down' or 'avoided' of an object, to a copy of
 * 'reason'; NULL: it is not. */
void inventory_set_reason(struct inventory *, const char **reasonp,
                          const char *reason);

/* Returns "WHAT NAME is down" with the reason 'down' (caller frees). */
char *inventory_format_down(const char *what, const char *name,
                            const char *down);

/* Returns the bridge 'name', or NULL. */
const struct inv_bridge *inventory_bridge(const struct inventory *,
                                          const char *name);

/* Returns the gateway 'vnf_id', or NULL. */
const struct inv_gateway *inventory_gateway(const struct inventory *,
                                            const char *vnf_id);

/* Returns the function 'name', or NULL. */
const struct inv_sf *inventory_sf(const struct inventory *, const char *name);

/* Returns the endpoint 'name', or NULL. */
const struct inv_endpoint *inventory_endpoint(const struct inventory *,
                                              const char *name);

/* Returns the chain 'name', or NULL. */
const struct inv_chain *inventory_chain(const struct inventory *,
                                        const char *name);

/* Returns all but chains that flows depend on, as text; caller frees.  Two
 * inventories with the same text have the same flows for the same paths. */
char *inventory_digest(const struct inventory *);

/* Sets the chain's intent, which changes whenever the chain has to be realised
 * anew: 'rekeys' and 'reroutes' count how often new keys and a new way were
 * asked for.  The database keeps intents, so their format must not change. */
void inv_chain_set_intent(struct inv_chain *, int64_t rekeys,
                          int64_t reroutes);

/* Do two intents differ in nothing but how often keys were asked for? */
bool inventory_is_rekey(const char *old_intent, const char *new_intent);

/* Returns "none", "vlan", "mac" or "nsh". */
const char *sf_correlation_to_string(enum sf_correlation);

/* Parses what sf_correlation_to_string() returns; returns false if 's' is none
 * of these. */
bool sf_correlation_from_string(const char *, enum sf_correlation *);

#endif /* ofctl-app/model/inventory.h */
