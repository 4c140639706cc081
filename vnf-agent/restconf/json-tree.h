/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_JSON_TREE_H
#define SDSA_JSON_TREE_H 1

/* JSON of YANG data (RFC 7951) as a tree: finding and changing nodes in it, by
 * the schema.  Member names carry their module where the schema has them do so.
 *
 * What is put in need not be valid: whoever changes a tree has the schema look
 * at the outcome. */

#include <jansson.h>

struct lysc_node;
struct rc_edit;
struct yang_error;
struct rc_segment;
struct yang_schema;

/* The entry of 'list', an array of the list or leaf-list 'node', that the keys
 * of 'segment' name.  Returns its index, or SIZE_MAX. */
size_t json_tree_find_entry(const struct lysc_node *node,
                            const struct rc_segment *, const json_t *list);

/* The node that 'segment' names below 'parent', whose schema node is '*nodep';
 * then that of what was found.  NULL if it is not there.  Borrowed. */
json_t *json_tree_child(const struct yang_schema *, const struct rc_segment *,
                        const json_t *parent, const struct lysc_node **nodep);

/* Merges 'new' into 'old' of the same 'node' (RFC 8040 s.4.6.1).  Returns the
 * outcome, of which the caller owns the reference; 'old' is changed. */
json_t *json_tree_merge(const struct yang_schema *, const struct lysc_node *,
                        json_t *old, json_t *new);

/* Applies 'edit' below 'root', an object whose schema node is 'node'.  The
 * first 'skip' segments of the edit's target lead to 'root'; there are more. */
struct yang_error *json_tree_edit(const struct yang_schema *,
                                  const struct lysc_node *node, json_t *root,
                                  const struct rc_edit *, size_t skip);

#endif /* vnf-agent/restconf/json-tree.h */
