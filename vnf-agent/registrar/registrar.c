/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/registrar/registrar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/secret.h"
#include "lib/tls-files.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "random.h"
#include "timeval.h"
#include "util.h"
#include "uuid.h"
#include "vnf-agent/registrar/auc-client.h"
#include "vnf-agent/registrar/claim-json.h"
#include "vnf-agent/registrar/identity.h"
#include "vnf-agent/registrar/source-watch.h"

VLOG_DEFINE_THIS_MODULE(registrar);

#define EST "/.well-known/est/"
#define REGISTRATION "/sdsa/registration"

#define ASK_MS 500              /* Until the AuC is asked what it found. */
#define ASK_FIRST_MS 100        /* The same, for the first time. */
#define RECHECK_S 300           /* Until a registration is looked at again. */
#define REFUSED_S 300           /* Pause after a refusal. */
#define MAX_PAUSE_S 60          /* Other pauses: 1, 2, 4 .. */
#define MAX_LATER_S 60          /* Retry-After of an answer "later". */
#define LOOK_MS 1000            /* At the token file, in a pause. */
#define LEAVE_MS 3000
#define RENEW_AT (2.0 / 3)      /* Part of a certificate's life. */
#define LAST_PART 0.9           /* Of it: then it is renewed first, and the log
                                 * warns. */

/*       .--------- PAUSE <------- whatever fails
 *       |
 *       v                no certificate, or one to be renewed
 *    (resume) ------> CAS ----> CERTIFICATE --.
 *       ^ |                                   |
 *       | '-------> [CHECK ->] CLAIM <--------'
 *       |                        |
 *       '--- REGISTERED <----- CHECK
 */
#define STATES                                                                \
    /* Begins: by a token or by the certificate. */                           \
    STATE(CAS, "asks for the certificates of the CAs")                        \
    /* The CAs are known, and one is the right one. */                        \
    STATE(CERTIFICATE, "asks for a certificate")                              \
    /* There is a certificate. */                                             \
    STATE(CLAIM, "registers")                                                 \
    /* The claim was made; or own address, or its fate, is not known. */      \
    STATE(CHECK, "asks for the registration")                                 \
    STATE(REGISTERED, "registered")                                           \
    STATE(PAUSE, "waits for the next try")                                    \
    /* registrar_leave() was called. */                                       \
    STATE(LEAVE, "leaves")                                                    \
    STATE(LEFT, "has left")

enum state {
#define STATE(ENUM, TEXT) ENUM,
    STATES
#undef STATE
};

struct registrar {
    struct registrar_config config;     /* 'token' has a seed only while it is
                                         * needed. */
    char *identity_file, *enrol_file;   /* Or NULL. */
    struct uuid instance;
    struct registrar_facts facts;
    struct auc_client *client;
    struct source_watch *watch;
    struct tls_files *tls;
    struct identity *id;        /* With a certificate, or NULL. */
    struct identity *next;      /* In the making, or NULL. */
    bool has_tls;               /* 'tls' has something. */
    int64_t renew_at;           /* Seconds since 1970. */
    int warned;                 /* Of its end: 0, 1 (soon), 2 (it is over). */

    enum state state;
    long long int next_ms;      /* When to go on, if no request is out. */
    bool by_token;              /* CAS, CERTIFICATE: who asks. */
    bool try_token;             /* The certificate was refused: try the
                                 * token. */
    bool claimed;               /* CHECK: the AuC has the claim. */
    bool registered;            /* For all that is known. */
    bool again;                 /* What was registered has changed. */
    bool unreached;             /* PAUSE: there was no answer. */
    unsigned int pause_s;       /* The last pause. */
    char *problem;              /* Of the last try, or NULL. */
    char *url;                  /* That was claimed last, or NULL. */
    long long int since;        /* Wall clock: registered. */
    long long int leave_ms;     /* LEAVE: its end. */
};

static const char *
state_to_string(enum state state)
{
    switch (state) {
#define STATE(ENUM, TEXT) case ENUM: return TEXT;
    STATES
#undef STATE
    }
    OVS_NOT_REACHED();
}

