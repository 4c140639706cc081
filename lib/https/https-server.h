/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_HTTPS_SERVER_H
#define SDSA_HTTPS_SERVER_H 1

/* An HTTPS server (HTTP/1.1 over OpenSSL) inside the OVS poll loop, and not
 * one of a library (decision 45).
 *
 * Mutual TLS 1.2 or later: a client without a certificate from our CA does not
 * get past the handshake.  When key and certificates change, connections that
 * are open go on.
 *
 * Hostile clients.  All sockets are in one epoll set, of which the poll loop
 * sees one descriptor: idle connections cost memory only.  Each phase of a
 * connection (handshake, request, reply) has a deadline for the whole of it.
 * Connections are limited in all and per peer, which is the network address
 * until the certificate is known and then its name.  Where a limit is reached
 * the idlest connection goes (decision 46): first one before its certificate,
 * then one of the peer that has most.  So a peer with few connections keeps
 * them.  The work of one https_server_run() is bounded, and clients with a
 * certificate come first.
 *
 * With 'admit_key' a client may also come with a certificate that it has
 * signed itself, if its key is known: https_request_peer_is_key() tells.  With
 * 'admit_strangers' it may come without any: https_request_peer_is_stranger()
 * tells.
 *
 * A client that is answered before all of its request has come is listened to
 * for a while (and not understood), so that it sees the answer.
 *
 * One thread. */

#include "lib/https/https-peers.h"
#include "lib/https/https-request.h"

struct https_server;
struct tls_files;

struct https_server_config {
    const char *listen;         /* "ADDRESS:PORT", IPv6 in brackets. */
    const struct tls_files *files;      /* Must outlive the server. */
    size_t max_body;            /* Octets of a request's body; 0: 4 MiB. */

    /* Or NULL: returns the name of the client that may come with the key
     * 'digest' (lib/x509.h), shown in a certificate that it has signed itself,
     * or NULL if there is none.  Caller frees.  'aux' is the handlers'. */
    https_admit_key *admit_key;
    bool admit_strangers;       /* A client may have no certificate. */

    /* Or NULL: certificates of CAs that the server shows behind its own, for
     * clients that do not have them.  Must outlive the server. */
    const struct tls_files *chain;
};

/* Opens the server.  Its handlers answer requests at once; 'aux' is theirs.
 * 'admit' is called when the head of a request is there and before its body:
 * it may answer (then the body is not read) or not; NULL admits all.  'handle'
 * is called with the whole request and must answer; also with one that was too
 * malformed to be understood, see https_request_error().
 *
 * Returns 0 and the server in '*serverp' (caller must free with
 * https_server_destroy()), or a positive errno and in '*errorp' a message for
 * the user (caller frees). */
int https_server_create(const struct https_server_config *,
                        https_handler *admit, https_handler *handle,
                        void *aux, struct https_server **serverp,
                        char **errorp);

/* Ends all connections and frees the server.  Accepts NULL. */
void https_server_destroy(struct https_server *);

/* Accepts, reads, has requests answered, and writes, as far as that goes
 * without waiting. */
void https_server_run(struct https_server *);

/* Has the requests that were put off (https_defer()), but not 'by_time',
 * handled again, by the next https_server_run(). */
void https_server_retry(struct https_server *);

/* Wakes the poll loop when https_server_run() has something to do. */
void https_server_wait(struct https_server *);

/* Returns false if this host does not have the address at which the server
 * listens, so that no client can come yet. */
bool https_server_has_address(const struct https_server *);

/* Returns counts of connections (https-peers.h). */
struct https_stats https_server_stats(const struct https_server *);

#endif /* lib/https/https-server.h */
