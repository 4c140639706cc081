/* SPDX-License-Identifier: Apache-2.0 */

/* Commands that only print: lists, chain-show and show. */

#include <config.h>

#include "utilities/sdsa-ctl-private.h"

#include "lib/nsh.h"
#include "lib/sdsa-idl.h"
#include "ofctl-app/model/participant.h"
#include "ofctl-app/view/sorted.h"
#include "ofctl-app/view/totals.h"
#include "openvswitch/dynamic-string.h"
#include "smap.h"
#include "svec.h"
#include "table.h"
#include "timeval.h"
#include "util.h"

/* Time without a sign of an active controller, which gives one every 5 s,
 * after which there is none. */
#define CONTROLLER_SILENT_S 12

/* States. */

static bool
bridge_is_up(const struct sdsa_bridge *row)
{
    return smap_get_bool(&row->status, "connected", false);
}

static bool
gateway_is_up(const struct sdsa_gateway *row)
{
    return !strcmp(smap_get_def(&row->status, "state", "down"), "up");
}

/* Returns 'reason', or what is known if the controller has given none.  Caller
 * frees. */
static char *
reason_or_why_none(struct ovsdb_idl *idl, const char *reason)
{
    char *absence = sdsa_ctl_controller_absence(idl);
    char *text = xstrdup(reason ? reason
                         : absence ? "no controller is active"
                         : "the controller has not looked at it yet");
    free(absence);
    return text;
}

/* Returns why the bridge is not connected and what else is not as it should
 * be, with what to do; or "".  Caller frees. */
static char *
bridge_reason(struct ovsdb_idl *idl, const struct sdsa_bridge *row)
{
    const char *doubt = smap_get_def(&row->status, "doubt", "");
    if (bridge_is_up(row)) {
        return xstrdup(doubt);
    }
    char *reason = reason_or_why_none(idl, smap_get(&row->status, "reason"));
    char *text = xasprintf("%s%s%s", reason, doubt[0] ? "; " : "", doubt);
    free(reason);
    return text;
}

/* Returns "up", "avoided" (it is up, and seems not to work) or "down". */
static const char *
gateway_state(const struct sdsa_gateway *row)
{
    return (!gateway_is_up(row) ? "down"
            : smap_get(&row->status, "avoided") ? "avoided" : "up");
}

/* Returns the cipher address, of the registration if the row has none; or "".
 * It belongs to the row. */
static const char *
gateway_ip(struct ovsdb_idl *idl, const struct sdsa_gateway *row)
{
    const struct sdsa_registration *reg
        = row->cipher_ip[0] ? NULL : ctl_find_registration(idl, row->vnf_id);
    return reg ? reg->cipher_ip : row->cipher_ip;
}

/* The same of the URL. */
static const char *
gateway_url(struct ovsdb_idl *idl, const struct sdsa_gateway *row)
{
    const struct sdsa_registration *reg
        = row->url[0] ? NULL : ctl_find_registration(idl, row->vnf_id);
    return reg ? reg->url : row->url;
}

/* Returns why the gateway is in that state and what else is not as it should
 * be with it, or "".  Caller frees. */
static char *
gateway_reason(struct ovsdb_idl *idl, const struct sdsa_gateway *row)
{
    const char *doubt = smap_get_def(&row->status, "doubt", "");
    char *reason = (gateway_is_up(row)
                    ? xstrdup(smap_get_def(&row->status, "avoided", ""))
                    : reason_or_why_none(idl,
                                         smap_get(&row->status, "reason")));
    char *text = xasprintf("%s%s%s", reason,
                           reason[0] && doubt[0] ? "; " : "", doubt);
    free(reason);
    return text;
}

/* Returns an active path of the chain, if 'interrupted' one that carries no
 * traffic; NULL if there is none. */
static const struct sdsa_path *
find_active_path(struct ovsdb_idl *idl, const char *chain, bool interrupted)
{
    const struct sdsa_path *path;
    SDSA_PATH_FOR_EACH (path, idl) {
        if (!strcmp(path->chain, chain) && !strcmp(path->state, "active")
            && !path->backup && (!interrupted || path->reason[0])) {
            return path;
        }
    }
    return NULL;
}

