/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_PATH_HEALTH_H
#define SDSA_PATH_HEALTH_H 1

/* What is wrong with the live paths of one chain, and when their keys are to
 * be renewed.  Pure.
 *
 * Of the arguments 'paths' are the 'n' live paths. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hop_watch;
struct inv_chain;
struct inventory;
struct live_path;
struct path;
struct plan_facts;

/* Returns how many paths the chain should have: one for each direction. */
size_t path_health_n_wanted(const struct inv_chain *);

/* Returns what 'check' (path_check() or path_check_lost()) says of the first
 * path that it finds fault with, or NULL (caller frees). */
char *path_health_check(const struct plan_facts *,
                        struct live_path *const *paths, size_t n,
                        char *(*check)(const struct path *,
                                       const struct inventory *));

/* Returns why one of the paths is broken, or NULL. */
const char *path_health_broken(struct live_path *const *paths, size_t n);

/* Returns why packets seem to be lost on one of the paths, or NULL. */
const char *path_health_silent(struct live_path *const *paths, size_t n);

/* Looks at the counters of a hop: 'sent' packets had left its sender by
 * 'sent_ms', 'received' had come to its receiver by 'received_ms' (monotonic
 * times).  'received' is UINT64_MAX if nobody knows.  Keeps what it needs for
 * the next look in '*watch'.  Returns true if nothing has come of many packets
 * that were sent. */
bool path_health_is_silent(struct hop_watch *watch, uint64_t sent,
                           long long int sent_ms, uint64_t received,
                           long long int received_ms);

/* Returns anything that is known to be wrong with the paths, or NULL (caller
 * frees): all of the above, and flows that a bridge cannot have. */
char *path_health_reason(const struct plan_facts *,
                         struct live_path *const *paths, size_t n);

/* Returns a number below 0 if all paths through one gateway have to be left at
 * once, together (it is in quarantine, has gone with its registration or its
 * row, or has another address): the same for all paths of that gateway.  Else
 * 0. */
int64_t path_health_together(const struct plan_facts *,
                             struct live_path *const *paths, size_t n);

/* Does one of the paths go through a gateway that is in quarantine? */
bool path_health_is_quarantined(const struct plan_facts *,
                                struct live_path *const *paths, size_t n);

/* Are the keys of one of the paths due for renewal?  Makes '*wake_ms', a
 * monotonic time, the earlier of itself and when those of another are. */
bool path_health_keys_due(const struct plan_facts *,
                          struct live_path *const *paths, size_t n,
                          long long int *wake_ms);

/* Is the lifetime of the path's keys over? */
bool path_health_has_expired(const struct plan_facts *, const struct path *);

#endif /* ofctl-app/plan/path-health.h */
