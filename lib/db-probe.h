/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_DB_PROBE_H
#define SDSA_DB_PROBE_H 1

/* Finds out why a database cannot be used: asks each of its servers what it
 * is.  (OVSDB's IDL says it in the log at most.) */

#include <stdbool.h>

struct db_address;
struct db_probe;

/* Returns a new probe of 'address', whose strings must outlive it.  Caller
 * frees with db_probe_destroy(). */
struct db_probe *db_probe_create(const struct db_address *address);

/* Frees the probe.  Accepts NULL. */
void db_probe_destroy(struct db_probe *);

/* Goes on asking.  Returns true as soon as all servers have answered or were
 * silent for two seconds. */
bool db_probe_run(struct db_probe *);

/* Wakes the poll loop when db_probe_run() has something to do. */
void db_probe_wait(struct db_probe *);

/* Returns what was found so far: for each server a text for people, with what
 * to do.  It is the probe's. */
const char *db_probe_text(const struct db_probe *);

/* Makes a probe, waits for its end, and returns its text.  Caller frees.  For
 * command lines. */
char *db_probe_ask(const struct db_address *address);

#endif /* lib/db-probe.h */
