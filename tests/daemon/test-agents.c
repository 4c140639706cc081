/* SPDX-License-Identifier: Apache-2.0 */

/* Sessions with gateways' agents that do nothing of their own accord: commands
 * over unixctl are the functions of ofctl-app/southbound/agents.h. */

#include <config.h>

#include "ofctl-app/southbound/agent-event.h"
#include "ofctl-app/southbound/agents.h"
#include "ofctl-app/southbound/sa-request.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/secret.h"

#include "command-line.h"
#include "daemon.h"
#include "fatal-signal.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs-thread.h"
#include "unixctl.h"
#include "util.h"

static struct agents *agents;
static bool exiting;

/* Commands. */

static struct agent *
get_agent(struct unixctl_conn *conn, const char *vnf_id)
{
    struct agent *agent = agents_find(agents, vnf_id);
    if (!agent) {
        unixctl_command_reply_error(conn, "no such agent");
    }
    return agent;
}

static void
cmd_add(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
        void *aux OVS_UNUSED)
{
    agents_add(agents, argv[1], argv[2]);
    unixctl_command_reply(conn, NULL);
}

static void
cmd_remove(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
           void *aux OVS_UNUSED)
{
    struct agent *agent = get_agent(conn, argv[1]);
    if (agent) {
        agents_remove(agents, agent);
        unixctl_command_reply(conn, NULL);
    }
}

static void
cmd_list(struct unixctl_conn *conn, int argc OVS_UNUSED,
         const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    struct ds reply = DS_EMPTY_INITIALIZER;
    AGENTS_FOR_EACH (agent, agents) {
        ds_put_format(&reply, "%s %s\n", agent_vnf_id(agent),
                      agent_url(agent));
    }
    unixctl_command_reply(conn, ds_cstr(&reply));
    ds_destroy(&reply);
}

/* "up" or "down: REASON". */
static void
cmd_show(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
         void *aux OVS_UNUSED)
{
    struct agent *agent = get_agent(conn, argv[1]);
    if (agent) {
        char *reply = (agent_is_up(agent) ? xstrdup("up")
                       : xasprintf("down: %s", agent_reason(agent)));
        unixctl_command_reply(conn, reply);
        free(reply);
    }
}

static void
cmd_state(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
          void *aux OVS_UNUSED)
{
    struct agent *agent = get_agent(conn, argv[1]);
    if (agent) {
        struct eth_addr plain = agent_plain_port(agent)->mac;
        struct eth_addr cipher = agent_cipher_port(agent)->mac;
        char *reply = xasprintf(
            "seqno=%u boot-id=%s backend=%s plain="ETH_ADDR_FMT
            " cipher="ETH_ADDR_FMT" drops=%"PRIu64,
            agent_seqno(agent), agent_boot_id(agent), agent_backend(agent),
            ETH_ADDR_ARGS(plain), ETH_ADDR_ARGS(cipher),
            agent_drops(agent, NULL));
        unixctl_command_reply(conn, reply);
        free(reply);
    }
}

/* What it has told since the last time, and whether it can tell more. */
static void
cmd_events(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
           void *aux OVS_UNUSED)
{
    struct agent *agent = get_agent(conn, argv[1]);
    if (agent) {
        struct ds ds = DS_EMPTY_INITIALIZER;
        struct agent_event event;
        while (agent_next_event(agent, &event)) {
            ds_put_format(&ds, "%d 0x%"PRIx32"\n", event.type, event.esp_spi);
        }
        ds_put_cstr(&ds, agent_tells_events(agent) ? "open" : "closed");
        unixctl_command_reply(conn, ds_cstr(&ds));
        ds_destroy(&ds);
    }
}

static void
cmd_drops(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
          void *aux OVS_UNUSED)
{
    struct agent *agent = get_agent(conn, argv[1]);
    if (agent) {
        char *reply = xasprintf("%"PRIu64, agent_drops(agent, argv[2]));
        unixctl_command_reply(conn, reply);
        free(reply);
    }
}

