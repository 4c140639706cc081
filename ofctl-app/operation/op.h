/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_OP_H
#define SDSA_OP_H 1

/* One operation at work: the coordinator's state machine (op-fsm.h) together
 * with what it moves: the old and new paths of one chain or several, the keys
 * of the new ones, and the participants with what was sent to each.
 *
 * Keys live from the operation's creation until the entry of the commit point
 * is asked for, or the operation ends; they are nowhere else.
 *
 * An operation is made and destroyed by struct ops (ops.h).  One thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ofctl-app/model/participant.h"
#include "ofctl-app/operation/op-spec.h"

struct hmap;
struct network;
struct op;
struct op_request;
struct suspects;

/* Removal of paths that a participant never acknowledged.  The operation owns
 * what it points to. */
struct op_debt {
    const struct participant *participant;      /* A gateway or a bridge. */
    const char *title;          /* The participant as text. */
    bool of_new;                /* The new paths are owed, not the old ones. */
};

/* Makes an operation over paths that are live in the network.  The spec is
 * copied.  Its requests are in '*requests' (struct op_request, by ticket)
 * until they are answered.  The caller starts or resumes the operation, and
 * must free it with op_destroy(). */
struct op *op_create(struct network *, const struct op_spec *,
                     struct hmap *requests);

/* Wipes the keys and takes the requests out of the map.  The paths stay live.
 * Accepts NULL. */
void op_destroy(struct op *);

/* Begins.  Makes the keys of the new paths and sets their check values, unless
 * the paths are prepared (OP_FAILOVER). */
void op_start(struct op *);

/* Continues what a controller that is gone has begun: forward if it had
 * 'committed', else back.  Sets which flows the paths are to have. */
void op_resume(struct op *, bool committed);

/* Does what the state machine wants done, and notices participants that were
 * lost and time that has passed.  'epoch' is this controller's.  Returns true
 * when op_is_ending() has become so. */
bool op_run(struct op *, struct network *, uint64_t epoch);

/* Wakes up poll_block() when op_run() has something to do. */
void op_wait(const struct op *);

/* Rolls the operation back for 'reason', which is copied.  'by_operator': the
 * chain is not tried again by itself.  Returns false if it is too late. */
bool op_abort(struct op *, const char *reason, bool by_operator);

/* The request was answered: 'error' is NULL, or the refusal in words. */
void op_answer(struct op_request *, const char *error);

/* Returns true if the operation waits for a journal entry that is to be
 * written into the next transaction. */
bool op_needs_journal(const struct op *);

/* The entry was written into a transaction that is about to be committed. */
void op_journal_sent(struct op *);

/* The transaction is over: 'ok' says whether it was committed.  If not,
 * 'refusal' is NULL or why the database surely refused it; then the operation
 * fails, if nothing was sent to anybody yet, else the entry is to be written
 * again.  Does nothing if the transaction had no entry of this operation.
 * Returns true if the entry was the operation's end. */
bool op_journaled(struct op *, bool ok, const char *refusal);

/* The operation's copy of what it is to do. */
const struct op_spec *op_get_spec(const struct op *);

/* The state of the state machine. */
enum op_fsm_state op_get_state(const struct op *);

/* Returns true if it may be given up for a more urgent one: it changes one
 * chain, is no failover, was not resumed, and is not past its commit point. */
bool op_can_be_given_up(const struct op *);

/* Returns true if the paths that its chains will have are decided: it is past
 * its commit point, or rolls back. */
bool op_is_ending(const struct op *);

/* Another operation of a chain is due for 'reason', which is logged: see
 * op_fsm_hurry(). */
void op_hurry(struct op *, const char *reason);

/* Did the old paths have time to drain, before they went? */
bool op_has_drained(const struct op *);

/* Returns true if the operator has aborted it. */
bool op_is_aborted(const struct op *);

/* As op_fsm_reason(). */
const char *op_reason(const struct op *);

/* Its debts, '*n' of them, which it has at its end. */
const struct op_debt *op_debts(const struct op *, size_t *n);

/* Tells 'suspects' through which hops packets came, and through which none
 * did; and which gateways and bridges did not do what they were asked.  To be
 * called at the end of the operation, while its paths are there.  'avoid_ms':
 * see suspects_tell(). */
void op_tell_suspects(const struct op *, struct suspects *, int avoid_ms);

/* One line for people, "12 web (new): release after 23 ms: ..."; caller must
 * free. */
char *op_format(const struct op *);

#endif /* ofctl-app/operation/op.h */
