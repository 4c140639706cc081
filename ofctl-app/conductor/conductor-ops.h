/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CONDUCTOR_OPS_H
#define SDSA_CONDUCTOR_OPS_H 1

/* Operations as the user configured them. */

struct conductor;
struct op;
struct op_spec;

/* Adds an operation to those under way; the caller starts or resumes it.  Of
 * the spec, the timeouts are ignored: the user's configuration says them, and
 * whether anything is proven at all.  A 'number' of 0 stands for the next
 * one. */
struct op *conductor_add_op(struct conductor *, const struct op_spec *);

#endif /* ofctl-app/conductor/conductor-ops.h */
