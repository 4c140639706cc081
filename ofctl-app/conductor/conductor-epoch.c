/* SPDX-License-Identifier: Apache-2.0 */
/* Bridges and agents that refuse our epoch, because they know a later one that
 * is not from this database: it was restored from a backup, or made anew, or
 * another controller has another database.
 *
 * We take an epoch above theirs in a transaction, which succeeds only while we
 * hold the lock and nobody else has raised the epoch.  So a controller that
 * was deposed, or is cut off from the database, never overrules anybody.  A
 * controller of another database may do the same: each waits twice as long
 * before it does it again. */

#include <config.h>

#include "ofctl-app/conductor/conductor-private.h"

#include <inttypes.h>

#include "lib/epoch.h"
#include "lib/sdsa-idl.h"
#include "ofctl-app/network/network.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "smap.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(conductor_epoch);

/* Pauses between two of our epochs: the first, and the longest.  After twice
 * the longest without any it begins with the first one again. */
#define RAISE_MIN_MS 500
#define RAISE_MAX_MS 600000

/* Those who refuse our epoch. */
struct refusals {
    unsigned int n;
    const char *kind, *name;    /* Of the one with the last epoch. */
    uint64_t epoch;             /* That epoch. */
    uint64_t last_near;         /* The last near one, or ours. */
};

static void
refusals_add(struct refusals *r, uint64_t ours, const char *kind,
             const char *name, uint64_t epoch)
{
    if (!r->n++ || epoch - ours > r->epoch - ours) {
        r->kind = kind;
        r->name = name;
        r->epoch = epoch;
    }
    if (epoch_is_near(ours, epoch) && epoch > r->last_near) {
        r->last_near = epoch;
    }
}

static struct refusals
find_refusals(const struct conductor *c)
{
    struct refusals r = { .last_near = c->epoch };
    uint64_t epoch;
    BRIDGES_FOR_EACH (br, network_bridges(c->net)) {
        if (bridge_is_overtaken(br, &epoch)) {
            refusals_add(&r, c->epoch, "bridge", bridge_name(br), epoch);
        }
    }
    AGENTS_FOR_EACH (a, network_agents(c->net)) {
        if (agent_is_overtaken(a, c->epoch, &epoch)) {
            refusals_add(&r, c->epoch, "gateway", agent_vnf_id(a), epoch);
        }
    }
    return r;
}

static bool
may_overrule(const struct sdsa_sdsa_global *global)
{
    return !strcmp(smap_get_def(&global->other_config, "epoch-policy",
                                "raise"), "raise");
}

/* Returns who refuses our epoch, and why we do nothing about it ("": we do).
 * Caller frees. */
static char *
describe(const struct conductor *c, const struct refusals *r, const char *why)
{
    char *others = (r->n > 1 ? xasprintf(" and %u more", r->n - 1)
                    : xstrdup(""));
    char *text = xasprintf(
        "%s %s%s: epoch %"PRIu64" of another database, or of a later state "
        "of this one, is there, and ours is %"PRIu64"%s", r->kind, r->name,
        others, r->epoch, c->epoch, why);
    free(others);
    return text;
}

void
conductor_epoch_write(struct conductor *c)
{
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(c->idl);
    struct refusals r = find_refusals(c);
    long long int now = time_msec();
    char *behind = NULL;

    c->raising = 0;
    if (!r.n || !global || (uint64_t) global->epoch != c->epoch) {
        /* Nothing to do, or another controller is about to rule. */
    } else if (!may_overrule(global)) {
        behind = describe(c, &r, "; it is left alone, as "
                          "other_config:epoch-policy wants it");
    } else if (now < c->next_raise_ms) {
        behind = describe(c, &r, "; it was overruled and has come again: does "
                          "a controller of another database run? It is "
                          "overruled again after a pause");
    } else {
        c->raising = r.last_near + 1;
        behind = describe(c, &r, "");
        VLOG_WARN("%s; taking epoch %"PRIu64, behind, c->raising);
        sdsa_sdsa_global_verify_epoch(global);
        sdsa_sdsa_global_set_epoch(global, c->raising);
    }
    if (behind && !c->raising
        && (!c->behind || strcmp(behind, c->behind))) {
        VLOG_WARN("%s", behind);
    }
    free(c->behind);
    c->behind = behind;
}

void
conductor_epoch_written(struct conductor *c, bool ok)
{
    if (!c->raising || !ok) {
        c->raising = 0;
        return;
    }
    long long int now = time_msec();
    c->raise_pause_ms = (now >= c->next_raise_ms + 2 * RAISE_MAX_MS
                         ? RAISE_MIN_MS
                         : MIN(2 * c->raise_pause_ms, RAISE_MAX_MS));
    c->next_raise_ms = now + c->raise_pause_ms;

    c->epoch = c->raising;
    c->raising = 0;
    bridges_set_generation(network_bridges(c->net), c->epoch);
    AGENTS_FOR_EACH (a, network_agents(c->net)) {
        agent_overrule(a, c->epoch);
    }
    VLOG_INFO("active in epoch %"PRIu64" now", c->epoch);
}

bool
conductor_epoch_is_due(const struct conductor *c, const struct agent *agent)
{
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(c->idl);
    uint64_t epoch;
    return (agent_is_overtaken(agent, c->epoch, &epoch)
            && global && may_overrule(global)
            && time_msec() >= c->next_raise_ms);
}

void
conductor_epoch_wait(const struct conductor *c)
{
    if (c->behind && time_msec() < c->next_raise_ms) {
        poll_timer_wait_until(c->next_raise_ms);
    }
}
