/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/southbound/agent-state.h"

#include <jansson.h>
#include <stdlib.h>

#include "hash.h"
#include "lib/bounds.h"
#include "lib/counts.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(agent_state);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

struct sa_stats_node {
    struct hmap_node node;      /* In agent_state's 'sas', by SPI. */
    uint32_t spi;               /* Host order. */
    bool is_told;               /* The answer had its counters. */
    struct agent_sa_stats stats;
};

void
agent_state_init(struct agent_state *state, const char *vnf_id,
                 const char *url)
{
    *state = (struct agent_state) {
        .vnf_id = xstrdup(vnf_id),
        .url = xstrdup(url),
        .reason = xstrdup("not reached yet"),
        .boot_id = xstrdup(""),
        .backend = xstrdup(""),
    };
    shash_init(&state->drops);
    hmap_init(&state->sas);
}

static void
clear_sas(struct agent_state *state)
{
    struct sa_stats_node *node;
    HMAP_FOR_EACH_POP (node, node, &state->sas) {
        free(node);
    }
}

void
agent_state_destroy(struct agent_state *state)
{
    clear_sas(state);
    hmap_destroy(&state->sas);
    shash_destroy_free_data(&state->drops);
    free(state->vnf_id);
    free(state->url);
    free(state->reason);
    free(state->boot_id);
    free(state->backend);
}

static void
set_string(char **dst, const char *src)
{
    char *old = *dst;
    *dst = xstrdup(src);
    free(old);
}

void
agent_state_set_down(struct agent_state *state, const char *reason)
{
    char *cut = bounds_cut_text(reason);
    if (state->up || strcmp(state->reason, cut)) {
        VLOG_WARN_RL(&rl, "gateway %s: down: %s", state->vnf_id, cut);
        state->seqno += state->up;
        state->up = false;
        set_string(&state->reason, cut);
    }
    free(cut);
}

static void
set_up(struct agent_state *state)
{
    if (!state->up) {
        VLOG_INFO_RL(&rl, "gateway %s: up at %s", state->vnf_id, state->url);
        state->up = true;
        state->seqno++;
        set_string(&state->reason, "");
    }
}

/* Parts of JSON.  A missing part is "" or zero. */

static const char *
get_string(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    return s ? s : "";
}

static uint64_t
get_uint64(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    const char *s = json_string_value(value);
    return s ? strtoull(s, NULL, 10) : json_integer_value(value);
}

/* The gateway's state. */

static void
set_boot_id(struct agent_state *state, const char *boot_id)
{
    char *cut = bounds_cut_text(boot_id);
    if (cut[0] && strcmp(cut, state->boot_id)) {
        set_string(&state->boot_id, cut);
        state->seqno++;
    }
    free(cut);
}

static void
parse_port(struct agent_state *state, const json_t *json,
           struct agent_port *port)
{
    struct eth_addr mac;
    json_int_t told = json_integer_value(json_object_get(json, "mtu"));
    int mtu = MAX(0, MIN(told, UINT16_MAX));
    if (eth_addr_from_string(get_string(json, "mac-address"), &mac)
        && (!eth_addr_equals(mac, port->mac) || mtu != port->mtu)) {
        *port = (struct agent_port) { .mac = mac, .mtu = mtu };
        state->seqno++;
    }
}

static void
parse_drops(struct agent_state *state, const json_t *json)
{
    const json_t *list = json_object_get(json_object_get(json, "counters"),
                                         "drop");
    size_t i;
    json_t *drop;
    shash_clear_free_data(&state->drops);
    json_array_foreach (list, i, drop) {
        counts_add(&state->drops, get_string(drop, "reason"),
                   get_uint64(drop, "packets"));
    }
}

