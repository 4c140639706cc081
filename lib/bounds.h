/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_BOUNDS_H
#define SDSA_BOUNDS_H 1

/* What a peer with a valid certificate, or one that only connects, can make us
 * hold, do and write: each bound with its reason.  A peer that wants more is
 * refused or cut, and the place where the operator looks says so.  Pure; one
 * thread. */

#include <stddef.h>

/* What a bridge tells.  One that tells more is not used.
 *
 * Ports: a datapath of Open vSwitch has 65,535 at most, and a switch of ours a
 * few thousand.  Each may be a change of the topology. */
#define BOUNDS_PORTS 16384

/* Octets of an answer: ports of 72 octets; meters of some 40, of others too;
 * flows of ours, of some 250 octets each, that are compared one by one. */
#define BOUNDS_PORTS_OCTETS (4 * 1024 * 1024)
#define BOUNDS_METERS_OCTETS (4 * 1024 * 1024)
#define BOUNDS_FLOWS_OCTETS (64 * 1024 * 1024)

/* The database of a switch.  Each declaration there becomes a row of ours, and
 * the inventory is made anew with all of them at each change. */

/* Least time between two looks at what is new there: each goes through all its
 * rows, and may make the inventory anew. */
#define BOUNDS_SWITCH_LOOK_MS 100

/* Things declared at one bridge: more than the virtual machines of a host. */
#define BOUNDS_DECLARED 1024

/* Octets of what is wrong with the declarations of one bridge: some 80
 * mistakes. */
#define BOUNDS_DECLARED_TEXT 8192

/* Addresses of one endpoint: each is a flow at its bridge and an entry of its
 * row. */
#define BOUNDS_ENDPOINT_IPS 64

/* Answers of RESTCONF servers, by what was asked. */

struct answer_bounds {
    size_t octets;              /* Of the body. */
    size_t values;              /* Of JSON, with names of members: one costs
                                 * some 100 octets of memory when parsed. */
    size_t depth;               /* Of JSON: arrays and objects in each
                                 * other. */
    size_t string;              /* Octets of a string of JSON, as sent. */
};

/* The depth of RFC 9061's SAD with our augmentations is 9, that of an error of
 * a YANG Patch is 7. */
#define BOUNDS_DEPTH 16

/* XRD of the root, which is not JSON: some 200 octets. */
#define BOUNDS_ANSWER_ROOT ((struct answer_bounds) {                    \
    .octets = 65536, .values = 4096, .depth = BOUNDS_DEPTH,             \
    .string = 4096,                                                     \
})

/* An agent's state: some 2,000 octets, of which most are counters by reason of
 * some 30 reasons. */
#define BOUNDS_ANSWER_STATE ((struct answer_bounds) {                   \
    .octets = 65536, .values = 4096, .depth = BOUNDS_DEPTH,             \
    .string = 4096,                                                     \
})

/* The answer to a YANG Patch of up to 2,000 edits: a status each where some
 * are refused (RFC 8072 s.2.3), some 300 octets and 15 values. */
#define BOUNDS_ANSWER_PATCH ((struct answer_bounds) {                   \
    .octets = 1024 * 1024, .values = 65536, .depth = BOUNDS_DEPTH,      \
    .string = 4096,                                                     \
})

/* All SAs and policies of an agent: it has at most as many as a gateway has
 * VLANs, 4,094, some 1,900 octets and 75 values each. */
#define BOUNDS_ANSWER_SAS ((struct answer_bounds) {                     \
    .octets = 16 * 1024 * 1024, .values = 614400,                       \
    .depth = BOUNDS_DEPTH, .string = 4096,                              \
})

/* An authentication centre's: a certificate, or those of its CAs (some 1,000
 * octets each), or the state of a registration. */
#define BOUNDS_ANSWER_AUC ((struct answer_bounds) {                     \
    .octets = 65536, .values = 64, .depth = BOUNDS_DEPTH,               \
    .string = 4096,                                                     \
})

/* Returns NULL if 'text' keeps within '*bounds' as JSON, or else a message of
 * which bound it does not keep: the subject is the text (caller frees).  Does
 * not say whether it is JSON.  Takes time in proportion to its length, and no
 * memory. */
char *bounds_check_answer(const struct answer_bounds *bounds,
                          const char *text);

/* Clients of our HTTPS server.
 *
 * Octets of answers that wait for their clients to read them.  All that an
 * agent holds is some 8 MB, with all defaults some 20: each client may have
 * one such answer, whatever its length.  Where there is more than this, the
 * connection of the same client that has been idle longest is closed; in all,
 * one of the client that has most. */
#define BOUNDS_UNREAD_PEER (32 * 1024 * 1024)
#define BOUNDS_UNREAD (128 * 1024 * 1024)

/* Time for the requests of clients in one run of the server.  Who has used
 * least of late comes first, whatever its number of connections.  So a client
 * that asks for little waits for one request of others at most, and not for
 * one of each of their connections. */
#define BOUNDS_RUN_US 20000

/* Texts that a peer gives for people: a reason, a message.  They go to logs,
 * which are read line by line, and to the database, where they are part of
 * every monitor's update. */
#define BOUNDS_TEXT 500         /* Octets. */

/* Returns a copy of 'text', which is UTF-8, of one line and at most
 * BOUNDS_TEXT octets: control characters become '.', and "..." stands for the
 * rest.  Caller frees. */
char *bounds_cut_text(const char *text);

/* Connections before we know whose they are: to our OpenFlow port before the
 * datapath id, to our HTTPS servers before the certificate.  Whoever can reach
 * the port can have one, and a switch comes again every second to every 8 s.
 * So all that come are accepted, and where there are too many, one of the
 * address that has most gives way: the one that has waited longest.
 *
 * Those that have said nothing: a client speaks first, within a round trip and
 * the time that it takes to wake up.  With 5,000 a second from its own address
 * it has 200 ms for that. */
#define BOUNDS_CALLERS_SILENT 1024

/* Those that have said something: they cost a handshake of TLS, some 2 ms.  So
 * many switches may come at once, after a start or a hand-over. */
#define BOUNDS_CALLERS_HEARD 512

/* Accepted in one run, of some 20 us each; and the pause behind a run that had
 * a quarter of these or more, so that others have their turn: 25,600 a
 * second. */
#define BOUNDS_ACCEPTS 256
#define BOUNDS_ACCEPT_PAUSE_MS 10

/* Callers whose handshake goes on in one run: some 2 ms of CPU each at most.
 * Those come first on whose address least time was spent of late. */
#define BOUNDS_HANDSHAKES 16

/* Time for them at the OpenFlow port, of one run: so a machine that has little
 * to give gives it to operations. */
#define BOUNDS_HANDSHAKES_US 5000

/* Connections that the kernel accepts before us: what comes in 200 ms. */
#define BOUNDS_BACKLOG 1024

/* Events that an agent tells.  A gateway tells one for each SA, of which it
 * has 4,094 at most, near the end of its lifetime; the SPI of each is searched
 * for. */
#define BOUNDS_EVENTS_PER_S 200
#define BOUNDS_EVENTS_BURST 1000

/* Renewals of keys on the word of one gateway, where neither our clock nor the
 * gateway at the other end of the SA says so too.  The true ones are few: the
 * other end has counted as much, as soon as it is asked. */
#define BOUNDS_RENEWAL_MS 10000 /* From one to the next, on average. */
#define BOUNDS_RENEWALS_BURST 4 /* At once. */

#endif /* lib/bounds.h */
