/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CONDUCTOR_H
#define SDSA_CONDUCTOR_H 1

/* The conductor makes the network match the database: it starts an operation
 * for each chain whose intent differs from what is applied (or that broke),
 * sees the operations through, and writes what came of them.
 *
 * There is one writer: the conductor acts only while it holds the database's
 * lock "sdsa_controller", under an epoch that it raised in a committed
 * transaction; else it stands by.  One thread. */

#include <stdbool.h>

#include "ofctl-app/network/network.h"

struct conductor;
struct ovsdb_idl;

/* 'idl' stays the caller's, who runs it before conductor_run() and outlives
 * the conductor.  'config' is kept by reference. */
struct conductor *conductor_create(struct ovsdb_idl *idl,
                                   const struct network_config *config);
void conductor_destroy(struct conductor *);
void conductor_run(struct conductor *);
void conductor_wait(struct conductor *);

/* For people (unixctl): caller frees. */
char *conductor_format_operations(const struct conductor *);
char *conductor_format_status(const struct conductor *);
char *conductor_format_sas(const struct conductor *);
/* Asks bridges and gateways what they have of the paths; and once they have
 * answered, or 'since_ms' (when they were asked) is long ago, says it in
 * '*textp' (see flow-audit.h) and returns true. */
void conductor_ask_live(struct conductor *);
bool conductor_format_live(const struct conductor *, long long int since_ms,
                           char **textp);
/* What became of packets that bridges sent. */
char *conductor_format_packets(const struct conductor *);

/* Gives up operation 'number'.  Returns NULL or why not (caller frees). */
char *conductor_abort(struct conductor *, unsigned int number);

#endif /* ofctl-app/conductor/conductor.h */
