/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_TOO_BIG_H
#define SDSA_TOO_BIG_H 1

/* Tells endpoints that a packet was too big for its path (icmp.h), at most 100
 * times a second for each bridge.  The fate of each packet is counted.
 * (doc/decisions.md, 30.) */

struct bridge;
struct ds;
struct of_packet_in;
struct too_big;

/* Returns an object with all counters 0 (caller must free with
 * too_big_destroy()). */
struct too_big *too_big_create(void);

/* Frees the object.  Accepts NULL. */
void too_big_destroy(struct too_big *);

/* Answers 'packet', which a flow with STEERING_USERDATA_TOO_BIG sent from the
 * bridge. */
void too_big_answer(struct too_big *, struct bridge *,
                    const struct of_packet_in *packet);

/* Appends the counters, a line for each bridge. */
void too_big_format(const struct too_big *, struct ds *);

#endif /* ofctl-app/network/too-big.h */
