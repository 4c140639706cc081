/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_HTTPS_PEERS_H
#define SDSA_HTTPS_PEERS_H 1

/* The set of a server's connections: whose they are, their deadlines, and
 * those that have to run without an event of their socket.  No I/O.
 *
 * A connection belongs to a peer, which is its network address until its
 * certificate is known and then the certificate's name.  Where a limit is
 * reached a connection is evicted, not refused (decision 46).  Before the
 * certificate there are two limits: of connections that have said nothing, and
 * of those that have (lib/bounds.h). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap.h"
#include "lib/crowd.h"
#include "openvswitch/list.h"

#define HTTPS_REQUEST_TIMEOUT_MS 10000  /* From first octet to last. */
#define HTTPS_IDLE_TIMEOUT_MS 60000     /* Between requests; of a reply. */

struct https_stats {
    size_t n_pending;           /* Connections before their certificate. */
    size_t n_connections;       /* Connections after it. */
    size_t n_streams;           /* Of these, those with an event stream. */
    uint64_t n_accepted, n_evicted, n_overdue;  /* Since the start. */
    uint64_t n_retries;         /* Of requests that were put off. */
    uint64_t n_handshakes_failed;       /* Those that the client, or what it
                                         * showed, was to blame for. */
};

struct https_peers {
    size_t max_connections;     /* In all. */
    struct crowd silent, heard; /* Before certificates: those that have said
                                 * nothing, and the others. */
    struct crowd known;         /* After that. */
    struct ovs_list ready;      /* Those that are to be run. */
    struct heap timers;         /* Next deadline first. */
    size_t n_deferred;          /* Connections whose request was put off. */
    struct https_stats stats;   /* But for what https_peers_stats() counts. */
    size_t n_unread;            /* Octets of answers, in all. */
};

struct https_member {
    struct https_peers *peers;
    struct crowd_member place;  /* In 'silent', 'heard' or 'known'. */
    struct ovs_list ready_node; /* In 'ready' if 'is_ready'. */
    struct heap_node timer;     /* In 'timers'. */
    bool is_stream;             /* The connection has an event stream. */
    bool is_ready;              /* To be run without waiting for epoll. */
    bool is_dead;               /* To be destroyed when it is run next. */
    size_t n_unread;            /* Octets of answers that wait to be read. */
};

/* Makes an empty set of at most 'max_connections'. */
void https_peers_init(struct https_peers *, size_t max_connections);

/* Frees what the set holds.  All members must have been removed before. */
void https_peers_uninit(struct https_peers *);

/* Returns counts. */
struct https_stats https_peers_stats(const struct https_peers *);

/* Adds a new connection from 'address'.  Its deadline is that of a request.
 * Evicts where it is one too many. */
void https_peers_add(struct https_peers *, struct https_member *,
                     const char *address);

/* Removes the member. */
void https_peers_remove(struct https_member *);

/* Makes room for one connection more: evicts the idlest one of the peer that
 * has most, before its certificate if there is one.  Returns false if there is
 * none. */
bool https_peers_evict(struct https_peers *);

/* Returns the member with the next deadline, or NULL if there is no member. */
struct https_member *https_peers_first(const struct https_peers *);

/* Wakes the poll loop when a member is ready or overdue. */
void https_peers_wait(const struct https_peers *);

/* Returns the name of the peer: the holder of its address (lib/address.h), or
 * the name in its certificate. */
const char *https_member_name(const struct https_member *);

/* Returns true if the client has shown its certificate. */
bool https_member_is_known(const struct https_member *);

/* Notes that the client has said something.  Evicts where it is one too
 * many. */
void https_member_hear(struct https_member *);

/* Notes that the client has shown a certificate with the name 'name', or none
 * (NULL): then its address says whose it is. */
void https_member_identify(struct https_member *, const char *name);

/* Notes that a request is done: the member is the least idle one. */
void https_member_use(struct https_member *);

/* Notes that the connection has an event stream.  Returns false, and does
 * nothing, if the peer has as many as it may: a quarter of its
 * connections. */
bool https_member_begin_stream(struct https_member *);

/* Notes that 'n' octets of answers wait for the client.  Kills connections
 * where that is too much (lib/bounds.h). */
void https_member_set_unread(struct https_member *, size_t n);

/* Sets the deadline, 'timeout_ms' from now; 0: none. */
void https_member_set_deadline(struct https_member *, int timeout_ms);

/* Returns true if the deadline has passed. */
bool https_member_is_overdue(const struct https_member *);

/* Has the connection run without waiting for epoll. */
void https_member_set_ready(struct https_member *);

/* Notes that the connection is run now: it is not ready any more. */
void https_member_clear_ready(struct https_member *);

/* Has the connection destroyed when it is run next.  Not at once: it may be
 * running, or in a list of events. */
void https_member_kill(struct https_member *);

#endif /* lib/https/https-peers.h */
