/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/tls-files.h"

#include <errno.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "latch.h"
#include "lib/process-util.h"
#include "lib/regular-file.h"
#include "lib/x509.h"
#include "openvswitch/thread.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(tls_files);

#define LOOK_PERIOD_S 1
#define MAX_OCTETS (1024 * 1024)        /* Of a file. */
#define N_FILES 4
#define END_WAIT_S 1            /* Limit for a thread that looks. */

/* Certificates whose ends are watched: the own one, and of those of the CAs
 * the one that ends first. */
enum whose { OWN, CA, N_WHOSE };

/* Seconds since 1970. */
struct life {
    int64_t begin, end;
};

/* The files as they were once. */
struct contents {
    struct tls_pem pem;
    char *subject;              /* CN of the certificate. */
    struct life lives[N_WHOSE];
};

/* How the files look from outside. */
struct look {
    struct {
        dev_t dev;
        ino_t ino;
        off_t size;
        struct timespec changed;        /* Also by rename() and chmod(). */
    } files[N_FILES];
};

enum state {
    NO_THREAD,
    RESTING,
    LOOKING,                    /* At the disk: for how long is not known. */
    ENDED
};

struct tls_files {
    struct tls_files_names names;
    struct contents *contents;  /* In use. */
    unsigned int serial;

    /* Shared with the thread. */
    pthread_mutex_t mutex;
    pthread_cond_t changed;     /* 'state' or 'closing'. */
    struct latch wakeup;        /* There is a 'next'. */
    enum state state;
    bool closing;
    struct contents *next;      /* Or NULL. */
    char *problem;              /* Of the files now, or NULL. */

    /* Of the thread alone. */
    struct look seen, read;     /* At the last look; when they were read. */
    struct life lives[N_WHOSE]; /* Of what was read last. */
    int warned[N_WHOSE];        /* 0, 1 (a tenth is left), 2 (over). */
};

static void
contents_destroy(struct contents *c)
{
    if (c) {
        wiping_buffer_uninit(&c->pem.private_key.octets);
        wiping_buffer_uninit(&c->pem.certificate.octets);
        wiping_buffer_uninit(&c->pem.ca_cert.octets);
        free(c->subject);
        free(c);
    }
}

/* Reading. */

static char *
read_file(const char *option, const char *name, struct tls_pem_file *file)
{
    int fd = regular_file_open(name);
    int error = (fd < 0 ? -fd
                 : wiping_buffer_read(&file->octets, fd, MAX_OCTETS));
    if (fd >= 0) {
        close(fd);
    }
    file->name = name;
    return (error ? xasprintf("--%s: cannot read %s (%s)%s", option, name,
                              regular_file_strerror(error),
                              error == ENOENT ? ": sdsa-pki(8) makes it" : "")
            : NULL);
}

static struct life
life_of(const X509 *cert)
{
    return (struct life) { x509_cert_begin(cert), x509_cert_end(cert) };
}

/* Of the CA whose certificate ends first. */
static struct life
ca_life(const SSL_CTX *ctx)
{
    struct life first = { 0, INT64_MAX };
    STACK_OF(X509) *cas
        = X509_STORE_get1_all_certs(SSL_CTX_get_cert_store(ctx));

    for (int i = 0; i < sk_X509_num(cas); i++) {
        struct life life = life_of(sk_X509_value(cas, i));
        first = life.end < first.end ? life : first;
    }
    sk_X509_pop_free(cas, X509_free);
    return first;
}

/* Checks that the files fit, and notes what is in the certificates. */
static char *
check(struct contents *c)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    char *error = tls_ctx_load(ctx, &c->pem);

    if (!error) {
        X509 *cert = SSL_CTX_get0_certificate(ctx);
        c->subject = tls_peer_name(cert);
        c->lives[OWN] = life_of(cert);
        c->lives[CA] = ca_life(ctx);
    }
    SSL_CTX_free(ctx);
    return error;
}

static char *
read_certs(const struct tls_pem_file *file, X509 ***certsp, size_t *np)
{
    return x509_read_certs(file->octets.size
                           ? (char *) wiping_buffer_head(&file->octets) : "",
                           file->octets.size, certsp, np);
}

