/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/southbound/vswitch-session.h"

#include <limits.h>

#include "hash.h"
#include "lib/bounds.h"
#include "lib/db-address.h"
#include "lib/db-watch.h"
#include "lib/name.h"
#include "lib/vswitch-idl.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "ovsdb-idl.h"
#include "smap.h"
#include "timeval.h"
#include "util.h"

#define SILENT_MS 4000          /* A database that is well is read sooner, and
                                 * db-watch has a reason by then. */

struct vswitch_session {
    char *target;
    char *certificate;
    struct ovsdb_idl *idl;
    struct db_watch *watch;     /* Why it cannot be reached. */
    unsigned int lost_seqno;    /* ovsdb_idl_get_seqno() when it was not
                                 * connected: the contents may be old. */
    long long int stale_ms;     /* When (time_msec()) that was first seen, or
                                 * LLONG_MAX: they are fresh. */
    unsigned int seen_seqno;    /* ovsdb_idl_get_seqno() when 'hash' was
                                 * computed. */
    long long int next_look_ms; /* Not computed again before. */
    uint32_t hash;              /* Of what is read from the database. */
};

struct vswitch_session *
vswitch_session_create(const char *target, const char *certificate)
{
    struct vswitch_session *session = xzalloc(sizeof *session);
    session->target = xstrdup(target);
    session->certificate = xstrdup(certificate);
    session->idl = ovsdb_idl_create(target, &ovsrec_idl_class, false, true);
    const struct db_address address = {
        "Open_vSwitch", session->target, session->certificate,
        "the bridge is bound to that; name the database of its switch with "
        "\"sdsa-ctl bridge-set-ovsdb\", or its certificate with \"sdsa-ctl "
        "bridge-set-certificate\""
    };
    session->watch = db_watch_create(session->idl, &address);
    session->stale_ms = time_msec();
    static const struct ovsdb_idl_column *const columns[] = {
        &ovsrec_bridge_col_name, &ovsrec_bridge_col_datapath_id,
        &ovsrec_bridge_col_other_config, &ovsrec_bridge_col_fail_mode,
        &ovsrec_bridge_col_ports, &ovsrec_port_col_interfaces,
        &ovsrec_port_col_status, &ovsrec_port_col_rstp_status,
        &ovsrec_interface_col_name, &ovsrec_interface_col_external_ids,
        &ovsrec_interface_col_mtu, &ovsrec_interface_col_ofport,
    };
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        ovsdb_idl_add_column(session->idl, columns[i]);
    }
    return session;
}

void
vswitch_session_destroy(struct vswitch_session *session)
{
    db_watch_destroy(session->watch);
    ovsdb_idl_destroy(session->idl);
    free(session->target);
    free(session->certificate);
    free(session);
}

bool
vswitch_session_is_fresh(const struct vswitch_session *session)
{
    return (ovsdb_idl_is_connected(session->idl)
            && ovsdb_idl_get_seqno(session->idl) != session->lost_seqno);
}

unsigned int
vswitch_session_version(const struct vswitch_session *session)
{
    return ovsdb_idl_get_seqno(session->idl);
}

const char *
vswitch_port_blocked(const struct ovsrec_port *port)
{
    const char *stp = smap_get_def(&port->status, "stp_state", "");
    const char *rstp = smap_get_def(&port->rstp_status, "rstp_port_state",
                                    "");
    return (!strcmp(stp, "listening") || !strcmp(stp, "learning")
            || !strcmp(stp, "blocking") ? stp
            : !strcmp(rstp, "Discarding") || !strcmp(rstp, "Learning") ? rstp
            : NULL);
}

/* The order of an smap says nothing. */
static uint32_t
hash_smap(const struct smap *smap, uint32_t basis)
{
    uint32_t sum = 0;
    const struct smap_node *node;
    SMAP_FOR_EACH (node, smap) {
        sum += hash_string(node->value, hash_string(node->key, 0));
    }
    return hash_int(sum, basis);
}

static uint32_t
hash_interface(const struct ovsrec_interface *iface, uint32_t hash)
{
    hash = hash_smap(&iface->external_ids, hash_string(iface->name, hash));
    hash = hash_int(iface->n_mtu ? iface->mtu[0] : 0, hash);
    return hash_int(iface->n_ofport ? iface->ofport[0] : 0, hash);
}

/* Returns a hash of what is read from the database.  (A port's status has
 * times, too, which change every few seconds.) */
