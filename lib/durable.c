/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"

int
durable_begin(const char *new_name)
{
    /* Without waiting for a reader, if it is a FIFO. */
    int fd = open(new_name, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND
                  | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

    /* It may be there, with another mode. */
    if (fd >= 0 && fchmod(fd, 0600)) {
        int error = errno;

        close(fd);
        return -error;
    }
    return fd < 0 ? -errno : fd;
}

int
durable_sync(int fd)
{
    return fsync(fd) ? errno : 0;
}

int
durable_end(int fd)
{
    int error = durable_sync(fd);

    /* Some file systems tell only now that they are full. */
    return close(fd) && !error ? errno : error;
}

int
durable_sync_folder(const char *name)
{
    char *folder = dir_name(name);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = fd < 0 ? errno : durable_end(fd);

    free(folder);
    return error;
}

int
durable_replace(const char *new_name, const char *name)
{
    return rename(new_name, name) ? errno : durable_sync_folder(name);
}
