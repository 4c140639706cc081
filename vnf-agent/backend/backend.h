/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_BACKEND_H
#define SDSA_BACKEND_H 1

/* The agent's interface to a data plane, which protects the packets.
 *
 * A backend keeps SAs and policies; it knows no RESTCONF, no names of ours
 * beyond those in `struct sa` and `struct policy`, and never gives a key back.
 * SAs and policies outlive the agent: a new agent opens the backend and dumps
 * them.
 *
 * Every packet that no outbound policy protects, or whose SA is missing,
 * expired or out of sequence numbers, is dropped and counted; there is no
 * bypass.
 *
 * Calls are synchronous and bounded (2 s): both backends are on this machine.
 * ETIMEDOUT and ECONNRESET mean that the data plane is gone: its SAs are to be
 * taken as lost, and its boot id will differ.  One thread. */

#include <stdbool.h>
#include <stdint.h>

#include "lib/sa.h"
#include "openvswitch/list.h"
#include "openvswitch/types.h"
#include "packets.h"
#include "vnf-agent/backend/own-ips.h"

struct backend;

/* Options of the agent's command line. */
struct backend_config {
    const char *name;           /* VNF-ID; names sockets and log lines. */
    const char *rundir;         /* Folder, which is there, of our files. */
    const char *netns;          /* Of the data ports; NULL: the agent's. */
    const char *plain_port;     /* Linux interface names in that namespace. */
    const char *cipher_port;
    struct own_ips own_ips;
    const char *choice;         /* Reason for this backend, or NULL. */
};

/* Destination MACs of the frames that a data plane sends.  Bridges know the
 * frames by VLAN and port and rewrite these. */
#define BACKEND_CIPHER_PEER ETH_ADDR_C(02,5d,5a,00,00,01)
#define BACKEND_PLAIN_PEER ETH_ADDR_C(02,5d,5a,00,00,02)

struct backend_port {
    struct eth_addr mac;
    int mtu;                    /* Octets, IP packet. */
};

/* Octets of the longest name of an SA or a policy. */
#define BACKEND_MAX_NAME 1024

/* Checks the name of an SA or a policy, or NULL.  Returns 0, or EINVAL with an
 * error in '*errorp' (caller frees). */
int backend_check_name(const char *name, char **errorp);

/* One edit of a transaction.  A batch is a list of them, applied in order. */
enum backend_edit_type {
    BACKEND_SA_ADD,             /* 'sa' with its key. */
    BACKEND_SA_DELETE,          /* 'sa': spi, direction. */
    BACKEND_POLICY_SET,         /* 'policy': adds, or replaces by name. */
    BACKEND_POLICY_DELETE,      /* 'policy': name. */
};

struct backend_edit {
    struct ovs_list node;       /* In the batch. */
    enum backend_edit_type type;
    const struct sa *sa;        /* Not owned. */
    const struct policy *policy;        /* Not owned. */
};

/* Appends an edit to a batch, whose owner frees it with free(). */
void backend_edit_add(struct ovs_list *batch, enum backend_edit_type,
                      const struct sa *, const struct policy *);

