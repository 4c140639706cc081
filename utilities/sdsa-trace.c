/* SPDX-License-Identifier: Apache-2.0 */

/* sdsa-trace: prints the way of a packet through the network, as ovn-trace(8)
 * does. */

#include <config.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "command-line.h"
#include "fatal-signal.h"
#include "jsonrpc.h"
#include "lib/db-address.h"
#include "lib/db-probe.h"
#include "lib/environment.h"
#include "lib/ovs-compat.h"
#include "lib/ovs-tls.h"
#include "lib/process-util.h"
#include "lib/sdsa-idl.h"
#include "ofctl-app/flows/trace.h"
#include "ofctl-app/view/inventory-idl.h"
#include "ofctl-app/view/path-idl.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "stream-ssl.h"
#include "stream.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

#define EXIT_DROPPED 2          /* Exit status if the packet is dropped. */

struct options {
    char *db;
    char *db_name;              /* NULL: the usual one. */
    char *controller;           /* Control socket; "": the default one;
                                 * NULL: no --live. */
    bool answers;               /* Trace the answers of functions, too. */
    int size;                   /* Octets of the IP packet; 0: a short one. */
    int timeout_s;              /* To wait for the database. */
};

OVS_NO_RETURN static void
usage(void)
{
    printf("\
%s: prints the way of a packet through the network\n\
usage: %s [OPTIONS] CHAIN [forward|reverse]\n\
       %s [OPTIONS] BRIDGE FLOW\n\
Prints the way of a chain's packets, or of one packet that comes in at a\n\
bridge.  FLOW describes it in ovs-ofctl(8) syntax, with in_port=NAME.\n\
Exit status: 0 delivered or answered, 2 dropped, 1 an error.\n\
\n\
Options:\n\
  --size=OCTETS               of the IP packet (default: a short one)\n\
  --answers                   also the way of what each function answers by\n\
                              itself (a TCP reset, an ICMP error)\n\
  --db=DATABASE               connect to DATABASE\n\
                              (default: $SDSA_DB or unix:%s/sdsa.sock)\n\
  --db-name=NAME              name in the certificate of a database that is\n\
                              spoken to by ssl: (default: %s)\n\
  --live[=SOCKET]             check each step against the flows and SAs that\n\
                              are there, as the controller says at its\n\
                              control socket (default: sdsa-controller.ctl\n\
                              in $SDSA_RUNDIR or %s)\n\
  -t, --timeout=SECS          give up after SECS seconds (default: 10)\n",
           program_name, program_name, program_name, SDSA_RUNDIR,
           DB_SDSA_NAME, SDSA_RUNDIR);
    stream_usage("database", true, false, false);
    vlog_usage();
    printf("\nOther options:\n\
  -h, --help                  display this help message\n\
  -V, --version               display version information\n");
    exit(EXIT_SUCCESS);
}

static int
parse_number(const char *option, const char *text, int max)
{
    int value;
    if (!str_to_int(text, 10, &value) || value < 1 || value > max) {
        ovs_fatal(0, "%s=%s: must be a number from 1 to %d", option, text,
                  max);
    }
    return value;
}

