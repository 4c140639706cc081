/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/datastore/datastore-list.h"

#include "util.h"

const char *
datastore_list_container(enum datastore_list list)
{
    switch (list) {
    case DATASTORE_SAD: return "sad";
    case DATASTORE_SPD: return "spd";
    }
    OVS_NOT_REACHED();
}

const char *
datastore_list_name(enum datastore_list list)
{
    switch (list) {
    case DATASTORE_SAD: return "sad-entry";
    case DATASTORE_SPD: return "spd-entry";
    }
    OVS_NOT_REACHED();
}
