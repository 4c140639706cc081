/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/view/path-idl.h"

#include "lib/address.h"
#include "lib/boot-clock.h"
#include "lib/sdsa-idl.h"
#include "lib/suite.h"
#include "ofctl-app/model/match.h"
#include "ofctl-app/model/path.h"
#include "ofctl-app/view/totals.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(path_idl);

/* Reads one hop of 'path' into its stage, which its SI says. */
static bool
read_hop(const struct sdsa_hop *row, struct path *path)
{
    size_t stage = path_stage(row->si);
    if (stage > path->n_sfs || path->hops[stage] || row->n_sas < 1) {
        return false;
    }
    struct path_hop *hop = xzalloc(sizeof *hop);
    path->hops[stage] = hop;
    hop->si = row->si;
    hop->sender = xstrdup(row->sender);
    address_parse(row->sender_ip, &hop->sender_ip);
    address_parse(row->receiver_ip, &hop->receiver_ip);
    hop->sender_vlan = row->sender_vlan;
    hop->receiver = xstrdup(row->receiver);
    hop->receiver_vlan = row->receiver_vlan;
    hop->esp_spi = row->sas[0]->spi;
    ovs_strlcpy(hop->key_check, row->sas[0]->key_check, sizeof hop->key_check);
    hop->created_s = row->sas[0]->created;
    hop->n_probes = sa_probes(row->sas[0], "packets");
    hop->probe_bytes = sa_probes(row->sas[0], "bytes");
    hop->made_s = path_made_s(hop->created_s, time_wall(), boot_clock_s());
    return path_route_parse(row->route, hop);
}

/* Does it parse, and is it as we write it? */
static bool
is_canonical(const char *match)
{
    char *canonical;
    char *error = match_canonicalize(match, true, &canonical);
    bool ok = !error && !strcmp(match, canonical);
    free(error);
    free(canonical);
    return ok;
}

struct path *
path_from_idl(const struct sdsa_path *row)
{
    struct path *path = xzalloc(sizeof *path);
    path->nsh_spi = row->nsh_spi;
    path->chain = xstrdup(row->chain);
    path->reverse = !strcmp(row->direction, "reverse");
    path->state = (!strcmp(row->state, "preparing") ? PATH_PREPARING
                   : !strcmp(row->state, "active") ? PATH_ACTIVE
                   : PATH_RELEASING);
    path->backup = row->backup;
    path->src = xstrdup(row->src);
    path->dst = xstrdup(row->dst);
    path->match = xstrdup(row->match);
    path->priority = row->priority;
    path->suite = suite_by_name(row->suite);
    path->lifetime_s = row->lifetime;
    path->lifetime_bytes = row->lifetime_bytes;
    path->lifetime_packets = row->lifetime_packets;
    path->n_sfs = row->n_sfs;
    path->sfs = xcalloc(row->n_sfs + 1, sizeof *path->sfs);
    path->sf_vlans = xcalloc(row->n_sfs + 1, sizeof *path->sf_vlans);
    path->hops = xcalloc(row->n_sfs + 1, sizeof *path->hops);

    bool ok = (path->suite && row->n_sf_vlans == row->n_sfs
               && row->priority >= 0 && row->priority <= 999
               && row->lifetime >= 0 && row->lifetime <= UINT32_MAX
               && is_canonical(row->match));
    for (size_t i = 0; i < row->n_sfs; i++) {
        path->sfs[i] = xstrdup(row->value_sfs[i]);
        int64_t vlan = ok ? row->value_sf_vlans[i] : 0;
        ok = ok && vlan >= 0 && vlan <= 4094;
        path->sf_vlans[i] = ok ? vlan : 0;
    }
    for (size_t i = 0; i < row->n_hops && ok; i++) {
        ok = read_hop(row->hops[i], path);
    }
    if (!ok) {
        VLOG_ERR("path %"PRId64" of chain %s in the database makes no sense",
                 row->nsh_spi, row->chain);
        path_destroy(path);
        return NULL;
    }
    return path;
}
