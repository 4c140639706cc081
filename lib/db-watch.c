/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/db-watch.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cert-life.h"
#include "lib/db-address.h"
#include "lib/db-probe.h"
#include "lib/ovs-tls.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(db_watch);

#define STEADY_MS 500           /* A server that is not what we need ends a
                                 * connection sooner. */
#define RETRY_MS 1100           /* The time of a try to connect is 1 s. */
#define HASTE_MS 30000          /* As long we make tries of our own. */
#define PROBE_AFTER_MS 3000     /* Time without a database. */
#define PROBE_EVERY_MS 10000

struct db_watch {
    struct ovsdb_idl *idl;
    struct db_address address;
    struct ovs_tls_server *server;
    long long int up_ms;        /* Connected since; LLONG_MAX: it is not. */
    long long int down_ms;      /* Not usable since; LLONG_MAX: it is. */
    long long int retry_ms;     /* Time of the next try of our own. */
    long long int probe_ms;     /* Time of the next probe. */
    struct db_probe *probe;
    char *reason;               /* Or NULL. */
    int64_t warned_end;         /* See cert_life_warn(). */
};

static void
note_down(struct db_watch *watch, long long int now)
{
    watch->down_ms = now;
    watch->retry_ms = now + RETRY_MS;
    watch->probe_ms = now + PROBE_AFTER_MS;
}

struct db_watch *
db_watch_create(struct ovsdb_idl *idl, const struct db_address *address)
{
    struct db_watch *watch = xzalloc(sizeof *watch);

    watch->idl = idl;
    watch->address = *address;
    watch->server = ovs_tls_server_create(address->name);
    watch->up_ms = LLONG_MAX;
    note_down(watch, time_msec());
    return watch;
}

void
db_watch_destroy(struct db_watch *watch)
{
    if (watch) {
        db_probe_destroy(watch->probe);
        ovs_tls_server_destroy(watch->server);
        free(watch->reason);
        free(watch);
    }
}

/* Takes over 'reason'; NULL: the database can be used. */
static void
set_reason(struct db_watch *watch, char *reason)
{
    if (reason && (!watch->reason || strcmp(reason, watch->reason))) {
        VLOG_WARN("no database %s: %s", watch->address.db, reason);
    }
    free(watch->reason);
    watch->reason = reason;
}

/* Follows the state of the connection. */
static void
run_state(struct db_watch *watch, long long int now)
{
    if (!ovsdb_idl_is_connected(watch->idl)) {
        watch->up_ms = LLONG_MAX;
        if (watch->down_ms == LLONG_MAX) {
            note_down(watch, now);
        }
    } else if (watch->up_ms == LLONG_MAX) {
        watch->up_ms = now;
    } else if (now - watch->up_ms >= STEADY_MS
               && watch->down_ms != LLONG_MAX) {
        watch->down_ms = LLONG_MAX;
        db_probe_destroy(watch->probe);
        watch->probe = NULL;
        set_reason(watch, NULL);
    }
}

static bool
may_retry(const struct db_watch *watch)
{
    return (watch->up_ms == LLONG_MAX
            && watch->retry_ms < watch->down_ms + HASTE_MS);
}

void
db_watch_run(struct db_watch *watch)
{
    long long int now = time_msec();

    db_run_idl(watch->server, watch->idl);
    struct cert_life life = ovs_tls_server_life(watch->server);
    cert_life_warn(&life, "database", watch->address.remotes,
                   &watch->warned_end);
    run_state(watch, now);
    if (watch->down_ms == LLONG_MAX) {
        return;
    }
    if (may_retry(watch) && now >= watch->retry_ms) {
        /* A new session has no pause behind it.  What is known of the
         * database stays. */
        watch->retry_ms = now + RETRY_MS;
        ovsdb_idl_set_remote(watch->idl, NULL, false);
        ovsdb_idl_set_remote(watch->idl, watch->address.remotes, true);
        poll_immediate_wake();
    }
    if (!watch->probe && now >= watch->probe_ms) {
        watch->probe_ms = now + PROBE_EVERY_MS;
        watch->probe = db_probe_create(&watch->address);
    }
    if (watch->probe && db_probe_run(watch->probe)) {
        const char *text = db_probe_text(watch->probe);
        set_reason(watch, text[0] ? xstrdup(text) : NULL);
        db_probe_destroy(watch->probe);
        watch->probe = NULL;
    }
}

void
db_watch_wait(struct db_watch *watch)
{
    ovsdb_idl_wait(watch->idl);
    if (watch->down_ms == LLONG_MAX) {
        return;
    }
    if (watch->up_ms != LLONG_MAX) {
        poll_timer_wait_until(watch->up_ms + STEADY_MS);
    }
    if (may_retry(watch)) {
        poll_timer_wait_until(watch->retry_ms);
    }
    if (watch->probe) {
        db_probe_wait(watch->probe);
    } else {
        poll_timer_wait_until(watch->probe_ms);
    }
}

char *
db_watch_cert_doubt(const struct db_watch *watch)
{
    struct cert_life life = ovs_tls_server_life(watch->server);
    return cert_life_doubt(&life);
}

const char *
db_watch_reason(const struct db_watch *watch)
{
    return watch->reason;
}
