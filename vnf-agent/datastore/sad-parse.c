/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/datastore/sad-parse.h"

#include <string.h>

#include "lib/address.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "packets.h"
#include "util.h"
#include "vnf-agent/backend/own-ips.h"
#include "vnf-agent/datastore/sad-spd.h"
#include "vnf-agent/yang/yang-error.h"

#define refuse_sad(ENTRY, LEAF, ...) \
    sad_spd_refuse(DATASTORE_SAD, ENTRY, LEAF, __VA_ARGS__)

#define ESP_SA "esp-sa/"

/* Keys. */

static json_t *
esp_sa(const json_t *entry)
{
    return json_object_get(json_object_get(entry, "ipsec-sa-config"),
                           "esp-sa");
}

static void
wipe_string(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    const char *s = json_string_value(value);
    if (s) {
        char placeholder[] = "00";
        json_string_set(value, placeholder);
    }
}

void
sad_keys_destroy(struct sad_keys *keys)
{
    secret_destroy(keys->encryption);
    secret_destroy(keys->integrity);
    *keys = (struct sad_keys) { .encryption = NULL };
}

/* Moves the key from the container 'name' of the entry's esp-sa to '*keyp'.
 * 'leaf' is the path of the key. */
static struct yang_error *
pop_key(json_t *entry, const char *name, const char *leaf,
        struct secret **keyp)
{
    json_t *container = json_object_get(esp_sa(entry), name);
    const json_t *key = json_object_get(container, "key");
    const char *hex = json_string_value(key);

    *keyp = hex ? secret_from_hex(hex, strlen(hex)) : NULL;
    wipe_string(container, "key");
    return (!key || *keyp ? NULL
            : refuse_sad(entry, leaf, "must be a string of hex octets joined "
                         "by colons"));
}

struct yang_error *
sad_keys_pop(json_t *entry, struct sad_keys *keys)
{
    *keys = (struct sad_keys) { .encryption = NULL };
    wipe_string(json_object_get(esp_sa(entry), "encryption"), "iv");

    struct yang_error *error = pop_key(entry, "encryption",
                                       ESP_SA "encryption/key",
                                       &keys->encryption);
    struct yang_error *other = pop_key(entry, "integrity",
                                       ESP_SA "integrity/key",
                                       &keys->integrity);
    if (error) {
        yang_error_destroy(other);
    }
    error = error ? error : other;
    if (error) {
        sad_keys_destroy(keys);
    }
    return error;
}

void
sad_keys_strip(json_t *entry)
{
    json_t *encryption = json_object_get(esp_sa(entry), "encryption");
    json_object_del(encryption, "key");
    json_object_del(encryption, "iv");
    json_object_del(json_object_get(esp_sa(entry), "integrity"), "key");
}

/* Entries. */

static void
parse_lifetime(const json_t *json, struct sa_lifetime *lifetime)
{
    lifetime->time_s = sad_spd_get_uint(json, "time", 0);
    lifetime->bytes = sad_spd_get_uint(json, "bytes", 0);
    lifetime->packets = sad_spd_get_uint(json, "packets", 0);
    lifetime->idle_s = sad_spd_get_uint(json, "idle", 0);
}

/* Returns a refusal of the key that is wrong: the keys fit no suite with these
 * algorithms. */
static struct yang_error *
refuse_keys(const json_t *entry, uint16_t alg, const struct sad_keys *keys)
{
    if (suite_is_aead(alg) && keys->integrity) {
        return refuse_sad(entry, ESP_SA "integrity/key",
                          "this encryption-algorithm brings integrity with "
                          "it: all key octets are in encryption/key");
    }
    if (!suite_is_aead(alg)
        && (!keys->integrity || secret_size(keys->integrity) != 32)) {
        return refuse_sad(entry, ESP_SA "integrity/key",
                          "HMAC-SHA2-256-128 takes 32 octets (RFC 4868 "
                          "s.2.1.1)");
    }
    return refuse_sad(entry, ESP_SA "encryption/key",
                      "a key of %"PRIuSIZE" octets is not supported: AES "
                      "takes 16 or 32 octets, ChaCha20 32, an AEAD 4 more of "
                      "salt (RFC 4106 s.8.1, RFC 7634 s.2)",
                      secret_size(keys->encryption));
}

