/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/plan/path-health.h"

#include <limits.h>

#include "hash.h"
#include "ofctl-app/model/inventory.h"
#include "ofctl-app/model/path-check.h"
#include "ofctl-app/plan/live-paths.h"
#include "ofctl-app/plan/plan-facts.h"
#include "util.h"

size_t
path_health_n_wanted(const struct inv_chain *chain)
{
    return chain->way_back == WAY_BACK_NONE ? 1 : 2;
}

char *
path_health_check(const struct plan_facts *facts,
                  struct live_path *const *paths, size_t n,
                  char *(*check)(const struct path *,
                                 const struct inventory *))
{
    char *error = NULL;
    for (size_t i = 0; i < n && !error; i++) {
        error = check(paths[i]->path, facts->inv);
    }
    return error;
}

const char *
path_health_broken(struct live_path *const *paths, size_t n)
{
    const char *broken = NULL;
    for (size_t i = 0; i < n && !broken; i++) {
        broken = paths[i]->broken;
    }
    return broken;
}

/* So many packets do not get lost by chance, or by a full queue. */
#define SILENT_PACKETS 20

/* A packet is not longer on its way through a hop. */
#define HOP_MS 1000

bool
path_health_is_silent(struct hop_watch *watch, uint64_t sent,
                      long long int sent_ms, uint64_t received,
                      long long int received_ms)
{
    if (!watch->is_set || received != watch->received || sent < watch->sent
        || received == UINT64_MAX) {
        *watch = (struct hop_watch) { true, sent, received, LLONG_MAX };
        return false;
    } else if (sent < watch->sent + SILENT_PACKETS) {
        return false;
    }
    watch->sent_ms = MIN(watch->sent_ms, sent_ms);
    return received_ms >= watch->sent_ms + HOP_MS;
}

const char *
path_health_silent(struct live_path *const *paths, size_t n)
{
    const char *silent = NULL;
    for (size_t i = 0; i < n && !silent; i++) {
        silent = paths[i]->silent;
    }
    return silent;
}

char *
path_health_reason(const struct plan_facts *facts,
                   struct live_path *const *paths, size_t n)
{
    char *error = NULL;
    for (size_t i = 0; i < n && !error; i++) {
        const struct smap_node *node;
        error = path_check(paths[i]->path, facts->inv);
        error = (error ? error
                 : path_check_lost(paths[i]->path, facts->inv));
        error = error ? error : nullable_xstrdup(paths[i]->broken);
        SMAP_FOR_EACH (node, &paths[i]->errors) {
            error = error ? error : xstrdup(node->value);
        }
    }
    return error;
}

/* Returns the VNF-ID of the first gateway of the paths that is in quarantine,
 * or, unless 'quarantine_only', has gone or has another address than they were
 * made with; or NULL. */
static const char *
find_gateway_to_leave(const struct plan_facts *facts,
                      struct live_path *const *paths, size_t n,
                      bool quarantine_only)
{
    for (size_t i = 0; i < n; i++) {
        PATH_FOR_EACH_HOP (hop, paths[i]->path) {
            const char *ends[] = { hop->sender, hop->receiver };
            for (size_t j = 0; j < ARRAY_SIZE(ends); j++) {
                const struct inv_gateway *gw = inventory_gateway(facts->inv,
                                                                 ends[j]);
                if ((gw && gw->is_quarantined)
                    || (!quarantine_only
                        && (!gw || !path_hop_has_ip(hop, facts->inv,
                                                    ends[j])))) {
                    return ends[j];
                }
            }
        }
    }
    return NULL;
}

int64_t
path_health_together(const struct plan_facts *facts,
                     struct live_path *const *paths, size_t n)
{
    const char *vnf_id = find_gateway_to_leave(facts, paths, n, false);
    return vnf_id ? -1 - (int64_t) hash_string(vnf_id, 0) : 0;
}

bool
path_health_is_quarantined(const struct plan_facts *facts,
                           struct live_path *const *paths, size_t n)
{
    return find_gateway_to_leave(facts, paths, n, true) != NULL;
}

/* When the keys of 'path' are due for renewal (see 'now_s' of the facts): when
 * 70 to 80 per cent of their lifetime are over, each path at its own time, so
 * that what was made together is not renewed together.  LLONG_MAX: never. */
static long long int
renewal_time_s(const struct path *path)
{
    /* The SAs of all hops are of one age. */
    const struct path_hop *hop = path_next_hop(path, NULL);
    uint64_t lifetime_s = path->lifetime_s;
    uint64_t share = hash_int(path->nsh_spi, 0);
    return (!hop || !lifetime_s ? LLONG_MAX
            : hop->made_s + MAX(1, lifetime_s * 7 / 10)
              + (long long int) ((lifetime_s * share / 10) >> 32));
}

bool
path_health_keys_due(const struct plan_facts *facts,
                     struct live_path *const *paths, size_t n,
                     long long int *wake_ms)
{
    bool due = false;
    for (size_t i = 0; i < n; i++) {
        long long int renewal_s = renewal_time_s(paths[i]->path);
        if (facts->now_s >= renewal_s || paths[i]->expiring) {
            due = true;
        } else if (renewal_s != LLONG_MAX) {
            plan_wake_at(wake_ms,
                         facts->now_ms + 1000 * (renewal_s - facts->now_s));
        }
    }
    return due;
}

bool
path_health_has_expired(const struct plan_facts *facts,
                        const struct path *path)
{
    PATH_FOR_EACH_HOP (hop, path) {
        if (path->lifetime_s
            && facts->now_s >= hop->made_s + path->lifetime_s) {
            return true;
        }
    }
    return false;
}
