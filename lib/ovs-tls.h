/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_OVS_TLS_H
#define SDSA_OVS_TLS_H 1

/* TLS of OVS's streams ("ssl:", "pssl:": OpenFlow and OVSDB) from the octets
 * of struct tls_files, and not from files of their own: no disk is needed. */

#include "lib/cert-life.h"

struct ssl_st;
struct tls_files;

/* Sets the versions and the TLS 1.2 suites of OVS's streams, as OVS's options
 * --ssl-protocols and --ssl-ciphers have them.  NULL stands for what lib/tls.h
 * says; OVS's own defaults are wider. */
void ovs_tls_begin(const char *protocols, const char *ciphers);

/* Gives OVS's streams what 'files' has in use, if that has changed since the
 * last call.  Streams that are open go on; new ones trust only the CA
 * certificates in use.  A peer sees the first certificate of the file only,
 * not those of a chain. */
void ovs_tls_run(const struct tls_files *files);

/* Returns the TLS connection (SSL *) that was made last in this thread since
 * the last call, or NULL: to be called before and after pvconn_accept() or
 * stream_open(), which do not say which one is theirs.  It belongs to the
 * stream. */
struct ssl_st *ovs_tls_last_made(void);

/* Returns the name in the certificate that the peer of 'ssl', whose handshake
 * is over, has shown (tls_peer_name()), or NULL if it has none.  The common
 * name that OVS's stream_get_peer_id() tells may be another one.  Caller
 * frees. */
char *ovs_tls_peer_name(const struct ssl_st *ssl);

/* Returns the life of the certificate that the peer of 'ssl', whose handshake
 * is over, has shown. */
struct cert_life ovs_tls_peer_life(const struct ssl_st *ssl);

/* What a client demands of a server's certificate beside its CA. */
struct ovs_tls_server;

/* Returns a demand for 'name': as one of the certificate's dNSNames, or as its
 * common name if it has no dNSName; upper and lower case are the same, and
 * there are no wildcards.  NULL: any.  Caller must free with
 * ovs_tls_server_destroy(). */
struct ovs_tls_server *ovs_tls_server_create(const char *name);

/* Frees the demand.  Its streams must not be used any more, but to close them.
 * Accepts NULL. */
void ovs_tls_server_destroy(struct ovs_tls_server *);

/* Has the stream that was made since the last ovs_tls_last_made(), if any, end
 * its handshake if the peer has another name: nothing is sent to it, and
 * nothing that it sends is read.  To be called before the stream's first
 * stream_connect(), so right after the function that has opened it. */
void ovs_tls_server_expect(struct ovs_tls_server *);

/* Returns what the peer of the last such handshake that ended so has shown, a
 * text for people; NULL: there was none since the last
 * ovs_tls_server_expect() that had a stream.  It is the demand's. */
const char *ovs_tls_server_refused(const struct ovs_tls_server *);

/* Returns the life of the certificate that the peer of the last stream has
 * shown, if its name and its CA are right. */
struct cert_life ovs_tls_server_life(const struct ovs_tls_server *);

#endif /* lib/ovs-tls.h */