static void
cmd_sa(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
       void *aux OVS_UNUSED)
{
    struct agent *agent = get_agent(conn, argv[1]);
    struct agent_sa_stats stats;
    if (!agent) {
        return;
    }
    if (!agent_get_sa(agent, strtoul(argv[2], NULL, 0), &stats)) {
        unixctl_command_reply(conn, "none");
        return;
    }
    char *reply = xasprintf("packets=%"PRIu64" bytes=%"PRIu64" seq=%"PRIu64
                            " replayed=%"PRIu64" failed=%"PRIu64,
                            stats.packets, stats.bytes, stats.seq,
                            stats.replayed, stats.failed);
    unixctl_command_reply(conn, reply);
    free(reply);
}

/* Reads the file in wiping memory. */
static char *
read_body(const char *file_name)
{
    FILE *stream = fopen(file_name, "r");
    size_t size = 1024 * 1024;
    char *body = wiping_calloc(1, size);
    if (!stream) {
        ovs_fatal(errno, "%s", file_name);
    }
    ignore(fread(body, 1, size - 1, stream));
    fclose(stream);
    return body;
}

static void
cmd_request(struct unixctl_conn *conn, int argc, const char *argv[],
            void *aux OVS_UNUSED)
{
    struct agent *agent = get_agent(conn, argv[1]);
    if (agent) {
        char *body = argc > 4 ? read_body(argv[4]) : NULL;
        const char *type = argc > 5 ? argv[5] : "application/yang-patch+json";
        uint64_t ticket = agent_request(agent, argv[2], argv[3],
                                        body ? type : NULL, body);
        char *reply = xasprintf("%"PRIu64, ticket);
        unixctl_command_reply(conn, reply);
        free(reply);
    }
}

/* A patch for each NAME, all queued at once: it removes the SA of that name. */
static void
cmd_patch(struct unixctl_conn *conn, int argc, const char *argv[],
          void *aux OVS_UNUSED)
{
    struct agent *agent = get_agent(conn, argv[1]);
    if (agent) {
        for (int i = 3; i < argc; i++) {
            struct restconf_patch *patch = sa_request_create(argv[i],
                                                         atoi(argv[2]));
            sa_request_remove_name(patch, true, argv[i]);
            agent_patch(agent, patch);
        }
        unixctl_command_reply(conn, NULL);
    }
}

/* "PATCHES in REQUESTS". */
static void
cmd_load(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
         void *aux OVS_UNUSED)
{
    struct agent *agent = get_agent(conn, argv[1]);
    if (agent) {
        unsigned long long int n_patches, n_transfers;
        agent_get_load(agent, &n_patches, &n_transfers);
        char *reply = xasprintf("%llu in %llu", n_patches, n_transfers);
        unixctl_command_reply(conn, reply);
        free(reply);
    }
}

/* "STATUS" or "STATUS: ERROR" of each result, in order; with "body" the bodies
 * too. */
static void
cmd_results(struct unixctl_conn *conn, int argc, const char *argv[],
            void *aux OVS_UNUSED)
{
    struct agent *agent = get_agent(conn, argv[1]);
    struct ds reply = DS_EMPTY_INITIALIZER;
    struct restconf_result result;
    if (!agent) {
        return;
    }
    while (agent_next_result(agent, &result)) {
        ds_put_format(&reply, "%d%s%s\n", result.status,
                      result.error ? ": " : "",
                      result.error ? result.error : "");
        if (argc > 2) {
            ds_put_format(&reply, "%s\n", result.body);
        }
        free(result.body);
        free(result.error);
    }
    unixctl_command_reply(conn, ds_cstr(&reply));
    ds_destroy(&reply);
}

static void
cmd_exit(struct unixctl_conn *conn, int argc OVS_UNUSED,
         const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    exiting = true;
    unixctl_command_reply(conn, NULL);
}

/* Main. */

/* Control socket; null: the default of OVS. */
static char *unixctl_path;

