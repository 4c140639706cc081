/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>

#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(privileges);

void
privileges_keep(uint64_t keep)
{
    const capng_type_t own = (CAPNG_EFFECTIVE | CAPNG_PERMITTED
                              | CAPNG_INHERITABLE | CAPNG_AMBIENT);

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
        VLOG_FATAL("cannot forbid new privileges (%s)", ovs_strerror(errno));
    }
    capng_clear(CAPNG_SELECT_ALL);
    if (capng_get_caps_process()) {
        VLOG_FATAL("cannot read the capabilities of this process");
    }

    /* The bounding set is for programs that we start.  Who may not make it
     * smaller has no more than is in it, and no new privileges. */
    bool bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
    for (int i = 0; i <= CAP_LAST_CAP; i++) {
        if (!(keep & PRIVILEGE(i))) {
            capng_update(CAPNG_DROP, own | CAPNG_BOUNDING_SET, i);
        }
    }
    int error = capng_apply(bounds ? CAPNG_SELECT_ALL
                            : CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT);
    if (error) {
        VLOG_FATAL("cannot give up capabilities (%d)", error);
    }

    char *left = capng_print_caps_text(CAPNG_PRINT_BUFFER, CAPNG_PERMITTED);
    VLOG_DBG("capabilities: %s", left);
    free(left);
}
