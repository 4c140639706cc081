/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CROWD_H
#define SDSA_CROWD_H 1

/* Many connections, by whose they are: of an address, or of a name that a
 * certificate has.  Where there are too many it is the idlest one of the owner
 * with most that goes, and the owner on whom least time was spent of late
 * comes first.  So who has many connections is in the way of itself only.
 * Pure, but for the clock. */

#include <stddef.h>

#include "openvswitch/list.h"
#include "openvswitch/shash.h"

struct crowd {
    size_t n;                   /* Members. */
    struct shash owners;        /* struct crowd_owner, by name. */
};

/* Whose members are. */
struct crowd_owner {
    const char *name;
    size_t n;
    struct ovs_list members;    /* struct crowd_member, idlest first. */
    long long int spent_us;     /* See crowd_spent(): as of */
    long long int spent_ms;     /* this time. */
};

struct crowd_member {
    struct crowd *crowd;
    struct crowd_owner *owner;
    struct ovs_list node;       /* In the owner's members. */
};

/* Iterates over the members of an owner, idlest first. */
#define CROWD_FOR_EACH(MEMBER, OWNER) \
    LIST_FOR_EACH (MEMBER, node, &(OWNER)->members)

/* Makes an empty crowd (free with crowd_uninit()). */
void crowd_init(struct crowd *);

/* Frees what the crowd holds.  All members must have been removed before. */
void crowd_uninit(struct crowd *);

/* Adds a member of the owner 'name', which is copied, as its least idle
 * one. */
void crowd_add(struct crowd *, struct crowd_member *, const char *name);

/* The same, of the owner of 'address' (address_holder()). */
void crowd_add_address(struct crowd *, struct crowd_member *,
                       const char *address);

/* Removes the member. */
void crowd_remove(struct crowd_member *);

/* Moves the member to another crowd, where it is the least idle one of the
 * same owner. */
void crowd_move(struct crowd *to, struct crowd_member *);

/* Notes that the member is the least idle one of its owner. */
void crowd_use(struct crowd_member *);

/* Returns the owner that has most members, or NULL if there is none. */
const struct crowd_owner *crowd_most(const struct crowd *);

/* Returns the idlest member of the owner that has most, or NULL if there are
 * at most 'max' members. */
struct crowd_member *crowd_excess(const struct crowd *, size_t max);

/* Notes that 'us' microseconds were spent on the member's owner. */
void crowd_spend(struct crowd_member *, long long int us);

/* Returns how many microseconds were spent on the member's owner of late: of
 * what was spent a second ago a half counts, and so on. */
long long int crowd_spent(const struct crowd_member *);

#endif /* lib/crowd.h */