void
agent_state_parse(struct agent_state *state, const char *body)
{
    json_t *root = json_loads(body, 0, NULL);
    const json_t *json = json_object_get(root, "sdsa-agent:state");
    const char *vnf_id = get_string(json, "vnf-id");
    char *reason = NULL;
    if (!vnf_id[0]) {
        reason = xstrdup("its answer is not that of an sdsa-agent");
    } else if (strcmp(vnf_id, state->vnf_id)) {
        reason = xasprintf("%s is the agent of %s", state->url, vnf_id);
    } else {
        set_boot_id(state, get_string(json, "boot-id"));
        parse_port(state, json_object_get(json, "plain-port"),
                   &state->plain);
        parse_port(state, json_object_get(json, "cipher-port"),
                   &state->cipher);
        char *backend = bounds_cut_text(get_string(json, "backend"));
        set_string(&state->backend, backend);
        free(backend);
        state->has_epoch = json_object_get(json, "last-epoch") != NULL;
        state->epoch = get_uint64(json, "last-epoch");
        parse_drops(state, json);
        if (!json_is_true(json_object_get(json, "data-plane-up"))) {
            reason = xasprintf("its data plane is down: %s",
                               get_string(json, "reason"));
        }
    }
    if (reason) {
        agent_state_set_down(state, reason);
    } else {
        set_up(state);
    }
    free(reason);
    json_decref(root);
}

/* Its SAs. */

/* Returns how many packets an SA has protected or accepted, of which 'now' is
 * the sa-lifetime-current.  RFC 9061's leaf has 32 bits and stays at its
 * highest value. */
static uint64_t
get_packets(const json_t *now)
{
    if (json_object_get(now, "sdsa-agent:packet-count")) {
        return get_uint64(now, "sdsa-agent:packet-count");
    }
    uint64_t packets = get_uint64(now, "packets");
    return packets < UINT32_MAX ? packets : AGENT_PACKETS_UNKNOWN;
}

void
agent_state_parse_sas(struct agent_state *state, const char *body)
{
    json_t *root = json_loads(body, 0, NULL);
    const json_t *top = json_object_get(root,
                                        "ietf-i2nsf-ikeless:ipsec-ikeless");
    const json_t *list = json_object_get(json_object_get(top, "sad"),
                                         "sad-entry");
    size_t i;
    json_t *entry;
    clear_sas(state);
    json_array_foreach (list, i, entry) {
        const json_t *sa = json_object_get(entry, "ipsec-sa-state");
        const json_t *now = json_object_get(sa, "sa-lifetime-current");
        const json_t *replay = json_object_get(sa, "replay-stats");
        uint32_t spi;
        if (!ovs_scan(get_string(entry, "name"), "sa-%"SCNx32, &spi)) {
            continue;
        }
        struct sa_stats_node *node = xmalloc(sizeof *node);
        node->spi = spi;
        node->is_told = sa != NULL;
        node->stats = (struct agent_sa_stats) {
            .age_s = get_uint64(now, "time"),
            .packets = get_packets(now),
            .bytes = get_uint64(now, "bytes"),
            .seq = get_uint64(replay, "seq-number-counter"),
            .replayed = get_uint64(replay, "packet-dropped"),
            .failed = get_uint64(replay, "failed"),
        };
        hmap_insert(&state->sas, &node->node, hash_int(spi, 0));
    }
    json_decref(root);
}

static const struct sa_stats_node *
find_sa(const struct agent_state *state, uint32_t spi)
{
    const struct sa_stats_node *node;
    HMAP_FOR_EACH_WITH_HASH (node, node, hash_int(spi, 0), &state->sas) {
        if (node->spi == spi) {
            return node;
        }
    }
    return NULL;
}

bool
agent_state_has_sa(const struct agent_state *state, uint32_t spi)
{
    return find_sa(state, spi) != NULL;
}

bool
agent_state_get_sa(const struct agent_state *state, uint32_t spi,
                   struct agent_sa_stats *stats)
{
    const struct sa_stats_node *node = find_sa(state, spi);
    if (!node || !node->is_told) {
        return false;
    }
    *stats = node->stats;
    return true;
}
