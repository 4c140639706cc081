/* SPDX-License-Identifier: Apache-2.0 */

/* sdsa-auc: options, main loop and control commands of the authentication
 * centre.  All decisions are in auc/. */

#include <config.h>

#include <stdlib.h>

#include "command-line.h"
#include "daemon.h"
#include "dns-resolve.h"
#include "fatal-signal.h"
#include "lib/daemon-life.h"
#include "lib/daemon-options.h"
#include "lib/db-address.h"
#include "lib/db-watch.h"
#include "lib/descriptors.h"
#include "lib/ovs-compat.h"
#include "lib/ovs-tls.h"
#include "lib/sdsa-idl.h"
#include "lib/tls-files.h"
#include "ofctl-app/auc/auc.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "stream.h"
#include "unixctl.h"
#include "util.h"

#define LIFETIME_S 86400        /* Of certificates, by default. */
#define MIN_LIFETIME_S 60
#define MAX_LIFETIME_S 315360000

struct options {
    const char *db;             /* Remote of the sdsa database. */
    const char *db_name;        /* In its certificate; NULL: the usual one. */
    const char *listen;         /* "ADDRESS:PORT". */
    const char *est_listen;     /* The same, or NULL. */
    const char *unixctl;        /* Control socket; NULL: the default one. */
    struct tls_files_names server;      /* With the CAs of the VNFs. */
    struct tls_files_names infra;       /* With those of the
                                         * infrastructure. */
    struct tls_files_names ca;          /* Of the VNFs. */
    int lifetime_s;
};

/* The same, as objects. */
struct files {
    struct tls_files *server, *infra, *ca;
};

static void parse_options(int argc, char *argv[], struct options *);

static unixctl_cb_func cmd_exit;
static unixctl_cb_func cmd_show;
static unixctl_cb_func cmd_tls_show;

OVS_NO_RETURN static void
usage(void)
{
    printf("\
%s: sdsa's authentication centre\n\
usage: %s [OPTIONS]\n\
Gives VNFs certificates for what their tokens prove (EST, RFC 7030), and\n\
registers where they live.\n\
\n\
Options:\n\
  --db=DATABASE           remote of the sdsa database\n\
                          (default: unix:%s/sdsa.sock)\n\
  --db-name=NAME          name in the certificate of a database that is\n\
                          spoken to by ssl: (default: %s)\n\
  --listen=ADDRESS:PORT   where VNFs connect (default: 0.0.0.0:8450)\n\
  --est-listen=ADDRESS:PORT  also, without a certificate, for cacerts and\n\
                          for tokens as passwords (default: nowhere)\n\
  -p, --private-key=FILE  own private key\n\
  -c, --certificate=FILE  own certificate, issued by the CA of the\n\
                          infrastructure\n\
  -C, --ca-cert=FILE      certificates of the CA of the infrastructure\n\
  --vnf-ca-key=FILE       private key of the CA of the VNFs\n\
  --vnf-ca-cert=FILE      its certificate, then others that are trusted\n\
  --cert-lifetime=SECONDS of certificates (default: %d)\n",
           program_name, program_name, SDSA_RUNDIR, DB_SDSA_NAME,
           LIFETIME_S);
    stream_usage("database", true, false, false);
    daemon_usage();
    vlog_usage();
    daemon_options_end_usage();
}

static struct tls_files *
open_files(const struct tls_files_names *names)
{
    struct tls_files *files;
    char *error = tls_files_open(names, &files);
    if (error) {
        ovs_fatal(0, "%s", error);
    }
    return files;
}

/* Of the database only what concerns the centre is asked for. */
static struct ovsdb_idl *
make_idl(const char *remote)
{
    static struct ovsdb_idl_column *const gateway[] = {
        &sdsa_gateway_col_vnf_id, &sdsa_gateway_col_url,
        &sdsa_gateway_col_cipher_ip,
    };
    struct ovsdb_idl *idl = ovsdb_idl_create(remote, &sdsa_idl_class, false,
                                             true);
    for (size_t i = 0; i < ARRAY_SIZE(gateway); i++) {
        ovsdb_idl_add_column(idl, gateway[i]);
    }
    for (size_t i = 0; i < SDSA_VNF_N_COLUMNS; i++) {
        ovsdb_idl_add_column(idl, &sdsa_vnf_columns[i]);
    }
    for (size_t i = 0; i < SDSA_REGISTRATION_N_COLUMNS; i++) {
        ovsdb_idl_add_column(idl, &sdsa_registration_columns[i]);
    }
    return idl;
}

static void
run_files(const struct files *f)
{
    tls_files_run(f->server);
    tls_files_run(f->infra);
    tls_files_run(f->ca);
    ovs_tls_run(f->infra);
}

static void
wait_files(const struct files *f)
{
    tls_files_wait(f->server);
    tls_files_wait(f->infra);
    tls_files_wait(f->ca);
}

