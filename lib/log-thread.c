/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/log-thread.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "fatal-signal.h"
#include "lib/process-util.h"
#include "openvswitch/vlog.h"
#include "ovs-atomic.h"
#include "socket-util.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(log_thread);

#define STACK_SIZE (256 * 1024)
#define DRAIN_ROUNDS 100        /* Of 10 ms, at the end of the process. */
#define SYSLOG_LOOK_S 1         /* Between looks for a new syslogd. */

/* A destination of the log. */
struct sink {
    int pipe_fd;                /* Read end of the pipe. */
    int fd;                     /* Where lines go. */
    char *file_name;            /* Of the log file; NULL: standard error. */
    atomic_bool busy;           /* Lines may be read and not yet written. */
};

static struct sink sinks[2];
static size_t n_sinks;

static int
open_log(const char *file_name)
{
    return open(file_name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0660);
}

/* Opens the log file anew if its name stands for another file now. */
static void
follow(struct sink *sink)
{
    struct stat by_name, by_fd;

    if (stat(sink->file_name, &by_name) || fstat(sink->fd, &by_fd)
        || by_name.st_dev != by_fd.st_dev || by_name.st_ino != by_fd.st_ino) {
        int fd = open_log(sink->file_name);
        if (fd >= 0) {
            close(sink->fd);
            sink->fd = fd;
        }
    }
}

static void
write_all(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t n = write(fd, data, size);
        if (n > 0) {
            data += n;
            size -= n;
        } else if (errno == EAGAIN) {
            poll(&(struct pollfd) { .fd = fd, .events = POLLOUT }, 1, -1);
        } else if (errno != EINTR) {
            return;
        }
    }
}

static void *
run_sink(void *sink_)
{
    struct sink *sink = sink_;
    char buffer[16384];
    ssize_t n = 1;

    while (n > 0 || (n < 0 && errno == EINTR)) {
        atomic_store(&sink->busy, false);
        poll(&(struct pollfd) { .fd = sink->pipe_fd, .events = POLLIN }, 1,
             -1);
        atomic_store(&sink->busy, true);
        n = read(sink->pipe_fd, buffer, sizeof buffer);
        if (n > 0) {
            if (sink->file_name) {
                follow(sink);
            }
            write_all(sink->fd, buffer, n);
        }
    }
    atomic_store(&sink->busy, false);
    close(sink->fd);
    close(sink->pipe_fd);
    return NULL;
}

/* True if 'sink' has lines that are not written yet.  Async-signal-safe. */
static bool
has_lines(struct sink *sink)
{
    bool busy;
    int n = 0;

    ioctl(sink->pipe_fd, FIONREAD, &n);
    atomic_read(&sink->busy, &busy);
    return n > 0 || busy;
}

/* Waits until all lines are written, but not for long.  Async-signal-safe. */
static void
drain(void *aux OVS_UNUSED)
{
    const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

    for (int i = 0; i < DRAIN_ROUNDS; i++) {
        bool waiting = false;
        for (size_t j = 0; j < n_sinks; j++) {
            waiting = waiting || has_lines(&sinks[j]);
        }
        if (!waiting) {
            return;
        }
        nanosleep(&pause, NULL);
    }
}

/* Handles a signal that ends the process at once: what was logged just before
 * is still in the pipes. */
static void
drain_and_abort(int sig)
{
    drain(NULL);
    signal(sig, SIG_DFL);
    raise(sig);
}

/* Leaves the signals that something else handles, as a sanitizer does. */
static void
drain_at_crash(void)
{
    static const int signals[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
    struct sigaction old;

    for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
        if (!sigaction(signals[i], NULL, &old) && old.sa_handler == SIG_DFL) {
            signal(signals[i], drain_and_abort);
        }
    }
}

/* Starts a thread for lines to 'fd', which it takes.  Returns the write end of
 * its pipe, which does not block; or -1. */