/* Reasons to drop a packet, and their names (sdsa-esp(8)). */
#define BACKEND_DROPS                                                         \
    /* From the plain port. */                                                \
    DROP(PLAIN_QUEUE, "plain-queue-full")    /* Came faster than we work. */  \
    DROP(PLAIN_NOT_OURS, "plain-not-ours") /* Destination MAC is not ours. */ \
    DROP(PLAIN_NOT_IP, "plain-not-ip")                                        \
    DROP(PLAIN_NO_POLICY, "plain-no-policy") /* No hop end or selector. */    \
    DROP(PLAIN_DISCARD, "plain-discard")     /* Policy says discard. */       \
    DROP(PLAIN_NO_SA, "plain-no-sa")                                          \
    DROP(PLAIN_EXPIRED, "plain-expired")     /* Hard lifetime. */             \
    DROP(PLAIN_SEQ, "plain-seq-exhausted")                                    \
    DROP(PLAIN_TRANSPORT, "plain-transport") /* Not of transport mode. */     \
    DROP(PLAIN_TOO_BIG, "plain-too-big")                                      \
    DROP(PLAIN_SEND, "plain-send-failed")    /* Cipher port refused it. */    \
    /* From the cipher port. */                                               \
    DROP(CIPHER_QUEUE, "cipher-queue-full")                                   \
    DROP(CIPHER_NOT_OURS, "cipher-not-ours")                                  \
    DROP(CIPHER_NOT_ESP, "cipher-not-esp")                                    \
    DROP(CIPHER_TRUNCATED, "cipher-truncated")                                \
    DROP(CIPHER_BAD_SPI, "cipher-bad-spi")                                    \
    DROP(CIPHER_BAD_VLAN, "cipher-bad-vlan") /* SA of another hop end. */     \
    DROP(CIPHER_BAD_ADDR, "cipher-bad-addr") /* Outer addresses. */           \
    DROP(CIPHER_REPLAY, "cipher-replay")                                      \
    DROP(CIPHER_AUTH, "cipher-auth-failed")                                   \
    DROP(CIPHER_EXPIRED, "cipher-expired")                                    \
    DROP(CIPHER_MALFORMED, "cipher-malformed") /* Padding, next header. */    \
    DROP(CIPHER_SELECTOR, "cipher-selector") /* RFC 4301 s.5.2 step 4. */     \
    DROP(CIPHER_NO_POLICY, "cipher-no-policy")                                \
    DROP(CIPHER_SEND, "cipher-send-failed")  /* Plain port refused it. */

enum backend_drop {
#define DROP(ENUM, TEXT) BACKEND_DROP_##ENUM,
    BACKEND_DROPS
#undef DROP
    BACKEND_N_DROPS
};

/* Returns the name of a drop, as "plain-no-sa". */
const char *backend_drop_to_string(enum backend_drop);

struct backend_stats {
    uint64_t plain_rx, plain_tx;        /* Packets. */
    uint64_t cipher_rx, cipher_tx;
    uint64_t drops[BACKEND_N_DROPS];
};

/* Events that a backend tells: RFC 9061's notifications, s.5.3.2. */
enum backend_event_type {
    BACKEND_EVENT_EXPIRE,       /* A lifetime of an SA has passed. */
    BACKEND_EVENT_ACQUIRE,      /* A policy protects, and there is no SA. */
    BACKEND_EVENT_SEQ_OVERFLOW, /* An SA has no sequence numbers left, or
                                 * soon (xfrm). */
    BACKEND_EVENT_BAD_SPI,      /* ESP came with an SPI that is not known. */
};

/* Its members, as lib/sa.h has those of an SA. */
#define FIELD(TYPE, NAME, ...) TYPE NAME;
#define BACKEND_EVENT_FIELDS                                                  \
    FIELD(enum backend_event_type, type, ENUM, BACKEND_EVENT_BAD_SPI)         \
    /* EXPIRE, SEQ_OVERFLOW, BAD_SPI; the SPI in host order. */               \
    FIELD(enum sa_direction, direction, ENUM, SA_INBOUND)                     \
    FIELD(uint32_t, spi, UINT)                                                \
    FIELD(bool, soft, ENUM, true)          /* EXPIRE: the soft lifetime. */   \
    FIELD(struct sa_stats, stats, STATS)   /* EXPIRE: at that time. */        \
    FIELD(char *, policy, STRING)          /* ACQUIRE: name; caller frees. */ \
    FIELD(struct sa_traffic, traffic, TRAFFIC)  /* ACQUIRE: the packet. */
struct backend_event { BACKEND_EVENT_FIELDS };
#undef FIELD

/* Returns a line for people; caller frees. */
char *backend_event_to_string(const struct backend_event *);

/* A bounded queue of events.  Pure. */
struct event_queue {
    struct ovs_list events;     /* Oldest first. */
    size_t n;
    size_t max;                 /* When there are so many, more are lost. */
    long long int bad_spi_ms[64];       /* By hash of SPI: the next event. */
};

