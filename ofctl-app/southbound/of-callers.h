/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SDSA_OF_CALLERS_H
#define SDSA_OF_CALLERS_H 1

/* Which of many callers gives way to the next: those that have said nothing
 * yet, and those that have, are bounded each, and where a bound is reached it
 * is the oldest caller of the address that has most (lib/bounds.h).  So who
 * calls from many ports of one address is in the way of itself only.  Pure. */

#include <stdbool.h>
#include <stddef.h>

#include "openvswitch/list.h"
#include "openvswitch/shash.h"

/* The callers that have said something, or those that have not. */
struct of_callers {
    size_t max, n;
    struct shash sources;       /* struct of_source, by address. */
};

/* What of_callers knows of a caller. */
struct of_member {
    struct of_callers *callers; /* It is one of these. */
    struct ovs_list node;       /* In the source's list, oldest first. */
    char *address;
};

/* Makes an empty set of at most 'max' callers (free with
 * of_callers_uninit()). */
void of_callers_init(struct of_callers *, size_t max);

/* Frees what the set holds.  All members must have been removed before. */
void of_callers_uninit(struct of_callers *);

/* Adds a caller from 'address', of which ownership is taken, as the newest
 * one.  There may be one too many then: see of_callers_excess(). */
void of_callers_add(struct of_callers *, struct of_member *, char *address);

/* Removes the caller. */
void of_callers_remove(struct of_member *);

/* Moves the caller to another set, where it is the newest one. */
void of_callers_move(struct of_callers *to, struct of_member *);

/* Returns the caller that must go, or NULL if there are not too many. */
struct of_member *of_callers_excess(const struct of_callers *);

#endif /* ofctl-app/southbound/of-callers.h */
