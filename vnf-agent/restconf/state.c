/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/restconf/state.h"

#include "lib/suite.h"
#include "openvswitch/uuid.h"
#include "util.h"
#include "uuid.h"
#include "vnf-agent/backend/backend.h"

static json_t *
port_to_json(const char *name, const struct backend_port *port, bool known)
{
    json_t *json = json_pack("{s:s}", "name", name);
    if (known) {
        char mac[ETH_ADDR_STRLEN + 1];
        snprintf(mac, sizeof mac, ETH_ADDR_FMT, ETH_ADDR_ARGS(port->mac));
        json_object_set_new(json, "mac-address", json_string(mac));
        json_object_set_new(json, "mtu", json_integer(port->mtu));
    }
    return json;
}

static void
put_counter(json_t *json, const char *name, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%"PRIu64, value);
    json_object_set_new(json, name, json_string(text));
}

static json_t *
counters_to_json(const struct backend_stats *stats)
{
    json_t *json = json_object();
    json_t *drops = json_array();

    put_counter(json, "plain-received", stats->plain_rx);
    put_counter(json, "plain-sent", stats->plain_tx);
    put_counter(json, "cipher-received", stats->cipher_rx);
    put_counter(json, "cipher-sent", stats->cipher_tx);
    for (int i = 0; i < BACKEND_N_DROPS; i++) {
        json_t *drop = json_pack("{s:s}", "reason", backend_drop_to_string(i));
        put_counter(drop, "packets", stats->drops[i]);
        json_array_append_new(drops, drop);
    }
    json_object_set_new(json, "drop", drops);
    return json;
}

json_t *
agent_state_get(struct backend *backend, const struct backend_config *config)
{
    const struct uuid *boot_id = backend->class->boot_id(backend);
    struct backend_port plain, cipher;
    struct backend_stats stats;
    const char *reason = NULL;
    bool up = backend->class->is_up(backend, &reason);
    json_t *suite_names = json_array();

    for (size_t i = 0; i < n_suites; i++) {
        if (backend->class->has_suite(backend, &suites[i])) {
            json_array_append_new(suite_names, json_string(suites[i].name));
        }
    }
    json_t *json = json_pack("{s:s, s:s, s:s, s:b, s:o}",
                             "vnf-id", config->name,
                             "version", SDSA_VERSION,
                             "backend", backend->class->name,
                             "data-plane-up", up,
                             "suite", suite_names);
    if (!uuid_is_zero(boot_id)) {
        char text[UUID_LEN + 1];
        snprintf(text, sizeof text, UUID_FMT, UUID_ARGS(boot_id));
        json_object_set_new(json, "boot-id", json_string(text));
    }
    if (config->choice) {
        json_object_set_new(json, "backend-choice",
                            json_string(config->choice));
    }
    if (!up && reason) {
        json_object_set_new(json, "reason", json_string(reason));
    }

    if (up) {
        backend->class->get_ports(backend, &plain, &cipher);
    }
    char ip[INET6_ADDRSTRLEN];
    ipv6_string_mapped(ip, &config->cipher_ip);
    json_t *cipher_json = port_to_json(config->cipher_port, &cipher, up);
    json_object_set_new(cipher_json, "address", json_string(ip));
    json_object_set_new(json, "plain-port",
                        port_to_json(config->plain_port, &plain, up));
    json_object_set_new(json, "cipher-port", cipher_json);
    if (!backend->class->get_stats(backend, &stats)) {
        json_object_set_new(json, "counters", counters_to_json(&stats));
    }
    return json;
}
