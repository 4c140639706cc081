/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/conductor/conductor-config.h"

#include "lib/sdsa-idl.h"
#include "smap.h"
#include "util.h"

int
conductor_config_ms(const struct ovsdb_idl *idl, const char *key,
                    int default_ms)
{
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(idl);
    int ms = global ? smap_get_int(&global->other_config, key, default_ms)
                    : default_ms;
    return MAX(ms, 1);
}

int
conductor_config_drain_ms(const struct ovsdb_idl *idl)
{
    return conductor_config_ms(idl, "drain-ms", 1000);
}

bool
conductor_config_prove(const struct ovsdb_idl *idl)
{
    const struct sdsa_sdsa_global *global = sdsa_sdsa_global_first(idl);
    return !global || smap_get_bool(&global->other_config, "prove", true);
}
