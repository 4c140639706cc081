/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_STATUS_H
#define SDSA_STATUS_H 1

/* The columns of the database that show the network to people: state, status
 * and statistics. */

#include <stdbool.h>
#include <stdint.h>

struct agent_sa_stats;
struct network;
struct ovsdb_idl;
struct path_hop;
struct resync;
struct sdsa_sa;
struct vswitches;

/* Writes into the open transaction of 'idl' the differences to the database:
 * Bridge.status, Bridge.certificate where a first one was seen, Gateway.status
 * and its ports' MACs and MTUs, Link.state, Service_Function.state,
 * Path.reason and Path.mtu; and, if 'statistics', the statistics of Path and
 * SA, if 'keep' with those copies that are on disk. */
void status_write(const struct ovsdb_idl *idl, const struct network *,
                  const struct vswitches *, const struct resync *,
                  bool statistics, bool keep);

/* Writes into the open transaction what the SA's sender ('out') and receiver
 * ('in') have counted, and the packets lost between them.  What NULL stands
 * for stays as it was; without 'in' so does 'lost'. */
void status_write_sa(const struct sdsa_sa *, const struct agent_sa_stats *out,
                     const struct agent_sa_stats *in, uint64_t lost);

/* Writes into the open transaction how many probes came through 'hop', which
 * is the SA's. */
void status_write_probes(const struct sdsa_sa *, const struct path_hop *hop);

#endif /* ofctl-app/network/status.h */
