/* SPDX-License-Identifier: Apache-2.0 */

/* A controller that does nothing of its own accord: commands over unixctl are
 * the functions of ofctl-app/southbound/bridges.h. */

#include <config.h>

#include "ofctl-app/southbound/bridges.h"
#include "ofctl-app/southbound/of-packet.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "ofctl-app/flows/steering.h"

#include "command-line.h"
#include "daemon.h"
#include "fatal-signal.h"
#include "flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "stream-ssl.h"
#include "unixctl.h"
#include "util.h"

static struct bridges *bridges;
/* Results that nobody has asked for: bridge name -> struct ds. */
static struct shash results = SHASH_INITIALIZER(&results);
static bool exiting;

/* What a `change` asks for. */
struct request {
    uint64_t *remove;
    size_t n_remove, allocated_remove;
    const struct steering_flow **add;
    size_t n_add, allocated_add;
};

static void
request_uninit(struct request *request)
{
    for (size_t i = 0; i < request->n_add; i++) {
        free(request->add[i]->text);
        free(CONST_CAST(struct steering_flow *, request->add[i]));
    }
    free(request->add);
    free(request->remove);
}

/* Parses "del:COOKIE" or "add:COOKIE:FLOW". */
static bool
request_add(struct request *request, const char *word)
{
    if (!strncmp(word, "del:", 4)) {
        if (request->n_remove >= request->allocated_remove) {
            request->remove = x2nrealloc(request->remove,
                                         &request->allocated_remove,
                                         sizeof *request->remove);
        }
        request->remove[request->n_remove++] = strtoull(word + 4, NULL, 0);
        return true;
    }

    char *copy = xstrdup(word);
    char *save_ptr = NULL;
    char *verb = strtok_r(copy, ":", &save_ptr);
    char *cookie = strtok_r(NULL, ":", &save_ptr);
    char *text = strtok_r(NULL, "", &save_ptr);
    if (verb && !strncmp(verb, "add", 3) && cookie && text) {
        struct steering_flow *flow = xzalloc(sizeof *flow);
        flow->cookie = strtoull(cookie, NULL, 0);
        flow->text = xstrdup(text);
        if (request->n_add >= request->allocated_add) {
            request->add = x2nrealloc(request->add, &request->allocated_add,
                                      sizeof *request->add);
        }
        request->add[request->n_add++] = flow;
    }
    free(copy);
    return text != NULL;
}

/* Adds the lines of a file. */
static bool
request_add_file(struct request *request, const char *file_name)
{
    FILE *file = fopen(file_name, "r");
    if (!file) {
        return false;
    }
    struct ds line = DS_EMPTY_INITIALIZER;
    bool ok = true;
    while (ok && !ds_get_line(&line, file)) {
        ok = request_add(request, ds_cstr(&line));
    }
    ds_destroy(&line);
    fclose(file);
    return ok;
}

static struct bridge *
find_bridge(struct unixctl_conn *conn, const char *name)
{
    struct bridge *bridge = bridges_find(bridges, name);
    if (!bridge) {
        unixctl_command_reply_error(conn, "no such bridge");
    }
    return bridge;
}

static void
cmd_add(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
        void *aux OVS_UNUSED)
{
    bridges_add(bridges, argv[1], strtoull(argv[2], NULL, 16));
    unixctl_command_reply(conn, NULL);
}

static void
cmd_remove(struct unixctl_conn *conn, int argc OVS_UNUSED,
           const char *argv[], void *aux OVS_UNUSED)
{
    struct bridge *bridge = find_bridge(conn, argv[1]);
    if (bridge) {
        bridges_remove(bridges, bridge);
        unixctl_command_reply(conn, NULL);
    }
}

static void
cmd_allow_sync(struct unixctl_conn *conn, int argc OVS_UNUSED,
               const char *argv[], void *aux OVS_UNUSED)
{
    struct bridge *bridge = find_bridge(conn, argv[1]);
    if (bridge) {
        bridge_allow_sync(bridge);
        unixctl_command_reply(conn, NULL);
    }
}

static void
cmd_generation(struct unixctl_conn *conn, int argc OVS_UNUSED,
               const char *argv[], void *aux OVS_UNUSED)
{
    bridges_set_generation(bridges, strtoull(argv[1], NULL, 0));
    unixctl_command_reply(conn, NULL);
}

/* change BRIDGE WORD... [\; WORD...]...: several changes in one wake-up. */
static void
cmd_change(struct unixctl_conn *conn, int argc, const char *argv[],
           void *aux OVS_UNUSED)
{
    struct bridge *bridge = find_bridge(conn, argv[1]);
    if (!bridge) {
        return;
    }

    struct ds reply = DS_EMPTY_INITIALIZER;
    for (int i = 2; i < argc; i++) {
        struct request request = { .remove = NULL };
        for (; i < argc && strcmp(argv[i], ";"); i++) {
            if (argv[i][0] == '@'
                ? !request_add_file(&request, argv[i] + 1)
                : !request_add(&request, argv[i])) {
                ds_put_format(&reply, "syntax error: %s\n", argv[i]);
            }
        }
        char *error;
        uint64_t ticket = bridge_change(bridge, NULL, request.remove,
                                        request.n_remove, request.add,
                                        request.n_add,
                                        &error);
        if (ticket) {
            ds_put_format(&reply, "%"PRIu64"\n", ticket);
        } else {
            ds_put_format(&reply, "%s\n", error);
            free(error);
        }
        request_uninit(&request);
    }
    unixctl_command_reply(conn, ds_cstr(&reply));
    ds_destroy(&reply);
}

