/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/backend/wire.h"

#include <string.h>

#include "lib/address.h"
#include "lib/sa.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "util.h"
#include "vnf-agent/backend/backend.h"
#include "vnf-agent/backend/own-ips.h"

#define MAX_KEYMAT 128          /* Octets: no suite has more. */

BUILD_ASSERT_DECL(WIRE_MAX_STRING >= BACKEND_MAX_NAME);

/* Integers and strings. */

void
wire_put_bytes(struct wire_writer *w, const void *bytes, size_t size)
{
    if (w->buf && size) {
        memcpy(w->buf + w->size, bytes, size);
    }
    w->size += size;
}

void
wire_put_uint(struct wire_writer *w, uint64_t value, size_t n)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < n; i++) {
        bytes[i] = value >> (8 * (n - 1 - i));
    }
    wire_put_bytes(w, bytes, n);
}

void
wire_put_address(struct wire_writer *w, const struct in6_addr *address)
{
    wire_put_bytes(w, address, sizeof *address);
}

void
wire_put_string(struct wire_writer *w, const char *s)
{
    size_t len = s ? MIN(strlen(s), WIRE_MAX_STRING) : 0;

    wire_put_u16(w, len);
    wire_put_bytes(w, s, len);
}

void
wire_get_bytes(struct wire_reader *r, void *bytes, size_t size)
{
    if (r->failed || r->left < size) {
        r->failed = true;
        memset(bytes, 0, size);
        return;
    }
    memcpy(bytes, r->p, size);
    r->p += size;
    r->left -= size;
}

