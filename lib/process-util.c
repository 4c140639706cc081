/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "lib/process-util.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "timeval.h"
#include "util.h"

#define NETNS_DIR "/run/netns"

/* A report to the starter, from a new process that cannot become argv[0]. */
struct start_failure {
    int error;
    enum { FAILED_FORK, FAILED_NETNS, FAILED_EXEC } what;
};

/* Reports a failure in the child, between fork() and exec: only
 * async-signal-safe calls. */
static void OVS_NO_RETURN
report_failure(int report_fd, int error, int what)
{
    struct start_failure failure = { .error = error, .what = what };

    ignore(write(report_fd, &failure, sizeof failure));
    _exit(1);
}

/* Becomes argv[0], or reports the failure. */
static void OVS_NO_RETURN
become(char *const argv[], int netns_fd, int null_fd, int report_fd)
{
    sigset_t none;

    setsid();
    if (netns_fd >= 0 && setns(netns_fd, CLONE_NEWNET)) {
        report_failure(report_fd, errno, FAILED_NETNS);
    }

    /* A second child is no session leader, so it never gets a terminal, and
     * its parent's exit makes it a child of init. */
    pid_t pid = fork();
    if (pid < 0) {
        report_failure(report_fd, errno, FAILED_FORK);
    } else if (pid > 0) {
        _exit(0);
    }

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        dup2(null_fd, fd);
    }
    ignore(chdir("/"));
    close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    execv(argv[0], argv);
    report_failure(report_fd, errno, FAILED_EXEC);
}

/* Waits for the pipe's end: closed by a successful exec. */
static int
read_outcome(int fd, const char *program, const char *netns, char **errorp)
{
    struct start_failure failure;
    ssize_t n;

    do {
        n = read(fd, &failure, sizeof failure);
    } while (n < 0 && errno == EINTR);
    if (n == 0) {
        return 0;
    } else if (n != sizeof failure) {
        failure.error = n < 0 ? errno : EPROTO;
        failure.what = FAILED_FORK;
    }

    switch (failure.what) {
    case FAILED_NETNS:
        *errorp = xasprintf("cannot enter network namespace %s (%s)", netns,
                            ovs_strerror(failure.error));
        break;
    case FAILED_FORK:
    case FAILED_EXEC:
        *errorp = xasprintf("cannot start %s (%s)", program,
                            ovs_strerror(failure.error));
        break;
    }
    return failure.error;
}

/* Moves 'fd' above the standard three, which the child replaces. */
static int
above_stdio(int fd)
{
    if (fd < 0 || fd > STDERR_FILENO) {
        return fd;
    }

    int high_fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int error = errno;
    close(fd);
    errno = error;
    return high_fd;
}

int
process_start_detached(char *const argv[], const char *netns, char **errorp)
{
    int netns_fd = -1;
    int error = 0;
    int report[2];

    *errorp = NULL;
    if (netns) {
        char *path = xasprintf(NETNS_DIR"/%s", netns);
        netns_fd = above_stdio(open(path, O_RDONLY | O_CLOEXEC));
        error = netns_fd < 0 ? errno : 0;
        if (error) {
            *errorp = xasprintf("no network namespace %s (%s: %s)", netns,
                                path, ovs_strerror(error));
        }
        free(path);
        if (error) {
            return error;
        }
    }

    int null_fd = above_stdio(open("/dev/null", O_RDWR | O_CLOEXEC));
    if (null_fd < 0 || pipe2(report, O_CLOEXEC)) {
        error = errno;
        *errorp = xasprintf("cannot start %s (%s)", argv[0],
                            ovs_strerror(error));
    } else {
        report[1] = above_stdio(report[1]);
        pid_t pid = fork();
        if (!pid) {
            become(argv, netns_fd, null_fd, report[1]);
        }
        error = pid < 0 ? errno : 0;
        close(report[1]);
        if (error) {
            *errorp = xasprintf("cannot fork (%s)", ovs_strerror(error));
        } else {
            error = read_outcome(report[0], argv[0], netns, errorp);
            while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
                continue;
            }
        }
        close(report[0]);
    }
    if (null_fd >= 0) {
        close(null_fd);
    }
    if (netns_fd >= 0) {
        close(netns_fd);
    }
    return error;
}

static bool
is_program(const char *path)
{
    struct stat s;

    return !stat(path, &s) && S_ISREG(s.st_mode) && !access(path, X_OK);
}

char *
process_find_program(const char *name, const char *build_subdir)
{
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    if (n > 0) {
        self[n] = '\0';

        char *dir = dir_name(self);
        char *candidates[] = {
            xasprintf("%s/%s", dir, name),
            xasprintf("%s/../%s/%s", dir, build_subdir, name),
            xasprintf("%s/../../%s/%s", dir, build_subdir, name),
        };
        char *found = NULL;
        for (size_t i = 0; i < ARRAY_SIZE(candidates); i++) {
            if (!found && is_program(candidates[i])) {
                found = candidates[i];
            } else {
                free(candidates[i]);
            }
        }
        free(dir);
        if (found) {
            return found;
        }
    }
    return xasprintf(SDSA_SBINDIR"/%s", name);
}

char *
process_program_id(const char *path)
{
    struct stat s;

    return (stat(path, &s) ? xstrdup("")
            : xasprintf("%jx:%jx:%jd.%09ld", (uintmax_t) s.st_dev,
                        (uintmax_t) s.st_ino, (intmax_t) s.st_mtim.tv_sec,
                        s.st_mtim.tv_nsec));
}

char *
process_default_db(void)
{
    const char *db = getenv("SDSA_DB");
    const char *rundir = getenv("SDSA_RUNDIR");
    return (db ? xstrdup(db)
            : xasprintf("unix:%s/sdsa.sock", rundir ? rundir : SDSA_RUNDIR));
}

int
process_wait_fd(int fd, short int events, long long int deadline_ms)
{
    struct pollfd pfd = { .fd = fd, .events = events };

    for (;;) {
        int n = poll(&pfd, 1, MAX(0, deadline_ms - time_msec()));

        if (n > 0) {
            return 0;
        } else if (!n) {
            return ETIMEDOUT;
        } else if (errno != EINTR) {
            return errno;
        }
    }
}

int
process_start_thread(void *(*main)(void *), void *aux, size_t stack_size)
{
    pthread_attr_t attr;
    sigset_t all, old;
    pthread_t thread;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pthread_attr_init(&attr);
    if (stack_size) {
        pthread_attr_setstacksize(&attr, stack_size);
    }
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    int error = pthread_create(&thread, &attr, main, aux);
    pthread_attr_destroy(&attr);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return error;
}
