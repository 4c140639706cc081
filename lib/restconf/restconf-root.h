/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RESTCONF_ROOT_H
#define SDSA_RESTCONF_ROOT_H 1

/* The place of a server's RESTCONF resources: RFC 8040 s.3.1.  Pure. */

#define RESTCONF_ROOT_PATH "/.well-known/host-meta"
#define RESTCONF_ROOT_CONTENT_TYPE "application/xrd+xml"

/* Returns the root in 'xrd', an XRD document (RFC 6415): the path of its first
 * link of relation "restconf", without a '/' at its end ("/restconf").  NULL
 * if it has no such link to a path on the same server.  Caller frees. */
char *restconf_root_parse(const char *xrd);

#endif /* lib/restconf/restconf-root.h */