/* Returns "up", "interrupted", "up, pending", "up, but the last change
 * failed", "failed" or "pending". */
static const char *
chain_state(struct ovsdb_idl *idl, const struct sdsa_chain *row)
{
    if (find_active_path(idl, row->name, true)) {
        return "interrupted";
    }
    bool up = find_active_path(idl, row->name, false);
    bool failed = row->reason[0] != '\0';
    bool pending = ctl_has_operation(idl, row->name)
                   || (!failed && row->applied < row->wanted);
    return (up ? (failed ? "up, but the last change failed"
                  : pending ? "up, pending" : "up")
            : failed ? "failed" : "pending");
}

/* Returns what is wrong with an operation of the chain, or "". */
static const char *
chain_trouble(const struct ovsdb_idl *idl, const char *chain)
{
    const struct sdsa_operation *op;
    SDSA_OPERATION_FOR_EACH (op, idl) {
        for (size_t i = 0; i < op->n_chains; i++) {
            if (!strcmp(op->chains[i], chain) && op->trouble[0]) {
                return op->trouble;
            }
        }
    }
    return "";
}

/* Returns why the chain is interrupted or has failed, or what it waits for; ""
 * if it is up.  Caller frees. */
static char *
chain_reason(struct ovsdb_idl *idl, const struct sdsa_chain *row)
{
    const struct sdsa_path *path = find_active_path(idl, row->name, true);
    const char *reason = path ? path->reason : row->reason;
    reason = reason[0] ? reason : chain_trouble(idl, row->name);
    char *absence = sdsa_ctl_controller_absence(idl);
    char *text = (path && row->waits[0]
                  ? xasprintf("%s; waits: %s", reason, row->waits)
                  : reason[0] ? xstrdup(reason)
                  : row->waits[0] ? xasprintf("waits: %s", row->waits)
                  : absence && row->applied < row->wanted
                  ? xstrdup("no controller is active") : xstrdup(""));
    free(absence);
    return text;
}

static char *
join_sfs(struct sdsa_service_function *const *sfs, size_t n)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    for (size_t i = 0; i < n; i++) {
        ds_put_format(&ds, "%s%s", i ? " " : "", sfs[i]->name);
    }
    return ds_steal_cstr(&ds);
}

static bool
is_one_way(const struct sdsa_chain *row)
{
    return !strcmp(row->way_back, "none");
}

/* Lists. */

static void
cmd_bridge_list(struct ctl_context *ctx)
{
    struct table *t = ctl_new_table(ctx, "name", "datapath_id", "connected",
                                    "reason", "declarations", NULL);
    const struct sdsa_bridge *row;
    SORTED(ctx->idl, row, SDSA_BRIDGE_FOR_EACH, xstrdup(row->name), {
        char *reason = bridge_reason(ctx->idl, row);
        ctl_add_cells(t, row->name, row->datapath_id,
                      bridge_is_up(row) ? "yes" : "no", reason,
                      row->declarations, NULL);
        free(reason);
    });
}

static void
cmd_link_list(struct ctl_context *ctx)
{
    struct table *t = ctl_new_table(ctx, "bridge", "port", "bridge", "port",
                                    "state", "reason", NULL);
    const struct sdsa_link *row;
    SORTED(ctx->idl, row, SDSA_LINK_FOR_EACH,
           xasprintf("%s %s", row->bridge_a->name, row->port_a), {
        ctl_add_cells(t, row->bridge_a->name, row->port_a, row->bridge_b->name,
                      row->port_b, row->state, row->reason, NULL);
    });
}

