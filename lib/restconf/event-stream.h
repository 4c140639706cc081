/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_EVENT_STREAM_H
#define SDSA_EVENT_STREAM_H 1

/* A reader of server-sent events (text/event-stream, WHATWG HTML s.9.2;
 * RFC 8040 s.6.3): octets in, in pieces of any size, the data of events out.
 * Pure, and bounded: an event that is too long, or one too many of those that
 * wait, is left out. */

#include <stdbool.h>
#include <stddef.h>

#define EVENT_STREAM_MAX_OCTETS 65536   /* Of an event's data or a line. */
#define EVENT_STREAM_MAX_EVENTS 256     /* Events that wait. */

struct event_stream;

/* Returns a reader before the first octet.  Caller must free with
 * event_stream_destroy(). */
struct event_stream *event_stream_create(void);

/* Frees the reader and the events that wait.  Accepts NULL. */
void event_stream_destroy(struct event_stream *);

/* Begins another connection: forgets an event that is not whole. */
void event_stream_restart(struct event_stream *);

/* Reads the next 'n' octets. */
void event_stream_feed(struct event_stream *, const char *, size_t n);

/* Returns true if no event waits. */
bool event_stream_is_empty(const struct event_stream *);

/* Pops the data of the event that has waited longest (caller frees), its lines
 * separated by '\n'; or returns NULL. */
char *event_stream_next(struct event_stream *);

/* Returns the number of events that were left out. */
unsigned long long int event_stream_n_lost(const struct event_stream *);

#endif /* lib/restconf/event-stream.h */
