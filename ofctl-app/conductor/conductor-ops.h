/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CONDUCTOR_OPS_H
#define SDSA_CONDUCTOR_OPS_H 1

/* The conductor's operations: how one begins, and how it ends. */

#include <stdbool.h>

struct conductor;
struct op;
struct op_spec;

/* Adds an operation to those under way; the caller starts or resumes it.  Of
 * the spec, the timeouts are ignored: the user's configuration says them, and
 * whether anything is proven at all.  A 'number' of 0 stands for the next
 * one. */
struct op *conductor_add_op(struct conductor *, const struct op_spec *);

/* Is an operation of 'chain' under way? */
bool conductor_has_operation(const struct conductor *, const char *chain);

#endif /* ofctl-app/conductor/conductor-ops.h */
