/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_FLOW_AUDIT_H
#define SDSA_FLOW_AUDIT_H 1

/* What bridges and gateways have of the active paths just now: their flows and
 * SAs are read, and compared with what they should be.
 *
 * As text, for people and sdsa-trace(8), a line for each bridge of a path and
 * each end of its SAs:
 *
 *     SPI bridge NAME: VERDICT WORDS
 *     SPI sender VNF-ID ESP-SPI: VERDICT WORDS
 *     SPI receiver VNF-ID ESP-SPI: VERDICT WORDS
 *
 * where SPI is the NSH SPI, and VERDICT "ok", "missing" or "unknown". */

#include <stdbool.h>

struct network;

#define FLOW_AUDIT_TIMEOUT_MS 5000

/* Asks all that can be reached. */
void flow_audit_ask(struct network *);

/* Have they answered what they were asked at 'since_ms' (time_msec()), or had
 * the time for it? */
bool flow_audit_is_known(const struct network *, long long int since_ms);

/* The text; caller frees.  Who did not answer since is "unknown". */
char *flow_audit_format(const struct network *, long long int since_ms);

#endif /* ofctl-app/network/flow-audit.h */
