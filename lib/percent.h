/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_PERCENT_H
#define SDSA_PERCENT_H 1

/* Percent-encoding of URIs (RFC 3986 s.2.1).  Pure. */

#include <stddef.h>

/* Encodes all but unreserved characters of 's', as in a key in a resource's
 * name (RFC 8040 s.3.5.3).  Caller frees. */
char *percent_encode(const char *s);

/* Decodes the 'n' characters at 's'.  Returns NULL if they are malformed, or if
 * a NUL comes out.  Caller frees. */
char *percent_decode(const char *s, size_t n);

#endif /* lib/percent.h */
