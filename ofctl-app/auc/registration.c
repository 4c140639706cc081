/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/auc/registration.h"

#include <string.h>

#include "lib/https/https-request.h"
#include "lib/rates.h"
#include "lib/secret.h"
#include "lib/x509.h"
#include "ofctl-app/auc/auc-db.h"
#include "ofctl-app/auc/call-back.h"
#include "ofctl-app/auc/caller.h"
#include "ofctl-app/auc/claim.h"
#include "ofctl-app/auc/refusals.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(auc_registration);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(60, 300);

#define JSON_TYPE "application/yang-data+json"
#define CHECK_MS 20000          /* For all checks of a claim. */
#define KEEP_MS 60000           /* What was decided. */

/* A VNF may claim this often at once, and then once in so many milliseconds:
 * a claim makes connections, to wherever it says, and costs the database a
 * write to its disk. */
#define MAX_CLAIMS 20
#define CLAIM_INTERVAL_MS 5000

enum state {
    CHECKING,
    REGISTERED,
    REFUSED,
};

/* What a VNF has claimed last. */
struct entry {
    struct claim claim;
    char digest[X509_DIGEST_STRLEN];    /* Of the key that claims it. */
    char *source;               /* Address that it comes from. */
    int64_t not_after;          /* End of the certificate. */
    enum state state;
    char *reason;               /* Why REFUSED. */
    long long int until_ms;     /* End of CHECKING, or of the entry. */
};

struct registrations {
    struct auc_db *db;
    struct auc_refusals *refusals;
    struct call_backs *call_backs;
    struct shash entries;       /* struct entry, by VNF. */
    struct rates claims;        /* By VNF. */
};

struct registrations *
registrations_create(struct auc_db *db, struct auc_refusals *refusals,
                     struct call_backs *call_backs)
{
    struct registrations *regs = xzalloc(sizeof *regs);
    regs->db = db;
    regs->refusals = refusals;
    regs->call_backs = call_backs;
    shash_init(&regs->entries);
    rates_init(&regs->claims, MAX_CLAIMS, CLAIM_INTERVAL_MS);
    return regs;
}

static void
destroy_entry(struct shash *entries, struct shash_node *node)
{
    struct entry *e = node->data;
    claim_uninit(&e->claim);
    free(e->source);
    free(e->reason);
    free(e);
    shash_delete(entries, node);
}

void
registrations_destroy(struct registrations *regs)
{
    if (regs) {
        struct shash_node *node;
        SHASH_FOR_EACH_SAFE (node, &regs->entries) {
            destroy_entry(&regs->entries, node);
        }
        shash_destroy(&regs->entries);
        rates_uninit(&regs->claims);
        free(regs);
    }
}

size_t
registrations_n_checking(const struct registrations *regs)
{
    const struct shash_node *node;
    size_t n = 0;
    SHASH_FOR_EACH (node, &regs->entries) {
        const struct entry *e = node->data;
        n += e->state == CHECKING;
    }
    return n;
}

/* Decisions. */

static void
decide(struct registrations *regs, const char *name, struct entry *e,
       enum auc_refusal kind, char *reason)
{
    e->state = reason ? REFUSED : REGISTERED;
    e->reason = reason;
    e->until_ms = time_msec() + KEEP_MS;
    if (reason) {
        auc_note_refusal(regs->refusals, kind, name, e->source, reason);
    } else {
        VLOG_INFO_RL(&rl, "%s: registered at %s, cipher address %s", name,
                     e->claim.url, e->claim.cipher_ip);
    }
}

static char *
in_use_reason(const char *name, const struct sdsa_registration *reg)
{
    return xasprintf("%s is in use at %s: end it, or \"sdsa-ctl vnf-release "
                     "%s\"", name, reg->url, name);
}

static char *
taken_reason(const struct registrations *regs, const char *name,
             const struct claim *claim)
{
    const char *other = auc_db_taken_by(regs->db, name, claim->url,
                                        claim->cipher_ip);
    return other ? xasprintf("URL %s or cipher address %s is that of %s",
                             claim->url, claim->cipher_ip, other) : NULL;
}

/* Checks what the database says.  Returns false if the claim was refused. */
static bool
check_rows(struct registrations *regs, const char *name, struct entry *e,
           const struct sdsa_vnf *vnf, const struct sdsa_registration *reg)
{
    enum auc_refusal kind = AUC_SUPERSEDED;
    char *reason = NULL;
    if (!vnf) {
        kind = AUC_UNKNOWN_VNF;
        reason = xasprintf("there is no VNF \"%s\" any more", name);
    } else if (vnf->quarantined) {
        kind = AUC_QUARANTINED;
        reason = xasprintf("VNF %s is in quarantine", name);
    } else if (!auc_registration_has(reg, e->digest)
               && !auc_vnf_has_enrolled(vnf, e->digest)) {
        reason = xasprintf("this certificate of VNF %s was replaced by "
                           "another one, or withdrawn", name);
    }
    if (reason) {
        decide(regs, name, e, kind, reason);
    }
    return !reason;
}

