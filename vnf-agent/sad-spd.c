/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/sad-spd.h"

#include <string.h>

#include "lib/address.h"
#include "lib/sa.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "packets.h"
#include "util.h"
#include "vnf-agent/rc-error.h"

/* Reading JSON.  Everything has passed the schema: types are right, mandatory
 * nodes are there. */

static const char *
get_string(const json_t *object, const char *key, const char *def)
{
    const char *s = json_string_value(json_object_get(object, key));
    return s ? s : def;
}

static bool
get_bool(const json_t *object, const char *key, bool def)
{
    const json_t *value = json_object_get(object, key);
    return value ? json_is_true(value) : def;
}

uint64_t
sad_spd_get_uint(const json_t *object, const char *key, uint64_t def)
{
    const json_t *value = json_object_get(object, key);
    const char *s = json_string_value(value);
    return !value ? def : s ? strtoull(s, NULL, 0)
                  : (uint64_t) json_integer_value(value);
}

/* A refusal of 'leaf' in the entry of 'list' that is named. */
static struct rc_error * OVS_PRINTF_FORMAT(4, 5)
refuse(const char *list, const json_t *entry, const char *leaf,
       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *message = xvasprintf(format, args);
    va_end(args);
    return rc_error_create(
        400, "invalid-value",
        xasprintf("/ietf-i2nsf-ikeless:ipsec-ikeless/%.3s/%s[name='%s']/%s",
                  list, list, get_string(entry, "name", ""), leaf), message);
}

#define refuse_sad(ENTRY, LEAF, ...) refuse("sad-entry", ENTRY, LEAF, __VA_ARGS__)
#define refuse_spd(ENTRY, LEAF, ...) refuse("spd-entry", ENTRY, LEAF, __VA_ARGS__)

/* Names. */

/* Renames the members of 'object' that carry 'prefix' without need. */
static struct rc_error *
unqualify_members(json_t *object, const char *prefix)
{
    struct rc_error *error = NULL;
    const char *name;
    void *tmp;
    json_t *value;

    json_object_foreach_safe (object, tmp, name, value) {
        if (name[0] == '@') {
            return rc_error_format(400, "unknown-attribute",
                                   "annotations are not supported");
        }
        error = sad_spd_unqualify(value, prefix);
        if (error) {
            return error;
        }
        if (!strncmp(name, prefix, strlen(prefix))) {
            char *plain = xstrdup(name + strlen(prefix));
            bool twice = json_object_get(object, plain) != NULL;
            if (!twice) {
                json_object_set(object, plain, value);
                json_object_del(object, name);
            }
            free(plain);
            if (twice) {
                return rc_error_format(400, "malformed-message",
                                       "a member is there twice");
            }
        }
    }
    return NULL;
}

struct rc_error *
sad_spd_unqualify(json_t *json, const char *prefix)
{
    if (json_is_array(json)) {
        struct rc_error *error;
        json_t *value;
        size_t i;

        json_array_foreach (json, i, value) {
            error = sad_spd_unqualify(value, prefix);
            if (error) {
                return error;
            }
        }
        return NULL;
    }
    return json_is_object(json) ? unqualify_members(json, prefix) : NULL;
}

struct rc_error *
sad_spd_unqualify_below(json_t *json, const char *prefix)
{
    struct rc_error *error = NULL;
    const char *name;
    json_t *value;

    json_object_foreach (json, name, value) {
        error = error ? error : sad_spd_unqualify(value, prefix);
    }
    return error;
}

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

/* Takes the key out of the container 'name' of the entry's esp-sa. */
static struct rc_error *
take_key(json_t *entry, const char *name, struct secret **keyp)
{
    json_t *container = json_object_get(esp_sa(entry), name);
    const json_t *key = json_object_get(container, "key");
    const char *hex = json_string_value(key);

    *keyp = hex ? secret_from_hex(hex, strlen(hex)) : NULL;
    wipe_string(container, "key");
    if (key && !*keyp) {
        char *leaf = xasprintf("ipsec-sa-config/esp-sa/%s/key", name);
        struct rc_error *error
            = refuse_sad(entry, leaf, "must be a string of hex octets joined "
                         "by colons");

        free(leaf);
        return error;
    }
    return NULL;
}