static void
cmd_endpoint_list(struct ctl_context *ctx)
{
    struct table *t = ctl_new_table(ctx, "name", "bridge", "port", "mac",
                                    "ips", "conflict", NULL);
    const struct sdsa_endpoint *row;
    SORTED(ctx->idl, row, SDSA_ENDPOINT_FOR_EACH, xstrdup(row->name), {
        struct ds ips = DS_EMPTY_INITIALIZER;
        for (size_t i = 0; i < row->n_ips; i++) {
            ds_put_format(&ips, "%s%s", i ? " " : "", row->ips[i]);
        }
        ctl_add_cells(t, row->name, row->bridge->name, row->port, row->mac,
                      ds_cstr(&ips), row->conflict, NULL);
        ds_destroy(&ips);
    });
}

static void
cmd_sf_list(struct ctl_context *ctx)
{
    struct table *t = ctl_new_table(ctx, "name", "bridge", "in_port",
                                    "out_port", "correlation", "mac", "group",
                                    "state", "reason", "conflict", NULL);
    const struct sdsa_service_function *row;
    SORTED(ctx->idl, row, SDSA_SERVICE_FUNCTION_FOR_EACH,
           xstrdup(row->name), {
        ctl_add_cells(t, row->name, row->bridge->name, row->in_port,
                      row->out_port, row->correlation,
                      row->mac ? row->mac : "", row->group,
                      row->down ? "marked down" : row->state,
                      row->reason, row->conflict, NULL);
    });
}

static void
cmd_gw_list(struct ctl_context *ctx)
{
    struct table *t = ctl_new_table(ctx, "vnf_id", "bridge", "plain_port",
                                    "cipher_port", "cipher_ip", "url", "state",
                                    "reason", "conflict", NULL);
    const struct sdsa_gateway *row;
    SORTED(ctx->idl, row, SDSA_GATEWAY_FOR_EACH, xstrdup(row->vnf_id), {
        char *reason = gateway_reason(ctx->idl, row);
        /* A conflict that makes it down is the reason already. */
        ctl_add_cells(t, row->vnf_id, row->bridge->name, row->plain_port,
                      row->cipher_port, gateway_ip(ctx->idl, row),
                      gateway_url(ctx->idl, row), gateway_state(row), reason,
                      strstr(reason, row->conflict) ? "" : row->conflict,
                      NULL);
        free(reason);
    });
}

static void
cmd_chain_list(struct ctl_context *ctx)
{
    struct table *t = ctl_new_table(ctx, "name", "src", "dst", "match",
                                    "functions", "state", "reason", NULL);
    const struct sdsa_chain *row;
    SORTED(ctx->idl, row, SDSA_CHAIN_FOR_EACH, xstrdup(row->name), {
        char *sfs = join_sfs(row->value_sfs, row->n_sfs);
        char *reason = chain_reason(ctx->idl, row);
        ctl_add_cells(t, row->name, row->src->name, row->dst->name, row->match,
                      sfs, chain_state(ctx->idl, row), reason, NULL);
        free(reason);
        free(sfs);
    });
}

/* Seconds since the SA was made; 0 if the wall clock was set back since. */
static int64_t
sa_age_s(const struct sdsa_sa *sa)
{
    return MAX(time_wall() - sa->created, 0);
}

/* Writes the counter of the SA, or "-" if no gateway has told it yet. */
static const char *
format_counter(const struct sdsa_sa *sa, const char *key, char text[24])
{
    int64_t value;
    if (!sa_has_counter(sa, key, &value)) {
        return "-";
    }
    snprintf(text, 24, "%"PRId64, value);
    return text;
}

static void
add_sa_row(struct table *t, const struct sdsa_path *path,
           const struct sdsa_hop *hop, const struct sdsa_sa *sa)
{
    char spi[16], nsh[16], si[8], age[24], sent[24], received[24], lost[24];
    snprintf(spi, sizeof spi, "0x%08"PRIx64, sa->spi);
    snprintf(nsh, sizeof nsh, "%"PRId64, path->nsh_spi);
    snprintf(si, sizeof si, "%"PRId64, hop->si);
    snprintf(age, sizeof age, "%"PRId64, sa_age_s(sa));
    ctl_add_cells(t, path->chain, path->direction, nsh, si, hop->sender,
                  hop->receiver, spi, sa->suite, age,
                  format_counter(sa, "sent_packets", sent),
                  format_counter(sa, "received_packets", received),
                  format_counter(sa, "lost_packets", lost), NULL);
}

