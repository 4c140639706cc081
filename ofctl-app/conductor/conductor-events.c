/* SPDX-License-Identifier: Apache-2.0 */
/* What agents tell by themselves.  It only hastens what is done anyway: keys
 * are renewed by a schedule, and agents are audited every few seconds. */

#include <config.h>

#include "ofctl-app/conductor/conductor-private.h"

#include <inttypes.h>

#include "lib/boot-clock.h"
#include "ofctl-app/model/lifetime.h"
#include "ofctl-app/network/network.h"
#include "ofctl-app/network/resync.h"
#include "ofctl-app/plan/path-health.h"
#include "ofctl-app/plan/plan.h"
#include "ofctl-app/plan/suspects.h"
#include "ofctl-app/southbound/agent-event.h"
#include "ofctl-app/view/config-idl.h"
#include "openvswitch/vlog.h"
#include "timeval.h"

VLOG_DEFINE_THIS_MODULE(events);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

#define COUNTERS_MS 5000        /* Between two checks of counters; they are
                                 * polled as often. */
#define CONFIRM_MS 1000         /* From a doubtful event to the next check, for
                                 * which both ends are polled. */
#define MAX_EVENTS 100          /* Events of one agent in one run. */

/* Sets '*live' and '*hop' to the live path and its hop with this SA at gateway
 * 'vnf_id'.  Returns false if there is none. */
static bool
find_hop(const struct conductor *c, const char *vnf_id, uint32_t esp_spi,
         struct live_path **live, const struct path_hop **hop)
{
    LIVE_PATHS_FOR_EACH (lp, network_live_paths(c->net)) {
        PATH_FOR_EACH_HOP (h, lp->path) {
            if (h->esp_spi == esp_spi
                && (!strcmp(h->sender, vnf_id)
                    || !strcmp(h->receiver, vnf_id))) {
                *live = lp;
                *hop = h;
                return true;
            }
        }
    }
    return false;
}

/* Is half of the lifetime over, or more? */
static bool
is_half(uint64_t lifetime, uint64_t used)
{
    return lifetime && used >= lifetime / 2;
}

/* Is half of one of the lifetimes of the hop's SA over, by our clock or by
 * what the gateway counts that is not 'vnf_id'? */
static bool
is_confirmed(const struct conductor *c, const char *vnf_id,
             const struct path *path, const struct path_hop *hop)
{
    const char *other = strcmp(hop->sender, vnf_id) ? hop->sender
                                                    : hop->receiver;
    const struct agent *agent = network_agent(c->net, other);
    long long int age_s = boot_clock_s() - hop->made_s;
    struct agent_sa_stats sa;
    return (is_half(path->lifetime_s, MAX(age_s, 0))
            || (agent && agent_get_sa(agent, hop->esp_spi, &sa)
                && (is_half(path->lifetime_bytes, sa.bytes)
                    || is_half(path->lifetime_packets,
                               MIN(sa.packets, sa.seq))
                    || is_half(UINT32_MAX, sa.seq))));
}

/* Notes that new keys are due, as gateway 'vnf_id' says of an SA of the hop.
 * What it alone says counts only so often: if it is true the other end's
 * counters tell as well, which are asked for and looked at a second later. */
static void
mark_hop(struct conductor *c, const char *vnf_id, struct live_path *live,
         const struct path_hop *hop, const char *reason)
{
    struct agent *agent = network_agent(c->net, vnf_id);
    if (live->expiring || !agent) {
        return;
    } else if (!is_confirmed(c, vnf_id, live->path, hop)
               && !agent_may_renew(agent)) {
        struct agent *other = network_agent(
            c->net, strcmp(hop->sender, vnf_id) ? hop->sender : hop->receiver);
        char *doubt = xasprintf("says again and again, and against the other "
                                "end, that keys of chain %s are used up",
                                live->path->chain);
        agent_note_doubt(agent, doubt);
        free(doubt);
        if (other && c->counters_ms > time_msec() + CONFIRM_MS) {
            c->counters_ms = time_msec() + CONFIRM_MS;
            agent_poll_sas(agent);
            agent_poll_sas(other);
        }
        return;
    }
    VLOG_INFO_RL(&rl, "gateway %s: SA 0x%08"PRIx32" of chain %s, path %"
                 PRIu32": %s", vnf_id, hop->esp_spi, live->path->chain,
                 live->path->nsh_spi, reason);
    live->expiring = true;
    plan_touch(c->plan, live->path->chain);
}

static void
mark_expiring(struct conductor *c, const char *vnf_id, uint32_t esp_spi,
              const char *reason)
{
    struct live_path *live;
    const struct path_hop *hop;
    if (find_hop(c, vnf_id, esp_spi, &live, &hop)) {
        mark_hop(c, vnf_id, live, hop, reason);
    }
}

