/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/https/http-parse.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "lib/secret.h"
#include "lib/wiping-buffer.h"
#include "util.h"

size_t
http_head_size(const char *data, size_t size, size_t *scanned)
{
    for (size_t i = *scanned; i < size; i++) {
        if (data[i] == '\n') {
            size_t next = i + 1 < size && data[i + 1] == '\r' ? i + 2 : i + 1;
            if (next >= size) {
                *scanned = i;
                return 0;
            }
            if (data[next] == '\n') {
                return next + 1;
            }
        }
    }
    *scanned = size;
    return 0;
}

static bool
is_token(const char *s)
{
    size_t n = strlen(s);
    for (size_t i = 0; i < n; i++) {
        if (!isalnum((unsigned char) s[i])
            && !strchr("!#$%&'*+-.^_`|~", s[i])) {
            return false;
        }
    }
    return n > 0;
}

static bool
is_printable(const char *s, bool is_value)
{
    for (; *s; s++) {
        unsigned char c = *s;
        bool blank = c == ' ' || c == '\t';
        if (c == 0x7f || (is_value ? c < 0x20 && !blank
                          : c <= 0x20 || c > 0x7f)) {
            return false;
        }
    }
    return true;
}

/* Returns the line at '*sp', which must end with CR LF, as a string, and moves
 * '*sp' to the next line; or returns NULL. */
static char *
cut_line(char **sp)
{
    char *line = *sp;
    char *end = strchr(line, '\n');
    if (!end || end == line || end[-1] != '\r') {
        return NULL;
    }
    end[-1] = '\0';
    *sp = end + 1;
    return line;
}

/* Can the 'n' octets be those of a header Host?  There may be none (RFC 9110
 * s.7.2). */
static bool
is_host(const char *host, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isalnum((unsigned char) host[i])
            && !strchr("-._~!$&'()*+,;=%:[]", host[i])) {
            return false;
        }
    }
    return true;
}

/* Is the target in one of the forms that 'method' takes (RFC 9112 s.3.2)? */
static bool
is_target(const char *method, const char *target)
{
    if (!strcmp(method, "CONNECT")) {
        return target[0] && is_host(target, strlen(target));
    }
    const char *host = strstr(target, "://");
    return (target[0] == '/'
            || (!strcmp(method, "OPTIONS") && !strcmp(target, "*"))
            || (host && isalpha((unsigned char) target[0]) && host[3]
                && is_host(host + 3, strcspn(host + 3, "/?"))));
}

static int
parse_request_line(struct http_head *head, char *line)
{
    char *target = strchr(line, ' ');
    char *version = target ? strchr(target + 1, ' ') : NULL;
    if (!version) {
        return 400;
    }
    *target++ = '\0';
    *version++ = '\0';
    if (!is_token(line) || !is_printable(target, false)
        || strlen(version) != 8 || strncmp(version, "HTTP/", 5)
        || !isdigit((unsigned char) version[5]) || version[6] != '.'
        || !isdigit((unsigned char) version[7])) {
        return 400;
    }
    if (version[5] != '1') {
        return 505;
    }
    head->method = line;
    head->target = target;
    head->minor = version[7] != '0';    /* Later ones are 1.1 (s.2.3). */
    return is_target(line, target) ? 0 : 400;
}

static int
parse_header(struct http_head *head, char *line)
{
    char *value = strchr(line, ':');
    if (!value) {
        return 400;
    }
    *value++ = '\0';
    value += strspn(value, " \t");
    size_t len = strlen(value);
    while (len && strchr(" \t", value[len - 1])) {
        value[--len] = '\0';
    }
    if (!is_token(line) || !is_printable(value, true)) {
        return 400;             /* A folded line has no name either. */
    }
    if (head->n_headers >= HTTP_MAX_HEADERS) {
        return 431;
    }
    head->headers[head->n_headers++] = (struct http_header) { line, value };
    return 0;
}

/* Is 'token' in the comma-separated 'list'? */
static bool
has_token(const char *list, const char *token)
{
    for (const char *s = list; *s; ) {
        s += strspn(s, ", \t");
        size_t len = strcspn(s, ", \t");
        if (len == strlen(token) && !strncasecmp(s, token, len)) {
            return true;
        }
        s += len;
    }
    return false;
}

static size_t
count_header(const struct http_head *head, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < head->n_headers; i++) {
        n += !strcasecmp(head->headers[i].name, name);
    }
    return n;
}

static int
parse_body_headers(struct http_head *head)
{
    const char *length = http_head_get(head, "Content-Length");
    const char *coding = http_head_get(head, "Transfer-Encoding");

    if (length && coding) {
        return 400;
    }
    if (coding) {
        if (strcasecmp(coding, "chunked")) {
            return 501;
        }
        head->chunked = true;
        return head->minor ? 0 : 400;
    }
    if (length) {
        size_t n = strlen(length);
        if (!n || strspn(length, "0123456789") != n) {
            return 400;
        }
        head->content_length = n > 18 ? INT64_MAX : strtoull(length, NULL, 10);
    }
    return 0;
}

/* Makes one header of those of one name, whose value is a list then (RFC 9110
 * s.5.3): several lines say what one would.  What cannot be a list, such as a
 * date, is no valid value any more.  'space' has to have room for all
 * values, with what is between them. */
