/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RC_EVENTS_H
#define SDSA_RC_EVENTS_H 1

/* Notifications to those who listen: the event stream of RFC 8040 s.6, with the
 * notifications of RFC 9061 s.5.3.2 that a backend tells.
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

struct rc_events *rc_events_create(void);
/* Ends all streams.  Accepts NULL. */
void rc_events_destroy(struct rc_events *);

/* Answers 'req' with the stream, or returns an error. */
struct yang_error *rc_events_subscribe(struct rc_events *,
                                       struct https_request *);

/* The notification that 'event' is, ietf-restconf:notification, or NULL if there
 * is none (of an SA that is gone).  'sa_name' is the name of the SA of the
 * event's direction and SPI, or NULL; 'now_ms' the wall clock.  Caller owns the
 * reference. */
json_t *rc_event_to_json(const struct backend_event *, const char *sa_name,
                         long long int now_ms);

/* Tells what 'backend' has told. */
void rc_events_run(struct rc_events *, struct backend *,
                   const struct datastore *);
void rc_events_wait(const struct rc_events *);

#endif /* vnf-agent/restconf/rc-events.h */
