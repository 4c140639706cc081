/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RC_ACCESS_H
#define SDSA_RC_ACCESS_H 1

/* Who may see and do what, by the name in a client's certificate.  In the
 * spirit of RFC 8341: what a client may not see is left out of what contains
 * it, and refused where it is asked for.  doc/agent-api.md has the table.
 * Pure. */

#include <jansson.h>

struct rc_access;
struct rc_path;

/* What a client may see or do. */
enum rc_right {
    RC_RIGHT_STATE = 1 << 0,    /* /sdsa-agent:sdsa-agent. */
    RC_RIGHT_SAD = 1 << 1,      /* .../ipsec-ikeless/sad, and events of SAs. */
    RC_RIGHT_SPD = 1 << 2,      /* .../ipsec-ikeless/spd. */
    RC_RIGHT_WRITER = 1 << 3,   /* All else: to write, and events that tell of
                                 * packets. */
};

/* Any right will do: for what is the same at every agent. */
#define RC_RIGHT_ANY (RC_RIGHT_STATE | RC_RIGHT_SAD | RC_RIGHT_SPD      \
                      | RC_RIGHT_WRITER)

/* Returns NULL and in '*accessp' who may do what (caller must free with
 * rc_access_destroy()), or a message for the user (caller frees) and NULL.
 * 'writer' has all rights.  'readers' is NULL or a list of readers with commas
 * between them, each NAME=NODE[+NODE]..., where NODE is "state", "sad", "spd"
 * or "all". */
char *rc_access_create(const char *writer, const char *readers,
                       struct rc_access **accessp);

/* Frees the object.  Accepts NULL. */
void rc_access_destroy(struct rc_access *);

/* Returns the name of the writer, which belongs to the object. */
const char *rc_access_writer(const struct rc_access *);

/* Returns the rights (enum rc_right) of the client called 'name'; 0: none. */
unsigned int rc_access_rights(const struct rc_access *, const char *name);

/* Returns the rights of which a client needs one to read the node of
 * 'path'. */
unsigned int rc_access_needed(const struct rc_path *path);

/* Removes what a client with 'rights' may not see from 'data', an object of
 * top-level nodes. */
void rc_access_filter(unsigned int rights, json_t *data);

#endif /* vnf-agent/restconf/rc-access.h */
