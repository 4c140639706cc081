/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CONDUCTOR_H
#define SDSA_CONDUCTOR_H 1

/* The conductor makes the network match the database: it starts an operation
 * for each chain whose intent differs from what is applied, or whose paths do
 * not carry packets; runs the operations to their end; and writes the outcome.
 *
 * There is one writer: the conductor acts only while it holds the database's
 * lock "sdsa_controller", under an epoch that it raised in a committed
 * transaction; else it stands by.  It raises the epoch only once it can listen
 * for bridges; while it cannot, it says so in the database, lets go of the
 * lock and tries again.  One thread. */

#include <stdbool.h>

struct conductor;
struct db_watch;
struct network_config;
struct ovsdb_idl;

/* 'idl' and its 'watch' stay the caller's, who runs them before
 * conductor_run(); they and 'config', which is kept by reference, must outlive
 * the conductor.  Caller must free with conductor_destroy(). */
struct conductor *conductor_create(struct ovsdb_idl *idl,
                                   const struct db_watch *watch,
                                   const struct network_config *config);

/* Ends the sessions and gives the operations up as a crash would: the next
 * conductor resumes them.  Accepts NULL. */
void conductor_destroy(struct conductor *);

/* Follows the lock, passes on answers, and does what the planner wants.  When
 * it gets the lock it reads the live paths and the unfinished operations of
 * its predecessor from the database, and resumes them. */
void conductor_run(struct conductor *);

/* Wakes up poll_block() when conductor_run() has something to do. */
void conductor_wait(struct conductor *);

/* Texts for people (unixctl); caller must free each. */

/* The operations that ended, at most 64 of this process, and those under
 * way: op_format() of each on a line. */
char *conductor_format_operations(const struct conductor *);

/* The state of the conductor, its database, its bridges and its gateways. */
char *conductor_format_status(const struct conductor *);

/* The SAs with their counters, one on a line. */
char *conductor_format_sas(const struct conductor *);

/* The bridges' answers to packets that are too big, and packets that were
 * lost. */
char *conductor_format_packets(const struct conductor *);

/* Asks bridges and gateways what they have of the paths. */
void conductor_ask_live(struct conductor *);

/* Returns false if they have not answered yet.  Returns true, with the answers
 * in '*textp' (see flow-audit.h; caller frees), once they have, or when
 * 'since_ms', the time_msec() at which they were asked, is long ago. */
bool conductor_format_live(const struct conductor *, long long int since_ms,
                           char **textp);

/* Aborts operation 'number'.  Returns NULL, or the reason why that is not
 * possible (caller frees). */
char *conductor_abort(struct conductor *, unsigned int number);

#endif /* ofctl-app/conductor/conductor.h */
