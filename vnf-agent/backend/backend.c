/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/backend/backend.h"

#include <errno.h>
#include <string.h>

#include "util.h"

int
backend_check_name(const char *name, char **errorp)
{
    if (name && strlen(name) > BACKEND_MAX_NAME) {
        *errorp = xasprintf("a name is longer than %d octets",
                            BACKEND_MAX_NAME);
        return EINVAL;
    }
    return 0;
}

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

static char *
acquire_to_string(const struct backend_event *event)
{
    const struct sa_traffic *t = &event->traffic;
    char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];

    return xasprintf("policy %s: no SA for a packet from %s to %s, protocol "
                     "%d, ports %d and %d", event->policy,
                     ipv6_string_mapped(src, &t->src),
                     ipv6_string_mapped(dst, &t->dst), t->protocol,
                     t->src_port, t->dst_port);
}

char *
backend_event_to_string(const struct backend_event *event)
{
    const char *direction = sa_direction_to_string(event->direction);

    switch (event->type) {
    case BACKEND_EVENT_EXPIRE:
        return xasprintf("%s SA 0x%08"PRIx32": %s lifetime has passed",
                         direction, event->spi, event->soft ? "soft" : "hard");
    case BACKEND_EVENT_ACQUIRE:
        return acquire_to_string(event);
    case BACKEND_EVENT_SEQ_OVERFLOW:
        return xasprintf("%s SA 0x%08"PRIx32": sequence numbers run out",
                         direction, event->spi);
    case BACKEND_EVENT_BAD_SPI:
        return xasprintf("no %s SA 0x%08"PRIx32, direction, event->spi);
    }
    OVS_NOT_REACHED();
}