/* Returns about 'x': 'percent' % less to 'percent' % more. */
static double
jitter(double x, int percent)
{
    return x * (100 - percent + random_range(2 * percent * 100 + 1) / 100.0)
           / 100;
}

static void
go_to(struct registrar *r, enum state state, long long int delay_ms)
{
    r->state = state;
    r->next_ms = time_msec() + delay_ms;
}

/* Pauses for 'seconds', about.  Takes ownership of 'problem'. */
static void
pause_for(struct registrar *r, double seconds, char *problem)
{
    bool is_new = !r->problem || strcmp(r->problem, problem);
    r->unreached = false;
    free(r->problem);
    r->problem = problem;
    go_to(r, PAUSE, 1000 * jitter(seconds, 25));
    VLOG(is_new ? VLL_WARN : VLL_DBG, "%s: %s; next try in %.0f s",
         r->config.vnf_id, problem, seconds);
}

/* Pauses for longer each time. */
static void
fail(struct registrar *r, char *problem)
{
    r->pause_s = MIN(MAX(1, 2 * r->pause_s), MAX_PAUSE_S);
    pause_for(r, r->pause_s, problem);
}

/* Keys and certificates. */

static void
take_identity(struct registrar *r, struct identity *id)
{
    struct tls_pem pem;
    identity_destroy(r->id);
    r->id = id;
    r->renew_at = identity_time_at(id, jitter(RENEW_AT, 10));
    r->warned = 0;
    identity_to_pem(id, &pem);
    char *error = tls_files_give(r->tls, &pem);
    r->has_tls = !error;
    if (error) {                /* Each part was checked. */
        VLOG_ERR("%s: %s", r->config.vnf_id, error);
        free(error);
    }
}

static void
save(const struct registrar *r, const struct identity *id, const char *name)
{
    int error = name ? identity_save(id, name) : 0;
    if (error) {
        VLOG_ERR("%s: cannot be written (%s): the key is in memory only",
                 name, ovs_strerror(error));
    }
    if (name && id == r->id) {
        unlink(r->enrol_file);
    }
}

static struct identity *
load(const char *name)
{
    struct identity *id = NULL;
    char *error = name ? identity_load(name, &id) : NULL;
    if (error) {
        VLOG_WARN("%s: another one is made", error);
        free(error);
    }
    return id;
}

/* Returns the digest of the token's key. */
static void
token_digest(const struct x509_token *token, char digest[X509_DIGEST_STRLEN])
{
    EVP_PKEY *key = x509_seed_key(token->seed);
    x509_key_digest(key, digest);
    EVP_PKEY_free(key);
}

/* Reads the token, if it is not there or has changed.  Returns NULL or a
 * message; caller frees. */
static char *
read_token(struct registrar *r)
{
    struct x509_token *token = &r->config.token;
    if (token_file_has_changed(&r->config.token_file)) {
        x509_token_uninit(token);
    }
    char *error = (token->vnf_id ? NULL
                   : token_file_read(&r->config.token_file, 0, token));
    if (!error && strcmp(token->vnf_id, r->config.vnf_id)) {
        error = xasprintf("%s: the token is that of another VNF, and this is "
                          "%s", r->config.token_file.name, r->config.vnf_id);
        x509_token_uninit(token);
    }
    return error;
}

/* Adds the digests of the CAs one of which the AuC's certificate is to be
 * from. */
static void
put_trusted(const struct registrar *r, struct sset *trusted)
{
    if (r->by_token) {
        sset_add(trusted, r->config.token.ca_digest);
    } else {
        identity_put_trusted(r->id, trusted);
    }
}

/* Has the AuC asked by the bootstrap key of the token, or by the
 * certificate. */