static void
handle_event(struct conductor *c, const char *vnf_id,
             const struct agent_event *event)
{
    switch (event->type) {
    case AGENT_EVENT_SOFT_EXPIRE:
        mark_expiring(c, vnf_id, event->esp_spi, "its lifetime nears its end");
        break;
    case AGENT_EVENT_HARD_EXPIRE:
        mark_expiring(c, vnf_id, event->esp_spi, "its lifetime is over");
        break;
    case AGENT_EVENT_SEQ_OVERFLOW:
        mark_expiring(c, vnf_id, event->esp_spi,
                      "it has no sequence numbers left");
        break;
    case AGENT_EVENT_ACQUIRE:
        VLOG_WARN_RL(&rl, "gateway %s: policy %s has no SA", vnf_id,
                     event->policy);
        resync_hasten(c->resync, vnf_id);
        break;
    case AGENT_EVENT_BAD_SPI:
        VLOG_WARN_RL(&rl, "gateway %s: ESP with unknown SPI 0x%08"PRIx32,
                     vnf_id, event->esp_spi);
        resync_hasten(c->resync, vnf_id);
        break;
    }
}

/* Are four fifths of one of the SA's lifetimes over? */
static bool
is_used_up(const struct path *path, const struct agent_sa_stats *sa)
{
    return ((path->lifetime_s
             && sa->age_s >= lifetime_soft(path->lifetime_s))
            || (path->lifetime_bytes
                && sa->bytes >= lifetime_soft(path->lifetime_bytes))
            || (path->lifetime_packets
                && sa->packets >= lifetime_soft(path->lifetime_packets)));
}

/* Do packets get lost on the hop, by the counters of its ends?  Then new paths
 * avoid its way. */
static bool
is_silent(struct conductor *c, struct live_path *live,
          const struct path_hop *hop)
{
    const struct agent *sender = network_agent(c->net, hop->sender);
    const struct agent *receiver = network_agent(c->net, hop->receiver);
    struct agent_sa_stats out, in;
    return (sender && receiver && agent_get_sa(sender, hop->esp_spi, &out)
            && agent_get_sa(receiver, hop->esp_spi, &in)
            && path_health_is_silent(&live->watches[path_stage(hop->si)],
                                     out.seq, agent_answered_sas_ms(sender),
                                     in.packets,
                                     agent_polled_sas_ms(receiver)));
}

/* Notes whether packets get lost on the path. */
static void
check_silence(struct conductor *c, struct live_path *live)
{
    struct suspicion suspicion;
    char *silent = NULL;
    suspicion_init(&suspicion);
    PATH_FOR_EACH_HOP (hop, live->path) {
        if (is_silent(c, live, hop) && !silent) {
            silent = xasprintf("of what gateway %s sends nothing comes to "
                               "gateway %s", hop->sender, hop->receiver);
            if (!live->silent) {
                suspicion_of_hop(&suspicion, hop, silent);
            }
        }
    }
    suspects_tell(network_suspects(c->net), &suspicion,
                  config_ms(c->idl, "avoid-ms"), time_msec());
    if (!silent != !live->silent) {
        VLOG_WARN("chain %s, path %"PRIu32": %s", live->path->chain,
                  live->path->nsh_spi, silent ? silent : "packets come again");
        plan_touch(c->plan, live->path->chain);
        free(live->silent);
        live->silent = silent;
    } else {
        free(silent);
    }
}

/* Finds SAs near their end by their counters, for events that were told while
 * nobody listened; and hops on which packets get lost. */
static void
check_counters(struct conductor *c)
{
    LIVE_PATHS_FOR_EACH (live, network_live_paths(c->net)) {
        check_silence(c, live);
        PATH_FOR_EACH_HOP (hop, live->path) {
            const struct agent *agent = network_agent(c->net, hop->sender);
            struct agent_sa_stats sa;
            if (agent && agent_get_sa(agent, hop->esp_spi, &sa)
                && is_used_up(live->path, &sa)) {
                mark_hop(c, hop->sender, live, hop,
                         "its lifetime nears its end");
            }
        }
    }
}

void
conductor_events_run(struct conductor *c)
{
    if (time_msec() >= c->counters_ms) {
        check_counters(c);
        c->counters_ms = time_msec() + COUNTERS_MS;
    }

    AGENTS_FOR_EACH (a, network_agents(c->net)) {
        struct agent_event event;
        for (int i = 0; i < MAX_EVENTS && agent_next_event(a, &event); i++) {
            handle_event(c, agent_vnf_id(a), &event);
        }
    }
}
