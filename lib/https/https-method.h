/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_HTTPS_METHOD_H
#define SDSA_HTTPS_METHOD_H 1

/* Methods of HTTP (RFC 9110 s.9.3, RFC 5789): one bit each, so that a set of
 * methods is a number. */

/* In the order in which https_methods_to_string() has them. */
enum https_method {
    HTTPS_OPTIONS = 1 << 0,
    HTTPS_HEAD = 1 << 1,
    HTTPS_GET = 1 << 2,
    HTTPS_POST = 1 << 3,
    HTTPS_PUT = 1 << 4,
    HTTPS_PATCH = 1 << 5,
    HTTPS_DELETE = 1 << 6,
};

/* Returns the method called 'name' ("GET"), or 0 if it is none of these. */
enum https_method https_method_from_string(const char *name);

/* Returns the set 'methods' as header Allow has it, e.g. "HEAD, GET" (RFC 9110
 * s.10.2.1).  Caller frees. */
char *https_methods_to_string(unsigned int methods);

#endif /* lib/https/https-method.h */
