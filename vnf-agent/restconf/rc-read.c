/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/restconf/rc-read.h"

#include <libyang/libyang.h>

#include "lib/json-number.h"
#include "lib/suite.h"
#include "util.h"
#include "uuid.h"
#include "vnf-agent/backend/backend.h"
#include "vnf-agent/datastore/datastore.h"
#include "vnf-agent/restconf/json-tree.h"
#include "vnf-agent/restconf/rc-access.h"
#include "vnf-agent/restconf/rc-error.h"
#include "vnf-agent/restconf/rc-path.h"
#include "vnf-agent/restconf/rc-query.h"
#include "vnf-agent/yang/yang-schema.h"

/* A request to read. */
struct reading {
    const struct rc_source *source;
    const struct rc_path *path;
    enum datastore_content content;
    const char *base;
};

/* The state of the gateway. */

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

/* Returns the container "state" of sdsa-agent.yang: what the gateway is, and
 * how it is. */
static json_t *
state_to_json(const struct datastore *ds, struct backend *backend,
              const struct backend_config *config)
{
    struct backend_stats stats;
    bool up = !backend->reason;
    json_t *suite_names = json_array();

    for (size_t i = 0; i < n_suites; i++) {
        if (backend->suites & UINT32_C(1) << i) {
            json_array_append_new(suite_names, json_string(suites[i].name));
        }
    }
    json_t *json = json_pack("{s:s, s:s, s:s, s:b, s:o}",
                             "vnf-id", config->name,
                             "version", SDSA_VERSION,
                             "backend", backend->class->name,
                             "data-plane-up", up,
                             "suite", suite_names);
    if (!uuid_is_zero(backend->boot_id)) {
        char text[UUID_LEN + 1];
        snprintf(text, sizeof text, UUID_FMT, UUID_ARGS(backend->boot_id));
        json_object_set_new(json, "boot-id", json_string(text));
    }
    if (datastore_last_epoch(ds)) {
        json_object_set_new(json, "last-epoch",
                            json_number_u64(datastore_last_epoch(ds)));
    }
    if (config->choice) {
        json_object_set_new(json, "backend-choice",
                            json_string(config->choice));
    }
    if (!up) {
        json_object_set_new(json, "reason", json_string(backend->reason));
    }
    char ip[INET6_ADDRSTRLEN];
    ipv6_string_mapped(ip, &config->own_ips.ips[0]);
    json_t *cipher_json = port_to_json(config->cipher_port, &backend->cipher,
                                       up);
    json_object_set_new(cipher_json, "address", json_string(ip));
    json_object_set_new(json, "plain-port",
                        port_to_json(config->plain_port, &backend->plain, up));
    json_object_set_new(json, "cipher-port", cipher_json);
    if (!backend->class->get_stats(backend, &stats)) {
        json_object_set_new(json, "counters", counters_to_json(&stats));
    }
    return json;
}

/* The containers of the top. */

static json_t *
get_ikeless(const struct reading *r, const char *name OVS_UNUSED)
{
    /* Often one SA of thousands is wanted. */
    const struct rc_segment *s = r->path->segments;
    const char *sad_name = (r->path->n > 2 && !strcmp(s[1].name, "sad")
                            && s[2].n_keys == 1 ? s[2].keys[0] : NULL);
    return datastore_get_ikeless(r->source->datastore, r->content, sad_name);
}

static json_t *
get_agent(const struct reading *r, const char *name OVS_UNUSED)
{
    json_t *json = json_object();
    if (r->content != CONTENT_NONCONFIG) {
        json_t *lease = datastore_get_lease(r->source->datastore);
        if (lease) {
            json_object_set_new(json, "lease", lease);
        }
    }
    if (r->content != CONTENT_CONFIG) {
        json_object_set_new(json, "state",
                            state_to_json(r->source->datastore,
                                          r->source->backend,
                                          r->source->backend_config));
    }
    return json;
}

static json_t *
get_library(const struct reading *r, const char *name)
{
    return json_incref(yang_schema_library(r->source->schema, name));
}