#define EVENT_QUEUE_INTERVAL_MS 1000    /* Between two of the same object. */

/* Makes an empty queue for up to 'max' events. */
void event_queue_init(struct event_queue *, size_t max);

/* Frees all events. */
void event_queue_clear(struct event_queue *);

/* Returns true if an event would be lost. */
bool event_queue_is_full(const struct event_queue *);

/* Appends a copy of 'event' and takes ownership of event->policy.  Returns
 * false, with event->policy freed, if the queue is full. */
bool event_queue_push(struct event_queue *, const struct backend_event *event);

/* Calls 'cb' with each event, the oldest first. */
void event_queue_for_each(const struct event_queue *,
                          void (*cb)(const struct backend_event *, void *aux),
                          void *aux);

/* Appends an event of ESP whose SPI (host order) no inbound SA has; but one in
 * EVENT_QUEUE_INTERVAL_MS for each SPI.  'now_ms' is of a clock that never
 * goes back. */
void event_queue_push_bad_spi(struct event_queue *, uint32_t spi,
                              long long int now_ms);

/* Pops the oldest event; caller frees event->policy.  Returns false if there
 * is none. */
bool event_queue_pop(struct event_queue *, struct backend_event *event);

/* Callbacks of backend_dump(); the objects live during the call only.  sa->key
 * is NULL, sa->key_check is set. */
typedef void backend_dump_sa_cb(const struct sa *, const struct sa_stats *,
                                void *aux);
typedef void backend_dump_policy_cb(const struct policy *, void *aux);

/* A kind of backend. */
struct backend_class {
    const char *name;           /* "userspace", "xfrm": for --backend. */

    /* Opens: adopts a data plane that runs already, or starts one.  Returns 0
     * and the backend in '*backendp' (caller closes): with a reason, and no
     * boot id, if what it needs is not there yet; its run() tries again then.
     * Or returns a positive errno, and a message that the user can act on in
     * '*errorp' (caller frees), if it cannot come right by itself. */
    int (*open)(const struct backend_config *, struct backend **backendp,
                char **errorp);

    /* Leaves the data plane running, or ends it too ('stop'; all SAs
     * wiped). */
    void (*close)(struct backend *, bool stop);

    /* Notices a dead data plane and starts it again (with back-off). */
    void (*run)(struct backend *);
    void (*wait)(struct backend *);

    /* Makes these the own addresses, in the place of those of 'config'.  A
     * data plane that cannot take them now is told again until it has. */
    void (*set_own_ips)(struct backend *, const struct own_ips *);

    /* Applies a batch of `struct backend_edit`, all or nothing.  Returns 0, or
     * a positive errno with a message in '*errorp' (caller frees) and nothing
     * changed: EEXIST the SPI is in use, ENOENT nothing such, ENOTSUP suite or
     * mode, ENOSPC too many, ETIMEDOUT and ECONNRESET data plane gone. */
    int (*apply)(struct backend *, const struct ovs_list *edits,
                 char **errorp);

    /* Reports all policies and SAs.  Returns 0 or a positive errno. */
    int (*dump)(struct backend *, backend_dump_sa_cb *,
                backend_dump_policy_cb *, void *aux);

    /* One SA's counters by direction and SPI: 0, ENOENT, or as above. */
    int (*get_sa_stats)(struct backend *, enum sa_direction, uint32_t spi,
                        struct sa_stats *);
    int (*get_stats)(struct backend *, struct backend_stats *);
};

/* First member of every backend's own struct.  The backend keeps it as the
 * data plane is; others only read it, and pop events. */
struct backend {
    const struct backend_class *class;
    char *reason;               /* Why no traffic can pass; NULL: it is up. */
    const struct uuid *boot_id; /* Changes whenever SAs may have been lost. */
    struct backend_port plain, cipher;  /* Valid while it is up. */
    uint32_t suites;            /* Bit i: the data plane has suites[i]. */

    /* The queue is bounded, and each SA, policy and unknown SPI is limited in
     * rate: an event is a hint, the counters are the truth. */
    struct event_queue *events;
};

#endif /* vnf-agent/backend/backend.h */