static void
cmd_sa_list(struct ctl_context *ctx)
{
    if (ctx->argc > 1 && !ctl_get_chain(ctx, ctx->argv[1])) {
        return;
    }
    struct table *t = ctl_new_table(ctx, "chain", "direction", "nsh_spi",
                                    "nsh_si", "sender", "receiver", "esp_spi",
                                    "suite", "age_s", "sent_packets",
                                    "received_packets", "lost_packets", NULL);
    const struct sdsa_path *row;
    SORTED(ctx->idl, row, SDSA_PATH_FOR_EACH,
           xasprintf("%s %s %08"PRIx64, row->chain, row->direction,
                     row->nsh_spi), {
        if (ctx->argc < 2 || !strcmp(row->chain, ctx->argv[1])) {
            for (size_t i = row->n_hops; i-- > 0; ) {
                for (size_t j = 0; j < row->hops[i]->n_sas; j++) {
                    add_sa_row(t, row, row->hops[i], row->hops[i]->sas[j]);
                }
            }
        }
    });
}

/* Returns 's' seconds as "45s", "3m05s" or "2h03m".  Caller frees. */
static char *
format_age(long long int s)
{
    s = MAX(s, 0);
    return (s < 60 ? xasprintf("%llds", s)
            : s < 3600 ? xasprintf("%lldm%02llds", s / 60, s % 60)
            : xasprintf("%lldh%02lldm", s / 3600, s / 60 % 60));
}

static void
show_sa(const struct sdsa_sa *sa, struct ds *out)
{
    char *age = format_age(sa_age_s(sa));
    ds_put_format(out, "      ESP SPI 0x%08"PRIx64" %s, age %s", sa->spi,
                  sa->suite, age);
    free(age);
    if (sa->lifetime) {
        char *lifetime = format_age(sa->lifetime);
        ds_put_format(out, " of %s", lifetime);
        free(lifetime);
    }
    ds_put_format(out, ", check %s\n", sa->key_check);
    char text[7][24];
    ds_put_format(out, "        sent %s packets %s bytes, received %s packets "
                  "%s bytes, lost %s, replayed %s, failed %s\n",
                  format_counter(sa, "sent_packets", text[0]),
                  format_counter(sa, "sent_bytes", text[1]),
                  format_counter(sa, "received_packets", text[2]),
                  format_counter(sa, "received_bytes", text[3]),
                  format_counter(sa, "lost_packets", text[4]),
                  format_counter(sa, "replayed", text[5]),
                  format_counter(sa, "failed", text[6]));
}

/* What a chain has carried since it was made. */

static void
find_totals(struct ovsdb_idl *idl, const struct sdsa_chain *chain,
            struct totals *totals)
{
    totals_init(totals);
    totals_add_chain(totals, chain);
    const struct sdsa_path *path;
    SDSA_PATH_FOR_EACH (path, idl) {
        if (!strcmp(path->chain, chain->name)) {
            totals_add_path(totals, path);
        }
    }
}

/* Returns the hops of a direction that have lost packets, with their number:
 * "gw1 => gw2 3, gw2 => gw3 1"; and their sum in '*sum'.  Caller frees. */
static char *
format_losses(const struct totals *totals, const char *direction, int64_t *sum)
{
    char *prefix = xasprintf("%s lost ", direction);
    struct ds ds = DS_EMPTY_INITIALIZER;
    const struct shash_node **sorted = shash_sort(&totals->counts);
    *sum = 0;
    for (size_t i = 0; i < shash_count(&totals->counts); i++) {
        const char *hop = sorted[i]->name + strlen(prefix);
        int64_t count = *(const int64_t *) sorted[i]->data;
        if (!strncmp(sorted[i]->name, prefix, strlen(prefix)) && count) {
            ds_put_format(&ds, "%s%s %"PRId64, ds.length ? ", " : "", hop,
                          count);
            *sum += count;
        }
    }
    free(sorted);
    free(prefix);
    return ds_steal_cstr(&ds);
}

