/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_DB_WATCH_H
#define SDSA_DB_WATCH_H 1

/* A daemon's connection with its database: is there soon again after a server
 * has died, and has a reason while it is not there.
 *
 * OVSDB's own pauses grow to 8 s as soon as each server was tried once, and a
 * cluster needs a second or two to elect a leader.  Here the first tries are
 * made again every second, for half a minute; then its own pauses do. */

struct db_watch;
struct ovsdb_idl;

/* Returns a new watch of 'idl', of the database 'db' at 'remotes'.  Both
 * strings must outlive it.  Caller frees with db_watch_destroy(). */
struct db_watch *db_watch_create(struct ovsdb_idl *idl, const char *db,
                                 const char *remotes);

/* Frees the watch, not the IDL.  Accepts NULL. */
void db_watch_destroy(struct db_watch *);

/* To be called after each ovsdb_idl_run(). */
void db_watch_run(struct db_watch *);

/* Wakes the poll loop when db_watch_run() has something to do. */
void db_watch_wait(struct db_watch *);

/* Returns why the database cannot be used, a text for people, or NULL if it
 * can or if the reason is not known yet.  It is the watch's. */
const char *db_watch_reason(const struct db_watch *);

#endif /* lib/db-watch.h */
