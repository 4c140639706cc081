/* SPDX-License-Identifier: Apache-2.0 */

/* sdsa-controller: options, main loop and control commands of the controller.
 * All decisions are in conductor/. */

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
#include "ofctl-app/conductor/conductor.h"
#include "ofctl-app/network/flow-audit.h"
#include "ofctl-app/network/network.h"
#include "ofctl-app/operation/failure-test.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "stream.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(controller);

struct options {
    const char *db;             /* Remote of the sdsa database. */
    const char *db_name;        /* In its certificate; NULL: the usual one. */
    const char *unixctl;        /* Control socket; NULL: the default one. */
    struct tls_files_names tls; /* For bridges and databases. */
    const char *vnf_ca;         /* Of agents; NULL: that of 'tls'. */
    struct network_config network;
};

/* Keys and certificates; 'agents' may be the same as 'tls'. */
struct files {
    struct tls_files *tls, *agents;
};

/* Connections of path/check that wait for bridges and gateways to answer. */
struct live_waiters {
    struct conductor *conductor;
    struct {
        struct unixctl_conn *conn;
        long long int since_ms; /* When they were asked. */
    } *waiting;                 /* Oldest first. */
    size_t n;
};

static void parse_options(int argc, char *argv[], struct options *);
static void answer_waiters(struct live_waiters *);
static void wait_waiters(const struct live_waiters *);

static unixctl_cb_func cmd_exit;
static unixctl_cb_func cmd_print;
static unixctl_cb_func cmd_path_check;
static unixctl_cb_func cmd_op_abort;
static unixctl_cb_func cmd_tls_show;

/* Commands that print a text. */
static const struct {
    const char *name;
    char *(*format)(const struct conductor *);
} texts[] = {
    { "status", conductor_format_status },
    { "op/list", conductor_format_operations },
    { "sa/list", conductor_format_sas },
    { "too-big/show", conductor_format_packets },
};

OVS_NO_RETURN static void
usage(void)
{
    printf("\
%s: sdsa's controller\n\
usage: %s [OPTIONS]\n\
Makes a network of Open vSwitch bridges and IPsec gateways match the sdsa\n\
database: steers service chains with NSH and keys every hop.\n\
\n\
Options:\n\
  --db=DATABASE           remote of the sdsa database\n\
                          (default: unix:%s/sdsa.sock)\n\
  --db-name=NAME          name in the certificate of a database that is\n\
                          spoken to by ssl: (default: %s)\n\
  --listen=METHOD         where bridges connect: pssl:PORT[:IP], or without\n\
                          protection ptcp:PORT[:IP], punix:FILE\n\
                          (default: pssl:6653)\n\
  --vnf-ca-cert=FILE      CA of the agents (default: --ca-cert, which is the\n\
                          CA of the switches)\n",
           program_name, program_name, SDSA_RUNDIR, DB_SDSA_NAME);
    stream_usage("database", true, false, false);
    daemon_usage();
    vlog_usage();
    daemon_options_end_usage();
}

static struct tls_files *
open_file_set(const struct tls_files_names *names)
{
    struct tls_files *files;
    char *error = tls_files_open(names, &files);
    if (error) {
        ovs_fatal(0, "%s", error);
    }
    return files;
}

static struct files
open_files(const struct options *o)
{
    struct tls_files_names agents = o->tls;
    struct files files;

    agents.ca_cert = o->vnf_ca;
    agents.is_second = true;
    agents.apart_from = o->tls.ca_cert;
    agents.may_be_same = true;  /* From before there were several. */
    files.tls = open_file_set(&o->tls);
    files.agents = o->vnf_ca ? open_file_set(&agents) : files.tls;
    return files;
}

static void
run_files(const struct files *files)
{
    tls_files_run(files->tls);
    if (files->agents != files->tls) {
        tls_files_run(files->agents);
    }
    ovs_tls_run(files->tls);
}

static void
wait_files(const struct files *files)
{
    tls_files_wait(files->tls);
    tls_files_wait(files->agents);
}

static void
close_files(const struct files *files)
{
    if (files->agents != files->tls) {
        tls_files_close(files->agents);
    }
    tls_files_close(files->tls);
}

