/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_SAD_PARSE_H
#define SDSA_SAD_PARSE_H 1

/* From a sad-entry of RFC 9061 to what a backend is given, and the keys of an
 * entry, which neither the schema nor a file may see. */

#include <jansson.h>
#include <netinet/in.h>

struct own_ips;
struct sa;
struct secret;
struct yang_error;

/* The leaves esp-sa/encryption/key and esp-sa/integrity/key; NULL: not
 * there. */
struct sad_keys {
    struct secret *encryption;  /* Of an AEAD with its salt. */
    struct secret *integrity;
};

/* Takes the keys out of 'entry' into '*keys' (caller frees with
 * sad_keys_destroy()).  Each key leaf is replaced by a placeholder of the same
 * form, so that what is left can be shown to the schema.  Returns NULL, or an
 * error, and no key, if one is malformed. */
struct yang_error *sad_keys_pop(json_t *entry, struct sad_keys *keys);

/* Wipes and frees the keys. */
void sad_keys_destroy(struct sad_keys *);

/* Removes the key leaves from 'entry': what is left may be kept and shown. */
void sad_keys_strip(json_t *entry);

/* Makes '*sap' (caller frees with sa_destroy()) from 'entry', which has passed
 * the schema, of a gateway with these own addresses.  Without 'keys'
 * suite and check value are those of 'like'; if 'like' is NULL too, the entry
 * is refused.  Returns NULL, or an error and NULL in '*sap'. */
struct yang_error *sad_parse(const json_t *entry,
                             const struct own_ips *,
                             const struct sad_keys *keys,
                             const struct sa *like, struct sa **sap);

#endif /* vnf-agent/datastore/sad-parse.h */