/* Checks that who has the key of the first CA of 'cas' can sign nothing for
 * those in the file 'apart_from' of 'names'; NULL: that there may be. */
static char *
check_apart(const struct tls_pem_file *cas,
            const struct tls_files_names *names)
{
    const char *apart_from = names->apart_from;
    struct tls_pem_file other = { .name = NULL };
    X509 **own = NULL, **others = NULL;
    size_t n_own = 0, n_others = 0;
    char *error = (!apart_from ? NULL
                   : read_file("ca-cert", apart_from, &other));

    if (apart_from && !error && !(error = read_certs(cas, &own, &n_own))) {
        error = read_certs(&other, &others, &n_others);
    }
    for (size_t i = 0; i < n_others && !error; i++) {
        if (names->may_be_same && !X509_cmp(own[0], others[i])) {
            VLOG_WARN("%s is %s: so each VNF's certificate can be used as one "
                      "of a switch, a database or a controller; \"sdsa-pki "
                      "init\" makes an authority for each (sdsa-pki(8), "
                      "RENEWAL)", cas->name, apart_from);
            break;
        } else if (x509_is_one_authority(own[0], others[i])) {
            error = xasprintf(
                "%s: its first certificate is of the authority of %s: VNFs "
                "need an authority of their own, or who has its key can be "
                "anybody; \"sdsa-pki init\" makes them", cas->name,
                apart_from);
        }
    }
    x509_free_certs(own, n_own);
    x509_free_certs(others, n_others);
    wiping_buffer_uninit(&other.octets);
    return error;
}

/* Returns NULL and what is in the files (caller frees), or a message for the
 * user (caller frees). */
static char *
read_contents(const struct tls_files_names *names, struct contents **contentsp)
{
    struct contents *c = xzalloc(sizeof *c);
    char *error = read_file("private-key", names->private_key,
                            &c->pem.private_key);
    error = error ? error : read_file("certificate", names->certificate,
                                      &c->pem.certificate);
    error = error ? error : read_file("ca-cert", names->ca_cert,
                                      &c->pem.ca_cert);
    error = error ? error : check(c);
    error = error ? error : check_apart(&c->pem.ca_cert, names);
    if (error) {
        contents_destroy(c);
        c = NULL;
    }
    *contentsp = c;
    return error;
}

/* Files that are missing look like nothing else. */
static struct look
look_at(const struct tls_files_names *names)
{
    const char *const all[N_FILES] = {
        names->private_key, names->certificate, names->ca_cert,
        names->apart_from
    };
    struct look look;

    memset(&look, 0, sizeof look);
    for (size_t i = 0; i < N_FILES; i++) {
        struct stat s;
        if (all[i] && !stat(all[i], &s)) {
            look.files[i].dev = s.st_dev;
            look.files[i].ino = s.st_ino;
            look.files[i].size = s.st_size;
            look.files[i].changed = s.st_ctim;
        }
    }
    return look;
}

static bool
same(const struct look *a, const struct look *b)
{
    return !memcmp(a, b, sizeof *a);
}

/* The thread. */

static char *
format_end(const struct contents *c)
{
    char *end = x509_format_time(c->lives[OWN].end);
    char *text = xasprintf("certificate of \"%s\", valid until %s",
                           c->subject ? c->subject : "", end);
    free(end);
    return text;
}

static const char *
file_of(const struct tls_files *files, enum whose whose)
{
    return whose == OWN ? files->names.certificate : files->names.ca_cert;
}

/* Warns once when a tenth of a certificate's life is left, and once when it is
 * over. */
static void
warn_of_end(struct tls_files *files, enum whose whose)
{
    const struct life *life = &files->lives[whose];
    int64_t now = time(NULL);
    int64_t left = life->end - now;
    int level = (left <= 0 ? 2
                 : x509_is_near_end(life->begin, life->end, now));

    if (level > files->warned[whose]) {
        char age[64];
        if (level == 2) {
            snprintf(age, sizeof age, "is not valid any more");
        } else if (left < 2 * 86400) {
            snprintf(age, sizeof age, "ends in %.0f hours", left / 3600.0);
        } else {
            snprintf(age, sizeof age, "ends in %.0f days", left / 86400.0);
        }
        VLOG_WARN("%s: the %scertificate %s: renew it (the files are read "
                  "again without a restart)", file_of(files, whose),
                  whose == CA ? "CA " : "", age);
    }
    files->warned[whose] = level;
}

