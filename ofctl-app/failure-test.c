/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ofctl-app/failure-test.h"

#include <signal.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "unixctl.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(failure_test);

static const char *const whens[] = { "before", "after" };
static const char *const steps[] = {
    "journal-prepare", "inbound", "flows", "outbound", "prove",
    "journal-commit", "flip", "release", "undo", "journal-end",
};

static char *armed;             /* "before-flip", or NULL. */

void
failure_test(const char *when, const char *step)
{
    if (armed) {
        char *point = xasprintf("%s-%s", when, step);
        bool now = !strcmp(point, armed);
        free(point);
        if (now) {
            VLOG_WARN("failure test: dying %s %s", when, step);
            raise(SIGKILL);
        }
    }
}

static void
cmd_failure_test(struct unixctl_conn *conn, int argc, const char *argv[],
                 void *aux OVS_UNUSED)
{
    struct ds points = DS_EMPTY_INITIALIZER;
    bool known = argc == 1;
    for (size_t i = 0; i < ARRAY_SIZE(whens); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(steps); j++) {
            char *point = xasprintf("%s-%s", whens[i], steps[j]);
            known = known || !strcmp(point, argv[1]);
            ds_put_format(&points, " %s", point);
            free(point);
        }
    }
    if (known) {
        free(armed);
        armed = argc > 1 ? xstrdup(argv[1]) : NULL;
        unixctl_command_reply(conn, NULL);
    } else {
        char *error = xasprintf("no such point; there are%s",
                                ds_cstr(&points));
        unixctl_command_reply_error(conn, error);
        free(error);
    }
    ds_destroy(&points);
}

void
failure_test_init(void)
{
    unixctl_command_register("failure-test", "[POINT]", 0, 1, cmd_failure_test,
                             NULL);
}