static void
show_totals(const struct totals *totals, const char *direction,
            struct ds *out)
{
    int64_t lost;
    char *lost_on = format_losses(totals, direction, &lost);
    ds_put_format(out, "  total %s: in %"PRId64" packets %"PRId64" bytes, out "
                  "%"PRId64" packets %"PRId64" bytes, lost %"PRId64"%s%s%s, "
                  "replayed %"PRId64", failed %"PRId64"\n", direction,
                  totals_get(totals, direction, "in_packets"),
                  totals_get(totals, direction, "in_bytes"),
                  totals_get(totals, direction, "out_packets"),
                  totals_get(totals, direction, "out_bytes"),
                  lost, lost_on[0] ? " (" : "", lost_on, lost_on[0] ? ")" : "",
                  totals_get(totals, direction, "replayed"),
                  totals_get(totals, direction, "failed"));
    free(lost_on);
}

static void
add_totals_row(struct table *t, const char *chain,
               const struct totals *totals, const char *direction)
{
    static const char *const counts[] = {
        "in_packets", "in_bytes", "out_packets", "out_bytes", "replayed",
        "failed",
    };
    int64_t lost;
    char *lost_on = format_losses(totals, direction, &lost);
    ctl_add_cells(t, chain, direction, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
        table_add_cell(t)->text = xasprintf(
            "%"PRId64, totals_get(totals, direction, counts[i]));
    }
    table_add_cell(t)->text = xasprintf("%"PRId64, lost);
    table_add_cell(t)->text = lost_on;
}

static void
cmd_chain_totals(struct ctl_context *ctx)
{
    const char *name = ctx->argc > 1 ? ctx->argv[1] : NULL;
    if (name && !ctl_get_chain(ctx, name)) {
        return;
    }
    struct table *t = ctl_new_table(ctx, "chain", "direction", "in_packets",
                                    "in_bytes", "out_packets", "out_bytes",
                                    "replayed", "failed", "lost_packets",
                                    "lost_on", NULL);
    const struct sdsa_chain *row;
    SORTED(ctx->idl, row, SDSA_CHAIN_FOR_EACH,
           !name || !strcmp(row->name, name) ? xstrdup(row->name) : NULL, {
        struct totals totals;
        find_totals(ctx->idl, row, &totals);
        add_totals_row(t, row->name, &totals, "forward");
        if (!is_one_way(row)) {
            add_totals_row(t, row->name, &totals, "reverse");
        }
        totals_destroy(&totals);
    });
}

/* chain-show. */

static void
show_hop(const struct sdsa_hop *hop, struct ds *out)
{
    ds_put_format(out, "    hop SI %"PRId64": %s (VLAN %"PRId64") => %s "
                  "(VLAN %"PRId64"), over %s\n", hop->si, hop->sender,
                  hop->sender_vlan, hop->receiver, hop->receiver_vlan,
                  hop->route);
    for (size_t i = 0; i < hop->n_sas; i++) {
        show_sa(hop->sas[i], out);
    }
}

static void
show_path(const struct sdsa_path *path, struct ds *out)
{
    ds_put_format(out, "  path %s: NSH SPI %"PRId64", %s, from %s to %s, "
                  "classified %"PRId64" packets, too big %"PRId64", MTU %"
                  PRId64"\n", path->direction,
                  path->nsh_spi,
                  (path->backup && !strcmp(path->state, "active")
                   ? "backup" : path->state), path->src, path->dst,
                  map_counter(path->key_statistics, path->value_statistics,
                              path->n_statistics, "classified_packets"),
                  map_counter(path->key_statistics, path->value_statistics,
                              path->n_statistics, "too_big_packets"),
                  path->mtu);
    for (size_t stage = 0; stage <= path->n_sfs; stage++) {
        for (size_t i = 0; i < path->n_hops; i++) {
            if (path->hops[i]->si == NSH_SI_FIRST - stage) {
                show_hop(path->hops[i], out);
            }
        }
        if (stage == path->n_sfs) {
            ds_put_format(out, "    to endpoint %s\n", path->dst);
        } else {
            ds_put_format(out, "    through function %s",
                          path->value_sfs[stage]);
            if (stage < path->n_sf_vlans && path->value_sf_vlans[stage]) {
                ds_put_format(out, " (VLAN %"PRId64")",
                              path->value_sf_vlans[stage]);
            }
            ds_put_char(out, '\n');
        }
    }
}

