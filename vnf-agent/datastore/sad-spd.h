/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_SAD_SPD_H
#define SDSA_SAD_SPD_H 1

/* From entries of RFC 9061's SAD and SPD (JSON, validated against the schema)
 * to what a backend is given.  The schema has the deviations of sdsa gateways
 * (sdsa-agent-deviations.yang); what it cannot say is refused here, in
 * words. */

#include <jansson.h>
#include <netinet/in.h>

#include "openvswitch/types.h"

struct policy;
struct yang_error;
struct sa;
struct secret;

/* Renames the members everywhere in 'json' that carry the name of their module
 * ('prefix', with its colon) without need, so that a node has one name;
 * refuses annotations, and what is no name. */
struct yang_error *sad_spd_unqualify(json_t *json, const char *prefix);
#define SAD_SPD_PREFIX "ietf-i2nsf-ikeless:"
/* The same, but not of the members of 'json' itself. */
struct yang_error *sad_spd_unqualify_below(json_t *json, const char *prefix);

/* The number that is the member 'key' of 'object', or 'def' if it has none:
 * 64-bit ones are strings (RFC 7951 s.6.1), read as libyang reads them. */
uint64_t sad_spd_get_uint(const json_t *object, const char *key, uint64_t def);

/* Key leaves of a sad-entry, esp-sa/encryption/key and esp-sa/integrity/key;
 * NULL is one that is not there. */
struct sad_keys {
    struct secret *encryption;  /* Of an AEAD with its salt. */
    struct secret *integrity;
};
void sad_keys_destroy(struct sad_keys *);       /* The contents. */

/* Takes the keys out of 'entry'; each key leaf is replaced by a placeholder of
 * the same form, so that what is left can be shown to the schema.  Returns an
 * error, and no key, if one is malformed. */
struct yang_error *sad_take_keys(json_t *entry, struct sad_keys *);

/* Removes the key leaves from 'entry': what is left may be kept and shown. */
void sad_strip_keys(json_t *entry);

/* Makes '*sap' (caller frees with sa_destroy()) from 'entry' of a gateway
 * whose outer address is 'own_ip'.  Without keys suite and check value are
 * those of 'like'; if 'like' is NULL too, it is refused. */
struct yang_error *sad_parse(const json_t *entry, const struct in6_addr *own_ip,
                             const struct sad_keys *, const struct sa *like,
                             struct sa **sap);

/* Makes '*policyp' (caller frees with policy_destroy()) from a spd-entry. */
struct yang_error *spd_parse(const json_t *entry, const struct in6_addr *own_ip,
                             struct policy **policyp);

#endif /* vnf-agent/datastore/sad-spd.h */