/* Has the calls made.  Returns true if they say that the claim is good. */
static bool
check_calls(struct registrations *regs, const char *name, struct entry *e,
            const struct sdsa_registration *reg)
{
    const char *why;
    if (reg && !auc_registration_has(reg, e->digest)) {
        enum call_back old = call_backs_ask(regs->call_backs, name, reg->url,
                                            reg->spki, reg->n_spki, &why);
        if (old == CALL_BACK_ALIVE) {
            decide(regs, name, e, AUC_IN_USE, in_use_reason(name, reg));
        }
        if (old != CALL_BACK_DEAD) {
            return false;
        }
    }
    char *digest = e->digest;
    switch (call_backs_ask(regs->call_backs, name, e->claim.url, &digest, 1,
                           &why)) {
    case CALL_BACK_PENDING:
        return false;
    case CALL_BACK_ALIVE:
        return true;
    case CALL_BACK_DEAD:
        decide(regs, name, e, AUC_CALL_BACK,
               xasprintf("VNF %s is not where it says: %s", name, why));
        return false;
    }
    OVS_NOT_REACHED();
}

/* Writing. */

static void
write_row(struct ovsdb_idl_txn *txn, const char *name, const struct entry *e,
          const struct sdsa_vnf *vnf, const struct sdsa_registration *row)
{
    const struct claim *claim = &e->claim;
    const char *digest = e->digest;
    sdsa_vnf_verify_quarantined(vnf);
    sdsa_vnf_verify_enrolled(vnf);
    if (row) {
        sdsa_registration_verify_spki(row);
        sdsa_registration_verify_instance(row);
    } else {
        row = sdsa_registration_insert(txn);
        sdsa_registration_set_vnf_id(row, name);
        sdsa_registration_set_centre(row, "sdsa-auc");
    }
    if (strcmp(row->url, claim->url)
        || strcmp(row->instance, claim->instance)) {
        sdsa_registration_set_since(row, time_wall());
    }
    sdsa_registration_set_url(row, claim->url);
    sdsa_registration_set_cipher_ip(row, claim->cipher_ip);
    sdsa_registration_set_spki(row, &digest, 1);
    sdsa_registration_set_instance(row, claim->instance);
    sdsa_registration_set_boot_id(row, claim->boot_id);
    sdsa_registration_set_plain_mac(row, claim->plain_mac);
    sdsa_registration_set_cipher_mac(row, claim->cipher_mac);
    sdsa_registration_set_backend(row, claim->backend);
    sdsa_registration_set_keying(row, (const char **) claim->keying.names,
                                 claim->keying.n);
    sdsa_registration_set_version(row, claim->version);
    sdsa_registration_set_not_after(row, e->not_after);
    sdsa_registration_set_source(row, e->source);
    if (auc_vnf_has_enrolled(vnf, digest)) {
        sdsa_vnf_set_enrolled(vnf, NULL, 0);
    }
}

/* Writes the claim, unless that must wait, or what it claims is taken. */
static void
write_claim(struct registrations *regs, const char *name, struct entry *e,
            const struct sdsa_vnf *vnf, const struct sdsa_registration *reg)
{
    if (auc_db_may_begin(regs->db, name, true)) {
        char *reason = taken_reason(regs, name, &e->claim);
        if (reason) {
            decide(regs, name, e, AUC_TAKEN, reason);
        } else {
            write_row(auc_db_begin(regs->db, name, true), name, e, vnf, reg);
        }
    }
}

static void
run_claim(struct registrations *regs, const char *name, struct entry *e)
{
    const struct sdsa_vnf *vnf = auc_db_vnf(regs->db, name);
    const struct sdsa_registration *reg = auc_db_registration(regs->db, name);
    const char *absence = auc_db_absence(regs->db);
    char *error = NULL;

    if (auc_db_outcome(regs->db, name, &error)) {
        if (!error) {
            decide(regs, name, e, AUC_DATABASE, NULL);
            return;
        }
        free(error);            /* The row shows why, or it may do now. */
    }
    if (time_msec() >= e->until_ms) {
        decide(regs, name, e, AUC_DATABASE, xstrdup(
                   absence ? absence : "it could not be written in time"));
    } else if (!absence && !auc_db_is_pending(regs->db, name)
               && check_rows(regs, name, e, vnf, reg)
               && check_calls(regs, name, e, reg)) {
        write_claim(regs, name, e, vnf, reg);
    }
}

void
registrations_run(struct registrations *regs)
{
    struct shash_node *node;
    SHASH_FOR_EACH_SAFE (node, &regs->entries) {
        struct entry *e = node->data;
        if (e->state == CHECKING) {
            run_claim(regs, node->name, e);
        } else if (time_msec() >= e->until_ms) {
            destroy_entry(&regs->entries, node);
        }
    }
}

void
registrations_wait(const struct registrations *regs)
{
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &regs->entries) {
        const struct entry *e = node->data;
        poll_timer_wait_until(e->until_ms);
    }
}

/* Requests. */

static void
reply_state(struct https_request *req, const char *state, const char *reason)
{
    char *text = claim_format_state(state, reason);
    https_reply(req, 200, JSON_TYPE, text, strlen(text));
    wiping_free(text);
}

