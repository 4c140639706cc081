/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RC_EVENTS_H
#define SDSA_RC_EVENTS_H 1

/* The event stream of RFC 8040 s.6: backends' events as notifications of
 * RFC 9061 s.5.3.2, for all clients that listen and may see them.  What tells
 * of a packet, its inner addresses and ports, is for the writer alone.
 *
 * A client that reads too slowly is cut by the HTTPS server; nobody waits for
 * it. */

#include <jansson.h>

struct backend;
struct backend_event;
struct datastore;
struct https_request;
struct yang_error;
struct rc_events;

/* Returns a stream without listeners.  Caller must free with
 * rc_events_destroy(). */
struct rc_events *rc_events_create(void);

/* Ends all streams and frees the object.  Accepts NULL. */
void rc_events_destroy(struct rc_events *);

/* Answers 'req', of a client with 'rights' (enum rc_right), with the stream of
 * what it may see and returns NULL, or returns an error. */
struct yang_error *rc_events_subscribe(struct rc_events *,
                                       struct https_request *,
                                       unsigned int rights);

/* Returns 'event' as ietf-restconf:notification, or NULL if there is none (of
 * an SA that is gone).  'sa_name' is the name of the SA of the event's
 * direction and SPI, or NULL; 'now_ms' is the wall clock.  Caller owns the
 * reference. */
json_t *rc_event_to_json(const struct backend_event *, const char *sa_name,
                         long long int now_ms);

/* Sends the events that the backend has, and a heartbeat when it is time. */
void rc_events_run(struct rc_events *, struct backend *,
                   const struct datastore *);

/* Wakes the poll loop for the next heartbeat. */
void rc_events_wait(const struct rc_events *);

#endif /* vnf-agent/restconf/rc-events.h */
