/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SDSA_OF_BUNDLE_H
#define SDSA_OF_BUNDLE_H 1

/* One atomic ordered bundle: which message is to be sent next, and what an
 * answer means.  No I/O, no time.
 *
 *            last ADD sent          reply, no error         reply
 *     ADDING -----------> CHECKING -----------> COMMITTING -------> DONE
 *                             |                     |
 *                             | reply, after errors | error
 *                             v                     v
 *                         REFUSED <------------------
 *
 * A message that is refused when it is added is silently not in the bundle,
 * so a barrier comes before the COMMIT: all errors are here when it is
 * answered. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-msgs.h"

struct flow_diff;
struct of_bundle;
struct ofpbuf;

#define OF_BUNDLE_STATES                                                \
    /* Messages are being sent; left with the barrier. */               \
    OF_BUNDLE_STATE(ADDING)                                             \
    /* The barrier was sent; left with its reply. */                    \
    OF_BUNDLE_STATE(CHECKING)                                           \
    /* COMMIT is to be sent, or was; left with its reply. */            \
    OF_BUNDLE_STATE(COMMITTING)                                         \
    /* The switch has it all. */                                        \
    OF_BUNDLE_STATE(DONE)                                               \
    /* The switch has nothing of it.  of_bundle_error() says why. */    \
    OF_BUNDLE_STATE(REFUSED)

enum of_bundle_state {
#define OF_BUNDLE_STATE(NAME) OF_BUNDLE_##NAME,
    OF_BUNDLE_STATES
#undef OF_BUNDLE_STATE
};

/* Takes ownership of 'diff'.  The bundle uses the transaction ids from 'xid'
 * on: as many as there are flows in 'diff', and OF_BUNDLE_EXTRA_XIDS. */
struct of_bundle *of_bundle_create(struct flow_diff *diff, uint32_t bundle_id,
                                   uint32_t xid);
#define OF_BUNDLE_EXTRA_XIDS 4
void of_bundle_destroy(struct of_bundle *);

enum of_bundle_state of_bundle_state(const struct of_bundle *);
struct flow_diff *of_bundle_diff(const struct of_bundle *);

/* Returns the next message to send, or NULL if there is none for now.  The
 * caller takes ownership. */
struct ofpbuf *of_bundle_next(struct of_bundle *);
/* Returns true if 'oh', a message of 'type', was for the bundle. */
bool of_bundle_receive(struct of_bundle *, enum ofptype type,
                       const struct ofp_header *oh);

/* Why it was refused: 0 if it was not because of this flow_mod. */
enum ofperr of_bundle_flow_error(const struct of_bundle *, size_t i);
/* Any error; not 0 in state REFUSED. */
enum ofperr of_bundle_error(const struct of_bundle *);

#endif /* ofctl-app/southbound/of-bundle.h */