static void
choose_key(struct registrar *r, bool by_token)
{
    const struct x509_token *token = &r->config.token;
    struct sset trusted = SSET_INITIALIZER(&trusted);
    r->by_token = by_token;
    put_trusted(r, &trusted);
    if (by_token) {
        EVP_PKEY *key = x509_seed_key(token->seed);
        X509 *cert = x509_bootstrap_cert(key, token->vnf_id);
        auc_client_set(r->client, token->address, &trusted, cert, key);
        X509_free(cert);
        EVP_PKEY_free(key);
    } else {
        auc_client_set(r->client, r->id->address, &trusted, r->id->cert,
                       r->id->key);
    }
    sset_destroy(&trusted);
}

/* Begins anew with what there is. */
static void
resume(struct registrar *r)
{
    char token[X509_DIGEST_STRLEN] = "";
    char *error = read_token(r);
    double age = identity_age(r->id);
    if (!error) {
        token_digest(&r->config.token, token);
    }
    /* One that was used is read again only where it is needed. */
    bool by_token = (age > 1
                     || (!error && (r->try_token
                                    || strcmp(token, r->id->token))));
    if (by_token && error) {
        pause_for(r, REFUSED_S, xasprintf("there is no valid certificate and "
                                          "no token: %s", error));
    } else if (by_token) {
        if (r->next && strcmp(r->next->token, token)) {
            identity_destroy(r->next);
            r->next = NULL;
        }
        if (!r->next) {
            r->next = identity_create(r->config.token.address, token);
        }
        choose_key(r, true);
        go_to(r, CAS, 0);
    } else {
        x509_token_uninit(&r->config.token);
        choose_key(r, false);
        r->claimed = false;
        if (age > LAST_PART || (r->registered && time_wall() >= r->renew_at)) {
            identity_destroy(r->next);
            r->next = identity_create(r->id->address, r->id->token);
            go_to(r, CAS, 0);
        } else {
            go_to(r, source_watch_ip(r->watch) ? CLAIM : CHECK, 0);
        }
    }
    free(error);
}

/* Requests. */

static void
send_claim(struct registrar *r)
{
    free(r->url);
    r->url = claim_json_url(r->config.listen, source_watch_ip(r->watch));
    char *body = claim_json_format(&(struct claim_json) {
        .url = r->url,
        .cipher_ip = r->facts.cipher_ip,
        .backend = r->config.backend,
        .instance = r->instance,
        .boot_id = r->facts.boot_id,
        .plain_mac = r->facts.plain_mac,
        .cipher_mac = r->facts.cipher_mac,
    });
    auc_client_send(r->client, "PUT", REGISTRATION,
                    "application/yang-data+json", body);
    wiping_free(body);
}

/* Does what the state is for, which is due. */
static void
act(struct registrar *r)
{
    switch (r->state) {
    case CAS:
        auc_client_send(r->client, "GET", EST"cacerts", NULL, NULL);
        return;
    case CERTIFICATE: {
        char *request = x509_make_request(r->next->key, r->config.vnf_id);
        auc_client_send(r->client, "POST", r->by_token ? EST"simpleenroll"
                        : EST"simplereenroll", "application/pkcs10", request);
        free(request);
        return;
    }
    case CLAIM:
        r->again = false;
        if (r->facts.serving) {
            send_claim(r);
        } else {                /* Until the AuC can call back. */
            r->next_ms = LLONG_MAX;
        }
        return;
    case REGISTERED:
        r->claimed = true;
        r->state = CHECK;
        /* Fall through. */
    case CHECK:
        auc_client_send(r->client, "GET", REGISTRATION, NULL, NULL);
        return;
    case LEAVE:
        auc_client_send(r->client, "DELETE", REGISTRATION, NULL, NULL);
        return;
    case PAUSE:
        resume(r);
        return;
    case LEFT:
        r->next_ms = LLONG_MAX;
        return;
    }
}

/* Answers. */

static void
take_cas(struct registrar *r, X509 *const certs[], size_t n)
{
    struct sset trusted = SSET_INITIALIZER(&trusted);
    put_trusted(r, &trusted);
    char *error = identity_take_cas(r->next, certs, n, &trusted);
    if (!error) {
        if (r->by_token) {      /* The token may be good for this key only. */
            save(r, r->next, r->enrol_file);
        }
        go_to(r, CERTIFICATE, 0);
    } else {
        fail(r, xasprintf("the AuC at %s: %s", r->next->address, error));
        free(error);
    }
    sset_destroy(&trusted);
}

