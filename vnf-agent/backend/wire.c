/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/backend/wire.h"

#include <string.h>

#include "lib/sa.h"
#include "lib/secret.h"
#include "lib/suite.h"
#include "util.h"
#include "vnf-agent/backend/backend.h"

#define MAX_KEYMAT 128          /* Octets: no suite has more. */

/* Integers and strings. */

void
wire_put_bytes(struct wire_writer *w, const void *bytes, size_t size)
{
    if (w->buf && size) {
        memcpy(w->buf + w->size, bytes, size);
    }
    w->size += size;
}

/* Writes the low 'n' octets of 'value'. */
static void
put_uint(struct wire_writer *w, uint64_t value, int n)
{
    uint8_t bytes[8];

    for (int i = 0; i < n; i++) {
        bytes[i] = value >> (8 * (n - 1 - i));
    }
    wire_put_bytes(w, bytes, n);
}

void
wire_put_u8(struct wire_writer *w, uint8_t value)
{
    put_uint(w, value, 1);
}

void
wire_put_u16(struct wire_writer *w, uint16_t value)
{
    put_uint(w, value, 2);
}

void
wire_put_u32(struct wire_writer *w, uint32_t value)
{
    put_uint(w, value, 4);
}

void
wire_put_u64(struct wire_writer *w, uint64_t value)
{
    put_uint(w, value, 8);
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

static uint64_t
get_uint(struct wire_reader *r, int n)
{
    uint8_t bytes[8];
    uint64_t value = 0;

    wire_get_bytes(r, bytes, n);
    for (int i = 0; i < n; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

uint8_t
wire_get_u8(struct wire_reader *r)
{
    return get_uint(r, 1);
}

uint16_t
wire_get_u16(struct wire_reader *r)
{
    return get_uint(r, 2);
}

uint32_t
wire_get_u32(struct wire_reader *r)
{
    return get_uint(r, 4);
}

uint64_t
wire_get_u64(struct wire_reader *r)
{
    return get_uint(r, 8);
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
put_selector(struct wire_writer *w, const struct sa_selector *sel)
{
    wire_put_u8(w, sel->family);
    wire_put_address(w, &sel->src);
    wire_put_address(w, &sel->src_mask);
    wire_put_address(w, &sel->dst);
    wire_put_address(w, &sel->dst_mask);
    wire_put_u16(w, sel->protocol < 0 ? UINT16_MAX : sel->protocol);
    put_ports(w, &sel->src_ports);
    put_ports(w, &sel->dst_ports);
}

static void
get_selector(struct wire_reader *r, struct sa_selector *sel)
{
    sel->family = get_enum(r, SA_FAMILY_IPV6);
    sel->src = wire_get_address(r);
    sel->src_mask = wire_get_address(r);
    sel->dst = wire_get_address(r);
    sel->dst_mask = wire_get_address(r);
    sel->protocol = wire_get_u16(r);
    if (sel->protocol == UINT16_MAX) {
        sel->protocol = -1;
    } else if (sel->protocol > UINT8_MAX) {
        r->failed = true;
    }
    get_ports(r, &sel->src_ports);
    get_ports(r, &sel->dst_ports);
}

static void
put_lifetime(struct wire_writer *w, const struct sa_lifetime *lifetime)
{
    wire_put_u32(w, lifetime->time_s);
    wire_put_u64(w, lifetime->bytes);
    wire_put_u64(w, lifetime->packets);
    wire_put_u32(w, lifetime->idle_s);
}

static void
get_lifetime(struct wire_reader *r, struct sa_lifetime *lifetime)
{
    lifetime->time_s = wire_get_u32(r);
    lifetime->bytes = wire_get_u64(r);
    lifetime->packets = wire_get_u64(r);
    lifetime->idle_s = wire_get_u32(r);
}

void
wire_put_sa(struct wire_writer *w, const struct sa *sa)
{
    size_t key_size = sa->key ? secret_size(sa->key) : 0;

    wire_put_string(w, sa->name);
    wire_put_u32(w, sa->spi);
    wire_put_u8(w, sa->direction);
    wire_put_u16(w, sa->vlan);
    wire_put_u64(w, sa->reqid);
    wire_put_u8(w, sa->mode);
    wire_put_address(w, &sa->tunnel_src);
    wire_put_address(w, &sa->tunnel_dst);
    wire_put_u8(w, sa->udp);
    wire_put_u16(w, sa->udp_src);
    wire_put_u16(w, sa->udp_dst);
    put_selector(w, &sa->selector);
    wire_put_string(w, sa->suite ? sa->suite->name : NULL);
    wire_put_u16(w, key_size);
    wire_put_bytes(w, sa->key ? secret_bytes(sa->key) : NULL, key_size);
    wire_put_string(w, sa->key_check);
    wire_put_u8(w, sa->esn);
    wire_put_u32(w, sa->replay_window);
    put_lifetime(w, &sa->soft);
    put_lifetime(w, &sa->hard);
    wire_put_u8(w, sa->soft_ends);
    wire_put_u8(w, sa->df);
    wire_put_u8(w, sa->dscp);
    wire_put_bytes(w, sa->dscp_map, sizeof sa->dscp_map);
    wire_put_u64(w, sa->inner_dscps);
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

static void
get_dscp_map(struct wire_reader *r, uint8_t map[SA_N_DSCPS])
{
    for (int i = 0; i < SA_N_DSCPS; i++) {
        map[i] = get_enum(r, SA_N_DSCPS - 1);
    }
}

struct sa *
wire_get_sa(struct wire_reader *r)
{
    struct sa *sa = xzalloc(sizeof *sa);
    char *suite_name;

    sa->name = wire_get_string(r);
    sa->spi = wire_get_u32(r);
    sa->direction = get_enum(r, SA_INBOUND);
    sa->vlan = wire_get_u16(r);
    sa->reqid = wire_get_u64(r);
    sa->mode = get_enum(r, SA_TRANSPORT);
    sa->tunnel_src = wire_get_address(r);
    sa->tunnel_dst = wire_get_address(r);
    sa->udp = get_enum(r, 1);
    sa->udp_src = wire_get_u16(r);
    sa->udp_dst = wire_get_u16(r);
    get_selector(r, &sa->selector);
    suite_name = wire_get_string(r);
    sa->suite = suite_name ? suite_by_name(suite_name) : NULL;
    free(suite_name);
    sa->key = get_key(r);
    sa->key_check = wire_get_string(r);
    sa->esn = get_enum(r, 1);
    sa->replay_window = wire_get_u32(r);
    get_lifetime(r, &sa->soft);
    get_lifetime(r, &sa->hard);
    sa->soft_ends = get_enum(r, 1);
    sa->df = get_enum(r, SA_DF_COPY);
    sa->dscp = get_enum(r, SA_DSCP_MAP);
    get_dscp_map(r, sa->dscp_map);
    sa->inner_dscps = wire_get_u64(r);
    if (r->failed) {
        sa_destroy(sa);
        return NULL;
    }
    return sa;
}

void
wire_put_policy(struct wire_writer *w, const struct policy *policy)
{
    wire_put_string(w, policy->name);
    wire_put_u8(w, policy->direction);
    wire_put_u16(w, policy->vlan);
    wire_put_u64(w, policy->reqid);
    wire_put_u32(w, policy->outbound_spi);
    put_selector(w, &policy->selector);
    wire_put_u8(w, policy->action);
    wire_put_u8(w, policy->mode);
    wire_put_address(w, &policy->tunnel_src);
    wire_put_address(w, &policy->tunnel_dst);
    wire_put_u8(w, policy->esn);
    wire_put_u32(w, policy->suites);
    wire_put_u8(w, policy->df);
    wire_put_u8(w, policy->bypass_dscp);
    wire_put_bytes(w, policy->dscp_map, sizeof policy->dscp_map);
}

struct policy *
wire_get_policy(struct wire_reader *r)
{
    struct policy *policy = xzalloc(sizeof *policy);

    policy->name = wire_get_string(r);
    policy->direction = get_enum(r, SA_INBOUND);
    policy->vlan = wire_get_u16(r);
    policy->reqid = wire_get_u64(r);
    policy->outbound_spi = wire_get_u32(r);
    get_selector(r, &policy->selector);
    policy->action = get_enum(r, POLICY_PROTECT);
    policy->mode = get_enum(r, SA_TRANSPORT);
    policy->tunnel_src = wire_get_address(r);
    policy->tunnel_dst = wire_get_address(r);
    policy->esn = get_enum(r, 1);
    policy->suites = wire_get_u32(r);
    policy->df = get_enum(r, SA_DF_COPY);
    policy->bypass_dscp = get_enum(r, 1);
    get_dscp_map(r, policy->dscp_map);
    if (r->failed) {
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
wire_put_sa_stats(struct wire_writer *w, const struct sa_stats *stats)
{
    wire_put_u64(w, stats->packets);
    wire_put_u64(w, stats->bytes);
    wire_put_u64(w, stats->seq);
    wire_put_u64(w, stats->replayed);
    wire_put_u64(w, stats->failed);
    wire_put_u32(w, stats->age_s);
    wire_put_u32(w, stats->idle_s);
    wire_put_u8(w, stats->soft_expired);
    wire_put_u8(w, stats->hard_expired);
}

void
wire_get_sa_stats(struct wire_reader *r, struct sa_stats *stats)
{
    stats->packets = wire_get_u64(r);
    stats->bytes = wire_get_u64(r);
    stats->seq = wire_get_u64(r);
    stats->replayed = wire_get_u64(r);
    stats->failed = wire_get_u64(r);
    stats->age_s = wire_get_u32(r);
    stats->idle_s = wire_get_u32(r);
    stats->soft_expired = get_enum(r, 1);
    stats->hard_expired = get_enum(r, 1);
}

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

/* Events. */

static void
put_traffic(struct wire_writer *w, const struct sa_traffic *t)
{
    wire_put_u8(w, t->ipv6);
    wire_put_address(w, &t->src);
    wire_put_address(w, &t->dst);
    wire_put_u32(w, t->protocol);
    wire_put_u32(w, t->src_port);
    wire_put_u32(w, t->dst_port);
}

static void
get_traffic(struct wire_reader *r, struct sa_traffic *t)
{
    t->ipv6 = get_enum(r, 1);
    t->src = wire_get_address(r);
    t->dst = wire_get_address(r);
    t->protocol = (int32_t) wire_get_u32(r);
    t->src_port = (int32_t) wire_get_u32(r);
    t->dst_port = (int32_t) wire_get_u32(r);
}

void
wire_put_event(struct wire_writer *w, const struct backend_event *event)
{
    wire_put_u8(w, event->type);
    wire_put_u8(w, event->direction);
    wire_put_u32(w, event->spi);
    wire_put_u8(w, event->soft);
    wire_put_sa_stats(w, &event->stats);
    wire_put_string(w, event->policy);
    put_traffic(w, &event->traffic);
}

void
wire_get_event(struct wire_reader *r, struct backend_event *event)
{
    event->type = get_enum(r, BACKEND_EVENT_BAD_SPI);
    event->direction = get_enum(r, SA_INBOUND);
    event->spi = wire_get_u32(r);
    event->soft = get_enum(r, 1);
    wire_get_sa_stats(r, &event->stats);
    event->policy = wire_get_string(r);
    get_traffic(r, &event->traffic);
}
