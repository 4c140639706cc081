/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_BACKUP_PLAN_H
#define SDSA_BACKUP_PLAN_H 1

/* Backup paths.  A chain that is to be protected has, beside each path in use,
 * one for backup: with its SAs and its flows, proven, but nothing enters it.
 * When the path in use fails the classifiers are flipped to the backup path,
 * and that is all; then the failed one goes and another backup path is made.
 *
 * Decides which backup paths to make, renew and replace, and whether one would
 * do; chain-plan.c decides to fail over.  Pure.  (doc/decisions.md, 50 and
 * 51.) */

#include <stdbool.h>
#include <stdint.h>

struct chain_paths;
struct inv_chain;
struct make_context;
struct plan_action;
struct plan_facts;

/* What is remembered of the backup paths of a chain. */
struct backup_memory {
    char *protection;           /* Column "protection"; NULL: not known. */
    uint64_t checked;           /* With this version of the topology a better
                                 * one was looked for; 0: not yet. */
    int backoff_ms;             /* Pause after the last failure. */
    long long int next_ms;      /* Earliest time to look for one. */
};

/* Says how the chain is protected.  Takes ownership of 'text'. */
void backup_plan_set_protection(struct backup_memory *, char *text);

/* Would the backup paths do for the chain?  Where the paths in use are
 * 'interrupted' it is enough that nothing is known to be wrong with them. */
bool backup_plan_would_do(const struct plan_facts *, const struct inv_chain *,
                          const struct chain_paths *, bool interrupted);

/* An operation of the chain is under way.  Returns the reason to give it up:
 * the path in use has failed meanwhile and the backup path would do.  Else
 * returns NULL.  Caller frees.  Takes paths that are not active out of
 * '*paths'. */
char *backup_plan_reason_to_give_up(const struct plan_facts *,
                                    const struct inv_chain *,
                                    struct chain_paths *paths);

/* All is well with the chain: sees to its backup paths.  'topology' is the
 * version of the topology.  Returns true if there is something to be done,
 * with 'what', 'reason', 'old' and 'new' in '*action'; makes '*wake_ms' the
 * earlier of itself and when to ask again. */
bool backup_plan_keep(const struct make_context *, struct backup_memory *,
                      const struct inv_chain *, const struct chain_paths *,
                      uint64_t topology, struct plan_action *action,
                      long long int *wake_ms);

/* An operation for, or with, its backup path has failed for 'reason'. */
void backup_plan_failed(struct backup_memory *, bool is_fail_over,
                        const char *reason, long long int now_ms);

#endif /* ofctl-app/plan/backup-plan.h */