/* Returns true if the bridge or gateway 'name' is on a path of the chain. */
static bool
takes_part(struct ovsdb_idl *idl, const struct sdsa_chain *chain,
           const char *name)
{
    char *word = xasprintf(" %s ", name);
    bool found = false;
    const struct sdsa_path *path;
    SDSA_PATH_FOR_EACH (path, idl) {
        for (size_t i = 0; i < path->n_hops && !found; i++) {
            const struct sdsa_hop *hop = path->hops[i];
            if (!strcmp(path->chain, chain->name)) {
                char *words = xasprintf(" %s %s %s ", hop->sender,
                                        hop->receiver, hop->route);
                found = strstr(words, word);
                free(words);
            }
        }
    }
    free(word);
    return found;
}

/* Appends the bridges and gateways that are away, and the debts: of all, or
 * of those on the chain's paths only.  They may be the reason why it is not
 * up. */
static void
show_absent(struct ovsdb_idl *idl, const struct sdsa_chain *chain, bool all,
            struct ds *out)
{
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    const struct sdsa_bridge *br;
    SDSA_BRIDGE_FOR_EACH (br, idl) {
        if (!bridge_is_up(br) && (all || takes_part(idl, chain, br->name))) {
            char *reason = bridge_reason(idl, br);
            svec_add_nocopy(&lines, xasprintf(
                "bridge %s is not connected: %s; see \"sdsa-vswitch show "
                "%s\" at its switch", br->name, reason, br->name));
            free(reason);
        }
    }
    const struct sdsa_gateway *gw;
    SDSA_GATEWAY_FOR_EACH (gw, idl) {
        if (!gateway_is_up(gw)
            && (all || takes_part(idl, chain, gw->vnf_id))) {
            char *reason = gateway_reason(idl, gw);
            svec_add_nocopy(&lines, xasprintf("gateway %s is down: %s",
                                              gw->vnf_id, reason));
            free(reason);
        }
    }
    const struct sdsa_debt *debt;
    SDSA_DEBT_FOR_EACH (debt, idl) {
        const struct participant p = participant_parse(debt->participant);
        if (all || takes_part(idl, chain, p.name)) {
            svec_add_nocopy(&lines, xasprintf(
                "%s owes the removal of paths of operation %"PRId64,
                debt->participant, debt->operation));
        }
    }
    svec_sort(&lines);
    const char *line;
    size_t i;
    SVEC_FOR_EACH (i, line, &lines) {
        ds_put_format(out, "  %s\n", line);
    }
    svec_destroy(&lines);
}