static void
take_cert(struct registrar *r, X509 *cert)
{
    char *error = identity_take_cert(r->next, cert, r->config.vnf_id);
    if (error) {
        fail(r, xasprintf("the AuC at %s: %s", r->next->address, error));
        free(error);
        return;
    }
    r->registered = r->registered && !r->by_token;
    r->try_token = false;
    x509_token_uninit(&r->config.token);
    take_identity(r, r->next);
    r->next = NULL;
    save(r, r->id, r->identity_file);
    char *end = x509_format_time(x509_cert_end(r->id->cert));
    VLOG_INFO("%s: has a new certificate of the AuC at %s, valid until %s",
              r->config.vnf_id, r->id->address, end);
    free(end);
    choose_key(r, false);
    r->claimed = false;
    r->pause_s = 0;
    go_to(r, CLAIM, 0);
}

/* Takes a bag of certificates, the answer in CAS and CERTIFICATE. */
static void
take_certs(struct registrar *r, const struct auc_answer *answer)
{
    X509 **certs;
    size_t n;
    char *error = x509_from_pkcs7(answer->body, strlen(answer->body), &certs,
                                  &n);
    if (error) {
        fail(r, xasprintf("the AuC at %s: %s", r->next->address, error));
        free(error);
    } else if (r->state == CAS) {
        take_cas(r, certs, n);
    } else {
        take_cert(r, certs[0]);
    }
    x509_free_certs(certs, n);
}

static void
take_registration(struct registrar *r, const struct auc_answer *answer)
{
    char *state = claim_json_member(answer->body, "state");
    if (!r->claimed) {
        go_to(r, CLAIM, 0);
    } else if (!strcmp(state, "registered")) {
        if (!r->registered || r->problem) {
            VLOG_INFO("%s: registered with the AuC at %s as %s",
                      r->config.vnf_id, r->id->address, r->url);
        }
        if (!r->registered) {
            r->since = time_wall_msec();
        }
        r->registered = true;
        r->pause_s = 0;
        free(r->problem);
        r->problem = NULL;
        go_to(r, REGISTERED, 1000 * jitter(RECHECK_S, 25));
    } else if (!strcmp(state, "checking")) {
        go_to(r, CHECK, ASK_MS);
    } else {
        char *reason = claim_json_member(answer->body, "reason");
        r->registered = false;
        fail(r, xasprintf("the AuC at %s does not register it%s%s",
                          r->id->address, reason[0] ? ": " : "", reason));
        free(reason);
    }
    free(state);
}

/* Takes a refusal or no answer. */
static void
take_error(struct registrar *r, struct auc_answer *answer)
{
    int status = answer->status;
    char *problem = answer->error;
    bool by_certificate = r->state != CAS && r->state != CERTIFICATE;
    answer->error = NULL;
    if (status == 404 && r->state == CHECK) {
        free(problem);
        if (!r->claimed) {
            go_to(r, CLAIM, 0);
        } else {                /* It has forgotten it. */
            r->registered = false;
            fail(r, xasprintf("the AuC at %s has no registration of it",
                              r->id->address));
        }
    } else if (status / 100 == 4 && !answer->retry_s) {
        r->registered = r->registered && !by_certificate;
        pause_for(r, r->try_token ? MAX_PAUSE_S : REFUSED_S, problem);
        r->try_token = by_certificate && status == 403;
    } else if (answer->retry_s) {
        pause_for(r, answer->retry_s, problem);
    } else {
        fail(r, problem);
        r->unreached = !status;
    }
}

