/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CONDUCTOR_CHANGE_H
#define SDSA_CONDUCTOR_CHANGE_H 1

/* From the planner's actions to operations, and from their ends back to the
 * planner. */

#include <stdbool.h>

struct conductor;
struct op;

/* Starts the operations that are due, and gives up those that stand in the
 * way of a backup path. */
void conductor_start_operations(struct conductor *);

/* Tells the planner of the end of 'op', whose paths are what they are to
 * be. */
void conductor_end_chains(struct conductor *, const struct op *, bool done);

#endif /* ofctl-app/conductor/conductor-change.h */
