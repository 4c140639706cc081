/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SDSA_FLOW_SET_H
#define SDSA_FLOW_SET_H 1

/* The flows of one bridge: which are wanted, and which the switch has.  Pure.
 * (doc/decisions.md, 5 and 13.)
 *
 * A flow is a table, a priority and a match.  Each flow has a list of owners,
 * which are cookies with the actions that they want; the last one is the one
 * that should be installed.  Beside it stands what the switch is known to have
 * under the same table, priority and match.  Flows in which the two differ are
 * "dirty"; a diff is a snapshot of them, and is what goes into a bundle:
 *
 *        change --apply--> owners                 diff --commit--> installed
 *                 <-undo--       \              /
 *                                 --- dirty ----      <--- dump of the switch
 *
 * So a change, a resynchronisation and the way back from a refusal are the
 * same thing: edit one side, and send what differs.  Actions are compared as
 * the OpenFlow 1.5 instructions that they are encoded to.
 *
 * One thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"

struct flow_change;
struct flow_diff;
struct flow_set;
struct ofpbuf;
struct ofputil_flow_stats;
struct ofputil_port_map;
struct steering_flow;

/* Returns an empty set.  Caller must free it with flow_set_destroy(). */
struct flow_set *flow_set_create(void);

/* Frees the set; NULL is accepted.  All changes and diffs of the set must have
 * been destroyed before. */
void flow_set_destroy(struct flow_set *);

/* Number of flows that have an owner. */
size_t flow_set_n_wanted(const struct flow_set *);

/* Number of flows that the switch should have otherwise than it has. */
size_t flow_set_n_dirty(const struct flow_set *);

/* Changes of what is wanted. */

/* Parses a change: all flows of the 'n_remove' cookies in 'remove' lose that
 * owner, then each of the 'n_add' flows in 'add' gets its cookie as last
 * owner.  'map' has the ports that the flows name (NULL: they name none);
 * 'ticket' is the caller's name for the change.  Returns NULL and the change
 * in '*changep' (caller must free it with flow_change_destroy()), or an error
 * about a flow that does not parse (caller frees) and NULL in '*changep'. */
char *flow_change_create(uint64_t ticket, const struct ofputil_port_map *map,
                         const uint64_t *remove, size_t n_remove,
                         const struct steering_flow *const *add, size_t n_add,
                         struct flow_change **changep);

/* Frees the change, which can not be undone any more; NULL is accepted. */
void flow_change_destroy(struct flow_change *);

/* Does the change on the set. */
void flow_set_apply(struct flow_set *, struct flow_change *);

/* Puts back what flow_set_apply() did, exactly.  Changes that were applied
 * later must have been undone before.  The change can be applied again. */
void flow_set_undo(struct flow_set *, struct flow_change *);

/* Difference between what is wanted and what the switch has. */

/* Takes a snapshot.  The caller must free it with flow_diff_destroy(). */
struct flow_diff *flow_diff_create(struct flow_set *);

/* Frees the snapshot; NULL is accepted. */
void flow_diff_destroy(struct flow_diff *);

/* Returns how many flow_mods the snapshot has. */
size_t flow_diff_n(const struct flow_diff *);

/* Returns flow_mod number 'i' (removals come first), with 'xid'.  Caller must
 * free it with ofpbuf_delete(). */
struct ofpbuf *flow_diff_encode(const struct flow_diff *, size_t i,
                                ovs_be32 xid);

/* Returns the ticket of the change that brought the actions of flow_mod 'i',
 * also when that change is long gone; 0 for a removal. */
uint64_t flow_diff_ticket(const struct flow_diff *, size_t i);

/* Returns flow_mod 'i' for people.  Caller frees. */
char *flow_diff_text(const struct flow_diff *, size_t i);

/* Notes that the switch has all flows of the snapshot now. */
void flow_diff_commit(struct flow_diff *);

/* Begins a dump of the switch's flows with our cookies, which tells what is
 * installed. */
void flow_set_dump_begin(struct flow_set *);

/* Takes a flow of the dump.  A flow that no owner wants becomes dirty. */
void flow_set_dump_flow(struct flow_set *, const struct ofputil_flow_stats *);

/* Ends the dump: a flow that was not in it is not installed. */
void flow_set_dump_end(struct flow_set *);

/* Begins to count packets by cookie, from a dump as well. */
void flow_set_count_begin(struct flow_set *);

/* Takes a flow of the dump that is counted. */
void flow_set_count_flow(struct flow_set *, const struct ofputil_flow_stats *);

/* Ends the count.  Returns false if the dump did not agree with what the
 * switch was thought to have, which is significant if nothing was committed
 * meanwhile. */
bool flow_set_count_end(struct flow_set *);

/* Returns the packets of all flows of 'cookie' in the last count that came to
 * its end. */
uint64_t flow_set_packets(const struct flow_set *, uint64_t cookie);

/* Returns how many flows 'cookie' wants, and in '*n_shown' how many of these
 * that count showed as they should be (they may be another cookie's). */
size_t flow_set_n_shown(const struct flow_set *, uint64_t cookie,
                        size_t *n_shown);

#endif /* ofctl-app/flows/flow-set.h */
