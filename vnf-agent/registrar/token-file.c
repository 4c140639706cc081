/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "vnf-agent/registrar/token-file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/wiping-buffer.h"
#include "lib/x509.h"
#include "timeval.h"
#include "util.h"

#define MAX_SIZE 4096           /* Octets. */

/* A credential of systemd that the service's own user may read has that in an
 * access control list, which looks like rights of the group. */
#define REFUSED_MODE (S_IWGRP | S_IXGRP | S_IRWXO)

static void
note_look(struct token_file *file, const struct stat *s)
{
    file->dev = s->st_dev;
    file->ino = s->st_ino;
    file->size = s->st_size;
    file->changed = s->st_ctim;
}

/* Reads 'fd', which does not block, to its end.  Returns 0 or a positive
 * errno. */
static int
read_pipe(int fd, int wait_ms, struct wiping_buffer *text)
{
    long long int deadline_ms = time_msec() + wait_ms;
    struct pollfd pfd = { .fd = fd, .events = POLLIN };
    int error = EAGAIN, elapsed;
    while (error == EAGAIN) {
        time_poll(&pfd, 1, NULL, deadline_ms, &elapsed);
        error = (pfd.revents ? wiping_buffer_read(text, fd, MAX_SIZE)
                 : ETIMEDOUT);
    }
    return error;
}

static char *
read_text(struct token_file *file, int fd, int wait_ms,
          struct wiping_buffer *text)
{
    struct stat s;
    if (fstat(fd, &s)) {
        return xasprintf("%s: cannot be read (%s)", file->name,
                         ovs_strerror(errno));
    }
    note_look(file, &s);
    bool regular = S_ISREG(s.st_mode);
    if (!regular && !wait_ms) {
        return xasprintf("%s: is no regular file", file->name);
    }
    file->once = !regular;
    if (regular && s.st_mode & REFUSED_MODE) {
        return xasprintf("%s: others than its owner can read or write it: it "
                         "has a secret, so \"chmod 600\" it", file->name);
    }
    int error = (regular ? wiping_buffer_read(text, fd, MAX_SIZE)
                 : read_pipe(fd, wait_ms, text));
    wiping_buffer_put(text, "", 1);
    return (error == ETIMEDOUT
            ? xasprintf("%s: has not been written within %d s", file->name,
                        wait_ms / 1000)
            : error ? xasprintf("%s: cannot be read (%s)", file->name,
                              ovs_strerror(error)) : NULL);
}

char *
token_file_read(struct token_file *file, int wait_ms,
                struct x509_token *token)
{
    if (file->once) {
        return xasprintf("%s: was read, and cannot be read again",
                         file->name);
    }
    int fd = open(file->name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        struct stat none = { .st_size = 0 };
        note_look(file, &none);
        return xasprintf("%s: cannot be read (%s)", file->name,
                         ovs_strerror(errno));
    }
    struct wiping_buffer text = WIPING_BUFFER_INITIALIZER;
    char *error = read_text(file, fd, wait_ms, &text);
    if (!error) {
        char *reason = x509_token_parse(wiping_buffer_head(&text), token);
        error = reason ? xasprintf("%s: %s", file->name, reason) : NULL;
        free(reason);
    }
    wiping_buffer_uninit(&text);
    close(fd);
    return error;
}

bool
token_file_has_changed(const struct token_file *file)
{
    struct stat s;
    return (!file->once && !stat(file->name, &s)
            && (s.st_dev != file->dev || s.st_ino != file->ino
                || s.st_size != file->size
                || s.st_ctim.tv_sec != file->changed.tv_sec
                || s.st_ctim.tv_nsec != file->changed.tv_nsec));
}