static void
cmd_chain_show(struct ctl_context *ctx)
{
    const struct sdsa_chain *row = ctl_get_chain(ctx, ctx->argv[1]);
    if (!row) {
        return;
    }
    struct ds *out = &ctx->output;
    const char *state = chain_state(ctx->idl, row);
    const struct sdsa_path *path;
    char *why = chain_reason(ctx->idl, row);
    ds_put_format(out, "chain %s: %s%s%s\n", row->name, state,
                  why[0] ? ": " : "", why);
    free(why);
    char *sfs = join_sfs(row->value_sfs, row->n_sfs);
    char *back = join_sfs(row->value_reverse_sfs, row->n_reverse_sfs);
    char *lifetime = format_age(row->lifetime);
    ds_put_format(out, "  wants \"%s\" from %s to %s%s%s, %s%s, %s%s, "
                  "lifetime %s, priority %"PRId64"\n", row->match,
                  row->src->name, row->dst->name, sfs[0] ? " through " : "",
                  sfs,
                  (is_one_way(row) ? "one way"
                   : strcmp(row->way_back, "other") ? "both ways"
                   : back[0] ? "back through " : "straight back"), back,
                  row->suite,
                  strcmp(row->encrypt, "always") ? "" : ", encrypted always",
                  row->lifetime ? lifetime : "unlimited", row->priority);
    ds_put_format(out, "  wanted %"PRId64", applied %"PRId64", failed %"PRId64
                  "\n", row->wanted, row->applied, row->failed);
    free(sfs);
    free(back);
    free(lifetime);
    if (row->protect) {
        bool ready = !strcmp(row->protection, "ready");
        ds_put_format(out, "  to be protected by a backup path: %s%s\n",
                      ready ? "" : "not yet: ",
                      row->protection[0] ? row->protection : "not known");
    }
    char *absence = sdsa_ctl_controller_absence(ctx->idl);
    if (absence) {
        ds_put_format(out, "  %s\n", absence);
        free(absence);
    }
    show_absent(ctx->idl, row, strcmp(state, "up"), out);
    struct totals totals;
    find_totals(ctx->idl, row, &totals);
    show_totals(&totals, "forward", out);
    if (!is_one_way(row)) {
        show_totals(&totals, "reverse", out);
    }
    totals_destroy(&totals);
    SORTED(ctx->idl, path, SDSA_PATH_FOR_EACH,
           xasprintf("%d %s %08"PRIx64, path->backup, path->direction,
                     path->nsh_spi), {
        if (!strcmp(path->chain, row->name)) {
            show_path(path, out);
        }
    });
}

/* show. */

char *
sdsa_ctl_controller_absence(struct ovsdb_idl *idl)
{
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(idl);
    const char *reason = global ? smap_get(&global->status, "reason") : NULL;
    if (reason) {
        return xasprintf("no controller is active; the one that tried last "
                         "cannot take over: %s", reason);
    } else if (!global || !global->controller_seen) {
        return xstrdup("no controller is active: is sdsa-controller running?");
    }
    long long int age_s = time_wall() - global->controller_seen;
    return (age_s < CONTROLLER_SILENT_S ? NULL
            : xasprintf("no controller is active since %lld s: is "
                        "sdsa-controller running?", age_s));
}

/* Ends a line with ", STATE: REASON" of a thing that is not up. */
static void
put_state(struct ds *out, const char *state, const char *reason)
{
    if (state[0] && strcmp(state, "up")) {
        ds_put_format(out, ", %s%s%s", state, reason[0] ? ": " : "", reason);
    }
    ds_put_char(out, '\n');
}

static void
show_bridge(struct ovsdb_idl *idl, const struct sdsa_bridge *br,
            struct ds *out)
{
    char *reason = bridge_reason(idl, br);
    ds_put_format(out, "bridge %s (%s): %sconnected%s%s\n", br->name,
                  br->datapath_id, bridge_is_up(br) ? "" : "not ",
                  reason[0] ? ": " : "", reason);
    free(reason);
    if (br->certificate[0]) {
        ds_put_format(out, "    certificate of its switch: %s\n",
                      br->certificate);
    }
    if (br->declarations[0]) {
        ds_put_format(out, "    declared with ovs-vsctl: %s\n",
                      br->declarations);
    }
    const struct sdsa_endpoint *ep;
    SORTED(idl, ep, SDSA_ENDPOINT_FOR_EACH, xstrdup(ep->name), {
        if (ep->bridge == br) {
            ds_put_format(out, "    endpoint %s: port %s, %s\n", ep->name,
                          ep->port, ep->mac);
        }
    });
    const struct sdsa_service_function *sf;
    SORTED(idl, sf, SDSA_SERVICE_FUNCTION_FOR_EACH, xstrdup(sf->name), {
        if (sf->bridge == br) {
            ds_put_format(out, "    function %s: ports %s and %s, correlation "
                          "%s%s%s%s", sf->name, sf->in_port, sf->out_port,
                          sf->correlation, sf->group[0] ? ", group " : "",
                          sf->group, sf->down ? ", marked down" : "");
            put_state(out, sf->state, sf->reason);
        }
    });
    const struct sdsa_gateway *gw;
    SORTED(idl, gw, SDSA_GATEWAY_FOR_EACH, xstrdup(gw->vnf_id), {
        if (gw->bridge == br) {
            char *why = gateway_reason(idl, gw);
            ds_put_format(out, "    gateway %s: ports %s and %s, %s, %s%s%s\n",
                          gw->vnf_id, gw->plain_port, gw->cipher_port,
                          (gateway_ip(idl, gw)[0] ? gateway_ip(idl, gw)
                           : "no address yet"), gateway_state(gw),
                          why[0] ? ": " : "", why);
            free(why);
        }
    });
    const struct sdsa_link *link;
    SORTED(idl, link, SDSA_LINK_FOR_EACH,
           xasprintf("%s %s", link->port_a, link->port_b), {
        if (link->bridge_a == br) {
            ds_put_format(out, "    link %s: to %s %s", link->port_a,
                          link->bridge_b->name, link->port_b);
            put_state(out, link->state, link->reason);
        } else if (link->bridge_b == br) {
            ds_put_format(out, "    link %s: to %s %s", link->port_b,
                          link->bridge_a->name, link->port_a);
            put_state(out, link->state, link->reason);
        }
    });
}

