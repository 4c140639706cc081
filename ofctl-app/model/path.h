/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_PATH_H
#define SDSA_PATH_H 1

/* A path: one direction of one realisation of a chain.
 *
 * A path visits its targets: the service functions in order, then the egress
 * endpoint.  Stage i leads to target i.  A stage whose packets are on the
 * target's bridge already needs nothing, unless the chain is to be encrypted
 * always.  Any other stage has a hop: from a gateway on this bridge, as ESP
 * under NSH over the shortest way of links, to a gateway on the target's
 * bridge.
 *
 * A path says all that steering and keying need, by names: it outlives the
 * rows and the inventory that it was made from.  Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/nsh.h"
#include "ofctl-app/model/inventory.h"

struct sset;

struct path_link {
    char *from, *out_port;      /* Bridge and interface names. */
    char *to, *in_port;
};

struct path_hop {
    uint8_t si;                 /* NSH_SI_FIRST less the stage. */
    char *sender, *receiver;    /* VNF-IDs. */
    struct in6_addr sender_ip, receiver_ip;     /* Their addresses when it was
                                 * made; zero: not known
                                 * (path_hop_get_ips()). */
    uint16_t sender_vlan;       /* Hop ends: VIDs 1 to 4094. */
    uint16_t receiver_vlan;
    char *bridge;               /* Where the hop begins. */
    struct path_link *route;    /* None: the receiver is at the same bridge. */
    size_t n_route;

    uint32_t esp_spi;           /* Host order. */
    char key_check[17];         /* Of the SA's key; "" before there is one. */
    long long created_s;        /* Of the SA: seconds since the epoch. */
    long long made_s;           /* The same by boot_clock_s(), which tells its
                                 * age. */
    uint64_t n_probes;          /* Probes that came through the hop, which both
                                 * of its ends have counted. */
    uint64_t probe_bytes;       /* Octets of them, from the IP header on. */
};

/* Returns when by boot_clock_s(), which is 'now_s', an SA was made that was
 * created at 'created_s' by the wall clock, which is 'wall_s'.  What was
 * created in the future counts as made now: the wall clock was set back. */
static inline long long int
path_made_s(long long int created_s, long long int wall_s,
            long long int now_s)
{
    return created_s < wall_s ? now_s - (wall_s - created_s) : now_s;
}

enum path_state { PATH_PREPARING, PATH_ACTIVE, PATH_RELEASING };

struct path {
    uint32_t nsh_spi;           /* Host order. */
    char *chain;                /* Name. */
    bool reverse;               /* The chain's way back. */
    enum path_state state;
    bool backup;                /* Prepared for when the path in use fails; no
                                 * packet enters it. */
    char *src, *dst;            /* Endpoints, as this direction sees them. */
    char *match;                /* Canonical, as this direction sees it. */
    int priority;               /* The chain's: 0 to 999. */
    const struct suite *suite;
    uint32_t lifetime_s;        /* Of its keys; 0: none. */
    uint64_t lifetime_bytes;    /* 0: none. */
    uint32_t lifetime_packets;  /* 0: none. */
    size_t n_sfs;               /* In the order of this direction. */
    char **sfs;
    uint16_t *sf_vlans;         /* Tag of this path at each; 0: none. */
    struct path_hop **hops;     /* n_sfs + 1; NULL: nothing to cross. */
};

/* The stage whose packets have 'si'. */
static inline size_t
path_stage(uint8_t si)
{
    return NSH_SI_FIRST - si;
}

/* Frees the path with all that it holds; NULL is accepted. */
void path_destroy(struct path *);

/* Returns the hop after 'prev' in the order of stages, or the first one if
 * 'prev' is NULL; NULL after the last one. */
struct path_hop *path_next_hop(const struct path *,
                               const struct path_hop *prev);

#define PATH_FOR_EACH_HOP(HOP, PATH)                                        \
    for (struct path_hop *HOP = path_next_hop(PATH, NULL); HOP;             \
         HOP = path_next_hop(PATH, HOP))