static void
take_answer(struct registrar *r, struct auc_answer *answer)
{
    if (auc_client_own_ip(r->client)) {
        source_watch_set(r->watch, auc_client_peer_ip(r->client),
                         auc_client_own_ip(r->client));
    }
    if (r->state == LEAVE) {
        r->registered = false;
        r->state = LEFT;
    } else if (answer->error) {
        take_error(r, answer);
    } else if (r->state == CERTIFICATE && answer->status == 202) {
        int later_s = MIN(MAX(answer->retry_s, 1), MAX_LATER_S);
        go_to(r, CERTIFICATE, 1000 * later_s);
    } else if (r->state == CAS || r->state == CERTIFICATE) {
        take_certs(r, answer);
    } else if (r->state == CLAIM) {
        r->claimed = true;
        go_to(r, CHECK, ASK_FIRST_MS);
    } else {
        take_registration(r, answer);
    }
    free(answer->error);
}

/* Running. */

/* Is there a reason to begin anew before 'next_ms'?  'told' says that
 * addresses or routes of this host have changed. */
static bool
is_due(const struct registrar *r, bool told)
{
    return (r->state == REGISTERED
            ? r->again || time_wall() >= r->renew_at
            : r->state == PAUSE
              && ((told && r->unreached)
                  || token_file_has_changed(&r->config.token_file)));
}

/* Warns when the certificate is about to end, and when it has. */
static void
warn_of_end(struct registrar *r)
{
    double age = identity_age(r->id);
    int level = !r->id ? 0 : age > 1 ? 2 : age > LAST_PART;
    if (level > r->warned) {
        char *end = x509_format_time(x509_cert_end(r->id->cert));
        VLOG_WARN("%s: the certificate %s at %s, and was not renewed%s%s",
                  r->config.vnf_id, level == 2 ? "ended" : "ends", end,
                  r->problem ? ": " : "", r->problem ? r->problem : "");
        free(end);
        r->warned = level;
    }
}

void
registrar_run(struct registrar *r, const struct registrar_facts *facts)
{
    struct auc_answer answer;
    bool told;
    if (memcmp(facts, &r->facts, sizeof *facts)) {
        bool serving = r->facts.serving;
        r->facts = *facts;
        r->again = r->again || facts->serving == serving;
        if (r->state == CLAIM && !auc_client_is_busy(r->client)) {
            go_to(r, CLAIM, 0);
        }
    }
    r->again = source_watch_run(r->watch, &told) || r->again;
    auc_client_run(r->client);
    warn_of_end(r);
    if (auc_client_is_busy(r->client)) {
        if (auc_client_next(r->client, &answer)) {
            take_answer(r, &answer);
        } else if (r->state == LEAVE && time_msec() >= r->leave_ms) {
            auc_client_cancel(r->client);
            r->state = LEFT;
        }
    } else if (is_due(r, told)) {
        resume(r);
    } else if (time_msec() >= r->next_ms) {
        act(r);
    }
}

void
registrar_wait(const struct registrar *r)
{
    source_watch_wait(r->watch);
    auc_client_wait(r->client);
    if (r->state == LEAVE) {
        poll_timer_wait_until(r->leave_ms);
    }
    if (!auc_client_is_busy(r->client) && r->next_ms != LLONG_MAX) {
        poll_timer_wait_until(r->next_ms);
        if (r->state == PAUSE) {
            poll_timer_wait(LOOK_MS);
        } else if (r->state == REGISTERED) {
            long long int left_s = r->renew_at - time_wall();
            poll_timer_wait(r->again ? 0
                            : 1000 * MIN(MAX(left_s, 0), 60));
        }
    }
}

struct tls_files *
registrar_tls(const struct registrar *r)
{
    return r->has_tls ? r->tls : NULL;
}

/* Leaves a pause, or what is being asked, to begin anew. */
static void
begin_anew(struct registrar *r)
{
    if (r->state != LEAVE && r->state != LEFT) {
        auc_client_cancel(r->client);
        r->pause_s = 0;
        go_to(r, PAUSE, 0);
    }
}

