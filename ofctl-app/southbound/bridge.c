/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ofctl-app/southbound/bridge.h"

#include "lib/cert-life.h"
#include "lib/name.h"
#include "ofctl-app/flows/flow-set.h"
#include "ofctl-app/southbound/of-bundle.h"
#include "ofctl-app/southbound/of-packet.h"
#include "ofctl-app/southbound/of-ports.h"
#include "ofctl-app/southbound/of-session.h"
#include "ofctl-app/southbound/turned-away.h"

#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vconn.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "unicode.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(bridge);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 10);
/* Peers control how often connections are logged, so these have their own,
 * larger limit. */
static struct vlog_rate_limit connection_rl = VLOG_RATE_LIMIT_INIT(60, 300);

/* Time between two counts of the flows: COUNT_MS, or the pause after a count
 * is COUNT_PAUSE times its duration if that is longer. */
#define COUNT_MS 2000
#define COUNT_PAUSE 20

#define NAMES_MS 10000          /* Longest wait for names of ports: a session
                                 * with a database retries every 8 s. */
#define NAMES_ARE_READ "the database of its switch is being read"
#define ANSWER_MS 2000          /* A switch that is asked whether it is there
                                 * answers in this time. */
#define SHOW_MS 1000            /* Whom we turn away makes us change what we
                                 * show about it no more often. */
#define MAX_NAME 256            /* Octets of the name in a certificate. */
#define DOUBT_MS 60000          /* A switch calls again every few seconds. */
#define RETRY_MS 5000           /* Pause after a failed synchronisation. */
#define DRIFT_MS 10000          /* Least time between two repairs of a bridge
                                 * whose flows or meters somebody changed. */

/*             ready           allowed           last part        bundle
 *     DOWN -----------> IDLE ---------> DUMPING --------> RUNNING -----.
 *      ^                  ^                                | |   ^     |
 *      |                  |   refusal, failure, drift      | |   `-----'
 *      |                  `--------------------------------' |
 *      `------- session lost or not master any more ---------'  (from all)  */
#define BRIDGE_STATES                                                   \
    /* There is no session, or it is not ready. */                      \
    BRIDGE_STATE(DOWN)                                                  \
    /* The session is ready; left when a synchronisation may start. */  \
    BRIDGE_STATE(IDLE)                                                  \
    /* The dump is coming in. */                                        \
    BRIDGE_STATE(DUMPING)                                               \
    /* The differences are sent, a bundle at a time. */                 \
    BRIDGE_STATE(RUNNING)

enum bridge_state {
#define BRIDGE_STATE(NAME) BRIDGE_##NAME,
    BRIDGE_STATES
#undef BRIDGE_STATE
};

/* A change, first without a result and then with one. */
struct pending {
    struct ovs_list node;       /* In bridge's 'pending' or 'results'. */
    uint64_t ticket;
    struct flow_change *change; /* Applied to the bridge's flow set; NULL if it
                                 * is finished. */
    bool sent;                  /* True if it is in the bundle under way. */
    char *error;                /* The switch's refusal, or NULL. */
};

struct bridge {
    char *name;
    uint64_t datapath_id;
    unsigned int seqno;

    enum bridge_state state;
    long long int down_since_ms; /* Time of the loss, in BRIDGE_DOWN. */
    struct of_session *session;
    struct vconn *rival;        /* Wants the place of 'session', or NULL. */
    uint64_t generation;        /* For a session with 'rival'. */
    char *rival_peer;           /* See 'peer'. */
    long long int rival_ms;     /* When the last rival came. */
    char *doubt;                /* Who was turned away last. */
    long long int doubt_ms;     /* When that was. */
    char *certificate;          /* See bridge_bind(). */
    char *first_certificate;    /* See bridge_first_certificate(). */
    char *peer;                 /* Name of the session's certificate; "":
                                 * there is no TLS.  NULL: no session. */
    struct cert_life life, rival_life;  /* Of both certificates. */
    int64_t warned_end;         /* See cert_life_warn(). */
    unsigned long long int n_refused;   /* Because of certificates. */
    unsigned long long int n_refused_shown; /* See bridge_n_refused(). */
    long long int shown_ms;     /* When that one was set. */
    char *reason;               /* Why the session was lost or the
                                 * synchronisation failed, or NULL. */
    unsigned int port_seqno;    /* Of the session, as last seen. */
    bool needs_names;           /* See bridge_need_names(). */
    unsigned int names_version; /* See bridge_names_version(). */
    const char *names_reason;   /* Why they are not told, or NULL. */
    long long int connected_ms; /* When the session began. */
    bool sync_allowed;
    bool synced;                /* True if synchronised in this session. */
    long long int unmet_since_ms; /* When it was added; LLONG_MAX once it was
                                 * synchronised or refused that. */
    long long int retry_ms;     /* Earliest next synchronisation. */

