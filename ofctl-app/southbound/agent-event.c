/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/southbound/agent-event.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "lib/bounds.h"
#include "util.h"

#define MODULE "ietf-i2nsf-ikeless:"

/* Returns the SPI in the name that we gave an SA (see sa-request.h), or 0. */
static uint32_t
sa_spi(const json_t *content)
{
    const char *name = json_string_value(json_object_get(content,
                                                         "ipsec-sa-name"));
    uint32_t spi;
    int n = 0;
    return (name && ovs_scan_len(name, &n, "sa-%"SCNx32, &spi) && !name[n]
            ? spi : 0);
}

/* Parses the notification in 'top'.  Returns false if it is of no known
 * type. */
static bool
parse_content(const json_t *top, struct agent_event *event)
{
    const json_t *content;
    if ((content = json_object_get(top, MODULE"sadb-expire"))) {
        event->type = (json_is_true(json_object_get(content,
                                                    "soft-lifetime-expire"))
                       ? AGENT_EVENT_SOFT_EXPIRE : AGENT_EVENT_HARD_EXPIRE);
        event->esp_spi = sa_spi(content);
    } else if ((content = json_object_get(top, MODULE"sadb-seq-overflow"))) {
        event->type = AGENT_EVENT_SEQ_OVERFLOW;
        event->esp_spi = sa_spi(content);
    } else if ((content = json_object_get(top, MODULE"sadb-acquire"))) {
        const char *name = json_string_value(
            json_object_get(content, "ipsec-policy-name"));
        event->type = AGENT_EVENT_ACQUIRE;
        char *cut = bounds_cut_text(name ? name : "");
        ovs_strlcpy(event->policy, cut, sizeof event->policy);
        free(cut);
    } else if ((content = json_object_get(top, MODULE"sadb-bad-spi"))) {
        event->type = AGENT_EVENT_BAD_SPI;
        event->esp_spi = json_integer_value(json_object_get(content, "spi"));
    } else {
        return false;
    }
    return true;
}

bool
agent_event_parse(const char *text, struct agent_event *event)
{
    *event = (struct agent_event) { .esp_spi = 0 };
    json_t *json = json_loads(text, 0, NULL);
    bool ok = parse_content(json_object_get(json,
                                            "ietf-restconf:notification"),
                            event);
    json_decref(json);
    return ok;
}
