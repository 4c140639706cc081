/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/restconf/agent-state-json.h"

#include "lib/json-number.h"
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

static json_t *
counters_to_json(const struct backend_stats *stats)
{
    json_t *drops = json_array();
    for (int i = 0; i < BACKEND_N_DROPS; i++) {
        json_array_append_new(
            drops, json_pack("{s:s, s:o}",
                             "reason", backend_drop_to_string(i),
                             "packets", json_number_u64(stats->drops[i])));
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o}",
                     "plain-received", json_number_u64(stats->plain_rx),
                     "plain-sent", json_number_u64(stats->plain_tx),
                     "cipher-received", json_number_u64(stats->cipher_rx),
                     "cipher-sent", json_number_u64(stats->cipher_tx),
                     "drop", drops);
}

json_t *
agent_state_to_json(struct backend *backend,
                    const struct backend_config *config)
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
