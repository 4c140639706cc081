/* SPDX-License-Identifier: Apache-2.0 */
/* Bridges and agents that refuse our epoch, because they know a later one that
 * is not from this database: it was restored from a backup, or made anew, or
 * another controller has another database.
 *
 * We take an epoch above theirs in a transaction, which succeeds only while we
 * hold the lock and nobody else has raised the epoch.  So a controller that
 * was deposed, or is cut off from the database, never overrules anybody.  A
 * controller of another database may do the same: each waits twice as long
 * before it overrules the same bridge or agent again. */

#include <config.h>

#include "ofctl-app/conductor/conductor-private.h"

#include <inttypes.h>
#include <limits.h>

#include "lib/epoch.h"
#include "lib/sdsa-idl.h"
#include "ofctl-app/network/network.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "smap.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(conductor_epoch);

/* Pauses between two times that we overrule the same bridge or agent: the
 * first, and the longest.  If there was none for twice the longest, they begin
 * with the first again. */
#define OVERRULE_MIN_MS 500
#define OVERRULE_MAX_MS 600000

/* When a bridge or an agent was overruled. */
struct overruled {
    long long int next_ms;      /* Not again before. */
    int pause_ms;
};

/* Bridges and agents that refuse our epoch. */
struct refusals {
    unsigned int n, n_due;      /* All, and those that may be overruled now. */
    long long int next_ms;      /* When the next one may be. */
    const char *kind, *name;    /* Of the one with the last epoch. */
    uint64_t epoch;             /* That epoch. */
    uint64_t last_near;         /* The last near one, or ours. */
};

/* Calls 'cb' for each bridge and agent that refuses our epoch. */
static void
for_each_refusal(struct conductor *c,
                 void (*cb)(struct conductor *, const char *kind,
                            const char *name, uint64_t epoch, void *aux),
                 void *aux)
{
    uint64_t epoch;
    BRIDGES_FOR_EACH (br, network_bridges(c->net)) {
        if (bridge_is_overtaken(br, &epoch)) {
            cb(c, "bridge", bridge_name(br), epoch, aux);
        }
    }
    AGENTS_FOR_EACH (a, network_agents(c->net)) {
        if (agent_is_overtaken(a, c->epoch, &epoch)) {
            cb(c, "gateway", agent_vnf_id(a), epoch, aux);
        }
    }
}

static struct overruled *
find_overruled(const struct conductor *c, const char *kind, const char *name)
{
    char *key = xasprintf("%s %s", kind, name);
    struct overruled *o = shash_find_data(&c->overruled, key);
    free(key);
    return o;
}

/* Returns when it may be overruled (again). */
static long long int
due_ms(const struct conductor *c, const char *kind, const char *name)
{
    const struct overruled *o = find_overruled(c, kind, name);
    return o ? o->next_ms : LLONG_MIN;
}

static void
add_refusal(struct conductor *c, const char *kind, const char *name,
            uint64_t epoch, void *r_)
{
    struct refusals *r = r_;
    long long int next_ms = due_ms(c, kind, name);
    r->n_due += time_msec() >= next_ms;
    r->next_ms = MIN(r->next_ms, next_ms);
    if (!r->n++ || epoch - c->epoch > r->epoch - c->epoch) {
        r->kind = kind;
        r->name = name;
        r->epoch = epoch;
    }
    if (epoch_is_near(c->epoch, epoch) && epoch > r->last_near) {
        r->last_near = epoch;
    }
}

/* Notes that it is overruled now. */
static void
note_overruled(struct conductor *c, const char *kind, const char *name,
               uint64_t epoch OVS_UNUSED, void *aux OVS_UNUSED)
{
    long long int now = time_msec();
    struct overruled *o = find_overruled(c, kind, name);
    if (!o) {
        o = xzalloc(sizeof *o);
        shash_add_nocopy(&c->overruled, xasprintf("%s %s", kind, name), o);
    }
    o->pause_ms = (!o->pause_ms || now >= o->next_ms + 2 * OVERRULE_MAX_MS
                   ? OVERRULE_MIN_MS
                   : MIN(2 * o->pause_ms, OVERRULE_MAX_MS));
    o->next_ms = now + o->pause_ms;
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
    struct refusals r = { .next_ms = LLONG_MAX, .last_near = c->epoch };
    for_each_refusal(c, add_refusal, &r);
    c->next_overrule_ms = r.next_ms;
    char *behind = NULL;

    c->raising = 0;
    if (!r.n || !global || (uint64_t) global->epoch != c->epoch) {
        /* Nothing to do, or another controller is about to rule. */
    } else if (!may_overrule(global)) {
        behind = describe(c, &r, "; it is left alone, as "
                          "other_config:epoch-policy wants it");
    } else if (!r.n_due) {
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
    for_each_refusal(c, note_overruled, NULL);
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
            && time_msec() >= due_ms(c, "gateway", agent_vnf_id(agent)));
}

void
conductor_epoch_wait(const struct conductor *c)
{
    if (c->behind && time_msec() < c->next_overrule_ms) {
        poll_timer_wait_until(c->next_overrule_ms);
    }
}
