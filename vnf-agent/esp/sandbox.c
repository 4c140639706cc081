/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>
#include "vnf-agent/esp/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <openssl/crypto.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(esp_sandbox);

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED true
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(undefined_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

/* Calls that are allowed, whatever their arguments.  Names that an
 * architecture does not have (arm64 has no poll() and no unlink()) are left
 * out there. */
static const char *const allowed[] = {
    /* Packets, control socket, ovs-appctl, log. */
    "accept", "accept4", "bind", "close", "dup", "dup2", "dup3", "eventfd2",
    "fcntl", "getpeername", "getsockname", "getsockopt", "listen", "pipe2",
    "read", "recvfrom", "recvmmsg", "recvmsg", "sendmmsg", "sendmsg", "sendto",
    "setsockopt", "shutdown", "write", "writev",
    /* Files: the log, the PID file, names of sockets. */
    "access", "chmod", "faccessat", "faccessat2", "fchmod", "fchmodat",
    "flock", "fstat", "ftruncate", "getcwd", "lseek", "lstat", "newfstatat",
    "open", "openat", "pwrite64", "readlink", "readlinkat", "stat", "statx",
    "umask", "unlink", "unlinkat",
    /* Time and waiting. */
    "clock_getres", "clock_gettime", "clock_nanosleep", "futex",
    "gettimeofday", "nanosleep", "poll", "ppoll", "restart_syscall",
    "sched_yield", "time",
    /* Memory, signals, the process itself. */
    "brk", "exit", "exit_group", "getpid", "getrandom", "getrlimit",
    "getrusage", "gettid", "getuid", "geteuid", "madvise", "membarrier",
    "mremap", "munmap", "rseq", "rt_sigaction", "rt_sigprocmask",
    "rt_sigreturn", "sched_getaffinity", "set_robust_list", "sigaltstack",
    "sysinfo", "uname",
};

/* Calls that nothing of ours makes, and an intruder would. */
static const char *const intruders[] = {
    "add_key", "bpf", "chroot", "delete_module", "finit_module", "fsmount",
    "init_module", "io_uring_setup", "kexec_file_load", "kexec_load",
    "keyctl", "mount", "mount_setattr", "move_mount", "open_by_handle_at",
    "open_tree", "perf_event_open", "pidfd_getfd", "pivot_root",
    "process_vm_readv", "process_vm_writev", "request_key", "setns",
    "umount2", "unshare", "userfaultfd",
};

/* So are these; but a sanitizer starts processes when something is found. */
static const char *const starters[] = {
    "execve", "execveat", "fork", "ptrace", "vfork",
};

#define SOCK_TYPE_MASK 0xf      /* The rest are flags. */

/* Calls that are allowed with certain arguments. */
static const struct {
    const char *name;
    struct scmp_arg_cmp condition;
} conditional[] = {
#define ARGUMENT(N, MASK, VALUE) { N, SCMP_CMP_MASKED_EQ, MASK, VALUE }
    { "socket", ARGUMENT(0, UINT32_MAX, AF_PACKET) },
    { "ioctl", ARGUMENT(1, UINT32_MAX, SIOCGIFFLAGS) },
    { "ioctl", ARGUMENT(1, UINT32_MAX, SIOCGIFHWADDR) },
    { "ioctl", ARGUMENT(1, UINT32_MAX, SIOCGIFINDEX) },
    { "ioctl", ARGUMENT(1, UINT32_MAX, SIOCGIFMTU) },
    { "ioctl", ARGUMENT(1, UINT32_MAX, FIONREAD) },
    { "ioctl", ARGUMENT(1, UINT32_MAX, TCGETS) },
    /* No memory becomes code. */
    { "mmap", ARGUMENT(2, PROT_EXEC, 0) },
    { "mprotect", ARGUMENT(2, PROT_EXEC, 0) },
    /* Threads, not processes. */
    { "clone", ARGUMENT(0, CLONE_THREAD, CLONE_THREAD) },
    { "prctl", ARGUMENT(0, UINT32_MAX, PR_SET_NAME) },
    /* A limit is read, not set. */
    { "prlimit64", ARGUMENT(2, UINT64_MAX, 0) },
};

/* Adds a rule for the call 'name'.  A name that the library or the
 * architecture does not have gets no rule.  Returns 0 or a negative errno. */
static int
add_rule(scmp_filter_ctx filter, uint32_t action, const char *name,
         size_t n_conditions, const struct scmp_arg_cmp *conditions)
{
    int call = seccomp_syscall_resolve_name(name);

    return (call == __NR_SCMP_ERROR ? 0
            : seccomp_rule_add_array(filter, action, call, n_conditions,
                                     conditions));
}

static int
add_rules(scmp_filter_ctx filter, uint32_t action, const char *const names[],
          size_t n)
{
    int error = 0;

    for (size_t i = 0; i < n && !error; i++) {
        error = add_rule(filter, action, names[i], 0, NULL);
    }
    return error;
}

/* Adds what is allowed. */
static int
add_allowed(scmp_filter_ctx filter)
{
    /* Signals to this process alone: raise(), abort(). */
    const struct scmp_arg_cmp own[] = { ARGUMENT(0, UINT32_MAX, getpid()) };
    /* To be a server of such clients.  Without connect() such a socket reaches
     * nobody, which a datagram's would. */
    const struct scmp_arg_cmp listener[] = {
        ARGUMENT(0, UINT32_MAX, AF_UNIX),
        ARGUMENT(1, SOCK_TYPE_MASK, SOCK_STREAM),
    };
    int error = add_rules(filter, SCMP_ACT_ALLOW, allowed,
                          ARRAY_SIZE(allowed));

    for (size_t i = 0; i < ARRAY_SIZE(conditional) && !error; i++) {
        error = add_rule(filter, SCMP_ACT_ALLOW, conditional[i].name, 1,
                         &conditional[i].condition);
    }
    error = error ? error : add_rule(filter, SCMP_ACT_ALLOW, "socket", 2,
                                     listener);
    return error ? error : add_rule(filter, SCMP_ACT_ALLOW, "tgkill", 1, own);
}

/* Makes a filter with 'other' for calls that no rule names, and gives it to
 * the kernel.  Returns 0 or a negative errno. */
static int
load(uint32_t other)
{
    scmp_filter_ctx filter = seccomp_init(other);

    if (!filter) {
        return -ENOMEM;
    }
    int error = other == SCMP_ACT_ALLOW ? 0 : add_allowed(filter);
    if (!error && other != SCMP_ACT_KILL_PROCESS) {
        error = add_rules(filter, SCMP_ACT_KILL_PROCESS, intruders,
                          ARRAY_SIZE(intruders));
    }
    if (!error && !SANITIZED && other != SCMP_ACT_KILL_PROCESS) {
        const struct scmp_arg_cmp process[] = { ARGUMENT(0, CLONE_THREAD, 0) };

        error = add_rules(filter, SCMP_ACT_KILL_PROCESS, starters,
                          ARRAY_SIZE(starters));
        error = error ? error : add_rule(filter, SCMP_ACT_KILL_PROCESS,
                                         "clone", 1, process);
    }
    if (!error) {
        error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    }
    /* A tree, for those whose arguments are looked at. */
    if (!error) {
        error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    }
    error = error ? error : seccomp_load(filter);
    seccomp_release(filter);
    return error;
}

/* Returns what calls that no rule names become, or SCMP_ACT_ALLOW if there is
 * to be no filter. */
static uint32_t
get_action(void)
{
    const char *mode = getenv("SDSA_SECCOMP");

    if (!mode || !mode[0]) {
        return SCMP_ACT_ERRNO(ENOSYS);
    } else if (!strcmp(mode, "kill")) {
        return SCMP_ACT_KILL_PROCESS;
    } else if (strcmp(mode, "off")) {
        VLOG_FATAL("SDSA_SECCOMP=%s: it is neither \"kill\" nor \"off\"",
                   mode);
    }
    return SCMP_ACT_ALLOW;
}

void
sandbox_enter(void)
{
    uint32_t other = get_action();

    if (other == SCMP_ACT_ALLOW) {
        VLOG_WARN("SDSA_SECCOMP=off: no filter of system calls");
        return;
    }
    int error = load(SANITIZED ? SCMP_ACT_ALLOW : other);
    if (error) {
        VLOG_WARN("no filter of system calls: the kernel does not take it "
                  "(%s)", ovs_strerror(-error));
    }
}

/* Files. */

#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (UINT64_C(1) << 14)
#endif
#define TRUNCATE_ABI 3          /* Versions before do not know it. */

#define READ LANDLOCK_ACCESS_FS_READ_FILE
#define WRITE (READ | LANDLOCK_ACCESS_FS_WRITE_FILE \
               | LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_MAKE_REG \
               | LANDLOCK_ACCESS_FS_MAKE_SOCK \
               | LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define NOBODY (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_BLOCK \
                | LANDLOCK_ACCESS_FS_MAKE_CHAR \
                | LANDLOCK_ACCESS_FS_MAKE_DIR \
                | LANDLOCK_ACCESS_FS_MAKE_FIFO \
                | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REMOVE_DIR)

/* What libraries read later than at the start. */
static const char *const readable[] = {
    "/dev/null", "/dev/urandom", "/etc/localtime", "/proc", "/sys",
    "/usr/share/zoneinfo",
};

/* Allows 'rights' at 'path' and below it, if that is there.  Returns 0 or a
 * positive errno. */
static int
allow_path(int rules, const char *path, uint64_t rights)
{
    struct landlock_path_beneath_attr rule = {
        .allowed_access = rights,
        .parent_fd = open(path, O_PATH | O_CLOEXEC),
    };

    if (rule.parent_fd < 0) {
        return 0;
    }
    int error = (syscall(SYS_landlock_add_rule, rules,
                         LANDLOCK_RULE_PATH_BENEATH, &rule, 0) ? errno : 0);
    close(rule.parent_fd);
    return error;
}

/* Does what sandbox_bound_files() says.  Returns 0 or a positive errno. */
static int
bound_files(const char *rundir, const char *log_folder)
{
    int abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
                      LANDLOCK_CREATE_RULESET_VERSION);
    uint64_t known = abi < TRUNCATE_ABI ? ~LANDLOCK_ACCESS_FS_TRUNCATE
                     : UINT64_MAX;
    struct landlock_ruleset_attr attr = {
        .handled_access_fs = (WRITE | NOBODY) & known,
    };
    int rules = abi < 0 ? -1 : syscall(SYS_landlock_create_ruleset, &attr,
                                       sizeof attr.handled_access_fs, 0);
    if (rules < 0) {
        return errno;
    }

    int error = allow_path(rules, rundir, WRITE & known);
    if (!error && log_folder) {
        error = allow_path(rules, log_folder, WRITE & known);
    }
    for (size_t i = 0; i < ARRAY_SIZE(readable) && !error; i++) {
        error = allow_path(rules, readable[i], READ);
    }
    if (!error && syscall(SYS_landlock_restrict_self, rules, 0)) {
        error = errno;
    }
    close(rules);
    return error;
}

void
sandbox_bound_files(const char *rundir)
{
    /* Its configuration may name libraries, which are loaded now or never. */
    OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);

    if (SANITIZED || get_action() == SCMP_ACT_ALLOW) {
        return;
    }
    char *log = vlog_get_log_file();
    char *log_folder = log ? dir_name(log) : NULL;
    int error = bound_files(rundir, log_folder);
    if (error) {
        VLOG_INFO("files are not bounded: no Landlock (%s)",
                  ovs_strerror(error));
    }
    free(log_folder);
    free(log);
}
