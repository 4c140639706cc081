/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_VSWITCHES_H
#define SDSA_VSWITCHES_H 1

/* What operators declare with ovs-vsctl: external_ids of Interfaces in the
 * databases of the switches, as a Bridge's column "ovsdb" names them.
 *
 *   endpoint:  sdsa-endpoint=NAME sdsa-ips="IP..." attached-mac=MAC
 *   function:  sdsa-sf=NAME sdsa-sf-side=in|out|both
 *              [sdsa-sf-correlation=C] [sdsa-sf-mac=MAC]
 *   gateway:   sdsa-gateway=VNF-ID sdsa-gateway-side=plain|cipher
 *              sdsa-gateway-ip=IP sdsa-gateway-url=URL
 *
 * Each becomes a row with "declared_by" ovs-vsctl, which follows it and goes with
 * it.  What sdsa-ctl declared under the same name counts more: where the two
 * differ the row's "conflict" says so.  What is incomplete is said in the
 * Bridge's "declarations". */

struct inventory;
struct ovsdb_idl;
struct vswitches;

struct vswitches *vswitches_create(void);
void vswitches_destroy(struct vswitches *);     /* Accepts NULL. */

/* Opens and closes sessions to match the Bridge rows of 'idl', and runs them. */
void vswitches_run(struct vswitches *, const struct ovsdb_idl *idl);
void vswitches_wait(struct vswitches *);

/* Writes into the open transaction of 'idl' what differs from the database. */
void vswitches_write(const struct vswitches *, const struct ovsdb_idl *idl);

/* Tells 'inv' the MTUs that the switches say of their ports. */
void vswitches_tell_mtus(const struct vswitches *, const struct ovsdb_idl *idl,
                         struct inventory *inv);

/* Changes with the contents of the switches' databases. */
unsigned int vswitches_seqno(const struct vswitches *);

#endif /* ofctl-app/southbound/vswitches.h */
