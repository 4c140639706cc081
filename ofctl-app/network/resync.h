/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RESYNC_H
#define SDSA_RESYNC_H 1

/* Agents brought in line: whenever an agent is met anew (we started, or it
 * did, or it owes something) its SAD and SPD are read; what no live path names
 * is removed, and a live path whose SAs are not all there is reported as
 * broken (it needs fresh keys: nobody has the old ones).
 *
 * Before that is done an agent is not given new work: an old entry might stand
 * in the way.  After it the same is done again every few seconds: somebody may
 * have been at it by hand. */

#include <stdbool.h>
#include <stdint.h>

struct agent;
struct hmapx;
struct restconf_result;
struct network;
struct resync;

struct resync *resync_create(void);
void resync_destroy(struct resync *);

/* Sends what is due. */
void resync_run(struct resync *, struct network *);
void resync_wait(const struct resync *, const struct network *);

/* An answer came.  Returns true if the ticket was ours; then '*broken' has got
 * the live paths (struct live_path) that are active and whose SAs the agent does
 * not have all. */
bool resync_agent_result(struct resync *, struct network *,
                         const char *vnf_id, const struct restconf_result *,
                         uint64_t epoch, struct hmapx *broken);

/* Has the agent been brought in line since it was last met? */
bool resync_is_done(const struct resync *, const struct network *,
                    const char *vnf_id);

/* Something may be amiss at the agent: looks at it once more, soon. */
void resync_hasten(struct resync *, const char *vnf_id);

/* Asks for it once more: the agent owes something. */
void resync_force(struct resync *, const char *vnf_id);

#endif /* ofctl-app/network/resync.h */
