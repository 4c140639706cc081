/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RESYNC_H
#define SDSA_RESYNC_H 1

/* Makes the SAD and SPD of each agent equal to what the live paths need.
 *
 * An agent is met anew when we started, when it started, or when it owes
 * something.  Then its SAD and SPD are read.  Entries that no live path names
 * are removed, and a live path whose SAs are not all there as they were made
 * is marked as broken: it needs new keys, because nobody has the old ones.
 *
 * Until that is done an agent gets no new work, because an old entry might be
 * in the way.  Afterwards the same is done again every few seconds (an audit),
 * because somebody may have changed entries by hand. */

#include <stdbool.h>
#include <stdint.h>

struct hmapx;
struct network;
struct restconf_result;
struct resync;

/* Returns an object that has met no agent (caller must free with
 * resync_destroy()). */
struct resync *resync_create(void);

/* Frees the object.  Accepts NULL. */
void resync_destroy(struct resync *);

/* Sends the requests that are due. */
void resync_run(struct resync *, struct network *);

/* Makes poll_block() wake up when resync_run() has work to do. */
void resync_wait(const struct resync *, const struct network *);

/* Handles a result of the agent of 'vnf_id'.  Returns false if it is not that
 * of a request sent here.  Marks the active paths (struct live_path) whose SAs
 * are not all at the agent as they were made as broken, and adds them to
 * 'broken'.  Removals that follow are sent with the lease of 'epoch'. */
bool resync_agent_result(struct resync *, struct network *,
                         const char *vnf_id, const struct restconf_result *,
                         uint64_t epoch, struct hmapx *broken);

/* True if the agent was brought in line since it was last met. */
bool resync_is_done(const struct resync *, const struct network *,
                    const char *vnf_id);

/* True if the agent was met and has not been brought in line yet, and no
 * attempt at that has failed since. */
bool resync_is_pending(const struct resync *, const struct network *,
                       const char *vnf_id);

/* Makes the next audit of the agent come soon, because something may be wrong
 * there. */
void resync_hasten(struct resync *, const char *vnf_id);

/* Counts the agent as met anew, because it owes something: it is not done
 * until its entries were read once more. */
void resync_force(struct resync *, const char *vnf_id);

#endif /* ofctl-app/network/resync.h */
