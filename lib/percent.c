/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/percent.h"

#include <ctype.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

char *
percent_encode(const char *s)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    for (; *s; s++) {
        if (isalnum((unsigned char) *s) || strchr("-._~", *s)) {
            ds_put_char(&ds, *s);
        } else {
            ds_put_format(&ds, "%%%02X", (unsigned char) *s);
        }
    }
    return ds_steal_cstr(&ds);
}

char *
percent_decode(const char *s, size_t n)
{
    char *out = xmalloc(n + 1);
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        int c = (unsigned char) s[i];
        if (c == '%') {
            bool ok = false;
            c = i + 2 < n ? hexits_value(&s[i + 1], 2, &ok) : 0;
            if (!ok || !c) {
                free(out);
                return NULL;
            }
            i += 2;
        }
        out[len++] = c;
    }
    out[len] = '\0';
    return out;
}
