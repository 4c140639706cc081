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
#include "uuid.h"

#define SYSLOG_VARIABLE "OVS_SYSLOG_METHOD"

void
daemon_life_begin(void)
{
    environment_clear();
    secret_protect_process();
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
    secret_protect_process();
}

void
daemon_life_running(void)
{
    /* These two open /dev/urandom once, and end the process if no descriptor
     * is left then. */
    uuid_init();
    random_init();
    log_thread_start();
}
