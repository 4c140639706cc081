/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RC_FILTER_H
#define SDSA_RC_FILTER_H 1

/* Parts of data: the query parameters "depth" and "fields" of RFC 8040
 * s.4.8.2 and s.4.8.3.  The keys of a list's entries always stay, so that the
 * outcome is valid. */

#include <jansson.h>

struct lysc_node;
struct yang_error;
struct rc_fields;
struct yang_schema;

/* Returns NULL if the schema has all of the fields below 'node' (NULL: the
 * datastore), else an error. */
struct yang_error *rc_filter_check(const struct yang_schema *,
                                   const struct lysc_node *node,
                                   const struct rc_fields *);

/* Returns the part of 'value', the value of 'node', that 'fields' (NULL: all)
 * selects and that is no deeper than 'depth' levels: the node itself is 1.
 * Caller owns the reference; 'value' is not changed. */
json_t *rc_filter(const struct yang_schema *, const struct lysc_node *node,
                  json_t *value, const struct rc_fields *fields, int depth);

#endif /* vnf-agent/restconf/rc-filter.h */