static struct yang_error *
parse_suite(const json_t *entry, const json_t *config,
            const struct sad_keys *keys, const struct sa *like, struct sa *sa)
{
    const json_t *esp = json_object_get(config, "esp-sa");
    const json_t *encryption = json_object_get(esp, "encryption");
    uint16_t alg = sad_spd_get_uint(encryption, "encryption-algorithm", 12);
    /* The schema's default, but an AEAD has no other integrity. */
    uint16_t auth = sad_spd_get_uint(json_object_get(esp, "integrity"),
                                     "integrity-algorithm",
                                     suite_is_aead(alg) ? 0 : 12);

    if (!suite_has_number(alg, auth)) {
        return refuse_sad(entry, ESP_SA "integrity/integrity-algorithm",
                          "%"PRIu16" does not go with encryption-algorithm "
                          "%"PRIu16": AES-CBC (12) takes HMAC-SHA2-256-128 "
                          "(12), an AEAD none (0)", auth, alg);
    }
    if (!keys->encryption && !keys->integrity && like
        && like->suite->encryption == alg && like->suite->integrity == auth) {
        sa->suite = like->suite;
        return NULL;
    }
    if (!keys->encryption) {
        return refuse_sad(entry, ESP_SA "encryption/key",
                          "a new SA needs its key");
    }
    sa->suite = suite_by_number(alg, auth, secret_size(keys->encryption),
                                keys->integrity
                                ? secret_size(keys->integrity) : 0);
    return sa->suite ? NULL : refuse_keys(entry, alg, keys);
}

/* Sets the direction of 'sa' by the end that is this gateway.  An address of
 * before may be another gateway's now, so the present one decides first.
 * Returns false if there is no such end, or both are. */
static bool
find_direction(const struct own_ips *own_ips, struct sa *sa)
{
    for (size_t i = 0; i < own_ips->n; i++) {
        bool is_src = ipv6_addr_equals(&sa->tunnel_src, &own_ips->ips[i]);

        if (is_src != ipv6_addr_equals(&sa->tunnel_dst, &own_ips->ips[i])) {
            sa->direction = is_src ? SA_OUTBOUND : SA_INBOUND;
            return true;
        }
    }
    return false;
}

/* Reads the outer addresses: those of the tunnel, or in transport mode those
 * of the selector. */
static struct yang_error *
parse_addresses(const json_t *entry, const json_t *config,
                const struct own_ips *own_ips, struct sa *sa)
{
    const char *mode = sad_spd_get_string(config, "mode", "transport");
    const char *what = "tunnel";

    sa->mode = !strcmp(mode, "tunnel") ? SA_TUNNEL : SA_TRANSPORT;
    const char *bad = sad_spd_parse_selector(
        json_object_get(config, "traffic-selector"), &sa->selector);
    if (!bad && sa->mode == SA_TUNNEL) {
        bad = sad_spd_parse_tunnel(json_object_get(config, "tunnel"),
                                   &sa->tunnel_src, &sa->tunnel_dst);
    }
    if (bad) {
        return refuse_sad(entry, bad, SAD_SPD_ONE_FAMILY);
    }
    if (sa->mode == SA_TRANSPORT) {
        what = "traffic-selector";
        sa->tunnel_src = sa->selector.src;
        sa->tunnel_dst = sa->selector.dst;
        if (!ipv6_mask_is_exact(&sa->selector.src_mask)
            || !ipv6_mask_is_exact(&sa->selector.dst_mask)) {
            return refuse_sad(entry, "traffic-selector",
                              "in transport mode both prefixes must be "
                              "hosts");
        }
    }
    if (!find_direction(own_ips, sa)) {
        char *ips = own_ips_format(own_ips);
        struct yang_error *error = refuse_sad(
            entry, what, "exactly one end must be this gateway (%s): local is "
            "the source and remote the destination of the SA's traffic", ips);
        free(ips);
        return error;
    }
    const char *why = address_not_unicast(sa->direction == SA_INBOUND
                                          ? &sa->tunnel_src : &sa->tunnel_dst);
    return (why ? refuse_sad(entry, what, "the end that is not this gateway "
                             "must be a unicast IP address, not %s", why)
            : NULL);
}

