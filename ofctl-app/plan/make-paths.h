/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_MAKE_PATHS_H
#define SDSA_MAKE_PATHS_H 1

/* New paths for chains that change together: over the way that they have, or
 * over another one, and what stands against it.  Pure. */

#include <stdbool.h>
#include <stddef.h>

#include "openvswitch/shash.h"

struct inv_chain;
struct live_path;
struct path;
struct plan_facts;

/* A chain that is to get new paths, or to lose those that it has. */
struct due_chain {
    const char *name;
    const struct inv_chain *chain;      /* NULL: it was deleted, or is bad. */
    const char *bad;            /* Error in its row, or NULL. */
    bool keep_way;              /* Only the keys are to be new, if nothing
                                 * else has to. */
    bool is_repair;             /* What is wanted is what is applied. */
    bool keys_due;              /* The keys are to be new in any case. */
    bool rekey_only;            /* The way stays, with new keys: what is wanted
                                 * has failed. */
};

/* What making paths depends on beside the facts. */
struct make_context {
    const struct plan_facts *facts;
    struct shash *left_sfs;     /* Until when (long long int, ms) packets may
                                 * come out of a function that nobody uses, by
                                 * its name. */
    const void *aux;            /* Will the paths of 'chain' go by */
    bool (*is_leaving)(const void *aux, const char *chain); /* themselves? */
};

enum make_result {
    MAKE_DONE,
    MAKE_WAIT,                  /* Something is in the way that goes by
                                 * itself: try again later. */
    MAKE_SPLIT,                 /* One of these chains is in the way of
                                 * another: change one after the other. */
    MAKE_REFUSED,               /* One of these chains cannot be so. */
};

struct made_paths {
    struct path **new;          /* MAKE_DONE: with their numbers claimed.  The
                                 * two of one chain stand together. */
    size_t n_new;
    struct live_path **old;     /* MAKE_DONE: those that are replaced. */
    size_t n_old;
    size_t culprit;             /* MAKE_REFUSED: number of the chain. */
    char *text;                 /* MAKE_REFUSED: error.  MAKE_WAIT: reason. */
    long long int wake_ms;      /* MAKE_WAIT: try again at this time, too;
                                 * LLONG_MAX: none. */
};

/* Makes the paths of the 'n' chains 'dues' in '*made', which the caller frees
 * with make_paths_uninit() (and the new paths if nobody takes them). */
enum make_result make_paths(const struct make_context *,
                            const struct due_chain *const *dues, size_t n,
                            struct made_paths *made);

/* Frees what 'made' holds, but for the new paths themselves. */
void make_paths_uninit(struct made_paths *);

/* Makes backup paths for 'chain', which has the 'n' paths 'used': as disjoint
 * from them as can be; or, if 'renew' is not NULL, over the way of these 'n'.
 * Returns NULL and the 'n' paths with their numbers claimed, or an error
 * (caller frees). */
char *make_paths_backup(const struct make_context *, const struct inv_chain *,
                        struct live_path *const *used, size_t n,
                        struct live_path *const *renew,
                        struct path *paths[2]);

/* Gives the numbers of 'n' new paths that came to nothing back, and destroys
 * the paths. */
void make_paths_drop(const struct plan_facts *, struct path *const *,
                     size_t n);

#endif /* ofctl-app/plan/make-paths.h */