static json_t *
get_restconf_state(const struct reading *r, const char *name OVS_UNUSED)
{
    static const char *const names[] = {
        "defaults:1.0?basic-mode=explicit", "depth:1.0", "fields:1.0",
        "with-defaults:1.0", "yang-patch:1.0",
    };
    json_t *capabilities = json_array();
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char *uri = xasprintf("urn:ietf:params:restconf:capability:%s",
                              names[i]);
        json_array_append_new(capabilities, json_string(uri));
        free(uri);
    }
    char *location = xasprintf("%s"RC_STREAM_PATH, r->base);
    json_t *state = json_pack(
        "{s:{s:o}, s:{s:[{s:s, s:s, s:b, s:[{s:s, s:s}]}]}}",
        "capabilities", "capability", capabilities,
        "streams", "stream",
          "name", RC_STREAM_NAME,
          "description", "All notifications of the agent.",
          "replay-support", false,
          "access", "encoding", "json", "location", location);
    free(location);
    return state;
}

static const struct top {
    const char *module, *name;
    bool state;                 /* It has state only. */
    json_t *(*get)(const struct reading *, const char *name);
} tops[] = {
    { "ietf-i2nsf-ikeless", "ipsec-ikeless", false, get_ikeless },
    { "sdsa-agent", "sdsa-agent", false, get_agent },
    { "ietf-yang-library", "yang-library", true, get_library },
    { "ietf-yang-library", "modules-state", true, get_library },
    { "ietf-restconf-monitoring", "restconf-state", true,
      get_restconf_state },
};

/* Returns all of the top-level node that the path is in, or of all of them, as
 * an object. */
static json_t *
get_tops(const struct reading *r)
{
    const struct rc_segment *first = r->path->n ? r->path->segments : NULL;
    json_t *data = json_object();

    for (size_t i = 0; i < ARRAY_SIZE(tops); i++) {
        const struct top *top = &tops[i];
        if ((top->state && r->content == CONTENT_CONFIG)
            || (first && (strcmp(first->name, top->name)
                          || strcmp(first->module, top->module)))) {
            continue;
        }
        char *name = xasprintf("%s:%s", top->module, top->name);
        json_object_set_new(data, name, top->get(r, top->name));
        free(name);
    }
    return data;
}

/* Returns an object with 'value', which is 'node', or an entry of it if the
 * path ends with keys, as its one member. */
static json_t *
wrap(const struct rc_path *path, const struct lysc_node *node, json_t *value)
{
    char *name = (node ? yang_node_json_name(node, true)
                  : xstrdup("ietf-restconf:data"));
    bool is_entry = path->n && path->segments[path->n - 1].has_keys;
    json_t *json = (is_entry ? json_pack("{s:[O]}", name, value)
                    : json_pack("{s:O}", name, value));
    free(name);
    return json;
}

struct yang_error *
rc_read(const struct rc_source *source, const struct rc_path *path,
        const struct rc_query *query, unsigned int rights, const char *base,
        bool *only_configp, json_t **valuep)
{
    const struct yang_schema *schema = source->schema;
    struct reading r = { source, path, query->content, base };
    const struct lysc_node *node;

    *valuep = NULL;
    struct yang_error *error = rc_path_resolve(path, schema, &node);
    error = error ? error : rc_filter_check(schema, node, query->fields);
    if (error) {
        return error;
    }
    *only_configp = (query->content == CONTENT_CONFIG
                     || (node && !yang_node_has_state(node)));

    json_t *tops_json = get_tops(&r);
    rc_access_filter(rights, tops_json);
    json_t *data = yang_schema_show(schema, tops_json, query->defaults);
    json_t *found = json_tree_find(schema, path, 0, data, NULL);
    if (found) {
        bool whole = !query->fields && query->depth >= RC_DEPTH_UNBOUNDED;
        json_t *part = (whole ? json_incref(found)
                        : rc_filter(schema, node, found, query->fields,
                                    query->depth));
        *valuep = wrap(path, node, part);
        json_decref(part);
    } else {
        error = rc_path_error(path, schema, RC_NO_NODE,
                              "there is no such node");
    }
    json_decref(data);
    json_decref(tops_json);
    return error;
}
