/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SDSA_TURNED_AWAY_H
#define SDSA_TURNED_AWAY_H 1

/* Callers that were turned away lately, and why: a bridge that is not
 * connected may be one of them, under a wrong version, certificate or datapath
 * id.
 *
 * A caller is known by its address.  At most 16 are remembered, each for a
 * minute after its last call.  One thread. */

#include "openvswitch/list.h"

struct turned_away {
    struct ovs_list callers;    /* Private.  The last one to call first. */
};

/* Makes an empty list (free with turned_away_destroy()). */
void turned_away_init(struct turned_away *);

/* Frees what turned_away_note() has allocated. */
void turned_away_destroy(struct turned_away *);

/* Notes that a caller was turned away for 'reason', which is copied.  'peer'
 * is the name of its connection: "ssl:192.0.2.1:40000". */
void turned_away_note(struct turned_away *, const char *peer,
                      const char *reason);

/* Forgets the caller of that name: it was let in. */
void turned_away_forget(struct turned_away *, const char *peer);

/* Returns "192.0.2.1" for the name "ssl:192.0.2.1:40000" of a connection, and
 * "unix" for "unix#3".  Caller frees. */
char *turned_away_address(const char *peer);

/* Returns the callers of the last minute as "192.0.2.1 REASON; ...", by
 * address, or NULL if there are none (caller frees). */
char *turned_away_format(struct turned_away *);

#endif /* ofctl-app/southbound/turned-away.h */
