/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RESTCONF_STREAM_H
#define SDSA_RESTCONF_STREAM_H 1

/* Event streams of RESTCONF servers (RFC 8040 s.6), each over a connection of its
 * own beside the session's requests.  While a stream is wanted it is opened, and
 * opened again, after a growing pause, when it was lost: what was told meanwhile is
 * not told again.  Results are polled, no callbacks.  One thread. */

#include <stdbool.h>

struct restconf_client;
struct restconf_stream;
struct restconf_streams;

struct restconf_streams *restconf_streams_create(void);
/* All streams must have been destroyed before.  Accepts NULL. */
void restconf_streams_destroy(struct restconf_streams *);
void restconf_streams_run(struct restconf_streams *);
void restconf_streams_wait(struct restconf_streams *);

/* The stream "NETCONF" of the session's server.  It must be destroyed before the
 * session; it is not wanted yet. */
struct restconf_stream *restconf_stream_create(struct restconf_streams *,
                                               struct restconf_client *);
/* Accepts NULL. */
void restconf_stream_destroy(struct restconf_stream *);

void restconf_stream_want(struct restconf_stream *, bool wanted);
/* Has the server begun to send it? */
bool restconf_stream_is_open(const struct restconf_stream *);
/* Pops the text of an event (caller frees), or returns NULL. */
char *restconf_stream_next(struct restconf_stream *);

#endif /* lib/restconf/restconf-stream.h */
