/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_DB_ADDRESS_H
#define SDSA_DB_ADDRESS_H 1

/* Where a database is, and who its servers are: what its clients share. */

struct ovs_tls_server;
struct ovsdb_idl;

struct db_address {
    const char *db;             /* Its name, such as "SDSA". */
    const char *remotes;        /* OVSDB targets, separated by commas. */
    const char *name;           /* In the certificates of its servers, where
                                 * there is TLS; NULL: any. */
    const char *remedy;         /* What to do if that is another one; NULL if
                                 * 'name' is. */
};

/* The name in the certificates of the servers of sdsa's database. */
#define DB_SDSA_NAME "sdsa-ovsdb"

/* Returns the address of sdsa's database at 'remotes', whose servers have the
 * name 'name'; NULL: DB_SDSA_NAME.  Both strings must outlive it. */
struct db_address db_sdsa(const char *remotes, const char *name);

/* Runs 'idl', all whose connections are to be such as 'server' demands: for
 * that, nothing else must run it. */
void db_run_idl(struct ovs_tls_server *server, struct ovsdb_idl *idl);

#endif /* lib/db-address.h */
