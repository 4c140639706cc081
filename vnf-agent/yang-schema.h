/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_YANG_SCHEMA_H
#define SDSA_YANG_SCHEMA_H 1

/* The YANG modules that the agent speaks, and validation by libyang. */

#include <jansson.h>
#include <stdbool.h>

struct rc_error;
struct yang_schema;

/* Loads the modules from 'dir'.  Returns NULL and the schema in '*schemap'
 * (caller frees with yang_schema_destroy()), or a message for the user (caller
 * frees). */
char *yang_schema_create(const char *dir, struct yang_schema **schemap);
void yang_schema_destroy(struct yang_schema *);

/* Is 'data' (an object of top-level nodes, without keys: libyang's dictionary
 * is not wiped) valid configuration? */
struct rc_error *yang_schema_validate(const struct yang_schema *,
                                      const json_t *data);

/* Merges 'new' into 'old' (both as above), and checks the outcome, which
 * '*mergedp' is then (caller owns the reference). */
struct rc_error *yang_schema_merge(const struct yang_schema *,
                                   const json_t *old, const json_t *new,
                                   json_t **mergedp);

/* Nodes of the schema.  The child 'name' of 'parent' (NULL: of the top), of
 * module 'module' (NULL: that of the parent); NULL if there is none. */
struct lysc_node;
const struct lysc_node *yang_schema_child(const struct yang_schema *,
                                          const struct lysc_node *parent,
                                          const char *module,
                                          const char *name);
/* Its member name in JSON, inside its parent or 'qualified' as the outermost
 * member.  Caller frees. */
char *yang_node_json_name(const struct lysc_node *, bool qualified);
/* Name of the list's 'i'th key, or NULL if there are not so many. */
const char *yang_node_key(const struct lysc_node *, size_t i);

/* The ietf-yang-library document of the modules, or NULL. */
json_t *yang_schema_library(const struct yang_schema *);

#endif /* vnf-agent/yang-schema.h */
