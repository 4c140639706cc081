/* SPDX-License-Identifier: Apache-2.0 */

/* Sessions with the agents of gateways: commands are the functions of
 * ofctl-app/southbound/agents.h (see driver.h). */

#include <config.h>

#include "ofctl-app/southbound/agents.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/bounds.h"
#include "lib/secret.h"
#include "ofctl-app/southbound/agent-event.h"
#include "ofctl-app/southbound/sa-request.h"
#include "tests/daemon/driver.h"

#include "openvswitch/dynamic-string.h"
#include "util.h"

static struct agents *agents;

/* Commands. */

static void
cmd_add(void *object OVS_UNUSED, int argc OVS_UNUSED, const char *argv[],
        struct ds *reply OVS_UNUSED)
{
    agents_add(agents, argv[1], argv[2]);
}

static void
cmd_certificate(void *agent, int argc OVS_UNUSED,
                const char *argv[] OVS_UNUSED, struct ds *reply)
{
    char *doubt = agent_cert_doubt(agent);
    ds_put_cstr(reply, doubt ? doubt : "none");
    free(doubt);
}

static void
cmd_keys(void *agent, int argc, const char *argv[],
         struct ds *reply OVS_UNUSED)
{
    agent_set_keys(agent, argc > 2 ? argv[2] : NULL);
}

static void
cmd_list(void *object OVS_UNUSED, int argc OVS_UNUSED,
         const char *argv[] OVS_UNUSED, struct ds *reply)
{
    AGENTS_FOR_EACH (agent, agents) {
        ds_put_format(reply, "%s %s\n", agent_vnf_id(agent),
                      agent_get_state(agent)->url);
    }
}

static void
cmd_remove(void *agent, int argc OVS_UNUSED, const char *argv[] OVS_UNUSED,
           struct ds *reply OVS_UNUSED)
{
    agents_remove(agents, agent);
}

/* "up" or "down: REASON". */
static void
cmd_show(void *agent, int argc OVS_UNUSED, const char *argv[] OVS_UNUSED,
         struct ds *reply)
{
    if (agent_is_up(agent)) {
        ds_put_cstr(reply, "up");
    } else {
        ds_put_format(reply, "down: %s", agent_get_state(agent)->reason);
    }
}

static void
cmd_state(void *agent, int argc OVS_UNUSED, const char *argv[] OVS_UNUSED,
          struct ds *reply)
{
    const struct agent_state *state = agent_get_state(agent);
    ds_put_format(reply, "seqno=%u boot-id=%s backend=%s plain="ETH_ADDR_FMT
                  " cipher="ETH_ADDR_FMT" drops=%"PRIu64,
                  state->seqno, state->boot_id, state->backend,
                  ETH_ADDR_ARGS(state->plain.mac),
                  ETH_ADDR_ARGS(state->cipher.mac), agent_drops(agent, NULL));
}

/* Events since the last time, and whether the event stream is open. */
static void
cmd_events(void *agent, int argc OVS_UNUSED, const char *argv[] OVS_UNUSED,
           struct ds *reply)
{
    struct agent_event event;
    while (agent_next_event(agent, &event)) {
        ds_put_format(reply, "%d 0x%"PRIx32"\n", event.type, event.esp_spi);
    }
    ds_put_cstr(reply, agent_tells_events(agent) ? "open" : "closed");
}

static void
cmd_doubt(void *agent, int argc OVS_UNUSED, const char *argv[] OVS_UNUSED,
          struct ds *reply)
{
    const char *doubt = agent_doubt(agent);
    ds_put_cstr(reply, doubt ? doubt : "none");
}

/* How many of N renewals there may be. */
static void
cmd_may_renew(void *agent, int argc OVS_UNUSED, const char *argv[],
              struct ds *reply)
{
    int n = 0;
    for (int i = 0; i < atoi(argv[2]); i++) {
        n += agent_may_renew(agent);
    }
    ds_put_format(reply, "%d", n);
}

static void
cmd_drops(void *agent, int argc OVS_UNUSED, const char *argv[],
          struct ds *reply)
{
    ds_put_format(reply, "%"PRIu64, agent_drops(agent, argv[2]));
}