static void
cmd_results(struct unixctl_conn *conn, int argc OVS_UNUSED,
            const char *argv[], void *aux OVS_UNUSED)
{
    struct ds *s = shash_find_and_delete(&results, argv[1]);
    unixctl_command_reply(conn, s ? ds_cstr(s) : "");
    if (s) {
        ds_destroy(s);
        free(s);
    }
}

static void
cmd_show(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
         void *aux OVS_UNUSED)
{
    struct bridge *bridge = find_bridge(conn, argv[1]);
    if (bridge) {
        char *s = xasprintf("%s %s %s flows=%"PRIuSIZE"%s%s",
                            bridge_name(bridge),
                            (bridge_is_connected(bridge)
                             ? "connected" : "disconnected"),
                            bridge_is_up(bridge) ? "up" : "down",
                            bridge_n_flows(bridge),
                            bridge_is_up(bridge) ? "" : ": ",
                            bridge_reason(bridge));
        unixctl_command_reply(conn, s);
        free(s);
    }
}

static void
cmd_list(struct unixctl_conn *conn, int argc OVS_UNUSED,
         const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    BRIDGES_FOR_EACH (bridge, bridges) {
        ds_put_format(&s, "%s\n", bridge_name(bridge));
    }
    unixctl_command_reply(conn, ds_cstr(&s));
    ds_destroy(&s);
}

static void
cmd_port(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
         void *aux OVS_UNUSED)
{
    struct bridge *bridge = find_bridge(conn, argv[1]);
    if (bridge) {
        char *s = xasprintf("%"PRIu16, ofp_to_u16(bridge_port(bridge,
                                                              argv[2])));
        unixctl_command_reply(conn, s);
        free(s);
    }
}

static void
cmd_port_state(struct unixctl_conn *conn, int argc OVS_UNUSED,
               const char *argv[], void *aux OVS_UNUSED)
{
    struct bridge *bridge = find_bridge(conn, argv[1]);
    if (bridge) {
        unixctl_command_reply(conn, (bridge_port_is_down(bridge, argv[2])
                                     ? "down" : "up"));
    }
}

static void
cmd_seqno(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
          void *aux OVS_UNUSED)
{
    struct bridge *bridge = find_bridge(conn, argv[1]);
    if (bridge) {
        char *s = xasprintf("%u", bridge_seqno(bridge));
        unixctl_command_reply(conn, s);
        free(s);
    }
}

static void
cmd_packets(struct unixctl_conn *conn, int argc OVS_UNUSED,
            const char *argv[], void *aux OVS_UNUSED)
{
    struct bridge *bridge = find_bridge(conn, argv[1]);
    if (bridge) {
        uint64_t n = bridge_cookie_packets(bridge,
                                           strtoull(argv[2], NULL, 0));
        char *s = xasprintf("%"PRIu64, n);
        unixctl_command_reply(conn, s);
        free(s);
    }
}

/* Pops all packets: "in_port=P cookie=C userdata=HEX length=N/TOTAL". */
static void
cmd_packets_in(struct unixctl_conn *conn, int argc OVS_UNUSED,
               const char *argv[], void *aux OVS_UNUSED)
{
    struct bridge *bridge = find_bridge(conn, argv[1]);
    if (!bridge) {
        return;
    }
    struct ds s = DS_EMPTY_INITIALIZER;
    struct of_packet_in p;
    while (bridge_next_packet_in(bridge, &p)) {
        ds_put_format(&s, "in_port=%"PRIu32" cookie=0x%"PRIx64" userdata=0x",
                      ofp_to_u16(p.in_port), p.cookie);
        for (size_t i = 0; i < p.n_userdata; i++) {
            ds_put_format(&s, "%02x", p.userdata[i]);
        }
        ds_put_format(&s, " length=%"PRIuSIZE"/%"PRIuSIZE"\n", p.size,
                      p.total_size);
        of_packet_in_uninit(&p);
    }
    ds_put_format(&s, "lost %"PRIu64, bridge_n_packets_lost(bridge));
    unixctl_command_reply(conn, ds_cstr(&s));
    ds_destroy(&s);
}