static int
start_sink(int fd, const char *file_name)
{
    struct sink *sink = &sinks[n_sinks];
    int ends[2], error;

    if (fd < 0 || pipe2(ends, O_CLOEXEC)) {
        goto failed;
    }
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    *sink = (struct sink) {
        .pipe_fd = ends[0], .fd = fd,
        .file_name = nullable_xstrdup(file_name)
    };
    error = process_start_thread(run_sink, sink, STACK_SIZE);
    if (!error) {
        n_sinks++;
        return ends[1];
    }
    close(ends[0]);
    close(ends[1]);
    free(sink->file_name);
    errno = error;

failed:
    VLOG_WARN("the log is written without a thread (%s)",
              ovs_strerror(errno));
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

/* Syslog. */

/* vlog's socket to a syslogd of this host, and that one's name. */
struct syslog {
    int fd;
    char *path;
    struct stat peer;           /* Of 'path' when 'fd' was connected to it. */
};

static bool
is_same_file(const struct stat *a, const struct stat *b)
{
    return (a->st_dev == b->st_dev && a->st_ino == b->st_ino
            && a->st_ctim.tv_sec == b->st_ctim.tv_sec
            && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec);
}

/* Connects vlog's socket anew when another syslogd listens at its path: vlog
 * itself goes on to send to the one that is gone. */
static void *
run_syslog(void *syslog_)
{
    struct syslog *syslog = syslog_;
    const struct timespec pause = { .tv_sec = SYSLOG_LOOK_S };

    for (;;) {
        struct stat now;

        nanosleep(&pause, NULL);
        if (!stat(syslog->path, &now) && !is_same_file(&now, &syslog->peer)) {
            int fd = make_unix_socket(SOCK_DGRAM, true, NULL, syslog->path);
            if (fd >= 0) {
                dup3(fd, syslog->fd, O_CLOEXEC);
                close(fd);
                syslog->peer = now;
            }
        }
    }
    return NULL;
}

/* Fills in '*syslog' if 'fd' is a socket to a syslogd: vlog has no function
 * that tells its own.  Returns true if it is. */
static bool
is_syslog(int fd, struct syslog *syslog)
{
    struct sockaddr_un un = { .sun_family = AF_UNSPEC };
    socklen_t un_len = sizeof un, type_len = sizeof(int);
    int type = 0;

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len)
        || type != SOCK_DGRAM
        || getpeername(fd, (struct sockaddr *) &un, &un_len)
        || un.sun_family != AF_UNIX || un.sun_path[0] != '/') {
        return false;
    }
    char *path = xmemdup0(un.sun_path, strnlen(un.sun_path,
                                               sizeof un.sun_path));
    *syslog = (struct syslog) { .fd = fd, .path = path };
    if (stat(path, &syslog->peer)) {
        free(path);
        return false;
    }
    return true;
}

static void
start_syslog(void)
{
    static struct syslog syslog;

    /* It was opened among the first. */
    for (int fd = STDERR_FILENO + 1; fd < 64; fd++) {
        if (is_syslog(fd, &syslog)) {
            process_start_thread(run_syslog, &syslog, STACK_SIZE);
            return;
        }
    }
}

/* Files. */

/* Has vlog write to 'pipe_fd' in place of its file.  It gets a name that
 * stands for the pipe, so that "vlog/reopen" finds the pipe again. */
static void
redirect_log_file(int pipe_fd)
{
    struct vlog_module *vlog = vlog_module_from_name("vlog");
    char *name = xasprintf("/proc/self/fd/%d", pipe_fd);
    enum vlog_level levels[VLF_N_DESTINATIONS];

    /* It says that it closes the file, and that it opens one of that name. */
    for (int i = 0; i < VLF_N_DESTINATIONS; i++) {
        levels[i] = vlog_get_level(vlog, i);
        vlog_set_levels(vlog, i, VLL_OFF);
    }
    /* open() gives the lowest number that is free. */
    int fd = fcntl(pipe_fd, F_DUPFD_CLOEXEC, 0);
    close(fd);
    if (!vlog_set_log_file(name)) {
        fcntl(fd, F_SETFL, O_NONBLOCK);
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    for (int i = 0; i < VLF_N_DESTINATIONS; i++) {
        vlog_set_levels(vlog, i, levels[i]);
    }
    free(name);
}

static bool
is_null_device(int fd)
{
    struct stat s;

    return (fstat(fd, &s)
            || (S_ISCHR(s.st_mode) && s.st_rdev == makedev(1, 3)));
}

void
log_thread_start(void)
{
    if (!is_null_device(STDERR_FILENO)) {
        int fd = start_sink(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC,
                                  STDERR_FILENO + 1), NULL);
        if (fd >= 0) {
            dup2(fd, STDERR_FILENO);
            close(fd);
        }
    }

    char *file_name = vlog_get_log_file();
    if (file_name) {
        int fd = start_sink(open_log(file_name), file_name);
        if (fd >= 0) {
            redirect_log_file(fd);
        }
        free(file_name);
    }
    start_syslog();
    if (n_sinks) {
        fatal_signal_add_hook(drain, NULL, NULL, true);
        drain_at_crash();
    }
}
