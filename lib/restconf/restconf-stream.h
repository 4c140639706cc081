/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RESTCONF_STREAM_H
#define SDSA_RESTCONF_STREAM_H 1

/* Event streams of RESTCONF servers (RFC 8040 s.6), each over a connection of
 * its own beside the session's requests.  While a stream is wanted it is
 * opened, and after a loss opened again, after a growing pause.  Events of the
 * pause are lost.  Results are polled, no callbacks.  One thread. */

#include <stdbool.h>

struct restconf_client;
struct restconf_stream;
struct restconf_streams;

/* Returns NULL and an object without streams in '*streamsp' (caller must free
 * with restconf_streams_destroy()), or a message (caller frees) and NULL in
 * '*streamsp'. */
char *restconf_streams_create(struct restconf_streams **streamsp);

/* Frees the object.  All streams must have been destroyed before.  Accepts
 * NULL. */
void restconf_streams_destroy(struct restconf_streams *);

/* Opens streams and reads what has come. */
void restconf_streams_run(struct restconf_streams *);

/* Wakes the poll loop when there is something to run, or an event. */
void restconf_streams_wait(struct restconf_streams *);

/* Returns the stream "NETCONF" of the session's server, which is not wanted
 * yet.  Caller must free with restconf_stream_destroy(), before the
 * session. */
struct restconf_stream *restconf_stream_create(struct restconf_streams *,
                                               struct restconf_client *);

/* Closes and frees the stream.  Accepts NULL. */
void restconf_stream_destroy(struct restconf_stream *);

/* Says whether the stream is wanted. */
void restconf_stream_want(struct restconf_stream *, bool wanted);

/* Returns true if the server has begun to send the stream. */
bool restconf_stream_is_open(const struct restconf_stream *);

/* Pops the text of an event (caller frees), or returns NULL. */
char *restconf_stream_next(struct restconf_stream *);

#endif /* lib/restconf/restconf-stream.h */
