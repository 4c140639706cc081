/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_JSON_NUMBER_H
#define SDSA_JSON_NUMBER_H 1

/* Numbers as JSON of YANG data has them. */

#include <jansson.h>
#include <stdint.h>

/* Returns a number of 64 bits: a string (RFC 7951 s.6.1).  Caller owns the
 * reference. */
json_t *json_number_u64(uint64_t value);

#endif /* lib/json-number.h */
