/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_PLAN_H
#define SDSA_PLAN_H 1

/* What the chains need now.  Facts go in, actions come out: no database, no
 * session, no clock and no timer is inside, so that the controller, sdsa-ctl
 * --dry-run and a driver in the tests ask the same planner (doc/decisions.md,
 * 73 to 76).
 *
 * The caller tells what has happened (a row, the topology, something about the
 * paths of a chain, the end of an operation); then it calls plan_next() and
 * does what that says until it says nothing more; and again not later than
 * plan_wake_ms().  Only chains that something happened to are looked at: a
 * change of the topology can be about any of them, all else is about few.
 *
 * Chains that are to change together are one group: they start with one
 * operation or not at all.  One thread. */

#include <stdbool.h>
#include <stdint.h>

#include "ofctl-app/plan/chain-plan.h"
#include "ofctl-app/plan/plan-action.h"
#include "ofctl-app/plan/plan-facts.h"

struct plan;
struct sset;

struct plan *plan_create(void);
void plan_destroy(struct plan *);

/* Sets the row of 'chain', which is copied; NULL: it has none (any more). */
void plan_set_row(struct plan *, const char *chain, const struct plan_row *);

/* Says that the deletion of 'chain' belongs to 'group', or to none (0). */
void plan_set_removal_group(struct plan *, const char *chain, int64_t group);

/* Adds the names of the chains that have a row to 'names'. */
void plan_get_rows(const struct plan *, struct sset *names);

/* Something has happened to the paths of 'chain', or they have come. */
void plan_touch(struct plan *, const char *chain);

/* The topology has changed: a bridge, gateway, function or link, or whether
 * it can be reached. */
void plan_touch_all(struct plan *);

/* Puts the next action into '*action' and returns true; the caller does it
 * and frees it with plan_action_uninit().  Returns false if there is nothing
 * to be done now.  'facts' are to be as they are after the last action.  An
 * action that starts an operation makes its chains busy until plan_end(). */
bool plan_next(struct plan *, const struct plan_facts *facts,
               struct plan_action *action);

/* An operation of 'chain' is under way that an earlier controller began. */
void plan_resume(struct plan *, const char *chain);

/* The operation of a chain has ended, and its paths are what they are to be;
 * 'target' is what the operation was for, 'reason' says why if it is not
 * done. */
void plan_end(struct plan *, const struct plan_target *, enum plan_outcome,
              const char *reason, long long int now_ms);

/* 'path' goes without a drain: for facts->drain_ms packets may come out of its
 * untagged functions. */
void plan_leave_sfs(struct plan *, const struct plan_facts *facts,
                    const struct path *path);

/* Some paths of any chain have gone. */
void plan_paths_removed(struct plan *);

/* When to call plan_next() at the latest, a monotonic time in ms.  LLONG_MAX:
 * when something has happened. */
long long int plan_wake_ms(const struct plan *);

/* Is nothing left to be done? */
bool plan_is_settled(const struct plan *);

/* Returns what 'chain' waits for, or NULL if it does not wait. */
const char *plan_waits_for(const struct plan *, const char *chain);

/* What is to be written into the row of a chain. */
struct plan_writing {
    struct uuid uuid;           /* Of the row. */
    const char *error;          /* Error of a refused change, or NULL. */
    int64_t failed_wanted;      /* Sequence number of the refused change. */
    bool set_applied;           /* What is wanted now is applied already. */
    bool clear_reason;          /* All is well again. */
    const char *protection;     /* New contents of the column, or NULL. */
    const char *waits;          /* The same. */
};

/* Puts what is to be written of the next chain into '*writing' and returns
 * true, or returns false if nothing more is.  After the last one the caller
 * says with plan_written() whether it was committed. */
bool plan_next_writing(struct plan *, struct plan_writing *writing);
void plan_written(struct plan *, bool ok);

/* Tests: the state of 'chain', and how often each transition was made. */
enum plan_state plan_get_state(const struct plan *, const char *chain);
const struct plan_versions *plan_get_versions(const struct plan *);

#endif /* ofctl-app/plan/plan.h */
