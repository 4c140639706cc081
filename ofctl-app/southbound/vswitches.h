/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_VSWITCHES_H
#define SDSA_VSWITCHES_H 1

/* Declarations that operators make with ovs-vsctl: external_ids of Interfaces
 * in the databases of the switches, as a Bridge's column "ovsdb" names them.
 *
 *   endpoint:  sdsa-endpoint=NAME sdsa-ips="IP..." attached-mac=MAC
 *   function:  sdsa-sf=NAME sdsa-sf-side=in|out|both
 *              [sdsa-sf-correlation=C] [sdsa-sf-mac=MAC]
 *              [sdsa-sf-group=GROUP]
 *   gateway:   sdsa-gateway=VNF-ID sdsa-gateway-side=plain|cipher
 *              sdsa-gateway-ip=IP sdsa-gateway-url=URL
 *
 * Each declaration becomes a row with "declared_by" ovs-vsctl, which is
 * changed and deleted with it.  A row of the same name that sdsa-ctl declared
 * has precedence: where the two differ the row's "conflict" says so.  The
 * Bridge's "declarations" says which declarations are incomplete or wrong.
 *
 * What a bridge has by its declaration stays there: the row's column "bridge"
 * keeps it over a restart.  Another bridge's declaration of it counts when the
 * switch of the first says that it is gone, or when the operator says so
 * (column "move_to").  A function is in a group only if the Bridge's "groups"
 * has that. */

struct bridges;
struct inventory;
struct ovsdb_idl;
struct sdsa_bridge;
struct vswitches;

/* Returns an object without sessions (caller must free with
 * vswitches_destroy()). */
struct vswitches *vswitches_create(void);

/* Ends all sessions and frees the object.  Accepts NULL. */
void vswitches_destroy(struct vswitches *);

/* Opens and closes sessions to match the Bridge rows of 'idl', and runs
 * them. */
void vswitches_run(struct vswitches *, const struct ovsdb_idl *idl);

/* Makes poll_block() wake up when vswitches_run() has work to do. */
void vswitches_wait(struct vswitches *);

/* Writes the differences of the declarations to the database into the open
 * transaction of 'idl', and what is wrong with rows, as 'inv' says; and into
 * Bridge.mtus what vswitches_tell_ports() was told. */
void vswitches_write(struct vswitches *, const struct ovsdb_idl *idl,
                     const struct inventory *inv);

/* Gives 'inv' what the switches tell of their ports: MTUs, and whether STP or
 * RSTP lets packets pass (OpenFlow 1.5 does not say that). */
void vswitches_tell_ports(struct vswitches *, const struct ovsdb_idl *idl,
                          struct inventory *inv);

/* Tells 'bridges' which ports have the names that OpenFlow does not show
 * whole. */
void vswitches_tell_names(const struct vswitches *,
                          const struct ovsdb_idl *idl,
                          const struct bridges *);

/* Returns what is wrong with the database of the bridge's switch, or with what
 * it tells of the bridge, and what to do, for people (caller frees); NULL:
 * nothing, or the bridge's row names no database. */
char *vswitches_doubt(const struct vswitches *, const struct sdsa_bridge *);

/* Returns how often, since the start, the switch of the bridge has begun to
 * declare what another one has, or a function of a group that it may not put
 * it into. */
unsigned int vswitches_n_refused(const struct vswitches *,
                                 const struct sdsa_bridge *);

/* Returns a number that changes with what is read from the switches'
 * databases. */
unsigned int vswitches_seqno(const struct vswitches *);

#endif /* ofctl-app/southbound/vswitches.h */
