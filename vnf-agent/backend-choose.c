/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/backend-choose.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "socket-util.h"
#include "util.h"
#include "vnf-agent/userspace/backend-userspace.h"
#include "vnf-agent/xfrm/backend-xfrm.h"
#include "vnf-agent/xfrm/xfrm-probe.h"

/* Returns true if a data plane of the userspace backend can be adopted. */
static bool
userspace_runs(const struct backend_config *config)
{
    char *path = xasprintf("%s/%s.esp.ctl", config->rundir, config->name);
    int fd = make_unix_socket(SOCK_STREAM, true, NULL, path);

    free(path);
    if (fd >= 0) {
        close(fd);
    }
    /* EAGAIN: one that is stopped, with many callers that wait. */
    return fd >= 0 || fd == -EAGAIN;
}

static const struct backend_class *
choose_best(const struct backend_config *config, char **reasonp)
{
    const struct backend_class *class = &backend_userspace_class;

    if (userspace_runs(config)) {
        *reasonp = xstrdup("auto: sdsa-esp runs already");
    } else if (!config->netns) {
        *reasonp = xstrdup("auto: the kernel would need a network namespace "
                           "of the gateway's own (--netns)");
    } else {
        struct xfrm_probe probe;

        xfrm_probe(&probe);
        *reasonp = xasprintf("auto: the kernel has %s", probe.reason);
        free(probe.reason);
        if (probe.works) {
            class = &backend_xfrm_class;
        }
    }
    return class;
}

const struct backend_class *
backend_choose(const char *kind, const struct backend_config *config,
               char **reasonp)
{
    static const struct backend_class *const classes[] = {
        &backend_userspace_class, &backend_xfrm_class
    };

    if (!strcmp(kind, "auto")) {
        return choose_best(config, reasonp);
    }
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        if (!strcmp(kind, classes[i]->name)) {
            *reasonp = xasprintf("--backend=%s", kind);
            return classes[i];
        }
    }
    *reasonp = xasprintf("%s: no such backend; there are auto, %s and %s",
                         kind, classes[0]->name, classes[1]->name);
    return NULL;
}
