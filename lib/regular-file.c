/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/regular-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"

int
regular_file_open(const char *name)
{
    int fd = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat s;
    int error = (fd < 0 || fstat(fd, &s) ? errno
                 : S_ISREG(s.st_mode) ? 0 : EMEDIUMTYPE);
    if (error && fd >= 0) {
        close(fd);
    }
    return error ? -error : fd;
}

const char *
regular_file_strerror(int error)
{
    return (error == EMEDIUMTYPE ? "it is no regular file"
            : ovs_strerror(error));
}
