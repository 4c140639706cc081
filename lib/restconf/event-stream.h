/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_EVENT_STREAM_H
#define SDSA_EVENT_STREAM_H 1

/* Reads a stream of server-sent events (text/event-stream, WHATWG HTML s.9.2; RFC
 * 8040 s.6.3): octets in, in pieces of any size, the data of events out.  Pure, and
 * bounded: an event that is too long is left out, as are events of which too many
 * wait. */

#include <stdbool.h>
#include <stddef.h>

#define EVENT_STREAM_MAX_OCTETS 65536   /* Of an event's data, and of a line. */
#define EVENT_STREAM_MAX_EVENTS 256     /* That wait. */

struct event_stream;

struct event_stream *event_stream_create(void);
/* Accepts NULL. */
void event_stream_destroy(struct event_stream *);

/* The next octets are those of another connection: what is not whole is
 * forgotten. */
void event_stream_restart(struct event_stream *);

void event_stream_feed(struct event_stream *, const char *, size_t n);

bool event_stream_is_empty(const struct event_stream *);
/* Pops the data of the event that has waited longest (caller frees), its lines
 * separated by '\n'; or returns NULL. */
char *event_stream_next(struct event_stream *);

/* How many were left out. */
unsigned long long int event_stream_n_lost(const struct event_stream *);

#endif /* lib/restconf/event-stream.h */