int
main(int argc, char *argv[])
{
    struct options options = {
        .db = "unix:" SDSA_RUNDIR "/sdsa.sock",
        .listen = "0.0.0.0:8450",
    };
    bool exiting = false;

    daemon_life_begin();
    ovs_set_program_name(argv[0], SDSA_VERSION);
    ovs_cmdl_proctitle_init(argc, argv);
    parse_options(argc, argv, &options);
    fatal_ignore_sigpipe();
    ovs_compat_daemonize_start();
    daemon_life_detached();
    dns_resolve_init(true);     /* Of names in --db. */

    struct unixctl_server *unixctl;
    int retval = unixctl_server_create(options.unixctl, &unixctl);
    if (retval) {
        exit(EXIT_FAILURE);
    }

    struct files files = {
        .server = open_files(&options.server),
        .infra = open_files(&options.infra),
        .ca = open_files(&options.ca),
    };
    struct ovsdb_idl *idl = make_idl(options.db);
    struct db_address address = db_sdsa(options.db, options.db_name);
    struct db_watch *watch = db_watch_create(idl, &address);
    struct auc_config config = {
        .idl = idl,
        .watch = watch,
        .listen = options.listen,
        .est_listen = options.est_listen,
        .server = files.server,
        .infra = files.infra,
        .ca = files.ca,
        .lifetime_s = options.lifetime_s,
    };
    struct auc *auc;
    char *error = auc_create(&config, &auc);
    if (error) {
        ovs_fatal(0, "%s", error);
    }

    unixctl_command_register("exit", "", 0, 0, cmd_exit, &exiting);
    unixctl_command_register("auc/show", "", 0, 0, cmd_show, auc);
    unixctl_command_register("tls/show", "", 0, 0, cmd_tls_show, &files);
    daemonize_complete();
    daemon_life_running();

    while (!exiting) {
        run_files(&files);
        db_watch_run(watch);
        unixctl_server_run(unixctl);
        auc_run(auc);

        wait_files(&files);
        db_watch_wait(watch);
        descriptors_unixctl_wait(unixctl);
        auc_wait(auc);
        if (exiting) {
            poll_immediate_wake();
        }
        poll_block();
    }

    auc_destroy(auc);
    db_watch_destroy(watch);
    ovsdb_idl_destroy(idl);
    tls_files_close(files.ca);
    tls_files_close(files.infra);
    tls_files_close(files.server);
    unixctl_server_destroy(unixctl);
    dns_resolve_destroy();
    return 0;
}

static void
parse_options(int argc, char *argv[], struct options *o)
{
    const char *key = NULL, *certificate = NULL, *infra_ca = NULL;
    const char *vnf_key = NULL, *vnf_cert = NULL, *lifetime = NULL;
    const char *protocols = NULL, *ciphers = NULL;
    const struct daemon_option own[] = {
        { "db", .value = &o->db },
        { "db-name", .value = &o->db_name },
        { "listen", .value = &o->listen },
        { "est-listen", .value = &o->est_listen },
        { "private-key", 'p', true, .value = &key },
        { "certificate", 'c', true, .value = &certificate },
        { "ca-cert", 'C', true, .value = &infra_ca },
        { "vnf-ca-key", 0, true, .value = &vnf_key },
        { "vnf-ca-cert", 0, true, .value = &vnf_cert },
        { "cert-lifetime", .value = &lifetime },
        { "ssl-protocols", .value = &protocols },
        { "ssl-ciphers", .value = &ciphers },
        { "unixctl", .value = &o->unixctl },
        { "help", 'h', .print = usage },
        { "version", 'V', .print = daemon_options_print_version },
    };
    daemon_options_parse(argc, argv, own, ARRAY_SIZE(own), true);
    daemon_options_refuse_arguments(argc, argv);
    if (!key || !certificate || !infra_ca) {
        ovs_fatal(0, "--private-key, --certificate and --ca-cert are needed "
                  "(sdsa-pki makes them)");
    }
    if (!vnf_key || !vnf_cert) {
        ovs_fatal(0, "--vnf-ca-key and --vnf-ca-cert are needed to give "
                  "certificates to VNFs");
    }
    o->lifetime_s = LIFETIME_S;
    if (lifetime && (!str_to_int(lifetime, 10, &o->lifetime_s)
                     || o->lifetime_s < MIN_LIFETIME_S
                     || o->lifetime_s > MAX_LIFETIME_S)) {
        ovs_fatal(0, "--cert-lifetime=%s: must be a number of seconds from %d "
                  "to %d", lifetime, MIN_LIFETIME_S, MAX_LIFETIME_S);
    }
    ovs_tls_begin(protocols, ciphers);
    o->server = (struct tls_files_names) {
        .private_key = key, .certificate = certificate, .ca_cert = vnf_cert,
    };
    o->infra = (struct tls_files_names) {
        .private_key = key, .certificate = certificate, .ca_cert = infra_ca,
        .is_second = true,
    };
    o->ca = (struct tls_files_names) {
        .private_key = vnf_key, .certificate = vnf_cert, .ca_cert = vnf_cert,
        .apart_from = infra_ca,
    };
}

static void
cmd_exit(struct unixctl_conn *conn, int argc OVS_UNUSED,
         const char *argv[] OVS_UNUSED, void *exiting_)
{
    bool *exiting = exiting_;
    *exiting = true;
    unixctl_command_reply(conn, NULL);
}

static void
cmd_show(struct unixctl_conn *conn, int argc OVS_UNUSED,
         const char *argv[] OVS_UNUSED, void *auc)
{
    char *text = auc_format(auc);
    unixctl_command_reply(conn, text);
    free(text);
}

static void
cmd_tls_show(struct unixctl_conn *conn, int argc OVS_UNUSED,
             const char *argv[] OVS_UNUSED, void *files_)
{
    const struct files *files = files_;
    char *own = tls_files_format(files->infra);
    char *ca = tls_files_format(files->ca);
    char *text = xasprintf("%s%s", own, ca);
    unixctl_command_reply(conn, text);
    free(text);
    free(own);
    free(ca);
}
