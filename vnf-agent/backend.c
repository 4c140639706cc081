/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/backend.h"

#include "util.h"

const char *
backend_drop_to_string(enum backend_drop drop)
{
    switch (drop) {
#define DROP(ENUM, TEXT) case BACKEND_DROP_##ENUM: return TEXT;
    BACKEND_DROPS
#undef DROP
    case BACKEND_N_DROPS:
        break;
    }
    OVS_NOT_REACHED();
}
