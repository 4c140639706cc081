/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_TOO_BIG_H
#define SDSA_TOO_BIG_H 1

/* Tells endpoints that a packet of theirs was too big for its path (icmp.h),
 * with a limit a bridge: 100 answers a second.  What a packet came to is
 * counted. */

struct bridge;
struct ds;
struct of_packet_in;
struct too_big;

struct too_big *too_big_create(void);
void too_big_destroy(struct too_big *);         /* Accepts NULL. */

/* Answers a packet that a flow with STEERING_USERDATA_TOO_BIG sent. */
void too_big_answer(struct too_big *, struct bridge *,
                    const struct of_packet_in *);

/* Appends the counters, a line a bridge. */
void too_big_format(const struct too_big *, struct ds *);

#endif /* ofctl-app/network/too-big.h */
