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

/* What path_compute() asks about numbers in use.  Each callback gets 'aux'. */
struct path_allocator {
    void *aux;
    uint32_t (*nsh_spi)(void *aux);                         /* 0: none left. */
    uint32_t (*esp_spi)(void *aux);                        /* Fresh, >= 256. */
    uint16_t (*gateway_vlan)(void *aux, const char *vnf_id); /* 0: none left. */
    uint16_t (*sf_vlan)(void *aux, const char *sf);         /* 0: none left. */
    unsigned int (*gateway_load)(void *aux, const char *vnf_id); /* Hop ends. */
    bool (*gateway_usable)(void *aux, const char *vnf_id);  /* Reachable? */
    /* May 'chain', which does not name it, go through function 'sf', which only
     * one chain can pass? */
    bool (*sf_free)(void *aux, const char *chain, const char *sf);
};

/* Other paths to think of. */
struct path_hints {
    const struct path *const *keep;     /* The functions that these pass stay,
                                         * if the chain's names allow it. */
    size_t n_keep;
    const struct path *const *avoid;    /* Their links, the bridges that they
                                         * only cross, their gateways and
                                         * functions: others come first. */
    size_t n_avoid;
};

/* Computes the path or, for a two-way chain, both ('*n_pathsp' 2: forward,
 * reverse; over the same gateways and bridges, if the functions are the same).
 * Where a function is down or cannot be reached, another one of its group
 * stands in for it, the same one wherever the chain names it: one that
 * 'hints->keep' pass, or the nearest (ties by name).
 * Shortest way over the links (fewest; ties by bridge and port name, so that
 * the result is stable); for each hop the two usable gateways of one address
 * family with the least load (ties by VNF-ID).
 *
 * Returns NULL and the paths (caller frees each with path_destroy()), or a
 * message that says what to do ("no way over the links from br1 to br4: ...",
 * "bridge br3 has no gateway that is up: ...") and no path; caller frees. */
char *path_compute(const struct inventory *, const struct inv_chain *,
                   const struct path_hints *, const struct path_allocator *,
                   struct path *paths[2], size_t *n_pathsp);

/* The very way of the 'n' (1 or 2) paths 'old', with new numbers: for new keys.
 * Returns as path_compute(); the order is that of 'old'. */
char *path_renew(const struct path *const *old, size_t n,
                 const struct path_allocator *, struct path *paths[2]);

void path_destroy(struct path *);

/* What a path goes through.  A link counts in both directions, a bridge where it
 * is crossed from link to link. */
bool path_uses_link(const struct path *, const struct inv_link *);
bool path_crosses_bridge(const struct path *, const char *bridge);
bool path_uses_gateway(const struct path *, const char *vnf_id);
bool path_passes_sf(const struct path *, const char *sf);

/* Can packets change from 'old' to 'new', which takes its place, inside every
 * function?  Out of one with correlation none comes what entered it on either,
 * and goes on along either, for a moment or as long as a bridge is silent: so
 * what is before it (the match too) or what is behind it has to be as it was.
 * (Functions of one group are alike.)  Returns NULL, or a message that says what to do
 * (caller frees). */
char *path_check_change(const struct inventory *, const struct path *old,
                        const struct path *new);

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
