#ifndef SDSA_PATH_H
#define SDSA_PATH_H 1

/* A path: one direction of one realisation of a chain, and how one is found.
 *
 * A path visits its targets (the service functions in order, then the egress
 * endpoint).  Stage i leads to target i.  Where the packet is on the target's
 * bridge already the stage needs nothing (unless the chain is to be encrypted
 * always); else it has a hop: from a gateway on this bridge, as ESP under NSH
 * over the shortest way of links, to a gateway on the target's bridge.  The SI
 * is 255 - i on stage i.
 *
 * A path says all that steering and keying need, by names: it outlives the
 * rows and the inventory that it was made from. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ofctl-app/model/inventory.h"

struct path_link {
    char *from, *out_port;      /* Bridge and interface names. */
    char *to, *in_port;
};

struct path_hop {
    uint8_t si;
    char *sender, *receiver;    /* VNF-IDs. */
    uint16_t sender_vlan;       /* Hop ends: VIDs 1 to 4094. */
    uint16_t receiver_vlan;
    char *bridge;               /* Where it begins. */
    struct path_link *route;  /* None: the receiver is at the same bridge. */
    size_t n_route;

    uint32_t esp_spi;           /* Host order. */
    char key_check[17];         /* Of the SA's key; "" before there is one. */
    long long created_s;        /* Of the SA: seconds since the epoch. */
};

enum path_state { PATH_PREPARING, PATH_ACTIVE, PATH_RELEASING };

struct path {
    uint32_t nsh_spi;
    char *chain;
    bool reverse;               /* The chain's way back. */
    enum path_state state;
    bool backup;                /* Prepared, and nothing enters it: for when
                                 * the one in use fails. */
    char *src, *dst;            /* Endpoints, as this direction sees them. */
    char *match;                /* Canonical, as this direction sees it. */
    int priority;               /* The chain's: 0 to 999. */
    const struct suite *suite;
    uint32_t lifetime_s;        /* Of its keys; 0: none. */
    uint64_t lifetime_bytes;    /* The same. */
    uint32_t lifetime_packets;
    size_t n_sfs;               /* In the order of this direction. */
    char **sfs;
    uint16_t *sf_vlans;      /* Tag of this path at each; 0: it has none. */
    struct path_hop **hops;     /* n_sfs + 1; NULL: nothing to cross. */
};

void path_destroy(struct path *);

/* Makes a hop that begins at 'bridge' and has no ends, route and numbers yet.
 * path_destroy() frees it once it is in 'path->hops'. */
struct path_hop *path_hop_create(uint8_t si, const char *bridge);

/* Appends a link, of which all names are copied, to the route of the hop. */
void path_hop_add_link(struct path_hop *, const char *from,
                       const char *out_port, const char *to,
                       const char *in_port);

/* What a path goes through.  A link counts in both directions, a bridge where it
 * is crossed from link to link. */
bool path_uses_link(const struct path *, const struct inv_link *);
bool path_crosses_bridge(const struct path *, const char *bridge);
bool path_uses_gateway(const struct path *, const char *vnf_id);
bool path_passes_sf(const struct path *, const char *sf);

/* How many of the links, bridges, gateways and functions (see above) of the 'n_a'
 * paths 'a' the 'n_b' paths 'b' use as well; '*n_ownp': and how many they do
 * not.  Each counts once. */
size_t path_n_shared(const struct path *const *a, size_t n_a,
                     const struct path *const *b, size_t n_b,
                     size_t *n_ownp);

/* The bridge where the hop ends. */
const char *path_hop_end(const struct path_hop *);

/* The stage on which what function number 'i' of 'path' answers by itself goes
 * on along 'twin': after the same function there.  0: 'twin' is NULL or does
 * not pass that function. */
size_t path_answer_stage(const struct path *path, size_t i,
                         const struct path *twin);

/* The source MAC address by which function number 'i', if its correlation is
 * "mac", knows the path: locally administered, of the NSH SPI and 'i'. */
struct eth_addr path_sf_mac(const struct path *, size_t i);

/* The way of a hop as text for the database and the user, and back:
 * "br1 p12 p21 br2 p23 p32 br3", or "br1" alone.  Parse returns false if malformed.  Caller
 * frees. */
char *path_route_format(const struct path_hop *);
bool path_route_parse(const char *, struct path_hop *);

/* Adds the names of the bridges on the path to the set, which the caller
 * initialised (and frees with sset_destroy()). */
struct sset;
void path_bridges(const struct path *, const struct inventory *, struct sset *);

#endif /* ofctl-app/model/path.h */