    struct flow_set *flows;     /* Desired flows. */
    uint64_t *last_ticket;      /* The last ticket given, of any bridge. */
    uint64_t first_ticket;      /* The first one this object may have given. */
    struct ovs_list pending;    /* Of struct pending, oldest first. */
    unsigned long long int n_changes, n_bundles;        /* Ever. */
    struct ovs_list results;    /* Of struct pending, oldest first. */

    long long int count_since_ms; /* When the count under way was asked for;
                                 * LLONG_MIN: there is none. */
    long long int counted_ms;   /* When the last complete count was asked for;
                                 * LLONG_MIN: there is none. */
    bool count_wanted;          /* Count as soon as none is under way. */
    long long int next_count_ms;
    bool count_is_quiet;        /* True if no bundle was under way since the
                                 * count began. */
    long long int next_repair_ms; /* Earliest next repair. */
};

struct bridge *
bridge_create(const char *name, uint64_t datapath_id, uint64_t *last_ticket)
{
    struct bridge *bridge = xzalloc(sizeof *bridge);
    bridge->name = xstrdup(name);
    bridge->datapath_id = datapath_id;
    bridge->down_since_ms = bridge->unmet_since_ms = time_msec();
    bridge->flows = flow_set_create();
    bridge->last_ticket = last_ticket;
    bridge->first_ticket = *last_ticket + 1;
    bridge->certificate = xstrdup("");
    bridge->first_certificate = xstrdup("");
    ovs_list_init(&bridge->pending);
    ovs_list_init(&bridge->results);
    bridge->count_since_ms = bridge->counted_ms = LLONG_MIN;
    bridge->next_repair_ms = LLONG_MIN;
    bridge->shown_ms = LLONG_MIN / 2;
    return bridge;
}

void
bridge_destroy(struct bridge *bridge)
{
    of_session_destroy(bridge->session);
    vconn_close(bridge->rival);
    free(bridge->rival_peer);
    free(bridge->peer);
    free(bridge->doubt);
    free(bridge->certificate);
    free(bridge->first_certificate);

    struct pending *pending;
    ovs_list_push_back_all(&bridge->pending, &bridge->results);
    LIST_FOR_EACH_POP (pending, node, &bridge->pending) {
        flow_change_destroy(pending->change);
        free(pending->error);
        free(pending);
    }
    flow_set_destroy(bridge->flows);
    free(bridge->reason);
    free(bridge->name);
    free(bridge);
}

const char *
bridge_name(const struct bridge *bridge)
{
    return bridge->name;
}

uint64_t
bridge_datapath_id(const struct bridge *bridge)
{
    return bridge->datapath_id;
}

bool
bridge_is_connected(const struct bridge *bridge)
{
    return bridge->state != BRIDGE_DOWN;
}

bool
bridge_has_session(const struct bridge *bridge)
{
    return bridge->session != NULL;
}

bool
bridge_is_up(const struct bridge *bridge)
{
    return bridge->synced;
}

bool
bridge_has_pending(const struct bridge *bridge)
{
    return !ovs_list_is_empty(&bridge->pending);
}

/* True if the session would be ready, but for names of ports. */
static bool
bridge_waits_for_names(const struct bridge *bridge)
{
    return (bridge->state == BRIDGE_DOWN && bridge->session
            && bridge->needs_names
            && of_session_is_ready(bridge->session)
            && !of_session_ports(bridge->session)->is_told
            && time_msec() < bridge->connected_ms + NAMES_MS);
}

long long int
bridge_unmet_since_ms(const struct bridge *bridge)
{
    /* Where only names are missing bridge_waits_for_names() ends the wait. */
    return (bridge->unmet_since_ms != LLONG_MAX
            && bridge_waits_for_names(bridge)
            ? time_msec() : bridge->unmet_since_ms);
}

const char *
bridge_reason(const struct bridge *bridge)
{
    if (bridge->synced) {
        return "";
    } else if (bridge_waits_for_names(bridge)) {
        return (bridge->names_reason ? bridge->names_reason
                : NAMES_ARE_READ);
    } else if (bridge->state == BRIDGE_DOWN) {
        return (bridge->session ? of_session_reason(bridge->session)
                : bridge->reason ? bridge->reason
                : "has not connected yet");
    } else if (bridge->reason) {
        return bridge->reason;
    } else {
        return (bridge->sync_allowed ? "is being synchronised"
                : "waits for the controller to be ready");
    }
}

