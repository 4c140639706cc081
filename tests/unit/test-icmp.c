/* SPDX-License-Identifier: Apache-2.0 */

/* Answers to packets that are too big, and probes.
 *
 *   test-icmp MTU HEX           prints the answer to this frame in hex, or
 *                               "no answer"
 *   test-icmp cut MTU HEX       the same frame, cut off at each length: prints
 *                               where an answer begins and checks its length
 *   test-icmp probe SIZE ip|ipv6        prints a probe in hex, having read it
 *                               back whole and at every length */

#include <config.h>

#include "ofctl-app/flows/icmp.h"
#include "ofctl-app/flows/probe.h"

#include <stdio.h>
#include <stdlib.h>

#include "dp-packet.h"
#include "util.h"
#include "uuid.h"

static void
print_hex(const struct dp_packet *packet)
{
    const uint8_t *data = dp_packet_data(packet);
    for (size_t i = 0; i < dp_packet_size(packet); i++) {
        printf("%02x", data[i]);
    }
    putchar('\n');
}

static uint8_t *
parse_hex(const char *hex, size_t *size)
{
    *size = strlen(hex) / 2;
    uint8_t *data = xmalloc(*size + 1);
    for (size_t i = 0; i < *size; i++) {
        bool ok;
        data[i] = hexits_value(hex + 2 * i, 2, &ok);
        ovs_assert(ok);
    }
    return data;
}

/* The answer to the first 'size' octets, in memory of just that size. */
static struct dp_packet *
answer(const uint8_t *frame, size_t size, int mtu)
{
    uint8_t *copy = xmemdup(frame, size);
    struct dp_packet *packet = icmp_too_big(copy, size, mtu);
    free(copy);
    return packet;
}

static void
cut(int mtu, const uint8_t *frame, size_t size)
{
    bool answered = false;
    for (size_t n = 0; n <= size; n++) {
        struct dp_packet *packet = answer(frame, n, mtu);
        if (!packet != !answered) {
            answered = packet != NULL;
            printf("%s from %"PRIuSIZE" octets on\n",
                   answered ? "answer" : "no answer", n);
        }
        ovs_assert(!packet || dp_packet_size(packet) <= ETH_HEADER_LEN + 1280);
        dp_packet_delete(packet);
    }
}

static void
check_probe(size_t ip_size, bool ipv6)
{
    struct probe in = { .nsh_spi = 0x123456, .si = 254, .ip_size = ip_size };
    struct uuid token = { { 1, 2, 3, 4 } };
    in.token = token;
    struct dp_packet *packet = probe_create(&in, eth_addr_zero, 7, ipv6);
    size_t size = dp_packet_size(packet);
    for (size_t n = 0; n <= size; n++) {
        struct probe out;
        uint8_t *copy = xmemdup(dp_packet_data(packet), n);
        bool ok = probe_parse(copy, n, size, &out);
        ovs_assert(ok == (n >= VLAN_ETH_HEADER_LEN + 64));
        ovs_assert(!ok || (out.nsh_spi == in.nsh_spi && out.si == in.si
                           && out.ip_size == ip_size
                           && uuid_equals(&out.token, &token)));
        /* One that is not as long as it was is none. */
        ovs_assert(!probe_parse(copy, n, size - 1, &out));
        free(copy);
    }
    print_hex(packet);
    dp_packet_delete(packet);
}

int
main(int argc, char *argv[])
{
    ovs_set_program_name(argv[0], SDSA_VERSION);
    if (argc == 4 && !strcmp(argv[1], "probe")) {
        check_probe(atoi(argv[2]), !strcmp(argv[3], "ipv6"));
        return 0;
    } else if (argc != 3 && argc != 4) {
        ovs_fatal(0, "usage: %s [cut] MTU HEX | probe SIZE ip|ipv6", argv[0]);
    }
    int mtu = atoi(argv[argc - 2]);
    size_t size;
    uint8_t *frame = parse_hex(argv[argc - 1], &size);
    if (argc == 4) {
        cut(mtu, frame, size);
    } else {
        struct dp_packet *packet = answer(frame, size, mtu);
        if (packet) {
            print_hex(packet);
            dp_packet_delete(packet);
        } else {
            printf("no answer\n");
        }
    }
    free(frame);
    return 0;
}
