/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_YANG_SCHEMA_H
#define SDSA_YANG_SCHEMA_H 1

/* The YANG modules that the agent speaks, and validation by libyang. */

#include <jansson.h>
#include <stdbool.h>

struct yang_error;
struct yang_schema;

/* Loads the modules from 'dir'.  Returns NULL and the schema in '*schemap'
 * (caller frees with yang_schema_destroy()), or a message for the user (caller
 * frees). */
char *yang_schema_create(const char *dir, struct yang_schema **schemap);

/* Frees the schema.  Accepts NULL. */
void yang_schema_destroy(struct yang_schema *);

/* Returns NULL if 'data' (an object of top-level nodes, without keys:
 * libyang's dictionary is not wiped) is valid configuration, else an error. */
struct yang_error *yang_schema_validate(const struct yang_schema *,
                                        const json_t *data);

/* Nodes that are shown: RFC 6243 s.3, RFC 8040 s.4.8.9. */
enum yang_defaults {
    YANG_DEFAULTS_EXPLICIT,     /* Nodes that were set. */
    YANG_DEFAULTS_TRIM,         /* Nodes without their default values. */
    YANG_DEFAULTS_ALL,
    YANG_DEFAULTS_ALL_TAGGED,   /* All; those that were not set are marked. */
};

/* Returns 'data' (an object of top-level nodes, state too, without keys) with
 * the nodes that are shown.  Caller owns the reference. */
json_t *yang_schema_show(const struct yang_schema *, json_t *data,
                         enum yang_defaults);

/* Nodes of the schema. */
struct lysc_node;

/* Returns the child 'name' of 'parent' (NULL: of the top), of module 'module'
 * (NULL: that of the parent); or NULL if there is none. */
const struct lysc_node *yang_schema_child(const struct yang_schema *,
                                          const struct lysc_node *parent,
                                          const char *module,
                                          const char *name);

/* Returns the child that is the member 'member' of a JSON object, qualified or
 * not; or NULL. */
const struct lysc_node *yang_schema_member(const struct yang_schema *,
                                           const struct lysc_node *parent,
                                           const char *member);

/* Returns the node's member name in JSON, inside its parent or 'qualified' as
 * the outermost member.  Caller frees. */
char *yang_node_json_name(const struct lysc_node *, bool qualified);

/* Returns the name of the list's 'i'th key, counted from 0, or NULL if it has
 * not so many. */
const char *yang_node_key(const struct lysc_node *, size_t i);

/* Returns true if the node (NULL: the datastore), or one below it, is
 * state. */
bool yang_node_has_state(const struct lysc_node *);

/* Returns the member 'name' of the document of ietf-yang-library that
 * describes the modules: yang-library (RFC 8525) or modules-state (RFC 7895).
 * Borrowed. */
json_t *yang_schema_library(const struct yang_schema *, const char *name);

#endif /* vnf-agent/yang/yang-schema.h */
