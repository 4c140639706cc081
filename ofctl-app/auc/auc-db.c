/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/auc/auc-db.h"

#include <inttypes.h>
#include <string.h>

#include "lib/db-watch.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "smap.h"
#include "sset.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(auc_db);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 10);

#define NOTES_INTERVAL_MS 1000  /* Between writes of refusals. */

/* Refusals that are not in the database yet. */
struct note {
    char *reason;               /* Of the last one. */
    int64_t n;                  /* How many. */
};

struct auc_db {
    struct ovsdb_idl *idl;
    const struct db_watch *watch;

    /* Rows, as of 'seqno' of the IDL. */
    unsigned int seqno;
    struct shash vnfs;          /* struct sdsa_vnf, by name. */
    struct shash keys;          /* The same, by each key. */
    struct shash registrations; /* struct sdsa_registration, by VNF. */
    struct shash owners;        /* Names (of rows), by key of a
                                 * certificate. */

    /* The transaction. */
    struct ovsdb_idl_txn *txn;  /* Or NULL. */
    bool committing;            /* It was sent. */
    unsigned int n_ended;       /* Before it. */
    struct sset touched;        /* VNFs that it writes about. */
    char *alone;                /* The one that it is for alone, or NULL. */
    char *outcome_of;           /* The 'alone' of the last one, or NULL. */
    char *outcome;              /* Its message, or NULL: it was made. */

    struct shash notes;         /* struct note, by VNF. */
    long long int notes_ms;     /* When they may be written. */
};

struct auc_db *
auc_db_create(struct ovsdb_idl *idl, const struct db_watch *watch)
{
    struct auc_db *db = xzalloc(sizeof *db);
    db->idl = idl;
    db->watch = watch;
    shash_init(&db->vnfs);
    shash_init(&db->keys);
    shash_init(&db->registrations);
    shash_init(&db->owners);
    sset_init(&db->touched);
    shash_init(&db->notes);
    return db;
}

static void
clear_note(struct shash *notes, struct shash_node *node)
{
    struct note *note = node->data;
    free(note->reason);
    free(note);
    shash_delete(notes, node);
}

void
auc_db_destroy(struct auc_db *db)
{
    if (db) {
        if (db->txn) {
            ovsdb_idl_txn_abort(db->txn);
            ovsdb_idl_txn_destroy(db->txn);
        }
        shash_destroy(&db->vnfs);
        shash_destroy(&db->keys);
        shash_destroy(&db->registrations);
        shash_destroy(&db->owners);
        sset_destroy(&db->touched);
        struct shash_node *node;
        SHASH_FOR_EACH_SAFE (node, &db->notes) {
            clear_note(&db->notes, node);
        }
        shash_destroy(&db->notes);
        free(db->alone);
        free(db->outcome_of);
        free(db->outcome);
        free(db);
    }
}

/* Rows. */

static void
read_rows(struct auc_db *db)
{
    const struct sdsa_vnf *vnf;
    const struct sdsa_registration *reg;

    shash_clear(&db->vnfs);
    shash_clear(&db->keys);
    shash_clear(&db->registrations);
    shash_clear(&db->owners);
    SDSA_VNF_FOR_EACH (vnf, db->idl) {
        shash_replace(&db->vnfs, vnf->name, vnf);
        for (size_t i = 0; i < vnf->n_keys; i++) {
            shash_replace(&db->keys, vnf->keys[i], vnf);
        }
        for (size_t i = 0; i < vnf->n_enrolled; i++) {
            shash_replace(&db->owners, vnf->enrolled[i], vnf->name);
        }
    }
    SDSA_REGISTRATION_FOR_EACH (reg, db->idl) {
        shash_replace(&db->registrations, reg->vnf_id, reg);
        for (size_t i = 0; i < reg->n_spki; i++) {
            shash_replace(&db->owners, reg->spki[i], reg->vnf_id);
        }
    }
}

unsigned int
auc_db_n_ended(const struct auc_db *db)
{
    return db->n_ended;
}

const char *
auc_db_absence(const struct auc_db *db)
{
    if (ovsdb_idl_is_connected(db->idl)
        && ovsdb_idl_has_ever_connected(db->idl)) {
        return NULL;
    }
    const char *reason = db_watch_reason(db->watch);
    return reason ? reason : "the database does not answer";
}

const struct sdsa_vnf *
auc_db_vnf(const struct auc_db *db, const char *name)
{
    return shash_find_data(&db->vnfs, name);
}

const struct sdsa_vnf *
auc_db_vnf_by_key(const struct auc_db *db, const char *digest)
{
    return shash_find_data(&db->keys, digest);
}

const struct sdsa_registration *
auc_db_registration(const struct auc_db *db, const char *name)
{
    return shash_find_data(&db->registrations, name);
}

const char *
auc_db_key_owner(const struct auc_db *db, const char *digest, const char *name)
{
    const char *owner = shash_find_data(&db->owners, digest);
    return owner && strcmp(owner, name) ? owner : NULL;
}