/* Makes a hop that begins at 'bridge' and has no ends, route and numbers yet.
 * path_destroy() frees it once it is in 'path->hops', path_hop_destroy()
 * before. */
struct path_hop *path_hop_create(uint8_t si, const char *bridge);

/* Frees the hop.  Accepts NULL. */
void path_hop_destroy(struct path_hop *);

/* The outer addresses of a hop's packets. */
struct path_hop_ips {
    struct in6_addr sender, receiver;
};

/* Returns the addresses that the hop was made with, or where these are not
 * known, those that its gateways have in 'inv'; zero if there is no such
 * gateway. */
struct path_hop_ips path_hop_get_ips(const struct path_hop *,
                                     const struct inventory *inv);

/* Gives the hops of a new path the addresses that their gateways have in
 * 'inv'. */
void path_set_ips(struct path *, const struct inventory *inv);

/* Has the gateway 'vnf_id', an end of the hop, the address in 'inv' that the
 * hop was made with, or is that not known? */
bool path_hop_has_ip(const struct path_hop *, const struct inventory *inv,
                     const char *vnf_id);

/* Appends a link, of which all names are copied, to the route of the hop. */
void path_hop_add_link(struct path_hop *, const char *from,
                       const char *out_port, const char *to,
                       const char *in_port);

/* Does the path pass the function 'sf'? */
bool path_passes_sf(const struct path *, const char *sf);

/* Adds the names of what the 'n' paths go through to the set: "link NAME" (see
 * path_link_name()), "bridge NAME" of a bridge that they only cross, "gateway
 * VNF-ID" and "function NAME". */
void path_elements(const struct path *const *, size_t n, struct sset *names);

/* Does the same for one hop, which has no functions. */
void path_hop_elements(const struct path_hop *, struct sset *names);

/* Returns "link NAME" of the link.  Caller frees. */
char *path_link_element(const struct path_link *);

/* Returns the name of the link between port 'port_a' of bridge 'a' and
 * 'port_b' of 'b', the same one if they are swapped: "BRIDGE PORT" of the end
 * that comes first in the alphabet.  Caller frees. */
char *path_link_name(const char *a, const char *port_a, const char *b,
                     const char *port_b);

/* Returns how many elements of the 'n_a' paths 'a' (see path_elements()) the
 * 'n_b' paths 'b' have as well, and in '*n_ownp' how many they have not. */
size_t path_n_shared(const struct path *const *a, size_t n_a,
                     const struct path *const *b, size_t n_b,
                     size_t *n_ownp);

/* Returns the bridge where the hop ends, which belongs to the hop. */
const char *path_hop_end(const struct path_hop *);

/* Returns the stage where a packet that function 'i' of 'path' originates
 * itself (e.g. an ICMP error) joins the path of the other direction 'twin':
 * the stage after the same function.  Returns 0 if 'twin' is NULL or does not
 * pass that function. */
size_t path_answer_stage(const struct path *path, size_t i,
                         const struct path *twin);

/* Returns the source MAC address that identifies the path to function 'i' if
 * that has correlation mac: locally administered, made from NSH SPI and
 * 'i'. */
struct eth_addr path_sf_mac(const struct path *, size_t i);

/* Returns the route of a hop as text for the database and the user:
 * "br1 p12 p21 br2 p23 p32 br3", or "br1" alone.  Caller frees. */
char *path_route_format(const struct path_hop *);

/* Parses what path_route_format() returns into 'bridge' and 'route' of the
 * hop, whose route must be empty.  Returns false if it is malformed; the hop
 * then holds what was read so far. */
bool path_route_parse(const char *, struct path_hop *);

/* Adds the names of the bridges that the path goes over to the set, which the
 * caller initialised (and frees with sset_destroy()). */
void path_bridges(const struct path *, const struct inventory *,
                  struct sset *);

#endif /* ofctl-app/model/path.h */
