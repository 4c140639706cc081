/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/auc/est.h"

#include <openssl/x509v3.h>
#include <string.h>

#include "lib/https/https-request.h"
#include "lib/rates.h"
#include "lib/tls-files.h"
#include "lib/x509.h"
#include "ofctl-app/auc/auc-db.h"
#include "ofctl-app/auc/call-back.h"
#include "ofctl-app/auc/caller.h"
#include "ofctl-app/auc/refusals.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(auc_est);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(60, 300);

#define LATER_STATUS 202        /* "Not yet" (RFC 7030 s.4.2.3). */

/* A VNF may have this many new keys written at once, and then one in so many
 * milliseconds: each costs the database a write to its disk.  So it may get
 * certificates: each costs a signature, and a line in the log. */
#define MAX_AT_ONCE 10
#define INTERVAL_MS 10000

#define CERTS_TYPE "application/pkcs7-mime"
#define CERT_TYPE CERTS_TYPE "; smime-type=certs-only"
#define REQUEST_TYPE "application/pkcs10"

struct est {
    struct est_config config;
    unsigned int ca_serial;     /* Of what the next two were read from. */
    X509 *ca;
    EVP_PKEY *ca_key;
    uint64_t n_certificates;
    struct rates keys, certificates;    /* By VNF. */
};

/* The CA. */

static char *
read_pem_certs(const struct tls_pem_file *file, X509 ***certsp, size_t *np)
{
    return x509_read_certs(wiping_buffer_head(&file->octets),
                           file->octets.size, certsp, np);
}

static char *
read_ca(struct est *est)
{
    const struct tls_pem *pem = tls_files_pem(est->config.ca);
    X509 **certs;
    size_t n;
    EVP_PKEY *key;

    est->ca_serial = tls_files_serial(est->config.ca);
    char *error = read_pem_certs(&pem->certificate, &certs, &n);
    if (error) {
        return error;
    }
    error = x509_read_private_key(wiping_buffer_head(&pem->private_key.octets),
                                  pem->private_key.octets.size, &key);
    if (!error && !X509_check_ca(certs[0])) {
        error = xasprintf("%s: the first certificate is not that of a CA",
                          pem->certificate.name);
    }
    if (!error) {
        X509_free(est->ca);
        EVP_PKEY_free(est->ca_key);
        X509_up_ref(certs[0]);
        est->ca = certs[0];
        est->ca_key = key;
    } else {
        EVP_PKEY_free(key);
    }
    x509_free_certs(certs, n);
    return error;
}

char *
est_create(const struct est_config *config, struct est **estp)
{
    struct est *est = xzalloc(sizeof *est);
    est->config = *config;
    rates_init(&est->keys, MAX_AT_ONCE, INTERVAL_MS);
    rates_init(&est->certificates, MAX_AT_ONCE, INTERVAL_MS);
    char *error = read_ca(est);
    if (error) {
        est_destroy(est);
        est = NULL;
    }
    *estp = est;
    return error;
}

void
est_destroy(struct est *est)
{
    if (est) {
        X509_free(est->ca);
        EVP_PKEY_free(est->ca_key);
        rates_uninit(&est->keys);
        rates_uninit(&est->certificates);
        free(est);
    }
}

void
est_run(struct est *est)
{
    if (est->ca_serial != tls_files_serial(est->config.ca)) {
        char *error = read_ca(est);
        if (error) {
            VLOG_WARN("%s; the CA that was read before stays in use", error);
            free(error);
        }
    }
}

uint64_t
est_n_certificates(const struct est *est)
{
    return est->n_certificates;
}

/* Answers. */

static void
reply_certs(struct https_request *req, const char *type, X509 *const certs[],
            size_t n)
{
    char *base64 = x509_to_pkcs7(certs, n);
    https_reply_header(req, "Content-Transfer-Encoding", "base64");
    https_reply(req, 200, type, base64, strlen(base64));
    free(base64);
}

