/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_SAD_PARSE_H
#define SDSA_SAD_PARSE_H 1

/* From a sad-entry of RFC 9061 to what a backend is given. */

#include <jansson.h>
#include <netinet/in.h>

struct sa;
struct sad_keys;
struct yang_error;

/* Makes '*sap' (caller frees with sa_destroy()) from 'entry', which has passed
 * the schema, of a gateway whose outer address is 'own_ip'.  Without 'keys'
 * suite and check value are those of 'like'; if 'like' is NULL too, the entry
 * is refused.  Returns NULL, or an error and NULL in '*sap'. */
struct yang_error *sad_parse(const json_t *entry,
                             const struct in6_addr *own_ip,
                             const struct sad_keys *keys,
                             const struct sa *like, struct sa **sap);

#endif /* vnf-agent/datastore/sad-parse.h */
