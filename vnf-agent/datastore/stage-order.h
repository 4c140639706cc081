/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_STAGE_ORDER_H
#define SDSA_STAGE_ORDER_H 1

/* The order of the entries of a list while edits of a stage move them: each
 * move takes constant time, however long the list.  Pure. */

#include <jansson.h>
#include <stdbool.h>

struct stage_order;

/* Returns the order of 'names', an array of different strings.  Caller must
 * free with stage_order_destroy(). */
struct stage_order *stage_order_create(const json_t *names);

/* Frees the order.  Accepts NULL. */
void stage_order_destroy(struct stage_order *);

/* Adds 'name', which must be new, as the last one. */
void stage_order_append(struct stage_order *, const char *name);

/* Removes 'name', if it is there. */
void stage_order_remove(struct stage_order *, const char *name);

/* Moves 'name', which must be there, before or behind 'point' (NULL: all
 * others).  Returns false, and does nothing, if the point is not another name
 * of the order. */
bool stage_order_move(struct stage_order *, const char *name, bool before,
                      const char *point);

/* Returns the names in their order; caller owns the reference. */
json_t *stage_order_names(const struct stage_order *);

#endif /* vnf-agent/datastore/stage-order.h */