long long int
bridge_down_since_ms(const struct bridge *bridge)
{
    return (bridge_is_connected(bridge) || bridge_waits_for_names(bridge)
            ? LLONG_MAX : bridge->down_since_ms);
}

void
bridge_allow_sync(struct bridge *bridge)
{
    bridge->sync_allowed = true;
}

unsigned int
bridge_seqno(const struct bridge *bridge)
{
    return bridge->seqno;
}

void
bridge_need_names(struct bridge *bridge, bool needed)
{
    bridge->needs_names = needed;
}

void
bridge_tell_names(struct bridge *bridge, const struct simap *names,
                  unsigned int version)
{
    bridge->names_version = version;
    bridge->names_reason = NULL;
    if (bridge->session
        && of_ports_tell_names(of_session_ports(bridge->session), names)) {
        bridge->seqno++;
    }
}

void
bridge_lose_names(struct bridge *bridge, const char *reason)
{
    bridge->names_version = 0;
    bridge->names_reason = reason;
    if (bridge->session) {
        of_ports_lose_names(of_session_ports(bridge->session));
    }
}

unsigned int
bridge_names_version(const struct bridge *bridge)
{
    return bridge->names_version;
}

ofp_port_t
bridge_port(const struct bridge *bridge, const char *interface)
{
    return (bridge_is_connected(bridge)
            ? of_ports_find(of_session_ports(bridge->session), interface)
            : 0);
}

char *
bridge_port_untold(const struct bridge *bridge, const char *interface)
{
    if (!bridge_is_connected(bridge) || name_is_shown_whole(interface)
        || bridge_port(bridge, interface)) {
        return NULL;
    }
    const char *why
        = (bridge->names_reason ? bridge->names_reason
           : !of_session_ports(bridge->session)->is_told
           ? NAMES_ARE_READ : NULL);
    return (why ? xasprintf("cannot be told from others by OpenFlow, which "
                            "cuts names at 15 characters, and %s", why)
            : NULL);
}

char *
bridge_port_down(const struct bridge *bridge, const char *interface)
{
    if (!bridge_is_connected(bridge)) {
        return NULL;
    }
    char *untold = bridge_port_untold(bridge, interface);
    return (untold ? untold
            : nullable_xstrdup(of_ports_down(of_session_ports(bridge->session),
                                             interface)));
}

uint64_t
bridge_change(struct bridge *bridge, const struct ofputil_port_map *map,
              const uint64_t *remove_cookies, size_t n_remove,
              const struct steering_flow *const *add, size_t n_add,
              char **errorp)
{
    struct flow_change *change;
    uint64_t ticket = *bridge->last_ticket + 1;
    *errorp = flow_change_create(ticket, map, remove_cookies, n_remove, add,
                                 n_add, &change);
    if (*errorp) {
        return 0;
    }
    *bridge->last_ticket = ticket;

    struct pending *pending = xzalloc(sizeof *pending);
    pending->ticket = ticket;
    pending->change = change;
    ovs_list_push_back(&bridge->pending, &pending->node);
    flow_set_apply(bridge->flows, change);
    bridge->n_changes++;
    return ticket;
}

bool
bridge_has_ticket(const struct bridge *bridge, uint64_t ticket)
{
    return ticket >= bridge->first_ticket;
}

bool
bridge_next_result(struct bridge *bridge, uint64_t *ticket, char **error)
{
    if (ovs_list_is_empty(&bridge->results)) {
        return false;
    }
    struct pending *pending = CONTAINER_OF(
        ovs_list_pop_front(&bridge->results), struct pending, node);
    *ticket = pending->ticket;
    *error = pending->error;
    free(pending);
    return true;
}

uint64_t
bridge_cookie_packets(const struct bridge *bridge, uint64_t cookie)
{
    return flow_set_packets(bridge->flows, cookie);
}

void
bridge_count_again(struct bridge *bridge)
{
    bridge->count_wanted = true;
}

long long int
bridge_counted_ms(const struct bridge *bridge)
{
    return bridge->counted_ms;
}

size_t
bridge_cookie_flows(const struct bridge *bridge, uint64_t cookie,
                    size_t *n_shown)
{
    return flow_set_n_shown(bridge->flows, cookie, n_shown);
}

size_t
bridge_n_flows(const struct bridge *bridge)
{
    return flow_set_n_wanted(bridge->flows);
}

void
bridge_get_load(const struct bridge *bridge, unsigned long long int *n_changes,
                unsigned long long int *n_bundles)
{
    *n_changes = bridge->n_changes;
    *n_bundles = bridge->n_bundles;
}

