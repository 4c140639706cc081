/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_STATUS_H
#define SDSA_STATUS_H 1

/* The columns of the database that show the network to people: state, status
 * and statistics. */

#include <stdbool.h>

struct network;
struct ovsdb_idl;
struct resync;

/* Writes into the open transaction of 'idl' the differences to the database:
 * Bridge.status, Gateway.status and its ports' MACs and MTUs, Link.state,
 * Service_Function.state, Path.reason and Path.mtu; and, if 'statistics', the
 * statistics of Path and SA. */
void status_write(const struct ovsdb_idl *idl, const struct network *,
                  const struct resync *, bool statistics);

#endif /* ofctl-app/network/status.h */