static void
parse_options(int argc, char *argv[], struct options *o)
{
    enum {
        OPT_ANSWERS = UCHAR_MAX + 1,
        OPT_DB,
        OPT_DB_NAME,
        OPT_LIVE,
        OPT_SIZE,
        VLOG_OPTION_ENUMS,
        SSL_OPTION_ENUMS,
    };
    static const struct option long_options[] = {
        {"answers", no_argument, NULL, OPT_ANSWERS},
        {"db", required_argument, NULL, OPT_DB},
        {"db-name", required_argument, NULL, OPT_DB_NAME},
        {"live", optional_argument, NULL, OPT_LIVE},
        {"size", required_argument, NULL, OPT_SIZE},
        {"timeout", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        VLOG_LONG_OPTIONS,
        STREAM_SSL_LONG_OPTIONS,
        {NULL, 0, NULL, 0},
    };
    char *short_options
        = ovs_cmdl_long_options_to_short_options(long_options);
    int c;
    while ((c = getopt_long(argc, argv, short_options, long_options, NULL))
           != -1) {
        switch (c) {
        case OPT_ANSWERS: o->answers = true; break;
        case OPT_DB: o->db = xstrdup(optarg); break;
        case OPT_DB_NAME: o->db_name = xstrdup(optarg); break;
        case OPT_LIVE:
            o->controller = xstrdup(optarg ? optarg : "");
            break;
        case OPT_SIZE: o->size = parse_number("--size", optarg, 65535); break;
        case 't':
            o->timeout_s = parse_number("--timeout", optarg, 3600);
            break;
        case 'h': usage();
        case 'V':
            printf("%s (sdsa) %s\n", program_name, SDSA_VERSION);
            exit(EXIT_SUCCESS);
        VLOG_OPTION_HANDLERS
        STREAM_SSL_OPTION_HANDLERS
        default: exit(EXIT_FAILURE);
        }
    }
    free(short_options);
}

/* The database. */

static void
put_fault(struct trace_view *view, const char *what, const char *name,
          const char *fault)
{
    char *key = xasprintf("%s %s", what, name);
    smap_replace(&view->faults, key, fault);
    free(key);
}

static void
read_faults(struct trace_view *view, const struct ovsdb_idl *idl)
{
    const struct sdsa_bridge *br;
    SDSA_BRIDGE_FOR_EACH (br, idl) {
        if (!smap_get_bool(&br->status, "connected", false)) {
            put_fault(view, "bridge", br->name,
                      "it is not connected: its flows may be old");
        }
    }
    const struct sdsa_gateway *gw;
    SDSA_GATEWAY_FOR_EACH (gw, idl) {
        if (strcmp(smap_get_def(&gw->status, "state", ""), "up")) {
            put_fault(view, "gateway", gw->vnf_id,
                      smap_get_def(&gw->status, "reason",
                                     "its agent was not reached yet"));
        }
    }
    const struct sdsa_chain *chain;
    SDSA_CHAIN_FOR_EACH (chain, idl) {
        if (chain->reason[0]) {
            put_fault(view, "chain", chain->name, chain->reason);
        } else if (chain->applied < chain->wanted) {
            put_fault(view, "chain", chain->name,
                      "its last change is not applied yet");
        }
    }
}

static void
read_paths(struct trace_view *view, const struct ovsdb_idl *idl)
{
    const struct sdsa_path *row;
    SDSA_PATH_FOR_EACH (row, idl) {
        /* Nothing enters a backup path. */
        struct path *path = (strcmp(row->state, "active") || row->backup
                             ? NULL : path_from_idl(row));
        if (path) {
            size_t n = view->n_paths++;
            view->paths = xrealloc(view->paths,
                                   view->n_paths * sizeof *view->paths);
            view->twins = xrealloc(view->twins,
                                   view->n_paths * sizeof *view->twins);
            view->paths[n] = path;
            view->twins[n] = row->twin;
            if (row->reason[0]) {
                put_fault(view, "chain", row->chain, row->reason);
            }
        }
    }
}

static void
view_init(struct trace_view *view, const struct ovsdb_idl *idl)
{
    struct shash bad_chains = SHASH_INITIALIZER(&bad_chains);
    *view = (struct trace_view) { .now_s = time_wall() };
    inventory_init(&view->inv);
    smap_init(&view->faults);
    smap_init(&view->live);
    inventory_from_idl(&view->inv, idl, &bad_chains);
    shash_destroy_free_data(&bad_chains);
    read_faults(view, idl);
    read_paths(view, idl);
}

static void
view_destroy(struct trace_view *view)
{
    for (size_t i = 0; i < view->n_paths; i++) {
        path_destroy(view->paths[i]);
    }
    free(view->paths);
    free(view->twins);
    smap_destroy(&view->faults);
    smap_destroy(&view->live);
    inventory_destroy(&view->inv);
}

/* Waits until the database's contents are there. */
static void
wait_for_database(struct ovsdb_idl *idl, const struct options *o)
{
    long long int end = time_msec() + 1000LL * o->timeout_s;
    struct db_address address = db_sdsa(o->db, o->db_name);
    struct ovs_tls_server *server = ovs_tls_server_create(address.name);
    for (;;) {
        db_run_idl(server, idl);
        if (ovsdb_idl_has_ever_connected(idl)) {
            /* It does not run any more. */
            ovs_tls_server_destroy(server);
            return;
        }
        if (!ovsdb_idl_is_alive(idl) || time_msec() >= end) {
            ovs_fatal(0, "cannot use the sdsa database (see --db): %s",
                      db_probe_ask(&address));
        }
        ovsdb_idl_wait(idl);
        poll_timer_wait_until(end);
        poll_block();
    }
}

/* The real switches and gateways. */

/* Asks the controller at the control socket 'target' ("": the default one)
 * which flows and SAs are there, and puts its lines into 'view'. */
static void
read_live(struct trace_view *view, const char *target)
{
    const char *rundir = getenv("SDSA_RUNDIR");
    char *path = (target[0] ? xstrdup(target)
                  : xasprintf("%s/sdsa-controller.ctl",
                              rundir ? rundir : SDSA_RUNDIR));
    struct jsonrpc *client;
    char *result, *error;
    int retval = unixctl_client_create(path, &client);
    if (retval) {
        ovs_fatal(retval, "cannot connect to the controller at %s (is it on "
                  "this machine? --live=SOCKET names its control socket)",
                  path);
    }
    retval = ovs_compat_unixctl_ask(client, "path/check", &result, &error);
    if (retval || error) {
        ovs_fatal(retval, "the controller at %s does not say what is there: "
                  "%s", path, error ? error : "no answer");
    }
    jsonrpc_close(client);
    if (!strcmp(result, "standing by\n")) {
        ovs_fatal(0, "the controller at %s is standing by: ask the one that "
                  "is active", path);
    }
    free(path);
    char *save = NULL;
    for (char *line = strtok_r(result, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        char *colon = strstr(line, ": ");
        if (colon) {
            *colon = '\0';
            smap_replace(&view->live, line, colon + 2);
        }
    }
    free(result);
}

/* The arguments. */

/* Appends the way along each path of the chain in 'direction' ("forward" or
 * "reverse"; NULL: both) to 'out'.  Returns the worst result. */
static enum trace_result
trace_chain(const struct trace_view *view, const char *name,
            const char *direction, const struct options *o, struct ds *out)
{
    enum trace_result worst = TRACE_DELIVERED;
    bool any = false;
    for (int reverse = 0; reverse < 2; reverse++) {
        for (size_t i = 0; i < view->n_paths; i++) {
            const struct path *path = view->paths[i];
            if (!strcmp(path->chain, name) && path->reverse == reverse
                && (!direction
                    || !strcmp(direction, reverse ? "reverse" : "forward"))) {
                enum trace_result r = trace_path(view, path, o->size, out);
                worst = MAX(worst, r);
                any = true;
            }
        }
    }
    if (!any) {
        char *key = xasprintf("chain %s", name);
        ds_put_format(out, "chain %s has no path%s%s: %s\n"
                      "result: dropped by the guards of its endpoints' "
                      "ports\n", name, direction ? " " : "",
                      direction ? direction : "",
                      smap_get_def(&view->faults, key,
                                   "it does not go this way"));
        free(key);
        worst = TRACE_DROPPED;
    }
    return worst;
}

static enum trace_result
trace(const struct trace_view *view, int argc, char *argv[],
      const struct options *o, struct ds *out)
{
    if (argc < 1 || argc > 2) {
        ovs_fatal(0, "name a chain, or a bridge and a flow (see --help)");
    }
    if (inventory_chain(&view->inv, argv[0])) {
        if (argc > 1 && strcmp(argv[1], "forward")
            && strcmp(argv[1], "reverse")) {
            ovs_fatal(0, "\"%s\": write forward or reverse", argv[1]);
        }
        return trace_chain(view, argv[0], argc > 1 ? argv[1] : NULL, o, out);
    }
    enum trace_result result = TRACE_DROPPED;
    char *error = trace_packet(view, argv[0], argc > 1 ? argv[1] : "",
                               o->size, out, &result);
    if (error) {
        ovs_fatal(0, "%s", error);
    }
    return result;
}

int
main(int argc, char *argv[])
{
    struct options options = { .timeout_s = 10 };
    environment_clear();
    ovs_set_program_name(argv[0], SDSA_VERSION);
    fatal_ignore_sigpipe();
    vlog_set_levels(NULL, VLF_CONSOLE, VLL_ERR);
    parse_options(argc, argv, &options);
    if (!options.db) {
        options.db = process_default_db();
    }
    struct ovsdb_idl *idl = ovsdb_idl_create(options.db, &sdsa_idl_class, true,
                                             true);
    ovsdb_idl_set_leader_only(idl, false);      /* A relay will do. */
    wait_for_database(idl, &options);

    struct trace_view view;
    struct ds out = DS_EMPTY_INITIALIZER;
    view_init(&view, idl);
    view.answers = options.answers;
    if (options.controller) {
        read_live(&view, options.controller);
    }
    enum trace_result result = trace(&view, argc - optind, argv + optind,
                                     &options, &out);
    fputs(ds_cstr(&out), stdout);
    ds_destroy(&out);
    view_destroy(&view);
    ovsdb_idl_destroy(idl);
    free(options.db);
    free(options.db_name);
    free(options.controller);
    return result == TRACE_DROPPED ? EXIT_DROPPED : EXIT_SUCCESS;
}
