/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/network/resync.h"

#include <jansson.h>
#include <stdlib.h>

#include "hmapx.h"
#include "lib/bounds.h"
#include "ofctl-app/network/network.h"
#include "ofctl-app/southbound/sa-request.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(resync);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

#define RETRY_MS 2000           /* Pause after a failure. */
#define SOON_MS 1000            /* Least time between two requests, whatever
                                 * the agent tells. */
#define ANSWER_MS 20000         /* Age at which a request counts as lost. */

/* Pause between two audits of one agent: the larger of AUDIT_MS and
 * AUDIT_PAUSE times the duration of the last audit. */
#define AUDIT_MS 5000
#define AUDIT_PAUSE 20

struct resync_agent {
    char *boot_id;              /* At the last finished resync, or NULL. */
    uint64_t get_ticket;        /* Of the GET in flight, or 0. */
    char *get_boot_id;          /* When the GET was sent. */
    uint32_t *get_active;       /* NSH SPIs of the paths that were active when
                                 * the GET was sent, in ascending order. */
    size_t n_active;
    uint64_t patch_ticket;      /* Of the removal in flight, or 0. */
    bool has_failed;            /* The last attempt to bring it in line. */
    long long int sent_ms;      /* When the last request was sent. */
    long long int next_ms;      /* Earliest next GET. */
    long long int next_audit_ms; /* Earliest next GET of an agent in line. */
};

struct resync {
    struct shash agents;        /* Of struct resync_agent, by VNF-ID. */
};

struct resync *
resync_create(void)
{
    struct resync *resync = xmalloc(sizeof *resync);
    shash_init(&resync->agents);
    return resync;
}

static void
resync_agent_destroy(struct resync_agent *ra)
{
    if (ra) {
        free(ra->boot_id);
        free(ra->get_boot_id);
        free(ra->get_active);
        free(ra);
    }
}

void
resync_destroy(struct resync *resync)
{
    if (resync) {
        struct shash_node *node;
        SHASH_FOR_EACH (node, &resync->agents) {
            resync_agent_destroy(node->data);
        }
        shash_destroy(&resync->agents);
        free(resync);
    }
}

static bool
is_done(const struct resync_agent *ra, const struct agent *agent)
{
    return ra && ra->boot_id && agent
           && !strcmp(ra->boot_id, agent_get_state(agent)->boot_id);
}

bool
resync_is_done(const struct resync *resync, const struct network *net,
               const char *vnf_id)
{
    return is_done(shash_find_data(&resync->agents, vnf_id),
                   network_agent(net, vnf_id));
}

bool
resync_is_pending(const struct resync *resync, const struct network *net,
                  const char *vnf_id)
{
    const struct resync_agent *ra = shash_find_data(&resync->agents, vnf_id);
    const struct agent *agent = network_agent(net, vnf_id);
    return (agent && agent_is_up(agent) && !is_done(ra, agent)
            && !(ra && ra->has_failed));
}

void
resync_force(struct resync *resync, const char *vnf_id)
{
    struct resync_agent *ra = shash_find_data(&resync->agents, vnf_id);
    if (ra) {
        free(ra->boot_id);
        ra->boot_id = NULL;
        ra->has_failed = false;
        ra->get_ticket = ra->patch_ticket = 0;  /* Sent too early. */
        ra->next_ms = time_msec() + RETRY_MS;
    }
}

void
resync_hasten(struct resync *resync, const char *vnf_id)
{
    struct resync_agent *ra = shash_find_data(&resync->agents, vnf_id);
    if (ra) {
        ra->next_audit_ms = MIN(ra->next_audit_ms, ra->sent_ms + SOON_MS);
    }
}

static int
compare_spis(const void *a_, const void *b_)
{
    const uint32_t *a = a_, *b = b_;
    return *a < *b ? -1 : *a > *b;
}

/* True if 'path' was active when the GET was sent. */
static bool
was_active(const struct resync_agent *ra, const struct path *path)
{
    return bsearch(&path->nsh_spi, ra->get_active, ra->n_active,
                   sizeof *ra->get_active, compare_spis) != NULL;
}