/* All CAs: those of the VNFs, then those of the infrastructure. */
static void
reply_cacerts(struct est *est, struct https_request *req)
{
    X509 **vnf = NULL, **infra = NULL;
    size_t n_vnf = 0, n_infra = 0;
    char *error = read_pem_certs(&tls_files_pem(est->config.ca)->ca_cert, &vnf,
                                 &n_vnf);
    if (!error) {
        error = read_pem_certs(&tls_files_pem(est->config.infra)->ca_cert,
                               &infra, &n_infra);
    }
    if (error) {
        auc_refuse(est->config.refusals, req, AUC_CA, "%s", error);
        free(error);
    } else {
        X509 **all = xmalloc((n_vnf + n_infra) * sizeof *all);
        memcpy(all, vnf, n_vnf * sizeof *all);
        memcpy(all + n_vnf, infra, n_infra * sizeof *all);
        reply_certs(req, CERTS_TYPE, all, n_vnf + n_infra);
        free(all);
    }
    x509_free_certs(vnf, n_vnf);
    x509_free_certs(infra, n_infra);
}

static void
reply_certificate(struct est *est, struct https_request *req,
                  const struct auc_caller *c, EVP_PKEY *key)
{
    struct x509_subject subject = {
        .name = c->vnf->name,
        .tenant = c->vnf->tenant[0] ? c->vnf->tenant : NULL,
        .lifetime_s = est->config.lifetime_s,
    };
    X509 *cert;
    char *error = x509_sign(est->ca, est->ca_key, key, &subject, &cert);
    if (error) {
        auc_refuse(est->config.refusals, req, AUC_CA, "no certificate can be "
                   "made: %s", error);
        free(error);
        return;
    }
    reply_certs(req, CERT_TYPE, &cert, 1);
    X509_free(cert);
    est->n_certificates++;
    VLOG_INFO_RL(&rl, "%s at %s: has got a certificate", c->vnf->name,
                 https_request_peer_address(req));
}

/* Rules. */

/* Checks what the request asks for.  Returns false if it was refused. */
static bool
check_request(struct est *est, struct https_request *req,
              const struct auc_caller *c, const struct x509_request *request,
              const char *digest)
{
    struct auc_refusals *refusals = est->config.refusals;
    const char *owner = auc_db_key_owner(est->config.db, digest, c->vnf->name);
    char *tenant = x509_tenant_uri(c->vnf->tenant);
    const char *name;
    size_t i;

    if (!request->names.n) {
        auc_refuse(refusals, req, AUC_MALFORMED, "the request has no name: "
                   "its subject must have CN=%s", c->vnf->name);
    }
    SVEC_FOR_EACH (i, name, &request->names) {
        if (strcmp(name, c->vnf->name)
            && (!c->vnf->tenant[0] || strcmp(name, tenant))) {
            auc_refuse(refusals, req, AUC_OTHER_NAME, "the request is for "
                       "another name than that of the VNF");
            request = NULL;
            break;
        }
    }
    free(tenant);
    if (!request || !request->names.n) {
        return false;
    }
    if (auc_db_vnf_by_key(est->config.db, digest)) {
        auc_refuse(refusals, req, AUC_MALFORMED, "the key is a bootstrap key: "
                   "make another one for the certificate");
        return false;
    }
    if (owner) {
        auc_refuse(refusals, req, AUC_MALFORMED, "another VNF has this key");
        return false;
    }
    return true;
}

/* Checks that the token may still be used, and that no other instance lives.
 * Returns false if the request was answered. */
static bool
check_token(struct est *est, struct https_request *req,
            const struct auc_caller *c)
{
    const struct sdsa_vnf *vnf = c->vnf;
    struct auc_refusals *refusals = est->config.refusals;
    const char *reason;

    if (vnf->expires && vnf->expires <= time_wall()) {
        auc_refuse(refusals, req, AUC_TOKEN_OVER, "the token's time is over: "
                   "\"sdsa-ctl vnf-token %s\" makes another", vnf->name);
        return false;
    }
    for (size_t i = 0; i < vnf->n_used && !vnf->reusable; i++) {
        if (!strcmp(vnf->used[i], c->digest)) {
            auc_refuse(refusals, req, AUC_TOKEN_USED, "the token was used "
                       "already: \"sdsa-ctl vnf-token %s\" makes another",
                       vnf->name);
            return false;
        }
    }
    if (!c->reg) {
        return true;
    }
    switch (call_backs_ask(est->config.call_backs, vnf->name, c->reg->url,
                           c->reg->spki, c->reg->n_spki, &reason)) {
    case CALL_BACK_PENDING:
        auc_put_off(req, LATER_STATUS, true);
        return false;
    case CALL_BACK_ALIVE:
        auc_refuse(refusals, req, AUC_IN_USE, "%s is in use at %s: end it, or "
                   "\"sdsa-ctl vnf-release %s\"", vnf->name, c->reg->url,
                   vnf->name);
        return false;
    case CALL_BACK_DEAD:
        return true;
    }
    OVS_NOT_REACHED();
}

