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
    "journal-commit", "flip", "release", "undo", "journal-end",
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

static bool
is_point(const char *text)
{
    for (size_t i = 0; i < ARRAY_SIZE(whats); i++) {
        size_t n = strlen(whats[i]);
        for (size_t j = 0; j < ARRAY_SIZE(steps); j++) {
            if (!strncmp(text, whats[i], n) && text[n] == '-'
                && !strcmp(text + n + 1, steps[j])) {
                return true;
            }
        }
    }
    return false;
}

static void
refuse_point(struct unixctl_conn *conn)
{
    struct ds error = DS_EMPTY_INITIALIZER;
    ds_put_cstr(&error, "no such point; there are");
    for (size_t i = 0; i < ARRAY_SIZE(whats); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(steps); j++) {
            ds_put_format(&error, " %s-%s", whats[i], steps[j]);
        }
    }
    unixctl_command_reply_error(conn, ds_cstr(&error));
    ds_destroy(&error);
}

static void
cmd_failure_test(struct unixctl_conn *conn, int argc, const char *argv[],
                 void *aux OVS_UNUSED)
{
    for (int i = 1; i < argc; i++) {
        if (!is_point(argv[i])) {
            refuse_point(conn);
            return;
        }
    }
    char *before = sset_join(&armed, " ", "");
    sset_clear(&armed);
    for (int i = 1; i < argc; i++) {
        sset_add(&armed, argv[i]);
    }
    unixctl_command_reply(conn, before);
    free(before);
}

void
failure_test_init(void)
{
    unixctl_command_register("failure-test", "[POINT]...", 0, INT_MAX,
                             cmd_failure_test, NULL);
    timeval_dummy_register();
}