struct rc_error *
sad_take_keys(json_t *entry, struct sad_keys *keys)
{
    *keys = (struct sad_keys) { .encryption = NULL };
    wipe_string(json_object_get(esp_sa(entry), "encryption"), "iv");

    struct rc_error *error = take_key(entry, "encryption", &keys->encryption);
    struct rc_error *other = take_key(entry, "integrity", &keys->integrity);
    if (error) {
        rc_error_destroy(other);
    }
    error = error ? error : other;
    if (error) {
        sad_keys_destroy(keys);
    }
    return error;
}

void
sad_strip_keys(json_t *entry)
{
    json_t *encryption = json_object_get(esp_sa(entry), "encryption");
    json_object_del(encryption, "key");
    json_object_del(encryption, "iv");
    json_object_del(json_object_get(esp_sa(entry), "integrity"), "key");
}

/* Selectors. */

/* Reads a prefix of either family. */
static enum sa_family
parse_prefix(const char *text, struct in6_addr *ip, struct in6_addr *mask)
{
    bool is_ipv4 = !strchr(text, ':');
    ovs_be32 ip4, mask4;
    char *error = (is_ipv4 ? ip_parse_masked(text, &ip4, &mask4)
                   : ipv6_parse_masked(text, ip, mask));
    if (error) {
        free(error);
        return SA_FAMILY_ANY;
    }
    if (is_ipv4) {
        *ip = in6_addr_mapped_ipv4(ip4);
        *mask = in6_addr_mapped_ipv4(mask4);
        memset(mask, 0xff, sizeof *mask - sizeof mask4);
    }
    *ip = ipv6_addr_bitand(ip, mask);
    return is_ipv4 ? SA_FAMILY_IPV4 : SA_FAMILY_IPV6;
}

/* One range of ports, or none for any.  Returns false if there are more. */
static bool
parse_ports(const json_t *selector, const char *key, uint16_t *min,
            uint16_t *max)
{
    const json_t *ranges = json_object_get(selector, key);
    *min = 0;
    *max = UINT16_MAX;
    if (json_array_size(ranges) > 1) {
        return false;
    }
    if (json_array_size(ranges) == 1) {
        const json_t *range = json_array_get(ranges, 0);
        *min = sad_spd_get_uint(range, "start", 0);
        *max = sad_spd_get_uint(range, "end", UINT16_MAX);
        if (!*max) {
            *max = UINT16_MAX;  /* RFC 9061: 0 to 0 is any. */
        }
    }
    return *min <= *max;
}

/* Returns the name of the leaf that this gateway cannot do, or NULL. */
static const char *
parse_selector(const json_t *json, struct sa_selector *sel)
{
    const json_t *protocol = json_object_get(json, "inner-protocol");
    *sel = (struct sa_selector) SA_SELECTOR_ANY;
    sel->family = parse_prefix(get_string(json, "local-prefix", "0.0.0.0/0"),
                               &sel->src, &sel->src_mask);
    if (sel->family == SA_FAMILY_ANY) {
        return "traffic-selector/local-prefix";
    }
    if (parse_prefix(get_string(json, "remote-prefix", "0.0.0.0/0"),
                     &sel->dst, &sel->dst_mask) != sel->family) {
        return "traffic-selector/remote-prefix";
    }
    if (json_is_integer(protocol)) {
        sel->protocol = json_integer_value(protocol);
    }
    if (!parse_ports(json, "local-ports", &sel->src_port_min,
                     &sel->src_port_max)) {
        return "traffic-selector/local-ports";
    }
    if (!parse_ports(json, "remote-ports", &sel->dst_port_min,
                     &sel->dst_port_max)) {
        return "traffic-selector/remote-ports";
    }
    return NULL;
}

/* Outer addresses, of one family; local is the source and remote the
 * destination. */
static const char *
parse_tunnel(const json_t *tunnel, struct in6_addr *src, struct in6_addr *dst)
{
    return (!address_parse(get_string(tunnel, "local", ""), src)
            ? "tunnel/local"
            : !address_parse(get_string(tunnel, "remote", ""), dst)
              || address_is_ipv6(src) != address_is_ipv6(dst)
            ? "tunnel/remote" : NULL);
}

