/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/bounds.h"

#include <stdbool.h>
#include <string.h>

#include "util.h"

/* Returns the number of octets of the string of JSON that begins at 'p', just
 * behind its quotation mark. */
static size_t
json_string_length(const char *p)
{
    size_t n = 0;
    while (p[n] && p[n] != '"') {
        n += p[n] == '\\' && p[n + 1] ? 2 : 1;
    }
    return n;
}

char *
bounds_check_answer(const struct answer_bounds *bounds, const char *text)
{
    size_t values = 1, depth = 0;
    for (const char *p = text; *p; p++) {
        switch (*p) {
        case '"': {
            size_t n = json_string_length(p + 1);
            if (n > bounds->string) {
                return xasprintf("has a string of more than %"PRIuSIZE
                                 " octets", bounds->string);
            }
            p += n + (p[n + 1] == '"');
            break;
        }
        case '[':
        case '{':
            values++;
            if (++depth > bounds->depth) {
                return xasprintf("is nested deeper than %"PRIuSIZE" levels",
                                 bounds->depth);
            }
            break;
        case ']':
        case '}':
            depth -= depth > 0;
            break;
        case ',':
        case ':':
            values++;
            break;
        default:
            break;
        }
        if (values > bounds->values) {
            return xasprintf("has more than %"PRIuSIZE" values",
                             bounds->values);
        }
    }
    return NULL;
}

char *
bounds_cut_text(const char *text)
{
    const char rest[] = "...";
    size_t n = strnlen(text, BOUNDS_TEXT + 1);
    bool cut = n > BOUNDS_TEXT;
    if (cut) {
        n = BOUNDS_TEXT - strlen(rest);
        while (n && ((unsigned char) text[n] & 0xc0) == 0x80) {
            n--;                /* Not within a character. */
        }
    }
    char *copy = xasprintf("%.*s%s", (int) n, text, cut ? rest : "");
    for (char *p = copy; *p; p++) {
        if ((unsigned char) *p < 0x20 || *p == 0x7f) {
            *p = '.';
        }
    }
    return copy;
}
