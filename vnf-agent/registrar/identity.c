/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/registrar/identity.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/durable.h"
#include "lib/regular-file.h"
#include "lib/wiping-buffer.h"
#include "socket-util.h"
#include "timeval.h"
#include "util.h"

/* The file: lines of ours, then PEM, which does not read them. */
#define HEADER "sdsa identity 1\n"
#define ADDRESS "auc: "
#define TOKEN "token: "
#define MAX_SIZE 65536          /* Octets of the file. */

struct identity *
identity_create(const char *address, const char *token)
{
    struct identity *id = xzalloc(sizeof *id);
    id->key = x509_make_key();
    id->address = xstrdup(address);
    ovs_strlcpy(id->token, token, sizeof id->token);
    return id;
}

void
identity_destroy(struct identity *id)
{
    if (id) {
        EVP_PKEY_free(id->key);
        X509_free(id->cert);
        x509_free_certs(id->cas, id->n_cas);
        free(id->address);
        free(id);
    }
}

/* Certificates. */

static bool
is_trusted(const struct sset *trusted, const X509 *cert)
{
    char digest[X509_DIGEST_STRLEN];
    x509_cert_digest(cert, digest);
    return sset_contains(trusted, digest);
}

static void
trust(struct sset *trusted, const X509 *cert)
{
    char digest[X509_DIGEST_STRLEN];
    x509_cert_digest(cert, digest);
    sset_add(trusted, digest);
}

/* Has a CA of 'certs' that is trusted signed 'cert'? */
static bool
is_certified(X509 *cert, X509 *const certs[], size_t n,
             const struct sset *trusted)
{
    for (size_t i = 0; i < n; i++) {
        if (X509_check_ca(certs[i]) && is_trusted(trusted, certs[i])
            && X509_check_issued(certs[i], cert) == X509_V_OK
            && X509_verify(cert, X509_get0_pubkey(certs[i])) == 1) {
            return true;
        }
    }
    return false;
}

/* Adds to 'trusted' the CAs that CAs of it have certified, directly or by
 * others. */
static void
spread_trust(X509 *const certs[], size_t n, struct sset *trusted)
{
    for (size_t i = 0; i < n; ) {
        if (X509_check_ca(certs[i]) && !is_trusted(trusted, certs[i])
            && is_certified(certs[i], certs, n, trusted)) {
            trust(trusted, certs[i]);
            i = 0;
        } else {
            i++;
        }
    }
    ERR_clear_error();
}

char *
identity_take_cas(struct identity *id, X509 *const certs[], size_t n,
                  const struct sset *trusted_)
{
    X509 **cas = xmalloc((n + 1) * sizeof *cas);
    struct sset trusted;
    size_t n_cas = 0;
    bool has_other = false;
    sset_clone(&trusted, trusted_);
    spread_trust(certs, n, &trusted);
    for (size_t i = 0; i < n; i++) {
        if (X509_check_ca(certs[i]) && X509_self_signed(certs[i], 1) == 1
            && is_trusted(&trusted, certs[i])) {
            X509_up_ref(certs[i]);
            cas[n_cas++] = certs[i];
        }
        has_other = has_other || (X509_check_ca(certs[i])
                                  && !is_trusted(&trusted, certs[i]));
    }
    ERR_clear_error();
    sset_destroy(&trusted);
    if (!n_cas || !has_other) {
        x509_free_certs(cas, n_cas);
        return (n_cas ? xstrdup("the CA of the VNFs that it gives is that of "
                                "the infrastructure, or is signed by it: it "
                                "must be another one (sdsa-auc(8))")
                : xstrdup("it is not the one of the token: none of its CAs "
                          "is the right one"));
    }
    x509_free_certs(id->cas, id->n_cas);
    id->cas = cas;
    id->n_cas = n_cas;
    return NULL;
}

char *
identity_take_cert(struct identity *id, X509 *cert, const char *vnf_id)
{
    char *name = tls_peer_name(cert);
    char *error = NULL;
    if (!name || strcmp(name, vnf_id)
        || X509_check_host(cert, vnf_id, 0, X509_CHECK_FLAG_NO_WILDCARDS,
                           NULL) != 1) {
        error = xasprintf("the certificate that it gives is not for %s",
                          vnf_id);
    } else if (X509_check_private_key(cert, id->key) != 1) {
        error = xstrdup("the certificate that it gives is for another key");
    } else if (X509_check_ca(cert)) {
        error = xstrdup("the certificate that it gives is that of a CA");
    } else if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0
               || X509_cmp_current_time(X509_get0_notAfter(cert)) <= 0) {
        error = xstrdup("the certificate that it gives is not valid now: is "
                        "the clock right?");
    } else {
        X509_up_ref(cert);
        X509_free(id->cert);
        id->cert = cert;
    }
    ERR_clear_error();
    free(name);
    return error;
}

int64_t
identity_time_at(const struct identity *id, double part)
{
    int64_t begin = x509_cert_begin(id->cert);
    return begin + part * (x509_cert_end(id->cert) - begin);
}

double
identity_age(const struct identity *id)
{
    if (!id || !id->cert) {
        return 2;
    }
    int64_t begin = x509_cert_begin(id->cert);
    int64_t end = x509_cert_end(id->cert);
    int64_t now = time_wall();
    return (end <= begin || now >= end ? 2
            : MAX(0, (double) (now - begin) / (end - begin)));
}

void
identity_put_trusted(const struct identity *id, struct sset *trusted)
{
    for (size_t i = 0; i < id->n_cas; i++) {
        trust(trusted, id->cas[i]);
    }
}