static void
send_get(struct resync_agent *ra, struct network *net, struct agent *agent)
{
    const struct live_paths *paths = network_live_paths(net);
    free(ra->get_boot_id);
    ra->get_boot_id = xstrdup(agent_get_state(agent)->boot_id);
    ra->sent_ms = time_msec();
    ra->n_active = 0;
    ra->get_active = xrealloc(ra->get_active, (live_paths_count(paths)
                                               * sizeof *ra->get_active));
    LIVE_PATHS_FOR_EACH (live, paths) {
        if (live->path->state == PATH_ACTIVE) {
            ra->get_active[ra->n_active++] = live->path->nsh_spi;
        }
    }
    qsort(ra->get_active, ra->n_active, sizeof *ra->get_active, compare_spis);
    ra->get_ticket = restconf_client_request(
        agent_client(agent), "GET",
        "/data/ietf-i2nsf-ikeless:ipsec-ikeless?content=config", NULL, NULL,
        &BOUNDS_ANSWER_SAS);
}

static long long int
next_get_ms(const struct resync_agent *ra, const struct agent *agent)
{
    return is_done(ra, agent) ? MAX(ra->next_ms, ra->next_audit_ms)
                              : ra->next_ms;
}

void
resync_run(struct resync *resync, struct network *net)
{
    struct shash_node *node;
    SHASH_FOR_EACH_SAFE (node, &resync->agents) {
        if (!network_agent(net, node->name)) {
            resync_agent_destroy(node->data);
            shash_delete(&resync->agents, node);
        }
    }

    AGENTS_FOR_EACH (agent, network_agents(net)) {
        const char *vnf_id = agent_vnf_id(agent);
        struct resync_agent *ra = shash_find_data(&resync->agents, vnf_id);
        if (!ra) {
            ra = xzalloc(sizeof *ra);
            shash_add(&resync->agents, vnf_id, ra);
        }
        uint64_t ticket = ra->get_ticket ? ra->get_ticket : ra->patch_ticket;
        if (time_msec() > ra->sent_ms + ANSWER_MS
            || (ticket && !restconf_client_has_ticket(agent_client(agent),
                                                      ticket))) {
            ra->has_failed = ra->has_failed || ticket;
            ra->get_ticket = ra->patch_ticket = 0;
        }
        if (!agent_is_up(agent)) {
            /* It may come back with fewer entries. */
            free(ra->boot_id);
            ra->boot_id = NULL;
            ra->has_failed = false;
        }
        if (agent_is_up(agent) && !ra->get_ticket && !ra->patch_ticket
            && time_msec() >= next_get_ms(ra, agent)) {
            send_get(ra, net, agent);
        }
    }
}

void
resync_wait(const struct resync *resync, const struct network *net)
{
    const struct shash_node *node;
    SHASH_FOR_EACH (node, &resync->agents) {
        const struct resync_agent *ra = node->data;
        const struct agent *agent = network_agent(net, node->name);
        if (agent && agent_is_up(agent) && !ra->get_ticket
            && !ra->patch_ticket) {
            poll_timer_wait_until(next_get_ms(ra, agent));
        }
    }
}

/* Adds the entries of list 'name' in container 'outer' to 'entries', by their
 * names.  They belong to 'top'. */
static void
list_entries(const json_t *top, const char *outer, const char *name,
             struct shash *entries)
{
    const json_t *list = json_object_get(json_object_get(top, outer), name);
    size_t i;
    json_t *entry;
    json_array_foreach (list, i, entry) {
        const char *s = json_string_value(json_object_get(entry, "name"));
        if (s) {
            shash_replace(entries, s, entry);
        }
    }
}

/* Takes the entries that the end of 'hop' needs out of 'sad' and 'spd'.
 * Returns NULL if they are as they were made, else what is wrong. */
static const char *
match_hop(const struct inventory *inv, const struct path *path,
          const struct path_hop *hop, bool outbound, struct shash *sad,
          struct shash *spd)
{
    char name[SA_REQUEST_NAME_LEN];
    sa_request_sa_name(hop, name);
    const json_t *sa = shash_find_and_delete(sad, name);
    sa_request_policy_name(path, hop, outbound, name);
    const json_t *policy = shash_find_and_delete(spd, name);
    return (!sa || !policy ? "lost its SAs"
            : !sa_request_is_shown(sa, true, inv, path, hop, outbound)
            || !sa_request_is_shown(policy, false, inv, path, hop, outbound)
            ? "has its SAs changed" : NULL);
}

/* Takes the entries that live paths need at 'vnf_id' out of 'sad' and 'spd'.
 * Marks the paths as broken that were active when the GET was sent and do not
 * have the entries that they need, and adds them to 'broken'. */
