/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/https/https-peers.h"

#include <stdlib.h>

#include "lib/bounds.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(https_peers);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 10);

#define MAX_PER_PEER 64         /* Connections of one peer. */
#define MAX_STREAMS (MAX_PER_PEER / 4)

void
https_peers_init(struct https_peers *peers, size_t max_connections)
{
    *peers = (struct https_peers) { .max_connections = max_connections };
    crowd_init(&peers->silent);
    crowd_init(&peers->heard);
    crowd_init(&peers->known);
    ovs_list_init(&peers->ready);
    heap_init(&peers->timers);
}

void
https_peers_uninit(struct https_peers *peers)
{
    heap_destroy(&peers->timers);
    crowd_uninit(&peers->silent);
    crowd_uninit(&peers->heard);
    crowd_uninit(&peers->known);
}

struct https_stats
https_peers_stats(const struct https_peers *peers)
{
    struct https_stats stats = peers->stats;
    stats.n_pending = peers->silent.n + peers->heard.n;
    stats.n_connections = peers->known.n;
    return stats;
}

/* Time. */

void
https_member_set_deadline(struct https_member *member, int timeout_ms)
{
    uint64_t deadline = timeout_ms ? time_msec() + timeout_ms : INT64_MAX;
    heap_change(&member->peers->timers, &member->timer,
                UINT64_MAX - deadline);
}

static long long int
deadline(const struct heap_node *timer)
{
    return UINT64_MAX - timer->priority;
}

bool
https_member_is_overdue(const struct https_member *member)
{
    return time_msec() >= deadline(&member->timer);
}

struct https_member *
https_peers_first(const struct https_peers *peers)
{
    return (heap_is_empty(&peers->timers) ? NULL
            : CONTAINER_OF(heap_max(&peers->timers), struct https_member,
                           timer));
}

void
https_member_set_ready(struct https_member *member)
{
    if (!member->is_ready) {
        member->is_ready = true;
        ovs_list_push_back(&member->peers->ready, &member->ready_node);
    }
}

void
https_member_clear_ready(struct https_member *member)
{
    if (member->is_ready) {
        member->is_ready = false;
        ovs_list_remove(&member->ready_node);
    }
}

void
https_peers_wait(const struct https_peers *peers)
{
    if (!ovs_list_is_empty(&peers->ready)) {
        poll_immediate_wake();
    }
    if (!heap_is_empty(&peers->timers)) {
        poll_timer_wait_until(deadline(heap_max(&peers->timers)));
    }
}

/* Members. */

static struct https_member *
member_of(const struct crowd_member *place)
{
    return place ? CONTAINER_OF(place, struct https_member, place) : NULL;
}

const char *
https_member_name(const struct https_member *member)
{
    return member->place.owner->name;
}

bool
https_member_is_known(const struct https_member *member)
{
    return member->place.crowd == &member->peers->known;
}

static void
set_unread(struct https_member *member, size_t n)
{
    member->peers->n_unread += n - member->n_unread;
    member->n_unread = n;
}

/* Returns the octets of answers that wait for the peer. */
static size_t
get_unread(const struct crowd_owner *owner)
{
    const struct crowd_member *place;
    size_t n = 0;
    CROWD_FOR_EACH (place, owner) {
        n += member_of(place)->n_unread;
    }
    return n;
}

static size_t
count_streams(const struct crowd_owner *owner)
{
    const struct crowd_member *place;
    size_t n = 0;
    CROWD_FOR_EACH (place, owner) {
        n += member_of(place)->is_stream;
    }
    return n;
}

/* Limits. */

void
https_member_kill(struct https_member *member)
{
    member->is_dead = true;
    https_member_set_ready(member);
}

static void
evict(struct https_member *member)
{
    member->peers->stats.n_evicted++;
    https_member_kill(member);
}

/* Returns the idlest connection of 'owner', not a stream, but not 'except'; or
 * NULL. */
static struct https_member *
find_idlest(const struct crowd_owner *owner, const struct https_member *except)
{
    const struct crowd_member *place;
    CROWD_FOR_EACH (place, owner) {
        struct https_member *member = member_of(place);
        if (member != except && !member->is_stream && !member->is_dead) {
            return member;
        }
    }
    return NULL;
}

