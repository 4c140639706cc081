/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/datastore/spd-parse.h"

#include <string.h>

#include "lib/address.h"
#include "lib/suite.h"
#include "packets.h"
#include "util.h"
#include "vnf-agent/backend/own-ips.h"
#include "vnf-agent/datastore/sad-spd.h"
#include "vnf-agent/yang/yang-error.h"

#define refuse_spd(ENTRY, LEAF, ...) \
    sad_spd_refuse(DATASTORE_SPD, ENTRY, LEAF, __VA_ARGS__)

#define SA_CFG "processing-info/ipsec-sa-cfg/"

/* Returns true if an entry of the list "encryption" names the suite's cipher.
 * (ChaCha20 has keys of one length, whatever the default of the schema.) */
static bool
lists_encryption(const json_t *algs, const struct suite *suite)
{
    const json_t *list = json_object_get(algs, "encryption");
    const json_t *encryption;
    size_t i;

    json_array_foreach (list, i, encryption) {
        if (sad_spd_get_uint(encryption, "algorithm-type", 20)
            == suite->encryption
            && (suite->encryption == SUITE_ENCR_CHACHA20_POLY1305
                || sad_spd_get_uint(encryption, "key-length", 128)
                == suite->key_size * 8)) {
            return true;
        }
    }
    return !json_array_size(list);
}

static bool
lists_integrity(const json_t *algs, const struct suite *suite)
{
    const json_t *list = json_object_get(algs, "integrity");
    const json_t *integrity;
    size_t i;

    json_array_foreach (list, i, integrity) {
        if (json_integer_value(integrity) == suite->integrity) {
            return true;
        }
    }
    return !suite->integrity || !json_array_size(list);
}

/* Returns the suites that the container esp-algorithms allows, as `struct
 * policy' has them; all of them if it lists nothing. */
static uint32_t
parse_suites(const json_t *algs)
{
    uint32_t allowed = 0;

    for (size_t i = 0; i < n_suites; i++) {
        if (lists_encryption(algs, &suites[i])
            && lists_integrity(algs, &suites[i])) {
            allowed |= UINT32_C(1) << i;
        }
    }
    return allowed;
}

/* Reads the addresses of the tunnel.  One end must be this gateway. */
static struct yang_error *
parse_tunnel(const json_t *entry, const json_t *tunnel,
             const struct own_ips *own_ips, struct policy *policy)
{
    bool outbound = policy->direction == SA_OUTBOUND;

    if (!sad_spd_parse_tunnel(tunnel, &policy->tunnel_src,
                              &policy->tunnel_dst)
        && own_ips_contains(own_ips, (outbound ? &policy->tunnel_src
                                      : &policy->tunnel_dst))) {
        const char *why = address_not_unicast(outbound ? &policy->tunnel_dst
                                              : &policy->tunnel_src);
        return (why ? refuse_spd(entry, SA_CFG "tunnel", "%s must be a "
                                 "unicast IP address, not %s",
                                 outbound ? "remote" : "local", why) : NULL);
    }
    char *ips = own_ips_format(own_ips);
    struct yang_error *error = refuse_spd(
        entry, SA_CFG "tunnel", "%s must be this gateway (%s), and both of "
        "one address family: local is the source, remote the destination",
        outbound ? "local" : "remote", ips);
    free(ips);
    return error;
}

/* Reads the demands of the policy on its SAs. */
static struct yang_error *
parse_sa_cfg(const json_t *entry, const json_t *sa_cfg,
             const struct own_ips *own_ips, struct policy *policy)
{
    const json_t *tunnel = json_object_get(sa_cfg, "tunnel");
    const char *mode = sad_spd_get_string(sa_cfg, "mode", "transport");

    policy->mode = !strcmp(mode, "tunnel") ? SA_TUNNEL : SA_TRANSPORT;
    policy->esn = sad_spd_get_bool(sa_cfg, "ext-seq-num", false);
    policy->suites = parse_suites(json_object_get(sa_cfg, "esp-algorithms"));
    if (!policy->suites) {
        return refuse_spd(entry, SA_CFG "esp-algorithms",
                          "no two of these make a suite: AES-CBC (12) goes "
                          "with HMAC-SHA2-256-128 (12)");
    }
    policy->df = sad_spd_parse_df(tunnel);
    policy->bypass_dscp = sad_spd_get_bool(tunnel, "bypass-dscp", true);
    sad_spd_parse_dscp_map(tunnel, policy->dscp_map);
    return (policy->mode == SA_TUNNEL
            ? parse_tunnel(entry, tunnel, own_ips, policy) : NULL);
}

static struct yang_error *
parse_config(const json_t *entry, const json_t *config,
             const struct own_ips *own_ips, struct policy *policy)
{
    const json_t *processing = json_object_get(config, "processing-info");
    const char *bad = sad_spd_parse_selector(
        json_object_get(config, "traffic-selector"), &policy->selector);

    if (bad) {
        return refuse_spd(entry, bad, SAD_SPD_ONE_FAMILY);
    }
    policy->action = (!strcmp(sad_spd_get_string(processing, "action",
                                                 "discard"), "protect")
                      ? POLICY_PROTECT : POLICY_DISCARD);
    return (policy->action == POLICY_PROTECT
            ? parse_sa_cfg(entry, json_object_get(processing, "ipsec-sa-cfg"),
                           own_ips, policy)
            : NULL);
}

struct yang_error *
spd_parse(const json_t *entry, const struct own_ips *own_ips,
          struct policy **policyp)
{
    const char *direction = sad_spd_get_string(entry, "direction", "");
    struct policy *policy = xzalloc(sizeof *policy);

    *policyp = NULL;
    policy->name = xstrdup(sad_spd_get_string(entry, "name", ""));
    policy->direction = (!strcmp(direction, "outbound") ? SA_OUTBOUND
                         : SA_INBOUND);
    policy->vlan = sad_spd_get_uint(entry, "sdsa-agent:vlan", 0);
    policy->reqid = sad_spd_get_uint(entry, "reqid", 0);
    policy->outbound_spi = sad_spd_get_uint(entry, "sdsa-agent:outbound-spi",
                                            0);
    struct yang_error *error = parse_config(
        entry, json_object_get(entry, "ipsec-policy-config"), own_ips,
        policy);
    if (error) {
        policy_destroy(policy);
        return error;
    }
    *policyp = policy;
    return NULL;
}
