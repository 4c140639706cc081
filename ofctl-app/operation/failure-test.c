/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/operation/failure-test.h"

#include <limits.h>
#include <signal.h>

#include "dummy.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "sset.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(failure_test);

/* The points are all combinations of one of each, with "-" between. */
static const char *const whats[] = {
    "before", "after", "stop-before", "stop-after", "refuse",
};
static const char *const steps[] = {
    "journal-prepare", "inbound", "flows", "outbound", "prove",
    "journal-commit", "flip", "close", "release", "undo", "journal-end",
};

static struct sset armed = SSET_INITIALIZER(&armed);

/* Returns true if the point is armed, and disarms it. */
static bool
disarm(const char *what, const char *when, const char *step)
{
    if (sset_is_empty(&armed)) {
        return false;
    }
    char *point = xasprintf("%s%s-%s", what, when, step);
    bool found = sset_find_and_delete(&armed, point);
    if (found) {
        VLOG_WARN("failure test: %s", point);
    }
    free(point);
    return found;
}

void
failure_test(const char *when, const char *step)
{
    if (disarm("", when, step)) {
        raise(SIGKILL);
    }
    if (disarm("stop-", when, step)) {
        raise(SIGSTOP);
    }
}

bool
failure_test_refuses(const char *step)
{
    return disarm("", "refuse", step);
}

/* Returns all points, each behind a space; caller must free. */
static char *
format_points(void)
{
    struct ds points = DS_EMPTY_INITIALIZER;
    for (size_t i = 0; i < ARRAY_SIZE(whats); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(steps); j++) {
            ds_put_format(&points, " %s-%s", whats[i], steps[j]);
        }
    }
    return ds_steal_cstr(&points);
}

static void
cmd_failure_test(struct unixctl_conn *conn, int argc, const char *argv[],
                 void *aux OVS_UNUSED)
{
    char *points = format_points();
    struct sset known;
    sset_from_delimited_string(&known, points, " ");
    bool ok = true;
    for (int i = 1; i < argc; i++) {
        ok = ok && sset_contains(&known, argv[i]);
    }
    if (ok) {
        char *before = sset_join(&armed, " ", "");
        sset_clear(&armed);
        sset_add_array(&armed, (char **) &argv[1], argc - 1);
        unixctl_command_reply(conn, before);
        free(before);
    } else {
        char *error = xasprintf("no such point; there are%s", points);
        unixctl_command_reply_error(conn, error);
        free(error);
    }
    sset_destroy(&known);
    free(points);
}

void
failure_test_init(void)
{
    unixctl_command_register("failure-test", "[POINT]...", 0, INT_MAX,
                             cmd_failure_test, NULL);
    timeval_dummy_register();
}
