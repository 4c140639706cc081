/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_TEST_ESP_RIG_H
#define SDSA_TEST_ESP_RIG_H 1

/* Two engines, 'a' and 'b', one at each end of a hop, with frames carried
 * between them by the tests. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/sa.h"
#include "lib/suite.h"
#include "packets.h"
#include "vnf-agent/esp/engine.h"

#define VLAN 101
#define OUT_SPI 0x1001          /* At 'a'; 'b' receives it. */
#define REQID 7

enum { BUFFER_SIZE = 4096 };

/* Of the ports of both; ENGINE_* is the index. */
extern const struct eth_addr mac_a[2], mac_b[2];

/* What a test may want otherwise. */
struct setup {
    const char *suite;
    bool esn;
    uint32_t window;
    struct sa_lifetime soft, hard;
    struct sa_selector sa_selector, policy_selector;
    enum sa_df df;
    bool bypass_dscp;
    bool unpinned;
    bool no_policy;             /* At 'b'. */
    bool outer_ipv6;
    /* Changes what the rest makes, at both ends, or NULL. */
    void (*edit)(struct sa *, struct policy *);
};

#define SETUP_DEFAULT                                               \
    { .suite = SUITE_DEFAULT, .window = 64,                         \
      .sa_selector = SA_SELECTOR_ANY, .policy_selector = SA_SELECTOR_ANY }

struct rig {
    struct engine *a, *b;
    long long int now_ms;
    uint8_t buffer[BUFFER_SIZE];
};

struct in6_addr ip(const char *);

/* One edit; returns 0 or a positive errno. */
int apply_sa(struct engine *, enum backend_edit_type, const struct sa *,
             long long int now_ms);
int apply_policy(struct engine *, enum backend_edit_type,
                 const struct policy *);

/* A key that is told from others by 'seed'. */
struct secret *make_key(const char *suite, int seed);
/* The caller destroys its 'key'. */
struct sa make_sa(const struct setup *, enum sa_direction, uint32_t spi);

/* An SA from a to b, with its policies. */
void rig_init(struct rig *, const struct setup *);
void rig_destroy(struct rig *);

/* An inner UDP packet of 'size' octets (IP) in a frame to a's plain port. */
struct engine_frame make_frame(struct rig *, size_t size);
void set_inner_tos(struct engine_frame *, uint8_t tos);
/* Makes the inner packet an IPv6 one, of the same size. */
void make_inner_ipv6(struct engine_frame *, uint8_t traffic_class);

/* The same between the gateways' own addresses, with traffic class 0xb8. */
struct engine_frame make_host_frame(struct rig *, size_t size, bool ipv6);

/* For setup's 'edit': transport mode, between the gateways' own addresses; and
 * ESP in UDP, from port 4500 to 4600. */
void edit_transport(struct sa *, struct policy *);
void edit_udp(struct sa *, struct policy *);

/* The outer header changed: its checksum too. */
void fix_outer(struct engine_frame *);

/* Processes the frame at a's plain or b's cipher port.  Returns what became of
 * it: the drop whose counter moved, or "passed". */
const char *at_a(struct rig *, struct engine_frame *);
const char *at_b(struct rig *, struct engine_frame *);

/* Carries what 'a' sent to 'b', as the bridges and kernels between them do:
 * the tag is taken out, the destination rewritten. */
void carry(struct engine_frame *);

/* Through 'a', which must pass it, and over to 'b'. */
struct engine_frame sealed_frame(struct rig *, size_t size);

/* Sends a packet of 'size' octets through both. */
const char *send_through(struct rig *, size_t size);

/* Of the SA at one of the engines. */
void print_sa(const struct rig *, const struct engine *);

/* Tests, each for `test-esp engine NAME`. */
struct engine_test {
    const char *name;
    void (*run)(void);
};
extern const struct engine_test suite_tests[], state_tests[], mode_tests[];

#endif /* tests/unit/test-esp-rig.h */
