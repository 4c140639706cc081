/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_AUC_DB_H
#define SDSA_AUC_DB_H 1

/* The database as an authentication centre uses it: rows by name and by key,
 * and its own writes.
 *
 * Several centres share a database.  Nothing that decides is kept in one of
 * them: each write is made on condition that the row is as it was read, and
 * what another one wrote meanwhile makes it fail.
 *
 * One transaction is open or under way at a time.  Rows live until the next
 * auc_db_run(). */

#include <stdbool.h>

#include "lib/sdsa-idl.h"

struct auc_db;
struct db_watch;

/* Returns a new object over 'idl', which 'watch' watches; both must outlive
 * it.  Caller frees with auc_db_destroy(). */
struct auc_db *auc_db_create(struct ovsdb_idl *idl, const struct db_watch *);

/* Frees the object; a transaction under way is given up.  Accepts NULL. */
void auc_db_destroy(struct auc_db *);

/* Takes what ovsdb_idl_run() has brought, and the outcome of a transaction. */
void auc_db_run(struct auc_db *);

/* Sends the transaction that is open.  To be called after all that may have
 * written. */
void auc_db_commit(struct auc_db *);

/* Wakes the poll loop when auc_db_run() has something to do. */
void auc_db_wait(const struct auc_db *);

/* Returns why the database cannot be used, or NULL if it can.  The text lives
 * until auc_db_run(). */
const char *auc_db_absence(const struct auc_db *);

/* Returns how many transactions have ended. */
unsigned int auc_db_n_ended(const struct auc_db *);

/* Returns the row of the VNF 'name', or NULL. */
const struct sdsa_vnf *auc_db_vnf(const struct auc_db *, const char *name);

/* Returns the row of the VNF that may begin with the key 'digest', or NULL. */
const struct sdsa_vnf *auc_db_vnf_by_key(const struct auc_db *,
                                         const char *digest);

/* Returns the registration of the VNF 'name', or NULL. */
const struct sdsa_registration *auc_db_registration(const struct auc_db *,
                                                    const char *name);

/* Returns the name of another VNF than 'name' that has a certificate for the
 * key 'digest', or NULL. */
const char *auc_db_key_owner(const struct auc_db *, const char *digest,
                             const char *name);

/* Returns the name of another VNF than 'name' that is at 'url' or has
 * 'cipher_ip', by registration or as a gateway that somebody declared; or
 * NULL. */
const char *auc_db_taken_by(const struct auc_db *, const char *name,
                            const char *url, const char *cipher_ip);

/* Returns the transaction in which to write about the VNF 'name', or NULL if
 * that must wait: one is under way, or has written about this VNF.  If 'alone'
 * nobody else writes in it, and auc_db_outcome() tells its outcome. */
struct ovsdb_idl_txn *auc_db_begin(struct auc_db *, const char *name,
                                   bool alone);

/* Returns true if auc_db_begin() would return a transaction. */
bool auc_db_may_begin(const struct auc_db *, const char *name, bool alone);

/* Returns true if the transaction that is open writes about the VNF 'name':
 * its rows show what is not in the database yet. */
bool auc_db_is_pending(const struct auc_db *, const char *name);

/* Returns true, once, if the transaction that was begun for 'name' alone has
 * ended.  Then '*errorp' is NULL if it was made, or a message (caller
 * frees). */
bool auc_db_outcome(struct auc_db *, const char *name, char **errorp);

/* Notes for the operator that the VNF 'name' was refused something.  It gets
 * into Vnf:status within a second or two. */
void auc_db_note_refusal(struct auc_db *, const char *name,
                         const char *reason);

#endif /* ofctl-app/auc/auc-db.h */
