/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RC_PATH_H
#define SDSA_RC_PATH_H 1

/* A data resource's path (RFC 8040 s.3.5.3): "/module:node/list=key,key/leaf".
 *
 * It is split first and percent-decoded then, so that keys may contain slashes
 * and commas. */

#include <stdbool.h>
#include <stddef.h>

struct lysc_node;
struct yang_error;
struct yang_schema;

struct rc_segment {
    char *module;               /* NULL: that of the parent. */
    char *name;
    char **keys;                /* 'n_keys' of them, decoded. */
    size_t n_keys;
    bool has_keys;              /* There is a '='. */
};

struct rc_path {
    struct rc_segment *segments;
    size_t n, allocated;
};

/* Appends the segments of 'text', which begins with a slash or is empty, to a
 * path (all zeros at first).  An empty last segment is ignored.  Returns NULL
 * or an error.  Caller frees with rc_path_destroy(), also after an error. */
struct yang_error *rc_path_append(struct rc_path *, const char *text);

/* Frees what the path holds. */
void rc_path_destroy(struct rc_path *);

/* Appends copies of the segments of 'base'. */
void rc_path_append_path(struct rc_path *, const struct rc_path *base);

/* Sets '*nodep' to the schema node of the path (NULL: the datastore).  Returns
 * NULL, or an error if the schema has no such node or keys do not fit: all
 * lists but the last one need theirs. */
struct yang_error *rc_path_resolve(const struct rc_path *,
                                   const struct yang_schema *,
                                   const struct lysc_node **nodep);

/* Returns the path as an instance-identifier (RFC 7951 s.6.11), for an
 * error-path.  Caller frees. */
char *rc_path_to_string(const struct rc_path *, const struct yang_schema *);

/* Returns an error of 'kind' about the node of the path, with a copy of
 * 'message'.  Caller frees with yang_error_destroy(). */
struct yang_error *rc_path_error(const struct rc_path *,
                                 const struct yang_schema *, int kind,
                                 const char *message);

#endif /* vnf-agent/restconf/rc-path.h */
