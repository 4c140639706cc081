/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for a bridge: puts a VLAN tag on what comes in at one port and
 * takes it off what comes in at the other.  (A kernel without 802.1Q devices
 * cannot.) */
#include <config.h>
#include "tests/unit/test-esp.h"

#include <stdlib.h>
#include <string.h>

#include "if-notifier.h"
#include "openvswitch/poll-loop.h"
#include "packets.h"
#include "util.h"
#include "vnf-agent/esp/port.h"

/* Puts the tag in.  There is headroom. */
static void
push_tag(struct engine_frame *frame, uint16_t vlan)
{
    ovs_be16 tag[2] = { htons(ETH_TYPE_VLAN), htons(vlan) };

    frame->data -= sizeof tag;
    frame->size += sizeof tag;
    memmove(frame->data, frame->data + sizeof tag, 2 * ETH_ADDR_LEN);
    memcpy(frame->data + 2 * ETH_ADDR_LEN, tag, sizeof tag);
}

static void
forward(struct port *in, struct port *out, uint16_t only_vlan,
        uint16_t new_vlan)
{
    struct engine_frame frames[PORT_BATCH];
    bool sent[PORT_BATCH];
    size_t n_out = 0;

    size_t n = port_receive(in, frames);
    for (size_t i = 0; i < n; i++) {
        if (frames[i].vlan == only_vlan && !frames[i].truncated) {
            if (new_vlan) {
                push_tag(&frames[i], new_vlan);
            }
            frames[n_out++] = frames[i];
        }
    }
    port_send(out, frames, n_out, sent);
}

static void
note_change(void *changed_)
{
    bool *changed = changed_;

    *changed = true;
}

void
test_esp_tag(int argc, char *argv[])
{
    if (argc != 4) {
        ovs_fatal(0, "usage: tag UNTAGGED-PORT TAGGED-PORT VLAN");
    }

    struct port *untagged = port_create(argv[1], -1);
    struct port *tagged = port_create(argv[2], -1);
    uint16_t vlan = atoi(argv[3]);
    bool changed = true;

    if_notifier_create(note_change, &changed);

    for (;;) {
        if_notifier_run();
        if (changed) {
            changed = false;
            port_refresh(untagged);
            port_refresh(tagged);
        }
        forward(untagged, tagged, 0, vlan);
        forward(tagged, untagged, vlan, 0);
        port_wait(untagged);
        port_wait(tagged);
        if_notifier_wait();
        poll_block();
    }
}
