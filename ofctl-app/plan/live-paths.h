/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_LIVE_PATHS_H
#define SDSA_LIVE_PATHS_H 1

/* The set of live paths: those that are, or are to be, on the bridges and at
 * the gateways, with what is known of each.  Found by NSH SPI and by chain.
 * Pure; one thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ofctl-app/model/path.h"
#include "openvswitch/hmap.h"
#include "openvswitch/shash.h"
#include "smap.h"

/* Which of a path's flows are wanted on the bridges. */
enum path_flows {
    PATH_FLOWS_TRANSPORT = 1 << 0,
    PATH_FLOWS_CLASSIFIER = 1 << 1,
    PATH_FLOWS_COMPANION = 1 << 2,
    PATH_FLOWS_ALL = (PATH_FLOWS_TRANSPORT | PATH_FLOWS_CLASSIFIER
                      | PATH_FLOWS_COMPANION),
    /* Flows of an old path while it drains: no classifier.  A companion that
     * a new path also has stays because the new path owns it, too. */
    PATH_FLOWS_LEFT = PATH_FLOWS_TRANSPORT | PATH_FLOWS_COMPANION,
};

/* Which flows a path in use has: a backup path only those that carry packets,
 * none that puts any on it. */
static inline unsigned int
path_flows_in_use(const struct path *path)
{
    return path->backup ? PATH_FLOWS_TRANSPORT : PATH_FLOWS_ALL;
}

/* Which flows a path has that is being left. */
static inline unsigned int
path_flows_left(const struct path *path)
{
    return path->backup ? PATH_FLOWS_TRANSPORT : PATH_FLOWS_LEFT;
}

struct live_path {
    struct hmap_node node;      /* In 'by_spi' of struct live_paths. */
    struct hmap_node chain_node; /* In 'by_chain'. */
    struct path *path;          /* Owned. */
    uint32_t twin;              /* NSH SPI of the other direction, or 0. */
    unsigned int flows;         /* Bitwise OR of enum path_flows. */
    char *broken;               /* Reason why it must be replaced, or NULL. */
    char *silent;               /* Reason why packets seem to be lost on it
                                 * though nothing is down, or NULL. */
    struct hop_watch {          /* Of each stage's hop; see
                                 * path_health_is_silent(). */
        bool is_set;
        uint64_t sent, received;        /* When 'received' last changed. */
        long long int sent_ms;  /* When many more were known to be sent, or
                                 * LLONG_MAX. */
    } *watches;
    bool expiring;              /* A gateway says that it needs new keys. */
    struct smap errors;         /* Bridge name: error for which it has no flows
                                 * there. */
    struct {                    /* Flows, which network/desired-flows.c makes
                                 * and keeps here. */
        bool is_done;           /* They were made. */
        unsigned int seqno;     /* Of the inventory that they are made from. */
        bool has_twin;          /* They are made from the other path, too. */
        struct shash by_bridge; /* Lists of struct steering_flow. */
        char *error;            /* Why there can be none, or NULL. */
    } made;
    uint64_t too_big;           /* Packets that the controller was sent because
                                 * the path is too small for them. */
};

struct live_paths {
    struct hmap by_spi;         /* Of struct live_path: by NSH SPI. */
    struct hmap by_chain;       /* The same by the chain's name. */
};

/* Makes '*paths' an empty set. */
void live_paths_init(struct live_paths *paths);

/* Destroys the set with its paths. */
void live_paths_destroy(struct live_paths *);

/* Adds 'path', of which it takes ownership.  'twin' is the NSH SPI of the
 * path's other direction, or 0; 'flows' is a bitwise OR of enum path_flows.
 * Returns the live path, which belongs to the set. */
struct live_path *live_paths_add(struct live_paths *, struct path *path,
                                 uint32_t twin, unsigned int flows);

/* Takes the live path out of the set and destroys it. */
void live_paths_remove(struct live_paths *, struct live_path *);

/* Frees 'live->made': the flows will be made anew when they are needed. */
void live_path_forget_flows(struct live_path *live);

/* Returns the live path of 'nsh_spi', or NULL. */
struct live_path *live_paths_find(const struct live_paths *,
                                  uint32_t nsh_spi);

/* The live paths of one chain.  Both arrays are one: 'used' is to be freed. */
struct chain_paths {
    struct live_path **used, **backup;
    size_t n_used, n_backup;
};

/* Returns the live paths of 'chain'; caller frees 'used'. */
struct chain_paths live_paths_of_chain(const struct live_paths *,
                                       const char *chain);

/* Keeps those of the 'n' paths that are active.  Returns how many they are. */
size_t live_paths_keep_active(struct live_path **paths, size_t n);

/* Returns a copy of the array of 'n' paths; caller frees it. */
struct live_path **live_paths_dup(struct live_path *const *paths, size_t n);

/* Does 'chain' have a live path? */
bool live_paths_has_chain(const struct live_paths *, const char *chain);

/* Returns how many live paths there are. */
static inline size_t
live_paths_count(const struct live_paths *paths)
{
    return hmap_count(&paths->by_spi);
}

/* Returns the live path behind 'prev' in no particular order: NULL gives the
 * first, NULL is returned after the last. */
struct live_path *live_paths_next(const struct live_paths *,
                                  const struct live_path *prev);

/* For each live path of PATHS, as 'struct live_path *LIVE'.  None may be added
 * or removed meanwhile. */
#define LIVE_PATHS_FOR_EACH(LIVE, PATHS)                                   \
    for (struct live_path *LIVE = live_paths_next(PATHS, NULL); LIVE;      \
         LIVE = live_paths_next(PATHS, LIVE))

#endif /* ofctl-app/plan/live-paths.h */
