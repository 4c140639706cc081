/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CONDUCTOR_WRITE_H
#define SDSA_CONDUCTOR_WRITE_H 1

/* What the conductor writes into the database, one transaction at a time, and
 * what follows once that is there. */

#include <stdbool.h>

struct conductor;

/* Begins a transaction, 'c->txn', with all that is to be written.  The caller
 * commits it. */
void conductor_write(struct conductor *c);

/* The transaction is over.  'ok' says whether it was committed; if not,
 * 'refusal' is NULL or why the database surely refused it. */
void conductor_written(struct conductor *, bool ok, const char *refusal);

#endif /* ofctl-app/conductor/conductor-write.h */
