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

/* What a peer has. */
struct https_peer {
    size_t n, n_streams;        /* Connections. */
    size_t n_unread;            /* Octets of answers. */
    long long int spent_us;     /* See https_member_spent(): as of */
    long long int spent_ms;     /* this time. */
};

void
https_peers_init(struct https_peers *peers, size_t max_connections)
{
    *peers = (struct https_peers) { .max_connections = max_connections };
    ovs_list_init(&peers->pending);
    ovs_list_init(&peers->known);
    ovs_list_init(&peers->ready);
    heap_init(&peers->timers);
    shash_init(&peers->addresses);
    shash_init(&peers->names);
}

void
https_peers_uninit(struct https_peers *peers)
{
    heap_destroy(&peers->timers);
    shash_destroy(&peers->addresses);
    shash_destroy(&peers->names);
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

static struct shash *
peers_of(const struct https_member *member)
{
    return member->is_known ? &member->peers->names
                            : &member->peers->addresses;
}

static struct ovs_list *
list_of(const struct https_member *member)
{
    return member->is_known ? &member->peers->known : &member->peers->pending;
}

static size_t *
counter_of(const struct https_member *member)
{
    return (member->is_known ? &member->peers->stats.n_connections
            : &member->peers->stats.n_pending);
}

static struct https_peer *
find_peer(const struct https_member *member)
{
    return shash_find_data(peers_of(member), member->name);
}

/* Enters the member under its name. */
static void
enter(struct https_member *member)
{
    struct https_peer *peer = find_peer(member);
    if (!peer) {
        peer = xzalloc(sizeof *peer);
        shash_add(peers_of(member), member->name, peer);
    }
    peer->n++;
    ovs_list_push_back(list_of(member), &member->node);
    ++*counter_of(member);
}

/* Takes the member out from under its name. */
static void
leave(struct https_member *member)
{
    struct https_peer *peer = find_peer(member);
    if (member->is_stream) {
        peer->n_streams--;
        member->peers->stats.n_streams--;
    }
    if (!--peer->n) {
        free(peer);
        shash_find_and_delete(peers_of(member), member->name);
    }
    ovs_list_remove(&member->node);
    --*counter_of(member);
    free(member->name);
}

/* Unread answers, and time. */

static void
set_unread(struct https_member *member, size_t n)
{
    struct https_peer *peer = find_peer(member);
    peer->n_unread += n - member->n_unread;
    member->peers->n_unread += n - member->n_unread;
    member->n_unread = n;
}

/* Halves what was spent for each second that has passed. */
static void
decay(struct https_peer *peer)
{
    long long int seconds = (time_msec() - peer->spent_ms) / 1000;
    peer->spent_us = seconds < 32 ? peer->spent_us >> seconds : 0;
    peer->spent_ms += 1000 * seconds;
}

void
https_member_spend(struct https_member *member, long long int us)
{
    struct https_peer *peer = find_peer(member);
    decay(peer);
    peer->spent_us += us;
}

long long int
https_member_spent(const struct https_member *member)
{
    struct https_peer *peer = find_peer(member);
    decay(peer);
    return peer->spent_us;
}

/* Limits. */

/* Returns the idlest connection, not a stream, of the peer 'name' in 'list',
 * but not 'except'; or NULL. */
static struct https_member *
find_idlest(const struct ovs_list *list, const char *name,
            const struct https_member *except)
{
    struct https_member *member;
    LIST_FOR_EACH (member, node, list) {
        if (member != except && !member->is_stream && !member->is_dead
            && !strcmp(member->name, name)) {
            return member;
        }
    }
    return NULL;
}

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

/* Makes room for 'member', the newest of its peer, if that has too many. */
static void
limit_peer(struct https_member *member)
{
    if (find_peer(member)->n > MAX_PER_PEER) {
        struct https_member *idlest = find_idlest(list_of(member),
                                                  member->name, member);
        VLOG_INFO_RL(&rl, "%s: more than %d connections, the idlest one is "
                     "closed", member->name, MAX_PER_PEER);
        evict(idlest ? idlest : member);
    }
}

/* Returns the connection of the peer 'name' that has been idle longest of
 * those with unread answers, but not 'except'; or NULL. */
static struct https_member *
find_unread(const struct https_peers *peers, const char *name,
            const struct https_member *except)
{
    struct https_member *member;
    LIST_FOR_EACH (member, node, &peers->known) {
        if (member != except && member->n_unread && !member->is_dead
            && !strcmp(member->name, name)) {
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
                 "is closed", member->name);
    member->peers->stats.n_overdue++;
    set_unread(member, 0);
    https_member_kill(member);
}

/* Returns the name of the peer that has most unread answers. */
static const char *
find_laziest(const struct https_peers *peers)
{
    const struct shash_node *node, *most = NULL;
    size_t max = 0;
    SHASH_FOR_EACH (node, &peers->names) {
        const struct https_peer *peer = node->data;
        if (!most || peer->n_unread > max) {
            max = peer->n_unread;
            most = node;
        }
    }
    return most ? most->name : "";
}

void
https_member_set_unread(struct https_member *member, size_t n)
{
    struct https_peers *peers = member->peers;
    struct https_member *lazy;
    set_unread(member, n);
    while (n && find_peer(member)->n_unread > BOUNDS_UNREAD_PEER
           && (lazy = find_unread(peers, member->name, member))) {
        kill_unread(lazy);
    }
    while (n && peers->n_unread > BOUNDS_UNREAD
           && (lazy = find_unread(peers, find_laziest(peers), NULL))) {
        kill_unread(lazy);
    }
}

bool
https_peers_evict(struct https_peers *peers)
{
    struct https_member *member;
    LIST_FOR_EACH (member, node, &peers->pending) {
        if (!member->is_dead) {
            evict(member);
            return true;
        }
    }
    const struct shash_node *node, *most = NULL;
    size_t max = 0;
    SHASH_FOR_EACH (node, &peers->names) {
        const struct https_peer *peer = node->data;
        if (peer->n > max) {
            max = peer->n;
            most = node;
        }
    }
    member = most ? find_idlest(&peers->known, most->name, NULL) : NULL;
    if (member) {
        evict(member);
    }
    return member != NULL;
}

void
https_peers_add(struct https_peers *peers, struct https_member *member,
                char *address)
{
    *member = (struct https_member) { .peers = peers, .name = address };
    heap_insert(&peers->timers, &member->timer, 0);
    https_member_set_deadline(member, HTTPS_REQUEST_TIMEOUT_MS);
    enter(member);
    peers->stats.n_accepted++;
    limit_peer(member);
    if (peers->stats.n_pending + peers->stats.n_connections
        > peers->max_connections) {
        https_peers_evict(peers);
    }
}

void
https_peers_remove(struct https_member *member)
{
    set_unread(member, 0);
    leave(member);
    heap_remove(&member->peers->timers, &member->timer);
    https_member_clear_ready(member);
}

void
https_member_identify(struct https_member *member, char *name)
{
    set_unread(member, 0);
    leave(member);
    member->name = name;
    member->is_known = true;
    enter(member);
    limit_peer(member);
}

void
https_member_use(struct https_member *member)
{
    ovs_list_remove(&member->node);
    ovs_list_push_back(&member->peers->known, &member->node);
}

bool
https_member_begin_stream(struct https_member *member)
{
    struct https_peer *peer = find_peer(member);
    if (peer->n_streams >= MAX_STREAMS) {
        return false;
    }
    peer->n_streams++;
    member->peers->stats.n_streams++;
    member->is_stream = true;
    return true;
}
