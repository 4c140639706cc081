/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_JOURNAL_H
#define SDSA_JOURNAL_H 1

/* What an operation leaves in the database: its journal entry (Operation), its
 * paths (Path, Hop, SA; never a key), the outcome (Chain), debts (Debt).
 *
 * Writers add to a transaction that the caller opened and commits. */

#include <stdbool.h>
#include <stdint.h>

struct network;
struct op;
struct ovsdb_idl;
struct ovsdb_idl_txn;
struct path;
struct sdsa_chain;
struct sdsa_operation;
struct sdsa_path;

/* Writes the journal entry that the operation needs, if it does, and tells the
 * operation so.  Returns true if it did.  By op_journal_entry():
 *
 *   JOURNAL_PREPARE: the Operation and its new paths.
 *   JOURNAL_COMMIT:  the commit point.
 *   DONE, FAILED:    the end: the Operation and the paths that are gone with it
 *                    are deleted, the chain's outcome and debts written. */
bool journal_write(struct ovsdb_idl_txn *, const struct ovsdb_idl *,
                   struct op *);

/* Marks the chain as failed at sequence number 'wanted' (an operation could
 * not even begin). */
void journal_chain_failed(const struct sdsa_chain *, int64_t wanted,
                          const char *reason);

/* If a bridge keeps the operation from the end of FLIP, writes the reason at
 * its chains. */
void journal_chain_hangs(const struct ovsdb_idl *, const struct op *);

/* Deletes the Path rows that are of no live path: those that make no sense. */
void journal_sweep(const struct ovsdb_idl *, const struct network *);

/* Is the entry past its commit point? */
bool journal_is_committed(const struct sdsa_operation *);

const struct sdsa_path *journal_find_path(const struct ovsdb_idl *,
                                          uint32_t nsh_spi);
const struct sdsa_operation *journal_find_operation(const struct ovsdb_idl *,
                                                    unsigned int number);

#endif /* ofctl-app/operation/journal.h */
