/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_AUC_REFUSALS_H
#define SDSA_AUC_REFUSALS_H 1

/* What an authentication centre refuses: each kind has a status of HTTP and a
 * counter; each refusal has a log line, and the last one of a VNF is shown in
 * its row. */

#include <stdint.h>

#include "openvswitch/compiler.h"

struct auc_db;
struct ds;
struct https_request;

/* NAME, HTTP status, text in "auc/show". */
#define AUC_REFUSALS                                                          \
    /* In the handshake: a key that no VNF has.  (No status.) */              \
    AUC_REFUSAL(UNKNOWN_KEY, 0, "unknown bootstrap key")                      \
    /* No certificate, and no token's seed as password. */                    \
    AUC_REFUSAL(STRANGER, 401, "stranger")                                    \
    /* The certificate's name is no VNF any more. */                          \
    AUC_REFUSAL(UNKNOWN_VNF, 403, "no such VNF")                              \
    /* A bootstrap key for anything but cacerts and enrol. */                 \
    AUC_REFUSAL(KEY_ELSEWHERE, 403, "bootstrap key used for more")            \
    /* No request for a certificate, no proof, a weak key; a malformed        \
     * registration. */                                                       \
    AUC_REFUSAL(MALFORMED, 400, "malformed")                                  \
    AUC_REFUSAL(OTHER_NAME, 403, "name of another")                           \
    AUC_REFUSAL(TOKEN_OVER, 403, "token over")                                \
    AUC_REFUSAL(TOKEN_USED, 403, "token used")                                \
    AUC_REFUSAL(QUARANTINED, 403, "quarantined")                              \
    /* A certificate or bootstrap key that another one has replaced, or that  \
     * has ended. */                                                          \
    AUC_REFUSAL(SUPERSEDED, 403, "superseded")                                \
    /* The VNF lives elsewhere. */                                            \
    AUC_REFUSAL(IN_USE, 409, "VNF lives elsewhere")                           \
    AUC_REFUSAL(TAKEN, 409, "URL or cipher address taken")                    \
    AUC_REFUSAL(CONTEXT, 403, "out of context")                               \
    /* The VNF is not at the URL that it claims.  (Told later.) */            \
    AUC_REFUSAL(CALL_BACK, 409, "call-back failed")                           \
    /* More keys than a VNF needs. */                                         \
    AUC_REFUSAL(TOO_OFTEN, 429, "too often")                                  \
    /* The CA cannot sign. */                                                 \
    AUC_REFUSAL(CA, 503, "CA cannot sign")                                    \
    AUC_REFUSAL(DATABASE, 503, "database away")                               \
    /* Another path or method, or no HTTP. */                                 \
    AUC_REFUSAL(OTHER, 400, "other requests")

enum auc_refusal {
#define AUC_REFUSAL(NAME, STATUS, TEXT) AUC_##NAME,
    AUC_REFUSALS
#undef AUC_REFUSAL
    AUC_N_REFUSALS
};

struct auc_refusals;

/* Returns a new object that notes refusals in 'db', which must outlive it.
 * Caller frees with auc_refusals_destroy(). */
struct auc_refusals *auc_refusals_create(struct auc_db *db);

/* Frees the object.  Accepts NULL. */
void auc_refusals_destroy(struct auc_refusals *);

/* Answers the request with the status of 'kind' and the message as text. */
void auc_refuse(struct auc_refusals *, struct https_request *,
                enum auc_refusal kind, const char *format, ...)
    OVS_PRINTF_FORMAT(4, 5);

/* Answers the request, which is none of ours or none at all, with 'status'. */
void auc_refuse_status(struct auc_refusals *, struct https_request *,
                       int status, const char *format, ...)
    OVS_PRINTF_FORMAT(4, 5);

/* Notes a refusal of the VNF 'vnf_id' (NULL: it is none) at 'address' that has
 * no answer, or whose answer is given later. */
void auc_note_refusal(struct auc_refusals *, enum auc_refusal kind,
                      const char *vnf_id, const char *address,
                      const char *reason);

/* Appends a line for each kind that there was. */
void auc_refusals_format(const struct auc_refusals *, struct ds *);

#endif /* ofctl-app/auc/refusals.h */