/* Sets the reason, of which it takes ownership; NULL: none. */
static void
bridge_set_reason(struct bridge *bridge, char *reason)
{
    free(bridge->reason);
    bridge->reason = reason;
}

bool
bridge_next_packet_in(struct bridge *bridge, struct of_packet_in *packet)
{
    return (bridge->session
            && of_packet_queue_pop(of_session_packets_in(bridge->session),
                                   packet));
}

uint64_t
bridge_n_packets_lost(const struct bridge *bridge)
{
    return (bridge->session
            ? of_session_packets_in(bridge->session)->n_lost : 0);
}

bool
bridge_packet_out(struct bridge *bridge, const void *frame, size_t size,
                  ofp_port_t out_port)
{
    return (bridge_is_connected(bridge)
            && of_session_packet_out(bridge->session, frame, size, out_port));
}

/* Notes that the pending changes are in a bundle, or that none is. */
static void
bridge_set_sent(struct bridge *bridge, bool sent)
{
    struct pending *pending;
    LIST_FOR_EACH (pending, node, &bridge->pending) {
        pending->sent = sent;
    }
}

/* Enters BRIDGE_DOWN.  Whether the changes under way were done is not known;
 * they stay desired. */
static void
bridge_enter_down(struct bridge *bridge)
{
    if (bridge->state != BRIDGE_DOWN) {
        bridge->state = BRIDGE_DOWN;
        bridge->down_since_ms = time_msec();
        bridge->seqno++;
    }
    bridge->synced = false;
    bridge->count_since_ms = bridge->counted_ms = LLONG_MIN;
    bridge_set_sent(bridge, false);
    if (bridge->session) {
        of_session_end_bundle(bridge->session);
    }
}

/* Certificates. */

const char *
bridge_first_certificate(const struct bridge *bridge)
{
    return bridge->first_certificate;
}

const char *
bridge_peer(const struct bridge *bridge)
{
    return bridge->session ? bridge->peer : NULL;
}

unsigned long long int
bridge_n_refused(const struct bridge *bridge)
{
    return bridge->n_refused_shown;
}

/* The name to which the bridge is bound, or "". */
static const char *
bridge_bound_to(const struct bridge *bridge)
{
    return (bridge->certificate[0] ? bridge->certificate
            : bridge->first_certificate);
}

static void
set_name(char **name, const char *new)
{
    char *old = *name;
    *name = xstrdup(new);
    free(old);
}

/* True if 'name' can be shown and kept in the database. */
static bool
is_plain_text(const char *name)
{
    size_t length;
    char *error = utf8_validate(name, &length);
    bool ok = !error && length > 0 && length <= MAX_NAME;
    free(error);
    for (const char *p = name; ok && *p; p++) {
        ok = (unsigned char) *p >= ' ' && *p != 0x7f;
    }
    return ok;
}

/* Notes that the switch at 'vconn', which is closed, was turned away for
 * 'reason', of which it takes ownership. */
static void
bridge_turn_away(struct bridge *bridge, struct vconn *vconn, char *reason)
{
    VLOG_WARN_RL(&connection_rl, "%s: %s", bridge->name, reason);
    vconn_close(vconn);
    long long int now = time_msec();
    if (!bridge->doubt || now >= bridge->doubt_ms + SHOW_MS) {
        free(bridge->doubt);
        bridge->doubt = reason;
        bridge->doubt_ms = now;
    } else {
        free(reason);
    }
}

/* Returns 'name', that of the certificate of the switch at 'vconn', "" without
 * TLS (caller frees); or NULL, with 'vconn' closed, if it may not be this
 * bridge. */
static char *
bridge_admit(struct bridge *bridge, struct vconn *vconn, const char *name)
{
    if (strncmp(vconn_get_name(vconn), "ssl:", 4)) {
        return xstrdup("");
    }
    const char *bound = bridge_bound_to(bridge);
    bool good = name && is_plain_text(name);
    if (good && (!bound[0] || !strcmp(name, bound))) {
        return xstrdup(name);
    }

    char *address = turned_away_address(vconn_get_name(vconn));
    char *shown = (good ? xasprintf("the certificate of \"%s\"", name)
                   : xstrdup("a certificate without a name that is its own"));
    char *remedy = (bound[0]
                    ? xasprintf(": it is bound to \"%s\" (\"sdsa-ctl "
                                "bridge-set-certificate %s NAME\" changes "
                                "that)", bound, bridge->name)
                    : xstrdup(": give its certificate one"));
    bridge->n_refused++;
    bridge_turn_away(bridge, vconn,
                     xasprintf("a switch with %s connects from %s as this "
                               "bridge and is turned away%s", shown, address,
                               remedy));
    free(address);
    free(shown);
    free(remedy);
    return NULL;
}

