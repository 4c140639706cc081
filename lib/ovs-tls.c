/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/ovs-tls.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/bounds.h"
#include "lib/cert-life.h"
#include "lib/tls-files.h"
#include "lib/tls.h"
#include "openvswitch/vlog.h"
#include "socket-util.h"
#include "stream-ssl.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovs_tls);

/* A file in memory, which has a name. */
struct memory_file {
    int fd;
    char *name;
};

static struct memory_file
memory_file_create(const struct tls_pem_file *pem)
{
    struct memory_file file = {
        .fd = memfd_create("sdsa-tls", MFD_CLOEXEC)
    };
    size_t n_written;

    int error = (file.fd < 0 ? errno
                 : write_fully(file.fd, wiping_buffer_head(&pem->octets),
                               pem->octets.size, &n_written));
    if (error) {
        VLOG_ERR("%s: no copy in memory (%s)", pem->name,
                 ovs_strerror(error));
    }
    file.name = xasprintf("/proc/self/fd/%d", file.fd);
    return file;
}

static void
memory_file_destroy(struct memory_file *file)
{
    if (file->fd >= 0) {
        close(file->fd);
    }
    free(file->name);
}

void
ovs_tls_begin(const char *protocols, const char *ciphers)
{
    if (protocols) {
        stream_ssl_set_protocols(protocols);
    }
    /* No version below TLS 1.2 has any of these suites. */
    stream_ssl_set_ciphers(ciphers ? ciphers : TLS12_CIPHERS);
}

void
ovs_tls_run(const struct tls_files *files)
{
    static const struct tls_files *applied;
    static unsigned int serial;

    if (applied == files && serial == tls_files_serial(files)) {
        return;
    }
    applied = files;
    serial = tls_files_serial(files);

    const struct tls_pem *pem = tls_files_pem(files);
    struct memory_file private_key = memory_file_create(&pem->private_key);
    struct memory_file certificate = memory_file_create(&pem->certificate);
    struct memory_file ca_cert = memory_file_create(&pem->ca_cert);
    stream_ssl_set_key_and_cert(private_key.name, certificate.name);
    stream_ssl_set_ca_cert_file(ca_cert.name, false);
    memory_file_destroy(&private_key);
    memory_file_destroy(&certificate);
    memory_file_destroy(&ca_cert);
}

/* The TLS connection of OpenSSL that was made last, and not freed. */
static __thread SSL *last_made;

/* OpenSSL calls this back for each connection that it makes. */
static void
note_made(void *ssl, void *ptr OVS_UNUSED, CRYPTO_EX_DATA *ad OVS_UNUSED,
          int idx OVS_UNUSED, long int argl OVS_UNUSED, void *argp OVS_UNUSED)
{
    last_made = ssl;
}

/* OpenSSL calls this back for each connection that it frees. */
static void
note_freed(void *ssl, void *ptr OVS_UNUSED, CRYPTO_EX_DATA *ad OVS_UNUSED,
           int idx OVS_UNUSED, long int argl OVS_UNUSED, void *argp OVS_UNUSED)
{
    last_made = last_made == ssl ? NULL : last_made;
}

/* Returns the index of a connection's struct ovs_tls_server. */
static int
server_index(void)
{
    static int idx = -1;
    if (idx < 0) {
        idx = SSL_get_ex_new_index(0, NULL, note_made, NULL, note_freed);
    }
    return idx;
}

struct ssl_st *
ovs_tls_last_made(void)
{
    server_index();
    SSL *ssl = last_made;
    last_made = NULL;
    return ssl;
}

char *
ovs_tls_peer_name(const struct ssl_st *ssl)
{
    X509 *cert = SSL_get1_peer_certificate(ssl);
    char *name = cert ? tls_peer_name(cert) : NULL;
    X509_free(cert);
    return name;
}

struct cert_life
ovs_tls_peer_life(const struct ssl_st *ssl)
{
    X509 *cert = SSL_get1_peer_certificate(ssl);
    struct cert_life life = cert_life_of(cert);
    X509_free(cert);
    return life;
}

struct ovs_tls_server {
    char *name;                 /* Or NULL: any. */
    char *refused;              /* See ovs_tls_server_refused(). */
    struct cert_life life;      /* See ovs_tls_server_life(). */
};

struct ovs_tls_server *
ovs_tls_server_create(const char *name)
{
    struct ovs_tls_server *server = xzalloc(sizeof *server);
    server->name = nullable_xstrdup(name);
    return server;
}

void
ovs_tls_server_destroy(struct ovs_tls_server *server)
{
    if (server) {
        free(server->name);
        free(server->refused);
        free(server);
    }
}

/* OpenSSL calls this back for each certificate of a server's chain that it has
 * verified ('ok'), or not. */
static int
verify_server(int ok, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(
        store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct ovs_tls_server *server = SSL_get_ex_data(ssl, server_index());
    X509 *cert = X509_STORE_CTX_get_current_cert(store);

    if (!ok || X509_STORE_CTX_get_error_depth(store)) {
        return ok;
    } else if (!server->name || tls_cert_has_name(cert, server->name)) {
        server->life = cert_life_of(cert);
        return ok;
    }
    char *name = tls_peer_name(cert);
    char *cut = name ? bounds_cut_text(name) : NULL;
    free(server->refused);
    server->refused = (cut ? xasprintf("the certificate of \"%s\"", cut)
                       : xstrdup("a certificate without a name that is its "
                                 "own"));
    free(cut);
    free(name);
    X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
    return 0;
}

void
ovs_tls_server_expect(struct ovs_tls_server *server)
{
    SSL *ssl = ovs_tls_last_made();
    if (ssl) {
        free(server->refused);
        server->refused = NULL;
        server->life = cert_life_of(NULL);
        SSL_set_ex_data(ssl, server_index(), server);
        SSL_set_verify(ssl, SSL_get_verify_mode(ssl), verify_server);
    }
}

const char *
ovs_tls_server_refused(const struct ovs_tls_server *server)
{
    return server->refused;
}

struct cert_life
ovs_tls_server_life(const struct ovs_tls_server *server)
{
    return server->life;
}
