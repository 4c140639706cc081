/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/model/lifetime.h"

#include <inttypes.h>

#include "ofctl-app/model/inventory.h"
#include "util.h"

char *
lifetime_check(const struct inv_chain *chain, int mtu,
               long long int change_ms)
{
    uint64_t least_s = MAX(LIFETIME_LEAST_S, DIV_ROUND_UP(change_ms, 700));
    uint64_t least_bytes = MAX(LIFETIME_LEAST_BYTES,
                               (uint64_t) LIFETIME_LEAST_PACKETS * mtu);
    const struct {
        const char *option;
        uint64_t lifetime, least;
        const char *why;
    } bounds[] = {
        { "--lifetime", chain->lifetime_s, least_s,
          "a change of keys must be over at seven tenths of it, and may take "
          "prepare-timeout-ms, drain-max-ms and release-timeout-ms" },
        { "--lifetime-bytes", chain->lifetime_bytes, least_bytes,
          "the packets that prove a hop count as well" },
        { "--lifetime-packets", chain->lifetime_packets,
          LIFETIME_LEAST_PACKETS,
          "the packets that prove a hop count as well" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
        if (bounds[i].lifetime && bounds[i].lifetime < bounds[i].least) {
            return xasprintf("%s=%"PRIu64" is too short, for %s: give it "
                             "%"PRIu64" or more, or 0 for no limit",
                             bounds[i].option, bounds[i].lifetime,
                             bounds[i].why, bounds[i].least);
        }
    }
    return NULL;
}
