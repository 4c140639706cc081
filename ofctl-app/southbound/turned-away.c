/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "ofctl-app/southbound/turned-away.h"

#include <string.h>

#include "svec.h"
#include "timeval.h"
#include "util.h"

#define REMEMBER_MS 60000       /* A switch calls again every few seconds. */
#define MAX_CALLERS 16

struct caller {
    struct ovs_list node;
    char *address;
    char *reason;
    long long int called_ms;    /* Its last call. */
};

void
turned_away_init(struct turned_away *away)
{
    ovs_list_init(&away->callers);
}

static void
caller_destroy(struct caller *caller)
{
    if (caller) {
        ovs_list_remove(&caller->node);
        free(caller->address);
        free(caller->reason);
        free(caller);
    }
}

void
turned_away_destroy(struct turned_away *away)
{
    struct caller *caller;
    LIST_FOR_EACH_SAFE (caller, node, &away->callers) {
        caller_destroy(caller);
    }
}

char *
turned_away_address(const char *peer)
{
    const char *colon = strchr(peer, ':');
    const char *last = strrchr(peer, ':');
    return (colon && last > colon
            ? xmemdup0(colon + 1, last - colon - 1)
            : xmemdup0(peer, strcspn(peer, "#:")));
}

static struct caller *
find_caller(const struct turned_away *away, const char *address)
{
    struct caller *caller;
    LIST_FOR_EACH (caller, node, &away->callers) {
        if (!strcmp(caller->address, address)) {
            return caller;
        }
    }
    return NULL;
}

void
turned_away_note(struct turned_away *away, const char *peer,
                 const char *reason)
{
    char *address = turned_away_address(peer);
    caller_destroy(find_caller(away, address));
    if (ovs_list_size(&away->callers) >= MAX_CALLERS) {
        caller_destroy(CONTAINER_OF(ovs_list_back(&away->callers),
                                    struct caller, node));
    }
    struct caller *caller = xmalloc(sizeof *caller);
    *caller = (struct caller) {
        .address = address,
        .reason = xstrdup(reason),
        .called_ms = time_msec(),
    };
    ovs_list_push_front(&away->callers, &caller->node);
}

void
turned_away_forget(struct turned_away *away, const char *peer)
{
    char *address = turned_away_address(peer);
    caller_destroy(find_caller(away, address));
    free(address);
}

char *
turned_away_format(struct turned_away *away)
{
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    struct caller *caller;
    LIST_FOR_EACH_SAFE (caller, node, &away->callers) {
        if (time_msec() >= caller->called_ms + REMEMBER_MS) {
            caller_destroy(caller);
        } else {
            svec_add_nocopy(&lines, xasprintf("%s %s", caller->address,
                                              caller->reason));
        }
    }
    svec_sort(&lines);
    char *text = lines.n ? svec_join(&lines, "; ", "") : NULL;
    svec_destroy(&lines);
    return text;
}