static struct yang_error *
parse_encapsulation(const json_t *entry, const json_t *config, struct sa *sa)
{
    const json_t *encap = json_object_get(config, "encapsulation-type");

    if (!strcmp(sad_spd_get_string(encap, "espencap", "none"), "none")) {
        return NULL;
    }
    if (sa->mode != SA_TUNNEL) {
        return refuse_sad(entry, "encapsulation-type/espencap",
                          "ESP goes into UDP in tunnel mode only");
    }
    sa->udp = true;
    sa->udp_src = sad_spd_get_uint(encap, "sport", 4500);
    sa->udp_dst = sad_spd_get_uint(encap, "dport", 4500);
    return NULL;
}

/* Reads the rules for the outer header. */
static void
parse_header(const json_t *tunnel, struct sa *sa)
{
    const json_t *bypass = json_object_get(tunnel, "bypass-dscp");
    const json_t *value;
    size_t i;

    sa->df = sad_spd_parse_df(tunnel);
    if (json_is_false(bypass)) {
        sa->dscp = SA_DSCP_MAP;
        sad_spd_parse_dscp_map(tunnel, sa->dscp_map);
    } else {
        sa->dscp = bypass ? SA_DSCP_COPY : SA_DSCP_AS_POLICY;
    }
    json_array_foreach (json_object_get(tunnel, "dscp-values"), i, value) {
        sa->inner_dscps |= UINT64_C(1) << json_integer_value(value);
    }
}

struct yang_error *
sad_parse(const json_t *entry, const struct own_ips *own_ips,
          const struct sad_keys *keys, const struct sa *like, struct sa **sap)
{
    const json_t *config = json_object_get(entry, "ipsec-sa-config");
    const json_t *soft = json_object_get(config, "sa-lifetime-soft");
    struct sa *sa = xzalloc(sizeof *sa);

    *sap = NULL;
    sa->name = xstrdup(sad_spd_get_string(entry, "name", ""));
    struct yang_error *error = parse_suite(entry, config, keys, like, sa);
    error = error ? error : parse_addresses(entry, config, own_ips, sa);
    error = error ? error : parse_encapsulation(entry, config, sa);
    if (error) {
        sa_destroy(sa);
        return error;
    }

    sa->spi = sad_spd_get_uint(config, "spi", 0);
    sa->vlan = sad_spd_get_uint(entry, "sdsa-agent:vlan", 0);
    sa->reqid = sad_spd_get_uint(entry, "reqid", 0);
    sa->esn = sad_spd_get_bool(config, "ext-seq-num", true);
    sa->replay_window = sad_spd_get_uint(config, "anti-replay-window-size",
                                         64);
    parse_lifetime(json_object_get(config, "sa-lifetime-hard"), &sa->hard);
    parse_lifetime(soft, &sa->soft);
    sa->soft_ends = !strcmp(sad_spd_get_string(soft, "action", "replace"),
                            "terminate-hold");
    parse_header(json_object_get(config, "tunnel"), sa);
    if (keys->encryption) {
        sa->key = secret_join(keys->encryption, keys->integrity);
        sa->key_check = xmalloc(SECRET_CHECK_STRLEN);
        secret_check(sa->key, sa->spi, sa->key_check);
    } else {
        sa->key_check = xstrdup(like->key_check);
    }
    *sap = sa;
    return NULL;
}
