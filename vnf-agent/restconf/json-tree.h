/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_JSON_TREE_H
#define SDSA_JSON_TREE_H 1

/* JSON of YANG data (RFC 7951) as a tree: finding and changing nodes in it, by
 * the schema.  Member names carry their module where the schema says so.
 *
 * Values are put into a tree as they are: the caller has the schema validate
 * the outcome. */

#include <jansson.h>

struct lysc_node;
struct rc_edit;
struct yang_error;
struct rc_path;
struct yang_schema;

/* Returns the node to which the segments of 'path' lead, without the first
 * 'skip', from 'root' (NULL, or JSON whose schema node is 'node'), or NULL if
 * it is not there.  Borrowed. */
json_t *json_tree_find(const struct yang_schema *, const struct rc_path *path,
                       size_t skip, json_t *root,
                       const struct lysc_node *node);

/* Merges 'new' into 'old' of the same 'node' (RFC 8040 s.4.6.1).  Returns the
 * outcome, of which the caller owns the reference; 'old' is changed. */
json_t *json_tree_merge(const struct yang_schema *, const struct lysc_node *,
                        json_t *old, json_t *new);

/* Applies 'edit' below 'root', an object whose schema node is 'node'.  The
 * first 'skip' segments of the edit's target lead to 'root'; there are more.
 * Returns NULL, or why the edit is refused. */
struct yang_error *json_tree_edit(const struct yang_schema *,
                                  const struct lysc_node *node, json_t *root,
                                  const struct rc_edit *, size_t skip);

#endif /* vnf-agent/restconf/json-tree.h */