/* Counts it.  Returns false if the request was refused. */
static bool
check_rate(struct est *est, struct rates *rates, struct https_request *req,
           const struct auc_caller *c)
{
    bool may = rates_take(rates, c->vnf->name);
    if (!may) {
        auc_refuse(est->config.refusals, req, AUC_TOO_OFTEN, "VNF %s has "
                   "asked for too many certificates: wait a while",
                   c->vnf->name);
    }
    return may;
}

/* Writes that the VNF is to have a certificate for the key 'digest', which
 * then is given. */
static void
write_key(struct est *est, struct https_request *req,
          const struct auc_caller *c, const char *digest)
{
    if (!auc_db_may_begin(est->config.db, c->vnf->name, false)) {
        /* Something else is being written. */
        auc_put_off(req, LATER_STATUS, false);
        return;
    }
    if (!check_rate(est, &est->keys, req, c)) {
        return;
    }
    auc_db_begin(est->config.db, c->vnf->name, false);
    sdsa_vnf_verify_quarantined(c->vnf);
    sdsa_vnf_verify_enrolled(c->vnf);
    /* The certificate with which it asks stays good, to ask again. */
    const char *both[] = { digest, c->digest };
    if (c->is_registered) {
        sdsa_registration_verify_spki(c->reg);
        sdsa_registration_set_spki(c->reg, both, 2);
    } else {
        sdsa_vnf_set_enrolled(c->vnf, both, c->by_key ? 1 : 2);
    }
    if (c->by_key) {
        sdsa_vnf_verify_keys(c->vnf);
        sdsa_vnf_verify_used(c->vnf);
        sdsa_vnf_update_used_addvalue(c->vnf, c->digest);
    }
    auc_put_off(req, LATER_STATUS, false);
}

static void
enroll_key(struct est *est, struct https_request *req,
           const struct auc_caller *c, const struct x509_request *request)
{
    char digest[X509_DIGEST_STRLEN];
    x509_key_digest(request->key, digest);
    if (!check_request(est, req, c, request, digest)) {
        return;
    }
    bool known = (auc_registration_has(c->reg, digest)
                  || auc_vnf_has_enrolled(c->vnf, digest));
    if (known) {
        if (check_rate(est, &est->certificates, req, c)) {
            reply_certificate(est, req, c, request->key);
        }
    } else if (!c->by_key || check_token(est, req, c)) {
        write_key(est, req, c, digest);
    }
}

static void
enroll(struct est *est, struct https_request *req)
{
    struct auc_refusals *refusals = est->config.refusals;
    const char *type = https_request_header(req, "Content-Type");
    struct auc_caller c;
    if (!auc_caller_admit(est->config.db, refusals, req, LATER_STATUS, &c)) {
        return;
    }
    if (!type || strncasecmp(type, REQUEST_TYPE, strlen(REQUEST_TYPE))) {
        auc_refuse_status(refusals, req, 415, "the body must be "
                          REQUEST_TYPE);
        return;
    }
    struct x509_request request;
    size_t size;
    const char *body = https_request_body(req, &size);
    char *error = x509_request_parse(body, size, &request);
    if (error) {
        auc_refuse(refusals, req, AUC_MALFORMED, "%s", error);
        free(error);
    } else {
        enroll_key(est, req, &c, &request);
        x509_request_uninit(&request);
    }
}

void
est_handle(struct est *est, struct https_request *req)
{
    static const struct {
        const char *name;
        enum https_method method;
        void (*run)(struct est *, struct https_request *);
    } operations[] = {
        { "cacerts", HTTPS_GET, reply_cacerts },
        { "simpleenroll", HTTPS_POST, enroll },
        { "simplereenroll", HTTPS_POST, enroll },
    };
    const char *name = https_request_path(req) + strlen(EST_PATH);
    for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
        if (!strcmp(name, operations[i].name)) {
            if (https_request_method(req) == operations[i].method) {
                operations[i].run(est, req);
                return;
            }
            char *allow = https_methods_to_string(operations[i].method);
            https_reply_header(req, "Allow", allow);
            free(allow);
            auc_refuse_status(est->config.refusals, req, 405,
                              "another method is needed");
            return;
        }
    }
    auc_refuse_status(est->config.refusals, req, 404, "there is no such "
                      "operation of EST here");
}
