/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/southbound/sa-request.h"

#include <jansson.h>

#include "lib/json-number.h"
#include "lib/percent.h"
#include "lib/restconf/restconf-patch.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "ofctl-app/model/lifetime.h"
#include "ofctl-app/model/match.h"
#include "packets.h"
#include "util.h"

#define SAD "/ietf-i2nsf-ikeless:ipsec-ikeless/sad/sad-entry"
#define SPD "/ietf-i2nsf-ikeless:ipsec-ikeless/spd/spd-entry"

#define REPLAY_WINDOW 1024      /* Packets. */

struct restconf_patch *
sa_request_create(const char *patch_id, uint64_t epoch)
{
    json_t *lease = json_pack(
        "{s:s, s:s, s:s, s:{s:{s:o, s:s}}}",
        "edit-id", "lease",
        "operation", "merge",
        "target", "/sdsa-agent:sdsa-agent/lease",
        "value", "sdsa-agent:lease",
          "epoch", json_number_u64(epoch),
          "holder", "sdsa-controller");
    ovs_assert(lease);
    return restconf_patch_create(patch_id, lease);
}

/* Appends an edit of the entry 'name' of 'list'.  Takes ownership of 'value',
 * which may be NULL. */
static void
add_edit(struct restconf_patch *patch, const char *operation,
         const char *list, const char *name, json_t *value)
{
    char *key = percent_encode(name);
    char *target = xasprintf("%s=%s", list, key);

    restconf_patch_add(patch, operation, target, name, value);
    free(key);
    free(target);
}

/* Names. */

void
sa_request_sa_name(const struct path_hop *hop, char name[SA_REQUEST_NAME_LEN])
{
    snprintf(name, SA_REQUEST_NAME_LEN, "sa-%08"PRIx32, hop->esp_spi);
}

void
sa_request_policy_name(const struct path *path, const struct path_hop *hop,
                       bool outbound, char name[SA_REQUEST_NAME_LEN])
{
    snprintf(name, SA_REQUEST_NAME_LEN, "%s-%"PRIu32"-%d",
             outbound ? "out" : "in", path->nsh_spi, hop->si);
}

/* Values. */

static json_t *
reqid(const struct path *path, const struct path_hop *hop)
{
    return json_number_u64((uint64_t) path->nsh_spi * 256 + hop->si);
}

static json_t *
any_selector(const struct path *path)
{
    const char *any = match_is_ipv6(path->match) ? "::/0" : "0.0.0.0/0";
    return json_pack("{s:s, s:s, s:s}", "local-prefix", any,
                     "remote-prefix", any, "inner-protocol", "any");
}

/* Returns the container tunnel.  At both ends of the hop "local" is the source
 * and "remote" the destination. */
static json_t *
tunnel(const struct inventory *inv, const struct path_hop *hop)
{
    const struct path_hop_ips ips = path_hop_get_ips(hop, inv);
    char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
    return json_pack("{s:s, s:s, s:s, s:b}",
                     "local", ipv6_string_mapped(src, &ips.sender),
                     "remote", ipv6_string_mapped(dst, &ips.receiver),
                     "df-bit", "clear", "bypass-dscp", true);
}

/* Returns 'size' octets of 'key' from 'offset' on, as a yang:hex-string. */
static json_t *
hex_string(const struct secret *key, size_t offset, size_t size)
{
    struct secret *part = secret_slice(key, offset, size);
    char *hex = wiping_malloc(3 * size);
    secret_to_hex(part, hex);
    json_t *json = json_string(hex);
    wiping_free(hex);
    secret_destroy(part);
    return json;
}

/* Returns the container esp-sa: algorithms, and keys if 'key' is not NULL. */
static json_t *
keyed_algorithms(const struct suite *suite, const struct secret *key)
{
    size_t size = suite_encryption_key_size(suite);
    json_t *json = json_pack("{s:{s:i, s:o*}}", "encryption",
                             "encryption-algorithm", suite->encryption,
                             "key", key ? hex_string(key, 0, size) : NULL);
    if (suite->integrity) {
        json_object_set_new(
            json, "integrity",
            json_pack("{s:i, s:o*}", "integrity-algorithm", suite->integrity,
                      "key", key ? hex_string(key, size,
                                              suite->integrity_key_size)
                                 : NULL));
    }
    return json;
}

/* Returns the container esp-algorithms. */
static json_t *
esp_algorithms(const struct suite *suite)
{
    json_t *json = json_pack("{s:[{s:i, s:i, s:i}]}", "encryption", "id", 1,
                             "algorithm-type", suite->encryption,
                             "key-length", (int) (suite->key_size * 8));
    if (suite->integrity) {
        json_object_set_new(json, "integrity",
                            json_pack("[i]", suite->integrity));
    }
    return json;
}