static void
match_paths(const struct resync_agent *ra, const struct network *net,
            const char *vnf_id, struct shash *sad, struct shash *spd,
            struct hmapx *broken)
{
    LIVE_PATHS_FOR_EACH (live, network_live_paths(net)) {
        const struct path *path = live->path;
        PATH_FOR_EACH_HOP (hop, path) {
            for (int sender = 0; sender <= 1; sender++) {
                if (strcmp(sender ? hop->sender : hop->receiver, vnf_id)) {
                    continue;
                }
                const char *wrong = match_hop(network_inventory(net), path,
                                              hop, sender, sad, spd);
                if (wrong && path->state == PATH_ACTIVE
                    && was_active(ra, path)) {
                    free(live->broken);
                    live->broken = xasprintf("gateway %s %s", vnf_id, wrong);
                    hmapx_add(broken, live);
                }
            }
        }
    }
}

/* Notes that the agent is in line. */
static void
finish(struct resync_agent *ra)
{
    long long int took_ms = time_msec() - ra->sent_ms;
    free(ra->boot_id);
    ra->boot_id = ra->get_boot_id;
    ra->get_boot_id = NULL;
    ra->next_audit_ms = time_msec() + MAX(AUDIT_MS, AUDIT_PAUSE * took_ms);
}

/* Compares the agent's configuration 'body' with the live paths and sends the
 * removal of entries that none needs.  Returns false if 'body' does not
 * parse. */
static bool
reconcile(struct resync_agent *ra, struct network *net, struct agent *agent,
          const char *body, uint64_t epoch, struct hmapx *broken)
{
    json_t *root = json_loads(body ? body : "", 0, NULL);
    const json_t *top = json_object_get(root,
                                        "ietf-i2nsf-ikeless:ipsec-ikeless");
    if (!top) {
        json_decref(root);
        return false;
    }
    const char *vnf_id = agent_vnf_id(agent);
    struct shash sad = SHASH_INITIALIZER(&sad);
    struct shash spd = SHASH_INITIALIZER(&spd);
    list_entries(top, "sad", "sad-entry", &sad);
    list_entries(top, "spd", "spd-entry", &spd);
    match_paths(ra, net, vnf_id, &sad, &spd, broken);
    json_decref(root);

    if (shash_is_empty(&sad) && shash_is_empty(&spd)) {
        finish(ra);
    } else {
        VLOG_INFO("gateway %s: removing %"PRIuSIZE" SAs and %"PRIuSIZE
                  " policies that no path names", vnf_id, shash_count(&sad),
                  shash_count(&spd));
        struct restconf_patch *req = sa_request_create("resync", epoch);
        const struct shash_node *node;
        SHASH_FOR_EACH (node, &spd) {
            sa_request_remove_name(req, false, node->name);
        }
        SHASH_FOR_EACH (node, &sad) {
            sa_request_remove_name(req, true, node->name);
        }
        ra->sent_ms = time_msec();
        ra->patch_ticket = restconf_client_patch(agent_client(agent), req);
    }
    shash_destroy(&sad);
    shash_destroy(&spd);
    return true;
}

bool
resync_agent_result(struct resync *resync, struct network *net,
                    const char *vnf_id, const struct restconf_result *result,
                    uint64_t epoch, struct hmapx *broken)
{
    struct resync_agent *ra = shash_find_data(&resync->agents, vnf_id);
    struct agent *agent = network_agent(net, vnf_id);
    if (!ra || !agent
        || (result->ticket != ra->get_ticket
            && result->ticket != ra->patch_ticket)) {
        return false;
    }

    bool ok = !result->error || result->status == 404;
    if (result->ticket == ra->patch_ticket) {
        ra->patch_ticket = 0;
        if (ok) {
            finish(ra);
        }
    } else {
        ra->get_ticket = 0;
        ok = ok && !strcmp(ra->get_boot_id, agent_get_state(agent)->boot_id)
             && reconcile(ra, net, agent,
                          (result->status == 404
                           ? "{\"ietf-i2nsf-ikeless:ipsec-ikeless\":{}}"
                           : result->body), epoch, broken);
    }
    /* Until the removal that failed before is done, it has failed still. */
    ra->has_failed = !ok || (ra->patch_ticket && ra->has_failed);
    if (!ok) {
        VLOG_WARN_RL(&rl, "gateway %s: cannot bring it in line: %s", vnf_id,
                     result->error ? result->error : "answer not understood");
        ra->next_ms = time_msec() + RETRY_MS;
    }
    return true;
}
