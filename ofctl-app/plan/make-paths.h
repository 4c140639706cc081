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
struct plan_action;
struct plan_facts;

/* A chain that is to get new paths, or to lose those that it has. */
struct due_chain {
    const char *name;
    const struct inv_chain *chain;      /* NULL: it was deleted, or is bad. */
    const char *bad;            /* Error in its row, or NULL. */
    bool keep_way;              /* Only the keys are to be new, if nothing
                                 * else has to. */
    bool is_repair;             /* What is wanted is what is applied. */
    bool is_silent;             /* Only because nothing comes of what is sent:
                                 * path_health_silent(). */
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
    const void *aux;            /* First argument of is_leaving(). */

    /* Returns true if the paths of 'chain' go without this change. */
    bool (*is_leaving)(const void *aux, const char *chain);
};

enum make_result {
    MAKE_DONE,
    MAKE_WAIT,                  /* Something is in the way that goes by
                                 * itself: try again later. */
    MAKE_SPLIT,                 /* One of these chains is in the way of
                                 * another: change one after the other. */
    MAKE_REFUSED,               /* There are no paths for one of these
                                 * chains, or its row is bad. */
};

/* Makes the paths of the 'n' chains 'dues'.  Sets '*action', which the caller
 * frees with plan_action_uninit():
 *
 * - MAKE_DONE: 'new' with their numbers claimed, the two of one chain side by
 *   side, and 'old', those that are replaced.
 * - MAKE_WAIT: 'reason'; and '*wake_ms' to the time when to try again in any
 *   case, or LLONG_MAX.
 * - MAKE_REFUSED: 'culprit', and an error as 'reason'. */
enum make_result make_paths(const struct make_context *,
                            const struct due_chain *const *dues, size_t n,
                            struct plan_action *action,
                            long long int *wake_ms);

/* Makes backup paths for 'chain', which has the 'n' paths 'used': as disjoint
 * from them as can be; or, if 'renew' is not NULL, over the way of these 'n'.
 * Returns NULL and sets '*action' to the 'n' new paths with their numbers
 * claimed, or returns an error (caller frees) and sets it to none. */
char *make_paths_backup(const struct make_context *, const struct inv_chain *,
                        struct live_path *const *used, size_t n,
                        struct live_path *const *renew,
                        struct plan_action *action);

/* Gives the numbers of the action's new paths back, which came to nothing, and
 * destroys the paths. */
void make_paths_drop(const struct plan_facts *, struct plan_action *);

#endif /* ofctl-app/plan/make-paths.h */
