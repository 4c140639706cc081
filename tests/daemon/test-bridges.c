/* SPDX-License-Identifier: Apache-2.0 */

/* Sessions with bridges: commands are the functions of
 * ofctl-app/southbound/bridges.h (see driver.h). */

#include <config.h>

#include "ofctl-app/southbound/bridges.h"

#include <stdio.h>
#include <stdlib.h>

#include "ofctl-app/flows/steering.h"
#include "ofctl-app/southbound/of-packet.h"
#include "tests/daemon/driver.h"

#include "flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "packets.h"
#include "simap.h"
#include "util.h"

static struct bridges *bridges;
/* Results that nobody has asked for: bridge name -> struct ds. */
static struct shash results = SHASH_INITIALIZER(&results);

/* A change that the command "change" asks for. */
struct flow_request {
    uint64_t *remove;
    size_t n_remove, allocated_remove;
    const struct steering_flow **add;
    size_t n_add, allocated_add;
};

static void
request_uninit(struct flow_request *request)
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
request_add(struct flow_request *request, const char *word)
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
request_add_file(struct flow_request *request, const char *file_name)
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

static void
cmd_add(void *object OVS_UNUSED, int argc OVS_UNUSED, const char *argv[],
        struct ds *reply OVS_UNUSED)
{
    bridges_add(bridges, argv[1], strtoull(argv[2], NULL, 16));
}

static void
cmd_list(void *object OVS_UNUSED, int argc OVS_UNUSED,
         const char *argv[] OVS_UNUSED, struct ds *reply)
{
    BRIDGES_FOR_EACH (bridge, bridges) {
        ds_put_format(reply, "%s\n", bridge_name(bridge));
    }
}

static void
cmd_generation(void *object OVS_UNUSED, int argc OVS_UNUSED,
               const char *argv[], struct ds *reply OVS_UNUSED)
{
    bridges_set_generation(bridges, strtoull(argv[1], NULL, 0));
}

/* Results of a bridge, which may have been removed. */
static void
cmd_results(void *object OVS_UNUSED, int argc OVS_UNUSED, const char *argv[],
            struct ds *reply)
{
    struct ds *s = shash_find_and_delete(&results, argv[1]);
    if (s) {
        ds_put_cstr(reply, ds_cstr(s));
        ds_destroy(s);
        free(s);
    }
}

static void
cmd_remove(void *bridge, int argc OVS_UNUSED, const char *argv[] OVS_UNUSED,
           struct ds *reply OVS_UNUSED)
{
    bridges_remove(bridges, bridge);
}

static void
cmd_allow_sync(void *bridge, int argc OVS_UNUSED,
               const char *argv[] OVS_UNUSED, struct ds *reply OVS_UNUSED)
{
    bridge_allow_sync(bridge);
}

/* change BRIDGE WORD... [\; WORD...]...: several changes in one wake-up. */
static void
cmd_change(void *bridge, int argc, const char *argv[], struct ds *reply)
{
    for (int i = 2; i < argc; i++) {
        struct flow_request request = { .remove = NULL };
        for (; i < argc && strcmp(argv[i], ";"); i++) {
            if (argv[i][0] == '@'
                ? !request_add_file(&request, argv[i] + 1)
                : !request_add(&request, argv[i])) {
                ds_put_format(reply, "syntax error: %s\n", argv[i]);
            }
        }
        char *error;
        uint64_t ticket = bridge_change(bridge, NULL, request.remove,
                                        request.n_remove, request.add,
                                        request.n_add, &error);
        if (ticket) {
            ds_put_format(reply, "%"PRIu64"\n", ticket);
        } else {
            ds_put_format(reply, "%s\n", error);
            free(error);
        }
        request_uninit(&request);
    }
}

