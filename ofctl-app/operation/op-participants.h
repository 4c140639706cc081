/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_OP_PARTICIPANTS_H
#define SDSA_OP_PARTICIPANTS_H 1

/* Who takes part in an operation, and in which steps. */

struct network;
struct op;

/* Sets the participants of an operation whose spec is set.  They are not
 * changed any more until op_participants_destroy(). */
void op_participants_find(struct op *, const struct network *);

/* Frees the participants. */
void op_participants_destroy(struct op *);

#endif /* ofctl-app/operation/op-participants.h */
