/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_CLAIM_JSON_H
#define SDSA_CLAIM_JSON_H 1

/* What an agent and an authentication centre say to each other about a
 * registration, in JSON.  Pure. */

#include <netinet/in.h>

#include "openvswitch/types.h"
#include "openvswitch/uuid.h"

/* What is claimed.  UUIDs and MACs that are zero are left out. */
struct claim_json {
    const char *url;
    struct in6_addr cipher_ip;
    const char *backend;
    struct uuid instance, boot_id;
    struct eth_addr plain_mac, cipher_mac;
};

/* Returns the URL of a server at 'listen_at' ("ADDRESS:PORT"): with 'own_ip',
 * an IP address as text, in the place of an address that stands for any.
 * Caller frees. */
char *claim_json_url(const char *listen_at, const char *own_ip);

/* Returns the body of the request.  Caller must free with wiping_free(). */
char *claim_json_format(const struct claim_json *);

/* Returns the string that is the member 'name' ("state", "reason") of an
 * answer, made fit for a log; or "" if it has none, or does not keep within
 * BOUNDS_ANSWER_AUC.  Caller frees. */
char *claim_json_member(const char *answer, const char *name);

#endif /* vnf-agent/registrar/claim-json.h */
