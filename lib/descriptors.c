/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/descriptors.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(descriptors);

#define PAUSE_MS 1000           /* Before a connection is accepted again. */

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 2);

void
descriptors_raise_limit(void)
{
    struct rlimit limit;

    if (!getrlimit(RLIMIT_NOFILE, &limit)) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

size_t
descriptors_limit(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_NOFILE, &limit) ? 0 : limit.rlim_cur;
}

long long int
descriptors_accept_failed(const char *name, int error)
{
    if (error == EMFILE) {
        VLOG_WARN_RL(&rl, "%s: connections wait: all %"PRIuSIZE" file "
                     "descriptors of the process are in use (raise the limit "
                     "with LimitNOFILE= or ulimit -n)", name,
                     descriptors_limit());
    } else if (error == ENFILE) {
        VLOG_WARN_RL(&rl, "%s: connections wait: all file descriptors of the "
                     "machine are in use (raise fs.file-max)", name);
    } else {
        VLOG_WARN_RL(&rl, "%s: connections wait: cannot accept (%s)", name,
                     ovs_strerror(error));
    }
    return time_msec() + PAUSE_MS;
}

void
descriptors_unixctl_wait(struct unixctl_server *server)
{
    /* The server does not tell how its accept() ended. */
    int fd = eventfd(0, EFD_CLOEXEC);

    if (fd >= 0) {
        close(fd);
        unixctl_server_wait(server);
    } else {
        poll_timer_wait(PAUSE_MS);
    }
}