static void
cmd_show(void *bridge, int argc OVS_UNUSED, const char *argv[] OVS_UNUSED,
         struct ds *reply)
{
    bool up = bridge_is_up(bridge);
    char *reason = bridges_reason(bridges, bridge);
    ds_put_format(reply, "%s %s %s flows=%"PRIuSIZE"%s%s",
                  bridge_name(bridge),
                  bridge_is_connected(bridge) ? "connected" : "disconnected",
                  up ? "up" : "down", bridge_n_flows(bridge), up ? "" : ": ",
                  reason);
    if (bridge_doubt(bridge)) {
        ds_put_format(reply, "; %s", bridge_doubt(bridge));
    }
    free(reason);
}

static void
cmd_port(void *bridge, int argc OVS_UNUSED, const char *argv[],
         struct ds *reply)
{
    ds_put_format(reply, "%"PRIu16, ofp_to_u16(bridge_port(bridge, argv[2])));
}

static void
cmd_port_state(void *bridge, int argc OVS_UNUSED, const char *argv[],
               struct ds *reply)
{
    char *down = bridge_port_down(bridge, argv[2]);
    ds_put_cstr(reply, down ? down : "up");
    free(down);
}

static void
cmd_need_names(void *bridge, int argc OVS_UNUSED,
               const char *argv[] OVS_UNUSED, struct ds *reply OVS_UNUSED)
{
    bridge_need_names(bridge, true);
}

/* Since when it is away, and since when nobody has met it: "-" or "yes", and
 * "now" if that goes on. */
static void
cmd_since(void *bridge, int argc OVS_UNUSED, const char *argv[] OVS_UNUSED,
          struct ds *reply)
{
    long long int unmet_ms = bridge_unmet_since_ms(bridge);
    ds_put_format(reply, "away %s, unmet %s",
                  bridge_down_since_ms(bridge) == LLONG_MAX ? "-" : "yes",
                  unmet_ms == LLONG_MAX ? "-"
                  : unmet_ms >= time_msec() ? "now" : "yes");
}

/* tell-names BRIDGE [NAME=NUMBER...] */
static void
cmd_tell_names(void *bridge, int argc, const char *argv[],
               struct ds *reply OVS_UNUSED)
{
    struct simap names = SIMAP_INITIALIZER(&names);
    for (int i = 2; i < argc; i++) {
        char *name = xmemdup0(argv[i], strcspn(argv[i], "="));
        simap_put(&names, name, atoi(argv[i] + strlen(name) + 1));
        free(name);
    }
    bridge_tell_names(bridge, &names, 1);
    simap_destroy(&names);
}

static void
cmd_lose_names(void *bridge, int argc OVS_UNUSED,
               const char *argv[] OVS_UNUSED, struct ds *reply OVS_UNUSED)
{
    bridge_lose_names(bridge, "the database is away");
}

/* bind BRIDGE [NAME] */
static void
cmd_bind(void *bridge, int argc, const char *argv[],
         struct ds *reply OVS_UNUSED)
{
    bridge_bind(bridge, argc > 2 ? argv[2] : "");
}

static void
cmd_certificate(void *bridge, int argc OVS_UNUSED,
                const char *argv[] OVS_UNUSED, struct ds *reply)
{
    const char *peer = bridge_peer(bridge);
    char *doubt = bridge_cert_doubt(bridge);
    ds_put_format(reply, "peer \"%s\", first \"%s\", refused %llu%s%s",
                  peer ? peer : "-", bridge_first_certificate(bridge),
                  bridge_n_refused(bridge), doubt ? ", " : "",
                  doubt ? doubt : "");
    free(doubt);
}

static void
cmd_seqno(void *bridge, int argc OVS_UNUSED, const char *argv[] OVS_UNUSED,
          struct ds *reply)
{
    ds_put_format(reply, "%u", bridge_seqno(bridge));
}

static void
cmd_packets(void *bridge, int argc OVS_UNUSED, const char *argv[],
            struct ds *reply)
{
    ds_put_format(reply, "%"PRIu64,
                  bridge_cookie_packets(bridge, strtoull(argv[2], NULL, 0)));
}

