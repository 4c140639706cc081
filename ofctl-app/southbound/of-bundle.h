/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SDSA_OF_BUNDLE_H
#define SDSA_OF_BUNDLE_H 1

/* One atomic ordered bundle: the message to be sent next, and the meaning of
 * an answer.  No I/O, no time.
 *
 *            last ADD sent          reply, no error         reply
 *     ADDING -----------> CHECKING -----------> COMMITTING -------> DONE
 *                             |                     |
 *                             | reply, after errors | error
 *                             v                     v
 *                         REFUSED <------------------
 *
 * A message that is refused when it is added is silently left out of the
 * bundle.  So a barrier comes before the COMMIT: all errors are here when the
 * barrier is answered. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-msgs.h"

struct flow_diff;
struct of_bundle;
struct ofpbuf;

#define OF_BUNDLE_STATES                                                \
    /* Messages are being sent; left when the barrier is sent. */       \
    OF_BUNDLE_STATE(ADDING)                                             \
    /* The barrier was sent; left with its reply. */                    \
    OF_BUNDLE_STATE(CHECKING)                                           \
    /* COMMIT is due or was sent; left with its reply. */               \
    OF_BUNDLE_STATE(COMMITTING)                                         \
    /* The switch has all flows of the bundle. */                       \
    OF_BUNDLE_STATE(DONE)                                               \
    /* The switch has none of them; of_bundle_error() says why. */      \
    OF_BUNDLE_STATE(REFUSED)

enum of_bundle_state {
#define OF_BUNDLE_STATE(NAME) OF_BUNDLE_##NAME,
    OF_BUNDLE_STATES
#undef OF_BUNDLE_STATE
};

/* A bundle uses one transaction id a flow and so many more. */
#define OF_BUNDLE_EXTRA_XIDS 4

/* Returns a bundle in state ADDING with the flow_mods of 'diff', of which it
 * takes ownership (caller must free with of_bundle_destroy()).  It uses the
 * transaction ids (host order) from 'xid' on: flow_diff_n() and
 * OF_BUNDLE_EXTRA_XIDS of them. */
struct of_bundle *of_bundle_create(struct flow_diff *diff, uint32_t bundle_id,
                                   uint32_t xid);

/* Frees the bundle and its diff; sends nothing.  Accepts NULL. */
void of_bundle_destroy(struct of_bundle *);

/* Returns the state. */
enum of_bundle_state of_bundle_state(const struct of_bundle *);

/* Returns the diff, which belongs to the bundle. */
struct flow_diff *of_bundle_diff(const struct of_bundle *);

/* Returns the next message to send (caller frees), or NULL if there is none
 * for now. */
struct ofpbuf *of_bundle_next(struct of_bundle *);

/* Handles 'oh', a message of 'type' from the switch.  Returns false if it is
 * not for the bundle. */
bool of_bundle_receive(struct of_bundle *, enum ofptype type,
                       const struct ofp_header *oh);

/* Returns the error about flow 'i' of the diff, or 0 if there is none. */
enum ofperr of_bundle_flow_error(const struct of_bundle *, size_t i);

/* Returns the first error of the bundle, which is not 0 in state REFUSED. */
enum ofperr of_bundle_error(const struct of_bundle *);

#endif /* ofctl-app/southbound/of-bundle.h */
