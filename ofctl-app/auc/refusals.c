/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/auc/refusals.h"

#include <inttypes.h>
#include <string.h>

#include "lib/https/https-request.h"
#include "ofctl-app/auc/auc-db.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(auc);

/* Enough for what many VNFs do at once, too little to fill a disk. */
static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(60, 300);

#define RETRY_S "10"            /* Seconds until something is as it was. */

static const struct {
    int status;
    const char *text;
} kinds[] = {
#define AUC_REFUSAL(NAME, STATUS, TEXT) { STATUS, TEXT },
    AUC_REFUSALS
#undef AUC_REFUSAL
};

struct auc_refusals {
    struct auc_db *db;
    uint64_t counts[AUC_N_REFUSALS];
};

struct auc_refusals *
auc_refusals_create(struct auc_db *db)
{
    struct auc_refusals *refusals = xzalloc(sizeof *refusals);
    refusals->db = db;
    return refusals;
}

void
auc_refusals_destroy(struct auc_refusals *refusals)
{
    free(refusals);
}

void
auc_note_refusal(struct auc_refusals *refusals, enum auc_refusal kind,
                 const char *vnf_id, const char *address, const char *reason)
{
    refusals->counts[kind]++;
    VLOG_INFO_RL(&rl, "%s at %s refused: %s",
                 vnf_id && vnf_id[0] ? vnf_id : "somebody", address, reason);
    if (vnf_id) {
        auc_db_note_refusal(refusals->db, vnf_id, reason);
    }
}

static void
refuse(struct auc_refusals *refusals, struct https_request *req,
       enum auc_refusal kind, int status, const char *reason)
{
    const char *peer = (https_request_peer_is_stranger(req) ? NULL
                        : https_request_peer(req));
    auc_note_refusal(refusals, kind, peer,
                     https_request_peer_address(req), reason);
    char *line = xasprintf("%s\n", reason);
    if (status == 503 || status == 429) {
        https_reply_header(req, "Retry-After", RETRY_S);
    }
    https_reply(req, status, "text/plain", line, strlen(line));
    free(line);
}

void
auc_refuse(struct auc_refusals *refusals, struct https_request *req,
           enum auc_refusal kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *reason = xvasprintf(format, args);
    va_end(args);
    refuse(refusals, req, kind, kinds[kind].status, reason);
    free(reason);
}

void
auc_refuse_status(struct auc_refusals *refusals, struct https_request *req,
                  int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *reason = xvasprintf(format, args);
    va_end(args);
    refuse(refusals, req, AUC_OTHER, status, reason);
    free(reason);
}

void
auc_refusals_format(const struct auc_refusals *refusals, struct ds *ds)
{
    for (size_t i = 0; i < AUC_N_REFUSALS; i++) {
        if (refusals->counts[i]) {
            ds_put_format(ds, "refused, %s: %"PRIu64"\n", kinds[i].text,
                          refusals->counts[i]);
        }
    }
}
