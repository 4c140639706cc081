/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CONDUCTOR_RESULTS_H
#define SDSA_CONDUCTOR_RESULTS_H 1

/* What comes back from bridges and agents, and who gets it. */

struct conductor;

/* Hands results of bridges to operations; results of agents to the resync or
 * to operations; packets that bridges sent to operations (probes), or to
 * too-big.h. */
void conductor_results_run(struct conductor *);

#endif /* ofctl-app/conductor/conductor-results.h */
