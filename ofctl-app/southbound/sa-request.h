#ifndef SDSA_SA_REQUEST_H
#define SDSA_SA_REQUEST_H 1

/* From hops to YANG Patches (RFC 8072) for the agents, on ietf-i2nsf-ikeless
 * (RFC 9061) and sdsa-agent.  Pure.
 *
 * Names in an agent: sad-entry "sa-SPI" with the ESP SPI as eight hex digits,
 * spd-entry "out-NSHSPI-SI" at the sender and "in-NSHSPI-SI" at the receiver;
 * reqid is NSH SPI * 256 + SI.  The body lives in wiping memory. */

#include <stdbool.h>
#include <stdint.h>

#include "ofctl-app/model/inventory.h"
#include "ofctl-app/model/path.h"

struct restconf_patch;
struct secret;

/* The names above, of an end of 'hop'. */
#define SA_REQUEST_NAME_LEN 32
void sa_request_sa_name(const struct path_hop *hop,
                        char name[SA_REQUEST_NAME_LEN]);
void sa_request_policy_name(const struct path *, const struct path_hop *hop,
                            bool outbound, char name[SA_REQUEST_NAME_LEN]);

/* An empty patch, guarded by the lease: 'epoch' of this controller.  Caller frees
 * with restconf_patch_destroy(). */
struct restconf_patch *sa_request_create(const char *patch_id,
                                         uint64_t epoch);

/* Adds the SA and the policy of one end of 'hop'. */
void sa_request_add_inbound(struct restconf_patch *, const struct inventory *,
                            const struct path *, const struct path_hop *,
                            const struct secret *key);
void sa_request_add_outbound(struct restconf_patch *,
                             const struct inventory *, const struct path *,
                             const struct path_hop *,
                             const struct secret *key);

/* Removes what either of these added; what is not there is no error ("remove",
 * RFC 8072 s.2.5). */
void sa_request_remove_inbound(struct restconf_patch *, const struct path *,
                               const struct path_hop *);
void sa_request_remove_outbound(struct restconf_patch *, const struct path *,
                                const struct path_hop *);
/* Removes an entry by its name, whatever that is; 'sad' or spd. */
void sa_request_remove_name(struct restconf_patch *, bool sad,
                            const char *name);

#endif /* ofctl-app/southbound/sa-request.h */
