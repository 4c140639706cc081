/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/auc/caller.h"

#include <string.h>

#include "lib/https/https-request.h"
#include "ofctl-app/auc/auc-db.h"
#include "ofctl-app/auc/refusals.h"
#include "timeval.h"
#include "util.h"

#define RETRY_S "1"             /* Seconds until a request is repeated. */

static bool
contains(char *const digests[], size_t n, const char *digest)
{
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(digests[i], digest)) {
            return true;
        }
    }
    return false;
}

bool
auc_registration_has(const struct sdsa_registration *reg, const char *digest)
{
    return reg && contains(reg->spki, reg->n_spki, digest);
}

bool
auc_vnf_has_enrolled(const struct sdsa_vnf *vnf, const char *digest)
{
    return contains(vnf->enrolled, vnf->n_enrolled, digest);
}

/* Is the caller's key one that its VNF has now?  (A connection may be older
 * than what the row says.) */
static bool
has_key(const struct auc_caller *c)
{
    return (c->by_key ? contains(c->vnf->keys, c->vnf->n_keys, c->digest)
            : c->is_registered || auc_vnf_has_enrolled(c->vnf, c->digest));
}

void
auc_put_off(struct https_request *req, int status, bool by_time)
{
    const char *prefer = https_request_header(req, "Prefer");
    if (!(prefer && strstr(prefer, "respond-async"))
        && https_defer(req, by_time)) {
        return;
    }
    https_reply_header(req, "Retry-After", RETRY_S);
    https_reply(req, status, NULL, NULL, 0);
}

/* Returns the name of the caller (not owned), and what else is known of it in
 * '*c'; or NULL if it has proven nothing. */
static const char *
identify(const struct auc_db *db, const struct https_request *req,
         struct auc_caller *c)
{
    *c = (struct auc_caller) { .by_key = https_request_peer_is_key(req) };
    if (!https_request_peer_is_stranger(req)) {
        ovs_strlcpy(c->digest, https_request_peer_digest(req),
                    sizeof c->digest);
        return https_request_peer(req);
    }
    const char *header = https_request_header(req, "Authorization");
    const struct sdsa_vnf *vnf = NULL;
    char *name;
    if (header && x509_basic_parse(header, c->digest, &name)) {
        vnf = auc_db_vnf_by_key(db, c->digest);
        vnf = vnf && !strcmp(vnf->name, name) ? vnf : NULL;
        free(name);
    }
    c->by_key = true;
    return vnf ? vnf->name : NULL;
}

bool
auc_caller_admit(struct auc_db *db, struct auc_refusals *refusals,
                 struct https_request *req, int busy_status,
                 struct auc_caller *c)
{
    const char *absence = auc_db_absence(db);
    if (absence) {
        auc_refuse(refusals, req, AUC_DATABASE, "%s", absence);
        return false;
    }
    const char *name = identify(db, req, c);
    if (!name) {
        https_reply_header(req, "WWW-Authenticate",
                           "Basic realm=\"sdsa-auc\"");
        auc_refuse(refusals, req, AUC_STRANGER, "show a certificate, or the "
                   "VNF-ID and the seed of a token as name and password");
        return false;
    }
    if (auc_db_is_pending(db, name)) {
        /* Its rows show what the database has not taken yet. */
        auc_put_off(req, busy_status, false);
        return false;
    }
    c->vnf = auc_db_vnf(db, name);
    c->reg = auc_db_registration(db, name);
    c->is_registered = !c->by_key && auc_registration_has(c->reg, c->digest);
    if (!c->vnf) {
        auc_refuse(refusals, req, AUC_UNKNOWN_VNF, "there is no VNF \"%s\" "
                   "(any more)", name);
    } else if (c->vnf->quarantined) {
        auc_refuse(refusals, req, AUC_QUARANTINED, "VNF %s is in quarantine",
                   name);
    } else if (!has_key(c)) {
        auc_refuse(refusals, req, AUC_SUPERSEDED, "this %s of VNF %s was "
                   "replaced by another one, or withdrawn",
                   c->by_key ? "token" : "certificate", name);
    } else if (!c->by_key && https_request_peer_end(req) <= time_wall()) {
        auc_refuse(refusals, req, AUC_SUPERSEDED, "this certificate of VNF %s "
                   "has ended", name);
    } else {
        return true;
    }
    return false;
}
