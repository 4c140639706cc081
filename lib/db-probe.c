/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/db-probe.h"

#include <string.h>

#include "jsonrpc.h"
#include "lib/db-address.h"
#include "lib/ovs-tls.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "ovsdb-session.h"
#include "svec.h"
#include "timeval.h"
#include "util.h"
#include "uuid.h"

#define SILENCE_MS 2000         /* A server's time to answer. */

struct db_probe {
    struct db_address address;
    struct ovs_tls_server *server;
    struct svec remotes;
    size_t next;                /* Index of the next one to be asked. */
    struct jsonrpc_session *session;    /* With the one before it. */
    bool asked;                 /* The request was sent. */
    long long int deadline_ms;
    struct ds text;
};

struct db_probe *
db_probe_create(const struct db_address *address)
{
    struct db_probe *probe = xzalloc(sizeof *probe);
    struct uuid cid;

    probe->address = *address;
    probe->server = ovs_tls_server_create(address->name);
    svec_init(&probe->remotes);
    ovsdb_session_parse_remote(address->remotes, &probe->remotes, &cid);
    ds_init(&probe->text);
    return probe;
}

void
db_probe_destroy(struct db_probe *probe)
{
    if (probe) {
        jsonrpc_session_close(probe->session);
        ovs_tls_server_destroy(probe->server);
        svec_destroy(&probe->remotes);
        ds_destroy(&probe->text);
        free(probe);
    }
}

/* Asks for the row about the database in _Server (ovsdb-server(5)). */
static struct jsonrpc_msg *
make_request(const char *db)
{
    char *params = xasprintf(
        "[\"_Server\", {\"op\": \"select\", \"table\": \"Database\", "
        "\"where\": [[\"name\", \"==\", \"%s\"]], "
        "\"columns\": [\"model\", \"leader\", \"connected\"]}]", db);
    struct jsonrpc_msg *msg = jsonrpc_create_request(
        "transact", json_from_string(params), NULL);
    free(params);
    return msg;
}

/* Returns what is wrong with the server by 'result', its answer to
 * make_request() (NULL: an error), or NULL if it can serve clients that need
 * the leader.  Caller frees. */
static char *
judge(const struct db_probe *probe, const struct json *result)
{
    const struct json *reply, *rows = NULL, *row;

    if (result && result->type == JSON_ARRAY && result->array.n) {
        reply = result->array.elems[0];
        rows = (reply->type == JSON_OBJECT
                ? shash_find_data(json_object(reply), "rows") : NULL);
    }
    if (!rows || rows->type != JSON_ARRAY
        || (rows->array.n && rows->array.elems[0]->type != JSON_OBJECT)) {
        return xstrdup("it does not say what it serves");
    } else if (!rows->array.n) {
        return xasprintf("it has no database %s: is it another's server?",
                         probe->address.db);
    }
    row = rows->array.elems[0];

    const struct json *model = shash_find_data(json_object(row), "model");
    const struct json *leader = shash_find_data(json_object(row), "leader");
    const struct json *up = shash_find_data(json_object(row), "connected");
    if (model && model->type == JSON_STRING
        && !strcmp(json_string(model), "relay")) {
        return xstrdup("it is a relay, which is no leader and has no locks: "
                       "name the servers of the database itself");
    } else if (up && up->type == JSON_FALSE) {
        return xstrdup("it has no connection with its cluster");
    } else if (leader && leader->type == JSON_FALSE) {
        return xasprintf("it is not the leader of its cluster%s",
                         (probe->remotes.n == 1
                          ? ": name all servers of the cluster" : ""));
    }
    return NULL;
}

/* Notes what the server that was asked last is like; 'fault' is freed. */
static void
end_session(struct db_probe *probe, char *fault)
{
    if (fault) {
        ds_put_format(&probe->text, "%s%s: %s",
                      probe->text.length ? "; " : "",
                      probe->remotes.names[probe->next - 1], fault);
        free(fault);
    }
    jsonrpc_session_close(probe->session);
    probe->session = NULL;
}

static void
start_session(struct db_probe *probe)
{
    probe->session = jsonrpc_session_open(
        probe->remotes.names[probe->next++], false);
    probe->asked = false;
    probe->deadline_ms = time_msec() + SILENCE_MS;
}

static void
run_session(struct db_probe *probe)
{
    struct jsonrpc_session *session = probe->session;

    ovs_tls_last_made();
    jsonrpc_session_run(session);
    ovs_tls_server_expect(probe->server);
    if (!probe->asked && jsonrpc_session_is_connected(session)) {
        jsonrpc_session_send(session, make_request(probe->address.db));
        probe->asked = true;
    }

    struct jsonrpc_msg *msg = jsonrpc_session_recv(session);
    if (msg) {
        if (msg->type == JSONRPC_REPLY) {
            end_session(probe, judge(probe, msg->result));
        } else if (msg->type == JSONRPC_ERROR) {
            end_session(probe, judge(probe, NULL));
        }
        jsonrpc_msg_destroy(msg);
    } else if (ovs_tls_server_refused(probe->server)) {
        end_session(probe, xasprintf(
            "its server has %s, and must have that of \"%s\": %s",
            ovs_tls_server_refused(probe->server), probe->address.name,
            probe->address.remedy));
    } else if (!jsonrpc_session_is_alive(session)) {
        int error = jsonrpc_session_get_last_error(session);
        end_session(probe, xasprintf("no connection (%s): is its "
                                     "ovsdb-server running?",
                                     ovs_retval_to_string(error)));
    } else if (time_msec() >= probe->deadline_ms) {
        end_session(probe, xstrdup("it is silent"));
    }
}

bool
db_probe_run(struct db_probe *probe)
{
    for (;;) {
        if (probe->session) {
            run_session(probe);
            if (probe->session) {
                return false;
            }
        }
        if (probe->next >= probe->remotes.n) {
            return true;
        }
        start_session(probe);
    }
}

void
db_probe_wait(struct db_probe *probe)
{
    if (probe->session) {
        jsonrpc_session_wait(probe->session);
        jsonrpc_session_recv_wait(probe->session);
        poll_timer_wait_until(probe->deadline_ms);
    }
}

const char *
db_probe_text(const struct db_probe *probe)
{
    return ds_cstr_ro(&probe->text);
}

char *
db_probe_ask(const struct db_address *address)
{
    struct db_probe *probe = db_probe_create(address);

    while (!db_probe_run(probe)) {
        db_probe_wait(probe);
        poll_block();
    }
    char *text = xstrdup(db_probe_text(probe));
    db_probe_destroy(probe);
    return text;
}