/* Starts a session on 'vconn' in place of the one that there may be.  'peer',
 * of which it takes ownership, is what bridge_admit() has returned. */
static void
bridge_start_session(struct bridge *bridge, struct vconn *vconn, char *peer,
                     const struct cert_life *life)
{
    VLOG_INFO_RL(&connection_rl, "%s: has connected %sfrom %s", bridge->name,
                 bridge->session ? "anew " : "", vconn_get_name(vconn));
    if (bridge->session) {
        bridge_enter_down(bridge);
        of_session_destroy(bridge->session);
    }
    free(bridge->peer);
    bridge->peer = peer;
    bridge->life = *life;
    if (peer[0] && !bridge_bound_to(bridge)[0]) {
        VLOG_INFO("%s: is bound to the certificate of \"%s\", the first that "
                  "has connected", bridge->name, peer);
        set_name(&bridge->first_certificate, peer);
    }
    bridge_set_reason(bridge, NULL);
    bridge->retry_ms = LLONG_MIN;
    bridge->names_version = 0;
    bridge->connected_ms = time_msec();
    bridge->session = of_session_create(vconn, bridge->name,
                                        bridge->generation);
}

void
bridge_connect(struct bridge *bridge, struct vconn *vconn, const char *name,
               const struct cert_life *life, uint64_t generation)
{
    bridge->generation = generation;
    char *peer = bridge_admit(bridge, vconn, name);
    if (!peer) {
        return;
    } else if (bridge->session && of_session_is_alive(bridge->session)) {
        vconn_close(bridge->rival);
        free(bridge->rival_peer);
        bridge->rival = vconn;
        bridge->rival_peer = peer;
        bridge->rival_life = *life;
        bridge->rival_ms = time_msec();
        of_session_ask(bridge->session);
    } else {
        bridge_start_session(bridge, vconn, peer, life);
    }
}

/* Decides about the rival, once the switch that has the session has answered
 * or not. */
static void
bridge_run_rival(struct bridge *bridge)
{
    struct vconn *rival = bridge->rival;
    char *peer = bridge->rival_peer;
    if (!bridge->session || !of_session_is_alive(bridge->session)
        || time_msec() >= bridge->rival_ms + ANSWER_MS) {
        bridge->rival = NULL;
        bridge->rival_peer = NULL;
        bridge_start_session(bridge, rival, peer, &bridge->rival_life);
    } else if (of_session_has_answered(bridge->session)) {
        char *address = turned_away_address(vconn_get_name(rival));
        bridge->rival = NULL;
        bridge->rival_peer = NULL;
        free(peer);
        bridge_turn_away(bridge, rival, xasprintf(
            "another switch with datapath id %016"PRIx64" (or the same one by "
            "another controller target) connects from %s and is turned away: "
            "give each bridge an id of its own, with \"ovs-vsctl set Bridge "
            "NAME other_config:datapath-id=ID\"", bridge->datapath_id,
            address));
        free(address);
    }
}

const char *
bridge_doubt(const struct bridge *bridge)
{
    return (bridge->doubt && time_msec() < bridge->doubt_ms + DOUBT_MS
            ? bridge->doubt : NULL);
}

char *
bridge_cert_doubt(const struct bridge *bridge)
{
    return bridge->session ? cert_life_doubt(&bridge->life) : NULL;
}

void
bridge_set_generation(struct bridge *bridge, uint64_t generation)
{
    bridge->generation = generation;
    if (bridge->session) {
        of_session_set_generation(bridge->session, generation);
    }
}

bool
bridge_is_overtaken(const struct bridge *bridge, uint64_t *other)
{
    return (bridge->session
            && of_session_is_overtaken(bridge->session, other));
}

/* Ends the session for 'reason', of which it takes ownership. */
static void
bridge_disconnect(struct bridge *bridge, char *reason)
{
    VLOG_INFO_RL(&connection_rl, "%s: is not connected any more: %s",
                 bridge->name, reason);
    bridge_set_reason(bridge, reason);
    bridge_enter_down(bridge);
    of_session_destroy(bridge->session);
    bridge->session = NULL;
}

