/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RESTCONF_CLIENT_H
#define SDSA_RESTCONF_CLIENT_H 1

/* A RESTCONF client (RFC 8040; JSON): sessions with servers, over libcurl
 * under the OVS poll loop, mutual TLS.  It knows nothing of the servers' data
 * (decision 44).
 *
 * A server is known by a name, which its certificate from our CA must have
 * (SAN DNS); the URL's host is not proven.  The root of its resources is asked
 * for (RFC 8040 s.3.1) before the first request, unless the URL has a path,
 * which is the root then.  A server that has no such document (404), or none
 * with such a link, and only such a server, has its resources at /restconf.
 *
 * Requests to one server are sent one after the other, over a connection kept
 * open; servers are asked in parallel.  Patches that wait behind each other
 * share a request (decision 42); if it is refused they are sent in halves,
 * until each has an answer of its own.  Results are polled, no callbacks.  One
 * thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/cert-life.h"

struct answer_bounds;
struct restconf_clients;
struct restconf_client;
struct restconf_patch;
struct tls_files;

struct restconf_config {
    const struct tls_files *files;      /* Must outlive the sessions. */
    int request_timeout_ms;     /* 0: 4,000. */
    const char *server;         /* Name of the program there, for messages. */
};

/* Returns NULL and the object in '*clientsp' (caller must free with
 * restconf_clients_destroy()), or a message for the user (caller frees).
 * 'config' is copied, the strings in it are not.  From then on jansson's
 * memory is wiped when it is freed. */
char *restconf_clients_create(const struct restconf_config *config,
                              struct restconf_clients **clientsp);

/* Frees the object.  All sessions must have been destroyed before.  Accepts
 * NULL. */
void restconf_clients_destroy(struct restconf_clients *);

/* Sends and receives what can be without waiting. */
void restconf_clients_run(struct restconf_clients *);

/* Wakes the poll loop when there is something to run, or a result. */
void restconf_clients_wait(struct restconf_clients *);

/* Returns a session with the server 'name' at 'url' ("https://HOST:PORT",
 * perhaps with the path of the root).  Never fails: what is wrong with the URL
 * is the error of each request.  Caller must free with
 * restconf_client_destroy(). */
struct restconf_client *restconf_client_create(struct restconf_clients *,
                                               const char *name,
                                               const char *url);

/* Has the server be one with the public key of one of the 'n' 'digests' (as
 * lib/x509.h has them), as well as with a certificate of its name.  With 'n' 0
 * any key will do.  If another key was proven on a connection that may be
 * open, the connections are cut now, what was asked and is not answered is
 * asked again over a new one, and the function returns true. */
bool restconf_client_pin(struct restconf_client *, char *const digests[],
                         size_t n);

/* Cuts the connections now; what was asked and is not answered is asked again
 * over a new one. */
void restconf_client_cut(struct restconf_client *);

/* Returns the life of the certificate that the server showed last: none is
 * known if it has shown none that is valid since the last
 * restconf_client_cut(). */
struct cert_life restconf_client_cert_life(const struct restconf_client *);

/* Cancels all requests and frees the session.  Accepts NULL. */
void restconf_client_destroy(struct restconf_client *);

/* Queues a request.  'path' is below {+restconf} ("/data/..."), 'body' is NULL
 * or JSON, of which ownership is taken (freed with wiping_free()).  An answer
 * that does not keep within 'bounds' is an error.  Returns a ticket, never
 * 0. */
uint64_t restconf_client_request(struct restconf_client *, const char *method,
                                 const char *path, const char *content_type,
                                 char *body,
                                 const struct answer_bounds *bounds);

/* Queues a YANG Patch of the datastore, of which ownership is taken.  It is
 * applied whole or not at all, whatever it shares a request with.  Returns a
 * ticket, never 0. */
uint64_t restconf_client_patch(struct restconf_client *,
                               struct restconf_patch *);

/* Returns true if this object has given 'ticket'.  A ticket of another
 * session, which was destroyed since, never has a result. */
bool restconf_client_has_ticket(const struct restconf_client *,
                                uint64_t ticket);

struct restconf_result {
    uint64_t ticket;
    int status;                 /* HTTP status, or 0: no answer. */
    char *body;                 /* NULL: of a patch. */
    char *error;                /* NULL if status is 2xx; else a message: the
                                 * server's error-message (RFC 8040 s.7.1), cut
                                 * by bounds_cut_text(), or what the connection
                                 * suffered. */
};

/* Pops a result; caller frees 'body' and 'error'.  Returns false if there is
 * none. */
bool restconf_client_next_result(struct restconf_client *,
                                 struct restconf_result *);

/* Has the root of the server's resources be asked for again before the next
 * request, unless the URL has it.  To be called when something is not where it
 * must be: another server, or another version of it, may be there now. */
void restconf_client_forget_root(struct restconf_client *);

/* Gets how many patches were queued so far, and in how many requests they were
 * sent. */
void restconf_client_get_load(const struct restconf_client *,
                              unsigned long long int *n_patches,
                              unsigned long long int *n_transfers);

#endif /* lib/restconf/restconf-client.h */
