/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RESTCONF_ROOT_H
#define SDSA_RESTCONF_ROOT_H 1

/* Where a server has its RESTCONF resources: RFC 8040 s.3.1.  Pure. */

#define RESTCONF_ROOT_PATH "/.well-known/host-meta"
#define RESTCONF_ROOT_CONTENT_TYPE "application/xrd+xml"

/* The root of 'xrd', an XRD document (RFC 6415): the path of its first link of
 * relation "restconf", without a '/' at its end ("/restconf").  NULL if it has none
 * that is a path on the same server; else caller frees. */
char *restconf_root_parse(const char *xrd);

#endif /* lib/restconf/restconf-root.h */
