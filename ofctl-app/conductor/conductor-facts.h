/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CONDUCTOR_FACTS_H
#define SDSA_CONDUCTOR_FACTS_H 1

/* The facts that the planner decides from, but for the rows; and what the
 * planner wants to be written into the rows. */

#include "ofctl-app/plan/plan-facts.h"

struct conductor;

/* Returns the facts as they are now.  They are valid until something
 * changes. */
struct plan_facts conductor_facts(const struct conductor *);

/* Tells the planner if the topology is another one than it was the last
 * time. */
void conductor_facts_tell_topology(struct conductor *);

/* Writes what the planner wants to be written into the open transaction. */
void conductor_facts_write_rows(struct conductor *);

#endif /* ofctl-app/conductor/conductor-facts.h */
