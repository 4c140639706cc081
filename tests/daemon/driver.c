/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "tests/daemon/driver.h"

#include <getopt.h>
#include <stdlib.h>

#include "command-line.h"
#include "daemon.h"
#include "fatal-signal.h"
#include "lib/ovs-compat.h"
#include "lib/ovs-tls.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs-thread.h"
#include "unixctl.h"
#include "util.h"

static const struct driver *the_driver;
static bool exiting;
static struct tls_files *files;      /* Or NULL. */

struct driver_options
driver_start(int argc, char *argv[])
{
    enum {
        OPT_LISTEN = UCHAR_MAX + 1,
        OPT_POLL_INTERVAL,
        OPT_REQUEST_TIMEOUT,
        OPT_UNIXCTL,
        DAEMON_OPTION_ENUMS,
        VLOG_OPTION_ENUMS,
    };
    static const struct option long_options[] = {
        {"private-key", required_argument, NULL, 'p'},
        {"certificate", required_argument, NULL, 'c'},
        {"ca-cert", required_argument, NULL, 'C'},
        {"listen", required_argument, NULL, OPT_LISTEN},
        {"poll-interval", required_argument, NULL, OPT_POLL_INTERVAL},
        {"request-timeout", required_argument, NULL, OPT_REQUEST_TIMEOUT},
        {"unixctl", required_argument, NULL, OPT_UNIXCTL},
        DAEMON_LONG_OPTIONS,
        VLOG_LONG_OPTIONS,
        {NULL, 0, NULL, 0},
    };
    struct driver_options o = { .listen = NULL };

    ovs_cmdl_proctitle_init(argc, argv);
    set_program_name(argv[0]);
    fatal_ignore_sigpipe();
    for (;;) {
        int c = getopt_long(argc, argv, "p:c:C:v::", long_options, NULL);
        if (c == -1) {
            break;
        }
        switch (c) {
        case 'p': o.tls.private_key = optarg; break;
        case 'c': o.tls.certificate = optarg; break;
        case 'C': o.tls.ca_cert = optarg; break;
        case OPT_LISTEN: o.listen = optarg; break;
        case OPT_POLL_INTERVAL: o.poll_interval_ms = atoi(optarg); break;
        case OPT_REQUEST_TIMEOUT: o.request_timeout_ms = atoi(optarg); break;
        case OPT_UNIXCTL: o.unixctl = optarg; break;
        DAEMON_OPTION_HANDLERS
        VLOG_OPTION_HANDLERS
        default:
            exit(1);
        }
    }
    ovs_compat_daemonize_start();
    return o;
}

struct tls_files *
driver_tls_files(const struct driver_options *o)
{
    if (o->tls.private_key) {
        char *error = tls_files_open(&o->tls, &files);
        if (error) {
            ovs_fatal(0, "%s", error);
        }
        ovs_tls_run(files);
    }
    return files;
}

/* Carries out 'command' for 'object', or NULL, and replies. */
static void
obey(struct unixctl_conn *conn, int argc, const char *argv[],
     const struct driver_command *command, void *object)
{
    struct ds reply = DS_EMPTY_INITIALIZER;
    command->func(object, argc, argv, &reply);
    unixctl_command_reply(conn, ds_cstr(&reply));
    ds_destroy(&reply);
}

static void
cmd_plain(struct unixctl_conn *conn, int argc, const char *argv[],
          void *command)
{
    obey(conn, argc, argv, command, NULL);
}

static void
cmd_object(struct unixctl_conn *conn, int argc, const char *argv[],
           void *command)
{
    void *object = the_driver->find(argv[1]);
    if (object) {
        obey(conn, argc, argv, command, object);
    } else {
        char *error = xasprintf("no such %s", the_driver->kind);
        unixctl_command_reply_error(conn, error);
        free(error);
    }
}

static void
cmd_exit(struct unixctl_conn *conn, int argc OVS_UNUSED,
         const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    exiting = true;
    unixctl_command_reply(conn, NULL);
}

static void
register_commands(const struct driver_command *commands, size_t n,
                  int n_objects, unixctl_cb_func *cb)
{
    for (size_t i = 0; i < n; i++) {
        const struct driver_command *c = &commands[i];
        unixctl_command_register(
            c->name, c->usage, c->min_args + n_objects,
            c->max_args == INT_MAX ? INT_MAX : c->max_args + n_objects, cb,
            CONST_CAST(struct driver_command *, c));
    }
}

void
driver_loop(const struct driver *driver, const struct driver_options *o)
{
    struct unixctl_server *unixctl;
    int error = unixctl_server_create(o->unixctl, &unixctl);
    if (error) {
        ovs_fatal(error, "unixctl");
    }
    the_driver = driver;
    register_commands(driver->commands, driver->n_commands, 0, cmd_plain);
    register_commands(driver->object_commands, driver->n_object_commands, 1,
                      cmd_object);
    unixctl_command_register("exit", "", 0, 0, cmd_exit, NULL);
    daemonize_complete();

    while (!exiting) {
        if (files) {
            tls_files_run(files);
            ovs_tls_run(files);
        }
        driver->run();
        unixctl_server_run(unixctl);

        if (files) {
            tls_files_wait(files);
        }
        driver->wait();
        unixctl_server_wait(unixctl);
        if (exiting) {
            poll_immediate_wake();
        }
        poll_block();
    }
    unixctl_server_destroy(unixctl);
    service_stop();
}