uint64_t
wire_get_uint(struct wire_reader *r, size_t n)
{
    uint8_t bytes[8];
    uint64_t value = 0;

    wire_get_bytes(r, bytes, n);
    for (size_t i = 0; i < n; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

struct in6_addr
wire_get_address(struct wire_reader *r)
{
    struct in6_addr address;

    wire_get_bytes(r, &address, sizeof address);
    return address;
}

char *
wire_get_string(struct wire_reader *r)
{
    size_t len = wire_get_u16(r);

    if (r->failed || len > WIRE_MAX_STRING || len > r->left
        || memchr(r->p, '\0', len)) {
        r->failed = true;
        return NULL;
    }

    char *s = xmemdup0((const char *) r->p, len);
    r->p += len;
    r->left -= len;
    return s;
}

/* Reads an octet that is at most 'max'. */
static uint8_t
get_enum(struct wire_reader *r, uint8_t max)
{
    uint8_t value = wire_get_u8(r);

    if (value > max) {
        r->failed = true;
        return 0;
    }
    return value;
}

/* Members. */

size_t
wire_begin_member(struct wire_writer *w, const char *name)
{
    ovs_assert(strlen(name) <= WIRE_MAX_NAME);
    wire_put_string(w, name);
    wire_put_u32(w, 0);
    return w->size;
}

void
wire_end_member(struct wire_writer *w, size_t start)
{
    struct wire_writer size = {
        .buf = w->buf ? w->buf + start - sizeof(uint32_t) : NULL
    };

    wire_put_u32(&size, w->size - start);
}

void
wire_put_member_u64(struct wire_writer *w, const char *name, uint64_t value)
{
    size_t start = wire_begin_member(w, name);

    wire_put_u64(w, value);
    wire_end_member(w, start);
}

bool
wire_get_member(struct wire_reader *r, struct wire_member *member)
{
    if (r->failed || !r->left) {
        return false;
    }

    size_t len = wire_get_u16(r);
    r->failed |= len > WIRE_MAX_NAME;
    wire_get_bytes(r, member->name, r->failed ? 0 : len);
    member->name[r->failed ? 0 : len] = '\0';

    size_t size = wire_get_u32(r);
    if (r->failed || size > r->left) {
        r->failed = true;
        return false;
    }
    member->value = (struct wire_reader) { .p = r->p, .left = size };
    r->p += size;
    r->left -= size;
    return true;
}

char *
wire_check_member(const struct wire_member *member, bool known)
{
    const struct wire_reader *r = &member->value;

    if (known) {
        return (r->failed || r->left
                ? xasprintf("\"%s\" has a value that is not known here",
                            member->name)
                : NULL);
    }
    return (is_all_zeros(r->p, r->left) ? NULL
            : xasprintf("\"%s\" is not known here", member->name));
}

/* Own addresses. */

void
wire_put_own_ips(struct wire_writer *w, const struct own_ips *own_ips)
{
    wire_put_u8(w, own_ips->n);
    for (size_t i = 0; i < own_ips->n; i++) {
        wire_put_address(w, &own_ips->ips[i]);
    }
}

void
wire_get_own_ips(struct wire_reader *r, struct own_ips *own_ips)
{
    size_t n = wire_get_u8(r);

    *own_ips = (struct own_ips) { .n = 0 };
    for (size_t i = 0; i < n && !r->failed; i++) {
        struct in6_addr ip = wire_get_address(r);
        r->failed = (r->failed || !address_is_unicast(&ip)
                     || !own_ips_add(own_ips, &ip));
    }
    r->failed = r->failed || !n;
}

/* SAs and policies. */

static void
put_ports(struct wire_writer *w, const struct sa_ports *ports)
{
    wire_put_u8(w, ports->n);
    for (size_t i = 0; i < ports->n; i++) {
        wire_put_u16(w, ports->ranges[i].min);
        wire_put_u16(w, ports->ranges[i].max);
    }
}

static void
get_ports(struct wire_reader *r, struct sa_ports *ports)
{
    ports->n = get_enum(r, SA_MAX_PORT_RANGES);
    for (size_t i = 0; i < ports->n; i++) {
        ports->ranges[i].min = wire_get_u16(r);
        ports->ranges[i].max = wire_get_u16(r);
    }
}

static void
put_key(struct wire_writer *w, const struct secret *key)
{
    size_t size = key ? secret_size(key) : 0;

    wire_put_u16(w, size);
    wire_put_bytes(w, key ? secret_bytes(key) : NULL, size);
}

static struct secret *
get_key(struct wire_reader *r)
{
    size_t size = wire_get_u16(r);

    if (r->failed || size > MAX_KEYMAT || size > r->left) {
        r->failed = true;
        return NULL;
    } else if (!size) {
        return NULL;
    }

    struct secret *key = secret_create(r->p, size);
    r->p += size;
    r->left -= size;
    return key;
}

static const struct suite *
get_suite(struct wire_reader *r)
{
    char *name = wire_get_string(r);
    const struct suite *suite = name ? suite_by_name(name) : NULL;

    free(name);
    return suite;
}

/* UINT16_MAX stands for -1. */
static int
get_protocol(struct wire_reader *r)
{
    uint16_t protocol = wire_get_u16(r);

    r->failed |= protocol > UINT8_MAX && protocol != UINT16_MAX;
    return protocol == UINT16_MAX ? -1 : protocol;
}

static void
get_dscp_map(struct wire_reader *r, sa_dscp_map map)
{
    for (int i = 0; i < SA_N_DSCPS; i++) {
        map[i] = get_enum(r, SA_N_DSCPS - 1);
    }
}

/* Writers of a member of each kind of lib/sa.h's lists. */
#define PUT_UINT(M) wire_put_uint(w, M, sizeof (M))
#define PUT_ENUM(M) wire_put_u8(w, M)
#define PUT_ADDRESS(M) wire_put_address(w, &(M))
#define PUT_STRING(M) wire_put_string(w, M)
#define PUT_PROTOCOL(M) wire_put_u16(w, M)
#define PUT_PORTS(M) put_ports(w, &(M))
#define PUT_SUITE(M) wire_put_string(w, (M) ? (M)->name : NULL)
#define PUT_KEY(M) put_key(w, M)
#define PUT_DSCP_MAP(M) wire_put_bytes(w, M, sizeof (sa_dscp_map))
#define PUT_SELECTOR(M) put_selector(w, &(M))
#define PUT_LIFETIME(M) put_lifetime(w, &(M))
#define PUT_STATS(M) wire_put_sa_stats(w, &(M))
#define PUT_TRAFFIC(M) put_traffic(w, &(M))
#define FIELD(TYPE, NAME, KIND, ...) PUT_##KIND(o->NAME);

static void
put_selector(struct wire_writer *w, const struct sa_selector *o)
{
    SA_SELECTOR_FIELDS
}

static void
put_lifetime(struct wire_writer *w, const struct sa_lifetime *o)
{
    SA_LIFETIME_FIELDS
}

void
wire_put_sa(struct wire_writer *w, const struct sa *o)
{
    SA_FIELDS
}

void
wire_put_policy(struct wire_writer *w, const struct policy *o)
{
    POLICY_FIELDS
}

void
wire_put_sa_stats(struct wire_writer *w, const struct sa_stats *o)
{
    SA_STATS_FIELDS
}

static void
put_traffic(struct wire_writer *w, const struct sa_traffic *o)
{
    SA_TRAFFIC_FIELDS
}

void
wire_put_event(struct wire_writer *w, const struct backend_event *o)
{
    BACKEND_EVENT_FIELDS
}

#undef FIELD
#define FIELD(TYPE, NAME, KIND, ...)                                          \
    start = wire_begin_member(w, #NAME);                                      \
    PUT_##KIND(o->NAME);                                                      \
    wire_end_member(w, start);

void
wire_put_sa_members(struct wire_writer *w, const struct sa *o)
{
    size_t start;

    SA_FIELDS
}

void
wire_put_policy_members(struct wire_writer *w, const struct policy *o)
{
    size_t start;

    POLICY_FIELDS
}

#undef FIELD

/* Readers. */
#define GET_UINT(M, MAX) M = wire_get_uint(r, sizeof (M))
#define GET_ENUM(M, MAX) M = get_enum(r, MAX)
#define GET_ADDRESS(M, MAX) M = wire_get_address(r)
#define GET_STRING(M, MAX) M = wire_get_string(r)
#define GET_PROTOCOL(M, MAX) M = get_protocol(r)
#define GET_PORTS(M, MAX) get_ports(r, &(M))
#define GET_SUITE(M, MAX) M = get_suite(r)
#define GET_KEY(M, MAX) M = get_key(r)
#define GET_DSCP_MAP(M, MAX) get_dscp_map(r, M)
#define GET_SELECTOR(M, MAX) get_selector(r, &(M))
#define GET_LIFETIME(M, MAX) get_lifetime(r, &(M))
#define GET_STATS(M, MAX) wire_get_sa_stats(r, &(M))
#define GET_TRAFFIC(M, MAX) get_traffic(r, &(M))
#define FIELD(TYPE, NAME, KIND, ...) GET_##KIND(o->NAME, __VA_ARGS__);

static void
get_selector(struct wire_reader *r, struct sa_selector *o)
{
    SA_SELECTOR_FIELDS
}

static void
get_lifetime(struct wire_reader *r, struct sa_lifetime *o)
{
    SA_LIFETIME_FIELDS
}

struct sa *
wire_get_sa(struct wire_reader *r)
{
    struct sa *o = xzalloc(sizeof *o);

    SA_FIELDS
    if (r->failed) {
        sa_destroy(o);
        return NULL;
    }
    return o;
}

struct policy *
wire_get_policy(struct wire_reader *r)
{
    struct policy *o = xzalloc(sizeof *o);

    POLICY_FIELDS
    if (r->failed) {
        policy_destroy(o);
        return NULL;
    }
    return o;
}

void
wire_get_sa_stats(struct wire_reader *r, struct sa_stats *o)
{
    SA_STATS_FIELDS
}

static void
get_traffic(struct wire_reader *r, struct sa_traffic *o)
{
    SA_TRAFFIC_FIELDS
}

void
wire_get_event(struct wire_reader *r, struct backend_event *o)
{
    BACKEND_EVENT_FIELDS
}

#undef FIELD
#define FIELD(TYPE, NAME, KIND, ...)                                          \
    if (!strcmp(name, #NAME)) {                                               \
        GET_##KIND(o->NAME, __VA_ARGS__);                                     \
        return true;                                                          \
    }

/* Reads the member 'name' of an SA.  Returns false if there is none. */
static bool
get_sa_member(struct wire_reader *r, const char *name, struct sa *o)
{
    SA_FIELDS
    return false;
}

/* The same of a policy. */
static bool
get_policy_member(struct wire_reader *r, const char *name, struct policy *o)
{
    POLICY_FIELDS
    return false;
}

#undef FIELD

struct sa *
wire_get_sa_members(struct wire_reader *r, char **errorp)
{
    struct sa *sa = xzalloc(sizeof *sa);
    struct wire_member m;
    char *error = NULL;

    while (!error && wire_get_member(r, &m)) {
        bool known = get_sa_member(&m.value, m.name, sa);
        error = wire_check_member(&m, known);
    }
    if (!error && (r->failed || !sa->name || !sa->suite || !sa->key_check)) {
        error = xstrdup("an SA is malformed");
    }
    *errorp = error;
    if (error) {
        sa_destroy(sa);
        return NULL;
    }
    return sa;
}

struct policy *
wire_get_policy_members(struct wire_reader *r, char **errorp)
{
    struct policy *policy = xzalloc(sizeof *policy);
    struct wire_member m;
    char *error = NULL;

    while (!error && wire_get_member(r, &m)) {
        bool known = get_policy_member(&m.value, m.name, policy);
        error = wire_check_member(&m, known);
    }
    if (!error && (r->failed || !policy->name)) {
        error = xstrdup("a policy is malformed");
    }
    *errorp = error;
    if (error) {
        policy_destroy(policy);
        return NULL;
    }
    return policy;
}

/* Edits. */

void
wire_put_edit(struct wire_writer *w, const struct backend_edit *edit)
{
    wire_put_u8(w, edit->type);
    switch (edit->type) {
    case BACKEND_SA_ADD:
        wire_put_sa(w, edit->sa);
        break;
    case BACKEND_SA_DELETE:
        wire_put_u8(w, edit->sa->direction);
        wire_put_u32(w, edit->sa->spi);
        break;
    case BACKEND_POLICY_SET:
        wire_put_policy(w, edit->policy);
        break;
    case BACKEND_POLICY_DELETE:
        wire_put_string(w, edit->policy->name);
        break;
    }
}

struct backend_edit *
wire_get_edit(struct wire_reader *r)
{
    struct backend_edit *edit = xzalloc(sizeof *edit);
    struct policy *policy;
    struct sa *sa;

    edit->type = get_enum(r, BACKEND_POLICY_DELETE);
    switch (edit->type) {
    case BACKEND_SA_ADD:
        edit->sa = wire_get_sa(r);
        break;
    case BACKEND_SA_DELETE:
        sa = xzalloc(sizeof *sa);
        sa->direction = get_enum(r, SA_INBOUND);
        sa->spi = wire_get_u32(r);
        edit->sa = sa;
        break;
    case BACKEND_POLICY_SET:
        edit->policy = wire_get_policy(r);
        break;
    case BACKEND_POLICY_DELETE:
        policy = xzalloc(sizeof *policy);
        policy->name = wire_get_string(r);
        edit->policy = policy;
        break;
    }
    if (r->failed) {
        wire_edit_destroy(edit);
        return NULL;
    }
    return edit;
}

void
wire_edit_destroy(struct backend_edit *edit)
{
    if (edit) {
        sa_destroy(CONST_CAST(struct sa *, edit->sa));
        policy_destroy(CONST_CAST(struct policy *, edit->policy));
        free(edit);
    }
}

/* Counters. */

void
wire_put_stats(struct wire_writer *w, const struct backend_stats *stats)
{
    wire_put_u64(w, stats->plain_rx);
    wire_put_u64(w, stats->plain_tx);
    wire_put_u64(w, stats->cipher_rx);
    wire_put_u64(w, stats->cipher_tx);
    for (size_t i = 0; i < BACKEND_N_DROPS; i++) {
        wire_put_u64(w, stats->drops[i]);
    }
}

void
wire_get_stats(struct wire_reader *r, struct backend_stats *stats)
{
    stats->plain_rx = wire_get_u64(r);
    stats->plain_tx = wire_get_u64(r);
    stats->cipher_rx = wire_get_u64(r);
    stats->cipher_tx = wire_get_u64(r);
    for (size_t i = 0; i < BACKEND_N_DROPS; i++) {
        stats->drops[i] = wire_get_u64(r);
    }
}
