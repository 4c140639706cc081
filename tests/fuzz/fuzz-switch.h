/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_FUZZ_SWITCH_H
#define SDSA_FUZZ_SWITCH_H 1

/* Connections of a switch with the controller, in memory: what the switch
 * sends is given as octets, and what the controller has asked can be answered
 * as a well-behaved switch would.  Time is this module's, too.
 *
 * The program must be linked with fuzz_switch_ldflags of automake.mk: the
 * listener and time_msec() are these. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ofp_header;

struct fuzz_conn;

/* What time_msec() returns, in milliseconds. */
extern long long int fuzz_switch_ms;

/* Returns a new connection that the controller will accept.  It lives until
 * the controller closes it (fuzz_switch_get()).  If 'polite' the switch has
 * said hello. */
struct fuzz_conn *fuzz_switch_connect(bool polite);

/* Returns connection 'i', the oldest first and the newest behind the last, or
 * NULL if there is none at all. */
struct fuzz_conn *fuzz_switch_get(size_t i);

/* Sends 'size' octets to the controller, one message: the length in its header
 * is set.  An xid of FUZZ_SWITCH_XID(), with the type and the subtype of a
 * request, becomes that of the 'n'th such request from the end. */
void fuzz_switch_send(struct fuzz_conn *, const void *data, size_t size);
#define FUZZ_SWITCH_XID(TYPE, SUBTYPE, N) \
    (0xa5000000u | (TYPE) << 16 | (SUBTYPE) << 8 | (N))

/* Answers all requests that were not answered so, as Open vSwitch would with
 * datapath id 'id' and the flows that it was sent. */
void fuzz_switch_answer(struct fuzz_conn *, uint64_t id);

/* Ends the connection: the controller will read that it is lost. */
void fuzz_switch_lose(struct fuzz_conn *);

/* Returns the number of flows that it was sent. */
size_t fuzz_switch_n_flows(const struct fuzz_conn *);

#endif /* tests/fuzz/fuzz-switch.h */
