/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_JOURNAL_H
#define SDSA_JOURNAL_H 1

/* What an operation leaves in the database: its journal entry (table
 * Operation), its paths (Path, Hop, SA; never a key), its outcome (Chain,
 * History) and its debts (Debt).  (doc/decisions.md, 2 and 40.)
 *
 * A successor reads these rows in conductor.c.  Functions that write add to
 * the transaction of the database that the caller has opened and commits.
 * Rows are found by a linear walk: there are two Path rows, or four with a
 * backup, for each chain, and an Operation row only while the operation is
 * under way. */

#include <stdbool.h>
#include <stdint.h>

struct network;
struct op;
struct ovsdb_idl;
struct ovsdb_idl_txn;
struct resync;
struct sdsa_chain;
struct sdsa_operation;

/* Writes the journal entry that the operation needs, if it needs one, and
 * tells the operation so.  Returns true if it did.  By op_journal_entry():
 *
 *   JOURNAL_PREPARE: adds the Operation and its new paths.
 *   JOURNAL_COMMIT:  the commit point.
 *   DONE, FAILED:    the end: deletes the Operation and the paths that end
 *                    with it, adds what these have carried to the chains'
 *                    totals, writes the chains' outcome and the debts. */
bool journal_write(struct ovsdb_idl_txn *, const struct ovsdb_idl *,
                   struct op *);

/* Writes, once, what the old paths of an operation in RELEASE have carried,
 * which their gateways forget.  If that transaction is lost the end of the
 * operation writes it again; only a successor could not. */
void journal_write_counts(const struct ovsdb_idl *, struct op *);

/* Marks the chain as failed at sequence number 'wanted', for 'reason': an
 * operation could not even begin. */
void journal_chain_failed(const struct sdsa_chain *, int64_t wanted,
                          const char *reason);

/* Writes what is wrong with the operation into its row.  If a bridge keeps it
 * from the end of FLIP, writes the reason at its chains as well. */
void journal_chain_hangs(const struct ovsdb_idl *, const struct op *);

/* Deletes the Path rows that belong to no live path. */
void journal_sweep(const struct ovsdb_idl *, const struct network *);

/* Deletes the debts of participants that were brought in line since, or that
 * are not in the inventory any more. */
void journal_settle_debts(const struct ovsdb_idl *, const struct network *,
                          const struct resync *);

/* Is the entry past its commit point? */
bool journal_is_committed(const struct sdsa_operation *);

#endif /* ofctl-app/operation/journal.h */