const char *
auc_db_taken_by(const struct auc_db *db, const char *name, const char *url,
                const char *cipher_ip)
{
    const struct sdsa_registration *reg;
    SDSA_REGISTRATION_FOR_EACH (reg, db->idl) {
        if (strcmp(reg->vnf_id, name)
            && (!strcmp(reg->url, url)
                || !strcmp(reg->cipher_ip, cipher_ip))) {
            return reg->vnf_id;
        }
    }
    const struct sdsa_gateway *gw;
    SDSA_GATEWAY_FOR_EACH (gw, db->idl) {
        if (strcmp(gw->vnf_id, name)
            && (!strcmp(gw->url, url) || !strcmp(gw->cipher_ip, cipher_ip))) {
            return gw->vnf_id;
        }
    }
    return NULL;
}

/* Writing. */

bool
auc_db_may_begin(const struct auc_db *db, const char *name, bool alone)
{
    return (!db->committing && !(db->txn && (alone || db->alone))
            && !sset_contains(&db->touched, name) && !auc_db_absence(db));
}

struct ovsdb_idl_txn *
auc_db_begin(struct auc_db *db, const char *name, bool alone)
{
    if (!auc_db_may_begin(db, name, alone)) {
        return NULL;
    }
    if (!db->txn) {
        db->txn = ovsdb_idl_txn_create(db->idl);
        ovsdb_idl_txn_add_comment(db->txn, "sdsa-auc: %s", name);
        db->alone = alone ? xstrdup(name) : NULL;
    }
    sset_add(&db->touched, name);
    return db->txn;
}

bool
auc_db_is_pending(const struct auc_db *db, const char *name)
{
    return sset_contains(&db->touched, name);
}

static void
end_txn(struct auc_db *db, enum ovsdb_idl_txn_status status)
{
    char *error = NULL;
    if (status != TXN_SUCCESS && status != TXN_UNCHANGED) {
        error = xasprintf("the database did not take it (%s)",
                          status == TXN_ERROR
                          ? ovsdb_idl_txn_get_error(db->txn)
                          : ovsdb_idl_txn_status_to_string(status));
        if (status != TXN_TRY_AGAIN) {
            VLOG_WARN_RL(&rl, "%s", error);
        }
    }
    if (db->alone) {
        free(db->outcome_of);
        free(db->outcome);
        db->outcome_of = db->alone;
        db->outcome = error;
        db->alone = NULL;
    } else {
        free(error);
    }
    ovsdb_idl_txn_destroy(db->txn);
    db->txn = NULL;
    db->committing = false;
    db->n_ended++;
    sset_clear(&db->touched);
}

void
auc_db_commit(struct auc_db *db)
{
    if (db->txn) {
        db->committing = true;
        enum ovsdb_idl_txn_status status = ovsdb_idl_txn_commit(db->txn);
        if (status != TXN_INCOMPLETE) {
            end_txn(db, status);
            poll_immediate_wake();
        }
    }
}

bool
auc_db_outcome(struct auc_db *db, const char *name, char **errorp)
{
    if (!db->outcome_of || strcmp(db->outcome_of, name)) {
        return false;
    }
    free(db->outcome_of);
    db->outcome_of = NULL;
    *errorp = db->outcome;
    db->outcome = NULL;
    return true;
}

/* Refusals. */

void
auc_db_note_refusal(struct auc_db *db, const char *name, const char *reason)
{
    if (auc_db_vnf(db, name)) {
        struct note *note = shash_find_data(&db->notes, name);
        if (!note) {
            note = xzalloc(sizeof *note);
            shash_add(&db->notes, name, note);
        }
        free(note->reason);
        note->reason = xstrdup(reason);
        note->n++;
    }
}

static void
write_note(const struct sdsa_vnf *vnf, const struct note *note)
{
    struct smap status = SMAP_INITIALIZER(&status);
    int64_t n = note->n + smap_get_ullong(&vnf->status, "refusals", 0);
    smap_add(&status, "reason", note->reason);
    smap_add_format(&status, "at", "%lld", (long long int) time_wall());
    smap_add_format(&status, "refusals", "%"PRId64, n);
    sdsa_vnf_set_status(vnf, &status);
    smap_destroy(&status);
}

static void
write_notes(struct auc_db *db)
{
    if (shash_is_empty(&db->notes) || db->txn || auc_db_absence(db)
        || time_msec() < db->notes_ms) {
        return;
    }
    db->notes_ms = time_msec() + NOTES_INTERVAL_MS;
    struct shash_node *node;
    SHASH_FOR_EACH_SAFE (node, &db->notes) {
        const struct sdsa_vnf *vnf = auc_db_vnf(db, node->name);
        if (vnf && auc_db_begin(db, node->name, false)) {
            write_note(vnf, node->data);
        }
        clear_note(&db->notes, node);
    }
}

/* Running. */

void
auc_db_run(struct auc_db *db)
{
    if (db->committing) {
        enum ovsdb_idl_txn_status status = ovsdb_idl_txn_commit(db->txn);
        if (status != TXN_INCOMPLETE) {
            end_txn(db, status);
        }
    }
    /* A transaction that is open would show what is not in the database. */
    unsigned int seqno = ovsdb_idl_get_seqno(db->idl);
    if (seqno != db->seqno) {
        db->seqno = seqno;
        read_rows(db);
    }
    write_notes(db);
}

void
auc_db_wait(const struct auc_db *db)
{
    if (db->committing) {
        ovsdb_idl_txn_wait(db->txn);
    } else if (!shash_is_empty(&db->notes)) {
        poll_timer_wait_until(db->notes_ms);
    }
}