static void
cmd_show(struct ctl_context *ctx)
{
    struct ds *out = &ctx->output;
    char *absence = sdsa_ctl_controller_absence(ctx->idl);
    if (absence) {
        ds_put_format(out, "%s\n", absence);
        free(absence);
    }
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(ctx->idl);
    const char *epoch = global ? smap_get(&global->status, "epoch") : NULL;
    if (epoch) {
        ds_put_format(out, "%s\n", epoch);
    }
    const char *certificates
        = global ? smap_get(&global->status, "certificates") : NULL;
    if (certificates) {
        ds_put_format(out, "certificates of the controller: %s\n",
                      certificates);
    }
    const struct sdsa_bridge *br;
    SORTED(ctx->idl, br, SDSA_BRIDGE_FOR_EACH, xstrdup(br->name), {
        show_bridge(ctx->idl, br, out);
    });
    const struct sdsa_chain *chain;
    SORTED(ctx->idl, chain, SDSA_CHAIN_FOR_EACH, xstrdup(chain->name), {
        char *sfs = join_sfs(chain->value_sfs, chain->n_sfs);
        char *why = chain_reason(ctx->idl, chain);
        ds_put_format(out, "chain %s: %s %s %s%s%s: %s%s%s\n", chain->name,
                      chain->src->name, is_one_way(chain) ? "->" : "<->",
                      chain->dst->name, sfs[0] ? " through " : "", sfs,
                      chain_state(ctx->idl, chain), why[0] ? ": " : "", why);
        free(why);
        free(sfs);
    });
}

const struct ctl_command_syntax sdsa_ctl_show_commands[] = {
    {"show", 0, 0, "\tprint an overview", NULL, cmd_show, NULL, "", RO},
    {"bridge-list", 0, 0, "", NULL, cmd_bridge_list, NULL, "", RO},
    {"link-list", 0, 0, "", NULL, cmd_link_list, NULL, "", RO},
    {"endpoint-list", 0, 0, "", NULL, cmd_endpoint_list, NULL, "", RO},
    {"sf-list", 0, 0, "", NULL, cmd_sf_list, NULL, "", RO},
    {"gw-list", 0, 0, "", NULL, cmd_gw_list, NULL, "", RO},
    {"chain-list", 0, 0, "", NULL, cmd_chain_list, NULL, "", RO},
    {"chain-show", 1, 1, "NAME\tprint its paths, hops and keys' ages", NULL,
     cmd_chain_show, NULL, "", RO},
    {"chain-totals", 0, 1, "[NAME]\tprint what chains have carried in all",
     NULL, cmd_chain_totals, NULL, "", RO},
    {"sa-list", 0, 1, "[CHAIN]", NULL, cmd_sa_list, NULL, "", RO},
    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO},
};
