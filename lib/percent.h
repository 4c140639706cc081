/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_PERCENT_H
#define SDSA_PERCENT_H 1

/* Percent-encoding of URIs (RFC 3986 s.2.1).  Pure. */

#include <stddef.h>

/* Returns 's' with all but unreserved characters encoded, as a key in a
 * resource's name is (RFC 8040 s.3.5.3).  Caller frees. */
char *percent_encode(const char *s);

/* Returns the 'n' characters at 's' decoded, or NULL if they are malformed or
 * contain a NUL.  Caller frees. */
char *percent_decode(const char *s, size_t n);

#endif /* lib/percent.h */
