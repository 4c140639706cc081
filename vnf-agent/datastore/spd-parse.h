/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_SPD_PARSE_H
#define SDSA_SPD_PARSE_H 1

/* From a spd-entry of RFC 9061 to what a backend is given. */

#include <jansson.h>
#include <netinet/in.h>

struct own_ips;
struct policy;
struct yang_error;

/* Makes '*policyp' (caller frees with policy_destroy()) from 'entry', which
 * has passed the schema, of a gateway with these own addresses.
 * Returns NULL, or an error and NULL in '*policyp'. */
struct yang_error *spd_parse(const json_t *entry,
                             const struct own_ips *,
                             struct policy **policyp);

#endif /* vnf-agent/datastore/spd-parse.h */
