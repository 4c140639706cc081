/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/view/config-idl.h"

#include <string.h>

#include "lib/sdsa-idl.h"
#include "openvswitch/vlog.h"
#include "smap.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(config_idl);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 2);

/* What sdsa-controller(8) lists.  With a shorter time for preparations no
 * packet could prove a hop. */
static const struct {
    const char *key;
    int default_ms, least_ms;
} config[] = {
    { "prepare-timeout-ms", 5000, 500 },
    { "retry-ms", 1000, 100 },
    { "drain-ms", 1000, 1 },
    { "drain-max-ms", 10000, 1 },
    { "loss-ms", 10000, 100 },
    { "release-timeout-ms", 5000, 100 },
    { "avoid-ms", 60000, 1000 },
};

int
config_ms(const struct ovsdb_idl *idl, const char *key)
{
    size_t i = 0;
    while (strcmp(config[i].key, key)) {
        i++;
        ovs_assert(i < ARRAY_SIZE(config));
    }
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(idl);
    const char *text = global ? smap_get(&global->other_config, key) : NULL;
    int ms = config[i].default_ms;
    if (text && !str_to_int(text, 10, &ms)) {
        ms = config[i].default_ms;
        VLOG_WARN_RL(&rl, "other_config:%s=%s is no number: %d is used",
                     key, text, ms);
    } else if (ms < config[i].least_ms) {
        ms = config[i].least_ms;
        VLOG_WARN_RL(&rl, "other_config:%s=%s is too small: %d is used",
                     key, text, ms);
    }
    return ms;
}

long long int
config_change_ms(const struct ovsdb_idl *idl)
{
    return ((long long int) config_ms(idl, "prepare-timeout-ms")
            + MAX(config_ms(idl, "drain-ms"), config_ms(idl, "drain-max-ms"))
            + config_ms(idl, "release-timeout-ms"));
}