void
identity_to_pem(const struct identity *id, struct tls_pem *pem)
{
    memset(pem, 0, sizeof *pem);
    x509_put_private_key(&pem->private_key.octets, id->key);
    x509_put_cert(&pem->certificate.octets, id->cert);
    for (size_t i = 0; i < id->n_cas; i++) {
        x509_put_cert(&pem->ca_cert.octets, id->cas[i]);
    }
}

/* The file. */

static int
write_file(const char *name, const struct wiping_buffer *octets)
{
    int fd = durable_begin(name);
    size_t n;
    if (fd < 0) {
        return -fd;
    }
    int error = write_fully(fd, wiping_buffer_head(octets), octets->size, &n);
    int end_error = durable_end(fd);
    return error ? error : end_error;
}

int
identity_save(const struct identity *id, const char *name)
{
    struct wiping_buffer octets = WIPING_BUFFER_INITIALIZER;
    char *head = xasprintf(HEADER ADDRESS"%s\n"TOKEN"%s\n", id->address,
                           id->token);
    char *new_name = xasprintf("%s.new", name);
    wiping_buffer_puts(&octets, head);
    x509_put_private_key(&octets, id->key);
    if (id->cert) {
        x509_put_cert(&octets, id->cert);
    }
    for (size_t i = 0; i < id->n_cas; i++) {
        x509_put_cert(&octets, id->cas[i]);
    }
    int error = write_file(new_name, &octets);
    error = error ? error : durable_replace(new_name, name);
    wiping_buffer_uninit(&octets);
    free(head);
    free(new_name);
    return error;
}

/* Copies the rest of the line of 'text' that begins with 'name'.  Returns NULL
 * if there is none.  Caller frees. */
static char *
header_line(const char *text, const char *name)
{
    const char *line = strstr(text, name);
    line = line ? line + strlen(name) : NULL;
    return line ? xmemdup0(line, strcspn(line, "\n")) : NULL;
}

/* Fills 'id', which is empty, from 'text' of 'size' octets and a NUL.  Returns
 * false if it is damaged. */
static bool
parse(struct identity *id, const char *text, size_t size)
{
    char *token = header_line(text, TOKEN);
    X509 **certs = NULL;
    size_t n = 0;
    id->address = header_line(text, ADDRESS);
    char *error = x509_read_private_key(text, size, &id->key);
    bool ok = (!error && !strncmp(text, HEADER, strlen(HEADER)) && id->address
               && token && x509_digest_is_valid(token));
    free(error);
    error = ok ? x509_check_address(id->address) : NULL;
    ok = ok && !error;
    if (ok) {
        ovs_strlcpy(id->token, token, sizeof id->token);
        free(x509_read_certs(text, size, &certs, &n));  /* Or none yet. */
    }
    id->cas = xmalloc((n + 1) * sizeof *id->cas);
    for (size_t i = 0; i < n; i++) {
        X509_up_ref(certs[i]);
        if (!id->cert && X509_check_private_key(certs[i], id->key) == 1) {
            id->cert = certs[i];
        } else {
            id->cas[id->n_cas++] = certs[i];
        }
    }
    ERR_clear_error();
    x509_free_certs(certs, n);
    free(error);
    free(token);
    return ok && (!id->cert || id->n_cas);
}

#define SUFFIX ".identity"

char *
identity_file(const char *dir, const char *vnf_id)
{
    return xasprintf("%s/%s"SUFFIX, dir, vnf_id);
}

/* Has 'dir' a certificate for 'vnf_id' that is valid now? */
static bool
is_kept(const char *dir, const char *vnf_id)
{
    struct identity *id;
    char *name = identity_file(dir, vnf_id);
    free(identity_load(name, &id));
    char *certified = id && id->cert ? tls_peer_name(id->cert) : NULL;
    bool ok = (certified && !strcmp(certified, vnf_id)
               && identity_age(id) <= 1);
    free(certified);
    identity_destroy(id);
    free(name);
    return ok;
}

char *
identity_find(const char *dir, const char *vnf_id)
{
    char *found = NULL;
    if (vnf_id) {
        return is_kept(dir, vnf_id) ? xstrdup(vnf_id) : NULL;
    }
    DIR *stream = opendir(dir);
    const struct dirent *entry;
    size_t n = 0;
    while (stream && (entry = readdir(stream))) {
        char *name = xstrdup(entry->d_name);
        if (string_ends_with(name, SUFFIX)) {
            name[strlen(name) - strlen(SUFFIX)] = '\0';
            if (is_kept(dir, name) && !n++) {
                found = xstrdup(name);
            }
        }
        free(name);
    }
    if (stream) {
        closedir(stream);
    }
    if (n > 1) {
        free(found);
        found = NULL;
    }
    return found;
}

char *
identity_load(const char *name, struct identity **identityp)
{
    struct wiping_buffer octets = WIPING_BUFFER_INITIALIZER;
    struct identity *id = xzalloc(sizeof *id);
    int fd = regular_file_open(name);
    int error = fd < 0 ? -fd : wiping_buffer_read(&octets, fd, MAX_SIZE);
    char *message = NULL;

    if (fd >= 0) {
        close(fd);
    }
    *identityp = NULL;
    if (error && error != ENOENT) {
        message = xasprintf("%s: cannot be read (%s)", name,
                            regular_file_strerror(error));
    } else if (!error) {
        wiping_buffer_put(&octets, "", 1);
        if (parse(id, wiping_buffer_head(&octets), octets.size - 1)) {
            *identityp = id;
            id = NULL;
        } else {
            message = xasprintf("%s: is damaged", name);
        }
    }
    identity_destroy(id);
    wiping_buffer_uninit(&octets);
    return message;
}
