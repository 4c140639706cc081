/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/json-number.h"

#include <inttypes.h>

json_t *
json_number_u64(uint64_t value)
{
    return json_sprintf("%"PRIu64, value);
}
