/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/https/https-method.h"

#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

/* By the number of the bit. */
static const char *const names[] = {
    "OPTIONS", "HEAD", "GET", "POST", "PUT", "PATCH", "DELETE",
};

enum https_method
https_method_from_string(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (!strcmp(name, names[i])) {
            return 1 << i;
        }
    }
    return 0;
}

char *
https_methods_to_string(unsigned int methods)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (methods & 1 << i) {
            ds_put_format(&s, "%s%s", s.length ? ", " : "", names[i]);
        }
    }
    return ds_steal_cstr(&s);
}