void
bridge_bind(struct bridge *bridge, const char *certificate)
{
    if (!strcmp(certificate, bridge->certificate)) {
        return;
    }
    set_name(&bridge->certificate, certificate);
    set_name(&bridge->first_certificate,
             (certificate[0] || !bridge->session ? "" : bridge->peer));

    const char *bound = bridge_bound_to(bridge);
    if (bridge->session && bridge->peer[0] && strcmp(bridge->peer, bound)) {
        bridge_disconnect(bridge, xasprintf(
            "its switch had the certificate of \"%s\", and the bridge is "
            "bound to \"%s\" now", bridge->peer, bound));
    }
    if (bridge->rival && bridge->rival_peer[0]
        && strcmp(bridge->rival_peer, bound)) {
        vconn_close(bridge->rival);
        bridge->rival = NULL;
        free(bridge->rival_peer);
        bridge->rival_peer = NULL;
    }
}

/* Ends 'pending', of which it takes ownership, with a result. */
static void
bridge_finish(struct bridge *bridge, struct pending *pending)
{
    flow_change_destroy(pending->change);
    pending->change = NULL;
    ovs_list_remove(&pending->node);
    ovs_list_push_back(&bridge->results, &pending->node);
}

/* Ends the changes of the bundle that is done: the switch has all flows. */
static void
bridge_finish_sent(struct bridge *bridge)
{
    struct pending *pending;
    LIST_FOR_EACH_SAFE (pending, node, &bridge->pending) {
        if (pending->sent) {
            bridge_finish(bridge, pending);
        }
    }
    if (!bridge->synced) {
        bridge->synced = true;
        bridge->unmet_since_ms = LLONG_MAX;
        bridge->next_count_ms = time_msec();
        bridge_set_reason(bridge, NULL);
        VLOG_INFO_RL(&connection_rl, "%s: is up, with %"PRIuSIZE" flows",
                     bridge->name, flow_set_n_wanted(bridge->flows));
    }
}

/* True if a bundle may be sent now. */
static bool
bridge_can_push(const struct bridge *bridge)
{
    return (bridge->state == BRIDGE_RUNNING
            && !of_session_bundle(bridge->session)
            && of_session_is_ready(bridge->session));
}

/* Sends the flows that the switch does not have yet, if a bundle may be sent
 * now. */
static void
bridge_push(struct bridge *bridge)
{
    if (!bridge_can_push(bridge)) {
        return;
    }
    bridge_set_sent(bridge, true);
    if (flow_set_n_dirty(bridge->flows)) {
        bridge->count_is_quiet = false;
        bridge->n_bundles++;
        of_session_send_bundle(bridge->session,
                               flow_diff_create(bridge->flows));
    } else {
        bridge_finish_sent(bridge);
    }
}

/* Returns the pending change of 'ticket' if it was sent, or NULL. */
static struct pending *
bridge_find_sent(const struct bridge *bridge, uint64_t ticket)
{
    struct pending *pending;
    LIST_FOR_EACH (pending, node, &bridge->pending) {
        if (pending->sent && pending->ticket == ticket) {
            return pending;
        }
    }
    return NULL;
}

/* Returns the switch's 'error' about flow 'i' of 'diff', or about the whole
 * bundle if 'i' is SIZE_MAX, in words (caller frees). */
static char *
format_refusal(enum ofperr error, const struct flow_diff *diff, size_t i)
{
    const char *description = ofperr_get_description(error);
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, "%s: %.*s", ofperr_get_name(error),
                  (int) strcspn(description, "."), description);
    if (i != SIZE_MAX) {
        char *text = flow_diff_text(diff, i);
        ds_put_format(&s, ", in flow %s", text);
        free(text);
    }
    return ds_steal_cstr(&s);
}

/* Gives an error to the pending changes because of which 'bundle' was refused,
 * and says in '*blamed' whether there are any.  Returns a message about the
 * refusal (caller frees). */
static char *
bridge_blame(struct bridge *bridge, const struct of_bundle *bundle,
             bool *blamed)
{
    const struct flow_diff *diff = of_bundle_diff(bundle);
    char *message = NULL;

    *blamed = false;
    for (size_t i = 0; i < flow_diff_n(diff); i++) {
        enum ofperr error = of_bundle_flow_error(bundle, i);
        if (error) {
            struct pending *pending
                = bridge_find_sent(bridge, flow_diff_ticket(diff, i));
            char *text = format_refusal(error, diff, i);
            if (pending && !pending->error) {
                pending->error = xstrdup(text);
                *blamed = true;
            }
            if (!message) {
                message = text;
            } else {
                free(text);
            }
        }
    }
    if (!message) {
        message = format_refusal(of_bundle_error(bundle), diff, SIZE_MAX);
    }
    if (!*blamed && bridge->synced) {
        /* The switch had all flows before these changes, so one of them is
         * the cause. */
        struct pending *pending;
        LIST_FOR_EACH (pending, node, &bridge->pending) {
            if (pending->sent) {
                pending->error = xstrdup(message);
                *blamed = true;
            }
        }
    }
    return message;
}