static void
parse_options(int argc, char *argv[], struct agents_config *config)
{
    enum {
        OPT_POLL_INTERVAL = UCHAR_MAX + 1,
        OPT_REQUEST_TIMEOUT,
        OPT_UNIXCTL,
        DAEMON_OPTION_ENUMS,
        VLOG_OPTION_ENUMS,
    };
    static const struct option long_options[] = {
        {"private-key", required_argument, NULL, 'p'},
        {"certificate", required_argument, NULL, 'c'},
        {"ca-cert", required_argument, NULL, 'C'},
        {"poll-interval", required_argument, NULL, OPT_POLL_INTERVAL},
        {"request-timeout", required_argument, NULL, OPT_REQUEST_TIMEOUT},
        {"unixctl", required_argument, NULL, OPT_UNIXCTL},
        DAEMON_LONG_OPTIONS,
        VLOG_LONG_OPTIONS,
        {NULL, 0, NULL, 0},
    };

    for (;;) {
        int c = getopt_long(argc, argv, "p:c:C:v::", long_options, NULL);
        if (c == -1) {
            break;
        }
        switch (c) {
        case 'p': config->private_key = optarg; break;
        case 'c': config->certificate = optarg; break;
        case 'C': config->ca_cert = optarg; break;
        case OPT_POLL_INTERVAL:
            config->poll_interval_ms = atoi(optarg);
            break;
        case OPT_REQUEST_TIMEOUT:
            config->request_timeout_ms = atoi(optarg);
            break;
        case OPT_UNIXCTL: unixctl_path = optarg; break;
        DAEMON_OPTION_HANDLERS
        VLOG_OPTION_HANDLERS
        default:
            exit(1);
        }
    }
}

static void
register_commands(void)
{
    unixctl_command_register("add", "VNF-ID URL", 2, 2, cmd_add, NULL);
    unixctl_command_register("remove", "VNF-ID", 1, 1, cmd_remove, NULL);
    unixctl_command_register("list", "", 0, 0, cmd_list, NULL);
    unixctl_command_register("show", "VNF-ID", 1, 1, cmd_show, NULL);
    unixctl_command_register("state", "VNF-ID", 1, 1, cmd_state, NULL);
    unixctl_command_register("events", "VNF-ID", 1, 1, cmd_events, NULL);
    unixctl_command_register("drops", "VNF-ID REASON", 2, 2, cmd_drops, NULL);
    unixctl_command_register("sa", "VNF-ID SPI", 2, 2, cmd_sa, NULL);
    unixctl_command_register("request", "VNF-ID METHOD PATH [FILE [TYPE]]",
                             3, 5, cmd_request, NULL);
    unixctl_command_register("patch", "VNF-ID EPOCH NAME...", 3, 50,
                             cmd_patch, NULL);
    unixctl_command_register("load", "VNF-ID", 1, 1, cmd_load, NULL);
    unixctl_command_register("results", "VNF-ID [body]", 1, 2, cmd_results,
                             NULL);
    unixctl_command_register("exit", "", 0, 0, cmd_exit, NULL);
}

int
main(int argc, char *argv[])
{
    struct agents_config config = { .poll_interval_ms = 0 };
    ovs_cmdl_proctitle_init(argc, argv);
    set_program_name(argv[0]);
    fatal_ignore_sigpipe();
    parse_options(argc, argv, &config);
    daemonize_start(false);

    char *message = agents_create(&config, &agents);
    if (message) {
        ovs_fatal(0, "%s", message);
    }
    struct unixctl_server *unixctl;
    int error = unixctl_server_create(unixctl_path, &unixctl);
    if (error) {
        ovs_fatal(error, "unixctl");
    }
    register_commands();
    daemonize_complete();

    while (!exiting) {
        agents_run(agents);
        unixctl_server_run(unixctl);

        agents_wait(agents);
        unixctl_server_wait(unixctl);
        if (exiting) {
            poll_immediate_wake();
        }
        poll_block();
    }

    agents_destroy(agents);
    unixctl_server_destroy(unixctl);
    service_stop();
    return 0;
}
