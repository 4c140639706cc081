/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#undef NDEBUG

#include <assert.h>
#include <stdlib.h>

int
test_version(const char *name)
{
    const char *value = getenv(name);

    assert(value);
    return atoi(value);
}