static void
join_headers(struct http_head *head, char *space)
{
    for (size_t i = 0; i < head->n_headers; i++) {
        struct http_header *header = &head->headers[i];
        size_t n = i + 1;
        for (size_t j = n; j < head->n_headers; j++) {
            const struct http_header *other = &head->headers[j];
            if (strcasecmp(header->name, other->name)
                || !strcasecmp(header->name, "Host")) {
                head->headers[n++] = *other;
                continue;
            }
            size_t len = strlen(header->value);
            memmove(space, header->value, len);
            header->value = space;
            /* No value ends with a space, whatever is its last element. */
            strcpy(space + len, other->value[0] ? ", " : ",");
            strcat(space + len, other->value);
        }
        head->n_headers = n;
        if (header->value == space) {
            space += strlen(space) + 1;
        }
    }
}

/* Reads what the headers say about the message. */
static int
parse_semantics(struct http_head *head)
{
    const char *connection = http_head_get(head, "Connection");
    const char *expect = http_head_get(head, "Expect");
    const char *host = http_head_get(head, "Host");
    size_t n_hosts = count_header(head, "Host");

    if (n_hosts > 1 || (head->minor && !n_hosts)
        || (host && !is_host(host, strlen(host)))) {
        return 400;
    }
    head->keep_alive = head->minor && !(connection
                                        && has_token(connection, "close"));
    if (expect && head->minor) {
        if (strcasecmp(expect, "100-continue")) {
            return 417;
        }
        head->expect_continue = true;
    }
    return parse_body_headers(head);
}

int
http_head_parse(struct http_head *head, const char *data, size_t size)
{
    memset(head, 0, sizeof *head);
    head->text = wiping_malloc(2 * size + 1);
    if (!head->text) {
        out_of_memory();
    }
    memcpy(head->text, data, size);
    head->text[size] = '\0';
    if (memchr(head->text, '\0', size)) {
        return 400;
    }

    char *s = head->text;
    char *line = cut_line(&s);
    int status = line ? parse_request_line(head, line) : 400;
    while (!status) {
        line = cut_line(&s);
        if (!line) {
            status = 400;
        } else if (!line[0]) {
            join_headers(head, head->text + size + 1);
            return parse_semantics(head);
        } else {
            status = parse_header(head, line);
        }
    }
    return status;
}

void
http_head_destroy(struct http_head *head)
{
    wiping_free(head->text);
    memset(head, 0, sizeof *head);
}

const char *
http_head_get(const struct http_head *head, const char *name)
{
    for (size_t i = 0; i < head->n_headers; i++) {
        if (!strcasecmp(head->headers[i].name, name)) {
            return head->headers[i].value;
        }
    }
    return NULL;
}

/* Chunks. */

enum chunked_state {
    CHUNKED_SIZE,               /* Before the first digit. */
    CHUNKED_DIGITS,             /* Behind a digit. */
    CHUNKED_EXTENSION,          /* Until the end of the line. */
    CHUNKED_SIZE_LF,
    CHUNKED_DATA,
    CHUNKED_DATA_CR,
    CHUNKED_DATA_LF,
    CHUNKED_TRAILER_START,      /* At the start of a line. */
    CHUNKED_TRAILER,
    CHUNKED_TRAILER_LF,
    CHUNKED_END_LF,             /* Of the empty line at the end. */
};

/* Handles one octet that is no data.  Returns false if it must not be
 * there. */
static bool
chunked_step(struct http_chunked *c, unsigned char ch)
{
    switch ((enum chunked_state) c->state) {
    case CHUNKED_SIZE:
    case CHUNKED_DIGITS: {
        int digit = hexit_value(ch);
        if (digit >= 0) {
            c->left = c->left * 16 + digit;
            c->state = CHUNKED_DIGITS;
            return c->left <= UINT32_MAX;
        }
        if (c->state == CHUNKED_SIZE || !strchr(";\r", ch) || !ch) {
            return false;
        }
        c->state = ch == ';' ? CHUNKED_EXTENSION : CHUNKED_SIZE_LF;
        return true;
    }
    case CHUNKED_EXTENSION:
        if (ch == '\r') {
            c->state = CHUNKED_SIZE_LF;
        }
        return ch != '\n';

    case CHUNKED_SIZE_LF:
        c->state = c->left ? CHUNKED_DATA : CHUNKED_TRAILER_START;
        return ch == '\n';

    case CHUNKED_DATA:
        break;

    case CHUNKED_DATA_CR:
        c->state = CHUNKED_DATA_LF;
        return ch == '\r';

    case CHUNKED_DATA_LF:
        c->state = CHUNKED_SIZE;
        return ch == '\n';

    case CHUNKED_TRAILER_START:
        c->state = ch == '\r' ? CHUNKED_END_LF : CHUNKED_TRAILER;
        return ch != '\n';

    case CHUNKED_TRAILER:
        if (ch == '\r') {
            c->state = CHUNKED_TRAILER_LF;
        }
        return ch != '\n';

    case CHUNKED_TRAILER_LF:
        c->state = CHUNKED_TRAILER_START;
        return ch == '\n';

    case CHUNKED_END_LF:
        c->done = true;
        return ch == '\n';
    }
    OVS_NOT_REACHED();
}

size_t
http_chunked_feed(struct http_chunked *c, const char *data, size_t size,
                  struct wiping_buffer *body)
{
    size_t i = 0;

    while (i < size && !c->done) {
        if (c->state == CHUNKED_DATA) {
            size_t n = MIN(c->left, size - i);
            wiping_buffer_put(body, data + i, n);
            i += n;
            c->left -= n;
            if (!c->left) {
                c->state = CHUNKED_DATA_CR;
            }
        } else if (!chunked_step(c, data[i++])
                   || ++c->n_overhead > HTTP_MAX_HEAD + 8 * body->size) {
            return SIZE_MAX;
        }
    }
    return i;
}

const char *
http_reason(int status)
{
    switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Status";
    }
}
