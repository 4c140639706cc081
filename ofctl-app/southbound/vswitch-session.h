/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_VSWITCH_SESSION_H
#define SDSA_VSWITCH_SESSION_H 1

/* A session with the database of a switch (ovs-vswitchd.conf.db(5)), from
 * which is only read.  What was read stays while the database is away. */

#include <stdbool.h>
#include <stdint.h>

struct ovsrec_bridge;
struct ovsrec_port;
struct vswitch_session;

/* Returns a session with the database at 'target', an OVSDB connection method,
 * whose server has, where that is with TLS, a certificate with the name
 * 'certificate' (caller must free with vswitch_session_destroy()). */
struct vswitch_session *vswitch_session_create(const char *target,
                                               const char *certificate);

/* Ends the session and frees it. */
void vswitch_session_destroy(struct vswitch_session *);

/* Receives what is due.  Returns true if what is read from the database is
 * news, or whether it is fresh. */
bool vswitch_session_run(struct vswitch_session *);

/* Makes poll_block() wake up when vswitch_session_run() has work to do. */
void vswitch_session_wait(const struct vswitch_session *);

/* True if the contents are those of the database at this moment. */
bool vswitch_session_is_fresh(const struct vswitch_session *);

/* Returns a number that changes with the contents; never 0 if they are
 * fresh. */
unsigned int vswitch_session_version(const struct vswitch_session *);

/* Returns the bridge of that datapath id (host order), or NULL if there is
 * none or the database was never read.  It is the session's, and lives until
 * vswitch_session_run(). */
const struct ovsrec_bridge *vswitch_session_bridge(
    const struct vswitch_session *, uint64_t datapath_id);

/* Returns what is wrong with the bridge of that datapath id (host order), or
 * with the database itself, and what to do, for people (caller frees): the
 * database cannot be read, has no such bridge, or lets the bridge pass packets
 * by itself.  NULL: nothing, as far as is known. */
char *vswitch_session_doubt(const struct vswitch_session *,
                            uint64_t datapath_id);

/* Returns the state in which STP or RSTP lets no packets pass the port, or
 * NULL.  It is a constant or the port's. */
const char *vswitch_port_blocked(const struct ovsrec_port *);

#endif /* ofctl-app/southbound/vswitch-session.h */