/* What this gateway cannot do with the outer header, in words, or NULL. */
static const char *
check_tunnel(const json_t *tunnel)
{
    return (json_array_size(json_object_get(tunnel, "dscp-mapping"))
            ? "dscp-mapping is not supported"
            : json_array_size(json_object_get(tunnel, "dscp-values"))
            ? "dscp-values is not supported"
            : NULL);
}

#define ONE_FAMILY \
    "both must be of one address family, and one range of ports is supported"
#define NO_CLEAR "nothing passes this gateway in clear, ever: use "

#define MAX_WINDOW 4096         /* Packets, of the replay check. */

/* SAD. */

static void
parse_lifetime(const json_t *json, struct sa_lifetime *lifetime)
{
    lifetime->time_s = sad_spd_get_uint(json, "time", 0);
    lifetime->bytes = sad_spd_get_uint(json, "bytes", 0);
    lifetime->packets = sad_spd_get_uint(json, "packets", 0);
    lifetime->idle_s = sad_spd_get_uint(json, "idle", 0);
}

/* What RFC 9061 allows and we do not do. */
static struct rc_error *
check_sad(const json_t *entry, const json_t *config)
{
    const json_t *encap = json_object_get(config, "encapsulation-type");
    if (strcmp(get_string(config, "mode", "transport"), "tunnel")) {
        return refuse_sad(entry, "ipsec-sa-config/mode",
                          "only tunnel mode is supported");
    }
    if (get_bool(config, "seq-overflow", false)) {
        return refuse_sad(entry, "ipsec-sa-config/seq-overflow",
                          "a sequence number never starts over here: renew "
                          "the SA before it ends");
    }
    if (strcmp(get_string(encap, "espencap", "none"), "none")) {
        return refuse_sad(entry, "ipsec-sa-config/encapsulation-type/espencap",
                          "ESP is not put into UDP or TCP here");
    }
    if (sad_spd_get_uint(config, "spi", 0) < 256) {
        return refuse_sad(entry, "ipsec-sa-config/spi",
                          "SPIs below 256 are reserved (RFC 4303 s.2.1)");
    }
    if (sad_spd_get_uint(config, "anti-replay-window-size", 64) > MAX_WINDOW) {
        return refuse_sad(entry, "ipsec-sa-config/anti-replay-window-size",
                          "at most %d packets", MAX_WINDOW);
    }
    if (!strcmp(get_string(json_object_get(config, "sa-lifetime-soft"),
                           "action", "replace"), "terminate-clear")) {
        return refuse_sad(entry, "ipsec-sa-config/sa-lifetime-soft/action",
                          NO_CLEAR "replace or terminate-hold");
    }
    const char *bad = check_tunnel(json_object_get(config, "tunnel"));
    if (bad) {
        return refuse_sad(entry, "ipsec-sa-config/tunnel", "%s", bad);
    }
    return NULL;
}

#define ESP_SA "ipsec-sa-config/esp-sa/"

/* Which algorithms there are. */
#define ALGORITHMS \
    "use 20 (AES-GCM-16), 28 (ChaCha20-Poly1305), or 12 (AES-CBC) with " \
    "integrity-algorithm 12 (HMAC-SHA2-256-128)"

/* If the entry says none it is the schema's default; but an AEAD has no other
 * integrity. */
static uint16_t
integrity_algorithm(const json_t *integrity, uint16_t encryption)
{
    return sad_spd_get_uint(integrity, "integrity-algorithm",
                            suite_is_aead(encryption) ? 0 : 12);
}

static struct rc_error *
refuse_algorithm(const json_t *entry, uint16_t alg, uint16_t auth)
{
    return (suite_has_encryption(alg)
            ? refuse_sad(entry, ESP_SA "integrity/integrity-algorithm",
                         "%"PRIu16" is not supported with "
                         "encryption-algorithm %"PRIu16": " ALGORITHMS, auth,
                         alg)
            : refuse_sad(entry, ESP_SA "encryption/encryption-algorithm",
                         "%"PRIu16" is not supported: " ALGORITHMS, alg));
}

