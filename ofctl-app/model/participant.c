/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/model/participant.h"

#include <string.h>

#include "util.h"

/* By enum participant_kind. */
static const char *const prefixes[] = { "gateway ", "bridge ", "" };

char *
participant_format(const struct participant *p)
{
    return xasprintf("%s%s", prefixes[p->kind], p->name);
}

struct participant
participant_parse(const char *text)
{
    enum participant_kind kind = PARTICIPANT_GATEWAY;
    while (strncmp(text, prefixes[kind], strlen(prefixes[kind]))) {
        kind++;                 /* The last prefix is that of any text. */
    }
    return (struct participant) { kind, text + strlen(prefixes[kind]) };
}
