/* SPDX-License-Identifier: Apache-2.0 */
/* Sends ESP of the userspace data plane's engine with the sequence numbers
 * that a test wants: no data plane that runs can be told to leave some out. */
#include <config.h>
#undef NDEBUG
#include "tests/unit/test-esp.h"

#include <assert.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/secret.h"
#include "tests/unit/test-esp-rig.h"
#include "util.h"

static int
open_device(const char *name)
{
    struct sockaddr_ll sll = {
        .sll_family = AF_PACKET,
        .sll_ifindex = if_nametoindex(name),
    };
    int fd = socket(AF_PACKET, SOCK_RAW, 0);

    assert(sll.sll_ifindex && fd >= 0);
    assert(!bind(fd, (struct sockaddr *) &sll, sizeof sll));
    return fd;
}

/* Of the next engine; the rig's own are one for all. */
static uint32_t next_spi;
static uint16_t next_vlan;

static void
edit_numbers(struct sa *sa, struct policy *policy)
{
    sa->spi = policy->outbound_spi = next_spi;
    sa->vlan = policy->vlan = next_vlan;
}

/* One packet, of both IP versions in turn. */
static void
send_packet(int fd, struct rig *rig, uint64_t seq)
{
    struct esp_sa *out = tables_find_sa(rig->a->tables, SA_OUTBOUND, next_spi);
    struct engine_frame frame = make_frame(rig, 100);

    if (seq & 1) {
        make_inner_ipv6(&frame, 0);
    }
    frame.vlan = next_vlan;
    out->seq = seq - 1;
    assert(!strcmp(at_a(rig, &frame), "passed"));
    assert(send(fd, frame.data, frame.size, 0) == frame.size);
}

/* Lines of stdin: SPI VLAN SUITE 4|6 SEQ...; with extended sequence numbers,
 * key and outer addresses (4|6) are those of the rig. */
void
test_esp_send(int argc, char *argv[])
{
    char line[1024], *save_ptr;

    if (argc != 2) {
        ovs_fatal(0, "usage: send DEVICE");
    }
    int fd = open_device(argv[1]);
    while (fgets(line, sizeof line, stdin)) {
        struct setup setup = SETUP_DEFAULT;
        struct rig rig;

        next_spi = strtoul(strtok_r(line, " \n", &save_ptr), NULL, 0);
        next_vlan = atoi(strtok_r(NULL, " \n", &save_ptr));
        setup.suite = strtok_r(NULL, " \n", &save_ptr);
        setup.outer_ipv6 = !strcmp(strtok_r(NULL, " \n", &save_ptr), "6");
        setup.esn = true;
        setup.edit = edit_numbers;
        rig_init(&rig, &setup);
        for (char *word; (word = strtok_r(NULL, " \n", &save_ptr)); ) {
            send_packet(fd, &rig, strtoull(word, NULL, 0));
        }
        rig_destroy(&rig);
    }
    close(fd);
}
