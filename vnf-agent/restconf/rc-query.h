/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RC_QUERY_H
#define SDSA_RC_QUERY_H 1

/* A request's query parameters: RFC 8040 s.4.8; and the parts of data that
 * "depth" and "fields" (s.4.8.2, s.4.8.3) select. */

#include <jansson.h>
#include <stdbool.h>

#include "vnf-agent/datastore/datastore.h"
#include "vnf-agent/datastore/stage.h"
#include "vnf-agent/restconf/rc-path.h"
#include "vnf-agent/yang/yang-schema.h"

struct yang_error;

/* A node that "fields" selects, and nodes below it. */
struct rc_fields {
    struct rc_fields *next;     /* The next one beside this one. */
    struct rc_fields *children; /* NULL: all. */
    char *module;               /* NULL: that of the parent. */
    char *name;
};

#define RC_DEPTH_UNBOUNDED 65536

struct rc_query {
    enum datastore_content content;
    int depth;                  /* Levels, at least 1. */
    struct rc_fields *fields;   /* NULL: all. */
    enum yang_defaults defaults;
    enum stage_where where;
    struct rc_path point;       /* Of STAGE_BEFORE and STAGE_AFTER. */
};

/* Parameters that a request may have. */
enum rc_query_kind {
    RC_QUERY_READ,              /* content, depth, fields, with-defaults. */
    RC_QUERY_PLACE,             /* insert, point. */
    RC_QUERY_NONE,
};

/* Parses 'text' (NULL: nothing).  Returns NULL or an error.  Caller frees with
 * rc_query_destroy(), also after an error. */
struct yang_error *rc_query_parse(struct rc_query *, enum rc_query_kind,
                                  const char *text);

/* Reads "first", "last", "before" or "after".  Returns false, with '*where'
 * undefined, if the string is none of these. */
bool rc_query_where_from_string(const char *, enum stage_where *where);

/* Frees what the query holds. */
void rc_query_destroy(struct rc_query *);

/* Returns NULL if the schema has all of the fields below 'node' (NULL: the
 * datastore), else an error. */
struct yang_error *rc_filter_check(const struct yang_schema *,
                                   const struct lysc_node *node,
                                   const struct rc_fields *);

/* Returns the part of 'value', the value of 'node', that 'fields' (NULL: all)
 * selects and that is no deeper than 'depth' levels: the node itself is 1.
 * The keys of a list's entries always stay, so that the outcome is valid.
 * Caller owns the reference; 'value' is not changed. */
json_t *rc_filter(const struct yang_schema *, const struct lysc_node *node,
                  json_t *value, const struct rc_fields *fields, int depth);

#endif /* vnf-agent/restconf/rc-query.h */
