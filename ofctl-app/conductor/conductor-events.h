/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CONDUCTOR_EVENTS_H
#define SDSA_CONDUCTOR_EVENTS_H 1

/* What agents tell by themselves.  It only hastens what is done anyway: keys
 * are renewed by a schedule, and agents are audited every few seconds. */

struct conductor;

/* Handles the events of agents, and every few seconds the counters of SAs,
 * which tell what an event told while nobody listened. */
void conductor_events_run(struct conductor *);

#endif /* ofctl-app/conductor/conductor-events.h */