static void
set_times(struct tls_files *files, const struct contents *c)
{
    memcpy(files->lives, c->lives, sizeof files->lives);
    memset(files->warned, 0, sizeof files->warned);
}

/* Reads the files, and hands them over if they fit. */
static void
read_again(struct tls_files *files)
{
    struct contents *c;
    char *error = read_contents(&files->names, &c);
    struct contents *old = NULL;

    if (error) {
        VLOG_WARN("%s; the key and certificates that were read before stay "
                  "in use", error);
    } else {
        set_times(files, c);
    }
    pthread_mutex_lock(&files->mutex);
    free(files->problem);
    files->problem = error;
    if (c) {
        old = files->next;
        files->next = c;
        latch_set(&files->wakeup);
    }
    pthread_mutex_unlock(&files->mutex);
    contents_destroy(old);
}

static void
look_once(struct tls_files *files)
{
    struct look now = look_at(&files->names);

    /* Files that change now may be half there: wait for the next look. */
    if (same(&now, &files->seen) && !same(&now, &files->read)) {
        files->read = now;
        read_again(files);
    }
    files->seen = now;
    if (!files->names.is_second) {
        warn_of_end(files, OWN);
    }
    warn_of_end(files, CA);
}

static void *
run_thread(void *files_)
{
    struct tls_files *files = files_;

    set_subprogram_name("tls_files");
    pthread_mutex_lock(&files->mutex);
    while (!files->closing) {
        files->state = LOOKING;
        pthread_mutex_unlock(&files->mutex);
        look_once(files);
        pthread_mutex_lock(&files->mutex);

        files->state = RESTING;
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += LOOK_PERIOD_S;
        while (!files->closing
               && pthread_cond_timedwait(&files->changed, &files->mutex,
                                         &until) != ETIMEDOUT) {
            continue;
        }
    }
    files->state = ENDED;
    pthread_cond_broadcast(&files->changed);
    pthread_mutex_unlock(&files->mutex);
    return NULL;
}

static void
start_thread(struct tls_files *files)
{
    files->state = RESTING;
    int error = process_start_thread(run_thread, files, 0);
    if (error) {
        files->state = NO_THREAD;
        VLOG_WARN("certificates that are renewed need a restart: there can be "
                  "no thread (%s)", ovs_strerror(error));
    }
}

/* For the main thread. */

char *
tls_files_open(const struct tls_files_names *names, struct tls_files **filesp)
{
    struct contents *c;
    struct look look = look_at(names);
    char *error = read_contents(names, &c);

    *filesp = NULL;
    if (error) {
        return error;
    }

    struct tls_files *files = xzalloc(sizeof *files);
    files->names = *names;
    files->contents = c;
    files->seen = files->read = look;
    set_times(files, c);
    pthread_mutex_init(&files->mutex, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&files->changed, &attr);
    pthread_condattr_destroy(&attr);
    latch_init(&files->wakeup);
    start_thread(files);
    *filesp = files;
    return NULL;
}

struct tls_files *
tls_files_create(const char *name)
{
    struct tls_files *files = xzalloc(sizeof *files);
    files->names = (struct tls_files_names) {
        .private_key = name, .certificate = name, .ca_cert = name,
    };
    files->state = NO_THREAD;
    pthread_mutex_init(&files->mutex, NULL);
    pthread_cond_init(&files->changed, NULL);
    latch_init(&files->wakeup);
    return files;
}

char *
tls_files_give(struct tls_files *files, struct tls_pem *pem)
{
    struct contents *c = xzalloc(sizeof *c);
    c->pem = *pem;
    memset(pem, 0, sizeof *pem);
    c->pem.private_key.name = files->names.private_key;
    c->pem.certificate.name = files->names.certificate;
    c->pem.ca_cert.name = files->names.ca_cert;
    char *error = check(c);
    if (error) {
        contents_destroy(c);
    } else {
        contents_destroy(files->contents);
        files->contents = c;
        files->serial++;
    }
    return error;
}