static void
cmd_sa(void *agent, int argc OVS_UNUSED, const char *argv[], struct ds *reply)
{
    struct agent_sa_stats stats;
    uint32_t spi = strtoul(argv[2], NULL, 0);
    if (agent_get_sa(agent, spi, &stats)) {
        if (stats.packets == AGENT_PACKETS_UNKNOWN) {
            ds_put_cstr(reply, "packets=unknown");
        } else {
            ds_put_format(reply, "packets=%"PRIu64, stats.packets);
        }
        ds_put_format(reply, " bytes=%"PRIu64" seq=%"PRIu64" replayed=%"PRIu64
                      " failed=%"PRIu64, stats.bytes, stats.seq,
                      stats.replayed, stats.failed);
    } else {
        ds_put_cstr(reply, agent_has_sa(agent, spi) ? "not told" : "none");
    }
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
cmd_request(void *agent, int argc, const char *argv[], struct ds *reply)
{
    char *body = argc > 4 ? read_body(argv[4]) : NULL;
    const char *type = argc > 5 ? argv[5] : "application/yang-patch+json";
    ds_put_format(reply, "%"PRIu64,
                  restconf_client_request(agent_client(agent), argv[2],
                                          argv[3], body ? type : NULL, body,
                                          &BOUNDS_ANSWER_SAS));
}

/* Queues a patch for each NAME, all at once.  It removes the SA of that
 * name. */
static void
cmd_patch(void *agent, int argc, const char *argv[],
          struct ds *reply OVS_UNUSED)
{
    for (int i = 3; i < argc; i++) {
        struct restconf_patch *patch = sa_request_create(argv[i],
                                                         atoi(argv[2]));
        sa_request_remove_name(patch, true, argv[i]);
        restconf_client_patch(agent_client(agent), patch);
    }
}

/* "PATCHES in REQUESTS". */
static void
cmd_load(void *agent, int argc OVS_UNUSED, const char *argv[] OVS_UNUSED,
         struct ds *reply)
{
    unsigned long long int n_patches, n_transfers;
    restconf_client_get_load(agent_client(agent), &n_patches, &n_transfers);
    ds_put_format(reply, "%llu in %llu", n_patches, n_transfers);
}

/* "STATUS" or "STATUS: ERROR" of each result, in order; with "body" the bodies
 * too. */
static void
cmd_results(void *agent, int argc, const char *argv[] OVS_UNUSED,
            struct ds *reply)
{
    struct restconf_result result;
    while (agent_next_result(agent, &result)) {
        ds_put_format(reply, "%d%s%s\n", result.status,
                      result.error ? ": " : "",
                      result.error ? result.error : "");
        if (argc > 2) {
            ds_put_format(reply, "%s\n", result.body ? result.body : "");
        }
        free(result.body);
        free(result.error);
    }
}

/* Main. */

static void *
find(const char *vnf_id)
{
    return agents_find(agents, vnf_id);
}

static void
run(void)
{
    agents_run(agents);
}

static void
wait_(void)
{
    agents_wait(agents);
}

int
main(int argc, char *argv[])
{
    static const struct driver_command commands[] = {
        { "add", "VNF-ID URL", 2, 2, cmd_add },
        { "list", "", 0, 0, cmd_list },
    };
    static const struct driver_command object_commands[] = {
        { "remove", "VNF-ID", 0, 0, cmd_remove },
        { "show", "VNF-ID", 0, 0, cmd_show },
        { "state", "VNF-ID", 0, 0, cmd_state },
        { "events", "VNF-ID", 0, 0, cmd_events },
        { "doubt", "VNF-ID", 0, 0, cmd_doubt },
        { "may-renew", "VNF-ID N", 1, 1, cmd_may_renew },
        { "certificate", "VNF-ID", 0, 0, cmd_certificate },
        { "drops", "VNF-ID REASON", 1, 1, cmd_drops },
        { "keys", "VNF-ID [KEYS]", 0, 1, cmd_keys },
        { "sa", "VNF-ID SPI", 1, 1, cmd_sa },
        { "request", "VNF-ID METHOD PATH [FILE [TYPE]]", 2, 4, cmd_request },
        { "patch", "VNF-ID EPOCH NAME...", 2, 49, cmd_patch },
        { "load", "VNF-ID", 0, 0, cmd_load },
        { "results", "VNF-ID [body]", 0, 1, cmd_results },
    };
    static const struct driver driver = {
        .kind = "agent",
        .find = find,
        .commands = commands,
        .n_commands = ARRAY_SIZE(commands),
        .object_commands = object_commands,
        .n_object_commands = ARRAY_SIZE(object_commands),
        .run = run,
        .wait = wait_,
    };

    const struct driver_options o = driver_start(argc, argv);
    struct tls_files *files = driver_tls_files(&o);
    const struct agents_config config = {
        .client.files = files,
        .client.request_timeout_ms = o.request_timeout_ms,
        .poll_interval_ms = o.poll_interval_ms,
    };
    char *error = agents_create(&config, &agents);
    if (error) {
        ovs_fatal(0, "%s", error);
    }
    driver_loop(&driver, &o);
    agents_destroy(agents);
    tls_files_close(files);
    return 0;
}
