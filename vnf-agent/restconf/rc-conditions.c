/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/restconf/rc-conditions.h"

#include <string.h>
#include <time.h>

#include "util.h"

#define DATE_FORMAT "%a, %d %b %Y %T GMT"

/* Returns true if 'etag' is in the list, or if that is "*" and the resource
 * exists.  A weak tag ("W/...") is equal only if 'weak'. */
static bool
lists(const char *list, const char *etag, bool weak, bool exists)
{
    size_t etag_len = strlen(etag);

    while (*list) {
        list += strspn(list, ", \t");
        if (*list == '*') {
            return exists;
        }
        bool is_weak = !strncmp(list, "W/", 2);
        list += is_weak ? 2 : 0;
        const char *end = *list == '"' ? strchr(list + 1, '"') : NULL;
        if (!end) {
            return false;
        }
        size_t len = end + 1 - list;
        if (len == etag_len && !memcmp(list, etag, len)
            && (weak || !is_weak)) {
            return true;
        }
        list = end + 1;
    }
    return false;
}

/* Reads an HTTP date of one of the three forms (RFC 9110 s.5.6.7): the one
 * that is sent today, that of RFC 850, that of asctime(). */
static bool
parse_date(const char *s, long long int *date_s)
{
    static const char *const forms[] = {
        DATE_FORMAT, "%A, %d-%b-%y %T GMT", "%a %b %e %T %Y",
    };
    for (size_t i = 0; s && i < ARRAY_SIZE(forms); i++) {
        struct tm tm = { .tm_isdst = 0 };
        const char *end = strptime(s, forms[i], &tm);
        if (!end || *end) {
            continue;
        }
        if (i == 1) {           /* Two digits: no more than 50 years ahead. */
            time_t now_s = time(NULL);
            struct tm now;
            gmtime_r(&now_s, &now);
            tm.tm_year = now.tm_year - now.tm_year % 100 + tm.tm_year % 100;
            tm.tm_year -= tm.tm_year > now.tm_year + 50 ? 100 : 0;
        }
        *date_s = timegm(&tm);
        return true;
    }
    return false;
}

enum rc_verdict
rc_conditions_check(const struct rc_conditions *c, bool is_read,
                    const char *etag, long long int modified_s, bool exists)
{
    long long int date_s;

    if (c->if_match) {
        if (!lists(c->if_match, etag, false, exists)) {
            return RC_FAILED;
        }
    } else if (parse_date(c->if_unmodified_since, &date_s)
               && modified_s > date_s) {
        return RC_FAILED;
    }
    if (c->if_none_match) {
        if (lists(c->if_none_match, etag, true, exists)) {
            return is_read ? RC_NOT_MODIFIED : RC_FAILED;
        }
    } else if (is_read && parse_date(c->if_modified_since, &date_s)
               && modified_s <= date_s) {
        return RC_NOT_MODIFIED;
    }
    return RC_GO_ON;
}

long long int
rc_conditions_modified_s(long long int modified_s, long long int now_s)
{
    return MIN(modified_s, now_s);
}

char *
rc_conditions_date(long long int s)
{
    char text[64];
    time_t t = s;
    struct tm tm;
    strftime(text, sizeof text, DATE_FORMAT, gmtime_r(&t, &tm));
    return xstrdup(text);
}
