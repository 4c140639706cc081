#ifndef SDSA_SA_REQUEST_H
#define SDSA_SA_REQUEST_H 1

/* From hops to YANG Patches (RFC 8072) for the agents, on ietf-i2nsf-ikeless
 * (RFC 9061) and sdsa-agent.  Pure.
 *
 * Names in an agent: sad-entry "sa-SPI" with the ESP SPI as eight hex digits,
 * spd-entry "out-NSHSPI-SI" at the sender and "in-NSHSPI-SI" at the receiver;
 * reqid is NSH SPI * 256 + SI.  The body lives in wiping memory. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inventory.h"
#include "path.h"

struct secret;

struct sa_request;

/* An empty patch whose first edit is the lease: 'epoch' of this controller. */
struct sa_request *sa_request_create(const char *patch_id, uint64_t epoch);
struct sa_request *sa_request_clone(const struct sa_request *);
void sa_request_destroy(struct sa_request *);

/* Adds the edits of 'from' behind those of the first, with ids of their own.
 * Returns false, with nothing changed, if they are not of the same epoch. */
bool sa_request_append(struct sa_request *, const struct sa_request *from);

/* Adds the SA and the policy of one end of 'hop'. */
void sa_request_add_inbound(struct sa_request *, const struct inventory *,
                            const struct path *, const struct path_hop *,
                            const struct secret *key);
void sa_request_add_outbound(struct sa_request *, const struct inventory *,
                             const struct path *, const struct path_hop *,
                             const struct secret *key);

/* Removes what either of these added; what is not there is no error ("remove",
 * RFC 8072 s.2.5). */
void sa_request_remove_inbound(struct sa_request *, const struct path *,
                               const struct path_hop *);
void sa_request_remove_outbound(struct sa_request *, const struct path *,
                                const struct path_hop *);
/* Removes an entry by its name, whatever that is; 'sad' or spd. */
void sa_request_remove_name(struct sa_request *, bool sad, const char *name);

/* Number of edits, without the lease. */
size_t sa_request_n_edits(const struct sa_request *);

/* The JSON text (wiping_free() it; agent_request() does). */
char *sa_request_to_json(const struct sa_request *);

#define SA_REQUEST_CONTENT_TYPE "application/yang-patch+json"

#endif /* ofctl-app/sa-request.h */
