/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_RC_CONDITIONS_H
#define SDSA_RC_CONDITIONS_H 1

/* Conditional requests (RFC 9110 s.13), without any I/O. */

#include <stdbool.h>

/* Values of a request's headers; NULL: there is none. */
struct rc_conditions {
    const char *if_match, *if_none_match;
    const char *if_modified_since, *if_unmodified_since;
};

enum rc_verdict {
    RC_GO_ON,
    RC_NOT_MODIFIED,            /* Answer 304. */
    RC_FAILED,                  /* Answer 412. */
};

/* Returns what to do with a request about a resource that has 'etag' (in
 * quotes), was changed last at 'modified_s' (seconds of the wall clock) and is
 * there if 'exists'. */
enum rc_verdict rc_conditions_check(const struct rc_conditions *,
                                    bool is_read, const char *etag,
                                    long long int modified_s, bool exists);

/* Returns the time 's' (seconds of the wall clock) as an HTTP date (RFC 9110
 * s.5.6.7).  Caller frees. */
char *rc_conditions_date(long long int s);

/* Returns when a resource was changed last, to one to whom it is 'now_s':
 * 'modified_s', but never later than now (RFC 9110 s.8.8.2.1), as the wall
 * clock may have been set back. */
long long int rc_conditions_modified_s(long long int modified_s,
                                       long long int now_s);

#endif /* vnf-agent/restconf/rc-conditions.h */
