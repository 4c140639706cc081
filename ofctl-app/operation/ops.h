/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_OPS_H
#define SDSA_OPS_H 1

/* The operations under way, found by chain, by number, by the ticket of a
 * request and by the token of a probe.  One thread. */

#include <stddef.h>
#include <stdint.h>

#include "ofctl-app/model/participant.h"

struct network;
struct op;
struct op_spec;
struct ops;
struct probe;

/* Caller must free with ops_destroy(). */
struct ops *ops_create(void);

/* Destroys the operations, too.  Accepts NULL. */
void ops_destroy(struct ops *);

/* Makes an operation with op_create().  No chain of the spec may have an
 * operation.  The caller starts or resumes it; ops_remove() destroys it. */
struct op *ops_add(struct ops *, struct network *, const struct op_spec *);

/* Takes the operation out and destroys it. */
void ops_remove(struct ops *, struct op *);

size_t ops_count(const struct ops *);

/* The operation behind 'prev' in the order in which they were added: NULL
 * gives the first, NULL is returned after the last. */
struct op *ops_next(const struct ops *, const struct op *prev);

/* For each operation of OPS, as 'struct op *OP'.  None may be removed
 * meanwhile. */
#define OPS_FOR_EACH(OP, OPS)                                   \
    for (struct op *OP = ops_next(OPS, NULL); OP;               \
         OP = ops_next(OPS, OP))

/* The operation that changes 'chain', or NULL. */
struct op *ops_find_chain(const struct ops *, const char *chain);

/* The operation of that number, or NULL. */
struct op *ops_find_number(const struct ops *, unsigned int number);

/* A request was answered: 'ticket' is of bridge_change(), or of an agent's
 * request, by 'kind'; 'error' is NULL, or the refusal in words.  A ticket that
 * belongs to no operation is ignored. */
void ops_result(struct ops *, enum participant_kind kind, uint64_t ticket,
                const char *error);

/* A probe came to 'bridge'.  One of no operation is ignored. */
void ops_probe_result(struct ops *, const struct network *,
                      const char *bridge, const struct probe *);

#endif /* ofctl-app/operation/ops.h */
