/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_PLAN_FACTS_H
#define SDSA_PLAN_FACTS_H 1

/* The facts that the planner decides from, apart from the rows of the chains.
 * Nothing of it belongs to the planner. */

#include <stdbool.h>
#include <stddef.h>

#include "ofctl-app/model/participant.h"

struct inventory;
struct live_path;
struct live_paths;
struct numbers;
struct plan_target;

struct plan_facts {
    const struct inventory *inv;
    const struct live_paths *paths;
    struct numbers *numbers;    /* The planner claims those of new paths. */
    size_t n_operations;        /* Under way. */
    int drain_ms;               /* So long after a path has gone packets may
                                 * come out of its untagged functions. */
    long long int change_ms;    /* A change takes so long at most, from new
                                 * keys until the old path has gone. */
    long long int now_ms;       /* Monotonic. */
    long long int now_s;        /* Seconds, boot_clock_s(): the age of keys. */

    const void *aux;            /* First argument of the callbacks. */

    /* Does the gateway's agent answer, and is it in line? */
    bool (*gateway_answers)(const void *aux, const char *vnf_id);

    /* Until when (monotonic) is to be waited for the gateway or bridge 'name',
     * which this controller has not met yet: it may be up or not.  0: it has
     * been met, or was waited for long enough.  NULL: all have been met. */
    long long int (*unmet_until)(const void *aux, enum participant_kind,
                                 const char *name);

    /* Are the bridges up that put packets on the path? */
    bool (*can_flip)(const void *aux, const struct live_path *);

    /* Can the operation of 'chain' be given up: is it of this chain alone, not
     * committed, and begun by this controller?  NULL: none can. */
    bool (*can_give_up)(const void *aux, const char *chain);

    /* Returns what the operation of 'chain' is for, if it only removes paths
     * any more: it is past its commit point, or rolls back.  Else NULL.  NULL:
     * none does. */
    const struct plan_target *(*get_ending)(const void *aux,
                                            const char *chain);
};

/* Makes '*wake_ms', a time, the earlier of itself and 'at_ms'. */
static inline void
plan_wake_at(long long int *wake_ms, long long int at_ms)
{
    *wake_ms = at_ms < *wake_ms ? at_ms : *wake_ms;
}

#endif /* ofctl-app/plan/plan-facts.h */