/* packet-out BRIDGE PORT SIZE: a frame of that many octets. */
static void
cmd_packet_out(struct unixctl_conn *conn, int argc OVS_UNUSED,
               const char *argv[], void *aux OVS_UNUSED)
{
    struct bridge *bridge = find_bridge(conn, argv[1]);
    if (bridge) {
        size_t size = atoi(argv[3]);
        uint8_t *frame = xzalloc(size);
        memset(frame, 2, ETH_HEADER_LEN);
        bool ok = bridge_packet_out(bridge, frame, size,
                                    u16_to_ofp(atoi(argv[2])));
        unixctl_command_reply(conn, ok ? "sent" : "not sent");
        free(frame);
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
collect_results(void)
{
    BRIDGES_FOR_EACH (bridge, bridges) {
        uint64_t ticket;
        char *error;
        while (bridge_next_result(bridge, &ticket, &error)) {
            struct ds *s = shash_find_data(&results, bridge_name(bridge));
            if (!s) {
                s = xmalloc(sizeof *s);
                ds_init(s);
                shash_add(&results, bridge_name(bridge), s);
            }
            ds_put_format(s, "%"PRIu64": %s\n", ticket,
                          error ? error : "done");
            free(error);
        }
    }
}

/* Control socket; null: the default of OVS. */
static char *unixctl_path;

static char *
parse_options(int argc, char *argv[])
{
    enum {
        OPT_LISTEN = UCHAR_MAX + 1,
        OPT_UNIXCTL,
        DAEMON_OPTION_ENUMS,
        VLOG_OPTION_ENUMS,
        SSL_OPTION_ENUMS,
    };
    static const struct option long_options[] = {
        {"listen", required_argument, NULL, OPT_LISTEN},
        {"unixctl", required_argument, NULL, OPT_UNIXCTL},
        DAEMON_LONG_OPTIONS,
        VLOG_LONG_OPTIONS,
        STREAM_SSL_LONG_OPTIONS,
        {NULL, 0, NULL, 0},
    };
    char *listen = NULL;

    for (;;) {
        int c = getopt_long(argc, argv, "p:c:C:v::", long_options, NULL);
        if (c == -1) {
            break;
        }
        switch (c) {
        case OPT_LISTEN:
            free(listen);
            listen = xstrdup(optarg);
            break;
        case OPT_UNIXCTL: unixctl_path = optarg; break;
        DAEMON_OPTION_HANDLERS
        VLOG_OPTION_HANDLERS
        STREAM_SSL_OPTION_HANDLERS
        default:
            exit(1);
        }
    }
    if (!listen) {
        ovs_fatal(0, "--listen is required");
    }
    return listen;
}

int
main(int argc, char *argv[])
{
    ovs_cmdl_proctitle_init(argc, argv);
    set_program_name(argv[0]);
    fatal_ignore_sigpipe();
    char *listen = parse_options(argc, argv);
    daemonize_start(false);

    struct unixctl_server *unixctl;
    int error = unixctl_server_create(unixctl_path, &unixctl);
    if (error) {
        ovs_fatal(error, "unixctl");
    }
    unixctl_command_register("add", "BRIDGE DPID", 2, 2, cmd_add, NULL);
    unixctl_command_register("remove", "BRIDGE", 1, 1, cmd_remove, NULL);
    unixctl_command_register("allow-sync", "BRIDGE", 1, 1, cmd_allow_sync,
                             NULL);
    unixctl_command_register("generation", "N", 1, 1, cmd_generation, NULL);
    unixctl_command_register("change", "BRIDGE WORD...", 2, INT_MAX,
                             cmd_change, NULL);
    unixctl_command_register("results", "BRIDGE", 1, 1, cmd_results, NULL);
    unixctl_command_register("show", "BRIDGE", 1, 1, cmd_show, NULL);
    unixctl_command_register("list", "", 0, 0, cmd_list, NULL);
    unixctl_command_register("port", "BRIDGE NAME", 2, 2, cmd_port, NULL);
    unixctl_command_register("port-state", "BRIDGE NAME", 2, 2,
                             cmd_port_state, NULL);
    unixctl_command_register("seqno", "BRIDGE", 1, 1, cmd_seqno, NULL);
    unixctl_command_register("packets", "BRIDGE COOKIE", 2, 2, cmd_packets,
                             NULL);
    unixctl_command_register("packets-in", "BRIDGE", 1, 1, cmd_packets_in,
                             NULL);
    unixctl_command_register("packet-out", "BRIDGE PORT SIZE", 3, 3,
                             cmd_packet_out, NULL);
    unixctl_command_register("exit", "", 0, 0, cmd_exit, NULL);

    error = bridges_create(listen, &bridges);
    if (error) {
        ovs_fatal(error, "%s", listen);
    }
    free(listen);
    daemonize_complete();

    while (!exiting) {
        bridges_run(bridges);
        collect_results();
        unixctl_server_run(unixctl);

        bridges_wait(bridges);
        unixctl_server_wait(unixctl);
        if (exiting) {
            poll_immediate_wake();
        }
        poll_block();
    }

    bridges_destroy(bridges);
    struct shash_node *node;
    SHASH_FOR_EACH (node, &results) {
        ds_destroy(node->data);
    }
    shash_destroy_free_data(&results);
    unixctl_server_destroy(unixctl);
    service_stop();
    return 0;
}
