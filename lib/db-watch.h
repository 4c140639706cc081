/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_DB_WATCH_H
#define SDSA_DB_WATCH_H 1

/* A daemon's connection with its database: is there soon again after a server
 * has died, has a reason while it is not there, and is with a server whose
 * certificate has the right name; warns before that ends.
 *
 * OVSDB's own pauses grow to 8 s as soon as each server was tried once, and a
 * cluster needs a second or two to elect a leader.  Here the first tries are
 * made again every second, for half a minute; then its own pauses do. */

struct db_address;
struct db_watch;
struct ovsdb_idl;

/* Returns a new watch of 'idl', which is of the database at 'address' and has
 * not run yet.  The strings of 'address' must outlive the watch.  Caller frees
 * with db_watch_destroy(). */
struct db_watch *db_watch_create(struct ovsdb_idl *idl,
                                 const struct db_address *address);

/* Frees the watch, not the IDL, which must not run any more.  Accepts NULL. */
void db_watch_destroy(struct db_watch *);

/* Runs the IDL, which nobody else must do, and the watch. */
void db_watch_run(struct db_watch *);

/* Wakes the poll loop when db_watch_run() has something to do, the IDL's work
 * among it. */
void db_watch_wait(struct db_watch *);

/* Returns why the database cannot be used, a text for people, or NULL if it
 * can or if the reason is not known yet.  It is the watch's. */
const char *db_watch_reason(const struct db_watch *);

/* Returns cert_life_doubt() of the certificate of the server that has the
 * database.  Caller frees. */
char *db_watch_cert_doubt(const struct db_watch *);

#endif /* lib/db-watch.h */