/* Takes the changes with an error out of the desired set.  Changes are undone
 * from the newest back to the first one with an error, and then those without
 * an error are applied again. */
static void
bridge_roll_back(struct bridge *bridge)
{
    struct pending *first = NULL;
    struct pending *pending;
    LIST_FOR_EACH (pending, node, &bridge->pending) {
        if (pending->error && !first) {
            first = pending;
        }
    }

    LIST_FOR_EACH_REVERSE (pending, node, &bridge->pending) {
        flow_set_undo(bridge->flows, pending->change);
        if (pending == first) {
            break;
        }
    }

    bool redo = false;
    LIST_FOR_EACH_SAFE (pending, node, &bridge->pending) {
        redo |= pending == first;
        if (pending->error) {
            bridge_finish(bridge, pending);
        } else if (redo) {
            flow_set_apply(bridge->flows, pending->change);
        }
    }
}

/* Begins to put right what somebody has changed, unless that was done a moment
 * ago.  No bundle may be under way. */
static bool
bridge_repair(struct bridge *bridge, const char *what)
{
    long long int now = time_msec();
    if (now < bridge->next_repair_ms) {
        return false;
    }
    VLOG_WARN_RL(&rl, "%s: somebody has changed its %s; putting them right",
                 bridge->name, what);
    bridge->next_repair_ms = now + DRIFT_MS;
    bridge->state = BRIDGE_IDLE;
    return true;
}

/* Handles the refusal of the bundle, of which the switch has nothing. */
static void
bridge_refused(struct bridge *bridge, const struct of_bundle *bundle)
{
    enum ofperr error = of_bundle_error(bundle);
    if ((error == OFPERR_OFPMMFC_INVALID_METER
         || error == OFPERR_OFPMMFC_UNKNOWN_METER)
        && bridge_repair(bridge, "meters")) {
        bridge_set_sent(bridge, false); /* They are no cause: once more. */
        return;
    }

    bool blamed;
    char *message = bridge_blame(bridge, bundle, &blamed);

    if (blamed) {
        VLOG_WARN_RL(&rl, "%s: refused a change: %s", bridge->name, message);
        bridge_roll_back(bridge);
    } else {
        VLOG_WARN_RL(&rl, "%s: can not be synchronised: %s", bridge->name,
                     message);
        bridge_set_reason(bridge, xasprintf("refuses its flows: %s", message));
        bridge->unmet_since_ms = LLONG_MAX;
        bridge->synced = false;
        bridge->retry_ms = time_msec() + RETRY_MS;
    }
    free(message);
    bridge_set_sent(bridge, false);
    bridge->state = BRIDGE_IDLE; /* Dump the switch's flows again. */
}

static void
bridge_run_bundle(struct bridge *bridge)
{
    const struct of_bundle *bundle = of_session_bundle(bridge->session);
    if (bundle) {
        switch (of_bundle_state(bundle)) {
        case OF_BUNDLE_ADDING:
        case OF_BUNDLE_CHECKING:
        case OF_BUNDLE_COMMITTING:
            return;

        case OF_BUNDLE_DONE:
            flow_diff_commit(of_bundle_diff(bundle));
            bridge_finish_sent(bridge);
            break;

        case OF_BUNDLE_REFUSED:
            bridge_refused(bridge, bundle);
            break;
        }
        of_session_end_bundle(bridge->session);
    }
    bridge_push(bridge);
}

/* Ends the count of which the last part has come.  If flows or meters are not
 * the desired ones, and no bundle explains that, they are repaired. */
static void
bridge_count_end(struct bridge *bridge)
{
    long long int now = time_msec();
    bool flows_agree = flow_set_count_end(bridge->flows);
    bool meters_agree = of_session_meters_agree(bridge->session);
    bridge->counted_ms = bridge->count_since_ms;
    bridge->next_count_ms
        = MAX(bridge->count_since_ms + COUNT_MS,
              now + COUNT_PAUSE * (now - bridge->count_since_ms));
    bridge->count_since_ms = LLONG_MIN;
    if ((!flows_agree || !meters_agree) && bridge->count_is_quiet
        && bridge->state == BRIDGE_RUNNING) {
        bridge_repair(bridge, flows_agree ? "meters" : "flows");
    }
}

