/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/esp/show.h"

#include "lib/suite.h"
#include "openvswitch/dynamic-string.h"
#include "uuid.h"
#include "vnf-agent/backend/control-msg.h"
#include "vnf-agent/esp/engine.h"

void
show_hello(const struct control_hello *hello, struct ds *s)
{
    const struct backend_port *plain = &hello->plain;
    const struct backend_port *cipher = &hello->cipher;
    char *ips = own_ips_format(&hello->own_ips);

    ds_put_format(s, "boot id "UUID_FMT"\n", UUID_ARGS(&hello->boot_id));
    ds_put_format(s, "plain port %s: "ETH_ADDR_FMT", MTU %d\n",
                  hello->plain_port, ETH_ADDR_ARGS(plain->mac), plain->mtu);
    ds_put_format(s, "cipher port %s: "ETH_ADDR_FMT", MTU %d, %s\n",
                  hello->cipher_port, ETH_ADDR_ARGS(cipher->mac), cipher->mtu,
                  ips);
    free(ips);
    ds_put_format(s, "trouble: %s\n",
                  hello->reason[0] ? hello->reason : "none");
}

static void
show_ports(const char *name, const struct sa_ports *ports, struct ds *s)
{
    for (size_t i = 0; i < ports->n; i++) {
        ds_put_format(s, "%s%"PRIu16"-%"PRIu16, i ? "," : name,
                      ports->ranges[i].min, ports->ranges[i].max);
    }
}

static void
show_selector(const struct sa_selector *sel, struct ds *s)
{
    if (sel->protocol >= 0) {
        ds_put_format(s, ", protocol %d", sel->protocol);
    }
    show_ports(", source ports ", &sel->src_ports, s);
    show_ports(", destination ports ", &sel->dst_ports, s);
}

/* Shows the rules for DF and DSCP of the outer header that are not the usual
 * ones. */
static void
show_header(enum sa_df df, const uint8_t *dscp_map, struct ds *s)
{
    static const char *const dfs[] = {
        [SA_DF_AS_POLICY] = "", [SA_DF_CLEAR] = "",
        [SA_DF_SET] = ", DF set", [SA_DF_COPY] = ", DF copied",
    };

    ds_put_cstr(s, dfs[df]);
    for (int first = 0, i = 1; dscp_map && i <= SA_N_DSCPS; i++) {
        if (i == SA_N_DSCPS || dscp_map[i] != dscp_map[first]) {
            ds_put_format(s, ", DSCP %d-%d to %"PRIu8, first, i - 1,
                          dscp_map[first]);
            first = i;
        }
    }
}

static void
show_mode(const struct sa *sa, struct ds *s)
{
    ds_put_format(s, "    %s",
                  sa->mode == SA_TUNNEL ? "tunnel" : "transport");
    if (sa->udp) {
        ds_put_format(s, " in UDP %"PRIu16" -> %"PRIu16, sa->udp_src,
                      sa->udp_dst);
    }
    ds_put_format(s, ", window %"PRIu32"%s", sa->replay_window,
                  sa->soft_ends ? ", ends at its soft lifetime" : "");
    if (sa->inner_dscps) {
        ds_put_format(s, ", DSCPs 0x%"PRIx64, sa->inner_dscps);
    }
    show_header(sa->df, sa->dscp == SA_DSCP_MAP ? sa->dscp_map : NULL, s);
    show_selector(&sa->selector, s);
    ds_put_char(s, '\n');
}

static void
show_sa(const struct esp_sa *esp_sa, long long int now_ms, struct ds *s)
{
    const struct sa *sa = esp_sa->sa;
    char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
    struct sa_stats stats;

    esp_sa_get_stats(esp_sa, now_ms, &stats);
    ds_put_format(s, "SA %s: %s, SPI 0x%08"PRIx32", vlan %"PRIu16", reqid %"
                  PRIu64", %s -> %s, %s%s, key check %s%s\n",
                  sa->name, sa_direction_to_string(sa->direction), sa->spi,
                  sa->vlan, sa->reqid,
                  ipv6_string_mapped(src, &sa->tunnel_src),
                  ipv6_string_mapped(dst, &sa->tunnel_dst), sa->suite->name,
                  sa->esn ? " esn" : "", sa->key_check,
                  stats.hard_expired ? ", expired"
                  : stats.soft_expired ? ", soft expired" : "");
    show_mode(sa, s);
    ds_put_format(s, "    packets %"PRIu64", bytes %"PRIu64", seq %"PRIu64
                  ", replayed %"PRIu64", failed %"PRIu64", age %"PRIu32
                  " s, idle %"PRIu32" s\n",
                  stats.packets, stats.bytes, stats.seq, stats.replayed,
                  stats.failed, stats.age_s, stats.idle_s);
}

static void
show_policy(const struct policy *policy, struct ds *s)
{
    ds_put_format(s, "policy %s: %s, vlan %"PRIu16", reqid %"PRIu64", %s",
                  policy->name, sa_direction_to_string(policy->direction),
                  policy->vlan, policy->reqid,
                  policy->action == POLICY_PROTECT ? "protect" : "discard");
    if (policy->outbound_spi) {
        ds_put_format(s, " with SPI 0x%08"PRIx32, policy->outbound_spi);
    }
    if (policy->action == POLICY_PROTECT) {
        ds_put_format(s, ", %s, suites 0x%"PRIx32"%s",
                      policy->mode == SA_TUNNEL ? "tunnel" : "transport",
                      policy->suites, policy->esn ? ", ESN" : "");
        show_header(policy->df, policy->bypass_dscp ? NULL : policy->dscp_map,
                    s);
    }
    show_selector(&policy->selector, s);
    ds_put_char(s, '\n');
}

void
show_engine(const struct engine *engine, long long int now_ms, struct ds *s)
{
    const struct backend_stats *stats = &engine->stats;
    const struct esp_policy *esp_policy;
    const struct esp_sa *esp_sa;

    ds_put_format(s, "plain received %"PRIu64", sent %"PRIu64"\n",
                  stats->plain_rx, stats->plain_tx);
    ds_put_format(s, "cipher received %"PRIu64", sent %"PRIu64"\n",
                  stats->cipher_rx, stats->cipher_tx);
    for (size_t i = 0; i < BACKEND_N_DROPS; i++) {
        if (stats->drops[i]) {
            ds_put_format(s, "drop %s %"PRIu64"\n", backend_drop_to_string(i),
                          stats->drops[i]);
        }
    }
    LIST_FOR_EACH (esp_policy, all_node, &engine->tables->policy_list) {
        show_policy(esp_policy->policy, s);
    }
    LIST_FOR_EACH (esp_sa, all_node, &engine->tables->sa_list) {
        show_sa(esp_sa, now_ms, s);
    }
}