/* Ends the thread.  Returns false if it is at a disk that hangs. */
static bool
end_thread(struct tls_files *files)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += END_WAIT_S;
    pthread_mutex_lock(&files->mutex);
    files->closing = true;
    pthread_cond_broadcast(&files->changed);
    int error = 0;
    while (files->state != ENDED && files->state != NO_THREAD && !error) {
        error = pthread_cond_timedwait(&files->changed, &files->mutex, &until);
    }
    bool ended = files->state == ENDED || files->state == NO_THREAD;
    pthread_mutex_unlock(&files->mutex);
    return ended;
}

void
tls_files_close(struct tls_files *files)
{
    if (files && end_thread(files)) {
        contents_destroy(files->contents);
        contents_destroy(files->next);
        free(files->problem);
        latch_destroy(&files->wakeup);
        pthread_cond_destroy(&files->changed);
        pthread_mutex_destroy(&files->mutex);
        free(files);
    }
}

static bool
same_octets(const struct tls_pem_file *a, const struct tls_pem_file *b)
{
    return (a->octets.size == b->octets.size
            && !memcmp(wiping_buffer_head(&a->octets),
                       wiping_buffer_head(&b->octets), a->octets.size));
}

static bool
same_contents(const struct contents *a, const struct contents *b)
{
    return (same_octets(&a->pem.private_key, &b->pem.private_key)
            && same_octets(&a->pem.certificate, &b->pem.certificate)
            && same_octets(&a->pem.ca_cert, &b->pem.ca_cert));
}

static void
log_change(const struct tls_files *files, const struct contents *next)
{
    if (!files->names.is_second) {
        char *end = format_end(next);
        VLOG_INFO("%s: read again: %s", files->names.certificate, end);
        free(end);
    } else if (!same_octets(&next->pem.ca_cert,
                            &files->contents->pem.ca_cert)) {
        VLOG_INFO("%s: read again", files->names.ca_cert);
    }
}

void
tls_files_run(struct tls_files *files)
{
    if (!latch_poll(&files->wakeup)) {
        return;
    }
    pthread_mutex_lock(&files->mutex);
    struct contents *next = files->next;
    files->next = NULL;
    pthread_mutex_unlock(&files->mutex);
    if (next && !same_contents(next, files->contents)) {
        log_change(files, next);
        contents_destroy(files->contents);
        files->contents = next;
        files->serial++;
    } else {
        contents_destroy(next);
    }
}

void
tls_files_wait(const struct tls_files *files)
{
    latch_wait(&files->wakeup);
}

const struct tls_pem *
tls_files_pem(const struct tls_files *files)
{
    return &files->contents->pem;
}

bool
tls_files_is_of_own_ca(const struct tls_files *files)
{
    const struct tls_pem *pem = &files->contents->pem;
    X509 **own, **cas;
    size_t n_own, n_cas;
    bool is = false;

    free(read_certs(&pem->certificate, &own, &n_own));
    free(read_certs(&pem->ca_cert, &cas, &n_cas));
    for (size_t i = 0; i < n_cas && n_own && !is; i++) {
        is = x509_is_one_authority(own[0], cas[i]);
    }
    x509_free_certs(own, n_own);
    x509_free_certs(cas, n_cas);
    return is;
}

unsigned int
tls_files_serial(const struct tls_files *files)
{
    return files->serial;
}

char *
tls_files_format(struct tls_files *files)
{
    char *end = format_end(files->contents);

    pthread_mutex_lock(&files->mutex);
    char *text = xasprintf("%s: %s\n%s%s%s", files->names.certificate, end,
                           files->problem ? "the files now: " : "",
                           files->problem ? files->problem : "",
                           files->problem ? "\n" : "");
    pthread_mutex_unlock(&files->mutex);
    free(end);
    return text;
}

char *
tls_files_warning(const struct tls_files *files)
{
    for (enum whose whose = OWN; whose < N_WHOSE; whose++) {
        const struct life *life = &files->contents->lives[whose];
        int64_t now = time(NULL);
        if (x509_is_near_end(life->begin, life->end, now)) {
            char *end = x509_format_time(life->end);
            char *text = xasprintf("%s: the %scertificate %s at %s: renew it",
                                   file_of(files, whose),
                                   whose == CA ? "CA " : "",
                                   life->end <= now ? "ended" : "ends", end);
            free(end);
            return text;
        }
    }
    return NULL;
}
