/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/network/too-big.h"

#include <inttypes.h>

#include "dp-packet.h"
#include "ofctl-app/flows/icmp.h"
#include "ofctl-app/southbound/bridges.h"
#include "ofctl-app/southbound/of-packet.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "openvswitch/token-bucket.h"
#include "util.h"

/* The bucket gets a token each ms, and an answer costs 10: 100 answers a
 * second. */
#define ANSWER_TOKENS 10
#define BURST_TOKENS (100 * ANSWER_TOKENS)      /* Most tokens in a bucket. */

/* Packets of one bridge. */
struct too_big_bridge {
    struct token_bucket bucket;
    uint64_t answered;
    uint64_t limited;           /* Not answered because of the rate, or of the
                                 * send queue to the bridge. */
    uint64_t unanswerable;
};

struct too_big {
    struct shash bridges;       /* Of struct too_big_bridge, by name. */
};

struct too_big *
too_big_create(void)
{
    struct too_big *tb = xmalloc(sizeof *tb);
    shash_init(&tb->bridges);
    return tb;
}

void
too_big_destroy(struct too_big *tb)
{
    if (tb) {
        shash_destroy_free_data(&tb->bridges);
        free(tb);
    }
}

static struct too_big_bridge *
get_bridge(struct too_big *tb, const char *name)
{
    struct too_big_bridge *b = shash_find_data(&tb->bridges, name);
    if (!b) {
        b = xzalloc(sizeof *b);
        token_bucket_init(&b->bucket, 1, BURST_TOKENS);
        shash_add(&tb->bridges, name, b);
    }
    return b;
}

void
too_big_answer(struct too_big *tb, struct bridge *br,
               const struct of_packet_in *packet)
{
    struct too_big_bridge *b = get_bridge(tb, bridge_name(br));
    int mtu = (packet->n_userdata >= 3
               ? packet->userdata[1] << 8 | packet->userdata[2] : 0);
    struct dp_packet *answer = mtu ? icmp_too_big(packet->frame, packet->size,
                                                  mtu) : NULL;
    if (!answer) {
        b->unanswerable++;
    } else if (!token_bucket_withdraw(&b->bucket, ANSWER_TOKENS)
               || !bridge_packet_out(br, dp_packet_data(answer),
                                     dp_packet_size(answer),
                                     packet->in_port)) {
        b->limited++;
    } else {
        b->answered++;
    }
    dp_packet_delete(answer);
}

void
too_big_format(const struct too_big *tb, struct ds *ds)
{
    const struct shash_node **nodes = shash_sort(&tb->bridges);
    for (size_t i = 0; i < shash_count(&tb->bridges); i++) {
        const struct too_big_bridge *b = nodes[i]->data;
        ds_put_format(ds, "bridge %s: %"PRIu64" answered, %"PRIu64
                      " rate-limited, %"PRIu64" not answerable\n",
                      nodes[i]->name, b->answered, b->limited,
                      b->unanswerable);
    }
    free(nodes);
}
