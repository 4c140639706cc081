/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_STATUS_H
#define SDSA_STATUS_H 1

/* What people see of the network: the status and statistics columns. */

#include <stdbool.h>

struct network;
struct ovsdb_idl;
struct resync;

/* Writes into the open transaction of 'idl' what differs from the database:
 * Bridge.status, Gateway.status and ports, Link.state, Path.reason and
 * .mtu; and, if
 * 'statistics', the statistics of Path and SA. */
void status_write(const struct ovsdb_idl *idl, const struct network *,
                  const struct resync *, bool statistics);

/* A line for each SA in use: what arrived of it and what was lost.  Caller must
 * free. */
char *status_format_sas(const struct network *);

/* Deletes the debts of participants that were brought in line since, or that
 * are not in the inventory any more. */
void status_settle_debts(const struct ovsdb_idl *idl, const struct network *,
                         const struct resync *);

#endif /* ofctl-app/network/status.h */