static void
handle_get(struct registrations *regs, struct https_request *req,
           const struct auc_caller *c)
{
    const struct entry *e = shash_find_data(&regs->entries, c->vnf->name);
    if (e && !strcmp(e->digest, c->digest)
        && !(e->state == REGISTERED && !c->is_registered)) {
        reply_state(req, e->state == CHECKING ? "checking"
                    : e->state == REGISTERED ? "registered" : "refused",
                    e->reason);
    } else if (c->is_registered) {
        reply_state(req, "registered", NULL);
    } else {
        https_reply(req, 404, "text/plain", "not registered\n",
                    strlen("not registered\n"));
    }
}

/* Makes 'claim', of which ownership is taken, what is checked for the VNF. */
static void
begin(struct registrations *regs, struct https_request *req,
      const struct auc_caller *c, struct claim *claim)
{
    struct shash_node *node = shash_find(&regs->entries, c->vnf->name);
    if (node) {
        destroy_entry(&regs->entries, node);
    }
    struct entry *e = xmalloc(sizeof *e);
    *e = (struct entry) {
        .claim = *claim,
        .source = xstrdup(https_request_peer_address(req)),
        .not_after = https_request_peer_end(req),
        .state = CHECKING,
        .until_ms = time_msec() + CHECK_MS,
    };
    ovs_strlcpy(e->digest, c->digest, sizeof e->digest);
    shash_add(&regs->entries, c->vnf->name, e);
    poll_immediate_wake();
    https_reply(req, 202, NULL, NULL, 0);
}

static void
handle_put(struct registrations *regs, struct https_request *req,
           const struct auc_caller *c)
{
    const struct entry *e = shash_find_data(&regs->entries, c->vnf->name);
    struct claim claim;
    size_t size;
    const char *body = https_request_body(req, &size);
    struct claim_context context = {
        .name = c->vnf->name,
        .url_prefixes = c->vnf->url_prefixes,
        .n_url_prefixes = c->vnf->n_url_prefixes,
        .cipher_prefixes = c->vnf->cipher_prefixes,
        .n_cipher_prefixes = c->vnf->n_cipher_prefixes,
        .source = https_request_peer_address(req),
    };
    char *error = claim_parse(body, size, &claim);
    if (error) {
        auc_refuse(regs->refusals, req, AUC_MALFORMED, "%s", error);
        free(error);
        return;
    }
    if ((error = claim_check_context(&claim, &context))) {
        auc_refuse(regs->refusals, req, AUC_CONTEXT, "%s", error);
    } else if ((error = taken_reason(regs, c->vnf->name, &claim))) {
        auc_refuse(regs->refusals, req, AUC_TAKEN, "%s", error);
    } else if (e && e->state == CHECKING && strcmp(e->digest, c->digest)) {
        auc_refuse(regs->refusals, req, AUC_IN_USE, "another instance of VNF "
                   "%s is being registered", c->vnf->name);
    } else if (!rates_take(&regs->claims, c->vnf->name)) {
        auc_refuse(regs->refusals, req, AUC_TOO_OFTEN, "VNF %s has claimed "
                   "too often: wait a while", c->vnf->name);
    } else {
        begin(regs, req, c, &claim);
        return;
    }
    free(error);
    claim_uninit(&claim);
}

static void
handle_delete(struct registrations *regs, struct https_request *req,
              const struct auc_caller *c)
{
    struct shash_node *node = shash_find(&regs->entries, c->vnf->name);
    if (!c->is_registered) {
        https_reply(req, 404, "text/plain", "not registered\n",
                    strlen("not registered\n"));
    } else if (!auc_db_begin(regs->db, c->vnf->name, false)) {
        auc_put_off(req, 503, false);
    } else {
        /* The certificate stays good, to come again. */
        const char *digest = c->digest;
        sdsa_vnf_set_enrolled(c->vnf, &digest, 1);
        sdsa_registration_verify_spki(c->reg);
        sdsa_registration_delete(c->reg);
        if (node) {
            destroy_entry(&regs->entries, node);
        }
        VLOG_INFO_RL(&rl, "%s: has taken its leave", c->vnf->name);
        https_reply(req, 202, NULL, NULL, 0);
    }
}

void
registrations_handle(struct registrations *regs, struct https_request *req)
{
    enum https_method method = https_request_method(req);
    struct auc_caller c;
    if (!auc_caller_admit(regs->db, regs->refusals, req, 503, &c)) {
        return;
    }
    if (c.by_key) {
        auc_refuse(regs->refusals, req, AUC_KEY_ELSEWHERE, "with a bootstrap "
                   "key VNF %s may enroll, and do nothing else", c.vnf->name);
    } else if (method == HTTPS_GET) {
        handle_get(regs, req, &c);
    } else if (method == HTTPS_PUT) {
        handle_put(regs, req, &c);
    } else if (method == HTTPS_DELETE) {
        handle_delete(regs, req, &c);
    } else {
        https_reply_header(req, "Allow", "GET, PUT, DELETE");
        auc_refuse_status(regs->refusals, req, 405,
                          "another method is needed");
    }
}
