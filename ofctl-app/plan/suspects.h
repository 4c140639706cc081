/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_SUSPECTS_H
#define SDSA_SUSPECTS_H 1

/* Links and gateways that seem not to work although nothing says that they
 * are down: new paths avoid them for a while, if there is another way
 * (doc/decisions.md, 100).  Pure.
 *
 * A hop that fails does not say which of its parts is at fault.  So each link
 * is a suspect at once; a gateway, whose agent answers after all, with the
 * second failure in a row; and each failure in a row counts.  Whatever a
 * packet has come through is no suspect any more, so those who are innocent
 * are soon found out by their other paths.
 *
 * A suspect is avoided for a time that doubles with each failure in a row.
 * After that it is used again, and if it fails again, it is a suspect again,
 * for longer. */

#include <stdbool.h>

#include "openvswitch/shash.h"

struct inventory;
struct path_hop;

struct suspects {
    struct shash all;           /* Private: by "KIND NAME". */
    bool changed;               /* Private: since suspects_apply(). */
};

/* Makes an empty set (free with suspects_destroy()). */
void suspects_init(struct suspects *);
void suspects_destroy(struct suspects *);

/* What is known of hops at one time, from an operation or from counters: a
 * part that several hops share counts once. */
struct suspicion {
    struct shash failed;        /* Private: reasons by "KIND NAME". */
};

void suspicion_init(struct suspicion *);

/* The hop carried no packets, for 'reason', which is copied. */
void suspicion_of_hop(struct suspicion *, const struct path_hop *,
                      const char *reason);

/* The bridge did not do what it was asked, for 'reason', which is copied: if
 * the hop crosses it, that goes for its links. */
void suspicion_of_bridge(struct suspicion *, const struct path_hop *,
                         const char *bridge, const char *reason);

/* The gateway did not do what it was asked, for 'reason', which is copied. */
void suspicion_of_gateway(struct suspicion *, const char *vnf_id,
                          const char *reason);

/* Counts what was said, and frees it.  'avoid_ms' is for how long a suspect is
 * avoided the first time. */
void suspects_tell(struct suspects *, struct suspicion *, int avoid_ms,
                   long long int now_ms);

/* The hop has carried a packet: its parts are no suspects. */
void suspects_clear(struct suspects *, const struct path_hop *);

/* Sets what the links and gateways of the inventory say about that.  'force':
 * the inventory is another one than the last time; else nothing is done if
 * nothing has changed. */
void suspects_apply(struct suspects *, struct inventory *, bool force,
                    long long int now_ms);

/* Returns when suspects_apply() has something to do, or LLONG_MAX. */
long long int suspects_wake_ms(const struct suspects *);

#endif /* ofctl-app/plan/suspects.h */
