/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_FLOW_AUDIT_H
#define SDSA_FLOW_AUDIT_H 1

/* The flows and SAs of the active paths as bridges and gateways have them now,
 * compared with those that they should have.
 *
 * The result is text for people and sdsa-trace(8), with a line for each bridge
 * of a path and each end of its SAs:
 *
 *     SPI bridge NAME: VERDICT WORDS
 *     SPI sender VNF-ID ESP-SPI: VERDICT WORDS
 *     SPI receiver VNF-ID ESP-SPI: VERDICT WORDS
 *
 * where SPI is the NSH SPI, and VERDICT "ok", "missing" or "unknown". */

#include <stdbool.h>

struct network;

/* Bounds the wait for answers. */
#define FLOW_AUDIT_TIMEOUT_MS 5000

/* Asks all bridges and agents that can be reached. */
void flow_audit_ask(struct network *);

/* True if all have answered since 'since_ms' (time_msec()), when they were
 * asked, or if FLOW_AUDIT_TIMEOUT_MS have passed. */
bool flow_audit_is_known(const struct network *, long long int since_ms);

/* Returns the text (caller frees).  Bridges and agents that have not answered
 * since 'since_ms' (time_msec()) are "unknown". */
char *flow_audit_format(const struct network *, long long int since_ms);

/* Returns a line for each SA in use, with the packets received and lost as of
 * the last poll (caller frees). */
char *flow_audit_format_sas(const struct network *);

#endif /* ofctl-app/network/flow-audit.h */