/* The keys fit no suite with these algorithms: says which one is wrong. */
static struct rc_error *
refuse_keys(const json_t *entry, uint16_t alg, const struct sad_keys *keys)
{
    if (suite_is_aead(alg) && keys->integrity) {
        return refuse_sad(entry, ESP_SA "integrity/key",
                          "this encryption-algorithm brings integrity with it: "
                          "all key octets are in encryption/key");
    }
    if (!suite_is_aead(alg)
        && (!keys->integrity || secret_size(keys->integrity) != 32)) {
        return refuse_sad(entry, ESP_SA "integrity/key",
                          "HMAC-SHA2-256-128 takes 32 octets (RFC 4868 "
                          "s.2.1.1)");
    }
    return refuse_sad(entry, ESP_SA "encryption/key",
                      "a key of %"PRIuSIZE" octets is not supported: AES takes "
                      "16 or 32 octets, ChaCha20 32, an AEAD 4 more of salt "
                      "(RFC 4106 s.8.1, RFC 7634 s.2)",
                      secret_size(keys->encryption));
}

static struct rc_error *
parse_suite(const json_t *entry, const json_t *config,
            const struct sad_keys *keys, const struct sa *like, struct sa *sa)
{
    const json_t *esp = json_object_get(config, "esp-sa");
    const json_t *encryption = json_object_get(esp, "encryption");
    uint16_t alg = sad_spd_get_uint(encryption, "encryption-algorithm", 12);
    uint16_t auth = integrity_algorithm(json_object_get(esp, "integrity"),
                                        alg);

    if (!suite_has_number(alg, auth)) {
        return refuse_algorithm(entry, alg, auth);
    }
    if (json_object_get(encryption, "iv")) {
        return refuse_sad(entry, ESP_SA "encryption/iv",
                          "each packet has an IV of its own here: leave it "
                          "out");
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

static struct rc_error *
parse_addresses(const json_t *entry, const json_t *config,
                const struct in6_addr *own_ip, struct sa *sa)
{
    const char *bad = parse_selector(json_object_get(config,
                                                     "traffic-selector"),
                                     &sa->selector);
    bad = bad ? bad : parse_tunnel(json_object_get(config, "tunnel"),
                                   &sa->tunnel_src, &sa->tunnel_dst);
    if (bad) {
        char *leaf = xasprintf("ipsec-sa-config/%s", bad);
        struct rc_error *error = refuse_sad(entry, leaf, ONE_FAMILY);
        free(leaf);
        return error;
    }
    if (ipv6_addr_equals(&sa->tunnel_src, own_ip)
        == ipv6_addr_equals(&sa->tunnel_dst, own_ip)) {
        char ip[INET6_ADDRSTRLEN];
        return refuse_sad(entry, "ipsec-sa-config/tunnel",
                          "exactly one end must be this gateway (%s): "
                          "local is the source and remote the destination of "
                          "the SA's traffic", ipv6_string_mapped(ip, own_ip));
    }
    return NULL;
}

struct rc_error *
sad_parse(const json_t *entry, const struct in6_addr *own_ip,
          const struct sad_keys *keys, const struct sa *like, struct sa **sap)
{
    const json_t *config = json_object_get(entry, "ipsec-sa-config");
    struct sa *sa = xzalloc(sizeof *sa);
    *sap = NULL;
    sa->name = xstrdup(get_string(entry, "name", ""));
    struct rc_error *error = check_sad(entry, config);
    error = error ? error : parse_suite(entry, config, keys, like, sa);
    error = error ? error : parse_addresses(entry, config, own_ip, sa);
    if (error) {
        sa_destroy(sa);
        return error;
    }

    sa->spi = sad_spd_get_uint(config, "spi", 0);
    sa->direction = (ipv6_addr_equals(&sa->tunnel_dst, own_ip) ? SA_INBOUND
                     : SA_OUTBOUND);
    sa->vlan = sad_spd_get_uint(entry, "sdsa-agent:vlan", 0);
    sa->reqid = sad_spd_get_uint(entry, "reqid", 0);
    sa->esn = get_bool(config, "ext-seq-num", true);
    sa->replay_window = sad_spd_get_uint(config, "anti-replay-window-size",
                                         64);
    parse_lifetime(json_object_get(config, "sa-lifetime-hard"), &sa->hard);
    parse_lifetime(json_object_get(config, "sa-lifetime-soft"), &sa->soft);
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

/* SPD. */

/* What RFC 9061 allows and we do not do. */
static struct rc_error *
check_spd(const json_t *entry, const json_t *processing, bool outbound,
          const struct in6_addr *own_ip)
{
    const json_t *sa_cfg = json_object_get(processing, "ipsec-sa-cfg");
    const json_t *tunnel = json_object_get(sa_cfg, "tunnel");
    const json_t *algs = json_object_get(sa_cfg, "esp-algorithms");
    const char *action = get_string(processing, "action", "discard");
    struct in6_addr src, dst;

#define INFO "ipsec-policy-config/processing-info/"
#define SA_CFG INFO "ipsec-sa-cfg/"
    if (!strcmp(action, "bypass")) {
        return refuse_spd(entry, INFO "action", NO_CLEAR "protect or discard");
    }
    if (strcmp(action, "protect")) {
        return NULL;
    }
    if (strcmp(get_string(sa_cfg, "mode", "transport"), "tunnel")) {
        return refuse_spd(entry, SA_CFG "mode",
                          "only tunnel mode is supported");
    }
    static const char *const unsupported[] = {
        "seq-overflow", "pfp-flag", "stateful-frag-check",
    };
    for (size_t i = 0; i < ARRAY_SIZE(unsupported); i++) {
        if (get_bool(sa_cfg, unsupported[i], false)) {
            char *leaf = xasprintf(SA_CFG "%s", unsupported[i]);
            struct rc_error *error = refuse_spd(entry, leaf,
                                                "is not supported: use false");
            free(leaf);
            return error;
        }
    }
    if (get_bool(algs, "tfc-pad", false)) {
        return refuse_spd(entry, SA_CFG "esp-algorithms/tfc-pad",
                          "is not supported: use false");
    }
    const char *bad = check_tunnel(tunnel);
    if (bad) {
        return refuse_spd(entry, SA_CFG "tunnel", "%s", bad);
    }
    if (parse_tunnel(tunnel, &src, &dst)
        || !ipv6_addr_equals(outbound ? &src : &dst, own_ip)) {
        char ip[INET6_ADDRSTRLEN];
        return refuse_spd(entry, SA_CFG "tunnel",
                          "%s must be this gateway (%s): local is the "
                          "source, remote the destination",
                          outbound ? "local" : "remote",
                          ipv6_string_mapped(ip, own_ip));
    }
    return NULL;
}

struct rc_error *
spd_parse(const json_t *entry, const struct in6_addr *own_ip,
          struct policy **policyp)
{
    const json_t *config = json_object_get(entry, "ipsec-policy-config");
    const json_t *processing = json_object_get(config, "processing-info");
    const json_t *tunnel = json_object_get(
        json_object_get(processing, "ipsec-sa-cfg"), "tunnel");
    const char *action = get_string(processing, "action", "discard");
    bool outbound = !strcmp(get_string(entry, "direction", ""), "outbound");

    *policyp = NULL;
    struct rc_error *bad_entry = check_spd(entry, processing, outbound,
                                           own_ip);
    if (bad_entry) {
        return bad_entry;
    }

    struct sa_selector selector;
    const char *bad = parse_selector(json_object_get(config,
                                                     "traffic-selector"),
                                     &selector);
    if (bad) {
        char *leaf = xasprintf("ipsec-policy-config/%s", bad);
        struct rc_error *error = refuse_spd(entry, leaf, ONE_FAMILY);
        free(leaf);
        return error;
    }
    const char *df = get_string(tunnel, "df-bit", "clear");
    struct policy *policy = xmalloc(sizeof *policy);
    *policy = (struct policy) {
        .name = xstrdup(get_string(entry, "name", "")),
        .direction = outbound ? SA_OUTBOUND : SA_INBOUND,
        .vlan = sad_spd_get_uint(entry, "sdsa-agent:vlan", 0),
        .reqid = sad_spd_get_uint(entry, "reqid", 0),
        .outbound_spi = sad_spd_get_uint(entry, "sdsa-agent:outbound-spi", 0),
        .selector = selector,
        .action = (!strcmp(action, "protect") ? POLICY_PROTECT
                   : POLICY_DISCARD),
        .df = (!strcmp(df, "copy") ? SA_DF_COPY
               : !strcmp(df, "set") ? SA_DF_SET : SA_DF_CLEAR),
        .bypass_dscp = get_bool(tunnel, "bypass-dscp", true),
    };
    *policyp = policy;
    return NULL;
}
