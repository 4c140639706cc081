/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_SAD_SPD_PRIVATE_H
#define SDSA_SAD_SPD_PRIVATE_H 1

/* What sad-parse.c and spd-parse.c share.  What they are given has passed the
 * schema with its deviations: types and ranges are right, mandatory nodes are
 * there. */

#include <stdbool.h>

#include "lib/sa.h"
#include "openvswitch/compiler.h"
#include "vnf-agent/datastore/sad-spd.h"

const char *sad_spd_get_string(const json_t *object, const char *key,
                               const char *def);
bool sad_spd_get_bool(const json_t *object, const char *key, bool def);

/* A refusal of 'leaf' (a path below the entry) in 'entry' of 'list'
 * ("sad-entry" or "spd-entry"). */
struct yang_error *sad_spd_refuse(const char *list, const json_t *entry,
                                  const char *leaf, const char *format, ...)
    OVS_PRINTF_FORMAT(4, 5);

/* Each reads a container; returns the name of the leaf that cannot be done, as
 * the families of its addresses differ, or NULL. */
const char *sad_spd_parse_selector(const json_t *, struct sa_selector *);
const char *sad_spd_parse_tunnel(const json_t *tunnel, struct in6_addr *src,
                                 struct in6_addr *dst);
#define SAD_SPD_ONE_FAMILY "both ends must be of one address family"

/* A tunnel's df-bit; SA_DF_AS_POLICY if it says none. */
enum sa_df sad_spd_parse_df(const json_t *tunnel);

/* Outer by inner DSCP, by a tunnel's dscp-mapping; what it does not name is
 * 0. */
void sad_spd_parse_dscp_map(const json_t *tunnel, uint8_t map[SA_N_DSCPS]);

#endif /* vnf-agent/datastore/sad-spd-private.h */
