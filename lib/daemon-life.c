/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/daemon-life.h"

#include <stdlib.h>

#include "lib/descriptors.h"
#include "lib/environment.h"
#include "lib/log-thread.h"
#include "lib/secret.h"
#include "openvswitch/vlog.h"
#include "random.h"
#include "util.h"
#include "uuid.h"

VLOG_DEFINE_THIS_MODULE(daemon_life);

#define SYSLOG_VARIABLE "OVS_SYSLOG_METHOD"

static int lock_error;          /* Why memory is not locked, or 0. */

void
daemon_life_begin(void)
{
    environment_clear();
    lock_error = secret_protect_process();
    descriptors_raise_limit();

    /* libc's syslog() waits for a syslogd that hangs. */
    if (!getenv(SYSLOG_VARIABLE)) {
        setenv(SYSLOG_VARIABLE, "unix:/dev/log", 1);
        vlog_set_pattern(VLF_SYSLOG, "%A[%P]: ovs|%05N|%c%T|%p|%m");
    }
}

void
daemon_life_detached(void)
{
    lock_error = secret_protect_process();
}

void
daemon_life_running(void)
{
    /* These two open /dev/urandom once, and end the process if no descriptor
     * is left then. */
    uuid_init();
    random_init();
    log_thread_start();
    if (lock_error) {
        VLOG_WARN("memory is not locked (%s), so keys may get into swap "
                  "space: allow it with LimitMEMLOCK=infinity (systemd) or "
                  "ulimit -l unlimited, or have no swap space",
                  ovs_strerror(lock_error));
    }
}