/* Starts a count of flows and packets when it is time for it. */
static void
bridge_run_count(struct bridge *bridge)
{
    if (bridge->synced
        && (bridge->count_wanted || time_msec() >= bridge->next_count_ms)
        && bridge->count_since_ms == LLONG_MIN
        && !of_session_dumping(bridge->session)) {
        bridge->count_since_ms = time_msec();
        bridge->count_wanted = false;
        bridge->count_is_quiet = !of_session_bundle(bridge->session);
        flow_set_count_begin(bridge->flows);
        of_session_dump(bridge->session, OF_DUMP_COUNT);
    }
}

/* Runs the session and follows its changes of state and of ports.  Returns
 * false if the session is not ready. */
static bool
bridge_run_session(struct bridge *bridge)
{
    of_session_run(bridge->session, bridge->flows);
    if (!of_session_is_alive(bridge->session)) {
        bridge_disconnect(bridge,
                          xstrdup(of_session_reason(bridge->session)));
        return false;
    }
    bool waits = bridge_waits_for_names(bridge);
    if (!of_session_is_ready(bridge->session) || waits) {
        bridge_enter_down(bridge);
        bridge->down_since_ms = waits ? time_msec() : bridge->down_since_ms;
        return false;
    }

    unsigned int port_seqno = of_session_port_seqno(bridge->session);
    if (bridge->state == BRIDGE_DOWN) {
        bridge->state = BRIDGE_IDLE;
        bridge->seqno++;
    } else if (port_seqno != bridge->port_seqno) {
        bridge->seqno++;
    }
    bridge->port_seqno = port_seqno;
    return true;
}

void
bridge_run(struct bridge *bridge)
{
    bool is_ready = bridge->session && bridge_run_session(bridge);
    if (bridge->session) {
        cert_life_warn(&bridge->life, "bridge", bridge->name,
                       &bridge->warned_end);
    }
    if (bridge->rival) {
        bridge_run_rival(bridge);
    }
    if (bridge->n_refused_shown != bridge->n_refused
        && time_msec() >= bridge->shown_ms + SHOW_MS) {
        bridge->n_refused_shown = bridge->n_refused;
        bridge->shown_ms = time_msec();
    }
    if (!is_ready || !bridge->session
        || !of_session_is_ready(bridge->session)) {
        return;
    }

    enum of_dump dumping = of_session_dumping(bridge->session);
    if (bridge->count_since_ms != LLONG_MIN && !dumping) {
        bridge_count_end(bridge);
    }

    switch (bridge->state) {
    case BRIDGE_DOWN:
        OVS_NOT_REACHED();

    case BRIDGE_IDLE:
        if (bridge->sync_allowed && !dumping
            && time_msec() >= bridge->retry_ms) {
            flow_set_dump_begin(bridge->flows);
            of_session_dump(bridge->session, OF_DUMP_SYNC);
            bridge->state = BRIDGE_DUMPING;
        }
        break;

    case BRIDGE_DUMPING:
        if (!dumping) {
            flow_set_dump_end(bridge->flows);
            bridge->state = BRIDGE_RUNNING;
            bridge_push(bridge);
        }
        break;

    case BRIDGE_RUNNING:
        bridge_run_bundle(bridge);
        break;
    }
    bridge_run_count(bridge);
}

void
bridge_wait(const struct bridge *bridge)
{
    if (!ovs_list_is_empty(&bridge->results)) {
        poll_immediate_wake();
    }
    if (bridge->rival) {
        poll_timer_wait_until(bridge->rival_ms + ANSWER_MS);
    }
    if (bridge->n_refused_shown != bridge->n_refused) {
        poll_timer_wait_until(bridge->shown_ms + SHOW_MS);
    }
    if (bridge->session) {
        struct of_packet_queue *queue = of_session_packets_in(bridge->session);
        if (!of_packet_queue_is_empty(queue)) {
            poll_immediate_wake();
        }
        of_session_wait(bridge->session);
        if (bridge_waits_for_names(bridge)) {
            poll_timer_wait_until(bridge->connected_ms + NAMES_MS);
        } else if (bridge->state == BRIDGE_DOWN
                   && of_session_is_ready(bridge->session)) {
            poll_immediate_wake();
        }
        if (!ovs_list_is_empty(&bridge->pending) && bridge_can_push(bridge)) {
            poll_immediate_wake();
        }
        if (!of_session_dumping(bridge->session)) {
            if (bridge->state == BRIDGE_IDLE && bridge->sync_allowed) {
                poll_timer_wait_until(bridge->retry_ms);
            }
            if (bridge->synced) {
                poll_timer_wait_until(bridge->count_wanted ? 0
                                      : bridge->next_count_ms);
            }
        }
    }
}
