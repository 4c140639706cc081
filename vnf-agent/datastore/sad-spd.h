/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_SAD_SPD_H
#define SDSA_SAD_SPD_H 1

/* Reading entries of RFC 9061's SAD and SPD: what sad-parse.c and spd-parse.c
 * share.  But for names and keys entries have passed the schema
 * with its deviations (sdsa-agent-deviations.yang): types and ranges are
 * right, mandatory nodes are there.  What a schema cannot say is refused here,
 * in words. */

#include <jansson.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/sa.h"
#include "openvswitch/compiler.h"
#include "vnf-agent/datastore/datastore-list.h"

struct yang_error;

/* Prefix of member names. */
#define SAD_SPD_PREFIX "ietf-i2nsf-ikeless:"

/* Renames the members everywhere in 'json' that carry 'prefix', the name of
 * their module and a colon, without need, so that a node has one name.
 * Returns NULL, or an error if there is an annotation, a malformed name, or a
 * member twice. */
struct yang_error *sad_spd_unqualify(json_t *json, const char *prefix);

/* Returns the number that is the member 'key' of 'object', or 'def' if it has
 * none.  Numbers of 64 bits are strings (RFC 7951 s.6.1), read as libyang
 * reads them. */
uint64_t sad_spd_get_uint(const json_t *object, const char *key, uint64_t def);

/* The same of a string.  Borrowed from 'object'. */
const char *sad_spd_get_string(const json_t *object, const char *key,
                               const char *def);

/* The same of a boolean. */
bool sad_spd_get_bool(const json_t *object, const char *key, bool def);

/* Returns a refusal of 'leaf' in 'entry' of a list, with a message as printf()
 * makes it.  'leaf' is a path below ipsec-sa-config of the SAD and
 * ipsec-policy-config of the SPD. */
struct yang_error *sad_spd_refuse(enum datastore_list, const json_t *entry,
                                  const char *leaf, const char *format, ...)
    OVS_PRINTF_FORMAT(4, 5);

/* Reads a traffic-selector.  Returns NULL, or the name of the leaf that cannot
 * be, for SAD_SPD_ONE_FAMILY. */
const char *sad_spd_parse_selector(const json_t *, struct sa_selector *);
#define SAD_SPD_ONE_FAMILY "both ends must be of one address family"

/* Reads the ends of a tunnel.  Returns NULL, or the name of a leaf as
 * sad_spd_parse_selector() does. */
const char *sad_spd_parse_tunnel(const json_t *tunnel, struct in6_addr *src,
                                 struct in6_addr *dst);

/* Returns a tunnel's df-bit; SA_DF_AS_POLICY if it says none. */
enum sa_df sad_spd_parse_df(const json_t *tunnel);

/* Sets 'map', outer by inner DSCP, to a tunnel's dscp-mapping; what that does
 * not name is 0. */
void sad_spd_parse_dscp_map(const json_t *tunnel, uint8_t map[SA_N_DSCPS]);

#endif /* vnf-agent/datastore/sad-spd.h */