char *
registrar_again(struct registrar *r)
{
    if (identity_age(r->id) > 1) {
        return xstrdup("there is no valid certificate yet");
    }
    if (r->state == REGISTERED || r->state == PAUSE) {
        begin_anew(r);
    } else {
        r->again = true;
    }
    return NULL;
}

void
registrar_renew(struct registrar *r)
{
    r->renew_at = 0;
    begin_anew(r);
}

void
registrar_leave(struct registrar *r)
{
    if (r->state == LEAVE || r->state == LEFT) {
        return;
    }
    auc_client_cancel(r->client);
    r->leave_ms = time_msec() + LEAVE_MS;
    if (r->registered || r->claimed) {
        choose_key(r, false);
        go_to(r, LEAVE, 0);
    } else {
        go_to(r, LEFT, 0);
    }
}

bool
registrar_has_left(const struct registrar *r)
{
    return r->state == LEFT;
}

char *
registrar_format(const struct registrar *r)
{
    const struct x509_token *token = &r->config.token;
    struct ds ds = DS_EMPTY_INITIALIZER;
    ds_put_format(&ds, "vnf-id: %s\n", r->config.vnf_id);
    ds_put_format(&ds, "authentication centre: %s\n",
                  r->id ? r->id->address
                  : token->vnf_id ? token->address : "not known yet");
    ds_put_format(&ds, "state: %s\n", state_to_string(r->state));
    if (r->registered) {
        char *since = x509_format_time(r->since / 1000);
        ds_put_format(&ds, "registered: as %s since %s\n",
                      r->url ? r->url : "?", since);
        free(since);
    } else {
        ds_put_cstr(&ds, "registered: no\n");
    }
    if (r->id) {
        char *end = x509_format_time(x509_cert_end(r->id->cert));
        char *renew = x509_format_time(r->renew_at);
        ds_put_format(&ds, "certificate: valid until %s, is renewed from %s "
                      "on\n", end, renew);
        free(end);
        free(renew);
    } else {
        ds_put_cstr(&ds, "certificate: none\n");
    }
    ds_put_format(&ds, "state directory: %s\n", r->config.state_dir
                  ? r->config.state_dir : "none: the key is in memory only");
    if (r->problem) {
        ds_put_format(&ds, "problem: %s\n", r->problem);
    }
    if (r->state == PAUSE) {
        ds_put_format(&ds, "next try: in %lld s\n",
                      MAX(0, r->next_ms - time_msec()) / 1000);
    }
    return ds_steal_cstr(&ds);
}

/* Lifecycle. */

char *
registrar_create(const struct registrar_config *config,
                 struct registrar **registrarp)
{
    struct registrar *r = xzalloc(sizeof *r);
    r->config = *config;
    uuid_generate(&r->instance);
    r->tls = tls_files_create("registration");
    r->watch = source_watch_create();
    char *error = auc_client_create(&r->client);

    *registrarp = NULL;
    if (!error && config->state_dir) {
        if (mkdir(config->state_dir, 0700) && errno != EEXIST) {
            error = xasprintf("%s: cannot make directory (%s)",
                              config->state_dir, ovs_strerror(errno));
        }
        r->identity_file = identity_file(config->state_dir, config->vnf_id);
        r->enrol_file = xasprintf("%s/%s.enrolling", config->state_dir,
                                  config->vnf_id);
    }
    if (error) {
        registrar_destroy(r);
        return error;
    }
    struct identity *id = load(r->identity_file);
    if (id && id->cert) {
        take_identity(r, id);
    } else {
        identity_destroy(id);
    }
    r->next = load(r->enrol_file);
    go_to(r, PAUSE, 0);
    *registrarp = r;
    return NULL;
}

void
registrar_destroy(struct registrar *r)
{
    if (r) {
        auc_client_destroy(r->client);
        source_watch_destroy(r->watch);
        tls_files_close(r->tls);
        identity_destroy(r->id);
        identity_destroy(r->next);
        x509_token_uninit(&r->config.token);
        free(r->identity_file);
        free(r->enrol_file);
        free(r->problem);
        free(r->url);
        free(r);
    }
}