static uint32_t
session_hash(const struct vswitch_session *session)
{
    uint32_t hash = 0;
    const struct ovsrec_bridge *br;
    OVSREC_BRIDGE_FOR_EACH (br, session->idl) {
        const char *id = br->datapath_id ? br->datapath_id : "";
        hash = hash_smap(&br->other_config, hash_string(id, hash));
        hash = hash_string(br->fail_mode ? br->fail_mode : "", hash);
        for (size_t i = 0; i < br->n_ports; i++) {
            const struct ovsrec_port *port = br->ports[i];
            const char *blocked = vswitch_port_blocked(port);
            hash = hash_string(blocked ? blocked : "", hash);
            for (size_t j = 0; j < port->n_interfaces; j++) {
                hash = hash_interface(port->interfaces[j], hash);
            }
        }
    }
    return hash;
}

bool
vswitch_session_run(struct vswitch_session *session)
{
    db_watch_run(session->watch);
    unsigned int seqno = ovsdb_idl_get_seqno(session->idl);
    if (!ovsdb_idl_is_connected(session->idl)) {
        session->lost_seqno = seqno;
    }
    bool was_fresh = session->stale_ms == LLONG_MAX;
    bool is_fresh = vswitch_session_is_fresh(session);
    if (is_fresh != was_fresh) {
        session->stale_ms = is_fresh ? LLONG_MAX : time_msec();
    }
    uint32_t old_hash = session->hash;
    if (seqno != session->seen_seqno
        && time_msec() >= session->next_look_ms) {
        session->next_look_ms = time_msec() + BOUNDS_SWITCH_LOOK_MS;
        session->seen_seqno = seqno;
        session->hash = session_hash(session);
    }
    return is_fresh != was_fresh || session->hash != old_hash;
}

void
vswitch_session_wait(const struct vswitch_session *session)
{
    if (ovsdb_idl_get_seqno(session->idl) != session->seen_seqno) {
        poll_timer_wait_until(session->next_look_ms);
    }
    db_watch_wait(session->watch);
}

const struct ovsrec_bridge *
vswitch_session_bridge(const struct vswitch_session *session,
                       uint64_t datapath_id)
{
    const struct ovsrec_bridge *br;
    if (!ovsdb_idl_has_ever_connected(session->idl)) {
        return NULL;
    }
    OVSREC_BRIDGE_FOR_EACH (br, session->idl) {
        /* What the bridge has counts; what it was told may be no id. */
        const char *id = (br->datapath_id ? br->datapath_id
                          : smap_get_def(&br->other_config, "datapath-id",
                                         ""));
        uint64_t id_here;
        free(name_parse_datapath_id(id, br->name, &id_here));
        if (id_here && id_here == datapath_id) {
            return br;
        }
    }
    return NULL;
}

/* Returns in which ways the bridge passes packets by itself, and what to do
 * (caller frees), or NULL. */
static char *
own_switching(const struct ovsrec_bridge *br)
{
    char *bad = name_check("bridge", br->name);
    const char *name = bad ? "BRIDGE" : br->name;
    struct ds s = DS_EMPTY_INITIALIZER;
    if (!br->fail_mode || strcmp(br->fail_mode, "secure")) {
        ds_put_format(&s, "its fail mode is not secure: without a controller "
                      "it passes all packets on by their MAC addresses, in "
                      "clear; give its switch \"ovs-vsctl set-fail-mode %s "
                      "secure\", or use sdsa-vswitch setup", name);
    }
    if (!smap_get_bool(&br->other_config, "disable-in-band", false)) {
        ds_put_format(&s, "%sin-band control is on: hidden flows pass packets "
                      "of the controller's addresses on; give its switch "
                      "\"ovs-vsctl set Bridge %s "
                      "other_config:disable-in-band=true\", or use "
                      "sdsa-vswitch setup", s.length ? "; " : "", name);
    }
    free(bad);
    return s.length ? ds_steal_cstr(&s) : NULL;
}

char *
vswitch_session_doubt(const struct vswitch_session *session,
                      uint64_t datapath_id)
{
    if (vswitch_session_is_fresh(session)) {
        const struct ovsrec_bridge *br = vswitch_session_bridge(session,
                                                                datapath_id);
        return (br ? own_switching(br)
                : xasprintf("the database of its switch (%s) has no bridge "
                            "with its datapath id: give the bridge that id "
                            "with sdsa-vswitch setup, or name the right "
                            "database with \"sdsa-ctl bridge-set-ovsdb\"",
                            session->target));
    } else if (time_msec() - session->stale_ms < SILENT_MS) {
        return NULL;
    }
    const char *reason = db_watch_reason(session->watch);
    return xasprintf("the database of its switch cannot be read: %s%s",
                     reason ? reason : session->target,
                     reason ? "" : ": it is silent");
}