/* Makes room for 'member', the newest of its peer, if that has too many. */
static void
limit_peer(struct https_member *member)
{
    if (member->place.owner->n > MAX_PER_PEER) {
        struct https_member *idlest = find_idlest(member->place.owner, member);
        VLOG_INFO_RL(&rl, "%s: more than %d connections, the idlest one is "
                     "closed", https_member_name(member), MAX_PER_PEER);
        evict(idlest ? idlest : member);
    }
}

/* Evicts the idlest connection of the peer that has most in 'crowd'.  Returns
 * false if there is none. */
static bool
evict_one(const struct crowd *crowd)
{
    const struct crowd_owner *most = crowd_most(crowd);
    struct https_member *member = most ? find_idlest(most, NULL) : NULL;
    if (member) {
        evict(member);
    }
    return member != NULL;
}

bool
https_peers_evict(struct https_peers *peers)
{
    return (evict_one(&peers->silent) || evict_one(&peers->heard)
            || evict_one(&peers->known));
}

/* Returns the connection of the peer that has been idle longest of those with
 * unread answers, but not 'except'; or NULL. */
static struct https_member *
find_unread(const struct crowd_owner *owner, const struct https_member *except)
{
    const struct crowd_member *place;
    CROWD_FOR_EACH (place, owner) {
        struct https_member *member = member_of(place);
        if (member != except && member->n_unread && !member->is_dead) {
            return member;
        }
    }
    return NULL;
}

/* Closes the connection, whose answers are not read. */
static void
kill_unread(struct https_member *member)
{
    VLOG_INFO_RL(&rl, "%s: too many answers that are not read: a connection "
                 "is closed", https_member_name(member));
    member->peers->stats.n_overdue++;
    set_unread(member, 0);
    https_member_kill(member);
}

/* Returns the peer that has most unread answers. */
static const struct crowd_owner *
find_laziest(const struct https_peers *peers)
{
    const struct crowd_owner *laziest = NULL;
    const struct shash_node *node;
    size_t max = 0;
    SHASH_FOR_EACH (node, &peers->known.owners) {
        size_t n = get_unread(node->data);
        if (!laziest || n > max) {
            max = n;
            laziest = node->data;
        }
    }
    return laziest;
}

void
https_member_set_unread(struct https_member *member, size_t n)
{
    struct https_peers *peers = member->peers;
    struct https_member *lazy;
    set_unread(member, n);
    while (n && get_unread(member->place.owner) > BOUNDS_UNREAD_PEER
           && (lazy = find_unread(member->place.owner, member))) {
        kill_unread(lazy);
    }
    while (n && peers->n_unread > BOUNDS_UNREAD
           && (lazy = find_unread(find_laziest(peers), NULL))) {
        kill_unread(lazy);
    }
}

void
https_peers_add(struct https_peers *peers, struct https_member *member,
                const char *address)
{
    *member = (struct https_member) { .peers = peers };
    heap_insert(&peers->timers, &member->timer, 0);
    https_member_set_deadline(member, HTTPS_REQUEST_TIMEOUT_MS);
    crowd_add_address(&peers->silent, &member->place, address);
    peers->stats.n_accepted++;
    if (peers->silent.n > BOUNDS_CALLERS_SILENT) {
        evict_one(&peers->silent);
    }
    if (peers->silent.n + peers->heard.n + peers->known.n
        > peers->max_connections) {
        https_peers_evict(peers);
    }
}

void
https_peers_remove(struct https_member *member)
{
    set_unread(member, 0);
    member->peers->stats.n_streams -= member->is_stream;
    crowd_remove(&member->place);
    heap_remove(&member->peers->timers, &member->timer);
    https_member_clear_ready(member);
}

void
https_member_hear(struct https_member *member)
{
    struct https_peers *peers = member->peers;
    if (member->place.crowd == &peers->silent) {
        crowd_move(&peers->heard, &member->place);
        if (peers->heard.n > BOUNDS_CALLERS_HEARD) {
            evict_one(&peers->heard);
        }
    }
}

void
https_member_identify(struct https_member *member, const char *name)
{
    struct crowd *known = &member->peers->known;
    if (name) {
        crowd_remove(&member->place);
        crowd_add(known, &member->place, name);
    } else {
        crowd_move(known, &member->place);
    }
    limit_peer(member);
}

void
https_member_use(struct https_member *member)
{
    crowd_use(&member->place);
}

bool
https_member_begin_stream(struct https_member *member)
{
    if (count_streams(member->place.owner) >= MAX_STREAMS) {
        return false;
    }
    member->peers->stats.n_streams++;
    member->is_stream = true;
    return true;
}
