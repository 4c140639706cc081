/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_SA_REQUEST_H
#define SDSA_SA_REQUEST_H 1

/* From hops to YANG Patches (RFC 8072) for the agents, on ietf-i2nsf-ikeless
 * (RFC 9061) and sdsa-agent.  Pure.
 *
 * Names in an agent: the sad-entry is "sa-SPI" with the ESP SPI as eight hex
 * digits; the spd-entry is "out-NSHSPI-SI" at the sender and "in-NSHSPI-SI" at
 * the receiver.  The reqid is NSH SPI * 256 + SI.  Keys and the body of the
 * request live in wiping memory. */

#include <stdbool.h>
#include <stdint.h>

#include "ofctl-app/model/inventory.h"
#include "ofctl-app/model/path.h"

struct json_t;
struct restconf_patch;
struct secret;

/* Octets that hold any of these names, with the terminating 0. */
#define SA_REQUEST_NAME_LEN 32

/* Writes the name of the SA of 'hop', which is the same at both ends. */
void sa_request_sa_name(const struct path_hop *hop,
                        char name[SA_REQUEST_NAME_LEN]);

/* Writes the name of the policy of 'hop' at the sender ('outbound') or the
 * receiver. */
void sa_request_policy_name(const struct path *, const struct path_hop *hop,
                            bool outbound, char name[SA_REQUEST_NAME_LEN]);

/* Returns a patch that only takes the lease (sdsa-agent) in 'epoch': the agent
 * refuses it, with all that is added, if it has seen a higher epoch.  Caller
 * must free with restconf_patch_destroy(). */
struct restconf_patch *sa_request_create(const char *patch_id,
                                         uint64_t epoch);

/* Adds the creation of SA and policy at the sender of 'hop' ('outbound') or at
 * the receiver.  'key' has the encryption key, with salt, and then the
 * integrity key of the path's suite; it stays the caller's. */
void sa_request_add(struct restconf_patch *, const struct inventory *,
                    const struct path *, const struct path_hop *hop,
                    bool outbound, const struct secret *key);

/* True if 'shown', an entry of the SAD ('sad') or of the SPD as an agent shows
 * it, without keys, is what sa_request_add() with these arguments gave it. */
bool sa_request_is_shown(const struct json_t *shown, bool sad,
                         const struct inventory *, const struct path *,
                         const struct path_hop *hop, bool outbound);

/* Adds the removal of what sa_request_add() creates.  A missing entry is no
 * error (operation "remove", RFC 8072 s.2.5). */
void sa_request_remove(struct restconf_patch *, const struct path *,
                       const struct path_hop *hop, bool outbound);

/* Adds the removal of the entry 'name' of the SAD, or of the SPD if 'sad' is
 * false. */
void sa_request_remove_name(struct restconf_patch *, bool sad,
                            const char *name);

#endif /* ofctl-app/southbound/sa-request.h */