/* Pops all packets: "in_port=P cookie=C userdata=HEX length=N/TOTAL". */
static void
cmd_packets_in(void *bridge, int argc OVS_UNUSED,
               const char *argv[] OVS_UNUSED, struct ds *reply)
{
    struct of_packet_in p;
    while (bridge_next_packet_in(bridge, &p)) {
        ds_put_format(reply, "in_port=%"PRIu32" cookie=0x%"PRIx64
                      " userdata=0x", ofp_to_u16(p.in_port), p.cookie);
        for (size_t i = 0; i < p.n_userdata; i++) {
            ds_put_format(reply, "%02x", p.userdata[i]);
        }
        ds_put_format(reply, " length=%"PRIuSIZE"/%"PRIuSIZE"\n", p.size,
                      p.total_size);
        of_packet_in_uninit(&p);
    }
    ds_put_format(reply, "lost %"PRIu64, bridge_n_packets_lost(bridge));
}

/* packet-out BRIDGE PORT SIZE: a frame of that many octets. */
static void
cmd_packet_out(void *bridge, int argc OVS_UNUSED, const char *argv[],
               struct ds *reply)
{
    size_t size = atoi(argv[3]);
    uint8_t *frame = xzalloc(size);
    memset(frame, 2, ETH_HEADER_LEN);
    bool ok = bridge_packet_out(bridge, frame, size,
                                u16_to_ofp(atoi(argv[2])));
    ds_put_cstr(reply, ok ? "sent" : "not sent");
    free(frame);
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

/* Main. */

static void *
find(const char *name)
{
    return bridges_find(bridges, name);
}

static void
run(void)
{
    bridges_run(bridges);
    collect_results();
}

static void
wait_(void)
{
    bridges_wait(bridges);
}

int
main(int argc, char *argv[])
{
    static const struct driver_command commands[] = {
        { "add", "BRIDGE DPID", 2, 2, cmd_add },
        { "list", "", 0, 0, cmd_list },
        { "generation", "N", 1, 1, cmd_generation },
        { "results", "BRIDGE", 1, 1, cmd_results },
    };
    static const struct driver_command object_commands[] = {
        { "remove", "BRIDGE", 0, 0, cmd_remove },
        { "allow-sync", "BRIDGE", 0, 0, cmd_allow_sync },
        { "change", "BRIDGE WORD...", 1, INT_MAX, cmd_change },
        { "show", "BRIDGE", 0, 0, cmd_show },
        { "port", "BRIDGE NAME", 1, 1, cmd_port },
        { "port-state", "BRIDGE NAME", 1, 1, cmd_port_state },
        { "since", "BRIDGE", 0, 0, cmd_since },
        { "need-names", "BRIDGE", 0, 0, cmd_need_names },
        { "tell-names", "BRIDGE [NAME=NUMBER...]", 0, INT_MAX,
          cmd_tell_names },
        { "lose-names", "BRIDGE", 0, 0, cmd_lose_names },
        { "bind", "BRIDGE [NAME]", 0, 1, cmd_bind },
        { "certificate", "BRIDGE", 0, 0, cmd_certificate },
        { "seqno", "BRIDGE", 0, 0, cmd_seqno },
        { "packets", "BRIDGE COOKIE", 1, 1, cmd_packets },
        { "packets-in", "BRIDGE", 0, 0, cmd_packets_in },
        { "packet-out", "BRIDGE PORT SIZE", 2, 2, cmd_packet_out },
    };
    static const struct driver driver = {
        .kind = "bridge",
        .find = find,
        .commands = commands,
        .n_commands = ARRAY_SIZE(commands),
        .object_commands = object_commands,
        .n_object_commands = ARRAY_SIZE(object_commands),
        .run = run,
        .wait = wait_,
    };

    const struct driver_options o = driver_start(argc, argv);
    if (!o.listen) {
        ovs_fatal(0, "--listen is required");
    }
    struct tls_files *files = driver_tls_files(&o);
    int error = bridges_create(o.listen, &bridges);
    if (error) {
        ovs_fatal(error, "%s", o.listen);
    }
    driver_loop(&driver, &o);
    bridges_destroy(bridges);
    tls_files_close(files);
    struct shash_node *node;
    SHASH_FOR_EACH (node, &results) {
        ds_destroy(node->data);
    }
    shash_destroy_free_data(&results);
    return 0;
}
