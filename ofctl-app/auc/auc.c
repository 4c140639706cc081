/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/auc/auc.h"

#include <inttypes.h>
#include <string.h>

#include "lib/https/https-peers.h"
#include "lib/https/https-server.h"
#include "ofctl-app/auc/auc-db.h"
#include "ofctl-app/auc/call-back.h"
#include "ofctl-app/auc/est.h"
#include "ofctl-app/auc/refusals.h"
#include "ofctl-app/auc/registration.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

#define MAX_BODY 16384          /* Octets: a request for a certificate. */

struct auc {
    struct auc_db *db;
    struct auc_refusals *refusals;
    struct call_backs *call_backs;
    struct est *est;
    struct registrations *registrations;
    struct https_server *server;
    struct https_server *est_server;    /* Or NULL. */
    unsigned int n_ended;       /* Transactions, as seen by requests. */
    char *listen, *est_listen;  /* Where those are. */
};

/* An https_admit_key. */
static char *
admit_key(const char *digest, void *auc_)
{
    struct auc *auc = auc_;
    const struct sdsa_vnf *vnf = auc_db_vnf_by_key(auc->db, digest);
    if (!vnf) {
        char *reason = xasprintf("no VNF has the bootstrap key %s", digest);
        auc_note_refusal(auc->refusals, AUC_UNKNOWN_KEY, NULL, "the handshake",
                         reason);
        free(reason);
        return NULL;
    }
    return xstrdup(vnf->name);
}

/* An https_handler. */
static void
handle(struct https_request *req, void *auc_)
{
    struct auc *auc = auc_;
    const char *path = https_request_path(req);
    int error = https_request_error(req);
    if (error) {
        auc_refuse_status(auc->refusals, req, error,
                          "this is no request, or one that is too large");
    } else if (!strncmp(path, EST_PATH, strlen(EST_PATH))) {
        est_handle(auc->est, req);
    } else if (!strcmp(path, REGISTRATION_PATH)) {
        registrations_handle(auc->registrations, req);
    } else if (https_request_peer_is_key(req)) {
        auc_refuse(auc->refusals, req, AUC_KEY_ELSEWHERE, "with a bootstrap "
                   "key VNF %s may enroll, and do nothing else",
                   https_request_peer(req));
    } else {
        auc_refuse_status(auc->refusals, req, 404, "there is nothing here");
    }
}

char *
auc_create(const struct auc_config *config, struct auc **aucp)
{
    struct auc *auc = xzalloc(sizeof *auc);
    auc->listen = xstrdup(config->listen);
    auc->est_listen = nullable_xstrdup(config->est_listen);
    auc->db = auc_db_create(config->idl, config->watch);
    auc->refusals = auc_refusals_create(auc->db);

    *aucp = NULL;
    char *error = call_backs_create(config->server, &auc->call_backs);
    if (!error) {
        struct est_config est_config = {
            .db = auc->db,
            .refusals = auc->refusals,
            .call_backs = auc->call_backs,
            .ca = config->ca,
            .infra = config->infra,
            .lifetime_s = config->lifetime_s,
        };
        error = est_create(&est_config, &auc->est);
    }
    if (!error) {
        auc->registrations = registrations_create(auc->db, auc->refusals,
                                                  auc->call_backs);
        struct https_server_config https_config = {
            .listen = config->listen,
            .files = config->server,
            .chain = config->infra,
            .max_body = MAX_BODY,
            .admit_key = admit_key,
        };
        https_server_create(&https_config, NULL, handle, auc, &auc->server,
                            &error);
        if (!error && config->est_listen) {
            https_config.listen = config->est_listen;
            https_config.admit_strangers = true;
            https_server_create(&https_config, NULL, handle, auc,
                                &auc->est_server, &error);
        }
    }
    if (error) {
        auc_destroy(auc);
    } else {
        *aucp = auc;
    }
    return error;
}

void
auc_destroy(struct auc *auc)
{
    if (auc) {
        https_server_destroy(auc->server);
        https_server_destroy(auc->est_server);
        registrations_destroy(auc->registrations);
        est_destroy(auc->est);
        call_backs_destroy(auc->call_backs);
        auc_refusals_destroy(auc->refusals);
        auc_db_destroy(auc->db);
        free(auc->listen);
        free(auc->est_listen);
        free(auc);
    }
}

void
auc_run(struct auc *auc)
{
    auc_db_run(auc->db);
    est_run(auc->est);
    call_backs_run(auc->call_backs);
    if (auc->n_ended != auc_db_n_ended(auc->db)) {
        auc->n_ended = auc_db_n_ended(auc->db);
        https_server_retry(auc->server);
        if (auc->est_server) {
            https_server_retry(auc->est_server);
        }
    }
    /* A claim writes alone, enrollments all in one transaction, and they take
     * turns: so an enrollment waits for two others at most, however many
     * claims there are. */
    bool claims_first = auc->n_ended % 2;
    if (claims_first) {
        registrations_run(auc->registrations);
    }
    https_server_run(auc->server);
    if (auc->est_server) {
        https_server_run(auc->est_server);
    }
    if (!claims_first) {
        registrations_run(auc->registrations);
    }
    auc_db_commit(auc->db);
}

void
auc_wait(struct auc *auc)
{
    auc_db_wait(auc->db);
    call_backs_wait(auc->call_backs);
    registrations_wait(auc->registrations);
    https_server_wait(auc->server);
    if (auc->est_server) {
        https_server_wait(auc->est_server);
    }
}

static void
format_server(struct ds *ds, const struct https_server *server,
              const char *where, const char *whom)
{
    struct https_stats stats = https_server_stats(server);
    ds_put_format(ds, "listens at %s%s%s\n", where, whom,
                  https_server_has_address(server) ? ""
                  : ", an address that this host does not have");
    ds_put_format(ds, "connections: %"PRIuSIZE"; %"PRIuSIZE" in the "
                  "handshake\n", stats.n_connections, stats.n_pending);
    ds_put_format(ds, "requests put off and handled again: %"PRIu64"\n",
                  stats.n_retries);
    ds_put_format(ds, "connections ever: %"PRIu64", %"PRIu64" closed for "
                  "others, %"PRIu64" too slow, %"PRIu64" failed the "
                  "handshake\n", stats.n_accepted, stats.n_evicted,
                  stats.n_overdue, stats.n_handshakes_failed);
}

char *
auc_format(const struct auc *auc)
{
    const char *absence = auc_db_absence(auc->db);
    struct ds ds = DS_EMPTY_INITIALIZER;
    format_server(&ds, auc->server, auc->listen, "");
    if (auc->est_server) {
        format_server(&ds, auc->est_server, auc->est_listen,
                      ", for clients without a certificate too");
    }
    ds_put_format(&ds, "database: %s\n", absence ? absence : "connected");
    ds_put_format(&ds, "certificates given: %"PRIu64"\n",
                  est_n_certificates(auc->est));
    ds_put_format(&ds, "registrations being checked: %"PRIuSIZE"\n",
                  registrations_n_checking(auc->registrations));
    auc_refusals_format(auc->refusals, &ds);
    return ds_steal_cstr(&ds);
}