/* Returns the container of the path's hard lifetimes, or of the soft ones. */
static json_t *
lifetimes(const struct path *path, bool soft)
{
    const struct {
        const char *name;
        uint64_t lifetime;
    } all[] = {
        { "time", path->lifetime_s },
        { "bytes", path->lifetime_bytes },
        { "packets", path->lifetime_packets },
    };
    json_t *json = json_object();
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        uint64_t value = soft ? lifetime_soft(all[i].lifetime)
                              : all[i].lifetime;
        if (value) {
            json_object_set_new(json, all[i].name,
                                (!strcmp(all[i].name, "bytes")
                                 ? json_number_u64(value)
                                 : json_integer(value)));
        }
    }
    return json;
}

/* Returns the sad-entry, without keys if 'key' is NULL. */
static json_t *
sad_entry(const struct inventory *inv, const struct path *path,
          const struct path_hop *hop, bool outbound, const struct secret *key)
{
    char name[SA_REQUEST_NAME_LEN];
    sa_request_sa_name(hop, name);
    json_t *config = json_pack(
        "{s:I, s:b, s:b, s:i, s:o, s:s, s:s, s:o, s:o}",
        "spi", (json_int_t) hop->esp_spi,
        "ext-seq-num", true,
        "seq-overflow", false,
        "anti-replay-window-size", REPLAY_WINDOW,
        "traffic-selector", any_selector(path),
        "protocol-parameters", "esp",
        "mode", "tunnel",
        "esp-sa", keyed_algorithms(path->suite, key),
        "tunnel", tunnel(inv, hop));
    if (path->lifetime_s || path->lifetime_bytes || path->lifetime_packets) {
        json_t *soft = lifetimes(path, true);
        json_object_set_new(soft, "action", json_string("replace"));
        json_object_set_new(config, "sa-lifetime-hard",
                            lifetimes(path, false));
        json_object_set_new(config, "sa-lifetime-soft", soft);
    }
    return json_pack(
        "{s:s, s:o, s:i, s:o}", "name", name, "ipsec-sa-config", config,
        "sdsa-agent:vlan", outbound ? hop->sender_vlan : hop->receiver_vlan,
        "reqid", reqid(path, hop));
}

static json_t *
spd_entry(const struct inventory *inv, const struct path *path,
          const struct path_hop *hop, bool outbound)
{
    char name[SA_REQUEST_NAME_LEN];
    sa_request_policy_name(path, hop, outbound, name);
    json_t *sa_cfg = json_pack(
        "{s:b, s:s, s:s, s:o, s:o}",
        "ext-seq-num", true,
        "mode", "tunnel",
        "protocol-parameters", "esp",
        "esp-algorithms", esp_algorithms(path->suite),
        "tunnel", tunnel(inv, hop));
    json_t *entry = json_pack(
        "{s:s, s:s, s:i, s:{s:i, s:o, s:{s:s, s:o}}, s:o}",
        "name", name,
        "direction", outbound ? "outbound" : "inbound",
        "sdsa-agent:vlan", outbound ? hop->sender_vlan : hop->receiver_vlan,
        "ipsec-policy-config",
          "anti-replay-window-size", REPLAY_WINDOW,
          "traffic-selector", any_selector(path),
          "processing-info",
            "action", "protect",
            "ipsec-sa-cfg", sa_cfg,
        "reqid", reqid(path, hop));
    if (outbound) {
        json_object_set_new(entry, "sdsa-agent:outbound-spi",
                            json_integer(hop->esp_spi));
    }
    return entry;
}

void
sa_request_add(struct restconf_patch *patch, const struct inventory *inv,
               const struct path *path, const struct path_hop *hop,
               bool outbound, const struct secret *key)
{
    char name[SA_REQUEST_NAME_LEN];
    sa_request_sa_name(hop, name);
    add_edit(patch, "create", SAD, name,
             json_pack("{s:[o]}", "ietf-i2nsf-ikeless:sad-entry",
                       sad_entry(inv, path, hop, outbound, key)));
    sa_request_policy_name(path, hop, outbound, name);
    add_edit(patch, "create", SPD, name,
             json_pack("{s:[o]}", "ietf-i2nsf-ikeless:spd-entry",
                       spd_entry(inv, path, hop, outbound)));
}

bool
sa_request_is_shown(const struct json_t *shown, bool sad,
                    const struct inventory *inv, const struct path *path,
                    const struct path_hop *hop, bool outbound)
{
    json_t *given = (sad ? sad_entry(inv, path, hop, outbound, NULL)
                     : spd_entry(inv, path, hop, outbound));
    bool equal = json_equal(shown, given);
    json_decref(given);
    return equal;
}

/* Removing. */

void
sa_request_remove_name(struct restconf_patch *patch, bool sad,
                       const char *name)
{
    add_edit(patch, "remove", sad ? SAD : SPD, name, NULL);
}

void
sa_request_remove(struct restconf_patch *patch, const struct path *path,
                  const struct path_hop *hop, bool outbound)
{
    char name[SA_REQUEST_NAME_LEN];
    sa_request_policy_name(path, hop, outbound, name);
    sa_request_remove_name(patch, false, name);
    sa_request_sa_name(hop, name);
    sa_request_remove_name(patch, true, name);
}