int
main(int argc, char *argv[])
{
    struct options options = {
        .db = "unix:" SDSA_RUNDIR "/sdsa.sock",
        .network.listen = "pssl:6653",
    };
    bool exiting = false;

    daemon_life_begin();
    ovs_set_program_name(argv[0], SDSA_VERSION);
    ovs_cmdl_proctitle_init(argc, argv);
    parse_options(argc, argv, &options);
    fatal_ignore_sigpipe();
    ovs_compat_daemonize_start();
    daemon_life_detached();
    dns_resolve_init(true);     /* Of names in --db and the like. */

    struct unixctl_server *unixctl;
    int retval = unixctl_server_create(options.unixctl, &unixctl);
    if (retval) {
        exit(EXIT_FAILURE);
    }

    struct files files = open_files(&options);
    options.network.agents.client.files = files.agents;
    options.network.tls = files.tls;

    struct ovsdb_idl *idl = ovsdb_idl_create(options.db, &sdsa_idl_class, true,
                                             true);
    struct db_address address = db_sdsa(options.db, options.db_name);
    struct db_watch *watch = db_watch_create(idl, &address);
    struct conductor *conductor = conductor_create(idl, watch,
                                                   &options.network);

    unixctl_command_register("exit", "", 0, 0, cmd_exit, &exiting);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        unixctl_command_register(texts[i].name, "", 0, 0, cmd_print,
                                 conductor);
    }
    struct live_waiters waiters = { .conductor = conductor };
    unixctl_command_register("path/check", "", 0, 0, cmd_path_check,
                             &waiters);
    unixctl_command_register("op/abort", "NUMBER", 1, 1, cmd_op_abort,
                             conductor);
    unixctl_command_register("tls/show", "", 0, 0, cmd_tls_show, &files);
    failure_test_init();
    daemonize_complete();
    daemon_life_running();

    while (!exiting) {
        run_files(&files);
        db_watch_run(watch);
        unixctl_server_run(unixctl);
        conductor_run(conductor);
        answer_waiters(&waiters);

        wait_files(&files);
        db_watch_wait(watch);
        descriptors_unixctl_wait(unixctl);
        conductor_wait(conductor);
        wait_waiters(&waiters);
        if (exiting) {
            poll_immediate_wake();
        }
        poll_block();
    }

    free(waiters.waiting);
    conductor_destroy(conductor);
    db_watch_destroy(watch);
    ovsdb_idl_destroy(idl);
    close_files(&files);
    unixctl_server_destroy(unixctl);
    dns_resolve_destroy();
    return 0;
}

static void
parse_options(int argc, char *argv[], struct options *o)
{
    struct tls_files_names *tls = &o->tls;
    const char *protocols = NULL, *ciphers = NULL;
    const struct daemon_option own[] = {
        { "db", .value = &o->db },
        { "db-name", .value = &o->db_name },
        { "listen", .value = &o->network.listen },
        { "private-key", 'p', true, .value = &tls->private_key },
        { "certificate", 'c', true, .value = &tls->certificate },
        { "ca-cert", 'C', true, .value = &tls->ca_cert },
        { "vnf-ca-cert", 0, true, .value = &o->vnf_ca },
        { "ssl-protocols", .value = &protocols },
        { "ssl-ciphers", .value = &ciphers },
        { "unixctl", .value = &o->unixctl },
        { "help", 'h', .print = usage },
        { "version", 'V', .print = daemon_options_print_version },
    };
    daemon_options_parse(argc, argv, own, ARRAY_SIZE(own), true);
    daemon_options_refuse_arguments(argc, argv);
    if (!tls->private_key || !tls->certificate || !tls->ca_cert) {
        ovs_fatal(0, "--private-key, --certificate and --ca-cert are needed "
                  "to speak to gateways (sdsa-pki makes them)");
    }

    ovs_tls_begin(protocols, ciphers);
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
reply_and_free(struct unixctl_conn *conn, char *text)
{
    unixctl_command_reply(conn, text);
    free(text);
}

static void
cmd_print(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
          void *conductor)
{
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        if (!strcmp(argv[0], texts[i].name)) {
            reply_and_free(conn, texts[i].format(conductor));
        }
    }
}

static void
cmd_path_check(struct unixctl_conn *conn, int argc OVS_UNUSED,
               const char *argv[] OVS_UNUSED, void *waiters_)
{
    struct live_waiters *waiters = waiters_;
    size_t n = waiters->n++;
    waiters->waiting = xrealloc(waiters->waiting,
                                waiters->n * sizeof *waiters->waiting);
    waiters->waiting[n].conn = conn;
    waiters->waiting[n].since_ms = time_msec();
    conductor_ask_live(waiters->conductor);
}

static void
answer_waiters(struct live_waiters *waiters)
{
    while (waiters->n) {
        char *text;
        if (!conductor_format_live(waiters->conductor,
                                   waiters->waiting[0].since_ms, &text)) {
            return;
        }
        reply_and_free(waiters->waiting[0].conn, text);
        waiters->n--;
        memmove(waiters->waiting, waiters->waiting + 1,
                waiters->n * sizeof *waiters->waiting);
    }
}

static void
wait_waiters(const struct live_waiters *waiters)
{
    if (waiters->n) {
        poll_timer_wait_until(waiters->waiting[0].since_ms
                              + FLOW_AUDIT_TIMEOUT_MS + 1);
    }
}

static void
cmd_tls_show(struct unixctl_conn *conn, int argc OVS_UNUSED,
             const char *argv[] OVS_UNUSED, void *files_)
{
    const struct files *files = files_;
    char *bridges = tls_files_format(files->tls);
    char *agents = tls_files_format(files->agents);
    /* They differ if a CA certificate cannot be used now. */
    reply_and_free(conn, strcmp(bridges, agents)
                   ? xasprintf("%s%s", bridges, agents) : xstrdup(bridges));
    free(agents);
    free(bridges);
}

static void
cmd_op_abort(struct unixctl_conn *conn, int argc OVS_UNUSED,
             const char *argv[], void *conductor)
{
    unsigned int number;
    if (!str_to_uint(argv[1], 10, &number)) {
        unixctl_command_reply_error(conn, "not a number");
        return;
    }
    char *error = conductor_abort(conductor, number);
    if (error) {
        unixctl_command_reply_error(conn, error);
        free(error);
    } else {
        unixctl_command_reply(conn, NULL);
    }
}
